/* SPDX-License-Identifier: MIT */
#include "nt_test.h"

#define ROUNDS 20000
#define OBJECTS 6

static NTSTATUS wait_many(ULONG count, PVOID *objects, WAIT_TYPE type, PLARGE_INTEGER timeout)
{
    KWAIT_BLOCK blocks[MAXIMUM_WAIT_OBJECTS];

    return KeWaitForMultipleObjects(count, objects, type, Executive, KernelMode, FALSE, timeout,
                                    blocks);
}

static NTSTATUS poll_many(ULONG count, PVOID *objects, WAIT_TYPE type)
{
    LARGE_INTEGER zero = { .QuadPart = 0 };

    return wait_many(count, objects, type, &zero);
}

static void make_events(KEVENT *events, PVOID *objects, unsigned count, EVENT_TYPE type)
{
    for (unsigned i = 0; i < count; i++) {
        KeInitializeEvent(&events[i], type, FALSE);
        objects[i] = &events[i];
    }
}

/* --- Timeouts ------------------------------------------------------------------------------ */

static void test_relative_timeout_is_not_early(void **state)
{
    LARGE_INTEGER timeout = relative_ms(20);
    uint64_t begin = os_clock_ns();
    KEVENT event;

    (void)state;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    assert_int_equal(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &timeout),
                     STATUS_TIMEOUT);
    assert_true(os_clock_ns() - begin >= 20 * OS_NS_PER_MS);
    assert_int_equal(waiters_of(&event), 0);
}

static void test_absolute_timeout(void **state)
{
    uint64_t begin = os_clock_ns();
    LARGE_INTEGER timeout;
    KEVENT event;

    (void)state;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    KeQuerySystemTime(&timeout);
    timeout.QuadPart += 20 * 10000;
    assert_int_equal(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &timeout),
                     STATUS_TIMEOUT);
    assert_true(os_clock_ns() - begin >= 15 * OS_NS_PER_MS);
    /* One that is past is a poll. */
    timeout.QuadPart = 1;
    assert_int_equal(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &timeout),
                     STATUS_TIMEOUT);
    KeSetEvent(&event, 0, FALSE);
    assert_int_equal(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &timeout),
                     STATUS_SUCCESS);
}

static void test_deadlines(void **state)
{
    LARGE_INTEGER longest = { .QuadPart = INT64_MIN };
    LARGE_INTEGER latest = { .QuadPart = INT64_MAX };
    LARGE_INTEGER zero = { .QuadPart = 0 };

    (void)state;
    assert_true(nt_deadline(NULL) == OS_FOREVER);
    assert_true(nt_deadline(&zero) == 0);
    assert_true(nt_deadline(&longest) == OS_FOREVER);
    assert_true(nt_deadline(&latest) == OS_FOREVER);
}

static void test_delay(void **state)
{
    uint64_t begin = os_clock_ns();
    LARGE_INTEGER interval = relative_ms(10);
    LARGE_INTEGER zero = { .QuadPart = 0 };

    (void)state;
    assert_int_equal(KeDelayExecutionThread(KernelMode, FALSE, &interval), STATUS_SUCCESS);
    assert_true(os_clock_ns() - begin >= 10 * OS_NS_PER_MS);
    assert_int_equal(KeDelayExecutionThread(KernelMode, FALSE, &zero), STATUS_SUCCESS);
}

/* --- Several objects ----------------------------------------------------------------------- */

static void test_any_takes_the_lowest_index(void **state)
{
    KEVENT events[OBJECTS];
    PVOID objects[OBJECTS];

    (void)state;
    make_events(events, objects, OBJECTS, SynchronizationEvent);
    assert_int_equal(poll_many(OBJECTS, objects, WaitAny), STATUS_TIMEOUT);
    KeSetEvent(&events[4], 0, FALSE);
    KeSetEvent(&events[2], 0, FALSE);
    assert_int_equal(poll_many(OBJECTS, objects, WaitAny), STATUS_WAIT_0 + 2);
    assert_int_equal(poll_many(OBJECTS, objects, WaitAny), STATUS_WAIT_0 + 4);
    assert_int_equal(poll_many(OBJECTS, objects, WaitAny), STATUS_TIMEOUT);
}

static void test_all_takes_all_or_nothing(void **state)
{
    KEVENT events[OBJECTS];
    PVOID objects[OBJECTS];

    (void)state;
    make_events(events, objects, OBJECTS, SynchronizationEvent);
    for (int i = 0; i < OBJECTS; i++) {
        assert_int_equal(poll_many(OBJECTS, objects, WaitAll), STATUS_TIMEOUT);
        for (int j = 0; j < i; j++)
            assert_int_equal(KeReadStateEvent(&events[j]), 1);
        KeSetEvent(&events[i], 0, FALSE);
    }
    assert_int_equal(poll_many(OBJECTS, objects, WaitAll), STATUS_SUCCESS);
    for (int i = 0; i < OBJECTS; i++)
        assert_int_equal(KeReadStateEvent(&events[i]), 0);
}

