/* SPDX-License-Identifier: MIT */
/* bad_missing_import.c - calls a function that neither Windows nor the library has. */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;
VOID KeDoWhatIMean(ULONG Wish);

NTSTATUS
DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    KeDoWhatIMean(42); /* HERE */
    return STATUS_SUCCESS;
}
