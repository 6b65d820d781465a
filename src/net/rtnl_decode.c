/* SPDX-License-Identifier: MIT */
/* rtnl_decode.c - from rtnetlink messages to records; see rtnl.h. */
#include "rtnl.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

/* The kernel's clock of address times counts hundredths of a second. */
#define MS_PER_TICK 10u

/*
 * Answers about groups carry the number of the question; later kernels report changes with these.
 */
#ifndef RTM_NEWMULTICAST
#define RTM_NEWMULTICAST 56
#endif
#ifndef RTM_NEWANYCAST
#define RTM_NEWANYCAST 60
#endif

/* --- Attributes ------------------------------------------------------------------------------ */

static uint32_t get_u32(const struct nlattr *attribute)
{
    uint32_t value = 0;

    if (mnl_attr_get_payload_len(attribute) >= sizeof(value))
        memcpy(&value, mnl_attr_get_payload(attribute), sizeof(value));
    return value;
}

/* Copies what there is; a shorter attribute (an older kernel) leaves zeros. */
static void get_bytes(const struct nlattr *attribute, void *to, size_t size)
{
    size_t length = mnl_attr_get_payload_len(attribute);

    memset(to, 0, size);
    memcpy(to, mnl_attr_get_payload(attribute), length < size ? length : size);
}

static void get_text(const struct nlattr *attribute, char *to, size_t size)
{
    get_bytes(attribute, to, size);
    to[size - 1] = '\0';
}

static enum net_family family_of(uint8_t family)
{
    return family == AF_INET ? NET_IPV4 : family == AF_INET6 ? NET_IPV6 : NET_UNSPECIFIED;
}

static void get_address(const struct nlattr *attribute, uint8_t family, struct net_address *to)
{
    memset(to, 0, sizeof(*to));
    to->family = (uint16_t)family_of(family);
    get_bytes(attribute, to->ip, family == AF_INET ? 4 : 16);
}

static bool is_link_local(const struct net_address *address)
{
    const uint8_t *ip = address->ip;

    if (address->family != NET_IPV6)
        return false;
    return (ip[0] == 0xfe && (ip[1] & 0xc0) == 0x80) || (ip[0] == 0xff && (ip[1] & 0x0f) == 2);
}

/* An address of the link means something together with its interface only. */
static void set_scope(struct net_address *address, uint32_t interface_index)
{
    if (is_link_local(address))
        address->scope = interface_index;
}

/* --- Links ----------------------------------------------------------------------------------- */

static enum net_link_type link_type(const struct ifinfomsg *info)
{
    if (info->ifi_flags & IFF_LOOPBACK)
        return NET_LINK_LOOPBACK;
    switch (info->ifi_type) {
    case ARPHRD_ETHER:
        return NET_LINK_ETHERNET;
    case ARPHRD_PPP:
        return NET_LINK_PPP;
    case ARPHRD_TUNNEL:
    case ARPHRD_TUNNEL6:
    case ARPHRD_SIT:
    case ARPHRD_IPGRE:
    case ARPHRD_IP6GRE:
        return NET_LINK_TUNNEL;
    case ARPHRD_NONE:
    case ARPHRD_RAWIP:
        return NET_LINK_VIRTUAL;
    default:
        return NET_LINK_OTHER;
    }
}

static uint32_t link_flags(const struct ifinfomsg *info)
{
    uint32_t flags = 0;

    if (info->ifi_flags & IFF_UP)
        flags |= NET_LINK_ENABLED;
    /* Without the administrator's wish the kernel keeps no account of the carrier. */
    if ((info->ifi_flags & IFF_UP) && (info->ifi_flags & IFF_RUNNING))
        flags |= NET_LINK_CARRIER;
    if (info->ifi_flags & IFF_BROADCAST)
        flags |= NET_LINK_BROADCASTS;
    if (info->ifi_flags & IFF_POINTOPOINT)
        flags |= NET_LINK_POINT_TO_POINT;
    return flags;
}

