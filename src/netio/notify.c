/* SPDX-License-Identifier: MIT */
/*
 * notify.c - registrations for changes, and the road into their callbacks: the third road into a
 * driver, beside nt/irp.c and wsk/callback.c.
 *
 * 1. A registration has a watch of the engine. What the watch hears becomes an event in the
 *    registration's queue, on the engine's thread, where no driver may hold things up.
 * 2. A work item empties the queue and calls the driver, at PASSIVE_LEVEL on a thread of the
 *    executive, one call of a registration at a time, in order.
 * 3. CancelMibChangeNotify2 stops the watch, then waits until the work item has ended.
 */
#include "netio.h"

#include <string.h>

enum notified { NOTIFY_INTERFACE, NOTIFY_UNICAST, NOTIFY_ROUTE, NOTIFY_STABLE };

union row {
    MIB_IPINTERFACE_ROW interface;
    MIB_UNICASTIPADDRESS_ROW unicast;
    MIB_IPFORWARD_ROW2 forward;
};

struct event {
    struct event *next;
    MIB_NOTIFICATION_TYPE type; /* MibInitialNotification: without a row */
    union row row;
};

struct notification {
    struct list link;                /* in `registered` */
    struct net_watch watch;
    enum notified what;
    enum net_family family;
    union {
        PIPINTERFACE_CHANGE_CALLBACK interface;
        PUNICAST_IPADDRESS_CHANGE_CALLBACK unicast;
        PIPFORWARD_CHANGE_CALLBACK forward;
        PSTABLE_UNICAST_IPADDRESS_TABLE_CALLBACK stable;
    } callback;
    PVOID context;
    const void *place;
    struct ledger_entry ledger;
    WORK_QUEUE_ITEM item;
    _Atomic uint32_t runner;         /* thread that is in the callback, or 0 */
    _Atomic uint32_t ends;           /* counts ends of the work item; the cancel waits on it */

    struct base_lock lock;           /* guards all that follows */
    struct event *events, **events_end;
    bool queued;                     /* the work item is queued or runs */
    bool cancelled;
    bool lost;                       /* an event found no memory: the driver has to look at all anew */
    bool given;                      /* NOTIFY_STABLE: the table went out */
};

static struct base_lock registered_lock;
static struct list registered = LIST_INITIALISER(registered);

/* --- The road -------------------------------------------------------------------------------- */

static void require_passive(const struct notification *notification)
{
    if (KeGetCurrentIrql() == PASSIVE_LEVEL)
        return;
    nt_bug_check(&(struct nt_bug){
        .code = IRQL_UNEXPECTED_VALUE,
        .sentence = "A change callback returned at another IRQL than PASSIVE_LEVEL.",
        .parameters = { KeGetCurrentIrql(), PASSIVE_LEVEL, (ULONG_PTR)notification->place, 0 },
    });
}

/* Once, when no address is tentative any more; the driver frees the table. */
static void call_stable(struct notification *notification)
{
    PMIB_UNICASTIPADDRESS_TABLE table;
    bool stable;

    if (notification->given ||
        !NT_SUCCESS(netio_unicast_table(netio_family_to(notification->family), &table, &stable,
                                        notification->place)))
        return;
    if (!stable) {
        netio_table_destroy(table);
        return;
    }
    notification->given = true;
    notification->callback.stable(notification->context, table);
}

static void call(struct notification *notification, struct event *event)
{
    bool bare = event->type == MibInitialNotification;
    PVOID context = notification->context;

    trace_count(trace_notification_called);
    atomic_store(&notification->runner, os_thread_id());
    switch (notification->what) {
    case NOTIFY_INTERFACE:
        notification->callback.interface(context, bare ? NULL : &event->row.interface, event->type);
        break;
    case NOTIFY_UNICAST:
        notification->callback.unicast(context, bare ? NULL : &event->row.unicast, event->type);
        break;
    case NOTIFY_ROUTE:
        notification->callback.forward(context, bare ? NULL : &event->row.forward, event->type);
        break;
    case NOTIFY_STABLE:
        call_stable(notification);
        break;
    }
    require_passive(notification);
    atomic_store(&notification->runner, 0);
}

/* --- The queue ------------------------------------------------------------------------------- */

