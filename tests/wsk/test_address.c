/* SPDX-License-Identifier: MIT */
/* test_address.c - socket addresses become the engine's and back. */
#include "translate.h"

#include <ws2ipdef.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t ip6[16] = { 0x20, 1, 0x0d, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 };

static SOCKADDR_IN windows4(void)
{
    SOCKADDR_IN address;

    memset(&address, 0, sizeof(address));
    address.sin_family = AF_INET;
    address.sin_port = 0x3412;
    memcpy(&address.sin_addr, "\xc0\0\2\1", 4);
    return address;
}

static SOCKADDR_IN6 windows6(void)
{
    SOCKADDR_IN6 address;

    memset(&address, 0, sizeof(address));
    address.sin6_family = AF_INET6;
    address.sin6_port = 0x7856;
    address.sin6_flowinfo = 0x01020304;
    address.sin6_scope_id = 17;
    memcpy(&address.sin6_addr, ip6, sizeof(ip6));
    return address;
}

/* --- From ------------------------------------------------------------------------------------ */

static void test_from_ipv4(void **state)
{
    static const uint8_t expected[16] = { 192, 0, 2, 1 };
    SOCKADDR_IN address = windows4();
    struct net_address to;

    (void)state;
    /* Drivers leave anything in the padding. */
    memset(address.sin_zero, 0xff, sizeof(address.sin_zero));
    memset(&to, 0xcc, sizeof(to));
    assert_true(wsk_address_from(NET_IPV4, (const SOCKADDR *)&address, &to));
    assert_int_equal(to.family, NET_IPV4);
    assert_int_equal(to.port, 0x3412);
    assert_int_equal(to.flow, 0);
    assert_int_equal(to.scope, 0);
    assert_memory_equal(to.ip, expected, 16);
}

static void test_from_ipv6(void **state)
{
    SOCKADDR_IN6 address = windows6();
    struct net_address to;

    (void)state;
    memset(&to, 0xcc, sizeof(to));
    assert_true(wsk_address_from(NET_IPV6, (const SOCKADDR *)&address, &to));
    assert_int_equal(to.family, NET_IPV6);
    assert_int_equal(to.port, 0x7856);
    assert_int_equal(to.flow, 0x01020304);
    assert_int_equal(to.scope, 17);
    assert_memory_equal(to.ip, ip6, 16);
}

static void test_from_other_family(void **state)
{
    /* 10 is AF_INET6 on the host, 23 is Windows'. */
    static const struct {
        enum net_family family;
        ADDRESS_FAMILY given;
        bool accepted;
    } rows[] = {
        { NET_IPV4, AF_INET, true },    { NET_IPV4, AF_INET6, false },
        { NET_IPV6, AF_INET6, true },   { NET_IPV6, AF_INET, false },
        { NET_IPV4, AF_UNSPEC, false }, { NET_IPV6, AF_UNSPEC, false },
        { NET_IPV6, 10, false },        { NET_IPV4, 0xffff, false },
    };

    (void)state;
    for (size_t i = 0; i < RTL_NUMBER_OF(rows); i++) {
        SOCKADDR_INET address;
        struct net_address to;

        memset(&address, 0, sizeof(address));
        address.si_family = rows[i].given;
        if (wsk_address_from(rows[i].family, (const SOCKADDR *)&address, &to) != rows[i].accepted)
            fail_msg("row %zu", i);
    }
}

/* BIND-02: 16 or 28 bytes are read, no more. The sanitizer guards the end of the block. */
static void test_reads_no_more_than_the_family_has(void **state)
{
    SOCKADDR_IN v4 = windows4();
    SOCKADDR_IN6 v6 = windows6();
    SOCKADDR *exact4 = malloc(16);
    SOCKADDR *exact6 = malloc(28);
    struct net_address to;

    (void)state;
    memcpy(exact4, &v4, 16);
    memcpy(exact6, &v6, 28);
    assert_true(wsk_address_from(NET_IPV4, exact4, &to));
    assert_true(wsk_address_from(NET_IPV6, exact6, &to));
    /* The family decides before anything behind it is read. */
    assert_false(wsk_address_from(NET_IPV6, exact4, &to));
    free(exact4);
    free(exact6);
}

