/* SPDX-License-Identifier: MIT */
/*
 * bad_v5_after_free.c - reads the length of a request after it has freed it.
 */
#include "bad.h"

static NTSTATUS
Sin(VOID)
{
    volatile ULONG *Length = ExAllocatePool2(POOL_FLAG_NON_PAGED, 64, 'daB ');

    if (Length == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    ExFreePoolWithTag((PVOID)Length, 'daB ');
    return *Length > 64 ? STATUS_UNSUCCESSFUL : STATUS_SUCCESS; /* CAUGHT V5 STOP */
}
