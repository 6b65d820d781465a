/* SPDX-License-Identifier: MIT */
/*
 * dgram_later.c - sends that the loop sends: those of a stream, and those that wait for room in the
 * kernel.
 *
 * A request holds one part per datagram. Each part ends once: sent, failed, or taken back by a
 * cancel. The last part to end completes the IRP, unless a cancel routine has it at that moment;
 * then whoever of the two comes second completes it.
 */
#include "dgram_later.h"

#include "dgram.h"
#include "nt.h"

#include <errno.h>

/* --- The end --------------------------------------------------------------------------------- */

static void free_parts(struct wsk_send *send)
{
    for (size_t i = 0; i < send->count; i++)
        os_free(send->parts[i].bounce);
    if (send->parts != &send->part)
        os_free(send->parts);
}

static NTSTATUS result_of(struct wsk_request *request, ULONG_PTR *information)
{
    int error = atomic_load_explicit(&request->send.error, memory_order_relaxed);

    *information = error ? 0 : request->send.total;
    free_parts(&request->send);
    return wsk_status_from_errno(error);
}

static void complete(struct wsk_request *request)
{
    ULONG_PTR information;
    NTSTATUS status = result_of(request, &information);

    wsk_request_complete(request, status, information);
}

/*
 * On the loop: many requests at once go back, and leave the gate, after their completion routines
 * have returned. So their sender's lines are not taken from it for each.
 */
static void complete_on_loop(struct wsk_request *request)
{
    struct wsk_socket *socket = request->socket;
    PIRP irp = request->irp;
    ULONG_PTR information;
    NTSTATUS status = result_of(request, &information);

    wsk_request_keep(&socket->ended, request);
    wsk_complete(socket, irp, status, information);
}

void wsk_dgram_sent(void *owner)
{
    struct wsk_socket *socket = owner;
    struct wsk_ended_sends ended = socket->ended;

    socket->ended = (struct wsk_ended_sends){ 0, NULL, NULL };
    if (ended.first)
        wsk_requests_give_back(&socket->requests, ended.first, ended.last);
    if (ended.count)
        wsk_socket_leave_many(socket, ended.count);
}

static bool second_to_arrive(struct wsk_request *request, uint32_t who)
{
    return atomic_fetch_or(&request->send.ended, who) != 0;
}

/* True for whoever ends the last part and has to complete the request. */
static bool end_part(struct wsk_request *request, int error)
{
    int none = 0;

    if (error)
        atomic_compare_exchange_strong(&request->send.error, &none, error);
    if (request->send.count > 1 && atomic_fetch_sub(&request->send.left, 1) != 1)
        return false;
    return wsk_request_claim(request) || second_to_arrive(request, WSK_ENDED_PARTS);
}

static void part_done(struct net_send *net, int error)
{
    struct wsk_part *part = container_of(net, struct wsk_part, net);
    KIRQL irql;

    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    if (end_part(part->request, error))
        complete_on_loop(part->request);
    KeLowerIrql(irql);
}

void wsk_dgram_approaching(const struct net_send *net, bool soon)
{
    PIRP irp = container_of(net, struct wsk_part, net)->request->irp;

    if (soon)
        nt_irp_fetch_context(irp);
    else
        nt_irp_fetch(irp);
}

/* --- Cancel ---------------------------------------------------------------------------------- */

/* The IRP is the canceller's: the request lives until it has said WSK_ENDED_CANCEL. */
static void cancel_claimed(struct wsk_request *request)
{
    struct wsk_socket *socket = request->socket;

    /* The lock waits for a wsk_send_later() that has not queued all parts yet. */
    base_lock_acquire(&socket->requests.lock);
    base_lock_release(&socket->requests.lock);
    for (size_t i = 0; i < request->send.count; i++)
        if (net_udp_send_cancel(socket->udp, &request->send.parts[i].net))
            end_part(request, -ECANCELED);
    if (second_to_arrive(request, WSK_ENDED_CANCEL))
        complete(request);
}

static VOID cancel_send(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
    IoReleaseCancelSpinLock(irp->CancelIrql);
    cancel_claimed(wsk_request_of(irp));
}

/* --- Making a request of the rest ------------------------------------------------------------ */

struct size {
    size_t parts;
    size_t slices;
};

static struct size measure(const struct wsk_outgoing *outgoing)
{
    struct wsk_cutter cutter = outgoing->rest;
    struct size size = { 0, 0 };
    uint32_t count;
    size_t length;

    while (wsk_cutter_next(&cutter, NULL, 0, &count, &length)) {
        size.parts++;
        size.slices += count > NET_SLICES_MAX ? 1 : count;
    }
    return size;
}