static void test_any_alignment(void **state)
{
    SOCKADDR_IN v4 = windows4();
    SOCKADDR_IN6 v6 = windows6();
    char memory[64];

    (void)state;
    for (int shift = 0; shift < 8; shift++) {
        struct net_address aligned, to;

        memcpy(memory + shift, &v4, sizeof(v4));
        wsk_address_from(NET_IPV4, (const SOCKADDR *)&v4, &aligned);
        assert_true(wsk_address_from(NET_IPV4, (const SOCKADDR *)(void *)(memory + shift), &to));
        assert_memory_equal(&to, &aligned, sizeof(to));
        memcpy(memory + shift, &v6, sizeof(v6));
        wsk_address_from(NET_IPV6, (const SOCKADDR *)&v6, &aligned);
        assert_true(wsk_address_from(NET_IPV6, (const SOCKADDR *)(void *)(memory + shift), &to));
        assert_memory_equal(&to, &aligned, sizeof(to));
    }
}

/* --- To -------------------------------------------------------------------------------------- */

static void expect_written(const struct net_address *from, enum net_family family,
                           const void *expected, size_t size)
{
    unsigned char memory[64];

    for (size_t shift = 0; shift < 8; shift++) {
        memset(memory, 0xcc, sizeof(memory));
        wsk_address_to(family, from, (SOCKADDR *)(void *)(memory + shift));
        assert_memory_equal(memory + shift, expected, size);
        for (size_t i = 0; i < shift; i++)
            assert_int_equal(memory[i], 0xcc);
        for (size_t i = shift + size; i < sizeof(memory); i++)
            assert_int_equal(memory[i], 0xcc);
    }
}

static void test_to_writes_exactly_the_family(void **state)
{
    SOCKADDR_IN v4 = windows4();
    SOCKADDR_IN6 v6 = windows6();
    struct net_address from;

    (void)state;
    assert_true(wsk_address_from(NET_IPV4, (const SOCKADDR *)&v4, &from));
    expect_written(&from, NET_IPV4, &v4, 16);
    assert_true(wsk_address_from(NET_IPV6, (const SOCKADDR *)&v6, &from));
    expect_written(&from, NET_IPV6, &v6, 28);
}

static void test_round_trip(void **state)
{
    uint64_t seed = 1;

    (void)state;
    for (int i = 0; i < 10000; i++) {
        enum net_family family = i & 1 ? NET_IPV6 : NET_IPV4;
        struct net_address from, back;
        SOCKADDR_INET windows;

        memset(&from, 0, sizeof(from));
        from.family = (uint16_t)family;
        for (size_t b = 0; b < (family == NET_IPV6 ? 16u : 4u); b++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            from.ip[b] = (uint8_t)(seed >> 56);
        }
        from.port = (uint16_t)(seed >> 16);
        if (family == NET_IPV6) {
            from.flow = (uint32_t)(seed >> 24);
            from.scope = (uint32_t)(seed >> 32);
        }
        wsk_address_to(family, &from, (SOCKADDR *)&windows);
        assert_true(wsk_address_from(family, (const SOCKADDR *)&windows, &back));
        assert_memory_equal(&from, &back, sizeof(from));
    }
}

static void test_size(void **state)
{
    (void)state;
    assert_int_equal(wsk_address_size(NET_IPV4), 16);
    assert_int_equal(wsk_address_size(NET_IPV6), 28);
}

/* --- Equal ----------------------------------------------------------------------------------- */

static struct net_address address6(uint16_t port, uint32_t scope, uint32_t flow, uint8_t last)
{
    struct net_address address = { .family = NET_IPV6, .port = port, .flow = flow, .scope = scope };

    memcpy(address.ip, ip6, 16);
    address.ip[15] = last;
    return address;
}

static void test_equal(void **state)
{
    const struct net_address base = address6(5, 2, 0, 1);
    const struct {
        struct net_address other;
        bool equal;
    } rows[] = {
        { address6(5, 2, 0, 1), true },
        { address6(6, 2, 0, 1), false },
        { address6(5, 3, 0, 1), false },
        { address6(5, 0, 0, 1), true }, /* any link */
        { address6(5, 2, 9, 1), true }, /* flow information identifies nobody */
        { address6(5, 2, 0, 2), false },
    };
    struct net_address ipv4 = base;

    (void)state;
    for (size_t i = 0; i < RTL_NUMBER_OF(rows); i++) {
        if (wsk_address_equal(&base, &rows[i].other) != rows[i].equal ||
            wsk_address_equal(&rows[i].other, &base) != rows[i].equal)
            fail_msg("row %zu", i);
    }
    ipv4.family = NET_IPV4;
    assert_false(wsk_address_equal(&base, &ipv4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_from_ipv4),
        cmocka_unit_test(test_from_ipv6),
        cmocka_unit_test(test_from_other_family),
        cmocka_unit_test(test_reads_no_more_than_the_family_has),
        cmocka_unit_test(test_any_alignment),
        cmocka_unit_test(test_to_writes_exactly_the_family),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_size),
        cmocka_unit_test(test_equal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
