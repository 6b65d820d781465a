/* SPDX-License-Identifier: MIT */
/*
 * bad_v17_release.c - releases the provider NPI twice.
 */
#include "bad.h"

static NTSTATUS
Sin(VOID)
{
    NTSTATUS Status = WskAppStart(&App);

    if (NT_SUCCESS(Status)) {
        WskReleaseProviderNPI(&App.Registration);
        WskReleaseProviderNPI(&App.Registration); /* CAUGHT V17 STOP */
        WskDeregister(&App.Registration);
    }
    return Status;
}
