/* SPDX-License-Identifier: MIT */
/*
 * The real host: loopback as every machine has it, and a namespace that changes under the driver's
 * eyes.
 */
#include "netio_test.h"

#define WAIT_NS (60 * OS_NS_PER_S)

static NET_LUID luid_of(const WCHAR *alias)
{
    NET_LUID luid;

    assert_int_equal(ConvertInterfaceAliasToLuid(alias, &luid), STATUS_SUCCESS);
    return luid;
}

static void test_loopback(void **state)
{
    MIB_IF_ROW2 row;
    MIB_IPINTERFACE_ROW ip;

    (void)state;
    memset(&row, 0, sizeof(row));
    row.InterfaceLuid = luid_of(L"lo");
    assert_int_equal(GetIfEntry2(&row), STATUS_SUCCESS);
    assert_int_equal(row.Type, IF_TYPE_SOFTWARE_LOOPBACK);
    assert_int_equal(row.OperStatus, IfOperStatusUp);
    assert_int_equal(row.Mtu, 65536);
    InitializeIpInterfaceEntry(&ip);
    ip.Family = AF_INET;
    ip.InterfaceLuid = row.InterfaceLuid;
    assert_int_equal(GetIpInterfaceEntry(&ip), STATUS_SUCCESS);
    assert_int_equal(ip.InterfaceIndex, row.InterfaceIndex);
    assert_true(ip.Connected);
}

static void test_loopback_address_and_route(void **state)
{
    MIB_UNICASTIPADDRESS_ROW row;
    MIB_IPFORWARD_ROW2 route;
    SOCKADDR_INET to = inet(NET_IPV4, netio_loopback4), source;

    (void)state;
    InitializeUnicastIpAddressEntry(&row);
    row.Address = to;
    row.InterfaceLuid = luid_of(L"lo");
    assert_int_equal(GetUnicastIpAddressEntry(&row), STATUS_SUCCESS);
    assert_int_equal(row.OnLinkPrefixLength, 8);
    assert_int_equal(row.DadState, IpDadStatePreferred);
    assert_true(row.CreationTimeStamp.QuadPart > 0);
    assert_int_equal(GetBestRoute2(NULL, 0, NULL, &to, 0, &route, &source), STATUS_SUCCESS);
    assert_true(route.InterfaceLuid.Value == row.InterfaceLuid.Value);
    assert_true(route.Loopback);
    assert_memory_equal(&source.Ipv4.sin_addr, netio_loopback4, 4);
}

/*
 * What a tunnel driver does: give itself an address and a route, find its way, and take both back.
 */
static void test_configure_an_interface(void **state)
{
    static const uint8_t own[] = { 192, 0, 2, 1 }, remote[] = { 198, 51, 100, 0 };
    static const uint8_t target[] = { 198, 51, 100, 20 };
    SOCKADDR_INET to = inet(NET_IPV4, target), source;
    MIB_UNICASTIPADDRESS_ROW address;
    MIB_IPFORWARD_ROW2 route, best;

    (void)state;
    interfaces_add("t0");
    interfaces_up("t0");
    InitializeUnicastIpAddressEntry(&address);
    address.InterfaceLuid = luid_of(L"t0");
    address.Address = inet(NET_IPV4, own);
    address.OnLinkPrefixLength = 24;
    assert_int_equal(CreateUnicastIpAddressEntry(&address), STATUS_SUCCESS);
    assert_int_equal(CreateUnicastIpAddressEntry(&address), STATUS_DUPLICATE_OBJECTID);
    InitializeIpForwardEntry(&route);
    route.InterfaceLuid = address.InterfaceLuid;
    route.DestinationPrefix.Prefix = inet(NET_IPV4, remote);
    route.DestinationPrefix.PrefixLength = 24;
    route.NextHop.si_family = AF_INET;
    route.Metric = 3;
    assert_int_equal(CreateIpForwardEntry2(&route), STATUS_SUCCESS);
    assert_int_equal(CreateIpForwardEntry2(&route), STATUS_DUPLICATE_OBJECTID);
    assert_int_equal(GetBestRoute2(NULL, 0, NULL, &to, 0, &best, &source), STATUS_SUCCESS);
    assert_true(best.InterfaceLuid.Value == address.InterfaceLuid.Value);
    assert_int_equal(best.DestinationPrefix.PrefixLength, 24);
    assert_memory_equal(&source.Ipv4.sin_addr, own, 4);
    route.Metric = 8;
    assert_int_equal(SetIpForwardEntry2(&route), STATUS_SUCCESS);
    best = route;
    best.Metric = 0;
    assert_int_equal(GetIpForwardEntry2(&best), STATUS_SUCCESS);
    assert_int_equal(best.Metric, 8);
    assert_int_equal(DeleteIpForwardEntry2(&route), STATUS_SUCCESS);
    assert_int_equal(GetIpForwardEntry2(&route), STATUS_NOT_FOUND);
    assert_int_equal(DeleteUnicastIpAddressEntry(&address), STATUS_SUCCESS);
    assert_int_equal(GetUnicastIpAddressEntry(&address), STATUS_NOT_FOUND);
    interfaces_remove("t0");
}