static void get_counters(const struct nlattr *attribute, struct net_link_counters *counters)
{
    struct rtnl_link_stats64 stats;

    get_bytes(attribute, &stats, sizeof(stats));
    counters->rx_bytes = stats.rx_bytes;
    counters->rx_packets = stats.rx_packets;
    counters->rx_multicast = stats.multicast;
    counters->rx_errors = stats.rx_errors;
    counters->rx_dropped = stats.rx_dropped + stats.rx_missed_errors;
    counters->rx_unknown = stats.rx_nohandler;
    counters->tx_bytes = stats.tx_bytes;
    counters->tx_packets = stats.tx_packets;
    counters->tx_errors = stats.tx_errors;
    counters->tx_dropped = stats.tx_dropped;
}

/* The array of per-interface settings of one family; its names stand in the kernel's headers. */
static uint32_t setting(const struct nlattr *array, unsigned number)
{
    uint32_t value = 0;

    if (mnl_attr_get_payload_len(array) >= (number + 1) * sizeof(value))
        memcpy(&value, (const char *)mnl_attr_get_payload(array) + number * sizeof(value),
               sizeof(value));
    return value;
}

static void get_ipv4(const struct nlattr *nest, struct net_link *link)
{
    const struct nlattr *attribute;

    link->flags |= NET_LINK_IPV4;
    mnl_attr_for_each_nested(attribute, nest) {
        if (mnl_attr_get_type(attribute) == IFLA_INET_CONF)
            link->ipv4.forwarding = setting(attribute, IPV4_DEVCONF_FORWARDING - 1) != 0;
    }
}

static void get_ipv6(const struct nlattr *nest, struct net_link *link)
{
    const struct nlattr *attribute;

    link->flags |= NET_LINK_IPV6;
    mnl_attr_for_each_nested(attribute, nest) {
        struct ifla_cacheinfo times;

        switch (mnl_attr_get_type(attribute)) {
        case IFLA_INET6_CONF:
            link->ipv6.forwarding = setting(attribute, DEVCONF_FORWARDING) != 0;
            link->ipv6.router_discovery = setting(attribute, DEVCONF_ACCEPT_RA) != 0;
            link->ipv6.dad_transmits = setting(attribute, DEVCONF_DAD_TRANSMITS);
            link->ipv6.mtu = setting(attribute, DEVCONF_MTU6);
            if (setting(attribute, DEVCONF_DISABLE_IPV6))
                link->flags &= ~NET_LINK_IPV6;
            break;
        case IFLA_INET6_CACHEINFO:
            get_bytes(attribute, &times, sizeof(times));
            link->ipv6.reachable_ms = times.reachable_time;
            link->ipv6.retransmit_ms = times.retrans_time;
            break;
        }
    }
}

static void get_families(const struct nlattr *nest, struct net_link *link)
{
    const struct nlattr *attribute;

    mnl_attr_for_each_nested(attribute, nest) {
        if (mnl_attr_get_type(attribute) == AF_INET)
            get_ipv4(attribute, link);
        else if (mnl_attr_get_type(attribute) == AF_INET6)
            get_ipv6(attribute, link);
    }
}

static void get_link_attribute(const struct nlattr *attribute, struct net_link *link,
                               bool *software)
{
    uint8_t state;

    switch (mnl_attr_get_type(attribute)) {
    case IFLA_IFNAME:
        get_text(attribute, link->name, sizeof(link->name));
        break;
    case IFLA_MTU:
        link->mtu = get_u32(attribute);
        break;
    case IFLA_LINK:
        link->lower = get_u32(attribute);
        break;
    case IFLA_OPERSTATE:
        get_bytes(attribute, &state, sizeof(state));
        link->state = state;
        break;
    case IFLA_ADDRESS:
        link->address_length = mnl_attr_get_payload_len(attribute);
        if (link->address_length > sizeof(link->address))
            link->address_length = sizeof(link->address);
        get_bytes(attribute, link->address, sizeof(link->address));
        break;
    case IFLA_PERM_ADDRESS:
        get_bytes(attribute, link->permanent_address, sizeof(link->permanent_address));
        break;
    case IFLA_STATS64:
        get_counters(attribute, &link->counters);
        break;
    case IFLA_LINKINFO:
        *software = true;
        break;
    case IFLA_AF_SPEC:
        get_families(attribute, link);
        break;
    }
}

