/* SPDX-License-Identifier: MIT */
/* test_control_data.c - control messages of drivers become the engine's and the other way round. */
#include "translate.h"

#include <ws2ipdef.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* --- Writing what a driver would ------------------------------------------------------------- */

struct message {
    _Alignas(16) unsigned char bytes[512];
    size_t size;
};

/* Returns where the item begins. The length counts the padding. */
static size_t add(struct message *message, INT level, INT type, const void *data, size_t size)
{
    CMSGHDR header = { .cmsg_len = WSA_CMSG_LEN(size), .cmsg_level = level, .cmsg_type = type };
    size_t at = message->size;

    memset(message->bytes + at, 0, WSA_CMSG_SPACE(size));
    memcpy(message->bytes + at, &header, sizeof(header));
    if (size)
        memcpy(message->bytes + at + sizeof(header), data, size);
    message->size += WSA_CMSG_SPACE(size);
    return at;
}

static size_t add_int(struct message *message, INT level, INT type, INT value)
{
    return add(message, level, type, &value, sizeof(value));
}

/* The block ends where the driver's control data ends; the sanitizer guards the bytes behind it. */
static NTSTATUS parse_bytes(enum net_family family, const void *bytes, size_t size,
                            struct net_control *parsed)
{
    void *exact = malloc(size ? size : 1);
    NTSTATUS status;

    memcpy(exact, bytes, size);
    memset(parsed, 0xcc, sizeof(*parsed));
    status = wsk_control_data_parse(family, exact, (ULONG)size, parsed);
    free(exact);
    return status;
}

static NTSTATUS parse(enum net_family family, const struct message *message,
                      struct net_control *parsed)
{
    return parse_bytes(family, message->bytes, message->size, parsed);
}

/* --- Send: single items ---------------------------------------------------------------------- */

static void test_nothing(void **state)
{
    struct net_control parsed;

    (void)state;
    memset(&parsed, 0xcc, sizeof(parsed));
    assert_int_equal(wsk_control_data_parse(NET_IPV4, NULL, 0, &parsed), STATUS_SUCCESS);
    assert_int_equal(parsed.present, 0);
    assert_int_equal(wsk_control_data_parse(NET_IPV4, NULL, 24, &parsed), STATUS_INVALID_PARAMETER);
}

static void DGRAM_CMSG_04_pktinfo(void **state)
{
    IN_PKTINFO info = { .ipi_ifindex = 3 };
    struct message message = { .size = 0 };
    struct net_control parsed;

    (void)state;
    memcpy(&info.ipi_addr, "\x7f\0\0\2", 4);
    add(&message, IPPROTO_IP, IP_PKTINFO, &info, sizeof(info));
    assert_int_equal(parse(NET_IPV4, &message, &parsed), STATUS_SUCCESS);
    assert_int_equal(parsed.present, NET_CONTROL_LOCAL);
    assert_int_equal(parsed.interface_index, 3);
    assert_int_equal(parsed.local.family, NET_IPV4);
    assert_memory_equal(parsed.local.ip, "\x7f\0\0\2\0\0\0\0\0\0\0\0\0\0\0\0", 16);
    /* DGRAM-CMSG-07: also with a v4-mapped destination. */
    assert_int_equal(parse(NET_IPV6, &message, &parsed), STATUS_SUCCESS);
    assert_int_equal(parsed.local.family, NET_IPV4);
}

static void DGRAM_CMSG_05_pktinfo6(void **state)
{
    IN6_PKTINFO info = { .ipi6_ifindex = 4 };
    struct message message = { .size = 0 };
    struct net_control parsed;

    (void)state;
    memset(&info.ipi6_addr, 0xab, 16);
    add(&message, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof(info));
    assert_int_equal(parse(NET_IPV6, &message, &parsed), STATUS_SUCCESS);
    assert_int_equal(parsed.present, NET_CONTROL_LOCAL);
    assert_int_equal(parsed.interface_index, 4);
    assert_int_equal(parsed.local.family, NET_IPV6);
    assert_memory_equal(parsed.local.ip, &info.ipi6_addr, 16);
    assert_int_equal(parse(NET_IPV4, &message, &parsed), STATUS_NOT_SUPPORTED);
}

