/* SPDX-License-Identifier: MIT */
/*
 * bad_v5_overrun.c - copies a name with its terminator into a block that has no room for it.
 */
#include "bad.h"

static NTSTATUS
Sin(VOID)
{
    PCHAR Name = ExAllocatePool2(POOL_FLAG_NON_PAGED, 48, 'daB ');

    if (Name == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    for (volatile ULONG i = 0; i <= 48; i++) {
        Name[i] = 0; /* CAUGHT V5 STOP */
    }
    ExFreePoolWithTag(Name, 'daB ');
    return STATUS_SUCCESS;
}