static void test_three_objects_need_no_blocks(void **state)
{
    KEVENT events[THREAD_WAIT_OBJECTS];
    PVOID objects[THREAD_WAIT_OBJECTS];

    (void)state;
    make_events(events, objects, THREAD_WAIT_OBJECTS, NotificationEvent);
    KeSetEvent(&events[1], 0, FALSE);
    assert_int_equal(KeWaitForMultipleObjects(THREAD_WAIT_OBJECTS, objects, WaitAny, Executive,
                                              KernelMode, FALSE, NULL, NULL),
                     STATUS_WAIT_1);
}

static void test_mixed_objects(void **state)
{
    KEVENT event;
    KSEMAPHORE semaphore;
    KMUTEX mutex;
    KTIMER timer;
    PVOID objects[] = { &event, &semaphore, &mutex, &timer };

    (void)state;
    KeInitializeEvent(&event, SynchronizationEvent, TRUE);
    KeInitializeSemaphore(&semaphore, 2, 2);
    KeInitializeMutex(&mutex, 0);
    KeInitializeTimerEx(&timer, SynchronizationTimer);
    assert_int_equal(poll_many(4, objects, WaitAll), STATUS_TIMEOUT);
    KeSetTimer(&timer, (LARGE_INTEGER){ .QuadPart = 0 }, NULL);
    assert_int_equal(poll_many(4, objects, WaitAll), STATUS_SUCCESS);
    assert_int_equal(KeReadStateEvent(&event), 0);
    assert_int_equal(KeReadStateSemaphore(&semaphore), 1);
    assert_int_equal(KeReadStateMutex(&mutex), 0);
    assert_false(KeReadStateTimer(&timer));
    assert_int_equal(KeReleaseMutex(&mutex, FALSE), 0);
}

struct sleeper {
    PVOID objects[OBJECTS];
    KEVENT events[OBJECTS];
    WAIT_TYPE type;
    NTSTATUS status;
};

static void sleep_for_many(void *context, unsigned index)
{
    struct sleeper *sleeper = context;

    (void)index;
    sleeper->status = wait_many(OBJECTS, sleeper->objects, sleeper->type, NULL);
}

static void test_sleeping_all_wakes_with_the_last(void **state)
{
    struct sleeper sleeper = { .type = WaitAll };
    struct crew crew;

    (void)state;
    make_events(sleeper.events, sleeper.objects, OBJECTS, SynchronizationEvent);
    crew_start(&crew, 1, sleep_for_many, &sleeper);
    await_waiters(&sleeper.events[0], 1);
    for (int i = OBJECTS - 1; i >= 0; i--) {
        assert_int_equal(waiters_of(&sleeper.events[0]), 1);
        KeSetEvent(&sleeper.events[i], 0, FALSE);
    }
    crew_join(&crew);
    assert_int_equal(sleeper.status, STATUS_SUCCESS);
    for (int i = 0; i < OBJECTS; i++) {
        assert_int_equal(KeReadStateEvent(&sleeper.events[i]), 0);
        assert_int_equal(waiters_of(&sleeper.events[i]), 0);
    }
}

static void test_sleeping_any_tells_which(void **state)
{
    (void)state;
    for (int i = 0; i < OBJECTS; i++) {
        struct sleeper sleeper = { .type = WaitAny };
        struct crew crew;

        make_events(sleeper.events, sleeper.objects, OBJECTS, SynchronizationEvent);
        crew_start(&crew, 1, sleep_for_many, &sleeper);
        await_waiters(&sleeper.events[i], 1);
        KeSetEvent(&sleeper.events[i], 0, FALSE);
        crew_join(&crew);
        assert_int_equal(sleeper.status, STATUS_WAIT_0 + i);
        assert_int_equal(KeReadStateEvent(&sleeper.events[i]), 0);
    }
}

/* A pulse satisfies a WaitAll only with all others signalled at that moment. */
static void test_pulse_completes_all(void **state)
{
    struct sleeper sleeper = { .type = WaitAll };
    struct crew crew;

    (void)state;
    make_events(sleeper.events, sleeper.objects, OBJECTS, NotificationEvent);
    crew_start(&crew, 1, sleep_for_many, &sleeper);
    await_waiters(&sleeper.events[0], 1);
    KePulseEvent(&sleeper.events[0], 0, FALSE);
    assert_int_equal(waiters_of(&sleeper.events[0]), 1);
    for (int i = 1; i < OBJECTS; i++)
        KeSetEvent(&sleeper.events[i], 0, FALSE);
    assert_int_equal(waiters_of(&sleeper.events[0]), 1);
    KePulseEvent(&sleeper.events[0], 0, FALSE);
    crew_join(&crew);
    assert_int_equal(sleeper.status, STATUS_SUCCESS);
}

