/* SPDX-License-Identifier: MIT */
/*
 * bad_v5_mdl_after_free.c - frees an MDL and then asks it for its length.
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
    IoFreeMdl(Mdl);
    return MmGetMdlByteCount(Mdl) == sizeof(Payload) ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL; /* CAUGHT V5 STOP */
}
