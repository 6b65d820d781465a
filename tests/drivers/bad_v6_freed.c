/* SPDX-License-Identifier: MIT */
/*
 * bad_v6_freed.c - describes a block that it has freed.
 */
#include "bad.h"

static PMDL Mdl;

static NTSTATUS
Sin(VOID)
{
    PUCHAR Block = ExAllocatePool2(POOL_FLAG_NON_PAGED, 64, 'daB ');

    if (Block == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    ExFreePoolWithTag(Block, 'daB ');
    Mdl = IoAllocateMdl(Block, 64, FALSE, FALSE, NULL);
    if (Mdl == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    MmBuildMdlForNonPagedPool(Mdl); /* CAUGHT V6 STOP */
    IoFreeMdl(Mdl);
    return STATUS_SUCCESS;
}
