/* SPDX-License-Identifier: MIT */
/* dgram_event.c - WskReceiveFromEvent, retained indications, WskRelease, SO_WSK_EVENT_CALLBACK. */
#include "address_list.h"
#include "dgram.h"
#include "indication.h"
#include "nt.h"

/* --- Building the list ----------------------------------------------------------------------- */

static void build_mdl(MDL *mdl, struct net_datagram *datagram)
{
    uintptr_t address = (uintptr_t)datagram->data;

    *mdl = (MDL){
        .Size = sizeof(MDL),
        .MdlFlags = MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL,
        .MappedSystemVa = datagram->data,
        .StartVa = (PVOID)(address & ~(uintptr_t)(PAGE_SIZE - 1)),
        .ByteCount = (ULONG)datagram->length,
        .ByteOffset = (ULONG)(address & (PAGE_SIZE - 1)),
    };
}

static void build_indication(struct wsk_socket *socket, struct net_datagram *datagram)
{
    struct indication *indication = indication_of(datagram);
    PWSK_DATAGRAM_INDICATION node = &indication->public;
    bool truncated;

    build_mdl(&indication->mdl, datagram);
    memset(&indication->remote, 0, sizeof(indication->remote));
    wsk_address_to(socket->family, &datagram->source, (PSOCKADDR)&indication->remote);
    node->Buffer = (WSK_BUF){ .Mdl = &indication->mdl, .Length = datagram->length };
    node->RemoteAddress = (PSOCKADDR)&indication->remote;
    node->ControlInfoLength =
        wsk_control_data_build(socket->family, atomic_load(&socket->reports) | WSK_REPORT_COALESCED,
                               datagram, indication->control, sizeof(indication->control), &truncated);
    node->ControlInfo = node->ControlInfoLength ? (PCMSGHDR)(PVOID)indication->control : NULL;
    node->Next = datagram->next ? &indication_of(datagram->next)->public : NULL;
    indication->socket = socket;
    atomic_store_explicit(&indication->state, INDICATION_OFFERED, memory_order_relaxed);
}

/*
 * A run becomes a list of datagrams; or of runs, for a client that takes up to so many bytes at
 * once (UDP_RECV_MAX_COALESCED_SIZE). What there is no memory for is lost.
 */
static struct net_datagram **expand(struct net_datagram *run, size_t most,
                                    struct net_datagram **end)
{
    size_t count = most / run->control.segment;
    struct net_datagram *part;

    if (count == 0)
        count = 1;
    if (most >= run->length)
        count = net_datagram_count(run);
    do {
        size_t taken = net_datagram_count(run);

        part = net_datagram_split(run, count);
        *end = part;
        if (part)
            end = &part->next;
        else
            trace_add(trace_drop_no_memory, taken - net_datagram_count(run));
    } while (part != run);
    return end;
}

static struct net_datagram *expand_list(struct wsk_socket *socket, struct net_datagram *list)
{
    size_t most = atomic_load_explicit(&socket->receive_coalesced, memory_order_relaxed);
    struct net_datagram *expanded = NULL, **end = &expanded;

    while (list) {
        struct net_datagram *next = list->next;

        if (net_datagram_is_run(list)) {
            end = expand(list, most, end);
        } else {
            *end = list;
            end = &list->next;
        }
        list = next;
    }
    *end = NULL;
    return expanded;
}

static void build_list(struct wsk_socket *socket, struct net_datagram *list)
{
    uint64_t count = 0;

    for (struct net_datagram *datagram = list; datagram; datagram = datagram->next) {
        build_indication(socket, datagram);
        count++;
    }
    trace_add(trace_datagram_indicated, count);
}

/* --- After the callback ---------------------------------------------------------------------- */

/* The client keeps the node, unless it has released it during the callback. */
static void retain(struct wsk_socket *socket, struct net_datagram *datagram)
{
    struct indication *indication = indication_of(datagram);
    uint32_t state = INDICATION_OFFERED;

    atomic_fetch_add(&socket->retained, 1);
    hook_retain(&indication->account);
    if (atomic_compare_exchange_strong(&indication->state, &state, INDICATION_RETAINED)) {
        trace_count(trace_datagram_retained);
        return;
    }
    atomic_fetch_sub(&socket->retained, 1);
    hook_give_back(&indication->account);
    net_datagram_release(datagram);
}

