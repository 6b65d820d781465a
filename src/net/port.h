/* SPDX-License-Identifier: MIT */
/*
 * port.h - the rim of the transport engine: what a back end has to do. Queues, order, accounting,
 * life and recycling live above it, once.
 *
 * 1. Nothing blocks except wait(). Everything returns 0 or a count, or a negative errno value.
 * 2. Readiness is reported once: after READABLE the engine receives until -EAGAIN, after WRITABLE
 *    it sends until -EAGAIN, before it expects either again. arm() looks anew, so that what was
 *    ready before it is reported after it.
 * 3. wait(), close() and the receive calls come from the thread of the endpoint's loop alone;
 *    send() and wake() from any thread; the rest from any thread, but not during or after close().
 */
#ifndef OPENWSK_NET_PORT_H
#define OPENWSK_NET_PORT_H

#include "net.h"

/* The back end's own; the engine sees pointers only. */
struct net_port_loop;
struct net_port_udp;

#define NET_PORT_READABLE 0x1u
#define NET_PORT_WRITABLE 0x2u

struct net_port_ready {
    void *owner; /* as armed */
    uint32_t events;
};

/* One place of a receive batch. */
struct net_port_receive {
    struct net_datagram *datagram; /* out: length, flags, source, control */
    struct net_slice slices[2];    /* the payload fills the first, then the second */
    bool truncated;                /* out: payload was lost */
    bool control_lost;             /* out: control data was lost */
};

struct net_port {
    int (*loop_open)(const struct net_port *port, struct net_port_loop **out);
    void (*loop_close)(struct net_port_loop *loop);

    /*
     * Returns how many entries it filled; 0 after a wake, the timeout (OS_FOREVER: none) or
     * spuriously.
     */
    int (*wait)(struct net_port_loop *loop, struct net_port_ready *ready, unsigned count,
                uint64_t timeout_ns);

    /* Ends the present wait(), or the next one. */
    void (*wake)(struct net_port_loop *loop);

    int (*open)(const struct net_port *port, const struct net_transport *transport,
                struct net_port_udp **out);

    /* Also disarms. */
    void (*close)(struct net_port_udp *udp);

    /* Reports `events` to the loop from now on; an endpoint stays with its first loop. */
    int (*arm)(struct net_port_udp *udp, struct net_port_loop *loop, void *owner, uint32_t events);

    int (*bind)(struct net_port_udp *udp, const struct net_address *address);
    int (*local_address)(struct net_port_udp *udp, struct net_address *address);
    /* `option` may have NET_OPTION_IPV4. */
    int (*set_option)(struct net_port_udp *udp, int option, int value);
    int (*get_option)(struct net_port_udp *udp, int option, int *value);
    int (*path_mtu)(struct net_port_udp *udp, const struct net_address *to, int *mtu);
    int (*membership)(struct net_port_udp *udp, const struct net_membership *membership);
    int (*multicast_from)(struct net_port_udp *udp, const struct net_address *local);

    /*
     * Sends the first datagrams of the batch, in order. Returns how many went, at least one, or why
     * the first did not go; -EAGAIN promises WRITABLE if armed, -ENOBUFS promises nothing.
     */
    int (*send)(struct net_port_udp *udp, const struct net_send *const *batch, unsigned count);

    /*
     * Sends all of the batch in one trip through the stack, or none of it: 0, or why it did not go.
     * net_run_length() of coalesce.h says which may; nobody sees the difference on the wire. An
     * error other than -EAGAIN may be of the trip and not of a datagram. NULL: there is no such
     * way.
     */
    int (*send_run)(struct net_port_udp *udp, const struct net_send *const *batch, unsigned count);

    /*
     * Returns how many arrived, at least one; or -EAGAIN. One place may hold a run of datagrams,
     * all of the size NET_CONTROL_SEGMENT says but the last, which may be shorter. `*empty` says
     * that none waited any more; what comes later is reported by wait(). Fewer than `count` without
     * `*empty` does not mean that.
     */
    int (*receive)(struct net_port_udp *udp, struct net_port_receive *batch, unsigned count,
                   bool *empty);
};

/* The real network. */
extern const struct net_port net_port_epoll;

#endif
