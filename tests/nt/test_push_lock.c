/* SPDX-License-Identifier: MIT */
#include "nt_test.h"

#define ROUNDS 10000

struct guarded {
    EX_PUSH_LOCK lock;
    unsigned long first, second;
    _Atomic unsigned inside, torn;
};

static void read_or_write(void *context, unsigned index)
{
    struct guarded *guarded = context;

    for (int i = 0; i < ROUNDS; i++) {
        KeEnterCriticalRegion();
        if (index < 2) {
            ExAcquirePushLockExclusive(&guarded->lock);
            guarded->first++;
            guarded->second++;
            ExReleasePushLockExclusive(&guarded->lock);
        } else {
            ExAcquirePushLockShared(&guarded->lock);
            if (guarded->first != guarded->second)
                guarded->torn++;
            ExReleasePushLockShared(&guarded->lock);
        }
        KeLeaveCriticalRegion();
    }
}

static void test_writers_exclude(void **state)
{
    /* Zeroed storage is a lock that was initialised. */
    static struct guarded guarded;

    (void)state;
    crew_run(4, read_or_write, &guarded);
    assert_int_equal(guarded.torn, 0);
    assert_int_equal(guarded.first, 2 * ROUNDS);
    assert_true(guarded.lock == 0);
}

static void meet_inside(void *context, unsigned index)
{
    struct guarded *guarded = context;

    (void)index;
    ExAcquirePushLockShared(&guarded->lock);
    guarded->inside++;
    while (guarded->inside != 3)
        os_yield();
    ExReleasePushLockShared(&guarded->lock);
}

static void test_readers_share(void **state)
{
    struct guarded guarded = { 0 };

    (void)state;
    ExInitializePushLock(&guarded.lock);
    crew_run(3, meet_inside, &guarded);
    assert_true(guarded.lock == 0);
}

static void release_other_thread(void *context, unsigned index)
{
    (void)index;
    ExReleasePushLockExclusive((PEX_PUSH_LOCK)context);
}

static void test_any_thread_may_release(void **state)
{
    EX_PUSH_LOCK lock = 0;

    (void)state;
    ExAcquirePushLockExclusive(&lock);
    crew_run(1, release_other_thread, &lock);
    ExAcquirePushLockExclusive(&lock);
    ExReleasePushLockExclusive(&lock);
}

static void release_free(void)
{
    EX_PUSH_LOCK lock = 0;

    ExReleasePushLockExclusive(&lock);
}

static void release_exclusive_as_shared(void)
{
    EX_PUSH_LOCK lock = 0;

    ExAcquirePushLockExclusive(&lock);
    ExReleasePushLockShared(&lock);
}

static void acquire_at_dispatch(void)
{
    EX_PUSH_LOCK lock = 0;

    KeRaiseIrqlToDpcLevel();
    ExAcquirePushLockShared(&lock);
}

static void test_mistakes_stop(void **state)
{
    (void)state;
    assert_bug_check(RESOURCE_NOT_OWNED, release_free);
    assert_bug_check(RESOURCE_NOT_OWNED, release_exclusive_as_shared);
    assert_bug_check(IRQL_NOT_LESS_OR_EQUAL, acquire_at_dispatch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_writers_exclude),
        cmocka_unit_test(test_readers_share),
        cmocka_unit_test(test_any_thread_may_release),
        cmocka_unit_test(test_mistakes_stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
