/* SPDX-License-Identifier: MIT */
/* Routes, and the neighbours on their way. */
#include "netio_test.h"

static const uint8_t net_1[] = { 198, 51, 100, 0 }, net_2[] = { 203, 0, 113, 0 };
static const uint8_t hop_ip[] = { 192, 0, 2, 254 };

static struct net_record route_of(const uint8_t *to, const uint8_t *next_hop, uint32_t metric)
{
    struct net_record record = route_script_route(NETIO_ETHERNET, NET_IPV4, to, 24);

    if (next_hop)
        memcpy(record.route.next_hop.ip, next_hop, 4);
    record.route.metric = metric;
    return record;
}

static MIB_IPFORWARD_ROW2 row_of(const uint8_t *to, const uint8_t *next_hop)
{
    MIB_IPFORWARD_ROW2 row;

    InitializeIpForwardEntry(&row);
    row.InterfaceLuid = ethernet_luid();
    row.DestinationPrefix.Prefix = inet(NET_IPV4, to);
    row.DestinationPrefix.PrefixLength = 24;
    if (next_hop)
        row.NextHop = inet(NET_IPV4, next_hop);
    return row;
}

/* The declared size is 1; so a constant index above 0 is a fault to a compiler. */
static const MIB_IPFORWARD_ROW2 *row_at(const MIB_IPFORWARD_TABLE2 *table, ULONG number)
{
    return table->Table + number;
}

static void test_table(void **state)
{
    struct net_record first = route_of(net_1, hop_ip, 5), second = route_of(net_2, NULL, 0);
    PMIB_IPFORWARD_TABLE2 table;

    (void)state;
    second.route.protocol = NET_ROUTE_BY_KERNEL;
    route_script_set(&first);
    route_script_set(&second);
    assert_int_equal(GetIpForwardTable2(AF_INET, &table), STATUS_SUCCESS);
    assert_int_equal(table->NumEntries, 2);
    assert_int_equal(table->Table[0].Metric, 5);
    assert_int_equal(table->Table[0].DestinationPrefix.PrefixLength, 24);
    assert_memory_equal(&table->Table[0].DestinationPrefix.Prefix.Ipv4.sin_addr, net_1, 4);
    assert_memory_equal(&table->Table[0].NextHop.Ipv4.sin_addr, hop_ip, 4);
    assert_int_equal(table->Table[0].Protocol, MIB_IPPROTO_NETMGMT);
    assert_true(table->Table[0].Immortal);
    assert_true(table->Table[0].InterfaceLuid.Value == ethernet_luid().Value);
    assert_int_equal(row_at(table, 1)->NextHop.si_family, AF_INET);
    assert_int_equal(row_at(table, 1)->NextHop.Ipv4.sin_addr.s_addr, 0);
    assert_int_equal(row_at(table, 1)->Protocol, MIB_IPPROTO_LOCAL);
    FreeMibTable(table);
    assert_int_equal(GetIpForwardTable2(AF_INET6, &table), STATUS_NOT_FOUND);
    assert_int_equal(GetIpForwardTable2(77, &table), STATUS_INVALID_PARAMETER);
}

static void test_entry(void **state)
{
    struct net_record record = route_of(net_1, hop_ip, 5);
    MIB_IPFORWARD_ROW2 row = row_of(net_1, hop_ip);

    (void)state;
    route_script_set(&record);
    assert_int_equal(GetIpForwardEntry2(&row), STATUS_SUCCESS);
    assert_int_equal(row.Metric, 5);
    row = row_of(net_1, NULL);
    assert_int_equal(GetIpForwardEntry2(&row), STATUS_NOT_FOUND);
    row.DestinationPrefix.PrefixLength = 33;
    assert_int_equal(GetIpForwardEntry2(&row), STATUS_INVALID_PARAMETER);
    row = row_of(net_1, NULL);
    row.NextHop = inet(NET_IPV6, netio_ethernet6);
    assert_int_equal(GetIpForwardEntry2(&row), STATUS_INVALID_PARAMETER);
    assert_int_equal(GetIpForwardEntry2(NULL), STATUS_INVALID_PARAMETER);
}

