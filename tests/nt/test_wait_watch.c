/* SPDX-License-Identifier: MIT */
/*
 * test_wait_watch.c - who sleeps, as a hang tells it; which signal satisfied a wait, as a stale
 * event is told.
 */
#include "nt_test.h"

/* --- Fixture --------------------------------------------------------------------------------- */

#define RULE(number) (1u << (number))
#define NOTES_MAX 16

struct note {
    const void *object, *place;
    uint64_t signalled_ns;
    uint32_t stack;
};

static struct note satisfied[NOTES_MAX];
static size_t satisfied_count;
static const void *signals[NOTES_MAX];
static size_t signal_count;

static void on_signalled(const void *object)
{
    if (signal_count < NOTES_MAX)
        signals[signal_count++] = object;
}

static void on_satisfied(const void *object, uint64_t signalled_ns, uint32_t stack,
                         const void *place)
{
    if (satisfied_count < NOTES_MAX)
        satisfied[satisfied_count++] = (struct note){ object, place, signalled_ns, stack };
}

static const struct hooks hooks = { .signalled = on_signalled, .wait_satisfied = on_satisfied };

static void watch(uint32_t rules)
{
    satisfied_count = signal_count = 0;
    atomic_store(&base_hooks, &hooks);
    atomic_store(&hook_rules, rules);
}

static int stop_watching(void **state)
{
    atomic_store(&hook_rules, 0);
    atomic_store(&base_hooks, NULL);
    return stop_executive(state);
}

/* --- Sleepers (WSK-V28) ---------------------------------------------------------------------- */

struct sleepers {
    struct nt_wait waits[NOTES_MAX];
    size_t count;
};

static void note_sleeper(const struct nt_wait *wait, void *context)
{
    struct sleepers *sleepers = context;

    if (sleepers->count < NOTES_MAX)
        sleepers->waits[sleepers->count++] = *wait;
}

static struct sleepers sleepers_now(void)
{
    struct sleepers sleepers = { .count = 0 };

    nt_wait_visit(note_sleeper, &sleepers);
    return sleepers;
}

/* A thread is in its object's list a moment before it is among the sleepers. */
static struct sleepers await_sleepers(size_t count)
{
    struct sleepers sleepers = sleepers_now();

    while (sleepers.count != count) {
        os_yield();
        sleepers = sleepers_now();
    }
    return sleepers;
}

static KEVENT events[2];
static _Atomic uint32_t threads[2];

static void sleep_for_own_event(void *context, unsigned index)
{
    (void)context;
    atomic_store(&threads[index], os_thread_id());
    wait_for_object(&events[index]);
    /* So that the wait is no jump, which would leave no frame. */
    atomic_store(&threads[index], 0);
}

static void make_events(void)
{
    for (unsigned i = 0; i < 2; i++)
        KeInitializeEvent(&events[i], NotificationEvent, FALSE);
}

static void test_who_sleeps_is_visited(void **state)
{
    char text[STACK_TEXT_MAX];
    struct sleepers sleepers;
    uint64_t before;
    struct crew crew;

    (void)state;
    watch(RULE(28));
    make_events();
    before = os_clock_ns();
    crew_start(&crew, 2, sleep_for_own_event, NULL);
    sleepers = await_sleepers(2);
    for (size_t i = 0; i < 2; i++) {
        const struct nt_wait *wait = &sleepers.waits[i];
        size_t index = wait->object == &events[1];

        assert_ptr_equal(wait->object, &events[index]);
        assert_int_equal(wait->thread, atomic_load(&threads[index]));
        assert_true(wait->since_ns >= before && wait->since_ns <= os_clock_ns());
        stack_describe(wait->stack, text, sizeof(text));
        if (!strstr(text, "sleep_for_own_event"))
            fail_msg("slept at %s", text);
    }
    assert_ptr_not_equal(sleepers.waits[0].object, sleepers.waits[1].object);
    /* Who has got what he waited for is gone, the other stays. */
    KeSetEvent(&events[0], 0, FALSE);
    sleepers = await_sleepers(1);
    assert_ptr_equal(sleepers.waits[0].object, &events[1]);
    KeSetEvent(&events[1], 0, FALSE);
    crew_join(&crew);
    assert_int_equal(sleepers_now().count, 0);
}

