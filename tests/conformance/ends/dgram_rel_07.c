/* SPDX-License-Identifier: MIT */
/*
 * Point: DGRAM-REL-07
 * Exit: 1
 * Says: the datagram is still readable
 *
 * dgram_rel_07.c - a close does not take back what the driver holds, however wrong it is to hold it.
 */
#include "retained.h"

DRIVER_INITIALIZE DriverEntry;

NTSTATUS
DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    NTSTATUS Status = CloseWithOneRetained();
    CHAR Copy[8] = "";

    UNREFERENCED_PARAMETER(RegistryPath);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    DriverObject->DriverUnload = CfUnload;
    if (Retained->Buffer.Length == 5) {
        CopyBuffer(&Retained->Buffer, Copy);
    }
    DbgPrint("the datagram is %s readable\n", Copy);
    CfGiveBackAll();
    return STATUS_SUCCESS;
}
