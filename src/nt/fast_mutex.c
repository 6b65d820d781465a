/* SPDX-License-Identifier: MIT */
/*
 * fast_mutex.c - fast mutexes and guarded mutexes, which have one layout.
 *
 * Count is Windows' 1 when free and 0 when held; -1 means held, and somebody sleeps on it. The
 * kernel's own event in the structure is not used. The release that frees the mutex touches it no
 * more.
 */
#include "nt_internal.h"

#define MUTEX_FREE 1u
#define MUTEX_HELD 0u
#define MUTEX_CONTENDED 0xFFFFFFFFu

#define MUTEX_SPINS 64

/* Driver Verifier's deadlock findings: parameter 1 of DRIVER_VERIFIER_DETECTED_VIOLATION. */
#define DEADLOCK_SELF 0x1000
#define DEADLOCK_WRONG_THREAD 0x1004

static _Atomic uint32_t *word_of(PFAST_MUTEX mutex)
{
    return (_Atomic uint32_t *)(void *)&mutex->Count;
}

static PVOID owner_of(PFAST_MUTEX mutex)
{
    return __atomic_load_n((PVOID *)&mutex->Owner, __ATOMIC_RELAXED);
}

static void set_owner(PFAST_MUTEX mutex, PVOID owner)
{
    __atomic_store_n((PVOID *)&mutex->Owner, owner, __ATOMIC_RELAXED);
}

static bool try_take(PFAST_MUTEX mutex, uint32_t state)
{
    uint32_t free_state = MUTEX_FREE;

    if (!atomic_compare_exchange_strong_explicit(word_of(mutex), &free_state, state,
                                                 memory_order_acquire, memory_order_relaxed))
        return false;
    set_owner(mutex, nt_thread_current());
    return true;
}

static bool spin(PFAST_MUTEX mutex)
{
    for (int i = 0; i < MUTEX_SPINS; i++) {
        if (try_take(mutex, MUTEX_HELD))
            return true;
        __builtin_ia32_pause();
    }
    return false;
}

/*
 * Who has slept takes the mutex as contended, since others may sleep: one needless wake at the
 * most.
 */
static void take(PFAST_MUTEX mutex, const char *function, const void *place)
{
    if (owner_of(mutex) == nt_thread_current())
        NT_BUG(DRIVER_VERIFIER_DETECTED_VIOLATION, DEADLOCK_SELF, mutex, nt_thread_current(), place,
               "%s: this thread holds the mutex at %p already.", function, (void *)mutex);
    if (spin(mutex))
        return;
    __atomic_fetch_add((ULONG *)&mutex->Contention, 1, __ATOMIC_RELAXED);
    while (!try_take(mutex, MUTEX_CONTENDED)) {
        uint32_t held = MUTEX_HELD;

        if (atomic_compare_exchange_strong_explicit(word_of(mutex), &held, MUTEX_CONTENDED,
                                                    memory_order_relaxed, memory_order_relaxed) ||
            held == MUTEX_CONTENDED)
            os_wait(word_of(mutex), MUTEX_CONTENDED, OS_FOREVER);
    }
}

static void give_back(PFAST_MUTEX mutex, const char *function, const void *place)
{
    if (owner_of(mutex) != nt_thread_current())
        NT_BUG(DRIVER_VERIFIER_DETECTED_VIOLATION, DEADLOCK_WRONG_THREAD, mutex, owner_of(mutex),
               place, "%s: this thread does not hold the mutex at %p.", function, (void *)mutex);
    set_owner(mutex, NULL);
    if (atomic_exchange_explicit(word_of(mutex), MUTEX_FREE, memory_order_release) ==
        MUTEX_CONTENDED)
        os_wake_one(word_of(mutex));
}

/* --- Fast mutexes: at APC_LEVEL ------------------------------------------------------------ */

void (ExInitializeFastMutex)(PFAST_MUTEX mutex)
{
    mutex->Count = (LONG)MUTEX_FREE;
    mutex->Owner = NULL;
    mutex->Contention = 0;
    KeInitializeEvent(&mutex->Event, SynchronizationEvent, FALSE);
    mutex->OldIrql = PASSIVE_LEVEL;
}

