/* SPDX-License-Identifier: MIT */
/*
 * test_udp_run.c - trips that datagrams share: sent, refused, received, cut; on the scripted
 * network.
 */
#include "fixture.h"
#include "rxbuf.h"

#define N 64u
#define PARCELS 800u

static struct parcel parcels[PARCELS];

static const struct net_address peer = { .family = NET_IPV4, .port = 0x3412,
                                         .ip = { 192, 0, 2, 1 } };

/* The loop takes them all in one look: before that the wire is full. */
static void queue_all(struct fixture *fixture, struct owner *owner, uint32_t count)
{
    script_automatic(fixture->script, false);
    owner_open_bound(owner, fixture->engine, NET_IPV4);
    script_wire_capacity(fixture->script, 0);
    for (uint32_t i = 0; i < count; i++) {
        parcel_fill(&parcels[i], i, &peer);
        net_udp_send_later(owner->udp, &parcels[i].send);
    }
    script_settle(fixture->script);
}

static void go(struct fixture *fixture)
{
    script_wire_capacity(fixture->script, SIZE_MAX);
    script_settle(fixture->script);
}

static void expect_on_wire(struct fixture *fixture, uint32_t first, uint32_t count)
{
    for (uint32_t i = first; i < first + count; i++) {
        struct script_datagram *datagram = script_take(fixture->script);
        uint32_t number;

        assert_non_null(datagram);
        assert_int_equal(datagram->length, sizeof(number));
        memcpy(&number, datagram->data, sizeof(number));
        assert_int_equal(number, i);
        os_free(datagram);
    }
}

static void expect_done(uint32_t first, uint32_t count, int error)
{
    for (uint32_t i = first; i < first + count; i++) {
        assert_int_equal(parcels[i].done, 1);
        assert_int_equal(parcels[i].error, error);
    }
}

static int start(void **state)
{
    int error = fixture_start(state);

    if (!error)
        script_offload(((struct fixture *)*state)->script, true, 0);
    return error;
}

/* --- Sending --------------------------------------------------------------------------------- */

static const uint32_t counts[] = { 1, 2, N - 1, N, N + 1, 2 * N - 1, 2 * N, 2 * N + 1, 3 * N - 1,
                                   3 * N, 3 * N + 1, 4 * N, 4 * N + 1, 9 * N + 5 };

static void test_queued_ones_share_trips(void **state)
{
    struct fixture *fixture = *state;

    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        unsigned sends = script_calls(fixture->script, SCRIPT_SEND);
        struct owner a;

        queue_all(fixture, &a, counts[i]);
        go(fixture);
        expect_done(0, counts[i], 0);
        expect_on_wire(fixture, 0, counts[i]);
        assert_int_equal(script_wire_count(fixture->script), 0);
        assert_true(script_calls(fixture->script, SCRIPT_SEND) - sends >= counts[i]);
        owner_close(&a);
    }
    assert_true(script_calls(fixture->script, SCRIPT_RUN) > 0);
}

static void test_a_batch_of_one_call_shares_trips(void **state)
{
    const struct net_send *batch[N];
    struct fixture *fixture = *state;
    int errors[N];

    script_automatic(fixture->script, false);
    for (unsigned count = 1; count <= N; count++) {
        unsigned runs = script_calls(fixture->script, SCRIPT_RUN);
        struct owner a;

        owner_open_bound(&a, fixture->engine, NET_IPV4);
        for (unsigned i = 0; i < count; i++) {
            parcel_fill(&parcels[i], i, &peer);
            batch[i] = &parcels[i].send;
            errors[i] = 77;
        }
        assert_int_equal(net_udp_send_batch_now(a.udp, batch, count, errors), count);
        for (unsigned i = 0; i < count; i++)
            assert_int_equal(errors[i], 0);
        expect_on_wire(fixture, 0, count);
        assert_int_equal(script_calls(fixture->script, SCRIPT_RUN) - runs, count > 1);
        owner_close(&a);
    }
}

/*
 * The wire is full after `space` datagrams: a run is not cut, so what went is known by its number.
 */
