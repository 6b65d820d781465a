/* SPDX-License-Identifier: MIT */
/* The host's own addresses. */
#include "netio_test.h"

static MIB_UNICASTIPADDRESS_ROW row_of(enum net_family family, const uint8_t *ip)
{
    MIB_UNICASTIPADDRESS_ROW row;

    InitializeUnicastIpAddressEntry(&row);
    row.Address = inet(family, ip);
    row.InterfaceLuid = ethernet_luid();
    return row;
}

static void test_table(void **state)
{
    PMIB_UNICASTIPADDRESS_TABLE table;
    const MIB_UNICASTIPADDRESS_ROW *row;

    (void)state;
    assert_int_equal(GetUnicastIpAddressTable(AF_UNSPEC, &table), STATUS_SUCCESS);
    assert_int_equal(table->NumEntries, 3);
    FreeMibTable(table);
    assert_int_equal(GetUnicastIpAddressTable(AF_INET6, &table), STATUS_SUCCESS);
    assert_int_equal(table->NumEntries, 1);
    row = &table->Table[0];
    assert_int_equal(row->Address.si_family, AF_INET6);
    assert_memory_equal(&row->Address.Ipv6.sin6_addr, netio_ethernet6, 16);
    assert_true(row->InterfaceLuid.Value == ethernet_luid().Value);
    assert_int_equal(row->InterfaceIndex, NETIO_ETHERNET);
    assert_int_equal(row->OnLinkPrefixLength, 64);
    assert_int_equal(row->PrefixOrigin, IpPrefixOriginManual);
    assert_int_equal(row->DadState, IpDadStatePreferred);
    assert_true(row->ValidLifetime == 0xffffffff);
    FreeMibTable(table);
    assert_int_equal(GetUnicastIpAddressTable(1, &table), STATUS_INVALID_PARAMETER);
    assert_int_equal(GetUnicastIpAddressTable(AF_INET, NULL), STATUS_INVALID_PARAMETER);
}

static void test_empty_table(void **state)
{
    struct net_record record = route_script_address(NETIO_ETHERNET, NET_IPV6, netio_ethernet6, 64);
    PMIB_UNICASTIPADDRESS_TABLE table = (void *)1;

    (void)state;
    route_script_remove(&record);
    assert_int_equal(GetUnicastIpAddressTable(AF_INET6, &table), STATUS_NOT_FOUND);
    assert_null(table);
}

static void test_dad_states(void **state)
{
    static const struct {
        uint32_t flags;
        NL_DAD_STATE state;
    } cases[] = {
        { 0, IpDadStatePreferred },
        { NET_ADDRESS_TENTATIVE, IpDadStateTentative },
        { NET_ADDRESS_DUPLICATE, IpDadStateDuplicate },
        { NET_ADDRESS_DEPRECATED, IpDadStateDeprecated },
    };

    (void)state;
    for (size_t i = 0; i < RTL_NUMBER_OF(cases); i++) {
        struct net_record record =
            route_script_address(NETIO_ETHERNET, NET_IPV6, netio_ethernet6, 64);
        MIB_UNICASTIPADDRESS_ROW row = row_of(NET_IPV6, netio_ethernet6);

        record.local.flags = cases[i].flags;
        route_script_set(&record);
        assert_int_equal(GetUnicastIpAddressEntry(&row), STATUS_SUCCESS);
        assert_int_equal(row.DadState, cases[i].state);
    }
}

static void test_scope(void **state)
{
    static const uint8_t ip[16] = { 0xfe, 0x80, [15] = 9 };
    struct net_record record = route_script_address(NETIO_ETHERNET, NET_IPV6, ip, 64);
    MIB_UNICASTIPADDRESS_ROW row = row_of(NET_IPV6, ip);

    (void)state;
    record.local.address.scope = NETIO_ETHERNET;
    record.local.origin = NET_ORIGIN_WELL_KNOWN;
    route_script_set(&record);
    assert_int_equal(GetUnicastIpAddressEntry(&row), STATUS_SUCCESS);
    assert_int_equal(row.Address.Ipv6.sin6_scope_id, NETIO_ETHERNET);
    assert_int_equal(row.ScopeId.Zone, NETIO_ETHERNET);
    assert_int_equal(row.ScopeId.Level, ScopeLevelLink);
    assert_int_equal(row.PrefixOrigin, IpPrefixOriginWellKnown);
}

