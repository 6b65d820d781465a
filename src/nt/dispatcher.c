/* SPDX-License-Identifier: MIT */
/*
 * dispatcher.c - the wait engine: objects that threads wait for, and the threads that wait.
 *
 * An object owns no lock of its own, so that it needs no end. Its state and its list of waiters are
 * guarded by a stripe: one of 64 locks, chosen by the object's address. A set of stripes is a
 * uint64_t and is always taken in ascending order.
 *
 * A waiter stands on the waiting thread's stack: one block per object, linked into the object's
 * WaitListHead.
 *
 *   1. The waiter takes the stripes of all its objects. If the wait is satisfied it consumes the
 *      signals and is done; otherwise it links its blocks, writes WAITING into its thread's word
 *      and drops the stripes.
 *   2. Who signals an object takes its stripe, and those of every WaitAll waiter in its list, so
 *      that a WaitAll is decided as one. It goes through the waiters, oldest first: word from
 *      WAITING to GRANTED, signal consumed. It drops the stripes and then wakes by address alone,
 *      since the object may stand on the waiter's stack.
 *   3. The waiter takes its stripes again, unlinks what is still linked and reads the outcome.
 *      Under its stripes nobody can grant, so a timeout and a signal cannot both happen, and nobody
 *      touches its blocks any more.
 */
#include "nt_internal.h"

#define WORD_WAITING 1u
#define WORD_GRANTED 2u

/* Windows counts time in 100 ns. */
#define NS_PER_TICK 100u

struct waiter;

struct wait_block {
    LIST_ENTRY link; /* in the object's WaitListHead */
    struct waiter *waiter;
    DISPATCHER_HEADER *object;
    bool linked;
};

struct waiter {
    struct _KTHREAD *thread;
    WAIT_TYPE type;
    unsigned count;
    uint64_t stripes;
    NTSTATUS status;
    struct wait_block *blocks;
};

static struct {
    _Alignas(OS_CACHE_LINE) struct base_lock lock;
} stripes[NT_STRIPES];

/* --- Stripes ------------------------------------------------------------------------------- */

static uint64_t stripe_of(const DISPATCHER_HEADER *object)
{
    uint64_t address = (uintptr_t)object >> 3;

    return 1ull << (address * 0x9E3779B97F4A7C15ull >> 58);
}

static void stripes_acquire(uint64_t set)
{
    for (; set; set &= set - 1)
        base_lock_acquire(&stripes[__builtin_ctzll(set)].lock);
}

static void stripes_release(uint64_t set)
{
    for (; set; set &= set - 1)
        base_lock_release(&stripes[__builtin_ctzll(set)].lock);
}

/* --- Lists --------------------------------------------------------------------------------- */

static void block_link(struct wait_block *block)
{
    LIST_ENTRY *head = &block->object->WaitListHead;

    block->link.Flink = head;
    block->link.Blink = head->Blink;
    head->Blink->Flink = &block->link;
    head->Blink = &block->link;
    block->linked = true;
}

static void block_unlink(struct wait_block *block)
{
    if (!block->linked)
        return;
    block->link.Blink->Flink = block->link.Flink;
    block->link.Flink->Blink = block->link.Blink;
    block->linked = false;
}

static struct wait_block *block_of(LIST_ENTRY *link)
{
    return CONTAINING_RECORD(link, struct wait_block, link);
}

/* --- What a signal means, by kind of object ------------------------------------------------ */

void nt_header_init(DISPATCHER_HEADER *header, UCHAR type, size_t size, LONG state)
{
    header->Type = type;
    header->Absolute = 0;
    header->Size = (UCHAR)(size / sizeof(LONG));
    header->Inserted = 0;
    header->WaitListHead.Flink = header->WaitListHead.Blink = &header->WaitListHead;
    nt_header_set_state(header, state);
}

