/* SPDX-License-Identifier: MIT */
/*
 * Point: REG-13
 * Exit: 5
 * Says: WskRegister
 *
 * reg_13.c - registers at DISPATCH_LEVEL, where it must not.
 */
#include <wdm.h>
#include <wsk.h>

DRIVER_INITIALIZE DriverEntry;

NTSTATUS
DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    static const WSK_CLIENT_DISPATCH Dispatch = { MAKE_WSK_VERSION(1, 0), 0, NULL };
    WSK_CLIENT_NPI ClientNpi = { NULL, &Dispatch };
    static WSK_REGISTRATION Registration;
    KIRQL Irql;

    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    return WskRegister(&ClientNpi, &Registration);
}
