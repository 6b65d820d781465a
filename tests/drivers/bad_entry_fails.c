/* SPDX-License-Identifier: MIT */
/*
 * bad_entry_fails.c - fails in DriverEntry, forgets what it has allocated, and must not be
 * unloaded.
 */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD DriverUnload;

static VOID
DriverUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    DbgPrint("bad_entry_fails: unloaded\n");
}

NTSTATUS
DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    (VOID)ExAllocatePool2(POOL_FLAG_NON_PAGED, 10, 'liaF'); /* LEAK */
    DriverObject->DriverUnload = DriverUnload;
    return STATUS_DEVICE_CONFIGURATION_ERROR;
}
