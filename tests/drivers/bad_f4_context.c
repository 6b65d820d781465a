/* SPDX-License-Identifier: MIT */
/*
 * bad_f4_context.c - frees what its send needs when WskCloseSocket has returned, and waits for the close only then.
 */
/* INJECT --inject=WskSendTo:past-close:delay=100ms */
#include "bad.h"

typedef struct _SEND {
    KEVENT Done;
    NTSTATUS Status;
    CHAR Payload[8];
} SEND;

static SEND *Sent;
static PIRP Irp;
static PMDL Mdl;

static NTSTATUS
Completed(PDEVICE_OBJECT DeviceObject, PIRP Own, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Context);
    Sent->Status = Own->IoStatus.Status; /* CAUGHT V5 STOP */
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static VOID
CloseTooEarly(VOID)
{
    WSK_REQUEST Request;
    NTSTATUS Status;

    if (NT_SUCCESS(WskRequestAllocate(&Request))) {
        Status = Table()->WskCloseSocket(Socket, Request.Irp);
        ExFreePoolWithTag(Sent, 'dneS');
        WskRequestWait(&Request, Status);
        WskRequestFree(&Request);
        WskAppStop(&App);
        Socket = NULL;
        IoFreeMdl(Mdl);
        IoFreeIrp(Irp);
    }
}

static NTSTATUS
Sin(VOID)
{
    WSK_BUF Buffer = { NULL, 0, 8 };
    NTSTATUS Status = Open(NULL, NULL);

    Sent = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(SEND), 'dneS');
    Irp = IoAllocateIrp(1, FALSE);
    if (!NT_SUCCESS(Status) || Sent == NULL || Irp == NULL) {
        return STATUS_UNSUCCESSFUL;
    }
    Buffer.Mdl = Mdl = IoAllocateMdl(Sent->Payload, 8, FALSE, FALSE, NULL);
    MmBuildMdlForNonPagedPool(Mdl);
    IoSetCompletionRoutine(Irp, Completed, NULL, TRUE, TRUE, TRUE);
    Table()->WskSendTo(Socket, &Buffer, 0, (PSOCKADDR)&Local, 0, NULL, Irp);
    BeforeUnload = CloseTooEarly;
    return STATUS_SUCCESS;
}
