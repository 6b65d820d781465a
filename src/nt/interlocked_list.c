/* SPDX-License-Identifier: MIT */
/*
 * interlocked_list.c - lists under a spin lock of the driver's. Callable at any IRQL: they raise to
 * at least DISPATCH_LEVEL themselves.
 */
#include "nt_internal.h"

static KIRQL take(PKSPIN_LOCK lock)
{
    KIRQL before = nt_irql();

    if (before < DISPATCH_LEVEL)
        nt_irql_set(DISPATCH_LEVEL);
    KeAcquireSpinLockAtDpcLevel(lock);
    return before;
}

static void give_back(PKSPIN_LOCK lock, KIRQL before)
{
    KeReleaseSpinLockFromDpcLevel(lock);
    nt_irql_set(before);
}

PLIST_ENTRY ExInterlockedInsertHeadList(PLIST_ENTRY head, PLIST_ENTRY entry, PKSPIN_LOCK lock)
{
    KIRQL before = take(lock);
    PLIST_ENTRY first = IsListEmpty(head) ? NULL : head->Flink;

    InsertHeadList(head, entry);
    give_back(lock, before);
    return first;
}

PLIST_ENTRY ExInterlockedInsertTailList(PLIST_ENTRY head, PLIST_ENTRY entry, PKSPIN_LOCK lock)
{
    KIRQL before = take(lock);
    PLIST_ENTRY last = IsListEmpty(head) ? NULL : head->Blink;

    InsertTailList(head, entry);
    give_back(lock, before);
    return last;
}

PLIST_ENTRY ExInterlockedRemoveHeadList(PLIST_ENTRY head, PKSPIN_LOCK lock)
{
    KIRQL before = take(lock);
    PLIST_ENTRY first = IsListEmpty(head) ? NULL : RemoveHeadList(head);

    give_back(lock, before);
    return first;
}

PSINGLE_LIST_ENTRY ExInterlockedPushEntryList(PSINGLE_LIST_ENTRY head, PSINGLE_LIST_ENTRY entry,
                                              PKSPIN_LOCK lock)
{
    KIRQL before = take(lock);
    PSINGLE_LIST_ENTRY first = head->Next;

    entry->Next = first;
    head->Next = entry;
    give_back(lock, before);
    return first;
}

PSINGLE_LIST_ENTRY ExInterlockedPopEntryList(PSINGLE_LIST_ENTRY head, PKSPIN_LOCK lock)
{
    KIRQL before = take(lock);
    PSINGLE_LIST_ENTRY first = head->Next;

    if (first)
        head->Next = first->Next;
    give_back(lock, before);
    return first;
}
