/* SPDX-License-Identifier: MIT */
/* test_control.c - control.c: tables of cases in both directions, and malformed bytes. */
#define _GNU_SOURCE
#include "address.h"
#include "control.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/udp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static struct net_address address(const char *text)
{
    struct net_address result = { .family = strchr(text, ':') ? NET_IPV6 : NET_IPV4 };

    assert_int_equal(inet_pton(result.family == NET_IPV6 ? AF_INET6 : AF_INET, text, result.ip),
                     1);
    return result;
}

/* --- A reader of the kernel's bytes that shares no code with control.c ------------------------ */

struct item {
    int level;
    int type;
    size_t size;
    uint8_t data[64];
};

static size_t parse(const void *bytes, size_t length, struct item *items, size_t room)
{
    struct msghdr message = { .msg_control = (void *)bytes, .msg_controllen = length };
    size_t count = 0;

    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header;
         header = CMSG_NXTHDR(&message, header)) {
        assert_true(count < room);
        items[count].level = header->cmsg_level;
        items[count].type = header->cmsg_type;
        items[count].size = header->cmsg_len - CMSG_LEN(0);
        assert_true(items[count].size <= sizeof(items[count].data));
        memcpy(items[count].data, CMSG_DATA(header), items[count].size);
        count++;
    }
    return count;
}

static void assert_int_item(const struct item *item, int level, int type, int value)
{
    int found;

    assert_int_equal(item->level, level);
    assert_int_equal(item->type, type);
    assert_int_equal(item->size, sizeof(found));
    memcpy(&found, item->data, sizeof(found));
    assert_int_equal(found, value);
}

/* --- Send ------------------------------------------------------------------------------------ */

struct send_row {
    const char *to;
    struct net_control control;
    uint8_t socket_tos;
    int level, type, value;      /* the one item expected */
};

static const struct send_row send_rows[] = {
    { "10.0.0.1", { .present = NET_CONTROL_TOS, .tos = 0xff }, 0, IPPROTO_IP, IP_TOS, 0xff },
    { "10.0.0.1", { .present = NET_CONTROL_TOS, .tos = 0 }, 0xff, IPPROTO_IP, IP_TOS, 0 },
    { "fd00::1", { .present = NET_CONTROL_TOS, .tos = 3 }, 0, IPPROTO_IPV6, IPV6_TCLASS, 3 },
    { "::ffff:10.0.0.1", { .present = NET_CONTROL_TOS, .tos = 3 }, 0, IPPROTO_IP, IP_TOS, 3 },
    { "10.0.0.1", { .present = NET_CONTROL_ECN, .tos = 2 }, 0x28, IPPROTO_IP, IP_TOS, 0x2a },
    { "10.0.0.1", { .present = NET_CONTROL_ECN, .tos = 0 }, 0x2b, IPPROTO_IP, IP_TOS, 0x28 },
    { "10.0.0.1", { .present = NET_CONTROL_ECN, .tos = 0xfd }, 0, IPPROTO_IP, IP_TOS, 1 },
    { "fd00::1", { .present = NET_CONTROL_ECN, .tos = 1 }, 4, IPPROTO_IPV6, IPV6_TCLASS, 5 },
    /* The whole byte wins over two bits of it. */
    { "10.0.0.1", { .present = NET_CONTROL_ECN | NET_CONTROL_TOS, .tos = 0x11 }, 0xf0,
      IPPROTO_IP, IP_TOS, 0x11 },
    { "10.0.0.1", { .present = NET_CONTROL_HOPS, .hops = 1 }, 0, IPPROTO_IP, IP_TTL, 1 },
    { "10.0.0.1", { .present = NET_CONTROL_HOPS, .hops = 255 }, 0, IPPROTO_IP, IP_TTL, 255 },
    { "fd00::1", { .present = NET_CONTROL_HOPS, .hops = 9 }, 0, IPPROTO_IPV6, IPV6_HOPLIMIT, 9 },
    { "::ffff:1.2.3.4", { .present = NET_CONTROL_HOPS, .hops = 9 }, 0, IPPROTO_IP, IP_TTL, 9 },
};

