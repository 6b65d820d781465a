/* SPDX-License-Identifier: MIT */
/*
 * The host's network as records: loopback as it is everywhere, and a namespace that the test
 * changes.
 */
#define _GNU_SOURCE
#include "interfaces.h"
#include "rtnl.h"
#include "sys.h"

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct net_address address(const char *text)
{
    struct net_address result;

    memset(&result, 0, sizeof(result));
    result.family = strchr(text, ':') ? NET_IPV6 : NET_IPV4;
    assert_int_equal(inet_pton(result.family == NET_IPV6 ? AF_INET6 : AF_INET, text, result.ip), 1);
    return result;
}

static bool same(const struct net_address *left, const char *right)
{
    struct net_address other = address(right);

    return left->family == other.family && memcmp(left->ip, other.ip, sizeof(other.ip)) == 0;
}

static struct net_link link_named(const char *name)
{
    struct net_records links;
    struct net_link found;

    memset(&found, 0, sizeof(found));
    assert_int_equal(net_records_get(NET_RECORD_LINK, NET_UNSPECIFIED, &links), 0);
    for (size_t i = 0; i < links.count; i++) {
        if (strcmp(links.at[i].link.name, name) == 0)
            found = links.at[i].link;
    }
    net_records_free(&links);
    return found;
}

/* How many records the predicate holds for; the last is copied. */
static size_t count(enum net_record_kind kind, enum net_family family,
                    bool (*holds)(const struct net_record *record, const void *what),
                    const void *what, struct net_record *last)
{
    struct net_records records;
    size_t found = 0;

    assert_int_equal(net_records_get(kind, family, &records), 0);
    for (size_t i = 0; i < records.count; i++) {
        assert_int_equal(records.at[i].kind, kind);
        if (family != NET_UNSPECIFIED)
            assert_int_equal(net_record_family(&records.at[i]), family);
        if (holds(&records.at[i], what)) {
            found++;
            *last = records.at[i];
        }
    }
    net_records_free(&records);
    return found;
}

static bool is_address(const struct net_record *record, const void *text)
{
    return same(&record->local.address, text);
}

static bool is_route_to(const struct net_record *record, const void *text)
{
    return same(&record->route.destination, text);
}

static bool is_neighbour(const struct net_record *record, const void *text)
{
    return same(&record->neighbour.address, text);
}

/* --- Reading --------------------------------------------------------------------------------- */

static void test_loopback(void **state)
{
    struct net_link lo = link_named("lo"), again;

    (void)state;
    assert_int_equal(lo.type, NET_LINK_LOOPBACK);
    assert_int_equal(lo.state, NET_LINK_STATE_UP);
    assert_int_equal(lo.flags & (NET_LINK_ENABLED | NET_LINK_CARRIER | NET_LINK_IPV4),
                     NET_LINK_ENABLED | NET_LINK_CARRIER | NET_LINK_IPV4);
    assert_false(lo.flags & NET_LINK_HARDWARE);
    assert_int_equal(lo.mtu, 65536);
    assert_int_equal(net_link_get(lo.index, &again), 0);
    assert_string_equal(again.name, "lo");
    assert_int_equal(again.index, lo.index);
}

static void test_no_such_link(void **state)
{
    struct net_link link;

    (void)state;
    assert_int_equal(net_link_get(0, &link), -ENODEV);
    assert_int_equal(net_link_get(0x7ffffff0, &link), -ENODEV);
    assert_int_equal(net_link_get(0xffffffff, &link), -ENODEV);
}

static void test_loopback_addresses(void **state)
{
    struct net_record record;

    (void)state;
    assert_int_equal(count(NET_RECORD_ADDRESS, NET_IPV4, is_address, "127.0.0.1", &record), 1);
    assert_int_equal(record.local.prefix_length, 8);
    assert_int_equal(record.local.interface_index, link_named("lo").index);
    assert_int_equal(record.local.valid_s, NET_FOREVER_S);
    assert_int_equal(record.local.flags, 0);
    assert_int_equal(count(NET_RECORD_ADDRESS, NET_UNSPECIFIED, is_address, "127.0.0.1", &record),
                     1);
    assert_int_equal(count(NET_RECORD_ADDRESS, NET_IPV6, is_address, "::1", &record), 1);
    assert_int_equal(record.local.prefix_length, 128);
    assert_int_equal(record.local.address.scope, 0);
}

