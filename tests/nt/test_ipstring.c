/* SPDX-License-Identifier: MIT */
/* IP addresses to text and back. Each case runs through the narrow and the wide function. */
#include <wdm.h>
#include <ip2string.h>
#include <ws2ipdef.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define BAD STATUS_INVALID_PARAMETER
#define UNTOUCHED 0xabababab
#define NOWHERE (-1)

static const WCHAR *widen(const char *text)
{
    static WCHAR wide[128];
    size_t i = 0;

    do
        wide[i] = (unsigned char)text[i];
    while (text[i++] != 0);
    return wide;
}

static ULONG ipv4(unsigned a, unsigned b, unsigned c, unsigned d)
{
    return a | b << 8 | c << 16 | d << 24;
}

static void assert_text(const char *text, const char *expected)
{
    assert_string_equal(text, expected);
}

static void assert_wide_text(const WCHAR *text, const char *expected)
{
    size_t i = 0;

    for (; expected[i] != 0; i++)
        assert_int_equal(text[i], (unsigned char)expected[i]);
    assert_int_equal(text[i], 0);
}

/* --- IPv4 from text -------------------------------------------------------------------------- */

struct ipv4_case {
    const char *text;
    NTSTATUS status;
    int end;
    ULONG a, b, c, d;
};

static void check_ipv4(const struct ipv4_case *c, BOOLEAN strict)
{
    ULONG expected = c->status == BAD ? UNTOUCHED : ipv4(c->a, c->b, c->c, c->d);
    const WCHAR *wide = widen(c->text), *wide_end;
    const char *end;
    IN_ADDR address = {.s_addr = UNTOUCHED};

    assert_int_equal(RtlIpv4StringToAddressA(c->text, strict, &end, &address), c->status);
    assert_int_equal(end - c->text, c->end);
    assert_int_equal(address.s_addr, expected);
    address.s_addr = UNTOUCHED;
    assert_int_equal(RtlIpv4StringToAddressW(wide, strict, &wide_end, &address), c->status);
    assert_int_equal(wide_end - wide, c->end);
    assert_int_equal(address.s_addr, expected);
}

