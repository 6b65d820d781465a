/* SPDX-License-Identifier: MIT */
/*
 * udp_tx.c - sending.
 *
 * 1. As long as nothing is queued every caller sends by itself, and no lock is held.
 * 2. From the first queued datagram until the loop has handed the last one to the port
 *    NET_GATE_QUEUED is set, and everybody queues. So the datagrams of one thread leave in the
 *    order of its calls.
 * 3. The loop takes a batch from the queue, sends, puts back what did not go, and only then calls
 *    done().
 */
#include "engine.h"

#include "address.h"

#include <errno.h>

/* --- Checks ---------------------------------------------------------------------------------- */

static size_t payload_limit(const struct net_udp *udp, const struct net_address *to)
{
    if (udp->kind == NET_RAW)
        return NET_RAW_PAYLOAD_MAX;
    if (to->family == NET_IPV4 || net_address_is_mapped(to))
        return NET_UDP_PAYLOAD_MAX_IPV4;
    return NET_UDP_PAYLOAD_MAX_IPV6;
}

static int check(const struct net_udp *udp, const struct net_send *send)
{
    size_t limit = payload_limit(udp, &send->to), total = 0;

    if (send->to.family != udp->family)
        return -EAFNOSUPPORT;
    if (send->slice_count > NET_SLICES_MAX)
        return -E2BIG;
    if ((send->to.port == 0) != (udp->kind == NET_RAW))
        return -EINVAL;
    for (uint32_t i = 0; i < send->slice_count; i++) {
        if (send->slices[i].length > limit - total)
            return -EMSGSIZE;
        total += send->slices[i].length;
    }
    return 0;
}

/* --- In the caller's thread ------------------------------------------------------------------ */

/* An error that an earlier datagram left behind is used up by the first try. */
static int send_some(struct net_udp *udp, const struct net_send *const *batch, unsigned count)
{
    int first = udp->port->send(udp->handle, batch, count);
    int second;

    if (first >= 0 || !net_error_is_latched(first))
        return first;
    second = udp->port->send(udp->handle, batch, count);
    if (second != first)
        trace_count(trace_error_swallowed);
    return second;
}

static int send_one(struct net_udp *udp, const struct net_send *send)
{
    int error = check(udp, send);

    if (!error)
        error = send_some(udp, &send, 1);
    if (error > 0)
        return 0;
    return error == -ENOBUFS ? -EAGAIN : error;
}

int net_udp_send_now(struct net_udp *udp, const struct net_send *send)
{
    int error = net_udp_enter(udp, NET_GATE_QUEUED);

    if (error)
        return error;
    error = send_one(udp, send);
    net_udp_leave(udp);
    if (error == 0) {
        trace_count(trace_datagram_sent);
        trace_count(trace_datagram_sent_inline);
    } else if (error != -EAGAIN) {
        trace_count(trace_datagram_send_failed);
    }
    return error;
}

/* --- The queue ------------------------------------------------------------------------------- */

void net_udp_send_later(struct net_udp *udp, struct net_send *send)
{
    uint32_t before;

    trace_count(trace_datagram_send_queued);
    net_udp_visit(udp);
    base_lock_acquire(&udp->tx_lock);
    send->udp = udp;
    list_push_back(&udp->tx_queue, &send->link);
    before = atomic_fetch_or_explicit(&udp->gate, NET_GATE_QUEUED, memory_order_acq_rel);
    base_lock_release(&udp->tx_lock);
    if (!(before & NET_GATE_QUEUED) || (before & NET_GATE_CLOSING))
        net_udp_attend(udp, NET_ATTEND_TX);
    net_udp_end_visit(udp);
}

/* Under tx_lock. */
static void open_gate_if_idle(struct net_udp *udp)
{
    if (list_empty(&udp->tx_queue) && !udp->tx_in_flight)
        atomic_fetch_and_explicit(&udp->gate, ~NET_GATE_QUEUED, memory_order_release);
}

bool net_udp_send_cancel(struct net_udp *udp, struct net_send *send)
{
    bool queued;

    net_udp_visit(udp);
    base_lock_acquire(&udp->tx_lock);
    queued = send->udp == udp;
    if (queued) {
        list_remove(&send->link);
        send->udp = NULL;
        open_gate_if_idle(udp);
    }
    base_lock_release(&udp->tx_lock);
    net_udp_end_visit(udp);
    return queued;
}

bool net_udp_tx_idle(struct net_udp *udp)
{
    bool idle;

    base_lock_acquire(&udp->tx_lock);
    idle = list_empty(&udp->tx_queue);
    base_lock_release(&udp->tx_lock);
    return idle;
}

