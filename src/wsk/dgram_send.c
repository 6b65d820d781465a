/* SPDX-License-Identifier: MIT */
/*
 * dgram_send.c - WskSendTo.
 *
 * A datagram leaves in the caller's thread when the socket is idle: nothing is allocated, the slices live on
 * the stack and the IRP completes before the call returns. Only when the kernel has no room is a request made,
 * which keeps what the caller may overwrite (address, control data, WSK_BUF).
 */
#include "dgram.h"
#include "nt.h"
#include "translate.h"

#include <errno.h>

/* --- What to send ---------------------------------------------------------------------------- */

static NTSTATUS choose_destination(struct wsk_socket *socket, PSOCKADDR remote,
                                   struct net_address *to)
{
    bool set;

    if (remote)
        return wsk_address_from(socket->family, remote, to) ? STATUS_SUCCESS
                                                           : STATUS_INVALID_ADDRESS_COMPONENT;
    base_lock_acquire(&socket->lock);
    set = socket->last_set != NULL;
    if (set)
        *to = socket->last_set->address;
    base_lock_release(&socket->lock);
    return set ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

struct call {
    PWSK_BUF buffer;
    ULONG flags;
    PSOCKADDR remote;
    ULONG control_length;
    PCMSGHDR control;
};

static NTSTATUS describe(struct wsk_socket *socket, const struct call *call, struct net_send *send)
{
    NTSTATUS status = wsk_socket_require_bound(socket);

    if (!NT_SUCCESS(status))
        return status;
    if (!call->buffer || call->flags)
        return STATUS_INVALID_PARAMETER;
    status = choose_destination(socket, call->remote, &send->to);
    if (!NT_SUCCESS(status))
        return status;
    return wsk_control_data_parse(socket->family, call->control, call->control_length,
                                  &send->control);
}

/* --- Later ----------------------------------------------------------------------------------- */

/* The payload or the list of its pieces has to outlive the call. False when there is no memory. */
static bool keep_slices(struct wsk_request *request, const struct net_send *send, void **bounce)
{
    struct wsk_send *kept = &request->send;
    size_t size = send->slice_count * sizeof(struct net_slice);
    struct net_slice *slices = kept->inline_slices;

    kept->allocated = NULL;
    if (send->slice_count > WSK_REQUEST_SLICES) {
        slices = os_allocate(size);
        if (!slices)
            return false;
        kept->allocated = slices;
    }
    if (size)
        memcpy(slices, send->slices, size);
    if (*bounce) {
        kept->allocated = *bounce; /* one slice: it did not need an array */
        *bounce = NULL;
    }
    kept->net.slices = slices;
    kept->net.slice_count = send->slice_count;
    return true;
}

static NTSTATUS result_of(int error, const WSK_BUF *buffer, ULONG_PTR *information)
{
    *information = error ? 0 : buffer->Length;
    return wsk_status_from_errno(error);
}

static void end_send(struct wsk_request *request, int error)
{
    struct wsk_socket *socket = request->socket;
    ULONG_PTR information;
    NTSTATUS status = result_of(error, &request->buffer, &information);

    base_lock_acquire(&socket->lock);
    list_remove(&request->link);
    base_lock_release(&socket->lock);
    os_free(request->send.allocated);
    wsk_request_complete(request, status, information);
}

/*
 * A cancel can come while the engine is sending the datagram. Then the cancel routine has the IRP but may not
 * complete it, and done() may not either; the second of the two to arrive does, with the true result.
 */
static bool second_to_arrive(struct wsk_request *request, uint32_t who)
{
    return atomic_fetch_or(&request->send.ended, who) != 0;
}

static void send_done(struct net_send *net, int error)
{
    struct wsk_request *request = container_of(net, struct wsk_request, send.net);
    KIRQL irql;

    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    if (wsk_request_claim(request)) {
        end_send(request, error);
    } else {
        request->error = error;
        if (second_to_arrive(request, WSK_ENDED_SENT))
            end_send(request, error);
    }
    KeLowerIrql(irql);
}

static void cancel_claimed_send(struct wsk_request *request)
{
    struct wsk_socket *socket = request->socket;
    bool unsent;

    /* The lock waits for a send_later() that has made the IRP cancellable and not yet queued it. */
    base_lock_acquire(&socket->lock);
    unsent = net_udp_send_cancel(socket->udp, &request->send.net);
    base_lock_release(&socket->lock);
    if (unsent)
        end_send(request, -ECANCELED);
    else if (second_to_arrive(request, WSK_ENDED_CANCEL_MISSED))
        end_send(request, request->error);
}

static VOID cancel_send(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
    IoReleaseCancelSpinLock(irp->CancelIrql);
    cancel_claimed_send(wsk_request_of(irp));
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
        cancel_claimed_send(request);
}

static NTSTATUS send_later(struct wsk_socket *socket, const struct call *call,
                           const struct net_send *send, void **bounce, PIRP irp)
{
    struct wsk_request *request = wsk_request_create(socket, irp);
    bool queued;

    if (!request)
        return wsk_refuse(irp, STATUS_INSUFFICIENT_RESOURCES);
    if (!keep_slices(request, send, bounce)) {
        wsk_request_abandon(request);
        return wsk_refuse(irp, STATUS_INSUFFICIENT_RESOURCES);
    }
    request->buffer = *call->buffer;
    request->send.net.to = send->to;
    request->send.net.control = send->control;
    request->send.net.done = send_done;
    atomic_store_explicit(&request->send.ended, 0, memory_order_relaxed);
    base_lock_acquire(&socket->lock);
    queued = wsk_request_queue(request, &socket->sending, cancel_send);
    if (queued)
        net_udp_send_later(socket->udp, &request->send.net);
    base_lock_release(&socket->lock);
    if (!queued)
        end_send(request, -ECANCELED);
    return STATUS_PENDING;
}

/* --- Now ------------------------------------------------------------------------------------- */

static NTSTATUS send_now(struct wsk_socket *socket, const struct call *call, struct net_send *send,
                         void **bounce, PIRP irp)
{
    int error = net_udp_send_now(socket->udp, send);
    ULONG_PTR information;
    NTSTATUS status;

    if (error == -EAGAIN)
        return send_later(socket, call, send, bounce, irp);
    status = result_of(error, call->buffer, &information);
    return wsk_finish(socket, irp, status, information);
}

/* One piece of memory for a chain with more pieces than the engine takes. */
static NTSTATUS gather(const WSK_BUF *buffer, struct net_slice *slice, void **bounce)
{
    *bounce = os_allocate(buffer->Length);
    if (!*bounce)
        return STATUS_INSUFFICIENT_RESOURCES;
    trace_count(trace_send_bounced);
    wsk_buffer_gather(buffer, *bounce, buffer->Length);
    *slice = (struct net_slice){ *bounce, buffer->Length };
    return STATUS_SUCCESS;
}

static NTSTATUS take_payload(const struct wsk_socket *socket, const WSK_BUF *buffer,
                             struct net_slice *slices, uint32_t *count, void **bounce)
{
    size_t most = socket->family == NET_IPV4 ? NET_UDP_PAYLOAD_MAX_IPV4 : NET_UDP_PAYLOAD_MAX_IPV6;
    NTSTATUS status = wsk_buffer_slices(buffer, slices, NET_SLICES_MAX, count);

