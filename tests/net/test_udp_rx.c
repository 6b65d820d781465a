/* SPDX-License-Identifier: MIT */
/* test_udp_rx.c - receiving: room, batches, buffers, errors; on the scripted network. */
#include "fixture.h"
#include "rxbuf.h"

static const struct net_address stranger = { .family = NET_IPV4, .port = 0x1234,
                                             .ip = { 192, 0, 2, 9 } };

static void inject_numbers(struct fixture *fixture, struct owner *owner, uint32_t first,
                           uint32_t count)
{
    for (uint32_t i = first; i < first + count; i++)
        script_inject(fixture->script, &stranger, &owner->address, &i, sizeof(i));
}

static void expect_numbers(struct owner *owner, uint32_t first, uint32_t count)
{
    for (uint32_t i = first; i < first + count; i++) {
        struct net_datagram *datagram = owner_take(owner);

        assert_int_equal(number_in(datagram), i);
        assert_memory_equal(&datagram->source, &stranger, sizeof(stranger));
        net_datagram_release(datagram);
    }
}

/* --- Batches --------------------------------------------------------------------------------- */

#define N NET_RX_BATCH

static void batch_of(struct fixture *fixture, uint32_t count, unsigned limit)
{
    struct owner a;

    owner_open_bound(&a, fixture->engine, NET_IPV4);
    inject_numbers(fixture, &a, 0, count);
    script_limit_receive(fixture->script, limit);
    script_settle(fixture->script);
    assert_int_equal(a.received, 0);
    owner_add_room(&a, 10 * N);
    script_settle(fixture->script);
    assert_int_equal(a.received, count);
    expect_numbers(&a, 0, count);
    assert_null(a.first);
    script_limit_receive(fixture->script, 0);
    owner_close(&a);
}

static void test_batch_boundaries(void **state)
{
    static const uint32_t counts[] = { 0, 1, N - 1, N, N + 1, 2 * N - 1, 2 * N, 2 * N + 1,
                                       3 * N - 1, 3 * N, 3 * N + 1 };

    for (size_t i = 0; i < COUNT_OF(counts); i++)
        batch_of(*state, counts[i], 0);
}

/* More than one turn may take at once. */
static void test_more_than_a_turn(void **state)
{
    batch_of(*state, 9 * N + 5, 0);
}

/* Every call returns short after `limit` datagrams, though more wait. */
static void test_short_returns_at_each_position(void **state)
{
    for (unsigned limit = 1; limit <= N; limit++)
        batch_of(*state, N + 3, limit);
}

/* --- Room ------------------------------------------------------------------------------------ */

static void test_takes_no_more_than_room(void **state)
{
    static const uint32_t rooms[] = { 1, 2, N - 1, N, N + 1 };
    struct fixture *fixture = *state;

    for (size_t i = 0; i < COUNT_OF(rooms); i++) {
        uint32_t room = rooms[i];
        struct owner a;

        owner_open_bound(&a, fixture->engine, NET_IPV4);
        atomic_store(&a.room, room);
        inject_numbers(fixture, &a, 0, 3 * N);
        script_settle(fixture->script);
        assert_int_equal(a.received, room);
        owner_add_room(&a, 1);
        script_settle(fixture->script);
        assert_int_equal(a.received, room + 1);
        owner_add_room(&a, 3 * N);
        script_settle(fixture->script);
        assert_int_equal(a.received, 3 * N);
        expect_numbers(&a, 0, 3 * N);
        owner_close(&a);
    }
}

static void test_no_room_leaves_the_kernel_alone(void **state)
{
    struct fixture *fixture = *state;
    unsigned calls;
    struct owner a;

    owner_open_bound(&a, fixture->engine, NET_IPV4);
    calls = script_calls(fixture->script, SCRIPT_RECEIVE);
    inject_numbers(fixture, &a, 0, 5);
    script_settle(fixture->script);
    assert_int_equal(script_calls(fixture->script, SCRIPT_RECEIVE), calls);
    owner_add_room(&a, 5);
    script_settle(fixture->script);
    expect_numbers(&a, 0, 5);
    owner_close(&a);
}

