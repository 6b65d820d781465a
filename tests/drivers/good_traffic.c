/* SPDX-License-Identifier: MIT */
/*
 * good_traffic.c - a driver that does a bit of everything with datagrams, and undoes it whatever fails: a
 * socket with an event callback, one that receives into IRPs, and sends from one to the other.
 */
#include <wdm.h>
#include <wsk.h>

#define TAG 'fart'
#define ROUNDS 4
#define SIZE 100

/* One request: an IRP, an event, and memory with its MDL. */
typedef struct {
    PIRP Irp;
    KEVENT Done;
    PVOID Memory;
    PMDL Mdl;
    NTSTATUS Status;
} REQUEST;

typedef struct {
    PWSK_SOCKET Socket;
    const WSK_PROVIDER_DATAGRAM_DISPATCH *Dispatch;
    SOCKADDR_IN Address;
} ENDPOINT;

static const WSK_CLIENT_DISPATCH ClientDispatch = { MAKE_WSK_VERSION(1, 0), 0, NULL };
static WSK_REGISTRATION Registration;
static WSK_PROVIDER_NPI Npi;
static ENDPOINT Listener, Sender;
static KEVENT Arrived;

static IO_COMPLETION_ROUTINE OnComplete;

static NTSTATUS OnComplete(PDEVICE_OBJECT Device, PIRP Irp, PVOID Context)
{
    REQUEST *Request = Context;

    UNREFERENCED_PARAMETER(Device);
    Request->Status = Irp->IoStatus.Status;
    KeSetEvent(&Request->Done, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static void FreeRequest(REQUEST *Request)
{
    if (Request->Mdl)
        IoFreeMdl(Request->Mdl);
    if (Request->Memory)
        ExFreePoolWithTag(Request->Memory, TAG);
    if (Request->Irp)
        IoFreeIrp(Request->Irp);
    ExFreePoolWithTag(Request, TAG);
}

static REQUEST *MakeRequest(VOID)
{
    REQUEST *Request = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*Request), TAG);

    if (!Request)
        return NULL;
    KeInitializeEvent(&Request->Done, SynchronizationEvent, FALSE);
    Request->Irp = IoAllocateIrp(1, FALSE);
    Request->Memory = ExAllocatePool2(POOL_FLAG_NON_PAGED, SIZE, TAG);
    if (Request->Memory)
        Request->Mdl = IoAllocateMdl(Request->Memory, SIZE, FALSE, FALSE, NULL);
    if (!Request->Irp || !Request->Mdl) {
        FreeRequest(Request);
        return NULL;
    }
    MmBuildMdlForNonPagedPool(Request->Mdl);
    return Request;
}

static PIRP Prepare(REQUEST *Request)
{
    IoReuseIrp(Request->Irp, STATUS_UNSUCCESSFUL);
    IoSetCompletionRoutine(Request->Irp, OnComplete, Request, TRUE, TRUE, TRUE);
    return Request->Irp;
}

static NTSTATUS Wait(REQUEST *Request)
{
    KeWaitForSingleObject(&Request->Done, Executive, KernelMode, FALSE, NULL);
    return Request->Status;
}

static NTSTATUS WSKAPI OnReceive(PVOID Context, ULONG Flags, PWSK_DATAGRAM_INDICATION List)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Flags);
    if (List)
        KeSetEvent(&Arrived, IO_NO_INCREMENT, FALSE);
    return STATUS_SUCCESS;
}

static const WSK_CLIENT_DATAGRAM_DISPATCH Callbacks = { OnReceive };

static NTSTATUS Close(ENDPOINT *Endpoint, REQUEST *Request)
{
    if (!Endpoint->Socket)
        return STATUS_SUCCESS;
    Endpoint->Dispatch->WskCloseSocket(Endpoint->Socket, Prepare(Request));
    Endpoint->Socket = NULL;
    return Wait(Request);
}

static NTSTATUS Open(ENDPOINT *Endpoint, const WSK_CLIENT_DATAGRAM_DISPATCH *Events,
                     REQUEST *Request)
{
    SOCKADDR_IN Local = { .sin_family = AF_INET, .sin_addr.S_un.S_addr = 0x0100007f };
    NTSTATUS Status;

    Npi.Dispatch->WskSocket(Npi.Client, AF_INET, SOCK_DGRAM, IPPROTO_UDP, WSK_FLAG_DATAGRAM_SOCKET,
                            NULL, Events, NULL, NULL, NULL, Prepare(Request));
    Status = Wait(Request);
    if (!NT_SUCCESS(Status))
        return Status;
    Endpoint->Socket = (PWSK_SOCKET)Request->Irp->IoStatus.Information;
    Endpoint->Dispatch = Endpoint->Socket->Dispatch;
    Endpoint->Dispatch->WskBind(Endpoint->Socket, (PSOCKADDR)&Local, 0, Prepare(Request));
    Status = Wait(Request);
    if (!NT_SUCCESS(Status))
        return Status;
    Endpoint->Dispatch->WskGetLocalAddress(Endpoint->Socket, (PSOCKADDR)&Endpoint->Address,
                                           Prepare(Request));
    return Wait(Request);
}

