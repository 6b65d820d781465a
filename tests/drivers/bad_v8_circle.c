/* SPDX-License-Identifier: MIT */
/*
 * bad_v8_circle.c - uses the nodes of its lists again without ending the list anew, so that the second
 * of two messages is followed by itself.
 */
#include "bad.h"

static NTSTATUS
Sin(VOID)
{
    static CHAR Payload[8];
    WSK_BUF_LIST List[2] = { 0 };
    WSK_REQUEST Request;
    NTSTATUS Status = Open(NULL, NULL);

    if (!NT_SUCCESS(Status) || !NT_SUCCESS(WskRequestAllocate(&Request))) {
        return STATUS_UNSUCCESSFUL;
    }
    List[0].Buffer.Mdl = IoAllocateMdl(Payload, sizeof(Payload), FALSE, FALSE, NULL);
    MmBuildMdlForNonPagedPool(List[0].Buffer.Mdl);
    List[0].Buffer.Length = sizeof(Payload);
    List[0].Next = &List[1];
    List[1].Buffer = List[0].Buffer;
    List[1].Next = &List[1];
    Status = Table()->WskSendMessages(Socket, List, 0, (PSOCKADDR)&Local, 0, NULL, Request.Irp); /* CAUGHT V8 FINDING */
    Status = WskRequestWait(&Request, Status);
    IoFreeMdl(List[0].Buffer.Mdl);
    WskRequestFree(&Request);
    return Status == STATUS_INVALID_PARAMETER ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}
