/* SPDX-License-Identifier: MIT */
/* dgram_event.c - the points DGRAM-EVT: WskReceiveFromEvent. DGRAM-EVT-15 stands in network.c. */
#include "datagram.h"

/* A bound socket with this hook; its event is off. */
static PSOCK
Hooked(SOCK_HOOK *Hook, PVOID Context)
{
    PSOCK Sock = Bound(AF_INET);

    if (Sock != NULL) {
        Sock->Hook = Hook;
        Sock->HookContext = Context;
    }
    return Sock;
}

/* The socket of a client whose event is static. */
static PSOCK
StaticSock(SOCK_HOOK *Hook, PVOID Context)
{
    WSK_EVENT_CALLBACK_CONTROL Events = { &NPI_WSK_INTERFACE_ID, WSK_EVENT_RECEIVE_FROM };
    PCLIENT Client = NewClient();
    PSOCK Sock;

    if (Client == NULL ||
        !EXPECT_STATUS(Client->Npi.Dispatch->WskControlClient(Client->Npi.Client,
                                                              WSK_SET_STATIC_EVENT_CALLBACKS,
                                                              sizeof(Events), &Events, 0, NULL,
                                                              NULL,
                                                              NULL),
                       STATUS_SUCCESS)) {
        return NULL;
    }
    Sock = OpenWith(&Client->Npi, AF_INET, &SockCallbacks);
    if (Sock == NULL) {
        return NULL;
    }
    Sock->Hook = Hook;
    Sock->HookContext = Context;
    return EXPECT_STATUS(BindTo(Sock, Loopback(AF_INET, 0)), STATUS_SUCCESS) ? Sock : NULL;
}

typedef struct _KEPT {
    PWSK_DATAGRAM_INDICATION List; /* the newest list that was kept */
    volatile LONG Lists;
    KSEMAPHORE Came;
} KEPT;

static VOID
InitializeKept(KEPT *Kept)
{
    Kept->List = NULL;
    Kept->Lists = 0;
    KeInitializeSemaphore(&Kept->Came, 0, MAXLONG);
}

static NTSTATUS
KeepList(PSOCK Sock, ULONG Flags, PWSK_DATAGRAM_INDICATION List)
{
    KEPT *Kept = (KEPT *)Sock->HookContext;

    UNREFERENCED_PARAMETER(Flags);
    Kept->List = List;
    InterlockedIncrement(&Kept->Lists);
    KeReleaseSemaphore(&Kept->Came, IO_NO_INCREMENT, 1, FALSE);
    return STATUS_PENDING;
}

/*
 * That the callback has returned, and with it that the list is the driver's, is seen by disabling: with an IRP that
 * completes after a call in progress has returned.
 */
static VOID
WaitForCallback(PSOCK Sock)
{
    WSK_EVENT_CALLBACK_CONTROL Events = { &NPI_WSK_INTERFACE_ID,
                                          WSK_EVENT_RECEIVE_FROM | WSK_EVENT_DISABLE };

    EXPECT_STATUS(Control(Sock, WskSetOption, SOL_SOCKET, SO_WSK_EVENT_CALLBACK, &Events,
                          sizeof(Events), NULL, 0),
                  STATUS_SUCCESS);
}

/* Sends one datagram to a socket with KeepList, and returns the node when it is the point's. */
static PWSK_DATAGRAM_INDICATION
KeepOne(PSOCK Sock, PCSTR Text)
{
    KEPT *Kept = (KEPT *)Sock->HookContext;

    if (!EXPECT_STATUS(EnableEvent(Sock), STATUS_SUCCESS) ||
        !EXPECT_STATUS(SendText(Sock, &Sock->Local, Text), STATUS_SUCCESS) ||
        !WaitFor(&Kept->Came)) {
        return NULL;
    }
    WaitForCallback(Sock);
    return Kept->List;
}

static BOOLEAN
NodeIs(PWSK_DATAGRAM_INDICATION Node, PCSTR Text)
{
    ULONG Length = TextLength(Text);
    PUCHAR Copy = (PUCHAR)NewMemory(Node->Buffer.Length + 1);

    CopyBuffer(&Node->Buffer, Copy);
    return Node->Buffer.Length == Length && RtlCompareMemory(Copy, Text, Length) == Length;
}

