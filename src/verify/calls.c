/* SPDX-License-Identifier: MIT */
/* calls.c - see calls.h. */
#include "calls.h"

#include "nt.h"

#include <string.h>

static struct vf_observer observers[VF_OBSERVERS_MAX];
static _Atomic unsigned observer_count; /* when something is left behind, loops still look while it falls to 0 */
static _Atomic bool numbers_asked;
static const struct hook_provider *_Atomic provider;

_Thread_local struct vf_call *vf_routine_call;

unsigned vf_observe(const struct vf_observer *observer)
{
    unsigned count = atomic_load(&observer_count);

    if (count == VF_OBSERVERS_MAX)
        return VF_OBSERVERS_MAX - 1;
    observers[count] = *observer;
    if (observer->asks_numbers)
        atomic_store(&numbers_asked, true);
    atomic_store(&observer_count, count + 1);
    return count;
}

static unsigned observers_now(void)
{
    return atomic_load_explicit(&observer_count, memory_order_acquire);
}

void vf_provider_set(const struct hook_provider *given)
{
    atomic_store_explicit(&provider, given, memory_order_release);
}

const struct hook_provider *vf_provider(void)
{
    return atomic_load_explicit(&provider, memory_order_acquire);
}

#define TELL(member, ...)                                                                          \
    do {                                                                                           \
        for (unsigned i = 0; i < observers_now(); i++) {                                           \
            if (observers[i].member)                                                               \
                observers[i].member(__VA_ARGS__);                                                  \
        }                                                                                          \
    } while (0)

/* --- A call's record ------------------------------------------------------------------------ */

void vf_call_release(struct vf_call *call)
{
    /* Who has the only one need not count. */
    if (atomic_load_explicit(&call->references, memory_order_acquire) == 1 ||
        atomic_fetch_sub(&call->references, 1) == 1)
        os_free(call);
}

static void take_arguments(struct vf_call *call, const uintptr_t *arguments)
{
    const struct vf_function *function = call->function;

    memcpy(call->arguments, arguments, function->parameter_count * sizeof(*arguments));
    if (vf_function_has(function, VF_SOCKET))
        call->socket = (PWSK_SOCKET)arguments[0];
    else if (vf_function_has(function, VF_CLIENT))
        call->client = (PWSK_CLIENT)arguments[0];
    if (vf_function_has(function, VF_IRP))
        call->irp = (PIRP)arguments[function->parameter_count - 1];
}

/* A close takes its socket's number with it. */
static bool needs_number(const struct vf_call *call)
{
    return call->socket && (atomic_load_explicit(&numbers_asked, memory_order_relaxed) ||
                            call->function->id == VF_ID_WskCloseSocket);
}

/* Two references: the call's and, until it turns out that there is no completion, the IRP's. */
static struct vf_call *make_call(struct vf_call *own, enum vf_function_id function,
                                 const uintptr_t *arguments, const void *place)
{
    struct vf_call *call = os_allocate(sizeof(*call));
    bool allocated = call != NULL;

    if (!allocated)
        call = own;
    if (!call)
        return NULL;
    memset(call, 0, sizeof(*call));
    call->function = &vf_functions[function];
    call->place = place;
    call->began_ns = os_clock_ns();
    call->thread = os_thread_id();
    call->irql = KeGetCurrentIrql();
    take_arguments(call, arguments);
    call->socket_number = needs_number(call) ? vf_socket_number(call->socket) : 0;
    /* The record on the stack is never released to zero. */
    atomic_init(&call->references, allocated ? 1 : 1000);
    return call;
}

/* --- Watching the IRP ----------------------------------------------------------------------- */

static bool wants_call(const struct vf_call *call, PIRP irp)
{
    if (!call->routine)
        return false;
    if (NT_SUCCESS(irp->IoStatus.Status) ? (call->control & SL_INVOKE_ON_SUCCESS)
                                         : (call->control & SL_INVOKE_ON_ERROR))
        return true;
    return (call->control & SL_INVOKE_ON_CANCEL) && irp->Cancel;
}

/* What completion does with a location that has no routine to call. */
static NTSTATUS pass_on(PIRP irp)
{
    if (irp->PendingReturned && irp->CurrentLocation <= irp->StackCount)
        IoMarkIrpPending(irp);
    return STATUS_CONTINUE_COMPLETION;
}

