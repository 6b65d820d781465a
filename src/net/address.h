/* SPDX-License-Identifier: MIT */
/* address.h - struct net_address to and from the kernel's socket addresses. Pure. */
#ifndef OPENWSK_NET_ADDRESS_H
#define OPENWSK_NET_ADDRESS_H

#include "net.h"

#include <netinet/in.h>
#include <sys/socket.h>

union net_sockaddr {
    struct sockaddr any;
    struct sockaddr_in ipv4;
    struct sockaddr_in6 ipv6;
};

/* The length, or 0 when the family is unknown. */
socklen_t net_address_encode(const struct net_address *address, union net_sockaddr *out);

/* False when the family is unknown or the length too short; then `out` is unspecified and zero. */
bool net_address_decode(const struct sockaddr *name, size_t length, struct net_address *out);

/* ::ffff:a.b.c.d */
bool net_address_is_mapped(const struct net_address *address);

/* The plain IPv4 form of a mapped address; any other address unchanged. */
struct net_address net_address_unmapped(const struct net_address *address);

/* The mapped IPv6 form of an IPv4 address; any other address unchanged. */
struct net_address net_address_mapped(const struct net_address *address);

/* 0.0.0.0, ::, or of no family */
bool net_address_is_any(const struct net_address *address);
bool net_address_is_multicast(const struct net_address *address);

#endif
