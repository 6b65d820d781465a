/* SPDX-License-Identifier: MIT */
/* test_udp_tx.c - sending: directly, queued, drained, cancelled; on the scripted network. */
#include "fixture.h"

#define N 64u
#define PARCELS 2000u

static struct parcel parcels[PARCELS];

static const struct net_address peer = { .family = NET_IPV4, .port = 0x3412,
                                         .ip = { 192, 0, 2, 1 } };

static void fill_parcels(uint32_t count)
{
    assert_true(count <= PARCELS);
    for (uint32_t i = 0; i < count; i++)
        parcel_fill(&parcels[i], i, &peer);
}

/* Takes the oldest off the wire and tells its number. */
static uint32_t next_on_wire(struct fixture *fixture)
{
    struct script_datagram *datagram = script_take(fixture->script);
    uint32_t number;

    assert_non_null(datagram);
    assert_int_equal(datagram->length, sizeof(number));
    memcpy(&number, datagram->data, sizeof(number));
    os_free(datagram);
    return number;
}

static void expect_on_wire(struct fixture *fixture, uint32_t first, uint32_t count)
{
    for (uint32_t i = first; i < first + count; i++)
        assert_int_equal(next_on_wire(fixture), i);
}

static void expect_done(uint32_t first, uint32_t count, int error)
{
    for (uint32_t i = first; i < first + count; i++) {
        assert_int_equal(parcels[i].done, 1);
        assert_int_equal(parcels[i].error, error);
    }
}

/* An endpoint whose first send finds the wire full, so that everything queues. */
static void open_blocked(struct fixture *fixture, struct owner *owner, uint32_t queued)
{
    script_automatic(fixture->script, false);
    owner_open_bound(owner, fixture->engine, NET_IPV4);
    script_wire_capacity(fixture->script, 0);
    fill_parcels(queued);
    assert_int_equal(net_udp_send_now(owner->udp, &parcels[0].send), -EAGAIN);
    for (uint32_t i = 0; i < queued; i++)
        net_udp_send_later(owner->udp, &parcels[i].send);
    script_settle(fixture->script);
}

/* --- Direct ---------------------------------------------------------------------------------- */

static void test_direct_send(void **state)
{
    struct fixture *fixture = *state;
    uint64_t sent = trace_total(trace_datagram_sent);
    uint64_t inline_sent = trace_total(trace_datagram_sent_inline);
    struct owner a;

    owner_open_bound(&a, fixture->engine, NET_IPV4);
    script_automatic(fixture->script, false);
    for (uint32_t i = 0; i < 10; i++)
        assert_int_equal(send_number(&a, i, &peer), 0);
    assert_int_equal(script_wire_count(fixture->script), 10);
    expect_on_wire(fixture, 0, 10);
    assert_int_equal(trace_total(trace_datagram_sent) - sent, 10);
    assert_int_equal(trace_total(trace_datagram_sent_inline) - inline_sent, 10);
    owner_close(&a);
}

static void test_direct_errors(void **state)
{
    static const struct { int kernel, told; } rows[] = {
        { EAGAIN, -EAGAIN }, { ENOBUFS, -EAGAIN }, { ENOMEM, -ENOMEM }, { EACCES, -EACCES },
        { EMSGSIZE, -EMSGSIZE }, { EPERM, -EPERM }, { EINVAL, -EINVAL },
    };
    struct fixture *fixture = *state;
    struct owner a;

    owner_open_bound(&a, fixture->engine, NET_IPV4);
    script_automatic(fixture->script, false);
    for (uint32_t i = 0; i < COUNT_OF(rows); i++) {
        script_fail(fixture->script, SCRIPT_SEND, 1, 1, rows[i].kernel);
        assert_int_equal(send_number(&a, 99, &peer), rows[i].told);
        assert_int_equal(send_number(&a, i, &peer), 0);
    }
    expect_on_wire(fixture, 0, COUNT_OF(rows));
    assert_int_equal(script_wire_count(fixture->script), 0);
    owner_close(&a);
}

