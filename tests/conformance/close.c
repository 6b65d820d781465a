/* SPDX-License-Identifier: MIT */
/* close.c - the points CLOSE, on datagram and basic sockets. CLOSE-09 stands in ends/. */
#include "datagram.h"

/* Closes by a request of the point's own, without waiting. */
static NTSTATUS
StartClose(PSOCK Sock, PREQUEST Request)
{
    PWSK_SOCKET Socket = Sock->Socket;

    Sock->Socket = NULL;
    return Sock->Fn->WskCloseSocket(Socket, Use(Request));
}

POINT(CLOSE_01)
{
    PSOCK Sock = Bound(AF_INET);
    PREQUEST Request = NewRequest();

    REQUIRE(Sock != NULL);
    EXPECT_STATUS(Finish(Request, StartClose(Sock, Request)), STATUS_SUCCESS);
    EXPECT_STATUS(Request->Returned, STATUS_PENDING);
    EXPECT_EQ(Request->Information, 0);
}

POINT(CLOSE_02)
{
    PSOCK Unbound = Open(AF_INET), Busy = Bound(AF_INET), Failed = Open(AF_INET);
    PREQUEST Request = NewRequest();

    REQUIRE(Unbound != NULL && Busy != NULL && Failed != NULL);
    EXPECT_STATUS(Finish(Request, StartClose(Unbound, Request)), STATUS_SUCCESS);
    EXPECT_STATUS(BindTo(Failed, Busy->Local), STATUS_ADDRESS_ALREADY_EXISTS);
    EXPECT_STATUS(Finish(Request, StartClose(Failed, Request)), STATUS_SUCCESS);
    REQUIRE_STATUS(SendText(Busy, &Busy->Local, "unread"), STATUS_SUCCESS);
    EXPECT_STATUS(Finish(Request, StartClose(Busy, Request)), STATUS_SUCCESS);
}

POINT(CLOSE_03)
{
    PSOCK Sock = Bound(AF_INET);
    PRECEIVE Receives[20];
    LONG i;

    REQUIRE(Sock != NULL);
    for (i = 0; i < 20; i++) {
        Receives[i] = StartReceive(Sock, 64);
    }
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "first"), STATUS_SUCCESS);
    EXPECT(ReceiveIs(Receives[0], "first"));
    CloseSock(Sock);
    for (i = 1; i < 20; i++) {
        EXPECT(IsCompleted(Receives[i]->Request));
        EXPECT_STATUS(EndReceive(Receives[i]), STATUS_CANCELLED);
        EXPECT_EQ(Receives[i]->Request->Information, 0);
    }
}

/* The order in which completion routines and callbacks ended. */
typedef struct _ORDER {
    volatile LONG Ended;
    volatile LONG EndedBeforeClose;
    KEVENT Entered;
    KEVENT MayLeave;
} ORDER;

static VOID
CountEnd(PREQUEST Request, PVOID Context)
{
    UNREFERENCED_PARAMETER(Request);
    InterlockedIncrement(&((ORDER *)Context)->Ended);
}

static VOID
NoteOrder(PREQUEST Request, PVOID Context)
{
    ORDER *Order = (ORDER *)Context;

    UNREFERENCED_PARAMETER(Request);
    Order->EndedBeforeClose = ReadAcquire(&Order->Ended);
}

POINT(CLOSE_04)
{
    PSOCK Sock = Bound(AF_INET);
    PREQUEST Request = NewRequest();
    ORDER Order = { 0 };
    LONG i;

    REQUIRE(Sock != NULL);
    for (i = 0; i < 10; i++) {
        WSK_BUF Buffer = NewBuffer(64, NULL);
        PREQUEST Receive = NewRequest();

        Receive->Hook = CountEnd;
        Receive->HookContext = &Order;
        EXPECT_STATUS(Sock->Fn->WskReceiveFrom(Sock->Socket, &Buffer, 0, NULL, NULL, NULL, NULL,
                                               Use(Receive)),
                      STATUS_PENDING);
    }
    Request->Hook = NoteOrder;
    Request->HookContext = &Order;
    EXPECT_STATUS(Finish(Request, StartClose(Sock, Request)), STATUS_SUCCESS);
    EXPECT_EQ(Order.EndedBeforeClose, 10);
}

static NTSTATUS
StayInside(PSOCK Sock, ULONG Flags, PWSK_DATAGRAM_INDICATION List)
{
    ORDER *Order = (ORDER *)Sock->HookContext;
    LONG i;

    UNREFERENCED_PARAMETER(Flags);
    UNREFERENCED_PARAMETER(List);
    KeSetEvent(&Order->Entered, IO_NO_INCREMENT, FALSE);
    for (i = 0; i < 2000000 && KeReadStateEvent(&Order->MayLeave) == 0; i++) {
        KeStallExecutionProcessor(10);
    }
    InterlockedIncrement(&Order->Ended);
    return STATUS_SUCCESS;
}