static void test_best_route(void **state)
{
    struct net_record record = route_of(net_1, hop_ip, 5);
    SOCKADDR_INET to = inet(NET_IPV4, net_1), source = inet(NET_IPV4, netio_ethernet4), best;
    NET_LUID luid = ethernet_luid();
    struct net_address own;
    MIB_IPFORWARD_ROW2 row;

    (void)state;
    assert_int_equal(GetBestRoute2(NULL, 0, NULL, &to, 0, &row, &best),
                     STATUS_NETWORK_UNREACHABLE);
    netio_address_from(&source, &own);
    route_script_found(&record.route, &own);
    assert_int_equal(GetBestRoute2(NULL, 0, NULL, &to, 0, &row, &best), STATUS_SUCCESS);
    assert_int_equal(route_script_query().interface_index, 0);
    assert_memory_equal(&row.NextHop.Ipv4.sin_addr, hop_ip, 4);
    assert_memory_equal(&best.Ipv4.sin_addr, netio_ethernet4, 4);
    assert_int_equal(GetBestRoute2(&luid, NETIO_LOOPBACK, &source, &to, 0, &row, &best),
                     STATUS_SUCCESS);
    assert_int_equal(route_script_query().interface_index, NETIO_ETHERNET);
    assert_memory_equal(route_script_query().source.ip, netio_ethernet4, 4);
    assert_int_equal(GetBestRoute2(NULL, NETIO_LOOPBACK, NULL, &to, 0, &row, &best),
                     STATUS_SUCCESS);
    assert_int_equal(route_script_query().interface_index, NETIO_LOOPBACK);
}

static void test_best_route_of_what_is_invalid(void **state)
{
    SOCKADDR_INET to = inet(NET_IPV4, net_1), six = inet(NET_IPV6, netio_ethernet6), best;
    MIB_IPFORWARD_ROW2 row;

    (void)state;
    assert_int_equal(GetBestRoute2(NULL, 99, NULL, &to, 0, &row, &best), STATUS_NOT_FOUND);
    assert_int_equal(GetBestRoute2(NULL, 0, &six, &to, 0, &row, &best), STATUS_INVALID_PARAMETER);
    assert_int_equal(GetBestRoute2(NULL, 0, NULL, NULL, 0, &row, &best), STATUS_INVALID_PARAMETER);
    assert_int_equal(GetBestRoute2(NULL, 0, NULL, &to, 0, NULL, &best), STATUS_INVALID_PARAMETER);
    assert_int_equal(GetBestRoute2(NULL, 0, NULL, &to, 0, &row, NULL), STATUS_INVALID_PARAMETER);
    to.si_family = AF_UNSPEC;
    assert_int_equal(GetBestRoute2(NULL, 0, NULL, &to, 0, &row, &best), STATUS_INVALID_PARAMETER);
}

static void test_create(void **state)
{
    static const uint8_t inside[] = { 198, 51, 100, 77 };
    MIB_IPFORWARD_ROW2 row = row_of(inside, hop_ip);
    struct net_record record;
    enum net_change change;

    (void)state;
    assert_int_equal(CreateIpForwardEntry2(&row), STATUS_SUCCESS);
    record = route_script_changed(&change);
    assert_int_equal(change, NET_CREATE);
    assert_memory_equal(record.route.destination.ip, net_1, 4);
    assert_int_equal(record.route.prefix_length, 24);
    assert_int_equal(record.route.metric, 0);
    row.Metric = 9;
    assert_int_equal(CreateIpForwardEntry2(&row), STATUS_SUCCESS);
    assert_int_equal(route_script_changed(&change).route.metric, 9);
    route_script_refuse(-EPERM);
    assert_int_equal(CreateIpForwardEntry2(&row), STATUS_ACCESS_DENIED);
}

/* On Windows the metric is no part of what a route is. */
static void test_create_again_with_another_metric(void **state)
{
    struct net_record record = route_of(net_1, hop_ip, 5);
    MIB_IPFORWARD_ROW2 row = row_of(net_1, hop_ip);

    (void)state;
    route_script_set(&record);
    row.Metric = 9;
    assert_int_equal(CreateIpForwardEntry2(&row), STATUS_DUPLICATE_OBJECTID);
}

