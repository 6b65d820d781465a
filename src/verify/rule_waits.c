/* SPDX-License-Identifier: MIT */
/*
 * rule_waits.c - which operation a wait is for: told from the object. A wait that is satisfied by a
 * signal older than its operation has a stale event (WSK-V29); what hangs is told with who waits
 * for it (WSK-V28).
 *
 * An event is an operation's when it is the context of the completion routine, or when that routine
 * has been seen to signal it: the same object, or what stands at the same place behind its context.
 */
#include "rule_waits.h"

#include "flight.h"
#include "nt.h"
#include "verify.h"

#include <stdio.h>
#include <string.h>

/* Objects whose signals are remembered, by address; a newer one may push an older one out. */
#define LEARNED 1024u

/*
 * The first signals of an object, at which it is looked whether another operation will signal it,
 * too.
 */
#define LOOKS 16u

/* What stands further behind a context is not a part of it. */
#define CONTEXT_MAX 4096

struct learned {
    PIO_COMPLETION_ROUTINE routine; /* that signals it; NULL: unknown */
    ptrdiff_t offset;               /* behind the routine's context, where `relative` */
    bool relative;
    bool others;                    /* it is signalled by others, too, or for several operations */
    PIRP irp;                       /* for which it was signalled last */
};

static struct slot {
    struct base_lock lock;
    _Atomic(const void *) object;
    _Atomic uint8_t times;          /* it was signalled by routines, up to LOOKS */
    struct learned learned;
} slots[LEARNED];

static struct slot *slot_of(const void *object)
{
    return &slots[(uintptr_t)object * 0x9E3779B97F4A7C15ull >> 54];
}

/* --- Learning ------------------------------------------------------------------------------- */

static struct learned relation(const struct vf_call *call, const void *object)
{
    ptrdiff_t offset = (const char *)object - (const char *)call->context;

    return (struct learned){ .routine = call->routine, .offset = offset, .irp = call->irp,
                             .relative = call->context && offset >= 0 && offset < CONTEXT_MAX };
}

static bool will_signal(const struct learned *learned, const void *object,
                        PIO_COMPLETION_ROUTINE routine, const void *context)
{
    if (!learned->routine || learned->routine != routine)
        return false;
    return !learned->relative || (const char *)context + learned->offset == object;
}

/* Of a call that is still in another thread's hands, routine and context are not known yet. */
static bool is_settled(const struct vf_call *call)
{
    return call->flight.returned && !call->flight.completed && call->watched;
}

struct look {
    const void *object;
    struct learned learned;
    bool found;
};

static bool look_for_another(struct vf_call *call, void *context)
{
    struct look *look = context;

    look->found = is_settled(call) &&
                  will_signal(&look->learned, look->object, call->routine, call->context);
    return !look->found;
}

/*
 * Whether the operation that signals is not the only one that will: others are under way beside it.
 */
static bool has_company(const struct learned *learned, const void *object)
{
    struct look look = { .object = object, .learned = *learned };

    vf_flight_visit(look_for_another, &look);
    return look.found;
}

/* Under the lock. The object of that slot has been signalled before. */
static void merge(struct learned *now, const struct learned *before)
{
    now->others = now->others || before->others || before->routine != now->routine;
    now->relative = now->relative && before->relative && before->offset == now->offset;
}

static bool holds(const struct slot *slot, const void *object)
{
    return atomic_load_explicit(&slot->object, memory_order_relaxed) == object;
}

static void learn(struct slot *slot, const void *object, const struct vf_call *call)
{
    struct learned now = relation(call, object);

    /* The count is a hint; who reads a newer object's looks once too often, or once too rarely. */
    if (!holds(slot, object) || atomic_load_explicit(&slot->times, memory_order_relaxed) < LOOKS)
        now.others = has_company(&now, object);
    base_lock_acquire(&slot->lock);
    if (holds(slot, object))
        merge(&now, &slot->learned);
    else
        atomic_store_explicit(&slot->times, 0, memory_order_relaxed);
    if (slot->times < LOOKS)
        atomic_fetch_add_explicit(&slot->times, 1, memory_order_relaxed);
    slot->learned = now;
    atomic_store_explicit(&slot->object, object, memory_order_relaxed);
    base_lock_release(&slot->lock);
}