struct int_row {
    INT level;
    INT type;
    INT value;
    NTSTATUS status;
    uint32_t present;
    uint8_t tos, hops;
};

static const struct int_row int_rows[] = {
    /* DGRAM-CMSG-08 */
    { IPPROTO_IP, IP_TOS, 0, STATUS_SUCCESS, NET_CONTROL_TOS, 0, 0 },
    { IPPROTO_IP, IP_TOS, 255, STATUS_SUCCESS, NET_CONTROL_TOS, 255, 0 },
    { IPPROTO_IP, IP_TOS, 256, STATUS_INVALID_PARAMETER, 0, 0, 0 },
    { IPPROTO_IP, IP_TOS, -1, STATUS_INVALID_PARAMETER, 0, 0, 0 },
    { IPPROTO_IPV6, IPV6_TCLASS, 0x2e << 2, STATUS_SUCCESS, NET_CONTROL_TOS, 0x2e << 2, 0 },
    { IPPROTO_IPV6, IPV6_TCLASS, 256, STATUS_INVALID_PARAMETER, 0, 0, 0 },
    /* DGRAM-CMSG-09 */
    { IPPROTO_IP, IP_ECN, 0, STATUS_SUCCESS, NET_CONTROL_ECN, 0, 0 },
    { IPPROTO_IP, IP_ECN, 3, STATUS_SUCCESS, NET_CONTROL_ECN, 3, 0 },
    { IPPROTO_IP, IP_ECN, 4, STATUS_INVALID_PARAMETER, 0, 0, 0 },
    { IPPROTO_IPV6, IPV6_ECN, 1, STATUS_SUCCESS, NET_CONTROL_ECN, 1, 0 },
    { IPPROTO_IPV6, IPV6_ECN, -1, STATUS_INVALID_PARAMETER, 0, 0, 0 },
    /* DGRAM-CMSG-10 */
    { IPPROTO_IP, IP_TTL, 1, STATUS_SUCCESS, NET_CONTROL_HOPS, 0, 1 },
    { IPPROTO_IP, IP_HOPLIMIT, 255, STATUS_SUCCESS, NET_CONTROL_HOPS, 0, 255 },
    { IPPROTO_IP, IP_TTL, 256, STATUS_INVALID_PARAMETER, 0, 0, 0 },
    { IPPROTO_IPV6, IPV6_HOPLIMIT, 64, STATUS_SUCCESS, NET_CONTROL_HOPS, 0, 64 },
    /* One host for itself is a legal reach in IPv6. */
    { IPPROTO_IPV6, IPV6_HOPLIMIT, 0, STATUS_SUCCESS, NET_CONTROL_HOPS, 0, 0 },
    { IPPROTO_IPV6, IPV6_HOPLIMIT, 256, STATUS_INVALID_PARAMETER, 0, 0, 0 },
    /* DGRAM-CMSG-11 */
    { IPPROTO_IP, IP_RECVERR, 1, STATUS_NOT_SUPPORTED, 0, 0, 0 },
    { IPPROTO_IPV6, IPV6_RTHDR, 1, STATUS_NOT_SUPPORTED, 0, 0, 0 },
    { SOL_SOCKET, SO_BROADCAST, 1, STATUS_NOT_SUPPORTED, 0, 0, 0 },
    /* The host's numbers mean nothing here (DGRAM-CMSG-23): 67 is its IPV6_TCLASS, 1 its IP_TOS. */
    { IPPROTO_IPV6, 67, 1, STATUS_NOT_SUPPORTED, 0, 0, 0 },
    { IPPROTO_IP, 1, 1, STATUS_NOT_SUPPORTED, 0, 0, 0 },
};

static void test_integers(void **state)
{
    (void)state;
    for (size_t i = 0; i < RTL_NUMBER_OF(int_rows); i++) {
        const struct int_row *row = &int_rows[i];
        struct message message = { .size = 0 };
        struct net_control parsed;
        NTSTATUS status;

        add_int(&message, row->level, row->type, row->value);
        status = parse(NET_IPV6, &message, &parsed);
        if (status != row->status)
            fail_msg("row %zu: 0x%08x", i, (unsigned)status);
        if (NT_SUCCESS(status) && (parsed.present != row->present || parsed.tos != row->tos ||
                                   parsed.hops != row->hops))
            fail_msg("row %zu: present %x tos %u hops %u", i, parsed.present, parsed.tos,
                     parsed.hops);
        if (row->level != IPPROTO_IPV6)
            continue;
        /* No IPv6 item has a meaning for an IPv4 socket. */
        assert_int_equal(parse(NET_IPV4, &message, &parsed), STATUS_NOT_SUPPORTED);
    }
}

