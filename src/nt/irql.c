/* SPDX-License-Identifier: MIT */
/*
 * irql.c - the interrupt request level, a number of the thread, and the regions that hold APCs off.
 *
 * Nothing is ever interrupted here. What the level is for is its rules: which functions may be
 * called, which locks are held, and that what was raised is lowered again.
 */
#include "nt_internal.h"

#include <stdio.h>

_Thread_local struct nt_self nt_self;

struct nt_irql_text nt_irql_name(KIRQL irql)
{
    static const char *const names[] = { "PASSIVE_LEVEL", "APC_LEVEL", "DISPATCH_LEVEL" };
    struct nt_irql_text name;

    if (irql < sizeof(names) / sizeof(names[0]))
        snprintf(name.text, sizeof(name.text), "%s (%u)", names[irql], (unsigned)irql);
    else if (irql == HIGH_LEVEL)
        snprintf(name.text, sizeof(name.text), "HIGH_LEVEL (%u)", (unsigned)irql);
    else
        snprintf(name.text, sizeof(name.text), "IRQL %u", (unsigned)irql);
    return name;
}

/* --- Contracts ----------------------------------------------------------------------------- */

static _Noreturn void stop_for_irql(KIRQL limit, const char *function, const char *relation,
                                    const void *place)
{
    char sentence[256];
    struct nt_bug bug = {
        .code = IRQL_NOT_LESS_OR_EQUAL,
        .rule = "WSK-V19",
        .sentence = sentence,
        .parameters = { 0, nt_irql(), limit, (ULONG_PTR)place },
    };

    snprintf(sentence, sizeof(sentence), "%s was called at %s; its %s is %s.", function,
             nt_irql_name(nt_irql()).text, relation, nt_irql_name(limit).text);
    nt_bug_check(&bug);
}

void nt_require_irql(KIRQL highest, const char *function, const void *place)
{
    if (nt_irql() > highest)
        stop_for_irql(highest, function, "limit", place);
}

void nt_require_irql_at_least(KIRQL lowest, const char *function, const void *place)
{
    if (nt_irql() < lowest)
        stop_for_irql(lowest, function, "minimum", place);
}

KIRQL nt_irql_raise(const char *function, const void *place)
{
    KIRQL before = nt_irql();

    nt_require_irql(DISPATCH_LEVEL, function, place);
    nt_irql_set(DISPATCH_LEVEL);
    return before;
}

void nt_irql_lower(KIRQL irql, const char *function, const void *place)
{
    if (irql > nt_irql())
        NT_BUG(IRQL_NOT_GREATER_OR_EQUAL, nt_irql(), irql, 0, place,
               "%s was told to return to %s at %s.", function, nt_irql_name(irql).text,
               nt_irql_name(nt_irql()).text);
    nt_irql_set(irql);
}

/* --- Level --------------------------------------------------------------------------------- */

KIRQL KeGetCurrentIrql(VOID)
{
    return nt_irql();
}

KIRQL KfRaiseIrql(KIRQL irql)
{
    KIRQL before = nt_irql();

    if (irql < before || irql > HIGH_LEVEL)
        NT_BUG(IRQL_NOT_GREATER_OR_EQUAL, before, irql, 0, NT_CALLER(),
               "KeRaiseIrql was asked for %s at %s.", nt_irql_name(irql).text,
               nt_irql_name(before).text);
    nt_irql_set(irql);
    return before;
}

void (KeRaiseIrql)(KIRQL irql, PKIRQL before)
{
    *before = KfRaiseIrql(irql);
}

KIRQL (KeRaiseIrqlToDpcLevel)(VOID)
{
    nt_require_irql(DISPATCH_LEVEL, "KeRaiseIrqlToDpcLevel", NT_CALLER());
    return KfRaiseIrql(DISPATCH_LEVEL);
}

void (KeLowerIrql)(KIRQL irql)
{
    nt_irql_lower(irql, "KeLowerIrql", NT_CALLER());
}

/* --- Regions ------------------------------------------------------------------------------- */

void KeEnterCriticalRegion(VOID)
{
    nt_require_irql(APC_LEVEL, "KeEnterCriticalRegion", NT_CALLER());
    nt_thread_current()->Tcb.apcs_disabled++;
}

static _Noreturn void stop_for_region(const char *function, const void *place)
{
    NT_BUG(APC_INDEX_MISMATCH, 0, 0, 0, place, "%s was called outside such a region.", function);
}

void KeLeaveCriticalRegion(VOID)
{
    struct _KTHREAD *thread = &nt_thread_current()->Tcb;

    nt_require_irql(APC_LEVEL, "KeLeaveCriticalRegion", NT_CALLER());
    if (thread->apcs_disabled == 0)
        stop_for_region("KeLeaveCriticalRegion", NT_CALLER());
    thread->apcs_disabled--;
}

void KeEnterGuardedRegion(VOID)
{
    nt_require_irql(APC_LEVEL, "KeEnterGuardedRegion", NT_CALLER());
    nt_thread_current()->Tcb.special_apcs_disabled++;
}

void KeLeaveGuardedRegion(VOID)
{
    struct _KTHREAD *thread = &nt_thread_current()->Tcb;

    nt_require_irql(APC_LEVEL, "KeLeaveGuardedRegion", NT_CALLER());
    if (thread->special_apcs_disabled == 0)
        stop_for_region("KeLeaveGuardedRegion", NT_CALLER());
    thread->special_apcs_disabled--;
}

BOOLEAN KeAreApcsDisabled(VOID)
{
    struct _KTHREAD *thread = &nt_thread_current()->Tcb;

    return thread->apcs_disabled != 0 || thread->special_apcs_disabled != 0;
}

/* "All" includes the special ones, which APC_LEVEL and guarded regions hold off. */
BOOLEAN KeAreAllApcsDisabled(VOID)
{
    return nt_irql() >= APC_LEVEL || nt_thread_current()->Tcb.special_apcs_disabled != 0;
}
