/* SPDX-License-Identifier: MIT */
/*
 * dpc.c - deferred procedure calls: one thread of the executive calls them at DISPATCH_LEVEL, in
 * order.
 *
 * KDPC.DpcData is not NULL while the DPC is queued. Before the routine is called the thread has
 * read all that it needs, since the routine may free its DPC or queue it again.
 */
#include "nt_internal.h"

#define DPC_OBJECT 19
#define THREADED_DPC_OBJECT 24

static struct {
    struct base_lock lock;
    SINGLE_LIST_ENTRY first;   /* the head; Next is the oldest */
    SINGLE_LIST_ENTRY *newest; /* NULL stands for the head */
    struct os_thread *thread;
    bool stopping;
    _Atomic uint32_t kicks;    /* the thread sleeps on it */
} queue;

static PKDPC dpc_of(SINGLE_LIST_ENTRY *link)
{
    return CONTAINING_RECORD(link, KDPC, DpcListEntry);
}

static void set_queued(PKDPC dpc, void *value)
{
    __atomic_store_n((void **)&dpc->DpcData, value, __ATOMIC_RELEASE);
}

static bool is_queued(PKDPC dpc)
{
    return __atomic_load_n((void **)&dpc->DpcData, __ATOMIC_ACQUIRE) != NULL;
}

/* --- The queue, under its lock ------------------------------------------------------------- */

static void push(PKDPC dpc)
{
    SINGLE_LIST_ENTRY *newest = queue.newest ? queue.newest : &queue.first;

    /* wdm.h, KeSetImportanceDpc: one of high importance goes to the beginning of the queue. */
    if (dpc->Importance == HighImportance)
        newest = &queue.first;
    dpc->DpcListEntry.Next = newest->Next;
    newest->Next = &dpc->DpcListEntry;
    if (!dpc->DpcListEntry.Next)
        queue.newest = &dpc->DpcListEntry;
}

static void unlink_after(SINGLE_LIST_ENTRY *before)
{
    SINGLE_LIST_ENTRY *link = before->Next;

    before->Next = link->Next;
    if (queue.newest == link)
        queue.newest = before == &queue.first ? NULL : before;
    set_queued(dpc_of(link), NULL);
}

/* --- The thread ---------------------------------------------------------------------------- */

static void require_level(PKDEFERRED_ROUTINE routine)
{
    if (nt_irql() != DISPATCH_LEVEL)
        NT_BUG(IRQL_UNEXPECTED_VALUE, (ULONG_PTR)nt_irql() << 16 | DISPATCH_LEVEL << 8, 0, 0,
               routine, "A DPC routine returned at %s.", nt_irql_name(nt_irql()).text);
}

static bool run_next(void)
{
    PKDEFERRED_ROUTINE routine;
    PVOID context, argument1, argument2;
    PKDPC dpc;

    base_lock_acquire(&queue.lock);
    if (!queue.first.Next) {
        base_lock_release(&queue.lock);
        return false;
    }
    dpc = dpc_of(queue.first.Next);
    routine = dpc->DeferredRoutine;
    context = dpc->DeferredContext;
    argument1 = dpc->SystemArgument1;
    argument2 = dpc->SystemArgument2;
    unlink_after(&queue.first);
    base_lock_release(&queue.lock);
    routine(dpc, context, argument1, argument2);
    require_level(routine);
    nt_activity_end();
    return true;
}

static bool is_stopping(void)
{
    bool stopping;

    base_lock_acquire(&queue.lock);
    stopping = queue.stopping;
    base_lock_release(&queue.lock);
    return stopping;
}

static void dpc_main(void)
{
    nt_irql_set(DISPATCH_LEVEL);
    for (;;) {
        uint32_t seen = atomic_load_explicit(&queue.kicks, memory_order_acquire);
        uint64_t next_timer = nt_timers_expire();

        if (run_next())
            continue;
        if (is_stopping())
            break;
        os_wait(&queue.kicks, seen, next_timer);
    }
    nt_irql_set(PASSIVE_LEVEL);
}

/* A DPC cannot fail to be queued, so its thread is there before. */
bool nt_dpc_start(void)
{
    return nt_own_thread_start(&queue.thread, "nt-dpc", dpc_main) == 0;
}