/* The whole byte and the two bits together: the bits win, whichever comes first. */
static void test_tos_and_ecn_in_any_order(void **state)
{
    (void)state;
    for (int ecn_first = 0; ecn_first < 2; ecn_first++) {
        struct message message = { .size = 0 };
        struct net_control parsed;

        if (ecn_first)
            add_int(&message, IPPROTO_IP, IP_ECN, 1);
        add_int(&message, IPPROTO_IP, IP_TOS, 0xb8 | 2);
        if (!ecn_first)
            add_int(&message, IPPROTO_IP, IP_ECN, 1);
        assert_int_equal(parse(NET_IPV4, &message, &parsed), STATUS_SUCCESS);
        assert_int_equal(parsed.present & (NET_CONTROL_TOS | NET_CONTROL_ECN), NET_CONTROL_TOS |
                                                                               NET_CONTROL_ECN);
        assert_int_equal(parsed.tos, 0xb8 | 1);
    }
}

static void test_several_items(void **state)
{
    IN_PKTINFO info = { .ipi_ifindex = 1 };
    struct message message = { .size = 0 };
    struct net_control parsed;

    (void)state;
    add_int(&message, IPPROTO_IP, IP_ECN, 2);
    add(&message, IPPROTO_IP, IP_PKTINFO, &info, sizeof(info));
    add_int(&message, IPPROTO_IP, IP_TTL, 9);
    assert_int_equal(parse(NET_IPV4, &message, &parsed), STATUS_SUCCESS);
    assert_int_equal(parsed.present, NET_CONTROL_ECN | NET_CONTROL_LOCAL | NET_CONTROL_HOPS);
    assert_int_equal(parsed.tos, 2);
    assert_int_equal(parsed.hops, 9);
    assert_int_equal(parsed.interface_index, 1);
}

/* --- Send: shape ----------------------------------------------------------------------------- */

static void DGRAM_CMSG_01_final_padding_is_optional(void **state)
{
    struct message message = { .size = 0 };
    struct net_control parsed;

    (void)state;
    add_int(&message, IPPROTO_IP, IP_ECN, 1);
    add_int(&message, IPPROTO_IP, IP_TOS, 0x10); /* 20 bytes in a space of 24 */
    for (size_t cut = 0; cut <= 4; cut++) {
        assert_int_equal(parse_bytes(NET_IPV4, message.bytes, message.size - cut, &parsed),
                         STATUS_SUCCESS);
        assert_int_equal(parsed.tos & 0xfc, 0x10);
    }
}

static void DGRAM_CMSG_02_malformed(void **state)
{
    struct message message = { .size = 0 };
    struct net_control parsed;
    size_t second;

    (void)state;
    add_int(&message, IPPROTO_IP, IP_ECN, 1);
    second = add_int(&message, IPPROTO_IP, IP_TTL, 7);

    /* Every cut that leaves an item incomplete. */
    for (size_t size = 1; size < second + WSA_CMSG_LEN(sizeof(INT)); size++) {
        bool whole = size >= WSA_CMSG_LEN(sizeof(INT)) && size <= WSA_CMSG_SPACE(sizeof(INT));
        NTSTATUS status = parse_bytes(NET_IPV4, message.bytes, size, &parsed);

        if (status != (whole ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER))
            fail_msg("%zu bytes: 0x%08x", size, (unsigned)status);
    }
}