static void follow_sockets(const struct vf_call *call)
{
    switch (call->function->id) {
    case VF_ID_WskSocket:
    case VF_ID_WskSocketConnect:
    case VF_ID_WskAccept:
        if (NT_SUCCESS(call->result.Status))
            vf_socket_made((const void *)call->result.Information);
        break;
    case VF_ID_WskCloseSocket:
        vf_socket_gone(call->socket, call->socket_number);
        break;
    default:
        break;
    }
}

static NTSTATUS call_routine(struct vf_call *call, PDEVICE_OBJECT device, PIRP irp)
{
    struct vf_call *outer = vf_routine_call;
    KIRQL irql = KeGetCurrentIrql();
    bool raise = call->at_dispatch && irql < DISPATCH_LEVEL;
    NTSTATUS status;

    vf_routine_call = call;
    if (raise)
        KeRaiseIrql(DISPATCH_LEVEL, &irql);
    status = call->routine(device, irp, call->context);
    if (raise)
        KeLowerIrql(irql);
    vf_routine_call = outer;
    return status;
}

NTSTATUS vf_deliver(struct vf_call *call, PDEVICE_OBJECT device, PIRP irp)
{
    PIO_STACK_LOCATION location = IoGetNextIrpStackLocation(irp);
    NTSTATUS status = STATUS_CONTINUE_COMPLETION;

    location->CompletionRoutine = call->routine;
    location->Context = call->context;
    TELL(completed, call);
    irp->IoStatus = call->result;
    if (wants_call(call, irp)) {
        status = call_routine(call, device, irp);
        TELL(routine_returned, call, status);
    } else {
        status = pass_on(irp);
    }
    vf_call_release(call);
    return status;
}

/* In the place of the driver's routine. */
static NTSTATUS completed(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    struct vf_call *call = context;

    call->result = irp->IoStatus;
    call->completed_ns = os_clock_ns();
    follow_sockets(call);
    if ((call->hold_ns || call->hold_elsewhere) && !irp->Cancel && vf_hold(call))
        return STATUS_MORE_PROCESSING_REQUIRED;
    vf_cancel_over(call);
    vf_call_let_go(call);
    return vf_deliver(call, device, irp);
}

/* What no provider would take is left for the provider to say so. */
static bool can_watch(PIRP irp)
{
    return irp && irp->Type == IO_TYPE_IRP && irp->CurrentLocation > 1;
}

static void watch(struct vf_call *call)
{
    PIO_STACK_LOCATION location;

    if (!can_watch(call->irp) || atomic_load(&call->references) > 1)
        return;
    location = IoGetNextIrpStackLocation(call->irp);
    call->routine = location->CompletionRoutine;
    call->context = location->Context;
    call->control = location->Control;
    location->CompletionRoutine = completed;
    location->Context = call;
    location->Control = SL_INVOKE_ON_SUCCESS | SL_INVOKE_ON_ERROR | SL_INVOKE_ON_CANCEL;
    call->watched = true;
    atomic_fetch_add(&call->references, 1);
}

/* --- Keeping the socket, or the client, while a completion is held --------------------------- */

static bool keep_client(struct vf_call *call, PWSK_CLIENT client)
{
    if (client && vf_provider()->hold_client(client))
        call->held_client = client;
    return call->held_client != NULL;
}

/* A close ends the socket that its completion would hold. */
static bool keep_for_close(struct vf_call *call)
{
    const struct hook_provider *of = vf_provider();
    bool kept;

    if (!of->hold_socket(call->socket))
        return false;
    kept = keep_client(call, of->client_of(call->socket));
    of->leave_socket(call->socket);
    return kept;
}

static bool keep_something(struct vf_call *call)
{
    if (!call->socket)
        return keep_client(call, call->client);
    if (call->function->id == VF_ID_WskCloseSocket)
        return keep_for_close(call);
    call->holds_socket = vf_provider()->hold_socket(call->socket);
    return call->holds_socket;
}

static void keep(struct vf_call *call)
{
    if (!call->hold_ns && !call->hold_elsewhere)
        return;
    if (call->watched && keep_something(call))
        return;
    call->hold_ns = 0;
    call->hold_elsewhere = false;
}