static void test_interface_appears(void **state)
{
    unsigned index = interfaces_add("t0");
    struct net_link link = link_named("t0");

    (void)state;
    assert_int_equal(link.index, index);
    assert_int_equal(link.type, NET_LINK_ETHERNET);
    assert_int_equal(link.address_length, 6);
    assert_int_equal(link.flags & (NET_LINK_ENABLED | NET_LINK_CARRIER | NET_LINK_HARDWARE), 0);
    assert_int_equal(link.state, NET_LINK_STATE_DOWN);
    interfaces_mtu("t0", 1400);
    interfaces_up("t0");
    link = link_named("t0");
    assert_int_equal(link.mtu, 1400);
    assert_int_equal(link.flags & NET_LINK_ENABLED, NET_LINK_ENABLED);
    interfaces_remove("t0");
    assert_int_equal(link_named("t0").index, 0);
    assert_int_equal(net_link_get(index, &link), -ENODEV);
}

static bool is_all_nodes_on(const struct net_record *record, const void *index)
{
    return same(&record->group.address, "ff02::1") &&
           record->group.interface_index == *(const unsigned *)index;
}

/* Which the kernel joins as soon as the family runs on the link. */
static void test_groups_of_a_link(void **state)
{
    struct net_record record;
    unsigned index = interfaces_add("t0");

    (void)state;
    interfaces_up("t0");
    assert_int_equal(count(NET_RECORD_MULTICAST, NET_IPV6, is_all_nodes_on, &index, &record), 1);
    assert_int_equal(record.group.address.scope, index);
    interfaces_remove("t0");
}

static void test_route_that_a_packet_takes(void **state)
{
    struct net_route_query query = { .destination = address("203.0.113.9") };
    struct net_address source;
    struct net_route route;
    unsigned index = interfaces_add("t0");

    (void)state;
    assert_int_equal(net_route_find(&query, &route, &source), -ENETUNREACH);
    interfaces_up("t0");
    interfaces_add_ipv4("t0", "192.0.2.1", 24);
    interfaces_add_route("t0", "203.0.113.0", 25, "192.0.2.7");
    assert_int_equal(net_route_find(&query, &route, &source), 0);
    assert_int_equal(route.interface_index, index);
    assert_true(same(&route.destination, "203.0.113.0"));
    assert_int_equal(route.prefix_length, 25);
    assert_true(same(&route.next_hop, "192.0.2.7"));
    assert_true(same(&source, "192.0.2.1"));
    query.destination = address("192.0.2.200");
    assert_int_equal(net_route_find(&query, &route, &source), 0);
    assert_true(same(&route.next_hop, "0.0.0.0"));
    assert_int_equal(route.protocol, NET_ROUTE_BY_KERNEL);
    query.destination = address("127.0.0.1");
    query.interface_index = 0x7ffffff0;
    assert_true(net_route_find(&query, &route, &source) < 0);
    interfaces_remove("t0");
}

static void test_ipv6_route_that_a_packet_takes(void **state)
{
    struct net_route_query query = { .destination = address("2001:db8::77") };
    struct net_address source;
    struct net_route route;
    unsigned index = interfaces_add("t0");

    (void)state;
    assert_int_equal(net_route_find(&query, &route, &source), -ENETUNREACH);
    interfaces_up("t0");
    interfaces_add_ipv6("t0", "2001:db8::5", 64);
    assert_int_equal(net_route_find(&query, &route, &source), 0);
    assert_int_equal(route.interface_index, index);
    assert_true(same(&route.destination, "2001:db8::"));
    assert_int_equal(route.prefix_length, 64);
    interfaces_remove("t0");
}

/* --- Changing -------------------------------------------------------------------------------- */

static void test_change_an_address(void **state)
{
    struct net_record record, found;
    unsigned index = interfaces_add("t0");

    (void)state;
    memset(&record, 0, sizeof(record));
    record.kind = NET_RECORD_ADDRESS;
    record.local.interface_index = index;
    record.local.address = address("192.0.2.9");
    record.local.prefix_length = 24;
    record.local.valid_s = record.local.preferred_s = NET_FOREVER_S;
    assert_int_equal(net_record_change(NET_CREATE, &record), 0);
    assert_int_equal(net_record_change(NET_CREATE, &record), -EEXIST);
    assert_int_equal(count(NET_RECORD_ADDRESS, NET_IPV4, is_address, "192.0.2.9", &found), 1);
    assert_int_equal(found.local.prefix_length, 24);
    record.local.valid_s = 1000;
    record.local.preferred_s = 500;
    assert_int_equal(net_record_change(NET_REPLACE, &record), 0);
    assert_int_equal(count(NET_RECORD_ADDRESS, NET_IPV4, is_address, "192.0.2.9", &found), 1);
    assert_in_range(found.local.valid_s, 900, 1000);
    assert_int_equal(net_record_change(NET_REMOVE, &record), 0);
    assert_int_equal(net_record_change(NET_REMOVE, &record), -ENOENT);
    record.local.interface_index = 0x7ffffff0;
    assert_int_equal(net_record_change(NET_CREATE, &record), -ENODEV);
    interfaces_remove("t0");
}