static void DGRAM_CMSG_02_bad_lengths(void **state)
{
    static const SIZE_T lengths[] = {
        0, 1, 15, 25, 0x10000, 0x7fffffff, 0xffffffff, 0x100000014, SIZE_MAX, SIZE_MAX - 6,
        SIZE_MAX - 7,
    };

    (void)state;
    for (size_t i = 0; i < RTL_NUMBER_OF(lengths); i++) {
        for (int second = 0; second < 2; second++) {
            struct message message = { .size = 0 };
            struct net_control parsed;
            size_t at = 0;

            if (second)
                add_int(&message, IPPROTO_IP, IP_ECN, 1);
            at = add_int(&message, IPPROTO_IP, IP_TTL, 7);
            memcpy(message.bytes + at, &lengths[i], sizeof(lengths[i]));
            if (parse(NET_IPV4, &message, &parsed) != STATUS_INVALID_PARAMETER)
                fail_msg("length 0x%zx, item %d", (size_t)lengths[i], second);
        }
    }
}

/* An item whose data are shorter than its type says. */
static void test_short_data(void **state)
{
    static const struct {
        INT level, type;
        size_t needs;
    } rows[] = {
        { IPPROTO_IP, IP_PKTINFO, 8 }, { IPPROTO_IPV6, IPV6_PKTINFO, 20 },
        { IPPROTO_IP, IP_TOS, 4 },     { IPPROTO_IP, IP_ECN, 4 },
        { IPPROTO_IP, IP_TTL, 4 },     { IPPROTO_IPV6, IPV6_ECN, 4 },
    };
    static const unsigned char ones[24] = { 1 };

    (void)state;
    for (size_t i = 0; i < RTL_NUMBER_OF(rows); i++) {
        for (size_t size = 1; size <= rows[i].needs; size++) {
            struct message message = { .size = 0 };
            struct net_control parsed;
            NTSTATUS status;

            add(&message, rows[i].level, rows[i].type, ones, size);
            status = parse(NET_IPV6, &message, &parsed);
            if (status != (size < rows[i].needs ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS))
                fail_msg("row %zu, %zu bytes: 0x%08x", i, size, (unsigned)status);
        }
    }
}

static void DGRAM_CMSG_03_trailing_item_without_data(void **state)
{
    static const struct {
        INT level, type;
    } rows[] = { { IPPROTO_IP, IP_OPTIONS }, { IPPROTO_IPV6, IPV6_RTHDR }, { 0x7777, 0x1234 } };

    (void)state;
    for (size_t i = 0; i < RTL_NUMBER_OF(rows); i++) {
        for (int family = NET_IPV4; family <= NET_IPV6; family += 2) {
            struct message message = { .size = 0 };
            struct net_control parsed;

            add_int(&message, IPPROTO_IP, IP_ECN, 1);
            add(&message, rows[i].level, rows[i].type, NULL, 0);
            assert_int_equal(parse((enum net_family)family, &message, &parsed), STATUS_SUCCESS);
            assert_int_equal(parsed.present, NET_CONTROL_ECN);
            /* Alone, too. */
            message.size = 0;
            add(&message, rows[i].level, rows[i].type, NULL, 0);
            assert_int_equal(parse((enum net_family)family, &message, &parsed), STATUS_SUCCESS);
            assert_int_equal(parsed.present, 0);
        }
    }
}

/* Control data on a driver's stack may start anywhere. */
static void test_unaligned(void **state)
{
    struct message message = { .size = 0 };

    (void)state;
    add_int(&message, IPPROTO_IP, IP_ECN, 3);
    add_int(&message, IPPROTO_IP, IP_TTL, 5);
    for (size_t shift = 0; shift < 8; shift++) {
        unsigned char bytes[64];
        const CMSGHDR *control = (const CMSGHDR *)(const void *)(bytes + shift);
        struct net_control parsed;

        memcpy(bytes + shift, message.bytes, message.size);
        assert_int_equal(wsk_control_data_parse(NET_IPV4, control, (ULONG)message.size, &parsed),
                         STATUS_SUCCESS);
        assert_int_equal(parsed.tos, 3);
        assert_int_equal(parsed.hops, 5);
    }
}

