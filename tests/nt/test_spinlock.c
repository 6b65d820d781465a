/* SPDX-License-Identifier: MIT */
#include "nt_test.h"

#define ROUNDS 20000

struct counted {
    KSPIN_LOCK lock;
    unsigned long value; /* plain: the lock alone keeps it right */
};

static void test_raises_and_restores(void **state)
{
    KSPIN_LOCK lock;
    KIRQL before, outer;

    (void)state;
    KeInitializeSpinLock(&lock);
    assert_true(KeTestSpinLock(&lock));
    KeRaiseIrql(APC_LEVEL, &outer);
    KeAcquireSpinLock(&lock, &before);
    assert_int_equal(before, APC_LEVEL);
    assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
    assert_false(KeTestSpinLock(&lock));
    KeReleaseSpinLock(&lock, before);
    assert_int_equal(KeGetCurrentIrql(), APC_LEVEL);
    KeLowerIrql(outer);
    before = KeAcquireSpinLockRaiseToDpc(&lock);
    assert_int_equal(before, PASSIVE_LEVEL);
    KeReleaseSpinLock(&lock, before);
    assert_int_equal(lock, 0);
}

static void test_zero_is_a_free_lock(void **state)
{
    static KSPIN_LOCK lock;
    KIRQL before;

    (void)state;
    KeAcquireSpinLock(&lock, &before);
    KeReleaseSpinLock(&lock, before);
}

static void test_at_dpc_level_leaves_irql(void **state)
{
    KSPIN_LOCK lock = 0, other = 0;
    KIRQL before = KeRaiseIrqlToDpcLevel();

    (void)state;
    KeAcquireSpinLockAtDpcLevel(&lock);
    assert_true(KeTryToAcquireSpinLockAtDpcLevel(&other));
    assert_false(KeTryToAcquireSpinLockAtDpcLevel(&lock));
    KeReleaseSpinLockFromDpcLevel(&other);
    KeReleaseSpinLockFromDpcLevel(&lock);
    assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
    KeLowerIrql(before);
}

static void count_up(void *context, unsigned index)
{
    struct counted *counted = context;
    KLOCK_QUEUE_HANDLE handle;
    KIRQL before;

    for (int i = 0; i < ROUNDS; i++) {
        if (index % 2) {
            KeAcquireInStackQueuedSpinLock(&counted->lock, &handle);
            counted->value++;
            KeReleaseInStackQueuedSpinLock(&handle);
        } else {
            KeAcquireSpinLock(&counted->lock, &before);
            counted->value++;
            KeReleaseSpinLock(&counted->lock, before);
        }
    }
}

static void test_excludes(void **state)
{
    struct counted counted = { 0 };

    (void)state;
    crew_run(4, count_up, &counted);
    assert_int_equal(counted.value, 4 * ROUNDS);
    assert_int_equal(counted.lock, 0);
}

static void try_up(void *context, unsigned index)
{
    struct counted *counted = context;
    KIRQL before = KeRaiseIrqlToDpcLevel();

    (void)index;
    for (int i = 0; i < ROUNDS;) {
        if (!KeTryToAcquireSpinLockAtDpcLevel(&counted->lock))
            continue;
        counted->value++;
        KeReleaseSpinLockFromDpcLevel(&counted->lock);
        i++;
    }
    KeLowerIrql(before);
}

static void test_try_excludes(void **state)
{
    struct counted counted = { 0 };

    (void)state;
    crew_run(2, try_up, &counted);
    assert_int_equal(counted.value, 2 * ROUNDS);
}

static void test_in_stack_keeps_the_level(void **state)
{
    KSPIN_LOCK lock = 0;
    KLOCK_QUEUE_HANDLE outer, inner;
    KSPIN_LOCK other = 0;

    (void)state;
    KeAcquireInStackQueuedSpinLock(&lock, &outer);
    KeAcquireInStackQueuedSpinLockAtDpcLevel(&other, &inner);
    KeReleaseInStackQueuedSpinLockFromDpcLevel(&inner);
    assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
    KeReleaseInStackQueuedSpinLock(&outer);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

static void acquire_twice(void)
{
    KSPIN_LOCK lock = 0;
    KIRQL before;

    KeAcquireSpinLock(&lock, &before);
    KeAcquireSpinLock(&lock, &before);
}

static void release_free(void)
{
    KSPIN_LOCK lock = 0;

    KeRaiseIrqlToDpcLevel();
    KeReleaseSpinLockFromDpcLevel(&lock);
}

static void take_and_leave(void *context, unsigned index)
{
    KIRQL before;

    (void)index;
    KeAcquireSpinLock(context, &before);
}

static void release_foreign(void)
{
    KSPIN_LOCK lock = 0;

    crew_run(1, take_and_leave, &lock);
    KeRaiseIrqlToDpcLevel();
    KeReleaseSpinLock(&lock, PASSIVE_LEVEL);
}

static void release_to_higher(void)
{
    KSPIN_LOCK lock = 0;
    KIRQL before;

    KeAcquireSpinLock(&lock, &before);
    KeReleaseSpinLock(&lock, HIGH_LEVEL);
}

static void acquire_above_dispatch(void)
{
    KSPIN_LOCK lock = 0;
    KIRQL before;

    KeRaiseIrql(HIGH_LEVEL, &before);
    KeAcquireSpinLock(&lock, &before);
}

static void at_dpc_level_when_passive(void)
{
    KSPIN_LOCK lock = 0;

    KeAcquireSpinLockAtDpcLevel(&lock);
}

static void release_after_lowering(void)
{
    KSPIN_LOCK lock = 0;
    KIRQL before;

    KeAcquireSpinLock(&lock, &before);
    KeLowerIrql(before);
    KeReleaseSpinLock(&lock, before);
}

static void test_mistakes_stop(void **state)
{
    (void)state;
    assert_bug_check(SPIN_LOCK_ALREADY_OWNED, acquire_twice);
    assert_bug_text("acquire_twice");
    assert_bug_check(SPIN_LOCK_NOT_OWNED, release_free);
    assert_bug_text("nobody holds");
    assert_bug_check(SPIN_LOCK_NOT_OWNED, release_foreign);
    assert_bug_text("another thread holds");
    assert_bug_check(IRQL_NOT_GREATER_OR_EQUAL, release_to_higher);
    assert_bug_check(IRQL_NOT_LESS_OR_EQUAL, acquire_above_dispatch);
    assert_bug_check(IRQL_NOT_LESS_OR_EQUAL, at_dpc_level_when_passive);
    assert_bug_text("its minimum is DISPATCH_LEVEL (2)");
    assert_bug_check(IRQL_NOT_LESS_OR_EQUAL, release_after_lowering);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_raises_and_restores),
        cmocka_unit_test(test_zero_is_a_free_lock),
        cmocka_unit_test(test_at_dpc_level_leaves_irql),
        cmocka_unit_test(test_excludes),
        cmocka_unit_test(test_try_excludes),
        cmocka_unit_test(test_in_stack_keeps_the_level),
        cmocka_unit_test(test_mistakes_stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
