/* SPDX-License-Identifier: MIT */
/*
 * work_item.c - work items: routines that threads of the executive call at PASSIVE_LEVEL.
 *
 * The pool has as many threads as items wanted to run at the same time, up to NT_WORKERS_MAX. An
 * item is queued while List.Flink is not NULL. Before its routine is called the worker has read all
 * that it needs, since the routine may free its item or queue it again.
 */
#include "nt_internal.h"

#include <string.h>

struct _IO_WORKITEM {
    WORK_QUEUE_ITEM item;
    _Atomic bool busy; /* from the call that queues it until its routine begins */
    PVOID object;
    PIO_WORKITEM_ROUTINE routine;       /* one of the two */
    PIO_WORKITEM_ROUTINE_EX routine_ex;
    PVOID context;
    struct ledger_entry ledger;         /* of those from IoAllocateWorkItem */
};

static struct {
    struct base_lock lock;
    LIST_ENTRY items;
    unsigned queued;
    unsigned idle;
    unsigned count;
    bool stopping;
    _Atomic uint32_t kicks; /* idle workers sleep on it */
    struct os_thread *workers[NT_WORKERS_MAX];
} pool = { .items = { &pool.items, &pool.items } };

/* --- The queue, under its lock ------------------------------------------------------------- */

static bool is_queued(const WORK_QUEUE_ITEM *item)
{
    return __atomic_load_n(&item->List.Flink, __ATOMIC_ACQUIRE) != NULL;
}

static void push(PWORK_QUEUE_ITEM item)
{
    item->List.Blink = pool.items.Blink;
    __atomic_store_n(&item->List.Flink, &pool.items, __ATOMIC_RELEASE);
    __atomic_store_n(&pool.items.Blink->Flink, &item->List, __ATOMIC_RELEASE);
    pool.items.Blink = &item->List;
    pool.queued++;
}

static PWORK_QUEUE_ITEM pop(void)
{
    LIST_ENTRY *link = pool.items.Flink;

    if (link == &pool.items)
        return NULL;
    pool.items.Flink = link->Flink;
    link->Flink->Blink = &pool.items;
    pool.queued--;
    return CONTAINING_RECORD(link, WORK_QUEUE_ITEM, List);
}

/* --- Workers ------------------------------------------------------------------------------- */

static void require_clean_return(PWORKER_THREAD_ROUTINE routine, PVOID parameter)
{
    struct _KTHREAD *thread = &nt_thread_current()->Tcb;

    if (nt_irql() != PASSIVE_LEVEL)
        NT_BUG(WORKER_THREAD_RETURNED_AT_BAD_IRQL, routine, nt_irql(), parameter, routine,
               "A work item's routine returned at %s.", nt_irql_name(nt_irql()).text);
    if (thread->mutants.Flink != &thread->mutants)
        NT_BUG(SYSTEM_EXIT_OWNED_MUTEX, routine, parameter, thread->mutants.Flink, routine,
               "A work item's routine returned while it owned a mutex.");
    if (thread->apcs_disabled || thread->special_apcs_disabled)
        NT_BUG(KERNEL_APC_PENDING_DURING_EXIT, routine, -thread->apcs_disabled, parameter, routine,
               "A work item's routine returned inside a %s region.",
               thread->apcs_disabled ? "critical" : "guarded");
}

/* False when the pool stops and nothing is left to do. */
static bool work_or_sleep(void)
{
    uint32_t seen = atomic_load_explicit(&pool.kicks, memory_order_acquire);
    PWORKER_THREAD_ROUTINE routine = NULL;
    PVOID parameter = NULL;
    PWORK_QUEUE_ITEM item;
    bool stopping;

    base_lock_acquire(&pool.lock);
    item = pop();
    stopping = pool.stopping;
    if (item) {
        routine = item->WorkerRoutine;
        parameter = item->Parameter;
        __atomic_store_n(&item->List.Flink, NULL, __ATOMIC_RELEASE);
    } else {
        pool.idle++;
    }
    base_lock_release(&pool.lock);
    if (item) {
        routine(parameter);
        require_clean_return(routine, parameter);
        nt_activity_end();
        return true;
    }
    if (!stopping)
        os_wait(&pool.kicks, seen, OS_FOREVER);
    base_lock_acquire(&pool.lock);
    pool.idle--;
    base_lock_release(&pool.lock);
    return !stopping;
}

static void worker_main(void)
{
    while (work_or_sleep())
        continue;
}

static bool add_worker(void)
{
    if (nt_own_thread_start(&pool.workers[pool.count], "nt-worker", worker_main) != 0)
        return false;
    pool.count++;
    return true;
}

/* Without a further worker the items wait for those that there are. */
static void grow(void)
{
    if (pool.queued > pool.idle && pool.count < NT_WORKERS_MAX)
        (void)add_worker();
}

/* An item cannot fail to be queued, so the first worker is there before. */
bool nt_work_start(void)
{
    bool started;

    base_lock_acquire(&pool.lock);
    started = add_worker();
    base_lock_release(&pool.lock);
    return started;
}

/* False when it is queued already. */
static bool enqueue(PWORK_QUEUE_ITEM item)
{
    bool queued;

    base_lock_acquire(&pool.lock);
    queued = is_queued(item);
    if (!queued) {
        nt_activity_begin();
        push(item);
        grow();
    }
    base_lock_release(&pool.lock);
    if (queued)
        return false;
    atomic_fetch_add_explicit(&pool.kicks, 1, memory_order_release);
    os_wake_one(&pool.kicks);
    return true;
}

