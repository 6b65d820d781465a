/* SPDX-License-Identifier: MIT */
/*
 * udp_receive.c - a driver that receives datagrams with IRPs: several WskReceiveFrom requests are
 * always outstanding, and each issues itself again from its own completion routine.
 *
 * Settings: address (to listen on, default 0.0.0.0), port (default 9000), requests (how many,
 * default 4).
 *
 *     wskrun --for 10s udp_receive.c -- port=9000
 */
#include <ntddk.h>
#include <wsk.h>

#include "wsk_app.h"

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD DriverUnload;
static IO_COMPLETION_ROUTINE ReceiveCompleted;

#define TAG_RECEIVE 'crsO'
#define MAX_REQUESTS 64

/* One outstanding receive and all the memory that belongs to it. */
typedef struct _RECEIVE {
    PIRP Irp;
    WSK_BUF Buffer;
    SOCKADDR_INET RemoteAddress;
    CHAR Payload[2048];
} RECEIVE, *PRECEIVE;

static WSK_APP App;
static PWSK_SOCKET Socket;
static PRECEIVE Receives[MAX_REQUESTS];
static ULONG ReceiveCount;
static EX_RUNDOWN_REF Issuing; /* held while a thread is inside WskReceiveFrom */

static VOID
IssueReceive(PRECEIVE Receive)
{
    PWSK_PROVIDER_DATAGRAM_DISPATCH Dispatch = (PWSK_PROVIDER_DATAGRAM_DISPATCH)Socket->Dispatch;

    /*
     * Once the driver is stopping, nobody may enter a function of the socket that is about to
     * close.
     */
    if (!ExAcquireRundownProtection(&Issuing)) {
        return;
    }
    IoReuseIrp(Receive->Irp, STATUS_UNSUCCESSFUL);
    IoSetCompletionRoutine(Receive->Irp, ReceiveCompleted, Receive, TRUE, TRUE, TRUE);
    (VOID)Dispatch->WskReceiveFrom(Socket, &Receive->Buffer, 0, (PSOCKADDR)&Receive->RemoteAddress, NULL,
                                   NULL, NULL, Receive->Irp);
    ExReleaseRundownProtection(&Issuing);
}

static NTSTATUS
ReceiveCompleted(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    PRECEIVE Receive = (PRECEIVE)Context;

    UNREFERENCED_PARAMETER(DeviceObject);

    if (NT_SUCCESS(Irp->IoStatus.Status)) {
        DbgPrint("udp_receive: %Iu bytes: %.*s\n", Irp->IoStatus.Information,
                 (int)Irp->IoStatus.Information, Receive->Payload);
        IssueReceive(Receive);
    }
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static VOID
FreeReceive(PRECEIVE Receive)
{
    IoFreeIrp(Receive->Irp);
    IoFreeMdl(Receive->Buffer.Mdl);
    ExFreePoolWithTag(Receive, TAG_RECEIVE);
}

static PRECEIVE
AllocateReceive(VOID)
{
    PRECEIVE Receive;

    Receive = (PRECEIVE)ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*Receive), TAG_RECEIVE);
    if (Receive == NULL) {
        return NULL;
    }
    Receive->Irp = IoAllocateIrp(1, FALSE);
    if (Receive->Irp == NULL) {
        goto FreeMemory;
    }
    Receive->Buffer.Length = sizeof(Receive->Payload);
    Receive->Buffer.Mdl =
        IoAllocateMdl(Receive->Payload, sizeof(Receive->Payload), FALSE, FALSE, NULL);
    if (Receive->Buffer.Mdl == NULL) {
        goto FreeIrp;
    }
    MmBuildMdlForNonPagedPool(Receive->Buffer.Mdl);
    return Receive;

FreeIrp:
    IoFreeIrp(Receive->Irp);
FreeMemory:
    ExFreePoolWithTag(Receive, TAG_RECEIVE);
    return NULL;
}

/* Closing the socket cancels what is outstanding and waits for the completion routines. */
static VOID
StopReceives(VOID)
{
    ULONG i;

    ExWaitForRundownProtectionRelease(&Issuing);
    WskAppCloseSocket(Socket);
    for (i = 0; i < ReceiveCount; i++) {
        FreeReceive(Receives[i]);
    }
}

static VOID
DriverUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    StopReceives();
    WskAppStop(&App);
}

static NTSTATUS
StartReceives(ULONG Requests)
{
    while (ReceiveCount < Requests && ReceiveCount < MAX_REQUESTS) {
        Receives[ReceiveCount] = AllocateReceive();
        if (Receives[ReceiveCount] == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        IssueReceive(Receives[ReceiveCount]);
        ReceiveCount++;
    }
    return STATUS_SUCCESS;
}

NTSTATUS
DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    SOCKADDR_INET LocalAddress;
    WCHAR Address[64];
    ULONG Port = 9000;
    ULONG Requests = 4;
    NTSTATUS Status;

    WskAppReadString(RegistryPath, L"address", Address, sizeof(Address));
    WskAppReadNumber(RegistryPath, L"port", &Port);
    WskAppReadNumber(RegistryPath, L"requests", &Requests);
    Status = WskAppParseAddress(Address[0] ? Address : L"0.0.0.0", (USHORT)Port, &LocalAddress);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    ExInitializeRundownProtection(&Issuing);
    Status = WskAppStart(&App);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = WskAppOpenSocket(&App, (PSOCKADDR)&LocalAddress, NULL, NULL, &Socket);
    if (!NT_SUCCESS(Status)) {
        goto Stop;
    }
    Status = StartReceives(Requests);
    if (!NT_SUCCESS(Status)) {
        goto CloseSocket;
    }
    DbgPrint("udp_receive: listening on port %lu with %lu requests\n", Port, ReceiveCount);
    DriverObject->DriverUnload = DriverUnload;
    return STATUS_SUCCESS;

CloseSocket:
    StopReceives(); /* closes the socket, too */
Stop:
    WskAppStop(&App);
    return Status;
}
