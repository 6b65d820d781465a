/* SPDX-License-Identifier: MIT */
/* Registrations for changes, their callbacks and their end. */
#include "netio_test.h"

#define HEARD_MAX 128u
#define WAIT_NS (60 * OS_NS_PER_S)

struct heard {
    bool bare;
    MIB_NOTIFICATION_TYPE type;
    ADDRESS_FAMILY family;
    NET_IFINDEX index;
    NET_LUID luid;
};

struct listener {
    HANDLE handle;
    struct base_lock lock;
    _Atomic uint32_t count;
    _Atomic uint32_t wrong_irql;
    struct heard heard[HEARD_MAX];
    _Atomic uint32_t hold, entered;  /* the callback waits while `hold` is 1 */
};

static void hear(struct listener *listener, const struct heard *heard)
{
    uint32_t number = atomic_load(&listener->count);

    if (KeGetCurrentIrql() != PASSIVE_LEVEL)
        atomic_store(&listener->wrong_irql, 1);
    atomic_store(&listener->entered, 1);
    os_wake_all(&listener->entered);
    while (atomic_load(&listener->hold))
        os_wait(&listener->hold, 1, OS_FOREVER);
    base_lock_acquire(&listener->lock);
    if (number < HEARD_MAX)
        listener->heard[number] = *heard;
    base_lock_release(&listener->lock);
    atomic_store(&listener->count, number + 1);
    os_wake_all(&listener->count);
}

static VOID NTAPI on_interface(PVOID context, PMIB_IPINTERFACE_ROW row, MIB_NOTIFICATION_TYPE type)
{
    struct heard heard = { .bare = !row, .type = type };

    if (row) {
        heard.family = row->Family;
        heard.index = row->InterfaceIndex;
        heard.luid = row->InterfaceLuid;
    }
    hear(context, &heard);
}

static VOID NTAPI on_unicast(PVOID context, PMIB_UNICASTIPADDRESS_ROW row,
                             MIB_NOTIFICATION_TYPE type)
{
    struct heard heard = { .bare = !row, .type = type };

    if (row) {
        heard.family = row->Address.si_family;
        heard.index = row->InterfaceIndex;
        heard.luid = row->InterfaceLuid;
    }
    hear(context, &heard);
}

static VOID NTAPI on_forward(PVOID context, PMIB_IPFORWARD_ROW2 row, MIB_NOTIFICATION_TYPE type)
{
    struct heard heard = { .bare = !row, .type = type };

    if (row) {
        heard.family = row->DestinationPrefix.Prefix.si_family;
        heard.index = row->InterfaceIndex;
        heard.luid = row->InterfaceLuid;
    }
    hear(context, &heard);
}

static struct heard await(struct listener *listener, uint32_t number)
{
    uint64_t deadline = os_clock_ns() + WAIT_NS;
    struct heard heard;
    uint32_t count;

    while ((count = atomic_load(&listener->count)) <= number) {
        if (!os_wait(&listener->count, count, deadline))
            fail_msg("nothing was heard");
    }
    base_lock_acquire(&listener->lock);
    heard = listener->heard[number];
    base_lock_release(&listener->lock);
    return heard;
}

static void cancel(struct listener *listener)
{
    assert_int_equal(CancelMibChangeNotify2(listener->handle), STATUS_SUCCESS);
    assert_int_equal(atomic_load(&listener->wrong_irql), 0);
}

static void listen_unicast(struct listener *listener, ADDRESS_FAMILY family, BOOLEAN initial)
{
    memset(listener, 0, sizeof(*listener));
    assert_int_equal(NotifyUnicastIpAddressChange(family, on_unicast, listener, initial,
                                                  &listener->handle), STATUS_SUCCESS);
    assert_non_null(listener->handle);
}

static const uint8_t ip_9[] = { 192, 0, 2, 9 };
static const uint8_t ip6_9[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 9 };

/* --- What is told ---------------------------------------------------------------------------- */

