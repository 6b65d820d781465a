/* SPDX-License-Identifier: MIT */
/* row.c - the engine's records become the rows that drivers know. */
#include "netio.h"

#include <string.h>

/* 100 ns from 1601 to 1970. */
#define EPOCH_1601 116444736000000000ll
#define HNS_PER_MS 10000ll

/* ifdef.h: a speed that nobody knows. */
#define SPEED_UNKNOWN (~0ull)

/* How long the host believes in a path's MTU. */
#define PATH_MTU_TIMEOUT_MS 600000u

/* --- Addresses ------------------------------------------------------------------------------- */

bool netio_family_from(ADDRESS_FAMILY family, enum net_family *result)
{
    *result = family == AF_INET ? NET_IPV4 : family == AF_INET6 ? NET_IPV6 : NET_UNSPECIFIED;
    return family == AF_UNSPEC || *result != NET_UNSPECIFIED;
}

ADDRESS_FAMILY netio_family_to(enum net_family family)
{
    return family == NET_IPV4 ? AF_INET : family == NET_IPV6 ? AF_INET6 : AF_UNSPEC;
}

bool netio_address_from(const SOCKADDR_INET *from, struct net_address *to)
{
    memset(to, 0, sizeof(*to));
    if (from->si_family == AF_INET) {
        to->family = NET_IPV4;
        memcpy(to->ip, &from->Ipv4.sin_addr, 4);
        return true;
    }
    if (from->si_family == AF_INET6) {
        to->family = NET_IPV6;
        memcpy(to->ip, &from->Ipv6.sin6_addr, 16);
        to->scope = from->Ipv6.sin6_scope_id;
        return true;
    }
    return false;
}

void netio_address_to(const struct net_address *from, SOCKADDR_INET *to)
{
    memset(to, 0, sizeof(*to));
    to->si_family = netio_family_to(from->family);
    if (from->family == NET_IPV4) {
        memcpy(&to->Ipv4.sin_addr, from->ip, 4);
    } else if (from->family == NET_IPV6) {
        memcpy(&to->Ipv6.sin6_addr, from->ip, 16);
        to->Ipv6.sin6_scope_id = from->scope;
    }
}

bool netio_same_address(const struct net_address *left, const struct net_address *right)
{
    if (left->family != right->family || memcmp(left->ip, right->ip, sizeof(left->ip)) != 0)
        return false;
    return left->scope == right->scope || left->scope == 0 || right->scope == 0;
}

bool netio_is_multicast(const struct net_address *address)
{
    return address->family == NET_IPV4 ? (address->ip[0] & 0xf0) == 0xe0 : address->ip[0] == 0xff;
}

bool netio_is_unspecified(const struct net_address *address)
{
    static const uint8_t zero[16];

    return memcmp(address->ip, zero, sizeof(zero)) == 0;
}

/* Level and zone of an address: the interface for one of its link, nothing for one of the world. */
static SCOPE_ID scope_of(const struct net_address *address)
{
    SCOPE_ID scope = { 0 };

    scope.Zone = address->scope;
    if (address->scope)
        scope.Level = ScopeLevelLink;
    return scope;
}

/* --- Interfaces ------------------------------------------------------------------------------ */

/* Names of the host are bytes; nobody says in which encoding, so each is a character. */
static void widen(const char *from, WCHAR *to, size_t room)
{
    size_t i = 0;

    for (; from[i] && i + 1 < room; i++)
        to[i] = (unsigned char)from[i];
    to[i] = 0;
}

static IF_OPER_STATUS oper_status(enum net_link_state state)
{
    static const IF_OPER_STATUS states[] = {
        [NET_LINK_STATE_UNKNOWN] = IfOperStatusUnknown,
        [NET_LINK_STATE_NOT_PRESENT] = IfOperStatusNotPresent,
        [NET_LINK_STATE_DOWN] = IfOperStatusDown,
        [NET_LINK_STATE_LOWER_DOWN] = IfOperStatusLowerLayerDown,
        [NET_LINK_STATE_TESTING] = IfOperStatusTesting,
        [NET_LINK_STATE_DORMANT] = IfOperStatusDormant,
        [NET_LINK_STATE_UP] = IfOperStatusUp,
    };

    return states[state];
}