static _Noreturn void stop_for_queued(const void *item, const char *function, const void *place)
{
    NT_BUG(WORKER_INVALID, 1, item, 0, place,
           "%s was given the work item at %p, which is still queued.",
           function, item);
}

void nt_work_stop(void)
{
    base_lock_acquire(&pool.lock);
    pool.stopping = true;
    base_lock_release(&pool.lock);
    atomic_fetch_add_explicit(&pool.kicks, 1, memory_order_release);
    os_wake_all(&pool.kicks);
    for (unsigned i = 0; i < pool.count; i++)
        os_thread_join(pool.workers[i]);
    base_lock_acquire(&pool.lock);
    pool.count = 0;
    pool.stopping = false;
    base_lock_release(&pool.lock);
}

/* --- Ex ------------------------------------------------------------------------------------ */

/* The kinds of queue differ in priority, which threads do not have here. */
void ExQueueWorkItem(PWORK_QUEUE_ITEM item, WORK_QUEUE_TYPE type)
{
    (void)type;
    nt_require_irql(DISPATCH_LEVEL, "ExQueueWorkItem", NT_CALLER());
    if (!enqueue(item))
        stop_for_queued(item, "ExQueueWorkItem", NT_CALLER());
}

/* --- Io ------------------------------------------------------------------------------------ */

ULONG IoSizeofWorkItem(VOID)
{
    return sizeof(struct _IO_WORKITEM);
}

void IoInitializeWorkItem(PVOID object, PIO_WORKITEM item)
{
    memset(item, 0, sizeof(*item));
    item->object = object;
}

static void require_idle(PIO_WORKITEM item, const char *function, const void *place)
{
    if (atomic_load_explicit(&item->busy, memory_order_acquire))
        stop_for_queued(item, function, place);
}

void IoUninitializeWorkItem(PIO_WORKITEM item)
{
    require_idle(item, "IoUninitializeWorkItem", NT_CALLER());
}

PIO_WORKITEM IoAllocateWorkItem(PDEVICE_OBJECT device)
{
    PIO_WORKITEM item;

    nt_require_irql(DISPATCH_LEVEL, "IoAllocateWorkItem", NT_CALLER());
    if (hook_fail_allocation(HOOK_POOL, sizeof(*item), NT_CALLER()))
        return NULL;
    item = os_allocate_zeroed(sizeof(*item));
    if (!item)
        return NULL;
    IoInitializeWorkItem(device, item);
    ledger_add(&item->ledger, LEDGER_WORK_ITEM, item, NT_CALLER());
    return item;
}

void IoFreeWorkItem(PIO_WORKITEM item)
{
    nt_require_irql(DISPATCH_LEVEL, "IoFreeWorkItem", NT_CALLER());
    require_idle(item, "IoFreeWorkItem", NT_CALLER());
    ledger_remove(&item->ledger);
    os_free(item);
}

/* The device or driver object stays alive until the routine has returned. */
static void run_io_item(PVOID parameter)
{
    PIO_WORKITEM item = parameter;
    PIO_WORKITEM_ROUTINE routine = item->routine;
    PIO_WORKITEM_ROUTINE_EX routine_ex = item->routine_ex;
    PVOID object = item->object;
    PVOID context = item->context;

    atomic_store_explicit(&item->busy, false, memory_order_release);
    if (routine)
        routine(object, context);
    else
        routine_ex(object, context, item);
    ObDereferenceObject(object);
}

/* False when another call has it. */
static bool queue_io_item(PIO_WORKITEM item, PIO_WORKITEM_ROUTINE routine,
                          PIO_WORKITEM_ROUTINE_EX routine_ex, PVOID context)
{
    if (atomic_exchange_explicit(&item->busy, true, memory_order_acquire))
        return false;
    item->routine = routine;
    item->routine_ex = routine_ex;
    item->context = context;
    item->item.WorkerRoutine = run_io_item;
    item->item.Parameter = item;
    ObReferenceObject(item->object);
    return enqueue(&item->item);
}

void IoQueueWorkItem(PIO_WORKITEM item, PIO_WORKITEM_ROUTINE routine, WORK_QUEUE_TYPE type,
                     PVOID context)
{
    (void)type;
    nt_require_irql(DISPATCH_LEVEL, "IoQueueWorkItem", NT_CALLER());
    if (!queue_io_item(item, routine, NULL, context))
        stop_for_queued(item, "IoQueueWorkItem", NT_CALLER());
}

void IoQueueWorkItemEx(PIO_WORKITEM item, PIO_WORKITEM_ROUTINE_EX routine, WORK_QUEUE_TYPE type,
                       PVOID context)
{
    (void)type;
    nt_require_irql(DISPATCH_LEVEL, "IoQueueWorkItemEx", NT_CALLER());
    if (!queue_io_item(item, NULL, routine, context))
        stop_for_queued(item, "IoQueueWorkItemEx", NT_CALLER());
}

/* TRUE when this call queued it, of several that try. */
BOOLEAN IoTryQueueWorkItem(PIO_WORKITEM item, PIO_WORKITEM_ROUTINE_EX routine, WORK_QUEUE_TYPE type,
                           PVOID context)
{
    (void)type;
    nt_require_irql(DISPATCH_LEVEL, "IoTryQueueWorkItem", NT_CALLER());
    return queue_io_item(item, NULL, routine, context);
}
