/* SPDX-License-Identifier: MIT */
/*
 * bad_v5_middle.c - frees a block by the address that a parser has moved on.
 */
#include "bad.h"

static NTSTATUS
Sin(VOID)
{
    PUCHAR Block = ExAllocatePool2(POOL_FLAG_NON_PAGED, 64, 'daB ');

    if (Block == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Block += 16;
    ExFreePoolWithTag(Block, 'daB '); /* CAUGHT V5 STOP */
    return STATUS_SUCCESS;
}
