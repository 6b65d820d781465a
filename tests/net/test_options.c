/* SPDX-License-Identifier: MIT */
/* test_options.c - options of endpoints: ranges, defaults, and that the kernel keeps them. */
#include "owner.h"

static int start(void **state)
{
    return net_engine_start((struct net_engine **)state, &(struct net_engine_config){ .loops = 1 });
}

static int stop(void **state)
{
    net_engine_stop(*state); /* aborts if a failed test left endpoints open */
    return 0;
}

#define ANY_DEFAULT (-1)

struct row {
    enum net_option option;
    int lowest, highest;
    int standard;          /* value of a new endpoint */
    int values[3];         /* set and read back */
};

static const struct row rows[] = {
    { NET_OPTION_BROADCAST, 0, 1, 0, { 1, 0, 1 } },
    { NET_OPTION_RECEIVE_BUFFER, 0, INT32_MAX, ANY_DEFAULT, { 4096, 65536, 8 << 20 } },
    { NET_OPTION_SEND_BUFFER, 0, INT32_MAX, ANY_DEFAULT, { 8192, 65536, 8 << 20 } },
    { NET_OPTION_REUSE_ADDRESS, 0, 1, 0, { 1, 0, 1 } },
    { NET_OPTION_HOPS, 1, 255, ANY_DEFAULT, { 1, 77, 255 } },
    { NET_OPTION_TOS, 0, 255, 0, { 0xb8, 3, 255 } },
    { NET_OPTION_DONT_FRAGMENT, 0, 1, 0, { 1, 0, 1 } },
    { NET_OPTION_RECEIVE_TOS, 0, 1, 0, { 1, 0, 1 } },
    { NET_OPTION_RECEIVE_HOPS, 0, 1, 0, { 1, 0, 1 } },
    { NET_OPTION_MULTICAST_HOPS, 0, 255, 1, { 0, 9, 255 } },
    { NET_OPTION_MULTICAST_LOOP, 0, 1, 1, { 0, 1, 0 } },
    { NET_OPTION_MULTICAST_INTERFACE, 0, INT32_MAX, 0, { 1, 0, 1 } },
    { NET_OPTION_UNICAST_INTERFACE, 0, INT32_MAX, 0, { 1, 0, 1 } },
};

static void check_row(struct owner *owner, const struct row *row)
{
    int value = -2;

    assert_int_equal(net_udp_get_option(owner->udp, row->option, &value), 0);
    if (row->standard == ANY_DEFAULT)
        assert_true(value > 0);
    else
        assert_int_equal(value, row->standard);
    for (size_t i = 0; i < COUNT_OF(row->values); i++) {
        assert_int_equal(net_udp_set_option(owner->udp, row->option, row->values[i]), 0);
        assert_int_equal(net_udp_get_option(owner->udp, row->option, &value), 0);
        assert_int_equal(value, row->values[i]);
    }
    assert_int_equal(net_udp_set_option(owner->udp, row->option, row->lowest - 1), -EINVAL);
    if (row->highest != INT32_MAX)
        assert_int_equal(net_udp_set_option(owner->udp, row->option, row->highest + 1), -EINVAL);
    assert_int_equal(net_udp_get_option(owner->udp, row->option, &value), 0);
    assert_int_equal(value, row->values[2]);
}

static void check_family(struct net_engine *engine, enum net_family family)
{
    struct owner a;

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        owner_open(&a, engine, family);
        check_row(&a, &rows[i]);
        owner_close(&a);
    }
}

static void test_ipv4(void **state)
{
    check_family(*state, NET_IPV4);
}

static void test_ipv6(void **state)
{
    check_family(*state, NET_IPV6);
}

static void test_v6only(void **state)
{
    static const struct row row = { NET_OPTION_V6ONLY, 0, 1, 1, { 0, 1, 0 } };
    struct owner a;
    int value;

    owner_open(&a, *state, NET_IPV6);
    check_row(&a, &row);
    owner_close(&a);
    owner_open(&a, *state, NET_IPV4);
    assert_int_equal(net_udp_set_option(a.udp, NET_OPTION_V6ONLY, 1), -ENOPROTOOPT);
    assert_int_equal(net_udp_get_option(a.udp, NET_OPTION_V6ONLY, &value), -ENOPROTOOPT);
    owner_close(&a);
}

