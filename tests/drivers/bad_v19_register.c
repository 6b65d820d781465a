/* SPDX-License-Identifier: MIT */
/*
 * bad_v19_register.c - deregisters while it holds its list's spin lock.
 */
#include "bad.h"

static NTSTATUS
Sin(VOID)
{
    KSPIN_LOCK Lock;
    KIRQL Irql;
    NTSTATUS Status = WskAppStart(&App);

    if (NT_SUCCESS(Status)) {
        WskReleaseProviderNPI(&App.Registration);
        KeInitializeSpinLock(&Lock);
        KeAcquireSpinLock(&Lock, &Irql);
        WskDeregister(&App.Registration); /* CAUGHT V19 STOP */
        KeReleaseSpinLock(&Lock, Irql);
    }
    return Status;
}
