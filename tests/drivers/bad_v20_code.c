/* SPDX-License-Identifier: MIT */
/*
 * bad_v20_code.c - resets its statistics with a pageable routine, and once does so under a spin lock.
 */
#include "bad.h"

static ULONG Statistics[16];

static DECLSPEC_NOINLINE VOID
Reset(VOID)
{
    PAGED_CODE(); /* CAUGHT V20 STOP */
    RtlZeroMemory(Statistics, sizeof(Statistics));
}

static NTSTATUS
Sin(VOID)
{
    KSPIN_LOCK Lock;
    KIRQL Irql;

    Reset();
    KeInitializeSpinLock(&Lock);
    KeAcquireSpinLock(&Lock, &Irql);
    Reset();
    KeReleaseSpinLock(&Lock, Irql);
    return STATUS_SUCCESS;
}