/* Links of ours, and read before the node can be gone. */
static void retain_list(struct wsk_socket *socket, struct net_datagram *list)
{
    while (list) {
        struct net_datagram *next = list->next;

        retain(socket, list);
        list = next;
    }
}

static void take_back_list(struct net_datagram *list)
{
    for (struct net_datagram *datagram = list; datagram; datagram = datagram->next)
        atomic_store_explicit(&indication_of(datagram)->state, INDICATION_RELEASED,
                              memory_order_relaxed);
    net_datagram_release_list(list);
}

/* Refused: what was released meanwhile is gone, the rest is as if it had never been indicated. */
static struct net_datagram *keep_unreleased(struct net_datagram *list)
{
    struct net_datagram *kept = NULL;
    struct net_datagram **end = &kept;

    while (list) {
        struct net_datagram *next = list->next;
        uint32_t before = atomic_exchange(&indication_of(list)->state, INDICATION_RELEASED);

        if (before == INDICATION_OFFERED) {
            *end = list;
            end = &list->next;
        } else {
            net_datagram_release(list);
        }
        list = next;
    }
    *end = NULL;
    return kept;
}

static void refuse_list(struct wsk_socket *socket, struct net_datagram *list)
{
    struct net_datagram *kept;

    if (socket->event_static) {
        trace_count(trace_drop_refused);
        take_back_list(list);
        return;
    }
    kept = keep_unreleased(list);
    base_lock_acquire(&socket->lock);
    socket->event_on = false;
    wsk_dgram_put_back(socket, kept);
    base_lock_release(&socket->lock);
}

/* Disabling waited for the callback to return, and it has. */
static void end_of_callback(struct wsk_socket *socket)
{
    LIST_ENTRY irps;

    base_lock_acquire(&socket->lock);
    socket->event_running = false;
    wsk_take_irps(&socket->disable_irps, &irps);
    base_lock_release(&socket->lock);
    while (!IsListEmpty(&irps)) {
        PIRP irp = CONTAINING_RECORD(RemoveHeadList(&irps), IRP, Tail.Overlay.ListEntry);

        wsk_complete(socket, irp, STATUS_SUCCESS, 0);
        wsk_socket_leave(socket);
    }
}

void wsk_dgram_indicate(struct wsk_socket *socket, struct net_datagram *list)
{
    NTSTATUS status;

    list = expand_list(socket, list);
    build_list(socket, list);
    status = wsk_call_receive_from_event(socket, wsk_dgram_flags(list), &indication_of(list)->public);
    if (status == STATUS_PENDING)
        retain_list(socket, list);
    else if (status == STATUS_DATA_NOT_ACCEPTED)
        refuse_list(socket, list);
    else
        take_back_list(list);
    end_of_callback(socket);
}

/* --- Too much is retained -------------------------------------------------------------------- */

bool wsk_dgram_holds_too_much(struct wsk_socket *socket)
{
    if (atomic_load_explicit(&socket->retained, memory_order_relaxed) < WSK_RETAINED_MAX)
        return false;
    trace_count(trace_receive_held_back);
    return true;
}

/* The count only falls by one, so one release meets the mark. */
static void released(struct wsk_socket *socket)
{
    if (atomic_fetch_sub(&socket->retained, 1) == WSK_RETAINED_MAX / 2)
        net_udp_receive_wanted(socket->udp);
}

/* --- WskRelease ------------------------------------------------------------------------------ */

static NTSTATUS release_one(struct wsk_socket *socket, struct indication *indication)
{
    uint32_t before;

    if (indication->socket != socket)
        return STATUS_INVALID_PARAMETER;
    before = atomic_exchange(&indication->state, INDICATION_RELEASED);
    /* Released while the callback runs: the provider, which still holds the list, gives it back. */
    if (before == INDICATION_OFFERED)
        return STATUS_SUCCESS;
    if (before != INDICATION_RETAINED)
        return STATUS_INVALID_PARAMETER;
    hook_give_back(&indication->account);
    net_datagram_release(datagram_of(indication));
    released(socket);
    return STATUS_SUCCESS;
}

