/* SPDX-License-Identifier: MIT */
/*
 * bad_v3_continues.c - returns STATUS_SUCCESS from the completion routine of its own IRP.
 */
#include "bad.h"

static KEVENT Done;

static NTSTATUS
Completed(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{ /* CAUGHT V3 STOP */
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Context);
    IoFreeIrp(Irp);
    KeSetEvent(&Done, IO_NO_INCREMENT, FALSE);
    return STATUS_SUCCESS;
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
    return STATUS_SUCCESS;
}
