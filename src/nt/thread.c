/* SPDX-License-Identifier: MIT */
/*
 * thread.c - threads as objects: those that drivers start, and whichever others come along.
 *
 * A system thread holds a reference to its own object until somebody has joined it, which happens
 * when the next thread is made or the executive stops: nobody waits for a thread's last
 * instructions.
 */
#include "nt_internal.h"

#include <string.h>

#define THREAD_NAME "nt-system"

/* The System process is number 4. Thread ids count on from there in fours. */
#define SYSTEM_PROCESS_ID 4

static _Atomic uint32_t last_id = SYSTEM_PROCESS_ID;

static struct base_lock ended_lock;
static struct list ended = LIST_INITIALISER(ended);

static struct _OBJECT_TYPE thread_type = { .name = "thread", .waitable = true };
static void process_destroy(void *process);
static struct _OBJECT_TYPE process_type = {
    .name = "process", .waitable = true, .destroy = process_destroy,
};
static POBJECT_TYPE thread_type_pointer = &thread_type;
static POBJECT_TYPE process_type_pointer = &process_type;
POBJECT_TYPE *PsThreadType = &thread_type_pointer;
POBJECT_TYPE *PsProcessType = &process_type_pointer;

/* The one process is in static storage, so that drivers may read this variable at any time. */
static struct {
    struct nt_object_header header;
    struct _EPROCESS process;
} system_process = {
    .header = NT_OBJECT_STATIC(&process_type),
    .process.Pcb.Header = {
        .Type = NT_PROCESS,
        .Size = sizeof(struct _KPROCESS) / sizeof(LONG),
        .WaitListHead = { &system_process.process.Pcb.Header.WaitListHead,
                          &system_process.process.Pcb.Header.WaitListHead },
    },
};
PEPROCESS PsInitialSystemProcess = &system_process.process;

/* The executive's own reference is the last one. */
static void process_destroy(void *process)
{
    NT_BUG(REFERENCE_BY_POINTER, &process_type, process, 0, 0,
           "A reference to the System process was dropped that nobody had.");
}

/* --- The objects --------------------------------------------------------------------------- */

static struct _ETHREAD *thread_create(void)
{
    struct _ETHREAD *thread = nt_object_create(&thread_type, sizeof(*thread));

    if (!thread)
        return NULL;
    nt_header_init(&thread->Tcb.Header, NT_THREAD, sizeof(thread->Tcb), 0);
    thread->Tcb.mutants.Flink = thread->Tcb.mutants.Blink = &thread->Tcb.mutants;
    thread->Tcb.priority = LOW_REALTIME_PRIORITY / 2;
    thread->id = atomic_fetch_add_explicit(&last_id, 4, memory_order_relaxed) + 4;
    list_init(&thread->link);
    return thread;
}

static void signal_end(struct _ETHREAD *thread)
{
    struct nt_signal signal;

    nt_signal_begin(&signal, &thread->Tcb.Header);
    nt_header_set_state(&thread->Tcb.Header, 1);
    nt_signal_grant(&signal, &thread->Tcb.Header);
    nt_signal_end(&signal);
}

static void foreign_thread_ends(void *value)
{
    struct _ETHREAD *thread = value;

    nt_mutants_run_down(&thread->Tcb);
    signal_end(thread);
    nt_self.thread = NULL;
    ObDereferenceObject(thread);
}

struct _ETHREAD *nt_thread_current(void)
{
    if (!nt_self.thread) {
        /*
         * Every thread is an object, and KeGetCurrentThread() cannot say that it is none. Those
         * that the executive starts have theirs beforehand; for a stranger without memory for one
         * there is no way on.
         */
        nt_self.thread = thread_create();
        BASE_REQUIRE(nt_self.thread);
        BASE_REQUIRE(os_thread_on_exit(foreign_thread_ends, nt_self.thread) == 0);
    }
    return nt_self.thread;
}

/* --- The executive's own threads ------------------------------------------------------------ */

struct own_thread {
    struct _ETHREAD *object;
    void (*run)(void);
};

static void own_thread_main(void *argument)
{
    struct own_thread own = *(struct own_thread *)argument;

    os_free(argument);
    nt_self.thread = own.object;
    own.run();
    foreign_thread_ends(own.object);
}

