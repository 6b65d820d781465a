/* SPDX-License-Identifier: MIT */
/*
 * bad_deregister_hangs.c - forgets its socket at the unload: WskDeregister waits for a close that never comes.
 */
/* RUN --unload-timeout=100ms */
#include "bad.h"

static VOID
Stop(VOID)
{
    WskReleaseProviderNPI(&App.Registration);
    WskDeregister(&App.Registration); /* CAUGHT V28 HANG */
}

static NTSTATUS
Sin(VOID)
{
    BeforeUnload = Stop;
    return Open(NULL, NULL);
}