static void do_nothing(struct task *task)
{
    (void)task;
}

/* When nothing waits, asking costs neither a wake nor a receive call. */
static void test_wanted_is_cheap_when_nothing_waits(void **state)
{
    struct task nothing = { .run = do_nothing };
    struct fixture *fixture = *state;
    uint64_t wakes;
    unsigned calls;
    struct owner a;

    owner_open_bound(&a, fixture->engine, NET_IPV4);
    inject_numbers(fixture, &a, 0, 1);
    owner_add_room(&a, 2);
    script_settle(fixture->script);
    expect_numbers(&a, 0, 1);
    atomic_store(&a.room, 0);
    net_udp_post(a.udp, &nothing);
    script_settle(fixture->script);
    wakes = trace_total(trace_loop_wake);
    calls = script_calls(fixture->script, SCRIPT_RECEIVE);
    for (int i = 0; i < 100; i++)
        net_udp_receive_wanted(a.udp);
    script_settle(fixture->script);
    assert_int_equal(trace_total(trace_loop_wake), wakes);
    assert_int_equal(script_calls(fixture->script, SCRIPT_RECEIVE), calls);
    owner_close(&a);
}

static void refill(struct owner *owner)
{
    atomic_fetch_add(&owner->room, 1);
    net_udp_receive_wanted(owner->udp);
}

static void test_wanted_from_the_upcall(void **state)
{
    struct fixture *fixture = *state;
    struct owner a;

    owner_open_bound(&a, fixture->engine, NET_IPV4);
    a.on_received = refill;
    inject_numbers(fixture, &a, 0, 300);
    owner_add_room(&a, 1);
    script_settle(fixture->script);
    assert_int_equal(a.lists, 300);
    expect_numbers(&a, 0, 300);
    owner_close(&a);
}

/* Room is made by another thread while the loop finds none, over and over. */
static void test_wanted_races_with_parking(void **state)
{
    struct fixture *fixture = *state;
    struct owner a;

    owner_open_bound(&a, fixture->engine, NET_IPV4);
    for (uint32_t i = 0; i < 5000; i++) {
        inject_numbers(fixture, &a, i, 1);
        owner_add_room(&a, 1);
        owner_wait(&a.received, i + 1);
    }
    script_settle(fixture->script);
    expect_numbers(&a, 0, 5000);
    owner_close(&a);
}

static void test_two_endpoints_share_the_loop(void **state)
{
    struct fixture *fixture = *state;
    struct owner a, b;

    owner_open_bound(&a, fixture->engine, NET_IPV4);
    owner_open_bound(&b, fixture->engine, NET_IPV4);
    inject_numbers(fixture, &a, 0, 20 * N);
    inject_numbers(fixture, &b, 500, 10);
    owner_add_room(&a, 30 * N);
    owner_add_room(&b, 30 * N);
    script_settle(fixture->script);
    expect_numbers(&a, 0, 20 * N);
    expect_numbers(&b, 500, 10);
    owner_close(&a);
    owner_close(&b);
}

/* --- Buffers --------------------------------------------------------------------------------- */

static void test_sizes_around_the_slot(void **state)
{
    static const size_t lengths[] = { 0, 1, NET_RX_SLOT - 1, NET_RX_SLOT, NET_RX_SLOT + 1,
                                      2 * NET_RX_SLOT, NET_UDP_PAYLOAD_MAX_IPV4 };
    static uint8_t bytes[NET_UDP_PAYLOAD_MAX_IPV4];
    struct fixture *fixture = *state;
    struct owner a;

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(i * 7 + i / 251);
    owner_open_bound(&a, fixture->engine, NET_IPV4);
    /* All in one batch, several times over so that buffers come back from large payloads. */
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < COUNT_OF(lengths); i++)
            script_inject(fixture->script, &stranger, &a.address, bytes, lengths[i]);
        owner_add_room(&a, COUNT_OF(lengths));
        script_settle(fixture->script);
        for (size_t i = 0; i < COUNT_OF(lengths); i++) {
            struct net_datagram *datagram = owner_take(&a);

            assert_int_equal(datagram->length, lengths[i]);
            assert_memory_equal(datagram->data, bytes, lengths[i]);
            net_datagram_release(datagram);
        }
    }
    owner_close(&a);
}

