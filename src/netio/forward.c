/* SPDX-License-Identifier: MIT */
/*
 * forward.c - routes.
 *
 * Windows adds the metric of a route to that of its interface; Linux has the route's alone.
 * Interfaces report 0 here, so that the sums of a driver order routes as the host does.
 */
#include "netio.h"

#include <string.h>

static void forward_row(const struct net_record *record, void *row)
{
    netio_row_forward(&record->route, row);
}

NTSTATUS GetIpForwardTable2(ADDRESS_FAMILY family, PMIB_IPFORWARD_TABLE2 *table)
{
    static const struct netio_kind kind = {
        NET_RECORD_ROUTE, offsetof(MIB_IPFORWARD_TABLE2, Table), sizeof(MIB_IPFORWARD_ROW2),
        forward_row,
    };

    NETIO_BELOW_DISPATCH();
    return netio_get_table(&kind, family, (void **)table, NT_CALLER());
}

/* --- Entries --------------------------------------------------------------------------------- */

/* Prefix, next hop and interface are the key; a next hop of no family is none. */
static NTSTATUS key_of(const MIB_IPFORWARD_ROW2 *row, struct net_route *key)
{
    struct net_link link;
    NTSTATUS status;

    memset(key, 0, sizeof(*key));
    if (!row || !netio_address_from(&row->DestinationPrefix.Prefix, &key->destination))
        return STATUS_INVALID_PARAMETER;
    key->prefix_length = row->DestinationPrefix.PrefixLength;
    if (key->prefix_length > (key->destination.family == NET_IPV4 ? 32u : 128u))
        return STATUS_INVALID_PARAMETER;
    if (!netio_address_from(&row->NextHop, &key->next_hop))
        key->next_hop.family = key->destination.family;
    if (key->next_hop.family != key->destination.family)
        return STATUS_INVALID_PARAMETER;
    status = netio_resolve(&row->InterfaceLuid, row->InterfaceIndex, &link);
    if (NT_SUCCESS(status))
        key->interface_index = link.index;
    return status;
}

static bool is_route(const struct net_record *record, const void *what)
{
    const struct net_route *key = what;

    return record->route.interface_index == key->interface_index &&
           record->route.prefix_length == key->prefix_length &&
           netio_same_address(&record->route.destination, &key->destination) &&
           netio_same_address(&record->route.next_hop, &key->next_hop);
}

static NTSTATUS find(const MIB_IPFORWARD_ROW2 *row, struct net_record *found)
{
    struct net_route key;
    NTSTATUS status = key_of(row, &key);

    if (!NT_SUCCESS(status))
        return status;
    return netio_find(NET_RECORD_ROUTE, key.destination.family, is_route, &key, found);
}

NTSTATUS GetIpForwardEntry2(PMIB_IPFORWARD_ROW2 row)
{
    struct net_record found;
    NTSTATUS status;

    NETIO_BELOW_DISPATCH();
    status = find(row, &found);
    if (NT_SUCCESS(status))
        netio_row_forward(&found.route, row);
    return status;
}

/* --- The best route -------------------------------------------------------------------------- */

static NTSTATUS query_of(const NET_LUID *luid, NET_IFINDEX index, const SOCKADDR_INET *source,
                         const SOCKADDR_INET *destination, struct net_route_query *query)
{
    struct net_link link;
    NTSTATUS status;

    memset(query, 0, sizeof(*query));
    if (!netio_address_from(destination, &query->destination))
        return STATUS_INVALID_PARAMETER;
    if (source && source->si_family != AF_UNSPEC &&
        (!netio_address_from(source, &query->source) ||
         query->source.family != query->destination.family))
        return STATUS_INVALID_PARAMETER;
    query->interface_index = query->destination.scope;
    /* The page calls for an interface; Windows takes none as "any", and drivers rely on it. */
    if ((!luid || luid->Value == 0) && index == 0)
        return STATUS_SUCCESS;
    status = netio_resolve(luid, index, &link);
    if (NT_SUCCESS(status))
        query->interface_index = link.index;
    return status;
}

