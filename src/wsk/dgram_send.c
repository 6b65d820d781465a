/* SPDX-License-Identifier: MIT */
/*
 * dgram_send.c - WskSendTo and WskSendMessages.
 *
 * Datagrams leave in the caller's thread while the socket is idle: nothing is allocated, the slices
 * live on the stack and the IRP completes before the call returns. In a stream of calls
 * (net/udp_tx.c), and when the kernel has no room, the rest of the call becomes a request
 * (dgram_later.c), which keeps what the caller may overwrite; the loop sends it together with those
 * that follow, and completes it. So no request completes in the thread of another's call.
 */
#include "dgram.h"
#include "dgram_later.h"
#include "nt.h"
#include "translate.h"

#include <errno.h>

/* --- What to send ---------------------------------------------------------------------------- */

/* What the two functions have in common. */
struct call {
    const WSK_BUF_LIST *list;
    ULONG flags;
    PSOCKADDR remote;
    ULONG control_length;
    PCMSGHDR control;
};

static NTSTATUS choose_destination(struct wsk_socket *socket, PSOCKADDR remote,
                                   struct net_address *to)
{
    bool set;

    if (remote)
        return wsk_socket_address_from(socket, remote, to) ? STATUS_SUCCESS
                                                           : STATUS_INVALID_ADDRESS_COMPONENT;
    base_lock_acquire(&socket->lock);
    set = socket->last_set != NULL;
    if (set)
        *to = socket->last_set->address;
    base_lock_release(&socket->lock);
    return set ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

/* The segment size is ours: datagrams are cut here, so it does not go down to the engine. */
static size_t take_segment(struct wsk_socket *socket, struct net_control *control)
{
    size_t segment = atomic_load_explicit(&socket->send_segment, memory_order_relaxed);

    if (control->present & NET_CONTROL_SEGMENT) {
        segment = control->segment;
        control->present &= ~NET_CONTROL_SEGMENT;
    }
    return segment;
}

static size_t payload_limit(const struct wsk_socket *socket)
{
    if (socket->type == SOCK_RAW)
        return NET_RAW_PAYLOAD_MAX;
    return socket->family == NET_IPV4 ? NET_UDP_PAYLOAD_MAX_IPV4 : NET_UDP_PAYLOAD_MAX_IPV6;
}

static NTSTATUS describe(struct wsk_socket *socket, const struct call *call,
                         struct wsk_outgoing *outgoing)
{
    NTSTATUS status = wsk_socket_require_bound(socket);
    size_t segment;

    if (!NT_SUCCESS(status))
        return status;
    if (!call->list || call->flags)
        return STATUS_INVALID_PARAMETER;
    status = choose_destination(socket, call->remote, &outgoing->envelope.to);
    if (!NT_SUCCESS(status))
        return status;
    status = wsk_control_data_parse(socket->family, call->control, call->control_length,
                                    &outgoing->envelope.control);
    if (!NT_SUCCESS(status))
        return status;
    if (socket->type != SOCK_DGRAM && (outgoing->envelope.control.present & NET_CONTROL_SEGMENT))
        return STATUS_NOT_SUPPORTED;
    segment = take_segment(socket, &outgoing->envelope.control);
    outgoing->single = !call->list->Next && (!segment || call->list->Buffer.Length <= segment);
    wsk_cutter_start(&outgoing->rest, call->list, segment);
    return wsk_cutter_check(call->list, segment, payload_limit(socket), &outgoing->total);
}

/* --- Now ------------------------------------------------------------------------------------- */

/*
 * One piece of memory for a chain with more pieces than the engine takes. NULL when there is none.
 */
static void *gather(const struct wsk_cutter *before, size_t length, struct net_slice *slice)
{
    struct wsk_cutter cutter = *before;
    void *bounce = os_allocate(length);

    if (!bounce)
        return NULL;
    trace_count(trace_send_bounced);
    wsk_cutter_gather(&cutter, bounce, length);
    *slice = (struct net_slice){ bounce, length };
    return bounce;
}

/* 0, or a negative errno value; -EAGAIN leaves `rest` before the datagram that did not go. */
static int send_next(struct wsk_socket *socket, struct wsk_outgoing *outgoing, bool *end)
{
    struct net_slice slices[NET_SLICES_MAX];
    struct net_send send = { .slices = slices, .envelope = &outgoing->envelope };
    struct wsk_cutter before = outgoing->rest;
    void *bounce = NULL;
    size_t length;
    int error;

    *end = !wsk_cutter_next(&outgoing->rest, slices, NET_SLICES_MAX, &send.slice_count, &length);
    if (*end)
        return 0;
    if (send.slice_count > NET_SLICES_MAX) {
        bounce = gather(&before, length, &slices[0]);
        if (!bounce)
            return -ENOMEM;
        send.slice_count = 1;
    }
    error = net_udp_send_now(socket->udp, &send);
    if (error == -EAGAIN)
        outgoing->rest = before;
    os_free(bounce);
    return error;
}

/* Datagrams of one call that may share their trip, and their slices. */
struct group {
    struct net_slice slices[NET_SLICES_MAX];
    struct net_send sends[NET_TX_BATCH];
    const struct net_send *pointers[NET_TX_BATCH];
    int errors[NET_TX_BATCH];
    unsigned count;
    uint32_t used;           /* slices */
};

/*
 * As many as there is room for; leaves `rest` behind them. 0: the next has too many slices, or none
 * is left.
 */
static unsigned gather_group(struct wsk_outgoing *outgoing, struct group *group)
{
    group->count = 0;
    group->used = 0;
    while (group->count < NET_TX_BATCH) {
        struct net_send *send = &group->sends[group->count];
        struct wsk_cutter before = outgoing->rest;
        uint32_t room = NET_SLICES_MAX - group->used;
        size_t length;

        send->slices = &group->slices[group->used];
        if (!wsk_cutter_next(&outgoing->rest, &group->slices[group->used], room,
                             &send->slice_count, &length))
            break;
        if (send->slice_count > room) {
            outgoing->rest = before;
            break;
        }
        send->envelope = &outgoing->envelope;
        group->pointers[group->count++] = send;
        group->used += send->slice_count;
    }
    return group->count;
}

static void skip(struct wsk_cutter *cutter, unsigned count)
{
    uint32_t slices;
    size_t length;

    while (count-- && wsk_cutter_next(cutter, NULL, 0, &slices, &length))
        ;
}

static void note_error(struct wsk_outgoing *outgoing, int error)
{
    if (error && !outgoing->error)
        outgoing->error = error;
}

/* False: what is in `rest` must be queued. */
static bool send_group(struct wsk_socket *socket, struct wsk_outgoing *outgoing,
                       struct group *group, const struct wsk_cutter *before)
{
    unsigned sent = net_udp_send_batch_now(socket->udp, group->pointers, group->count,
                                           group->errors);

