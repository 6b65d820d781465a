/* SPDX-License-Identifier: MIT */
/* bad_leak_lookaside.c - leaves a lookaside list. */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD DriverUnload;

static NPAGED_LOOKASIDE_LIST List;

static VOID
DriverUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
}

NTSTATUS
DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    ExInitializeNPagedLookasideList(&List, NULL, NULL, 0, 64, 'tsiL', 0); /* LEAK */
    DriverObject->DriverUnload = DriverUnload;
    return STATUS_SUCCESS;
}