static struct event *pop(struct notification *notification)
{
    struct event *event = notification->cancelled ? NULL : notification->events;

    if (event) {
        notification->events = event->next;
        if (!event->next)
            notification->events_end = &notification->events;
    }
    return event;
}

/* "Look at everything" has no place of its own among the types: it is what the initial one says. */
static bool take_loss(struct notification *notification, struct event *spare)
{
    bool lost = notification->lost && !notification->cancelled;

    notification->lost = false;
    memset(spare, 0, sizeof(*spare));
    spare->type = MibInitialNotification;
    return lost;
}

/* False when there is nothing left; then the registration may be gone at once. */
static bool run_one(struct notification *notification)
{
    struct event *event, spare;
    bool lost;

    base_lock_acquire(&notification->lock);
    event = pop(notification);
    lost = !event && take_loss(notification, &spare);
    if (!event && !lost) {
        notification->queued = false;
        atomic_fetch_add(&notification->ends, 1);
    }
    base_lock_release(&notification->lock);
    if (!event && !lost) {
        os_wake_all(&notification->ends);
        return false;
    }
    call(notification, event ? event : &spare);
    os_free(event);
    return true;
}

static VOID run(PVOID context)
{
    while (run_one(context))
        continue;
}

/* Puts the event, or for want of memory the loss of one, into the queue. */
static void push(struct notification *notification, struct event *event)
{
    bool first;

    base_lock_acquire(&notification->lock);
    if (event) {
        *notification->events_end = event;
        notification->events_end = &event->next;
    } else {
        notification->lost = true;
    }
    first = !notification->queued;
    notification->queued = true;
    base_lock_release(&notification->lock);
    if (first)
        ExQueueWorkItem(&notification->item, DelayedWorkQueue);
}

static struct event *make_event(MIB_NOTIFICATION_TYPE type)
{
    struct event *event = os_allocate_zeroed(sizeof(*event));

    if (event)
        event->type = type;
    else
        trace_count(trace_notification_lost);
    return event;
}

/* --- What the watch hears -------------------------------------------------------------------- */

static MIB_NOTIFICATION_TYPE type_of(bool was, bool now)
{
    return !was ? MibAddInstance : !now ? MibDeleteInstance : MibParameterNotification;
}

static bool runs(const struct net_record *link, enum net_family family)
{
    return link && (link->link.flags & (family == NET_IPV4 ? NET_LINK_IPV4 : NET_LINK_IPV6));
}

/* An interface of Windows is one of the host with one family. */
static void hear_interface(struct notification *notification, enum net_family family,
                           const struct net_record *was, const struct net_record *now)
{
    bool before = runs(was, family), after = runs(now, family);
    const struct net_link *link = &(now ? now : was)->link;
    struct event *event;

    if ((!before && !after) ||
        (notification->family != NET_UNSPECIFIED && notification->family != family))
        return;
    event = make_event(type_of(before, after));
    if (event) {
        event->row.interface.Family = netio_family_to(family);
        event->row.interface.InterfaceIndex = link->index;
        event->row.interface.InterfaceLuid = netio_luid(link);
    }
    push(notification, event);
}

/* The keys alone: the pages say that nothing else in the row means anything. */
static void fill_unicast(const struct net_local *local, MIB_UNICASTIPADDRESS_ROW *row)
{
    netio_address_to(&local->address, &row->Address);
    row->InterfaceIndex = local->interface_index;
    row->InterfaceLuid = netio_luid_of(local->interface_index);
}

static void fill_forward(const struct net_route *route, MIB_IPFORWARD_ROW2 *row)
{
    netio_address_to(&route->destination, &row->DestinationPrefix.Prefix);
    row->DestinationPrefix.PrefixLength = (UINT8)route->prefix_length;
    netio_address_to(&route->next_hop, &row->NextHop);
    row->InterfaceIndex = route->interface_index;
    row->InterfaceLuid = netio_luid_of(route->interface_index);
}

