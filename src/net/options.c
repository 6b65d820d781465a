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
    [NET_OPTION_RECEIVE_TOS] = { 0, 1 },
    [NET_OPTION_RECEIVE_HOPS] = { 0, 1 },
    [NET_OPTION_MULTICAST_HOPS] = { 0, 255 },
    [NET_OPTION_MULTICAST_LOOP] = { 0, 1 },
    [NET_OPTION_MULTICAST_INTERFACE] = { 0, INT_MAX },
    [NET_OPTION_UNICAST_INTERFACE] = { 0, INT_MAX },
};

static int check(const struct net_udp *udp, enum net_option option)
{
    if ((unsigned)option >= NET_OPTION_COUNT)
        return -ENOPROTOOPT;
    if (option == NET_OPTION_V6ONLY && udp->family != NET_IPV6)
        return -ENOPROTOOPT;
    return 0;
}

int net_udp_set_option(struct net_udp *udp, enum net_option option, int value)
{
    int error = check(udp, option);

    if (error)
        return error;
    if (value < ranges[option].lowest || value > ranges[option].highest)
        return -EINVAL;
    error = net_udp_enter(udp, 0);
    if (error)
        return error;
    error = udp->port->set_option(udp->handle, option, value);
    net_udp_leave(udp);
    return error;
}

int net_udp_get_option(struct net_udp *udp, enum net_option option, int *value)
{
    int error = check(udp, option);

    if (error)
        return error;
    error = net_udp_enter(udp, 0);
    if (error)
        return error;
    error = udp->port->get_option(udp->handle, option, value);
    net_udp_leave(udp);
    return error;
}
