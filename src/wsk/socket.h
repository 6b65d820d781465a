/* SPDX-License-Identifier: MIT */
/*
 * socket.h - a WSK socket of any category.
 *
 * Life, in numbered steps:
 *  1. WskSocket makes it; the gate holds one reference, "open".
 *  2. Every WSK call on it holds the gate (wsk_socket_enter, wsk_socket_leave), and so does every request
 *     until its completion routine has returned.
 *  3. WskCloseSocket shuts the gate and posts a task to the socket's loop, which cancels what is pending
 *     and drops "open". No callback can run then: callbacks run on the same loop.
 *  4. Whoever drops the last reference closes the endpoint. Its answer, on the loop, completes the close IRP
 *     and gives the memory back. Memory of sockets stays of that kind, so a stale handle is recognised.
 */
#ifndef OPENWSK_WSK_SOCKET_H
#define OPENWSK_WSK_SOCKET_H

#include "base.h"
#include "client.h"
#include "net.h"

#include <wsk.h>

#include <stdbool.h>
#include <stdint.h>

enum wsk_category { WSK_CATEGORY_BASIC, WSK_CATEGORY_DATAGRAM, WSK_CATEGORY_LISTEN };

struct wsk_descriptor; /* descriptor.h */

enum wsk_bound { WSK_UNBOUND, WSK_BINDING, WSK_BOUND };

/* Control data that a socket reports with what it receives. */
#define WSK_REPORT_PKTINFO 0x01u
#define WSK_REPORT_TOS 0x02u
#define WSK_REPORT_ECN 0x04u
#define WSK_REPORT_HOPS 0x08u
#define WSK_REPORT_INTERFACE 0x10u   /* IP_RECVIF */
#define WSK_REPORT_DESTINATION 0x20u /* IP_RECVDSTADDR */
#define WSK_REPORT_ARRIVAL 0x40u     /* IP_ORIGINAL_ARRIVAL_IF */
#define WSK_REPORT_ERRORS 0x80u      /* IP_RECVERR: ICMP errors as datagrams of their own */
#define WSK_REPORT_OF_IPV6(report) ((report) << 8) /* the same, asked for at level IPPROTO_IPV6 */
#define WSK_REPORT_COALESCED 0x80000000u /* with indications, always */

/* Options that are kept and read, and change nothing here. */
enum wsk_stored {
    WSK_STORED_RANDOMIZE_PORT,    /* ports are random as it is */
    WSK_STORED_PORT_SCALABILITY,
    WSK_STORED_REUSE_UNICASTPORT,
    WSK_STORED_PROTECTION_LEVEL,  /* there is no edge traversal */
    WSK_STORED_CONNRESET,         /* SIO_UDP_CONNRESET: datagram sockets are never reset */
    WSK_STORED_COUNT
};

/* Where datagrams without an explicit address go. */
struct wsk_peer {
    bool set;
    struct net_address address;
};

struct wsk_request;

/*
 * Requests that a socket has used before, so that the next ones cost no allocation. Whoever makes a
 * request holds the lock; whoever is done with one gives it back without, at a line of its own.
 */
struct wsk_request_cache {
    _Alignas(OS_CACHE_LINE) struct base_lock lock;
    uint32_t made;                 /* that come back here; more are given back to where they come from */
    struct wsk_request *free;
    _Alignas(OS_CACHE_LINE) _Atomic(struct wsk_request *) returned;
};

/* Sends that the loop has completed and that still hold the socket, until wsk_dgram_sent(). */
struct wsk_ended_sends {
    uint32_t count;
    struct wsk_request *first, *last; /* of those that go back to the cache */
};

struct wsk_socket {
    WSK_SOCKET public;
    uint32_t magic;
    enum wsk_category category;
    enum net_family family;
    USHORT type;                   /* SOCK_* */
    UCHAR protocol;                /* IPPROTO_* */
    struct wsk_client *client;
    PVOID context;
    const VOID *callbacks;
    struct net_udp *udp;
    _Atomic uint32_t gate;         /* WSK_GATE_SHUT | references */
    _Atomic uint32_t reports;      /* WSK_REPORT_* */
    _Atomic uint32_t bound;        /* enum wsk_bound */
    _Atomic uint32_t dead;
    _Atomic uint32_t retained;     /* indications that the client holds */
    _Atomic uint32_t exclusive_address; /* SO_EXCLUSIVEADDRUSE */
    _Atomic uint32_t reuse_address;     /* SO_REUSEADDR */
    struct wsk_descriptor *descriptor; /* NULL: the default one; fixed once it is bound */
    struct list bound_link;        /* sharing.c: in the list of all that is bound */
    struct net_address local;      /* sharing.c: what it is bound to */
    _Atomic uint32_t send_segment; /* UDP_SEND_MSG_SIZE: what a call is cut into; 0: do not */
    _Atomic uint32_t multicast_from;     /* IP_MULTICAST_IF: an IN_ADDR, or 0 when set by index */
    _Atomic uint32_t refuse_broadcast;   /* IP_RECEIVE_BROADCAST is off */
    _Atomic uint32_t stored[WSK_STORED_COUNT];
    _Atomic uint32_t receive_coalesced; /* UDP_RECV_MAX_COALESCED_SIZE: bytes of a joined indication; 0: none */
    PIRP close_irp;
    const void *close_place;       /* in the driver, that called WskCloseSocket */
    struct task close_task;
    struct task break_task;        /* for_hooks.c */
    struct ledger_entry ledger;

