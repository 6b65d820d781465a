/* SPDX-License-Identifier: MIT */
/*
 * dgram_later.c - sends that wait for room in the kernel.
 *
 * A request holds one part per datagram. Each part ends once: sent, failed, or taken back by a cancel. The last
 * part to end completes the IRP, unless a cancel routine has it at that moment; then whoever of the two comes
 * second completes it.
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
    if (send->parts != &send->own.part)
        os_free(send->parts);
}

static void complete(struct wsk_request *request)
{
    struct wsk_socket *socket = request->socket;
    int error = atomic_load(&request->send.error);
    size_t total = request->send.total;

    base_lock_acquire(&socket->lock);
    list_remove(&request->link);
    base_lock_release(&socket->lock);
    free_parts(&request->send);
    wsk_request_complete(request, wsk_status_from_errno(error), error ? 0 : total);
}

static bool second_to_arrive(struct wsk_request *request, uint32_t who)
{
    return atomic_fetch_or(&request->send.ended, who) != 0;
}

static void end_part(struct wsk_request *request, int error)
{
    int none = 0;

    if (error)
        atomic_compare_exchange_strong(&request->send.error, &none, error);
    if (atomic_fetch_sub(&request->send.left, 1) != 1)
        return;
    if (wsk_request_claim(request) || second_to_arrive(request, WSK_ENDED_PARTS))
        complete(request);
}

static void part_done(struct net_send *net, int error)
{
    struct wsk_part *part = container_of(net, struct wsk_part, net);
    KIRQL irql;

    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    end_part(part->request, error);
    KeLowerIrql(irql);
}

/* --- Cancel ---------------------------------------------------------------------------------- */

/* The IRP is the canceller's: the request lives until it has said WSK_ENDED_CANCEL. */
static void cancel_claimed(struct wsk_request *request)
{
    struct wsk_socket *socket = request->socket;

    for (size_t i = 0; i < request->send.count; i++) {
        bool unsent;

        /* The lock waits for a wsk_send_later() that has not queued all parts yet. */
        base_lock_acquire(&socket->lock);
        unsent = net_udp_send_cancel(socket->udp, &request->send.parts[i].net);
        base_lock_release(&socket->lock);
        if (unsent)
            end_part(request, -ECANCELED);
    }
    if (second_to_arrive(request, WSK_ENDED_CANCEL))
        complete(request);
}

static VOID cancel_send(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
    IoReleaseCancelSpinLock(irp->CancelIrql);
    cancel_claimed(wsk_request_of(irp));
}

static struct wsk_request *claim_oldest_send(struct wsk_socket *socket)
{
    struct wsk_request *claimed = NULL;

    base_lock_acquire(&socket->lock);
    list_for_each(link, &socket->sending) {
        struct wsk_request *request = container_of(link, struct wsk_request, link);

        if (wsk_request_claim(request)) {
            claimed = request;
            break;
        }
    }
    base_lock_release(&socket->lock);
    return claimed;
}

void wsk_dgram_cancel_sends(struct wsk_socket *socket)
{
    struct wsk_request *request;

    while ((request = claim_oldest_send(socket)) != NULL)
        cancel_claimed(request);
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
        parts[i].net.to = outgoing->to;
        parts[i].net.control = outgoing->control;
        parts[i].net.done = part_done;
        filled = fill_part(&parts[i], &cutter, slices);
        slices += parts[i].net.slice_count;
    }
    return filled;
}

static bool allocate_parts(struct wsk_send *send, struct size size)
{
    size_t bytes = size.parts * sizeof(struct wsk_part) + size.slices * sizeof(struct net_slice);

    send->count = size.parts;
    if (bytes <= sizeof(send->own)) {
        memset(&send->own, 0, sizeof(send->own));
        send->parts = &send->own.part;
    } else {
        send->parts = os_allocate_zeroed(bytes);
    }
    return send->parts != NULL;
}

static struct wsk_request *make_request(struct wsk_socket *socket,
                                        const struct wsk_outgoing *outgoing, PIRP irp)
{
    struct wsk_request *request = wsk_request_create(socket, irp);
    struct size size = measure(outgoing);

    if (!request)
        return NULL;
    if (!allocate_parts(&request->send, size))
        goto abandon;
    if (!fill_parts(request, outgoing, size))
        goto free_parts;
    request->send.total = outgoing->total;
    atomic_store(&request->send.left, (uint32_t)size.parts);
    atomic_store(&request->send.error, outgoing->error);
    atomic_store(&request->send.ended, 0);
    return request;

free_parts:
    free_parts(&request->send);
abandon:
    wsk_request_abandon(request);
    return NULL;
}

NTSTATUS wsk_send_later(struct wsk_socket *socket, const struct wsk_outgoing *outgoing, PIRP irp)
{
    struct wsk_request *request = make_request(socket, outgoing, irp);
    bool queued;

    if (!request)
        return wsk_refuse(irp, STATUS_INSUFFICIENT_RESOURCES);
    base_lock_acquire(&socket->lock);
    queued = wsk_request_queue(request, &socket->sending, cancel_send);
    for (size_t i = 0; queued && i < request->send.count; i++)
        net_udp_send_later(socket->udp, &request->send.parts[i].net);
    base_lock_release(&socket->lock);
    if (!queued) {
        atomic_store(&request->send.error, -ECANCELED);
        complete(request);
    }
    return STATUS_PENDING;
}
