/* SPDX-License-Identifier: MIT */
/*
 * bad_v5_underrun.c - writes one byte in front of a block.
 */
#include "bad.h"

static NTSTATUS
Sin(VOID)
{
    PUCHAR Block = ExAllocatePool2(POOL_FLAG_NON_PAGED, 61, 'daB ');

    if (Block == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    *(volatile UCHAR *)(Block - 1) = 0;
    ExFreePoolWithTag(Block, 'daB '); /* CAUGHT V5 STOP */
    return STATUS_SUCCESS;
}
