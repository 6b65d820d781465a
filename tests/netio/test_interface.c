/* SPDX-License-Identifier: MIT */
/* Interfaces, the families on them, and how they are stacked. */
#include "netio_test.h"

/* The declared size is 1; so a constant index above 0 is a fault to a compiler. */
static const MIB_IF_ROW2 *row_at(const MIB_IF_TABLE2 *table, ULONG number)
{
    return table->Table + number;
}

static void test_table(void **state)
{
    const MIB_IF_ROW2 *eth;
    PMIB_IF_TABLE2 table;

    (void)state;
    assert_int_equal(GetIfTable2(&table), STATUS_SUCCESS);
    assert_int_equal(table->NumEntries, 2);
    eth = row_at(table, 1);
    assert_true(eth->InterfaceLuid.Value == ethernet_luid().Value);
    assert_int_equal(eth->InterfaceIndex, NETIO_ETHERNET);
    assert_memory_equal(eth->Alias, L"eth0", sizeof(L"eth0"));
    assert_int_equal(eth->PhysicalAddressLength, 6);
    assert_memory_equal(eth->PhysicalAddress, "\x02\x00\x00\x00\x00\x07", 6);
    assert_int_equal(eth->Mtu, 1500);
    assert_int_equal(eth->Type, IF_TYPE_ETHERNET_CSMACD);
    assert_int_equal(eth->AccessType, NET_IF_ACCESS_BROADCAST);
    assert_int_equal(eth->OperStatus, IfOperStatusUp);
    assert_int_equal(eth->AdminStatus, NET_IF_ADMIN_STATUS_UP);
    assert_int_equal(eth->MediaConnectState, MediaConnectStateConnected);
    assert_true(eth->InOctets == 1000);
    assert_true(eth->InUcastPkts == 7 && eth->InNUcastPkts == 3);
    assert_int_equal(table->Table[0].AccessType, NET_IF_ACCESS_LOOPBACK);
    assert_int_equal(table->Table[0].PhysicalAddressLength, 0);
    FreeMibTable(table);
}

static void test_table_levels(void **state)
{
    PMIB_IF_TABLE2 table;

    (void)state;
    assert_int_equal(GetIfTable2Ex(MibIfTableNormalWithoutStatistics, &table), STATUS_SUCCESS);
    assert_true(row_at(table, 1)->InOctets == 0);
    FreeMibTable(table);
    assert_int_equal(GetIfTable2Ex(MibIfTableRaw, &table), STATUS_SUCCESS);
    assert_true(row_at(table, 1)->InOctets == 1000);
    FreeMibTable(table);
    assert_int_equal(GetIfTable2Ex((MIB_IF_TABLE_LEVEL)9, &table), STATUS_INVALID_PARAMETER);
    assert_int_equal(GetIfTable2(NULL), STATUS_INVALID_PARAMETER);
}

/* The LUID counts; the index only when there is none. */
static void test_entry(void **state)
{
    MIB_IF_ROW2 row;

    (void)state;
    memset(&row, 0, sizeof(row));
    row.InterfaceLuid = ethernet_luid();
    row.InterfaceIndex = NETIO_LOOPBACK;
    assert_int_equal(GetIfEntry2(&row), STATUS_SUCCESS);
    assert_int_equal(row.InterfaceIndex, NETIO_ETHERNET);
    memset(&row, 0, sizeof(row));
    row.InterfaceIndex = NETIO_LOOPBACK;
    assert_int_equal(GetIfEntry2(&row), STATUS_SUCCESS);
    assert_int_equal(row.Type, IF_TYPE_SOFTWARE_LOOPBACK);
    row.InterfaceLuid = ethernet_luid();
    assert_int_equal(GetIfEntry2Ex(MibIfEntryNormalWithoutStatistics, &row), STATUS_SUCCESS);
    assert_true(row.InOctets == 0);
    assert_int_equal(GetIfEntry2Ex((MIB_IF_ENTRY_LEVEL)1, &row), STATUS_INVALID_PARAMETER);
    memset(&row, 0, sizeof(row));
    assert_int_equal(GetIfEntry2(&row), STATUS_INVALID_PARAMETER);
    row.InterfaceIndex = 99;
    assert_int_equal(GetIfEntry2(&row), STATUS_NOT_FOUND);
    assert_int_equal(GetIfEntry2(NULL), STATUS_INVALID_PARAMETER);
}

