/* SPDX-License-Identifier: MIT */
/* bad_hang.c - its unload waits for something that never comes. */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD DriverUnload;

static KEVENT Never;
static PVOID Block;

static VOID
DriverUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    DbgPrint("bad_hang: unloading\n");
    KeWaitForSingleObject(&Never, Executive, KernelMode, FALSE, NULL);
    ExFreePoolWithTag(Block, 'gnaH');
}

NTSTATUS
DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    KeInitializeEvent(&Never, NotificationEvent, FALSE);
    Block = ExAllocatePool2(POOL_FLAG_NON_PAGED, 32, 'gnaH'); /* HELD */
    DriverObject->DriverUnload = DriverUnload;
    return STATUS_SUCCESS;
}