static void test_addresses(void **state)
{
    struct net_record record = route_script_address(NETIO_ETHERNET, NET_IPV4, ip_9, 24);
    struct listener listener;
    struct heard heard;

    (void)state;
    listen_unicast(&listener, AF_UNSPEC, FALSE);
    route_script_set(&record);
    heard = await(&listener, 0);
    assert_int_equal(heard.type, MibAddInstance);
    assert_int_equal(heard.family, AF_INET);
    assert_int_equal(heard.index, NETIO_ETHERNET);
    assert_true(heard.luid.Value == ethernet_luid().Value);
    record.local.flags = NET_ADDRESS_DEPRECATED;
    route_script_set(&record);
    assert_int_equal(await(&listener, 1).type, MibParameterNotification);
    route_script_remove(&record);
    heard = await(&listener, 2);
    assert_int_equal(heard.type, MibDeleteInstance);
    assert_true(heard.luid.Value == ethernet_luid().Value);
    cancel(&listener);
}

/* The first call has no row, and nothing comes before it. */
static void test_initial(void **state)
{
    struct net_record record = route_script_address(NETIO_ETHERNET, NET_IPV4, ip_9, 24);
    struct listener listener;
    struct heard heard;

    (void)state;
    listen_unicast(&listener, AF_INET, TRUE);
    route_script_set(&record);
    heard = await(&listener, 0);
    assert_true(heard.bare);
    assert_int_equal(heard.type, MibInitialNotification);
    heard = await(&listener, 1);
    assert_false(heard.bare);
    assert_int_equal(heard.type, MibAddInstance);
    cancel(&listener);
}

static void test_only_the_family(void **state)
{
    struct net_record four = route_script_address(NETIO_ETHERNET, NET_IPV4, ip_9, 24);
    struct net_record six = route_script_address(NETIO_ETHERNET, NET_IPV6, ip6_9, 64);
    struct listener listener;

    (void)state;
    listen_unicast(&listener, AF_INET6, FALSE);
    route_script_set(&four);
    route_script_set(&six);
    assert_int_equal(await(&listener, 0).family, AF_INET6);
    cancel(&listener);
    assert_int_equal(atomic_load(&listener.count), 1);
}

/* One interface of the host is one of Windows for each family that runs on it. */
static void test_interfaces(void **state)
{
    struct net_record link = route_script_link(9, "new", NET_LINK_VIRTUAL);
    struct listener listener;
    struct heard heard;

    (void)state;
    memset(&listener, 0, sizeof(listener));
    assert_int_equal(NotifyIpInterfaceChange(AF_UNSPEC, on_interface, &listener, FALSE,
                                             &listener.handle), STATUS_SUCCESS);
    link.link.flags &= ~NET_LINK_IPV6;
    route_script_set(&link);
    heard = await(&listener, 0);
    assert_int_equal(heard.type, MibAddInstance);
    assert_int_equal(heard.family, AF_INET);
    assert_int_equal(heard.luid.Info.IfType, IF_TYPE_PROP_VIRTUAL);
    link.link.flags |= NET_LINK_IPV6;
    route_script_set(&link);
    assert_int_equal(await(&listener, 1).type, MibParameterNotification);
    heard = await(&listener, 2);
    assert_int_equal(heard.type, MibAddInstance);
    assert_int_equal(heard.family, AF_INET6);
    route_script_remove(&link);
    assert_int_equal(await(&listener, 3).type, MibDeleteInstance);
    heard = await(&listener, 4);
    assert_int_equal(heard.type, MibDeleteInstance);
    assert_int_equal(heard.index, 9);
    cancel(&listener);
}

static void test_routes(void **state)
{
    struct net_record route = route_script_route(NETIO_ETHERNET, NET_IPV4, ip_9, 32);
    struct listener listener;

    (void)state;
    memset(&listener, 0, sizeof(listener));
    assert_int_equal(NotifyRouteChange2(AF_INET, on_forward, &listener, FALSE, &listener.handle),
                     STATUS_SUCCESS);
    route_script_set(&route);
    assert_int_equal(await(&listener, 0).type, MibAddInstance);
    route_script_remove(&route);
    assert_int_equal(await(&listener, 1).type, MibDeleteInstance);
    cancel(&listener);
}

/* The interface is gone, and the type with it; the LUID of what went with it is still right. */
static void test_luid_of_what_is_gone(void **state)
{
    struct net_record link = route_script_link(NETIO_ETHERNET, "eth0", NET_LINK_ETHERNET);
    struct net_record record = route_script_address(NETIO_ETHERNET, NET_IPV4, netio_ethernet4, 24);
    struct listener listener;

    (void)state;
    listen_unicast(&listener, AF_INET, FALSE);
    route_script_remove_quietly(&link);
    route_script_remove(&record);
    assert_true(await(&listener, 0).luid.Value == ethernet_luid().Value);
    cancel(&listener);
}

