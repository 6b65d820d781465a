/* SPDX-License-Identifier: MIT */
/* bad_leak_indication.c - sends itself a datagram and keeps the indication for ever. */
#include <ntddk.h>
#include <wsk.h>

#include "wsk_app.h"

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD DriverUnload;

static WSK_APP App;
static PWSK_SOCKET Socket;
static KEVENT Kept;

static NTSTATUS WSKAPI
Received(PVOID SocketContext, ULONG Flags, PWSK_DATAGRAM_INDICATION DataIndication)
{
    UNREFERENCED_PARAMETER(SocketContext);
    UNREFERENCED_PARAMETER(Flags);
    UNREFERENCED_PARAMETER(DataIndication);
    KeSetEvent(&Kept, IO_NO_INCREMENT, FALSE);
    return STATUS_PENDING;
}

static const WSK_CLIENT_DATAGRAM_DISPATCH Callbacks = { Received };

static NTSTATUS
SendToSelf(PWSK_PROVIDER_DATAGRAM_DISPATCH Dispatch, PSOCKADDR_INET Address)
{
    static CHAR Payload[] = "kept";
    WSK_BUF Buffer = { NULL, 0, sizeof(Payload) };
    WSK_REQUEST Request;
    NTSTATUS Status = WskRequestAllocate(&Request);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Buffer.Mdl = IoAllocateMdl(Payload, sizeof(Payload), FALSE, FALSE, NULL);
    MmBuildMdlForNonPagedPool(Buffer.Mdl);
    Status = WskRequestWait(&Request, Dispatch->WskGetLocalAddress(Socket, (PSOCKADDR)Address,
                                                                   Request.Irp));
    if (NT_SUCCESS(Status)) {
        Status = WskRequestWait(&Request,
                                Dispatch->WskSendTo(Socket, &Buffer, 0, (PSOCKADDR)Address, 0, NULL,
                                                    Request.Irp));
    }
    IoFreeMdl(Buffer.Mdl);
    WskRequestFree(&Request);
    return Status;
}

static VOID
DriverUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
}

NTSTATUS
DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    WSK_EVENT_CALLBACK_CONTROL Control = { &NPI_WSK_INTERFACE_ID, WSK_EVENT_RECEIVE_FROM };
    PWSK_PROVIDER_DATAGRAM_DISPATCH Dispatch;
    SOCKADDR_INET Address;
    WSK_REQUEST Request;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(RegistryPath);
    KeInitializeEvent(&Kept, NotificationEvent, FALSE);
    Status = WskAppStart(&App);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = WskAppParseAddress(L"127.0.0.1", 0, &Address);
    if (NT_SUCCESS(Status)) {
        Status = WskAppOpenSocket(&App, (PSOCKADDR)&Address, NULL, &Callbacks, &Socket);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Dispatch = (PWSK_PROVIDER_DATAGRAM_DISPATCH)Socket->Dispatch;
    Status = Dispatch->WskControlSocket(Socket, WskSetOption, SO_WSK_EVENT_CALLBACK, SOL_SOCKET,
                                        sizeof(Control), &Control, 0, NULL, NULL, NULL);
    if (NT_SUCCESS(Status)) {
        Status = SendToSelf(Dispatch, &Address);
    }
    if (NT_SUCCESS(Status)) {
        KeWaitForSingleObject(&Kept, Executive, KernelMode, FALSE, NULL);
        Status = WskRequestAllocate(&Request);
    }
    if (NT_SUCCESS(Status)) {
        /* Completes when the callback has returned, which is when the datagram is kept. */
        Control.EventMask |= WSK_EVENT_DISABLE;
        Status = WskRequestWait(&Request, Dispatch->WskControlSocket(
                                              Socket, WskSetOption, SO_WSK_EVENT_CALLBACK,
                                              SOL_SOCKET, sizeof(Control), &Control, 0, NULL, NULL,
                                              Request.Irp));
        WskRequestFree(&Request);
    }
    DriverObject->DriverUnload = DriverUnload;
    return Status;
}
