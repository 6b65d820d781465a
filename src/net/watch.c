/* SPDX-License-Identifier: MIT */
/*
 * watch.c - who wants to know of changes to the host's network, and the thread that tells them.
 *
 * The thread keeps what it knows, sorted by key. A message changes it, and the difference is what
 * the watches get; so a message that changes nothing is not reported, and when messages were lost,
 * or the kernel sends none (IPv4 routes that go with their link), a fresh snapshot gives the same
 * differences.
 */
#include "route.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WATCHED_KINDS 3u /* links, addresses, routes: the first of enum net_record_kind */

/* Differences, each two records of the list: before and after; kind NET_RECORD_KINDS: none. */
struct changes {
    struct net_records pairs;
};

struct net_watcher {
    struct net_route_source *source;
    struct os_thread *thread;
    _Atomic uint32_t thread_id;
    _Atomic uint32_t stopping;
    _Atomic uint32_t rounds;        /* counts ends of calls; who stops a watch waits on it */

    struct base_lock lock;          /* guards all that follows */
    struct list watches;
    struct list *next;              /* the watch whose turn comes after the present one */
    struct net_watch *running;
    uint32_t kinds;                 /* what is known: NET_WATCH_* */
    struct net_records known[WATCHED_KINDS];
    bool doubtful[WATCHED_KINDS];   /* a snapshot has to be taken */
    struct changes changes;
};

static struct base_lock life_lock;
static struct net_watcher *current;

/* --- Keys ------------------------------------------------------------------------------------ */

static int compare_numbers(uint64_t left, uint64_t right)
{
    return (left > right) - (left < right);
}

static int compare_addresses(const struct net_address *left, const struct net_address *right)
{
    int order = compare_numbers(left->family, right->family);

    return order ? order : memcmp(left->ip, right->ip, sizeof(left->ip));
}

static int compare_routes(const struct net_route *left, const struct net_route *right)
{
    int order = compare_addresses(&left->destination, &right->destination);

    if (!order)
        order = compare_numbers(left->prefix_length, right->prefix_length);
    if (!order)
        order = compare_numbers(left->interface_index, right->interface_index);
    if (!order)
        order = compare_numbers(left->metric, right->metric);
    if (!order)
        order = compare_numbers(left->type, right->type);
    return order ? order : compare_addresses(&left->next_hop, &right->next_hop);
}

static int compare_keys(const void *left_record, const void *right_record)
{
    const struct net_record *left = left_record, *right = right_record;
    int order;

    switch (left->kind) {
    case NET_RECORD_LINK:
        return compare_numbers(left->link.index, right->link.index);
    case NET_RECORD_ADDRESS:
        order = compare_numbers(left->local.interface_index, right->local.interface_index);
        return order ? order : compare_addresses(&left->local.address, &right->local.address);
    default:
        return compare_routes(&left->route, &right->route);
    }
}

/* Takes away what changes by itself. */
static void steady(struct net_record *record)
{
    if (record->kind == NET_RECORD_LINK)
        memset(&record->link.counters, 0, sizeof(record->link.counters));
    else if (record->kind == NET_RECORD_ROUTE)
        record->route.valid_s = NET_FOREVER_S;
}

static void sort(struct net_records *records)
{
    for (size_t i = 0; i < records->count; i++)
        steady(&records->at[i]);
    if (records->count)
        qsort(records->at, records->count, sizeof(*records->at), compare_keys);
}

