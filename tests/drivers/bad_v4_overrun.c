/* SPDX-License-Identifier: MIT */
/*
 * bad_v4_overrun.c - writes into a second stack location of an IRP that has one.
 */
#include "bad.h"

static NTSTATUS
Sin(VOID)
{
    PIRP Irp = IoAllocateIrp(1, FALSE);

    if (Irp == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    ((PIO_STACK_LOCATION)(Irp + 1))[1].Context = Irp; /* CAUGHT V4 STOP */
    IoFreeIrp(Irp);
    return STATUS_SUCCESS;
}
