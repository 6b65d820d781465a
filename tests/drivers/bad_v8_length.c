/* SPDX-License-Identifier: MIT */
/*
 * bad_v8_length.c - takes the length of the whole packet for a buffer that begins behind its
 * header.
 */
#include "bad.h"

static NTSTATUS
Sin(VOID)
{
    static CHAR Packet[64];
    WSK_BUF Buffer = { IoAllocateMdl(Packet, sizeof(Packet), FALSE, FALSE, NULL), 8,
                       sizeof(Packet) };
    WSK_REQUEST Request;
    NTSTATUS Status = Open(NULL, NULL);

    if (!NT_SUCCESS(Status) || !NT_SUCCESS(WskRequestAllocate(&Request))) {
        return STATUS_UNSUCCESSFUL;
    }
    MmBuildMdlForNonPagedPool(Buffer.Mdl);
    Status = Table()->WskSendTo(Socket, &Buffer, 0, (PSOCKADDR)&Local, 0, NULL, Request.Irp); /* CAUGHT V8 FINDING */
    WskRequestWait(&Request, Status);
    IoFreeMdl(Buffer.Mdl);
    WskRequestFree(&Request);
    return STATUS_SUCCESS;
}
