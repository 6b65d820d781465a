/* SPDX-License-Identifier: MIT */
/* irp.c - the points IRP: what a WSK function does with the IRP that it is given. */
#include "datagram.h"

static NTSTATUS
StartReceiveInto(PSOCK Sock, PWSK_BUF Buffer, PIRP Irp)
{
    return Sock->Fn->WskReceiveFrom(Sock->Socket, Buffer, 0, NULL, NULL, NULL, NULL, Irp);
}

POINT(IRP_01)
{
    PSOCK Sock = Open(AF_INET);
    SOCKADDR_INET Address = Loopback(AF_INET, 0);
    WSK_BUF Buffer = NewBuffer(4, NULL);
    WSK_BUF_LIST List = { NULL, Buffer };

    REQUIRE(Sock != NULL);
    EXPECT_STATUS(Sock->Fn->WskBind(Sock->Socket, (PSOCKADDR)&Address, 0, NULL),
                  STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(GetLocal(Sock, &Address), STATUS_INVALID_DEVICE_STATE); /* it was not bound */
    REQUIRE_STATUS(BindTo(Sock, Address), STATUS_SUCCESS);
    EXPECT_STATUS(Sock->Fn->WskSendTo(Sock->Socket, &Buffer, 0, (PSOCKADDR)&Sock->Local, 0, NULL,
                                      NULL),
                  STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(Sock->Fn->WskSendMessages(Sock->Socket, &List, 0, (PSOCKADDR)&Sock->Local, 0,
                                            NULL, NULL),
                  STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(StartReceiveInto(Sock, &Buffer, NULL), STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(Sock->Fn->WskGetLocalAddress(Sock->Socket, (PSOCKADDR)&Address, NULL),
                  STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(Sock->Fn->WskCloseSocket(Sock->Socket, NULL), STATUS_INVALID_PARAMETER);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "still open"), STATUS_SUCCESS);
    EXPECT(ReceivesText(Sock, "still open")); /* and nothing was sent */
}

typedef struct _CANCELLING {
    PREQUEST Request;
    KEVENT Start;
} CANCELLING;

static VOID
CancelInThread(PVOID Context)
{
    CANCELLING *Cancelling = (CANCELLING *)Context;

    WaitFor(&Cancelling->Start);
    (VOID)IoCancelIrp(Cancelling->Request->Irp);
}

/* A datagram and a cancel race for each receive; whoever wins, the routine runs once. */
POINT(IRP_02)
{
    PSOCK Sock = Bound(AF_INET), Sender = Bound(AF_INET);
    LONG i;

    REQUIRE(Sock != NULL && Sender != NULL);
    for (i = 0; i < 50; i++) {
        PRECEIVE Receive = StartReceive(Sock, 64);
        CANCELLING Cancelling;
        PWORKER Worker;
        NTSTATUS Status;

        Cancelling.Request = Receive->Request;
        KeInitializeEvent(&Cancelling.Start, NotificationEvent, FALSE);
        Worker = NewWorker(CancelInThread, &Cancelling);
        KeSetEvent(&Cancelling.Start, IO_NO_INCREMENT, FALSE);
        EXPECT_STATUS(SendText(Sender, &Sock->Local, "or not"), STATUS_SUCCESS);
        REQUIRE(WaitFor(Worker->Object));
        Status = EndReceive(Receive);
        REQUIRE(Status == STATUS_SUCCESS || Status == STATUS_CANCELLED);
        if (Status == STATUS_CANCELLED) {
            REQUIRE(ReceivesText(Sock, "or not"));
        }
        EXPECT_EQ(ReadAcquire(&Receive->Request->Completions), 1);
    }
}

/* An IRP and all that belongs to it on this function's stack, which is gone when a failed call has returned. */
static NTSTATUS
CompleteOnStack(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Irp);
    ++*(LONG *)Context;
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS
SendFromStack(PSOCK Sock, PSOCKADDR To)
{
    DECLSPEC_ALIGN(16) UCHAR Memory[sizeof(IRP) + sizeof(IO_STACK_LOCATION)];
    PIRP Irp = (PIRP)Memory;
    WSK_BUF Nothing = { NULL, 0, 0 };
    LONG Completed = 0;
    NTSTATUS Returned;

    IoInitializeIrp(Irp, sizeof(Memory), 1);
    IoSetCompletionRoutine(Irp, CompleteOnStack, &Completed, TRUE, TRUE, TRUE);
    Returned = Sock->Fn->WskSendTo(Sock->Socket, &Nothing, 0, To, 0, NULL, Irp);
    if (Returned != STATUS_PENDING) {
        EXPECT_EQ(Completed, 1);
        EXPECT_STATUS(Irp->IoStatus.Status, Returned);
    }
    RtlFillMemory(Memory, sizeof(Memory), 0xee);
    return Returned;
}

POINT(IRP_03)
{
    PSOCK Unbound = Open(AF_INET), Sock = Bound(AF_INET);
    SOCKADDR_INET Foreign = Loopback(AF_INET6, 9);
    LONG i;

    REQUIRE(Unbound != NULL && Sock != NULL);
    for (i = 0; i < 20; i++) {
        EXPECT_STATUS(SendFromStack(Unbound, (PSOCKADDR)&Sock->Local), STATUS_INVALID_DEVICE_STATE);
        EXPECT_STATUS(SendFromStack(Sock, NULL), STATUS_INVALID_PARAMETER);
        EXPECT_STATUS(SendFromStack(Sock, (PSOCKADDR)&Foreign), STATUS_INVALID_ADDRESS_COMPONENT);
    }
}

/* Finish() holds that the routine ran before each of these returned. */
POINT(IRP_04)
{
    PSOCK Unbound = Open(AF_INET), Sock = Bound(AF_INET);
    WSK_EVENT_CALLBACK_CONTROL Foreign = { &NPI_WSK_INTERFACE_ID, WSK_EVENT_ACCEPT };
    WSK_BUF Buffer = NewBuffer(4, NULL);
    PREQUEST Request = NewRequest();
    SOCKADDR_INET Local;
    ULONG Value = 0;

    REQUIRE(Unbound != NULL && Sock != NULL);
    EXPECT_STATUS(GetLocal(Unbound, &Local), STATUS_INVALID_DEVICE_STATE);
    EXPECT_STATUS(Finish(Request, StartReceiveInto(Unbound, &Buffer, Use(Request))),
                  STATUS_INVALID_DEVICE_STATE);
    Buffer.Length = 5;
    EXPECT_STATUS(Finish(Request, StartReceiveInto(Sock, &Buffer, Use(Request))),
                  STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(Finish(Request, StartSend(Sock, Request, &Buffer, &Sock->Local)),
                  STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(GetOption(Sock, 0x7777, 0x7777, &Value), STATUS_NOT_SUPPORTED);
    EXPECT_STATUS(SetOption(Sock, 0x7777, 0x7777, 1), STATUS_NOT_SUPPORTED);
    EXPECT_STATUS(Control(Sock, WskIoctl, 0, 0x77777777, NULL, 0, NULL, 0), STATUS_NOT_SUPPORTED);
    EXPECT_STATUS(Control(Sock, WskControlMax, 0, 0, NULL, 0, NULL, 0), STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(Control(Sock, WskSetOption, SOL_SOCKET, SO_WSK_EVENT_CALLBACK, &Foreign,
                          sizeof(Foreign), NULL, 0),
                  STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(FixAddress(Unbound, SIO_WSK_SET_REMOTE_ADDRESS, &Sock->Local),
                  STATUS_INVALID_DEVICE_STATE);
}

POINT(IRP_05)
{
    PSOCK Sock = Bound(AF_INET);
    PRECEIVE Receive;

    REQUIRE(Sock != NULL);
    Receive = StartReceive(Sock, 64); /* completes after the return, in another thread */
    EXPECT_STATUS(Receive->Returned, STATUS_PENDING);
    EXPECT(!IsCompleted(Receive->Request));
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "text"), STATUS_SUCCESS);
    EXPECT(ReceiveIs(Receive, "text"));
    EXPECT(Receive->Request->PendingReturned);
    /* A bind, say, may complete before; it is pending all the same. */
    EXPECT_STATUS(GetLocal(Sock, &Sock->Local), STATUS_SUCCESS);
    EXPECT_EQ(Sock->Request->PendingReturned, Sock->Request->Returned == STATUS_PENDING);
}

/* Finish() compares PendingReturned with what each call returned; here are all kinds of ends. */
POINT(IRP_06)
{
    PSOCK Sock = Open(AF_INET);
    PRECEIVE Receive;
    ULONG Value;

    REQUIRE(Sock != NULL);
    EXPECT(Sock->Request->PendingReturned);
    EXPECT_STATUS(SendText(Sock, &Sock->Local, "unbound"), STATUS_INVALID_DEVICE_STATE);
    EXPECT(!Sock->Request->PendingReturned);
    EXPECT_STATUS(BindTo(Sock, Loopback(AF_INET, 0)), STATUS_SUCCESS);
    EXPECT_STATUS(SendText(Sock, &Sock->Local, "inline"), STATUS_SUCCESS);
    EXPECT_STATUS(GetOption(Sock, SOL_SOCKET, SO_RCVBUF, &Value), STATUS_SUCCESS);
    EXPECT_STATUS(SetOption(Sock, SOL_SOCKET, SO_BROADCAST, 1), STATUS_SUCCESS);
    EXPECT(ReceivesText(Sock, "inline"));
    Receive = StartReceive(Sock, 64);
    EXPECT(IoCancelIrp(Receive->Request->Irp));
    EXPECT_STATUS(EndReceive(Receive), STATUS_CANCELLED);
    EXPECT(Receive->Request->PendingReturned);
    Receive = StartReceive(Sock, 64);
    CloseSock(Sock);
    EXPECT(Sock->Request->PendingReturned);
    EXPECT_STATUS(EndReceive(Receive), STATUS_CANCELLED);
    EXPECT(Receive->Request->PendingReturned);
}

static VOID
NoteLocation(PREQUEST Request, PVOID Context)
{
    /* After the last location has been left, the current one stands behind all. */
    *(PCHAR)Context = Request->Irp->CurrentLocation;
}

POINT(IRP_07)
{
    PSOCK Sock = Bound(AF_INET);
    WSK_BUF Buffer = NewBufferOf("text", 4);
    PREQUEST Request = NewRequest();
    CHAR Location = 0;

    REQUIRE(Sock != NULL);
    Request->Hook = NoteLocation;
    Request->HookContext = &Location;
    EXPECT_EQ(Request->Irp->StackCount, 1);
    EXPECT_EQ(Request->Irp->CurrentLocation, 2);
    EXPECT_STATUS(Finish(Request, StartSend(Sock, Request, &Buffer, &Sock->Local)), STATUS_SUCCESS);
    EXPECT_EQ(Location, 2);
}

POINT(IRP_08)
{
    PSOCK Sock = Bound(AF_INET);
    PRECEIVE Receive;

    REQUIRE(Sock != NULL);
    Receive = StartReceive(Sock, 64);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "text"), STATUS_SUCCESS);
    EXPECT(ReceiveIs(Receive, "text")); /* that the routine found its request shows the context */
    EXPECT(Receive->Request->DeviceObject == NULL);
    EXPECT(Sock->Request->DeviceObject == NULL);
}

/* --- IRPs with a location above the provider's ----------------------------------------------- */

typedef struct _UPPER {
    PIRP Irp;
    KEVENT Completed;
    volatile LONG LowerRuns;
    NTSTATUS LowerReturns;
    NTSTATUS Status;
    BOOLEAN PendingReturned;
} UPPER;

static NTSTATUS
UpperCompleted(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UPPER *Upper = (UPPER *)Context;

    UNREFERENCED_PARAMETER(DeviceObject);
    Upper->Status = Irp->IoStatus.Status;
    Upper->PendingReturned = Irp->PendingReturned;
    KeSetEvent(&Upper->Completed, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS
LowerCompleted(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UPPER *Upper = (UPPER *)Context;

    UNREFERENCED_PARAMETER(DeviceObject);
    InterlockedIncrement(&Upper->LowerRuns);
    if (Irp->PendingReturned) {
        IoMarkIrpPending(Irp);
    }
    return STATUS_SUCCESS;
}

/* Takes the upper location, as a driver does that was handed the IRP. */
static BOOLEAN
EnterUpper(UPPER *Upper)
{
    RtlZeroMemory(Upper, sizeof(*Upper));
    KeInitializeEvent(&Upper->Completed, NotificationEvent, FALSE);
    Upper->Irp = IoAllocateIrp(2, FALSE);
    if (!EXPECT(Upper->Irp != NULL)) {
        return FALSE;
    }
    IoSetCompletionRoutine(Upper->Irp, UpperCompleted, Upper, TRUE, TRUE, TRUE);
    IoSetNextIrpStackLocation(Upper->Irp);
    return TRUE;
}

static VOID
FinishUpper(UPPER *Upper, NTSTATUS Returned, NTSTATUS Status)
{
    if (WaitFor(&Upper->Completed)) {
        EXPECT_STATUS(Upper->Status, Status);
        EXPECT_EQ(Upper->PendingReturned, Returned == STATUS_PENDING);
        IoFreeIrp(Upper->Irp);
    }
}

/* Sends to To, or cancels a receive when To is NULL, with a lower routine that these flags call. */
static VOID
CountLowerRuns(PSOCK Sock, PSOCKADDR To, NTSTATUS Status, BOOLEAN OnSuccess, BOOLEAN OnError,
               BOOLEAN OnCancel, LONG Runs)
{
    WSK_BUF Buffer = NewBufferOf("text", 4);
    NTSTATUS Returned;
    UPPER Upper;

    REQUIRE(EnterUpper(&Upper));
    IoSetCompletionRoutine(Upper.Irp, LowerCompleted, &Upper, OnSuccess, OnError, OnCancel);
    if (To != NULL) {
        Returned = Sock->Fn->WskSendTo(Sock->Socket, &Buffer, 0, To, 0, NULL, Upper.Irp);
    } else {
        Returned = StartReceiveInto(Sock, &Buffer, Upper.Irp);
        EXPECT(IoCancelIrp(Upper.Irp));
    }
    /* A routine that did not run could not pass the mark on; the I/O manager does then. */
    FinishUpper(&Upper, Returned, Status);
    EXPECT_EQ(Upper.LowerRuns, Runs);
}

POINT(IRP_09)
{
    PSOCK Sock = Bound(AF_INET);
    SOCKADDR_INET Foreign = Loopback(AF_INET6, 9);
    PSOCKADDR Good, Bad = (PSOCKADDR)&Foreign;

    REQUIRE(Sock != NULL);
    Good = (PSOCKADDR)&Sock->Local;
    CountLowerRuns(Sock, Good, STATUS_SUCCESS, TRUE, FALSE, FALSE, 1);
    CountLowerRuns(Sock, Good, STATUS_SUCCESS, FALSE, TRUE, TRUE, 0);
    CountLowerRuns(Sock, Bad, STATUS_INVALID_ADDRESS_COMPONENT, FALSE, TRUE, FALSE, 1);
    CountLowerRuns(Sock, Bad, STATUS_INVALID_ADDRESS_COMPONENT, TRUE, FALSE, TRUE, 0);
    REQUIRE(ReceivesText(Sock, "text") && ReceivesText(Sock, "text"));
    CountLowerRuns(Sock, NULL, STATUS_CANCELLED, FALSE, FALSE, TRUE, 1);
    CountLowerRuns(Sock, NULL, STATUS_CANCELLED, TRUE, FALSE, FALSE, 0);
}

/* --- Whose the IRP is ------------------------------------------------------------------------ */

typedef struct _RAW_IRP {
    DECLSPEC_ALIGN(16) UCHAR Memory[sizeof(IRP) + sizeof(IO_STACK_LOCATION)];
    KEVENT Completed;
} RAW_IRP;

static NTSTATUS
SpoilIrp(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    RAW_IRP *Raw = (RAW_IRP *)Context;

    UNREFERENCED_PARAMETER(DeviceObject);
    EXPECT(Irp == (PIRP)Raw->Memory);
    RtlFillMemory(Raw->Memory, sizeof(Raw->Memory), 0x5a);
    KeSetEvent(&Raw->Completed, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static PIRP
UseRaw(RAW_IRP *Raw)
{
    KeInitializeEvent(&Raw->Completed, NotificationEvent, FALSE);
    IoInitializeIrp((PIRP)Raw->Memory, sizeof(Raw->Memory), 1);
    IoSetCompletionRoutine((PIRP)Raw->Memory, SpoilIrp, Raw, TRUE, TRUE, TRUE);
    return (PIRP)Raw->Memory;
}

/* A send, a refused send, a receive, a cancelled one, and one that the close cancels. */
POINT(IRP_10)
{
    enum { COUNT = 5 };
    RAW_IRP *Raw = (RAW_IRP *)NewMemory(COUNT * sizeof(*Raw));
    PSOCK Sock = Bound(AF_INET);
    WSK_BUF Buffer = NewBufferOf("text", 4);
    LONG i;

    REQUIRE(Sock != NULL);
    (VOID)Sock->Fn->WskSendTo(Sock->Socket, &Buffer, 0, (PSOCKADDR)&Sock->Local, 0, NULL,
                              UseRaw(&Raw[0]));
    (VOID)Sock->Fn->WskSendTo(Sock->Socket, &Buffer, 0, NULL, 0, NULL, UseRaw(&Raw[1]));
    (VOID)StartReceiveInto(Sock, &Buffer, UseRaw(&Raw[2]));
    REQUIRE(WaitFor(&Raw[2].Completed));
    (VOID)StartReceiveInto(Sock, &Buffer, UseRaw(&Raw[3]));
    EXPECT(IoCancelIrp((PIRP)Raw[3].Memory));
    (VOID)StartReceiveInto(Sock, &Buffer, UseRaw(&Raw[4]));
    CloseSock(Sock);
    for (i = 0; i < COUNT; i++) {
        REQUIRE(WaitFor(&Raw[i].Completed));
        EXPECT(CfIsFilled(Raw[i].Memory, sizeof(Raw[i].Memory), 0x5a));
    }
}

static NTSTATUS
SetOneEvent(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Irp);
    KeSetEvent((PKEVENT)Context, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

/* IRP and event live in this frame and are overwritten as soon as the wait is over. */
static VOID
ReceiveInFrame(PSOCK Sock, PWSK_BUF Buffer)
{
    DECLSPEC_ALIGN(16) UCHAR Memory[sizeof(IRP) + sizeof(IO_STACK_LOCATION)];
    KEVENT Completed;

    KeInitializeEvent(&Completed, SynchronizationEvent, FALSE);
    IoInitializeIrp((PIRP)Memory, sizeof(Memory), 1);
    IoSetCompletionRoutine((PIRP)Memory, SetOneEvent, &Completed, TRUE, TRUE, TRUE);
    if (StartReceiveInto(Sock, Buffer, (PIRP)Memory) == STATUS_PENDING) {
        EXPECT_STATUS(SendText(Sock, &Sock->Local, "text"), STATUS_SUCCESS);
        KeWaitForSingleObject(&Completed, Executive, KernelMode, FALSE, NULL);
    }
    RtlFillMemory(Memory, sizeof(Memory), 0xee);
    RtlFillMemory(&Completed, sizeof(Completed), 0xee);
}

POINT(IRP_11)
{
    PSOCK Sock = Bound(AF_INET);
    WSK_BUF Buffer = NewBuffer(4, NULL);
    LONG i;

    REQUIRE(Sock != NULL);
    for (i = 0; i < 300; i++) {
        ReceiveInFrame(Sock, &Buffer);
    }
}

POINT(IRP_12)
{
    PSOCK Sock = Bound(AF_INET);
    WSK_BUF Buffer = NewBufferOf("text", 4);
    NTSTATUS Returned;
    UPPER Upper;
    LONG i;

    REQUIRE(Sock != NULL);
    for (i = 0; i < 2; i++) { /* without a routine, and with one that lets it go on */
        REQUIRE(EnterUpper(&Upper));
        if (i == 1) {
            IoSetCompletionRoutine(Upper.Irp, LowerCompleted, &Upper, TRUE, TRUE, TRUE);
        }
        Returned = Sock->Fn->WskSendTo(Sock->Socket, &Buffer, 0, (PSOCKADDR)&Sock->Local, 0, NULL,
                                       Upper.Irp);
        FinishUpper(&Upper, Returned, STATUS_SUCCESS);
        EXPECT_EQ(Upper.LowerRuns, i);
        REQUIRE(EnterUpper(&Upper));
        if (i == 1) {
            IoSetCompletionRoutine(Upper.Irp, LowerCompleted, &Upper, TRUE, TRUE, TRUE);
        }
        Returned = StartReceiveInto(Sock, &Buffer, Upper.Irp);
        FinishUpper(&Upper, Returned, STATUS_SUCCESS);
        EXPECT_EQ(Upper.LowerRuns, i);
    }
}

POINT(IRP_13)
{
    PSOCK Sock = Bound(AF_INET);
    WSK_BUF Buffer = NewBufferOf("text", 4);
    USHORT Size = IoSizeOfIrp(1);
    PVOID Memory = NewMemory(Size);
    PIRP Irp = IoAllocateIrp(1, FALSE);
    KEVENT Completed;
    LONG i;

    REQUIRE(Sock != NULL && Irp != NULL);
    KeInitializeEvent(&Completed, SynchronizationEvent, FALSE);
    for (i = 0; i < 3; i++) { /* allocated, and used again */
        IoSetCompletionRoutine(Irp, SetOneEvent, &Completed, TRUE, TRUE, TRUE);
        (VOID)Sock->Fn->WskSendTo(Sock->Socket, &Buffer, 0, (PSOCKADDR)&Sock->Local, 0, NULL, Irp);
        REQUIRE(WaitFor(&Completed));
        EXPECT_STATUS(Irp->IoStatus.Status, STATUS_SUCCESS);
        IoReuseIrp(Irp, STATUS_UNSUCCESSFUL);
    }
    IoFreeIrp(Irp);
    Irp = (PIRP)Memory;
    for (i = 0; i < 3; i++) { /* in memory of ours, and given up in either way */
        IoInitializeIrp(Irp, Size, 1);
        IoSetCompletionRoutine(Irp, SetOneEvent, &Completed, TRUE, TRUE, TRUE);
        (VOID)Sock->Fn->WskSendTo(Sock->Socket, &Buffer, 0, (PSOCKADDR)&Sock->Local, 0, NULL, Irp);
        REQUIRE(WaitFor(&Completed));
        EXPECT_STATUS(Irp->IoStatus.Status, STATUS_SUCCESS);
        if (i == 1) {
            IoCleanupIrp(Irp);
        }
        RtlFillMemory(Memory, Size, 0xee);
    }
}

typedef struct _AGAIN AGAIN;

struct _AGAIN {
    PSOCK Sock;
    VOID (*Issue)(AGAIN *Again, PIRP Irp);
    WSK_BUF Buffer;
    SOCKADDR_INET Address;
    LONG Left;
    KEVENT Done;
    /* How far the stack of the thread that completes has been used, by the addresses of the routine's variables. */
    PKTHREAD Thread;
    ULONG_PTR Lowest, Highest, Most;
};

static VOID
MeasureStack(AGAIN *Again, ULONG_PTR Here)
{
    if (Again->Thread != KeGetCurrentThread()) {
        Again->Thread = KeGetCurrentThread();
        Again->Lowest = Again->Highest = Here;
    }
    Again->Lowest = Here < Again->Lowest ? Here : Again->Lowest;
    Again->Highest = Here > Again->Highest ? Here : Again->Highest;
    if (Again->Highest - Again->Lowest > Again->Most) {
        Again->Most = Again->Highest - Again->Lowest;
    }
}

static NTSTATUS
IssueAgain(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    AGAIN *Again = (AGAIN *)Context;

    UNREFERENCED_PARAMETER(DeviceObject);
    MeasureStack(Again, (ULONG_PTR)&Again);
    EXPECT_STATUS(Irp->IoStatus.Status, STATUS_SUCCESS);
    if (Again->Left-- == 0) {
        KeSetEvent(&Again->Done, IO_NO_INCREMENT, FALSE);
        return STATUS_MORE_PROCESSING_REQUIRED;
    }
    IoReuseIrp(Irp, STATUS_UNSUCCESSFUL);
    EXPECT_EQ(Irp->CurrentLocation, Irp->StackCount + 1);
    EXPECT(!Irp->Cancel && Irp->CancelRoutine == NULL);
    EXPECT(IoGetNextIrpStackLocation(Irp)->CompletionRoutine == NULL);
    IoSetCompletionRoutine(Irp, IssueAgain, Again, TRUE, TRUE, TRUE);
    Again->Issue(Again, Irp);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static VOID
IssueSend(AGAIN *Again, PIRP Irp)
{
    (VOID)Again->Sock->Fn->WskSendTo(Again->Sock->Socket, &Again->Buffer, 0,
                                     (PSOCKADDR)&Again->Sock->Local, 0, NULL, Irp);
}

static VOID
IssueQuestion(AGAIN *Again, PIRP Irp)
{
    (VOID)Again->Sock->Fn->WskGetLocalAddress(Again->Sock->Socket, (PSOCKADDR)&Again->Address, Irp);
}

/* Issues a request in the completion of the one before, so many times; the stack must not grow with them. */
static VOID
IssueRepeatedly(VOID (*Issue)(AGAIN *Again, PIRP Irp), LONG Times)
{
    PIRP Irp = IoAllocateIrp(1, FALSE);
    AGAIN Again;

    RtlZeroMemory(&Again, sizeof(Again));
    Again.Sock = Bound(AF_INET);
    Again.Buffer = NewBufferOf("again", 5);
    Again.Issue = Issue;
    Again.Left = Times;
    KeInitializeEvent(&Again.Done, NotificationEvent, FALSE);
    REQUIRE(Irp != NULL && Again.Sock != NULL);
    IoSetCompletionRoutine(Irp, IssueAgain, &Again, TRUE, TRUE, TRUE);
    Again.Issue(&Again, Irp);
    REQUIRE(WaitFor(&Again.Done));
    CloseSock(Again.Sock); /* what was pending has returned from its routine */
    EXPECT(Again.Most < 128 * 1024);
    IoFreeIrp(Irp);
}

POINT(IRP_14)
{
    PREQUEST Request = NewRequest();
    PSOCK Sock = Bound(AF_INET);
    WSK_BUF Buffer = NewBuffer(4, NULL);
    NTSTATUS Returned;

    REQUIRE(Sock != NULL);
    Returned = StartReceiveInto(Sock, &Buffer, Use(Request));
    EXPECT(IoCancelIrp(Request->Irp));
    EXPECT_STATUS(Finish(Request, Returned), STATUS_CANCELLED);
    IoReuseIrp(Request->Irp, STATUS_TIMEOUT);
    EXPECT_STATUS(Request->Irp->IoStatus.Status, STATUS_TIMEOUT);
    EXPECT(!Request->Irp->Cancel);
    EXPECT_EQ(Request->Irp->CurrentLocation, 2);
    EXPECT(IoGetNextIrpStackLocation(Request->Irp)->CompletionRoutine == NULL);
    IssueRepeatedly(IssueSend, 100);
}

POINT(IRP_15)
{
    PSOCK Sock = Open(AF_INET);
    PREQUEST Request = NewRequest();
    SOCKADDR_INET Address = Loopback(AF_INET, 0);
    WSK_BUF Buffer = NewBuffer(4, NULL);
    ULONG One = 1;
    NTSTATUS Returned;
    PIRP Irp;

    REQUIRE(Sock != NULL);
    Irp = Use(Request);
    Irp->IoStatus.Information = 0x7777;
    EXPECT_STATUS(Finish(Request, StartReceiveInto(Sock, &Buffer, Irp)),
                  STATUS_INVALID_DEVICE_STATE);
    EXPECT_EQ(Request->Information, 0);
    Irp = Use(Request);
    Irp->IoStatus.Information = 0x7777;
    EXPECT_STATUS(Finish(Request, Sock->Fn->WskBind(Sock->Socket, (PSOCKADDR)&Address, 0, Irp)),
                  STATUS_SUCCESS);
    EXPECT_EQ(Request->Information, 0);
    Irp = Use(Request);
    Irp->IoStatus.Information = 0x7777;
    EXPECT_STATUS(Finish(Request, Sock->Fn->WskControlSocket(Sock->Socket, WskSetOption,
                                                             SO_BROADCAST,
                                                             SOL_SOCKET, sizeof(One), &One, 0, NULL,
                                                             NULL, Irp)),
                  STATUS_SUCCESS);
    EXPECT_EQ(Request->Information, 0);
    Irp = Use(Request);
    Irp->IoStatus.Information = 0x7777;
    EXPECT_STATUS(Finish(Request, Sock->Fn->WskGetLocalAddress(Sock->Socket, (PSOCKADDR)&Address,
                                                               Irp)),
                  STATUS_SUCCESS);
    EXPECT_EQ(Request->Information, 0);
    Irp = Use(Request);
    Irp->IoStatus.Information = 0x7777;
    Returned = StartReceiveInto(Sock, &Buffer, Irp);
    EXPECT(IoCancelIrp(Irp));
    EXPECT_STATUS(Finish(Request, Returned), STATUS_CANCELLED);
    EXPECT_EQ(Request->Information, 0);
    Irp = Use(Request);
    Irp->IoStatus.Information = 0x7777;
    Returned = Sock->Fn->WskCloseSocket(Sock->Socket, Irp);
    Sock->Socket = NULL;
    EXPECT_STATUS(Finish(Request, Returned), STATUS_SUCCESS);
    EXPECT_EQ(Request->Information, 0);
}

POINT(IRP_16)
{
    PSOCK Sock = Open(AF_INET);
    PRECEIVE Receive;
    ULONG Value;

    REQUIRE(Sock != NULL);
    EXPECT_EQ(Sock->Request->Information,
              (ULONG_PTR)Sock->Socket); /* NewSock's call was the last */
    REQUIRE_STATUS(BindTo(Sock, Loopback(AF_INET, 0)), STATUS_SUCCESS);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "seventeen letters"), STATUS_SUCCESS);
    EXPECT_EQ(Sock->Request->Information, 17);
    Receive = StartReceive(Sock, 64);
    EXPECT_STATUS(EndReceive(Receive), STATUS_SUCCESS);
    EXPECT_EQ(Receive->Request->Information, 17);
    EXPECT_STATUS(GetOption(Sock, SOL_SOCKET, SO_RCVBUF, &Value), STATUS_SUCCESS);
    EXPECT_EQ(Sock->Request->Information, sizeof(Value));
}

POINT(IRP_17)
{
    PSOCK Sock = Bound(AF_INET);
    PRECEIVE Waiting, Done;

    REQUIRE(Sock != NULL);
    Waiting = StartReceive(Sock, 64);
    EXPECT(IoCancelIrp(Waiting->Request->Irp));
    EXPECT_STATUS(EndReceive(Waiting), STATUS_CANCELLED);
    EXPECT_EQ(Waiting->Request->Information, 0);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "text"), STATUS_SUCCESS);
    Done = StartReceive(Sock, 64);
    REQUIRE(WaitFor(&Done->Request->Completed));
    EXPECT(!IoCancelIrp(Done->Request->Irp)); /* too late */
    EXPECT(ReceiveIs(Done, "text"));
}

POINT(IRP_18)
{
    PSOCK Sock = Bound(AF_INET);
    PRECEIVE Receives[50];
    LONG i;

    REQUIRE(Sock != NULL);
    for (i = 0; i < 50; i++) {
        Receives[i] = StartReceive(Sock, 64);
    }
    for (i = 0; i < 50; i++) {
        LONG Which = i * 7 % 50;

        EXPECT(IoCancelIrp(Receives[Which]->Request->Irp));
        REQUIRE_STATUS(EndReceive(Receives[Which]), STATUS_CANCELLED);
    }
}

POINT(IRP_19)
{
    PSOCK Sock = Bound(AF_INET);
    WSK_BUF Buffer = NewBuffer(4, NULL);
    PREQUEST Request = NewRequest();
    PIRP Irp;

    REQUIRE(Sock != NULL);
    Irp = Use(Request);
    EXPECT(!IoCancelIrp(Irp)); /* there is nothing to call yet */
    EXPECT_STATUS(Finish(Request, StartReceiveInto(Sock, &Buffer, Irp)), STATUS_CANCELLED);
    EXPECT_EQ(Request->Information, 0);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "text"), STATUS_SUCCESS);
    EXPECT(ReceivesText(Sock, "text"));
}

typedef struct _SEQUENCE {
    PREQUEST Order[64];
    volatile LONG Count;
} SEQUENCE;

static VOID
NoteOrder(PREQUEST Request, PVOID Context)
{
    SEQUENCE *Sequence = (SEQUENCE *)Context;

    Sequence->Order[InterlockedIncrement(&Sequence->Count) - 1] = Request;
}

POINT(IRP_20)
{
    enum { COUNT = 30 };
    PSOCK Sock = Bound(AF_INET);
    SEQUENCE Receives = { { NULL }, 0 }, Sends = { { NULL }, 0 };
    PREQUEST Receive[COUNT], Send[COUNT];
    NTSTATUS Returned[COUNT];
    LONG i;

    REQUIRE(Sock != NULL);
    for (i = 0; i < COUNT; i++) {
        WSK_BUF Buffer = NewBuffer(4, NULL);

        Receive[i] = NewRequest();
        Receive[i]->Hook = NoteOrder;
        Receive[i]->HookContext = &Receives;
        EXPECT_STATUS(StartReceiveInto(Sock, &Buffer, Use(Receive[i])), STATUS_PENDING);
    }
    for (i = 0; i < COUNT; i++) {
        WSK_BUF Buffer = NewBuffer(4, NULL);

        Send[i] = NewRequest();
        Send[i]->Hook = NoteOrder;
        Send[i]->HookContext = &Sends;
        Returned[i] = StartSend(Sock, Send[i], &Buffer, &Sock->Local);
    }
    for (i = 0; i < COUNT; i++) {
        EXPECT_STATUS(Finish(Send[i], Returned[i]), STATUS_SUCCESS);
        REQUIRE(WaitFor(&Receive[i]->Completed));
    }
    for (i = 0; i < COUNT; i++) {
        EXPECT(Sends.Order[i] == Send[i]);
        EXPECT(Receives.Order[i] == Receive[i]);
    }
}

POINT(IRP_21)
{
    PSOCK Sock = Bound(AF_INET);
    WSK_BUF Buffer = NewBufferOf("text", 4);
    PREQUEST Request = NewRequest();
    PRECEIVE Receive;
    NTSTATUS Returned;
    KIRQL Irql;

    REQUIRE(Sock != NULL);
    EXPECT_STATUS(Finish(Request, StartSend(Sock, Request, &Buffer, &Sock->Local)), STATUS_SUCCESS);
    if (Request->Thread == KeGetCurrentThread()) {
        EXPECT_EQ(Request->Irql, PASSIVE_LEVEL);
    }
    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    Returned = StartSend(Sock, Request, &Buffer, &Sock->Local);
    KeLowerIrql(Irql);
    EXPECT_STATUS(Finish(Request, Returned), STATUS_SUCCESS);
    EXPECT_EQ(Request->Irql, DISPATCH_LEVEL);
    EXPECT(ReceivesText(Sock, "text") && ReceivesText(Sock, "text"));
    Receive = StartReceive(Sock, 64);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "by the network"), STATUS_SUCCESS);
    EXPECT(ReceiveIs(Receive, "by the network"));
    EXPECT_EQ(Receive->Request->Irql, DISPATCH_LEVEL);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

/* One after the other at DISPATCH_LEVEL; the waiting is done below it. */
#define AT_DISPATCH(Request, Call) \
    do { \
        KIRQL Irql_; \
        NTSTATUS Returned_; \
        KeRaiseIrql(DISPATCH_LEVEL, &Irql_); \
        Returned_ = (Call); \
        EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL); \
        KeLowerIrql(Irql_); \
        EXPECT_STATUS(Finish((Request), Returned_), STATUS_SUCCESS); \
    } while (0)

POINT(IRP_22)
{
    PSOCK Sock = Open(AF_INET);
    PREQUEST Request = NewRequest(), Receive = NewRequest();
    WSK_BUF Buffer = NewBufferOf("text", 4);
    WSK_BUF_LIST List = { NULL, Buffer };
    SOCKADDR_INET Address = Loopback(AF_INET, 0);
    PWSK_SOCKET Socket;
    ULONG Value = 1;

    REQUIRE(Sock != NULL);
    Socket = Sock->Socket;
    AT_DISPATCH(Request, Sock->Fn->WskBind(Socket, (PSOCKADDR)&Address, 0, Use(Request)));
    AT_DISPATCH(Request, Sock->Fn->WskGetLocalAddress(Socket, (PSOCKADDR)&Address, Use(Request)));
    AT_DISPATCH(Request, Sock->Fn->WskControlSocket(Socket, WskSetOption, SO_BROADCAST, SOL_SOCKET,
                                                    sizeof(Value), &Value, 0, NULL, NULL,
                                                    Use(Request)));
    AT_DISPATCH(Request, Sock->Fn->WskControlSocket(Socket, WskGetOption, SO_BROADCAST, SOL_SOCKET,
                                                    0, NULL, sizeof(Value), &Value, NULL,
                                                    Use(Request)));
    AT_DISPATCH(Request, Sock->Fn->WskControlSocket(Socket, WskIoctl, SIO_WSK_SET_SENDTO_ADDRESS, 0,
                                                    sizeof(Address), &Address, 0, NULL, NULL,
                                                    Use(Request)));
    AT_DISPATCH(Request, Sock->Fn->WskSendTo(Socket, &Buffer, 0, NULL, 0, NULL, Use(Request)));
    AT_DISPATCH(Request, Sock->Fn->WskSendMessages(Socket, &List, 0, (PSOCKADDR)&Address, 0, NULL,
                                                   Use(Request)));
    AT_DISPATCH(Receive, StartReceiveInto(Sock, &Buffer, Use(Receive)));
    Sock->Socket = NULL;
    AT_DISPATCH(Request, Sock->Fn->WskCloseSocket(Socket, Use(Request)));
}

typedef struct _BUSY {
    PSOCK Sock;
    PREQUEST Request[5];
    NTSTATUS Returned[5];
    SOCKADDR_INET Address;
    WSK_BUF Source, Target;
    ULONG Value;
    KEVENT Called;
} BUSY;

static VOID
CallEverything(PREQUEST Request, PVOID Context)
{
    BUSY *Busy = (BUSY *)Context;
    PSOCK Sock = Busy->Sock;
    PWSK_SOCKET Socket = Sock->Socket;

    UNREFERENCED_PARAMETER(Request);
    Busy->Returned[0] = StartSend(Sock, Busy->Request[0], &Busy->Source, &Sock->Local);
    Busy->Returned[1] = StartReceiveInto(Sock, &Busy->Target, Use(Busy->Request[1]));
    Busy->Returned[2] = Sock->Fn->WskGetLocalAddress(Socket, (PSOCKADDR)&Busy->Address,
                                                     Use(Busy->Request[2]));
    Busy->Returned[3] = Sock->Fn->WskControlSocket(Socket, WskSetOption, SO_BROADCAST, SOL_SOCKET,
                                                   sizeof(Busy->Value), &Busy->Value, 0, NULL, NULL,
                                                   Use(Busy->Request[3]));
    Sock->Socket = NULL;
    Busy->Returned[4] = Sock->Fn->WskCloseSocket(Socket, Use(Busy->Request[4]));
    KeSetEvent(&Busy->Called, IO_NO_INCREMENT, FALSE);
}

/* Everything is called in the routine of a receive, then in that of a send. */
POINT(IRP_23)
{
    LONG i, j;

    for (i = 0; i < 2; i++) {
        PREQUEST Request = NewRequest();
        WSK_BUF Buffer = NewBufferOf("text", 4);
        NTSTATUS Returned, Status;
        BUSY Busy;

        RtlZeroMemory(&Busy, sizeof(Busy));
        Busy.Sock = Bound(AF_INET);
        REQUIRE(Busy.Sock != NULL);
        for (j = 0; j < 5; j++) {
            Busy.Request[j] = NewRequest();
        }
        Busy.Source = NewBufferOf("more", 4);
        Busy.Target = NewBuffer(64, NULL);
        KeInitializeEvent(&Busy.Called, NotificationEvent, FALSE);
        Request->Hook = CallEverything;
        Request->HookContext = &Busy;
        if (i == 0) {
            Returned = StartReceiveInto(Busy.Sock, &Buffer, Use(Request));
            EXPECT_STATUS(SendText(Busy.Sock, &Busy.Sock->Local, "go"), STATUS_SUCCESS);
        } else {
            Returned = StartSend(Busy.Sock, Request, &Buffer, &Busy.Sock->Local);
        }
        EXPECT_STATUS(Finish(Request, Returned), STATUS_SUCCESS);
        REQUIRE(WaitFor(&Busy.Called));
        EXPECT_STATUS(Finish(Busy.Request[4], Busy.Returned[4]), STATUS_SUCCESS);
        EXPECT_STATUS(Finish(Busy.Request[0], Busy.Returned[0]), STATUS_SUCCESS);
        Status = Finish(Busy.Request[1], Busy.Returned[1]);
        EXPECT(Status == STATUS_SUCCESS || Status == STATUS_CANCELLED);
        EXPECT_STATUS(Finish(Busy.Request[2], Busy.Returned[2]), STATUS_SUCCESS);
        EXPECT_STATUS(Finish(Busy.Request[3], Busy.Returned[3]), STATUS_SUCCESS);
    }
}

/* Ten thousand times in its own completion: nested, it would take a megabyte of stack at the least. */
POINT(IRP_24)
{
    IssueRepeatedly(IssueSend, 10000);
    IssueRepeatedly(IssueQuestion, 10000);
}

typedef struct _HELD {
    KSPIN_LOCK Lock;
    PKTHREAD Holder;
    volatile LONG InsideCall;
    LONG Taken;
} HELD;

/* Takes the lock that the sender holds: in the sender's own thread that could never end. */
static VOID
TakeLock(PREQUEST Request, PVOID Context)
{
    HELD *Held = (HELD *)Context;
    KIRQL Irql;

    UNREFERENCED_PARAMETER(Request);
    if (EXPECT(KeGetCurrentThread() != Held->Holder || ReadAcquire(&Held->InsideCall) == 0)) {
        KeAcquireSpinLock(&Held->Lock, &Irql);
        Held->Taken++;
        KeReleaseSpinLock(&Held->Lock, Irql);
    }
}

POINT(IRP_25)
{
    enum { COUNT = 50 };
    PSOCK Sock = Bound(AF_INET);
    PRECEIVE Receives[COUNT];
    WSK_BUF Buffer = NewBufferOf("text", 4);
    PREQUEST Request = NewRequest();
    HELD Held;
    LONG i;

    REQUIRE(Sock != NULL);
    KeInitializeSpinLock(&Held.Lock);
    Held.Holder = KeGetCurrentThread();
    InterlockedExchange(&Held.InsideCall, 0);
    Held.Taken = 0;
    for (i = 0; i < COUNT; i++) {
        Receives[i] = StartReceiveWith(Sock, 64, TakeLock, &Held);
    }
    for (i = 0; i < COUNT; i++) {
        NTSTATUS Returned;
        KIRQL Irql;

        KeAcquireSpinLock(&Held.Lock, &Irql);
        InterlockedExchange(&Held.InsideCall, 1);
        Returned = StartSend(Sock, Request, &Buffer, &Sock->Local);
        InterlockedExchange(&Held.InsideCall, 0);
        KeReleaseSpinLock(&Held.Lock, Irql);
        EXPECT_STATUS(Finish(Request, Returned), STATUS_SUCCESS);
    }
    for (i = 0; i < COUNT; i++) {
        EXPECT(ReceiveIs(Receives[i], "text"));
    }
    EXPECT_EQ(Held.Taken, COUNT);
}

POINT(IRP_26)
{
    PSOCK Sock = Bound(AF_INET), Fixed = Bound(AF_INET);
    PREQUEST Request = NewRequest(), Ioctl = NewRequest();
    PUCHAR Memory;
    WSK_BUF Buffer = NewBuffer(64, (PVOID *)&Memory);
    SOCKADDR_INET Address;
    NTSTATUS Returned, IoctlReturned;

    REQUIRE(Sock != NULL && Fixed != NULL);
    Returned = StartReceiveInto(Sock, &Buffer, Use(Request));
    RtlFillMemory(&Buffer, sizeof(Buffer), 0xee);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "into the copy"), STATUS_SUCCESS);
    EXPECT_STATUS(Finish(Request, Returned), STATUS_SUCCESS);
    EXPECT(RtlCompareMemory(Memory, "into the copy", 13) == 13);
    Address = Fixed->Local;
    IoctlReturned = Sock->Fn->WskControlSocket(Sock->Socket, WskIoctl, SIO_WSK_SET_SENDTO_ADDRESS,
                                               0,
                                               sizeof(Address), &Address, 0, NULL, NULL,
                                                   Use(Ioctl));
    RtlFillMemory(&Address, sizeof(Address), 0xee);
    EXPECT_STATUS(Finish(Ioctl, IoctlReturned), STATUS_SUCCESS);
    REQUIRE_STATUS(SendText(Sock, NULL, "to the copy"), STATUS_SUCCESS);
    EXPECT(ReceivesText(Fixed, "to the copy"));
}

