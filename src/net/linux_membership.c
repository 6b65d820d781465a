/* SPDX-License-Identifier: MIT */
/* linux_membership.c - joining and leaving groups in the kernel's words. */
#define _GNU_SOURCE
#include "address.h"
#include "linux_socket.h"
#include "sys.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

/* IPv4 with the interface chosen by one of its addresses. */
static int by_address(int fd, const struct net_membership *membership,
                      const struct net_address *group)
{
    struct ip_mreqn plain = { .imr_ifindex = (int)membership->interface_index };

    memcpy(&plain.imr_multiaddr, group->ip, 4);
    memcpy(&plain.imr_address, membership->local.ip, 4);
    return (int)net_sys->setsockopt(fd, IPPROTO_IP,
                                    membership->action == NET_LEAVE ? IP_DROP_MEMBERSHIP
                                                                    : IP_ADD_MEMBERSHIP,
                                    &plain, sizeof(plain));
}

static int by_address_and_source(int fd, const struct net_membership *membership,
                                 const struct net_address *group,
                                 const struct net_address *source)
{
    static const int options[] = {
        [NET_JOIN] = IP_ADD_SOURCE_MEMBERSHIP, [NET_LEAVE] = IP_DROP_SOURCE_MEMBERSHIP,
        [NET_BLOCK] = IP_BLOCK_SOURCE, [NET_UNBLOCK] = IP_UNBLOCK_SOURCE,
    };
    struct ip_mreq_source request;

    memcpy(&request.imr_multiaddr, group->ip, 4);
    memcpy(&request.imr_interface, membership->local.ip, 4);
    memcpy(&request.imr_sourceaddr, source->ip, 4);
    return (int)net_sys->setsockopt(fd, IPPROTO_IP, options[membership->action], &request,
                                    sizeof(request));
}

static int by_index(int fd, const struct net_membership *membership,
                    const struct net_address *group)
{
    struct group_req request = { .gr_interface = membership->interface_index };
    union net_sockaddr name;
    socklen_t length = net_address_encode(group, &name);

    memcpy(&request.gr_group, &name, length);
    return (int)net_sys->setsockopt(fd, group->family == NET_IPV4 ? IPPROTO_IP : IPPROTO_IPV6,
                                    membership->action == NET_LEAVE ? MCAST_LEAVE_GROUP
                                                                    : MCAST_JOIN_GROUP,
                                    &request, sizeof(request));
}

static int by_index_and_source(int fd, const struct net_membership *membership,
                               const struct net_address *group, const struct net_address *source)
{
    static const int options[] = {
        [NET_JOIN] = MCAST_JOIN_SOURCE_GROUP, [NET_LEAVE] = MCAST_LEAVE_SOURCE_GROUP,
        [NET_BLOCK] = MCAST_BLOCK_SOURCE, [NET_UNBLOCK] = MCAST_UNBLOCK_SOURCE,
    };
    struct group_source_req request = { .gsr_interface = membership->interface_index };
    union net_sockaddr name;
    socklen_t length = net_address_encode(group, &name);

    memcpy(&request.gsr_group, &name, length);
    length = net_address_encode(source, &name);
    memcpy(&request.gsr_source, &name, length);
    return (int)net_sys->setsockopt(fd, group->family == NET_IPV4 ? IPPROTO_IP : IPPROTO_IPV6,
                                    options[membership->action], &request, sizeof(request));
}

int linux_membership(int fd, const struct net_membership *membership)
{
    struct net_address group = net_address_unmapped(&membership->group);
    bool address = group.family == NET_IPV4 && membership->local.family == NET_IPV4 &&
                   !net_address_is_any(&membership->local);
    struct net_address source;

    if (!membership->source)
        return address ? by_address(fd, membership, &group) : by_index(fd, membership, &group);
    source = net_address_unmapped(membership->source);
    if (source.family != group.family)
        return -EAFNOSUPPORT;
    return address ? by_address_and_source(fd, membership, &group, &source)
                   : by_index_and_source(fd, membership, &group, &source);
}

int linux_multicast_from(int fd, const struct net_address *local)
{
    struct ip_mreqn request = { 0 };

    memcpy(&request.imr_address, local->ip, 4);
    return (int)net_sys->setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &request, sizeof(request));
}
