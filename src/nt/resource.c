/* SPDX-License-Identifier: MIT */
/*
 * resource.c - ERESOURCE: a lock for readers or one writer, recursive, that knows its owners.
 *
 * The eight bytes of SpinLock hold what guards the rest: a lock, and a number that changes whenever
 * the resource becomes free, on which waiters sleep. Owners stand in OwnerEntry and in OwnerTable,
 * whose first entry holds its size; a writer is the only owner then, so that it needs no table, and
 * Flag says so.
 *
 * A reader for whom the table cannot grow waits as if for the resource, and tries again: the
 * contract knows no failure.
 */
#include "nt_internal.h"

#include <string.h>

#define RESOURCE_EXCLUSIVE 0x80
#define TABLE_FIRST 4u
#define RETRY_NS (10 * OS_NS_PER_MS) /* memory may have come back */

struct guard {
    struct base_lock lock;
    _Atomic uint32_t turns;
};

static struct guard *guard_of(PERESOURCE resource)
{
    return (struct guard *)(void *)&resource->SpinLock;
}

static ERESOURCE_THREAD self(void)
{
    return (ERESOURCE_THREAD)nt_thread_current();
}

/* --- Owners, under the lock ---------------------------------------------------------------- */

static ULONG table_size(PERESOURCE resource)
{
    return resource->OwnerTable ? resource->OwnerTable[0].TableSize : 0;
}

static POWNER_ENTRY find_owner(PERESOURCE resource, ERESOURCE_THREAD thread)
{
    if (resource->OwnerEntry.OwnerThread == thread)
        return &resource->OwnerEntry;
    for (ULONG i = 1; i < table_size(resource); i++) {
        if (resource->OwnerTable[i].OwnerThread == thread)
            return &resource->OwnerTable[i];
    }
    return NULL;
}

static bool grow_table(PERESOURCE resource)
{
    ULONG size = table_size(resource) ? table_size(resource) * 2 : TABLE_FIRST;
    POWNER_ENTRY table = os_allocate_zeroed(size * sizeof(*table));

    if (!table)
        return false;
    if (resource->OwnerTable)
        memcpy(table, resource->OwnerTable, table_size(resource) * sizeof(*table));
    os_free(resource->OwnerTable);
    table[0].TableSize = size;
    resource->OwnerTable = table;
    return true;
}

/* Room for the calling thread among the owners; NULL when there is no memory. */
static POWNER_ENTRY own_entry(PERESOURCE resource)
{
    POWNER_ENTRY entry = find_owner(resource, self());

    if (!entry)
        entry = find_owner(resource, 0);
    if (!entry && grow_table(resource))
        entry = find_owner(resource, 0);
    return entry;
}

static void add_owner(PERESOURCE resource, POWNER_ENTRY entry)
{
    if (entry->OwnerThread == 0) {
        entry->OwnerThread = self();
        entry->OwnerCount = 0;
        resource->ActiveEntries++;
    }
    entry->OwnerCount++;
}

static bool is_exclusive(PERESOURCE resource)
{
    return resource->Flag & RESOURCE_EXCLUSIVE;
}

static bool may_take_exclusive(PERESOURCE resource)
{
    return resource->ActiveEntries == 0 || (is_exclusive(resource) && find_owner(resource, self()));
}

/* A writer that waits goes before new readers, but not before one that is inside already. */
static bool may_take_shared(PERESOURCE resource)
{
    if (resource->ActiveEntries == 0 || find_owner(resource, self()))
        return true;
    return !is_exclusive(resource) && resource->NumberOfExclusiveWaiters == 0;
}

