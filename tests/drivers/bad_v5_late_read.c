/* SPDX-License-Identifier: MIT */
/*
 * bad_v5_late_read.c - reads a request after it has freed it, one of so many that most are not in the
 * special pool.
 */
#include "bad.h"

static NTSTATUS
Sin(VOID)
{
    volatile UCHAR *Blocks[100];
    ULONG i;

    for (i = 0; i < 100; i++) {
        Blocks[i] = ExAllocatePool2(POOL_FLAG_NON_PAGED, 61, 'daB ');
        if (Blocks[i] == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
    }
    for (i = 0; i < 100; i++) {
        ExFreePoolWithTag((PVOID)Blocks[i], 'daB ');
    }
    return Blocks[90][0] > 64 ? STATUS_UNSUCCESSFUL : STATUS_SUCCESS; /* CAUGHT V5 STOP ASAN */
}
