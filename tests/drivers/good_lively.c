/* SPDX-License-Identifier: MIT */
/*
 * good_lively.c - a driver that is at work by itself when DriverEntry has returned, and may be
 * unloaded at any point of it: a thread that sends, a socket with an event callback, and a receive
 * that its routine starts again.
 */
#include <ntddk.h>
#include <wsk.h>

#include "wsk_app.h"

#define SIZE 64

typedef struct _ENDPOINT {
    PWSK_SOCKET Socket;
    SOCKADDR_INET Address;
} ENDPOINT;

static WSK_APP App;
static ENDPOINT Sender, Listener, Receiver;
static PKTHREAD Thread;
static KEVENT Stop;

/*
 * The receive. Who starts it again holds the protection, so that no socket is closed under the
 * call.
 */
static EX_RUNDOWN_REF Starting;
static KEVENT Idle;
static PIRP Irp;
static PMDL Mdl;
static CHAR Memory[SIZE];

static const WSK_PROVIDER_DATAGRAM_DISPATCH *
Table(const ENDPOINT *Endpoint)
{
    return (const WSK_PROVIDER_DATAGRAM_DISPATCH *)Endpoint->Socket->Dispatch;
}

static IO_COMPLETION_ROUTINE Received;

static VOID
StartReceive(VOID)
{
    WSK_BUF Buffer = { Mdl, 0, SIZE };

    if (!ExAcquireRundownProtection(&Starting)) {
        KeSetEvent(&Idle, IO_NO_INCREMENT, FALSE);
        return;
    }
    IoReuseIrp(Irp, STATUS_UNSUCCESSFUL);
    IoSetCompletionRoutine(Irp, Received, NULL, TRUE, TRUE, TRUE);
    Table(&Receiver)->WskReceiveFrom(Receiver.Socket, &Buffer, 0, NULL, NULL, NULL, NULL, Irp);
    ExReleaseRundownProtection(&Starting);
}

static NTSTATUS
Received(PDEVICE_OBJECT DeviceObject, PIRP Own, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Context);
    if (NT_SUCCESS(Own->IoStatus.Status)) {
        StartReceive();
    } else {
        KeSetEvent(&Idle, IO_NO_INCREMENT, FALSE);
    }
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS WSKAPI
Heard(PVOID SocketContext, ULONG Flags, PWSK_DATAGRAM_INDICATION DataIndication)
{
    UNREFERENCED_PARAMETER(SocketContext);
    UNREFERENCED_PARAMETER(Flags);
    UNREFERENCED_PARAMETER(DataIndication);
    return STATUS_SUCCESS;
}

static const WSK_CLIENT_DATAGRAM_DISPATCH Callbacks = { Heard };

static VOID
SendTo(PWSK_REQUEST Request, PWSK_BUF Buffer, ENDPOINT *To)
{
    WskRequestWait(Request,
                   Table(&Sender)->WskSendTo(Sender.Socket, Buffer, 0, (PSOCKADDR)&To->Address, 0,
                                             NULL, Request->Irp));
}