/* --- Order --------------------------------------------------------------------------------- */

struct queue {
    KSEMAPHORE semaphore;
    KEVENT never;
    _Atomic unsigned ticket;
    unsigned order[8];
};

static void stand_in_line(void *context, unsigned index)
{
    struct queue *queue = context;
    PVOID objects[] = { &queue->never, &queue->semaphore };

    while (waiters_of(&queue->semaphore) != index)
        os_yield();
    /* Both kinds of wait stand in the same line. */
    if (index % 2)
        wait_for_object(&queue->semaphore);
    else
        wait_many(2, objects, WaitAny, NULL);
    queue->order[queue->ticket++] = index;
}

static void test_first_come_first_served(void **state)
{
    struct queue queue = { 0 };
    struct crew crew;

    (void)state;
    KeInitializeSemaphore(&queue.semaphore, 0, 8);
    KeInitializeEvent(&queue.never, NotificationEvent, FALSE);
    crew_start(&crew, 8, stand_in_line, &queue);
    await_waiters(&queue.semaphore, 8);
    for (unsigned i = 0; i < 8; i++) {
        KeReleaseSemaphore(&queue.semaphore, 0, 1, FALSE);
        while (queue.ticket != i + 1)
            os_yield();
    }
    crew_join(&crew);
    for (unsigned i = 0; i < 8; i++)
        assert_int_equal(queue.order[i], i);
}

/* The oldest waiter for whom the state suffices gets it, even where an older one waits for more. */
static void test_all_in_front_does_not_block(void **state)
{
    struct sleeper sleeper = { .type = WaitAll };
    struct queue queue = { 0 };
    struct crew first, second;

    (void)state;
    make_events(sleeper.events, sleeper.objects, OBJECTS, SynchronizationEvent);
    KeInitializeSemaphore(&queue.semaphore, 0, 1);
    KeInitializeEvent(&queue.never, NotificationEvent, FALSE);
    sleeper.objects[3] = &queue.semaphore;
    crew_start(&first, 1, sleep_for_many, &sleeper);
    await_waiters(&queue.semaphore, 1);
    crew_start(&second, 2, stand_in_line, &queue);
    await_waiters(&queue.semaphore, 2);
    KeReleaseSemaphore(&queue.semaphore, 0, 1, FALSE);
    await_waiters(&queue.semaphore, 1);
    for (int i = 0; i < OBJECTS; i++)
        KeSetEvent(&sleeper.events[i], 0, FALSE);
    KeReleaseSemaphore(&queue.semaphore, 0, 1, FALSE);
    crew_join(&first);
    assert_int_equal(sleeper.status, STATUS_SUCCESS);
    KeReleaseSemaphore(&queue.semaphore, 0, 1, FALSE);
    crew_join(&second);
}

/* --- Contention ---------------------------------------------------------------------------- */

/* Philosophers: each takes two forks with one WaitAll; one guest steals with WaitAny. */
struct table {
    KEVENT forks[5];
    unsigned uses[5]; /* plain: the fork keeps it right */
    _Atomic bool clash;
    _Atomic unsigned held[5];
};

static void use_fork(struct table *table, unsigned fork)
{
    if (table->held[fork]++ != 0)
        table->clash = true;
    table->uses[fork]++;
    table->held[fork]--;
}

static void dine(void *context, unsigned index)
{
    struct table *table = context;
    unsigned left = index, right = (index + 1) % 5;
    PVOID forks[] = { &table->forks[left], &table->forks[right] };
    PVOID all[5];

    for (int i = 0; i < 5; i++)
        all[i] = &table->forks[i];
    for (int i = 0; i < ROUNDS / 4; i++) {
        if (index < 5) {
            wait_many(2, forks, WaitAll, NULL);
            use_fork(table, left);
            use_fork(table, right);
            KeSetEvent(&table->forks[right], 0, FALSE);
            KeSetEvent(&table->forks[left], 0, FALSE);
        } else {
            unsigned got = (unsigned)wait_many(5, all, WaitAny, NULL);

            use_fork(table, got);
            KeSetEvent(&table->forks[got], 0, FALSE);
        }
    }
}

static void test_all_against_any(void **state)
{
    struct table table = { 0 };
    unsigned uses = 0;

    (void)state;
    for (int i = 0; i < 5; i++)
        KeInitializeEvent(&table.forks[i], SynchronizationEvent, TRUE);
    crew_run(6, dine, &table);
    assert_false(table.clash);
    for (int i = 0; i < 5; i++) {
        uses += table.uses[i];
        assert_int_equal(KeReadStateEvent(&table.forks[i]), 1);
        assert_int_equal(waiters_of(&table.forks[i]), 0);
    }
    assert_int_equal(uses, ROUNDS / 4 * 11);
}