int nt_own_thread_start(struct os_thread **out, const char *name, void (*run)(void))
{
    struct own_thread *own = os_allocate(sizeof(*own));
    struct _ETHREAD *object = thread_create();
    int error = -1;

    if (own && object) {
        *own = (struct own_thread){ object, run };
        error = os_thread_start(out, name, own_thread_main, own);
    }
    if (error == 0)
        return 0;
    os_free(own);
    if (object)
        ObDereferenceObject(object);
    *out = NULL;
    return error;
}

struct _EPROCESS *nt_process(void)
{
    return &system_process.process;
}

/* --- System threads ------------------------------------------------------------------------ */

static void require_clean_end(struct _ETHREAD *thread)
{
    nt_mutants_run_down(&thread->Tcb);
    if (nt_irql() != PASSIVE_LEVEL)
        NT_BUG(KERNEL_APC_PENDING_DURING_EXIT, 0, thread->Tcb.apcs_disabled, nt_irql(),
               thread->routine, "A system thread ended at %s.", nt_irql_name(nt_irql()).text);
    if (thread->Tcb.apcs_disabled || thread->Tcb.special_apcs_disabled)
        NT_BUG(KERNEL_APC_PENDING_DURING_EXIT, 0, -thread->Tcb.apcs_disabled, 0, thread->routine,
               "A system thread ended inside a %s region that it never left.",
               thread->Tcb.apcs_disabled ? "critical" : "guarded");
}

static void thread_main(void *argument)
{
    struct _ETHREAD *thread = argument;

    nt_self.thread = thread;
    if (setjmp(thread->end) == 0)
        thread->routine(thread->context);
    require_clean_end(thread);
    ledger_remove(&thread->ledger);
    base_lock_acquire(&ended_lock);
    list_push_back(&ended, &thread->link);
    base_lock_release(&ended_lock);
    signal_end(thread);
}

static struct _ETHREAD *next_ended(void)
{
    struct list *link;

    base_lock_acquire(&ended_lock);
    link = list_pop_front(&ended);
    base_lock_release(&ended_lock);
    return link ? container_of(link, struct _ETHREAD, link) : NULL;
}

void nt_thread_reap(void)
{
    struct _ETHREAD *thread;

    while ((thread = next_ended())) {
        os_thread_join(thread->os);
        ObDereferenceObject(thread);
    }
}

static NTSTATUS thread_start(struct _ETHREAD *thread, const void *place, HANDLE *handle)
{
    NTSTATUS status = nt_handle_create(thread, place, handle);

    if (!NT_SUCCESS(status))
        return status;
    ledger_add(&thread->ledger, LEDGER_THREAD, thread, place);
    if (os_thread_start(&thread->os, THREAD_NAME, thread_main, thread) == 0)
        return STATUS_SUCCESS;
    ledger_remove(&thread->ledger);
    nt_handle_close(*handle);
    return STATUS_INSUFFICIENT_RESOURCES;
}

NTSTATUS PsCreateSystemThread(PHANDLE handle, ULONG access, POBJECT_ATTRIBUTES attributes,
                              HANDLE process, PCLIENT_ID client_id, PKSTART_ROUTINE routine,
                              PVOID context)
{
    struct _ETHREAD *thread;
    HANDLE made;
    uint32_t id;
    NTSTATUS status;

    (void)access, (void)attributes, (void)process;
    nt_require_irql(PASSIVE_LEVEL, "PsCreateSystemThread", NT_CALLER());
    if (hook_fail_call("PsCreateSystemThread", NT_CALLER()))
        return STATUS_INSUFFICIENT_RESOURCES;
    nt_thread_reap();
    thread = thread_create();
    if (!thread)
        return STATUS_INSUFFICIENT_RESOURCES;
    thread->system = true;
    thread->routine = routine;
    thread->context = context;
    id = thread->id;
    status = thread_start(thread, NT_CALLER(), &made);
    if (!NT_SUCCESS(status)) {
        ObDereferenceObject(thread);
        return status;
    }
    *handle = made;
    if (client_id) {
        client_id->UniqueProcess = (HANDLE)(ULONG_PTR)SYSTEM_PROCESS_ID;
        client_id->UniqueThread = (HANDLE)(ULONG_PTR)id;
    }
    return STATUS_SUCCESS;
}