static bool is_mutant(const DISPATCHER_HEADER *object)
{
    return (object->Type & NT_OBJECT_TYPE_MASK) == NT_MUTANT;
}

static bool is_signalled(DISPATCHER_HEADER *object, const struct _KTHREAD *thread)
{
    if (nt_header_state(object) > 0)
        return true;
    return is_mutant(object) && nt_mutant_owner((PKMUTANT)object) == thread;
}

/*
 * Takes the signal away where the kind of object says so. Returns what it adds to the wait's
 * status.
 */
static NTSTATUS consume(DISPATCHER_HEADER *object, struct _KTHREAD *thread)
{
    switch (object->Type & NT_OBJECT_TYPE_MASK) {
    case NT_SYNCHRONIZATION_EVENT:
    case NT_SYNCHRONIZATION_TIMER:
        nt_header_set_state(object, 0);
        return STATUS_SUCCESS;
    case NT_SEMAPHORE:
        nt_header_set_state(object, nt_header_state(object) - 1);
        return STATUS_SUCCESS;
    case NT_MUTANT:
        return nt_mutant_take((PKMUTANT)object, thread) ? STATUS_ABANDONED_WAIT_0 : STATUS_SUCCESS;
    default:
        return STATUS_SUCCESS;
    }
}

static bool all_signalled(const struct waiter *waiter)
{
    for (unsigned i = 0; i < waiter->count; i++) {
        if (!is_signalled(waiter->blocks[i].object, waiter->thread))
            return false;
    }
    return true;
}

static void consume_all(struct waiter *waiter)
{
    waiter->status = STATUS_SUCCESS;
    for (unsigned i = 0; i < waiter->count; i++)
        waiter->status |= consume(waiter->blocks[i].object, waiter->thread);
}

static void consume_one(struct waiter *waiter, struct wait_block *block)
{
    NTSTATUS status = consume(block->object, waiter->thread);

    waiter->status = status + (NTSTATUS)(block - waiter->blocks);
}

/* --- Signalling ---------------------------------------------------------------------------- */

static uint64_t stripes_needed(DISPATCHER_HEADER *object)
{
    uint64_t needed = stripe_of(object);

    for (LIST_ENTRY *link = object->WaitListHead.Flink; link != &object->WaitListHead;
         link = link->Flink) {
        if (block_of(link)->waiter->type == WaitAll)
            needed |= block_of(link)->waiter->stripes;
    }
    return needed;
}

/* A missing initialisation is Windows' access through a null link. */
static void require_initialised(const DISPATCHER_HEADER *object, const void *place)
{
    if (!object || !object->WaitListHead.Flink)
        NT_BUG(KMODE_EXCEPTION_NOT_HANDLED, STATUS_ACCESS_VIOLATION, object, 0, place,
               "The dispatcher object at %p was never initialised.", (const void *)object);
}

void nt_signal_begin(struct nt_signal *signal, DISPATCHER_HEADER *object)
{
    uint64_t needed = stripe_of(object);

    signal->wake_count = 0;
    do {
        signal->stripes = needed;
        stripes_acquire(needed);
        require_initialised(object, NULL);
        needed |= stripes_needed(object);
        if (needed != signal->stripes)
            stripes_release(signal->stripes);
    } while (needed != signal->stripes);
}

static void wake_collected(struct nt_signal *signal)
{
    for (unsigned i = 0; i < signal->wake_count; i++)
        os_wake_one(signal->wakes[i]);
    signal->wake_count = 0;
}

static bool grant_one(struct wait_block *block)
{
    struct waiter *waiter = block->waiter;
    uint32_t waiting = WORD_WAITING;

    if (waiter->type == WaitAll && !all_signalled(waiter))
        return false;
    /* A WaitAny waiter may have been granted through another object, under another stripe. */
    if (!atomic_compare_exchange_strong_explicit(&waiter->thread->wait_word, &waiting, WORD_GRANTED,
                                                 memory_order_release, memory_order_relaxed))
        return false;
    if (waiter->type == WaitAll)
        consume_all(waiter);
    else
        consume_one(waiter, block);
    return true;
}

