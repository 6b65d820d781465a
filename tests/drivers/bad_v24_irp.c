/* SPDX-License-Identifier: MIT */
/*
 * bad_v24_irp.c - gives an IRP to enable an event.
 */
#include "bad.h"

static NTSTATUS WSKAPI
Receive(PVOID SocketContext, ULONG Flags, PWSK_DATAGRAM_INDICATION DataIndication)
{
    UNREFERENCED_PARAMETER(SocketContext);
    UNREFERENCED_PARAMETER(Flags);
    UNREFERENCED_PARAMETER(DataIndication);
    return STATUS_SUCCESS;
}

static const WSK_CLIENT_DATAGRAM_DISPATCH Callbacks = { Receive };

static NTSTATUS
Sin(VOID)
{
    WSK_EVENT_CALLBACK_CONTROL Control = { &NPI_WSK_INTERFACE_ID, WSK_EVENT_RECEIVE_FROM };
    WSK_REQUEST Request;
    NTSTATUS Status = Open(NULL, &Callbacks);

    if (!NT_SUCCESS(Status) || !NT_SUCCESS(WskRequestAllocate(&Request))) {
        return STATUS_UNSUCCESSFUL;
    }
    Status = Table()->WskControlSocket(Socket, WskSetOption, SO_WSK_EVENT_CALLBACK, SOL_SOCKET, /* CAUGHT V24 FINDING */
                                       sizeof(Control), &Control, 0, NULL, NULL, Request.Irp);
    WskRequestWait(&Request, Status);
    WskRequestFree(&Request);
    return STATUS_SUCCESS;
}