static void test_the_kernel_is_full_at_each_trip(void **state)
{
    struct fixture *fixture = *state;

    for (uint32_t space = 1; space <= 3 * N + 2; space += 7) {
        struct owner a;
        uint32_t went;

        queue_all(fixture, &a, 3 * N + 3);
        script_wire_capacity(fixture->script, space);
        script_settle(fixture->script);
        went = (uint32_t)script_wire_count(fixture->script);
        assert_true(went >= space && went < space + N);
        expect_done(0, went, 0);
        for (uint32_t i = went; i < 3 * N + 3; i++)
            assert_int_equal(parcels[i].done, 0);
        go(fixture);
        expect_done(0, 3 * N + 3, 0);
        expect_on_wire(fixture, 0, 3 * N + 3);
        owner_close(&a);
    }
}

/* A trip is refused for the sake of one datagram: that one gets the error, all others go. */
static void test_each_gets_its_own_status(void **state)
{
    static const int errors[] = { EMSGSIZE, EPERM, ENETUNREACH };
    struct fixture *fixture = *state;

    for (uint32_t at = 0; at < 2 * N + 3; at++) {
        int error = errors[at % 3];
        struct owner a;

        queue_all(fixture, &a, 2 * N + 3);
        script_fail(fixture->script, SCRIPT_SEND, at + 1, error == ENETUNREACH ? 2 : 1, error);
        go(fixture);
        expect_done(0, at, 0);
        expect_done(at, 1, -error);
        expect_done(at + 1, 2 * N + 2 - at, 0);
        expect_on_wire(fixture, 0, at);
        expect_on_wire(fixture, at + 1, 2 * N + 2 - at);
        assert_int_equal(script_wire_count(fixture->script), 0);
        owner_close(&a);
    }
}

/*
 * The path has no offload: everything goes one by one, and after one refusal nobody asks any more.
 */
static void test_a_path_without_offload(void **state)
{
    static const int errors[] = { EIO, EINVAL, EMSGSIZE, EOPNOTSUPP };
    struct fixture *fixture = *state;

    for (size_t e = 0; e < COUNT_OF(errors); e++) {
        uint64_t refused = trace_total(trace_tx_run_refused);
        uint64_t avoided = trace_total(trace_tx_run_avoided);
        struct owner a;

        queue_all(fixture, &a, 5 * N);
        script_fail(fixture->script, SCRIPT_RUN, 1, 100000, errors[e]);
        go(fixture);
        expect_done(0, 5 * N, 0);
        expect_on_wire(fixture, 0, 5 * N);
        assert_int_equal(trace_total(trace_tx_run_refused) - refused, 1);
        assert_true(trace_total(trace_tx_run_avoided) > avoided);
        script_fail(fixture->script, SCRIPT_RUN, 1, 0, 0);
        owner_close(&a);
    }
}

/* For want of memory a trip is refused, too; but that says nothing about the path. */
static void test_want_of_memory_is_not_remembered(void **state)
{
    struct fixture *fixture = *state;
    uint64_t avoided = trace_total(trace_tx_run_avoided);
    struct owner a;

    queue_all(fixture, &a, 3 * N);
    script_fail(fixture->script, SCRIPT_RUN, 1, 1, ENOMEM);
    go(fixture);
    expect_done(0, 3 * N, 0);
    expect_on_wire(fixture, 0, 3 * N);
    assert_int_equal(trace_total(trace_tx_run_avoided), avoided);
    owner_close(&a);
}

static void test_an_earlier_error_does_not_cut_a_trip(void **state)
{
    struct fixture *fixture = *state;
    uint64_t refused = trace_total(trace_tx_run_refused);
    struct owner a;

    queue_all(fixture, &a, N);
    script_fail(fixture->script, SCRIPT_RUN, 1, 1, ECONNREFUSED);
    go(fixture);
    expect_done(0, N, 0);
    expect_on_wire(fixture, 0, N);
    assert_int_equal(trace_total(trace_tx_run_refused), refused);
    owner_close(&a);
}

