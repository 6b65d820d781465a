/* SPDX-License-Identifier: MIT */
/*
 * bad_v7_messages.c - sends three datagrams with one call from buffers that it uses again, and fills
 * the last one anew before the call is complete. The list itself may go when the call returns.
 */
/* RUN --inject=WskSendMessages:delay=20ms */
#include "bad.h"

#define COUNT 3

static CHAR Payload[COUNT][32];
static PMDL Mdls[COUNT];

static NTSTATUS
SendAll(PIRP Irp)
{
    WSK_BUF_LIST List[COUNT] = { 0 };

    for (ULONG i = 0; i < COUNT; i++) {
        Mdls[i] = IoAllocateMdl(Payload[i], sizeof(Payload[i]), FALSE, FALSE, NULL);
        MmBuildMdlForNonPagedPool(Mdls[i]);
        List[i].Buffer.Mdl = Mdls[i];
        List[i].Buffer.Length = sizeof(Payload[i]);
        List[i].Next = i + 1 < COUNT ? &List[i + 1] : NULL;
    }
    return Table()->WskSendMessages(Socket, List, 0, (PSOCKADDR)&Local, 0, NULL, Irp); /* CAUGHT V7 FINDING */
}

static NTSTATUS
Sin(VOID)
{
    WSK_REQUEST Request;
    NTSTATUS Status = Open(NULL, NULL);

    if (!NT_SUCCESS(Status) || !NT_SUCCESS(WskRequestAllocate(&Request))) {
        return STATUS_UNSUCCESSFUL;
    }
    Status = SendAll(Request.Irp);
    Payload[COUNT - 1][5]++;
    WskRequestWait(&Request, Status);
    for (ULONG i = 0; i < COUNT; i++) {
        IoFreeMdl(Mdls[i]);
    }
    WskRequestFree(&Request);
    return STATUS_SUCCESS;
}