static void test_send_numbers(void **state)
{
    _Alignas(struct cmsghdr) uint8_t bytes[NET_CONTROL_BYTES_MAX];
    struct item items[4];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(send_rows); i++) {
        const struct send_row *row = &send_rows[i];
        struct net_address to = address(row->to);
        int length = net_control_encode(&row->control, &to, row->socket_tos, bytes, sizeof(bytes));

        assert_int_equal(length, CMSG_SPACE(sizeof(int)));
        assert_int_equal(parse(bytes, (size_t)length, items, COUNT_OF(items)), 1);
        assert_int_item(&items[0], row->level, row->type, row->value);
    }
}

static void test_send_source_ipv4(void **state)
{
    static const char *const destinations[] = { "10.0.0.1", "::ffff:10.0.0.1" };
    static const char *const sources[] = { "192.0.2.5", "::ffff:192.0.2.5" };
    _Alignas(struct cmsghdr) uint8_t bytes[NET_CONTROL_BYTES_MAX];
    struct in_pktinfo info;
    struct item items[4];

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct net_address to = address(destinations[i & 1]);
        struct net_control control = { .present = NET_CONTROL_LOCAL, .interface_index = 5,
                                       .local = address(sources[i >> 1]) };
        int length = net_control_encode(&control, &to, 0, bytes, sizeof(bytes));

        assert_true(length > 0);
        assert_int_equal(parse(bytes, (size_t)length, items, COUNT_OF(items)), 1);
        assert_int_equal(items[0].level, IPPROTO_IP);
        assert_int_equal(items[0].type, IP_PKTINFO);
        assert_int_equal(items[0].size, sizeof(info));
        memcpy(&info, items[0].data, sizeof(info));
        assert_int_equal(info.ipi_spec_dst.s_addr, inet_addr("192.0.2.5"));
        assert_int_equal(info.ipi_ifindex, 5);
        assert_int_equal(info.ipi_addr.s_addr, 0);
    }
}

static void test_send_source_ipv6(void **state)
{
    _Alignas(struct cmsghdr) uint8_t bytes[NET_CONTROL_BYTES_MAX];
    struct net_address to = address("fd00::1");
    struct net_control control = { .present = NET_CONTROL_LOCAL, .local = address("fe80::5") };
    struct in6_pktinfo info;
    struct item items[4];
    int length;

    (void)state;
    control.local.scope = 3;
    length = net_control_encode(&control, &to, 0, bytes, sizeof(bytes));
    assert_int_equal(parse(bytes, (size_t)length, items, COUNT_OF(items)), 1);
    assert_int_equal(items[0].level, IPPROTO_IPV6);
    assert_int_equal(items[0].type, IPV6_PKTINFO);
    assert_int_equal(items[0].size, sizeof(info));
    memcpy(&info, items[0].data, sizeof(info));
    assert_memory_equal(&info.ipi6_addr, control.local.ip, 16);
    assert_int_equal(info.ipi6_ifindex, 3);
    control.interface_index = 4;
    net_control_encode(&control, &to, 0, bytes, sizeof(bytes));
    parse(bytes, (size_t)length, items, COUNT_OF(items));
    memcpy(&info, items[0].data, sizeof(info));
    assert_int_equal(info.ipi6_ifindex, 4);
}

/* A source of the other family cannot be; one left open goes with either. */
static void test_send_source_of_the_other_family(void **state)
{
    static const struct { const char *to, *local; int error; } rows[] = {
        { "10.0.0.1", "fd00::1", -EADDRNOTAVAIL },
        { "::ffff:10.0.0.1", "fd00::1", -EADDRNOTAVAIL },
        { "fd00::1", "10.0.0.1", -EADDRNOTAVAIL },
        { "fd00::1", "::ffff:10.0.0.1", -EADDRNOTAVAIL },
        { "fd00::1", "0.0.0.0", 0 },
        { "10.0.0.1", "::", 0 },
        { "10.0.0.1", "0.0.0.0", 0 },
    };
    _Alignas(struct cmsghdr) uint8_t bytes[NET_CONTROL_BYTES_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct net_address to = address(rows[i].to);
        struct net_control control = { .present = NET_CONTROL_LOCAL, .interface_index = 2,
                                       .local = address(rows[i].local) };
        int length = net_control_encode(&control, &to, 0, bytes, sizeof(bytes));

        assert_int_equal(length < 0 ? length : 0, rows[i].error);
    }
}

