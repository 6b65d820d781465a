/* SPDX-License-Identifier: MIT */
/*
 * Point: DGRAM-REL-08
 * Exit: 1
 * Says: WSK-V14
 *
 * dgram_rel_08.c - a close with datagrams out succeeds, and is reported.
 */
#include "retained.h"

DRIVER_INITIALIZE DriverEntry;

NTSTATUS
DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    NTSTATUS Status = CloseWithOneRetained();

    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = CfUnload;
    CfGiveBackAll();
    return Status;
}
