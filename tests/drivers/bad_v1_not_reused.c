/* SPDX-License-Identifier: MIT */
/*
 * bad_v1_not_reused.c - uses an IRP again without IoReuseIrp: the old status and cancel flag are
 * still in it.
 */
#include "bad.h"

static NTSTATUS
Sin(VOID)
{
    WSK_REQUEST Request;
    NTSTATUS Status = Open(NULL, NULL);

    if (!NT_SUCCESS(Status) || !NT_SUCCESS(WskRequestAllocate(&Request))) {
        return STATUS_UNSUCCESSFUL;
    }
    for (ULONG i = 0; i < 2; i++) {
        IoSetCompletionRoutine(Request.Irp, WskRequestCompleted, &Request.Completed, TRUE, TRUE,
                               TRUE);
        Table()->WskGetLocalAddress(Socket, (PSOCKADDR)&Local, Request.Irp); /* CAUGHT V1 STOP */
        KeWaitForSingleObject(&Request.Completed, Executive, KernelMode, FALSE, NULL);
    }
    WskRequestFree(&Request);
    return STATUS_SUCCESS;
}