/* An error that an earlier datagram caused comes once; an error of this datagram comes again. */
static void test_latched_errors(void **state)
{
    static const int errors[] = { ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, EHOSTDOWN };
    struct fixture *fixture = *state;
    struct owner a;

    owner_open_bound(&a, fixture->engine, NET_IPV4);
    script_automatic(fixture->script, false);
    for (uint32_t i = 0; i < COUNT_OF(errors); i++) {
        uint64_t swallowed = trace_total(trace_error_swallowed);

        script_fail(fixture->script, SCRIPT_SEND, 1, 1, errors[i]);
        assert_int_equal(send_number(&a, i, &peer), 0);
        assert_int_equal(trace_total(trace_error_swallowed) - swallowed, 1);
        script_fail(fixture->script, SCRIPT_SEND, 1, 2, errors[i]);
        assert_int_equal(send_number(&a, 99, &peer), -errors[i]);
    }
    expect_on_wire(fixture, 0, COUNT_OF(errors));
    owner_close(&a);
}

static void test_upfront_refusals(void **state)
{
    static uint8_t bytes[65536];
    struct net_slice slices[3] = { { bytes, 65507 }, { bytes, 1 }, { bytes, SIZE_MAX } };
    struct net_envelope envelope = { .to = peer };
    struct net_send send = { .slices = slices, .slice_count = 1, .envelope = &envelope };
    struct fixture *fixture = *state;
    unsigned calls;
    struct owner a;

    owner_open_bound(&a, fixture->engine, NET_IPV4);
    assert_int_equal(net_udp_send_now(a.udp, &send), 0);
    calls = script_calls(fixture->script, SCRIPT_SEND);
    send.slice_count = 2;
    assert_int_equal(net_udp_send_now(a.udp, &send), -EMSGSIZE);
    send.slices = &slices[1];
    assert_int_equal(net_udp_send_now(a.udp, &send), -EMSGSIZE);
    send.slices = slices;
    send.slice_count = NET_SLICES_MAX + 1;
    assert_int_equal(net_udp_send_now(a.udp, &send), -E2BIG);
    send.slice_count = 1;
    envelope.to.port = 0;
    assert_int_equal(net_udp_send_now(a.udp, &send), -EINVAL);
    envelope.to = loopback(NET_IPV6);
    envelope.to.port = 1;
    assert_int_equal(net_udp_send_now(a.udp, &send), -EAFNOSUPPORT);
    assert_int_equal(script_calls(fixture->script, SCRIPT_SEND), calls);
    owner_close(&a);
}

/* --- The queue ------------------------------------------------------------------------------- */

static void test_queued_until_writable(void **state)
{
    struct fixture *fixture = *state;
    struct owner a;

    open_blocked(fixture, &a, 5);
    assert_int_equal(script_wire_count(fixture->script), 0);
    assert_int_equal(parcels[0].done, 0);
    script_wire_capacity(fixture->script, 3);
    script_settle(fixture->script);
    assert_int_equal(script_wire_count(fixture->script), 3);
    expect_done(0, 3, 0);
    assert_int_equal(parcels[3].done, 0);
    expect_on_wire(fixture, 0, 2);
    script_settle(fixture->script);
    expect_done(3, 2, 0);
    expect_on_wire(fixture, 2, 3);
    /* The gate is open again. */
    assert_int_equal(send_number(&a, 5, &peer), 0);
    owner_close(&a);
}

/* While something is queued nothing overtakes it. */
static void test_direct_sends_wait_behind_the_queue(void **state)
{
    struct fixture *fixture = *state;
    unsigned calls;
    struct owner a;

    open_blocked(fixture, &a, 1);
    calls = script_calls(fixture->script, SCRIPT_SEND);
    assert_int_equal(send_number(&a, 1, &peer), -EAGAIN);
    assert_int_equal(script_calls(fixture->script, SCRIPT_SEND), calls);
    script_wire_capacity(fixture->script, 10);
    script_settle(fixture->script);
    assert_int_equal(send_number(&a, 1, &peer), 0);
    expect_on_wire(fixture, 0, 2);
    owner_close(&a);
}

static void drain_of(struct fixture *fixture, uint32_t count, unsigned limit)
{
    struct owner a;

    open_blocked(fixture, &a, count);
    script_limit_send(fixture->script, limit);
    script_wire_capacity(fixture->script, SIZE_MAX);
    script_settle(fixture->script);
    assert_int_equal(script_wire_count(fixture->script), count);
    expect_done(0, count, 0);
    expect_on_wire(fixture, 0, count);
    script_limit_send(fixture->script, 0);
    owner_close(&a);
}