/* What is cancelled in the queue leaves a gap, and the rest goes together. */
static void test_cancel_at_each_place(void **state)
{
    struct fixture *fixture = *state;

    for (uint32_t at = 0; at < N; at++) {
        struct owner a;

        queue_all(fixture, &a, N);
        assert_true(net_udp_send_cancel(a.udp, &parcels[at].send));
        go(fixture);
        assert_int_equal(parcels[at].done, 0);
        assert_false(net_udp_send_cancel(a.udp, &parcels[at].send));
        expect_done(0, at, 0);
        expect_done(at + 1, N - 1 - at, 0);
        expect_on_wire(fixture, 0, at);
        expect_on_wire(fixture, at + 1, N - 1 - at);
        owner_close(&a);
    }
}

/* --- Streams --------------------------------------------------------------------------------- */

static int start_streams(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    struct net_engine_config config = { .loops = 1, .stream_gap_ns = NET_NO_STREAMS - 1 };

    if (!fixture)
        return -1;
    *state = fixture;
    fixture->script = script_create();
    script_offload(fixture->script, true, 0);
    config.port = script_port(fixture->script);
    return net_engine_start(&fixture->engine, &config);
}

/* Keeps the loop from taking what is queued. */
static struct {
    struct task task;
    _Atomic uint32_t entered, go;
} pause;

static void wait_inside(struct task *task)
{
    (void)task;
    atomic_store(&pause.entered, 1);
    os_wake_all(&pause.entered);
    while (!atomic_load(&pause.go))
        os_wait(&pause.go, 0, OS_FOREVER);
}

static void hold_the_loop(struct owner *owner)
{
    atomic_store(&pause.entered, 0);
    atomic_store(&pause.go, 0);
    pause.task.run = wait_inside;
    net_udp_post(owner->udp, &pause.task);
    owner_wait(&pause.entered, 1);
}

static void let_the_loop_go(void)
{
    atomic_store(&pause.go, 1);
    os_wake_all(&pause.go);
}

/* With a gap without end: the first ones leave in this thread, then they are a stream. */
static void test_a_stream_is_queued(void **state)
{
    struct fixture *fixture = *state;
    uint32_t direct = 0;
    struct owner a;

    script_automatic(fixture->script, false);
    owner_open_bound(&a, fixture->engine, NET_IPV4);
    hold_the_loop(&a);
    for (uint32_t i = 0; i < PARCELS; i++) {
        int error;

        parcel_fill(&parcels[i], i, &peer);
        error = net_udp_send_now(a.udp, &parcels[i].send);
        assert_true(error == 0 || error == -EAGAIN);
        if (error)
            net_udp_send_later(a.udp, &parcels[i].send);
        else
            parcel_done(&parcels[i].send, (int)(direct++ * 0));
    }
    assert_int_equal(direct, 4); /* NET_STREAM_SENDS */
    let_the_loop_go();
    for (uint32_t i = 0; i < PARCELS; i++)
        owner_wait(&parcels[i].done, 1);
    script_settle(fixture->script);
    expect_done(0, PARCELS, 0);
    expect_on_wire(fixture, 0, PARCELS);
    owner_close(&a);
}

/* Whoever waits for each send before the next is soon left alone by the loop. */
static void test_who_waits_is_no_stream(void **state)
{
    struct fixture *fixture = *state;
    uint32_t queued = 0;
    struct owner a;

    owner_open_bound(&a, fixture->engine, NET_IPV4);
    for (uint32_t i = 0; i < 3072; i++) {
        int error;

        parcel_fill(&parcels[0], i, &peer);
        error = net_udp_send_now(a.udp, &parcels[0].send);
        if (error == 0)
            continue;
        assert_int_equal(error, -EAGAIN);
        queued++;
        net_udp_send_later(a.udp, &parcels[0].send);
        owner_wait(&parcels[0].done, 1);
        while (net_udp_must_queue(a.udp))
            os_yield();
    }
    /* 4, 8, 16 ... up to 1024 sends between one that was queued and the next. */
    assert_in_range(queued, 2, 12);
    owner_close(&a);
}

static struct {
    struct owner *owner;
    struct task task;
    bool shut;
} twice;

