/* SPDX-License-Identifier: MIT */
/* test_loopback.c - endpoints on the real network, over the loopback interface. */
#include "owner.h"

static int start(void **state)
{
    return net_engine_start((struct net_engine **)state, &(struct net_engine_config){
                                .loops = 2, .stream_gap_ns = NET_NO_STREAMS });
}

static int stop(void **state)
{
    net_engine_stop(*state); /* aborts if a failed test left endpoints open */
    return 0;
}

static int send_bytes(struct owner *from, const struct net_address *to, const void *bytes,
                      size_t length, const struct net_control *control)
{
    struct net_slice slice = { (void *)bytes, length };
    struct net_envelope envelope = { .to = *to };
    struct net_send send = { .slices = &slice, .slice_count = 1, .envelope = &envelope };

    if (control)
        envelope.control = *control;
    return net_udp_send_now(from->udp, &send);
}

/* With no room before, so nothing can have been received meanwhile. */
static struct net_datagram *receive(struct owner *owner)
{
    uint32_t before = atomic_load(&owner->received);

    owner_add_room(owner, 1);
    owner_wait(&owner->received, before + 1);
    return owner_take(owner);
}

/* --- Round trips ----------------------------------------------------------------------------- */

static void round_trip(struct net_engine *engine, enum net_family family, size_t length)
{
    static uint8_t bytes[65536];
    struct owner a, b;
    struct net_address local;
    struct net_datagram *datagram;

    owner_open_bound(&a, engine, family);
    owner_open_bound(&b, engine, family);
    for (size_t i = 0; i < length; i++)
        bytes[i] = (uint8_t)(i * 31 + length);
    assert_int_equal(send_bytes(&a, &b.address, bytes, length, NULL), 0);
    datagram = receive(&b);
    assert_int_equal(datagram->length, length);
    assert_memory_equal(datagram->data, bytes, length);
    assert_memory_equal(&datagram->source, &a.address, sizeof(a.address));
    assert_int_equal(datagram->control.present, NET_CONTROL_LOCAL);
    local = b.address;
    local.port = 0;
    assert_memory_equal(&datagram->control.local, &local, sizeof(local));
    assert_int_equal(datagram->control.interface_index, 1);
    assert_int_equal(datagram->flags, 0);
    net_datagram_release(datagram);
    owner_close(&a);
    owner_close(&b);
}

static void test_round_trips(void **state)
{
    static const size_t lengths[] = { 0, 1, 1400, 2047, 2048, 2049, 9000, 65487, 65507 };

    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        round_trip(*state, NET_IPV4, lengths[i]);
        if (net_engine_supports(*state, NET_IPV6))
            round_trip(*state, NET_IPV6, lengths[i]);
    }
}

static void test_payload_limits(void **state)
{
    static uint8_t bytes[65536];
    struct owner a;

    owner_open_bound(&a, *state, NET_IPV4);
    assert_int_equal(send_bytes(&a, &a.address, bytes, NET_UDP_PAYLOAD_MAX_IPV4 + 1, NULL),
                     -EMSGSIZE);
    owner_close(&a);
    owner_open_bound(&a, *state, NET_IPV6);
    assert_int_equal(send_bytes(&a, &a.address, bytes, NET_UDP_PAYLOAD_MAX_IPV6 + 1, NULL),
                     -EMSGSIZE);
    owner_close(&a);
}

static void test_many_slices_are_one_datagram(void **state)
{
    static uint8_t bytes[NET_SLICES_MAX + 1];
    static struct net_slice slices[NET_SLICES_MAX + 1];
    struct net_envelope envelope = { .control.present = 0 };
    struct net_send send = { .slices = slices, .slice_count = NET_SLICES_MAX, .envelope = &envelope };
    struct net_datagram *datagram;
    struct owner a;

    owner_open_bound(&a, *state, NET_IPV4);
    for (size_t i = 0; i < COUNT_OF(slices); i++) {
        bytes[i] = (uint8_t)(i + 7);
        slices[i] = (struct net_slice){ &bytes[i], 1 };
    }
    envelope.to = a.address;
    assert_int_equal(net_udp_send_now(a.udp, &send), 0);
    datagram = receive(&a);
    assert_int_equal(datagram->length, NET_SLICES_MAX);
    assert_memory_equal(datagram->data, bytes, NET_SLICES_MAX);
    net_datagram_release(datagram);
    send.slice_count++;
    assert_int_equal(net_udp_send_now(a.udp, &send), -E2BIG);
    owner_close(&a);
}

/* --- Addresses ------------------------------------------------------------------------------- */