static void test_in_order(void **state)
{
    struct listener listener;

    (void)state;
    listen_unicast(&listener, AF_INET, FALSE);
    for (unsigned i = 0; i < 50; i++) {
        struct net_record record = route_script_address(NETIO_ETHERNET, NET_IPV4, ip_9, 24);

        route_script_set(&record);
        route_script_remove(&record);
    }
    for (unsigned i = 0; i < 100; i++)
        assert_int_equal(await(&listener, i).type, i % 2 ? MibDeleteInstance : MibAddInstance);
    cancel(&listener);
}

/* --- The end --------------------------------------------------------------------------------- */

static struct listener held;
static _Atomic uint32_t cancelled_at;

static void cancel_held(void *argument)
{
    (void)argument;
    CancelMibChangeNotify2(held.handle);
    atomic_store(&cancelled_at, 1 + atomic_load(&held.count));
}

/* The cancel returns after the callback that runs, and the changes that wait are not told. */
static void test_cancel_waits(void **state)
{
    struct net_record record = route_script_address(NETIO_ETHERNET, NET_IPV4, ip_9, 24);
    struct net_record other = route_script_address(NETIO_ETHERNET, NET_IPV6, ip6_9, 64);
    struct os_thread *thread;

    (void)state;
    listen_unicast(&held, AF_UNSPEC, FALSE);
    atomic_store(&held.hold, 1);
    route_script_set(&record);
    while (!atomic_load(&held.entered))
        os_wait(&held.entered, 0, OS_FOREVER);
    assert_int_equal(os_thread_start(&thread, "cancel", cancel_held, NULL), 0);
    for (int i = 0; i < 100; i++)
        os_yield();
    assert_int_equal(atomic_load(&cancelled_at), 0);
    route_script_set(&other);
    while (ledger_count(LEDGER_NOTIFICATION) && route_script_open())
        os_yield();
    atomic_store(&held.hold, 0);
    os_wake_all(&held.hold);
    os_thread_join(thread);
    assert_int_equal(atomic_load(&cancelled_at), 2);
    assert_int_equal(atomic_load(&held.count), 1);
}

static void test_nothing_is_left(void **state)
{
    struct listener first, second;

    (void)state;
    listen_unicast(&first, AF_INET, TRUE);
    listen_unicast(&second, AF_INET, FALSE);
    assert_int_equal(ledger_count(LEDGER_NOTIFICATION), 2);
    assert_int_equal(route_script_open(), 1);
    cancel(&first);
    cancel(&second);
    assert_int_equal(ledger_count(LEDGER_NOTIFICATION), 0);
    assert_int_equal(route_script_open(), 0);
}