static void hear_record(struct notification *notification, const struct net_record *was,
                        const struct net_record *now)
{
    const struct net_record *record = now ? now : was;
    struct event *event;

    if (notification->family != NET_UNSPECIFIED &&
        notification->family != net_record_family(record))
        return;
    event = make_event(type_of(was != NULL, now != NULL));
    if (event && record->kind == NET_RECORD_ADDRESS)
        fill_unicast(&record->local, &event->row.unicast);
    else if (event)
        fill_forward(&record->route, &event->row.forward);
    push(notification, event);
}

static void changed(struct net_watch *watch, const struct net_record *was,
                    const struct net_record *now)
{
    struct notification *notification = container_of(watch, struct notification, watch);

    if ((now ? now : was)->kind == NET_RECORD_LINK) {
        hear_interface(notification, NET_IPV4, was, now);
        hear_interface(notification, NET_IPV6, was, now);
    } else {
        hear_record(notification, was, now);
    }
}

/* --- Registering ----------------------------------------------------------------------------- */

static uint32_t watched(enum notified what)
{
    return what == NOTIFY_INTERFACE ? NET_WATCH_LINKS
         : what == NOTIFY_ROUTE ? NET_WATCH_ROUTES : NET_WATCH_ADDRESSES;
}

static NTSTATUS create(enum notified what, ADDRESS_FAMILY family, PVOID context, const void *place,
                       struct notification **out)
{
    struct notification *notification;
    enum net_family own;

    if (!netio_family_from(family, &own))
        return STATUS_INVALID_PARAMETER;
    if (hook_fail_allocation(HOOK_POOL, sizeof(*notification), place))
        return STATUS_NO_MEMORY;
    notification = os_allocate_zeroed(sizeof(*notification));
    if (!notification)
        return STATUS_NO_MEMORY;
    notification->what = what;
    notification->family = own;
    notification->context = context;
    notification->place = place;
    notification->events_end = &notification->events;
    notification->watch.kinds = watched(what);
    notification->watch.changed = changed;
    ExInitializeWorkItem(&notification->item, run, notification);
    *out = notification;
    return STATUS_SUCCESS;
}

/* The initial event is in the queue before the watch can put another there. */
static NTSTATUS begin(struct notification *notification, BOOLEAN initial, HANDLE *handle)
{
    int error;

    netio_learn_links();
    if (initial) {
        notification->events = make_event(MibInitialNotification);
        notification->lost = !notification->events;
        if (notification->events)
            notification->events_end = &notification->events->next;
    }
    notification->queued = true;
    error = net_watch_start(&notification->watch);
    if (error) {
        os_free(notification->events);
        os_free(notification);
        return netio_status(error);
    }
    ledger_add(&notification->ledger, LEDGER_NOTIFICATION, notification, notification->place);
    base_lock_acquire(&registered_lock);
    list_push_back(&registered, &notification->link);
    base_lock_release(&registered_lock);
    *handle = notification;
    ExQueueWorkItem(&notification->item, DelayedWorkQueue);
    return STATUS_SUCCESS;
}

NTSTATUS NotifyIpInterfaceChange(ADDRESS_FAMILY family, PIPINTERFACE_CHANGE_CALLBACK callback,
                                 PVOID caller_context, BOOLEAN initial_notification,
                                 HANDLE *notification_handle)
{
    struct notification *notification;
    NTSTATUS status;

    NETIO_PASSIVE();
    if (!callback || !notification_handle)
        return STATUS_INVALID_PARAMETER;
    status = create(NOTIFY_INTERFACE, family, caller_context, NT_CALLER(), &notification);
    if (!NT_SUCCESS(status))
        return status;
    notification->callback.interface = callback;
    return begin(notification, initial_notification, notification_handle);
}

NTSTATUS NotifyUnicastIpAddressChange(ADDRESS_FAMILY family,
                                      PUNICAST_IPADDRESS_CHANGE_CALLBACK callback,
                                      PVOID caller_context, BOOLEAN initial_notification,
                                      HANDLE *notification_handle)
{
    struct notification *notification;
    NTSTATUS status;

    NETIO_PASSIVE();
    if (!callback || !notification_handle)
        return STATUS_INVALID_PARAMETER;
    status = create(NOTIFY_UNICAST, family, caller_context, NT_CALLER(), &notification);
    if (!NT_SUCCESS(status))
        return status;
    notification->callback.unicast = callback;
    return begin(notification, initial_notification, notification_handle);
}

