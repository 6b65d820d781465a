/* SPDX-License-Identifier: MIT */
/* rtnl.h - rtnetlink messages to and from records. Pure; libmnl does the attributes. */
#ifndef OPENWSK_NET_RTNL_H
#define OPENWSK_NET_RTNL_H

#include "route.h"

#include <linux/netlink.h>

/* Enough for any request that is built here. */
#define RTNL_REQUEST_BYTES 512u

/* Bytes that one receive takes at the most; the kernel's dumps are cut to 32 KiB. */
#define RTNL_ANSWER_BYTES (64u << 10)

/*
 * Appends what the message is about: one record, several for a route with several next hops, none
 * for what is not of interest. `*removed` says that it is gone. 0 or -ENOMEM.
 */
int rtnl_decode(const struct nlmsghdr *message, struct net_records *out, bool *removed);

/* A route as RTM_GETROUTE answers; -ENETUNREACH, -EACCES ... for one that leads nowhere. */
int rtnl_decode_found(const struct nlmsghdr *message, struct net_route *route,
                      struct net_address *source);

/* Requests; `bytes` has RTNL_REQUEST_BYTES and is aligned for a message. */
struct nlmsghdr *rtnl_encode_dump(void *bytes, enum net_record_kind kind, enum net_family family);
struct nlmsghdr *rtnl_encode_link(void *bytes, uint32_t index);

/* `match`: ask for the entry of the table rather than for what it leads to. */
struct nlmsghdr *rtnl_encode_find(void *bytes, const struct net_route_query *query, bool match);

/* NULL for a record that cannot be changed. */
struct nlmsghdr *rtnl_encode_change(void *bytes, enum net_change change,
                                    const struct net_record *record);

#endif