NTSTATUS GetBestRoute2(NET_LUID *interface_luid, NET_IFINDEX interface_index,
                       const SOCKADDR_INET *source_address,
                       const SOCKADDR_INET *destination_address, ULONG address_sort_options,
                       PMIB_IPFORWARD_ROW2 best_route, SOCKADDR_INET *best_source_address)
{
    struct net_route_query query;
    struct net_address source;
    struct net_route route;
    NTSTATUS status;

    NETIO_BELOW_DISPATCH();
    (void)address_sort_options; /* documented as not used */
    if (!destination_address || !best_route || !best_source_address)
        return STATUS_INVALID_PARAMETER;
    status = query_of(interface_luid, interface_index, source_address, destination_address, &query);
    if (NT_SUCCESS(status))
        status = netio_status(net_route_find(&query, &route, &source));
    if (!NT_SUCCESS(status))
        return status;
    netio_row_forward(&route, best_route);
    netio_address_to(query.source.family ? &query.source : &source, best_source_address);
    return STATUS_SUCCESS;
}

/* --- Changes --------------------------------------------------------------------------------- */

void InitializeIpForwardEntry(PMIB_IPFORWARD_ROW2 row)
{
    memset(row, 0, sizeof(*row));
    row->SitePrefixLength = (UCHAR)-1;
    row->ValidLifetime = row->PreferredLifetime = NET_FOREVER_S;
    row->Metric = (ULONG)-1;
    row->Protocol = RouteProtocolNetMgmt;
    row->Loopback = TRUE;
    row->AutoconfigureAddress = TRUE;
    row->Immortal = TRUE;
}

/* Bits behind the prefix have no meaning on Windows, and are an error on the host. */
static void clear_host_bits(struct net_address *address, uint32_t prefix_length)
{
    for (uint32_t i = 0; i < sizeof(address->ip); i++) {
        if (i * 8 >= prefix_length)
            address->ip[i] = 0;
        else if (prefix_length - i * 8 < 8)
            address->ip[i] &= (uint8_t)(0xff << (8 - (prefix_length - i * 8)));
    }
}

static NTSTATUS record_of(const MIB_IPFORWARD_ROW2 *row, struct net_record *record)
{
    NTSTATUS status;

    memset(record, 0, sizeof(*record));
    record->kind = NET_RECORD_ROUTE;
    status = key_of(row, &record->route);
    if (!NT_SUCCESS(status))
        return status;
    clear_host_bits(&record->route.destination, record->route.prefix_length);
    record->route.metric = row->Metric == (ULONG)-1 ? 0 : row->Metric;
    record->route.protocol = NET_ROUTE_BY_ADMINISTRATOR;
    record->route.valid_s = NET_FOREVER_S;
    return STATUS_SUCCESS;
}

NTSTATUS CreateIpForwardEntry2(const MIB_IPFORWARD_ROW2 *row)
{
    struct net_record record, found;
    NTSTATUS status;

    NETIO_BELOW_DISPATCH();
    status = record_of(row, &record);
    if (!NT_SUCCESS(status))
        return status;
    /* On the host two routes that differ in their metric alone are two; on Windows they are one. */
    status = netio_find(NET_RECORD_ROUTE, record.route.destination.family, is_route, &record.route,
                        &found);
    if (status != STATUS_NOT_FOUND)
        return NT_SUCCESS(status) ? STATUS_DUPLICATE_OBJECTID : status;
    return netio_status(net_record_change(NET_CREATE, &record));
}

/* The new metric comes first, so that there is a route all the time. */
NTSTATUS SetIpForwardEntry2(const MIB_IPFORWARD_ROW2 *route)
{
    struct net_record record, found;
    NTSTATUS status;

    NETIO_BELOW_DISPATCH();
    status = record_of(route, &record);
    if (NT_SUCCESS(status))
        status = find(route, &found);
    if (!NT_SUCCESS(status))
        return status;
    if (route->Metric == (ULONG)-1 || record.route.metric == found.route.metric)
        return STATUS_SUCCESS;
    record.route.protocol = found.route.protocol;
    status = netio_status(net_record_change(NET_CREATE, &record));
    return NT_SUCCESS(status) ? netio_status(net_record_change(NET_REMOVE, &found)) : status;
}

NTSTATUS DeleteIpForwardEntry2(const MIB_IPFORWARD_ROW2 *row)
{
    struct net_record found;
    NTSTATUS status;

    NETIO_BELOW_DISPATCH();
    status = find(row, &found);
    return NT_SUCCESS(status) ? netio_status(net_record_change(NET_REMOVE, &found)) : status;
}