POINT(CLOSE_05)
{
    PSOCK Sock = Bound(AF_INET), Sender = Bound(AF_INET);
    PREQUEST Request = NewRequest();
    ORDER Order = { 0 };
    NTSTATUS Returned;
    LONG i;

    REQUIRE(Sock != NULL && Sender != NULL);
    KeInitializeEvent(&Order.Entered, NotificationEvent, FALSE);
    KeInitializeEvent(&Order.MayLeave, NotificationEvent, FALSE);
    Sock->Hook = StayInside;
    Sock->HookContext = &Order;
    REQUIRE_STATUS(EnableEvent(Sock), STATUS_SUCCESS);
    REQUIRE_STATUS(SendText(Sender, &Sock->Local, "the first"), STATUS_SUCCESS);
    REQUIRE(WaitFor(&Order.Entered));
    for (i = 0; i < 20; i++) {
        REQUIRE_STATUS(SendText(Sender, &Sock->Local, "many more"), STATUS_SUCCESS);
    }
    Returned = StartClose(Sock, Request);
    EXPECT_STATUS(Returned, STATUS_PENDING);
    EXPECT(!IsCompleted(Request)); /* the callback is inside */
    KeSetEvent(&Order.MayLeave, IO_NO_INCREMENT, FALSE);
    EXPECT_STATUS(Finish(Request, Returned), STATUS_SUCCESS);
    EXPECT_EQ(ReadAcquire(&Order.Ended), ReadAcquire(&Sock->Calls));
    Sock->HookContext = NULL; /* whoever calls now, crashes */
}

POINT(CLOSE_06)
{
    PSOCK Sock = Bound(AF_INET), Sender = Bound(AF_INET);
    PREQUEST Request = NewRequest();
    ORDER Order = { 0 };
    NTSTATUS Returned;
    LONG i;

    REQUIRE(Sock != NULL && Sender != NULL);
    KeInitializeEvent(&Order.Entered, NotificationEvent, FALSE);
    KeInitializeEvent(&Order.MayLeave, NotificationEvent, FALSE);
    Sock->Hook = StayInside;
    Sock->HookContext = &Order;
    REQUIRE_STATUS(EnableEvent(Sock), STATUS_SUCCESS);
    REQUIRE_STATUS(SendText(Sender, &Sock->Local, "the first"), STATUS_SUCCESS);
    REQUIRE(WaitFor(&Order.Entered));
    Returned = StartClose(Sock, Request);
    for (i = 0; i < 20; i++) {
        REQUIRE_STATUS(SendText(Sender, &Sock->Local, "too late"), STATUS_SUCCESS);
    }
    KeSetEvent(&Order.MayLeave, IO_NO_INCREMENT, FALSE);
    EXPECT_STATUS(Finish(Request, Returned), STATUS_SUCCESS);
    EXPECT_EQ(ReadAcquire(&Sock->Calls), 1);
}

typedef struct _CLOSING {
    PREQUEST Request;
    PSOCK Sock;
    NTSTATUS Returned;
    BOOLEAN CompletedInside;
    KEVENT Called;
} CLOSING;

static VOID
CloseNow(CLOSING *Closing)
{
    Closing->Returned = StartClose(Closing->Sock, Closing->Request);
    Closing->CompletedInside = IsCompleted(Closing->Request);
    KeSetEvent(&Closing->Called, IO_NO_INCREMENT, FALSE);
}

static NTSTATUS
CloseInCallback(PSOCK Sock, ULONG Flags, PWSK_DATAGRAM_INDICATION List)
{
    UNREFERENCED_PARAMETER(Flags);
    UNREFERENCED_PARAMETER(List);
    CloseNow((CLOSING *)Sock->HookContext);
    return STATUS_SUCCESS;
}

static VOID
CloseInRoutine(PREQUEST Request, PVOID Context)
{
    UNREFERENCED_PARAMETER(Request);
    CloseNow((CLOSING *)Context);
}

static VOID
ExpectClosed(CLOSING *Closing)
{
    REQUIRE(WaitFor(&Closing->Called));
    EXPECT_STATUS(Closing->Returned, STATUS_PENDING);
    EXPECT(!Closing->CompletedInside);
    EXPECT_STATUS(Finish(Closing->Request, Closing->Returned), STATUS_SUCCESS);
}