    for (unsigned i = 0; i < sent; i++)
        note_error(outgoing, group->errors[i]);
    if (sent == group->count)
        return true;
    outgoing->rest = *before;
    skip(&outgoing->rest, sent);
    return false;
}

/*
 * False as above. A failure in the middle does not keep the rest from being tried (DGRAM-MSGS-06).
 */
static bool send_list(struct wsk_socket *socket, struct wsk_outgoing *outgoing)
{
    struct group group;
    bool end = false;

    while (!end) {
        struct wsk_cutter before = outgoing->rest;
        int error;

        if (gather_group(outgoing, &group)) {
            if (!send_group(socket, outgoing, &group, &before))
                return false;
            continue;
        }
        error = send_next(socket, outgoing, &end);
        if (error == -EAGAIN)
            return false;
        note_error(outgoing, error);
    }
    return true;
}

static bool send_single(struct wsk_socket *socket, struct wsk_outgoing *outgoing)
{
    bool end;

    outgoing->error = send_next(socket, outgoing, &end);
    if (outgoing->error != -EAGAIN)
        return true;
    outgoing->error = 0;
    return false;
}

/* Lets the socket go. */
static NTSTATUS send_all(struct wsk_socket *socket, struct wsk_outgoing *outgoing, PIRP irp)
{
    NTSTATUS status;

    if (net_udp_must_queue(socket->udp) ||
        !(outgoing->single ? send_single(socket, outgoing) : send_list(socket, outgoing)))
        return wsk_send_later(socket, outgoing, irp);
    status = wsk_finish(socket, irp, wsk_status_from_errno(outgoing->error),
                        outgoing->error ? 0 : outgoing->total);
    wsk_socket_leave(socket);
    return status;
}

static NTSTATUS send_datagrams(PWSK_SOCKET handle, const struct call *call, const char *function,
                               PIRP irp, const void *place)
{
    struct wsk_outgoing outgoing = { .error = 0 };
    struct wsk_socket *socket;
    NTSTATUS status;

    if (!irp)
        return STATUS_INVALID_PARAMETER;
    socket = wsk_socket_enter(handle, function, place);
    nt_irp_accept(irp);
    status = describe(socket, call, &outgoing);
    if (NT_SUCCESS(status))
        return send_all(socket, &outgoing, irp);
    trace_count(trace_refuse_parameter);
    status = wsk_refuse(irp, status);
    wsk_socket_leave(socket);
    return status;
}

NTSTATUS WSKAPI wsk_send_to(PWSK_SOCKET handle, PWSK_BUF buffer, ULONG flags, PSOCKADDR remote,
                            ULONG control_length, PCMSGHDR control, PIRP irp)
{
    WSK_BUF_LIST one = { .Next = NULL };
    const struct call call = { buffer ? &one : NULL, flags, remote, control_length, control };

    if (buffer)
        one.Buffer = *buffer;
    return send_datagrams(handle, &call, "WskSendTo", irp, NT_CALLER());
}

NTSTATUS WSKAPI wsk_send_messages(PWSK_SOCKET handle, PWSK_BUF_LIST list, ULONG flags,
                                  PSOCKADDR remote, ULONG control_length, PCMSGHDR control, PIRP irp)
{
    const struct call call = { list, flags, remote, control_length, control };

    return send_datagrams(handle, &call, "WskSendMessages", irp, NT_CALLER());
}