static NTSTATUS
Release(PSOCK Sock, PWSK_DATAGRAM_INDICATION List)
{
    return Sock->Fn->WskRelease(Sock->Socket, List);
}

/* --------------------------------------------------------------------------------------------- */

POINT(DGRAM_EVT_01)
{
    PSOCK Sock = Listening(AF_INET);
    PRECEIVE Receive;

    REQUIRE(Sock != NULL);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "by event"), STATUS_SUCCESS);
    EXPECT(NextIs(Sock, "by event"));
    EXPECT_EQ(ReadAcquire(&Sock->Calls), 1);
    Receive = StartReceive(Sock, 64);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "by IRP"), STATUS_SUCCESS);
    EXPECT(ReceiveIs(Receive, "by IRP"));
    EXPECT_EQ(ReadAcquire(&Sock->Calls), 1);
    WaitForCallback(Sock);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "neither"), STATUS_SUCCESS);
    EXPECT(ReceivesText(Sock, "neither"));
    EXPECT_EQ(ReadAcquire(&Sock->Calls), 1);
}

static NTSTATUS
CheckListEnds(PSOCK Sock, ULONG Flags, PWSK_DATAGRAM_INDICATION List)
{
    PWSK_DATAGRAM_INDICATION Node;
    LONG Length = 0;

    for (Node = List; Node != NULL && Length <= 1000; Node = Node->Next) {
        Length++;
    }
    EXPECT(Length >= 1 && Length <= 1000);
    RecordList(Sock, Flags, List);
    return STATUS_SUCCESS;
}

POINT(DGRAM_EVT_02)
{
    PSOCK Sock = Hooked(CheckListEnds, NULL);
    LONG i;

    REQUIRE(Sock != NULL);
    for (i = 0; i < 100; i++) {
        REQUIRE_STATUS(SendBytes(Sock, &Sock->Local, &i, sizeof(i)), STATUS_SUCCESS);
    }
    REQUIRE_STATUS(EnableEvent(Sock), STATUS_SUCCESS);
    for (i = 0; i < 100; i++) {
        PRECORD Record = NextRecord(Sock);

        REQUIRE(Record != NULL && Record->Length == sizeof(i) && *(PLONG)Record->Data == i);
    }
}

POINT(DGRAM_EVT_03)
{
    PSOCK Sock = Open(AF_INET);
    SOCKADDR_INET Unicast, Broadcast;
    LONG i;

    REQUIRE(Sock != NULL);
    REQUIRE_STATUS(SetOption(Sock, SOL_SOCKET, SO_BROADCAST, 1), STATUS_SUCCESS);
    REQUIRE_STATUS(BindTo(Sock, Wildcard(AF_INET, 0)), STATUS_SUCCESS);
    Unicast = Ipv4(0x7f000001, PortOf(&Sock->Local));
    Broadcast = Ipv4(0x7fffffff, PortOf(&Sock->Local));
    for (i = 0; i < 30; i++) {
        REQUIRE_STATUS(SendBytes(Sock, i % 3 != 0 ? &Unicast : &Broadcast, &i, sizeof(i)),
                       STATUS_SUCCESS);
    }
    REQUIRE_STATUS(EnableEvent(Sock), STATUS_SUCCESS);
    for (i = 0; i < 30; i++) {
        PRECORD Record = NextRecord(Sock);

        REQUIRE(Record != NULL && *(PLONG)Record->Data == i);
        EXPECT_EQ(Record->Flags & (MSG_BCAST | MSG_MCAST), i % 3 != 0 ? 0 : MSG_BCAST);
    }
}

POINT(DGRAM_EVT_04)
{
    PSOCK Sock = Listening(AF_INET);
    LONG i;

    REQUIRE(Sock != NULL);
    for (i = 0; i < 20; i++) {
        PRECORD Record;

        REQUIRE_STATUS(SendText(Sock, &Sock->Local, "text"), STATUS_SUCCESS);
        Record = NextRecord(Sock);
        REQUIRE(Record != NULL);
        EXPECT(Record->Irql == PASSIVE_LEVEL || Record->Irql == DISPATCH_LEVEL);
        EXPECT_EQ((Record->Flags & WSK_FLAG_AT_DISPATCH_LEVEL) != 0,
                  Record->Irql == DISPATCH_LEVEL);
    }
}