static void test_states(void **state)
{
    struct net_record link = route_script_link(5, "down", NET_LINK_VIRTUAL);
    MIB_IF_ROW2 row;

    (void)state;
    link.link.flags = NET_LINK_ENABLED;
    link.link.state = NET_LINK_STATE_LOWER_DOWN;
    route_script_set(&link);
    memset(&row, 0, sizeof(row));
    row.InterfaceIndex = 5;
    assert_int_equal(GetIfEntry2(&row), STATUS_SUCCESS);
    assert_int_equal(row.OperStatus, IfOperStatusLowerLayerDown);
    assert_int_equal(row.MediaConnectState, MediaConnectStateDisconnected);
    assert_int_equal(row.InterfaceAndOperStatusFlags.NotMediaConnected, 1);
    assert_int_equal(row.MediaType, NdisMediumIP);
    assert_int_equal(row.AccessType, NET_IF_ACCESS_POINT_TO_POINT);
}

static ULONG ip_interfaces(ADDRESS_FAMILY family)
{
    PMIB_IPINTERFACE_TABLE table;
    ULONG count;

    assert_int_equal(GetIpInterfaceTable(family, &table), STATUS_SUCCESS);
    count = table->NumEntries;
    for (ULONG i = 0; i < count; i++) {
        if (family != AF_UNSPEC)
            assert_int_equal(table->Table[i].Family, family);
    }
    FreeMibTable(table);
    return count;
}

/* Loopback has IPv4 alone. */
static void test_ip_table(void **state)
{
    PMIB_IPINTERFACE_TABLE table;

    (void)state;
    assert_int_equal(ip_interfaces(AF_UNSPEC), 3);
    assert_int_equal(ip_interfaces(AF_INET), 2);
    assert_int_equal(ip_interfaces(AF_INET6), 1);
    assert_int_equal(GetIpInterfaceTable(99, &table), STATUS_INVALID_PARAMETER);
    assert_int_equal(GetIpInterfaceTable(AF_INET, NULL), STATUS_INVALID_PARAMETER);
}

static void test_ip_entry(void **state)
{
    MIB_IPINTERFACE_ROW row;

    (void)state;
    InitializeIpInterfaceEntry(&row);
    assert_int_equal(row.Family, AF_UNSPEC);
    assert_true(row.InterfaceLuid.Value == 0 && row.InterfaceIndex == 0);
    assert_int_equal(row.RouterDiscoveryBehavior, RouterDiscoveryUnchanged);
    assert_int_equal(GetIpInterfaceEntry(&row), STATUS_INVALID_PARAMETER);
    row.Family = AF_INET6;
    assert_int_equal(GetIpInterfaceEntry(&row), STATUS_INVALID_PARAMETER);
    row.InterfaceLuid = ethernet_luid();
    assert_int_equal(GetIpInterfaceEntry(&row), STATUS_SUCCESS);
    assert_int_equal(row.InterfaceIndex, NETIO_ETHERNET);
    assert_int_equal(row.NlMtu, 1500);
    assert_int_equal(row.Metric, 0);
    assert_true(row.Connected);
    InitializeIpInterfaceEntry(&row);
    row.Family = AF_INET6;
    row.InterfaceIndex = NETIO_LOOPBACK;
    assert_int_equal(GetIpInterfaceEntry(&row), STATUS_NOT_FOUND);
    assert_int_equal(GetIpInterfaceEntry(NULL), STATUS_INVALID_PARAMETER);
}