static void test_change_a_route(void **state)
{
    struct net_record record, found;
    unsigned index = interfaces_add("t0");

    (void)state;
    interfaces_up("t0");
    interfaces_add_ipv4("t0", "192.0.2.1", 24);
    memset(&record, 0, sizeof(record));
    record.kind = NET_RECORD_ROUTE;
    record.route.interface_index = index;
    record.route.destination = address("198.51.100.0");
    record.route.prefix_length = 24;
    record.route.next_hop = address("192.0.2.2");
    record.route.metric = 7;
    record.route.protocol = NET_ROUTE_BY_ADMINISTRATOR;
    assert_int_equal(net_record_change(NET_CREATE, &record), 0);
    assert_int_equal(net_record_change(NET_CREATE, &record), -EEXIST);
    assert_int_equal(count(NET_RECORD_ROUTE, NET_IPV4, is_route_to, "198.51.100.0", &found), 1);
    assert_int_equal(found.route.metric, 7);
    assert_int_equal(found.route.interface_index, index);
    assert_true(same(&found.route.next_hop, "192.0.2.2"));
    assert_int_equal(found.route.protocol, NET_ROUTE_BY_ADMINISTRATOR);
    assert_int_equal(net_record_change(NET_REMOVE, &record), 0);
    assert_int_equal(net_record_change(NET_REMOVE, &record), -ENOENT);
    interfaces_remove("t0");
}

static void test_change_a_neighbour(void **state)
{
    static const uint8_t hardware[] = { 2, 0, 0, 0, 0, 9 };
    struct net_record record, found;

    (void)state;
    memset(&record, 0, sizeof(record));
    record.kind = NET_RECORD_NEIGHBOUR;
    record.neighbour.interface_index = interfaces_add("t0");
    record.neighbour.address = address("192.0.2.44");
    record.neighbour.hardware_length = 6;
    memcpy(record.neighbour.hardware, hardware, sizeof(hardware));
    interfaces_up("t0");
    assert_int_equal(net_record_change(NET_CREATE, &record), 0);
    assert_int_equal(count(NET_RECORD_NEIGHBOUR, NET_IPV4, is_neighbour, "192.0.2.44", &found), 1);
    assert_int_equal(found.neighbour.state, NET_NEIGHBOUR_PERMANENT);
    assert_memory_equal(found.neighbour.hardware, hardware, sizeof(hardware));
    assert_int_equal(net_record_change(NET_REMOVE, &record), 0);
    interfaces_remove("t0");
}

static void test_a_link_cannot_be_changed(void **state)
{
    const struct net_record record = { .kind = NET_RECORD_LINK };

    (void)state;
    assert_int_equal(net_record_change(NET_CREATE, &record), -EOPNOTSUPP);
}

/* --- Failures -------------------------------------------------------------------------------- */

static struct net_sys table;
static unsigned calls, fail_at;

static bool fails(void)
{
    return ++calls == fail_at;
}

static long failing_socket(int domain, int type, int protocol)
{
    return fails() ? -EMFILE : net_sys_linux.socket(domain, type, protocol);
}

static long failing_bind(int fd, const struct sockaddr *name, socklen_t length)
{
    return fails() ? -ENOMEM : net_sys_linux.bind(fd, name, length);
}

static long failing_getsockname(int fd, struct sockaddr *name, socklen_t *length)
{
    return fails() ? -ENOMEM : net_sys_linux.getsockname(fd, name, length);
}

static long failing_sendmsg(int fd, const struct msghdr *message, int flags)
{
    return fails() ? -ENOMEM : net_sys_linux.sendmsg(fd, message, flags);
}

static long failing_recvmmsg(int fd, struct mmsghdr *messages, unsigned number, int flags,
                             void *timeout)
{
    return fails() ? -ENOMEM : net_sys_linux.recvmmsg(fd, messages, number, flags, timeout);
}

