/* SPDX-License-Identifier: MIT */
/* test_raw.c - endpoints of other transports than UDP, on the real network. */
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

/* False where the process may not have it. */
static bool open_kind(struct owner *owner, struct net_engine *engine,
                      const struct net_transport *transport)
{
    int error;

    memset(owner, 0, sizeof(*owner));
    owner->end = &owner->first;
    error = net_endpoint_open(engine, transport, &owner_events, owner, &owner->udp);
    if (error == -EPERM)
        return false;
    assert_int_equal(error, 0);
    return true;
}

static int send_to(struct owner *from, struct net_address to, uint16_t port)
{
    struct net_slice slice = { "raw", 3 };
    struct net_envelope envelope = { .to = to };
    struct net_send send = { .slices = &slice, .slice_count = 1, .envelope = &envelope };

    envelope.to.port = port;
    return net_udp_send_now(from->udp, &send);
}

static void test_raw_has_no_ports(void **state)
{
    const struct net_transport transport = { NET_IPV4, NET_RAW, 253 };
    struct net_address here = { .family = NET_IPV4, .ip = { 127, 0, 0, 1 } }, address;
    struct net_datagram *datagram;
    struct owner a;

    if (!open_kind(&a, *state, &transport))
        skip();
    assert_int_equal(net_udp_bind(a.udp, &here), 0);
    assert_int_equal(net_udp_local_address(a.udp, &address), 0);
    assert_memory_equal(&address, &here, sizeof(here));
    assert_int_equal(send_to(&a, here, 9), -EINVAL);
    owner_add_room(&a, 1);
    assert_int_equal(send_to(&a, here, 0), 0);
    owner_wait(&a.received, 1);
    datagram = owner_take(&a);
    assert_int_equal(datagram->length, 20 + 3);
    assert_memory_equal(&datagram->source, &here, sizeof(here));
    net_datagram_release(datagram);
    owner_close(&a);
}

static void test_options_of_a_kind(void **state)
{
    static const struct {
        enum net_option option;
        bool udp, tcp, raw4, raw6;
    } rows[] = {
        { NET_OPTION_HOPS, true, true, true, true },
        { NET_OPTION_HEADER_INCLUDED, false, false, true, true },
        { NET_OPTION_CHECKSUM, false, false, false, true },
        { NET_OPTION_KEEPALIVE, false, true, false, false },
        { NET_OPTION_KEEPALIVE_IDLE, false, true, false, false },
        { NET_OPTION_KEEPALIVE_INTERVAL, false, true, false, false },
        { NET_OPTION_KEEPALIVE_COUNT, false, true, false, false },
        { NET_OPTION_NODELAY, false, true, false, false },
        { NET_OPTION_V6ONLY, true, true, false, false },
    };
    static const struct net_transport transports[] = {
        { NET_IPV6, NET_UDP, 0 }, { NET_IPV6, NET_TCP, 0 },
        { NET_IPV4, NET_RAW, 253 }, { NET_IPV6, NET_RAW, 253 },
    };

    for (size_t t = 0; t < 4; t++) {
        struct owner a;

        if (!open_kind(&a, *state, &transports[t]))
            continue;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
            const bool fits[] = { rows[i].udp, rows[i].tcp, rows[i].raw4, rows[i].raw6 };
            int value;

            assert_int_equal(net_udp_get_option(a.udp, rows[i].option, &value),
                             fits[t] ? 0 : -ENOPROTOOPT);
        }
        owner_close(&a);
    }
}

static void test_no_such_protocol(void **state)
{
    const struct net_transport transport = { NET_IPV4, NET_RAW, 0 };
    struct net_udp *udp;
    int error = net_endpoint_open(*state, &transport, &owner_events, NULL, &udp);

    assert_true(error == -EPROTONOSUPPORT || error == -EPERM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_raw_has_no_ports, start, stop),
        cmocka_unit_test_setup_teardown(test_options_of_a_kind, start, stop),
        cmocka_unit_test_setup_teardown(test_no_such_protocol, start, stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
