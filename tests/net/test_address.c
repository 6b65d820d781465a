/* SPDX-License-Identifier: MIT */
/* test_address.c - address.c: both directions, and what is not an address. */
#include "address.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct row {
    const char *text;
    enum net_family family;
    bool mapped;
    bool any;
    bool multicast;
};

static const struct row rows[] = {
    { "0.0.0.0", NET_IPV4, false, true, false },
    { "127.0.0.1", NET_IPV4, false, false, false },
    { "223.255.255.255", NET_IPV4, false, false, false },
    { "224.0.0.0", NET_IPV4, false, false, true },
    { "239.255.255.255", NET_IPV4, false, false, true },
    { "240.0.0.0", NET_IPV4, false, false, false },
    { "255.255.255.255", NET_IPV4, false, false, false },
    { "::", NET_IPV6, false, true, false },
    { "::1", NET_IPV6, false, false, false },
    { "fe80::1234", NET_IPV6, false, false, false },
    { "ff02::1", NET_IPV6, false, false, true },
    { "::ffff:0.0.0.0", NET_IPV6, true, true, false },
    { "::ffff:10.1.2.3", NET_IPV6, true, false, false },
    { "::ffff:224.1.2.3", NET_IPV6, true, false, true },
    { "::fffe:10.1.2.3", NET_IPV6, false, false, false },
    { "1::ffff:10.1.2.3", NET_IPV6, false, false, false },
};

static struct net_address parse(const struct row *row)
{
    struct net_address address = { .family = (uint16_t)row->family, .port = htons(5353) };

    assert_int_equal(inet_pton(row->family == NET_IPV4 ? AF_INET : AF_INET6, row->text,
                               address.ip), 1);
    if (row->family == NET_IPV6) {
        address.flow = htonl(0x12345);
        address.scope = 7;
    }
    return address;
}

static void test_properties(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct net_address address = parse(&rows[i]);

        if (net_address_is_mapped(&address) != rows[i].mapped ||
            net_address_is_any(&address) != rows[i].any ||
            net_address_is_multicast(&address) != rows[i].multicast)
            fail_msg("%s", rows[i].text);
    }
}

static void test_round_trip(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct net_address address = parse(&rows[i]), back;
        bool ipv4 = rows[i].family == NET_IPV4;
        union net_sockaddr name;
        socklen_t length;

        memset(&name, 0xee, sizeof(name));
        length = net_address_encode(&address, &name);
        assert_int_equal(length, ipv4 ? 16 : 28);
        assert_int_equal(name.any.sa_family, ipv4 ? AF_INET : AF_INET6);
        assert_int_equal(name.ipv4.sin_port, htons(5353));
        memset(&back, 0xee, sizeof(back));
        assert_true(net_address_decode(&name.any, length, &back));
        assert_memory_equal(&back, &address, sizeof(address));
        /* One byte less is no address. */
        assert_false(net_address_decode(&name.any, length - 1, &back));
        assert_int_equal(back.family, NET_UNSPECIFIED);
    }
}

static void test_ipv4_padding_is_zero(void **state)
{
    struct net_address address = { .family = NET_IPV4, .port = 1, .ip = { 1, 2, 3, 4 } };
    static const uint8_t zero[8];
    union net_sockaddr name;

    (void)state;
    memset(&name, 0xee, sizeof(name));
    net_address_encode(&address, &name);
    assert_memory_equal(name.ipv4.sin_zero, zero, sizeof(zero));
}

static void test_unknown_families(void **state)
{
    struct net_address address = { .family = NET_UNSPECIFIED };
    union net_sockaddr name = { .any.sa_family = AF_UNIX };

    (void)state;
    assert_false(net_address_decode(&name.any, sizeof(name), &address));
    assert_false(net_address_decode(&name.any, 0, &address));
    assert_int_equal(net_address_encode(&address, &name), 0);
    address.family = 5;
    assert_int_equal(net_address_encode(&address, &name), 0);
    assert_true(net_address_is_any(&(struct net_address){ 0 }));
    assert_false(net_address_is_multicast(&(struct net_address){ .ip = { 0xff } }));
}

static void test_mapped_forms(void **state)
{
    struct net_address plain = { .family = NET_IPV4, .port = 9, .ip = { 10, 1, 2, 3 } };
    struct net_address six = { .family = NET_IPV6, .port = 9, .scope = 3, .ip = { 0xfe, 0x80 } };
    struct net_address mapped = net_address_mapped(&plain), back = net_address_unmapped(&mapped);

    (void)state;
    assert_int_equal(mapped.family, NET_IPV6);
    assert_true(net_address_is_mapped(&mapped));
    assert_memory_equal(&back, &plain, sizeof(plain));
    back = net_address_mapped(&six);
    assert_memory_equal(&back, &six, sizeof(six));
    back = net_address_unmapped(&six);
    assert_memory_equal(&back, &six, sizeof(six));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_properties),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_ipv4_padding_is_zero),
        cmocka_unit_test(test_unknown_families),
        cmocka_unit_test(test_mapped_forms),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