/* Each system call of a question fails once: the error comes out, and no descriptor is left. */
static void test_every_call_may_fail(void **state)
{
    struct net_records records;
    long before = net_sys_linux.eventfd2(0, 0), after;
    int error = -1;

    (void)state;
    table = net_sys_linux;
    table.socket = failing_socket;
    table.bind = failing_bind;
    table.getsockname = failing_getsockname;
    table.sendmsg = failing_sendmsg;
    table.recvmmsg = failing_recvmmsg;
    net_sys = &table;
    for (fail_at = 1; error != 0 && fail_at < 100; fail_at++) {
        calls = 0;
        error = net_records_get(NET_RECORD_ADDRESS, NET_UNSPECIFIED, &records);
        if (error)
            assert_null(records.at);
    }
    net_sys = &net_sys_linux;
    net_records_free(&records);
    assert_int_equal(error, 0);
    assert_true(fail_at > 6);
    after = net_sys_linux.eventfd2(0, 0);
    assert_int_equal(after, before + 1);
    net_sys_linux.close((int)after);
    net_sys_linux.close((int)before);
}

/* --- Messages that are cut ------------------------------------------------------------------- */

static unsigned cut_messages;

/*
 * Each shorter form of the message, in memory of just that size (the kernel pads to four bytes), so
 * that a sanitizer sees a step too far.
 */
static void decode_every_length(const struct nlmsghdr *message)
{
    for (size_t length = sizeof(*message); length <= message->nlmsg_len; length++) {
        struct nlmsghdr *copy = os_allocate_zeroed(NLMSG_ALIGN(length));
        struct net_records records = { 0 };
        struct net_address source;
        struct net_route route;
        bool removed;

        assert_non_null(copy);
        memcpy(copy, message, length);
        copy->nlmsg_len = (uint32_t)length;
        assert_int_equal(rtnl_decode(copy, &records, &removed), 0);
        rtnl_decode_found(copy, &route, &source);
        net_records_free(&records);
        os_free(copy);
    }
    cut_messages++;
}

static long cutting_recvmmsg(int fd, struct mmsghdr *messages, unsigned number, int flags,
                             void *timeout)
{
    long result = net_sys_linux.recvmmsg(fd, messages, number, flags, timeout);
    const struct nlmsghdr *message = messages->msg_hdr.msg_iov->iov_base;
    unsigned left = result == 1 ? messages->msg_len : 0;

    for (; NLMSG_OK(message, left); message = NLMSG_NEXT(message, left))
        decode_every_length(message);
    return result;
}

static void test_every_length_of_every_message(void **state)
{
    struct net_route_query query = { .destination = address("127.0.0.1") };
    struct net_records records;
    struct net_address source;
    struct net_route route;

    (void)state;
    interfaces_add("t0");
    interfaces_up("t0");
    interfaces_add_ipv4("t0", "192.0.2.1", 24);
    interfaces_add_ipv6("t0", "2001:db8::5", 64);
    table = net_sys_linux;
    table.recvmmsg = cutting_recvmmsg;
    net_sys = &table;
    for (int kind = 0; kind < NET_RECORD_KINDS; kind++) {
        assert_int_equal(net_records_get((enum net_record_kind)kind, NET_UNSPECIFIED, &records), 0);
        net_records_free(&records);
    }
    assert_int_equal(net_route_find(&query, &route, &source), 0);
    net_sys = &net_sys_linux;
    assert_true(cut_messages > 10);
    interfaces_remove("t0");
}

static unsigned interruptions;

static long interrupted_sendmsg(int fd, const struct msghdr *message, int flags)
{
    return ++interruptions % 2 ? -EINTR : net_sys_linux.sendmsg(fd, message, flags);
}

static void test_a_signal_disturbs_nothing(void **state)
{
    (void)state;
    table = net_sys_linux;
    table.sendmsg = interrupted_sendmsg;
    net_sys = &table;
    assert_int_equal(link_named("lo").type, NET_LINK_LOOPBACK);
    net_sys = &net_sys_linux;
    assert_int_equal(interruptions, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_loopback),
        cmocka_unit_test(test_no_such_link),
        cmocka_unit_test(test_loopback_addresses),
        cmocka_unit_test(test_interface_appears),
        cmocka_unit_test(test_groups_of_a_link),
        cmocka_unit_test(test_route_that_a_packet_takes),
        cmocka_unit_test(test_ipv6_route_that_a_packet_takes),
        cmocka_unit_test(test_change_an_address),
        cmocka_unit_test(test_change_a_route),
        cmocka_unit_test(test_change_a_neighbour),
        cmocka_unit_test(test_a_link_cannot_be_changed),
        cmocka_unit_test(test_every_call_may_fail),
        cmocka_unit_test(test_every_length_of_every_message),
        cmocka_unit_test(test_a_signal_disturbs_nothing),
    };

    if (!interfaces_own())
        return INTERFACES_SKIP;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
