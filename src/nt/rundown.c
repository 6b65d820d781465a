/* SPDX-License-Identifier: MIT */
/*
 * rundown.c - EX_RUNDOWN_REF: references that can be had until somebody waits for their end.
 *
 * Bit 0 of Count says that rundown has begun, the rest counts in twos: zero is live and unused, 1
 * is run down. The waiter sleeps on the low half. The last release touches nothing after it has
 * taken its reference away.
 */
#include "nt_internal.h"

#define RUNDOWN_ACTIVE 1ull
#define RUNDOWN_ONE 2ull

typedef _Atomic uint64_t rundown_word;

static rundown_word *word_of(PEX_RUNDOWN_REF reference)
{
    return (rundown_word *)(void *)&reference->Count;
}

static _Atomic uint32_t *futex_of(PEX_RUNDOWN_REF reference)
{
    return (_Atomic uint32_t *)(void *)&reference->Count;
}

void (ExInitializeRundownProtection)(PEX_RUNDOWN_REF reference)
{
    atomic_store_explicit(word_of(reference), 0, memory_order_relaxed);
}

void (ExReInitializeRundownProtection)(PEX_RUNDOWN_REF reference)
{
    nt_require_irql(APC_LEVEL, "ExReInitializeRundownProtection", NT_CALLER());
    atomic_store_explicit(word_of(reference), 0, memory_order_release);
}

void (ExRundownCompleted)(PEX_RUNDOWN_REF reference)
{
    nt_require_irql(APC_LEVEL, "ExRundownCompleted", NT_CALLER());
    atomic_store_explicit(word_of(reference), RUNDOWN_ACTIVE, memory_order_release);
}

static bool acquire(PEX_RUNDOWN_REF reference, uint64_t count)
{
    uint64_t seen = atomic_load_explicit(word_of(reference), memory_order_relaxed);

    do {
        if (seen & RUNDOWN_ACTIVE)
            return false;
    } while (!atomic_compare_exchange_weak_explicit(word_of(reference), &seen,
                                                    seen + count * RUNDOWN_ONE,
                                                    memory_order_acquire, memory_order_relaxed));
    return true;
}

static void release(PEX_RUNDOWN_REF reference, uint64_t count, const char *function,
                    const void *place)
{
    uint64_t before = atomic_fetch_sub_explicit(word_of(reference), count * RUNDOWN_ONE,
                                                memory_order_acq_rel);

    if (before / RUNDOWN_ONE < count)
        NT_BUG(REFERENCE_BY_POINTER, 0, reference, before / RUNDOWN_ONE, place,
               "%s gave back rundown protection at %p that nobody had.", function,
               (void *)reference);
    if (before - count * RUNDOWN_ONE == RUNDOWN_ACTIVE)
        os_wake_all(futex_of(reference));
}

BOOLEAN (ExAcquireRundownProtection)(PEX_RUNDOWN_REF reference)
{
    nt_require_irql(DISPATCH_LEVEL, "ExAcquireRundownProtection", NT_CALLER());
    return acquire(reference, 1);
}

BOOLEAN (ExAcquireRundownProtectionEx)(PEX_RUNDOWN_REF reference, ULONG count)
{
    nt_require_irql(DISPATCH_LEVEL, "ExAcquireRundownProtectionEx", NT_CALLER());
    return acquire(reference, count);
}

void (ExReleaseRundownProtection)(PEX_RUNDOWN_REF reference)
{
    nt_require_irql(DISPATCH_LEVEL, "ExReleaseRundownProtection", NT_CALLER());
    release(reference, 1, "ExReleaseRundownProtection", NT_CALLER());
}

void (ExReleaseRundownProtectionEx)(PEX_RUNDOWN_REF reference, ULONG count)
{
    nt_require_irql(DISPATCH_LEVEL, "ExReleaseRundownProtectionEx", NT_CALLER());
    release(reference, count, "ExReleaseRundownProtectionEx", NT_CALLER());
}

void (ExWaitForRundownProtectionRelease)(PEX_RUNDOWN_REF reference)
{
    uint64_t seen;

    nt_require_irql(APC_LEVEL, "ExWaitForRundownProtectionRelease", NT_CALLER());
    seen = atomic_fetch_or_explicit(word_of(reference), RUNDOWN_ACTIVE, memory_order_acq_rel) |
           RUNDOWN_ACTIVE;
    while (seen != RUNDOWN_ACTIVE) {
        os_wait(futex_of(reference), (uint32_t)seen, OS_FOREVER);
        seen = atomic_load_explicit(word_of(reference), memory_order_acquire);
    }
}
