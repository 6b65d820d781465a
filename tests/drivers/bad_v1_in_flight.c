/* SPDX-License-Identifier: MIT */
/*
 * bad_v1_in_flight.c - sends the IRP of a receive that is still pending: a second use of an IRP in
 * flight, as when a retry timer and the completion share one IRP.
 */
#include "bad.h"

static NTSTATUS
Sin(VOID)
{
    static CHAR Room[16];
    WSK_BUF Buffer = { IoAllocateMdl(Room, sizeof(Room), FALSE, FALSE, NULL), 0, sizeof(Room) };
    WSK_REQUEST Request;
    NTSTATUS Status = Open(NULL, NULL);

    if (!NT_SUCCESS(Status) || !NT_SUCCESS(WskRequestAllocate(&Request))) {
        return STATUS_UNSUCCESSFUL;
    }
    MmBuildMdlForNonPagedPool(Buffer.Mdl);
    Table()->WskReceiveFrom(Socket, &Buffer, 0, NULL, NULL, NULL, NULL, Request.Irp);
    return Table()->WskReceiveFrom(Socket, &Buffer, 0, NULL, NULL, NULL, NULL, Request.Irp); /* CAUGHT V1 STOP */
}
