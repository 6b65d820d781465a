/* SPDX-License-Identifier: MIT */
/* membership.c - joining and leaving multicast groups: the checks; the port does it. */
#include "engine.h"

#include "address.h"

#include <errno.h>

static int check(const struct net_udp *udp, const struct net_membership *membership)
{
    const struct net_address *group = &membership->group;

    if (group->family != udp->family)
        return -EAFNOSUPPORT;
    if (!net_address_is_multicast(group))
        return -EINVAL;
    if (membership->source && membership->source->family != group->family)
        return -EAFNOSUPPORT;
    if (!membership->source &&
        (membership->action == NET_BLOCK || membership->action == NET_UNBLOCK))
        return -EINVAL;
    return 0;
}

int net_udp_membership(struct net_udp *udp, const struct net_membership *membership)
{
    int error = check(udp, membership);

    if (error)
        return error;
    error = net_udp_enter(udp, 0);
    if (error)
        return error;
    error = udp->port->membership(udp->handle, membership);
    net_udp_leave(udp);
    return error;
}

int net_udp_multicast_from(struct net_udp *udp, const struct net_address *local)
{
    int error;

    if (local->family != NET_IPV4)
        return -EAFNOSUPPORT;
    error = net_udp_enter(udp, 0);
    if (error)
        return error;
    error = udp->port->multicast_from(udp->handle, local);
    net_udp_leave(udp);
    return error;
}