NTSTATUS NotifyRouteChange2(ADDRESS_FAMILY address_family, PIPFORWARD_CHANGE_CALLBACK callback,
                            PVOID caller_context, BOOLEAN initial_notification,
                            HANDLE *notification_handle)
{
    struct notification *notification;
    NTSTATUS status;

    NETIO_PASSIVE();
    if (!callback || !notification_handle)
        return STATUS_INVALID_PARAMETER;
    status = create(NOTIFY_ROUTE, address_family, caller_context, NT_CALLER(), &notification);
    if (!NT_SUCCESS(status))
        return status;
    notification->callback.forward = callback;
    return begin(notification, initial_notification, notification_handle);
}

/*
 * The page says ERROR_IO_PENDING for a table that is not stable yet; in the kernel that is
 * STATUS_PENDING. The first event asks anew, so that a change between the look and the watch
 * counts.
 */
NTSTATUS NotifyStableUnicastIpAddressTable(ADDRESS_FAMILY family,
                                           PMIB_UNICASTIPADDRESS_TABLE *table,
                                           PSTABLE_UNICAST_IPADDRESS_TABLE_CALLBACK caller_callback,
                                           PVOID caller_context, HANDLE *notification_handle)
{
    struct notification *notification;
    NTSTATUS status;
    bool stable;

    NETIO_PASSIVE();
    if (!table || !caller_callback || !notification_handle)
        return STATUS_INVALID_PARAMETER;
    *notification_handle = NULL;
    status = netio_unicast_table(family, table, &stable, NT_CALLER());
    if (!NT_SUCCESS(status) || stable)
        return status;
    netio_table_destroy(*table);
    *table = NULL;
    status = create(NOTIFY_STABLE, family, caller_context, NT_CALLER(), &notification);
    if (!NT_SUCCESS(status))
        return status;
    notification->callback.stable = caller_callback;
    status = begin(notification, TRUE, notification_handle);
    return NT_SUCCESS(status) ? STATUS_PENDING : status;
}

/* --- Cancelling ------------------------------------------------------------------------------ */

/* NULL for what is no registration, or was cancelled. */
static struct notification *take(HANDLE handle)
{
    struct notification *found = NULL;

    base_lock_acquire(&registered_lock);
    list_for_each(link, &registered) {
        if (container_of(link, struct notification, link) == handle)
            found = handle;
    }
    if (found)
        list_remove(&found->link);
    base_lock_release(&registered_lock);
    return found;
}

static void require_other_thread(struct notification *notification)
{
    if (atomic_load(&notification->runner) != os_thread_id())
        return;
    nt_bug_check(&(struct nt_bug){
        .code = DRIVER_VERIFIER_DETECTED_VIOLATION,
        .sentence = "A change callback cancels its own registration, which waits for the callback: "
                    "a deadlock.",
        .parameters = { 0, (ULONG_PTR)notification, (ULONG_PTR)notification->place, 0 },
    });
}

/* What waits in the queue is not told any more. */
static void forbid(struct notification *notification)
{
    base_lock_acquire(&notification->lock);
    notification->cancelled = true;
    base_lock_release(&notification->lock);
}

static void wait_for_end(struct notification *notification)
{
    base_lock_acquire(&notification->lock);
    while (notification->queued) {
        uint32_t seen = atomic_load(&notification->ends);

        base_lock_release(&notification->lock);
        os_wait(&notification->ends, seen, OS_FOREVER);
        base_lock_acquire(&notification->lock);
    }
    base_lock_release(&notification->lock);
}

NTSTATUS CancelMibChangeNotify2(HANDLE notification_handle)
{
    struct notification *notification;
    struct event *event;

    NETIO_PASSIVE();
    notification = notification_handle ? take(notification_handle) : NULL;
    if (!notification)
        return STATUS_INVALID_PARAMETER;
    require_other_thread(notification);
    forbid(notification);
    net_watch_stop(&notification->watch);
    wait_for_end(notification);
    while ((event = notification->events)) {
        notification->events = event->next;
        os_free(event);
    }
    ledger_remove(&notification->ledger);
    os_free(notification);
    return STATUS_SUCCESS;
}