/* Any bytes at all: no read past the end, which the sanitizer sees, and no other status. */
static void test_random_bytes(void **state)
{
    uint64_t seed = 7;

    (void)state;
    for (int i = 0; i < 50000; i++) {
        unsigned char bytes[72];
        struct net_control parsed;
        size_t size;
        NTSTATUS status;

        for (size_t b = 0; b < sizeof(bytes); b++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            /* Mostly small numbers, so that lengths, levels and types are often sensible. */
            bytes[b] = (seed >> 60) < 11 ? 0 : (uint8_t)((seed >> 33) % 51);
        }
        size = (size_t)(seed >> 40) % (sizeof(bytes) + 1);
        status = parse_bytes(i & 1 ? NET_IPV6 : NET_IPV4, bytes, size, &parsed);
        if (status != STATUS_SUCCESS && status != STATUS_INVALID_PARAMETER &&
            status != STATUS_NOT_SUPPORTED)
            fail_msg("0x%08x", (unsigned)status);
    }
}

/* --- Receive --------------------------------------------------------------------------------- */

#define COMMON (WSK_REPORT_PKTINFO | WSK_REPORT_TOS | WSK_REPORT_ECN | WSK_REPORT_HOPS)
#define EVERYTHING (COMMON | WSK_REPORT_OF_IPV6(COMMON))

/* All reports of one level but that of errors, which are datagrams of their own. */
#define LEVEL 0x7fu

static struct net_datagram arrived(enum net_family local)
{
    struct net_datagram datagram;

    memset(&datagram, 0, sizeof(datagram));
    datagram.control = (struct net_control){
        .present = NET_CONTROL_LOCAL | NET_CONTROL_TOS | NET_CONTROL_HOPS,
        .interface_index = 6,
        .local = { .family = (uint16_t)local },
        .tos = 0x2d,
        .hops = 63,
    };
    if (local == NET_IPV4)
        memcpy(datagram.control.local.ip, "\x0a\1\2\3", 4);
    else
        memcpy(datagram.control.local.ip, "\xfd\0\1\2\3\4\5\6\7\x8\x9\xa\xb\xc\xd\xe", 16);
    return datagram;
}

/* The data of the only item of this kind; fails when there are two. NULL: none. */
static const unsigned char *find(const void *control, ULONG length, INT level, INT type,
                                 size_t size)
{
    const unsigned char *found = NULL;
    size_t at = 0;

    while (at < length) {
        CMSGHDR header;

        assert_true(length - at >= sizeof(header));
        memcpy(&header, (const char *)control + at, sizeof(header));
        assert_true(header.cmsg_len >= sizeof(header));
        /* DGRAM-CMSG-21: a walker may subtract padded lengths from an unsigned counter. */
        assert_true(length - at >= WSA_CMSGHDR_ALIGN(header.cmsg_len));
        if (header.cmsg_level == level && header.cmsg_type == type) {
            assert_null(found);
            assert_int_equal(header.cmsg_len, WSA_CMSG_LEN(size));
            found = (const unsigned char *)control + at + sizeof(header);
        }
        at += WSA_CMSGHDR_ALIGN(header.cmsg_len);
    }
    assert_int_equal(at, length);
    return found;
}

static unsigned count_items(const void *control, ULONG length)
{
    unsigned count = 0;

    for (size_t at = 0; at < length; count++) {
        SIZE_T size;

        memcpy(&size, (const char *)control + at, sizeof(size));
        at += WSA_CMSGHDR_ALIGN(size);
    }
    return count;
}

static void expect_int(const void *control, ULONG length, INT level, INT type, INT expected)
{
    const unsigned char *data = find(control, length, level, type, sizeof(INT));
    INT value;

    assert_non_null(data);
    memcpy(&value, data, sizeof(value));
    assert_int_equal(value, expected);
}

struct built {
    _Alignas(8) unsigned char bytes[WSK_CONTROL_DATA_MAX];
    ULONG length;
    bool truncated;
};

static void build(struct built *built, enum net_family family, uint32_t reports,
                  const struct net_datagram *datagram)
{
    memset(built, 0xcc, sizeof(*built));
    built->length = wsk_control_data_build(family, reports, datagram, built->bytes,
                                           sizeof(built->bytes), &built->truncated);
    assert_false(built->truncated);
    assert_true(built->length <= WSK_CONTROL_DATA_MAX);
    assert_int_equal(built->length % 8, 0);
}

