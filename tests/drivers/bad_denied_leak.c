/* SPDX-License-Identifier: MIT */
/* bad_denied_leak.c - forgets its first block when it does not get the second. */
#include <wdm.h>

#define TAG 'ineD'

static PVOID First, Second;

static VOID Unload(PDRIVER_OBJECT Driver)
{
    UNREFERENCED_PARAMETER(Driver);
    ExFreePoolWithTag(Second, TAG);
    ExFreePoolWithTag(First, TAG);
}

static PVOID Allocate(SIZE_T Size)
{
    return ExAllocatePool2(POOL_FLAG_NON_PAGED, Size, TAG);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING Path)
{
    UNREFERENCED_PARAMETER(Path);
    Driver->DriverUnload = Unload;
    First = Allocate(100); /* LEAK */
    if (!First)
        return STATUS_INSUFFICIENT_RESOURCES;
    Second = Allocate(200); /* DENIED */
    if (!Second)
        return STATUS_INSUFFICIENT_RESOURCES;
    return STATUS_SUCCESS;
}