static void mark_shared(struct slot *slot, const void *object)
{
    base_lock_acquire(&slot->lock);
    if (holds(slot, object))
        slot->learned.others = true;
    base_lock_release(&slot->lock);
}

static void signalled(const void *object)
{
    struct slot *slot = slot_of(object);

    if (vf_routine_call)
        learn(slot, object, vf_routine_call);
    else if (holds(slot, object))
        mark_shared(slot, object);
}

static struct learned what_is_known(const void *object)
{
    struct slot *slot = slot_of(object);
    struct learned learned = { .routine = NULL };

    if (!holds(slot, object))
        return learned;
    base_lock_acquire(&slot->lock);
    if (holds(slot, object))
        learned = slot->learned;
    base_lock_release(&slot->lock);
    return learned;
}

/* --- WSK-V28 -------------------------------------------------------------------------------- */

static bool same_block(const void *object, const void *context)
{
    uintptr_t first;
    size_t size;
    bool paged;

    return context && nt_block_range(context, &first, &size, &paged) &&
           (uintptr_t)object >= first && (uintptr_t)object - first < size;
}

const char *vf_waits_for(const void *object, PIO_COMPLETION_ROUTINE routine, const void *context)
{
    struct learned learned = what_is_known(object);

    if (context == object || will_signal(&learned, object, routine, context))
        return " for ";
    return same_block(object, context) ? ", perhaps for " : NULL;
}

/* --- WSK-V29 -------------------------------------------------------------------------------- */

struct satisfied {
    const void *object;
    uint64_t signalled_ns;
    struct learned learned;
    unsigned under_way; /* operations whose completion will signal the object */
    PIRP irp;           /* of the one that the text tells of */
    uint32_t stack;     /* where that was submitted */
    char text[256];     /* empty: none */
};

/* The operation began after the signal and has not completed, so it was not it that signalled. */
static bool note_stale(struct vf_call *call, void *context)
{
    struct satisfied *wait = context;

    if (!is_settled(call) ||
        (call->context != wait->object &&
         !will_signal(&wait->learned, wait->object, call->routine, call->context)))
        return true;
    wait->under_way++;
    if (call->began_ns <= wait->signalled_ns || wait->text[0])
        return true;
    wait->stack = call->flight.stack;
    wait->irp = call->irp;
    vf_flight_describe(call, wait->text, sizeof(wait->text));
    *strstr(wait->text, ", since") = '\0';
    return true;
}

/* Not one that was made for a single call, and freed after it. */
static bool signalled_by_another(const struct satisfied *wait)
{
    PIRP irp = wait->learned.irp;
    uintptr_t first;
    size_t size;
    bool paged;

    return irp && wait->irp && irp != wait->irp && nt_block_range(irp, &first, &size, &paged);
}

/*
 * Whoever has several operations under way may well wait for the first that ends, or for another's
 * signal; also when the other, whose IRP is still there, has ended already.
 */
static bool is_stale(const struct satisfied *wait)
{
    if (wait->under_way > 1 || signalled_by_another(wait))
        mark_shared(slot_of(wait->object), wait->object);
    return wait->text[0] && wait->under_way == 1 && !wait->learned.others &&
           !signalled_by_another(wait);
}

static void wait_satisfied(const void *object, uint64_t signalled_ns, uint32_t signal_stack,
                           const void *place)
{
    struct satisfied wait = { .object = object, .signalled_ns = signalled_ns };
    char text[512];

    if (!hook_rule(29) || !vf_flight_any())
        return;
    wait.learned = what_is_known(object);
    vf_flight_visit(note_stale, &wait);
    if (!is_stale(&wait))
        return;
    snprintf(text, sizeof(text),
             "a wait for %s was satisfied by a signal that is older than the call; the event was "
             "not cleared",
             wait.text);
    vf_report(&(struct hook_report){
        .rule = "WSK-V29", .severity = HOOK_FINDING, .text = text, .place = place,
        .stacks = { { "submitted", wait.stack }, { "signalled", signal_stack } },
    });
}

/* --- Start ---------------------------------------------------------------------------------- */

void vf_waits_start(struct hooks *hooks)
{
    for (size_t i = 0; i < LEARNED; i++) {
        atomic_store(&slots[i].object, NULL);
        slots[i].learned = (struct learned){ .routine = NULL };
    }
    hooks->signalled = signalled;
    hooks->wait_satisfied = wait_satisfied;
}
