/* SPDX-License-Identifier: MIT */
/*
 * owner.h - the owner of an endpoint, as the tests of the transport engine need one: it records
 * what it is told, and can be waited for.
 *
 * With the scripted port call script_settle() and read the record; on the real network wait with
 * owner_wait() for one of the counters first.
 */
#ifndef OPENWSK_TESTS_NET_OWNER_H
#define OPENWSK_TESTS_NET_OWNER_H

#include "net.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

struct owner {
    struct net_udp *udp;
    struct net_address address;
    struct base_lock lock;          /* of the list */
    struct net_datagram *first;     /* what was received, oldest first */
    struct net_datagram **end;
    _Atomic uint32_t room;
    _Atomic uint32_t received;
    _Atomic uint32_t lists;
    _Atomic uint32_t broken;
    _Atomic uint32_t closed;
    int error;                      /* that broken() was told */
    void (*on_received)(struct owner *owner); /* after the list is recorded; may be NULL */
    void *context;
    bool runs;                      /* may come, in any number */
    bool keep_runs;
};

static inline size_t owner_room(void *context)
{
    struct owner *owner = context;

    BASE_REQUIRE(!atomic_load(&owner->closed));
    return atomic_load(&owner->room);
}

/* Records the datagrams of a run one by one, or as they came; how many there are. */
static inline uint32_t owner_record(struct owner *owner, struct net_datagram *datagram)
{
    size_t most = owner->keep_runs ? SIZE_MAX / UINT16_MAX : 1;
    struct net_datagram *part;
    uint32_t count = 0;

    do {
        part = net_datagram_is_run(datagram) ? net_datagram_split(datagram, most) : datagram;
        BASE_REQUIRE(part != NULL);
        count += (uint32_t)net_datagram_count(part);
        part->next = NULL;
        *owner->end = part;
        owner->end = &part->next;
    } while (part != datagram);
    return count;
}

static inline void owner_received(void *context, struct net_datagram *list)
{
    struct owner *owner = context;
    uint32_t count = 0, messages = 0, room = atomic_load(&owner->room);

    BASE_REQUIRE(!atomic_load(&owner->closed) && list);
    base_lock_acquire(&owner->lock);
    for (struct net_datagram *next; list; list = next, messages++) {
        next = list->next;
        count += owner_record(owner, list);
    }
    base_lock_release(&owner->lock);
    BASE_REQUIRE(room > 0 && (owner->runs || (messages <= room && messages <= NET_RX_BATCH)));
    atomic_fetch_sub(&owner->room, count < room ? count : room);
    atomic_fetch_add(&owner->lists, 1);
    atomic_fetch_add(&owner->received, count);
    os_wake_all(&owner->received);
    if (owner->on_received)
        owner->on_received(owner);
}

static inline void owner_broken(void *context, int error)
{
    struct owner *owner = context;

    BASE_REQUIRE(!atomic_load(&owner->closed));
    owner->error = error;
    atomic_fetch_add(&owner->broken, 1);
    os_wake_all(&owner->broken);
}

static inline void owner_closed(void *context)
{
    struct owner *owner = context;

    atomic_fetch_add(&owner->closed, 1);
    os_wake_all(&owner->closed);
}

static const struct net_udp_events owner_events = {
    .room = owner_room,
    .received = owner_received,
    .broken = owner_broken,
    .closed = owner_closed,
};

/* Fails the test when the counter has not come so far after half a minute. */
static inline void owner_wait(_Atomic uint32_t *counter, uint32_t at_least)
{
    uint64_t deadline = os_clock_ns() + 30 * OS_NS_PER_S;
    uint32_t value;

    while ((value = atomic_load(counter)) < at_least)
        if (!os_wait(counter, value, deadline))
            fail_msg("%u instead of %u", value, at_least);
}

static inline struct net_address loopback(enum net_family family)
{
    struct net_address address = { .family = (uint16_t)family };

    if (family == NET_IPV4)
        memcpy(address.ip, (uint8_t[]){ 127, 0, 0, 1 }, 4);
    else
        address.ip[15] = 1;
    return address;
}

/* Open, not bound. */
static inline void owner_open(struct owner *owner, struct net_engine *engine,
                              enum net_family family)
{
    memset(owner, 0, sizeof(*owner));
    owner->end = &owner->first;
    assert_int_equal(net_udp_open(engine, family, &owner_events, owner, &owner->udp), 0);
}

static inline void owner_bind(struct owner *owner, const struct net_address *address)
{
    assert_int_equal(net_udp_bind(owner->udp, address), 0);
    assert_int_equal(net_udp_local_address(owner->udp, &owner->address), 0);
    assert_int_not_equal(owner->address.port, 0);
}

static inline void owner_open_bound(struct owner *owner, struct net_engine *engine,
                                    enum net_family family)
{
    struct net_address address = loopback(family);

    owner_open(owner, engine, family);
    owner_bind(owner, &address);
}

static inline void owner_add_room(struct owner *owner, uint32_t room)
{
    atomic_fetch_add(&owner->room, room);
    net_udp_receive_wanted(owner->udp);
}

/* The oldest datagram received and not taken yet. */
static inline struct net_datagram *owner_take(struct owner *owner)
{
    struct net_datagram *datagram;

    base_lock_acquire(&owner->lock);
    datagram = owner->first;
    BASE_REQUIRE(datagram != NULL);
    owner->first = datagram->next;
    if (!owner->first)
        owner->end = &owner->first;
    base_lock_release(&owner->lock);
    return datagram;
}

static inline void owner_release_all(struct owner *owner)
{
    while (owner->first)
        net_datagram_release(owner_take(owner));
}

static inline void owner_close(struct owner *owner)
{
    net_udp_close(owner->udp);
    owner_wait(&owner->closed, 1);
    owner_release_all(owner);
}

/* --- Sends that carry a number --------------------------------------------------------------- */

struct parcel {
    struct net_send send;
    struct net_envelope envelope;
    struct net_slice slice;
    uint32_t number;
    _Atomic uint32_t done;
    int error;
};

static inline void parcel_done(struct net_send *send, int error)
{
    struct parcel *parcel = container_of(send, struct parcel, send);

    BASE_REQUIRE(!atomic_load(&parcel->done));
    parcel->error = error;
    atomic_store(&parcel->done, 1);
    os_wake_all(&parcel->done);
}

static inline void parcel_fill(struct parcel *parcel, uint32_t number,
                               const struct net_address *to)
{
    memset(parcel, 0, sizeof(*parcel));
    parcel->number = number;
    parcel->slice = (struct net_slice){ &parcel->number, sizeof(parcel->number) };
    parcel->send.slices = &parcel->slice;
    parcel->send.slice_count = 1;
    parcel->envelope.to = *to;
    parcel->send.envelope = &parcel->envelope;
    parcel->send.done = parcel_done;
}

static inline int send_number(struct owner *owner, uint32_t number, const struct net_address *to)
{
    struct parcel parcel;

    parcel_fill(&parcel, number, to);
    return net_udp_send_now(owner->udp, &parcel.send);
}

static inline uint32_t number_in(const struct net_datagram *datagram)
{
    uint32_t number;

    assert_int_equal(datagram->length, sizeof(number));
    memcpy(&number, datagram->data, sizeof(number));
    return number;
}

#endif
