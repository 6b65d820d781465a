/* SPDX-License-Identifier: MIT */
/* address.c - SOCKADDR_IN and SOCKADDR_IN6 become the engine's address and back. */
#include "translate.h"

#include <string.h>

SIZE_T wsk_address_size(enum net_family family)
{
    return family == NET_IPV6 ? sizeof(SOCKADDR_IN6) : sizeof(SOCKADDR_IN);
}

bool wsk_address_from(enum net_family family, const SOCKADDR *from, struct net_address *to)
{
    ADDRESS_FAMILY given;

    /* Drivers keep addresses at any alignment; copying needs none. */
    memcpy(&given, from, sizeof(given));
    memset(to, 0, sizeof(*to));
    to->family = (uint16_t)family;
    if (family == NET_IPV4 && given == AF_INET) {
        SOCKADDR_IN address;

        memcpy(&address, from, sizeof(address));
        to->port = address.sin_port;
        memcpy(to->ip, &address.sin_addr, 4);
        return true;
    }
    if (family == NET_IPV6 && given == AF_INET6) {
        SOCKADDR_IN6 address;

        memcpy(&address, from, sizeof(address));
        to->port = address.sin6_port;
        to->flow = address.sin6_flowinfo;
        to->scope = address.sin6_scope_id;
        memcpy(to->ip, &address.sin6_addr, 16);
        return true;
    }
    return false;
}

void wsk_address_to(enum net_family family, const struct net_address *from, SOCKADDR *to)
{
    if (family == NET_IPV6) {
        SOCKADDR_IN6 address = { .sin6_family = AF_INET6 };

        address.sin6_port = from->port;
        address.sin6_flowinfo = from->flow;
        address.sin6_scope_id = from->scope;
        memcpy(&address.sin6_addr, from->ip, 16);
        memcpy(to, &address, sizeof(address));
    } else {
        SOCKADDR_IN address = { .sin_family = AF_INET };

        address.sin_port = from->port;
        memcpy(&address.sin_addr, from->ip, 4);
        memcpy(to, &address, sizeof(address));
    }
}

bool wsk_address_equal(const struct net_address *a, const struct net_address *b)
{
    if (a->family != b->family || a->port != b->port || memcmp(a->ip, b->ip, sizeof(a->ip)) != 0)
        return false;
    /* A driver that names no scope means the address on any link. */
    return a->scope == b->scope || a->scope == 0 || b->scope == 0;
}
