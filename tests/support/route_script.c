/* SPDX-License-Identifier: MIT */
/* route_script.c - see route_script.h. */
#include "route_script.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct net_route_source {
    struct net_records messages;  /* kind NET_RECORD_KINDS: messages were lost */
    bool removed[4096];
};

static struct {
    struct base_lock lock;
    _Atomic uint32_t bell;        /* counts messages and wakes */
    struct net_records records;
    struct net_route_source *source;
    unsigned open;
    int error, refusal;
    bool found;
    struct net_route route;
    struct net_address address;
    struct net_route_query query;
    struct net_record changed;
    enum net_change change;
} host;

/* --- What there is --------------------------------------------------------------------------- */

static bool same_address(const struct net_address *left, const struct net_address *right)
{
    return left->family == right->family && memcmp(left->ip, right->ip, sizeof(left->ip)) == 0;
}

static bool same_route(const struct net_route *left, const struct net_route *right)
{
    return same_address(&left->destination, &right->destination) &&
           left->prefix_length == right->prefix_length &&
           left->interface_index == right->interface_index && left->metric == right->metric &&
           same_address(&left->next_hop, &right->next_hop);
}

static bool same_key(const struct net_record *left, const struct net_record *right)
{
    if (left->kind != right->kind)
        return false;
    switch (left->kind) {
    case NET_RECORD_LINK:
        return left->link.index == right->link.index;
    case NET_RECORD_ADDRESS:
        return left->local.interface_index == right->local.interface_index &&
               same_address(&left->local.address, &right->local.address);
    case NET_RECORD_ROUTE:
        return same_route(&left->route, &right->route);
    case NET_RECORD_NEIGHBOUR:
        return left->neighbour.interface_index == right->neighbour.interface_index &&
               same_address(&left->neighbour.address, &right->neighbour.address);
    default:
        return left->group.interface_index == right->group.interface_index &&
               same_address(&left->group.address, &right->group.address);
    }
}

static struct net_record *find_record(const struct net_record *record)
{
    for (size_t i = 0; i < host.records.count; i++) {
        if (same_key(&host.records.at[i], record))
            return &host.records.at[i];
    }
    return NULL;
}

static void set(const struct net_record *record)
{
    struct net_record *at = find_record(record);

    if (!at)
        at = net_records_append(&host.records);
    memcpy(at, record, sizeof(*at));
}

static void take_out(const struct net_record *record)
{
    struct net_record *at = find_record(record);

    if (at)
        memcpy(at, &host.records.at[--host.records.count], sizeof(*at));
}

static void say(const struct net_record *record, bool removed)
{
    struct net_record *message;

    if (!host.source)
        return;
    BASE_REQUIRE(host.source->messages.count < 4096);
    host.source->removed[host.source->messages.count] = removed;
    message = net_records_append(&host.source->messages);
    memcpy(message, record, sizeof(*message));
    atomic_fetch_add(&host.bell, 1);
    os_wake_all(&host.bell);
}

void route_script_set_quietly(const struct net_record *record)
{
    base_lock_acquire(&host.lock);
    set(record);
    base_lock_release(&host.lock);
}

void route_script_remove_quietly(const struct net_record *record)
{
    base_lock_acquire(&host.lock);
    take_out(record);
    base_lock_release(&host.lock);
}

void route_script_set(const struct net_record *record)
{
    base_lock_acquire(&host.lock);
    set(record);
    say(record, false);
    base_lock_release(&host.lock);
}

void route_script_remove(const struct net_record *record)
{
    base_lock_acquire(&host.lock);
    take_out(record);
    say(record, true);
    base_lock_release(&host.lock);
}

void route_script_lose(void)
{
    const struct net_record lost = { .kind = NET_RECORD_KINDS };

    base_lock_acquire(&host.lock);
    say(&lost, false);
    base_lock_release(&host.lock);
}

/* --- The seam -------------------------------------------------------------------------------- */

static int script_dump(enum net_record_kind kind, enum net_family family, struct net_records *out)
{
    int error;

    base_lock_acquire(&host.lock);
    error = host.error;
    for (size_t i = 0; !error && i < host.records.count; i++) {
        const struct net_record *record = &host.records.at[i];

        if (record->kind == kind && net_record_family(record) == family)
            memcpy(net_records_append(out), record, sizeof(*record));
    }
    base_lock_release(&host.lock);
    return error;
}

static int script_link(uint32_t index, struct net_link *link)
{
    struct net_record wanted = { .kind = NET_RECORD_LINK, .link.index = index };
    const struct net_record *record;
    int error;

    base_lock_acquire(&host.lock);
    record = find_record(&wanted);
    error = host.error ? host.error : record ? 0 : -ENODEV;
    if (!error)
        *link = record->link;
    base_lock_release(&host.lock);
    return error;
}

static int script_find(const struct net_route_query *query, struct net_route *route,
                       struct net_address *source)
{
    int error;

    base_lock_acquire(&host.lock);
    host.query = *query;
    error = host.error ? host.error : host.found ? 0 : -ENETUNREACH;
    if (!error) {
        *route = host.route;
        *source = host.address;
    }
    base_lock_release(&host.lock);
    return error;
}

static int script_change(enum net_change change, const struct net_record *record)
{
    int error;

    base_lock_acquire(&host.lock);
    host.change = change;
    memcpy(&host.changed, record, sizeof(host.changed));
    error = host.refusal;
    base_lock_release(&host.lock);
    return error;
}

