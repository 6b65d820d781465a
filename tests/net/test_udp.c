/* SPDX-License-Identifier: MIT */
/* test_udp.c - the life of engines and endpoints: start, open, post, close; scripted network. */
#include "fixture.h"

#define QUEUED 400u

static struct parcel parcels[QUEUED];

static const struct net_address peer = { .family = NET_IPV4, .port = 0x3412,
                                         .ip = { 192, 0, 2, 1 } };

/* --- Start ----------------------------------------------------------------------------------- */

static void test_start_fails_cleanly(void **state)
{
    struct script *script = script_create();
    struct net_engine_config config = { .loops = 3, .port = script_port(script) };
    struct net_engine *engine;

    (void)state;
    for (unsigned nth = 1; nth <= 3; nth++) {
        script_fail(script, SCRIPT_LOOP_OPEN, nth, 1, EMFILE);
        assert_int_equal(net_engine_start(&engine, &config), -EMFILE);
    }
    script_fail(script, SCRIPT_LOOP_OPEN, 0, 0, 0);
    assert_int_equal(net_engine_start(&engine, &config), 0);
    net_engine_stop(engine);
    script_destroy(script);
}

static void test_a_loop_for_each_processor(void **state)
{
    struct script *script = script_create();
    struct net_engine_config config = { .port = script_port(script) };
    struct net_engine *engine;

    (void)state;
    assert_int_equal(net_engine_start(&engine, &config), 0);
    assert_int_equal(script_calls(script, SCRIPT_LOOP_OPEN), os_processor_count());
    net_engine_stop(engine);
    script_destroy(script);
}

static void test_supports(void **state)
{
    struct fixture *fixture = *state;

    assert_true(net_engine_supports(fixture->engine, NET_IPV4));
    script_fail(fixture->script, SCRIPT_OPEN, 1, 1, EAFNOSUPPORT);
    assert_false(net_engine_supports(fixture->engine, NET_IPV6));
}

/* A wait that fails for a while costs time, nothing else. */
static void test_failing_wait(void **state)
{
    struct fixture *fixture = *state;
    struct owner a;

    script_fail(fixture->script, SCRIPT_WAIT, 1, 5, ENOMEM);
    owner_open_bound(&a, fixture->engine, NET_IPV4);
    owner_add_room(&a, 1);
    assert_int_equal(send_number(&a, 1, &a.address), 0);
    owner_wait(&a.received, 1);
    owner_close(&a);
}

/* --- Open ------------------------------------------------------------------------------------ */

static void test_open_fails_cleanly(void **state)
{
    static const enum script_call calls[] = { SCRIPT_OPEN, SCRIPT_ARM };
    struct fixture *fixture = *state;
    struct net_udp *udp;

    for (size_t i = 0; i < COUNT_OF(calls); i++) {
        script_fail(fixture->script, calls[i], 1, 1, ENFILE);
        assert_int_equal(net_udp_open(fixture->engine, NET_IPV4, &owner_events, NULL, &udp),
                         -ENFILE);
    }
}

static void test_bind(void **state)
{
    struct fixture *fixture = *state;
    struct net_address six = loopback(NET_IPV6), four = loopback(NET_IPV4);
    struct owner a, b;

    owner_open_bound(&a, fixture->engine, NET_IPV4);
    owner_open(&b, fixture->engine, NET_IPV4);
    assert_int_equal(net_udp_bind(b.udp, &six), -EAFNOSUPPORT);
    assert_int_equal(net_udp_bind(b.udp, &a.address), -EADDRINUSE);
    owner_bind(&b, &four);
    owner_close(&a);
    owner_close(&b);
}

/* --- Posting --------------------------------------------------------------------------------- */

#define TASKS 200u

struct note {
    struct task task;
    struct owner *owner;
    uint32_t number;
};

static uint32_t order[TASKS];
static _Atomic uint32_t ran;

static void run_note(struct task *task)
{
    struct note *note = container_of(task, struct note, task);

    BASE_REQUIRE(net_udp_on_loop(note->owner->udp));
    BASE_REQUIRE(!atomic_load(&note->owner->closed));
    order[atomic_load(&ran)] = note->number;
    atomic_fetch_add(&ran, 1);
}

static void fill_notes(struct note *notes, uint32_t count, struct owner *owner)
{
    atomic_store(&ran, 0);
    for (uint32_t i = 0; i < count; i++)
        notes[i] = (struct note){ .task.run = run_note, .owner = owner, .number = i };
}