typedef struct _RESULTS {
    PSOCK Sender;
    SOCKADDR_INET From;
    ULONG ControlLength, ControlFlags;
    PUCHAR Control;
    PUCHAR Data;
} RESULTS;

static VOID
CheckResults(PREQUEST Request, PVOID Context)
{
    RESULTS *Results = (RESULTS *)Context;

    EXPECT_EQ(Request->Information, 4);
    EXPECT(RtlCompareMemory(Results->Data, "text", 4) == 4);
    EXPECT(SameAddress(&Results->From, &Results->Sender->Local));
    EXPECT_EQ(Results->ControlLength, WSA_CMSG_SPACE(sizeof(IN_PKTINFO)));
    EXPECT_EQ(((PCMSGHDR)Results->Control)->cmsg_type, IP_PKTINFO);
    EXPECT_EQ(Results->ControlFlags, 0);
    RtlFillMemory(&Results->From, sizeof(Results->From), 0x5a);
    RtlFillMemory(Results->Control, 64, 0x5a);
    RtlFillMemory(Results->Data, 64, 0x5a);
    Results->ControlLength = Results->ControlFlags = 0x5a5a5a5a;
}

POINT(IRP_27)
{
    PSOCK Sock = Bound(AF_INET);
    PREQUEST Request = NewRequest();
    RESULTS Results;
    WSK_BUF Buffer = NewBuffer(64, (PVOID *)&Results.Data);
    NTSTATUS Returned;

    REQUIRE(Sock != NULL);
    REQUIRE_STATUS(SetOption(Sock, IPPROTO_IP, IP_PKTINFO, 1), STATUS_SUCCESS);
    Results.Sender = Sock;
    Results.ControlLength = 64;
    Results.ControlFlags = 0xcccccccc;
    Results.Control = (PUCHAR)NewMemory(64);
    Request->Hook = CheckResults;
    Request->HookContext = &Results;
    Returned = Sock->Fn->WskReceiveFrom(Sock->Socket, &Buffer, 0, (PSOCKADDR)&Results.From,
                                        &Results.ControlLength, (PCMSGHDR)Results.Control,
                                        &Results.ControlFlags, Use(Request));
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "text"), STATUS_SUCCESS);
    EXPECT_STATUS(Finish(Request, Returned), STATUS_SUCCESS);
    CloseSock(Sock);
    EXPECT(CfIsFilled(&Results.From, sizeof(Results.From), 0x5a));
    EXPECT(CfIsFilled(Results.Control, 64, 0x5a));
    EXPECT(CfIsFilled(Results.Data, 64, 0x5a));
    EXPECT_EQ(Results.ControlLength, 0x5a5a5a5a);
    EXPECT_EQ(Results.ControlFlags, 0x5a5a5a5a);
}

