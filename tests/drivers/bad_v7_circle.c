/* SPDX-License-Identifier: MIT */
/*
 * bad_v7_circle.c - empties its MDL and ties it to itself while the send is pending.
 */
/* RUN --inject=WskSendTo:delay=20ms */
#include "bad.h"

static NTSTATUS
Sin(VOID)
{
    static CHAR Payload[32];
    WSK_BUF Buffer = { IoAllocateMdl(Payload, sizeof(Payload), FALSE, FALSE, NULL), 0,
                       sizeof(Payload) };
    WSK_REQUEST Request;
    NTSTATUS Status = Open(NULL, NULL);

    if (!NT_SUCCESS(Status) || !NT_SUCCESS(WskRequestAllocate(&Request))) {
        return STATUS_UNSUCCESSFUL;
    }
    MmBuildMdlForNonPagedPool(Buffer.Mdl);
    Status = Table()->WskSendTo(Socket, &Buffer, 0, (PSOCKADDR)&Local, 0, NULL, Request.Irp); /* CAUGHT V7 FINDING */
    Buffer.Mdl->ByteCount = 0;
    Buffer.Mdl->Next = Buffer.Mdl;
    WskRequestWait(&Request, Status);
    Buffer.Mdl->ByteCount = sizeof(Payload);
    Buffer.Mdl->Next = NULL;
    IoFreeMdl(Buffer.Mdl);
    WskRequestFree(&Request);
    return STATUS_SUCCESS;
}