static void note_gate(struct net_send *send, int error)
{
    twice.shut = net_udp_must_queue(twice.owner->udp);
    parcel_done(send, error);
}

static void send_twice(struct task *task)
{
    struct net_udp *udp = twice.owner->udp;

    (void)task;
    BASE_REQUIRE(net_udp_send_now(udp, &parcels[0].send) == 0);
    BASE_REQUIRE(net_udp_send_now(udp, &parcels[1].send) == -EAGAIN);
    net_udp_send_later(udp, &parcels[1].send);
}

/*
 * The loop's own second send of a round is alone for good: nobody looks for more, and the gate
 * opens at once.
 */
static void test_the_loop_does_not_wait_for_itself(void **state)
{
    struct fixture *fixture = *state;
    struct owner a;

    owner_open_bound(&a, fixture->engine, NET_IPV4);
    twice.owner = &a;
    twice.task.run = send_twice;
    parcel_fill(&parcels[0], 0, &peer);
    parcel_fill(&parcels[1], 1, &peer);
    parcels[1].send.done = note_gate;
    net_udp_post(a.udp, &twice.task);
    owner_wait(&parcels[1].done, 1);
    assert_false(twice.shut);
    owner_close(&a);
}

/* --- Receiving ------------------------------------------------------------------------------- */

static const struct net_address stranger = { .family = NET_IPV4, .port = 0x1234,
                                             .ip = { 192, 0, 2, 9 } };

static void inject(struct fixture *fixture, struct owner *owner, uint32_t first, uint32_t count)
{
    for (uint32_t i = first; i < first + count; i++)
        script_inject(fixture->script, &stranger, &owner->address, &i, sizeof(i));
}

static void expect_numbers(struct owner *owner, uint32_t first, uint32_t count)
{
    for (uint32_t i = first; i < first + count; i++) {
        struct net_datagram *datagram = owner_take(owner);

        assert_int_equal(number_in(datagram), i);
        assert_false(net_datagram_is_run(datagram));
        assert_memory_equal(&datagram->source, &stranger, sizeof(stranger));
        net_datagram_release(datagram);
    }
}

static void test_runs_are_cut(void **state)
{
    struct fixture *fixture = *state;

    for (unsigned run = 0; run <= N + 2; run++) {
        struct owner a;

        script_offload(fixture->script, true, run);
        owner_open_bound(&a, fixture->engine, NET_IPV4);
        a.runs = true;
        inject(fixture, &a, 0, 3 * N + 1);
        owner_add_room(&a, 100 * N);
        script_settle(fixture->script);
        assert_int_equal(a.received, 3 * N + 1);
        expect_numbers(&a, 0, 3 * N + 1);
        owner_close(&a);
    }
}

/* A run stays one as long as nobody cuts it, and can be cut into runs. */
static void test_a_run_is_cut_into_runs(void **state)
{
    struct fixture *fixture = *state;

    for (unsigned size = 1; size <= N + 1; size++) {
        struct net_datagram *run, *part;
        uint32_t at = 0;
        struct owner a;

        script_offload(fixture->script, true, N);
        owner_open_bound(&a, fixture->engine, NET_IPV4);
        a.runs = true;
        a.keep_runs = true;
        inject(fixture, &a, 0, N);
        owner_add_room(&a, 1);
        script_settle(fixture->script);
        run = owner_take(&a);
        assert_int_equal(net_datagram_count(run), N);
        do {
            part = net_datagram_split(run, size);
            assert_non_null(part);
            assert_int_equal(net_datagram_is_run(part), part->length > 4);
            for (size_t i = 0; i < part->length / 4; i++, at++)
                assert_memory_equal(part->data + 4 * i, &at, 4);
            if (part != run)
                net_datagram_release(part);
        } while (part != run);
        assert_int_equal(at, N);
        net_datagram_release(run);
        owner_close(&a);
    }
}