static void DGRAM_CMSG_12_only_what_is_switched_on(void **state)
{
    struct net_datagram v4 = arrived(NET_IPV4);
    struct net_datagram v6 = arrived(NET_IPV6);
    struct built built;

    (void)state;
    for (uint32_t reports = 0; reports <= (LEVEL | WSK_REPORT_OF_IPV6(LEVEL)); reports++) {
        unsigned ipv4 = (unsigned)__builtin_popcount(reports & LEVEL);
        unsigned ipv6 = (unsigned)__builtin_popcount(reports & WSK_REPORT_OF_IPV6(LEVEL));
        bool mapped = !(reports & WSK_REPORT_PKTINFO) &&
                      (reports & WSK_REPORT_OF_IPV6(WSK_REPORT_PKTINFO));

        if (reports & (WSK_REPORT_ERRORS | WSK_REPORT_OF_IPV6(WSK_REPORT_ERRORS)))
            continue;
        build(&built, NET_IPV4, reports & LEVEL, &v4);
        assert_int_equal(count_items(built.bytes, built.length), ipv4);
        build(&built, NET_IPV6, reports, &v6);
        assert_int_equal(count_items(built.bytes, built.length), ipv6);
        /* Dual-stack: what was asked for at the IPv4 level, and one of the two forms of PKTINFO. */
        build(&built, NET_IPV6, reports, &v4);
        assert_int_equal(count_items(built.bytes, built.length), ipv4 + mapped);
    }
}

static void test_each_report_is_its_own_item(void **state)
{
    static const struct {
        uint32_t report;
        INT type4, type6;
        size_t size4, size6;
    } cases[] = {
        { WSK_REPORT_PKTINFO, IP_PKTINFO, IPV6_PKTINFO, 8, 20 },
        { WSK_REPORT_TOS, IP_TOS, IPV6_TCLASS, 4, 4 },
        { WSK_REPORT_ECN, IP_ECN, IPV6_ECN, 4, 4 },
        { WSK_REPORT_HOPS, IP_TTL, IPV6_HOPLIMIT, 4, 4 },
        { WSK_REPORT_INTERFACE, IP_RECVIF, IPV6_RECVIF, 4, 4 },
        { WSK_REPORT_DESTINATION, IP_RECVDSTADDR, IPV6_RECVDSTADDR, 4, 16 },
        { WSK_REPORT_ARRIVAL, IP_ORIGINAL_ARRIVAL_IF, IP_ORIGINAL_ARRIVAL_IF, 4, 4 },
    };
    struct net_datagram v4 = arrived(NET_IPV4);
    struct net_datagram v6 = arrived(NET_IPV6);
    struct built built;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        build(&built, NET_IPV6, cases[i].report, &v4);
        assert_non_null(find(built.bytes, built.length, IPPROTO_IP, cases[i].type4,
                             cases[i].size4));
        build(&built, NET_IPV6, cases[i].report, &v6);
        assert_int_equal(built.length, 0);
        build(&built, NET_IPV6, WSK_REPORT_OF_IPV6(cases[i].report), &v6);
        assert_non_null(find(built.bytes, built.length, IPPROTO_IPV6, cases[i].type6,
                             cases[i].size6));
    }
    build(&built, NET_IPV4, WSK_REPORT_INTERFACE | WSK_REPORT_ARRIVAL, &v4);
    expect_int(built.bytes, built.length, IPPROTO_IP, IP_RECVIF, 6);
    expect_int(built.bytes, built.length, IPPROTO_IP, IP_ORIGINAL_ARRIVAL_IF, 6);
    build(&built, NET_IPV4, WSK_REPORT_DESTINATION, &v4);
    assert_memory_equal(find(built.bytes, built.length, IPPROTO_IP, IP_RECVDSTADDR, 4),
                        "\x0a\1\2\3", 4);
}

