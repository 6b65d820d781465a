/* SPDX-License-Identifier: MIT */
/*
 * dgram_recv.c - WskReceiveFrom, and the backlog between the engine and whoever receives.
 *
 * Everything that arrives goes through the backlog, and one function empties it: deliver(), on the
 * socket's loop. It gives the oldest datagram to the oldest waiting IRP; when none waits, the whole
 * backlog to the event; when that is off, nothing, and the rest stays where it is. The engine is
 * only asked for what somebody waits for, so datagrams that nobody wants stay in the kernel's
 * buffer, whose size SO_RCVBUF sets.
 *
 * What arrives may be a run of datagrams that share memory. It is one entry of the backlog, from
 * which IRPs take one datagram after the other, copying it once, and which the event gets as a list
 * (dgram_event.c).
 */
#include "dgram.h"
#include "nt.h"
#include "translate.h"

/* --- The backlog ----------------------------------------------------------------------------- */

static void append(struct wsk_socket *socket, struct net_datagram *list)
{
    *socket->backlog_end = list;
    while (*socket->backlog_end) {
        socket->backlog_count += net_datagram_count(*socket->backlog_end);
        socket->backlog_end = &(*socket->backlog_end)->next;
    }
}

static struct net_datagram *take_first(struct wsk_socket *socket)
{
    struct net_datagram *first = socket->backlog;

    socket->backlog = first->next;
    if (!socket->backlog)
        socket->backlog_end = &socket->backlog;
    socket->backlog_count -= net_datagram_count(first);
    first->next = NULL;
    return first;
}

/* One datagram, for an IRP. What shares memory with it stays in front of the backlog. */
struct front {
    const struct net_datagram *from;  /* source, flags and control data; valid until released */
    const void *data;
    size_t length;
    struct net_datagram *release;     /* afterwards; NULL: there is more in it */
};

static void take_front(struct wsk_socket *socket, struct front *front)
{
    struct net_datagram *first = socket->backlog;

    *front = (struct front){ first, first->data, net_datagram_first_length(first), NULL };
    if (front->length == first->length) {
        front->release = take_first(socket);
        return;
    }
    first->data += front->length;
    first->length -= front->length;
    socket->backlog_count--;
}

void wsk_dgram_put_back(struct wsk_socket *socket, struct net_datagram *list)
{
    struct net_datagram *rest = socket->backlog;

    socket->backlog = NULL;
    socket->backlog_end = &socket->backlog;
    socket->backlog_count = 0;
    append(socket, list);
    append(socket, rest);
}

void wsk_dgram_drop_backlog(struct wsk_socket *socket)
{
    struct net_datagram *list;

    base_lock_acquire(&socket->lock);
    list = socket->backlog;
    socket->backlog = NULL;
    socket->backlog_end = &socket->backlog;
    socket->backlog_count = 0;
    base_lock_release(&socket->lock);
    while (list) {
        struct net_datagram *next = list->next;

        trace_add(trace_drop_closed, net_datagram_count(list));
        net_datagram_release(list);
        list = next;
    }
}

static bool is_filtered(const struct wsk_socket *socket, const struct net_datagram *datagram)
{
    if (socket->remote.set && !wsk_address_equal(&datagram->source, &socket->remote.address))
        return true;
    return (datagram->flags & NET_DATAGRAM_BROADCAST) &&
           atomic_load_explicit(&socket->refuse_broadcast, memory_order_relaxed);
}

/* Filters work at delivery, so they also hold for what arrived before they were set. */
static void drop_filtered(struct wsk_socket *socket)
{
    while (socket->backlog && is_filtered(socket, socket->backlog)) {
        trace_add(trace_drop_filtered, net_datagram_count(socket->backlog));
        net_datagram_release(take_first(socket));
    }
}

/*
 * One event call never mixes unicast, multicast and broadcast: its Flags speak for the whole list.
 */
static struct net_datagram *take_class(struct wsk_socket *socket)
{
    struct net_datagram *list = take_first(socket);
    struct net_datagram *last = list;

    for (;;) {
        drop_filtered(socket);
        if (!socket->backlog || socket->backlog->flags != list->flags)
            return list;
        last->next = take_first(socket);
        last = last->next;
    }
}

/* --- To an IRP ------------------------------------------------------------------------------- */

ULONG wsk_dgram_flags(const struct net_datagram *datagram)
{
    ULONG flags = 0;

    if (datagram->flags & NET_DATAGRAM_ERROR)
        flags |= MSG_ERRQUEUE;

    if (datagram->flags & NET_DATAGRAM_MULTICAST)
        flags |= MSG_MCAST;
    if (datagram->flags & NET_DATAGRAM_BROADCAST)
        flags |= MSG_BCAST;
    return flags;
}

