/* SPDX-License-Identifier: MIT */
/*
 * bad_v29_global.c - has one event for all it asks, which its completion routine knows by name, and never
 * clears it.
 */
/* RUN --inject=WskGetLocalAddress:delay=20ms */
#include "bad.h"

static KEVENT Answered;
static IO_COMPLETION_ROUTINE Completed;

static NTSTATUS
Completed(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Irp);
    UNREFERENCED_PARAMETER(Context);
    KeSetEvent(&Answered, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static VOID
Ask(PIRP Irp)
{
    IoReuseIrp(Irp, STATUS_SUCCESS);
    IoSetCompletionRoutine(Irp, Completed, NULL, TRUE, TRUE, TRUE);
    Table()->WskGetLocalAddress(Socket, (PSOCKADDR)&Local, Irp);
    KeWaitForSingleObject(&Answered, Executive, KernelMode, FALSE, NULL); /* CAUGHT V29 FINDING */
}

static NTSTATUS
Sin(VOID)
{
    NTSTATUS Status = Open(NULL, NULL);
    PIRP Irp = IoAllocateIrp(1, FALSE);

    if (!NT_SUCCESS(Status) || Irp == NULL) {
        return STATUS_UNSUCCESSFUL;
    }
    KeInitializeEvent(&Answered, NotificationEvent, FALSE);
    for (ULONG i = 0; i < 2; i++) {
        Ask(Irp);
    }
    Close();
    IoFreeIrp(Irp);
    return STATUS_SUCCESS;
}