static void test_drain_boundaries(void **state)
{
    static const uint32_t counts[] = { 1, N - 1, N, N + 1, 2 * N - 1, 2 * N, 2 * N + 1,
                                       3 * N - 1, 3 * N, 3 * N + 1, 9 * N + 5 };

    for (size_t i = 0; i < COUNT_OF(counts); i++)
        drain_of(*state, counts[i], 0);
}

static void test_drain_short_returns(void **state)
{
    for (unsigned limit = 1; limit <= N; limit++)
        drain_of(*state, N + 3, limit);
}

/* The wire takes `space` datagrams and is full again: those go, the rest waits in order. */
static void test_drain_stops_at_each_position(void **state)
{
    struct fixture *fixture = *state;

    for (uint32_t space = 0; space <= N + 2; space++) {
        struct owner a;

        open_blocked(fixture, &a, N + 3);
        script_wire_capacity(fixture->script, space);
        script_settle(fixture->script);
        assert_int_equal(script_wire_count(fixture->script), space);
        expect_done(0, space, 0);
        for (uint32_t i = space; i < N + 3; i++)
            assert_int_equal(parcels[i].done, 0);
        script_wire_capacity(fixture->script, SIZE_MAX);
        script_settle(fixture->script);
        expect_done(0, N + 3, 0);
        expect_on_wire(fixture, 0, N + 3);
        owner_close(&a);
    }
}

/* One datagram of the batch is refused: it alone gets the error. */
static void test_drain_error_at_each_position(void **state)
{
    static const int errors[] = { EMSGSIZE, ENETUNREACH };
    struct fixture *fixture = *state;

    for (uint32_t at = 0; at < 2 * N + 3; at++) {
        int error = errors[at & 1];
        struct owner a;

        open_blocked(fixture, &a, 2 * N + 3);
        /* A genuine error comes again when it is asked for again. */
        script_fail(fixture->script, SCRIPT_SEND, at + 1, error == ENETUNREACH ? 2 : 1, error);
        script_wire_capacity(fixture->script, SIZE_MAX);
        script_settle(fixture->script);
        expect_done(0, at, 0);
        expect_done(at, 1, -error);
        expect_done(at + 1, 2 * N + 2 - at, 0);
        expect_on_wire(fixture, 0, at);
        expect_on_wire(fixture, at + 1, 2 * N + 2 - at);
        assert_int_equal(script_wire_count(fixture->script), 0);
        owner_close(&a);
    }
}

static void test_drain_swallows_a_latched_error_at_each_position(void **state)
{
    struct fixture *fixture = *state;

    for (uint32_t at = 0; at < N + 3; at++) {
        struct owner a;

        open_blocked(fixture, &a, N + 3);
        script_fail(fixture->script, SCRIPT_SEND, at + 1, 1, ECONNREFUSED);
        script_wire_capacity(fixture->script, SIZE_MAX);
        script_settle(fixture->script);
        expect_done(0, N + 3, 0);
        expect_on_wire(fixture, 0, N + 3);
        owner_close(&a);
    }
}

/* Queued ones are checked like direct ones, each for itself. */
static void test_drain_refuses_each_bad_one(void **state)
{
    struct fixture *fixture = *state;
    struct owner a;

    script_automatic(fixture->script, false);
    owner_open_bound(&a, fixture->engine, NET_IPV4);
    script_wire_capacity(fixture->script, 0);
    fill_parcels(N);
    for (uint32_t i = 0; i < N; i++) {
        if (i % 5 == 0)
            parcels[i].envelope.to.port = 0;
        net_udp_send_later(a.udp, &parcels[i].send);
    }
    script_wire_capacity(fixture->script, SIZE_MAX);
    script_settle(fixture->script);
    for (uint32_t i = 0; i < N; i++) {
        expect_done(i, 1, i % 5 == 0 ? -EINVAL : 0);
        if (i % 5)
            assert_int_equal(next_on_wire(fixture), i);
    }
    owner_close(&a);
}

static void test_retry_without_an_event(void **state)
{
    struct fixture *fixture = *state;
    struct owner a;

    script_automatic(fixture->script, false);
    owner_open_bound(&a, fixture->engine, NET_IPV4);
    fill_parcels(2);
    script_fail(fixture->script, SCRIPT_SEND, 1, 3, ENOBUFS);
    assert_int_equal(net_udp_send_now(a.udp, &parcels[0].send), -EAGAIN);
    net_udp_send_later(a.udp, &parcels[0].send);
    net_udp_send_later(a.udp, &parcels[1].send);
    for (int i = 0; i < 4 && !parcels[1].done; i++) {
        script_settle(fixture->script);
        script_advance(fixture->script, OS_NS_PER_S);
    }
    script_settle(fixture->script);
    expect_done(0, 2, 0);
    expect_on_wire(fixture, 0, 2);
    owner_close(&a);
}

