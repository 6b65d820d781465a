/* SPDX-License-Identifier: MIT */
#include "nt_test.h"

#define ROUNDS 500

static __attribute__((noinline)) PETHREAD start(PKSTART_ROUTINE routine, void *context)
{
    PETHREAD thread;
    HANDLE handle;

    assert_int_equal(PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, routine,
                                          context),
                     STATUS_SUCCESS);
    assert_int_equal(ObReferenceObjectByHandle(handle, THREAD_ALL_ACCESS, *PsThreadType, KernelMode,
                                               &thread, NULL),
                     STATUS_SUCCESS);
    assert_int_equal(ZwClose(handle), STATUS_SUCCESS);
    return thread;
}

static void finish(PETHREAD thread)
{
    assert_int_equal(wait_for_object(thread), STATUS_SUCCESS);
    ObDereferenceObject(thread);
}

struct seen {
    KIRQL irql;
    PETHREAD self;
    HANDLE id;
    KEVENT go;
    _Atomic bool ran;
    NTSTATUS status;
};

static void look_around(PVOID context)
{
    struct seen *seen = context;

    seen->irql = KeGetCurrentIrql();
    seen->self = PsGetCurrentThread();
    seen->id = PsGetCurrentThreadId();
    seen->ran = true;
}

static void test_thread_is_a_waitable_object(void **state)
{
    struct seen seen = { .irql = HIGH_LEVEL };
    PETHREAD thread = start(look_around, &seen);

    (void)state;
    assert_int_equal(wait_for_object(thread), STATUS_SUCCESS);
    assert_true(seen.ran);
    assert_int_equal(seen.irql, PASSIVE_LEVEL);
    assert_ptr_equal(seen.self, thread);
    assert_ptr_equal(seen.id, PsGetThreadId(thread));
    assert_int_equal((ULONG_PTR)seen.id % 4, 0);
    /* It stays signalled. */
    assert_int_equal(poll_object(thread), STATUS_SUCCESS);
    assert_true(PsIsThreadTerminating(thread));
    assert_int_equal(PsGetThreadExitStatus(thread), STATUS_SUCCESS);
    ObDereferenceObject(thread);
}

static void terminate_deep(int depth, NTSTATUS status)
{
    if (depth > 0)
        terminate_deep(depth - 1, status);
    else
        PsTerminateSystemThread(status);
}

static void terminate(PVOID context)
{
    struct seen *seen = context;

    terminate_deep(5, seen->status);
    seen->ran = true;
}

static void test_terminate_does_not_return(void **state)
{
    struct seen seen = { .status = STATUS_CANCELLED };
    PETHREAD thread = start(terminate, &seen);

    (void)state;
    assert_int_equal(wait_for_object(thread), STATUS_SUCCESS);
    assert_false(seen.ran);
    assert_int_equal(PsGetThreadExitStatus(thread), STATUS_CANCELLED);
    ObDereferenceObject(thread);
}

static void test_terminate_is_for_system_threads(void **state)
{
    (void)state;
    assert_int_equal(PsTerminateSystemThread(STATUS_SUCCESS), STATUS_INVALID_PARAMETER);
}

static void wait_for_go(PVOID context)
{
    struct seen *seen = context;

    wait_for_object(&seen->go);
}

static void visit_place(const struct ledger_entry *entry, void *context)
{
    char text[SYMBOL_TEXT_MAX];
    bool *found = context;

    symbol_describe(entry->place, text, sizeof(text));
    if (strstr(text, "start"))
        *found = true;
}

static void test_ledger_knows_live_threads(void **state)
{
    struct seen seen = { 0 };
    bool found = false;
    PETHREAD thread;

    (void)state;
    KeInitializeEvent(&seen.go, NotificationEvent, FALSE);
    thread = start(wait_for_go, &seen);
    assert_int_equal(ledger_count(LEDGER_THREAD), 1);
    assert_int_equal(ledger_count(LEDGER_HANDLE), 0);
    ledger_visit(LEDGER_THREAD, visit_place, &found);
    assert_true(found);
    assert_int_equal(PsGetThreadExitStatus(thread), STATUS_PENDING);
    assert_int_equal(poll_object(thread), STATUS_TIMEOUT);
    KeSetEvent(&seen.go, 0, FALSE);
    finish(thread);
    assert_int_equal(ledger_count(LEDGER_THREAD), 0);
}

static void test_handle_outlives_nothing(void **state)
{
    struct seen seen = { 0 };
    CLIENT_ID id = { 0 };
    HANDLE handle;

    (void)state;
    assert_int_equal(PsCreateSystemThread(&handle, 0, NULL, NULL, &id, look_around, &seen),
                     STATUS_SUCCESS);
    assert_non_null(id.UniqueThread);
    assert_int_equal(ledger_count(LEDGER_HANDLE), 1);
    assert_int_equal(ZwWaitForSingleObject(handle, FALSE, NULL), STATUS_SUCCESS);
    assert_true(seen.ran);
    assert_ptr_equal(seen.id, id.UniqueThread);
    assert_int_equal(ZwClose(handle), STATUS_SUCCESS);
    assert_int_equal(ZwClose(handle), STATUS_INVALID_HANDLE);
}

