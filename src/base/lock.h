/* SPDX-License-Identifier: MIT */
/*
 * lock.h - a lock of four bytes that blocks through os.h.
 *
 * Zero is free, so static and zeroed storage need no initialisation, and there is nothing to
 * destroy. A release never touches the lock after another thread can own it.
 */
#ifndef OPENWSK_BASE_LOCK_H
#define OPENWSK_BASE_LOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct base_lock {
    _Atomic uint32_t state; /* 0 free, 1 held, 2 held and somebody waits */
};

#define BASE_LOCK_INITIALISER { 0 }

void base_lock_acquire_slow(struct base_lock *lock);
void base_lock_release_slow(struct base_lock *lock);

static inline bool base_lock_try_acquire(struct base_lock *lock)
{
    uint32_t free_state = 0;

    return atomic_compare_exchange_strong_explicit(&lock->state, &free_state, 1,
                                                   memory_order_acquire, memory_order_relaxed);
}

static inline void base_lock_acquire(struct base_lock *lock)
{
    if (!base_lock_try_acquire(lock))
        base_lock_acquire_slow(lock);
}

static inline void base_lock_release(struct base_lock *lock)
{
    if (atomic_exchange_explicit(&lock->state, 0, memory_order_release) == 2)
        base_lock_release_slow(lock);
}

#endif
