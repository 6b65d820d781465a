/* SPDX-License-Identifier: MIT */
/*
 * bad_v13_after_close.c - closes its socket and then asks it for its address.
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
    WskAppCloseSocket(Socket);
    Status = Table()->WskGetLocalAddress(Socket, (PSOCKADDR)&Local, Request.Irp); /* CAUGHT V13 STOP */
    WskRequestFree(&Request);
    return Status;
}