static void count_up(PVOID context)
{
    (*(_Atomic unsigned *)context)++;
}

static void test_many_come_and_go(void **state)
{
    _Atomic unsigned count = 0;

    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        PETHREAD first = start(count_up, (void *)&count);
        PETHREAD second = start(count_up, (void *)&count);
        PVOID both[] = { first, second };

        assert_int_equal(KeWaitForMultipleObjects(2, both, WaitAll, Executive, KernelMode, FALSE,
                                                  NULL, NULL),
                         STATUS_SUCCESS);
        ObDereferenceObject(first);
        ObDereferenceObject(second);
    }
    assert_int_equal(count, 2 * ROUNDS);
}

/* --- Threads that the executive did not start ---------------------------------------------- */

static void look_foreign(void *context, unsigned index)
{
    PETHREAD *threads = context;

    threads[index] = PsGetCurrentThread();
    ObReferenceObject(threads[index]);
}

static void test_foreign_threads_get_an_object(void **state)
{
    PETHREAD threads[2];

    (void)state;
    crew_run(2, look_foreign, threads);
    assert_ptr_not_equal(threads[0], threads[1]);
    assert_ptr_not_equal(PsGetThreadId(threads[0]), PsGetThreadId(threads[1]));
    for (int i = 0; i < 2; i++) {
        /* Signalled by the thread's end, before or after it was joined. */
        assert_int_equal(wait_for_object(threads[i]), STATUS_SUCCESS);
        ObDereferenceObject(threads[i]);
    }
}

static void test_priorities_are_kept(void **state)
{
    PKTHREAD thread = KeGetCurrentThread();
    KPRIORITY before = KeSetPriorityThread(thread, HIGH_PRIORITY);

    (void)state;
    assert_int_equal(KeQueryPriorityThread(thread), HIGH_PRIORITY);
    assert_int_equal(KeSetPriorityThread(thread, before), HIGH_PRIORITY);
    assert_int_equal(KeSetBasePriorityThread(thread, 2), 0);
    assert_int_equal(KeSetBasePriorityThread(thread, 0), 2);
    assert_int_equal(ZwSetInformationThread(ZwCurrentThread(), ThreadNameInformation, NULL, 0),
                     STATUS_SUCCESS);
    assert_int_equal(ZwSetInformationThread(ZwCurrentThread(), ThreadTimes, NULL, 0),
                     STATUS_INVALID_INFO_CLASS);
    assert_int_equal(ZwSetInformationThread(NULL, ThreadNameInformation, NULL, 0),
                     STATUS_INVALID_HANDLE);
}

static void test_one_process(void **state)
{
    (void)state;
    assert_ptr_equal(PsGetCurrentProcess(), PsInitialSystemProcess);
    assert_int_equal((ULONG_PTR)PsGetProcessId(PsInitialSystemProcess), 4);
    ObReferenceObject(PsInitialSystemProcess);
    ObDereferenceObject(PsInitialSystemProcess);
    assert_int_equal(poll_object(PsInitialSystemProcess), STATUS_TIMEOUT);
}

/* --- Mistakes ------------------------------------------------------------------------------ */

static void return_raised(PVOID context)
{
    (void)context;
    KeRaiseIrqlToDpcLevel();
}

static void return_in_region(PVOID context)
{
    (void)context;
    KeEnterCriticalRegion();
}

static void run_and_wait(PKSTART_ROUTINE routine)
{
    HANDLE handle;

    start_alone();
    PsCreateSystemThread(&handle, 0, NULL, NULL, NULL, routine, NULL);
    ZwWaitForSingleObject(handle, FALSE, NULL);
}

static void end_raised(void)
{
    run_and_wait(return_raised);
}

static void end_in_region(void)
{
    run_and_wait(return_in_region);
}

static void create_at_dispatch(void)
{
    HANDLE handle;

    KeRaiseIrqlToDpcLevel();
    PsCreateSystemThread(&handle, 0, NULL, NULL, NULL, return_raised, NULL);
}

static void test_mistakes_stop(void **state)
{
    (void)state;
    nt_stop();
    assert_bug_check(KERNEL_APC_PENDING_DURING_EXIT, end_raised);
    assert_bug_text("ended at DISPATCH_LEVEL (2)");
    assert_bug_check(KERNEL_APC_PENDING_DURING_EXIT, end_in_region);
    assert_bug_text("critical region");
    assert_bug_check(IRQL_NOT_LESS_OR_EQUAL, create_at_dispatch);
    assert_int_equal(nt_start(), STATUS_SUCCESS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mistakes_stop),
        cmocka_unit_test(test_thread_is_a_waitable_object),
        cmocka_unit_test(test_terminate_does_not_return),
        cmocka_unit_test(test_terminate_is_for_system_threads),
        cmocka_unit_test(test_ledger_knows_live_threads),
        cmocka_unit_test(test_handle_outlives_nothing),
        cmocka_unit_test(test_many_come_and_go),
        cmocka_unit_test(test_foreign_threads_get_an_object),
        cmocka_unit_test(test_priorities_are_kept),
        cmocka_unit_test(test_one_process),
    };

    return cmocka_run_group_tests(tests, start_executive, stop_executive);
}