static void test_a_timeout_ends_the_sleep(void **state)
{
    PVOID objects[] = { &events[1], &events[0] };
    LARGE_INTEGER soon = relative_ms(1);

    (void)state;
    watch(RULE(28));
    make_events();
    assert_int_equal(KeWaitForMultipleObjects(2, objects, WaitAll, Executive, KernelMode, FALSE,
                                              &soon, NULL),
                     STATUS_TIMEOUT);
    assert_int_equal(sleepers_now().count, 0);
}

static void sleep_for_both(void *context, unsigned index)
{
    PVOID objects[] = { &events[1], &events[0] };

    (void)context;
    (void)index;
    KeWaitForMultipleObjects(2, objects, WaitAll, Executive, KernelMode, FALSE, NULL, NULL);
}

static void test_a_wait_for_several_is_one_sleep(void **state)
{
    struct sleepers sleepers;
    struct crew crew;

    (void)state;
    watch(RULE(28));
    make_events();
    crew_start(&crew, 1, sleep_for_both, NULL);
    sleepers = await_sleepers(1);
    assert_ptr_equal(sleepers.waits[0].object, &events[1]);
    KeSetEvent(&events[1], 0, FALSE);
    assert_int_equal(sleepers_now().count, 1);
    KeSetEvent(&events[0], 0, FALSE);
    crew_join(&crew);
    assert_int_equal(sleepers_now().count, 0);
}

/* The rule may go while somebody sleeps; he then leaves the list as he came. */
static void test_rules_that_change_during_a_sleep(void **state)
{
    struct crew crew;

    (void)state;
    watch(RULE(28));
    make_events();
    crew_start(&crew, 1, sleep_for_own_event, NULL);
    await_sleepers(1);
    atomic_store(&hook_rules, 0);
    KeSetEvent(&events[0], 0, FALSE);
    crew_join(&crew);
    assert_int_equal(sleepers_now().count, 0);

    make_events();
    crew_start(&crew, 1, sleep_for_own_event, NULL);
    await_waiters(&events[0], 1);
    atomic_store(&hook_rules, RULE(28));
    KeSetEvent(&events[0], 0, FALSE);
    crew_join(&crew);
    assert_int_equal(sleepers_now().count, 0);
}

static void test_without_the_rule_nobody_is_listed(void **state)
{
    struct nt_watched_wait watched;

    (void)state;
    watch(RULE(29));
    nt_wait_watch(&watched, events, NULL);
    assert_int_equal(sleepers_now().count, 0);
    nt_wait_unwatch(&watched);
    watch(RULE(28));
    nt_wait_watch(&watched, events, NULL);
    assert_int_equal(sleepers_now().count, 1);
    nt_wait_unwatch(&watched);
    assert_int_equal(sleepers_now().count, 0);
}

/* --- Signals (WSK-V29) ----------------------------------------------------------------------- */

__attribute__((noinline)) static void signal_it(KEVENT *event)
{
    KeSetEvent(event, 0, FALSE);
    atomic_fetch_add(&threads[0], 0); /* no jump, as above */
}

static void test_a_wait_is_told_its_signal(void **state)
{
    char text[STACK_TEXT_MAX];
    uint64_t before, after;

    (void)state;
    watch(RULE(29));
    make_events();
    before = os_clock_ns();
    signal_it(&events[0]);
    after = os_clock_ns();
    assert_int_equal(wait_for_object(&events[0]), STATUS_SUCCESS);
    assert_int_equal(satisfied_count, 1);
    assert_ptr_equal(satisfied[0].object, &events[0]);
    assert_in_range(satisfied[0].signalled_ns, before, after);
    stack_describe(satisfied[0].stack, text, sizeof(text));
    if (!strstr(text, "signal_it"))
        fail_msg("signalled at %s", text);
    symbol_describe(satisfied[0].place, text, sizeof(text));
    assert_non_null(strstr(text, "test_a_wait_is_told_its_signal ("));
}

static void test_the_last_signal_counts(void **state)
{
    uint64_t between;

    (void)state;
    watch(RULE(29));
    make_events();
    signal_it(&events[0]);
    between = os_clock_ns();
    signal_it(&events[0]);
    assert_int_equal(poll_object(&events[0]), STATUS_SUCCESS);
    assert_int_equal(satisfied_count, 1);
    assert_true(satisfied[0].signalled_ns >= between);
}