/* A driver may keep thousands; they outlive the endpoint and the engine. */
static void test_retained_beyond_the_engine(void **state)
{
    struct fixture *fixture = *state;
    uint32_t count = NET_RX_KEEP + 100;
    struct net_datagram *kept;
    struct owner a;

    owner_open_bound(&a, fixture->engine, NET_IPV4);
    inject_numbers(fixture, &a, 0, count);
    script_inject(fixture->script, &stranger, &a.address, (uint8_t[5000]){ 1 }, 5000);
    owner_add_room(&a, count + 1);
    script_settle(fixture->script);
    assert_int_equal(a.received, count + 1);
    kept = a.first;
    a.first = NULL;
    a.end = &a.first;
    owner_close(&a);
    net_engine_stop(fixture->engine);
    for (uint32_t i = 0; i < count; i++) {
        struct net_datagram *next = kept->next;

        assert_int_equal(number_in(kept), i);
        net_datagram_release(kept);
        kept = next;
    }
    assert_int_equal(kept->data[0], 1);
    net_datagram_release(kept);
    assert_int_equal(net_engine_start(&fixture->engine, &(struct net_engine_config){
                         .loops = 1, .port = script_port(fixture->script) }), 0);
}

/* After the first round everything is recycled. */
static _Atomic uint32_t allocations;

static void *count_allocation(size_t size)
{
    atomic_fetch_add(&allocations, 1);
    return os_allocate(size);
}

static void test_steady_state_allocates_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct owner a;

    owner_open_bound(&a, fixture->engine, NET_IPV4);
    net_rx_allocate = count_allocation;
    for (uint32_t round = 0; round < 50; round++) {
        inject_numbers(fixture, &a, 0, N);
        owner_add_room(&a, N);
        script_settle(fixture->script);
        expect_numbers(&a, 0, N);
        if (round == 2)
            atomic_store(&allocations, 0);
    }
    net_rx_allocate = os_allocate;
    assert_int_equal(allocations, 0);
    owner_close(&a);
}

struct releaser {
    struct net_datagram *list;
    struct os_thread *thread;
};

static void release_list(void *argument)
{
    struct releaser *releaser = argument;

    while (releaser->list) {
        struct net_datagram *next = releaser->list->next;

        net_datagram_release(releaser->list);
        releaser->list = next;
    }
}

static void test_release_by_other_threads(void **state)
{
    struct fixture *fixture = *state;
    struct releaser releasers[3];
    struct owner a;

    owner_open_bound(&a, fixture->engine, NET_IPV4);
    for (int round = 0; round < 20; round++) {
        inject_numbers(fixture, &a, 0, 300);
        owner_add_room(&a, 300);
        script_settle(fixture->script);
        for (size_t i = 0; i < COUNT_OF(releasers); i++) {
            releasers[i].list = NULL;
            for (int j = 0; j < 100; j++) {
                struct net_datagram *datagram = owner_take(&a);

                datagram->next = releasers[i].list;
                releasers[i].list = datagram;
            }
            assert_int_equal(os_thread_start(&releasers[i].thread, "release", release_list,
                                             &releasers[i]), 0);
        }
        /* The loop takes buffers while they come back. */
        inject_numbers(fixture, &a, 1000, 100);
        owner_add_room(&a, 100);
        for (size_t i = 0; i < COUNT_OF(releasers); i++)
            os_thread_join(releasers[i].thread);
        script_settle(fixture->script);
        expect_numbers(&a, 1000, 100);
    }
    owner_close(&a);
}

/* --- No memory ------------------------------------------------------------------------------- */

static _Atomic uint32_t allowed;