static void test_ipv4_either_way(void **state)
{
    static const struct ipv4_case cases[] = {
        {"1.2.3.4", 0, 7, 1, 2, 3, 4},
        {"0.0.0.0", 0, 7, 0, 0, 0, 0},
        {"255.255.255.255", 0, 15, 255, 255, 255, 255},
        {"10.0.0.1:80", 0, 8, 10, 0, 0, 1},
        {"10.0.0.1 ", 0, 8, 10, 0, 0, 1},
        {"10.0.0.0a", 0, 8, 10, 0, 0, 0},
        {"", BAD, 0, 0, 0, 0, 0},
        {" 1.2.3.4", BAD, 0, 0, 0, 0, 0},
        {"x", BAD, 0, 0, 0, 0, 0},
        {"-1.2.3.4", BAD, 0, 0, 0, 0, 0},
        {".1.2.3", BAD, 1, 0, 0, 0, 0},
        {"1.", BAD, 2, 0, 0, 0, 0},
        {"1..2", BAD, 3, 0, 0, 0, 0},
        {"1. 2.3.4", BAD, 2, 0, 0, 0, 0},
        {"1.2.3.", BAD, 6, 0, 0, 0, 0},
        {"1.2.3.4.5", BAD, 7, 0, 0, 0, 0},
        {"1.2.3.4.", BAD, 7, 0, 0, 0, 0},
        {"1.2.3.256", BAD, 9, 0, 0, 0, 0},
        {"256.2.3.4", BAD, 9, 0, 0, 0, 0},
        {"1.2.3.08", BAD, 7, 0, 0, 0, 0},
        {"1.2.3.0x", BAD, 8, 0, 0, 0, 0},
        {"1.2.3.4294967295", BAD, 16, 0, 0, 0, 0},
        {"1.2.3.4294967296", BAD, 15, 0, 0, 0, 0},
        {"::1", BAD, 0, 0, 0, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        check_ipv4(&cases[i], FALSE);
        check_ipv4(&cases[i], TRUE);
    }
}

static void test_ipv4_lenient(void **state)
{
    static const struct ipv4_case cases[] = {
        {"1", 0, 1, 0, 0, 0, 1},
        {"3232235777", 0, 10, 192, 168, 1, 1},
        {"127.1", 0, 5, 127, 0, 0, 1},
        {"10.65535", 0, 8, 10, 0, 255, 255},
        {"1.16777215", 0, 10, 1, 255, 255, 255},
        {"1.16777216", BAD, 10, 0, 0, 0, 0},
        {"1.2.772", 0, 7, 1, 2, 3, 4},
        {"1.2.65536", BAD, 9, 0, 0, 0, 0},
        {"0x7f.0.0.1", 0, 10, 127, 0, 0, 1},
        {"0X7F000001", 0, 10, 127, 0, 0, 1},
        {"0177.0.0.01", 0, 11, 127, 0, 0, 1},
        {"017700000001", 0, 12, 127, 0, 0, 1},
        {"1.2.3.00", 0, 8, 1, 2, 3, 0},
        {"1.2.3.008", 0, 8, 1, 2, 3, 0},
        {"1.2.3.0x100", BAD, 11, 0, 0, 0, 0},
        {"1.2.3.0x100000000", BAD, 16, 0, 0, 0, 0},
        /* an overflow that leaves a larger number goes unnoticed */
        {"0x123456789", 0, 11, 0x23, 0x45, 0x67, 0x89},
        {"1234BEEF", 0, 4, 0, 0, 4, 210},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        check_ipv4(&cases[i], FALSE);
}

static void test_ipv4_strict_refuses(void **state)
{
    static const struct ipv4_case cases[] = {
        {"1", BAD, 1, 0, 0, 0, 0},          {"127.1", BAD, 5, 0, 0, 0, 0},
        {"1.2.3", BAD, 5, 0, 0, 0, 0},      {"1.2.3.010", BAD, 7, 0, 0, 0, 0},
        {"1.2.3.00", BAD, 7, 0, 0, 0, 0},   {"0177.0.0.1", BAD, 1, 0, 0, 0, 0},
        {"1.2.3.0xaa", BAD, 8, 0, 0, 0, 0}, {"0x7f.0.0.1", BAD, 2, 0, 0, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        check_ipv4(&cases[i], TRUE);
}

static void test_wide_digits_are_ascii(void **state)
{
    static const WCHAR text[] = {0x0131, '.', '2', '.', '3', '.', '4', 0};
    const WCHAR *end;
    IN_ADDR address;

    (void)state;
    assert_int_equal(RtlIpv4StringToAddressW(text, TRUE, &end, &address), BAD);
    assert_ptr_equal(end, text);
}

static void test_ipv4_with_port(void **state)
{
    static const struct {
        const char *text;
        NTSTATUS status;
        USHORT port;
    } cases[] = {
        {"1.2.3.4", 0, 0},          {"1.2.3.4:1", 0, 1},         {"1.2.3.4:65535", 0, 65535},
        {"1.2.3.4:0xFfFf", 0, 65535}, {"1.2.3.4:0120", 0, 80},   {"1.2.3.4:0", BAD, 0},
        {"1.2.3.4:", BAD, 0},       {"1.2.3.4:65536", BAD, 0},   {"1.2.3.4:99999999999", BAD, 0},
        {"1.2.3.4:80x", BAD, 0},    {"1.2.3.4: 80", BAD, 0},     {"1.2.3.4:-80", BAD, 0},
        {"1.2.3.4+", BAD, 0},       {"1.2.3.4 ", BAD, 0},        {"1.2.3.4:080", BAD, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        USHORT expected = cases[i].status == BAD ? 0xdead : RtlUshortByteSwap(cases[i].port);
        USHORT port = 0xdead, wide_port = 0xdead;
        IN_ADDR address = {.s_addr = UNTOUCHED}, wide = {.s_addr = UNTOUCHED};

        assert_int_equal(RtlIpv4StringToAddressExA(cases[i].text, TRUE, &address, &port),
                         cases[i].status);
        assert_int_equal(RtlIpv4StringToAddressExW(widen(cases[i].text), TRUE, &wide, &wide_port),
                         cases[i].status);
        assert_int_equal(port, expected);
        assert_int_equal(wide_port, expected);
        assert_int_equal(address.s_addr, ipv4(1, 2, 3, 4));
        assert_int_equal(wide.s_addr, address.s_addr);
    }
}

static void test_ipv4_ex_refuses_null(void **state)
{
    IN_ADDR address = {.s_addr = UNTOUCHED};
    USHORT port = 0xdead;

    (void)state;
    assert_int_equal(RtlIpv4StringToAddressExA(NULL, FALSE, &address, &port), BAD);
    assert_int_equal(RtlIpv4StringToAddressExA("1.2.3.4", FALSE, NULL, &port), BAD);
    assert_int_equal(RtlIpv4StringToAddressExA("1.2.3.4", FALSE, &address, NULL), BAD);
    assert_int_equal(RtlIpv4StringToAddressExW(NULL, FALSE, &address, &port), BAD);
    assert_int_equal(address.s_addr, UNTOUCHED);
    assert_int_equal(port, 0xdead);
}

/* --- IPv6 from text -------------------------------------------------------------------------- */

struct ipv6_case {
    const char *text;
    NTSTATUS status;
    int end;
    USHORT words[8];
};

static void make_ipv6(IN6_ADDR *address, const USHORT words[8])
{
    for (size_t i = 0; i < 8; i++) {
        address->u.Byte[2 * i] = (UCHAR)(words[i] >> 8);
        address->u.Byte[2 * i + 1] = (UCHAR)words[i];
    }
}

static void check_ipv6(const struct ipv6_case *c)
{
    const WCHAR *wide = widen(c->text), *wide_end = NULL;
    const char *end = NULL;
    IN6_ADDR expected, address, wide_address;

    make_ipv6(&expected, c->words);
    assert_int_equal(RtlIpv6StringToAddressA(c->text, &end, &address), c->status);
    assert_int_equal(RtlIpv6StringToAddressW(wide, &wide_end, &wide_address), c->status);
    assert_int_equal(end == NULL ? NOWHERE : end - c->text, c->end);
    assert_int_equal(wide_end == NULL ? NOWHERE : wide_end - wide, c->end);
    if (c->status == STATUS_SUCCESS) {
        assert_memory_equal(&address, &expected, sizeof(expected));
        assert_memory_equal(&wide_address, &expected, sizeof(expected));
    }
}

static void test_ipv6_accepted(void **state)
{
    static const struct ipv6_case cases[] = {
        {"::", 0, 2, {0}},
        {"::1", 0, 3, {0, 0, 0, 0, 0, 0, 0, 1}},
        {"1::", 0, 3, {1}},
        {"1:2:3:4:5:6:7:8", 0, 15, {1, 2, 3, 4, 5, 6, 7, 8}},
        {"2001:db8:85A3::8a2E:370:7334", 0, 28,
         {0x2001, 0xdb8, 0x85a3, 0, 0, 0x8a2e, 0x370, 0x7334}},
        {"0001:0002::0008", 0, 15, {1, 2, 0, 0, 0, 0, 0, 8}},
        /* a double colon may stand for a single word, also at either end */
        {"1:2:3:4:5:6:7::", 0, 15, {1, 2, 3, 4, 5, 6, 7, 0}},
        {"::2:3:4:5:6:7:8", 0, 15, {0, 2, 3, 4, 5, 6, 7, 8}},
        {"1:2:3::5:6:7:8", 0, 14, {1, 2, 3, 0, 5, 6, 7, 8}},
        {"::1.2.3.4", 0, 9, {0, 0, 0, 0, 0, 0, 0x102, 0x304}},
        {"::ffff:129.144.52.38", 0, 20, {0, 0, 0, 0, 0, 0xffff, 0x8190, 0x3426}},
        {"1:2:3:4:5:6:7.8.9.10", 0, 20, {1, 2, 3, 4, 5, 6, 0x708, 0x90a}},
        {"1::001.002.3.4", 0, 14, {1, 0, 0, 0, 0, 0, 0x102, 0x304}},
        /* what follows a complete address is not judged */
        {"::%16", 0, 2, {0}},
        {"::/16", 0, 2, {0}},
        {"::-1", 0, 2, {0}},
        {"::.", 0, 2, {0}},
        {"1:2:3:4:5:6:7:8:9", 0, 15, {1, 2, 3, 4, 5, 6, 7, 8}},
        {"1:2:3:4:5:6:7:8 x", 0, 15, {1, 2, 3, 4, 5, 6, 7, 8}},
        {"1::2::3", 0, 4, {1, 0, 0, 0, 0, 0, 0, 2}},
        {"1:2:::", 0, 5, {1, 2}},
        {"1:2:3:4:5:6::7:8", 0, 14, {1, 2, 3, 4, 5, 6, 0, 7}},
        {"1:2:3:4:5:6:7:1.2.3.4", 0, 15, {1, 2, 3, 4, 5, 6, 7, 1}},
        {"1::1a.2.3.4", 0, 5, {1, 0, 0, 0, 0, 0, 0, 0x1a}},
        {"1::1.2.3.4::1", 0, 10, {1, 0, 0, 0, 0, 0, 0x102, 0x304}},
        {"1:2:3:4:5::0X", 0, 12, {1, 2, 3, 4, 5, 0, 0, 0}},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        check_ipv6(&cases[i]);
}

static void test_ipv6_refused(void **state)
{
    static const struct ipv6_case cases[] = {
        {"", BAD, 0, {0}},
        {":", BAD, 0, {0}},
        {":1::", BAD, 0, {0}},
        {" ::", BAD, 0, {0}},
        {"[::]", BAD, 0, {0}},
        {"g::", BAD, 0, {0}},
        {"1234", BAD, 4, {0}},
        {"0x1::", BAD, 1, {0}},
        {"1:2:", BAD, 4, {0}},
        {"1:2:3", BAD, 5, {0}},
        {"1::2:", BAD, 5, {0}},
        {"1:2: 3::", BAD, 4, {0}},
        {"::12345", BAD, 7, {0}},
        {"::123456789", BAD, 11, {0}},
        {"1:2:3:4:5:6:7:12345:", BAD, 19, {0}},
        {"1.2.3.4", BAD, 7, {0}},
        {"1:2:1.2.3.4", BAD, 11, {0}},
        {"1::1.", BAD, 5, {0}},
        {"1::1.2", BAD, 6, {0}},
        {"1::1.2.3", BAD, 8, {0}},
        {"1::1.2.3.", BAD, 9, {0}},
        {"1::1.2.3.256", BAD, 12, {0}},
        {"1::1.2.3.300.", BAD, 12, {0}},
        {"1::1.2a.3.4", BAD, 6, {0}},
        {"1::1.256:3.4", BAD, 8, {0}},
        /* faults that an address goes on behind leave the terminator alone */
        {"12345::6", BAD, NOWHERE, {0}},
        {"1:00002:3::", BAD, NOWHERE, {0}},
        {"1::256.2.3.4", BAD, NOWHERE, {0}},
        {"1::1.2.256.4", BAD, NOWHERE, {0}},
        {"1::0001.2.3.4", BAD, NOWHERE, {0}},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        check_ipv6(&cases[i]);
}

static void test_ipv6_with_scope_and_port(void **state)
{
    static const struct {
        const char *text;
        NTSTATUS status;
        ULONG scope;
        USHORT port;
    } cases[] = {
        {"fe80::1", 0, 0, 0},
        {"fe80::1%7", 0, 7, 0},
        {"fe80::1%4294967295", 0, 0xffffffff, 0},
        {"[fe80::1]", 0, 0, 0},
        {"[fe80::1%0]", 0, 0, 0},
        {"[fe80::1]:8080", 0, 0, 8080},
        {"[fe80::1%16]:0x50", 0, 16, 80},
        {"[fe80::1%16]:0120", 0, 16, 80},
        {"fe80::1%", BAD, 0, 0},
        {"fe80::1%x", BAD, 0, 0},
        {"fe80::1%-1", BAD, 0, 0},
        {"fe80::1%4294967296", BAD, 0, 0},
        {"fe80::1%0x10", BAD, 0, 0},
        {"fe80::1/64", BAD, 0, 0},
        {"fe80::1]", BAD, 0, 0},
        {"[fe80::1", BAD, 0, 0},
        {"[fe80::1%1", BAD, 0, 0},
        {"[fe80::1 ]:80", BAD, 0, 0},
        {"[fe80::1].80", BAD, 0, 0},
        {"[fe80::1]:", BAD, 0, 0},
        {"[fe80::1]:0", BAD, 0, 0},
        {"[fe80::1]:080", BAD, 0, 0},
        {"[fe80::1]:80 ", BAD, 0, 0},
        {"[fe80::1]:65536", BAD, 0, 0},
        {"[fe80::1]:800000000080", BAD, 0, 0},
        {"[[fe80::1]]", BAD, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        ULONG expected_scope = cases[i].status == BAD ? 0xbadf00d : cases[i].scope;
        USHORT expected_port = cases[i].status == BAD ? 0xdead : RtlUshortByteSwap(cases[i].port);
        ULONG scope = 0xbadf00d, wide_scope = 0xbadf00d;
        USHORT port = 0xdead, wide_port = 0xdead;
        IN6_ADDR address;

        assert_int_equal(RtlIpv6StringToAddressExA(cases[i].text, &address, &scope, &port),
                         cases[i].status);
        assert_int_equal(
            RtlIpv6StringToAddressExW(widen(cases[i].text), &address, &wide_scope, &wide_port),
            cases[i].status);
        assert_int_equal(scope, expected_scope);
        assert_int_equal(wide_scope, expected_scope);
        assert_int_equal(port, expected_port);
        assert_int_equal(wide_port, expected_port);
    }
}

static void test_ipv6_ex_refuses_null(void **state)
{
    IN6_ADDR address;
    ULONG scope = 0xbadf00d;
    USHORT port = 0xdead;

    (void)state;
    assert_int_equal(RtlIpv6StringToAddressExA(NULL, &address, &scope, &port), BAD);
    assert_int_equal(RtlIpv6StringToAddressExA("::", NULL, &scope, &port), BAD);
    assert_int_equal(RtlIpv6StringToAddressExA("::", &address, NULL, &port), BAD);
    assert_int_equal(RtlIpv6StringToAddressExA("::", &address, &scope, NULL), BAD);
    assert_int_equal(scope, 0xbadf00d);
    assert_int_equal(port, 0xdead);
}

/* --- To text --------------------------------------------------------------------------------- */

static void test_ipv4_to_text(void **state)
{
    IN_ADDR address = {.s_addr = ipv4(192, 0, 2, 255)};
    char text[16];
    WCHAR wide[16];

    (void)state;
    assert_ptr_equal(RtlIpv4AddressToStringA(&address, text), text + 11);
    assert_text(text, "192.0.2.255");
    assert_ptr_equal(RtlIpv4AddressToStringW(&address, wide), wide + 11);
    assert_wide_text(wide, "192.0.2.255");
}

static void test_ipv6_to_text(void **state)
{
    static const struct {
        const char *text;
        USHORT words[8];
    } cases[] = {
        {"::", {0}},
        {"::1", {0, 0, 0, 0, 0, 0, 0, 1}},
        {"1::", {1}},
        {"1:2:3:4:5:6:7:8", {1, 2, 3, 4, 5, 6, 7, 8}},
        {"2001:db8::1428:57ab", {0x2001, 0xdb8, 0, 0, 0, 0, 0x1428, 0x57ab}},
        /* one zero word is no gap; of equal gaps the first one; else the longest */
        {"1:0:3:4:5:6:7:8", {1, 0, 3, 4, 5, 6, 7, 8}},
        {"1:2:3:4:5:6:7:0", {1, 2, 3, 4, 5, 6, 7, 0}},
        {"1::4:5:0:0:8", {1, 0, 0, 4, 5, 0, 0, 8}},
        {"1:0:0:4::8", {1, 0, 0, 4, 0, 0, 0, 8}},
        {"1:2:3:4:5:6::", {1, 2, 3, 4, 5, 6, 0, 0}},
        {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
         {0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff}},
        /* dotted tails */
        {"::13.1.68.3", {0, 0, 0, 0, 0, 0, 0xd01, 0x4403}},
        {"::0.1.0.0", {0, 0, 0, 0, 0, 0, 1, 0}},
        {"::ffff", {0, 0, 0, 0, 0, 0, 0, 0xffff}},
        {"::ffff:13.1.68.3", {0, 0, 0, 0, 0, 0xffff, 0xd01, 0x4403}},
        {"::ffff:0:4403", {0, 0, 0, 0, 0, 0xffff, 0, 0x4403}},
        {"::fffe:d01:4403", {0, 0, 0, 0, 0, 0xfffe, 0xd01, 0x4403}},
        {"::ffff:0:13.1.68.3", {0, 0, 0, 0, 0xffff, 0, 0xd01, 0x4403}},
        {"::ffff:ffff:d01:4403", {0, 0, 0, 0, 0xffff, 0xffff, 0xd01, 0x4403}},
        {"::5efe:0.0.0.0", {0, 0, 0, 0, 0, 0x5efe, 0, 0}},
        {"1:2:3:4:0:5efe:129.144.52.38", {1, 2, 3, 4, 0, 0x5efe, 0x8190, 0x3426}},
        {"1:2:3::5efe:129.144.52.38", {1, 2, 3, 0, 0, 0x5efe, 0x8190, 0x3426}},
        {"::200:5efe:129.144.52.38", {0, 0, 0, 0, 0x200, 0x5efe, 0x8190, 0x3426}},
        {"::100:5efe:8190:3426", {0, 0, 0, 0, 0x100, 0x5efe, 0x8190, 0x3426}},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t length = strlen(cases[i].text);
        IN6_ADDR address;
        char text[46];
        WCHAR wide[46];

        make_ipv6(&address, cases[i].words);
        assert_ptr_equal(RtlIpv6AddressToStringA(&address, text), text + length);
        assert_text(text, cases[i].text);
        assert_ptr_equal(RtlIpv6AddressToStringW(&address, wide), wide + length);
        assert_wide_text(wide, cases[i].text);
    }
}

static void test_ipv4_to_text_with_port(void **state)
{
    IN_ADDR address = {.s_addr = ipv4(1, 2, 3, 4)};
    char text[INET_ADDRSTRLEN];
    WCHAR wide[INET_ADDRSTRLEN];
    ULONG length = sizeof(text);

    (void)state;
    assert_int_equal(RtlIpv4AddressToStringExA(&address, RtlUshortByteSwap(80), text, &length), 0);
    assert_text(text, "1.2.3.4:80");
    assert_int_equal(length, 11);
    assert_int_equal(RtlIpv4AddressToStringExW(&address, 0, wide, &length), 0);
    assert_wide_text(wide, "1.2.3.4");
    assert_int_equal(length, 8);
}

static void test_ipv6_to_text_with_scope_and_port(void **state)
{
    static const struct {
        const char *text;
        ULONG scope;
        USHORT port;
    } cases[] = {
        {"fe80::1", 0, 0},
        {"fe80::1%7", 7, 0},
        {"[fe80::1]:80", 0, 80},
        {"[fe80::1%4294967295]:65535", 0xffffffff, 65535},
    };
    static const USHORT words[8] = {0xfe80, 0, 0, 0, 0, 0, 0, 1};
    IN6_ADDR address;

    (void)state;
    make_ipv6(&address, words);
    for (size_t i = 0; i < COUNT(cases); i++) {
        USHORT port = RtlUshortByteSwap(cases[i].port);
        char text[INET6_ADDRSTRLEN];
        WCHAR wide[INET6_ADDRSTRLEN];
        ULONG length = COUNT(text), wide_length = COUNT(wide);

        assert_int_equal(RtlIpv6AddressToStringExA(&address, cases[i].scope, port, text, &length),
                         0);
        assert_text(text, cases[i].text);
        assert_int_equal(length, strlen(cases[i].text) + 1);
        assert_int_equal(
            RtlIpv6AddressToStringExW(&address, cases[i].scope, port, wide, &wide_length), 0);
        assert_wide_text(wide, cases[i].text);
        assert_int_equal(wide_length, length);
    }
}

static void test_longest_text_fits(void **state)
{
    static const USHORT words[8] = {0x1111, 0x2222, 0x3333, 0x4444, 0, 0x5efe, 0xffff, 0xffff};
    char text[INET6_ADDRSTRLEN];
    ULONG length = sizeof(text);
    IN6_ADDR address;

    (void)state;
    make_ipv6(&address, words);
    assert_int_equal(RtlIpv6AddressToStringExA(&address, 0xffffffff, 0xffff, text, &length), 0);
    assert_text(text, "[1111:2222:3333:4444:0:5efe:255.255.255.255%4294967295]:65535");
}

static void test_short_buffer_tells_the_length(void **state)
{
    IN_ADDR v4 = {.s_addr = ipv4(1, 2, 3, 4)};
    IN6_ADDR v6 = IN6ADDR_LOOPBACK_INIT;
    char text[INET6_ADDRSTRLEN] = "#";
    WCHAR wide[INET6_ADDRSTRLEN] = {'#'};
    ULONG length;

    (void)state;
    length = 7;
    assert_int_equal(RtlIpv4AddressToStringExA(&v4, 0, text, &length), BAD);
    assert_int_equal(length, 8);
    length = 0;
    assert_int_equal(RtlIpv4AddressToStringExW(&v4, 0, wide, &length), BAD);
    assert_int_equal(length, 8);
    length = 3;
    assert_int_equal(RtlIpv6AddressToStringExA(&v6, 0, 0, text, &length), BAD);
    assert_int_equal(length, 4);
    length = 3;
    assert_int_equal(RtlIpv6AddressToStringExW(&v6, 0, 0, wide, &length), BAD);
    assert_int_equal(length, 4);
    assert_text(text, "#");
    assert_int_equal(wide[0], '#');
}

static void test_to_text_refuses_null(void **state)
{
    IN_ADDR v4 = {.s_addr = 0};
    IN6_ADDR v6 = IN6ADDR_ANY_INIT;
    char text[INET6_ADDRSTRLEN];
    ULONG length = sizeof(text);

    (void)state;
    assert_int_equal(RtlIpv4AddressToStringExA(NULL, 0, text, &length), BAD);
    assert_int_equal(RtlIpv4AddressToStringExA(&v4, 0, NULL, &length), BAD);
    assert_int_equal(RtlIpv4AddressToStringExA(&v4, 0, text, NULL), BAD);
    assert_int_equal(RtlIpv6AddressToStringExA(NULL, 0, 0, text, &length), BAD);
    assert_int_equal(RtlIpv6AddressToStringExA(&v6, 0, 0, NULL, &length), BAD);
    assert_int_equal(RtlIpv6AddressToStringExA(&v6, 0, 0, text, NULL), BAD);
}

/* Every pattern of zero and non-zero words comes back as it was. */
static void test_round_trip(void **state)
{
    (void)state;
    for (unsigned pattern = 0; pattern < 256; pattern++) {
        USHORT words[8];
        IN6_ADDR address, back;
        char text[46];
        const char *end;

        for (unsigned i = 0; i < 8; i++)
            words[i] = (USHORT)(pattern >> i & 1 ? 0x1000 + i : 0);
        make_ipv6(&address, words);
        RtlIpv6AddressToStringA(&address, text);
        assert_int_equal(RtlIpv6StringToAddressA(text, &end, &back), 0);
        assert_int_equal(*end, 0);
        assert_memory_equal(&back, &address, sizeof(address));
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ipv4_either_way),
        cmocka_unit_test(test_ipv4_lenient),
        cmocka_unit_test(test_ipv4_strict_refuses),
        cmocka_unit_test(test_wide_digits_are_ascii),
        cmocka_unit_test(test_ipv4_with_port),
        cmocka_unit_test(test_ipv4_ex_refuses_null),
        cmocka_unit_test(test_ipv6_accepted),
        cmocka_unit_test(test_ipv6_refused),
        cmocka_unit_test(test_ipv6_with_scope_and_port),
        cmocka_unit_test(test_ipv6_ex_refuses_null),
        cmocka_unit_test(test_ipv4_to_text),
        cmocka_unit_test(test_ipv6_to_text),
        cmocka_unit_test(test_ipv4_to_text_with_port),
        cmocka_unit_test(test_ipv6_to_text_with_scope_and_port),
        cmocka_unit_test(test_longest_text_fits),
        cmocka_unit_test(test_short_buffer_tells_the_length),
        cmocka_unit_test(test_to_text_refuses_null),
        cmocka_unit_test(test_round_trip),
    };

    return cmocka_run_group_tests_name("ipstring", tests, NULL, NULL);
}