/* A sleep that a signal ends is told as well as a wait that found one. */
static void test_a_sleep_is_told_its_signal(void **state)
{
    struct crew crew;

    (void)state;
    watch(RULE(28) | RULE(29));
    make_events();
    crew_start(&crew, 1, sleep_for_own_event, NULL);
    await_sleepers(1);
    assert_int_equal(satisfied_count, 0);
    signal_it(&events[0]);
    crew_join(&crew);
    assert_int_equal(satisfied_count, 1);
    assert_ptr_equal(satisfied[0].object, &events[0]);
}

static void test_what_is_not_told(void **state)
{
    PVOID objects[] = { &events[0], &events[1] };
    KEVENT made_set;

    (void)state;
    watch(RULE(29));
    make_events();
    /* No wait was satisfied. */
    assert_int_equal(poll_object(&events[0]), STATUS_TIMEOUT);
    /* Nobody signalled. */
    KeInitializeEvent(&made_set, NotificationEvent, TRUE);
    assert_int_equal(wait_for_object(&made_set), STATUS_SUCCESS);
    /* Of several objects, which one it was for is not known. */
    signal_it(&events[0]);
    signal_it(&events[1]);
    assert_int_equal(KeWaitForMultipleObjects(2, objects, WaitAll, Executive, KernelMode, FALSE,
                                              NULL, NULL),
                     STATUS_SUCCESS);
    assert_int_equal(satisfied_count, 0);
}

static void test_rules_decide_what_is_told(void **state)
{
    (void)state;
    make_events();
    watch(RULE(28));
    signal_it(&events[0]);
    wait_for_object(&events[0]);
    assert_int_equal(signal_count, 1);
    assert_ptr_equal(signals[0], &events[0]);
    assert_int_equal(satisfied_count, 0);

    watch(RULE(29));
    signal_it(&events[0]);
    assert_int_equal(signal_count, 1);

    watch(0);
    signal_it(&events[0]);
    wait_for_object(&events[0]);
    assert_int_equal(signal_count, 0);
    assert_int_equal(satisfied_count, 0);
}

/* Whoever installs a table need not want to hear of either. */
static void test_a_table_without_these_hooks(void **state)
{
    static const struct hooks none, only_waits = { .wait_satisfied = on_satisfied };

    (void)state;
    watch(RULE(28) | RULE(29));
    make_events();
    atomic_store(&base_hooks, &none);
    signal_it(&events[0]);
    assert_int_equal(wait_for_object(&events[0]), STATUS_SUCCESS);
    atomic_store(&base_hooks, &only_waits);
    signal_it(&events[0]);
    assert_int_equal(wait_for_object(&events[0]), STATUS_SUCCESS);
    assert_int_equal(satisfied_count, 1);
    atomic_store(&base_hooks, NULL);
    signal_it(&events[0]);
    assert_int_equal(wait_for_object(&events[0]), STATUS_SUCCESS);
    assert_int_equal(satisfied_count, 1);
    assert_int_equal(signal_count, 0);
}

/* The table of signals forgets an older object; it never takes one for the other. */
static void test_more_objects_than_are_remembered(void **state)
{
    static KEVENT many[8192];
    size_t told = 0;

    (void)state;
    watch(RULE(29));
    for (size_t i = 0; i < 8192; i++)
        KeInitializeEvent(&many[i], NotificationEvent, FALSE);
    atomic_store(&base_hooks, NULL);
    for (size_t i = 0; i < 8192; i++)
        signal_it(&many[i]);
    atomic_store(&base_hooks, &hooks);
    for (size_t i = 0; i < 8192; i++) {
        satisfied_count = 0;
        wait_for_object(&many[i]);
        told += satisfied_count;
        if (satisfied_count)
            assert_ptr_equal(satisfied[0].object, &many[i]);
    }
    assert_in_range(told, 1, 1024);
    /* The newest is known. */
    assert_int_equal(satisfied_count, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start_executive, stop_watching)
    const struct CMUnitTest tests[] = {
        TEST(test_who_sleeps_is_visited),
        TEST(test_a_timeout_ends_the_sleep),
        TEST(test_a_wait_for_several_is_one_sleep),
        TEST(test_rules_that_change_during_a_sleep),
        TEST(test_without_the_rule_nobody_is_listed),
        TEST(test_a_wait_is_told_its_signal),
        TEST(test_the_last_signal_counts),
        TEST(test_a_sleep_is_told_its_signal),
        TEST(test_what_is_not_told),
        TEST(test_rules_decide_what_is_told),
        TEST(test_a_table_without_these_hooks),
        TEST(test_more_objects_than_are_remembered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
