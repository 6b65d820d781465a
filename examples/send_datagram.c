/* SPDX-License-Identifier: MIT */
/*
 * send_datagram.c - a driver that sends datagrams, naming the destination in each of the three
 * ways:
 *
 *   explicit  the address is an argument of WskSendTo;
 *   remote    SIO_WSK_SET_REMOTE_ADDRESS fixes it, and WskSendTo gets NULL; only that peer is heard;
 *   sendto    SIO_WSK_SET_SENDTO_ADDRESS fixes it, and WskSendTo gets NULL; everybody is heard.
 *
 * Settings: remote (an IPv4 or IPv6 address, default 127.0.0.1), port (default 9000), text.
 *
 *     wskrun --once send_datagram.c -- remote=::1 port=9000 text=hello
 */
#include <ntddk.h>
#include <ntstrsafe.h>
#include <wsk.h>

#include "wsk_app.h"

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD DriverUnload;
static IO_COMPLETION_ROUTINE SendCompleted;

#define TAG_DATAGRAM 'dnsO'

/* A datagram on its way: everything that has to live until the IRP completes. */
typedef struct _DATAGRAM {
    WSK_BUF Buffer;
    PKEVENT Sent;
    NTSTATUS Status;
    ULONG Length;
    CHAR Payload[512];
} DATAGRAM, *PDATAGRAM;

static WSK_APP App;

static NTSTATUS
SendCompleted(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    PDATAGRAM Datagram = (PDATAGRAM)Context;
    PKEVENT Sent = Datagram->Sent;

    UNREFERENCED_PARAMETER(DeviceObject);

    Datagram->Status = Irp->IoStatus.Status;
    Datagram->Length = (ULONG)Irp->IoStatus.Information;
    IoFreeIrp(Irp);
    KeSetEvent(Sent, IO_NO_INCREMENT, FALSE);

    /* The IRP was ours and is gone. */
    return STATUS_MORE_PROCESSING_REQUIRED;
}

/* RemoteAddress may be NULL when the socket has a fixed remote address or a fixed destination. */
static NTSTATUS
SendDatagram(PWSK_SOCKET Socket, PDATAGRAM Datagram, PSOCKADDR RemoteAddress)
{
    PWSK_PROVIDER_DATAGRAM_DISPATCH Dispatch = (PWSK_PROVIDER_DATAGRAM_DISPATCH)Socket->Dispatch;
    PIRP Irp = IoAllocateIrp(1, FALSE);

    if (Irp == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    IoSetCompletionRoutine(Irp, SendCompleted, Datagram, TRUE, TRUE, TRUE);

    /* Whatever is returned, the completion routine runs exactly once. */
    (VOID)Dispatch->WskSendTo(Socket, &Datagram->Buffer, 0, RemoteAddress, 0, NULL, Irp);
    KeWaitForSingleObject(Datagram->Sent, Executive, KernelMode, FALSE, NULL);
    return Datagram->Status;
}

static NTSTATUS
SendText(PWSK_SOCKET Socket, PCSTR Way, PCWSTR Text, PSOCKADDR RemoteAddress)
{
    PDATAGRAM Datagram;
    KEVENT Sent;
    NTSTATUS Status;

    Datagram = (PDATAGRAM)ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*Datagram), TAG_DATAGRAM);
    if (Datagram == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    KeInitializeEvent(&Sent, SynchronizationEvent, FALSE);
    Datagram->Sent = &Sent;
    (VOID)RtlStringCbPrintfA(Datagram->Payload, sizeof(Datagram->Payload), "%s: %ws", Way, Text);
    Datagram->Buffer.Length = strlen(Datagram->Payload);
    Datagram->Buffer.Mdl =
        IoAllocateMdl(Datagram->Payload, (ULONG)Datagram->Buffer.Length, FALSE, FALSE, NULL);
    if (Datagram->Buffer.Mdl == NULL) {
        Status = STATUS_INSUFFICIENT_RESOURCES;
    } else {
        MmBuildMdlForNonPagedPool(Datagram->Buffer.Mdl);
        Status = SendDatagram(Socket, Datagram, RemoteAddress);
        DbgPrint("send_datagram: %s: status %08x, %lu bytes\n", Way, Status, Datagram->Length);
        IoFreeMdl(Datagram->Buffer.Mdl);
    }
    ExFreePoolWithTag(Datagram, TAG_DATAGRAM);
    return Status;
}