/*
 * The states are numbered as in the kernel. Drivers without one say "unknown" and mean the carrier.
 */
static enum net_link_state known_state(const struct net_link *link)
{
    if (link->state > NET_LINK_STATE_UP)
        return NET_LINK_STATE_UNKNOWN;
    if (link->state != NET_LINK_STATE_UNKNOWN)
        return link->state;
    return link->flags & NET_LINK_CARRIER ? NET_LINK_STATE_UP : NET_LINK_STATE_DOWN;
}

static int decode_link(const struct nlmsghdr *message, struct net_records *out)
{
    const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);
    const struct nlattr *attribute;
    struct net_record *record;
    struct net_link *link;
    bool software = false;

    /* Bridges report their ports in messages of their own family. */
    if (info->ifi_family != AF_UNSPEC)
        return 0;
    record = net_records_append(out);
    if (!record)
        return -ENOMEM;
    record->kind = NET_RECORD_LINK;
    link = &record->link;
    link->index = (uint32_t)info->ifi_index;
    link->type = link_type(info);
    link->flags = link_flags(info);
    mnl_attr_for_each(attribute, message, sizeof(*info))
        get_link_attribute(attribute, link, &software);
    link->state = known_state(link);
    if (!software && link->type != NET_LINK_LOOPBACK)
        link->flags |= NET_LINK_HARDWARE;
    return 0;
}

/* --- Addresses ------------------------------------------------------------------------------- */

static uint32_t address_flags(uint32_t flags)
{
    uint32_t result = 0;

    if (flags & IFA_F_DADFAILED)
        result |= NET_ADDRESS_DUPLICATE;
    else if ((flags & IFA_F_TENTATIVE) && !(flags & IFA_F_OPTIMISTIC))
        result |= NET_ADDRESS_TENTATIVE;
    if (flags & IFA_F_DEPRECATED)
        result |= NET_ADDRESS_DEPRECATED;
    if (flags & IFA_F_TEMPORARY)
        result |= NET_ADDRESS_TEMPORARY;
    return result;
}

static enum net_origin address_origin(const struct net_local *local, uint32_t flags)
{
    if (is_link_local(&local->address))
        return NET_ORIGIN_WELL_KNOWN;
    if (local->address.family == NET_IPV6 && !(flags & IFA_F_PERMANENT))
        return NET_ORIGIN_ROUTER;
    return NET_ORIGIN_MANUAL;
}

static int decode_address(const struct nlmsghdr *message, struct net_records *out)
{
    const struct ifaddrmsg *info = mnl_nlmsg_get_payload(message);
    struct ifa_cacheinfo times = { NET_FOREVER_S, NET_FOREVER_S, 0, 0 };
    const struct nlattr *attribute;
    struct net_record *record;
    uint32_t flags = info->ifa_flags;
    bool local_known = false;

    if (family_of(info->ifa_family) == NET_UNSPECIFIED)
        return 0;
    record = net_records_append(out);
    if (!record)
        return -ENOMEM;
    record->kind = NET_RECORD_ADDRESS;
    record->local.interface_index = info->ifa_index;
    record->local.prefix_length = info->ifa_prefixlen;
    mnl_attr_for_each(attribute, message, sizeof(*info)) {
        unsigned type = mnl_attr_get_type(attribute);

        /* On a link with two ends IFA_ADDRESS is the other end's. */
        if (type == IFA_LOCAL || (type == IFA_ADDRESS && !local_known)) {
            get_address(attribute, info->ifa_family, &record->local.address);
            local_known = type == IFA_LOCAL;
        } else if (type == IFA_FLAGS) {
            flags = get_u32(attribute);
        } else if (type == IFA_CACHEINFO) {
            get_bytes(attribute, &times, sizeof(times));
        }
    }
    set_scope(&record->local.address, info->ifa_index);
    record->local.flags = address_flags(flags);
    record->local.origin = address_origin(&record->local, flags);
    record->local.valid_s = times.ifa_valid;
    record->local.preferred_s = times.ifa_prefered;
    record->local.created_ms = (uint64_t)times.cstamp * MS_PER_TICK;
    return 0;
}

