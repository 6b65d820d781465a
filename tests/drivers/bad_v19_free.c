/* SPDX-License-Identifier: MIT */
/*
 * bad_v19_free.c - frees paged pool while it holds a spin lock.
 */
#include "bad.h"

static KSPIN_LOCK Lock;
static KIRQL Irql;

static NTSTATUS
Sin(VOID)
{
    PUCHAR Block = ExAllocatePool2(POOL_FLAG_PAGED, 64, 'daB ');

    if (Block == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    KeInitializeSpinLock(&Lock);
    KeAcquireSpinLock(&Lock, &Irql);
    ExFreePoolWithTag(Block, 'daB '); /* CAUGHT V19 STOP */
    KeReleaseSpinLock(&Lock, Irql);
    return STATUS_SUCCESS;
}
