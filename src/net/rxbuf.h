/* SPDX-License-Identifier: MIT */
/*
 * rxbuf.h - memory for datagrams that arrive.
 *
 * There are two kinds. A buffer holds one datagram of up to NET_RX_SLOT bytes. A block holds what
 * the kernel has joined to a run, or one large datagram, and the objects of the datagrams that a
 * run becomes; it is counted and goes back with the last of them.
 *
 * 1. A loop has one net_rx: the places of a batch, each with an empty buffer and an empty block.
 *    What arrives fills the buffer, then the block behind room for what is in the buffer.
 * 2. net_rx_prepare() fills the places, the port receives, net_rx_take() makes a list of what
 *    arrived and may be handed out.
 * 3. net_datagram_split() cuts a run. net_datagram_release() gives back, in any thread and at any
 *    time, also when the loop has ended: the pool's memory goes with whatever comes last.
 *
 * Whoever keeps one small datagram of a run keeps the whole block. So when NET_RX_BLOCKS blocks are
 * out, what arrives is copied into buffers of its own instead (counted: rx_run_copied), which costs
 * time but only as much memory as is kept.
 */
#ifndef OPENWSK_NET_RXBUF_H
#define OPENWSK_NET_RXBUF_H

#include "net.h"
#include "port.h"

/* Payload that fits into a buffer. */
#define NET_RX_SLOT 2048u

/* The rest of the largest payload. */
#define NET_RX_OVERFLOW 65536u

/* Buffers that a pool keeps; with more in use the rest is freed when it comes back. */
#define NET_RX_KEEP 4096u

/* Blocks of about 100 KiB that a pool hands out at the most. */
#define NET_RX_BLOCKS 256u

/* Places of a batch while runs arrive: few, so that they stay in the processor's cache. */
#define NET_RX_RUN_PLACES 4u

struct net_rx_pool;

struct net_rx {
    struct net_rx_pool *pool;
    struct net_datagram *spare;       /* takes from the kernel what there is no memory for */
    struct net_port_receive places[NET_RX_BATCH];
    struct net_rx_block *blocks[NET_RX_BATCH];
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

/* Where memory comes from; a test replaces it to run out of it. Freed with os_free(). */
extern void *(*net_rx_allocate)(size_t size);

#endif