/* A signal that races with a timeout is either taken or still there. */
struct race {
    KEVENT event;
    KEVENT go;
    _Atomic bool stop;
};

static void set_on_go(void *context, unsigned index)
{
    struct race *race = context;

    (void)index;
    for (;;) {
        wait_for_object(&race->go);
        if (race->stop)
            break;
        KeSetEvent(&race->event, 0, FALSE);
    }
}

static void test_timeout_against_signal(void **state)
{
    struct race race = { 0 };
    unsigned taken = 0, left = 0;
    struct crew crew;

    (void)state;
    KeInitializeEvent(&race.event, SynchronizationEvent, FALSE);
    KeInitializeEvent(&race.go, SynchronizationEvent, FALSE);
    crew_start(&crew, 1, set_on_go, &race);
    for (int i = 0; i < ROUNDS / 4; i++) {
        LARGE_INTEGER soon = { .QuadPart = -(LONGLONG)(1 + i % 400) };

        KeSetEvent(&race.go, 0, FALSE);
        if (KeWaitForSingleObject(&race.event, Executive, KernelMode, FALSE, &soon) ==
            STATUS_SUCCESS) {
            taken++;
        } else {
            wait_for_object(&race.event);
            left++;
        }
    }
    race.stop = true;
    KeSetEvent(&race.go, 0, FALSE);
    crew_join(&crew);
    assert_int_equal(taken + left, ROUNDS / 4);
    assert_int_equal(KeReadStateEvent(&race.event), 0);
}

/* --- Mistakes ------------------------------------------------------------------------------ */

static void wait_at_dispatch(void)
{
    KEVENT event;

    KeInitializeEvent(&event, NotificationEvent, TRUE);
    KeRaiseIrqlToDpcLevel();
    wait_for_object(&event);
}

static void too_many_without_blocks(void)
{
    KEVENT events[4];
    PVOID objects[4];

    make_events(events, objects, 4, NotificationEvent);
    KeWaitForMultipleObjects(4, objects, WaitAny, Executive, KernelMode, FALSE, NULL, NULL);
}

static void delay_at_dispatch(void)
{
    LARGE_INTEGER interval = relative_ms(1);

    KeRaiseIrqlToDpcLevel();
    KeDelayExecutionThread(KernelMode, FALSE, &interval);
}

static void test_mistakes_stop(void **state)
{
    (void)state;
    assert_bug_check(IRQL_NOT_LESS_OR_EQUAL, wait_at_dispatch);
    assert_bug_text("WSK-V19: KeWaitForSingleObject was called at DISPATCH_LEVEL (2); its limit is "
                    "APC_LEVEL (1).");
    assert_bug_text("wait_at_dispatch");
    assert_bug_check(MAXIMUM_WAIT_OBJECTS_EXCEEDED, too_many_without_blocks);
    assert_bug_check(IRQL_NOT_LESS_OR_EQUAL, delay_at_dispatch);
}

static void test_poll_is_allowed_at_dispatch(void **state)
{
    KEVENT event;
    KIRQL before;

    (void)state;
    KeInitializeEvent(&event, SynchronizationEvent, TRUE);
    before = KeRaiseIrqlToDpcLevel();
    assert_int_equal(poll_object(&event), STATUS_SUCCESS);
    assert_int_equal(poll_object(&event), STATUS_TIMEOUT);
    KeLowerIrql(before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_relative_timeout_is_not_early),
        cmocka_unit_test(test_absolute_timeout),
        cmocka_unit_test(test_deadlines),
        cmocka_unit_test(test_delay),
        cmocka_unit_test(test_any_takes_the_lowest_index),
        cmocka_unit_test(test_all_takes_all_or_nothing),
        cmocka_unit_test(test_three_objects_need_no_blocks),
        cmocka_unit_test(test_mixed_objects),
        cmocka_unit_test(test_sleeping_all_wakes_with_the_last),
        cmocka_unit_test(test_sleeping_any_tells_which),
        cmocka_unit_test(test_pulse_completes_all),
        cmocka_unit_test(test_first_come_first_served),
        cmocka_unit_test(test_all_in_front_does_not_block),
        cmocka_unit_test(test_all_against_any),
        cmocka_unit_test(test_timeout_against_signal),
        cmocka_unit_test(test_mistakes_stop),
        cmocka_unit_test(test_poll_is_allowed_at_dispatch),
    };

    return cmocka_run_group_tests(tests, start_executive, stop_executive);
}