/* Fixes an address by one of the two ioctls, or clears it when RemoteAddress is NULL. */
static NTSTATUS
FixAddress(PWSK_SOCKET Socket, ULONG ControlCode, PSOCKADDR_INET RemoteAddress)
{
    PWSK_PROVIDER_DATAGRAM_DISPATCH Dispatch = (PWSK_PROVIDER_DATAGRAM_DISPATCH)Socket->Dispatch;
    WSK_REQUEST Request;
    NTSTATUS Status = WskRequestAllocate(&Request);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = WskRequestWait(
        &Request, Dispatch->WskControlSocket(Socket, WskIoctl, ControlCode, 0,
                                             RemoteAddress != NULL ? sizeof(*RemoteAddress) : 0,
                                             RemoteAddress, 0, NULL, NULL, Request.Irp));
    WskRequestFree(&Request);
    return Status;
}

static NTSTATUS
SendFixed(PWSK_SOCKET Socket, PCSTR Way, ULONG ControlCode, PCWSTR Text, PSOCKADDR_INET RemoteAddress)
{
    NTSTATUS Status = FixAddress(Socket, ControlCode, RemoteAddress);

    if (NT_SUCCESS(Status)) {
        Status = SendText(Socket, Way, Text, NULL);
        (VOID)FixAddress(Socket, ControlCode, NULL);
    }
    return Status;
}

static NTSTATUS
SendAllWays(PWSK_SOCKET Socket, PCWSTR Text, PSOCKADDR_INET RemoteAddress)
{
    NTSTATUS Status = SendText(Socket, "explicit", Text, (PSOCKADDR)RemoteAddress);

    if (NT_SUCCESS(Status)) {
        Status = SendFixed(Socket, "remote", SIO_WSK_SET_REMOTE_ADDRESS, Text, RemoteAddress);
    }
    if (NT_SUCCESS(Status)) {
        Status = SendFixed(Socket, "sendto", SIO_WSK_SET_SENDTO_ADDRESS, Text, RemoteAddress);
    }
    return Status;
}

static VOID
DriverUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    WskAppStop(&App);
}

NTSTATUS
DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    SOCKADDR_INET LocalAddress, RemoteAddress;
    WCHAR Remote[64], Text[200];
    PWSK_SOCKET Socket;
    ULONG Port = 9000;
    NTSTATUS Status;

    WskAppReadString(RegistryPath, L"remote", Remote, sizeof(Remote));
    WskAppReadString(RegistryPath, L"text", Text, sizeof(Text));
    WskAppReadNumber(RegistryPath, L"port", &Port);
    Status = WskAppParseAddress(Remote[0] ? Remote : L"127.0.0.1", (USHORT)Port, &RemoteAddress);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = WskAppStart(&App);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    WskAppAnyAddress(RemoteAddress.si_family, 0, &LocalAddress);
    Status = WskAppOpenSocket(&App, (PSOCKADDR)&LocalAddress, NULL, NULL, &Socket);
    if (NT_SUCCESS(Status)) {
        Status = SendAllWays(Socket, Text[0] ? Text : L"a datagram", &RemoteAddress);
        WskAppCloseSocket(Socket);
    }
    if (!NT_SUCCESS(Status)) {
        WskAppStop(&App);
        return Status;
    }
    DriverObject->DriverUnload = DriverUnload;
    return STATUS_SUCCESS;
}
