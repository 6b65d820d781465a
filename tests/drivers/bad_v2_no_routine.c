/* SPDX-License-Identifier: MIT */
/*
 * bad_v2_no_routine.c - passes its own IRP without a completion routine and polls IoStatus.
 */
#include "bad.h"

static NTSTATUS
Sin(VOID)
{
    PIRP Irp = IoAllocateIrp(1, FALSE);
    NTSTATUS Status = Open(NULL, NULL);

    if (!NT_SUCCESS(Status) || Irp == NULL) {
        return STATUS_UNSUCCESSFUL;
    }
    Table()->WskGetLocalAddress(Socket, (PSOCKADDR)&Local, Irp); /* CAUGHT V2 STOP */
    IoFreeIrp(Irp);
    return Irp->IoStatus.Status;
}