static void test_entry(void **state)
{
    static const uint8_t other[] = { 192, 0, 2, 99 };
    MIB_UNICASTIPADDRESS_ROW row = row_of(NET_IPV4, netio_ethernet4);

    (void)state;
    assert_int_equal(GetUnicastIpAddressEntry(&row), STATUS_SUCCESS);
    assert_int_equal(row.OnLinkPrefixLength, 24);
    row = row_of(NET_IPV4, netio_ethernet4);
    row.InterfaceLuid.Value = 0;
    assert_int_equal(GetUnicastIpAddressEntry(&row), STATUS_INVALID_PARAMETER);
    row.InterfaceIndex = NETIO_LOOPBACK;
    assert_int_equal(GetUnicastIpAddressEntry(&row), STATUS_NOT_FOUND);
    row.InterfaceIndex = 99;
    assert_int_equal(GetUnicastIpAddressEntry(&row), STATUS_NOT_FOUND);
    row = row_of(NET_IPV4, other);
    assert_int_equal(GetUnicastIpAddressEntry(&row), STATUS_NOT_FOUND);
    row.Address.si_family = AF_UNSPEC;
    assert_int_equal(GetUnicastIpAddressEntry(&row), STATUS_INVALID_PARAMETER);
    assert_int_equal(GetUnicastIpAddressEntry(NULL), STATUS_INVALID_PARAMETER);
}

static void test_create(void **state)
{
    static const uint8_t ip[] = { 192, 0, 2, 50 };
    MIB_UNICASTIPADDRESS_ROW row = row_of(NET_IPV4, ip);
    enum net_change change;
    struct net_record record;

    (void)state;
    assert_int_equal(CreateUnicastIpAddressEntry(&row), STATUS_SUCCESS);
    record = route_script_changed(&change);
    assert_int_equal(change, NET_CREATE);
    assert_int_equal(record.local.prefix_length, 32);
    assert_int_equal(record.local.interface_index, NETIO_ETHERNET);
    assert_memory_equal(record.local.address.ip, ip, 4);
    row.OnLinkPrefixLength = 24;
    assert_int_equal(CreateUnicastIpAddressEntry(&row), STATUS_SUCCESS);
    assert_int_equal(route_script_changed(&change).local.prefix_length, 24);
    route_script_refuse(-EPERM);
    assert_int_equal(CreateUnicastIpAddressEntry(&row), STATUS_ACCESS_DENIED);
    route_script_refuse(-EEXIST);
    assert_int_equal(CreateUnicastIpAddressEntry(&row), STATUS_DUPLICATE_OBJECTID);
}

/* What the page lists as invalid, one by one. */
static void test_create_what_is_invalid(void **state)
{
    static const uint8_t group[] = { 224, 0, 0, 5 }, any[4];
    MIB_UNICASTIPADDRESS_ROW good = row_of(NET_IPV4, netio_ethernet4), row;

    (void)state;
    assert_int_equal(CreateUnicastIpAddressEntry(NULL), STATUS_INVALID_PARAMETER);
    row = row_of(NET_IPV4, group);
    assert_int_equal(CreateUnicastIpAddressEntry(&row), STATUS_INVALID_PARAMETER);
    row = row_of(NET_IPV4, any);
    assert_int_equal(CreateUnicastIpAddressEntry(&row), STATUS_INVALID_PARAMETER);
    row = good;
    row.OnLinkPrefixLength = 33;
    assert_int_equal(CreateUnicastIpAddressEntry(&row), STATUS_INVALID_PARAMETER);
    row = good;
    row.ValidLifetime = 5;
    assert_int_equal(CreateUnicastIpAddressEntry(&row), STATUS_INVALID_PARAMETER);
    row = good;
    row.PrefixOrigin = IpPrefixOriginManual;
    assert_int_equal(CreateUnicastIpAddressEntry(&row), STATUS_INVALID_PARAMETER);
    row = good;
    row.PrefixOrigin = IpPrefixOriginManual;
    row.SuffixOrigin = (NL_SUFFIX_ORIGIN)9;
    assert_int_equal(CreateUnicastIpAddressEntry(&row), STATUS_INVALID_PARAMETER);
    row = good;
    row.SkipAsSource = TRUE;
    assert_int_equal(CreateUnicastIpAddressEntry(&row), STATUS_NOT_SUPPORTED);
    row = good;
    row.InterfaceLuid.Info.NetLuidIndex = 99;
    assert_int_equal(CreateUnicastIpAddressEntry(&row), STATUS_NOT_FOUND);
}

