/* SPDX-License-Identifier: MIT */
/*
 * bad_v9_free_locked.c - frees an MDL whose pages are locked.
 */
#include "bad.h"

static NTSTATUS
Sin(VOID)
{
    static CHAR Payload[16];
    PMDL Mdl = IoAllocateMdl(Payload, sizeof(Payload), FALSE, FALSE, NULL);

    if (Mdl == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    MmProbeAndLockPages(Mdl, KernelMode, IoReadAccess);
    IoFreeMdl(Mdl); /* CAUGHT V9 FINDING */
    return STATUS_SUCCESS;
}
