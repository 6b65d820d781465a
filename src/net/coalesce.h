/* SPDX-License-Identifier: MIT */
/*
 * coalesce.h - which datagrams may share one trip through the stack (UDP_SEGMENT). Pure.
 *
 * The kernel cuts what it gets into datagrams of one size, the last one possibly shorter. So a run
 * is what such a cut gives back: consecutive datagrams to one destination, with equal control data,
 * of one size, and after a shorter one it ends. An empty datagram would vanish, so it is never in a
 * run.
 */
#ifndef OPENWSK_NET_COALESCE_H
#define OPENWSK_NET_COALESCE_H

#include "net.h"

/* The kernel's limit since there is UDP_SEGMENT; newer ones allow more. */
#define NET_RUN_MAX 64u

/* Slices of a whole run; the kernel takes 1024. */
#define NET_RUN_SLICES_MAX 512u

/*
 * How many of the `count` datagrams form a run, from the first on; 1 when it stays alone. `lengths`
 * are the sizes of their payloads.
 */
unsigned net_run_length(const struct net_send *const *sends, const size_t *lengths,
                        unsigned count);

/* The largest payload of a datagram to this address. */
size_t net_payload_limit(const struct net_address *to);

/*
 * Writes all slices of the run, one after the other, and returns how many; what lies next to each
 * other in memory becomes one. `slices` has room for NET_RUN_SLICES_MAX.
 */
unsigned net_run_slices(const struct net_send *const *sends, unsigned count,
                        struct net_slice *slices);

#endif
