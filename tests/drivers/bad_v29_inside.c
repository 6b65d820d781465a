/* SPDX-License-Identifier: MIT */
/*
 * bad_v29_inside.c - keeps all of an operation, its event among it, in one block that it hands to the
 * completion routine, and does not clear the event for the second operation.
 */
/* RUN --inject=WskGetLocalAddress:delay=20ms */
#include "bad.h"

typedef struct _OPERATION {
    PIRP Irp;
    NTSTATUS Status;
    KEVENT Done;
} OPERATION;

static IO_COMPLETION_ROUTINE Completed;

static NTSTATUS
Completed(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    OPERATION *Operation = Context;

    UNREFERENCED_PARAMETER(DeviceObject);
    Operation->Status = Irp->IoStatus.Status;
    KeSetEvent(&Operation->Done, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS
Ask(OPERATION *Operation)
{
    IoReuseIrp(Operation->Irp, STATUS_SUCCESS);
    IoSetCompletionRoutine(Operation->Irp, Completed, Operation, TRUE, TRUE, TRUE);
    Table()->WskGetLocalAddress(Socket, (PSOCKADDR)&Local, Operation->Irp);
    KeWaitForSingleObject(&Operation->Done, Executive, KernelMode, FALSE, NULL); /* CAUGHT V29 FINDING */
    return Operation->Status;
}

static NTSTATUS
Sin(VOID)
{
    static OPERATION Operation;
    NTSTATUS Status = Open(NULL, NULL);

    Operation.Irp = IoAllocateIrp(1, FALSE);
    if (!NT_SUCCESS(Status) || Operation.Irp == NULL) {
        return STATUS_UNSUCCESSFUL;
    }
    KeInitializeEvent(&Operation.Done, NotificationEvent, FALSE);
    for (ULONG i = 0; i < 2; i++) {
        Status = Ask(&Operation);
    }
    Close();
    IoFreeIrp(Operation.Irp);
    return Status;
}
