/* SPDX-License-Identifier: MIT */
/* options.c - options of an endpoint: what may be asked for; the port does it. */
#include "engine.h"

#include <errno.h>
#include <limits.h>

struct range {
    int lowest;
    int highest;
};

static const struct range ranges[NET_OPTION_COUNT] = {
    [NET_OPTION_BROADCAST] = { 0, 1 },
    [NET_OPTION_RECEIVE_BUFFER] = { 0, INT_MAX },
    [NET_OPTION_SEND_BUFFER] = { 0, INT_MAX },
    [NET_OPTION_REUSE_ADDRESS] = { 0, 1 },
    [NET_OPTION_V6ONLY] = { 0, 1 },
    [NET_OPTION_HOPS] = { 1, 255 },
    [NET_OPTION_TOS] = { 0, 255 },
    [NET_OPTION_DONT_FRAGMENT] = { 0, 1 },
    [NET_OPTION_MTU_DISCOVER] = { NET_MTU_NOT_SET, NET_MTU_PROBE },
    [NET_OPTION_NO_CHECKSUM] = { 0, 1 },
    [NET_OPTION_RECEIVE_TOS] = { 0, 1 },
    [NET_OPTION_RECEIVE_HOPS] = { 0, 1 },
    [NET_OPTION_RECEIVE_ERRORS] = { 0, 1 },
    [NET_OPTION_MULTICAST_HOPS] = { 0, 255 },
    [NET_OPTION_MULTICAST_LOOP] = { 0, 1 },
    [NET_OPTION_MULTICAST_INTERFACE] = { 0, INT_MAX },
    [NET_OPTION_UNICAST_INTERFACE] = { 0, INT_MAX },
    [NET_OPTION_HEADER_INCLUDED] = { 0, 1 },
    [NET_OPTION_CHECKSUM] = { -1, INT_MAX },
    [NET_OPTION_KEEPALIVE] = { 0, 1 },
    [NET_OPTION_KEEPALIVE_IDLE] = { 1, INT_MAX },
    [NET_OPTION_KEEPALIVE_INTERVAL] = { 1, INT_MAX },
    [NET_OPTION_KEEPALIVE_COUNT] = { 1, INT_MAX },
    [NET_OPTION_NODELAY] = { 0, 1 },
};

static bool fits(const struct net_udp *udp, enum net_option option)
{
    switch (option) {
    case NET_OPTION_NO_CHECKSUM:
        return udp->kind == NET_UDP;
    case NET_OPTION_V6ONLY:
        return udp->family == NET_IPV6 && udp->kind != NET_RAW;
    case NET_OPTION_HEADER_INCLUDED:
        return udp->kind == NET_RAW;
    case NET_OPTION_CHECKSUM:
        return udp->kind == NET_RAW && udp->family == NET_IPV6;
    case NET_OPTION_KEEPALIVE:
    case NET_OPTION_KEEPALIVE_IDLE:
    case NET_OPTION_KEEPALIVE_INTERVAL:
    case NET_OPTION_KEEPALIVE_COUNT:
    case NET_OPTION_NODELAY:
        return udp->kind == NET_TCP;
    default:
        return true;
    }
}

static bool has_half(const struct net_udp *udp, int option)
{
    return !(option & NET_OPTION_IPV4) || (udp->family == NET_IPV6 && udp->kind != NET_RAW);
}

static int check(const struct net_udp *udp, int option, enum net_option *plain)
{
    *plain = (enum net_option)(option & ~NET_OPTION_IPV4);
    if ((unsigned)*plain >= NET_OPTION_COUNT || !has_half(udp, option) || !fits(udp, *plain))
        return -ENOPROTOOPT;
    return 0;
}

int net_udp_set_option(struct net_udp *udp, int option, int value)
{
    enum net_option plain;
    int error = check(udp, option, &plain);

    if (error)
        return error;
    if (value < ranges[plain].lowest || value > ranges[plain].highest)
        return -EINVAL;
    error = net_udp_enter(udp, 0);
    if (error)
        return error;
    error = udp->port->set_option(udp->handle, option, value);
    net_udp_leave(udp);
    return error;
}

int net_udp_get_option(struct net_udp *udp, int option, int *value)
{
    enum net_option plain;
    int error = check(udp, option, &plain);

    if (error)
        return error;
    error = net_udp_enter(udp, 0);
    if (error)
        return error;
    error = udp->port->get_option(udp->handle, option, value);
    net_udp_leave(udp);
    return error;
}

int net_udp_path_mtu(struct net_udp *udp, const struct net_address *to, int *mtu)
{
    int error;

    if (to->family != udp->family)
        return -EAFNOSUPPORT;
    error = net_udp_enter(udp, 0);
    if (error)
        return error;
    error = udp->port->path_mtu(udp->handle, to, mtu);
    net_udp_leave(udp);
    return error;
}
