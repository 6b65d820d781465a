/* SPDX-License-Identifier: MIT */
/* bind.c - WskBind and WskGetLocalAddress. */
#include "dgram.h"
#include "nt.h"
#include "sharing.h"
#include "translate.h"

/*
 * A static event may come as soon as the socket is bound (SOCK-15), on the loop, which takes this
 * lock first. What the driver prepared for its callback happened before, and threads and sanitizers
 * can rely on it.
 */
static void publish(struct wsk_socket *socket)
{
    base_lock_acquire(&socket->lock);
    base_lock_release(&socket->lock);
}

static NTSTATUS bind_endpoint(struct wsk_socket *socket, const struct net_address *address)
{
    uint32_t state = WSK_UNBOUND;
    NTSTATUS status;

    if (!atomic_compare_exchange_strong(&socket->bound, &state, WSK_BINDING))
        return STATUS_INVALID_DEVICE_STATE;
    publish(socket);
    status = wsk_sharing_bind(socket, address);
    /* A failed bind leaves a socket that can be bound to something else (BIND-09). */
    atomic_store(&socket->bound, NT_SUCCESS(status) ? WSK_BOUND : WSK_UNBOUND);
    return status;
}

static NTSTATUS bind_socket(struct wsk_socket *socket, PSOCKADDR address, ULONG flags)
{
    struct net_address local;

    if (atomic_load(&socket->dead))
        return STATUS_FILE_FORCED_CLOSED;
    if (!address || flags)
        return STATUS_INVALID_PARAMETER;
    if (!wsk_socket_address_from(socket, address, &local))
        return STATUS_INVALID_ADDRESS_COMPONENT;
    return bind_endpoint(socket, &local);
}

NTSTATUS WSKAPI wsk_bind(PWSK_SOCKET handle, PSOCKADDR address, ULONG flags, PIRP irp)
{
    struct wsk_socket *socket;
    NTSTATUS status;

    if (!irp)
        return STATUS_INVALID_PARAMETER;
    socket = wsk_socket_enter(handle, "WskBind", NT_CALLER());
    nt_irp_accept(irp);
    status = bind_socket(socket, address, flags);
    if (status == STATUS_INVALID_PARAMETER)
        status = wsk_refuse(irp, status);
    else
        status = wsk_finish(socket, irp, status, 0);
    wsk_socket_leave(socket);
    return status;
}

static NTSTATUS read_local_address(struct wsk_socket *socket, PSOCKADDR out)
{
    struct net_address local;
    NTSTATUS status = wsk_socket_require_bound(socket);
    int error;

    if (!NT_SUCCESS(status))
        return status;
    if (!out)
        return STATUS_INVALID_PARAMETER;
    error = net_udp_local_address(socket->udp, &local);
    if (!error)
        wsk_address_to(socket->family, &local, out);
    return wsk_status_from_errno(error);
}

NTSTATUS WSKAPI wsk_get_local_address(PWSK_SOCKET handle, PSOCKADDR address, PIRP irp)
{
    struct wsk_socket *socket;
    NTSTATUS status;

    if (!irp)
        return STATUS_INVALID_PARAMETER;
    socket = wsk_socket_enter(handle, "WskGetLocalAddress", NT_CALLER());
    nt_irp_accept(irp);
    status = read_local_address(socket, address);
    if (NT_SUCCESS(status))
        status = wsk_finish(socket, irp, status, 0);
    else
        status = wsk_refuse(irp, status);
    wsk_socket_leave(socket);
    return status;
}
