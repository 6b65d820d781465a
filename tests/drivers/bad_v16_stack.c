/* SPDX-License-Identifier: MIT */
/*
 * bad_v16_stack.c - makes its lists with one helper, and forgets one of the two at its unload: the line that allocates is
 * the same, who called it is not.
 */
#include "bad.h"

static PVOID Outgoing, Incoming;

static DECLSPEC_NOINLINE NTSTATUS
MakeList(PVOID *List)
{
    *List = ExAllocatePool2(POOL_FLAG_NON_PAGED, 64, 'tsiL'); /* CAUGHT V16 FINDING */
    return *List != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static VOID
FreeLists(VOID)
{
    ExFreePoolWithTag(Outgoing, 'tsiL');
    UNREFERENCED_PARAMETER(Incoming);
}

static NTSTATUS
Sin(VOID)
{
    NTSTATUS Status = MakeList(&Outgoing);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    BeforeUnload = FreeLists;
    Status = MakeList(&Incoming); /* STACK made */
    if (!NT_SUCCESS(Status)) {
        FreeLists();
    }
    return Status;
}
