/* SPDX-License-Identifier: MIT */
/*
 * bad_v9_unlock.c - unlocks pages that it never locked, on the path where MmProbeAndLockPages
 * raised.
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
    MmUnlockPages(Mdl); /* CAUGHT V9 STOP */
    IoFreeMdl(Mdl);
    return STATUS_SUCCESS;
}