/* A verdict does not hide that the handle is a bad one, which is the provider's to say. */
static void check_verdict(struct vf_call *call)
{
    const struct hook_provider *of = vf_provider();

    if (!call->decided || !call->socket)
        return;
    call->decided = of->hold_socket(call->socket);
    if (call->decided)
        of->leave_socket(call->socket);
}

void vf_call_let_go(struct vf_call *call)
{
    if (call->holds_socket)
        vf_provider()->leave_socket(call->socket);
    if (call->held_client)
        vf_provider()->leave_client(call->held_client);
    call->holds_socket = false;
    call->held_client = NULL;
}

/* --- The door ------------------------------------------------------------------------------- */

struct vf_call *vf_call_begin(struct vf_call *own, enum vf_function_id function,
                              const uintptr_t *arguments, const void *place)
{
    struct vf_call *call = make_call(own, function, arguments, place);

    if (!call)
        return NULL;
    TELL(before, call);
    check_verdict(call);
    watch(call);
    keep(call);
    call->outer_caller = hook_caller;
    hook_caller = place;
    return call;
}

/* An observer's verdict: what the provider would do with a call that it refuses. */
static void refuse(struct vf_call *call)
{
    if (!call->irp)
        return;
    nt_irp_accept(call->irp);
    call->irp->IoStatus.Status = call->status;
    call->irp->IoStatus.Information = 0;
    IoCompleteRequest(call->irp, IO_NO_INCREMENT);
}

NTSTATUS vf_call_end(struct vf_call *call)
{
    NTSTATUS status;

    if (call->decided)
        refuse(call);
    hook_caller = call->outer_caller;
    if (atomic_load(&call->held))
        call->status = STATUS_PENDING;
    if (call->function->id == VF_ID_WskCloseSocket)
        vf_hold_flush(call->socket);
    if (call->cancels && call->watched)
        vf_cancel_later(call);
    TELL(after, call);
    status = call->status;
    if (call->hold_elsewhere)
        vf_hold_wait(call);
    vf_call_release(call);
    return status;
}

/* --- Imported functions --------------------------------------------------------------------- */

static void import_begin(struct hook_import *import)
{
    static const enum vf_function_id functions[HOOK_IMPORT_COUNT] = {
        [HOOK_IMPORT_REGISTER] = VF_ID_WskRegister,
        [HOOK_IMPORT_DEREGISTER] = VF_ID_WskDeregister,
        [HOOK_IMPORT_CAPTURE] = VF_ID_WskCaptureProviderNPI,
        [HOOK_IMPORT_RELEASE] = VF_ID_WskReleaseProviderNPI,
        [HOOK_IMPORT_QUERY] = VF_ID_WskQueryProviderCharacteristics,
    };
    struct vf_call *call;

    call = vf_call_begin(NULL, functions[import->function], import->arguments, import->place);
    import->notes = call;
    if (!call)
        return;
    import->decided = call->decided;
    import->status = call->status;
}

static void import_end(struct hook_import *import)
{
    struct vf_call *call = import->notes;

    call->status = import->status;
    vf_call_end(call);
}

/* --- Events --------------------------------------------------------------------------------- */

static bool event_begin(struct hook_event *event)
{
    bool go_on = true;

    for (unsigned i = 0; i < observers_now(); i++) {
        if (observers[i].event_begin)
            go_on = observers[i].event_begin(event) && go_on;
    }
    return go_on;
}

/* The other way round: what was done last to the indications is undone first. */
static void event_end(struct hook_event *event)
{
    for (unsigned i = observers_now(); i-- > 0;) {
        if (observers[i].event_end)
            observers[i].event_end(event);
    }
}

/* --- Start and stop ------------------------------------------------------------------------- */

void vf_calls_start(struct hooks *hooks)
{
    bool anybody = observers_now() != 0;

    hooks->table = anybody ? vf_choose_table : NULL;
    hooks->event_begin = anybody ? event_begin : NULL;
    hooks->event_end = anybody ? event_end : NULL;
    hooks->import_begin = anybody ? import_begin : NULL;
    hooks->import_end = anybody ? import_end : NULL;
    atomic_store(&hook_events, anybody);
}

void vf_calls_stop(void)
{
    atomic_store(&hook_events, false);
    vf_hold_stop();
    vf_numbers_forget();
    atomic_store(&numbers_asked, false);
    atomic_store(&observer_count, 0);
}