static void test_tasks_run_in_order_on_the_loop(void **state)
{
    struct fixture *fixture = *state;
    static struct note notes[TASKS];
    struct owner a;

    owner_open(&a, fixture->engine, NET_IPV4);
    assert_false(net_udp_on_loop(a.udp));
    fill_notes(notes, TASKS, &a);
    for (uint32_t i = 0; i < TASKS; i++)
        net_udp_post(a.udp, &notes[i].task);
    script_settle(fixture->script);
    assert_int_equal(ran, TASKS);
    for (uint32_t i = 0; i < TASKS; i++)
        assert_int_equal(order[i], i);
    owner_close(&a);
}

static void test_tasks_posted_before_close_run(void **state)
{
    struct fixture *fixture = *state;
    static struct note notes[TASKS];

    for (uint32_t count = 1; count < TASKS; count += 9) {
        struct owner a;

        owner_open(&a, fixture->engine, NET_IPV4);
        fill_notes(notes, count, &a);
        for (uint32_t i = 0; i < count; i++)
            net_udp_post(a.udp, &notes[i].task);
        owner_close(&a);
        assert_int_equal(ran, count);
    }
}

struct closer {
    struct task task;
    struct owner *owner;
    struct note *notes;
    uint32_t count;
};

static void close_then_post(struct task *task)
{
    struct closer *closer = container_of(task, struct closer, task);

    net_udp_close(closer->owner->udp);
    for (uint32_t i = 0; i < closer->count; i++)
        net_udp_post(closer->owner->udp, &closer->notes[i].task);
}

static void test_close_then_post_from_a_task(void **state)
{
    struct fixture *fixture = *state;
    static struct note notes[TASKS];
    struct owner a;
    struct closer closer = { .task.run = close_then_post, .owner = &a, .notes = notes,
                             .count = TASKS };

    owner_open(&a, fixture->engine, NET_IPV4);
    fill_notes(notes, TASKS, &a);
    net_udp_post(a.udp, &closer.task);
    owner_wait(&a.closed, 1);
    assert_int_equal(ran, TASKS);
}

/* --- Close ----------------------------------------------------------------------------------- */

static void test_close_cancels_what_is_queued(void **state)
{
    struct fixture *fixture = *state;
    uint32_t sent = 70;
    struct owner a;

    owner_open_bound(&a, fixture->engine, NET_IPV4);
    script_automatic(fixture->script, false);
    script_wire_capacity(fixture->script, sent);
    for (uint32_t i = 0; i < QUEUED; i++) {
        parcel_fill(&parcels[i], i, &peer);
        net_udp_send_later(a.udp, &parcels[i].send);
    }
    script_settle(fixture->script);
    owner_close(&a);
    for (uint32_t i = 0; i < QUEUED; i++) {
        assert_int_equal(parcels[i].done, 1);
        assert_int_equal(parcels[i].error, i < sent ? 0 : -ECANCELED);
    }
    assert_int_equal(script_drop(fixture->script, QUEUED), sent);
}

struct late {
    struct parcel parcel;
    struct owner *owner;
    int now, option, bound;
};

/* The endpoint is closing: nothing reaches the port, and what is queued comes back. */
static void use_while_closing(struct net_send *send, int error)
{
    struct late *late = container_of(send, struct late, parcel.send);
    struct net_udp *udp = late->owner->udp;
    int value;

    BASE_REQUIRE(error == -ECANCELED);
    late->now = net_udp_send_now(udp, &parcels[0].send);
    late->option = net_udp_get_option(udp, NET_OPTION_TOS, &value);
    late->bound = net_udp_bind(udp, &late->owner->address);
    net_udp_send_later(udp, &parcels[0].send);
    net_udp_receive_wanted(udp);
    BASE_REQUIRE(!net_udp_send_cancel(udp, send));
    atomic_store(&late->parcel.done, 1);
}

static void test_use_while_closing(void **state)
{
    struct fixture *fixture = *state;
    struct late late = { .now = 0 };
    struct owner a;

    owner_open_bound(&a, fixture->engine, NET_IPV4);
    script_wire_capacity(fixture->script, 0);
    parcel_fill(&parcels[0], 0, &peer);
    parcel_fill(&late.parcel, 1, &peer);
    late.parcel.send.done = use_while_closing;
    late.owner = &a;
    net_udp_send_later(a.udp, &late.parcel.send);
    script_settle(fixture->script);
    owner_close(&a);
    assert_int_equal(late.parcel.done, 1);
    assert_int_equal(late.now, -ESHUTDOWN);
    assert_int_equal(late.option, -ESHUTDOWN);
    assert_int_equal(late.bound, -ESHUTDOWN);
    assert_int_equal(parcels[0].done, 1);
    assert_int_equal(parcels[0].error, -ECANCELED);
}

static void close_self(struct owner *owner)
{
    net_udp_close(owner->udp);
}