/* Everything that the driver reads is written before its completion routine starts. */
static void write_results(const struct wsk_request *request, const struct net_datagram *datagram,
                          ULONG flags)
{
    const struct wsk_receive *receive = &request->receive;
    struct wsk_socket *socket = request->socket;
    bool truncated = false;

    if (receive->remote)
        wsk_address_to(socket->family, &datagram->source, receive->remote);
    if (receive->control_length) {
        ULONG room = receive->control ? *receive->control_length : 0;

        *receive->control_length =
            wsk_control_data_build(socket->family, atomic_load(&socket->reports), datagram,
                                   receive->control, room, &truncated);
    }
    if (truncated)
        flags |= MSG_CTRUNC;
    if (receive->control_flags)
        *receive->control_flags = flags;
}

static void deliver_to_request(struct wsk_request *request, const struct front *front)
{
    size_t room = request->receive.buffer.Length;
    size_t size = front->length < room ? front->length : room;
    ULONG flags = wsk_dgram_flags(front->from);

    if (size < front->length) {
        flags |= MSG_TRUNC;
        trace_add(trace_drop_truncated, front->length - size);
    }
    wsk_buffer_scatter(&request->receive.buffer, front->data, size);
    write_results(request, front->from, flags);
    if (front->release)
        net_datagram_release(front->release);
    trace_count(trace_datagram_delivered);
    wsk_request_complete(request, STATUS_SUCCESS, size);
}

static void unlink_waiting(struct wsk_request *request)
{
    if (list_empty(&request->link))
        return;
    list_remove(&request->link);
    request->socket->waiting_count--;
}

/* The oldest one whose completion is ours. Those a cancel has taken leave the queue, too. */
static struct wsk_request *claim_oldest(struct wsk_socket *socket)
{
    while (!list_empty(&socket->waiting)) {
        struct wsk_request *request = container_of(socket->waiting.next, struct wsk_request, link);

        unlink_waiting(request);
        if (wsk_request_claim(request))
            return request;
    }
    return NULL;
}

static VOID cancel_receive(PDEVICE_OBJECT device, PIRP irp)
{
    struct wsk_request *request = wsk_request_of(irp);
    struct wsk_socket *socket = request->socket;

    UNREFERENCED_PARAMETER(device);
    IoReleaseCancelSpinLock(irp->CancelIrql);
    base_lock_acquire(&socket->lock);
    unlink_waiting(request);
    base_lock_release(&socket->lock);
    wsk_request_complete(request, STATUS_CANCELLED, 0);
}

void wsk_dgram_cancel_receives(struct wsk_socket *socket, NTSTATUS status)
{
    struct wsk_request *request;

    do {
        base_lock_acquire(&socket->lock);
        request = claim_oldest(socket);
        base_lock_release(&socket->lock);
        if (request)
            wsk_request_complete(request, status, 0);
    } while (request);
}

/* --- Delivery -------------------------------------------------------------------------------- */

/* What deliver() does next; datagrams and request are taken out of the socket. */
struct delivery {
    struct wsk_request *request;
    struct front front;              /* for the request */
    struct net_datagram *datagrams;  /* for the event */
};

static void post_delivery(struct wsk_socket *socket)
{
    socket->deliver_posted = true;
    wsk_socket_hold(socket);
    net_udp_post(socket->udp, &socket->deliver_task);
}

/*
 * A hook may want the event to wait until more datagrams have come, for a while: the loop looks
 * again and again, for that is no path for speed. What is gathered stays in the backlog. Under the
 * lock.
 */
static bool gathers(struct wsk_socket *socket)
{
    uint64_t ns;

    if (!socket->gather_count) {
        if (!hook_event_gathers(&socket->public, "WskReceiveFromEvent", &socket->gather_count, &ns))
            return false;
        socket->gather_end_ns = os_clock_ns() + ns;
    }
    if (socket->backlog_count < socket->gather_count && os_clock_ns() < socket->gather_end_ns) {
        if (!socket->deliver_posted)
            post_delivery(socket);
        return true;
    }
    socket->gather_count = 0;
    return false;
}

static bool choose(struct wsk_socket *socket, struct delivery *delivery)
{
    bool chosen = false;

    delivery->request = NULL;
    base_lock_acquire(&socket->lock);
    drop_filtered(socket);
    if (socket->backlog && !wsk_socket_closing(socket)) {
        delivery->request = claim_oldest(socket);
        if (delivery->request) {
            take_front(socket, &delivery->front);
            chosen = true;
        } else if (wsk_event_ready(socket) && !gathers(socket)) {
            delivery->datagrams = take_class(socket);
            socket->event_running = true;
            chosen = true;
        }
    }
    base_lock_release(&socket->lock);
    return chosen;
}

