/* SPDX-License-Identifier: MIT */
/*
 * bad_v5_double_free.c - frees a block on its error path and once more at the end.
 */
#include "bad.h"

static NTSTATUS
Sin(VOID)
{
    PVOID Block = ExAllocatePool2(POOL_FLAG_NON_PAGED, 64, 'daB ');

    if (Block == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    ExFreePoolWithTag(Block, 'daB ');
    ExFreePoolWithTag(Block, 'daB '); /* CAUGHT V5 STOP */
    return STATUS_SUCCESS;
}
