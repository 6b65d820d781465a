/* SPDX-License-Identifier: MIT */
/*
 * bad_v7_mdl_freed.c - frees the MDL of a send when the call has returned, not when it is
 * complete.
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
    IoFreeMdl(Buffer.Mdl);
    WskRequestWait(&Request, Status);
    WskRequestFree(&Request);
    return STATUS_SUCCESS;
}
