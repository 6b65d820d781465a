/* SPDX-License-Identifier: MIT */
#include "nt_test.h"

#define ROUNDS 5000
#define TIMERS 16

static LARGE_INTEGER now_due(void)
{
    return (LARGE_INTEGER){ .QuadPart = 0 };
}

static LARGE_INTEGER never(void)
{
    return relative_ms(1000000);
}

static void test_states(void **state)
{
    static const struct {
        TIMER_TYPE type;
        bool signalled_after_wait;
    } cases[] = { { NotificationTimer, true }, { SynchronizationTimer, false } };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        uint64_t begin;
        KTIMER timer;

        KeInitializeTimerEx(&timer, cases[i].type);
        assert_false(KeReadStateTimer(&timer));
        assert_false(KeCancelTimer(&timer));
        /* Not due before it is set again, however slow the machine is. */
        assert_false(KeSetTimer(&timer, never(), NULL));
        begin = os_clock_ns();
        assert_true(KeSetTimer(&timer, relative_ms(15), NULL));
        assert_int_equal(wait_for_object(&timer), STATUS_SUCCESS);
        assert_true(os_clock_ns() - begin >= 15 * OS_NS_PER_MS);
        assert_int_equal(KeReadStateTimer(&timer), cases[i].signalled_after_wait);
        assert_false(KeCancelTimer(&timer));
        /* Setting takes the signal away. */
        KeSetTimer(&timer, never(), NULL);
        assert_false(KeReadStateTimer(&timer));
        assert_true(KeCancelTimer(&timer));
        assert_false(KeReadStateTimer(&timer));
    }
}

static void test_due_at_once(void **state)
{
    LARGE_INTEGER past = { .QuadPart = 1 };
    KTIMER timer;

    (void)state;
    KeInitializeTimer(&timer);
    assert_false(KeSetTimer(&timer, now_due(), NULL));
    assert_true(KeReadStateTimer(&timer));
    assert_false(KeSetTimer(&timer, past, NULL));
    assert_true(KeReadStateTimer(&timer));
}

static void test_absolute(void **state)
{
    LARGE_INTEGER due;
    KTIMER timer;

    (void)state;
    KeInitializeTimer(&timer);
    KeQuerySystemTimePrecise(&due);
    due.QuadPart += 100000;
    KeSetTimer(&timer, due, NULL);
    assert_int_equal(wait_for_object(&timer), STATUS_SUCCESS);
    KeQuerySystemTimePrecise(&due);
}

struct counter {
    KTIMER timer;
    KDPC dpc;
    KEVENT enough;
    unsigned count, target;
    KIRQL irql;
};

static void count_expiry(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    struct counter *counter = context;

    (void)dpc, (void)argument1, (void)argument2;
    counter->irql = KeGetCurrentIrql();
    if (++counter->count == counter->target)
        KeSetEvent(&counter->enough, 0, FALSE);
}

static void counter_init(struct counter *counter, unsigned target)
{
    memset(counter, 0, sizeof(*counter));
    KeInitializeTimer(&counter->timer);
    KeInitializeDpc(&counter->dpc, count_expiry, counter);
    KeInitializeEvent(&counter->enough, NotificationEvent, FALSE);
    counter->target = target;
}

static void test_dpc_runs(void **state)
{
    struct counter counter;

    (void)state;
    counter_init(&counter, 1);
    KeSetTimer(&counter.timer, relative_ms(1), &counter.dpc);
    wait_for_object(&counter.enough);
    nt_drain();
    assert_int_equal(counter.count, 1);
    assert_int_equal(counter.irql, DISPATCH_LEVEL);
    assert_true(KeReadStateTimer(&counter.timer));
}

static void test_periodic(void **state)
{
    uint64_t begin = os_clock_ns();
    struct counter counter;
    unsigned count;

    (void)state;
    counter_init(&counter, 5);
    assert_false(KeSetTimerEx(&counter.timer, relative_ms(2), 2, &counter.dpc));
    wait_for_object(&counter.enough);
    assert_true(os_clock_ns() - begin >= 10 * OS_NS_PER_MS);
    assert_true(KeCancelTimer(&counter.timer));
    assert_false(KeCancelTimer(&counter.timer));
    KeFlushQueuedDpcs();
    count = counter.count;
    assert_true(count >= 5);
    assert_int_equal(poll_object(&counter.timer), STATUS_SUCCESS);
}

static void test_periodic_from_now(void **state)
{
    struct counter counter;

    (void)state;
    counter_init(&counter, 3);
    KeSetTimerEx(&counter.timer, now_due(), 1, &counter.dpc);
    wait_for_object(&counter.enough);
    KeCancelTimer(&counter.timer);
    KeFlushQueuedDpcs();
}

/* --- Order --------------------------------------------------------------------------------- */

struct ordered {
    struct list_of_order {
        unsigned count;
        unsigned numbers[TIMERS];
        KEVENT all;
    } *log;
    KTIMER timer;
    KDPC dpc;
    unsigned number;
};

static void note_order(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    struct ordered *ordered = context;

    (void)dpc, (void)argument1, (void)argument2;
    ordered->log->numbers[ordered->log->count++] = ordered->number;
    if (ordered->log->count == TIMERS)
        KeSetEvent(&ordered->log->all, 0, FALSE);
}

