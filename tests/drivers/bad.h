/* SPDX-License-Identifier: MIT */
/* bad.h - what the drivers with one sin share, so that each shows little but its sin. */
#pragma once

#include <ntddk.h>
#include <wsk.h>

#include "wsk_app.h"

static WSK_APP App;
static PWSK_SOCKET Socket;
static SOCKADDR_INET Local;

static __inline PWSK_PROVIDER_DATAGRAM_DISPATCH
Table(VOID)
{
    return (PWSK_PROVIDER_DATAGRAM_DISPATCH)Socket->Dispatch;
}

static __inline NTSTATUS
AskLocal(VOID)
{
    WSK_REQUEST Request;
    NTSTATUS Status = WskRequestAllocate(&Request);

    if (NT_SUCCESS(Status)) {
        Status = WskRequestWait(&Request, Table()->WskGetLocalAddress(Socket, (PSOCKADDR)&Local,
                                                                      Request.Irp));
        WskRequestFree(&Request);
    }
    return Status;
}

static __inline VOID
Close(VOID)
{
    if (Socket != NULL) {
        WskAppCloseSocket(Socket);
        WskAppStop(&App);
        Socket = NULL;
    }
}

/* A datagram socket at 127.0.0.1, and its address; or nothing. */
static __inline NTSTATUS
Open(PVOID Context, const WSK_CLIENT_DATAGRAM_DISPATCH *Callbacks)
{
    NTSTATUS Status = WskAppStart(&App);
    PWSK_SOCKET Opened;

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = WskAppParseAddress(L"127.0.0.1", 0, &Local);
    if (NT_SUCCESS(Status)) {
        Status = WskAppOpenSocket(&App, (PSOCKADDR)&Local, Context, Callbacks, &Opened);
    }
    if (!NT_SUCCESS(Status)) {
        WskAppStop(&App);
        return Status;
    }
    Socket = Opened;
    Status = AskLocal();
    if (!NT_SUCCESS(Status)) {
        Close();
    }
    return Status;
}

/* Four bytes to the socket itself. */
static __inline NTSTATUS
SendToSelf(VOID)
{
    static CHAR Payload[] = "self";
    WSK_BUF Buffer = { IoAllocateMdl(Payload, 4, FALSE, FALSE, NULL), 0, 4 };
    WSK_REQUEST Request;
    NTSTATUS Status;

    if (Buffer.Mdl == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    MmBuildMdlForNonPagedPool(Buffer.Mdl);
    Status = WskRequestAllocate(&Request);
    if (NT_SUCCESS(Status)) {
        Status = WskRequestWait(&Request,
                                Table()->WskSendTo(Socket, &Buffer, 0, (PSOCKADDR)&Local, 0, NULL,
                                                   Request.Irp));
        WskRequestFree(&Request);
    }
    IoFreeMdl(Buffer.Mdl);
    return Status;
}

static __inline NTSTATUS
SwitchEvent(ULONG Mask)
{
    WSK_EVENT_CALLBACK_CONTROL Control = { &NPI_WSK_INTERFACE_ID, Mask };

    return Table()->WskControlSocket(Socket, WskSetOption, SO_WSK_EVENT_CALLBACK, SOL_SOCKET,
                                     sizeof(Control), &Control, 0, NULL, NULL, NULL);
}

/* No callback runs when the request has completed. */
static __inline NTSTATUS
DisableEvents(PWSK_REQUEST Request)
{
    static WSK_EVENT_CALLBACK_CONTROL Control = { &NPI_WSK_INTERFACE_ID,
                                                  WSK_EVENT_RECEIVE_FROM | WSK_EVENT_DISABLE };

    return Table()->WskControlSocket(Socket, WskSetOption, SO_WSK_EVENT_CALLBACK, SOL_SOCKET,
                                     sizeof(Control), &Control, 0, NULL, NULL, Request->Irp);
}

/* No callback runs when this returns, unless it is denied. */
static __inline VOID
EndEvents(VOID)
{
    WSK_REQUEST Request;

    if (NT_SUCCESS(WskRequestAllocate(&Request))) {
        WskRequestWait(&Request, DisableEvents(&Request));
        WskRequestFree(&Request);
    }
}

/* A callback of the event sets it. */
static KEVENT Received;

/* One datagram has come to the callback, and no further one will. */
static __inline NTSTATUS
ReceiveOne(const WSK_CLIENT_DATAGRAM_DISPATCH *Callbacks)
{
    NTSTATUS Status = Open(NULL, Callbacks);

    KeInitializeEvent(&Received, NotificationEvent, FALSE);
    if (NT_SUCCESS(Status)) {
        Status = SwitchEvent(WSK_EVENT_RECEIVE_FROM);
    }
    if (NT_SUCCESS(Status)) {
        Status = SendToSelf();
    }
    if (NT_SUCCESS(Status)) {
        KeWaitForSingleObject(&Received, Executive, KernelMode, FALSE, NULL);
        EndEvents();
    }
    return Status;
}

/* What the unload does first. */
static VOID (*BeforeUnload)(VOID);

static VOID
DriverUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    if (BeforeUnload != NULL) {
        BeforeUnload();
    }
    Close();
}

/* What is wrong with the driver happens here. */
static NTSTATUS Sin(VOID);

DRIVER_INITIALIZE DriverEntry;

NTSTATUS
DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = DriverUnload;
    Status = Sin();
    if (!NT_SUCCESS(Status)) {
        Close();
    }
    return Status;
}
