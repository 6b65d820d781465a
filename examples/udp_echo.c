/* SPDX-License-Identifier: MIT */
/*
 * udp_echo.c - a driver that returns every datagram to its sender, from the receive event, without
 * copying: it retains the indication, sends the very buffer that came in, and releases the
 * indication when the send has completed.
 *
 * Settings: address (to listen on, default 0.0.0.0), port (default 9000), verbose (1: say a line
 * per datagram).
 *
 *     wskrun udp_echo.c -- port=9000
 */
#include <ntddk.h>
#include <wsk.h>

#include "wsk_app.h"

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD DriverUnload;
static IO_COMPLETION_ROUTINE EchoCompleted;

typedef struct _ECHO {
    WSK_APP App;
    PWSK_SOCKET Socket;
    EX_RUNDOWN_REF Sending; /* one reference per datagram on its way back */
    LONG64 Datagrams;
    ULONG Verbose;
} ECHO;

static ECHO Echo;

static NTSTATUS
EchoCompleted(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    PWSK_DATAGRAM_INDICATION Indication = (PWSK_DATAGRAM_INDICATION)Context;
    PWSK_PROVIDER_DATAGRAM_DISPATCH Dispatch =
        (PWSK_PROVIDER_DATAGRAM_DISPATCH)Echo.Socket->Dispatch;

    UNREFERENCED_PARAMETER(DeviceObject);

    if (!NT_SUCCESS(Irp->IoStatus.Status)) {
        DbgPrint("udp_echo: a datagram was not sent: %08x\n", Irp->IoStatus.Status);
    }
    IoFreeIrp(Irp);
    Dispatch->WskRelease(Echo.Socket, Indication);
    ExReleaseRundownProtection(&Echo.Sending);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

/* Sends one indication back. FALSE: it could not even be tried, and is still the caller's. */
static BOOLEAN
EchoDatagram(PWSK_DATAGRAM_INDICATION Indication)
{
    PWSK_PROVIDER_DATAGRAM_DISPATCH Dispatch =
        (PWSK_PROVIDER_DATAGRAM_DISPATCH)Echo.Socket->Dispatch;
    PIRP Irp;

    if (!ExAcquireRundownProtection(&Echo.Sending)) {
        return FALSE;
    }
    Irp = IoAllocateIrp(1, FALSE);
    if (Irp == NULL) {
        ExReleaseRundownProtection(&Echo.Sending);
        return FALSE;
    }
    IoSetCompletionRoutine(Irp, EchoCompleted, Indication, TRUE, TRUE, TRUE);
    (VOID)Dispatch->WskSendTo(Echo.Socket, &Indication->Buffer, 0, Indication->RemoteAddress, 0, NULL,
                              Irp);
    return TRUE;
}

static NTSTATUS WSKAPI
EchoReceived(PVOID SocketContext, ULONG Flags, PWSK_DATAGRAM_INDICATION DataIndication)
{
    UNREFERENCED_PARAMETER(SocketContext);
    UNREFERENCED_PARAMETER(Flags);

    if (DataIndication == NULL) {
        DbgPrint("udp_echo: the socket no longer works; unload the driver\n");
        return STATUS_SUCCESS;
    }
    while (DataIndication != NULL) {
        PWSK_DATAGRAM_INDICATION Next = DataIndication->Next;

        /* From here on each node goes its own way. */
        DataIndication->Next = NULL;
        InterlockedIncrement64(&Echo.Datagrams);
        if (Echo.Verbose) {
            DbgPrint("udp_echo: %Iu bytes, back they go\n", DataIndication->Buffer.Length);
        }
        if (!EchoDatagram(DataIndication)) {
            PWSK_PROVIDER_DATAGRAM_DISPATCH Dispatch =
                (PWSK_PROVIDER_DATAGRAM_DISPATCH)Echo.Socket->Dispatch;

            Dispatch->WskRelease(Echo.Socket, DataIndication);
        }
        DataIndication = Next;
    }
    return STATUS_PENDING; /* the indications are ours until WskRelease */
}

static const WSK_CLIENT_DATAGRAM_DISPATCH EchoCallbacks = { EchoReceived };

static NTSTATUS
SetReceiveEvent(ULONG EventMask)
{
    PWSK_PROVIDER_DATAGRAM_DISPATCH Dispatch =
        (PWSK_PROVIDER_DATAGRAM_DISPATCH)Echo.Socket->Dispatch;
    WSK_EVENT_CALLBACK_CONTROL Control;
    WSK_REQUEST Request;
    NTSTATUS Status;

    Control.NpiId = (PNPIID)&NPI_WSK_INTERFACE_ID;
    Control.EventMask = EventMask;
    if (!(EventMask & WSK_EVENT_DISABLE)) {
        return Dispatch->WskControlSocket(Echo.Socket, WskSetOption, SO_WSK_EVENT_CALLBACK, SOL_SOCKET,
                                          sizeof(Control), &Control, 0, NULL, NULL, NULL);
    }
    /* With an IRP, disabling completes when a callback that is running has returned. */
    Status = WskRequestAllocate(&Request);
    if (NT_SUCCESS(Status)) {
        Status = WskRequestWait(&Request, Dispatch->WskControlSocket(
                                              Echo.Socket, WskSetOption, SO_WSK_EVENT_CALLBACK,
                                              SOL_SOCKET, sizeof(Control), &Control, 0, NULL, NULL,
                                              Request.Irp));
        WskRequestFree(&Request);
    }
    return Status;
}

static VOID
DriverUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);

    /*
     * No more callbacks, then no more sends, and so no retained indication: now the socket may
     * close.
     */
    (VOID)SetReceiveEvent(WSK_EVENT_RECEIVE_FROM | WSK_EVENT_DISABLE);
    ExWaitForRundownProtectionRelease(&Echo.Sending);
    WskAppCloseSocket(Echo.Socket);
    WskAppStop(&Echo.App);
    DbgPrint("udp_echo: returned %I64d datagrams\n", Echo.Datagrams);
}

NTSTATUS
DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    SOCKADDR_INET LocalAddress;
    WCHAR Address[64];
    ULONG Port = 9000;
    NTSTATUS Status;

    WskAppReadString(RegistryPath, L"address", Address, sizeof(Address));
    WskAppReadNumber(RegistryPath, L"port", &Port);
    WskAppReadNumber(RegistryPath, L"verbose", &Echo.Verbose);
    Status = WskAppParseAddress(Address[0] ? Address : L"0.0.0.0", (USHORT)Port, &LocalAddress);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    ExInitializeRundownProtection(&Echo.Sending);
    Status = WskAppStart(&Echo.App);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = WskAppOpenSocket(&Echo.App, (PSOCKADDR)&LocalAddress, NULL, &EchoCallbacks, &Echo.Socket);
    if (NT_SUCCESS(Status)) {
        Status = SetReceiveEvent(WSK_EVENT_RECEIVE_FROM);
        if (!NT_SUCCESS(Status)) {
            WskAppCloseSocket(Echo.Socket);
        }
    }
    if (!NT_SUCCESS(Status)) {
        WskAppStop(&Echo.App);
        return Status;
    }
    DbgPrint("udp_echo: listening on port %lu\n", Port);
    DriverObject->DriverUnload = DriverUnload;
    return STATUS_SUCCESS;
}
