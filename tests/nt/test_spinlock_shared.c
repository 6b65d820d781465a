/* SPDX-License-Identifier: MIT */
#include "nt_test.h"

#define ROUNDS 10000

struct guarded {
    EX_SPIN_LOCK lock;
    unsigned long first, second; /* always equal outside the writer */
    _Atomic unsigned readers, most_readers, torn;
    _Atomic bool go;
};

static void test_levels(void **state)
{
    EX_SPIN_LOCK lock = 0;
    KIRQL before, inner;

    (void)state;
    before = ExAcquireSpinLockExclusive(&lock);
    assert_int_equal(before, PASSIVE_LEVEL);
    assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
    ExReleaseSpinLockExclusive(&lock, before);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    before = ExAcquireSpinLockShared(&lock);
    inner = ExAcquireSpinLockShared(&lock);
    assert_int_equal(inner, DISPATCH_LEVEL);
    ExAcquireSpinLockSharedAtDpcLevel(&lock);
    ExReleaseSpinLockSharedFromDpcLevel(&lock);
    ExReleaseSpinLockShared(&lock, inner);
    assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
    ExReleaseSpinLockShared(&lock, before);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    assert_int_equal(lock, 0);
}

static void read_or_write(void *context, unsigned index)
{
    struct guarded *guarded = context;
    KIRQL before;

    for (int i = 0; i < ROUNDS; i++) {
        if (index == 0) {
            before = ExAcquireSpinLockExclusive(&guarded->lock);
            guarded->first++;
            guarded->second++;
            ExReleaseSpinLockExclusive(&guarded->lock, before);
        } else {
            before = ExAcquireSpinLockShared(&guarded->lock);
            if (guarded->first != guarded->second)
                guarded->torn++;
            ExReleaseSpinLockShared(&guarded->lock, before);
        }
    }
}

static void test_writer_excludes_readers(void **state)
{
    struct guarded guarded = { 0 };

    (void)state;
    crew_run(4, read_or_write, &guarded);
    assert_int_equal(guarded.torn, 0);
    assert_int_equal(guarded.first, ROUNDS);
    assert_int_equal(guarded.lock, 0);
}

static void meet_inside(void *context, unsigned index)
{
    struct guarded *guarded = context;
    KIRQL before = ExAcquireSpinLockShared(&guarded->lock);

    (void)index;
    guarded->readers++;
    /* Nobody leaves before all are inside: it ends only if readers share. */
    while (guarded->readers != 3)
        os_yield();
    ExReleaseSpinLockShared(&guarded->lock, before);
}

static void test_readers_share(void **state)
{
    struct guarded guarded = { 0 };

    (void)state;
    crew_run(3, meet_inside, &guarded);
    assert_int_equal(guarded.lock, 0);
}

static void hold_shared(void *context, unsigned index)
{
    struct guarded *guarded = context;
    KIRQL before = ExAcquireSpinLockShared(&guarded->lock);

    (void)index;
    guarded->readers++;
    while (!guarded->go)
        os_yield();
    ExReleaseSpinLockShared(&guarded->lock, before);
}

static void test_convert_needs_to_be_alone(void **state)
{
    struct guarded guarded = { 0 };
    struct crew crew;
    KIRQL before;

    (void)state;
    crew_start(&crew, 1, hold_shared, &guarded);
    while (guarded.readers != 1)
        os_yield();
    before = ExAcquireSpinLockShared(&guarded.lock);
    assert_false(ExTryConvertSharedSpinLockExclusive(&guarded.lock));
    guarded.go = true;
    crew_join(&crew);
    assert_true(ExTryConvertSharedSpinLockExclusive(&guarded.lock));
    ExReleaseSpinLockExclusive(&guarded.lock, before);
    assert_int_equal(guarded.lock, 0);
}

static void acquire_exclusive_twice(void)
{
    EX_SPIN_LOCK lock = 0;

    ExAcquireSpinLockExclusive(&lock);
    ExAcquireSpinLockExclusive(&lock);
}

static void shared_inside_exclusive(void)
{
    EX_SPIN_LOCK lock = 0;

    ExAcquireSpinLockExclusive(&lock);
    ExAcquireSpinLockShared(&lock);
}

static void release_free_shared(void)
{
    EX_SPIN_LOCK lock = 0;

    KeRaiseIrqlToDpcLevel();
    ExReleaseSpinLockSharedFromDpcLevel(&lock);
}

static void release_shared_as_exclusive(void)
{
    EX_SPIN_LOCK lock = 0;
    KIRQL before = ExAcquireSpinLockShared(&lock);

    ExReleaseSpinLockExclusive(&lock, before);
}

static void test_mistakes_stop(void **state)
{
    (void)state;
    assert_bug_check(SPIN_LOCK_ALREADY_OWNED, acquire_exclusive_twice);
    assert_bug_check(SPIN_LOCK_ALREADY_OWNED, shared_inside_exclusive);
    assert_bug_check(SPIN_LOCK_NOT_OWNED, release_free_shared);
    assert_bug_check(SPIN_LOCK_NOT_OWNED, release_shared_as_exclusive);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_levels),
        cmocka_unit_test(test_writer_excludes_readers),
        cmocka_unit_test(test_readers_share),
        cmocka_unit_test(test_convert_needs_to_be_alone),
        cmocka_unit_test(test_mistakes_stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
