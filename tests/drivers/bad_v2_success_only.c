/* SPDX-License-Identifier: MIT */
/*
 * bad_v2_success_only.c - wants its completion routine called on success alone: the first error is
 * lost, and the IRP with it.
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
    IoSetCompletionRoutine(Request.Irp, WskRequestCompleted, &Request.Completed, TRUE, FALSE,
                           FALSE);
    Table()->WskGetLocalAddress(Socket, (PSOCKADDR)&Local, Request.Irp); /* CAUGHT V2 STOP */
    KeWaitForSingleObject(&Request.Completed, Executive, KernelMode, FALSE, NULL);
    WskRequestFree(&Request);
    return STATUS_SUCCESS;
}
