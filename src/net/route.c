/* SPDX-License-Identifier: MIT */
/* route.c - records of the host's network, and the way to the back end; see route.h. */
#include "route.h"

#include <errno.h>
#include <string.h>

const struct net_route_port *net_route_port = &net_route_rtnetlink;

/* --- Records --------------------------------------------------------------------------------- */

static bool grow(struct net_records *records)
{
    size_t room = records->room ? 2 * records->room : 32;
    struct net_record *at = os_allocate(room * sizeof(*at));

    if (!at)
        return false;
    if (records->count)
        memcpy(at, records->at, records->count * sizeof(*at));
    os_free(records->at);
    records->at = at;
    records->room = room;
    return true;
}

struct net_record *net_records_append(struct net_records *records)
{
    struct net_record *record;

    if (records->count == records->room && !grow(records))
        return NULL;
    record = &records->at[records->count++];
    memset(record, 0, sizeof(*record));
    return record;
}

void net_records_free(struct net_records *records)
{
    os_free(records->at);
    memset(records, 0, sizeof(*records));
}

enum net_family net_record_family(const struct net_record *record)
{
    switch (record->kind) {
    case NET_RECORD_ADDRESS:
        return record->local.address.family;
    case NET_RECORD_ROUTE:
        return record->route.destination.family;
    case NET_RECORD_NEIGHBOUR:
        return record->neighbour.address.family;
    case NET_RECORD_MULTICAST:
    case NET_RECORD_ANYCAST:
        return record->group.address.family;
    default:
        return NET_UNSPECIFIED;
    }
}

/* --- Questions and changes ------------------------------------------------------------------- */

int net_records_get(enum net_record_kind kind, enum net_family family, struct net_records *out)
{
    int error = 0;

    memset(out, 0, sizeof(*out));
    if (kind == NET_RECORD_LINK) {
        error = net_route_port->dump(kind, NET_UNSPECIFIED, out);
    } else {
        if (family != NET_IPV6)
            error = net_route_port->dump(kind, NET_IPV4, out);
        if (!error && family != NET_IPV4)
            error = net_route_port->dump(kind, NET_IPV6, out);
    }
    if (error)
        net_records_free(out);
    return error;
}

int net_link_get(uint32_t index, struct net_link *link)
{
    return net_route_port->link(index, link);
}

int net_route_find(const struct net_route_query *query, struct net_route *route,
                   struct net_address *source)
{
    return net_route_port->find(query, route, source);
}

int net_record_change(enum net_change change, const struct net_record *record)
{
    return net_route_port->change(change, record);
}
