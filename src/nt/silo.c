/* SPDX-License-Identifier: MIT */
/* silo.c - containers of Windows: everything runs in the host's. */
#include "nt_internal.h"

struct _ESILO {
    char unused;
};

static struct _ESILO host;

/* ntddk.h, PsGetCurrentSilo: NULL says that the thread is in none. */
PESILO PsGetCurrentSilo(VOID)
{
    return NULL;
}

PESILO PsGetCurrentServerSilo(VOID)
{
    return &host;
}

PESILO PsGetHostSilo(VOID)
{
    return &host;
}

PESILO PsGetThreadServerSilo(PETHREAD thread)
{
    (void)thread;
    return &host;
}

BOOLEAN PsIsHostSilo(PESILO silo)
{
    return silo == &host;
}

BOOLEAN PsIsCurrentThreadInServerSilo(VOID)
{
    return FALSE;
}

/* What comes back is what Detach wants. */
PESILO PsAttachSiloToCurrentThread(PESILO silo)
{
    (void)silo;
    return NULL;
}

VOID PsDetachSiloFromCurrentThread(PESILO previous)
{
    (void)previous;
}
