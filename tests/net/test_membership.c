/* SPDX-License-Identifier: MIT */
/*
 * test_membership.c - multicast groups. IPv4 uses the loopback interface, which has index 1; IPv6
 * has no route for groups there, so it uses the first interface that has, and is skipped without
 * one.
 */
#define _GNU_SOURCE
#include "owner.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

static uint32_t find_ipv6_interface(void)
{
    unsigned wanted = IFF_UP | IFF_RUNNING | IFF_MULTICAST, index = 0;
    struct ifaddrs *list;

    if (getifaddrs(&list))
        return 0;
    for (struct ifaddrs *each = list; each && !index; each = each->ifa_next)
        if (each->ifa_addr && each->ifa_addr->sa_family == AF_INET6 &&
            (each->ifa_flags & wanted) == wanted)
            index = if_nametoindex(each->ifa_name);
    freeifaddrs(list);
    return index;
}

static uint32_t index_of(enum net_family family)
{
    return family == NET_IPV4 ? 1 : find_ipv6_interface();
}

static int start(void **state)
{
    return net_engine_start((struct net_engine **)state, &(struct net_engine_config){ .loops = 1 });
}

static int stop(void **state)
{
    net_engine_stop(*state); /* aborts if a failed test left endpoints open */
    return 0;
}

static struct net_address group_of(enum net_family family)
{
    struct net_address group = { .family = (uint16_t)family };

    if (family == NET_IPV4)
        memcpy(group.ip, (uint8_t[]){ 239, 7, 7, 7 }, 4);
    else
        memcpy(group.ip, (uint8_t[]){ 0xff, 0x15, [15] = 7 }, 16);
    return group;
}

static int change(struct owner *owner, const struct net_address *source, bool by_address,
                  bool leave)
{
    struct net_membership membership = {
        .group = group_of(owner->address.family),
        .source = source,
        .action = leave ? NET_LEAVE : NET_JOIN,
    };

    if (by_address)
        membership.local = loopback(NET_IPV4);
    else
        membership.interface_index = index_of(owner->address.family);
    return net_udp_membership(owner->udp, &membership);
}

static void open_listener(struct owner *owner, struct net_engine *engine, enum net_family family,
                          uint16_t port)
{
    struct net_address any = { .family = (uint16_t)family, .port = port };

    owner_open(owner, engine, family);
    assert_int_equal(net_udp_set_option(owner->udp, NET_OPTION_REUSE_ADDRESS, 1), 0);
    owner_bind(owner, &any);
    owner_add_room(owner, 100);
}

static void send_to_group(struct owner *sender, uint16_t port, uint32_t number)
{
    struct net_address to = group_of(sender->address.family);

    to.port = port;
    assert_int_equal(net_udp_set_option(sender->udp, NET_OPTION_MULTICAST_INTERFACE,
                                        (int)index_of(sender->address.family)), 0);
    assert_int_equal(send_number(sender, number, &to), 0);
}

static void members_only(struct net_engine *engine, enum net_family family, bool by_address)
{
    struct owner sender, member, stranger;
    struct net_address group = group_of(family);
    struct net_datagram *datagram;
    uint16_t port;

    open_listener(&sender, engine, family, 0);
    open_listener(&member, engine, family, 0);
    port = member.address.port;
    open_listener(&stranger, engine, family, port);
    assert_int_equal(change(&member, NULL, by_address, true), -EADDRNOTAVAIL);
    assert_int_equal(change(&member, NULL, by_address, false), 0);
    assert_int_equal(change(&member, NULL, by_address, false), -EADDRINUSE);
    send_to_group(&sender, port, 1);
    owner_wait(&member.received, 1);
    datagram = owner_take(&member);
    assert_int_equal(number_in(datagram), 1);
    assert_int_equal(datagram->flags, NET_DATAGRAM_MULTICAST);
    assert_memory_equal(datagram->control.local.ip, group.ip, sizeof(group.ip));
    assert_int_equal(datagram->control.interface_index, index_of(family));
    net_datagram_release(datagram);

    /* After leaving, the next datagram for the member is one of its own. */
    assert_int_equal(change(&member, NULL, by_address, true), 0);
    send_to_group(&sender, port, 2);
    owner_close(&stranger);
    assert_int_equal(stranger.received, 0);
    group = loopback(family);
    group.port = port;
    assert_int_equal(send_number(&sender, 3, &group), 0);
    owner_wait(&member.received, 2);
    datagram = owner_take(&member);
    assert_int_equal(number_in(datagram), 3);
    assert_int_equal(datagram->flags, 0);
    net_datagram_release(datagram);
    owner_close(&member);
    owner_close(&sender);
}