POINT(DGRAM_EVT_05)
{
    ADDRESS_FAMILY Families[] = { AF_INET, AF_INET6 };
    ULONG i;

    for (i = 0; i < (HasIpv6() ? 2u : 1u); i++) {
        PSOCK Sock = Bound(Families[i]);
        PWSK_DATAGRAM_INDICATION Node;
        SOCKADDR_INET From;
        KEPT Kept;

        REQUIRE(Sock != NULL);
        InitializeKept(&Kept);
        Sock->Hook = KeepList;
        Sock->HookContext = &Kept;
        Node = KeepOne(Sock, "kept");
        REQUIRE(Node != NULL);
        if (EXPECT(Node->RemoteAddress != NULL)) {
            From = *(PSOCKADDR_INET)Node->RemoteAddress; /* as drivers do: 28 bytes in any case */
            EXPECT(SameAddress(&From, &Sock->Local));
            Sock->Hook = NULL;
            REQUIRE_STATUS(SendText(Sock, &Sock->Local, "another"), STATUS_SUCCESS);
            REQUIRE_STATUS(EnableEvent(Sock), STATUS_SUCCESS);
            EXPECT(NextIs(Sock, "another"));
            EXPECT(RtlCompareMemory(&From, Node->RemoteAddress, sizeof(From)) == sizeof(From));
        }
        EXPECT_STATUS(Release(Sock, Node), STATUS_SUCCESS);
    }
}

static NTSTATUS
CheckNoControl(PSOCK Sock, ULONG Flags, PWSK_DATAGRAM_INDICATION List)
{
    EXPECT(List->ControlInfo == NULL);
    EXPECT_EQ(List->ControlInfoLength, 0);
    RecordList(Sock, Flags, List);
    return STATUS_SUCCESS;
}

POINT(DGRAM_EVT_06)
{
    PSOCK Sock = Hooked(CheckNoControl, NULL);
    PRECORD Record;

    REQUIRE(Sock != NULL);
    REQUIRE_STATUS(EnableEvent(Sock), STATUS_SUCCESS);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "without"), STATUS_SUCCESS);
    EXPECT(NextIs(Sock, "without"));
    Sock->Hook = NULL;
    REQUIRE_STATUS(SetOption(Sock, IPPROTO_IP, IP_PKTINFO, 1), STATUS_SUCCESS);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "with"), STATUS_SUCCESS);
    Record = NextRecord(Sock);
    REQUIRE(Record != NULL && Record->Control != NULL);
    EXPECT_EQ(Record->Control->cmsg_len, WSA_CMSG_LEN(sizeof(IN_PKTINFO)));
    EXPECT(Record->ControlLength >= Record->Control->cmsg_len);
}

/* What was taken back serves again: far more than a provider could set aside, and the close finds nothing retained. */
POINT(DGRAM_EVT_07)
{
    PSOCK Sock = Listening(AF_INET);
    LONG i;

    REQUIRE(Sock != NULL);
    for (i = 0; i < 5000; i++) {
        PRECORD Record;

        REQUIRE_STATUS(SendBuffer(Sock, &(WSK_BUF){ NULL, 0, 0 }, &Sock->Local), STATUS_SUCCESS);
        Record = NextRecord(Sock);
        REQUIRE(Record != NULL && Record->Length == 0);
    }
}

POINT(DGRAM_EVT_08)
{
    PWSK_DATAGRAM_INDICATION First, Second;
    KEPT Kept;
    PSOCK Sock = Hooked(KeepList, &Kept);
    LONG i;

    REQUIRE(Sock != NULL);
    InitializeKept(&Kept);
    First = KeepOne(Sock, "the first is kept");
    Second = KeepOne(Sock, "and the second");
    REQUIRE(First != NULL && Second != NULL && First != Second);
    Sock->Hook = NULL;
    REQUIRE_STATUS(EnableEvent(Sock), STATUS_SUCCESS);
    for (i = 0; i < 200; i++) {
        REQUIRE_STATUS(SendText(Sock, &Sock->Local, "something else, longer than both"),
                       STATUS_SUCCESS);
        REQUIRE(NextIs(Sock, "something else, longer than both"));
    }
    EXPECT(NodeIs(First, "the first is kept"));
    EXPECT(NodeIs(Second, "and the second"));
    EXPECT_STATUS(Release(Sock, First), STATUS_SUCCESS);
    EXPECT_STATUS(Release(Sock, Second), STATUS_SUCCESS);
}