static void DGRAM_CMSG_20_errors(void **state)
{
    static const enum net_family families[] = { NET_IPV4, NET_IPV6 };

    (void)state;
    for (int f = 0; f < 2; f++) {
        bool ipv4 = families[f] == NET_IPV4;
        struct net_datagram datagram = arrived(families[f]);
        struct built built;
        IN_RECVERR error;
        const unsigned char *data;

        datagram.flags = NET_DATAGRAM_ERROR;
        datagram.icmp = (struct net_icmp){ .family = (uint8_t)families[f], .type = 3, .code = 4,
                                           .mtu = 1280 };
        build(&built, NET_IPV6, EVERYTHING, &datagram);
        assert_int_equal(count_items(built.bytes, built.length), 1);
        data = find(built.bytes, built.length, ipv4 ? IPPROTO_IP : IPPROTO_IPV6, 75,
                    sizeof(error));
        assert_non_null(data);
        memcpy(&error, data, sizeof(error));
        assert_int_equal(error.protocol, ipv4 ? IPPROTO_ICMP : IPPROTO_ICMPV6);
        assert_int_equal(error.info, 1280);
        assert_int_equal(error.type, 3);
        assert_int_equal(error.code, 4);
    }
}

static void DGRAM_CMSG_14_ipv4_items(void **state)
{
    struct net_datagram datagram = arrived(NET_IPV4);
    struct built built;
    IN_PKTINFO info;
    const unsigned char *data;

    (void)state;
    build(&built, NET_IPV4, EVERYTHING, &datagram);
    data = find(built.bytes, built.length, 0, 19, 8);
    assert_non_null(data);
    memcpy(&info, data, sizeof(info));
    assert_memory_equal(&info.ipi_addr, "\x0a\1\2\3", 4);
    assert_int_equal(info.ipi_ifindex, 6); /* DGRAM-CMSG-24 */
    expect_int(built.bytes, built.length, 0, 3, 0x2d);  /* DGRAM-CMSG-17: IP_TOS */
    expect_int(built.bytes, built.length, 0, 50, 1);    /* DGRAM-CMSG-18: IP_ECN */
    expect_int(built.bytes, built.length, 0, 4, 63);    /* DGRAM-CMSG-19: IP_TTL */
}

static void DGRAM_CMSG_15_ipv6_items(void **state)
{
    struct net_datagram datagram = arrived(NET_IPV6);
    struct built built;
    IN6_PKTINFO info;
    const unsigned char *data;

    (void)state;
    build(&built, NET_IPV6, EVERYTHING, &datagram);
    data = find(built.bytes, built.length, 41, 19, 20);
    assert_non_null(data);
    memcpy(&info, data, sizeof(info));
    assert_memory_equal(&info.ipi6_addr, datagram.control.local.ip, 16);
    assert_int_equal(info.ipi6_ifindex, 6);
    expect_int(built.bytes, built.length, 41, 39, 0x2d); /* IPV6_TCLASS */
    expect_int(built.bytes, built.length, 41, 50, 1);    /* IPV6_ECN */
    expect_int(built.bytes, built.length, 41, 21, 63);   /* IPV6_HOPLIMIT */
}

