/* SPDX-License-Identifier: MIT */
/* bad_no_entry.c - compiles, but is no driver: its entry is static. */
#include <ntddk.h>

static DRIVER_INITIALIZE DriverEntry;
PDRIVER_INITIALIZE Pointer = DriverEntry;

static NTSTATUS
DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    return STATUS_SUCCESS;
}
