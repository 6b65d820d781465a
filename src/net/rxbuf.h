/* SPDX-License-Identifier: MIT */
/*
 * rxbuf.h - buffers for datagrams that arrive.
 *
 * 1. A loop has one net_rx: the places of a batch, each with an empty buffer, and behind them one
 *    large scratch memory for what does not fit into a buffer.
 * 2. net_rx_prepare() fills the places, the port receives, net_rx_take() makes a list of what
 *    arrived and may be handed out.
 * 3. net_datagram_release() gives a buffer back, in any thread and at any time, also when the loop
 *    has ended: the pool's memory goes with whatever comes last.
 */
#ifndef OPENWSK_NET_RXBUF_H
#define OPENWSK_NET_RXBUF_H

#include "net.h"
#include "port.h"

/* Payload that fits into the buffer itself; whatever is larger costs an allocation and a copy. */
#define NET_RX_SLOT 2048u

/* The rest of the largest payload. */
#define NET_RX_OVERFLOW 65536u

/* Buffers that a pool keeps; with more in use the rest is freed when it comes back. */
#define NET_RX_KEEP 4096u

struct net_rx_pool;

struct net_rx {
    struct net_rx_pool *pool;
    uint8_t *overflow;                /* made at the first need */
    struct net_datagram *spare;       /* takes from the kernel what there is no memory for */
    struct net_port_receive places[NET_RX_BATCH];
};

int net_rx_open(struct net_rx *rx);
void net_rx_close(struct net_rx *rx);

/*
 * Makes up to `count` places ready and returns how many, at least one. `*spare` is true when there
 * was no memory for any: then the one place holds the spare buffer, and what arrives is lost.
 */
unsigned net_rx_prepare(struct net_rx *rx, unsigned count, bool *spare);

/* A list, oldest first, of the `count` first places, less what had to be dropped; may be NULL. */
struct net_datagram *net_rx_take(struct net_rx *rx, unsigned count, bool spare);

/* Where buffers come from; a test replaces it to run out of memory. Freed with os_free(). */
extern void *(*net_rx_allocate)(size_t size);

#endif