static void media(const struct net_link *link, MIB_IF_ROW2 *row)
{
    row->PhysicalMediumType = NdisPhysicalMediumUnspecified;
    switch (link->type) {
    case NET_LINK_LOOPBACK:
        row->MediaType = NdisMediumLoopback;
        break;
    case NET_LINK_PPP:
        row->MediaType = NdisMediumWan;
        break;
    case NET_LINK_TUNNEL:
        row->MediaType = NdisMediumTunnel;
        row->TunnelType = TUNNEL_TYPE_OTHER;
        break;
    case NET_LINK_VIRTUAL:
        row->MediaType = NdisMediumIP;
        break;
    default:
        row->MediaType = NdisMedium802_3;
        if (link->flags & NET_LINK_HARDWARE)
            row->PhysicalMediumType = NdisPhysicalMedium802_3;
        break;
    }
}

static void statistics_of(const struct net_link_counters *counters, MIB_IF_ROW2 *row)
{
    row->InOctets = row->InUcastOctets = counters->rx_bytes;
    row->InUcastPkts = counters->rx_packets - counters->rx_multicast;
    row->InNUcastPkts = counters->rx_multicast;
    row->InDiscards = counters->rx_dropped;
    row->InErrors = counters->rx_errors;
    row->InUnknownProtos = counters->rx_unknown;
    row->OutOctets = row->OutUcastOctets = counters->tx_bytes;
    row->OutUcastPkts = counters->tx_packets;
    row->OutDiscards = counters->tx_dropped;
    row->OutErrors = counters->tx_errors;
}

static NET_IF_ACCESS_TYPE access_type(const struct net_link *link)
{
    if (link->type == NET_LINK_LOOPBACK)
        return NET_IF_ACCESS_LOOPBACK;
    if (link->flags & NET_LINK_BROADCASTS)
        return NET_IF_ACCESS_BROADCAST;
    return NET_IF_ACCESS_POINT_TO_POINT;
}

static void states_of(const struct net_link *link, MIB_IF_ROW2 *row)
{
    bool carrier = link->flags & NET_LINK_CARRIER;
    bool hardware = link->flags & NET_LINK_HARDWARE;

    row->InterfaceAndOperStatusFlags.HardwareInterface = hardware;
    row->InterfaceAndOperStatusFlags.ConnectorPresent = hardware;
    row->InterfaceAndOperStatusFlags.NotMediaConnected = !carrier;
    row->OperStatus = oper_status(link->state);
    row->AdminStatus = link->flags & NET_LINK_ENABLED ? NET_IF_ADMIN_STATUS_UP
                                                      : NET_IF_ADMIN_STATUS_DOWN;
    row->MediaConnectState = carrier ? MediaConnectStateConnected : MediaConnectStateDisconnected;
}

void netio_row_interface(const struct net_link *link, bool statistics, MIB_IF_ROW2 *row)
{
    memset(row, 0, sizeof(*row));
    row->InterfaceLuid = netio_luid(link);
    row->InterfaceIndex = link->index;
    row->InterfaceGuid = netio_guid(&row->InterfaceLuid);
    widen(link->name, row->Alias, RTL_NUMBER_OF(row->Alias));
    widen(link->name, row->Description, RTL_NUMBER_OF(row->Description));
    row->PhysicalAddressLength = link->type == NET_LINK_LOOPBACK ? 0 : link->address_length;
    memcpy(row->PhysicalAddress, link->address, row->PhysicalAddressLength);
    memcpy(row->PermanentPhysicalAddress, link->permanent_address, row->PhysicalAddressLength);
    row->Mtu = link->mtu;
    row->Type = (IFTYPE)row->InterfaceLuid.Info.IfType;
    media(link, row);
    row->AccessType = access_type(link);
    row->DirectionType = NET_IF_DIRECTION_SENDRECEIVE;
    states_of(link, row);
    row->ConnectionType = NET_IF_CONNECTION_DEDICATED;
    row->TransmitLinkSpeed = row->ReceiveLinkSpeed = SPEED_UNKNOWN;
    if (statistics)
        statistics_of(&link->counters, row);
}

/* Zones below the organisation are the interface's own. */
static void zones(uint32_t index, MIB_IPINTERFACE_ROW *row)
{
    row->ZoneIndices[ScopeLevelInterface] = index;
    row->ZoneIndices[ScopeLevelLink] = index;
}