static NTSTATUS
FreeIrp(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    IoFreeIrp(Irp);
    KeReleaseSemaphore((PKSEMAPHORE)Context, IO_NO_INCREMENT, 1, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static PIRP
NewMortalIrp(PKSEMAPHORE Freed)
{
    PIRP Irp = IoAllocateIrp(1, FALSE);

    IoSetCompletionRoutine(Irp, FreeIrp, Freed, TRUE, TRUE, TRUE);
    return Irp;
}

POINT(IRP_28)
{
    PSOCK Sock = Bound(AF_INET);
    WSK_BUF Source = NewBufferOf("text", 4), Target = NewBuffer(4, NULL);
    KSEMAPHORE Freed;
    LONG i;

    REQUIRE(Sock != NULL);
    KeInitializeSemaphore(&Freed, 0, MAXLONG);
    for (i = 0; i < 50; i++) {
        (VOID)StartReceiveInto(Sock, &Target, NewMortalIrp(&Freed));
        (VOID)Sock->Fn->WskSendTo(Sock->Socket, &Source, 0, (PSOCKADDR)&Sock->Local, 0, NULL,
                                  NewMortalIrp(&Freed));
        (VOID)Sock->Fn->WskSendTo(Sock->Socket, &Source, 0, NULL, 0, NULL, NewMortalIrp(&Freed));
    }
    for (i = 0; i < 150; i++) {
        REQUIRE(WaitFor(&Freed));
    }
    CloseSock(Sock);
}

CONFORMANCE(ENTRY(IRP_01), ENTRY(IRP_02), ENTRY(IRP_03), ENTRY(IRP_04), ENTRY(IRP_05),
            ENTRY(IRP_06), ENTRY(IRP_07), ENTRY(IRP_08), ENTRY(IRP_09), ENTRY(IRP_10),
            ENTRY(IRP_11), ENTRY(IRP_12), ENTRY(IRP_13), ENTRY(IRP_14), ENTRY(IRP_15),
            ENTRY(IRP_16), ENTRY(IRP_17), ENTRY(IRP_18), ENTRY(IRP_19), ENTRY(IRP_20),
            ENTRY(IRP_21), ENTRY(IRP_22), ENTRY(IRP_23), ENTRY(IRP_24), ENTRY(IRP_25),
            ENTRY(IRP_26), ENTRY(IRP_27), ENTRY(IRP_28))