static void test_dual_stack_reports_ipv4(void **state)
{
    struct net_address any = { .family = NET_IPV6 }, to, mapped = { .family = NET_IPV6 };
    struct net_datagram *datagram;
    struct owner four, six;

    owner_open(&six, *state, NET_IPV6);
    assert_int_equal(net_udp_set_option(six.udp, NET_OPTION_V6ONLY, 0), 0);
    owner_bind(&six, &any);
    owner_open_bound(&four, *state, NET_IPV4);
    to = loopback(NET_IPV4);
    to.port = six.address.port;
    assert_int_equal(send_number(&four, 1, &to), 0);
    datagram = receive(&six);
    mapped.port = four.address.port;
    memcpy(mapped.ip, (uint8_t[]){ 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 127, 0, 0, 1 }, 16);
    assert_memory_equal(&datagram->source, &mapped, sizeof(mapped));
    assert_int_equal(datagram->control.local.family, NET_IPV4);
    assert_memory_equal(datagram->control.local.ip, to.ip, sizeof(to.ip));
    assert_int_equal(datagram->flags, 0);
    net_datagram_release(datagram);
    /* And back to the mapped address, as IPv4 on the wire. */
    assert_int_equal(send_number(&six, 2, &mapped), 0);
    datagram = receive(&four);
    assert_int_equal(datagram->source.family, NET_IPV4);
    assert_int_equal(number_in(datagram), 2);
    net_datagram_release(datagram);
    owner_close(&four);
    owner_close(&six);
}

static void test_addresses_refused(void **state)
{
    struct net_address six = loopback(NET_IPV6), elsewhere = loopback(NET_IPV4), to;
    struct net_control control = { .present = NET_CONTROL_LOCAL };
    struct owner a, b;

    owner_open_bound(&a, *state, NET_IPV4);
    owner_open(&b, *state, NET_IPV4);
    assert_int_equal(net_udp_bind(b.udp, &six), -EAFNOSUPPORT);
    assert_int_equal(net_udp_bind(b.udp, &a.address), -EADDRINUSE);
    memcpy(elsewhere.ip, (uint8_t[]){ 192, 0, 2, 77 }, 4);
    assert_int_equal(net_udp_bind(b.udp, &elsewhere), -EADDRNOTAVAIL);
    /* A bind that failed leaves the endpoint unbound. */
    elsewhere = loopback(NET_IPV4);
    owner_bind(&b, &elsewhere);

    six.port = a.address.port;
    assert_int_equal(send_number(&a, 1, &six), -EAFNOSUPPORT);
    to = a.address;
    to.port = 0;
    assert_int_equal(send_number(&a, 1, &to), -EINVAL);
    memcpy(elsewhere.ip, (uint8_t[]){ 192, 0, 2, 77 }, 4);
    control.local = elsewhere;
    assert_int_equal(send_bytes(&a, &b.address, "x", 1, &control), -EADDRNOTAVAIL);
    to = a.address;
    memset(to.ip, 255, 4);
    assert_int_equal(send_number(&a, 1, &to), -EACCES);
    owner_close(&a);
    owner_close(&b);
}

/* --- Control data ---------------------------------------------------------------------------- */

static void control_round_trip(struct net_engine *engine, enum net_family family)
{
    struct net_control control = { .present = NET_CONTROL_TOS | NET_CONTROL_HOPS,
                                   .tos = 0xb9, .hops = 7 };
    struct net_datagram *datagram;
    struct owner a, b;

    owner_open_bound(&a, engine, family);
    owner_open_bound(&b, engine, family);
    assert_int_equal(net_udp_set_option(b.udp, NET_OPTION_RECEIVE_TOS, 1), 0);
    assert_int_equal(net_udp_set_option(b.udp, NET_OPTION_RECEIVE_HOPS, 1), 0);
    assert_int_equal(send_bytes(&a, &b.address, "x", 1, &control), 0);
    datagram = receive(&b);
    assert_int_equal(datagram->control.present,
                     NET_CONTROL_LOCAL | NET_CONTROL_TOS | NET_CONTROL_HOPS);
    assert_int_equal(datagram->control.tos, 0xb9);
    assert_int_equal(datagram->control.hops, 7);
    net_datagram_release(datagram);

    /* The ECN bits alone leave the socket's other bits. */
    assert_int_equal(net_udp_set_option(a.udp, NET_OPTION_TOS, 0x28), 0);
    control = (struct net_control){ .present = NET_CONTROL_ECN, .tos = 0xfe };
    assert_int_equal(send_bytes(&a, &b.address, "x", 1, &control), 0);
    datagram = receive(&b);
    assert_int_equal(datagram->control.tos, 0x2a);
    net_datagram_release(datagram);
    owner_close(&a);
    owner_close(&b);
}