void netio_row_ip_interface(const struct net_link *link, enum net_family family,
                            MIB_IPINTERFACE_ROW *row)
{
    const struct net_link_family *own = family == NET_IPV6 ? &link->ipv6 : &link->ipv4;
    bool resolves = link->flags & NET_LINK_BROADCASTS && link->type != NET_LINK_LOOPBACK;

    memset(row, 0, sizeof(*row));
    row->Family = netio_family_to(family);
    row->InterfaceLuid = netio_luid(link);
    row->InterfaceIndex = link->index;
    row->MaxReassemblySize = 65535;
    row->ForwardingEnabled = own->forwarding;
    /* The host takes what is for any of its addresses on any of its interfaces. */
    row->WeakHostSend = row->WeakHostReceive = TRUE;
    row->UseNeighborUnreachabilityDetection = resolves;
    row->RouterDiscoveryBehavior = own->router_discovery ? RouterDiscoveryEnabled
                                                         : RouterDiscoveryDisabled;
    row->DadTransmits = own->dad_transmits;
    row->BaseReachableTime = row->ReachableTime = own->reachable_ms;
    row->RetransmitTime = own->retransmit_ms;
    row->PathMtuDiscoveryTimeout = PATH_MTU_TIMEOUT_MS;
    row->LinkLocalAddressBehavior = family == NET_IPV6 ? LinkLocalAlwaysOn : LinkLocalAlwaysOff;
    zones(link->index, row);
    row->SitePrefixLength = family == NET_IPV6 ? 64 : 0;
    row->NlMtu = own->mtu ? own->mtu : link->mtu;
    row->Connected = (link->flags & NET_LINK_CARRIER) != 0;
    row->SupportsNeighborDiscovery = resolves;
    row->SupportsRouterDiscovery = resolves && family == NET_IPV6;
}

/* --- Addresses, routes, neighbours ----------------------------------------------------------- */

static NL_DAD_STATE dad_state(uint32_t flags)
{
    if (flags & NET_ADDRESS_DUPLICATE)
        return IpDadStateDuplicate;
    if (flags & NET_ADDRESS_TENTATIVE)
        return IpDadStateTentative;
    return flags & NET_ADDRESS_DEPRECATED ? IpDadStateDeprecated : IpDadStatePreferred;
}

static void origins(const struct net_local *local, MIB_UNICASTIPADDRESS_ROW *row)
{
    switch (local->origin) {
    case NET_ORIGIN_WELL_KNOWN:
        row->PrefixOrigin = IpPrefixOriginWellKnown;
        row->SuffixOrigin = IpSuffixOriginLinkLayerAddress;
        break;
    case NET_ORIGIN_ROUTER:
        row->PrefixOrigin = IpPrefixOriginRouterAdvertisement;
        row->SuffixOrigin = local->flags & NET_ADDRESS_TEMPORARY ? IpSuffixOriginRandom
                                                                 : IpSuffixOriginLinkLayerAddress;
        break;
    default:
        row->PrefixOrigin = IpPrefixOriginManual;
        row->SuffixOrigin = IpSuffixOriginManual;
        break;
    }
}

static LARGE_INTEGER created(const struct net_local *local)
{
    LARGE_INTEGER time;
    LONGLONG now = (LONGLONG)(os_realtime_ns() / 100) + EPOCH_1601;
    LONGLONG age = (LONGLONG)(os_clock_ns() / 100) - (LONGLONG)local->created_ms * HNS_PER_MS;

    time.QuadPart = now - (age > 0 ? age : 0);
    return time;
}

void netio_row_unicast(const struct net_local *local, MIB_UNICASTIPADDRESS_ROW *row)
{
    memset(row, 0, sizeof(*row));
    netio_address_to(&local->address, &row->Address);
    row->InterfaceIndex = local->interface_index;
    row->InterfaceLuid = netio_luid_of(local->interface_index);
    origins(local, row);
    row->ValidLifetime = local->valid_s;
    row->PreferredLifetime = local->preferred_s;
    row->OnLinkPrefixLength = (UINT8)local->prefix_length;
    row->DadState = dad_state(local->flags);
    row->ScopeId = scope_of(&local->address);
    row->CreationTimeStamp = created(local);
}

void netio_row_multicast(const struct net_group *group, MIB_MULTICASTIPADDRESS_ROW *row)
{
    memset(row, 0, sizeof(*row));
    netio_address_to(&group->address, &row->Address);
    row->InterfaceIndex = group->interface_index;
    row->InterfaceLuid = netio_luid_of(group->interface_index);
    row->ScopeId = scope_of(&group->address);
}

