/* SPDX-License-Identifier: MIT */
/*
 * bad_v5_large_twice.c - frees a block of a megabyte twice.
 */
#include "bad.h"

static NTSTATUS
Sin(VOID)
{
    PUCHAR Block = ExAllocatePool2(POOL_FLAG_NON_PAGED, 1048576, 'daB ');

    if (Block == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    ExFreePoolWithTag(Block, 'daB ');
    ExFreePoolWithTag(Block, 'daB '); /* CAUGHT V5 STOP */
    return STATUS_SUCCESS;
}
