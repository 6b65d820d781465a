/* SPDX-License-Identifier: MIT */
/*
 * hold.c - completions that are kept from the driver for a while, as a slow transport would.
 *
 * A held IRP is pending in every respect: its stack location is taken, it can be cancelled, its
 * socket cannot finish closing. One thread delivers, at DISPATCH_LEVEL. A cancel ends the hold;
 * whether it or the completion wins, the call says (cancel_wins).
 */
#include "calls.h"

#include "nt.h"

/*
 * How long a call waits for the delivery elsewhere; the driver may hold a lock that its routine
 * wants.
 */
#define WAIT_NS (10 * OS_NS_PER_MS)

static struct {
    struct base_lock lock;      /* guards the two lists */
    struct list calls;          /* held */
    struct list cancels;        /* to be cancelled */
    struct base_lock life;      /* guards `thread` */
    struct os_thread *thread;
    _Atomic uint32_t changed;   /* counts reasons to look again */
    _Atomic uint32_t stop;
} hold = {
    .calls = LIST_INITIALISER(hold.calls), .cancels = LIST_INITIALISER(hold.cancels),
};

static void wake(void)
{
    atomic_fetch_add(&hold.changed, 1);
    os_wake_all(&hold.changed);
}

/* --- Delivering ----------------------------------------------------------------------------- */

static NTSTATUS held_completed(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    return vf_deliver(context, device, irp);
}

static void deliver(struct vf_call *call)
{
    KIRQL irql;

    vf_cancel_over(call);
    atomic_fetch_add(&call->references, 1);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    IoCompleteRequest(call->irp, IO_NO_INCREMENT);
    vf_call_let_go(call);
    KeLowerIrql(irql);
    atomic_store(&call->delivered, 1);
    os_wake_all(&call->delivered);
    vf_call_release(call);
}

static VOID cancel_held(PDEVICE_OBJECT device, PIRP irp)
{
    struct vf_call *call = irp->Tail.Overlay.DriverContext[0];

    UNREFERENCED_PARAMETER(device);
    IoReleaseCancelSpinLock(irp->CancelIrql);
    base_lock_acquire(&hold.lock);
    list_remove(&call->hold_link);
    base_lock_release(&hold.lock);
    if (call->cancel_wins)
        call->result = (IO_STATUS_BLOCK){ .Status = STATUS_CANCELLED };
    deliver(call);
}

/* The first that is due and is not a cancel's already. `*next_ns` is when the next will be. */
static struct vf_call *take_due(uint64_t now_ns, uint64_t *next_ns)
{
    struct vf_call *found = NULL;

    *next_ns = OS_FOREVER;
    base_lock_acquire(&hold.lock);
    list_for_each(link, &hold.calls) {
        struct vf_call *call = container_of(link, struct vf_call, hold_link);

        if (call->due_ns > now_ns) {
            *next_ns = call->due_ns < *next_ns ? call->due_ns : *next_ns;
        } else if (IoSetCancelRoutine(call->irp, NULL)) {
            list_remove(link);
            found = call;
            break;
        }
    }
    base_lock_release(&hold.lock);
    return found;
}

/* --- Cancelling ----------------------------------------------------------------------------- */

enum { WITH_PROVIDER, BEING_CANCELLED, COMPLETED, CANCEL_RETURNED };

/* Under the lock. */
static struct vf_call *take_cancel(uint64_t now_ns, uint64_t *next_ns)
{
    list_for_each(link, &hold.cancels) {
        struct vf_call *call = container_of(link, struct vf_call, cancel_link);

        if (call->cancel_due_ns <= now_ns) {
            list_remove(link);
            return call;
        }
        *next_ns = call->cancel_due_ns < *next_ns ? call->cancel_due_ns : *next_ns;
    }
    return NULL;
}

/* While the state says so, no completion of the IRP reaches the driver, who might free it. */
static void cancel(struct vf_call *call)
{
    uint32_t state = WITH_PROVIDER;

    call->canceller = os_thread_id();
    if (atomic_compare_exchange_strong(&call->cancel_state, &state, BEING_CANCELLED)) {
        IoCancelIrp(call->irp);
        atomic_store(&call->cancel_state, CANCEL_RETURNED);
        os_wake_all(&call->cancel_state);
    }
    vf_call_release(call);
}