static bool fill_part(struct wsk_part *part, struct wsk_cutter *cutter, struct net_slice *slices)
{
    struct wsk_cutter before = *cutter;
    uint32_t count;
    size_t length;

    wsk_cutter_next(cutter, slices, 0, &count, &length);
    part->net.slices = slices;
    part->net.slice_count = count;
    if (count <= NET_SLICES_MAX) {
        wsk_cutter_next(&before, slices, count, &count, &length);
        return true;
    }
    part->bounce = os_allocate(length);
    if (!part->bounce)
        return false;
    trace_count(trace_send_bounced);
    wsk_cutter_gather(&before, part->bounce, length);
    *slices = (struct net_slice){ part->bounce, length };
    part->net.slice_count = 1;
    return true;
}

static bool fill_parts(struct wsk_request *request, const struct wsk_outgoing *outgoing,
                       struct size size)
{
    struct wsk_part *parts = request->send.parts;
    struct net_slice *slices = (struct net_slice *)(void *)(parts + size.parts);
    struct wsk_cutter cutter = outgoing->rest;
    bool filled = true;

    for (size_t i = 0; i < size.parts && filled; i++) {
        parts[i].request = request;
        parts[i].net.number = 0;
        parts[i].net.envelope = &request->send.envelope;
        parts[i].net.done = part_done;
        filled = fill_part(&parts[i], &cutter, slices);
        slices += parts[i].net.slice_count;
    }
    return filled;
}

static bool allocate_parts(struct wsk_send *send, struct size size)
{
    size_t bytes = size.parts * sizeof(struct wsk_part) + size.slices * sizeof(struct net_slice);

    send->count = (uint32_t)size.parts;
    send->parts = os_allocate(bytes);
    for (size_t i = 0; send->parts && i < size.parts; i++)
        send->parts[i].bounce = NULL;
    return send->parts != NULL;
}

/* Where the slices of the one datagram are. NULL: too many of them. */
static const struct net_slice *own_slices(struct wsk_send *send, const struct wsk_cutter *from,
                                          uint32_t *count)
{
    struct wsk_cutter cutter = *from;
    size_t length;

    wsk_cutter_next(&cutter, &send->slice, 1, count, &length);
    if (*count <= 1)
        return &send->slice;
    cutter = *from;
    wsk_cutter_next(&cutter, send->slices, WSK_OWN_SLICES, count, &length);
    return *count <= WSK_OWN_SLICES ? send->slices : NULL;
}

/* One datagram whose slices fit: what nearly all are. */
static bool fill_single(struct wsk_request *request, const struct wsk_outgoing *outgoing)
{
    struct wsk_part *part = &request->send.part;

    part->net.slices = own_slices(&request->send, &outgoing->rest, &part->net.slice_count);
    if (!part->net.slices)
        return false;
    request->send.parts = part;
    request->send.count = 1;
    part->bounce = NULL;
    part->request = request;
    part->net.number = 0;
    part->net.envelope = &request->send.envelope;
    part->net.done = part_done;
    return true;
}

static bool fill_all(struct wsk_request *request, const struct wsk_outgoing *outgoing)
{
    struct size size = measure(outgoing);

    if (!allocate_parts(&request->send, size))
        return false;
    if (fill_parts(request, outgoing, size))
        return true;
    free_parts(&request->send);
    return false;
}

static void set_envelope(struct net_envelope *envelope, const struct net_envelope *from)
{
    envelope->to = from->to;
    if (from->control.present)
        envelope->control = from->control;
    else
        envelope->control.present = 0;
}

/* Under the cache's lock. */
static struct wsk_request *make_request(struct wsk_socket *socket,
                                        const struct wsk_outgoing *outgoing, PIRP irp)
{
    struct wsk_request *request = wsk_request_take(socket, irp);

    if (!request)
        return NULL;
    set_envelope(&request->send.envelope, &outgoing->envelope);
    if (!(outgoing->single && fill_single(request, outgoing)) && !fill_all(request, outgoing)) {
        wsk_request_give_back(request);
        return NULL;
    }
    request->send.total = outgoing->total;
    atomic_init(&request->send.left, request->send.count);
    atomic_init(&request->send.error, outgoing->error);
    atomic_init(&request->send.ended, 0);
    return request;
}

/* The request may be gone on return: it ends with its last part, which is queued last. */
static void queue_parts(struct wsk_socket *socket, struct wsk_request *request)
{
    struct wsk_part *parts = request->send.parts;
    size_t count = request->send.count;

    for (size_t i = 0; i < count; i++)
        net_udp_send_later(socket->udp, &parts[i].net);
}

NTSTATUS wsk_send_later(struct wsk_socket *socket, const struct wsk_outgoing *outgoing, PIRP irp)
{
    struct wsk_request *request = NULL;
    bool queued;

    base_lock_acquire(&socket->requests.lock);
    if (!wsk_request_shall_fail())
        request = make_request(socket, outgoing, irp);
    queued = request && wsk_request_pend(request, cancel_send);
    if (queued)
        queue_parts(socket, request);
    base_lock_release(&socket->requests.lock);
    if (queued)
        return STATUS_PENDING;
    if (!request) {
        wsk_refuse(irp, STATUS_INSUFFICIENT_RESOURCES);
        wsk_socket_leave(socket);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    atomic_store(&request->send.error, -ECANCELED);
    complete(request);
    return STATUS_PENDING;
}
