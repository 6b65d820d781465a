/* SPDX-License-Identifier: MIT */
/*
 * bad_v20_paged.c - keeps a counter in paged pool and raises it under a spin lock.
 */
#include "bad.h"

static NTSTATUS
Sin(VOID)
{
    volatile ULONG *Counter = ExAllocatePool2(POOL_FLAG_PAGED, sizeof(ULONG), 'daB ');
    KSPIN_LOCK Lock;
    KIRQL Irql;

    if (Counter == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    *Counter = 0;
    KeInitializeSpinLock(&Lock);
    KeAcquireSpinLock(&Lock, &Irql);
    *Counter += 1; /* CAUGHT V20 STOP */
    KeReleaseSpinLock(&Lock, Irql);
    ExFreePoolWithTag((PVOID)Counter, 'daB ');
    return STATUS_SUCCESS;
}