/* Cuts the list, and uses the links for its own ends before it returns. */
static NTSTATUS
CutList(PSOCK Sock, ULONG Flags, PWSK_DATAGRAM_INDICATION List)
{
    PWSK_DATAGRAM_INDICATION *Nodes = (PWSK_DATAGRAM_INDICATION *)Sock->HookContext;

    UNREFERENCED_PARAMETER(Flags);
    while (List != NULL) {
        PWSK_DATAGRAM_INDICATION Next = List->Next;
        PUCHAR Data = (PUCHAR)MmGetSystemAddressForMdlSafe(List->Buffer.Mdl, NormalPagePriority);

        List->Next = (PWSK_DATAGRAM_INDICATION)(ULONG_PTR)0xbad0bad0bad0bad0;
        Nodes[Data[List->Buffer.Offset]] = List;
        KeReleaseSemaphore(&Sock->Recorded, IO_NO_INCREMENT, 1, FALSE);
        List = Next;
    }
    return STATUS_PENDING;
}

POINT(DGRAM_EVT_09)
{
    enum { COUNT = 50 };
    PWSK_DATAGRAM_INDICATION Nodes[256] = { NULL };
    PSOCK Sock = Hooked(CutList, Nodes);
    LONG i;

    REQUIRE(Sock != NULL);
    for (i = 0; i < COUNT; i++) {
        UCHAR Number = (UCHAR)i;

        REQUIRE_STATUS(SendBytes(Sock, &Sock->Local, &Number, 1), STATUS_SUCCESS);
    }
    REQUIRE_STATUS(EnableEvent(Sock), STATUS_SUCCESS);
    for (i = 0; i < COUNT; i++) {
        REQUIRE(WaitFor(&Sock->Recorded));
    }
    WaitForCallback(Sock);
    for (i = COUNT - 1; i >= 0; i--) { /* odd ones first, from the end */
        LONG Which = (i * 2 + 1) % COUNT + (i >= COUNT / 2 ? 0 : -1);

        REQUIRE(Nodes[Which] != NULL);
        Nodes[Which]->Next = NULL;
        EXPECT_STATUS(Release(Sock, Nodes[Which]), STATUS_SUCCESS);
        Nodes[Which] = NULL;
    }
}

/* Releases every other node, or all, while the callback runs; keeps the rest. */
static NTSTATUS
ReleaseSome(PSOCK Sock, ULONG Flags, PWSK_DATAGRAM_INDICATION List)
{
    KEPT *Kept = (KEPT *)Sock->HookContext;

    RecordList(Sock, Flags, List);
    while (List != NULL) {
        PWSK_DATAGRAM_INDICATION Next = List->Next;

        List->Next = NULL;
        if (Kept->Lists++ % 2 == 0) {
            EXPECT_STATUS(Release(Sock, List), STATUS_SUCCESS);
        } else {
            List->Next = Kept->List;
            Kept->List = List;
        }
        List = Next;
    }
    return STATUS_PENDING;
}

static NTSTATUS
ReleaseAll(PSOCK Sock, ULONG Flags, PWSK_DATAGRAM_INDICATION List)
{
    RecordList(Sock, Flags, List);
    EXPECT_STATUS(Release(Sock, List), STATUS_SUCCESS);
    return STATUS_PENDING;
}

POINT(DGRAM_EVT_10)
{
    KEPT Kept;
    PSOCK Sock = Hooked(ReleaseSome, &Kept);
    LONG i;

    REQUIRE(Sock != NULL);
    InitializeKept(&Kept);
    for (i = 0; i < 40; i++) {
        REQUIRE_STATUS(SendBytes(Sock, &Sock->Local, &i, sizeof(i)), STATUS_SUCCESS);
    }
    REQUIRE_STATUS(EnableEvent(Sock), STATUS_SUCCESS);
    for (i = 0; i < 40; i++) {
        PRECORD Record = NextRecord(Sock);

        REQUIRE(Record != NULL && *(PLONG)Record->Data == i);
    }
    WaitForCallback(Sock);
    REQUIRE(Kept.List != NULL);
    EXPECT_STATUS(Release(Sock, Kept.List), STATUS_SUCCESS);
    Sock->Hook = ReleaseAll;
    REQUIRE_STATUS(EnableEvent(Sock), STATUS_SUCCESS);
    for (i = 0; i < 40; i++) {
        REQUIRE_STATUS(SendText(Sock, &Sock->Local, "given back at once"), STATUS_SUCCESS);
        REQUIRE(NextIs(Sock, "given back at once"));
    }
    WaitForCallback(Sock);
}

