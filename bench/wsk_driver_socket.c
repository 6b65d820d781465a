/* SPDX-License-Identifier: MIT */
/* wsk_driver_socket.c - opening sockets, their receive event, and a crowd of idle ones. */
#include "wsk_driver.h"

PWSK_PROVIDER_DATAGRAM_DISPATCH
BenchDispatch(PWSK_SOCKET Socket)
{
    return (PWSK_PROVIDER_DATAGRAM_DISPATCH)Socket->Dispatch;
}

/* --- One socket ------------------------------------------------------------------------------ */

static NTSTATUS
SetOption(PWSK_SOCKET Socket, ULONG Option, PVOID Value, SIZE_T Size)
{
    WSK_REQUEST Request;
    NTSTATUS Status = WskRequestAllocate(&Request);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = WskRequestWait(&Request, BenchDispatch(Socket)->WskControlSocket(
                                          Socket, WskSetOption, Option, SOL_SOCKET, Size, Value, 0,
                                          NULL, NULL, Request.Irp));
    WskRequestFree(&Request);
    return Status;
}

NTSTATUS
BenchEnableEvent(PWSK_SOCKET Socket)
{
    WSK_EVENT_CALLBACK_CONTROL Control = { (PNPIID)&NPI_WSK_INTERFACE_ID, WSK_EVENT_RECEIVE_FROM };

    /* Enabling takes no IRP. */
    return BenchDispatch(Socket)->WskControlSocket(Socket, WskSetOption, SO_WSK_EVENT_CALLBACK,
                                                   SOL_SOCKET, sizeof(Control), &Control, 0, NULL,
                                                   NULL, NULL);
}

VOID
BenchDisableEvent(PWSK_SOCKET Socket)
{
    WSK_EVENT_CALLBACK_CONTROL Control = { (PNPIID)&NPI_WSK_INTERFACE_ID,
                                           WSK_EVENT_RECEIVE_FROM | WSK_EVENT_DISABLE };

    (VOID)SetOption(Socket, SO_WSK_EVENT_CALLBACK, &Control, sizeof(Control));
}

static NTSTATUS
GetLocalAddress(PWSK_SOCKET Socket, PSOCKADDR_IN LocalAddress)
{
    WSK_REQUEST Request;
    NTSTATUS Status = WskRequestAllocate(&Request);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = WskRequestWait(&Request, BenchDispatch(Socket)->WskGetLocalAddress(
                                          Socket, (PSOCKADDR)LocalAddress, Request.Irp));
    WskRequestFree(&Request);
    return Status;
}

static NTSTATUS
PrepareSocket(PWSK_SOCKET Socket, PSOCKADDR_IN LocalAddress)
{
    ULONG ReceiveBuffer = Settings.ReceiveBuffer;
    NTSTATUS Status = SetOption(Socket, SO_RCVBUF, &ReceiveBuffer, sizeof(ReceiveBuffer));

    if (NT_SUCCESS(Status) && LocalAddress != NULL) {
        Status = GetLocalAddress(Socket, LocalAddress);
    }
    return Status;
}

NTSTATUS
BenchOpenSocket(PVOID Context, const WSK_CLIENT_DATAGRAM_DISPATCH *Callbacks, PWSK_SOCKET *Socket,
                PSOCKADDR_IN LocalAddress)
{
    SOCKADDR_INET Address;
    NTSTATUS Status;

    (VOID)WskAppParseAddress(L"127.0.0.1", 0, &Address);
    Status = WskAppOpenSocket(&App, (PSOCKADDR)&Address, Context, Callbacks, Socket);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = PrepareSocket(*Socket, LocalAddress);
    if (!NT_SUCCESS(Status)) {
        WskAppCloseSocket(*Socket);
        *Socket = NULL;
    }
    return Status;
}

/* --- Idle sockets ---------------------------------------------------------------------------- */

#define MAX_IDLE 16384

static PWSK_SOCKET Idle[MAX_IDLE];
static ULONG IdleCount;

static NTSTATUS WSKAPI
IdleReceived(PVOID SocketContext, ULONG Flags, PWSK_DATAGRAM_INDICATION DataIndication)
{
    UNREFERENCED_PARAMETER(SocketContext);
    UNREFERENCED_PARAMETER(Flags);
    UNREFERENCED_PARAMETER(DataIndication);
    return STATUS_SUCCESS;
}

static const WSK_CLIENT_DATAGRAM_DISPATCH IdleCallbacks = { IdleReceived };

static NTSTATUS
OpenIdle(PWSK_SOCKET *Socket)
{
    NTSTATUS Status = BenchOpenSocket(NULL, &IdleCallbacks, Socket, NULL);

    if (NT_SUCCESS(Status)) {
        Status = BenchEnableEvent(*Socket);
        if (!NT_SUCCESS(Status)) {
            WskAppCloseSocket(*Socket);
        }
    }
    return Status;
}

NTSTATUS
IdleOpen(const struct bench_idle *Parameters)
{
    ULONG Wanted = IdleCount + Parameters->sockets;
    NTSTATUS Status = STATUS_SUCCESS;

    if (Parameters->sockets > MAX_IDLE || Wanted > MAX_IDLE) {
        return STATUS_INVALID_PARAMETER;
    }
    while (NT_SUCCESS(Status) && IdleCount < Wanted) {
        Status = OpenIdle(&Idle[IdleCount]);
        if (NT_SUCCESS(Status)) {
            IdleCount++;
        }
    }
    return Status;
}

VOID
IdleClose(VOID)
{
    while (IdleCount > 0) {
        WskAppCloseSocket(Idle[--IdleCount]);
    }
}
