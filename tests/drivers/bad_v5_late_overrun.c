/* SPDX-License-Identifier: MIT */
/*
 * bad_v5_late_overrun.c - writes a terminator behind the end of a name, one of so many that most are not in the
 * special pool; without AddressSanitizer that shows at the free.
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
    Blocks[90][61] = 0; /* CAUGHT V5 STOP ASAN */
    for (i = 0; i < 100; i++) {
        ExFreePoolWithTag((PVOID)Blocks[i], 'daB '); /* CAUGHT V5 STOP PLAIN */
    }
    return STATUS_SUCCESS;
}