static void test_stacks(void **state)
{
    struct net_record vlan = route_script_link(7, "vlan", NET_LINK_ETHERNET);
    PMIB_INVERTEDIFSTACK_TABLE inverted;
    PMIB_IFSTACK_TABLE stack;

    (void)state;
    vlan.link.lower = NETIO_ETHERNET;
    route_script_set(&vlan);
    assert_int_equal(GetIfStackTable(&stack), STATUS_SUCCESS);
    assert_int_equal(stack->NumEntries, 1);
    assert_int_equal(stack->Table[0].HigherLayerInterfaceIndex, 7);
    assert_int_equal(stack->Table[0].LowerLayerInterfaceIndex, NETIO_ETHERNET);
    FreeMibTable(stack);
    assert_int_equal(GetInvertedIfStackTable(&inverted), STATUS_SUCCESS);
    assert_int_equal(inverted->Table[0].HigherLayerInterfaceIndex, 7);
    assert_int_equal(inverted->Table[0].LowerLayerInterfaceIndex, NETIO_ETHERNET);
    FreeMibTable(inverted);
}

static void test_failures_come_out(void **state)
{
    PMIB_IPINTERFACE_TABLE ip = (void *)1;
    PMIB_IF_TABLE2 table = (void *)1;

    (void)state;
    route_script_fail(-EMFILE);
    assert_int_equal(GetIfTable2(&table), STATUS_INSUFFICIENT_RESOURCES);
    assert_null(table);
    route_script_fail(-ENOMEM);
    assert_int_equal(GetIpInterfaceTable(AF_UNSPEC, &ip), STATUS_NO_MEMORY);
    assert_null(ip);
}

/* --- Tables as memory ------------------------------------------------------------------------ */

static bool refuse(enum hook_allocation kind, size_t size, const void *place)
{
    (void)size;
    (void)place;
    return kind == HOOK_POOL;
}

static void test_no_memory(void **state)
{
    static const struct hooks hooks = { .fail_allocation = refuse };
    PMIB_IF_TABLE2 table;

    (void)state;
    atomic_store(&base_hooks, &hooks);
    assert_int_equal(GetIfTable2(&table), STATUS_NO_MEMORY);
    atomic_store(&base_hooks, NULL);
    assert_null(table);
}

static void test_a_table_is_in_the_books(void **state)
{
    PMIB_IF_TABLE2 table;

    (void)state;
    assert_int_equal(GetIfTable2(&table), STATUS_SUCCESS);
    assert_int_equal(ledger_count(LEDGER_MIB_TABLE), 1);
    FreeMibTable(table);
    assert_int_equal(ledger_count(LEDGER_MIB_TABLE), 0);
    FreeMibTable(NULL);
}

static void free_what_is_none(void)
{
    static _Alignas(16) char memory[4096];

    FreeMibTable(memory + 2048);
}

static void at_dispatch_level(void)
{
    PMIB_IF_TABLE2 table;
    KIRQL irql;

    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    GetIfTable2(&table);
}

static void test_bug_checks(void **state)
{
    (void)state;
    assert_bug_check(BAD_POOL_CALLER, free_what_is_none);
    assert_bug_check(IRQL_NOT_LESS_OR_EQUAL, at_dispatch_level);
    assert_bug_text("GetIfTable2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCRIPTED(test_table),
        SCRIPTED(test_table_levels),
        SCRIPTED(test_entry),
        SCRIPTED(test_states),
        SCRIPTED(test_ip_table),
        SCRIPTED(test_ip_entry),
        SCRIPTED(test_stacks),
        SCRIPTED(test_failures_come_out),
        SCRIPTED(test_no_memory),
        SCRIPTED(test_a_table_is_in_the_books),
        cmocka_unit_test(test_bug_checks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