/* Records what it refuses, so that the point knows of the call. */
static NTSTATUS
Refuse(PSOCK Sock, ULONG Flags, PWSK_DATAGRAM_INDICATION List)
{
    RecordList(Sock, Flags, List);
    return STATUS_DATA_NOT_ACCEPTED;
}

POINT(DGRAM_EVT_11)
{
    PSOCK Sock = Hooked(Refuse, NULL);
    PRECORD Record;
    LONG i;

    REQUIRE(Sock != NULL);
    for (i = 0; i < 3; i++) {
        REQUIRE_STATUS(SendBytes(Sock, &Sock->Local, &i, sizeof(i)), STATUS_SUCCESS);
    }
    REQUIRE_STATUS(EnableEvent(Sock), STATUS_SUCCESS);
    Record = NextRecord(Sock);
    REQUIRE(Record != NULL && *(PLONG)Record->Data == 0);
    WaitForCallback(Sock);
    REQUIRE_STATUS(SendBytes(Sock, &Sock->Local, &i, sizeof(i)), STATUS_SUCCESS); /* i is 3 */
    EXPECT_EQ(ReadAcquire(&Sock->Calls), 1);
    while (KeReadStateSemaphore(&Sock->Recorded) != 0) {
        REQUIRE(NextRecord(Sock) != NULL); /* the rest of the list that was refused */
    }
    Sock->Hook = NULL;
    REQUIRE_STATUS(EnableEvent(Sock), STATUS_SUCCESS);
    for (i = 0; i < 4; i++) {
        Record = NextRecord(Sock);
        REQUIRE(Record != NULL && *(PLONG)Record->Data == i);
        EXPECT(Record->Call > 1);
    }
}

static NTSTATUS
RefuseTwice(PSOCK Sock, ULONG Flags, PWSK_DATAGRAM_INDICATION List)
{
    RecordList(Sock, Flags, List);
    return ReadAcquire(&Sock->Calls) <= 2 ? STATUS_DATA_NOT_ACCEPTED : STATUS_SUCCESS;
}

POINT(DGRAM_EVT_12)
{
    PSOCK Sock = StaticSock(RefuseTwice, NULL);

    REQUIRE(Sock != NULL);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "refused"), STATUS_SUCCESS);
    EXPECT(NextIs(Sock, "refused"));
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "refused as well"), STATUS_SUCCESS);
    EXPECT(NextIs(Sock, "refused as well"));
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "accepted"), STATUS_SUCCESS);
    EXPECT(NextIs(Sock, "accepted")); /* the refused ones do not come again */
}

POINT(DGRAM_EVT_13)
{
    PSOCK Sock = Hooked(Refuse, NULL);

    REQUIRE(Sock != NULL);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "one"), STATUS_SUCCESS);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "two"), STATUS_SUCCESS);
    REQUIRE_STATUS(EnableEvent(Sock), STATUS_SUCCESS);
    EXPECT(NextIs(Sock, "one"));
    WaitForCallback(Sock);
    EXPECT(ReceivesText(Sock, "one"));
    EXPECT(ReceivesText(Sock, "two"));
    EXPECT_EQ(ReadAcquire(&Sock->Calls), 1);
}

static NTSTATUS
ReturnOther(PSOCK Sock, ULONG Flags, PWSK_DATAGRAM_INDICATION List)
{
    RecordList(Sock, Flags, List);
    return *(NTSTATUS *)Sock->HookContext;
}