/* When WRITABLE cannot be armed, time helps. */
static void test_retry_when_arming_fails(void **state)
{
    struct fixture *fixture = *state;
    struct owner a;

    script_automatic(fixture->script, false);
    owner_open_bound(&a, fixture->engine, NET_IPV4);
    script_fail(fixture->script, SCRIPT_ARM, 1, 1, ENOMEM);
    script_wire_capacity(fixture->script, 0);
    fill_parcels(1);
    net_udp_send_later(a.udp, &parcels[0].send);
    script_settle(fixture->script);
    script_wire_capacity(fixture->script, 1);
    script_settle(fixture->script);
    assert_int_equal(parcels[0].done, 0);
    script_advance(fixture->script, OS_NS_PER_S);
    script_settle(fixture->script);
    expect_done(0, 1, 0);
    owner_close(&a);
}

/* --- done() ---------------------------------------------------------------------------------- */

struct chain {
    struct parcel parcel;
    struct owner *owner;
    struct parcel next;
    int direct;
};

static void send_more(struct net_send *send, int error)
{
    struct chain *chain = container_of(send, struct chain, parcel.send);

    BASE_REQUIRE(error == 0);
    /* Others of the batch may not be done yet, so this goes behind them. */
    chain->direct = net_udp_send_now(chain->owner->udp, &chain->next.send);
    net_udp_send_later(chain->owner->udp, &chain->next.send);
    atomic_store(&chain->parcel.done, 1);
}

static void test_sending_from_done(void **state)
{
    struct fixture *fixture = *state;
    struct chain chain = { .direct = 77 };
    struct owner a;

    open_blocked(fixture, &a, 3);
    parcel_fill(&chain.parcel, 3, &peer);
    parcel_fill(&chain.next, 4, &peer);
    chain.parcel.send.done = send_more;
    chain.owner = &a;
    net_udp_send_later(a.udp, &chain.parcel.send);
    script_wire_capacity(fixture->script, SIZE_MAX);
    script_settle(fixture->script);
    assert_int_equal(chain.direct, -EAGAIN);
    expect_on_wire(fixture, 0, 5);
    assert_int_equal(chain.next.done, 1);
    owner_close(&a);
}

/* --- Cancel ---------------------------------------------------------------------------------- */

static void test_cancel_each_position(void **state)
{
    struct fixture *fixture = *state;

    for (uint32_t at = 0; at < 5; at++) {
        struct owner a;

        open_blocked(fixture, &a, 5);
        assert_true(net_udp_send_cancel(a.udp, &parcels[at].send));
        assert_false(net_udp_send_cancel(a.udp, &parcels[at].send));
        script_wire_capacity(fixture->script, SIZE_MAX);
        script_settle(fixture->script);
        for (uint32_t i = 0; i < 5; i++) {
            assert_int_equal(parcels[i].done, i != at);
            if (i != at) {
                assert_int_equal(next_on_wire(fixture), i);
                assert_false(net_udp_send_cancel(a.udp, &parcels[i].send));
            }
        }
        assert_int_equal(script_wire_count(fixture->script), 0);
        owner_close(&a);
    }
}

static void test_cancel_of_the_last_opens_the_gate(void **state)
{
    struct fixture *fixture = *state;
    struct owner a;

    open_blocked(fixture, &a, 1);
    assert_true(net_udp_send_cancel(a.udp, &parcels[0].send));
    script_wire_capacity(fixture->script, SIZE_MAX);
    assert_int_equal(send_number(&a, 9, &peer), 0);
    assert_int_equal(next_on_wire(fixture), 9);
    script_settle(fixture->script);
    assert_int_equal(parcels[0].done, 0);
    owner_close(&a);
}

struct racer {
    struct owner *owner;
    uint32_t first;
    uint32_t step;
    bool won[PARCELS];
    struct os_thread *thread;
};

static void cancel_some(void *argument)
{
    struct racer *racer = argument;

    for (uint32_t i = racer->first; i < PARCELS; i += racer->step)
        racer->won[i] = net_udp_send_cancel(racer->owner->udp, &parcels[i].send);
}

