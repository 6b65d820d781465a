/* SPDX-License-Identifier: MIT */
/*
 * names_libc.h - what the engine calls of the C library's resolver, in a table that a test can
 * replace.
 *
 * The functions are looked up in the C library itself: a driver or an embedding program may define
 * a `getaddrinfo` of its own, and the dynamic linker would bind ours to it.
 */
#ifndef OPENWSK_NET_NAMES_LIBC_H
#define OPENWSK_NET_NAMES_LIBC_H

#include <netdb.h>
#include <sys/socket.h>

struct net_libc {
    int (*getaddrinfo)(const char *node, const char *service, const struct addrinfo *hints,
                       struct addrinfo **list);
    void (*freeaddrinfo)(struct addrinfo *list);
    int (*getnameinfo)(const struct sockaddr *address, socklen_t length, char *node,
                       socklen_t node_size, char *service, socklen_t service_size, int flags);
};

/* NULL: the C library's own. Tests point it elsewhere while nobody asks. */
extern const struct net_libc *net_libc;

#endif
