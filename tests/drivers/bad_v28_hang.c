/* SPDX-License-Identifier: MIT */
/*
 * bad_v28_hang.c - waits in its unload for a receive that nothing ends: it forgot to cancel it.
 */
/* RUN --unload-timeout=100ms */
/* COUNTS oldest_us 100000 */
/* COUNTS most_bytes 16 16 */
#include "bad.h"

static WSK_REQUEST Request;

static VOID
Wait(VOID)
{
    WskRequestWait(&Request, STATUS_PENDING);
}

static NTSTATUS
Sin(VOID)
{
    static CHAR Room[16];
    WSK_BUF Buffer = { IoAllocateMdl(Room, sizeof(Room), FALSE, FALSE, NULL), 0, sizeof(Room) };
    NTSTATUS Status = Open(NULL, NULL);

    if (!NT_SUCCESS(Status) || !NT_SUCCESS(WskRequestAllocate(&Request))) {
        return STATUS_UNSUCCESSFUL;
    }
    MmBuildMdlForNonPagedPool(Buffer.Mdl);
    Table()->WskReceiveFrom(Socket, &Buffer, 0, NULL, NULL, NULL, NULL, Request.Irp); /* CAUGHT V28 HANG */
    BeforeUnload = Wait;
    return STATUS_SUCCESS;
}