void nt_signal_grant(struct nt_signal *signal, DISPATCHER_HEADER *object)
{
    LIST_ENTRY *link = object->WaitListHead.Flink;

    while (link != &object->WaitListHead && nt_header_state(object) > 0) {
        struct wait_block *block = block_of(link);

        link = link->Flink;
        if (!grant_one(block))
            continue;
        block_unlink(block);
        if (signal->wake_count == NT_WAKES)
            wake_collected(signal);
        signal->wakes[signal->wake_count++] = &block->waiter->thread->wait_word;
    }
}

void nt_signal_end(struct nt_signal *signal)
{
    stripes_release(signal->stripes);
    wake_collected(signal);
}

/* --- Waiting ------------------------------------------------------------------------------- */

uint64_t nt_deadline(const LARGE_INTEGER *timeout)
{
    uint64_t now, ticks;

    if (!timeout)
        return OS_FOREVER;
    if (timeout->QuadPart == 0)
        return 0;
    now = os_clock_ns();
    if (timeout->QuadPart < 0) {
        ticks = 0 - (uint64_t)timeout->QuadPart;
    } else {
        LARGE_INTEGER wall;

        KeQuerySystemTimePrecise(&wall);
        if (timeout->QuadPart <= wall.QuadPart)
            return 0;
        ticks = (uint64_t)(timeout->QuadPart - wall.QuadPart);
    }
    return ticks > (OS_FOREVER - 1 - now) / NS_PER_TICK ? OS_FOREVER : now + ticks * NS_PER_TICK;
}

static bool try_satisfy(struct waiter *waiter)
{
    if (waiter->type == WaitAll) {
        if (!all_signalled(waiter))
            return false;
        consume_all(waiter);
        return true;
    }
    for (unsigned i = 0; i < waiter->count; i++) {
        if (is_signalled(waiter->blocks[i].object, waiter->thread)) {
            consume_one(waiter, &waiter->blocks[i]);
            return true;
        }
    }
    return false;
}

/* Step 3 of the protocol; the stripes are held on return. */
static void sleep_until_granted(struct waiter *waiter, uint64_t deadline)
{
    _Atomic uint32_t *word = &waiter->thread->wait_word;
    bool in_time = true;

    while (in_time && atomic_load_explicit(word, memory_order_acquire) == WORD_WAITING)
        in_time = os_wait(word, WORD_WAITING, deadline);
    stripes_acquire(waiter->stripes);
    for (unsigned i = 0; i < waiter->count; i++)
        block_unlink(&waiter->blocks[i]);
    if (atomic_load_explicit(word, memory_order_acquire) == WORD_WAITING)
        waiter->status = STATUS_TIMEOUT;
    atomic_store_explicit(word, 0, memory_order_relaxed);
}

static NTSTATUS wait_for(struct waiter *waiter, PVOID objects[], uint64_t deadline,
                         const void *place)
{
    struct nt_watched_wait watched;

    waiter->stripes = 0;
    for (unsigned i = 0; i < waiter->count; i++) {
        waiter->blocks[i] = (struct wait_block){ .waiter = waiter, .object = objects[i] };
        waiter->stripes |= stripe_of(objects[i]);
    }
    stripes_acquire(waiter->stripes);
    for (unsigned i = 0; i < waiter->count; i++)
        require_initialised(objects[i], place);
    if (!try_satisfy(waiter)) {
        waiter->status = STATUS_TIMEOUT;
        if (deadline != 0) {
            atomic_store_explicit(&waiter->thread->wait_word, WORD_WAITING, memory_order_relaxed);
            for (unsigned i = 0; i < waiter->count; i++)
                block_link(&waiter->blocks[i]);
            stripes_release(waiter->stripes);
            nt_wait_watch(&watched, objects[0], place);
            sleep_until_granted(waiter, deadline);
            nt_wait_unwatch(&watched);
        }
    }
    stripes_release(waiter->stripes);
    if (waiter->count == 1 && waiter->status == STATUS_SUCCESS)
        nt_wait_over(objects[0], place);
    return waiter->status;
}

