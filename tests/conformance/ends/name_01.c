/* SPDX-License-Identifier: MIT */
/*
 * Point: NAME-01
 * Exit: 5
 * Says: IRQL_NOT_LESS_OR_EQUAL
 *
 * name_01.c - a driver that looks a name up at DISPATCH_LEVEL breaks its promise.
 */
#include "conformance.h"

DRIVER_INITIALIZE DriverEntry;

NTSTATUS
DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING Node = RTL_CONSTANT_STRING(L"127.0.0.1");
    PADDRINFOEXW List;
    KIRQL Irql;

    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    CfInitialize();
    if (NT_SUCCESS(CfRegister())) {
        KeRaiseIrql(DISPATCH_LEVEL, &Irql);
        (VOID)Cf.Npi.Dispatch->WskGetAddressInfo(Cf.Npi.Client, &Node, NULL, 0, NULL, NULL, &List,
                                                 NULL, NULL, Use(NewRequest()));
        KeLowerIrql(Irql);
    }
    return STATUS_UNSUCCESSFUL;
}