/* The first place whose key is not below the record's. */
static size_t place_of(const struct net_records *records, const struct net_record *record)
{
    size_t low = 0, high = records->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (compare_keys(&records->at[middle], record) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* --- Differences, under the lock ------------------------------------------------------------- */

static void put(struct net_record *to, const struct net_record *from)
{
    if (from)
        memcpy(to, from, sizeof(*to));
    else
        to->kind = NET_RECORD_KINDS;
}

static int note(struct changes *changes, const struct net_record *was, const struct net_record *now)
{
    struct net_records *pairs = &changes->pairs;

    if (was && now && memcmp(was, now, sizeof(*was)) == 0)
        return 0;
    if (!net_records_append(pairs))
        return -ENOMEM;
    if (!net_records_append(pairs)) {
        pairs->count--;
        return -ENOMEM;
    }
    put(&pairs->at[pairs->count - 2], was);
    put(&pairs->at[pairs->count - 1], now);
    return 0;
}

/* Notes all differences between two sorted lists. */
static int compare(struct changes *changes, const struct net_records *old,
                   const struct net_records *fresh)
{
    size_t i = 0, j = 0;
    int error = 0;

    while (!error && (i < old->count || j < fresh->count)) {
        const struct net_record *was = i < old->count ? &old->at[i] : NULL;
        const struct net_record *now = j < fresh->count ? &fresh->at[j] : NULL;
        int order = !was ? 1 : !now ? -1 : compare_keys(was, now);

        error = note(changes, order <= 0 ? was : NULL, order >= 0 ? now : NULL);
        i += order <= 0;
        j += order >= 0;
    }
    return error;
}

static int refresh(struct net_watcher *watcher, unsigned kind)
{
    size_t before = watcher->changes.pairs.count;
    struct net_records fresh;
    int error = net_records_get((enum net_record_kind)kind, NET_UNSPECIFIED, &fresh);

    if (error)
        return error;
    sort(&fresh);
    error = compare(&watcher->changes, &watcher->known[kind], &fresh);
    if (error) {
        watcher->changes.pairs.count = before;
        net_records_free(&fresh);
        return error;
    }
    net_records_free(&watcher->known[kind]);
    watcher->known[kind] = fresh;
    watcher->doubtful[kind] = false;
    return 0;
}

/* --- Messages, under the lock ---------------------------------------------------------------- */

static void take_out(struct net_records *known, size_t place)
{
    known->count--;
    memmove(&known->at[place], &known->at[place + 1],
            (known->count - place) * sizeof(*known->at));
}

static bool put_in(struct net_records *known, size_t place, const struct net_record *record)
{
    if (!net_records_append(known))
        return false;
    memmove(&known->at[place + 1], &known->at[place],
            (known->count - 1 - place) * sizeof(*known->at));
    memcpy(&known->at[place], record, sizeof(*record));
    return true;
}

/* False when there is no memory; then the kind is in doubt. */
static bool apply(struct net_watcher *watcher, const struct net_record *record, bool removed)
{
    struct net_records *known = &watcher->known[record->kind];
    size_t place = place_of(known, record);
    bool there = place < known->count && compare_keys(&known->at[place], record) == 0;
    const struct net_record *was = there ? &known->at[place] : NULL;

    if (removed && !there)
        return true;
    if (note(&watcher->changes, was, removed ? NULL : record) != 0)
        return false;
    if (removed)
        take_out(known, place);
    else if (there)
        memcpy(&known->at[place], record, sizeof(*record));
    else if (!put_in(known, place, record)) {
        watcher->changes.pairs.count -= 2;
        return false;
    }
    return true;
}

/* IPv4 routes go without a word when their link goes down or loses the address that they need. */
static bool may_take_routes(const struct net_record *record, bool removed)
{
    if (record->kind == NET_RECORD_LINK)
        return removed || !(record->link.flags & NET_LINK_ENABLED);
    return record->kind == NET_RECORD_ADDRESS && removed;
}

static void take_message(void *context, const struct net_record *record, bool removed)
{
    struct net_watcher *watcher = context;
    struct net_record copy;

    if (record->kind >= WATCHED_KINDS)
        return;
    memcpy(&copy, record, sizeof(copy));
    steady(&copy);
    base_lock_acquire(&watcher->lock);
    if ((watcher->kinds & 1u << record->kind) && !apply(watcher, &copy, removed))
        watcher->doubtful[record->kind] = true;
    if ((watcher->kinds & NET_WATCH_ROUTES) && may_take_routes(record, removed))
        watcher->doubtful[NET_RECORD_ROUTE] = true;
    base_lock_release(&watcher->lock);
}

/* --- The thread ------------------------------------------------------------------------------ */

static void tell(struct net_watcher *watcher, const struct net_record *was,
                 const struct net_record *now)
{
    enum net_record_kind kind = (was ? was : now)->kind;

    base_lock_acquire(&watcher->lock);
    watcher->next = watcher->watches.next;
    while (watcher->next != &watcher->watches) {
        struct net_watch *watch = container_of(watcher->next, struct net_watch, link);

        watcher->next = watcher->next->next;
        if (!(watch->kinds & 1u << kind))
            continue;
        watcher->running = watch;
        base_lock_release(&watcher->lock);
        watch->changed(watch, was, now);
        base_lock_acquire(&watcher->lock);
        watcher->running = NULL;
        atomic_fetch_add(&watcher->rounds, 1);
        os_wake_all(&watcher->rounds);
    }
    base_lock_release(&watcher->lock);
}

/* NULL for the side of a difference that is not there. */
static const struct net_record *side(const struct net_record *record)
{
    return record->kind == NET_RECORD_KINDS ? NULL : record;
}

static void tell_all(struct net_watcher *watcher)
{
    struct changes changes;

    base_lock_acquire(&watcher->lock);
    changes = watcher->changes;
    memset(&watcher->changes, 0, sizeof(watcher->changes));
    base_lock_release(&watcher->lock);
    for (size_t i = 0; i < changes.pairs.count; i += 2)
        tell(watcher, side(&changes.pairs.at[i]), side(&changes.pairs.at[i + 1]));
    net_records_free(&changes.pairs);
}

static void doubt_everything(struct net_watcher *watcher)
{
    base_lock_acquire(&watcher->lock);
    for (unsigned kind = 0; kind < WATCHED_KINDS; kind++)
        watcher->doubtful[kind] = watcher->kinds & 1u << kind;
    base_lock_release(&watcher->lock);
}

static void settle(struct net_watcher *watcher)
{
    base_lock_acquire(&watcher->lock);
    for (unsigned kind = 0; kind < WATCHED_KINDS; kind++) {
        /* What fails now stays in doubt until the next message. */
        if (watcher->doubtful[kind])
            refresh(watcher, kind);
    }
    base_lock_release(&watcher->lock);
}

static void watcher_main(void *argument)
{
    struct net_watcher *watcher = argument;

    atomic_store(&watcher->thread_id, os_thread_id());
    while (!atomic_load(&watcher->stopping)) {
        if (net_route_port->wait(watcher->source, take_message, watcher) != 0)
            doubt_everything(watcher);
        settle(watcher);
        tell_all(watcher);
    }
}

/* --- Life ------------------------------------------------------------------------------------ */

static void watcher_free(struct net_watcher *watcher)
{
    net_route_port->close(watcher->source);
    for (unsigned kind = 0; kind < WATCHED_KINDS; kind++)
        net_records_free(&watcher->known[kind]);
    net_records_free(&watcher->changes.pairs);
    os_free(watcher);
}

static int watcher_create(struct net_watcher **out)
{
    struct net_watcher *watcher = os_allocate_zeroed(sizeof(*watcher));
    int error;

    if (!watcher)
        return -ENOMEM;
    list_init(&watcher->watches);
    watcher->next = &watcher->watches;
    error = net_route_port->open(&watcher->source);
    if (error) {
        os_free(watcher);
        return error;
    }
    *out = watcher;
    return 0;
}

/* Learns what there is of kinds that nobody asked for so far. The new watch does not hear of it. */
static int learn(struct net_watcher *watcher, uint32_t kinds)
{
    int error = 0;

    for (unsigned kind = 0; !error && kind < WATCHED_KINDS; kind++) {
        if (!(kinds & ~watcher->kinds & 1u << kind))
            continue;
        error = net_records_get((enum net_record_kind)kind, NET_UNSPECIFIED, &watcher->known[kind]);
        if (error)
            break;
        sort(&watcher->known[kind]);
        watcher->kinds |= 1u << kind;
    }
    return error;
}

static int join(struct net_watcher *watcher, struct net_watch *watch)
{
    int error;

    base_lock_acquire(&watcher->lock);
    error = learn(watcher, watch->kinds);
    if (!error) {
        watch->watcher = watcher;
        list_push_back(&watcher->watches, &watch->link);
    }
    base_lock_release(&watcher->lock);
    return error;
}

/* The thread starts after the first watch has joined, so that a failure has nothing to stop. */
static int start_first(struct net_watch *watch)
{
    struct net_watcher *watcher;
    int error = watcher_create(&watcher);

    if (error)
        return error;
    error = join(watcher, watch);
    if (!error)
        error = os_thread_start(&watcher->thread, "net-watch", watcher_main, watcher);
    if (error)
        watcher_free(watcher);
    else
        current = watcher;
    return error;
}

int net_watch_start(struct net_watch *watch)
{
    int error;

    base_lock_acquire(&life_lock);
    error = current ? join(current, watch) : start_first(watch);
    base_lock_release(&life_lock);
    return error;
}

static void leave(struct net_watcher *watcher, struct net_watch *watch)
{
    base_lock_acquire(&watcher->lock);
    if (watcher->next == &watch->link)
        watcher->next = watch->link.next;
    list_remove(&watch->link);
    while (watcher->running == watch) {
        uint32_t seen = atomic_load(&watcher->rounds);

        base_lock_release(&watcher->lock);
        os_wait(&watcher->rounds, seen, OS_FOREVER);
        base_lock_acquire(&watcher->lock);
    }
    base_lock_release(&watcher->lock);
}

/*
 * Whether the caller is the one who has to end the watcher. On its own thread nobody has to: the
 * watch whose call this is either still watches, or whoever stops it is waiting, and ends it.
 */
static bool take_last(struct net_watcher *watcher)
{
    bool last = false;

    base_lock_acquire(&life_lock);
    if (watcher == current) {
        base_lock_acquire(&watcher->lock);
        last = list_empty(&watcher->watches) &&
               atomic_load(&watcher->thread_id) != os_thread_id();
        base_lock_release(&watcher->lock);
    }
    if (last)
        current = NULL;
    base_lock_release(&life_lock);
    return last;
}

void net_watch_stop(struct net_watch *watch)
{
    struct net_watcher *watcher = watch->watcher;

    leave(watcher, watch);
    if (!take_last(watcher))
        return;
    atomic_store(&watcher->stopping, 1);
    net_route_port->wake(watcher->source);
    os_thread_join(watcher->thread);
    watcher_free(watcher);
}
