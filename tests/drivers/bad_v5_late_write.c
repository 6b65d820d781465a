/* SPDX-License-Identifier: MIT */
/*
 * bad_v5_late_write.c - writes into a request after it has freed it, one of so many that most are not in the
 * special pool; without AddressSanitizer that shows later, and the free is named.
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
        ExFreePoolWithTag((PVOID)Blocks[i], 'daB '); /* CAUGHT V5 STOP PLAIN */
    }
    Blocks[90][60] = 1; /* CAUGHT V5 STOP ASAN */
    return STATUS_SUCCESS;
}
