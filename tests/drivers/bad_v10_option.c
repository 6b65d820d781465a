/* SPDX-License-Identifier: MIT */
/*
 * bad_v10_option.c - receives with the place for the control flags in a block that it frees at once; the rest it
 * keeps.
 */
#include "bad.h"

static NTSTATUS
Sin(VOID)
{
    static CHAR Room[16];
    WSK_BUF Buffer = { IoAllocateMdl(Room, sizeof(Room), FALSE, FALSE, NULL), 0, sizeof(Room) };
    PULONG Flags = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(ULONG), 'galF');
    WSK_REQUEST Request;
    NTSTATUS Status = Open(NULL, NULL);

    if (!NT_SUCCESS(Status) || Flags == NULL || !NT_SUCCESS(WskRequestAllocate(&Request))) {
        return STATUS_UNSUCCESSFUL;
    }
    MmBuildMdlForNonPagedPool(Buffer.Mdl);
    Status = Table()->WskReceiveFrom(Socket, &Buffer, 0, NULL, NULL, NULL, Flags, Request.Irp); /* CAUGHT V10 FINDING */
    ExFreePoolWithTag(Flags, 'galF'); /* STACK freed */
    IoCancelIrp(Request.Irp);
    WskRequestWait(&Request, Status);
    IoFreeMdl(Buffer.Mdl);
    WskRequestFree(&Request);
    return STATUS_SUCCESS;
}