void netio_row_anycast(const struct net_group *group, MIB_ANYCASTIPADDRESS_ROW *row)
{
    memset(row, 0, sizeof(*row));
    netio_address_to(&group->address, &row->Address);
    row->InterfaceIndex = group->interface_index;
    row->InterfaceLuid = netio_luid_of(group->interface_index);
    row->ScopeId = scope_of(&group->address);
}

static NL_ROUTE_PROTOCOL protocol(const struct net_route *route)
{
    static const NL_ROUTE_PROTOCOL protocols[] = {
        [NET_ROUTE_BY_OTHER] = RouteProtocolOther,
        [NET_ROUTE_BY_KERNEL] = RouteProtocolLocal,
        [NET_ROUTE_BY_ADMINISTRATOR] = RouteProtocolNetMgmt,
        [NET_ROUTE_BY_REDIRECT] = RouteProtocolIcmp,
        [NET_ROUTE_BY_ADVERTISEMENT] = RouteProtocolNetMgmt,
        [NET_ROUTE_BY_DHCP] = RouteProtocolNetMgmt,
        [NET_ROUTE_BY_RIP] = RouteProtocolRip,
        [NET_ROUTE_BY_ISIS] = RouteProtocolIsIs,
        [NET_ROUTE_BY_OSPF] = RouteProtocolOspf,
        [NET_ROUTE_BY_BGP] = RouteProtocolBgp,
        [NET_ROUTE_BY_EIGRP] = RouteProtocolEigrp,
    };

    return protocols[route->protocol];
}

static NL_ROUTE_ORIGIN origin(const struct net_route *route)
{
    switch (route->protocol) {
    case NET_ROUTE_BY_KERNEL:
        return NlroWellKnown;
    case NET_ROUTE_BY_ADVERTISEMENT:
        return NlroRouterAdvertisement;
    case NET_ROUTE_BY_DHCP:
        return NlroDHCP;
    default:
        return NlroManual;
    }
}

void netio_row_forward(const struct net_route *route, MIB_IPFORWARD_ROW2 *row)
{
    memset(row, 0, sizeof(*row));
    row->InterfaceIndex = route->interface_index;
    row->InterfaceLuid = netio_luid_of(route->interface_index);
    netio_address_to(&route->destination, &row->DestinationPrefix.Prefix);
    row->DestinationPrefix.PrefixLength = (UINT8)route->prefix_length;
    netio_address_to(&route->next_hop, &row->NextHop);
    row->ValidLifetime = row->PreferredLifetime = route->valid_s;
    row->Metric = route->metric;
    row->Protocol = protocol(route);
    row->Loopback = route->type == NET_ROUTE_LOCAL;
    row->AutoconfigureAddress = route->protocol == NET_ROUTE_BY_ADVERTISEMENT;
    row->Immortal = route->valid_s == NET_FOREVER_S;
    row->Origin = origin(route);
}

void netio_row_neighbour(const struct net_neighbour *neighbour, MIB_IPNET_ROW2 *row)
{
    static const NL_NEIGHBOR_STATE states[] = {
        [NET_NEIGHBOUR_UNREACHABLE] = NlnsUnreachable, [NET_NEIGHBOUR_INCOMPLETE] = NlnsIncomplete,
        [NET_NEIGHBOUR_PROBE] = NlnsProbe,             [NET_NEIGHBOUR_DELAY] = NlnsDelay,
        [NET_NEIGHBOUR_STALE] = NlnsStale,             [NET_NEIGHBOUR_REACHABLE] = NlnsReachable,
        [NET_NEIGHBOUR_PERMANENT] = NlnsPermanent,
    };

    memset(row, 0, sizeof(*row));
    netio_address_to(&neighbour->address, &row->Address);
    row->InterfaceIndex = neighbour->interface_index;
    row->InterfaceLuid = netio_luid_of(neighbour->interface_index);
    memcpy(row->PhysicalAddress, neighbour->hardware, sizeof(neighbour->hardware));
    row->PhysicalAddressLength = neighbour->hardware_length;
    row->State = states[neighbour->state];
    row->IsRouter = neighbour->router;
    row->IsUnreachable = neighbour->state == NET_NEIGHBOUR_UNREACHABLE;
}
