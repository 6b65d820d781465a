/* SPDX-License-Identifier: MIT */
/*
 * bad_v5_copy.c - copies out of a block that it has freed.
 */
#include "bad.h"

static UCHAR Copy[300];
static volatile SIZE_T Length = 300;

static NTSTATUS
Sin(VOID)
{
    PUCHAR Block = ExAllocatePool2(POOL_FLAG_NON_PAGED, 300, 'daB ');

    if (Block == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    ExFreePoolWithTag(Block, 'daB ');
    RtlCopyMemory(Copy, Block, Length); /* CAUGHT V5 STOP */
    return Copy[Length / 2] == 0xFF ? STATUS_UNSUCCESSFUL : STATUS_SUCCESS;
}