static void test_ipv4_by_index(void **state)
{
    members_only(*state, NET_IPV4, false);
}

static void test_ipv4_by_address(void **state)
{
    members_only(*state, NET_IPV4, true);
}

static void test_ipv6_by_index(void **state)
{
    if (!find_ipv6_interface())
        skip();
    members_only(*state, NET_IPV6, false);
}

static void source_filter(struct net_engine *engine, enum net_family family, bool by_address)
{
    struct owner sender, member;
    struct net_address wanted, other;
    struct net_datagram *datagram;

    owner_open_bound(&sender, engine, family);
    open_listener(&member, engine, family, 0);
    wanted = other = sender.address;
    other.ip[family == NET_IPV4 ? 3 : 14] ^= 0x40;
    assert_int_equal(change(&member, &other, by_address, false), 0);
    send_to_group(&sender, member.address.port, 1);
    assert_int_equal(change(&member, &wanted, by_address, false), 0);
    send_to_group(&sender, member.address.port, 2);
    owner_wait(&member.received, 1);
    datagram = owner_take(&member);
    assert_int_equal(number_in(datagram), 2);
    net_datagram_release(datagram);
    assert_int_equal(change(&member, &other, by_address, true), 0);
    assert_int_equal(change(&member, &other, by_address, true), -EADDRNOTAVAIL);
    assert_int_equal(change(&member, &wanted, by_address, true), 0);
    owner_close(&member);
    owner_close(&sender);
}

static void test_sources(void **state)
{
    source_filter(*state, NET_IPV4, false);
    source_filter(*state, NET_IPV4, true);
}

/*
 * A member on the sending endpoint itself: its own datagrams come back unless it says no. Not on
 * the loopback interface, where they come back in any case.
 */
static void test_loop_option(void **state)
{
    struct net_address own;
    struct net_datagram *datagram;
    struct owner a;

    if (!find_ipv6_interface())
        skip();
    open_listener(&a, *state, NET_IPV6, 0);
    assert_int_equal(change(&a, NULL, false, false), 0);
    send_to_group(&a, a.address.port, 1);
    owner_wait(&a.received, 1);
    net_datagram_release(owner_take(&a));
    assert_int_equal(net_udp_set_option(a.udp, NET_OPTION_MULTICAST_LOOP, 0), 0);
    send_to_group(&a, a.address.port, 2);
    own = loopback(NET_IPV6);
    own.port = a.address.port;
    assert_int_equal(send_number(&a, 3, &own), 0);
    owner_wait(&a.received, 2);
    datagram = owner_take(&a);
    assert_int_equal(number_in(datagram), 3);
    net_datagram_release(datagram);
    owner_close(&a);
}

static void test_refusals(void **state)
{
    struct net_address six = group_of(NET_IPV6), unicast = loopback(NET_IPV4);
    struct net_membership membership = { .group = six, .interface_index = 1 };
    struct owner a;

    owner_open(&a, *state, NET_IPV4);
    assert_int_equal(net_udp_membership(a.udp, &membership), -EAFNOSUPPORT);
    membership.group = unicast;
    assert_int_equal(net_udp_membership(a.udp, &membership), -EINVAL);
    membership.group = group_of(NET_IPV4);
    membership.source = &six;
    assert_int_equal(net_udp_membership(a.udp, &membership), -EAFNOSUPPORT);
    membership.source = NULL;
    membership.interface_index = 999999;
    assert_int_equal(net_udp_membership(a.udp, &membership), -ENODEV);
    owner_close(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_ipv4_by_index, start, stop),
        cmocka_unit_test_setup_teardown(test_ipv4_by_address, start, stop),
        cmocka_unit_test_setup_teardown(test_ipv6_by_index, start, stop),
        cmocka_unit_test_setup_teardown(test_sources, start, stop),
        cmocka_unit_test_setup_teardown(test_loop_option, start, stop),
        cmocka_unit_test_setup_teardown(test_refusals, start, stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
