/* SPDX-License-Identifier: MIT */
/*
 * rw_lock.c - the reader-writer lock behind push locks and EX_SPIN_LOCK: one word that blocks
 * through os.h.
 *
 *     bit 31       held exclusively
 *     bit 30       somebody sleeps; new readers wait as well, so that a writer gets its turn
 *     bits 0..29   number of readers, or the writer's number
 *
 * The release that frees the lock clears the word and wakes everybody; who sleeps sets bit 30
 * again. After the word is cleared only its address is used.
 */
#include "nt_internal.h"

#define RW_EXCLUSIVE 0x80000000u
#define RW_SLEEPERS 0x40000000u
#define RW_VALUE 0x3FFFFFFFu

#define RW_SPINS 64

static bool change(_Atomic uint32_t *word, uint32_t *seen, uint32_t to)
{
    return atomic_compare_exchange_weak_explicit(word, seen, to, memory_order_acq_rel,
                                                 memory_order_relaxed);
}

/* Announces a sleeper and sleeps, unless the word is no longer `seen`. */
static void sleep_on(_Atomic uint32_t *word, uint32_t seen)
{
    if (seen & RW_SLEEPERS || change(word, &seen, seen | RW_SLEEPERS))
        os_wait(word, seen | RW_SLEEPERS, OS_FOREVER);
}

bool nt_rw_try_shared(_Atomic uint32_t *word)
{
    uint32_t seen = atomic_load_explicit(word, memory_order_relaxed);

    while (!(seen & (RW_EXCLUSIVE | RW_SLEEPERS))) {
        if (change(word, &seen, seen + 1))
            return true;
    }
    return false;
}

void nt_rw_acquire_shared(_Atomic uint32_t *word)
{
    for (unsigned spins = 0; !nt_rw_try_shared(word); spins++) {
        uint32_t seen = atomic_load_explicit(word, memory_order_relaxed);

        if (spins >= RW_SPINS && seen & (RW_EXCLUSIVE | RW_SLEEPERS))
            sleep_on(word, seen);
        else
            __builtin_ia32_pause();
    }
}

bool nt_rw_try_exclusive(_Atomic uint32_t *word, uint32_t owner)
{
    uint32_t seen = 0;

    return atomic_compare_exchange_strong_explicit(word, &seen, RW_EXCLUSIVE | (owner & RW_VALUE),
                                                   memory_order_acquire, memory_order_relaxed);
}

void nt_rw_acquire_exclusive(_Atomic uint32_t *word, uint32_t owner)
{
    for (unsigned spins = 0; !nt_rw_try_exclusive(word, owner); spins++) {
        uint32_t seen = atomic_load_explicit(word, memory_order_relaxed);

        if (spins >= RW_SPINS && seen != 0)
            sleep_on(word, seen);
        else
            __builtin_ia32_pause();
    }
}

bool nt_rw_try_upgrade(_Atomic uint32_t *word, uint32_t owner)
{
    uint32_t seen = atomic_load_explicit(word, memory_order_relaxed);

    while ((seen & ~RW_SLEEPERS) == 1) {
        if (change(word, &seen, RW_EXCLUSIVE | (owner & RW_VALUE) | (seen & RW_SLEEPERS)))
            return true;
    }
    return false;
}

bool nt_rw_release_shared(_Atomic uint32_t *word)
{
    uint32_t seen = atomic_load_explicit(word, memory_order_relaxed);

    for (;;) {
        bool last = (seen & RW_VALUE) == 1;

        if (seen & RW_EXCLUSIVE || !(seen & RW_VALUE))
            return false;
        if (!change(word, &seen, last ? 0 : seen - 1))
            continue;
        if (last && seen & RW_SLEEPERS)
            os_wake_all(word);
        return true;
    }
}

bool nt_rw_release_exclusive(_Atomic uint32_t *word, uint32_t owner)
{
    uint32_t seen = atomic_load_explicit(word, memory_order_relaxed);

    if ((seen & ~RW_SLEEPERS) != (RW_EXCLUSIVE | (owner & RW_VALUE)))
        return false;
    if (atomic_exchange_explicit(word, 0, memory_order_release) & RW_SLEEPERS)
        os_wake_all(word);
    return true;
}

uint32_t nt_rw_owner(_Atomic uint32_t *word)
{
    uint32_t seen = atomic_load_explicit(word, memory_order_relaxed);

    return seen & RW_EXCLUSIVE ? seen & RW_VALUE : 0;
}