/* Each datagram is either cancelled or sent, never both and never neither. */
static void test_cancel_races_with_the_drain(void **state)
{
    struct fixture *fixture = *state;
    static struct racer racers[2];

    for (int round = 0; round < 10; round++) {
        struct owner a;

        open_blocked(fixture, &a, PARCELS);
        for (uint32_t i = 0; i < 2; i++) {
            racers[i] = (struct racer){ .owner = &a, .first = i, .step = 2 };
            assert_int_equal(os_thread_start(&racers[i].thread, "cancel", cancel_some,
                                             &racers[i]), 0);
        }
        script_wire_capacity(fixture->script, SIZE_MAX);
        for (uint32_t i = 0; i < 2; i++)
            os_thread_join(racers[i].thread);
        script_settle(fixture->script);
        for (uint32_t i = 0; i < PARCELS; i++) {
            bool cancelled = racers[i & 1].won[i];

            assert_int_equal(parcels[i].done, !cancelled);
            if (!cancelled) {
                assert_int_equal(parcels[i].error, 0);
                assert_int_equal(next_on_wire(fixture), i);
            }
        }
        assert_int_equal(script_wire_count(fixture->script), 0);
        owner_close(&a);
    }
}

/* --- Order ----------------------------------------------------------------------------------- */

#define SENDERS 3u
#define PER_SENDER 600u

struct sender {
    struct owner *owner;
    struct parcel parcels[PER_SENDER];
    struct os_thread *thread;
};

static void send_all(void *argument)
{
    struct sender *sender = argument;

    for (uint32_t i = 0; i < PER_SENDER; i++) {
        int error = net_udp_send_now(sender->owner->udp, &sender->parcels[i].send);

        if (error == -EAGAIN)
            net_udp_send_later(sender->owner->udp, &sender->parcels[i].send);
        else
            BASE_REQUIRE(error == 0);
    }
}

/*
 * Several threads, a wire that is full again and again: each thread's datagrams keep their order.
 */
static void test_order_of_each_thread(void **state)
{
    static struct sender senders[SENDERS];
    struct fixture *fixture = *state;
    uint32_t next[SENDERS] = { 0 };
    struct owner a;

    owner_open_bound(&a, fixture->engine, NET_IPV4);
    script_automatic(fixture->script, false);
    script_wire_capacity(fixture->script, 5);
    for (uint32_t s = 0; s < SENDERS; s++) {
        senders[s].owner = &a;
        for (uint32_t i = 0; i < PER_SENDER; i++)
            parcel_fill(&senders[s].parcels[i], s * PER_SENDER + i, &peer);
    }
    for (uint32_t s = 0; s < SENDERS; s++)
        assert_int_equal(os_thread_start(&senders[s].thread, "sender", send_all, &senders[s]), 0);
    for (uint32_t taken = 0; taken < SENDERS * PER_SENDER;) {
        uint32_t number;

        if (script_wire_count(fixture->script) == 0) {
            os_yield();
            continue;
        }
        number = next_on_wire(fixture);
        assert_int_equal(number % PER_SENDER, next[number / PER_SENDER]++);
        taken++;
    }
    for (uint32_t s = 0; s < SENDERS; s++)
        os_thread_join(senders[s].thread);
    script_settle(fixture->script);
    owner_close(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_direct_send),
        FIXTURE_TEST(test_direct_errors),
        FIXTURE_TEST(test_latched_errors),
        FIXTURE_TEST(test_upfront_refusals),
        FIXTURE_TEST(test_queued_until_writable),
        FIXTURE_TEST(test_direct_sends_wait_behind_the_queue),
        FIXTURE_TEST(test_drain_boundaries),
        FIXTURE_TEST(test_drain_short_returns),
        FIXTURE_TEST(test_drain_stops_at_each_position),
        FIXTURE_TEST(test_drain_error_at_each_position),
        FIXTURE_TEST(test_drain_swallows_a_latched_error_at_each_position),
        FIXTURE_TEST(test_drain_refuses_each_bad_one),
        FIXTURE_TEST(test_retry_without_an_event),
        FIXTURE_TEST(test_retry_when_arming_fails),
        FIXTURE_TEST(test_sending_from_done),
        FIXTURE_TEST(test_cancel_each_position),
        FIXTURE_TEST(test_cancel_of_the_last_opens_the_gate),
        FIXTURE_TEST(test_cancel_races_with_the_drain),
        FIXTURE_TEST(test_order_of_each_thread),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
