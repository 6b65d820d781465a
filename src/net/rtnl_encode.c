/* SPDX-License-Identifier: MIT */
/* rtnl_encode.c - from questions and records to rtnetlink messages; see rtnl.h. */
#include "rtnl.h"

#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <string.h>

#ifndef RTM_F_FIB_MATCH
#define RTM_F_FIB_MATCH 0x2000
#endif

static uint8_t family_number(enum net_family family)
{
    return family == NET_IPV4 ? AF_INET : family == NET_IPV6 ? AF_INET6 : AF_UNSPEC;
}

static void put_address(struct nlmsghdr *message, uint16_t type, const struct net_address *address)
{
    mnl_attr_put(message, type, address->family == NET_IPV4 ? 4 : 16, address->ip);
}

static bool is_unspecified(const struct net_address *address)
{
    static const uint8_t zero[16];

    return address->family == NET_UNSPECIFIED || memcmp(address->ip, zero, sizeof(zero)) == 0;
}

/* Starts a message with a zeroed header of `size` bytes behind it. */
static struct nlmsghdr *begin(void *bytes, uint16_t type, uint16_t flags, size_t size, void **header)
{
    struct nlmsghdr *message = mnl_nlmsg_put_header(bytes);

    message->nlmsg_type = type;
    message->nlmsg_flags = NLM_F_REQUEST | flags;
    *header = mnl_nlmsg_put_extra_header(message, size);
    return message;
}

/* --- Questions ------------------------------------------------------------------------------- */

struct nlmsghdr *rtnl_encode_dump(void *bytes, enum net_record_kind kind, enum net_family family)
{
    static const struct {
        uint16_t type;
        size_t header;
    } questions[NET_RECORD_KINDS] = {
        [NET_RECORD_LINK] = { RTM_GETLINK, sizeof(struct ifinfomsg) },
        [NET_RECORD_ADDRESS] = { RTM_GETADDR, sizeof(struct ifaddrmsg) },
        [NET_RECORD_ROUTE] = { RTM_GETROUTE, sizeof(struct rtmsg) },
        [NET_RECORD_NEIGHBOUR] = { RTM_GETNEIGH, sizeof(struct ndmsg) },
        [NET_RECORD_MULTICAST] = { RTM_GETMULTICAST, sizeof(struct ifaddrmsg) },
        [NET_RECORD_ANYCAST] = { RTM_GETANYCAST, sizeof(struct ifaddrmsg) },
    };
    struct nlmsghdr *message;
    void *header;

    message = begin(bytes, questions[kind].type, NLM_F_DUMP, questions[kind].header, &header);
    /* The family is the first byte of each of these headers. */
    *(uint8_t *)header = family_number(family);
    return message;
}

struct nlmsghdr *rtnl_encode_link(void *bytes, uint32_t index)
{
    struct nlmsghdr *message;
    struct ifinfomsg *info;
    void *header;

    message = begin(bytes, RTM_GETLINK, 0, sizeof(*info), &header);
    info = header;
    info->ifi_index = (int)index;
    return message;
}

struct nlmsghdr *rtnl_encode_find(void *bytes, const struct net_route_query *query, bool match)
{
    uint8_t bits = query->destination.family == NET_IPV4 ? 32 : 128;
    struct nlmsghdr *message;
    struct rtmsg *info;
    void *header;

    message = begin(bytes, RTM_GETROUTE, 0, sizeof(*info), &header);
    info = header;
    info->rtm_family = family_number(query->destination.family);
    info->rtm_dst_len = bits;
    info->rtm_flags = match ? RTM_F_FIB_MATCH | RTM_F_LOOKUP_TABLE : RTM_F_LOOKUP_TABLE;
    put_address(message, RTA_DST, &query->destination);
    if (!is_unspecified(&query->source)) {
        info->rtm_src_len = bits;
        put_address(message, RTA_SRC, &query->source);
    }
    if (query->interface_index)
        mnl_attr_put_u32(message, RTA_OIF, query->interface_index);
    return message;
}

/* --- Changes --------------------------------------------------------------------------------- */

static uint16_t change_flags(enum net_change change)
{
    static const uint16_t flags[] = {
        [NET_CREATE] = NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL,
        [NET_REPLACE] = NLM_F_ACK | NLM_F_REPLACE,
        [NET_REMOVE] = NLM_F_ACK,
    };

    return flags[change];
}

