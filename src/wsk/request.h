/* SPDX-License-Identifier: MIT */
/*
 * request.h - IRPs on their way through the provider: how they come in, wait, are cancelled and go
 * out.
 *
 * A call that takes an IRP ends in exactly one of
 *   wsk_refuse()   it never pended: completed before the call returns, with the status that is returned;
 *   wsk_finish()   done at once: completed, usually before the return, and the call returns STATUS_PENDING;
 *   wsk_pend_*()   queued; completed by whoever takes the request out of its queue.
 * STATUS_PENDING also for what is done at once is what Windows does for most of these calls, and
 * drivers exist that break on a synchronous success.
 */
#ifndef OPENWSK_WSK_REQUEST_H
#define OPENWSK_WSK_REQUEST_H

#include "socket.h"

struct wsk_receive {
    WSK_BUF buffer;
    PSOCKADDR remote;
    PULONG control_length;
    PCMSGHDR control;
    PULONG control_flags;
};

/* One datagram that waits for room (dgram_later.c). */
struct wsk_part {
    struct net_send net;
    struct wsk_request *request;
    void *bounce;            /* the payload, gathered, when it had too many slices */
};

/* Slices that a request for a single datagram holds without an allocation. */
#define WSK_OWN_SLICES 4

/*
 * A request for one datagram in one piece, without control data, is in three lines of cache: for
 * each, two processors write to all of them.
 */
struct wsk_send {
    struct wsk_part *parts;  /* with their slices behind; or `part` */
    size_t total;            /* bytes, for IoStatus.Information */
    struct net_slice slice;  /* of `part`; where there are more, `slices` */
    struct wsk_part part;
    uint32_t count;
    _Atomic uint32_t left;   /* parts that have not ended */
    _Atomic int error;       /* the first one */
    _Atomic uint32_t ended;  /* WSK_ENDED_*: who met whom when a cancel met the end */
    struct net_envelope envelope;
    struct net_slice slices[WSK_OWN_SLICES];
};

/* Where packets to a destination leave. */
struct wsk_way {
    uint32_t interface_index;
    uint8_t source[16];
};

/* Waits for a change of the host's network (network_change.c). */
struct wsk_change {
    struct task task;
    bool routing;            /* of the way to `destination`; otherwise of the list of addresses */
    struct net_address destination;
    struct wsk_way way;      /* when the wait began */
};

#define WSK_ENDED_PARTS 1u
#define WSK_ENDED_CANCEL 2u

struct wsk_request {
    struct wsk_request *next; /* in the cache */
    struct wsk_socket *socket;
    PIRP irp;
    bool cached;
    union {
        struct {
            struct list link; /* in socket->waiting, under the socket's lock; or among the waits for a change */
            union {
                struct wsk_receive receive;
                struct wsk_change change;
            };
        };
        struct wsk_send send;
    };
};

_Static_assert(offsetof(struct wsk_request, send.part) == OS_CACHE_LINE &&
                   offsetof(struct wsk_request, send.envelope.control.interface_index) ==
                       3 * OS_CACHE_LINE,
               "three lines");

void wsk_requests_start(void);
void wsk_requests_stop(void);

/* NULL when there is no memory. Holds the socket. */
struct wsk_request *wsk_request_create(struct wsk_socket *socket, PIRP irp);

/* The same with the cache's lock held, and without holding the socket. */
struct wsk_request *wsk_request_take(struct wsk_socket *socket, PIRP irp);

/* Whether a test wants the next request to fail. */
bool wsk_request_shall_fail(void);

/* What wsk_request_take() took. */
void wsk_request_give_back(struct wsk_request *request);

/* The same later, together with others: wsk_requests_give_back() is for what was kept. */
void wsk_request_keep(struct wsk_ended_sends *ended, struct wsk_request *request);
void wsk_requests_give_back(struct wsk_request_cache *cache, struct wsk_request *first,
                            struct wsk_request *last);

/* Of a socket that is closed. */
void wsk_requests_drop(struct wsk_request_cache *cache);

/* Completes the request's IRP; the hold on the socket stays. */
void wsk_request_end(struct wsk_request *request, NTSTATUS status, ULONG_PTR information);

/* Completes the request's IRP, then lets the socket go. */
void wsk_request_complete(struct wsk_request *request, NTSTATUS status, ULONG_PTR information);

/* Frees a request that never got so far as to be pending; the IRP stays the caller's. */
void wsk_request_abandon(struct wsk_request *request);

/*
 * Marks the IRP pending and makes it cancellable. False: it was cancelled before; the caller
 * completes it.
 */
bool wsk_request_pend(struct wsk_request *request, PDRIVER_CANCEL cancel);

/*
 * Puts the request at the end of the queue, with its IRP pending and cancellable; `lock` of the
 * socket is held. False: the IRP was cancelled before; the caller completes it.
 */
bool wsk_request_queue(struct wsk_request *request, struct list *queue, PDRIVER_CANCEL cancel);

/* Takes the right to complete away from a cancel. False: the cancel routine has it. */
bool wsk_request_claim(struct wsk_request *request);

/* The request whose IRP a cancel routine was called for. */
struct wsk_request *wsk_request_of(PIRP irp);

/* Moves a list of IRPs, linked by Tail.Overlay.ListEntry, to a list head of the caller's. */
void wsk_take_irps(LIST_ENTRY *from, LIST_ENTRY *to);

/* A socket's deferred_task: completes what would have nested. On the loop. */
void wsk_run_deferred(struct task *task);

NTSTATUS wsk_refuse(PIRP irp, NTSTATUS status);
NTSTATUS wsk_finish(struct wsk_socket *socket, PIRP irp, NTSTATUS status, ULONG_PTR information);

/*
 * The one exit: sets IoStatus and calls IoCompleteRequest, unless the thread is completing another
 * IRP of the provider; then the socket's loop does it, so that a routine which issues the next
 * request never grows the stack.
 */
void wsk_complete(struct wsk_socket *socket, PIRP irp, NTSTATUS status, ULONG_PTR information);

#endif
