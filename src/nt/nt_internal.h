/* SPDX-License-Identifier: MIT */
/*
 * nt_internal.h - what the files of the executive tell each other and nobody else.
 */
#ifndef OPENWSK_NT_INTERNAL_H
#define OPENWSK_NT_INTERNAL_H

#include "base.h"
#include "nt.h"

#include <ntifs.h>

#include <setjmp.h>
#include <stdatomic.h>

/* --- Limits ---------------------------------------------------------------------------------- */

/* Locks that guard the dispatcher objects; a set of them is a uint64_t. */
#define NT_STRIPES 64

/* Wakes that one signal collects before it wakes under the lock. */
#define NT_WAKES 16

/* Threads that run work items at the same time. */
#define NT_WORKERS_MAX 64

/* Different places in the code that may arm timers, of which the place is remembered. */
#define NT_TIMER_PLACES 1024

/* Open handles. */
#define NT_HANDLES_MAX 65536

/* --- Bug checks ------------------------------------------------------------------------------ */

/* nt_bug_check with its fields as arguments; the sentence is printf text of C's dialect. */
_Noreturn void nt_bug_check_say(ULONG code, const char *rule, const ULONG_PTR parameters[4],
                                const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The same with stacks; `stacks` may be NULL. */
_Noreturn void nt_bug_check_stacks(ULONG code, const char *rule, const struct hook_stack *stacks,
                                   const ULONG_PTR parameters[4], const char *format, ...)
    __attribute__((format(printf, 5, 6)));

#define NT_BUG_STACKS(code, rule, stacks, p1, p2, p3, p4, ...) \
    nt_bug_check_stacks((code), (rule), (stacks), \
                        (const ULONG_PTR[4]){ (ULONG_PTR)(p1), (ULONG_PTR)(p2), (ULONG_PTR)(p3), \
                                              (ULONG_PTR)(p4) }, \
                        __VA_ARGS__)

#define NT_BUG(code, p1, p2, p3, p4, ...) \
    nt_bug_check_say((code), NULL, \
                     (const ULONG_PTR[4]){ (ULONG_PTR)(p1), (ULONG_PTR)(p2), (ULONG_PTR)(p3), \
                                           (ULONG_PTR)(p4) }, \
                     __VA_ARGS__)

/* "DISPATCH_LEVEL (2)" */
struct nt_irql_text {
    char text[32];
};
struct nt_irql_text nt_irql_name(KIRQL irql);

/* --- The calling thread ---------------------------------------------------------------------- */

/* Only its own thread touches it. The rest of what a thread is stands in its object. */
struct nt_self {
    KIRQL irql;
    bool probing;         /* probe.c looks whether memory is there: a fault is an answer */
    unsigned in_routine;  /* completion routines and event callbacks on the stack */
    unsigned in_entry;    /* DriverEntry on the stack */
    bool processor_known; /* `processor` holds until the IRQL falls below DISPATCH_LEVEL */
    ULONG processor;
    struct _ETHREAD *thread; /* NULL until somebody asks for it */
};

extern _Thread_local struct nt_self nt_self;

/* special.c: whether paged pool may be in memory, and what happens to it at DISPATCH_LEVEL. */
extern _Atomic uint32_t nt_paged_in;
void nt_paged_trim(void);

static inline KIRQL nt_irql(void)
{
    return nt_self.irql;
}

/* Without checks, for what the executive does by itself. */
static inline void nt_irql_set(KIRQL irql)
{
    if (irql >= DISPATCH_LEVEL && nt_self.irql < DISPATCH_LEVEL &&
        atomic_load_explicit(&nt_paged_in, memory_order_relaxed))
        nt_paged_trim();
    nt_self.irql = irql;
    if (irql < DISPATCH_LEVEL)
        nt_self.processor_known = false;
}

/*
 * Bug checks when the IRQL is below `lowest`: for functions that expect their caller to have raised
 * it.
 */
void nt_require_irql_at_least(KIRQL lowest, const char *function, const void *place);

/* To DISPATCH_LEVEL, from that or below; returns the level before. */
KIRQL nt_irql_raise(const char *function, const void *place);

/* Back to a level that is not above the current one. */
void nt_irql_lower(KIRQL irql, const char *function, const void *place);

/* --- Objects --------------------------------------------------------------------------------- */

/* A kind of object. The functions may be NULL. */
struct _OBJECT_TYPE {
    const char *name;
    bool waitable;               /* the body begins with a DISPATCHER_HEADER */
    void (*close)(void *body);   /* a handle goes; the body still has a reference */
    void (*destroy)(void *body); /* the last reference went; the memory is freed afterwards */
};

/*
 * Stands in front of the body. The mark tells an object from other memory, which has no count to
 * change.
 */
struct nt_object_header {
    _Alignas(16) uint64_t mark;
    _Atomic LONG_PTR references;
    POBJECT_TYPE type;
};

#define NT_OBJECT_MARK 0x004A424F54444E49ull

/* For an object in static storage: its one reference is never dropped. */
#define NT_OBJECT_STATIC(object_type) { .mark = NT_OBJECT_MARK, .references = 1, .type = (object_type) }

/*
 * Makes an object with one reference, which its maker owns. The body is zeroed and aligned to 16
 * bytes. NULL when there is no memory. ObReferenceObject and ObDereferenceObject take the body.
 */
void *nt_object_create(POBJECT_TYPE type, size_t body_size);

/* False when the last reference is gone: for tables whose entries destroy() takes out. */
bool nt_object_try_reference(void *body);

POBJECT_TYPE nt_object_type(const void *body);
LONG_PTR nt_object_references(const void *body);

/* Makes a handle, which holds its own reference. `place` is the driver's code that asked. */
NTSTATUS nt_handle_create(void *body, const void *place, HANDLE *handle);

NTSTATUS nt_handle_close(HANDLE handle);

/*
 * The handle's object, referenced; NULL type for any. STATUS_INVALID_HANDLE,
 * STATUS_OBJECT_TYPE_MISMATCH.
 */
NTSTATUS nt_handle_object(HANDLE handle, POBJECT_TYPE type, void **body);

/* --- Threads --------------------------------------------------------------------------------- */

struct _KTHREAD {
    DISPATCHER_HEADER Header;    /* signalled when the thread has ended */
    _Atomic uint32_t wait_word;  /* what the thread blocks on, see dispatcher.c */
    LONG apcs_disabled;          /* critical regions and held mutexes */
    LONG special_apcs_disabled;  /* guarded regions */
    LIST_ENTRY mutants;          /* that it owns */
    LONG priority;
    LONG base_increment;
};

struct _ETHREAD {
    struct _KTHREAD Tcb;
    uint32_t id;                 /* a multiple of 4, as on Windows */
    bool system;                 /* made by PsCreateSystemThread */
    struct os_thread *os;
    PKSTART_ROUTINE routine;
    PVOID context;
    const void *place;
    NTSTATUS exit_status;
    jmp_buf end;                 /* PsTerminateSystemThread goes there */
    struct list link;            /* among the ended ones that nobody has joined yet */
    struct ledger_entry ledger;
};

struct _KPROCESS {
    DISPATCHER_HEADER Header; /* never signalled: there is one process, and it is the System process */
};

struct _EPROCESS {
    struct _KPROCESS Pcb;
};

/* Made on the first call for threads that the executive did not start. */
struct _ETHREAD *nt_thread_current(void);

/*
 * A thread of the executive that runs drivers' code: it has its object from the start, so that
 * nothing can fail in it. 0, or something else when there is no memory or no thread; *out is NULL
 * then.
 */
int nt_own_thread_start(struct os_thread **out, const char *name, void (*run)(void));

struct _EPROCESS *nt_process(void);

/* Joins system threads that have ended. */
void nt_thread_reap(void);

/* --- Dispatcher objects ---------------------------------------------------------------------- */

/* DISPATCHER_HEADER.Type: Windows' numbers. Debuggers and some drivers look at them. */
enum {
    NT_NOTIFICATION_EVENT = 0,
    NT_SYNCHRONIZATION_EVENT = 1,
    NT_MUTANT = 2,
    NT_PROCESS = 3,
    NT_SEMAPHORE = 5,
    NT_THREAD = 6,
    NT_NOTIFICATION_TIMER = 8,
    NT_SYNCHRONIZATION_TIMER = 9,
    NT_OBJECT_TYPE_MASK = 0x7F, /* the top bit says on Windows that the object is locked */
};

/* A change of an object's state that may let threads run: begin, change SignalState, grant, end. */
struct nt_signal {
    uint64_t stripes;
    unsigned wake_count;
    _Atomic uint32_t *wakes[NT_WAKES];
};

void nt_header_init(DISPATCHER_HEADER *header, UCHAR type, size_t size, LONG state);

/* Takes the locks of the object and of all objects that its WaitAll waiters wait for. */
void nt_signal_begin(struct nt_signal *signal, DISPATCHER_HEADER *header);

/* Lets waiters run, oldest first, while the state allows. */
void nt_signal_grant(struct nt_signal *signal, DISPATCHER_HEADER *header);

/* Drops the locks, then wakes: from here on the object may be gone. */
void nt_signal_end(struct nt_signal *signal);

static inline LONG nt_header_state(const DISPATCHER_HEADER *header)
{
    return __atomic_load_n(&header->SignalState, __ATOMIC_ACQUIRE);
}

static inline void nt_header_set_state(DISPATCHER_HEADER *header, LONG state)
{
    __atomic_store_n(&header->SignalState, state, __ATOMIC_RELEASE);
}

/* wait_watch.c: who waits (WSK-V28), and what signalled what somebody waits for (WSK-V29). */
struct nt_watched_wait {
    struct list link;
    struct nt_wait wait;
    bool listed;
};
void nt_wait_watch(struct nt_watched_wait *watched, const void *object, const void *place);
void nt_wait_unwatch(struct nt_watched_wait *watched);
void nt_wait_over(const void *object, const void *place);
void nt_signal_note(const void *object, const void *place);

/* The os_clock_ns() deadline of a Windows timeout; NULL is OS_FOREVER, zero 0. */
uint64_t nt_deadline(const LARGE_INTEGER *timeout);

/*
 * Under the mutant's stripe: its owner; and the thread becomes its owner, once more. True if it was
 * abandoned.
 */
struct _KTHREAD *nt_mutant_owner(const KMUTANT *mutex);
bool nt_mutant_take(PKMUTANT mutex, struct _KTHREAD *thread);

/* Mutants that the thread still owns when it ends: stop, or abandon them. */
void nt_mutants_run_down(struct _KTHREAD *thread);

/* --- DPCs, timers, work items ----------------------------------------------------------------- */

/* Counts what nt_drain waits for. */
void nt_activity_begin(void);
void nt_activity_end(void);

/*
 * Runs on the DPC thread before each sleep: expires timers and returns when the next one is due,
 * OS_FOREVER for none.
 */
uint64_t nt_timers_expire(void);

/* Wakes the DPC thread, starting it if need be. */
void nt_dpc_kick(void);
bool nt_dpc_start(void);
void nt_dpc_stop(void);

/* Forgets every armed timer. The DPC thread has stopped. */
void nt_timers_forget(void);

bool nt_work_start(void);
void nt_work_stop(void);

/*
 * --- Reader-writer locks of one word -----------------------------------------------------------
 */

/* Zero is free. An owner is a number below 2^30, kept while the lock is held exclusively. */
bool nt_rw_try_shared(_Atomic uint32_t *word);
void nt_rw_acquire_shared(_Atomic uint32_t *word);
bool nt_rw_try_exclusive(_Atomic uint32_t *word, uint32_t owner);
void nt_rw_acquire_exclusive(_Atomic uint32_t *word, uint32_t owner);

/* True when the caller was the only reader and is the writer now. */
bool nt_rw_try_upgrade(_Atomic uint32_t *word, uint32_t owner);

/* False, with nothing done, when the lock is not held in this way. */
bool nt_rw_release_shared(_Atomic uint32_t *word);
bool nt_rw_release_exclusive(_Atomic uint32_t *word, uint32_t owner);

/* The writer, or 0. */
uint32_t nt_rw_owner(_Atomic uint32_t *word);

/*
 * --- Memory, text, I/O: pool.c, format.c, irp.c, device.c, registry.c, absent.c -----------------
 */

#define NT_BUG_RULE(code, rule, p1, p2, p3, p4, ...) \
    nt_bug_check_say((code), (rule), \
                     (const ULONG_PTR[4]){ (ULONG_PTR)(p1), (ULONG_PTR)(p2), (ULONG_PTR)(p3), \
                                           (ULONG_PTR)(p4) }, \
                     __VA_ARGS__)

/* Nonpaged pool for a driver, in the name of the code at `place`. NULL when there is none. */
void *nt_pool_allocate(size_t size, ULONG tag, const void *place);

/* ExAllocatePoolWithTag in that name. */
void *nt_pool_allocate_typed(POOL_TYPE type, size_t size, ULONG tag, const void *place);

/* Tag 0 frees whatever the tag is. */
void nt_pool_free(void *memory, ULONG tag, const void *place);

/* IoAllocateIrp and IoFreeIrp in that name. */
PIRP nt_irp_allocate(CCHAR stack_size, const void *place);
void nt_irp_free(PIRP irp, const void *place);

/* Touches every page. False when one is missing or, for `write`, read-only. */
bool nt_probe(const volatile void *address, size_t size, bool write);

/* IoFreeMdl in the name of the code at `place`. */
void nt_mdl_free(PMDL mdl, const void *place);

/*
 * MmProbeAndLockPages, but false when there is no memory. Raises for memory that cannot be
 * accessed.
 */
bool nt_mdl_lock(PMDL mdl, LOCK_OPERATION operation);

/* Paged pool for a counted string that the driver frees. */
PVOID nt_string_allocate(size_t size, const void *place);

/* nt_format for UTF-16; `count` and the result are in units. */
int nt_format_wide(WCHAR *buffer, size_t count, const WCHAR *format, va_list arguments);


#endif