static void test_set_and_delete(void **state)
{
    struct net_record record = route_of(net_1, hop_ip, 5);
    MIB_IPFORWARD_ROW2 row = row_of(net_1, hop_ip);
    enum net_change change;

    (void)state;
    assert_int_equal(SetIpForwardEntry2(&row), STATUS_NOT_FOUND);
    assert_int_equal(DeleteIpForwardEntry2(&row), STATUS_NOT_FOUND);
    route_script_set(&record);
    row.Metric = 9;
    assert_int_equal(SetIpForwardEntry2(&row), STATUS_SUCCESS);
    assert_int_equal(route_script_changed(&change).route.metric, 5);
    assert_int_equal(change, NET_REMOVE);
    assert_int_equal(DeleteIpForwardEntry2(&row), STATUS_SUCCESS);
    assert_int_equal(route_script_changed(&change).route.metric, 5);
    assert_int_equal(change, NET_REMOVE);
}

static void test_initialized_row(void **state)
{
    MIB_IPFORWARD_ROW2 row;

    (void)state;
    InitializeIpForwardEntry(&row);
    assert_true(row.ValidLifetime == 0xffffffff && row.PreferredLifetime == 0xffffffff);
    assert_true(row.Loopback && row.AutoconfigureAddress && row.Immortal);
    assert_int_equal(row.Protocol, MIB_IPPROTO_NETMGMT);
}

/* --- Neighbours ------------------------------------------------------------------------------ */

static void test_neighbours(void **state)
{
    MIB_IPNET_ROW2 row;
    PMIB_IPNET_TABLE2 table;
    struct net_record record;
    enum net_change change;

    (void)state;
    assert_int_equal(GetIpNetTable2(AF_INET, &table), STATUS_NOT_FOUND);
    memset(&record, 0, sizeof(record));
    record.kind = NET_RECORD_NEIGHBOUR;
    record.neighbour.interface_index = NETIO_ETHERNET;
    record.neighbour.address = route_of(hop_ip, NULL, 0).route.destination;
    record.neighbour.hardware_length = 6;
    record.neighbour.state = NET_NEIGHBOUR_REACHABLE;
    record.neighbour.router = true;
    route_script_set(&record);
    assert_int_equal(GetIpNetTable2(AF_UNSPEC, &table), STATUS_SUCCESS);
    assert_int_equal(table->NumEntries, 1);
    assert_int_equal(table->Table[0].State, NlnsReachable);
    assert_true(table->Table[0].IsRouter);
    FreeMibTable(table);
    memset(&row, 0, sizeof(row));
    row.Address = inet(NET_IPV4, hop_ip);
    row.InterfaceIndex = NETIO_ETHERNET;
    assert_int_equal(GetIpNetEntry2(&row), STATUS_SUCCESS);
    assert_int_equal(row.PhysicalAddressLength, 6);
    row.PhysicalAddressLength = 33;
    assert_int_equal(CreateIpNetEntry2(&row), STATUS_INVALID_PARAMETER);
    row.PhysicalAddressLength = 6;
    assert_int_equal(SetIpNetEntry2(&row), STATUS_SUCCESS);
    route_script_changed(&change);
    assert_int_equal(change, NET_REPLACE);
    assert_int_equal(DeleteIpNetEntry2(&row), STATUS_SUCCESS);
    row.Address = inet(NET_IPV4, netio_loopback4);
    assert_int_equal(GetIpNetEntry2(&row), STATUS_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCRIPTED(test_table),
        SCRIPTED(test_entry),
        SCRIPTED(test_best_route),
        SCRIPTED(test_best_route_of_what_is_invalid),
        SCRIPTED(test_create),
        SCRIPTED(test_create_again_with_another_metric),
        SCRIPTED(test_set_and_delete),
        SCRIPTED(test_initialized_row),
        SCRIPTED(test_neighbours),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