static int script_open(struct net_route_source **out)
{
    int error;

    base_lock_acquire(&host.lock);
    error = host.error;
    if (!error) {
        *out = host.source = os_allocate_zeroed(sizeof(*host.source));
        host.open++;
    }
    base_lock_release(&host.lock);
    return error;
}

static int script_wait(struct net_route_source *source, net_route_event_fn *event, void *context)
{
    struct net_route_source taken;
    uint32_t seen;
    int error = 0;

    base_lock_acquire(&host.lock);
    seen = atomic_load(&host.bell);
    if (source->messages.count == 0) {
        base_lock_release(&host.lock);
        os_wait(&host.bell, seen, OS_FOREVER);
        base_lock_acquire(&host.lock);
    }
    memcpy(&taken, source, sizeof(taken));
    memset(&source->messages, 0, sizeof(source->messages));
    base_lock_release(&host.lock);
    for (size_t i = 0; i < taken.messages.count; i++) {
        if (taken.messages.at[i].kind == NET_RECORD_KINDS)
            error = -ENOBUFS;
        else
            event(context, &taken.messages.at[i], taken.removed[i]);
    }
    net_records_free(&taken.messages);
    return error;
}

static void script_wake(struct net_route_source *source)
{
    const struct net_record nothing = { .kind = NET_RECORD_NEIGHBOUR };

    (void)source;
    base_lock_acquire(&host.lock);
    say(&nothing, false);
    base_lock_release(&host.lock);
}

static void script_close(struct net_route_source *source)
{
    base_lock_acquire(&host.lock);
    host.open--;
    if (host.source == source)
        host.source = NULL;
    base_lock_release(&host.lock);
    net_records_free(&source->messages);
    os_free(source);
}

static const struct net_route_port script_port = {
    .dump = script_dump,
    .link = script_link,
    .find = script_find,
    .change = script_change,
    .open = script_open,
    .wait = script_wait,
    .wake = script_wake,
    .close = script_close,
};

void route_script_begin(void)
{
    net_route_port = &script_port;
}

void route_script_end(void)
{
    BASE_REQUIRE(host.open == 0);
    net_route_port = &net_route_rtnetlink;
    net_records_free(&host.records);
    memset(&host, 0, sizeof(host));
}

/* --- Answers --------------------------------------------------------------------------------- */

void route_script_fail(int error)
{
    base_lock_acquire(&host.lock);
    host.error = error;
    base_lock_release(&host.lock);
}

void route_script_refuse(int error)
{
    base_lock_acquire(&host.lock);
    host.refusal = error;
    base_lock_release(&host.lock);
}

void route_script_found(const struct net_route *route, const struct net_address *source)
{
    base_lock_acquire(&host.lock);
    host.found = true;
    host.route = *route;
    host.address = *source;
    base_lock_release(&host.lock);
}

struct net_route_query route_script_query(void)
{
    struct net_route_query query;

    base_lock_acquire(&host.lock);
    query = host.query;
    base_lock_release(&host.lock);
    return query;
}

struct net_record route_script_changed(enum net_change *change)
{
    struct net_record record;

    base_lock_acquire(&host.lock);
    *change = host.change;
    record = host.changed;
    base_lock_release(&host.lock);
    return record;
}

unsigned route_script_open(void)
{
    unsigned open;

    base_lock_acquire(&host.lock);
    open = host.open;
    base_lock_release(&host.lock);
    return open;
}

/* --- Records --------------------------------------------------------------------------------- */

struct net_record route_script_link(uint32_t index, const char *name, enum net_link_type type)
{
    struct net_record record;

    memset(&record, 0, sizeof(record));
    record.kind = NET_RECORD_LINK;
    record.link.index = index;
    record.link.type = type;
    record.link.state = NET_LINK_STATE_UP;
    record.link.mtu = 1500;
    record.link.flags = NET_LINK_ENABLED | NET_LINK_CARRIER | NET_LINK_IPV4 | NET_LINK_IPV6;
    snprintf(record.link.name, sizeof(record.link.name), "%s", name);
    return record;
}

static struct net_address address_of(enum net_family family, const uint8_t *ip)
{
    struct net_address address;

    memset(&address, 0, sizeof(address));
    address.family = (uint16_t)family;
    memcpy(address.ip, ip, family == NET_IPV4 ? 4 : 16);
    return address;
}

struct net_record route_script_address(uint32_t index, enum net_family family, const uint8_t *ip,
                                       uint32_t prefix_length)
{
    struct net_record record;

    memset(&record, 0, sizeof(record));
    record.kind = NET_RECORD_ADDRESS;
    record.local.interface_index = index;
    record.local.address = address_of(family, ip);
    record.local.prefix_length = prefix_length;
    record.local.origin = NET_ORIGIN_MANUAL;
    record.local.valid_s = record.local.preferred_s = NET_FOREVER_S;
    return record;
}

struct net_record route_script_route(uint32_t index, enum net_family family, const uint8_t *to,
                                     uint32_t prefix_length)
{
    struct net_record record;

    memset(&record, 0, sizeof(record));
    record.kind = NET_RECORD_ROUTE;
    record.route.interface_index = index;
    record.route.destination = address_of(family, to);
    record.route.prefix_length = prefix_length;
    record.route.next_hop.family = (uint16_t)family;
    record.route.protocol = NET_ROUTE_BY_ADMINISTRATOR;
    record.route.valid_s = NET_FOREVER_S;
    return record;
}