static void DGRAM_CMSG_16_ipv4_datagram_on_dual_stack(void **state)
{
    struct net_datagram datagram = arrived(NET_IPV4);
    struct built built;
    const unsigned char *data;

    (void)state;
    build(&built, NET_IPV6, EVERYTHING, &datagram);
    data = find(built.bytes, built.length, IPPROTO_IP, IP_PKTINFO, 8);
    assert_non_null(data);
    assert_memory_equal(data, "\x0a\1\2\3\6\0\0\0", 8);
    expect_int(built.bytes, built.length, IPPROTO_IP, IP_TOS, 0x2d);
    expect_int(built.bytes, built.length, IPPROTO_IP, IP_ECN, 1);
    expect_int(built.bytes, built.length, IPPROTO_IP, IP_TTL, 63);
    /* With the IPv6 form alone, the mapped address in it. */
    build(&built, NET_IPV6, WSK_REPORT_OF_IPV6(WSK_REPORT_PKTINFO), &datagram);
    data = find(built.bytes, built.length, IPPROTO_IPV6, IPV6_PKTINFO, 20);
    assert_non_null(data);
    assert_memory_equal(data, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\1\2\3\6\0\0\0", 20);
}

static void test_what_the_kernel_did_not_say(void **state)
{
    struct net_datagram datagram = arrived(NET_IPV4);
    struct built built;

    (void)state;
    datagram.control.present = 0;
    build(&built, NET_IPV4, EVERYTHING, &datagram);
    assert_int_equal(built.length, 0);
    datagram.control.present = NET_CONTROL_HOPS;
    build(&built, NET_IPV4, EVERYTHING, &datagram);
    assert_int_equal(count_items(built.bytes, built.length), 1);
    expect_int(built.bytes, built.length, IPPROTO_IP, IP_TTL, 63);
}

/* DGRAM-CMSG-21: whole items as long as they fit, a padded end always, nothing behind the room. */
static void test_every_room(void **state)
{
    static const enum net_family families[] = { NET_IPV4, NET_IPV6 };

    (void)state;
    for (int f = 0; f < 2; f++) {
        struct net_datagram datagram = arrived(families[f]);
        size_t spaces[] = { f ? 40 : 24, 24, 24, 24 };
        struct built whole;

        build(&whole, families[f], EVERYTHING, &datagram);
        assert_int_equal(whole.length, spaces[0] + 72);
        for (ULONG room = 0; room <= whole.length + 8; room++) {
            unsigned char *bytes = malloc(room + 16);
            size_t expected = 0;
            bool truncated = room < whole.length;
            bool said = !truncated;
            ULONG length;

            for (int k = 0; k < 4 && expected + spaces[k] <= room; k++)
                expected += spaces[k];
            memset(bytes, 0xcc, room + 16);
            length = wsk_control_data_build(families[f], EVERYTHING, &datagram, bytes, room, &said);
            assert_int_equal(length, expected);
            assert_int_equal(said, truncated);
            assert_memory_equal(bytes, whole.bytes, length);
            for (size_t i = length; i < room + 16; i++)
                assert_int_equal(bytes[i], 0xcc);
            free(bytes);
        }
    }
}

static void test_no_buffer(void **state)
{
    struct net_datagram datagram = arrived(NET_IPV4);
    bool truncated = false;

    (void)state;
    assert_int_equal(wsk_control_data_build(NET_IPV4, EVERYTHING, &datagram, NULL, 0, &truncated),
                     0);
    assert_true(truncated);
    assert_int_equal(wsk_control_data_build(NET_IPV4, 0, &datagram, NULL, 0, &truncated), 0);
    assert_false(truncated);
}

/* DGRAM-CMSG-25: what was received can be sent back as it is. */
static void test_echo(void **state)
{
    static const enum net_family families[] = { NET_IPV4, NET_IPV6 };

    (void)state;
    for (int f = 0; f < 2; f++) {
        struct net_datagram datagram = arrived(families[f]);
        struct net_control parsed;
        struct built built;

        build(&built, families[f], EVERYTHING, &datagram);
        assert_int_equal(parse_bytes(families[f], built.bytes, built.length, &parsed),
                         STATUS_SUCCESS);
        assert_int_equal(parsed.interface_index, 6);
        assert_memory_equal(parsed.local.ip, datagram.control.local.ip, 16);
        assert_int_equal(parsed.tos, 0x2d);
        assert_int_equal(parsed.hops, 63);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(DGRAM_CMSG_04_pktinfo),
        cmocka_unit_test(DGRAM_CMSG_05_pktinfo6),
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_tos_and_ecn_in_any_order),
        cmocka_unit_test(test_several_items),
        cmocka_unit_test(DGRAM_CMSG_01_final_padding_is_optional),
        cmocka_unit_test(DGRAM_CMSG_02_malformed),
        cmocka_unit_test(DGRAM_CMSG_02_bad_lengths),
        cmocka_unit_test(test_short_data),
        cmocka_unit_test(DGRAM_CMSG_03_trailing_item_without_data),
        cmocka_unit_test(test_unaligned),
        cmocka_unit_test(test_random_bytes),
        cmocka_unit_test(DGRAM_CMSG_12_only_what_is_switched_on),
        cmocka_unit_test(test_each_report_is_its_own_item),
        cmocka_unit_test(DGRAM_CMSG_20_errors),
        cmocka_unit_test(DGRAM_CMSG_14_ipv4_items),
        cmocka_unit_test(DGRAM_CMSG_15_ipv6_items),
        cmocka_unit_test(DGRAM_CMSG_16_ipv4_datagram_on_dual_stack),
        cmocka_unit_test(test_what_the_kernel_did_not_say),
        cmocka_unit_test(test_every_room),
        cmocka_unit_test(test_no_buffer),
        cmocka_unit_test(test_echo),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