static void test_send_refusals(void **state)
{
    _Alignas(struct cmsghdr) uint8_t bytes[NET_CONTROL_BYTES_MAX];
    struct net_address four = address("10.0.0.1"), six = address("fd00::1");
    struct net_control control = { .present = NET_CONTROL_HOPS };

    (void)state;
    assert_int_equal(net_control_encode(&control, &four, 0, bytes, sizeof(bytes)), -EINVAL);
    assert_true(net_control_encode(&control, &six, 0, bytes, sizeof(bytes)) > 0);
    control = (struct net_control){ .tos = 9, .hops = 9, .segment = 9 };
    assert_int_equal(net_control_encode(&control, &four, 0, bytes, sizeof(bytes)), 0);
    control = (struct net_control){ .present = NET_CONTROL_SEGMENT, .segment = 0 };
    assert_int_equal(net_control_encode(&control, &four, 0, bytes, sizeof(bytes)), 0);
}

/* Everything at once fits the buffer that the engine gives; any less is refused, never overrun. */
static void test_send_everything_and_every_size(void **state)
{
    struct net_control control = {
        .present = NET_CONTROL_LOCAL | NET_CONTROL_TOS | NET_CONTROL_HOPS | NET_CONTROL_SEGMENT,
        .interface_index = 2, .local = address("fd00::2"), .tos = 1, .hops = 2, .segment = 1200,
    };
    struct net_address to = address("fd00::1");
    uint8_t *exact;
    struct item items[5];
    uint16_t segment;
    int length = net_control_encode(&control, &to, 0, (uint8_t[NET_CONTROL_BYTES_MAX]){ 0 },
                                    NET_CONTROL_BYTES_MAX);

    (void)state;
    assert_true(length > 0);
    for (size_t size = 0; size <= (size_t)length; size++) {
        exact = malloc(size ? size : 1);
        assert_int_equal(net_control_encode(&control, &to, 0, exact, size),
                         size < (size_t)length ? -ENOBUFS : length);
        if (size == (size_t)length) {
            assert_int_equal(parse(exact, size, items, COUNT_OF(items)), 4);
            assert_int_equal(items[3].level, IPPROTO_UDP);
            assert_int_equal(items[3].type, UDP_SEGMENT);
            assert_int_equal(items[3].size, sizeof(segment));
            memcpy(&segment, items[3].data, sizeof(segment));
            assert_int_equal(segment, 1200);
        }
        free(exact);
    }
}

/* --- Receive --------------------------------------------------------------------------------- */

struct bytes {
    _Alignas(struct cmsghdr) uint8_t data[512];
    size_t length;
};

static void add(struct bytes *bytes, int level, int type, const void *data, size_t size)
{
    struct cmsghdr header = { .cmsg_len = CMSG_LEN(size), .cmsg_level = level, .cmsg_type = type };

    memcpy(bytes->data + bytes->length, &header, sizeof(header));
    memcpy(bytes->data + bytes->length + CMSG_LEN(0), data, size);
    bytes->length += CMSG_SPACE(size);
}

static void add_int(struct bytes *bytes, int level, int type, int value)
{
    add(bytes, level, type, &value, sizeof(value));
}

static void add_ipv4(struct bytes *bytes, const char *header, const char *local, int index)
{
    struct in_pktinfo info = { .ipi_ifindex = index };

    info.ipi_addr.s_addr = inet_addr(header);
    info.ipi_spec_dst.s_addr = inet_addr(local);
    add(bytes, IPPROTO_IP, IP_PKTINFO, &info, sizeof(info));
}

static void add_ipv6(struct bytes *bytes, const char *text, unsigned index)
{
    struct in6_pktinfo info = { .ipi6_ifindex = index };

    assert_int_equal(inet_pton(AF_INET6, text, &info.ipi6_addr), 1);
    add(bytes, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof(info));
}