NTSTATUS PsTerminateSystemThread(NTSTATUS status)
{
    struct _ETHREAD *thread = nt_thread_current();

    if (!thread->system)
        return STATUS_INVALID_PARAMETER;
    nt_require_irql(PASSIVE_LEVEL, "PsTerminateSystemThread", NT_CALLER());
    thread->exit_status = status;
    longjmp(thread->end, 1);
}

/* --- Questions ----------------------------------------------------------------------------- */

PKTHREAD (KeGetCurrentThread)(VOID)
{
    return (PKTHREAD)nt_thread_current();
}

PETHREAD (PsGetCurrentThread)(VOID)
{
    return nt_thread_current();
}

HANDLE PsGetCurrentThreadId(VOID)
{
    return (HANDLE)(ULONG_PTR)nt_thread_current()->id;
}

HANDLE PsGetThreadId(PETHREAD thread)
{
    return (HANDLE)(ULONG_PTR)thread->id;
}

HANDLE PsGetCurrentProcessId(VOID)
{
    return (HANDLE)(ULONG_PTR)SYSTEM_PROCESS_ID;
}

HANDLE PsGetProcessId(PEPROCESS process)
{
    (void)process;
    return (HANDLE)(ULONG_PTR)SYSTEM_PROCESS_ID;
}

KPROCESSOR_MODE ExGetPreviousMode(VOID)
{
    return KernelMode;
}

PEPROCESS (PsGetCurrentProcess)(VOID)
{
    return nt_process();
}

PEPROCESS (IoGetCurrentProcess)(VOID)
{
    return nt_process();
}

NTSTATUS PsGetThreadExitStatus(PETHREAD thread)
{
    return nt_header_state(&thread->Tcb.Header) ? thread->exit_status : STATUS_PENDING;
}

BOOLEAN PsIsSystemThread(PETHREAD thread)
{
    (void)thread;
    return TRUE;
}

BOOLEAN PsIsThreadTerminating(PETHREAD thread)
{
    return nt_header_state(&thread->Tcb.Header) != 0;
}

/* --- Priorities: kept, answered, and of no effect ------------------------------------------ */

KPRIORITY KeSetPriorityThread(PKTHREAD thread, KPRIORITY priority)
{
    struct _KTHREAD *target = (struct _KTHREAD *)thread;

    nt_require_irql(PASSIVE_LEVEL, "KeSetPriorityThread", NT_CALLER());
    return __atomic_exchange_n(&target->priority, priority, __ATOMIC_RELAXED);
}

KPRIORITY KeQueryPriorityThread(PKTHREAD thread)
{
    struct _KTHREAD *target = (struct _KTHREAD *)thread;

    return __atomic_load_n(&target->priority, __ATOMIC_RELAXED);
}

LONG KeSetBasePriorityThread(PKTHREAD thread, LONG increment)
{
    struct _KTHREAD *target = (struct _KTHREAD *)thread;

    nt_require_irql(PASSIVE_LEVEL, "KeSetBasePriorityThread", NT_CALLER());
    return __atomic_exchange_n(&target->base_increment, increment, __ATOMIC_RELAXED);
}

static bool is_hint(THREADINFOCLASS information_class)
{
    switch (information_class) {
    case ThreadPriority:
    case ThreadBasePriority:
    case ThreadAffinityMask:
    case ThreadIdealProcessor:
    case ThreadPriorityBoost:
    case ThreadIoPriority:
    case ThreadPagePriority:
    case ThreadGroupInformation:
    case ThreadIdealProcessorEx:
    case ThreadNameInformation:
        return true;
    default:
        return false;
    }
}

NTSTATUS ZwSetInformationThread(HANDLE handle, THREADINFOCLASS information_class, PVOID information,
                                ULONG length)
{
    void *thread;
    NTSTATUS status;

    (void)information, (void)length;
    nt_require_irql(PASSIVE_LEVEL, "ZwSetInformationThread", NT_CALLER());
    if (!is_hint(information_class))
        return STATUS_INVALID_INFO_CLASS;
    status = nt_handle_object(handle, &thread_type, &thread);
    if (NT_SUCCESS(status))
        ObDereferenceObject(thread);
    return status;
}
