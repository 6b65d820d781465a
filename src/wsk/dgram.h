/* SPDX-License-Identifier: MIT */
/* dgram.h - the datagram category: sending, receiving by IRP, receiving by event. */
#ifndef OPENWSK_WSK_DGRAM_H
#define OPENWSK_WSK_DGRAM_H

#include "request.h"
#include "socket.h"

extern const WSK_PROVIDER_DATAGRAM_DISPATCH wsk_datagram_dispatch;
extern const WSK_PROVIDER_BASIC_DISPATCH wsk_basic_dispatch;
extern const WSK_PROVIDER_LISTEN_DISPATCH wsk_listen_dispatch;

/* What the engine calls: room, received, broken. `closed` stands in close.c. */
size_t wsk_dgram_room(void *owner);
void wsk_dgram_received(void *owner, struct net_datagram *list);
void wsk_dgram_sent(void *owner);
void wsk_dgram_approaching(const struct net_send *send, bool soon);
void wsk_dgram_broken(void *owner, int error);
void wsk_socket_closed(void *owner);

/* Hands what has arrived to whoever waits. On the loop, at DISPATCH_LEVEL. */
void wsk_dgram_deliver(struct wsk_socket *socket);
void wsk_dgram_deliver_task(struct task *task);

/* Says that an IRP waits or the event is on: delivers the backlog or asks the engine for more. */
void wsk_dgram_wanted(struct wsk_socket *socket);

/* Completes all waiting receives. On the loop. */
void wsk_dgram_cancel_receives(struct wsk_socket *socket, NTSTATUS status);
void wsk_dgram_drop_backlog(struct wsk_socket *socket);

/* Indicates a list of one class of address, which leaves the backlog. On the loop. */
void wsk_dgram_indicate(struct wsk_socket *socket, struct net_datagram *list);

/*
 * Indications that a client may retain of one socket. With more nothing is received any more, so
 * that the kernel's buffer fills and drops; with half as many it goes on.
 */
#define WSK_RETAINED_MAX 32768u

/* Whether that is so; counted. */
bool wsk_dgram_holds_too_much(struct wsk_socket *socket);

/* MSG_*, as the event's Flags and the ControlFlags of WskReceiveFrom have them. */
ULONG wsk_dgram_flags(const struct net_datagram *datagram);

/* Puts a list, oldest first, in front of the backlog. The socket's lock is held. */
void wsk_dgram_put_back(struct wsk_socket *socket, struct net_datagram *list);

/* The event may be called: it is on and the client supplied one. The lock is held. */
bool wsk_event_ready(const struct wsk_socket *socket);

/* How many datagrams the event may be called with, as far as what the client holds allows. */
size_t wsk_event_room(const struct wsk_socket *socket);

/*
 * SO_WSK_EVENT_CALLBACK (event.c). The IRP, if any, is completed by the caller unless
 * STATUS_PENDING.
 */
NTSTATUS wsk_event_control(struct wsk_socket *socket, const void *input, SIZE_T size, PIRP irp);

/* The second road into a driver (callback.c). At DISPATCH_LEVEL. */
NTSTATUS wsk_call_receive_from_event(struct wsk_socket *socket, ULONG flags,
                                     PWSK_DATAGRAM_INDICATION list);

/* listen.c: of a socket that cannot listen. */
NTSTATUS WSKAPI wsk_listen_bind(PWSK_SOCKET handle, PSOCKADDR address, ULONG flags, PIRP irp);
NTSTATUS WSKAPI wsk_listen_accept(PWSK_SOCKET handle, ULONG flags, PVOID context,
                                  const WSK_CLIENT_CONNECTION_DISPATCH *dispatch, PSOCKADDR local,
                                  PSOCKADDR remote, PIRP irp);
NTSTATUS WSKAPI wsk_listen_inspect_complete(PWSK_SOCKET handle, PWSK_INSPECT_ID id,
                                            WSK_INSPECT_ACTION action, PIRP irp);

NTSTATUS WSKAPI wsk_send_to(PWSK_SOCKET handle, PWSK_BUF buffer, ULONG flags, PSOCKADDR remote,
                            ULONG control_length, PCMSGHDR control, PIRP irp);
NTSTATUS WSKAPI wsk_send_messages(PWSK_SOCKET handle, PWSK_BUF_LIST list, ULONG flags,
                                  PSOCKADDR remote, ULONG control_length, PCMSGHDR control, PIRP irp);
NTSTATUS WSKAPI wsk_receive_from(PWSK_SOCKET handle, PWSK_BUF buffer, ULONG flags, PSOCKADDR remote,
                                 PULONG control_length, PCMSGHDR control, PULONG control_flags,
                                 PIRP irp);
NTSTATUS WSKAPI wsk_release_datagrams(PWSK_SOCKET handle, PWSK_DATAGRAM_INDICATION list);

#endif