static void test_receive_ipv4_destinations(void **state)
{
    static const struct { const char *header, *local; uint32_t flags; } rows[] = {
        { "192.0.2.1", "192.0.2.1", 0 },
        { "127.0.0.1", "127.0.0.1", 0 },
        { "127.8.8.8", "127.8.8.8", 0 },
        { "224.0.0.251", "192.0.2.1", NET_DATAGRAM_MULTICAST },
        { "239.1.1.1", "0.0.0.0", NET_DATAGRAM_MULTICAST },
        { "255.255.255.255", "192.0.2.1", NET_DATAGRAM_BROADCAST },
        { "255.255.255.255", "0.0.0.0", NET_DATAGRAM_BROADCAST },
        { "192.0.2.255", "192.0.2.1", NET_DATAGRAM_BROADCAST },
        { "192.0.2.0", "192.0.2.1", NET_DATAGRAM_BROADCAST },
        { "127.255.255.255", "127.0.0.1", NET_DATAGRAM_BROADCAST },
        { "192.0.2.1", "0.0.0.0", 0 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct bytes bytes = { .length = 0 };
        struct net_address expected = address(rows[i].header);
        struct net_control control;
        uint32_t flags = 0xee;

        add_ipv4(&bytes, rows[i].header, rows[i].local, 3);
        net_control_decode(bytes.data, bytes.length, &control, &flags);
        assert_int_equal(control.present, NET_CONTROL_LOCAL);
        assert_memory_equal(&control.local, &expected, sizeof(expected));
        assert_int_equal(control.interface_index, 3);
        assert_int_equal(flags, rows[i].flags);
    }
}

static void test_receive_ipv6_destinations(void **state)
{
    static const struct { const char *text; uint32_t scope, flags; } rows[] = {
        { "fd00::2", 0, 0 },
        { "::1", 0, 0 },
        { "fe80::2", 4, 0 },
        { "febf::2", 4, 0 },
        { "fec0::2", 0, 0 },
        { "ff02::fb", 0, NET_DATAGRAM_MULTICAST },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct bytes bytes = { .length = 0 };
        struct net_address expected = address(rows[i].text);
        struct net_control control;
        uint32_t flags;

        expected.scope = rows[i].scope;
        add_ipv6(&bytes, rows[i].text, 4);
        net_control_decode(bytes.data, bytes.length, &control, &flags);
        assert_int_equal(control.present, NET_CONTROL_LOCAL);
        assert_memory_equal(&control.local, &expected, sizeof(expected));
        assert_int_equal(control.interface_index, 4);
        assert_int_equal(flags, rows[i].flags);
    }
}

/* The kernel tells an IPv4 datagram on a dual-stack socket twice, in either order. */
static void test_receive_dual_stack(void **state)
{
    struct net_address expected = address("192.0.2.255");

    (void)state;
    for (int order = 0; order < 2; order++) {
        struct bytes bytes = { .length = 0 };
        struct net_control control;
        uint32_t flags;

        if (order)
            add_ipv6(&bytes, "::ffff:192.0.2.255", 2);
        add_ipv4(&bytes, "192.0.2.255", "192.0.2.1", 2);
        if (!order)
            add_ipv6(&bytes, "::ffff:192.0.2.255", 2);
        net_control_decode(bytes.data, bytes.length, &control, &flags);
        assert_memory_equal(&control.local, &expected, sizeof(expected));
        assert_int_equal(flags, NET_DATAGRAM_BROADCAST);
    }
}

static void test_receive_numbers(void **state)
{
    static const struct {
        int level, type, value;
        uint32_t present;
        uint8_t tos, hops;
        uint16_t segment;
    } rows[] = {
        { IPPROTO_IP, IP_TOS, 0xff, NET_CONTROL_TOS, 0xff, 0, 0 },
        { IPPROTO_IP, IP_TTL, 64, NET_CONTROL_HOPS, 0, 64, 0 },
        { IPPROTO_IPV6, IPV6_TCLASS, 0x2e, NET_CONTROL_TOS, 0x2e, 0, 0 },
        { IPPROTO_IPV6, IPV6_HOPLIMIT, 255, NET_CONTROL_HOPS, 0, 255, 0 },
        { IPPROTO_UDP, UDP_GRO, 1200, NET_CONTROL_SEGMENT, 0, 0, 1200 },
        { IPPROTO_IP, IP_TTL, 256, 0, 0, 0, 0 },
        { IPPROTO_IP, IP_TTL, -1, 0, 0, 0, 0 },
        { IPPROTO_UDP, UDP_GRO, 65536, 0, 0, 0, 0 },
        { IPPROTO_IP, 200, 5, 0, 0, 0, 0 },
        { SOL_SOCKET, IP_TOS, 5, 0, 0, 0, 0 },
        { IPPROTO_IPV6, IP_TOS, 5, 0, 0, 0, 0 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct bytes bytes = { .length = 0 };
        struct net_control control;
        uint32_t flags;

        add_int(&bytes, rows[i].level, rows[i].type, rows[i].value);
        net_control_decode(bytes.data, bytes.length, &control, &flags);
        assert_int_equal(control.present, rows[i].present);
        assert_int_equal(control.tos, rows[i].tos);
        assert_int_equal(control.hops, rows[i].hops);
        assert_int_equal(control.segment, rows[i].segment);
    }
}

/* ip(7): IP_TOS comes as one byte. */
static void test_receive_tos_of_one_byte(void **state)
{
    struct bytes bytes = { .length = 0 };
    struct net_control control;
    uint8_t tos = 0xb8;
    uint32_t flags;

    (void)state;
    add(&bytes, IPPROTO_IP, IP_TOS, &tos, sizeof(tos));
    add_int(&bytes, IPPROTO_IP, IP_TTL, 3);
    net_control_decode(bytes.data, bytes.length, &control, &flags);
    assert_int_equal(control.present, NET_CONTROL_TOS | NET_CONTROL_HOPS);
    assert_int_equal(control.tos, 0xb8);
    assert_int_equal(control.hops, 3);
}

/* Cut anywhere, the bytes before the cut still count and nothing behind it is read. */
static void test_receive_cut_anywhere(void **state)
{
    struct bytes bytes = { .length = 0 };
    size_t first = CMSG_LEN(sizeof(struct in_pktinfo));
    size_t second = CMSG_SPACE(sizeof(struct in_pktinfo)) + CMSG_LEN(sizeof(int));

    (void)state;
    add_ipv4(&bytes, "192.0.2.1", "192.0.2.1", 1);
    add_int(&bytes, IPPROTO_IP, IP_TTL, 64);
    for (size_t length = 0; length <= bytes.length; length++) {
        uint8_t *exact = malloc(length ? length : 1);
        uint32_t expected = 0, flags;
        struct net_control control;

        memcpy(exact, bytes.data, length);
        if (length >= first)
            expected |= NET_CONTROL_LOCAL;
        if (length >= second)
            expected |= NET_CONTROL_HOPS;
        net_control_decode(exact, length, &control, &flags);
        assert_int_equal(control.present, expected);
        free(exact);
    }
}

static void test_receive_malformed_lengths(void **state)
{
    static const size_t lengths[] = { 0, 1, CMSG_LEN(0) - 1, CMSG_LEN(0), CMSG_LEN(1),
                                      CMSG_LEN(11), SIZE_MAX, SIZE_MAX - 7, (size_t)1 << 63 };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        struct bytes bytes = { .length = 0 };
        struct net_control control;
        uint32_t flags;

        add_ipv4(&bytes, "192.0.2.1", "192.0.2.1", 1);
        memcpy(bytes.data, &lengths[i], sizeof(lengths[i]));
        net_control_decode(bytes.data, bytes.length, &control, &flags);
        assert_false(control.present & NET_CONTROL_LOCAL);
        assert_int_equal(flags, 0);
    }
    /* Bytes of chance: no crash, no endless loop. */
    for (unsigned seed = 0; seed < 20000; seed++) {
        struct bytes bytes = { .length = seed % 200 };
        struct net_control control;
        uint32_t flags;

        srand(seed);
        for (size_t i = 0; i < bytes.length; i++)
            bytes.data[i] = (uint8_t)(rand() % (seed % 3 ? 48 : 256));
        for (size_t i = 1; i < 8 && i < bytes.length; i++)
            bytes.data[i] = seed & 1 ? 0 : bytes.data[i];
        net_control_decode(bytes.data, bytes.length, &control, &flags);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_send_numbers),
        cmocka_unit_test(test_send_source_ipv4),
        cmocka_unit_test(test_send_source_ipv6),
        cmocka_unit_test(test_send_source_of_the_other_family),
        cmocka_unit_test(test_send_refusals),
        cmocka_unit_test(test_send_everything_and_every_size),
        cmocka_unit_test(test_receive_ipv4_destinations),
        cmocka_unit_test(test_receive_ipv6_destinations),
        cmocka_unit_test(test_receive_dual_stack),
        cmocka_unit_test(test_receive_numbers),
        cmocka_unit_test(test_receive_tos_of_one_byte),
        cmocka_unit_test(test_receive_cut_anywhere),
        cmocka_unit_test(test_receive_malformed_lengths),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
