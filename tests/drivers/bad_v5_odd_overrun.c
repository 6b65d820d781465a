/* SPDX-License-Identifier: MIT */
/*
 * bad_v5_odd_overrun.c - writes one byte behind a block whose size is odd.
 */
#include "bad.h"

static NTSTATUS
Sin(VOID)
{
    PUCHAR Block = ExAllocatePool2(POOL_FLAG_NON_PAGED, 61, 'daB ');

    if (Block == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    *(volatile UCHAR *)(Block + 61) = 0;
    ExFreePoolWithTag(Block, 'daB '); /* CAUGHT V5 STOP */
    return STATUS_SUCCESS;
}