void wsk_dgram_deliver(struct wsk_socket *socket)
{
    struct delivery delivery;

    while (choose(socket, &delivery)) {
        if (delivery.request)
            deliver_to_request(delivery.request, &delivery.front);
        else
            wsk_dgram_indicate(socket, delivery.datagrams);
    }
}

void wsk_dgram_deliver_task(struct task *task)
{
    struct wsk_socket *socket = container_of(task, struct wsk_socket, deliver_task);
    KIRQL irql;

    base_lock_acquire(&socket->lock);
    socket->deliver_posted = false;
    base_lock_release(&socket->lock);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    wsk_dgram_deliver(socket);
    KeLowerIrql(irql);
    net_udp_receive_wanted(socket->udp);
    wsk_socket_leave(socket);
}

void wsk_dgram_wanted(struct wsk_socket *socket)
{
    bool post;

    base_lock_acquire(&socket->lock);
    post = socket->backlog && !socket->deliver_posted;
    if (post)
        post_delivery(socket);
    base_lock_release(&socket->lock);
    if (!post)
        net_udp_receive_wanted(socket->udp);
}

/* --- What the engine calls ------------------------------------------------------------------- */

size_t wsk_dgram_room(void *owner)
{
    struct wsk_socket *socket = owner;
    size_t room = 0;

    base_lock_acquire(&socket->lock);
    if (wsk_socket_closing(socket) || wsk_dgram_holds_too_much(socket))
        room = 0;
    else if (wsk_event_ready(socket))
        room = wsk_event_room(socket);
    else if (socket->waiting_count > socket->backlog_count)
        room = socket->waiting_count - socket->backlog_count;
    base_lock_release(&socket->lock);
    return room;
}

void wsk_dgram_received(void *owner, struct net_datagram *list)
{
    struct wsk_socket *socket = owner;
    KIRQL irql;

    base_lock_acquire(&socket->lock);
    append(socket, list);
    base_lock_release(&socket->lock);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    wsk_dgram_deliver(socket);
    KeLowerIrql(irql);
    /* What is left after a close has nobody to wait for. */
    if (wsk_socket_closing(socket))
        wsk_dgram_drop_backlog(socket);
}

/* --- WskReceiveFrom -------------------------------------------------------------------------- */

static NTSTATUS check_receive(struct wsk_socket *socket, const WSK_BUF *buffer, ULONG flags)
{
    NTSTATUS status = wsk_socket_require_bound(socket);

    if (!NT_SUCCESS(status))
        return status;
    if (!buffer || flags)
        return STATUS_INVALID_PARAMETER;
    return wsk_buffer_check(buffer);
}

static NTSTATUS wait_for_datagram(struct wsk_socket *socket, const WSK_BUF *buffer,
                                  const struct wsk_receive *receive, PIRP irp)
{
    struct wsk_request *request = wsk_request_create(socket, irp);
    bool queued;

    if (!request)
        return wsk_refuse(irp, STATUS_INSUFFICIENT_RESOURCES);
    request->receive = *receive;
    request->receive.buffer = *buffer;
    base_lock_acquire(&socket->lock);
    queued = wsk_request_queue(request, &socket->waiting, cancel_receive);
    if (queued)
        socket->waiting_count++;
    base_lock_release(&socket->lock);
    if (queued)
        wsk_dgram_wanted(socket);
    else
        wsk_request_complete(request, STATUS_CANCELLED, 0);
    return STATUS_PENDING;
}

NTSTATUS WSKAPI wsk_receive_from(PWSK_SOCKET handle, PWSK_BUF buffer, ULONG flags, PSOCKADDR remote,
                                 PULONG control_length, PCMSGHDR control, PULONG control_flags,
                                 PIRP irp)
{
    const struct wsk_receive receive = { .remote = remote,
                                         .control_length = control_length,
                                         .control = control,
                                         .control_flags = control_flags };
    struct wsk_socket *socket;
    NTSTATUS status;

    if (!irp)
        return STATUS_INVALID_PARAMETER;
    socket = wsk_socket_enter(handle, "WskReceiveFrom", NT_CALLER());
    nt_irp_accept(irp);
    status = check_receive(socket, buffer, flags);
    if (NT_SUCCESS(status))
        status = wait_for_datagram(socket, buffer, &receive, irp);
    else
        status = wsk_refuse(irp, status);
    wsk_socket_leave(socket);
    return status;
}
