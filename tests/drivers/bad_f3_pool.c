/* SPDX-License-Identifier: MIT */
/*
 * bad_f3_pool.c - supposes that there is always pool.
 */
/* INJECT --inject=ExAllocatePool:status=STATUS_INSUFFICIENT_RESOURCES */
/* INJECT --low-resources */
#include "bad.h"

typedef struct _DEVICE {
    volatile ULONG Count;
} DEVICE;

static NTSTATUS
Sin(VOID)
{
    DEVICE *Device = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(DEVICE), 'iveD');

    Device->Count = 1; /* CAUGHT CRASH */
    ExFreePoolWithTag(Device, 'iveD');
    return STATUS_SUCCESS;
}
