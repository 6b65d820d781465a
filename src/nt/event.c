/* SPDX-License-Identifier: MIT */
/* event.c - KEVENT, of both kinds. */
#include "nt_internal.h"

void KeInitializeEvent(PRKEVENT event, EVENT_TYPE type, BOOLEAN state)
{
    nt_header_init(&event->Header, (UCHAR)type, sizeof(*event), state != FALSE);
}

LONG KeSetEvent(PRKEVENT event, KPRIORITY increment, BOOLEAN wait)
{
    struct nt_signal signal;
    LONG before;

    (void)increment;
    nt_require_irql(wait ? APC_LEVEL : DISPATCH_LEVEL, "KeSetEvent", NT_CALLER());
    nt_signal_note(event, NT_CALLER());
    nt_signal_begin(&signal, &event->Header);
    before = nt_header_state(&event->Header);
    nt_header_set_state(&event->Header, 1);
    /* Who waits for an event that is set already waits for more than it. */
    if (before == 0)
        nt_signal_grant(&signal, &event->Header);
    nt_signal_end(&signal);
    return before;
}

/* Only those run that wait at this moment. */
LONG KePulseEvent(PRKEVENT event, KPRIORITY increment, BOOLEAN wait)
{
    struct nt_signal signal;
    LONG before;

    (void)increment;
    nt_require_irql(wait ? APC_LEVEL : DISPATCH_LEVEL, "KePulseEvent", NT_CALLER());
    nt_signal_begin(&signal, &event->Header);
    before = nt_header_state(&event->Header);
    nt_header_set_state(&event->Header, 1);
    if (before == 0)
        nt_signal_grant(&signal, &event->Header);
    nt_header_set_state(&event->Header, 0);
    nt_signal_end(&signal);
    return before;
}

LONG KeResetEvent(PRKEVENT event)
{
    struct nt_signal signal;
    LONG before;

    nt_require_irql(DISPATCH_LEVEL, "KeResetEvent", NT_CALLER());
    nt_signal_begin(&signal, &event->Header);
    before = nt_header_state(&event->Header);
    nt_header_set_state(&event->Header, 0);
    nt_signal_end(&signal);
    return before;
}

void KeClearEvent(PRKEVENT event)
{
    nt_require_irql(DISPATCH_LEVEL, "KeClearEvent", NT_CALLER());
    KeResetEvent(event);
}

LONG KeReadStateEvent(PRKEVENT event)
{
    return nt_header_state(&event->Header);
}
