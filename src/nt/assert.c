/* SPDX-License-Identifier: MIT */
/*
 * assert.c - failed assertions and breakpoints of drivers: the words, then the end as without a
 * debugger.
 */
#include "nt_internal.h"

#include <stdio.h>

/* The second parameter of KMODE_EXCEPTION_NOT_HANDLED is where the exception came from. */
static _Noreturn void stop(NTSTATUS status, const char *sentence, const void *place)
{
    NT_BUG(KMODE_EXCEPTION_NOT_HANDLED, (LONG_PTR)status, place, 0, place, "%s", sentence);
}

VOID openwsk_assertion_failed(PCSTR expression, PCSTR file, ULONG line, PCSTR message)
{
    char text[512];

    snprintf(text, sizeof(text), "assertion failed: %s%s%s, %s line %u", message ? message : "",
             message && *expression ? ": " : "", expression, file, line);
    stop(STATUS_ASSERTION_FAILURE, text, NT_CALLER());
}

VOID openwsk_paged_code(VOID)
{
    if (nt_irql() <= APC_LEVEL || !hook_rule(20))
        return;
    NT_BUG_RULE(IRQL_NOT_LESS_OR_EQUAL, "WSK-V20", NT_CALLER(), nt_irql(), 8, NT_CALLER(),
                "pageable code runs at %s, where it may be paged out",
                nt_irql_name(nt_irql()).text);
}

VOID RtlAssert(PVOID expression, PVOID file, ULONG line, PSTR message)
{
    char text[512];

    snprintf(text, sizeof(text), "assertion failed: %s%s%s, %s line %u", message ? message : "",
             message ? ": " : "", (const char *)expression, (const char *)file, line);
    stop(STATUS_ASSERTION_FAILURE, text, NT_CALLER());
}

VOID DbgBreakPoint(VOID)
{
    stop(STATUS_BREAKPOINT, "a breakpoint was met and there is no kernel debugger", NT_CALLER());
}

VOID DbgBreakPointWithStatus(ULONG status)
{
    char text[96];

    snprintf(text, sizeof(text),
             "a breakpoint with status 0x%08X was met and there is no kernel debugger", status);
    stop(STATUS_BREAKPOINT, text, NT_CALLER());
}
