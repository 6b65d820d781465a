/* SPDX-License-Identifier: MIT */
/*
 * remove_lock.c - remove locks: references to a device that its removal waits for. The count
 * includes the one that IoInitializeRemoveLock gives; IoReleaseRemoveLockAndWait drops it and the
 * caller's own. What a checked driver's lock holds besides is not used.
 */
#include "nt_internal.h"

#include <string.h>

VOID IoInitializeRemoveLockEx(PIO_REMOVE_LOCK lock, ULONG tag, ULONG minutes, ULONG watermark,
                              ULONG size)
{
    (void)tag;
    (void)minutes;
    (void)watermark;
    nt_require_irql(PASSIVE_LEVEL, "IoInitializeRemoveLock", NT_CALLER());
    memset(lock, 0, size);
    lock->Common.IoCount = 1;
    KeInitializeEvent(&lock->Common.RemoveEvent, SynchronizationEvent, FALSE);
}

static bool is_removed(PIO_REMOVE_LOCK lock)
{
    return __atomic_load_n(&lock->Common.Removed, __ATOMIC_SEQ_CST) != FALSE;
}

static void drop(PIO_REMOVE_LOCK lock, PVOID tag, const char *function, const void *place)
{
    LONG left = __atomic_sub_fetch(&lock->Common.IoCount, 1, __ATOMIC_SEQ_CST);

    if (left < 0)
        NT_BUG(DRIVER_VERIFIER_DETECTED_VIOLATION, lock, tag, left, place,
               "%s: the remove lock was released more often than acquired", function);
    if (left == 0)
        KeSetEvent(&lock->Common.RemoveEvent, IO_NO_INCREMENT, FALSE);
}

NTSTATUS IoAcquireRemoveLockEx(PIO_REMOVE_LOCK lock, PVOID tag, PCSTR file, ULONG line, ULONG size)
{
    const void *place = NT_CALLER();

    (void)file;
    (void)line;
    (void)size;
    nt_require_irql(DISPATCH_LEVEL, "IoAcquireRemoveLock", place);
    __atomic_add_fetch(&lock->Common.IoCount, 1, __ATOMIC_SEQ_CST);
    if (!is_removed(lock))
        return STATUS_SUCCESS;
    drop(lock, tag, "IoAcquireRemoveLock", place);
    return STATUS_DELETE_PENDING;
}

VOID IoReleaseRemoveLockEx(PIO_REMOVE_LOCK lock, PVOID tag, ULONG size)
{
    (void)size;
    nt_require_irql(DISPATCH_LEVEL, "IoReleaseRemoveLock", NT_CALLER());
    drop(lock, tag, "IoReleaseRemoveLock", NT_CALLER());
}

/* The two references that go here are the last but for those of requests under way. */
VOID IoReleaseRemoveLockAndWaitEx(PIO_REMOVE_LOCK lock, PVOID tag, ULONG size)
{
    const void *place = NT_CALLER();

    (void)size;
    nt_require_irql(PASSIVE_LEVEL, "IoReleaseRemoveLockAndWait", place);
    __atomic_store_n(&lock->Common.Removed, TRUE, __ATOMIC_SEQ_CST);
    drop(lock, tag, "IoReleaseRemoveLockAndWait", place);
    drop(lock, tag, "IoReleaseRemoveLockAndWait", place);
    KeWaitForSingleObject(&lock->Common.RemoveEvent, Executive, KernelMode, FALSE, NULL);
}