NTSTATUS WSKAPI wsk_release_datagrams(PWSK_SOCKET handle, PWSK_DATAGRAM_INDICATION list)
{
    struct wsk_socket *socket = wsk_socket_enter(handle, "WskRelease", NT_CALLER());
    NTSTATUS status = list ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;

    while (list && NT_SUCCESS(status)) {
        PWSK_DATAGRAM_INDICATION next = list->Next;

        status = release_one(socket, container_of(list, struct indication, public));
        list = next;
    }
    /* With a limit on what a client may hold, the socket may have been waiting for this. */
    if (atomic_load_explicit(&hook_retained_limit, memory_order_relaxed) != UINT32_MAX)
        wsk_dgram_wanted(socket);
    wsk_socket_leave(socket);
    return status;
}

/* --- A socket that no longer works ----------------------------------------------------------- */

void wsk_dgram_broken(void *owner, int error)
{
    struct wsk_socket *socket = owner;
    bool tell;
    KIRQL irql;

    (void)error;
    atomic_store(&socket->dead, 1);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    wsk_dgram_cancel_receives(socket, STATUS_FILE_FORCED_CLOSED);
    wsk_network_end(socket, STATUS_FILE_FORCED_CLOSED);
    base_lock_acquire(&socket->lock);
    tell = wsk_event_ready(socket) && !wsk_socket_closing(socket);
    socket->event_running = tell;
    base_lock_release(&socket->lock);
    if (tell) {
        wsk_call_receive_from_event(socket, 0, NULL);
        end_of_callback(socket);
    }
    KeLowerIrql(irql);
}

/* --- SO_WSK_EVENT_CALLBACK ------------------------------------------------------------------- */

bool wsk_event_ready(const struct wsk_socket *socket)
{
    const WSK_CLIENT_DATAGRAM_DISPATCH *callbacks = socket->callbacks;

    return socket->event_on && callbacks && callbacks->WskReceiveFromEvent;
}

size_t wsk_event_room(const struct wsk_socket *socket)
{
    uint32_t limit = atomic_load_explicit(&hook_retained_limit, memory_order_relaxed);
    uint32_t retained = atomic_load_explicit(&socket->retained, memory_order_relaxed);

    if (retained >= limit)
        return 0;
    return limit - retained < NET_RX_BATCH ? limit - retained : NET_RX_BATCH;
}

static NTSTATUS enable_event(struct wsk_socket *socket)
{
    NTSTATUS status = wsk_socket_require_bound(socket);

    if (!NT_SUCCESS(status))
        return status;
    base_lock_acquire(&socket->lock);
    socket->event_on = true;
    base_lock_release(&socket->lock);
    wsk_dgram_wanted(socket);
    return STATUS_SUCCESS;
}

/* The IRP is pending when STATUS_PENDING is returned. */
static NTSTATUS disable_event(struct wsk_socket *socket, PIRP irp)
{
    NTSTATUS status = STATUS_SUCCESS;

    if (socket->event_static)
        return STATUS_INVALID_DEVICE_REQUEST;
    base_lock_acquire(&socket->lock);
    socket->event_on = false;
    if (socket->event_running && irp) {
        IoMarkIrpPending(irp);
        wsk_socket_hold(socket);
        InsertTailList(&socket->disable_irps, &irp->Tail.Overlay.ListEntry);
        status = STATUS_PENDING;
    } else if (socket->event_running) {
        status = STATUS_EVENT_PENDING;
    }
    base_lock_release(&socket->lock);
    return status;
}

NTSTATUS wsk_event_control(struct wsk_socket *socket, const void *input, SIZE_T size, PIRP irp)
{
    const WSK_EVENT_CALLBACK_CONTROL *control = input;
    ULONG events;

    if (socket->category != WSK_CATEGORY_DATAGRAM)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (!control || size < sizeof(*control) || !control->NpiId)
        return STATUS_INVALID_PARAMETER;
    if (memcmp(control->NpiId, &NPI_WSK_INTERFACE_ID, sizeof(NPIID)) != 0)
        return STATUS_NOT_SUPPORTED;
    events = control->EventMask & ~(ULONG)WSK_EVENT_DISABLE;
    if (events != WSK_EVENT_RECEIVE_FROM)
        return STATUS_INVALID_PARAMETER;
    if (control->EventMask & WSK_EVENT_DISABLE)
        return disable_event(socket, irp);
    return enable_event(socket);
}
