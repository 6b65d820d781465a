/* SPDX-License-Identifier: MIT */
/*
 * control.c - WskControlSocket: set option, get option, ioctl; with an IRP or without.
 *
 * Whatever the operation, the result goes the same ways out: the return value, the IRP if there is
 * one, and OutputSizeReturned, which real drivers also pass together with an IRP.
 */
#include "address_list.h"
#include "descriptor.h"
#include "dgram.h"
#include "nt.h"
#include "provider_state.h"
#include "translate.h"

#include <mstcpip.h>
#include <mswsockdef.h>

struct control {
    struct wsk_socket *socket;
    ULONG code;
    ULONG level;
    const void *input;
    SIZE_T input_size;
    void *output;
    SIZE_T output_size;
    SIZE_T written;
    PIRP irp;
    const void *place;
};

/* --- Ioctls ---------------------------------------------------------------------------------- */

static void clear_peer(struct wsk_socket *socket, struct wsk_peer *peer)
{
    struct wsk_peer *other = peer == &socket->remote ? &socket->destination : &socket->remote;

    peer->set = false;
    if (socket->last_set == peer)
        socket->last_set = other->set ? other : NULL;
}

/* SIO_WSK_SET_REMOTE_ADDRESS and SIO_WSK_SET_SENDTO_ADDRESS; no input clears the address. */
static NTSTATUS set_peer(struct control *control, struct wsk_peer *peer)
{
    struct wsk_socket *socket = control->socket;
    struct net_address address;
    NTSTATUS status = wsk_socket_require_bound(socket);

    if (socket->category != WSK_CATEGORY_DATAGRAM)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (!NT_SUCCESS(status))
        return status;
    if (control->input_size != 0) {
        if (!control->input || control->input_size < wsk_socket_address_size(socket))
            return STATUS_INVALID_PARAMETER;
        if (!wsk_socket_address_from(socket, control->input, &address))
            return STATUS_INVALID_ADDRESS_COMPONENT;
    }
    base_lock_acquire(&socket->lock);
    if (control->input_size != 0) {
        *peer = (struct wsk_peer){ .set = true, .address = address };
        socket->last_set = peer;
    } else {
        clear_peer(socket, peer);
    }
    base_lock_release(&socket->lock);
    return STATUS_SUCCESS;
}

/* Datagram sockets are never reset by ICMP errors, so both answers are taken. */
static NTSTATUS set_connreset(struct control *control)
{
    ULONG value;

    if (control->socket->type != SOCK_DGRAM)
        return STATUS_NOT_SUPPORTED;
    if (!control->input || control->input_size < sizeof(value))
        return STATUS_INVALID_PARAMETER;
    memcpy(&value, control->input, sizeof(value));
    atomic_store(&control->socket->stored[WSK_STORED_CONNRESET], value != 0);
    return STATUS_SUCCESS;
}

/* The host's queues are not the process's to know. */
static NTSTATUS query_rss(struct control *control)
{
    RSS_SCALABILITY_INFO info = { .RssEnabled = FALSE };

    if (!control->output || control->output_size < sizeof(info))
        return STATUS_BUFFER_TOO_SMALL;
    memcpy(control->output, &info, sizeof(info));
    control->written = sizeof(info);
    return STATUS_SUCCESS;
}

/*
 * What the host's addresses and routes answer; drivers probe for other features and go on without
 * them.
 */
static NTSTATUS network(struct control *control)
{
    struct wsk_network_ioctl ioctl = {
        .socket = control->socket, .code = control->code,
        .input = control->input, .input_size = control->input_size,
        .output = control->output, .output_size = control->output_size, .irp = control->irp,
    };
    NTSTATUS status = wsk_network_ioctl(&ioctl, control->place);

    control->written = ioctl.written;
    if (status == STATUS_NOT_SUPPORTED)
        trace_count(trace_refuse_unsupported);
    return status;
}

static NTSTATUS ioctl(struct control *control)
{
    switch (control->code) {
    case SIO_WSK_SET_REMOTE_ADDRESS:
        return set_peer(control, &control->socket->remote);
    case SIO_WSK_SET_SENDTO_ADDRESS:
        return set_peer(control, &control->socket->destination);
    case SIO_UDP_CONNRESET:
        return set_connreset(control);
    case SIO_QUERY_RSS_SCALABILITY_INFO:
        return query_rss(control);
    default:
        return network(control);
    }
}

/* --- The call -------------------------------------------------------------------------------- */

static NTSTATUS set_option(struct control *control)
{
    if (control->level == SOL_SOCKET && control->code == SO_WSK_EVENT_CALLBACK)
        return wsk_event_control(control->socket, control->input, control->input_size,
                                 control->irp);
    if (control->level == SOL_SOCKET && control->code == SO_WSK_SECURITY)
        return wsk_descriptor_set(control->socket, control->input, control->input_size);
    return wsk_option_set(control->socket, control->level, control->code, control->input,
                          control->input_size);
}

static NTSTATUS get_option(struct control *control)
{
    if (control->level == SOL_SOCKET && control->code == SO_WSK_SECURITY)
        return wsk_descriptor_get(control->socket, control->output, control->output_size,
                                  &control->written, control->place);
    return wsk_option_get(control->socket, control->level, control->code, control->output,
                          control->output_size, &control->written);
}

static NTSTATUS operate(struct control *control, WSK_CONTROL_SOCKET_TYPE type)
{
    if (atomic_load(&control->socket->dead))
        return STATUS_FILE_FORCED_CLOSED;
    switch (type) {
    case WskSetOption:
        return set_option(control);
    case WskGetOption:
        return get_option(control);
    case WskIoctl:
        return ioctl(control);
    default:
        return STATUS_INVALID_PARAMETER;
    }
}

static NTSTATUS end_with_irp(const struct control *control, NTSTATUS status)
{
    if (status == STATUS_PENDING)
        return status;
    if (!NT_SUCCESS(status))
        return wsk_refuse(control->irp, status);
    return wsk_finish(control->socket, control->irp, status, control->written);
}

NTSTATUS WSKAPI wsk_control_socket(PWSK_SOCKET handle, WSK_CONTROL_SOCKET_TYPE type, ULONG code,
                                   ULONG level, SIZE_T input_size, PVOID input, SIZE_T output_size,
                                   PVOID output, SIZE_T *output_returned, PIRP irp)
{
    struct control control = {
        .code = code, .level = level, .input = input, .input_size = input_size,
        .output = output, .output_size = output_size, .irp = irp,
        .place = hook_place(NT_CALLER()),
    };
    NTSTATUS status;

    control.socket = wsk_socket_enter(handle, "WskControlSocket", NT_CALLER());
    if (irp)
        nt_irp_accept(irp);
    /* Before anything can complete the IRP: from then on the place is the driver's. */
    if (output_returned)
        *output_returned = 0;
    status = operate(&control, type);
    if (output_returned && status != STATUS_PENDING)
        *output_returned = control.written;
    if (irp)
        status = end_with_irp(&control, status);
    wsk_socket_leave(control.socket);
    return status;
}
