/* SPDX-License-Identifier: MIT */
/*
 * bad_v5_tag.c - frees a block with another tag than it was allocated with.
 */
#include "bad.h"

static NTSTATUS
Sin(VOID)
{
    PUCHAR Block = ExAllocatePool2(POOL_FLAG_NON_PAGED, 64, 'daB ');

    if (Block == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    ExFreePoolWithTag(Block, 'dooG'); /* CAUGHT V5 STOP */
    return STATUS_SUCCESS;
}