static void test_close_from_received(void **state)
{
    struct fixture *fixture = *state;
    struct owner a;

    owner_open_bound(&a, fixture->engine, NET_IPV4);
    a.on_received = close_self;
    script_automatic(fixture->script, false);
    for (uint32_t i = 0; i < 500; i++)
        assert_int_equal(send_number(&a, i, &a.address), 0);
    owner_add_room(&a, 1000);
    script_deliver(fixture->script, 500);
    owner_wait(&a.closed, 1);
    assert_int_equal(a.lists, 1);
    owner_release_all(&a);
}

static size_t close_in_room(void *context)
{
    struct owner *owner = context;

    if (atomic_fetch_add(&owner->room, 1) == 0)
        net_udp_close(owner->udp);
    return 1;
}

static void test_close_from_room(void **state)
{
    struct net_udp_events events = owner_events;
    struct net_address address = loopback(NET_IPV4);
    struct fixture *fixture = *state;
    struct owner a = { .end = &a.first };

    events.room = close_in_room;
    assert_int_equal(net_udp_open(fixture->engine, NET_IPV4, &events, &a, &a.udp), 0);
    owner_bind(&a, &address);
    assert_int_equal(send_number(&a, 1, &a.address), 0);
    owner_wait(&a.closed, 1);
    owner_release_all(&a);
}

static void close_in_broken(void *context, int error)
{
    owner_broken(context, error);
    net_udp_close(((struct owner *)context)->udp);
}

static void test_close_from_broken(void **state)
{
    struct net_udp_events events = owner_events;
    struct net_address address = loopback(NET_IPV4);
    struct fixture *fixture = *state;
    struct owner a = { .end = &a.first, .room = 10 };

    events.broken = close_in_broken;
    assert_int_equal(net_udp_open(fixture->engine, NET_IPV4, &events, &a, &a.udp), 0);
    owner_bind(&a, &address);
    script_fail(fixture->script, SCRIPT_RECEIVE, 1, 1000, EBADF);
    assert_int_equal(send_number(&a, 1, &a.address), 0);
    owner_wait(&a.closed, 1);
    assert_int_equal(a.broken, 1);
}

struct closing_parcel {
    struct parcel parcel;
    struct owner *owner;
};

static void close_in_done(struct net_send *send, int error)
{
    struct closing_parcel *closing = container_of(send, struct closing_parcel, parcel.send);

    parcel_done(send, error);
    net_udp_close(closing->owner->udp);
}

static void test_close_from_done(void **state)
{
    struct fixture *fixture = *state;
    struct closing_parcel closing;
    struct owner a;

    owner_open_bound(&a, fixture->engine, NET_IPV4);
    script_automatic(fixture->script, false);
    script_wire_capacity(fixture->script, 0);
    closing.owner = &a;
    parcel_fill(&closing.parcel, 0, &peer);
    closing.parcel.send.done = close_in_done;
    net_udp_send_later(a.udp, &closing.parcel.send);
    for (uint32_t i = 0; i < QUEUED; i++) {
        parcel_fill(&parcels[i], i, &peer);
        net_udp_send_later(a.udp, &parcels[i].send);
    }
    script_settle(fixture->script);
    script_wire_capacity(fixture->script, SIZE_MAX);
    owner_wait(&a.closed, 1);
    /* The first batch went with it; the rest never left. */
    assert_int_equal(closing.parcel.error, 0);
    for (uint32_t i = 0; i < QUEUED; i++) {
        assert_int_equal(parcels[i].done, 1);
        assert_int_equal(parcels[i].error, i < 255 ? 0 : -ECANCELED);
    }
}

static void close_other(struct owner *owner)
{
    struct owner *other = owner->context;

    owner->on_received = NULL;
    net_udp_close(other->udp);
}

/* Both have datagrams waiting in the same pass of the loop. */
static void test_close_of_another_from_received(void **state)
{
    struct fixture *fixture = *state;
    struct owner a, b;

    owner_open_bound(&a, fixture->engine, NET_IPV4);
    owner_open_bound(&b, fixture->engine, NET_IPV4);
    owner_add_room(&a, 100);
    owner_add_room(&b, 100);
    a.on_received = close_other;
    a.context = &b;
    script_automatic(fixture->script, false);
    for (uint32_t i = 0; i < 10; i++) {
        assert_int_equal(send_number(&a, i, &a.address), 0);
        assert_int_equal(send_number(&a, i, &b.address), 0);
    }
    script_deliver(fixture->script, 20);
    owner_wait(&b.closed, 1);
    script_settle(fixture->script);
    assert_int_equal(a.received, 10);
    owner_release_all(&b);
    owner_close(&a);
}

/* --- Close while other threads are in it ----------------------------------------------------- */