POINT(DGRAM_EVT_14)
{
    static NTSTATUS Others[] = { STATUS_DEVICE_NOT_READY, STATUS_UNSUCCESSFUL,
                                 STATUS_NOT_IMPLEMENTED, STATUS_TIMEOUT };
    ULONG i;

    for (i = 0; i < RTL_NUMBER_OF(Others); i++) {
        PSOCK Sock = Hooked(ReturnOther, &Others[i]);

        REQUIRE(Sock != NULL);
        REQUIRE_STATUS(EnableEvent(Sock), STATUS_SUCCESS);
        REQUIRE_STATUS(SendText(Sock, &Sock->Local, "one"), STATUS_SUCCESS);
        EXPECT(NextIs(Sock, "one"));
        REQUIRE_STATUS(SendText(Sock, &Sock->Local, "two"), STATUS_SUCCESS);
        EXPECT(NextIs(Sock, "two"));
    }
}

POINT(DGRAM_EVT_16)
{
    PSOCK Sock = Listening(AF_INET);

    REQUIRE(Sock != NULL);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "text"), STATUS_SUCCESS);
    EXPECT(NextIs(Sock, "text"));
    CloseSock(Sock);
    EXPECT_EQ(ReadAcquire(&Sock->Calls), 1);
    EXPECT_EQ(ReadAcquire(&Sock->DeadCalls), 0);
}

typedef struct _BUSY {
    PREQUEST SendTo, SendMessages, Option, Close;
    NTSTATUS Returned[4];
    NTSTATUS Event;
    WSK_BUF Buffer;
    WSK_BUF_LIST Messages;
    SOCKADDR_INET To;
    ULONG Value;
    PWSK_DATAGRAM_INDICATION Before; /* kept since an earlier call */
} BUSY;

static NTSTATUS
DoEverything(PSOCK Sock, ULONG Flags, PWSK_DATAGRAM_INDICATION List)
{
    BUSY *Busy = (BUSY *)Sock->HookContext;
    PWSK_SOCKET Socket = Sock->Socket;

    if (Busy->Before == NULL) {
        Busy->Before = List;
        RecordList(Sock, Flags, List);
        return STATUS_PENDING;
    }
    RecordList(Sock, Flags, List);
    Busy->Returned[0] = StartSend(Sock, Busy->SendTo, &Busy->Buffer, &Busy->To);
    Busy->Returned[1] = Sock->Fn->WskSendMessages(Socket, &Busy->Messages, 0, (PSOCKADDR)&Busy->To,
                                                  0, NULL, Use(Busy->SendMessages));
    Busy->Returned[2] = Sock->Fn->WskControlSocket(Socket, WskSetOption, SO_BROADCAST, SOL_SOCKET,
                                                   sizeof(Busy->Value), &Busy->Value, 0, NULL, NULL,
                                                   Use(Busy->Option));
    EXPECT_STATUS(Sock->Fn->WskRelease(Socket, Busy->Before), STATUS_SUCCESS);
    Busy->Event = SetEvents(Sock, WSK_EVENT_RECEIVE_FROM | WSK_EVENT_DISABLE);
    Busy->Returned[3] = Sock->Fn->WskCloseSocket(Socket, Use(Busy->Close));
    Sock->Socket = NULL;
    return STATUS_SUCCESS;
}

POINT(DGRAM_EVT_17)
{
    PSOCK Receiver = Bound(AF_INET), Sock;
    BUSY Busy;

    RtlZeroMemory(&Busy, sizeof(Busy));
    Busy.SendTo = NewRequest();
    Busy.SendMessages = NewRequest();
    Busy.Option = NewRequest();
    Busy.Close = NewRequest();
    Busy.Buffer = NewBufferOf("from the callback", 17);
    Busy.Messages.Buffer = NewBufferOf("a list, too", 11);
    Busy.Value = 1;
    Sock = Hooked(DoEverything, &Busy);
    REQUIRE(Receiver != NULL && Sock != NULL);
    Busy.To = Receiver->Local;
    REQUIRE_STATUS(EnableEvent(Sock), STATUS_SUCCESS);
    REQUIRE_STATUS(SendText(Receiver, &Sock->Local, "kept"), STATUS_SUCCESS);
    REQUIRE(NextIs(Sock, "kept"));
    REQUIRE_STATUS(SendText(Receiver, &Sock->Local, "go"), STATUS_SUCCESS);
    REQUIRE(NextIs(Sock, "go"));
    REQUIRE(WaitFor(&Busy.Close->Completed)); /* after the callback has returned */
    EXPECT_STATUS(Finish(Busy.Close, Busy.Returned[3]), STATUS_SUCCESS);
    EXPECT_STATUS(Finish(Busy.SendTo, Busy.Returned[0]), STATUS_SUCCESS);
    EXPECT_STATUS(Finish(Busy.SendMessages, Busy.Returned[1]), STATUS_SUCCESS);
    EXPECT_STATUS(Finish(Busy.Option, Busy.Returned[2]), STATUS_SUCCESS);
    EXPECT_STATUS(Busy.Event, STATUS_EVENT_PENDING);
    EXPECT(ReceivesText(Receiver, "from the callback"));
    EXPECT(ReceivesText(Receiver, "a list, too"));
}