static struct nlmsghdr *change_address(void *bytes, enum net_change change,
                                       const struct net_local *local)
{
    struct ifa_cacheinfo times = { .ifa_valid = local->valid_s, .ifa_prefered = local->preferred_s };
    struct nlmsghdr *message;
    struct ifaddrmsg *info;
    void *header;

    message = begin(bytes, change == NET_REMOVE ? RTM_DELADDR : RTM_NEWADDR, change_flags(change),
                    sizeof(*info), &header);
    info = header;
    info->ifa_family = family_number(local->address.family);
    info->ifa_prefixlen = (uint8_t)local->prefix_length;
    info->ifa_index = local->interface_index;
    put_address(message, IFA_LOCAL, &local->address);
    put_address(message, IFA_ADDRESS, &local->address);
    if (change != NET_REMOVE)
        mnl_attr_put(message, IFA_CACHEINFO, sizeof(times), &times);
    return message;
}

static uint8_t protocol_number(enum net_route_protocol protocol)
{
    static const uint8_t numbers[] = {
        [NET_ROUTE_BY_OTHER] = RTPROT_UNSPEC,           [NET_ROUTE_BY_KERNEL] = RTPROT_KERNEL,
        [NET_ROUTE_BY_ADMINISTRATOR] = RTPROT_STATIC,   [NET_ROUTE_BY_REDIRECT] = RTPROT_REDIRECT,
        [NET_ROUTE_BY_ADVERTISEMENT] = RTPROT_RA,       [NET_ROUTE_BY_DHCP] = RTPROT_DHCP,
        [NET_ROUTE_BY_RIP] = RTPROT_RIP,                [NET_ROUTE_BY_ISIS] = RTPROT_ISIS,
        [NET_ROUTE_BY_OSPF] = RTPROT_OSPF,              [NET_ROUTE_BY_BGP] = RTPROT_BGP,
        [NET_ROUTE_BY_EIGRP] = RTPROT_EIGRP,
    };

    return numbers[protocol];
}

static struct nlmsghdr *change_route(void *bytes, enum net_change change,
                                     const struct net_route *route)
{
    bool on_link = is_unspecified(&route->next_hop);
    bool remove = change == NET_REMOVE;
    struct nlmsghdr *message;
    struct rtmsg *info;
    void *header;

    message = begin(bytes, remove ? RTM_DELROUTE : RTM_NEWROUTE, change_flags(change), sizeof(*info),
                    &header);
    info = header;
    info->rtm_family = family_number(route->destination.family);
    info->rtm_dst_len = (uint8_t)route->prefix_length;
    info->rtm_table = RT_TABLE_MAIN;
    /* For a removal: whatever protocol and scope it has. */
    info->rtm_protocol = remove ? RTPROT_UNSPEC : protocol_number(route->protocol);
    info->rtm_scope = remove ? RT_SCOPE_NOWHERE : on_link ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
    info->rtm_type = RTN_UNICAST;
    put_address(message, RTA_DST, &route->destination);
    if (!on_link)
        put_address(message, RTA_GATEWAY, &route->next_hop);
    if (route->interface_index)
        mnl_attr_put_u32(message, RTA_OIF, route->interface_index);
    if (route->metric)
        mnl_attr_put_u32(message, RTA_PRIORITY, route->metric);
    return message;
}

static struct nlmsghdr *change_neighbour(void *bytes, enum net_change change,
                                         const struct net_neighbour *neighbour)
{
    struct nlmsghdr *message;
    struct ndmsg *info;
    void *header;

    message = begin(bytes, change == NET_REMOVE ? RTM_DELNEIGH : RTM_NEWNEIGH, change_flags(change),
                    sizeof(*info), &header);
    info = header;
    info->ndm_family = family_number(neighbour->address.family);
    info->ndm_ifindex = (int)neighbour->interface_index;
    info->ndm_state = NUD_PERMANENT;
    info->ndm_flags = neighbour->router ? NTF_ROUTER : 0;
    put_address(message, NDA_DST, &neighbour->address);
    if (change != NET_REMOVE && neighbour->hardware_length)
        mnl_attr_put(message, NDA_LLADDR, neighbour->hardware_length, neighbour->hardware);
    return message;
}

struct nlmsghdr *rtnl_encode_change(void *bytes, enum net_change change,
                                    const struct net_record *record)
{
    switch (record->kind) {
    case NET_RECORD_ADDRESS:
        return change_address(bytes, change, &record->local);
    case NET_RECORD_ROUTE:
        return change_route(bytes, change, &record->route);
    case NET_RECORD_NEIGHBOUR:
        return change_neighbour(bytes, change, &record->neighbour);
    default:
        return NULL;
    }
}
