/* SPDX-License-Identifier: MIT */
/*
 * membership.c - see membership.h. Windows has three generations of structures for the same thing.
 */
#include "membership.h"

#include "translate.h"

#include <ws2ipdef.h>

#include <errno.h>
#include <string.h>

/* --- Reading the structures ------------------------------------------------------------------ */

/* A membership that owns the source it points at. */
struct request {
    struct net_membership membership;
    struct net_address source;
};

static void set_ipv4(struct net_address *to, const IN_ADDR *from)
{
    memset(to, 0, sizeof(*to));
    to->family = NET_IPV4;
    memcpy(to->ip, from, 4);
}

/*
 * ws2ipdef.h, IP_MREQ: a local address, or 0, or an interface index as 0.x.x.x in network byte
 * order.
 */
static void set_interface(struct net_membership *membership, const IN_ADDR *interface)
{
    UCHAR bytes[4];

    memcpy(bytes, interface, sizeof(bytes));
    if (bytes[0] == 0)
        membership->interface_index = (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
    else
        set_ipv4(&membership->local, interface);
}

static bool read_mreq(struct wsk_socket *socket, const void *input, struct request *request)
{
    IP_MREQ mreq;

    (void)socket;
    memcpy(&mreq, input, sizeof(mreq));
    set_ipv4(&request->membership.group, &mreq.imr_multiaddr);
    set_interface(&request->membership, &mreq.imr_interface);
    return true;
}

static bool read_mreq_source(struct wsk_socket *socket, const void *input, struct request *request)
{
    IP_MREQ_SOURCE mreq;

    (void)socket;
    memcpy(&mreq, input, sizeof(mreq));
    set_ipv4(&request->membership.group, &mreq.imr_multiaddr);
    set_ipv4(&request->source, &mreq.imr_sourceaddr);
    set_interface(&request->membership, &mreq.imr_interface);
    request->membership.source = &request->source;
    return true;
}

static bool read_mreq6(struct wsk_socket *socket, const void *input, struct request *request)
{
    IPV6_MREQ mreq;

    (void)socket;
    memcpy(&mreq, input, sizeof(mreq));
    request->membership.group.family = NET_IPV6;
    memcpy(request->membership.group.ip, &mreq.ipv6mr_multiaddr, 16);
    request->membership.interface_index = mreq.ipv6mr_interface;
    return true;
}

/* The family is the embedded address's own, and has to be the socket's. */
static bool read_storage(struct wsk_socket *socket, const SOCKADDR_STORAGE *from,
                         struct net_address *to)
{
    return wsk_address_from(socket->family, (const SOCKADDR *)(const void *)from, to);
}

static bool read_group(struct wsk_socket *socket, const void *input, struct request *request)
{
    GROUP_REQ group;

    memcpy(&group, input, sizeof(group));
    request->membership.interface_index = group.gr_interface;
    return read_storage(socket, &group.gr_group, &request->membership.group);
}

static bool read_group_source(struct wsk_socket *socket, const void *input, struct request *request)
{
    GROUP_SOURCE_REQ group;

    memcpy(&group, input, sizeof(group));
    request->membership.interface_index = group.gsr_interface;
    request->membership.source = &request->source;
    return read_storage(socket, &group.gsr_group, &request->membership.group) &&
           read_storage(socket, &group.gsr_source, &request->source);
}

/* --- The options ----------------------------------------------------------------------------- */

struct row {
    ULONG level;
    ULONG option;
    SIZE_T size;
    enum net_membership_action action;
    bool (*read)(struct wsk_socket *socket, const void *input, struct request *request);
};

static const struct row rows[] = {
    { IPPROTO_IP, IP_ADD_MEMBERSHIP, sizeof(IP_MREQ), NET_JOIN, read_mreq },
    { IPPROTO_IP, IP_DROP_MEMBERSHIP, sizeof(IP_MREQ), NET_LEAVE, read_mreq },
    { IPPROTO_IP, IP_ADD_SOURCE_MEMBERSHIP, sizeof(IP_MREQ_SOURCE), NET_JOIN, read_mreq_source },
    { IPPROTO_IP, IP_DROP_SOURCE_MEMBERSHIP, sizeof(IP_MREQ_SOURCE), NET_LEAVE, read_mreq_source },
    { IPPROTO_IP, IP_BLOCK_SOURCE, sizeof(IP_MREQ_SOURCE), NET_BLOCK, read_mreq_source },
    { IPPROTO_IP, IP_UNBLOCK_SOURCE, sizeof(IP_MREQ_SOURCE), NET_UNBLOCK, read_mreq_source },
    { IPPROTO_IPV6, IPV6_JOIN_GROUP, sizeof(IPV6_MREQ), NET_JOIN, read_mreq6 },
    { IPPROTO_IPV6, IPV6_LEAVE_GROUP, sizeof(IPV6_MREQ), NET_LEAVE, read_mreq6 },
    { IPPROTO_IP, MCAST_JOIN_GROUP, sizeof(GROUP_REQ), NET_JOIN, read_group },
    { IPPROTO_IP, MCAST_LEAVE_GROUP, sizeof(GROUP_REQ), NET_LEAVE, read_group },
    { IPPROTO_IP, MCAST_JOIN_SOURCE_GROUP, sizeof(GROUP_SOURCE_REQ), NET_JOIN, read_group_source },
    { IPPROTO_IP, MCAST_LEAVE_SOURCE_GROUP, sizeof(GROUP_SOURCE_REQ), NET_LEAVE, read_group_source },
    { IPPROTO_IP, MCAST_BLOCK_SOURCE, sizeof(GROUP_SOURCE_REQ), NET_BLOCK, read_group_source },
    { IPPROTO_IP, MCAST_UNBLOCK_SOURCE, sizeof(GROUP_SOURCE_REQ), NET_UNBLOCK, read_group_source },
    { IPPROTO_IPV6, MCAST_JOIN_GROUP, sizeof(GROUP_REQ), NET_JOIN, read_group },
    { IPPROTO_IPV6, MCAST_LEAVE_GROUP, sizeof(GROUP_REQ), NET_LEAVE, read_group },
    { IPPROTO_IPV6, MCAST_JOIN_SOURCE_GROUP, sizeof(GROUP_SOURCE_REQ), NET_JOIN, read_group_source },
    { IPPROTO_IPV6, MCAST_LEAVE_SOURCE_GROUP, sizeof(GROUP_SOURCE_REQ), NET_LEAVE, read_group_source },
    { IPPROTO_IPV6, MCAST_BLOCK_SOURCE, sizeof(GROUP_SOURCE_REQ), NET_BLOCK, read_group_source },
    { IPPROTO_IPV6, MCAST_UNBLOCK_SOURCE, sizeof(GROUP_SOURCE_REQ), NET_UNBLOCK, read_group_source },
};

static const struct row *find(const struct wsk_socket *socket, ULONG level, ULONG option)
{
    ULONG own = socket->family == NET_IPV4 ? IPPROTO_IP : IPPROTO_IPV6;

    for (size_t i = 0; i < RTL_NUMBER_OF(rows); i++) {
        if (rows[i].level == level && level == own && rows[i].option == option)
            return &rows[i];
    }
    return NULL;
}

bool wsk_membership_known(const struct wsk_socket *socket, ULONG level, ULONG option)
{
    return socket->category == WSK_CATEGORY_DATAGRAM && find(socket, level, option);
}

NTSTATUS wsk_membership_set(struct wsk_socket *socket, ULONG level, ULONG option, const void *input,
                            SIZE_T size)
{
    const struct row *row = find(socket, level, option);
    struct request request;
    int error;

    memset(&request, 0, sizeof(request));
    if (!input || size < row->size)
        return STATUS_INVALID_PARAMETER;
    if (!row->read(socket, input, &request))
        return STATUS_INVALID_ADDRESS_COMPONENT;
    request.membership.action = row->action;
    error = net_udp_membership(socket->udp, &request.membership);
    if (error == -EADDRNOTAVAIL && row->action != NET_JOIN)
        return STATUS_NOT_FOUND;
    return wsk_status_from_errno(error);
}
