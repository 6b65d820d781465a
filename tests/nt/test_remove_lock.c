/* SPDX-License-Identifier: MIT */
/* test_remove_lock.c - removal waits for what is under way and refuses what comes later. */
#include "nt_test.h"

static IO_REMOVE_LOCK lock;
static _Atomic uint32_t removed;

static void remover(void *context, unsigned index)
{
    (void)context;
    (void)index;
    BASE_REQUIRE(NT_SUCCESS(IoAcquireRemoveLock(&lock, NULL)));
    IoReleaseRemoveLockAndWait(&lock, NULL);
    atomic_store(&removed, 1);
}

static void removal_waits(void **state)
{
    struct crew crew;

    (void)state;
    atomic_store(&removed, 0);
    IoInitializeRemoveLock(&lock, 'kcoL', 0, 0);
    assert_int_equal(IoAcquireRemoveLock(&lock, &crew), STATUS_SUCCESS);
    crew_start(&crew, 1, remover, NULL);
    await_waiters(&lock.Common.RemoveEvent, 1);
    assert_int_equal(IoAcquireRemoveLock(&lock, NULL), STATUS_DELETE_PENDING);
    assert_int_equal(atomic_load(&removed), 0);
    IoReleaseRemoveLock(&lock, &crew);
    crew_join(&crew);
    assert_int_equal(atomic_load(&removed), 1);
    assert_int_equal(IoAcquireRemoveLock(&lock, NULL), STATUS_DELETE_PENDING);
}

static void removal_of_what_is_idle(void **state)
{
    (void)state;
    IoInitializeRemoveLock(&lock, 'kcoL', 0, 0);
    assert_int_equal(IoAcquireRemoveLock(&lock, NULL), STATUS_SUCCESS);
    IoReleaseRemoveLockAndWait(&lock, NULL);
}

static void release_too_often(void)
{
    IoInitializeRemoveLock(&lock, 'kcoL', 0, 0);
    IoReleaseRemoveLock(&lock, NULL);
    IoReleaseRemoveLock(&lock, NULL);
}

static void stops_on_wrong_calls(void **state)
{
    (void)state;
    assert_bug_check(DRIVER_VERIFIER_DETECTED_VIOLATION, release_too_often);
    assert_bug_text("more often");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(removal_waits),
        cmocka_unit_test(removal_of_what_is_idle),
        cmocka_unit_test(stops_on_wrong_calls),
    };

    return cmocka_run_group_tests(tests, start_executive, stop_executive);
}
