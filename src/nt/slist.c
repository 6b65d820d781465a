/* SPDX-License-Identifier: MIT */
/*
 * slist.c - SLIST_HEADER, whose operations are atomic through a lock.
 *
 * Windows compares and exchanges 16 bytes and then reads the next link of an entry that may be gone
 * already; it can afford that, a sanitizer cannot. The lock is one of a few, chosen by the list's
 * address; the header keeps Windows' layout: depth and sequence in the first word, the first entry
 * in the second.
 */
#include "nt_internal.h"

#define SLIST_LOCKS 16

static struct {
    _Alignas(OS_CACHE_LINE) struct base_lock lock;
} locks[SLIST_LOCKS];

static struct base_lock *lock_of(PSLIST_HEADER list)
{
    uintptr_t address = (uintptr_t)list;

    return &locks[(address >> 4 ^ address >> 12) % SLIST_LOCKS].lock;
}

/*
 * The first word: depth in the low 16 bits, sequence above. The second: the address, whose low 4
 * bits are 0.
 */
static PSLIST_ENTRY first_of(PSLIST_HEADER list)
{
    return (PSLIST_ENTRY)(uintptr_t)(__atomic_load_n(&list->Region, __ATOMIC_ACQUIRE) & ~0xFull);
}

static USHORT depth_of(PSLIST_HEADER list)
{
    return (USHORT)__atomic_load_n(&list->Alignment, __ATOMIC_ACQUIRE);
}

static void store(PSLIST_HEADER list, PSLIST_ENTRY first, USHORT depth)
{
    ULONGLONG before = __atomic_load_n(&list->Alignment, __ATOMIC_RELAXED);
    ULONGLONG sequence = (before & ~0xFFFFull) + 0x10000;

    __atomic_store_n(&list->Region, (ULONGLONG)(uintptr_t)first, __ATOMIC_RELEASE);
    __atomic_store_n(&list->Alignment, sequence | depth, __ATOMIC_RELEASE);
}

/* Looked at without the lock too, by clients that only want to know whether something is there. */
static PSLIST_ENTRY next_of(PSLIST_ENTRY entry)
{
    return __atomic_load_n(&entry->Next, __ATOMIC_RELAXED);
}

static void set_next(PSLIST_ENTRY entry, PSLIST_ENTRY next)
{
    __atomic_store_n(&entry->Next, next, __ATOMIC_RELAXED);
}

void (InitializeSListHead)(PSLIST_HEADER list)
{
    __atomic_store_n(&list->Alignment, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&list->Region, 0, __ATOMIC_RELEASE);
}

PSLIST_ENTRY (InterlockedPushEntrySList)(PSLIST_HEADER list, PSLIST_ENTRY entry)
{
    PSLIST_ENTRY before;

    base_lock_acquire(lock_of(list));
    before = first_of(list);
    set_next(entry, before);
    store(list, entry, depth_of(list) + 1);
    base_lock_release(lock_of(list));
    return before;
}

PSLIST_ENTRY (InterlockedPopEntrySList)(PSLIST_HEADER list)
{
    PSLIST_ENTRY entry;

    base_lock_acquire(lock_of(list));
    entry = first_of(list);
    if (entry)
        store(list, next_of(entry), depth_of(list) - 1);
    base_lock_release(lock_of(list));
    return entry;
}

PSLIST_ENTRY (InterlockedFlushSList)(PSLIST_HEADER list)
{
    PSLIST_ENTRY chain;

    base_lock_acquire(lock_of(list));
    chain = first_of(list);
    store(list, NULL, 0);
    base_lock_release(lock_of(list));
    return chain;
}

PSLIST_ENTRY (FirstEntrySList)(const SLIST_HEADER *list)
{
    return first_of((PSLIST_HEADER)(uintptr_t)list);
}

USHORT (QueryDepthSList)(PSLIST_HEADER list)
{
    return depth_of(list);
}
