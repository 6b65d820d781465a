/* SPDX-License-Identifier: MIT */
/* bad_leak_mdl.c - leaves an MDL. */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD DriverUnload;

static CHAR Buffer[64];

static VOID
DriverUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
}

NTSTATUS
DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    (VOID)IoAllocateMdl(Buffer, sizeof(Buffer), FALSE, FALSE, NULL); /* LEAK */
    DriverObject->DriverUnload = DriverUnload;
    return STATUS_SUCCESS;
}
