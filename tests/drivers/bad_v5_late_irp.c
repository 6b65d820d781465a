/* SPDX-License-Identifier: MIT */
/*
 * bad_v5_late_irp.c - reads the status of an IRP after it has freed it, one of many.
 */
#include "bad.h"

static NTSTATUS
Sin(VOID)
{
    PIRP Blocks[100];
    ULONG i;

    for (i = 0; i < 100; i++) {
        Blocks[i] = IoAllocateIrp(1, FALSE);
        if (Blocks[i] == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
    }
    for (i = 0; i < 100; i++) {
        IoFreeIrp(Blocks[i]);
    }
    return ((volatile IRP *)Blocks[90])->IoStatus.Status; /* CAUGHT V5 STOP ASAN */
}