/* Pieces outlive each other, their run and the engine's loop, in any order. */
static void test_pieces_are_released_in_any_order(void **state)
{
    struct fixture *fixture = *state;

    for (unsigned step = 1; step < N; step += 2) {
        struct net_datagram *pieces[N];
        struct owner a;

        script_offload(fixture->script, true, N);
        owner_open_bound(&a, fixture->engine, NET_IPV4);
        a.runs = true;
        inject(fixture, &a, 0, N);
        owner_add_room(&a, 1);
        script_settle(fixture->script);
        for (unsigned i = 0; i < N; i++)
            pieces[i] = owner_take(&a);
        for (unsigned i = 0, at = 0; i < N; i++, at = (at + step) % N) {
            assert_int_equal(number_in(pieces[at]), at);
            net_datagram_release(pieces[at]);
        }
        owner_close(&a);
    }
}

/* Whoever keeps a lot is served on, from memory that holds only what it keeps. */
static void test_who_keeps_much_gets_copies(void **state)
{
    struct fixture *fixture = *state;
    uint64_t copied = trace_total(trace_rx_run_copied);
    struct owner a;

    script_offload(fixture->script, true, 2);
    owner_open_bound(&a, fixture->engine, NET_IPV4);
    a.runs = true;
    for (uint32_t i = 0; i < NET_RX_BLOCKS + 20; i++) {
        inject(fixture, &a, 2 * i, 2);
        owner_add_room(&a, 2);
        script_settle(fixture->script);
    }
    assert_int_equal(trace_total(trace_rx_run_copied) - copied, 20);
    assert_int_equal(a.received, 2 * (NET_RX_BLOCKS + 20));
    expect_numbers(&a, 0, 2 * (NET_RX_BLOCKS + 20));
    owner_close(&a);
}

static _Atomic uint32_t allocations;

static void *count_allocation(size_t size)
{
    atomic_fetch_add(&allocations, 1);
    return os_allocate(size);
}

#define HELD (3u * N + 7u)

/* Nobody takes any before all are there. */
static void receive_and_release(struct fixture *fixture, struct owner *owner, uint32_t count)
{
    atomic_store(&owner->room, 0);
    inject(fixture, owner, 0, count);
    owner_add_room(owner, 2 * count);
    script_settle(fixture->script);
    expect_numbers(owner, 0, count);
}

/*
 * What the loop has once is kept. It may look once more than there is something to take, with
 * places for four more runs; the first time more runs are out than that can ever come to.
 */
static void test_steady_state_allocates_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct owner a;

    script_offload(fixture->script, true, N);
    owner_open_bound(&a, fixture->engine, NET_IPV4);
    a.runs = true;
    net_rx_allocate = count_allocation;
    receive_and_release(fixture, &a, 3 * HELD);
    atomic_store(&allocations, 0);
    for (uint32_t round = 0; round < 50; round++)
        receive_and_release(fixture, &a, HELD);
    net_rx_allocate = os_allocate;
    assert_int_equal(allocations, 0);
    owner_close(&a);
}

#define RUN_TEST(test) cmocka_unit_test_setup_teardown(test, start, fixture_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN_TEST(test_queued_ones_share_trips),
        RUN_TEST(test_a_batch_of_one_call_shares_trips),
        RUN_TEST(test_the_kernel_is_full_at_each_trip),
        RUN_TEST(test_each_gets_its_own_status),
        RUN_TEST(test_a_path_without_offload),
        RUN_TEST(test_want_of_memory_is_not_remembered),
        RUN_TEST(test_an_earlier_error_does_not_cut_a_trip),
        RUN_TEST(test_cancel_at_each_place),
        cmocka_unit_test_setup_teardown(test_a_stream_is_queued, start_streams, fixture_stop),
        cmocka_unit_test_setup_teardown(test_who_waits_is_no_stream, start_streams, fixture_stop),
        cmocka_unit_test_setup_teardown(test_the_loop_does_not_wait_for_itself, start_streams,
                                        fixture_stop),
        RUN_TEST(test_runs_are_cut),
        RUN_TEST(test_a_run_is_cut_into_runs),
        RUN_TEST(test_pieces_are_released_in_any_order),
        RUN_TEST(test_who_keeps_much_gets_copies),
        RUN_TEST(test_steady_state_allocates_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
