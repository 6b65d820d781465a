/* SPDX-License-Identifier: MIT */
/*
 * spinlock_shared.c - EX_SPIN_LOCK: a spin lock that readers share. The word is that of rw_lock.c.
 */
#include "nt_internal.h"

static _Atomic uint32_t *word_of(PEX_SPIN_LOCK lock)
{
    return (_Atomic uint32_t *)(void *)lock;
}

/*
 * A writer that asks again would wait for itself. Readers leave no name, so theirs goes unnoticed.
 */
static void require_not_writer(PEX_SPIN_LOCK lock, const char *function, const void *place)
{
    if (nt_rw_owner(word_of(lock)) == os_thread_id())
        NT_BUG(SPIN_LOCK_ALREADY_OWNED, lock, 0, 0, place,
               "%s: this thread holds spin lock %p exclusively already.", function, (void *)lock);
}

static void take_shared(PEX_SPIN_LOCK lock, const char *function, const void *place)
{
    require_not_writer(lock, function, place);
    nt_rw_acquire_shared(word_of(lock));
}

static void take_exclusive(PEX_SPIN_LOCK lock, const char *function, const void *place)
{
    require_not_writer(lock, function, place);
    nt_rw_acquire_exclusive(word_of(lock), os_thread_id());
}

static void give_back_shared(PEX_SPIN_LOCK lock, const char *function, const void *place)
{
    nt_require_irql_at_least(DISPATCH_LEVEL, function, place);
    if (!nt_rw_release_shared(word_of(lock)))
        NT_BUG(SPIN_LOCK_NOT_OWNED, lock, 0, 0, place, "%s: spin lock %p is not held shared.",
               function, (void *)lock);
}

static void give_back_exclusive(PEX_SPIN_LOCK lock, const char *function, const void *place)
{
    nt_require_irql_at_least(DISPATCH_LEVEL, function, place);
    if (!nt_rw_release_exclusive(word_of(lock), os_thread_id()))
        NT_BUG(SPIN_LOCK_NOT_OWNED, lock, 0, 0, place,
               "%s: this thread does not hold spin lock %p exclusively.", function, (void *)lock);
}

/* --- Shared -------------------------------------------------------------------------------- */

KIRQL (ExAcquireSpinLockShared)(PEX_SPIN_LOCK lock)
{
    KIRQL before = nt_irql_raise("ExAcquireSpinLockShared", NT_CALLER());

    take_shared(lock, "ExAcquireSpinLockShared", NT_CALLER());
    return before;
}

void (ExReleaseSpinLockShared)(PEX_SPIN_LOCK lock, KIRQL before)
{
    give_back_shared(lock, "ExReleaseSpinLockShared", NT_CALLER());
    nt_irql_lower(before, "ExReleaseSpinLockShared", NT_CALLER());
}

void (ExAcquireSpinLockSharedAtDpcLevel)(PEX_SPIN_LOCK lock)
{
    nt_require_irql_at_least(DISPATCH_LEVEL, "ExAcquireSpinLockSharedAtDpcLevel", NT_CALLER());
    take_shared(lock, "ExAcquireSpinLockSharedAtDpcLevel", NT_CALLER());
}

void (ExReleaseSpinLockSharedFromDpcLevel)(PEX_SPIN_LOCK lock)
{
    give_back_shared(lock, "ExReleaseSpinLockSharedFromDpcLevel", NT_CALLER());
}

/* --- Exclusive ----------------------------------------------------------------------------- */

KIRQL (ExAcquireSpinLockExclusive)(PEX_SPIN_LOCK lock)
{
    KIRQL before = nt_irql_raise("ExAcquireSpinLockExclusive", NT_CALLER());

    take_exclusive(lock, "ExAcquireSpinLockExclusive", NT_CALLER());
    return before;
}

void (ExReleaseSpinLockExclusive)(PEX_SPIN_LOCK lock, KIRQL before)
{
    give_back_exclusive(lock, "ExReleaseSpinLockExclusive", NT_CALLER());
    nt_irql_lower(before, "ExReleaseSpinLockExclusive", NT_CALLER());
}

void (ExAcquireSpinLockExclusiveAtDpcLevel)(PEX_SPIN_LOCK lock)
{
    nt_require_irql_at_least(DISPATCH_LEVEL, "ExAcquireSpinLockExclusiveAtDpcLevel", NT_CALLER());
    take_exclusive(lock, "ExAcquireSpinLockExclusiveAtDpcLevel", NT_CALLER());
}

void (ExReleaseSpinLockExclusiveFromDpcLevel)(PEX_SPIN_LOCK lock)
{
    give_back_exclusive(lock, "ExReleaseSpinLockExclusiveFromDpcLevel", NT_CALLER());
}

/* Does not wait: with other readers inside it fails, and the caller still holds the lock shared. */
LOGICAL (ExTryConvertSharedSpinLockExclusive)(PEX_SPIN_LOCK lock)
{
    nt_require_irql_at_least(DISPATCH_LEVEL, "ExTryConvertSharedSpinLockExclusive", NT_CALLER());
    return nt_rw_try_upgrade(word_of(lock), os_thread_id());
}
