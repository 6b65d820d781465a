/* SPDX-License-Identifier: MIT */
/*
 * listen.c - the listening category, for SOCK_DGRAM. Windows makes such a socket and fails only
 * when it is bound, as public tests of the interface observe there. Listening for TCP is absent.
 */
#include "dgram.h"
#include "nt.h"

NTSTATUS WSKAPI wsk_listen_bind(PWSK_SOCKET handle, PSOCKADDR address, ULONG flags, PIRP irp)
{
    struct wsk_socket *socket;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(address);
    UNREFERENCED_PARAMETER(flags);
    if (!irp)
        return STATUS_INVALID_PARAMETER;
    socket = wsk_socket_enter(handle, "WskBind", NT_CALLER());
    nt_irp_accept(irp);
    status = wsk_finish(socket, irp, STATUS_NOT_IMPLEMENTED, 0);
    wsk_socket_leave(socket);
    return status;
}

/* No such socket is ever bound, and these need one that is. */
static NTSTATUS refuse_unbound(PWSK_SOCKET handle, const char *function, PIRP irp,
                               const void *place)
{
    struct wsk_socket *socket;
    NTSTATUS status;

    if (!irp)
        return STATUS_INVALID_PARAMETER;
    socket = wsk_socket_enter(handle, function, place);
    nt_irp_accept(irp);
    status = wsk_refuse(irp, wsk_socket_require_bound(socket));
    wsk_socket_leave(socket);
    return status;
}

NTSTATUS WSKAPI wsk_listen_accept(PWSK_SOCKET handle, ULONG flags, PVOID context,
                                  const WSK_CLIENT_CONNECTION_DISPATCH *dispatch, PSOCKADDR local,
                                  PSOCKADDR remote, PIRP irp)
{
    UNREFERENCED_PARAMETER(flags);
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(dispatch);
    UNREFERENCED_PARAMETER(local);
    UNREFERENCED_PARAMETER(remote);
    return refuse_unbound(handle, "WskAccept", irp, NT_CALLER());
}

NTSTATUS WSKAPI wsk_listen_inspect_complete(PWSK_SOCKET handle, PWSK_INSPECT_ID id,
                                            WSK_INSPECT_ACTION action, PIRP irp)
{
    UNREFERENCED_PARAMETER(id);
    UNREFERENCED_PARAMETER(action);
    return refuse_unbound(handle, "WskInspectComplete", irp, NT_CALLER());
}
