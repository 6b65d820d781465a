/* SPDX-License-Identifier: MIT */
/*
 * lookaside.c - lists of blocks of one size, kept for reuse.
 *
 * A cached block keeps its contents, but for the pointer at its start that links it: drivers leave
 * prepared objects in there. All state stands in the public structure: a lock and a count in
 * Future, and in ListEntry a mark of a live list and its record in the ledger.
 */
#include "nt_internal.h"

#include <string.h>

#define FLAGS_KNOWN \
    (EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL | EX_LOOKASIDE_LIST_EX_FLAGS_FAIL_NO_RAISE)

typedef GENERAL_LOOKASIDE_POOL GENERAL;

struct record {
    struct ledger_entry entry;
};

static PVOID default_allocate_ex(POOL_TYPE type, SIZE_T size, ULONG tag, PLOOKASIDE_LIST_EX list)
{
    (void)list;
    return ExAllocatePoolWithTag(type, size, tag);
}

static VOID default_free_ex(PVOID memory, PLOOKASIDE_LIST_EX list)
{
    (void)list;
    ExFreePool(memory);
}

static struct base_lock *lock_of(GENERAL *list)
{
    return (struct base_lock *)&list->Future[0];
}

static void require_list(const GENERAL *list, const char *function, const void *place)
{
    nt_require_irql(list->Type & PagedPool ? APC_LEVEL : DISPATCH_LEVEL, function, place);
    if (list->ListEntry.Blink != &list->ListEntry)
        NT_BUG_RULE(DRIVER_VERIFIER_DETECTED_VIOLATION, NULL, list, 0, 0, place,
                    "%s: the lookaside list is not initialised, or was deleted", function);
}

static void initialise(GENERAL *list, POOL_TYPE type, SIZE_T size, ULONG tag, USHORT depth,
                       const void *place)
{
    struct record *record = os_allocate_zeroed(sizeof(*record));

    memset(list, 0, sizeof(*list));
    list->Depth = depth ? depth : EX_MAXIMUM_LOOKASIDE_DEPTH_BASE;
    list->MaximumDepth = list->Depth;
    list->Type = type;
    list->Tag = tag;
    list->Size = (ULONG)(size < sizeof(SINGLE_LIST_ENTRY) ? sizeof(SINGLE_LIST_ENTRY) : size);
    list->ListEntry.Blink = &list->ListEntry;
    list->ListEntry.Flink = (PLIST_ENTRY)record;
    if (!record)
        return;
    record->entry.size = list->Size;
    record->entry.tag = tag;
    ledger_add(&record->entry, LEDGER_LOOKASIDE, list, place);
}

static PVOID pop(GENERAL *list)
{
    PSINGLE_LIST_ENTRY entry;

    base_lock_acquire(lock_of(list));
    list->TotalAllocates++;
    entry = list->SingleListHead.Next;
    if (entry) {
        list->SingleListHead.Next = entry->Next;
        list->Future[1]--;
    } else {
        list->AllocateMisses++;
    }
    base_lock_release(lock_of(list));
    return entry;
}

/* False when the list is full. */
static bool push(GENERAL *list, PVOID block)
{
    PSINGLE_LIST_ENTRY entry = block;
    bool cached;

    base_lock_acquire(lock_of(list));
    list->TotalFrees++;
    cached = list->Future[1] < list->Depth;
    if (cached) {
        entry->Next = list->SingleListHead.Next;
        list->SingleListHead.Next = entry;
        list->Future[1]++;
    } else {
        list->FreeMisses++;
    }
    base_lock_release(lock_of(list));
    return cached;
}

static void retire(GENERAL *list)
{
    struct record *record = (struct record *)list->ListEntry.Flink;

    list->ListEntry.Flink = list->ListEntry.Blink = NULL;
    if (!record)
        return;
    ledger_remove(&record->entry);
    os_free(record);
}

/* --- LOOKASIDE_LIST_EX ------------------------------------------------------------------------ */

NTSTATUS ExInitializeLookasideListEx(PLOOKASIDE_LIST_EX lookaside, PALLOCATE_FUNCTION_EX allocate,
                                     PFREE_FUNCTION_EX free, POOL_TYPE type, ULONG flags,
                                     SIZE_T size, ULONG tag, USHORT depth)
{
    const void *place = NT_CALLER();

    nt_require_irql(DISPATCH_LEVEL, "ExInitializeLookasideListEx", place);
    if ((type & ~(POOL_TYPE)(PagedPool | NonPagedPoolCacheAligned | POOL_COLD_ALLOCATION |
                             POOL_NX_ALLOCATION)) != 0)
        return STATUS_INVALID_PARAMETER_4;
    if ((flags & ~FLAGS_KNOWN) || flags == FLAGS_KNOWN)
        return STATUS_INVALID_PARAMETER_5;
    if (flags & EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL)
        type |= POOL_RAISE_IF_ALLOCATION_FAILURE;
    if (flags & EX_LOOKASIDE_LIST_EX_FLAGS_FAIL_NO_RAISE)
        type |= POOL_QUOTA_FAIL_INSTEAD_OF_RAISE;
    initialise(&lookaside->L, type, size, tag, depth, place);
    lookaside->L.AllocateEx = allocate ? allocate : default_allocate_ex;
    lookaside->L.FreeEx = free ? free : default_free_ex;
    return STATUS_SUCCESS;
}

static void flush_ex(PLOOKASIDE_LIST_EX lookaside, const void *place)
{
    PVOID block;

    while ((block = pop(&lookaside->L)) != NULL) {
        if (lookaside->L.FreeEx == default_free_ex)
            nt_pool_free(block, lookaside->L.Tag, place);
        else
            lookaside->L.FreeEx(block, lookaside);
    }
}