struct seen {
    _Atomic uint32_t added, removed;
    uint64_t luid;
};

static VOID NTAPI on_unicast(PVOID context, PMIB_UNICASTIPADDRESS_ROW row,
                             MIB_NOTIFICATION_TYPE type)
{
    struct seen *seen = context;
    _Atomic uint32_t *flag = type == MibAddInstance ? &seen->added : &seen->removed;

    if (row->InterfaceLuid.Value != seen->luid || type == MibParameterNotification)
        return;
    atomic_fetch_add(flag, 1);
    os_wake_all(flag);
}

static void await(_Atomic uint32_t *flag)
{
    uint64_t deadline = os_clock_ns() + WAIT_NS;

    while (!atomic_load(flag)) {
        if (!os_wait(flag, 0, deadline))
            fail_msg("nothing was heard");
    }
}

static void test_an_address_comes_and_goes(void **state)
{
    struct seen seen = { 0 };
    HANDLE handle;

    (void)state;
    interfaces_add("t0");
    interfaces_up("t0");
    seen.luid = luid_of(L"t0").Value;
    assert_int_equal(NotifyUnicastIpAddressChange(AF_INET, on_unicast, &seen, FALSE, &handle),
                     STATUS_SUCCESS);
    interfaces_add_ipv4("t0", "192.0.2.1", 24);
    await(&seen.added);
    interfaces_remove_ipv4("t0");
    await(&seen.removed);
    assert_int_equal(CancelMibChangeNotify2(handle), STATUS_SUCCESS);
    interfaces_remove("t0");
}

/*
 * A LUID is not used again for another interface, as an index never is before the count is through.
 */
static void test_a_luid_is_not_reused(void **state)
{
    NET_LUID first, second;
    NET_IFINDEX index;

    (void)state;
    interfaces_add("t0");
    first = luid_of(L"t0");
    interfaces_remove("t0");
    assert_int_equal(ConvertInterfaceLuidToIndex(&first, &index), STATUS_INVALID_PARAMETER);
    interfaces_add("t0");
    second = luid_of(L"t0");
    assert_true(first.Value != second.Value);
    interfaces_remove("t0");
}

/* Last: the rights do not come back. */
static void test_without_the_right(void **state)
{
    static const uint8_t own[] = { 127, 0, 0, 77 };
    MIB_UNICASTIPADDRESS_ROW address;
    PMIB_IF_TABLE2 table;

    (void)state;
    interfaces_drop_rights();
    InitializeUnicastIpAddressEntry(&address);
    address.InterfaceLuid = luid_of(L"lo");
    address.Address = inet(NET_IPV4, own);
    assert_int_equal(CreateUnicastIpAddressEntry(&address), STATUS_ACCESS_DENIED);
    assert_int_equal(GetIfTable2(&table), STATUS_SUCCESS);
    FreeMibTable(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        REAL(test_loopback),
        REAL(test_loopback_address_and_route),
        REAL(test_configure_an_interface),
        REAL(test_an_address_comes_and_goes),
        REAL(test_a_luid_is_not_reused),
        REAL(test_without_the_right),
    };

    if (!interfaces_own())
        return INTERFACES_SKIP;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