/* A datagram a millisecond to each of the others, until it shall stop. */
static VOID
SendOn(PVOID Context)
{
    static CHAR Payload[] = "lively";
    WSK_BUF Buffer = { IoAllocateMdl(Payload, 6, FALSE, FALSE, NULL), 0, 6 };
    LARGE_INTEGER Pace = { .QuadPart = -10000 };
    WSK_REQUEST Request;

    UNREFERENCED_PARAMETER(Context);
    if (Buffer.Mdl != NULL && NT_SUCCESS(WskRequestAllocate(&Request))) {
        MmBuildMdlForNonPagedPool(Buffer.Mdl);
        while (KeWaitForSingleObject(&Stop, Executive, KernelMode, FALSE, &Pace) ==
               STATUS_TIMEOUT) {
            SendTo(&Request, &Buffer, &Listener);
            SendTo(&Request, &Buffer, &Receiver);
        }
        WskRequestFree(&Request);
    }
    if (Buffer.Mdl != NULL) {
        IoFreeMdl(Buffer.Mdl);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

/* --- Start and stop --- */

static NTSTATUS
OpenEndpoint(ENDPOINT *Endpoint, const WSK_CLIENT_DATAGRAM_DISPATCH *Client)
{
    SOCKADDR_INET Any;
    WSK_REQUEST Request;
    NTSTATUS Status = WskAppParseAddress(L"127.0.0.1", 0, &Any);

    if (NT_SUCCESS(Status)) {
        Status = WskAppOpenSocket(&App, (PSOCKADDR)&Any, NULL, Client, &Endpoint->Socket);
    }
    if (!NT_SUCCESS(Status)) {
        Endpoint->Socket = NULL;
        return Status;
    }
    Status = WskRequestAllocate(&Request);
    if (NT_SUCCESS(Status)) {
        Status = WskRequestWait(&Request,
                                Table(Endpoint)->WskGetLocalAddress(
                                    Endpoint->Socket, (PSOCKADDR)&Endpoint->Address, Request.Irp));
        WskRequestFree(&Request);
    }
    return Status;
}

static VOID
CloseEndpoint(ENDPOINT *Endpoint)
{
    if (Endpoint->Socket != NULL) {
        WskAppCloseSocket(Endpoint->Socket);
        Endpoint->Socket = NULL;
    }
}

static NTSTATUS
Listen(VOID)
{
    WSK_EVENT_CALLBACK_CONTROL Control = { &NPI_WSK_INTERFACE_ID, WSK_EVENT_RECEIVE_FROM };

    return Table(&Listener)->WskControlSocket(Listener.Socket, WskSetOption, SO_WSK_EVENT_CALLBACK,
                                              SOL_SOCKET, sizeof(Control), &Control, 0, NULL, NULL,
                                              NULL);
}

static NTSTATUS
StartThread(VOID)
{
    HANDLE Handle;
    NTSTATUS Status =
        PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, SendOn, NULL);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = ObReferenceObjectByHandle(Handle, THREAD_ALL_ACCESS, NULL, KernelMode,
                                       (PVOID *)&Thread, NULL);
    ZwClose(Handle);
    return Status;
}

static VOID
StopAll(VOID)
{
    KeSetEvent(&Stop, IO_NO_INCREMENT, FALSE);
    if (Thread != NULL) {
        KeWaitForSingleObject(Thread, Executive, KernelMode, FALSE, NULL);
        ObDereferenceObject(Thread);
    }
    ExWaitForRundownProtectionRelease(&Starting);
    CloseEndpoint(&Sender);
    CloseEndpoint(&Listener);
    CloseEndpoint(&Receiver); /* cancels the receive */
    KeWaitForSingleObject(&Idle, Executive, KernelMode, FALSE, NULL);
    if (Mdl != NULL) {
        IoFreeMdl(Mdl);
    }
    if (Irp != NULL) {
        IoFreeIrp(Irp);
    }
    WskAppStop(&App);
}

static NTSTATUS
StartAll(VOID)
{
    NTSTATUS Status = OpenEndpoint(&Sender, NULL);

    if (NT_SUCCESS(Status)) {
        Status = OpenEndpoint(&Listener, &Callbacks);
    }
    if (NT_SUCCESS(Status)) {
        Status = OpenEndpoint(&Receiver, NULL);
    }
    if (NT_SUCCESS(Status)) {
        Status = Listen();
    }
    Irp = IoAllocateIrp(1, FALSE);
    Mdl = IoAllocateMdl(Memory, SIZE, FALSE, FALSE, NULL);
    if (NT_SUCCESS(Status) && (Irp == NULL || Mdl == NULL)) {
        Status = STATUS_INSUFFICIENT_RESOURCES;
    }
    if (NT_SUCCESS(Status)) {
        MmBuildMdlForNonPagedPool(Mdl);
        KeClearEvent(&Idle);
        StartReceive();
        Status = StartThread();
    }
    return Status;
}

static VOID
DriverUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    StopAll();
}

DRIVER_INITIALIZE DriverEntry;

NTSTATUS
DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    NTSTATUS Status = WskAppStart(&App);

    UNREFERENCED_PARAMETER(RegistryPath);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    DriverObject->DriverUnload = DriverUnload;
    KeInitializeEvent(&Stop, NotificationEvent, FALSE);
    KeInitializeEvent(&Idle, NotificationEvent, TRUE);
    ExInitializeRundownProtection(&Starting);
    Status = StartAll();
    if (!NT_SUCCESS(Status)) {
        StopAll();
    }
    return Status;
}
