/* SPDX-License-Identifier: MIT */
/*
 * bad_v5_large.c - reads a block of a megabyte after it has freed it.
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
    return ((volatile UCHAR *)Block)[5000] ? STATUS_UNSUCCESSFUL : STATUS_SUCCESS; /* CAUGHT V5 STOP */
}
