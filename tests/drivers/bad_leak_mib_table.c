/* SPDX-License-Identifier: MIT */
/* bad_leak_mib_table.c - forgets FreeMibTable. */
#include <ntddk.h>
#include <netioapi.h>

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
    PMIB_IF_TABLE2 Table;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = DriverUnload;
    Status = GetIfTable2(&Table); /* LEAK */
    return Status;
}