    struct wsk_request_cache requests;
    struct wsk_ended_sends ended;  /* the loop's */

    _Alignas(OS_CACHE_LINE) struct base_lock lock; /* guards all that follows */
    struct wsk_peer remote;        /* SIO_WSK_SET_REMOTE_ADDRESS: also filters what is received */
    struct wsk_peer destination;   /* SIO_WSK_SET_SENDTO_ADDRESS */
    struct wsk_peer *last_set;     /* of the two: what a NULL RemoteAddress means */

    struct list waiting;           /* requests of WskReceiveFrom, oldest first */
    size_t waiting_count;
    struct net_datagram *backlog;  /* arrived, not yet delivered; oldest first */
    struct net_datagram **backlog_end;
    size_t backlog_count;
    struct task deliver_task;
    bool deliver_posted;
    size_t gather_count;           /* datagrams that an event waits for (hook.h); 0: it does not */
    uint64_t gather_end_ns;

    bool event_static;
    bool event_on;
    bool event_running;
    LIST_ENTRY disable_irps;       /* SO_WSK_EVENT_CALLBACK: wait for the callback to return */

    LIST_ENTRY deferred;           /* completions that would have nested */
    struct task deferred_task;
};

#define WSK_GATE_SHUT 0x80000000u

/*
 * Both stop with WSK-V13 for what is no socket, or is closed, and with WSK-V19 above
 * DISPATCH_LEVEL.
 */
struct wsk_socket *wsk_socket_enter(PWSK_SOCKET handle, const char *function, const void *place);

/* The last one out of a socket that is closing closes its endpoint. */
void wsk_socket_leave(struct wsk_socket *socket);

/* Many at once. */
void wsk_socket_leave_many(struct wsk_socket *socket, uint32_t count);

/* For what outlives the call: a request. */
void wsk_socket_hold(struct wsk_socket *socket);

/* The same for a handle of unknown worth. False: it is no open socket. */
bool wsk_socket_try_hold(PWSK_SOCKET handle);

/* STATUS_SUCCESS, or why a call that needs a living, bound datagram socket cannot go on. */
NTSTATUS wsk_socket_require_bound(struct wsk_socket *socket);

bool wsk_socket_closing(struct wsk_socket *socket);

/* The size in bytes of a SOCKADDR of the socket's family. */
SIZE_T wsk_socket_address_size(const struct wsk_socket *socket);

/* False when the address is of another family. Raw sockets have no ports: there it becomes 0. */
bool wsk_socket_address_from(const struct wsk_socket *socket, const SOCKADDR *from,
                             struct net_address *to);

void wsk_sockets_start(void);
void wsk_sockets_stop(void);

/* The dispatch tables' entries, by file. */
NTSTATUS WSKAPI wsk_create_socket(PWSK_CLIENT client, ADDRESS_FAMILY family, USHORT type, ULONG protocol,
                                  ULONG flags, PVOID context, const VOID *dispatch,
                                  PEPROCESS process, PETHREAD thread,
                                  PSECURITY_DESCRIPTOR descriptor, PIRP irp);
NTSTATUS WSKAPI wsk_close_socket(PWSK_SOCKET handle, PIRP irp);
NTSTATUS WSKAPI wsk_bind(PWSK_SOCKET handle, PSOCKADDR address, ULONG flags, PIRP irp);
NTSTATUS WSKAPI wsk_get_local_address(PWSK_SOCKET handle, PSOCKADDR address, PIRP irp);
NTSTATUS WSKAPI wsk_control_socket(PWSK_SOCKET handle, WSK_CONTROL_SOCKET_TYPE type, ULONG code,
                                   ULONG level, SIZE_T input_size, PVOID input, SIZE_T output_size,
                                   PVOID output, SIZE_T *output_returned, PIRP irp);

#endif