static void test_what_is_invalid(void **state)
{
    struct listener listener;
    HANDLE handle;
    int number;

    (void)state;
    assert_int_equal(NotifyUnicastIpAddressChange(99, on_unicast, NULL, FALSE, &handle),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(NotifyUnicastIpAddressChange(AF_INET, NULL, NULL, FALSE, &handle),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(NotifyRouteChange2(AF_INET, on_forward, NULL, FALSE, NULL),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(NotifyIpInterfaceChange(AF_INET, NULL, NULL, FALSE, &handle),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(CancelMibChangeNotify2(NULL), STATUS_INVALID_PARAMETER);
    assert_int_equal(CancelMibChangeNotify2(&number), STATUS_INVALID_PARAMETER);
    listen_unicast(&listener, AF_INET, FALSE);
    cancel(&listener);
    assert_int_equal(CancelMibChangeNotify2(listener.handle), STATUS_INVALID_PARAMETER);
}

static void test_failures(void **state)
{
    HANDLE handle = NULL;

    (void)state;
    route_script_fail(-ENOMEM);
    assert_int_equal(NotifyUnicastIpAddressChange(AF_INET, on_unicast, NULL, TRUE, &handle),
                     STATUS_NO_MEMORY);
    assert_null(handle);
}

/* --- Stable tables --------------------------------------------------------------------------- */

static _Atomic(PMIB_UNICASTIPADDRESS_TABLE) stable_table;
static _Atomic uint32_t stable_calls;

static VOID NTAPI on_stable(PVOID context, PMIB_UNICASTIPADDRESS_TABLE table)
{
    assert_ptr_equal(context, &stable_calls);
    atomic_store(&stable_table, table);
    atomic_fetch_add(&stable_calls, 1);
    os_wake_all(&stable_calls);
}

static void test_stable_at_once(void **state)
{
    PMIB_UNICASTIPADDRESS_TABLE table;
    HANDLE handle;

    (void)state;
    assert_int_equal(NotifyStableUnicastIpAddressTable(AF_UNSPEC, &table, on_stable, NULL, &handle),
                     STATUS_SUCCESS);
    assert_int_equal(table->NumEntries, 3);
    FreeMibTable(table);
}

static void test_stable_later(void **state)
{
    struct net_record record = route_script_address(NETIO_ETHERNET, NET_IPV6, ip6_9, 64);
    PMIB_UNICASTIPADDRESS_TABLE table;
    HANDLE handle;

    (void)state;
    record.local.flags = NET_ADDRESS_TENTATIVE;
    route_script_set(&record);
    assert_int_equal(NotifyStableUnicastIpAddressTable(AF_INET6, &table, on_stable, &stable_calls,
                                                       &handle), STATUS_PENDING);
    assert_null(table);
    record.local.flags = 0;
    route_script_set(&record);
    while (!atomic_load(&stable_calls))
        os_wait(&stable_calls, 0, OS_FOREVER);
    record.local.flags = NET_ADDRESS_DEPRECATED;
    route_script_set(&record);
    assert_int_equal(CancelMibChangeNotify2(handle), STATUS_SUCCESS);
    assert_int_equal(atomic_load(&stable_calls), 1);
    assert_int_equal(atomic_load(&stable_table)->NumEntries, 2);
    FreeMibTable(atomic_load(&stable_table));
}

/* --- Sins ------------------------------------------------------------------------------------ */

static HANDLE own_handle;
static _Atomic uint32_t own_ready;

static VOID NTAPI cancel_own(PVOID context, PMIB_UNICASTIPADDRESS_ROW row,
                             MIB_NOTIFICATION_TYPE type)
{
    (void)context;
    (void)row;
    (void)type;
    while (!atomic_load(&own_ready))
        os_wait(&own_ready, 0, OS_FOREVER);
    CancelMibChangeNotify2(own_handle);
}

static VOID NTAPI raise_and_return(PVOID context, PMIB_UNICASTIPADDRESS_ROW row,
                                   MIB_NOTIFICATION_TYPE type)
{
    KIRQL irql;

    (void)context;
    (void)row;
    (void)type;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
}

static void sin_with(PUNICAST_IPADDRESS_CHANGE_CALLBACK callback)
{
    nt_start();
    NotifyUnicastIpAddressChange(AF_INET, callback, NULL, TRUE, &own_handle);
    atomic_store(&own_ready, 1);
    os_wake_all(&own_ready);
    while (true)
        os_wait(&own_ready, 1, OS_FOREVER);
}

static void cancels_itself(void)
{
    sin_with(cancel_own);
}

static void keeps_the_irql(void)
{
    sin_with(raise_and_return);
}

static void cancels_at_dispatch(void)
{
    KIRQL irql;

    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    CancelMibChangeNotify2(NULL);
}

static void test_sins(void **state)
{
    (void)state;
    assert_bug_check(DRIVER_VERIFIER_DETECTED_VIOLATION, cancels_itself);
    assert_bug_text("deadlock");
    assert_bug_check(IRQL_UNEXPECTED_VALUE, keeps_the_irql);
    assert_bug_check(IRQL_NOT_LESS_OR_EQUAL, cancels_at_dispatch);
    assert_bug_text("CancelMibChangeNotify2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCRIPTED(test_addresses),
        SCRIPTED(test_initial),
        SCRIPTED(test_only_the_family),
        SCRIPTED(test_interfaces),
        SCRIPTED(test_routes),
        SCRIPTED(test_luid_of_what_is_gone),
        SCRIPTED(test_in_order),
        SCRIPTED(test_cancel_waits),
        SCRIPTED(test_nothing_is_left),
        SCRIPTED(test_what_is_invalid),
        SCRIPTED(test_failures),
        SCRIPTED(test_stable_at_once),
        SCRIPTED(test_stable_later),
        cmocka_unit_test(test_sins),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
