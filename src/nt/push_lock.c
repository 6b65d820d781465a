/* SPDX-License-Identifier: MIT */
/*
 * push_lock.c - EX_PUSH_LOCK: a reader-writer lock for APC_LEVEL and below, in the low half of one
 * pointer. The word is that of rw_lock.c.
 *
 * As on Windows nobody asks which thread releases, and a thread that takes it twice waits for
 * itself.
 */
#include "nt_internal.h"

/* Windows keeps no owner; neither does the word, in which every writer is number 1. */
#define WRITER 1u

static _Atomic uint32_t *word_of(PEX_PUSH_LOCK lock)
{
    return (_Atomic uint32_t *)(void *)lock;
}

void (ExInitializePushLock)(PEX_PUSH_LOCK lock)
{
    __atomic_store_n(lock, 0, __ATOMIC_RELAXED);
}

void (ExAcquirePushLockExclusiveEx)(PEX_PUSH_LOCK lock, ULONG flags)
{
    (void)flags;
    nt_require_irql(APC_LEVEL, "ExAcquirePushLockExclusive", NT_CALLER());
    nt_rw_acquire_exclusive(word_of(lock), WRITER);
}

void (ExAcquirePushLockSharedEx)(PEX_PUSH_LOCK lock, ULONG flags)
{
    (void)flags;
    nt_require_irql(APC_LEVEL, "ExAcquirePushLockShared", NT_CALLER());
    nt_rw_acquire_shared(word_of(lock));
}

static _Noreturn void stop_for_release(PEX_PUSH_LOCK lock, const char *function, const char *how,
                                       const void *place)
{
    NT_BUG(RESOURCE_NOT_OWNED, lock, 0, 0, place, "%s: nobody holds push lock %p %s.", function,
           (void *)lock, how);
}

void (ExReleasePushLockExclusiveEx)(PEX_PUSH_LOCK lock, ULONG flags)
{
    (void)flags;
    nt_require_irql(APC_LEVEL, "ExReleasePushLockExclusive", NT_CALLER());
    if (!nt_rw_release_exclusive(word_of(lock), WRITER))
        stop_for_release(lock, "ExReleasePushLockExclusive", "exclusively", NT_CALLER());
}

void (ExReleasePushLockSharedEx)(PEX_PUSH_LOCK lock, ULONG flags)
{
    (void)flags;
    nt_require_irql(APC_LEVEL, "ExReleasePushLockShared", NT_CALLER());
    if (!nt_rw_release_shared(word_of(lock)))
        stop_for_release(lock, "ExReleasePushLockShared", "shared", NT_CALLER());
}

/* For callers that do not know how they hold it. */
void (ExReleasePushLockEx)(PEX_PUSH_LOCK lock, ULONG flags)
{
    (void)flags;
    nt_require_irql(APC_LEVEL, "ExReleasePushLock", NT_CALLER());
    if (!nt_rw_release_exclusive(word_of(lock), WRITER) && !nt_rw_release_shared(word_of(lock)))
        stop_for_release(lock, "ExReleasePushLock", "in any way", NT_CALLER());
}
