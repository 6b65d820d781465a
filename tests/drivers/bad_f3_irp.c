/* SPDX-License-Identifier: MIT */
/*
 * bad_f3_irp.c - supposes that there is always memory for an IRP.
 */
/* INJECT --inject=IoAllocateIrp:status=STATUS_INSUFFICIENT_RESOURCES */
/* INJECT --low-resources */
#include "bad.h"

static NTSTATUS
Sin(VOID)
{
    PIRP Irp = IoAllocateIrp(1, FALSE);
    NTSTATUS Status;

    Irp->Tail.Overlay.DriverContext[0] = &App; /* CAUGHT CRASH */
    Status = Open(NULL, NULL);
    IoFreeIrp(Irp);
    return Status;
}