static void test_set_and_delete(void **state)
{
    static const uint8_t other[] = { 192, 0, 2, 99 };
    MIB_UNICASTIPADDRESS_ROW row = row_of(NET_IPV4, netio_ethernet4);
    enum net_change change;
    struct net_record record;

    (void)state;
    row.PreferredLifetime = 100;
    assert_int_equal(SetUnicastIpAddressEntry(&row), STATUS_SUCCESS);
    record = route_script_changed(&change);
    assert_int_equal(change, NET_REPLACE);
    assert_int_equal(record.local.prefix_length, 24);
    assert_int_equal(record.local.preferred_s, 100);
    row.OnLinkPrefixLength = 25;
    assert_int_equal(SetUnicastIpAddressEntry(&row), STATUS_NOT_SUPPORTED);
    assert_int_equal(DeleteUnicastIpAddressEntry(&row), STATUS_SUCCESS);
    record = route_script_changed(&change);
    assert_int_equal(change, NET_REMOVE);
    assert_int_equal(record.local.prefix_length, 24);
    row = row_of(NET_IPV4, other);
    assert_int_equal(SetUnicastIpAddressEntry(&row), STATUS_NOT_FOUND);
    assert_int_equal(DeleteUnicastIpAddressEntry(&row), STATUS_NOT_FOUND);
}

static void test_groups(void **state)
{
    static const uint8_t ip[] = { 224, 0, 0, 1 }, other[] = { 224, 0, 0, 2 };
    struct net_record record = route_script_address(NETIO_ETHERNET, NET_IPV4, ip, 0);
    PMIB_MULTICASTIPADDRESS_TABLE table;
    PMIB_ANYCASTIPADDRESS_TABLE anycast;
    MIB_MULTICASTIPADDRESS_ROW row;
    struct net_group group = { NETIO_ETHERNET, record.local.address };

    (void)state;
    memset(&record, 0, sizeof(record));
    record.kind = NET_RECORD_MULTICAST;
    record.group = group;
    route_script_set(&record);
    assert_int_equal(GetMulticastIpAddressTable(AF_INET, &table), STATUS_SUCCESS);
    assert_int_equal(table->NumEntries, 1);
    assert_memory_equal(&table->Table[0].Address.Ipv4.sin_addr, ip, 4);
    assert_true(table->Table[0].InterfaceLuid.Value == ethernet_luid().Value);
    FreeMibTable(table);
    assert_int_equal(GetMulticastIpAddressTable(AF_INET6, &table), STATUS_NOT_FOUND);
    assert_int_equal(GetAnycastIpAddressTable(AF_UNSPEC, &anycast), STATUS_NOT_FOUND);
    memset(&row, 0, sizeof(row));
    row.InterfaceIndex = NETIO_ETHERNET;
    row.Address = inet(NET_IPV4, ip);
    assert_int_equal(GetMulticastIpAddressEntry(&row), STATUS_SUCCESS);
    assert_true(row.InterfaceLuid.Value == ethernet_luid().Value);
    row.Address = inet(NET_IPV4, other);
    assert_int_equal(GetMulticastIpAddressEntry(&row), STATUS_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCRIPTED(test_table),
        SCRIPTED(test_empty_table),
        SCRIPTED(test_dad_states),
        SCRIPTED(test_scope),
        SCRIPTED(test_entry),
        SCRIPTED(test_create),
        SCRIPTED(test_create_what_is_invalid),
        SCRIPTED(test_set_and_delete),
        SCRIPTED(test_groups),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
