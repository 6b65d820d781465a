/* SPDX-License-Identifier: MIT */
/* bad_bug_check.c - stops the system. */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;

NTSTATUS
DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    DbgPrint("bad_bug_check: now\n");
    KeBugCheckEx(MANUALLY_INITIATED_CRASH, 1, 2, 3, 4); /* HERE */
}