static PSOCK
Closable(CLOSING *Closing)
{
    Closing->Request = NewRequest();
    Closing->Sock = Bound(AF_INET);
    KeInitializeEvent(&Closing->Called, NotificationEvent, FALSE);
    return Closing->Sock;
}

POINT(CLOSE_07)
{
    CLOSING Closing;
    PRECEIVE Receive;
    WSK_BUF Buffer = NewBufferOf("text", 4);
    PREQUEST Request = NewRequest();
    PSOCK Sock = Closable(&Closing), Sender = Bound(AF_INET);

    REQUIRE(Sock != NULL && Sender != NULL);
    Sock->Hook = CloseInCallback;
    Sock->HookContext = &Closing;
    REQUIRE_STATUS(EnableEvent(Sock), STATUS_SUCCESS);
    REQUIRE_STATUS(SendText(Sender, &Sock->Local, "text"), STATUS_SUCCESS);
    ExpectClosed(&Closing);

    Sock = Closable(&Closing); /* in the routine of a receive */
    REQUIRE(Sock != NULL);
    Receive = StartReceiveWith(Sock, 64, CloseInRoutine, &Closing);
    REQUIRE_STATUS(SendText(Sender, &Sock->Local, "text"), STATUS_SUCCESS);
    ExpectClosed(&Closing);
    EXPECT(ReceiveIs(Receive, "text"));

    Sock = Closable(&Closing); /* in the routine of a send */
    REQUIRE(Sock != NULL);
    Request->HookContext = &Closing;
    Request->Hook = CloseInRoutine;
    EXPECT_STATUS(Finish(Request, StartSend(Sock, Request, &Buffer, &Sender->Local)),
                  STATUS_SUCCESS);
    ExpectClosed(&Closing);
}

POINT(CLOSE_08)
{
    PSOCK Sock = Bound(AF_INET);
    PREQUEST Request = NewRequest();
    PRECEIVE Receive;
    NTSTATUS Returned;
    KIRQL Irql;

    REQUIRE(Sock != NULL);
    Receive = StartReceive(Sock, 64);
    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    Returned = StartClose(Sock, Request);
    EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    KeLowerIrql(Irql);
    EXPECT_STATUS(Finish(Request, Returned), STATUS_SUCCESS);
    EXPECT_STATUS(EndReceive(Receive), STATUS_CANCELLED);
}

POINT(CLOSE_10)
{
    PSOCK Sock = Bound(AF_INET);
    LONG i;

    REQUIRE(Sock != NULL);
    for (i = 0; i < 50; i++) {
        SOCKADDR_INET Address = Sock->Local;

        CloseSock(Sock);
        Sock = Open(AF_INET);
        REQUIRE(Sock != NULL);
        REQUIRE_STATUS(BindTo(Sock, Address), STATUS_SUCCESS);
    }
}

POINT(CLOSE_12)
{
    PSOCK Sock = Bound(AF_INET), Receiver = Bound(AF_INET), Again = Open(AF_INET);
    LONG i;

    REQUIRE(Sock != NULL && Receiver != NULL && Again != NULL);
    for (i = 0; i < 20; i++) {
        REQUIRE_STATUS(SendText(Receiver, &Sock->Local, "never read"), STATUS_SUCCESS);
        REQUIRE_STATUS(SendText(Sock, &Receiver->Local, "stays sent"), STATUS_SUCCESS);
    }
    CloseSock(Sock);
    for (i = 0; i < 20; i++) {
        REQUIRE(ReceivesText(Receiver, "stays sent"));
    }
    REQUIRE_STATUS(BindTo(Again, Sock->Local), STATUS_SUCCESS);
    REQUIRE_STATUS(SendText(Receiver, &Again->Local, "new"), STATUS_SUCCESS);
    EXPECT(ReceivesText(Again, "new"));
}

/* NewSock's request makes, binds and closes. */
POINT(CLOSE_13)
{
    PSOCK Sock = Bound(AF_INET);

    REQUIRE(Sock != NULL);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "the same IRP"), STATUS_SUCCESS);
    EXPECT_STATUS(Finish(Sock->Request, StartClose(Sock, Sock->Request)), STATUS_SUCCESS);
}

CONFORMANCE(ENTRY(CLOSE_01), ENTRY(CLOSE_02), ENTRY(CLOSE_03), ENTRY(CLOSE_04), ENTRY(CLOSE_05),
            ENTRY(CLOSE_06), ENTRY(CLOSE_07), ENTRY(CLOSE_08), ENTRY(CLOSE_10), ENTRY(CLOSE_12),
            ENTRY(CLOSE_13))