struct user {
    struct owner *owner;
    _Atomic uint32_t started;
    _Atomic uint32_t out;
    _Atomic uint32_t queued;    /* the parcel is the engine's */
    struct parcel parcel;
    struct os_thread *thread;
};

static void user_done(struct net_send *send, int error)
{
    struct user *user = container_of(send, struct user, parcel.send);

    BASE_REQUIRE(error == 0 || error == -ECANCELED);
    BASE_REQUIRE(atomic_exchange(&user->queued, 0) == 1);
}

static void use_until_shutdown(void *argument)
{
    struct user *user = argument;
    struct net_udp *udp = user->owner->udp;
    int value;

    while (send_number(user->owner, 1, &user->owner->address) != -ESHUTDOWN) {
        if (!atomic_load(&user->queued)) {
            atomic_store(&user->queued, 1);
            net_udp_send_later(udp, &user->parcel.send);
            if (net_udp_send_cancel(udp, &user->parcel.send))
                atomic_store(&user->queued, 0);
        }
        net_udp_receive_wanted(udp);
        net_udp_get_option(udp, NET_OPTION_TOS, &value);
        atomic_store(&user->started, 1);
        os_wake_all(&user->started);
    }
    atomic_store(&user->out, 1);
}

/* Keeps closed() away until both threads are out, as an owner's references do. */
struct keeper {
    struct task task;
    struct owner *owner;
    struct user *users;
};

static void keep_open(struct task *task)
{
    struct keeper *keeper = container_of(task, struct keeper, task);

    if (!atomic_load(&keeper->users[0].out) || !atomic_load(&keeper->users[1].out))
        net_udp_post(keeper->owner->udp, &keeper->task);
}

static void test_close_with_traffic_from_other_threads(void **state)
{
    struct fixture *fixture = *state;

    for (int round = 0; round < 300; round++) {
        static struct user users[2];
        struct keeper keeper = { .task.run = keep_open, .users = users };
        struct owner a;

        owner_open_bound(&a, fixture->engine, NET_IPV4);
        owner_add_room(&a, 1000000);
        memset(users, 0, sizeof(users));
        keeper.owner = &a;
        for (int i = 0; i < 2; i++) {
            users[i].owner = &a;
            parcel_fill(&users[i].parcel, 7, &a.address);
            users[i].parcel.send.done = user_done;
            assert_int_equal(os_thread_start(&users[i].thread, "user", use_until_shutdown,
                                             &users[i]), 0);
        }
        owner_wait(&users[round & 1].started, 1);
        net_udp_post(a.udp, &keeper.task);
        net_udp_close(a.udp);
        for (int i = 0; i < 2; i++)
            os_thread_join(users[i].thread);
        owner_wait(&a.closed, 1);
        assert_int_equal(users[0].queued + users[1].queued, 0);
        owner_release_all(&a);
    }
}

/*
 * The engine may be stopped as soon as closed() was called, whatever the closing thread still does.
 */
static void close_in_thread(void *argument)
{
    net_udp_close(argument);
}

static void test_stop_right_after_closed(void **state)
{
    struct fixture *fixture = *state;
    struct net_engine_config config = { .loops = 2, .port = script_port(fixture->script) };

    for (int round = 0; round < 200; round++) {
        struct net_engine *engine;
        struct os_thread *thread;
        struct owner a;

        assert_int_equal(net_engine_start(&engine, &config), 0);
        owner_open(&a, engine, NET_IPV4);
        assert_int_equal(os_thread_start(&thread, "closer", close_in_thread, a.udp), 0);
        owner_wait(&a.closed, 1);
        net_engine_stop(engine);
        os_thread_join(thread);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_start_fails_cleanly),
        cmocka_unit_test(test_a_loop_for_each_processor),
        FIXTURE_TEST(test_supports),
        FIXTURE_TEST(test_failing_wait),
        FIXTURE_TEST(test_open_fails_cleanly),
        FIXTURE_TEST(test_bind),
        FIXTURE_TEST(test_tasks_run_in_order_on_the_loop),
        FIXTURE_TEST(test_tasks_posted_before_close_run),
        FIXTURE_TEST(test_close_then_post_from_a_task),
        FIXTURE_TEST(test_close_cancels_what_is_queued),
        FIXTURE_TEST(test_use_while_closing),
        FIXTURE_TEST(test_close_from_received),
        FIXTURE_TEST(test_close_from_room),
        FIXTURE_TEST(test_close_from_broken),
        FIXTURE_TEST(test_close_from_done),
        FIXTURE_TEST(test_close_of_another_from_received),
        FIXTURE_TEST(test_close_with_traffic_from_other_threads),
        FIXTURE_TEST(test_stop_right_after_closed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