static void *allocate_some(size_t size)
{
    uint32_t left = atomic_load(&allowed);

    if (left == 0)
        return NULL;
    atomic_store(&allowed, left - 1);
    return os_allocate(size);
}

/* For each number of allocations that succeed: what is lost is counted, the rest is right. */
static void test_no_memory_drops_and_goes_on(void **state)
{
    struct fixture *fixture = *state;

    for (uint32_t budget = 0; budget < 2 * N; budget += 7) {
        uint64_t dropped = trace_total(trace_drop_no_memory);
        uint32_t last = 0;
        struct owner a;

        owner_open_bound(&a, fixture->engine, NET_IPV4);
        atomic_store(&allowed, budget);
        net_rx_allocate = allocate_some;
        inject_numbers(fixture, &a, 1, 200);
        owner_add_room(&a, 1000);
        script_settle(fixture->script);
        net_rx_allocate = os_allocate;
        dropped = trace_total(trace_drop_no_memory) - dropped;
        assert_int_equal(a.received + dropped, 200);
        while (a.first) {
            struct net_datagram *datagram = owner_take(&a);

            assert_true(number_in(datagram) > last);
            last = number_in(datagram);
            net_datagram_release(datagram);
        }
        inject_numbers(fixture, &a, 7000, 10);
        script_settle(fixture->script);
        expect_numbers(&a, 7000, 10);
        owner_close(&a);
        /* Start the next budget with an empty pool. */
        net_engine_stop(fixture->engine);
        assert_int_equal(net_engine_start(&fixture->engine, &(struct net_engine_config){
                             .loops = 1, .port = script_port(fixture->script) }), 0);
    }
}

static void test_no_memory_for_a_large_one(void **state)
{
    struct fixture *fixture = *state;
    uint64_t dropped = trace_total(trace_drop_no_memory);
    static uint8_t large[4000];
    struct owner a;

    owner_open_bound(&a, fixture->engine, NET_IPV4);
    /* The buffer: the block behind it, for what does not fit, gets none. */
    atomic_store(&allowed, 1);
    net_rx_allocate = allocate_some;
    script_inject(fixture->script, &stranger, &a.address, large, sizeof(large));
    owner_add_room(&a, 1);
    script_settle(fixture->script);
    net_rx_allocate = os_allocate;
    assert_int_equal(a.received, 0);
    assert_int_equal(trace_total(trace_drop_no_memory) - dropped, 1);
    script_inject(fixture->script, &stranger, &a.address, large, sizeof(large));
    script_settle(fixture->script);
    assert_int_equal(a.received, 1);
    owner_close(&a);
}

/* --- Errors ---------------------------------------------------------------------------------- */

static void test_latched_errors_are_swallowed(void **state)
{
    static const int errors[] = { ECONNREFUSED, EHOSTUNREACH, ENETDOWN, EIO };
    struct fixture *fixture = *state;
    struct owner a;

    owner_open_bound(&a, fixture->engine, NET_IPV4);
    owner_add_room(&a, 1000);
    for (uint32_t i = 0; i < COUNT_OF(errors); i++) {
        script_fail(fixture->script, SCRIPT_RECEIVE, 1, 3, errors[i]);
        inject_numbers(fixture, &a, i * 10, 10);
        script_settle(fixture->script);
        assert_int_equal(a.received, (i + 1) * 10);
    }
    expect_numbers(&a, 0, 40);
    assert_int_equal(a.broken, 0);
    owner_close(&a);
}

static void test_kernel_memory_comes_back(void **state)
{
    struct fixture *fixture = *state;
    struct owner a;

    owner_open_bound(&a, fixture->engine, NET_IPV4);
    owner_add_room(&a, 1000);
    script_fail(fixture->script, SCRIPT_RECEIVE, 1, 1, ENOBUFS);
    /* All at one moment: a later one would be reason enough to try again. */
    script_automatic(fixture->script, false);
    inject_numbers(fixture, &a, 0, 10);
    assert_int_equal(script_deliver(fixture->script, 10), 10);
    script_settle(fixture->script);
    assert_int_equal(a.received, 0);
    script_advance(fixture->script, OS_NS_PER_S);
    script_settle(fixture->script);
    expect_numbers(&a, 0, 10);
    owner_close(&a);
}

