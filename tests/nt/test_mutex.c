/* SPDX-License-Identifier: MIT */
#include "nt_test.h"

#define ROUNDS 20000

static void test_recursion(void **state)
{
    KMUTEX mutex;

    (void)state;
    KeInitializeMutex(&mutex, 0);
    assert_int_equal(KeReadStateMutex(&mutex), 1);
    for (int i = 0; i < 3; i++)
        assert_int_equal(wait_for_object(&mutex), STATUS_SUCCESS);
    assert_int_equal(KeReadStateMutex(&mutex), -2);
    assert_true(KeAreApcsDisabled());
    assert_int_equal(KeReleaseMutex(&mutex, FALSE), -2);
    assert_int_equal(KeReleaseMutex(&mutex, FALSE), -1);
    assert_true(KeAreApcsDisabled());
    assert_int_equal(KeReleaseMutex(&mutex, FALSE), 0);
    assert_int_equal(KeReadStateMutex(&mutex), 1);
    assert_false(KeAreApcsDisabled());
}

struct guarded {
    KMUTEX mutex;
    KMUTEX other;
    unsigned long value;
    NTSTATUS status;
};

static void try_mutex(void *context, unsigned index)
{
    struct guarded *guarded = context;

    (void)index;
    guarded->status = poll_object(&guarded->mutex);
}

static void test_owned_by_a_thread(void **state)
{
    struct guarded guarded = { 0 };

    (void)state;
    KeInitializeMutex(&guarded.mutex, 0);
    wait_for_object(&guarded.mutex);
    crew_run(1, try_mutex, &guarded);
    assert_int_equal(guarded.status, STATUS_TIMEOUT);
    KeReleaseMutex(&guarded.mutex, FALSE);
}

static void count_up(void *context, unsigned index)
{
    struct guarded *guarded = context;
    PVOID both[] = { &guarded->mutex, &guarded->other };

    for (int i = 0; i < ROUNDS / 2; i++) {
        if (index % 2)
            KeWaitForMultipleObjects(2, both, WaitAll, Executive, KernelMode, FALSE, NULL, NULL);
        else
            wait_for_object(&guarded->mutex);
        guarded->value++;
        if (index % 2)
            KeReleaseMutex(&guarded->other, FALSE);
        KeReleaseMutex(&guarded->mutex, FALSE);
    }
}

static void test_excludes(void **state)
{
    struct guarded guarded = { 0 };

    (void)state;
    KeInitializeMutex(&guarded.mutex, 0);
    KeInitializeMutex(&guarded.other, 0);
    crew_run(4, count_up, &guarded);
    assert_int_equal(guarded.value, 2 * ROUNDS);
    assert_int_equal(KeReadStateMutex(&guarded.mutex), 1);
    assert_int_equal(KeReadStateMutex(&guarded.other), 1);
}

static void take_and_end(void *context, unsigned index)
{
    struct guarded *guarded = context;

    (void)index;
    wait_for_object(&guarded->mutex);
}

/* What NtCreateMutant makes, and Windows abandons when its owner ends. */
static void test_abandoned(void **state)
{
    struct guarded guarded = { 0 };

    (void)state;
    KeInitializeMutex(&guarded.mutex, 0);
    guarded.mutex.ApcDisable = 0;
    crew_run(1, take_and_end, &guarded);
    assert_int_equal(poll_object(&guarded.mutex), STATUS_ABANDONED_WAIT_0);
    assert_int_equal(poll_object(&guarded.mutex), STATUS_SUCCESS);
    KeReleaseMutex(&guarded.mutex, FALSE);
    KeReleaseMutex(&guarded.mutex, FALSE);
    assert_int_equal(poll_object(&guarded.mutex), STATUS_SUCCESS);
    KeReleaseMutex(&guarded.mutex, FALSE);
}

static void release_unowned(void)
{
    KMUTEX mutex;

    start_alone();
    KeInitializeMutex(&mutex, 0);
    KeReleaseMutex(&mutex, FALSE);
}

static void end_with_mutex(void)
{
    struct guarded guarded = { 0 };

    start_alone();
    KeInitializeMutex(&guarded.mutex, 0);
    crew_run(1, take_and_end, &guarded);
}

static void test_mistakes_stop(void **state)
{
    (void)state;
    nt_stop();
    assert_bug_check(KMODE_EXCEPTION_NOT_HANDLED, release_unowned);
    assert_bug_check(THREAD_TERMINATE_HELD_MUTEX, end_with_mutex);
    assert_int_equal(nt_start(), STATUS_SUCCESS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recursion),
        cmocka_unit_test(test_owned_by_a_thread),
        cmocka_unit_test(test_excludes),
        cmocka_unit_test(test_abandoned),
        cmocka_unit_test(test_mistakes_stop),
    };

    return cmocka_run_group_tests(tests, start_executive, stop_executive);
}