void nt_dpc_kick(void)
{
    atomic_fetch_add_explicit(&queue.kicks, 1, memory_order_release);
    os_wake_one(&queue.kicks);
}

void nt_dpc_stop(void)
{
    struct os_thread *thread;

    base_lock_acquire(&queue.lock);
    thread = queue.thread;
    queue.stopping = true;
    base_lock_release(&queue.lock);
    if (thread) {
        atomic_fetch_add_explicit(&queue.kicks, 1, memory_order_release);
        os_wake_one(&queue.kicks);
        os_thread_join(thread);
    }
    base_lock_acquire(&queue.lock);
    queue.thread = NULL;
    queue.stopping = false;
    base_lock_release(&queue.lock);
}

/* --- What drivers call --------------------------------------------------------------------- */

static void initialize(PRKDPC dpc, UCHAR type, PKDEFERRED_ROUTINE routine, PVOID context)
{
    dpc->Type = type;
    dpc->Importance = MediumImportance;
    dpc->Number = 0;
    dpc->DpcListEntry.Next = NULL;
    dpc->ProcessorHistory = 0;
    dpc->DeferredRoutine = routine;
    dpc->DeferredContext = context;
    dpc->SystemArgument1 = NULL;
    dpc->SystemArgument2 = NULL;
    set_queued(dpc, NULL);
}

void KeInitializeDpc(PRKDPC dpc, PKDEFERRED_ROUTINE routine, PVOID context)
{
    initialize(dpc, DPC_OBJECT, routine, context);
}

/* wdm.h: the routine must be able to run at DISPATCH_LEVEL too, and here it does. */
void KeInitializeThreadedDpc(PRKDPC dpc, PKDEFERRED_ROUTINE routine, PVOID context)
{
    initialize(dpc, THREADED_DPC_OBJECT, routine, context);
}

BOOLEAN KeInsertQueueDpc(PRKDPC dpc, PVOID argument1, PVOID argument2)
{
    base_lock_acquire(&queue.lock);
    if (is_queued(dpc)) {
        base_lock_release(&queue.lock);
        return FALSE;
    }
    nt_activity_begin();
    dpc->SystemArgument1 = argument1;
    dpc->SystemArgument2 = argument2;
    set_queued(dpc, &queue);
    push(dpc);
    base_lock_release(&queue.lock);
    nt_dpc_kick();
    return TRUE;
}

BOOLEAN KeRemoveQueueDpc(PRKDPC dpc)
{
    bool removed = false;

    base_lock_acquire(&queue.lock);
    for (SINGLE_LIST_ENTRY *at = &queue.first; at->Next; at = at->Next) {
        if (dpc_of(at->Next) == dpc) {
            unlink_after(at);
            removed = true;
            break;
        }
    }
    base_lock_release(&queue.lock);
    if (removed)
        nt_activity_end();
    return removed;
}

static void signal_event(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    (void)dpc, (void)argument1, (void)argument2;
    KeSetEvent(context, 0, FALSE);
}

/* A DPC of its own, behind all that are queued, tells when they have run. */
void KeFlushQueuedDpcs(VOID)
{
    KEVENT flushed;
    KDPC marker;

    nt_require_irql(PASSIVE_LEVEL, "KeFlushQueuedDpcs", NT_CALLER());
    KeInitializeEvent(&flushed, NotificationEvent, FALSE);
    KeInitializeDpc(&marker, signal_event, &flushed);
    KeInsertQueueDpc(&marker, NULL, NULL);
    KeWaitForSingleObject(&flushed, Executive, KernelMode, FALSE, NULL);
}

void KeSetImportanceDpc(PRKDPC dpc, KDPC_IMPORTANCE importance)
{
    dpc->Importance = (UCHAR)importance;
}

/* There is one DPC thread, whatever processor is asked for. */
void KeSetTargetProcessorDpc(PRKDPC dpc, CCHAR number)
{
    dpc->Number = (USHORT)(UCHAR)number;
}

NTSTATUS KeSetTargetProcessorDpcEx(PKDPC dpc, PPROCESSOR_NUMBER number)
{
    if (number->Group != 0 || number->Number >= os_processor_count())
        return STATUS_INVALID_PARAMETER;
    dpc->Number = number->Number;
    return STATUS_SUCCESS;
}
