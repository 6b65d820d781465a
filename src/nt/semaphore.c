/* SPDX-License-Identifier: MIT */
/* semaphore.c - KSEMAPHORE. */
#include "nt_internal.h"

void KeInitializeSemaphore(PRKSEMAPHORE semaphore, LONG count, LONG limit)
{
    nt_header_init(&semaphore->Header, NT_SEMAPHORE, sizeof(*semaphore), count);
    semaphore->Limit = limit;
}

/*
 * wdm.h: what would exceed the limit is raised as STATUS_SEMAPHORE_LIMIT_EXCEEDED and changes
 * nothing.
 */
LONG KeReleaseSemaphore(PRKSEMAPHORE semaphore, KPRIORITY increment, LONG adjustment, BOOLEAN wait)
{
    struct nt_signal signal;
    LONG before;
    bool fits;

    (void)increment;
    nt_require_irql(wait ? APC_LEVEL : DISPATCH_LEVEL, "KeReleaseSemaphore", NT_CALLER());
    nt_signal_begin(&signal, &semaphore->Header);
    before = nt_header_state(&semaphore->Header);
    fits = adjustment >= 0 && adjustment <= semaphore->Limit - before;
    if (fits) {
        nt_header_set_state(&semaphore->Header, before + adjustment);
        nt_signal_grant(&signal, &semaphore->Header);
    }
    nt_signal_end(&signal);
    if (!fits)
        ExRaiseStatus(STATUS_SEMAPHORE_LIMIT_EXCEEDED);
    return before;
}

LONG KeReadStateSemaphore(PRKSEMAPHORE semaphore)
{
    return nt_header_state(&semaphore->Header);
}