static NTSTATUS Send(ENDPOINT *From, ENDPOINT *To, REQUEST *Request)
{
    WSK_BUF Buffer = { .Mdl = Request->Mdl, .Length = SIZE };

    From->Dispatch->WskSendTo(From->Socket, &Buffer, 0, (PSOCKADDR)&To->Address, 0, NULL,
                              Prepare(Request));
    return Wait(Request);
}

static NTSTATUS EnableEvent(ENDPOINT *Endpoint)
{
    WSK_EVENT_CALLBACK_CONTROL Control = { (PNPIID)&NPI_WSK_INTERFACE_ID,
                                           WSK_EVENT_RECEIVE_FROM };

    return Endpoint->Dispatch->WskControlSocket(Endpoint->Socket, WskSetOption,
                                                SO_WSK_EVENT_CALLBACK, SOL_SOCKET, sizeof(Control),
                                                &Control, 0, NULL, NULL, NULL);
}

/* One datagram that an IRP receives; the IRP is cancelled when none comes in a while. */
static NTSTATUS Receive(ENDPOINT *From, ENDPOINT *To, REQUEST *Sending, REQUEST *Receiving)
{
    WSK_BUF Buffer = { .Mdl = Receiving->Mdl, .Length = SIZE };
    LARGE_INTEGER Second = { .QuadPart = -10000000 };
    NTSTATUS Status;

    To->Dispatch->WskReceiveFrom(To->Socket, &Buffer, 0, NULL, NULL, NULL, NULL,
                                 Prepare(Receiving));
    Status = Send(From, To, Sending);
    if (!NT_SUCCESS(Status) ||
        KeWaitForSingleObject(&Receiving->Done, Executive, KernelMode, FALSE, &Second) ==
            STATUS_TIMEOUT) {
        IoCancelIrp(Receiving->Irp);
        Wait(Receiving);
        return Status;
    }
    return Receiving->Status;
}

static NTSTATUS Talk(REQUEST *Sending, REQUEST *Receiving)
{
    LARGE_INTEGER Second = { .QuadPart = -10000000 };
    NTSTATUS Status = STATUS_SUCCESS;

    for (int Round = 0; NT_SUCCESS(Status) && Round < ROUNDS; Round++)
        Status = Receive(&Listener, &Sender, Sending, Receiving);
    if (NT_SUCCESS(Status))
        Status = EnableEvent(&Listener);
    if (NT_SUCCESS(Status))
        Status = Send(&Sender, &Listener, Sending);
    if (NT_SUCCESS(Status))
        KeWaitForSingleObject(&Arrived, Executive, KernelMode, FALSE, &Second);
    return Status;
}

static NTSTATUS Run(VOID)
{
    REQUEST *First = MakeRequest(), *Second = MakeRequest();
    NTSTATUS Status = STATUS_INSUFFICIENT_RESOURCES;

    if (First && Second) {
        Status = Open(&Listener, &Callbacks, First);
        if (NT_SUCCESS(Status))
            Status = Open(&Sender, NULL, First);
        if (NT_SUCCESS(Status))
            Status = Talk(First, Second);
        Close(&Sender, First);
        Close(&Listener, First);
    }
    if (First)
        FreeRequest(First);
    if (Second)
        FreeRequest(Second);
    return Status;
}

static VOID Unload(PDRIVER_OBJECT Driver)
{
    UNREFERENCED_PARAMETER(Driver);
    DbgPrint("good_traffic: unloaded\n");
}

DRIVER_INITIALIZE DriverEntry;

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING Path)
{
    WSK_CLIENT_NPI Client = { NULL, &ClientDispatch };
    NTSTATUS Status = WskRegister(&Client, &Registration);

    UNREFERENCED_PARAMETER(Path);
    Driver->DriverUnload = Unload;
    KeInitializeEvent(&Arrived, SynchronizationEvent, FALSE);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = WskCaptureProviderNPI(&Registration, 5000, &Npi);
    if (NT_SUCCESS(Status)) {
        Status = Run();
        WskReleaseProviderNPI(&Registration);
    }
    WskDeregister(&Registration);
    if (NT_SUCCESS(Status))
        DbgPrint("good_traffic: talked\n");
    return Status;
}