static void finish(struct net_send *send, int error)
{
    trace_count(error ? trace_datagram_send_failed : trace_datagram_sent);
    send->done(send, error);
}

void net_udp_tx_cancel_all(struct net_udp *udp)
{
    struct list cancelled;
    struct list *link;

    list_init(&cancelled);
    base_lock_acquire(&udp->tx_lock);
    list_for_each(each, &udp->tx_queue)
        container_of(each, struct net_send, link)->udp = NULL;
    list_splice_back(&cancelled, &udp->tx_queue);
    base_lock_release(&udp->tx_lock);
    while ((link = list_pop_front(&cancelled)))
        finish(container_of(link, struct net_send, link), -ECANCELED);
}

/* --- The loop drains the queue --------------------------------------------------------------- */

struct drain {
    struct net_send *sends[NET_TX_BATCH];
    int errors[NET_TX_BATCH];
    unsigned count;
    unsigned finished;
};

static void take(struct net_udp *udp, struct drain *drain)
{
    struct list *link;

    base_lock_acquire(&udp->tx_lock);
    while (drain->count < NET_TX_BATCH && (link = list_pop_front(&udp->tx_queue))) {
        struct net_send *send = container_of(link, struct net_send, link);

        send->udp = NULL; /* not to be cancelled now */
        drain->sends[drain->count++] = send;
    }
    udp->tx_in_flight = drain->count > 0;
    open_gate_if_idle(udp);
    base_lock_release(&udp->tx_lock);
}

static void put_back(struct net_udp *udp, struct drain *drain)
{
    base_lock_acquire(&udp->tx_lock);
    for (unsigned i = drain->count; i > drain->finished; i--) {
        drain->sends[i - 1]->udp = udp;
        list_push_front(&udp->tx_queue, &drain->sends[i - 1]->link);
    }
    udp->tx_in_flight = false;
    open_gate_if_idle(udp);
    base_lock_release(&udp->tx_lock);
}

/* How many from `first` on pass the checks; they can go in one call. */
static unsigned sendable(const struct net_udp *udp, const struct drain *drain, unsigned first)
{
    unsigned i = first;

    while (i < drain->count && check(udp, drain->sends[i]) == 0)
        i++;
    return i - first;
}

/* Moves `finished` on by at least one, or says what stops it. */
static int drain_step(struct net_udp *udp, struct drain *drain)
{
    unsigned first = drain->finished, count = sendable(udp, drain, first);
    int sent;

    if (count == 0)
        sent = check(udp, drain->sends[first]);
    else
        sent = send_some(udp, (const struct net_send *const *)&drain->sends[first], count);
    if (sent == -EAGAIN || sent == -ENOBUFS)
        return sent;
    if (sent < 0) {
        drain->errors[drain->finished++] = sent;
        return 0;
    }
    while (sent--)
        drain->errors[drain->finished++] = 0;
    return 0;
}

static void block(struct net_udp *udp, int error)
{
    uint32_t both = NET_PORT_READABLE | NET_PORT_WRITABLE;

    udp->tx_blocked = true;
    if (error == -EAGAIN &&
        udp->port->arm(udp->handle, udp->loop->port_loop, udp, both) == 0)
        udp->tx_armed = true;
    else
        net_loop_retry(udp);
}

/*
 * While it is armed the kernel wakes the loop for each datagram that leaves, so it must not stay
 * armed.
 */
void net_udp_tx_unblock(struct net_udp *udp)
{
    udp->tx_blocked = false;
    if (udp->tx_armed &&
        udp->port->arm(udp->handle, udp->loop->port_loop, udp, NET_PORT_READABLE) == 0)
        udp->tx_armed = false;
}

static void drain_batch(struct net_udp *udp, struct drain *drain)
{
    int stopped_by = 0;

    while (drain->finished < drain->count && !stopped_by)
        stopped_by = drain_step(udp, drain);
    put_back(udp, drain);
    if (stopped_by)
        block(udp, stopped_by);
    for (unsigned i = 0; i < drain->finished; i++)
        finish(drain->sends[i], drain->errors[i]);
}

void net_udp_tx_turn(struct net_udp *udp)
{
    for (unsigned i = 0; i < NET_TURN_BATCHES; i++) {
        struct drain drain;

        if (udp->tx_blocked || net_udp_is_closing(udp))
            return;
        drain.count = drain.finished = 0;
        take(udp, &drain);
        if (drain.count == 0)
            return;
        drain_batch(udp, &drain);
    }
    net_loop_line_up(udp);
}