static void test_control_data(void **state)
{
    control_round_trip(*state, NET_IPV4);
    control_round_trip(*state, NET_IPV6);
}

/* What was received as local address can be sent back as source. */
static void test_reply_from_the_address_asked(void **state)
{
    struct net_address any = { .family = NET_IPV4 }, to = loopback(NET_IPV4);
    struct net_datagram *request, *reply;
    struct owner client, server;

    owner_open(&server, *state, NET_IPV4);
    owner_bind(&server, &any);
    owner_open_bound(&client, *state, NET_IPV4);
    to.ip[3] = 42;
    to.port = server.address.port;
    assert_int_equal(send_number(&client, 1, &to), 0);
    request = receive(&server);
    assert_int_equal(send_bytes(&server, &request->source, "y", 1, &request->control), 0);
    reply = receive(&client);
    assert_memory_equal(&reply->source, &to, sizeof(to));
    net_datagram_release(request);
    net_datagram_release(reply);
    owner_close(&client);
    owner_close(&server);
}

static void test_broadcast_is_flagged(void **state)
{
    struct net_address any = { .family = NET_IPV4 }, to = { .family = NET_IPV4 };
    struct net_datagram *datagram;
    struct owner a, b;

    owner_open_bound(&a, *state, NET_IPV4);
    owner_open(&b, *state, NET_IPV4);
    owner_bind(&b, &any);
    assert_int_equal(net_udp_set_option(a.udp, NET_OPTION_BROADCAST, 1), 0);
    memcpy(to.ip, (uint8_t[]){ 127, 255, 255, 255 }, 4);
    to.port = b.address.port;
    assert_int_equal(send_number(&a, 1, &to), 0);
    datagram = receive(&b);
    assert_int_equal(datagram->flags, NET_DATAGRAM_BROADCAST);
    assert_memory_equal(datagram->control.local.ip, to.ip, 4);
    net_datagram_release(datagram);
    owner_close(&a);
    owner_close(&b);
}

/* A datagram to a closed port draws an ICMP error; it is nobody's fault. */
static void test_port_unreachable_is_swallowed(void **state)
{
    struct net_datagram *datagram;
    struct owner a, b;
    struct net_address gone;

    owner_open_bound(&a, *state, NET_IPV4);
    owner_open_bound(&b, *state, NET_IPV4);
    gone = b.address;
    owner_close(&b);
    owner_add_room(&a, 1);
    for (uint32_t i = 0; i < 10; i++)
        assert_int_equal(send_number(&a, i, &gone), 0);
    assert_int_equal(send_number(&a, 77, &a.address), 0);
    owner_wait(&a.received, 1);
    datagram = owner_take(&a);
    assert_int_equal(number_in(datagram), 77);
    net_datagram_release(datagram);
    owner_close(&a);
}

/* --- A lot ----------------------------------------------------------------------------------- */

#define FLOOD 20000u

/* Ping-pong keeps the queue short, so that the kernel drops nothing. */
static void pong(struct owner *owner)
{
    struct net_datagram *datagram = owner_take(owner);
    uint32_t number;

    memcpy(&number, datagram->data, sizeof(number));
    atomic_fetch_add(&owner->room, 1);
    if (++number < FLOOD)
        BASE_REQUIRE(send_number(owner, number, &datagram->source) == 0);
    net_datagram_release(datagram);
}

static void test_replies_from_the_upcall(void **state)
{
    struct owner a, b;

    owner_open_bound(&a, *state, NET_IPV4);
    owner_open_bound(&b, *state, NET_IPV4);
    a.on_received = b.on_received = pong;
    owner_add_room(&a, 1);
    owner_add_room(&b, 1);
    assert_int_equal(send_number(&a, 0, &b.address), 0);
    owner_wait(&b.received, FLOOD / 2);
    owner_wait(&a.received, FLOOD / 2);
    owner_close(&a);
    owner_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_round_trips, start, stop),
        cmocka_unit_test_setup_teardown(test_payload_limits, start, stop),
        cmocka_unit_test_setup_teardown(test_many_slices_are_one_datagram, start, stop),
        cmocka_unit_test_setup_teardown(test_dual_stack_reports_ipv4, start, stop),
        cmocka_unit_test_setup_teardown(test_addresses_refused, start, stop),
        cmocka_unit_test_setup_teardown(test_control_data, start, stop),
        cmocka_unit_test_setup_teardown(test_reply_from_the_address_asked, start, stop),
        cmocka_unit_test_setup_teardown(test_broadcast_is_flagged, start, stop),
        cmocka_unit_test_setup_teardown(test_port_unreachable_is_swallowed, start, stop),
        cmocka_unit_test_setup_teardown(test_replies_from_the_upcall, start, stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
