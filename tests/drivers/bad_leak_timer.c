/* SPDX-License-Identifier: MIT */
/* bad_leak_timer.c - leaves a timer armed for an hour. */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD DriverUnload;

static KTIMER Timer;

static VOID
DriverUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
}

NTSTATUS
DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    LARGE_INTEGER DueTime;

    UNREFERENCED_PARAMETER(RegistryPath);
    KeInitializeTimer(&Timer);
    DueTime.QuadPart = -36000000000LL;
    KeSetTimer(&Timer, DueTime, NULL); /* LEAK */
    DriverObject->DriverUnload = DriverUnload;
    return STATUS_SUCCESS;
}
