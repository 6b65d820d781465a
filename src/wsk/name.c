/* SPDX-License-Identifier: MIT */
/*
 * name.c - WskGetAddressInfo, WskFreeAddressInfo, WskGetNameInfo.
 *
 * A lookup has two owners: its IRP, until that is completed, and the engine, until it has answered
 * or let go. Whoever completes the IRP takes it out of the lookup under its lock, so an answer that
 * comes after a cancel finds nobody, writes nowhere and is dropped. The client is held by the IRP
 * alone: a resolver that hangs does not hold up WskDeregister.
 */
#include "name.h"

#include "client.h"
#include "nt.h"
#include "provider_state.h"
#include "request.h"

struct lookup {
    struct base_lock lock;
    PIRP irp;                  /* under the lock; NULL once somebody completes it */
    struct wsk_client *client;
    struct net_lookup *net;    /* under the lock */
    struct net_question question;
    char *node_text, *service_text;
    _Atomic uint32_t owners;
    const void *place;
    PADDRINFOEXW *list;        /* the driver's, while the IRP is pending; so are these: */
    PUNICODE_STRING node, service;
};

/* --- Life ------------------------------------------------------------------------------------ */

static struct lookup *create_lookup(struct wsk_client *client, enum net_lookup_kind kind,
                                    const void *place)
{
    struct lookup *lookup = NULL;

    if (!hook_fail_allocation(HOOK_REQUEST, sizeof(*lookup), place))
        lookup = os_allocate_zeroed(sizeof(*lookup));
    if (!lookup)
        return NULL;
    lookup->client = client;
    lookup->question.kind = kind;
    lookup->place = place;
    atomic_store(&lookup->owners, 2);
    return lookup;
}

static void free_lookup(struct lookup *lookup)
{
    os_free(lookup->node_text);
    os_free(lookup->service_text);
    os_free(lookup);
}

static void drop_lookup(struct lookup *lookup)
{
    if (atomic_fetch_sub_explicit(&lookup->owners, 1, memory_order_acq_rel) == 1)
        free_lookup(lookup);
}

/* --- The answer ------------------------------------------------------------------------------ */