static NTSTATUS
CheckAlone(PSOCK Sock, ULONG Flags, PWSK_DATAGRAM_INDICATION List)
{
    volatile LONG *Inside = (volatile LONG *)Sock->HookContext;

    EXPECT_EQ(InterlockedIncrement(Inside), 1);
    RecordList(Sock, Flags, List);
    KeStallExecutionProcessor(20);
    InterlockedDecrement(Inside);
    return STATUS_SUCCESS;
}

static VOID
SendHundred(PVOID Context)
{
    PSOCK Receiver = (PSOCK)Context, Sender = Bound(AF_INET);
    LONG i;

    for (i = 0; Sender != NULL && i < 50; i++) {
        EXPECT_STATUS(SendText(Sender, &Receiver->Local, "text"), STATUS_SUCCESS);
    }
}

POINT(DGRAM_EVT_18)
{
    volatile LONG Inside = 0;
    PSOCK Sock = Hooked(CheckAlone, (PVOID)&Inside);
    LONG i;

    REQUIRE(Sock != NULL);
    REQUIRE_STATUS(EnableEvent(Sock), STATUS_SUCCESS);
    for (i = 0; i < 4; i++) {
        (VOID)NewWorker(SendHundred, Sock);
    }
    for (i = 0; i < 200; i++) {
        REQUIRE(NextIs(Sock, "text"));
    }
    CloseSock(Sock); /* the counter is on this stack */
}

POINT(DGRAM_EVT_19)
{
    PSOCK Sock = Listening(AF_INET);
    LONG i, Next = 0;

    REQUIRE(Sock != NULL);
    for (i = 0; i < 2000; i++) {
        REQUIRE_STATUS(SendBytes(Sock, &Sock->Local, &i, sizeof(i)), STATUS_SUCCESS);
        if (i % 50 == 49) { /* no more under way than surely fits */
            for (; Next <= i; Next++) {
                PRECORD Record = NextRecord(Sock);

                REQUIRE(Record != NULL && *(PLONG)Record->Data == Next);
            }
        }
    }
}

static VOID
IndicateLargest(ADDRESS_FAMILY Family, ULONG Largest)
{
    ULONG Sizes[] = { 1, 1472, 1473, 2048, 2049, 9000, 65507, Largest };
    PSOCK Sock = Listening(Family);
    ULONG i, j;

    REQUIRE(Sock != NULL);
    for (i = 0; i < RTL_NUMBER_OF(Sizes); i++) {
        PUCHAR Memory;
        WSK_BUF Buffer = NewBuffer(Sizes[i], (PVOID *)&Memory);
        PRECORD Record;

        for (j = 0; j < Sizes[i]; j++) {
            Memory[j] = (UCHAR)(j * 7 + j / 256);
        }
        REQUIRE_STATUS(SendBuffer(Sock, &Buffer, &Sock->Local), STATUS_SUCCESS);
        Record = NextRecord(Sock);
        REQUIRE(Record != NULL && Record->Length == Sizes[i]);
        EXPECT(RtlCompareMemory(Record->Data, Memory, Sizes[i]) == Sizes[i]);
    }
}

POINT(DGRAM_EVT_20)
{
    IndicateLargest(AF_INET, 65507);
    if (HasIpv6()) {
        IndicateLargest(AF_INET6, 65527);
    }
}