VOID ExDeleteLookasideListEx(PLOOKASIDE_LIST_EX lookaside)
{
    require_list(&lookaside->L, "ExDeleteLookasideListEx", NT_CALLER());
    flush_ex(lookaside, NT_CALLER());
    retire(&lookaside->L);
}

VOID ExFlushLookasideListEx(PLOOKASIDE_LIST_EX lookaside)
{
    require_list(&lookaside->L, "ExFlushLookasideListEx", NT_CALLER());
    flush_ex(lookaside, NT_CALLER());
}

PVOID ExAllocateFromLookasideListEx(PLOOKASIDE_LIST_EX lookaside)
{
    const void *place = NT_CALLER();
    GENERAL *list = &lookaside->L;
    PVOID block;

    require_list(list, "ExAllocateFromLookasideListEx", place);
    block = pop(list);
    if (block)
        return block;
    if (list->AllocateEx == default_allocate_ex)
        return nt_pool_allocate_typed(list->Type, list->Size, list->Tag, place);
    return list->AllocateEx(list->Type, list->Size, list->Tag, lookaside);
}

VOID ExFreeToLookasideListEx(PLOOKASIDE_LIST_EX lookaside, PVOID block)
{
    const void *place = NT_CALLER();
    GENERAL *list = &lookaside->L;

    require_list(list, "ExFreeToLookasideListEx", place);
    if (push(list, block))
        return;
    if (list->FreeEx == default_free_ex)
        nt_pool_free(block, list->Tag, place);
    else
        list->FreeEx(block, lookaside);
}

/* --- NPAGED_LOOKASIDE_LIST and PAGED_LOOKASIDE_LIST ------------------------------------------- */

static void initialise_old(GENERAL *list, PALLOCATE_FUNCTION allocate, PFREE_FUNCTION free,
                           POOL_TYPE type, SIZE_T size, ULONG tag, USHORT depth, const void *place)
{
    initialise(list, type, size, tag, depth, place);
    list->Allocate = allocate ? allocate : ExAllocatePoolWithTag;
    list->Free = free ? free : ExFreePool;
}

static void delete_old(GENERAL *list, const char *function, const void *place)
{
    PVOID block;

    require_list(list, function, place);
    while ((block = pop(list)) != NULL) {
        if (list->Free == ExFreePool)
            nt_pool_free(block, list->Tag, place);
        else
            list->Free(block);
    }
    retire(list);
}

static PVOID allocate_old(GENERAL *list, const char *function, const void *place)
{
    PVOID block;

    require_list(list, function, place);
    block = pop(list);
    if (block)
        return block;
    if (list->Allocate == ExAllocatePoolWithTag)
        return nt_pool_allocate_typed(list->Type, list->Size, list->Tag, place);
    return list->Allocate(list->Type, list->Size, list->Tag);
}

static void free_old(GENERAL *list, PVOID block, const char *function, const void *place)
{
    require_list(list, function, place);
    if (push(list, block))
        return;
    if (list->Free == ExFreePool)
        nt_pool_free(block, list->Tag, place);
    else
        list->Free(block);
}

VOID ExInitializeNPagedLookasideList(PNPAGED_LOOKASIDE_LIST lookaside, PALLOCATE_FUNCTION allocate,
                                     PFREE_FUNCTION free, ULONG flags, SIZE_T size, ULONG tag,
                                     USHORT depth)
{
    nt_require_irql(DISPATCH_LEVEL, "ExInitializeNPagedLookasideList", NT_CALLER());
    initialise_old((GENERAL *)&lookaside->L, allocate, free, (POOL_TYPE)(NonPagedPool | flags),
                   size, tag, depth, NT_CALLER());
}

VOID ExDeleteNPagedLookasideList(PNPAGED_LOOKASIDE_LIST lookaside)
{
    delete_old((GENERAL *)&lookaside->L, "ExDeleteNPagedLookasideList", NT_CALLER());
}

PVOID ExAllocateFromNPagedLookasideList(PNPAGED_LOOKASIDE_LIST lookaside)
{
    return allocate_old((GENERAL *)&lookaside->L, "ExAllocateFromNPagedLookasideList", NT_CALLER());
}

VOID ExFreeToNPagedLookasideList(PNPAGED_LOOKASIDE_LIST lookaside, PVOID block)
{
    free_old((GENERAL *)&lookaside->L, block, "ExFreeToNPagedLookasideList", NT_CALLER());
}

VOID ExInitializePagedLookasideList(PPAGED_LOOKASIDE_LIST lookaside, PALLOCATE_FUNCTION allocate,
                                    PFREE_FUNCTION free, ULONG flags, SIZE_T size, ULONG tag,
                                    USHORT depth)
{
    nt_require_irql(APC_LEVEL, "ExInitializePagedLookasideList", NT_CALLER());
    initialise_old((GENERAL *)&lookaside->L, allocate, free, (POOL_TYPE)(PagedPool | flags), size,
                   tag, depth, NT_CALLER());
}

VOID ExDeletePagedLookasideList(PPAGED_LOOKASIDE_LIST lookaside)
{
    delete_old((GENERAL *)&lookaside->L, "ExDeletePagedLookasideList", NT_CALLER());
}

PVOID ExAllocateFromPagedLookasideList(PPAGED_LOOKASIDE_LIST lookaside)
{
    return allocate_old((GENERAL *)&lookaside->L, "ExAllocateFromPagedLookasideList", NT_CALLER());
}

VOID ExFreeToPagedLookasideList(PPAGED_LOOKASIDE_LIST lookaside, PVOID block)
{
    free_old((GENERAL *)&lookaside->L, block, "ExFreeToPagedLookasideList", NT_CALLER());
}
