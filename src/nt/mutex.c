/* SPDX-License-Identifier: MIT */
/*
 * mutex.c - KMUTEX: recursive, owned by a thread, waited for like an event.
 *
 * SignalState is 1 when free, 0 when owned once, and falls by one for each recursion. The owner's
 * fields change under the mutex's stripe only; the owner's list of mutexes changes while the owner
 * itself releases, or sleeps and is granted.
 */
#include "nt_internal.h"

struct _KTHREAD *nt_mutant_owner(const KMUTANT *mutex)
{
    return (struct _KTHREAD *)mutex->OwnerThread;
}

bool nt_mutant_take(PKMUTANT mutex, struct _KTHREAD *thread)
{
    LONG state = nt_header_state(&mutex->Header) - 1;
    bool abandoned;

    nt_header_set_state(&mutex->Header, state);
    if (state != 0)
        return false;
    abandoned = mutex->Abandoned;
    mutex->Abandoned = FALSE;
    mutex->OwnerThread = (PKTHREAD)thread;
    thread->apcs_disabled += mutex->ApcDisable;
    mutex->MutantListEntry.Flink = &thread->mutants;
    mutex->MutantListEntry.Blink = thread->mutants.Blink;
    thread->mutants.Blink->Flink = &mutex->MutantListEntry;
    thread->mutants.Blink = &mutex->MutantListEntry;
    return abandoned;
}

/* Frees it for the next waiter. Under the mutex's stripe. */
static void give_up(PKMUTANT mutex, struct _KTHREAD *thread)
{
    mutex->MutantListEntry.Blink->Flink = mutex->MutantListEntry.Flink;
    mutex->MutantListEntry.Flink->Blink = mutex->MutantListEntry.Blink;
    mutex->OwnerThread = NULL;
    thread->apcs_disabled -= mutex->ApcDisable;
    nt_header_set_state(&mutex->Header, 1);
}

void KeInitializeMutex(PRKMUTEX mutex, ULONG level)
{
    (void)level;
    nt_header_init(&mutex->Header, NT_MUTANT, sizeof(*mutex), 1);
    mutex->MutantListEntry.Flink = mutex->MutantListEntry.Blink = &mutex->MutantListEntry;
    mutex->OwnerThread = NULL;
    mutex->Abandoned = FALSE;
    mutex->ApcDisable = 1;
}

LONG KeReadStateMutex(PRKMUTEX mutex)
{
    return nt_header_state(&mutex->Header);
}

/* wdm.h: 0 says that the mutex is free now. STATUS_MUTANT_NOT_OWNED is raised, not returned. */
LONG KeReleaseMutex(PRKMUTEX mutex, BOOLEAN wait)
{
    struct _KTHREAD *thread = &nt_thread_current()->Tcb;
    struct nt_signal signal;
    NTSTATUS status = STATUS_SUCCESS;
    LONG before;

    nt_require_irql(wait ? APC_LEVEL : DISPATCH_LEVEL, "KeReleaseMutex", NT_CALLER());
    nt_signal_begin(&signal, &mutex->Header);
    before = nt_header_state(&mutex->Header);
    if (nt_mutant_owner(mutex) != thread) {
        status = mutex->Abandoned ? STATUS_ABANDONED : STATUS_MUTANT_NOT_OWNED;
    } else if (before < 0) {
        nt_header_set_state(&mutex->Header, before + 1);
    } else {
        give_up(mutex, thread);
        nt_signal_grant(&signal, &mutex->Header);
    }
    nt_signal_end(&signal);
    if (status != STATUS_SUCCESS)
        ExRaiseStatus(status);
    return before;
}

static void abandon(PKMUTANT mutex, struct _KTHREAD *thread)
{
    struct nt_signal signal;

    nt_signal_begin(&signal, &mutex->Header);
    mutex->Abandoned = TRUE;
    give_up(mutex, thread);
    nt_signal_grant(&signal, &mutex->Header);
    nt_signal_end(&signal);
}

/*
 * A mutex that holds APCs off may not outlive its owner; Windows abandons only those that user mode
 * made.
 */
void nt_mutants_run_down(struct _KTHREAD *thread)
{
    while (thread->mutants.Flink != &thread->mutants) {
        PKMUTANT mutex = CONTAINING_RECORD(thread->mutants.Flink, KMUTANT, MutantListEntry);

        if (mutex->ApcDisable)
            NT_BUG(THREAD_TERMINATE_HELD_MUTEX, thread, mutex, 0, 0,
                   "A thread ended while it owned the mutex at %p.", (void *)mutex);
        abandon(mutex, thread);
    }
}