/* wdm.h, KeWaitForSingleObject: up to APC_LEVEL, with a timeout of zero up to DISPATCH_LEVEL. */
static void require_may_wait(const LARGE_INTEGER *timeout, const char *function, const void *place)
{
    bool poll = timeout && timeout->QuadPart == 0;
    const struct hooks *hooks = hook_table();

    if (!poll && nt_self.in_routine && hook_rule(11))
        NT_BUG_RULE(IRQL_NOT_LESS_OR_EQUAL, "WSK-V11", 0, nt_irql(), APC_LEVEL, place,
                    "%s was called inside a completion routine or an event callback, which must "
                    "not wait: what it waits for may need this very thread",
                    function);
    nt_require_irql(poll ? DISPATCH_LEVEL : APC_LEVEL, function, place);
    if (hooks && hooks->wait_begin)
        hooks->wait_begin(place);
}

NTSTATUS KeWaitForSingleObject(PVOID object, KWAIT_REASON reason, KPROCESSOR_MODE mode,
                               BOOLEAN alertable, PLARGE_INTEGER timeout)
{
    struct wait_block block;
    struct waiter waiter = { .type = WaitAny, .count = 1, .blocks = &block };

    (void)reason, (void)mode, (void)alertable;
    require_may_wait(timeout, "KeWaitForSingleObject", NT_CALLER());
    waiter.thread = &nt_thread_current()->Tcb;
    return wait_for(&waiter, &object, nt_deadline(timeout), NT_CALLER());
}

NTSTATUS KeWaitForMultipleObjects(ULONG count, PVOID objects[], WAIT_TYPE type, KWAIT_REASON reason,
                                  KPROCESSOR_MODE mode, BOOLEAN alertable, PLARGE_INTEGER timeout,
                                  PKWAIT_BLOCK wait_blocks)
{
    struct wait_block blocks[MAXIMUM_WAIT_OBJECTS];
    struct waiter waiter = { .type = type, .count = count, .blocks = blocks };

    (void)reason, (void)mode, (void)alertable;
    require_may_wait(timeout, "KeWaitForMultipleObjects", NT_CALLER());
    if (count > MAXIMUM_WAIT_OBJECTS || (!wait_blocks && count > THREAD_WAIT_OBJECTS))
        NT_BUG(MAXIMUM_WAIT_OBJECTS_EXCEEDED, count, wait_blocks, 0, NT_CALLER(),
               "KeWaitForMultipleObjects was given %u objects; its limit is %u%s.", count,
               wait_blocks ? MAXIMUM_WAIT_OBJECTS : THREAD_WAIT_OBJECTS,
               wait_blocks ? "" : " without an array of wait blocks");
    if (count == 0 || (type != WaitAll && type != WaitAny))
        return STATUS_INVALID_PARAMETER;
    waiter.thread = &nt_thread_current()->Tcb;
    return wait_for(&waiter, objects, nt_deadline(timeout), NT_CALLER());
}

NTSTATUS KeDelayExecutionThread(KPROCESSOR_MODE mode, BOOLEAN alertable, PLARGE_INTEGER interval)
{
    _Atomic uint32_t nobody = 0;
    uint64_t deadline;

    (void)mode, (void)alertable;
    nt_require_irql(APC_LEVEL, "KeDelayExecutionThread", NT_CALLER());
    deadline = nt_deadline(interval);
    if (deadline == 0)
        os_yield();
    else
        while (os_wait(&nobody, 0, deadline))
            continue;
    return STATUS_SUCCESS;
}