/* --- Routes ---------------------------------------------------------------------------------- */

static enum net_route_protocol route_protocol(uint8_t protocol)
{
    static const struct {
        uint8_t number;
        enum net_route_protocol protocol;
    } known[] = {
        { RTPROT_KERNEL, NET_ROUTE_BY_KERNEL },       { RTPROT_BOOT, NET_ROUTE_BY_ADMINISTRATOR },
        { RTPROT_STATIC, NET_ROUTE_BY_ADMINISTRATOR }, { RTPROT_REDIRECT, NET_ROUTE_BY_REDIRECT },
        { RTPROT_RA, NET_ROUTE_BY_ADVERTISEMENT },    { RTPROT_DHCP, NET_ROUTE_BY_DHCP },
        { RTPROT_RIP, NET_ROUTE_BY_RIP },             { RTPROT_ISIS, NET_ROUTE_BY_ISIS },
        { RTPROT_OSPF, NET_ROUTE_BY_OSPF },           { RTPROT_BGP, NET_ROUTE_BY_BGP },
        { RTPROT_EIGRP, NET_ROUTE_BY_EIGRP },
    };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (known[i].number == protocol)
            return known[i].protocol;
    }
    return NET_ROUTE_BY_OTHER;
}

/* False for what leads nowhere: unreachable, blackhole, prohibit ... */
static bool route_type(uint8_t type, enum net_route_type *result)
{
    switch (type) {
    case RTN_UNICAST:
        *result = NET_ROUTE_UNICAST;
        return true;
    case RTN_LOCAL:
    case RTN_ANYCAST:
        *result = NET_ROUTE_LOCAL;
        return true;
    case RTN_BROADCAST:
        *result = NET_ROUTE_BROADCAST;
        return true;
    case RTN_MULTICAST:
        *result = NET_ROUTE_MULTICAST;
        return true;
    default:
        return false;
    }
}

struct route_parts {
    struct net_route route;
    struct net_address source;
    uint32_t table;
    const struct nlattr *hops;
};

static void get_route_attribute(const struct nlattr *attribute, const struct rtmsg *info,
                                struct route_parts *parts)
{
    struct rta_cacheinfo times;

    switch (mnl_attr_get_type(attribute)) {
    case RTA_DST:
        get_address(attribute, info->rtm_family, &parts->route.destination);
        break;
    case RTA_GATEWAY:
        get_address(attribute, info->rtm_family, &parts->route.next_hop);
        break;
    case RTA_PREFSRC:
        get_address(attribute, info->rtm_family, &parts->source);
        break;
    case RTA_OIF:
        parts->route.interface_index = get_u32(attribute);
        break;
    case RTA_PRIORITY:
        parts->route.metric = get_u32(attribute);
        break;
    case RTA_TABLE:
        parts->table = get_u32(attribute);
        break;
    case RTA_MULTIPATH:
        parts->hops = attribute;
        break;
    case RTA_CACHEINFO:
        get_bytes(attribute, &times, sizeof(times));
        if (times.rta_expires > 0)
            parts->route.valid_s = (uint32_t)times.rta_expires * MS_PER_TICK / 1000;
        break;
    }
}