    if (status == STATUS_INVALID_PARAMETER)
        return status;
    if (buffer->Length > most)
        return STATUS_INVALID_BUFFER_SIZE;
    if (status != STATUS_BUFFER_OVERFLOW)
        return status;
    *count = 1;
    return gather(buffer, &slices[0], bounce);
}

static NTSTATUS send_datagram(struct wsk_socket *socket, const struct call *call, PIRP irp)
{
    struct net_slice slices[NET_SLICES_MAX];
    struct net_send send = { .slices = slices };
    void *bounce = NULL;
    NTSTATUS status = describe(socket, call, &send);

    if (NT_SUCCESS(status))
        status = take_payload(socket, call->buffer, slices, &send.slice_count, &bounce);
    if (!NT_SUCCESS(status)) {
        trace_count(trace_refuse_parameter);
        return wsk_refuse(irp, status);
    }
    status = send_now(socket, call, &send, &bounce, irp);
    os_free(bounce);
    return status;
}

NTSTATUS WSKAPI wsk_send_to(PWSK_SOCKET handle, PWSK_BUF buffer, ULONG flags, PSOCKADDR remote,
                            ULONG control_length, PCMSGHDR control, PIRP irp)
{
    struct call call = { buffer, flags, remote, control_length, control };
    struct wsk_socket *socket;
    NTSTATUS status;

    if (!irp)
        return STATUS_INVALID_PARAMETER;
    socket = wsk_socket_enter(handle, "WskSendTo", NT_CALLER());
    nt_irp_accept(irp);
    status = send_datagram(socket, &call, irp);
    wsk_socket_leave(socket);
    return status;
}
