/* SPDX-License-Identifier: MIT */
/*
 * good_names.c - defines functions that the C library has too, as drivers with a Berkeley layer
 * do, and then sends and receives a datagram. None of its functions may be called by anybody
 * else.
 */
#include <ntddk.h>
#include <wsk.h>

#include "wsk_app.h"

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD DriverUnload;

static LONG Calls;

#define HIJACK(name) \
    int name(void); \
    int name(void) \
    { \
        return (int)InterlockedIncrement(&Calls); \
    }

HIJACK(send)
HIJACK(sendto)
HIJACK(sendmsg)
HIJACK(recv)
HIJACK(recvfrom)
HIJACK(recvmsg)
HIJACK(connect)
HIJACK(bind)
HIJACK(accept)
HIJACK(listen)
HIJACK(socket)
HIJACK(shutdown)
HIJACK(setsockopt)
HIJACK(getsockopt)
HIJACK(getsockname)
HIJACK(closesocket)
HIJACK(getaddrinfo)
HIJACK(epoll_wait)
HIJACK(htons)
HIJACK(ntohl)
HIJACK(close)
HIJACK(pthread_create)

static NTSTATUS
SendToSelf(PWSK_SOCKET Socket, PSOCKADDR_INET Address)
{
    PWSK_PROVIDER_DATAGRAM_DISPATCH Dispatch = (PWSK_PROVIDER_DATAGRAM_DISPATCH)Socket->Dispatch;
    static CHAR Sent[] = "mine", Received[16];
    WSK_BUF Out = { NULL, 0, sizeof(Sent) }, In = { NULL, 0, sizeof(Received) };
    ULONG_PTR Length = 0;
    WSK_REQUEST Request;
    NTSTATUS Status = WskRequestAllocate(&Request);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Out.Mdl = IoAllocateMdl(Sent, sizeof(Sent), FALSE, FALSE, NULL);
    In.Mdl = IoAllocateMdl(Received, sizeof(Received), FALSE, FALSE, NULL);
    Status = Out.Mdl && In.Mdl ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
    if (NT_SUCCESS(Status)) {
        MmBuildMdlForNonPagedPool(Out.Mdl);
        MmBuildMdlForNonPagedPool(In.Mdl);
        Status = WskRequestWait(&Request,
                                Dispatch->WskGetLocalAddress(Socket, (PSOCKADDR)Address,
                                                             Request.Irp));
    }
    if (NT_SUCCESS(Status)) {
        Status = WskRequestWait(&Request,
                                Dispatch->WskSendTo(Socket, &Out, 0, (PSOCKADDR)Address, 0, NULL,
                                                    Request.Irp));
    }
    if (NT_SUCCESS(Status)) {
        Status = WskRequestWaitInformation(
            &Request, Dispatch->WskReceiveFrom(Socket, &In, 0, NULL, NULL, NULL, NULL, Request.Irp),
            &Length);
    }
    DbgPrint("good_names: received %Iu bytes: %s\n", Length, Received);
    if (Out.Mdl) {
        IoFreeMdl(Out.Mdl);
    }
    if (In.Mdl) {
        IoFreeMdl(In.Mdl);
    }
    WskRequestFree(&Request);
    return Status;
}

static VOID
DriverUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    DbgPrint("good_names: %d calls by others\n", Calls);
}

NTSTATUS
DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    SOCKADDR_INET Address;
    PWSK_SOCKET Socket;
    static WSK_APP App;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(RegistryPath);
    Status = WskAppParseAddress(L"127.0.0.1", 0, &Address);
    if (NT_SUCCESS(Status)) {
        Status = WskAppStart(&App);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = WskAppOpenSocket(&App, (PSOCKADDR)&Address, NULL, NULL, &Socket);
    if (NT_SUCCESS(Status)) {
        Status = SendToSelf(Socket, &Address);
        WskAppCloseSocket(Socket);
    }
    WskAppStop(&App);
    DriverObject->DriverUnload = DriverUnload;
    return Status;
}