/* False for a message that is too short for its kind or leads nowhere. */
static bool get_route(const struct nlmsghdr *message, struct route_parts *parts)
{
    const struct rtmsg *info = mnl_nlmsg_get_payload(message);
    struct net_route *route = &parts->route;
    const struct nlattr *attribute;

    memset(parts, 0, sizeof(*parts));
    if (family_of(info->rtm_family) == NET_UNSPECIFIED || !route_type(info->rtm_type, &route->type))
        return false;
    parts->table = info->rtm_table;
    route->destination.family = route->next_hop.family = (uint16_t)family_of(info->rtm_family);
    route->prefix_length = info->rtm_dst_len;
    route->protocol = route_protocol(info->rtm_protocol);
    route->valid_s = NET_FOREVER_S;
    mnl_attr_for_each(attribute, message, sizeof(*info))
        get_route_attribute(attribute, info, parts);
    return true;
}

static int append_route(struct net_records *out, const struct net_route *route)
{
    struct net_record *record = net_records_append(out);

    if (!record)
        return -ENOMEM;
    record->kind = NET_RECORD_ROUTE;
    record->route = *route;
    set_scope(&record->route.next_hop, route->interface_index);
    set_scope(&record->route.destination, route->interface_index);
    return 0;
}

static int append_hop(struct net_records *out, const struct route_parts *parts, uint8_t family,
                      const struct rtnexthop *hop)
{
    struct net_route route = parts->route;
    const struct nlattr *attr; /* the macro's name for it */

    route.interface_index = (uint32_t)hop->rtnh_ifindex;
    mnl_attr_for_each_payload((const void *)(hop + 1), hop->rtnh_len - sizeof(*hop)) {
        if (mnl_attr_get_type(attr) == RTA_GATEWAY)
            get_address(attr, family, &route.next_hop);
    }
    return append_route(out, &route);
}

static int append_hops(struct net_records *out, const struct route_parts *parts, uint8_t family)
{
    const char *at = mnl_attr_get_payload(parts->hops);
    size_t left = mnl_attr_get_payload_len(parts->hops);
    int error = 0;

    while (!error && left >= sizeof(struct rtnexthop)) {
        const struct rtnexthop *hop = (const struct rtnexthop *)(const void *)at;
        size_t step = MNL_ALIGN(hop->rtnh_len);

        if (hop->rtnh_len < sizeof(*hop) || hop->rtnh_len > left)
            break;
        error = append_hop(out, parts, family, hop);
        at += step;
        left -= step < left ? step : left;
    }
    return error;
}

static int decode_route(const struct nlmsghdr *message, struct net_records *out)
{
    const struct rtmsg *info = mnl_nlmsg_get_payload(message);
    struct route_parts parts;

    if ((info->rtm_flags & RTM_F_CLONED) || !get_route(message, &parts))
        return 0;
    if (parts.table != RT_TABLE_MAIN && parts.table != RT_TABLE_LOCAL)
        return 0;
    return parts.hops ? append_hops(out, &parts, info->rtm_family) : append_route(out, &parts.route);
}

int rtnl_decode_found(const struct nlmsghdr *message, struct net_route *route,
                      struct net_address *source)
{
    const struct rtmsg *info = mnl_nlmsg_get_payload(message);
    struct route_parts parts;

    if (message->nlmsg_type != RTM_NEWROUTE || mnl_nlmsg_get_payload_len(message) < sizeof(*info))
        return -EPROTO;
    if (!get_route(message, &parts))
        return info->rtm_type == RTN_PROHIBIT ? -EACCES : -ENETUNREACH;
    *route = parts.route;
    *source = parts.source;
    set_scope(&route->next_hop, route->interface_index);
    set_scope(&route->destination, route->interface_index);
    set_scope(source, route->interface_index);
    return 0;
}

/* --- Neighbours and groups ------------------------------------------------------------------- */

static enum net_neighbour_state neighbour_state(uint16_t state)
{
    if (state & (NUD_PERMANENT | NUD_NOARP))
        return NET_NEIGHBOUR_PERMANENT;
    if (state & NUD_REACHABLE)
        return NET_NEIGHBOUR_REACHABLE;
    if (state & NUD_STALE)
        return NET_NEIGHBOUR_STALE;
    if (state & NUD_DELAY)
        return NET_NEIGHBOUR_DELAY;
    if (state & NUD_PROBE)
        return NET_NEIGHBOUR_PROBE;
    return state & NUD_INCOMPLETE ? NET_NEIGHBOUR_INCOMPLETE : NET_NEIGHBOUR_UNREACHABLE;
}

