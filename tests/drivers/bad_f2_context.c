/* SPDX-License-Identifier: MIT */
/*
 * bad_f2_context.c - notes in the context of a receive that it is under way after the function has returned: the completion
 * routine, which frees the context, has already run when the receive is refused.
 */
/* INJECT --inject=WskReceiveFrom:status=STATUS_INSUFFICIENT_RESOURCES */
#include "bad.h"

typedef struct _RECEIVE {
    PIRP Irp;
    PMDL Mdl;
    BOOLEAN UnderWay;
    CHAR Room[100];
} RECEIVE;

static RECEIVE *Current;
static KEVENT Ended;

static NTSTATUS
Completed(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    RECEIVE *Receive = Context;

    UNREFERENCED_PARAMETER(DeviceObject);
    IoFreeMdl(Receive->Mdl);
    IoFreeIrp(Irp);
    ExFreePoolWithTag(Receive, 'vceR');
    KeSetEvent(&Ended, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static VOID
Start(RECEIVE *Receive)
{
    WSK_BUF Buffer = { Receive->Mdl, 0, sizeof(Receive->Room) };

    MmBuildMdlForNonPagedPool(Receive->Mdl);
    IoSetCompletionRoutine(Receive->Irp, Completed, Receive, TRUE, TRUE, TRUE);
    Table()->WskReceiveFrom(Socket, &Buffer, 0, NULL, NULL, NULL, NULL, Receive->Irp);
    Receive->UnderWay = TRUE; /* CAUGHT V5 STOP */
}

static VOID
End(VOID)
{
    if (Current->UnderWay) {
        IoCancelIrp(Current->Irp);
    }
    KeWaitForSingleObject(&Ended, Executive, KernelMode, FALSE, NULL);
}

static NTSTATUS
Sin(VOID)
{
    RECEIVE *Receive = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(RECEIVE), 'vceR');
    NTSTATUS Status = Open(NULL, NULL);

    if (!NT_SUCCESS(Status) || Receive == NULL) {
        return STATUS_UNSUCCESSFUL;
    }
    KeInitializeEvent(&Ended, NotificationEvent, FALSE);
    Receive->Irp = IoAllocateIrp(1, FALSE);
    Receive->Mdl = IoAllocateMdl(Receive->Room, sizeof(Receive->Room), FALSE, FALSE, NULL);
    if (Receive->Irp == NULL || Receive->Mdl == NULL) {
        return STATUS_UNSUCCESSFUL;
    }
    Current = Receive;
    BeforeUnload = End;
    Start(Receive);
    return STATUS_SUCCESS;
}
