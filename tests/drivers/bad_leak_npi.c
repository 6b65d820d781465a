/* SPDX-License-Identifier: MIT */
/* bad_leak_npi.c - leaves a captured provider NPI. */
#include <ntddk.h>
#include <wsk.h>

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD DriverUnload;

static const WSK_CLIENT_DISPATCH Dispatch = { MAKE_WSK_VERSION(1, 0), 0, NULL };
static WSK_REGISTRATION Registration;

static VOID
DriverUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
}

NTSTATUS
DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    WSK_CLIENT_NPI Npi = { NULL, &Dispatch };
    WSK_PROVIDER_NPI Provider;

    UNREFERENCED_PARAMETER(RegistryPath);
    if (!NT_SUCCESS(WskRegister(&Npi, &Registration))) {
        return STATUS_UNSUCCESSFUL;
    }
    if (!NT_SUCCESS(WskCaptureProviderNPI(&Registration, WSK_NO_WAIT, &Provider))) { /* LEAK */
        return STATUS_UNSUCCESSFUL;
    }
    DriverObject->DriverUnload = DriverUnload;
    return STATUS_SUCCESS;
}