static int decode_neighbour(const struct nlmsghdr *message, struct net_records *out)
{
    const struct ndmsg *info = mnl_nlmsg_get_payload(message);
    const struct nlattr *attribute;
    struct net_neighbour *neighbour;
    struct net_record *record;

    if (family_of(info->ndm_family) == NET_UNSPECIFIED)
        return 0;
    record = net_records_append(out);
    if (!record)
        return -ENOMEM;
    record->kind = NET_RECORD_NEIGHBOUR;
    neighbour = &record->neighbour;
    neighbour->interface_index = (uint32_t)info->ndm_ifindex;
    neighbour->state = neighbour_state(info->ndm_state);
    neighbour->router = (info->ndm_flags & NTF_ROUTER) != 0;
    mnl_attr_for_each(attribute, message, sizeof(*info)) {
        if (mnl_attr_get_type(attribute) == NDA_DST) {
            get_address(attribute, info->ndm_family, &neighbour->address);
        } else if (mnl_attr_get_type(attribute) == NDA_LLADDR) {
            neighbour->hardware_length = mnl_attr_get_payload_len(attribute);
            if (neighbour->hardware_length > sizeof(neighbour->hardware))
                neighbour->hardware_length = sizeof(neighbour->hardware);
            get_bytes(attribute, neighbour->hardware, sizeof(neighbour->hardware));
        }
    }
    set_scope(&neighbour->address, neighbour->interface_index);
    return 0;
}

static int decode_group(const struct nlmsghdr *message, struct net_records *out,
                        enum net_record_kind kind, unsigned attribute_type)
{
    const struct ifaddrmsg *info = mnl_nlmsg_get_payload(message);
    const struct nlattr *attribute;
    struct net_record *record;

    if (family_of(info->ifa_family) == NET_UNSPECIFIED)
        return 0;
    record = net_records_append(out);
    if (!record)
        return -ENOMEM;
    record->kind = kind;
    record->group.interface_index = info->ifa_index;
    mnl_attr_for_each(attribute, message, sizeof(*info)) {
        if (mnl_attr_get_type(attribute) == attribute_type)
            get_address(attribute, info->ifa_family, &record->group.address);
    }
    set_scope(&record->group.address, info->ifa_index);
    return 0;
}

/* --- Messages -------------------------------------------------------------------------------- */

int rtnl_decode(const struct nlmsghdr *message, struct net_records *out, bool *removed)
{
    size_t length = mnl_nlmsg_get_payload_len(message);

    *removed = false;
    switch (message->nlmsg_type) {
    case RTM_DELLINK:
        *removed = true; /* fall through */
    case RTM_NEWLINK:
        return length < sizeof(struct ifinfomsg) ? 0 : decode_link(message, out);
    case RTM_DELADDR:
        *removed = true; /* fall through */
    case RTM_NEWADDR:
        return length < sizeof(struct ifaddrmsg) ? 0 : decode_address(message, out);
    case RTM_DELROUTE:
        *removed = true; /* fall through */
    case RTM_NEWROUTE:
        return length < sizeof(struct rtmsg) ? 0 : decode_route(message, out);
    case RTM_DELNEIGH:
        *removed = true; /* fall through */
    case RTM_NEWNEIGH:
        return length < sizeof(struct ndmsg) ? 0 : decode_neighbour(message, out);
    case RTM_GETMULTICAST:
    case RTM_NEWMULTICAST:
        return length < sizeof(struct ifaddrmsg)
                   ? 0 : decode_group(message, out, NET_RECORD_MULTICAST, IFA_MULTICAST);
    case RTM_GETANYCAST:
    case RTM_NEWANYCAST:
        return length < sizeof(struct ifaddrmsg)
                   ? 0 : decode_group(message, out, NET_RECORD_ANYCAST, IFA_ANYCAST);
    default:
        return 0;
    }
}
