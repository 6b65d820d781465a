/* SPDX-License-Identifier: MIT */
/*
 * list.h - the lists that live inside records: doubly linked with a head, singly linked. Any IRQL,
 * no lock.
 */
#ifndef OPENWSK_KM_LIST_H
#define OPENWSK_KM_LIST_H

#include "../ntdef.h"

#ifndef FAST_FAIL_CORRUPT_LIST_ENTRY
#define FAST_FAIL_CORRUPT_LIST_ENTRY 3
#endif

OPENWSK_INLINE VOID InitializeListHead(PLIST_ENTRY ListHead)
{
    ListHead->Flink = ListHead->Blink = ListHead;
}

OPENWSK_INLINE BOOLEAN IsListEmpty(const LIST_ENTRY *ListHead)
{
    return ListHead->Flink == ListHead;
}

/* A list whose neighbours do not point back is the fast failure that Windows makes of it. */
OPENWSK_INLINE VOID openwsk_list_check(int sound)
{
    if (__builtin_expect(!sound, 0))
        __fastfail(FAST_FAIL_CORRUPT_LIST_ENTRY);
}

/* TRUE: the list is empty now. */
OPENWSK_INLINE BOOLEAN RemoveEntryList(PLIST_ENTRY Entry)
{
    PLIST_ENTRY next = Entry->Flink;
    PLIST_ENTRY previous = Entry->Blink;

    openwsk_list_check(next->Blink == Entry && previous->Flink == Entry);
    previous->Flink = next;
    next->Blink = previous;
    return next == previous;
}

/* The head itself when the list is empty. */
OPENWSK_INLINE PLIST_ENTRY RemoveHeadList(PLIST_ENTRY ListHead)
{
    PLIST_ENTRY entry = ListHead->Flink;

    openwsk_list_check(entry->Blink == ListHead && entry->Flink->Blink == entry);
    ListHead->Flink = entry->Flink;
    entry->Flink->Blink = ListHead;
    return entry;
}

OPENWSK_INLINE PLIST_ENTRY RemoveTailList(PLIST_ENTRY ListHead)
{
    PLIST_ENTRY entry = ListHead->Blink;

    openwsk_list_check(entry->Flink == ListHead && entry->Blink->Flink == entry);
    ListHead->Blink = entry->Blink;
    entry->Blink->Flink = ListHead;
    return entry;
}

OPENWSK_INLINE VOID InsertTailList(PLIST_ENTRY ListHead, PLIST_ENTRY Entry)
{
    PLIST_ENTRY last = ListHead->Blink;

    openwsk_list_check(last->Flink == ListHead);
    Entry->Flink = ListHead;
    Entry->Blink = last;
    last->Flink = Entry;
    ListHead->Blink = Entry;
}

OPENWSK_INLINE VOID InsertHeadList(PLIST_ENTRY ListHead, PLIST_ENTRY Entry)
{
    PLIST_ENTRY first = ListHead->Flink;

    openwsk_list_check(first->Blink == ListHead);
    Entry->Flink = first;
    Entry->Blink = ListHead;
    first->Blink = Entry;
    ListHead->Flink = Entry;
}

/* ListToAppend is a ring without a head of its own. */
OPENWSK_INLINE VOID AppendTailList(PLIST_ENTRY ListHead, PLIST_ENTRY ListToAppend)
{
    PLIST_ENTRY last = ListHead->Blink;

    ListHead->Blink->Flink = ListToAppend;
    ListHead->Blink = ListToAppend->Blink;
    ListToAppend->Blink->Flink = ListHead;
    ListToAppend->Blink = last;
}

OPENWSK_INLINE PSINGLE_LIST_ENTRY PopEntryList(PSINGLE_LIST_ENTRY ListHead)
{
    PSINGLE_LIST_ENTRY first = ListHead->Next;

    if (first)
        ListHead->Next = first->Next;
    return first;
}

OPENWSK_INLINE VOID PushEntryList(PSINGLE_LIST_ENTRY ListHead, PSINGLE_LIST_ENTRY Entry)
{
    Entry->Next = ListHead->Next;
    ListHead->Next = Entry;
}

#endif
