/* SPDX-License-Identifier: MIT */
#include "nt_test.h"

#define ROUNDS 20000

struct guarded {
    FAST_MUTEX mutex;
    unsigned long value;
    BOOLEAN got;
};

static void test_raises_to_apc_level(void **state)
{
    FAST_MUTEX mutex;

    (void)state;
    ExInitializeFastMutex(&mutex);
    ExAcquireFastMutex(&mutex);
    assert_int_equal(KeGetCurrentIrql(), APC_LEVEL);
    ExReleaseFastMutex(&mutex);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    assert_true(ExTryToAcquireFastMutex(&mutex));
    assert_int_equal(KeGetCurrentIrql(), APC_LEVEL);
    ExReleaseFastMutex(&mutex);
    KeEnterCriticalRegion();
    ExAcquireFastMutexUnsafe(&mutex);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    ExReleaseFastMutexUnsafe(&mutex);
    KeLeaveCriticalRegion();
}

static void try_mutex(void *context, unsigned index)
{
    struct guarded *guarded = context;

    (void)index;
    guarded->got = ExTryToAcquireFastMutex(&guarded->mutex);
}

static void test_try_fails_when_held(void **state)
{
    struct guarded guarded;

    (void)state;
    ExInitializeFastMutex(&guarded.mutex);
    ExAcquireFastMutex(&guarded.mutex);
    crew_run(1, try_mutex, &guarded);
    ExReleaseFastMutex(&guarded.mutex);
    assert_false(guarded.got);
}

static void count_up(void *context, unsigned index)
{
    struct guarded *guarded = context;

    for (int i = 0; i < ROUNDS; i++) {
        if (index % 2)
            KeAcquireGuardedMutex((PKGUARDED_MUTEX)&guarded->mutex);
        else
            ExAcquireFastMutex(&guarded->mutex);
        guarded->value++;
        if (index % 2)
            KeReleaseGuardedMutex((PKGUARDED_MUTEX)&guarded->mutex);
        else
            ExReleaseFastMutex(&guarded->mutex);
    }
}

static void test_excludes(void **state)
{
    struct guarded guarded = { 0 };

    (void)state;
    ExInitializeFastMutex(&guarded.mutex);
    crew_run(4, count_up, &guarded);
    assert_int_equal(guarded.value, 4 * ROUNDS);
}

static void test_guarded_mutex_enters_region(void **state)
{
    KGUARDED_MUTEX mutex;

    (void)state;
    KeInitializeGuardedMutex(&mutex);
    KeAcquireGuardedMutex(&mutex);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    assert_true(KeAreAllApcsDisabled());
    KeReleaseGuardedMutex(&mutex);
    assert_false(KeAreAllApcsDisabled());
    assert_true(KeTryToAcquireGuardedMutex(&mutex));
    assert_true(KeAreAllApcsDisabled());
    KeReleaseGuardedMutex(&mutex);
}

static void acquire_twice(void)
{
    FAST_MUTEX mutex;

    ExInitializeFastMutex(&mutex);
    ExAcquireFastMutex(&mutex);
    ExAcquireFastMutex(&mutex);
}

static void release_unowned(void)
{
    FAST_MUTEX mutex;

    ExInitializeFastMutex(&mutex);
    ExReleaseFastMutex(&mutex);
}

static void acquire_at_dispatch(void)
{
    FAST_MUTEX mutex;

    ExInitializeFastMutex(&mutex);
    KeRaiseIrqlToDpcLevel();
    ExAcquireFastMutex(&mutex);
}

static void test_mistakes_stop(void **state)
{
    (void)state;
    assert_bug_check(DRIVER_VERIFIER_DETECTED_VIOLATION, acquire_twice);
    assert_bug_check(DRIVER_VERIFIER_DETECTED_VIOLATION, release_unowned);
    assert_bug_check(IRQL_NOT_LESS_OR_EQUAL, acquire_at_dispatch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_raises_to_apc_level),
        cmocka_unit_test(test_try_fails_when_held),
        cmocka_unit_test(test_excludes),
        cmocka_unit_test(test_guarded_mutex_enters_region),
        cmocka_unit_test(test_mistakes_stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
