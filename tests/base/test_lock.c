/* SPDX-License-Identifier: MIT */
#include "base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { THREADS = 4, ROUNDS = 20000 };

struct shared {
    struct base_lock lock;
    unsigned long counter; /* no atomic: the lock is what is tested */
};

static void count(void *argument)
{
    struct shared *shared = argument;

    for (int i = 0; i < ROUNDS; i++) {
        base_lock_acquire(&shared->lock);
        shared->counter++;
        base_lock_release(&shared->lock);
    }
}

static void excludes(void **state)
{
    struct shared shared = { .counter = 0 };
    struct os_thread *threads[THREADS];

    (void)state;
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(os_thread_start(&threads[i], "count", count, &shared), 0);
    for (int i = 0; i < THREADS; i++)
        os_thread_join(threads[i]);
    assert_int_equal(shared.counter, THREADS * ROUNDS);
    assert_int_equal(shared.lock.state, 0);
}

static void try_acquire(void **state)
{
    struct base_lock lock = BASE_LOCK_INITIALISER;

    (void)state;
    assert_true(base_lock_try_acquire(&lock));
    assert_false(base_lock_try_acquire(&lock));
    base_lock_release(&lock);
    assert_true(base_lock_try_acquire(&lock));
    base_lock_release(&lock);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(excludes),
        cmocka_unit_test(try_acquire),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
