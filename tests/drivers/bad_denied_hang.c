/* SPDX-License-Identifier: MIT */
/* bad_denied_hang.c - its unload waits for an event that is set only when there was memory. */
#include <wdm.h>

static KEVENT Ready;

static VOID Unload(PDRIVER_OBJECT Driver)
{
    UNREFERENCED_PARAMETER(Driver);
    KeWaitForSingleObject(&Ready, Executive, KernelMode, FALSE, NULL);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING Path)
{
    PVOID Memory;

    UNREFERENCED_PARAMETER(Path);
    Driver->DriverUnload = Unload;
    KeInitializeEvent(&Ready, NotificationEvent, FALSE);
    Memory = ExAllocatePool2(POOL_FLAG_NON_PAGED, 100, 'ineD'); /* DENIED */
    if (!Memory)
        return STATUS_SUCCESS;
    ExFreePoolWithTag(Memory, 'ineD');
    KeSetEvent(&Ready, IO_NO_INCREMENT, FALSE);
    return STATUS_SUCCESS;
}
