/* SPDX-License-Identifier: MIT */
/*
 * bad_v6_range.c - describes a page of a buffer that has forty bytes.
 */
#include "bad.h"

static NTSTATUS
Sin(VOID)
{
    PVOID Block = ExAllocatePool2(POOL_FLAG_NON_PAGED, 40, 'daB ');
    PMDL Mdl = IoAllocateMdl(Block, 400, FALSE, FALSE, NULL);

    if (Block == NULL || Mdl == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    MmBuildMdlForNonPagedPool(Mdl); /* CAUGHT V6 STOP */
    IoFreeMdl(Mdl);
    ExFreePoolWithTag(Block, 'daB ');
    return STATUS_SUCCESS;
}
