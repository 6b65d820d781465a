/* SPDX-License-Identifier: MIT */
/* test_loopback.c - endpoints on the real network, over the loopback interface. */
#include "net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* --- An owner that counts and can be waited for ---------------------------------------------- */

struct owner {
    struct net_udp *udp;
    _Atomic uint32_t room;
    _Atomic uint32_t received;
    _Atomic uint32_t closed;
    _Atomic uint32_t done;
    bool keep;
    struct base_lock lock;
    struct net_datagram *first;
    struct net_datagram **end;
};

static size_t owner_room(void *context)
{
    return atomic_load(&((struct owner *)context)->room);
}

static void owner_received(void *context, struct net_datagram *list)
{
    struct owner *owner = context;
    uint32_t count = 0;

    base_lock_acquire(&owner->lock);
    *owner->end = list;
    for (; list; list = list->next, count++)
        owner->end = &list->next;
    base_lock_release(&owner->lock);
    atomic_fetch_sub(&owner->room, count);
    atomic_fetch_add(&owner->received, count);
    os_wake_all(&owner->received);
}

static void owner_broken(void *context, int error)
{
    (void)context;
    fail_msg("the endpoint broke: %d", error);
}

static void owner_closed(void *context)
{
    struct owner *owner = context;

    atomic_store(&owner->closed, 1);
    os_wake_all(&owner->closed);
}

static const struct net_udp_events owner_events = {
    .room = owner_room,
    .received = owner_received,
    .broken = owner_broken,
    .closed = owner_closed,
};

static void wait_for(_Atomic uint32_t *word, uint32_t at_least)
{
    uint64_t deadline = os_clock_ns() + 20 * OS_NS_PER_S;

    for (;;) {
        uint32_t value = atomic_load(word);

        if (value >= at_least)
            return;
        if (!os_wait(word, value, deadline))
            fail_msg("%u instead of %u", value, at_least);
    }
}

static void set_room(struct owner *owner, uint32_t room)
{
    atomic_fetch_add(&owner->room, room);
    net_udp_receive_wanted(owner->udp);
}

static struct net_datagram *take(struct owner *owner)
{
    struct net_datagram *datagram;

    base_lock_acquire(&owner->lock);
    datagram = owner->first;
    assert_non_null(datagram);
    owner->first = datagram->next;
    if (!owner->first)
        owner->end = &owner->first;
    base_lock_release(&owner->lock);
    return datagram;
}

static struct net_address loopback(enum net_family family)
{
    struct net_address address = { .family = family };

    if (family == NET_IPV4)
        memcpy(address.ip, (uint8_t[]){ 127, 0, 0, 1 }, 4);
    else
        address.ip[15] = 1;
    return address;
}

static struct net_address open_owner(struct net_engine *engine, struct owner *owner,
                                     enum net_family family)
{
    struct net_address address = loopback(family);

    memset(owner, 0, sizeof(*owner));
    owner->end = &owner->first;
    assert_int_equal(net_udp_open(engine, family, &owner_events, owner, &owner->udp), 0);
    assert_int_equal(net_udp_bind(owner->udp, &address), 0);
    assert_int_equal(net_udp_local_address(owner->udp, &address), 0);
    assert_int_not_equal(address.port, 0);
    return address;
}

static void close_owner(struct owner *owner)
{
    net_udp_close(owner->udp);
    wait_for(&owner->closed, 1);
    while (owner->first)
        net_datagram_release(take(owner));
}

static int start(void **state)
{
    return net_engine_start((struct net_engine **)state, &(struct net_engine_config){ .loops = 2 });
}

static int stop(void **state)
{
    net_engine_stop(*state);
    return 0;
}

/* --- Round trips ----------------------------------------------------------------------------- */

static int send_bytes(struct owner *from, const struct net_address *to, const void *bytes,
                      size_t length)
{
    struct net_slice slice = { (void *)bytes, length };
    struct net_send send = { .slices = &slice, .slice_count = 1, .to = *to };

    return net_udp_send_now(from->udp, &send);
}

static void round_trip(struct net_engine *engine, enum net_family family, size_t length)
{
    static uint8_t bytes[65536];
    struct owner a, b;
    struct net_address at_a = open_owner(engine, &a, family);
    struct net_address at_b = open_owner(engine, &b, family);
    struct net_datagram *datagram;

    for (size_t i = 0; i < length; i++)
        bytes[i] = (uint8_t)(i * 31 + length);
    set_room(&b, 1);
    assert_int_equal(send_bytes(&a, &at_b, bytes, length), 0);
    wait_for(&b.received, 1);
    datagram = take(&b);
    assert_int_equal(datagram->length, length);
    assert_memory_equal(datagram->data, bytes, length);
    assert_memory_equal(&datagram->source, &at_a, sizeof(at_a));
    assert_true(datagram->control.present & NET_CONTROL_LOCAL);
    at_b.port = 0;
    assert_memory_equal(&datagram->control.local, &at_b, sizeof(at_b));
    assert_int_equal(datagram->control.interface_index, 1);
    assert_int_equal(datagram->flags, 0);
    net_datagram_release(datagram);
    close_owner(&a);
    close_owner(&b);
}

static void test_round_trips(void **state)
{
    static const size_t lengths[] = { 0, 1, 1400, 2047, 2048, 2049, 9000, 65507 };

    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        round_trip(*state, NET_IPV4, lengths[i]);
        round_trip(*state, NET_IPV6, lengths[i]);
    }
    round_trip(*state, NET_IPV6, NET_UDP_PAYLOAD_MAX_IPV6 - 40 - 8);
}

static void test_payload_limits(void **state)
{
    static uint8_t bytes[65536];
    struct owner a;
    struct net_address at_a = open_owner(*state, &a, NET_IPV4);

    assert_int_equal(send_bytes(&a, &at_a, bytes, NET_UDP_PAYLOAD_MAX_IPV4 + 1), -EMSGSIZE);
    close_owner(&a);
    at_a = open_owner(*state, &a, NET_IPV6);
    assert_int_equal(send_bytes(&a, &at_a, bytes, NET_UDP_PAYLOAD_MAX_IPV6 + 1), -EMSGSIZE);
    close_owner(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_round_trips, start, stop),
        cmocka_unit_test_setup_teardown(test_payload_limits, start, stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
