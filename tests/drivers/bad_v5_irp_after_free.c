/* SPDX-License-Identifier: MIT */
/*
 * bad_v5_irp_after_free.c - reads IoStatus of an IRP that its completion routine has freed
 * already.
 */
#include "bad.h"

static KEVENT Done;

static NTSTATUS
Completed(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Context);
    IoFreeIrp(Irp);
    KeSetEvent(&Done, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS
Sin(VOID)
{
    PIRP Irp = IoAllocateIrp(1, FALSE);
    NTSTATUS Status = Open(NULL, NULL);

    if (!NT_SUCCESS(Status) || Irp == NULL) {
        return STATUS_UNSUCCESSFUL;
    }
    KeInitializeEvent(&Done, NotificationEvent, FALSE);
    IoSetCompletionRoutine(Irp, Completed, NULL, TRUE, TRUE, TRUE);
    Table()->WskGetLocalAddress(Socket, (PSOCKADDR)&Local, Irp);
    KeWaitForSingleObject(&Done, Executive, KernelMode, FALSE, NULL);
    return Irp->IoStatus.Status; /* CAUGHT V5 STOP */
}
