/* SPDX-License-Identifier: MIT */
/* bad_leak_irp.c - leaves an IRP. */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD DriverUnload;

static VOID
DriverUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
}

NTSTATUS
DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    (VOID)IoAllocateIrp(1, FALSE); /* LEAK */
    DriverObject->DriverUnload = DriverUnload;
    return STATUS_SUCCESS;
}