static BOOLEAN acquire(PERESOURCE resource, BOOLEAN wait, bool exclusive)
{
    bool (*may_take)(PERESOURCE) = exclusive ? may_take_exclusive : may_take_shared;
    ULONG *waiters = exclusive ? &resource->NumberOfExclusiveWaiters
                               : &resource->NumberOfSharedWaiters;
    struct guard *guard = guard_of(resource);
    POWNER_ENTRY entry = NULL;
    bool free;

    base_lock_acquire(&guard->lock);
    while (!(free = may_take(resource)) || !(entry = own_entry(resource))) {
        uint32_t turn = atomic_load_explicit(&guard->turns, memory_order_relaxed);

        if (wait)
            ++*waiters;
        base_lock_release(&guard->lock);
        if (!wait)
            return FALSE;
        os_wait(&guard->turns, turn, free ? os_clock_ns() + RETRY_NS : OS_FOREVER);
        base_lock_acquire(&guard->lock);
        --*waiters;
        resource->ContentionCount++;
    }
    if (exclusive)
        resource->Flag |= RESOURCE_EXCLUSIVE;
    add_owner(resource, entry);
    base_lock_release(&guard->lock);
    return TRUE;
}

/* --- What drivers call --------------------------------------------------------------------- */

NTSTATUS ExInitializeResourceLite(PERESOURCE resource)
{
    memset(resource, 0, sizeof(*resource));
    return STATUS_SUCCESS;
}

NTSTATUS ExDeleteResourceLite(PERESOURCE resource)
{
    nt_require_irql(APC_LEVEL, "ExDeleteResourceLite", NT_CALLER());
    os_free(resource->OwnerTable);
    resource->OwnerTable = NULL;
    return STATUS_SUCCESS;
}

BOOLEAN ExAcquireResourceExclusiveLite(PERESOURCE resource, BOOLEAN wait)
{
    nt_require_irql(APC_LEVEL, "ExAcquireResourceExclusiveLite", NT_CALLER());
    return acquire(resource, wait, true);
}

BOOLEAN ExAcquireResourceSharedLite(PERESOURCE resource, BOOLEAN wait)
{
    nt_require_irql(APC_LEVEL, "ExAcquireResourceSharedLite", NT_CALLER());
    return acquire(resource, wait, false);
}

VOID ExReleaseResourceLite(PERESOURCE resource)
{
    struct guard *guard = guard_of(resource);
    bool wake = false;
    POWNER_ENTRY entry;

    nt_require_irql(DISPATCH_LEVEL, "ExReleaseResourceLite", NT_CALLER());
    base_lock_acquire(&guard->lock);
    entry = find_owner(resource, self());
    if (!entry) {
        base_lock_release(&guard->lock);
        NT_BUG(RESOURCE_NOT_OWNED, resource, self(), 0, NT_CALLER(),
               "ExReleaseResourceLite: this thread does not hold the resource at %p.",
               (void *)resource);
    }
    if (--entry->OwnerCount == 0) {
        entry->OwnerThread = 0;
        if (--resource->ActiveEntries == 0)
            resource->Flag &= (USHORT)~RESOURCE_EXCLUSIVE;
        wake = resource->NumberOfSharedWaiters || resource->NumberOfExclusiveWaiters;
        atomic_fetch_add_explicit(&guard->turns, 1, memory_order_relaxed);
    }
    base_lock_release(&guard->lock);
    if (wake)
        os_wake_all(&guard->turns);
}

static ULONG own_count(PERESOURCE resource, bool exclusive)
{
    struct guard *guard = guard_of(resource);
    POWNER_ENTRY entry;
    ULONG count = 0;

    base_lock_acquire(&guard->lock);
    entry = find_owner(resource, self());
    if (entry && (!exclusive || is_exclusive(resource)))
        count = entry->OwnerCount;
    base_lock_release(&guard->lock);
    return count;
}

BOOLEAN ExIsResourceAcquiredExclusiveLite(PERESOURCE resource)
{
    return own_count(resource, true) != 0;
}

/* wdm.h: an exclusive owner counts as well. */
ULONG ExIsResourceAcquiredSharedLite(PERESOURCE resource)
{
    return own_count(resource, false);
}