static void test_persistent_error_breaks_once(void **state)
{
    struct fixture *fixture = *state;
    struct owner a, b;

    owner_open_bound(&a, fixture->engine, NET_IPV4);
    owner_open_bound(&b, fixture->engine, NET_IPV4);
    owner_add_room(&a, 1000);
    owner_add_room(&b, 1000);
    script_fail(fixture->script, SCRIPT_RECEIVE, 1, UINT32_MAX / 2, ENODEV);
    inject_numbers(fixture, &a, 0, 1);
    script_settle(fixture->script);
    assert_int_equal(a.broken, 1);
    assert_int_equal(a.error, -ENODEV);
    inject_numbers(fixture, &a, 1, 1);
    script_settle(fixture->script);
    assert_int_equal(a.broken, 1);
    /* The others go on. */
    script_fail(fixture->script, SCRIPT_RECEIVE, 0, 0, 0);
    inject_numbers(fixture, &b, 0, 3);
    script_settle(fixture->script);
    expect_numbers(&b, 0, 3);
    assert_int_equal(b.broken, 0);
    owner_close(&a);
    owner_close(&b);
}

/* --- The wire -------------------------------------------------------------------------------- */

static void test_wire_knobs(void **state)
{
    static const uint32_t expected[] = { 2, 2, 4, 3 };
    struct fixture *fixture = *state;
    struct script_datagram *taken;
    struct owner a;

    owner_open_bound(&a, fixture->engine, NET_IPV4);
    owner_add_room(&a, 100);
    script_automatic(fixture->script, false);
    for (uint32_t i = 0; i < 6; i++)
        assert_int_equal(send_number(&a, i, &a.address), 0);
    assert_int_equal(script_wire_count(fixture->script), 6);
    taken = script_take(fixture->script);
    assert_int_equal(taken->length, sizeof(uint32_t));
    assert_memory_equal(&taken->to, &a.address, sizeof(a.address));
    os_free(taken);
    assert_int_equal(script_drop(fixture->script, 1), 1);
    script_duplicate(fixture->script);
    assert_int_equal(script_deliver(fixture->script, 2), 2);
    script_swap(fixture->script);
    assert_int_equal(script_deliver(fixture->script, 2), 2);
    script_settle(fixture->script);
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        struct net_datagram *datagram = owner_take(&a);

        assert_int_equal(number_in(datagram), expected[i]);
        net_datagram_release(datagram);
    }
    assert_int_equal(script_drop(fixture->script, 10), 1);
    owner_close(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_batch_boundaries),
        FIXTURE_TEST(test_more_than_a_turn),
        FIXTURE_TEST(test_short_returns_at_each_position),
        FIXTURE_TEST(test_takes_no_more_than_room),
        FIXTURE_TEST(test_no_room_leaves_the_kernel_alone),
        FIXTURE_TEST(test_wanted_is_cheap_when_nothing_waits),
        FIXTURE_TEST(test_wanted_from_the_upcall),
        FIXTURE_TEST(test_wanted_races_with_parking),
        FIXTURE_TEST(test_two_endpoints_share_the_loop),
        FIXTURE_TEST(test_sizes_around_the_slot),
        FIXTURE_TEST(test_retained_beyond_the_engine),
        FIXTURE_TEST(test_steady_state_allocates_nothing),
        FIXTURE_TEST(test_release_by_other_threads),
        FIXTURE_TEST(test_no_memory_drops_and_goes_on),
        FIXTURE_TEST(test_no_memory_for_a_large_one),
        FIXTURE_TEST(test_latched_errors_are_swallowed),
        FIXTURE_TEST(test_kernel_memory_comes_back),
        FIXTURE_TEST(test_persistent_error_breaks_once),
        FIXTURE_TEST(test_wire_knobs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
