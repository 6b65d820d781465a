/* SPDX-License-Identifier: MIT */
/* address.c - see address.h. */
#include "address.h"

#include <string.h>

static const uint8_t mapped_prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

socklen_t net_address_encode(const struct net_address *address, union net_sockaddr *out)
{
    switch (address->family) {
    case NET_IPV4:
        memset(&out->ipv4, 0, sizeof(out->ipv4));
        out->ipv4.sin_family = AF_INET;
        out->ipv4.sin_port = address->port;
        memcpy(&out->ipv4.sin_addr, address->ip, 4);
        return sizeof(out->ipv4);
    case NET_IPV6:
        out->ipv6.sin6_family = AF_INET6;
        out->ipv6.sin6_port = address->port;
        out->ipv6.sin6_flowinfo = address->flow;
        out->ipv6.sin6_scope_id = address->scope;
        memcpy(&out->ipv6.sin6_addr, address->ip, 16);
        return sizeof(out->ipv6);
    default:
        return 0;
    }
}

bool net_address_decode(const struct sockaddr *name, size_t length, struct net_address *out)
{
    const union net_sockaddr *from = (const union net_sockaddr *)(const void *)name;

    memset(out, 0, sizeof(*out));
    if (length >= sizeof(from->ipv4) && name->sa_family == AF_INET) {
        out->family = NET_IPV4;
        out->port = from->ipv4.sin_port;
        memcpy(out->ip, &from->ipv4.sin_addr, 4);
        return true;
    }
    if (length >= sizeof(from->ipv6) && name->sa_family == AF_INET6) {
        out->family = NET_IPV6;
        out->port = from->ipv6.sin6_port;
        out->flow = from->ipv6.sin6_flowinfo;
        out->scope = from->ipv6.sin6_scope_id;
        memcpy(out->ip, &from->ipv6.sin6_addr, 16);
        return true;
    }
    return false;
}

bool net_address_is_mapped(const struct net_address *address)
{
    return address->family == NET_IPV6 &&
           memcmp(address->ip, mapped_prefix, sizeof(mapped_prefix)) == 0;
}

struct net_address net_address_unmapped(const struct net_address *address)
{
    struct net_address plain = { .family = NET_IPV4, .port = address->port };

    if (!net_address_is_mapped(address))
        return *address;
    memcpy(plain.ip, address->ip + sizeof(mapped_prefix), 4);
    return plain;
}

struct net_address net_address_mapped(const struct net_address *address)
{
    struct net_address mapped = { .family = NET_IPV6, .port = address->port };

    if (address->family != NET_IPV4)
        return *address;
    memcpy(mapped.ip, mapped_prefix, sizeof(mapped_prefix));
    memcpy(mapped.ip + sizeof(mapped_prefix), address->ip, 4);
    return mapped;
}

bool net_address_is_any(const struct net_address *address)
{
    static const uint8_t any[16];
    struct net_address plain = net_address_unmapped(address);

    return memcmp(plain.ip, any, plain.family == NET_IPV4 ? 4 : 16) == 0;
}

bool net_address_is_multicast(const struct net_address *address)
{
    struct net_address plain = net_address_unmapped(address);

    if (plain.family == NET_IPV4)
        return (plain.ip[0] & 0xf0) == 0xe0;
    return plain.family == NET_IPV6 && plain.ip[0] == 0xff;
}