void (ExAcquireFastMutex)(PFAST_MUTEX mutex)
{
    KIRQL before = nt_irql();

    nt_require_irql(APC_LEVEL, "ExAcquireFastMutex", NT_CALLER());
    nt_irql_set(APC_LEVEL);
    take(mutex, "ExAcquireFastMutex", NT_CALLER());
    mutex->OldIrql = before;
}

BOOLEAN (ExTryToAcquireFastMutex)(PFAST_MUTEX mutex)
{
    KIRQL before = nt_irql();

    nt_require_irql(APC_LEVEL, "ExTryToAcquireFastMutex", NT_CALLER());
    if (!try_take(mutex, MUTEX_HELD))
        return FALSE;
    nt_irql_set(APC_LEVEL);
    mutex->OldIrql = before;
    return TRUE;
}

void (ExReleaseFastMutex)(PFAST_MUTEX mutex)
{
    KIRQL before = (KIRQL)mutex->OldIrql;

    nt_require_irql(APC_LEVEL, "ExReleaseFastMutex", NT_CALLER());
    give_back(mutex, "ExReleaseFastMutex", NT_CALLER());
    nt_irql_lower(before, "ExReleaseFastMutex", NT_CALLER());
}

void (ExAcquireFastMutexUnsafe)(PFAST_MUTEX mutex)
{
    nt_require_irql(APC_LEVEL, "ExAcquireFastMutexUnsafe", NT_CALLER());
    take(mutex, "ExAcquireFastMutexUnsafe", NT_CALLER());
}

void (ExReleaseFastMutexUnsafe)(PFAST_MUTEX mutex)
{
    nt_require_irql(APC_LEVEL, "ExReleaseFastMutexUnsafe", NT_CALLER());
    give_back(mutex, "ExReleaseFastMutexUnsafe", NT_CALLER());
}

/* --- Guarded mutexes: in a guarded region -------------------------------------------------- */

void (KeInitializeGuardedMutex)(PKGUARDED_MUTEX mutex)
{
    (ExInitializeFastMutex)((PFAST_MUTEX)mutex);
}

void (KeAcquireGuardedMutex)(PKGUARDED_MUTEX mutex)
{
    nt_require_irql(APC_LEVEL, "KeAcquireGuardedMutex", NT_CALLER());
    KeEnterGuardedRegion();
    take((PFAST_MUTEX)mutex, "KeAcquireGuardedMutex", NT_CALLER());
}

BOOLEAN (KeTryToAcquireGuardedMutex)(PKGUARDED_MUTEX mutex)
{
    nt_require_irql(APC_LEVEL, "KeTryToAcquireGuardedMutex", NT_CALLER());
    if (!try_take((PFAST_MUTEX)mutex, MUTEX_HELD))
        return FALSE;
    KeEnterGuardedRegion();
    return TRUE;
}

void (KeReleaseGuardedMutex)(PKGUARDED_MUTEX mutex)
{
    nt_require_irql(APC_LEVEL, "KeReleaseGuardedMutex", NT_CALLER());
    give_back((PFAST_MUTEX)mutex, "KeReleaseGuardedMutex", NT_CALLER());
    KeLeaveGuardedRegion();
}

void (KeAcquireGuardedMutexUnsafe)(PKGUARDED_MUTEX mutex)
{
    nt_require_irql(APC_LEVEL, "KeAcquireGuardedMutexUnsafe", NT_CALLER());
    take((PFAST_MUTEX)mutex, "KeAcquireGuardedMutexUnsafe", NT_CALLER());
}

void (KeReleaseGuardedMutexUnsafe)(PKGUARDED_MUTEX mutex)
{
    nt_require_irql(APC_LEVEL, "KeReleaseGuardedMutexUnsafe", NT_CALLER());
    give_back((PFAST_MUTEX)mutex, "KeReleaseGuardedMutexUnsafe", NT_CALLER());
}
