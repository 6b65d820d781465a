/* SPDX-License-Identifier: MIT */
/*
 * good_imports.c - calls each function of WSK that a driver imports, those that may at DISPATCH_LEVEL, too.
 */
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
    WskDeregister(&Registration);
}

/* What of WSK is at hand, asked for in both ways that wait, and not. */
static NTSTATUS
Ask(VOID)
{
    WSK_PROVIDER_CHARACTERISTICS Versions;
    WSK_PROVIDER_NPI Provider;
    NTSTATUS Status;
    KIRQL Irql;

    Status = WskQueryProviderCharacteristics(&Registration, &Versions);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = WskCaptureProviderNPI(&Registration, 1000, &Provider);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    WskReleaseProviderNPI(&Registration);
    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    Status = WskCaptureProviderNPI(&Registration, WSK_NO_WAIT, &Provider);
    if (NT_SUCCESS(Status)) {
        WskReleaseProviderNPI(&Registration);
    }
    KeLowerIrql(Irql);
    return Status;
}

NTSTATUS
DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    WSK_CLIENT_NPI Client = { NULL, &Dispatch };
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = DriverUnload;
    Status = WskRegister(&Client, &Registration);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = Ask();
    if (!NT_SUCCESS(Status)) {
        WskDeregister(&Registration);
    }
    return Status;
}
