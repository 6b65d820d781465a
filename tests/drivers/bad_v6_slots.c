/* SPDX-License-Identifier: MIT */
/*
 * bad_v6_slots.c - builds a partial MDL that is too small for the pages it is to describe.
 */
#include "bad.h"

static NTSTATUS
Sin(VOID)
{
    static CHAR Payload[4 * PAGE_SIZE];
    PMDL Whole = IoAllocateMdl(Payload, sizeof(Payload), FALSE, FALSE, NULL);
    PMDL Part = IoAllocateMdl(Payload, 8, FALSE, FALSE, NULL);

    if (Whole == NULL || Part == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    MmBuildMdlForNonPagedPool(Whole);
    IoBuildPartialMdl(Whole, Part, Payload, 3 * PAGE_SIZE); /* CAUGHT V6 STOP */
    IoFreeMdl(Part);
    IoFreeMdl(Whole);
    return STATUS_SUCCESS;
}
