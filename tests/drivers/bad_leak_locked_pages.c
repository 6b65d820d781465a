/* SPDX-License-Identifier: MIT */
/* bad_leak_locked_pages.c - leaves an MDL whose pages are locked. */
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
    PMDL Mdl = IoAllocateMdl(Buffer, sizeof(Buffer), FALSE, FALSE, NULL);

    UNREFERENCED_PARAMETER(RegistryPath);
    if (Mdl == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    MmProbeAndLockPages(Mdl, KernelMode, IoWriteAccess); /* LEAK */
    DriverObject->DriverUnload = DriverUnload;
    return STATUS_SUCCESS;
}