static void test_earliest_first(void **state)
{
    struct list_of_order log = { 0 };
    struct ordered timers[TIMERS];
    LARGE_INTEGER base;

    (void)state;
    KeInitializeEvent(&log.all, NotificationEvent, FALSE);
    KeQuerySystemTimePrecise(&base);
    for (unsigned i = 0; i < TIMERS; i++) {
        unsigned at = i * 7 % TIMERS; /* armed in another order than due */
        LARGE_INTEGER due = { .QuadPart = base.QuadPart + 200000 + 10000 * at };

        timers[at].log = &log;
        timers[at].number = at;
        KeInitializeTimer(&timers[at].timer);
        KeInitializeDpc(&timers[at].dpc, note_order, &timers[at]);
        KeSetTimer(&timers[at].timer, due, &timers[at].dpc);
    }
    wait_for_object(&log.all);
    for (unsigned i = 0; i < TIMERS; i++)
        assert_int_equal(log.numbers[i], i);
}

/* --- Cancel against expiry ----------------------------------------------------------------- */

static void test_cancel_against_expiry(void **state)
{
    unsigned cancelled = 0;

    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        struct counter *counter = malloc(sizeof(*counter));
        LARGE_INTEGER soon = { .QuadPart = -(LONGLONG)(i % 600) - 1 };
        bool was_armed;

        counter_init(counter, 0);
        KeSetTimer(&counter->timer, soon, &counter->dpc);
        for (int j = 0; j < i % 50; j++)
            __builtin_ia32_pause();
        was_armed = KeCancelTimer(&counter->timer);
        KeFlushQueuedDpcs();
        /* It fired or it did not; there is no third way, and nothing comes later. */
        assert_int_equal(counter->count, was_armed ? 0 : 1);
        assert_int_equal(KeReadStateTimer(&counter->timer), !was_armed);
        cancelled += was_armed;
        free(counter);
    }
    print_message("    %u of %u were cancelled in time\n", cancelled, ROUNDS);
}

static __attribute__((noinline)) void wait_on_stack(int round)
{
    LARGE_INTEGER soon = { .QuadPart = -(LONGLONG)(round % 300) - 1 };
    KTIMER timer;

    KeInitializeTimer(&timer);
    KeSetTimer(&timer, soon, NULL);
    wait_for_object(&timer);
    memset(&timer, 0xDD, sizeof(timer));
}

static void test_expiry_forgets_the_timer(void **state)
{
    (void)state;
    for (int i = 0; i < ROUNDS; i++)
        wait_on_stack(i);
}

static void set_and_cancel(void *context, unsigned index)
{
    struct counter *counter = context;

    for (int i = 0; i < ROUNDS; i++) {
        LARGE_INTEGER soon = { .QuadPart = -(LONGLONG)(i % 100) };

        if (index % 2)
            KeSetTimerEx(&counter->timer, soon, i % 3, &counter->dpc);
        else
            KeCancelTimer(&counter->timer);
    }
}

static void test_threads_share_a_timer(void **state)
{
    struct counter counter;

    (void)state;
    counter_init(&counter, 0);
    crew_run(4, set_and_cancel, &counter);
    KeCancelTimer(&counter.timer);
    KeFlushQueuedDpcs();
}

/* --- What is armed ------------------------------------------------------------------------- */

struct visited {
    PKTIMER timer;
    const void *place;
    unsigned count;
};

static void visit(PKTIMER timer, const void *place, void *context)
{
    struct visited *visited = context;

    visited->count++;
    if (timer == visited->timer)
        visited->place = place;
}

static __attribute__((noinline)) void arm_here(PKTIMER timer)
{
    KeSetTimer(timer, never(), NULL);
    __asm__ volatile("");
}

static void test_visit_tells_the_place(void **state)
{
    struct visited visited = { 0 };
    char text[SYMBOL_TEXT_MAX];
    KTIMER timers[2];

    (void)state;
    KeInitializeTimer(&timers[0]);
    KeInitializeTimer(&timers[1]);
    arm_here(&timers[0]);
    KeSetTimer(&timers[1], never(), NULL);
    visited.timer = &timers[0];
    nt_timer_visit(visit, &visited);
    assert_int_equal(visited.count, 2);
    symbol_describe(visited.place, text, sizeof(text));
    assert_non_null(strstr(text, "arm_here"));
    KeCancelTimer(&timers[0]);
    KeCancelTimer(&timers[1]);
    visited.count = 0;
    nt_timer_visit(visit, &visited);
    assert_int_equal(visited.count, 0);
}

static void set_above_dispatch(void)
{
    KTIMER timer;
    KIRQL before;

    KeInitializeTimer(&timer);
    KeRaiseIrql(HIGH_LEVEL, &before);
    KeSetTimer(&timer, never(), NULL);
}

static void test_mistakes_stop(void **state)
{
    (void)state;
    assert_bug_check(IRQL_NOT_LESS_OR_EQUAL, set_above_dispatch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mistakes_stop),
        cmocka_unit_test(test_states),
        cmocka_unit_test(test_due_at_once),
        cmocka_unit_test(test_absolute),
        cmocka_unit_test(test_dpc_runs),
        cmocka_unit_test(test_periodic),
        cmocka_unit_test(test_periodic_from_now),
        cmocka_unit_test(test_earliest_first),
        cmocka_unit_test(test_cancel_against_expiry),
        cmocka_unit_test(test_expiry_forgets_the_timer),
        cmocka_unit_test(test_threads_share_a_timer),
        cmocka_unit_test(test_visit_tells_the_place),
    };

    return cmocka_run_group_tests(tests, start_executive, stop_executive);
}
