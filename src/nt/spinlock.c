/* SPDX-License-Identifier: MIT */
/*
 * spinlock.c - KSPIN_LOCK, its in-stack form, and EX_SPIN_LOCK.
 *
 * A KSPIN_LOCK is eight bytes, zero when free: the low half is a futex word (1 held, 2 held and
 * somebody sleeps), the high half the owner's thread id. "Spinning" is a short spin and then sleep:
 * the holder may have lost its processor, which on Windows it cannot.
 */
#include "nt_internal.h"

#define SPIN_TURNS 100

#define SPIN_HELD 1u
#define SPIN_CONTENDED 2u

typedef _Atomic uint64_t spin_word;

static spin_word *word_of(PKSPIN_LOCK lock)
{
    return (spin_word *)(void *)lock;
}

/* x86 and arm64 are little-endian: the low half comes first. */
static _Atomic uint32_t *futex_of(PKSPIN_LOCK lock)
{
    return (_Atomic uint32_t *)(void *)lock;
}

static uint64_t held_by_me(uint32_t state)
{
    return (uint64_t)os_thread_id() << 32 | state;
}

static uint32_t owner_of(uint64_t value)
{
    return (uint32_t)(value >> 32);
}

/* --- The lock ------------------------------------------------------------------------------ */

static bool try_take(PKSPIN_LOCK lock, uint32_t state)
{
    uint64_t free_value = 0;

    return atomic_compare_exchange_strong_explicit(word_of(lock), &free_value, held_by_me(state),
                                                   memory_order_acquire, memory_order_relaxed);
}

static bool spin(PKSPIN_LOCK lock)
{
    for (int i = 0; i < SPIN_TURNS; i++) {
        if (atomic_load_explicit(word_of(lock), memory_order_relaxed) == 0 &&
            try_take(lock, SPIN_HELD))
            return true;
        __builtin_ia32_pause();
    }
    return false;
}

/*
 * Who has slept once takes the lock as contended, since others may sleep: one needless wake at the
 * most.
 */
static void sleep_and_take(PKSPIN_LOCK lock)
{
    while (!try_take(lock, SPIN_CONTENDED)) {
        uint64_t value = atomic_load_explicit(word_of(lock), memory_order_relaxed);
        uint64_t contended = value - (uint32_t)value + SPIN_CONTENDED;

        if (value == 0)
            continue;
        if (value == contended ||
            atomic_compare_exchange_strong_explicit(word_of(lock), &value, contended,
                                                    memory_order_relaxed, memory_order_relaxed))
            os_wait(futex_of(lock), SPIN_CONTENDED, OS_FOREVER);
    }
}

static void take(PKSPIN_LOCK lock, const char *function, const void *place)
{
    if (try_take(lock, SPIN_HELD))
        return;
    if (owner_of(atomic_load_explicit(word_of(lock), memory_order_relaxed)) == os_thread_id())
        NT_BUG(SPIN_LOCK_ALREADY_OWNED, lock, 0, 0, place,
               "%s: this thread holds spin lock %p already.", function, (void *)lock);
    if (!spin(lock))
        sleep_and_take(lock);
}

static void give_back(PKSPIN_LOCK lock, const char *function, const void *place)
{
    uint64_t value = atomic_load_explicit(word_of(lock), memory_order_relaxed);

    if (owner_of(value) != os_thread_id())
        NT_BUG(SPIN_LOCK_NOT_OWNED, lock, 0, 0, place, "%s: %s holds spin lock %p.", function,
               value == 0 ? "nobody" : "another thread", (void *)lock);
    value = atomic_exchange_explicit(word_of(lock), 0, memory_order_release);
    if ((uint32_t)value == SPIN_CONTENDED)
        os_wake_one(futex_of(lock));
}

/* --- KSPIN_LOCK ---------------------------------------------------------------------------- */

void (KeInitializeSpinLock)(PKSPIN_LOCK lock)
{
    atomic_store_explicit(word_of(lock), 0, memory_order_relaxed);
}

KIRQL (KeAcquireSpinLockRaiseToDpc)(PKSPIN_LOCK lock)
{
    KIRQL before = nt_irql_raise("KeAcquireSpinLock", NT_CALLER());

    take(lock, "KeAcquireSpinLock", NT_CALLER());
    return before;
}

void (KeAcquireSpinLock)(PKSPIN_LOCK lock, PKIRQL before)
{
    KIRQL irql = nt_irql_raise("KeAcquireSpinLock", NT_CALLER());

    take(lock, "KeAcquireSpinLock", NT_CALLER());
    *before = irql;
}

void (KeReleaseSpinLock)(PKSPIN_LOCK lock, KIRQL before)
{
    nt_require_irql_at_least(DISPATCH_LEVEL, "KeReleaseSpinLock", NT_CALLER());
    give_back(lock, "KeReleaseSpinLock", NT_CALLER());
    nt_irql_lower(before, "KeReleaseSpinLock", NT_CALLER());
}

void (KeAcquireSpinLockAtDpcLevel)(PKSPIN_LOCK lock)
{
    nt_require_irql_at_least(DISPATCH_LEVEL, "KeAcquireSpinLockAtDpcLevel", NT_CALLER());
    take(lock, "KeAcquireSpinLockAtDpcLevel", NT_CALLER());
}

