/* SPDX-License-Identifier: MIT */
#include "nt_test.h"

#include <dirent.h>

/* ThreadSanitizer has one of its own. */
#if defined(__SANITIZE_THREAD__)
#define THREADS_AT_REST 2
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define THREADS_AT_REST 2
#endif
#endif
#ifndef THREADS_AT_REST
#define THREADS_AT_REST 1
#endif

static unsigned live_threads(void)
{
    DIR *tasks = opendir("/proc/self/task");
    struct dirent *entry;
    unsigned count = 0;

    while ((entry = readdir(tasks)))
        count += entry->d_name[0] != '.';
    closedir(tasks);
    return count;
}

static void count_run(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    (void)dpc, (void)argument1, (void)argument2;
    (*(_Atomic unsigned *)context)++;
}

static void count_work(PVOID context)
{
    (*(_Atomic unsigned *)context)++;
}

static void count_thread(PVOID context)
{
    (*(_Atomic unsigned *)context)++;
}

/* A life with everything in it. */
static void live(void)
{
    _Atomic unsigned count = 0;
    WORK_QUEUE_ITEM item;
    HANDLE handle;
    KTIMER leaked;
    KDPC dpc;

    assert_int_equal(nt_start(), STATUS_SUCCESS);
    KeInitializeTimer(&leaked);
    KeSetTimerEx(&leaked, relative_ms(1000000), 1000, NULL);
    KeInitializeDpc(&dpc, count_run, (void *)&count);
    KeInsertQueueDpc(&dpc, NULL, NULL);
    ExInitializeWorkItem(&item, count_work, (void *)&count);
    ExQueueWorkItem(&item, DelayedWorkQueue);
    PsCreateSystemThread(&handle, 0, NULL, NULL, NULL, count_thread, (void *)&count);
    ZwWaitForSingleObject(handle, FALSE, NULL);
    ZwClose(handle);
    nt_stop();
    assert_int_equal(count, 3);
}

static void test_nothing_runs_after_stop(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        live();
        /*
         * The kernel forgets a thread a moment after it was joined; one that runs on would hang the
         * test.
         */
        while (live_threads() > THREADS_AT_REST)
            os_yield();
    }
}

static void test_starts_are_counted(void **state)
{
    _Atomic unsigned count = 0;
    KDPC dpc;

    (void)state;
    nt_start();
    nt_start();
    nt_stop();
    KeInitializeDpc(&dpc, count_run, (void *)&count);
    KeInsertQueueDpc(&dpc, NULL, NULL);
    nt_drain();
    assert_int_equal(count, 1);
    nt_stop();
}

/* Work that makes more work is drained to the end. */
struct chain {
    KDPC dpc;
    WORK_QUEUE_ITEM item;
    unsigned left;
};

static void to_work(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    struct chain *chain = context;

    (void)dpc, (void)argument1, (void)argument2;
    ExQueueWorkItem(&chain->item, DelayedWorkQueue);
}

static void to_dpc(PVOID context)
{
    struct chain *chain = context;

    if (--chain->left)
        KeInsertQueueDpc(&chain->dpc, NULL, NULL);
}

static void test_drain_follows_chains(void **state)
{
    struct chain chain = { .left = 1000 };

    (void)state;
    nt_start();
    KeInitializeDpc(&chain.dpc, to_work, &chain);
    ExInitializeWorkItem(&chain.item, to_dpc, &chain);
    KeInsertQueueDpc(&chain.dpc, NULL, NULL);
    nt_drain();
    assert_int_equal(chain.left, 0);
    nt_stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_runs_after_stop),
        cmocka_unit_test(test_starts_are_counted),
        cmocka_unit_test(test_drain_follows_chains),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
