/* SPDX-License-Identifier: MIT */
/*
 * bad_v6_partial.c - frees an MDL of which a partial MDL is still in use.
 */
#include "bad.h"

static NTSTATUS
Sin(VOID)
{
    static CHAR Payload[64];
    PMDL Whole = IoAllocateMdl(Payload, sizeof(Payload), FALSE, FALSE, NULL);
    PMDL Part = IoAllocateMdl(Payload, 8, FALSE, FALSE, NULL);

    if (Whole == NULL || Part == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    MmBuildMdlForNonPagedPool(Whole);
    IoBuildPartialMdl(Whole, Part, Payload, 8);
    IoFreeMdl(Whole); /* CAUGHT V6 STOP */
    IoFreeMdl(Part);
    return STATUS_SUCCESS;
}