void vf_cancel_over(struct vf_call *call)
{
    uint32_t state = WITH_PROVIDER;
    bool listed = false;

    if (!call->cancels)
        return;
    if (!atomic_compare_exchange_strong(&call->cancel_state, &state, COMPLETED)) {
        /* In the thread that cancels, the completion is inside IoCancelIrp. */
        while (state == BEING_CANCELLED && call->canceller != os_thread_id()) {
            os_wait(&call->cancel_state, BEING_CANCELLED, OS_FOREVER);
            state = atomic_load(&call->cancel_state);
        }
        return;
    }
    base_lock_acquire(&hold.lock);
    if (call->cancel_link.next && !list_empty(&call->cancel_link)) {
        list_remove(&call->cancel_link);
        listed = true;
    }
    base_lock_release(&hold.lock);
    if (listed)
        vf_call_release(call);
}

static void run(void *unused)
{
    (void)unused;
    for (;;) {
        uint32_t seen = atomic_load(&hold.changed);
        bool stopping = atomic_load(&hold.stop);
        uint64_t next_ns;
        struct vf_call *call = take_due(stopping ? OS_FOREVER : os_clock_ns(), &next_ns);
        struct vf_call *to_cancel;

        base_lock_acquire(&hold.lock);
        to_cancel = take_cancel(stopping ? OS_FOREVER : os_clock_ns(), &next_ns);
        base_lock_release(&hold.lock);
        if (to_cancel)
            cancel(to_cancel);
        if (call)
            deliver(call);
        else if (to_cancel)
            continue;
        else if (stopping)
            return;
        else
            os_wait(&hold.changed, seen, next_ns);
    }
}

/* --- Holding -------------------------------------------------------------------------------- */

static bool start_thread(void)
{
    bool started;

    base_lock_acquire(&hold.life);
    if (!hold.thread) {
        atomic_store(&hold.stop, 0);
        if (os_thread_start(&hold.thread, "vf-hold", run, NULL) != 0)
            hold.thread = NULL;
    }
    started = hold.thread != NULL;
    base_lock_release(&hold.life);
    return started;
}

bool vf_hold(struct vf_call *call)
{
    PIRP irp = call->irp;
    bool held = true;

    if (!start_thread())
        return false;
    call->due_ns = call->hold_elsewhere ? 0 : os_clock_ns() + call->hold_ns;
    irp->Tail.Overlay.DriverContext[0] = call;
    atomic_store(&call->held, 1);
    nt_irp_pend_again(irp, held_completed, call);
    base_lock_acquire(&hold.lock);
    list_push_back(&hold.calls, &call->hold_link);
    IoSetCancelRoutine(irp, cancel_held);
    /* Whoever cancelled before the line above saw no routine, and is seen here. */
    if (__atomic_load_n(&irp->Cancel, __ATOMIC_SEQ_CST) && IoSetCancelRoutine(irp, NULL)) {
        list_remove(&call->hold_link);
        held = false;
    }
    base_lock_release(&hold.lock);
    if (held)
        wake();
    else
        deliver(call);
    return true;
}

void vf_cancel_later(struct vf_call *call)
{
    if (!start_thread())
        return;
    base_lock_acquire(&hold.lock);
    if (atomic_load(&call->cancel_state) == WITH_PROVIDER) {
        atomic_fetch_add(&call->references, 1);
        call->cancel_due_ns = os_clock_ns() + call->cancel_ns;
        list_push_back(&hold.cancels, &call->cancel_link);
    }
    base_lock_release(&hold.lock);
    wake();
}

void vf_hold_flush(const void *socket)
{
    base_lock_acquire(&hold.lock);
    list_for_each(link, &hold.calls) {
        struct vf_call *call = container_of(link, struct vf_call, hold_link);

        if (!socket || (call->socket == socket && !call->hold_past_close))
            call->due_ns = 0;
    }
    base_lock_release(&hold.lock);
    wake();
}

void vf_hold_wait(struct vf_call *call)
{
    uint64_t deadline_ns = os_clock_ns() + WAIT_NS;

    while (atomic_load(&call->held) && !atomic_load(&call->delivered)) {
        if (!os_wait(&call->delivered, 0, deadline_ns))
            break;
    }
}

void vf_hold_stop(void)
{
    base_lock_acquire(&hold.life);
    if (hold.thread) {
        atomic_store(&hold.stop, 1);
        wake();
        os_thread_join(hold.thread);
        hold.thread = NULL;
    }
    base_lock_release(&hold.life);
}