static void test_unknown_option(void **state)
{
    struct owner a;
    int value;

    owner_open(&a, *state, NET_IPV4);
    assert_int_equal(net_udp_set_option(a.udp, NET_OPTION_COUNT, 0), -ENOPROTOOPT);
    assert_int_equal(net_udp_get_option(a.udp, (enum net_option)99, &value), -ENOPROTOOPT);
    owner_close(&a);
}

static void test_extreme_buffers(void **state)
{
    static const int values[] = { 0, 1, INT32_MAX };
    struct owner a;
    int value;

    owner_open(&a, *state, NET_IPV4);
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        assert_int_equal(net_udp_set_option(a.udp, NET_OPTION_RECEIVE_BUFFER, values[i]), 0);
        assert_int_equal(net_udp_get_option(a.udp, NET_OPTION_RECEIVE_BUFFER, &value), 0);
        assert_int_equal(value, values[i]);
    }
    owner_close(&a);
}

static void test_no_such_interface(void **state)
{
    struct owner a;

    owner_open(&a, *state, NET_IPV4);
    assert_int_not_equal(net_udp_set_option(a.udp, NET_OPTION_MULTICAST_INTERFACE, 999999), 0);
    assert_int_not_equal(net_udp_set_option(a.udp, NET_OPTION_UNICAST_INTERFACE, 999999), 0);
    owner_close(&a);
}

/* The option and the control data say the same on the wire. */
static void default_marks(struct net_engine *engine, enum net_family family)
{
    struct net_datagram *datagram;
    struct owner a;

    owner_open_bound(&a, engine, family);
    assert_int_equal(net_udp_set_option(a.udp, NET_OPTION_TOS, 0x2c), 0);
    assert_int_equal(net_udp_set_option(a.udp, NET_OPTION_HOPS, 33), 0);
    assert_int_equal(net_udp_set_option(a.udp, NET_OPTION_RECEIVE_TOS, 1), 0);
    assert_int_equal(net_udp_set_option(a.udp, NET_OPTION_RECEIVE_HOPS, 1), 0);
    assert_int_equal(send_number(&a, 1, &a.address), 0);
    owner_add_room(&a, 1);
    owner_wait(&a.received, 1);
    datagram = owner_take(&a);
    assert_int_equal(datagram->control.tos, 0x2c);
    assert_int_equal(datagram->control.hops, 33);
    net_datagram_release(datagram);
    owner_close(&a);
}

static void test_default_marks(void **state)
{
    default_marks(*state, NET_IPV4);
    default_marks(*state, NET_IPV6);
}

/* IPv6 endpoints set their IPv4 half as well. */
static void test_dual_stack_halves(void **state)
{
    struct net_address any = { .family = NET_IPV6 }, to;
    struct net_datagram *datagram;
    struct owner four, six;

    owner_open(&six, *state, NET_IPV6);
    assert_int_equal(net_udp_set_option(six.udp, NET_OPTION_V6ONLY, 0), 0);
    owner_bind(&six, &any);
    assert_int_equal(net_udp_set_option(six.udp, NET_OPTION_RECEIVE_TOS, 1), 0);
    assert_int_equal(net_udp_set_option(six.udp, NET_OPTION_RECEIVE_HOPS, 1), 0);
    owner_open_bound(&four, *state, NET_IPV4);
    assert_int_equal(net_udp_set_option(four.udp, NET_OPTION_TOS, 0x14), 0);
    assert_int_equal(net_udp_set_option(four.udp, NET_OPTION_HOPS, 5), 0);
    to = loopback(NET_IPV4);
    to.port = six.address.port;
    assert_int_equal(send_number(&four, 1, &to), 0);
    owner_add_room(&six, 1);
    owner_wait(&six.received, 1);
    datagram = owner_take(&six);
    assert_int_equal(datagram->control.tos, 0x14);
    assert_int_equal(datagram->control.hops, 5);
    net_datagram_release(datagram);
    owner_close(&four);
    owner_close(&six);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_ipv4, start, stop),
        cmocka_unit_test_setup_teardown(test_ipv6, start, stop),
        cmocka_unit_test_setup_teardown(test_v6only, start, stop),
        cmocka_unit_test_setup_teardown(test_unknown_option, start, stop),
        cmocka_unit_test_setup_teardown(test_extreme_buffers, start, stop),
        cmocka_unit_test_setup_teardown(test_no_such_interface, start, stop),
        cmocka_unit_test_setup_teardown(test_default_marks, start, stop),
        cmocka_unit_test_setup_teardown(test_dual_stack_halves, start, stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
