/* SPDX-License-Identifier: MIT */
/*
 * udp_rx.c - taking datagrams from the port, as many as the owner has room for.
 *
 * While the owner has no room an endpoint is parked: readiness has been reported and is remembered,
 * and the datagrams stay where they are until net_udp_receive_wanted().
 */
#include "engine.h"

#include <errno.h>

/* --- Room ------------------------------------------------------------------------------------ */

void net_udp_receive_wanted(struct net_udp *udp)
{
    uint32_t before;

    net_udp_visit(udp);
    before = atomic_fetch_or_explicit(&udp->rx_gate, NET_RX_WANTED, memory_order_acq_rel);
    if (before == NET_RX_PARKED)
        net_udp_attend(udp, NET_ATTEND_RX);
    net_udp_end_visit(udp);
}

void net_udp_rx_unpark(struct net_udp *udp)
{
    atomic_exchange_explicit(&udp->rx_gate, 0, memory_order_acq_rel);
}

static bool is_parked(const struct net_udp *udp)
{
    return atomic_load_explicit(&udp->rx_gate, memory_order_relaxed) & NET_RX_PARKED;
}

/* 0 only after the endpoint has been parked with nobody having made room before. */
static size_t room_or_park(struct net_udp *udp)
{
    for (;;) {
        size_t room = udp->events->room(udp->owner);
        uint32_t expected = 0;

        if (room)
            return room;
        if (atomic_compare_exchange_strong_explicit(&udp->rx_gate, &expected, NET_RX_PARKED,
                                                    memory_order_acq_rel, memory_order_acquire))
            return 0;
        net_udp_rx_unpark(udp);
    }
}

/* --- Receive --------------------------------------------------------------------------------- */

static void give_up(struct net_udp *udp, int error)
{
    udp->broken = true;
    udp->events->broken(udp->owner, error);
}

static void receive_failed(struct net_udp *udp, int error)
{
    if (error == -EAGAIN) {
        udp->readable = false;
        udp->rx_errors = 0;
    } else if (error == -ENOMEM || error == -ENOBUFS) {
        net_loop_retry(udp);
    } else if (++udp->rx_errors > NET_RX_ERRORS_MAX) {
        give_up(udp, error);
    } else {
        trace_count(trace_error_swallowed);
        net_loop_line_up(udp);
    }
}

/* Few places suffice for runs, and for whom one datagram at a time comes. */
static unsigned places_for(const struct net_udp *udp, size_t room)
{
    return room < udp->rx_places ? (unsigned)room : udp->rx_places;
}

static void count_received(struct net_udp *udp, const struct net_rx *rx, unsigned count)
{
    bool runs = false;
    size_t datagrams = 0;

    for (unsigned i = 0; i < count; i++) {
        const struct net_datagram *datagram = rx->places[i].datagram;
        bool run = net_datagram_is_run(datagram) && datagram->control.segment;

        datagrams += run ? net_datagram_count(datagram) : 1;
        runs |= run;
    }
    if (runs)
        udp->rx_places = NET_RX_RUN_PLACES;
    else if (count == udp->rx_places)
        udp->rx_places = NET_RX_BATCH;
    trace_count(trace_rx_batch);
    trace_add(trace_datagram_received, datagrams);
    if (datagrams > count)
        trace_add(trace_rx_run, count);
}

static int receive_batch(struct net_udp *udp, size_t room)
{
    struct net_rx *rx = &udp->loop->rx;
    bool spare, empty = false;
    unsigned places = net_rx_prepare(rx, places_for(udp, room), &spare);
    int count = udp->port->receive(udp->handle, rx->places, places, &empty);
    struct net_datagram *list;

    if (count < 0)
        return count;
    if (empty)
        udp->readable = false;
    udp->rx_errors = 0;
    count_received(udp, rx, (unsigned)count);
    list = net_rx_take(rx, (unsigned)count, spare);
    if (list)
        udp->events->received(udp->owner, list);
    return count;
}

static bool may_receive(const struct net_udp *udp)
{
    return udp->readable && !udp->broken && !is_parked(udp) && !net_udp_is_closing(udp);
}

void net_udp_rx_turn(struct net_udp *udp)
{
    for (unsigned i = 0; i < NET_TURN_BATCHES; i++) {
        size_t room;
        int count;

        if (!may_receive(udp))
            return;
        room = room_or_park(udp);
        if (room == 0)
            return;
        count = receive_batch(udp, room);
        if (count < 0) {
            receive_failed(udp, count);
            return;
        }
    }
    if (may_receive(udp))
        net_loop_line_up(udp);
}
