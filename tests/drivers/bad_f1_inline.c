/* SPDX-License-Identifier: MIT */
/*
 * bad_f1_inline.c - takes it that a query is over when the function returns, as it has always been so far: it
 * looks at IoStatus without having waited, and uses the IRP again.
 */
/* INJECT --inject=WskGetLocalAddress:pend:when=2+ */
#include "bad.h"

static NTSTATUS
Query(PIRP Irp)
{
    static KEVENT Unused;

    KeInitializeEvent(&Unused, NotificationEvent, FALSE);
    IoSetCompletionRoutine(Irp, WskRequestCompleted, &Unused, TRUE, TRUE, TRUE);
    Table()->WskGetLocalAddress(Socket, (PSOCKADDR)&Local, Irp);
    return Irp->IoStatus.Status;
}

static NTSTATUS
Sin(VOID)
{
    PIRP Irp = IoAllocateIrp(1, FALSE);
    NTSTATUS Status = Open(NULL, NULL);

    if (!NT_SUCCESS(Status) || Irp == NULL) {
        return STATUS_UNSUCCESSFUL;
    }
    Query(Irp);
    IoReuseIrp(Irp, STATUS_SUCCESS); /* CAUGHT V1 STOP */
    Status = Query(Irp);
    IoFreeIrp(Irp);
    return Status;
}
