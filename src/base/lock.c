/* SPDX-License-Identifier: MIT */
/* lock.c - the contended half of lock.h. */
#include "lock.h"

#include "os.h"

/* Holders of the provider's locks do a few dozen instructions, so a short spin usually suffices. */
#define LOCK_SPINS 64

static bool spin_for(struct base_lock *lock)
{
    for (int i = 0; i < LOCK_SPINS; i++) {
        if (atomic_load_explicit(&lock->state, memory_order_relaxed) == 0 &&
            base_lock_try_acquire(lock))
            return true;
        __builtin_ia32_pause();
    }
    return false;
}

void base_lock_acquire_slow(struct base_lock *lock)
{
    if (spin_for(lock))
        return;
    /* From here on the state says 2, also when nobody else waits: one needless wake at the most. */
    while (atomic_exchange_explicit(&lock->state, 2, memory_order_acquire) != 0)
        os_wait(&lock->state, 2, OS_FOREVER);
}

void base_lock_release_slow(struct base_lock *lock)
{
    os_wake_one(&lock->state);
}
