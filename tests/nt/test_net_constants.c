/* SPDX-License-Identifier: MIT */
/* The well-known addresses say what their names say; the module identities are distinct. */
#include <wdm.h>
#include <netiodef.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void assert_ipv4(const IN_ADDR *address, const char *expected)
{
    char text[16];

    RtlIpv4AddressToStringA(address, text);
    assert_string_equal(text, expected);
}

static void assert_ipv6(const IN6_ADDR *address, const char *expected)
{
    char text[46];

    RtlIpv6AddressToStringA(address, text);
    assert_string_equal(text, expected);
}

static void test_addresses(void **state)
{
    (void)state;
    assert_int_equal(scopeid_unspecified.Value, 0);
    assert_ipv4(&in4addr_any, "0.0.0.0");
    assert_ipv4(&in4addr_loopback, "127.0.0.1");
    assert_ipv4(&in4addr_broadcast, "255.255.255.255");
    assert_ipv4(&in4addr_allnodesonlink, "224.0.0.1");
    assert_ipv4(&in4addr_allroutersonlink, "224.0.0.2");
    assert_ipv4(&in4addr_linklocalprefix, "169.254.0.0");
    assert_ipv4(&in4addr_multicastprefix, "224.0.0.0");
    assert_ipv6(&in6addr_any, "::");
    assert_ipv6(&in6addr_loopback, "::1");
    assert_ipv6(&in6addr_allnodesonnode, "ff01::1");
    assert_ipv6(&in6addr_allnodesonlink, "ff02::1");
    assert_ipv6(&in6addr_allroutersonlink, "ff02::2");
    assert_ipv6(&in6addr_linklocalprefix, "fe80::");
    assert_ipv6(&in6addr_multicastprefix, "ff00::");
    assert_ipv6(&in6addr_v4mappedprefix, "::ffff:0:0");
}

static void test_predicates(void **state)
{
    static const IN6_ADDR mapped = {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 1, 2, 3}}};
    IN_ADDR private10 = {{{10, 1, 2, 3}}};

    (void)state;
    assert_true(IN6_IS_ADDR_UNSPECIFIED(&in6addr_any));
    assert_false(IN6_IS_ADDR_LOOPBACK(&in6addr_any));
    assert_true(IN6_IS_ADDR_LOOPBACK(&in6addr_loopback));
    assert_false(IN6_IS_ADDR_V4COMPAT(&in6addr_loopback));
    assert_true(IN6_IS_ADDR_LINKLOCAL(&in6addr_linklocalprefix));
    assert_true(IN6_IS_ADDR_MC_LINKLOCAL(&in6addr_allnodesonlink));
    assert_true(IN6_IS_ADDR_V4MAPPED(&mapped));
    assert_memory_equal(IN6_GET_ADDR_V4MAPPED(&mapped), &private10, sizeof(private10));
    assert_true(IN4_IS_ADDR_RFC1918(&private10));
    assert_true(IN4_IS_ADDR_LOOPBACK(&in4addr_loopback));
    assert_true(IN4_IS_ADDR_MC_LINKLOCAL(&in4addr_allnodesonlink));
    assert_true(IN4_IS_ADDR_LINKLOCAL(&in4addr_linklocalprefix));
    assert_false(IN4_IS_ADDR_MULTICAST(&in4addr_broadcast));
}

static void test_whole_addresses(void **state)
{
    SCOPE_ID scope = {.Value = 5};
    SOCKADDR_INET a, b;

    (void)state;
    IN6ADDR_SETV4MAPPED(&a.Ipv6, &in4addr_loopback, scope, 0x5000);
    assert_int_equal(a.si_family, AF_INET6);
    assert_int_equal(INETADDR_PORT((PSOCKADDR)&a), 0x5000);
    assert_int_equal(INETADDR_SCOPE_ID((PSOCKADDR)&a).Value, 5);
    assert_true(INETADDR_ISV4MAPPED((PSOCKADDR)&a));
    assert_ipv6(&a.Ipv6.sin6_addr, "::ffff:127.0.0.1");
    INETADDR_SETSOCKADDR(AF_INET, (PSOCKADDR)&b, &in4addr_loopback, scope, 0x5000);
    assert_true(INETADDR_ISLOOPBACK((PSOCKADDR)&b));
    assert_false(INETADDR_ISEQUAL((PSOCKADDR)&a, (PSOCKADDR)&b));
    assert_memory_equal(INETADDR_ADDRESS((PSOCKADDR)&b), &in4addr_loopback, 4);
    INETADDR_SETANY((PSOCKADDR)&b);
    assert_int_equal(b.si_family, AF_INET);
    assert_true(INETADDR_ISANY((PSOCKADDR)&b));
}

static void test_module_identities(void **state)
{
    (void)state;
    assert_int_equal(NPI_MS_IPV4_MODULEID.Length, 24);
    assert_int_equal(NPI_MS_IPV6_MODULEID.Guid.Data1, 0xeb004a01);
    assert_true(NmrIsEqualNpiModuleId(&NPI_MS_UDP_MODULEID, &NPI_MS_UDP_MODULEID));
    assert_false(NmrIsEqualNpiModuleId(&NPI_MS_UDP_MODULEID, &NPI_MS_TCP_MODULEID));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_predicates),
        cmocka_unit_test(test_whole_addresses),
        cmocka_unit_test(test_module_identities),
    };

    return cmocka_run_group_tests_name("net_constants", tests, NULL, NULL);
}