static NTSTATUS give_list(struct lookup *lookup, const struct net_answer *answer)
{
    if (!answer->count)
        return STATUS_NOT_FOUND;
    *lookup->list = wsk_name_list_create(&lookup->question, answer, lookup->place);
    return *lookup->list ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static NTSTATUS give_names(struct lookup *lookup, const struct net_answer *answer)
{
    /* Both or none. */
    if ((lookup->node && !wsk_name_fits(answer->node, lookup->node)) ||
        (lookup->service && !wsk_name_fits(answer->service, lookup->service)))
        return STATUS_BUFFER_TOO_SMALL;
    if (lookup->node)
        wsk_name_write_text(answer->node, lookup->node);
    if (lookup->service)
        wsk_name_write_text(answer->service, lookup->service);
    return STATUS_SUCCESS;
}

static NTSTATUS give(struct lookup *lookup, int error, const struct net_answer *answer)
{
    if (error)
        return wsk_name_status(error);
    return lookup->question.kind == NET_LOOKUP_NAME ? give_names(lookup, answer)
                                                    : give_list(lookup, answer);
}

/* The IRP's half of the lookup ends here; the IRP is not touched again. */
static void complete(struct lookup *lookup, PIRP irp, NTSTATUS status)
{
    struct wsk_client *client = lookup->client;

    drop_lookup(lookup);
    wsk_complete(NULL, irp, status, 0);
    wsk_client_leave(client);
}

/* On a thread of the engine. */
static void answered(void *owner, int error, struct net_answer *answer)
{
    struct lookup *lookup = owner;
    PIRP irp;

    base_lock_acquire(&lookup->lock);
    irp = lookup->irp;
    if (irp && !IoSetCancelRoutine(irp, NULL))
        irp = NULL; /* a cancel has it, and will complete it */
    if (irp)
        lookup->irp = NULL;
    base_lock_release(&lookup->lock);
    if (irp) {
        NTSTATUS status = give(lookup, error, answer);

        net_lookup_forget(lookup->net);
        complete(lookup, irp, status);
    }
    net_answer_free(answer);
    drop_lookup(lookup);
}

static VOID cancel(PDEVICE_OBJECT device, PIRP irp)
{
    struct lookup *lookup = irp->Tail.Overlay.DriverContext[0];
    struct net_lookup *net;

    UNREFERENCED_PARAMETER(device);
    IoReleaseCancelSpinLock(irp->CancelIrql);
    base_lock_acquire(&lookup->lock);
    lookup->irp = NULL;
    net = lookup->net;
    base_lock_release(&lookup->lock);
    if (!net || net_lookup_cancel(net))
        drop_lookup(lookup); /* the engine's half: it never began, or will not answer */
    complete(lookup, irp, STATUS_CANCELLED);
}

/* --- The question ---------------------------------------------------------------------------- */

/*
 * With the lock, which an answer or a cancel has to wait for. STATUS_PENDING: one of these
 * completes the IRP. Any other status: nobody will, and the engine's half is still the caller's.
 */
static NTSTATUS begin(struct lookup *lookup, PIRP irp)
{
    int error;

    IoSetCancelRoutine(irp, cancel);
    /* IoCancelIrp sets Cancel before it takes the routine; see wsk_request_queue(). */
    if (__atomic_load_n(&irp->Cancel, __ATOMIC_SEQ_CST))
        return IoSetCancelRoutine(irp, NULL) ? STATUS_CANCELLED : STATUS_PENDING;
    error = net_lookup_start(wsk_resolver(), &lookup->question, answered, lookup, &lookup->net);
    if (!error)
        return STATUS_PENDING;
    lookup->net = NULL;
    return IoSetCancelRoutine(irp, NULL) ? wsk_name_status(error) : STATUS_PENDING;
}

static NTSTATUS start(struct lookup *lookup, PIRP irp)
{
    NTSTATUS status;

    IoMarkIrpPending(irp);
    irp->Tail.Overlay.DriverContext[0] = lookup;
    base_lock_acquire(&lookup->lock);
    lookup->irp = irp;
    status = begin(lookup, irp);
    base_lock_release(&lookup->lock);
    if (status != STATUS_PENDING) {
        drop_lookup(lookup);
        complete(lookup, irp, status);
    }
    return STATUS_PENDING;
}

/* The client is entered and the IRP accepted; `lookup` may be NULL. */
static NTSTATUS finish(struct wsk_client *client, struct lookup *lookup, PIRP irp, NTSTATUS status)
{
    if (NT_SUCCESS(status))
        return start(lookup, irp);
    if (lookup)
        free_lookup(lookup);
    trace_count(trace_refuse_parameter);
    wsk_refuse(irp, status);
    if (client)
        wsk_client_leave(client);
    return status;
}

/* What both calls refuse before they look at anything else. */
static NTSTATUS check_owner(const struct wsk_client *client, PEPROCESS process, PETHREAD thread)
{
    if (!client)
        return STATUS_INVALID_HANDLE;
    return thread && !process ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
}

static NTSTATUS read_names(struct lookup *lookup, PUNICODE_STRING node, PUNICODE_STRING service)
{
    NTSTATUS status = wsk_name_read_text(node, &lookup->node_text);

    if (NT_SUCCESS(status))
        status = wsk_name_read_text(service, &lookup->service_text);
    lookup->question.node = lookup->node_text;
    lookup->question.service = lookup->service_text;
    if (NT_SUCCESS(status) && !lookup->node_text && !lookup->service_text)
        status = STATUS_INVALID_PARAMETER;
    return status;
}

static NTSTATUS check_namespace(ULONG name_space, const GUID *provider)
{
    return (name_space == NS_ALL || name_space == NS_DNS) && !provider ? STATUS_SUCCESS
                                                                       : STATUS_NOT_SUPPORTED;
}

NTSTATUS WSKAPI wsk_get_address_info(PWSK_CLIENT handle, PUNICODE_STRING node,
                                     PUNICODE_STRING service, ULONG name_space, GUID *provider,
                                     PADDRINFOEXW hints, PADDRINFOEXW *result, PEPROCESS process,
                                     PETHREAD thread, PIRP irp)
{
    const void *place = hook_place(NT_CALLER());
    struct wsk_client *client;
    struct lookup *lookup = NULL;
    NTSTATUS status;

    nt_require_irql(PASSIVE_LEVEL, "WskGetAddressInfo", place);
    if (!irp)
        return STATUS_INVALID_PARAMETER;
    client = wsk_client_enter(handle);
    nt_irp_accept(irp);
    if (result)
        *result = NULL; /* drivers exist that free what is not NULL here, whatever the status */
    status = check_owner(client, process, thread);
    if (NT_SUCCESS(status) && !result)
        status = STATUS_INVALID_PARAMETER;
    if (NT_SUCCESS(status))
        status = check_namespace(name_space, provider);
    if (NT_SUCCESS(status)) {
        lookup = create_lookup(client, NET_LOOKUP_ADDRESSES, place);
        status = lookup ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
    }
    if (NT_SUCCESS(status))
        status = wsk_name_read_hints(hints, &lookup->question);
    if (NT_SUCCESS(status)) {
        lookup->list = result;
        status = read_names(lookup, node, service);
    }
    return finish(client, lookup, irp, status);
}

NTSTATUS WSKAPI wsk_get_name_info(PWSK_CLIENT handle, PSOCKADDR address, ULONG length,
                                  PUNICODE_STRING node, PUNICODE_STRING service, ULONG flags,
                                  PEPROCESS process, PETHREAD thread, PIRP irp)
{
    const void *place = hook_place(NT_CALLER());
    struct wsk_client *client;
    struct lookup *lookup = NULL;
    NTSTATUS status;

    nt_require_irql(PASSIVE_LEVEL, "WskGetNameInfo", place);
    if (!irp)
        return STATUS_INVALID_PARAMETER;
    client = wsk_client_enter(handle);
    nt_irp_accept(irp);
    status = check_owner(client, process, thread);
    if (NT_SUCCESS(status) && !node && !service)
        status = STATUS_INVALID_PARAMETER;
    if (NT_SUCCESS(status)) {
        lookup = create_lookup(client, NET_LOOKUP_NAME, place);
        status = lookup ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
    }
    if (NT_SUCCESS(status))
        status = wsk_name_read_address(address, length, flags, &lookup->question);
    if (NT_SUCCESS(status)) {
        lookup->node = node;
        lookup->service = service;
        lookup->question.want_node = node != NULL;
        lookup->question.want_service = service != NULL;
    }
    return finish(client, lookup, irp, status);
}

VOID WSKAPI wsk_free_address_info(PWSK_CLIENT handle, PADDRINFOEXW info)
{
    struct wsk_client *client;

    nt_require_irql(PASSIVE_LEVEL, "WskFreeAddressInfo", hook_place(NT_CALLER()));
    client = wsk_client_enter(handle);
    if (info)
        wsk_name_list_free(info);
    if (client)
        wsk_client_leave(client);
}