POINT(DGRAM_EVT_21)
{
    PSOCK Sock = Listening(AF_INET);

    REQUIRE(Sock != NULL);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, ""), STATUS_SUCCESS);
    EXPECT(NextIs(Sock, ""));
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "more"), STATUS_SUCCESS);
    EXPECT(NextIs(Sock, "more"));
}

/* Keeps all, chained in order of arrival. */
static NTSTATUS
KeepAll(PSOCK Sock, ULONG Flags, PWSK_DATAGRAM_INDICATION List)
{
    PWSK_DATAGRAM_INDICATION *End = (PWSK_DATAGRAM_INDICATION *)Sock->HookContext;
    LONG Count = 0;

    UNREFERENCED_PARAMETER(Flags);
    *End = List;
    for (; List != NULL; List = List->Next) {
        End = &List->Next;
        Count++;
    }
    Sock->HookContext = End;
    KeReleaseSemaphore(&Sock->Recorded, IO_NO_INCREMENT, Count, FALSE);
    return STATUS_PENDING;
}

POINT(DGRAM_EVT_22)
{
    enum { COUNT = 5000 };
    PWSK_DATAGRAM_INDICATION All = NULL, Node;
    PSOCK Sock = Hooked(KeepAll, &All);
    LONG i, Kept = 0, Value;

    REQUIRE(Sock != NULL);
    REQUIRE_STATUS(EnableEvent(Sock), STATUS_SUCCESS);
    for (i = 0; i < COUNT; i++) {
        WSK_BUF Buffer = NewBufferOf(&i, sizeof(i));

        REQUIRE_STATUS(SendBuffer(Sock, &Buffer, &Sock->Local), STATUS_SUCCESS);
        for (; i % 50 == 49 && Kept <= i; Kept++) {
            REQUIRE(WaitFor(&Sock->Recorded));
        }
    }
    WaitForCallback(Sock);
    for (Node = All, i = 0; Node != NULL; Node = Node->Next, i++) {
        CopyBuffer(&Node->Buffer, &Value);
        REQUIRE(Value == i);
    }
    EXPECT_EQ(i, COUNT);
    EXPECT_STATUS(Release(Sock, All), STATUS_SUCCESS);
    Sock->Hook = NULL;
    REQUIRE_STATUS(EnableEvent(Sock), STATUS_SUCCESS);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "and on it goes"), STATUS_SUCCESS);
    EXPECT(NextIs(Sock, "and on it goes"));
}

POINT(DGRAM_EVT_23)
{
    static const WSK_CLIENT_DATAGRAM_DISPATCH Empty = { NULL };
    const WSK_CLIENT_DATAGRAM_DISPATCH *Tables[2] = { NULL, &Empty };
    ULONG i;

    for (i = 0; i < 2; i++) {
        PSOCK Sock = OpenWith(&Cf.Npi, AF_INET, Tables[i]);

        REQUIRE(Sock != NULL);
        REQUIRE_STATUS(BindTo(Sock, Loopback(AF_INET, 0)), STATUS_SUCCESS);
        REQUIRE_STATUS(EnableEvent(Sock), STATUS_SUCCESS);
        REQUIRE_STATUS(SendText(Sock, &Sock->Local, "kept for a receive"), STATUS_SUCCESS);
        EXPECT(ReceivesText(Sock, "kept for a receive"));
    }
}

CONFORMANCE(ENTRY(DGRAM_EVT_01), ENTRY(DGRAM_EVT_02), ENTRY(DGRAM_EVT_03), ENTRY(DGRAM_EVT_04),
            ENTRY(DGRAM_EVT_05), ENTRY(DGRAM_EVT_06), ENTRY(DGRAM_EVT_07), ENTRY(DGRAM_EVT_08),
            ENTRY(DGRAM_EVT_09), ENTRY(DGRAM_EVT_10), ENTRY(DGRAM_EVT_11), ENTRY(DGRAM_EVT_12),
            ENTRY(DGRAM_EVT_13), ENTRY(DGRAM_EVT_14), ENTRY(DGRAM_EVT_16), ENTRY(DGRAM_EVT_17),
            ENTRY(DGRAM_EVT_18), ENTRY(DGRAM_EVT_19), ENTRY(DGRAM_EVT_20), ENTRY(DGRAM_EVT_21),
            ENTRY(DGRAM_EVT_22), ENTRY(DGRAM_EVT_23))