void (KeReleaseSpinLockFromDpcLevel)(PKSPIN_LOCK lock)
{
    nt_require_irql_at_least(DISPATCH_LEVEL, "KeReleaseSpinLockFromDpcLevel", NT_CALLER());
    give_back(lock, "KeReleaseSpinLockFromDpcLevel", NT_CALLER());
}

BOOLEAN (KeTryToAcquireSpinLockAtDpcLevel)(PKSPIN_LOCK lock)
{
    nt_require_irql_at_least(DISPATCH_LEVEL, "KeTryToAcquireSpinLockAtDpcLevel", NT_CALLER());
    return try_take(lock, SPIN_HELD);
}

/* TRUE when the lock looks free. */
BOOLEAN (KeTestSpinLock)(PKSPIN_LOCK lock)
{
    return atomic_load_explicit(word_of(lock), memory_order_relaxed) == 0;
}

/*
 * wdm.h: threaded DPCs may run below DISPATCH_LEVEL, so these raise if need be. Here no DPC does.
 */
KIRQL (KeAcquireSpinLockForDpc)(PKSPIN_LOCK lock)
{
    KIRQL before = nt_irql_raise("KeAcquireSpinLockForDpc", NT_CALLER());

    take(lock, "KeAcquireSpinLockForDpc", NT_CALLER());
    return before;
}

void (KeReleaseSpinLockForDpc)(PKSPIN_LOCK lock, KIRQL before)
{
    nt_require_irql_at_least(DISPATCH_LEVEL, "KeReleaseSpinLockForDpc", NT_CALLER());
    give_back(lock, "KeReleaseSpinLockForDpc", NT_CALLER());
    nt_irql_lower(before, "KeReleaseSpinLockForDpc", NT_CALLER());
}

/* --- In-stack queued ----------------------------------------------------------------------- */

/*
 * The handle says which lock; the queue that Windows threads through the handles is the futex's
 * here.
 */
void (KeAcquireInStackQueuedSpinLock)(PKSPIN_LOCK lock, PKLOCK_QUEUE_HANDLE handle)
{
    KIRQL before = nt_irql_raise("KeAcquireInStackQueuedSpinLock", NT_CALLER());

    take(lock, "KeAcquireInStackQueuedSpinLock", NT_CALLER());
    handle->LockQueue.Next = NULL;
    handle->LockQueue.Lock = lock;
    handle->OldIrql = before;
}

void (KeReleaseInStackQueuedSpinLock)(PKLOCK_QUEUE_HANDLE handle)
{
    nt_require_irql_at_least(DISPATCH_LEVEL, "KeReleaseInStackQueuedSpinLock", NT_CALLER());
    give_back(handle->LockQueue.Lock, "KeReleaseInStackQueuedSpinLock", NT_CALLER());
    nt_irql_lower(handle->OldIrql, "KeReleaseInStackQueuedSpinLock", NT_CALLER());
}

void (KeAcquireInStackQueuedSpinLockAtDpcLevel)(PKSPIN_LOCK lock, PKLOCK_QUEUE_HANDLE handle)
{
    nt_require_irql_at_least(DISPATCH_LEVEL, "KeAcquireInStackQueuedSpinLockAtDpcLevel",
                             NT_CALLER());
    take(lock, "KeAcquireInStackQueuedSpinLockAtDpcLevel", NT_CALLER());
    handle->LockQueue.Next = NULL;
    handle->LockQueue.Lock = lock;
    handle->OldIrql = nt_irql();
}

void (KeReleaseInStackQueuedSpinLockFromDpcLevel)(PKLOCK_QUEUE_HANDLE handle)
{
    nt_require_irql_at_least(DISPATCH_LEVEL, "KeReleaseInStackQueuedSpinLockFromDpcLevel",
                             NT_CALLER());
    give_back(handle->LockQueue.Lock, "KeReleaseInStackQueuedSpinLockFromDpcLevel", NT_CALLER());
}

void (KeAcquireInStackQueuedSpinLockForDpc)(PKSPIN_LOCK lock, PKLOCK_QUEUE_HANDLE handle)
{
    KIRQL before = nt_irql_raise("KeAcquireInStackQueuedSpinLockForDpc", NT_CALLER());

    take(lock, "KeAcquireInStackQueuedSpinLockForDpc", NT_CALLER());
    handle->LockQueue.Next = NULL;
    handle->LockQueue.Lock = lock;
    handle->OldIrql = before;
}

void (KeReleaseInStackQueuedSpinLockForDpc)(PKLOCK_QUEUE_HANDLE handle)
{
    nt_require_irql_at_least(DISPATCH_LEVEL, "KeReleaseInStackQueuedSpinLockForDpc", NT_CALLER());
    give_back(handle->LockQueue.Lock, "KeReleaseInStackQueuedSpinLockForDpc", NT_CALLER());
    nt_irql_lower(handle->OldIrql, "KeReleaseInStackQueuedSpinLockForDpc", NT_CALLER());
}
