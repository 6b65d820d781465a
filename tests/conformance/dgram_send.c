/* SPDX-License-Identifier: MIT */
/* dgram_send.c - the points DGRAM-SEND: WskSendTo. network.c has those that need a network of their own. */
#include "datagram.h"

#define MANY 100

POINT(DGRAM_SEND_01)
{
    PSOCK Sender = Bound(AF_INET), Receiver = Bound(AF_INET);

    REQUIRE(Sender != NULL && Receiver != NULL);
    REQUIRE_STATUS(SendText(Sender, &Receiver->Local, "one datagram"), STATUS_SUCCESS);
    EXPECT_EQ(Sender->Request->Information, 12);
    EXPECT(ReceivesText(Receiver, "one datagram"));
    REQUIRE_STATUS(SendText(Sender, &Receiver->Local, "marker"), STATUS_SUCCESS);
    EXPECT(ReceivesText(Receiver, "marker"));
}

POINT(DGRAM_SEND_02)
{
    PSOCK Sock = Bound(AF_INET);
    LONG i;

    REQUIRE(Sock != NULL);
    for (i = 0; i < MANY; i++) {
        REQUIRE_STATUS(SendText(Sock, &Sock->Local, "text"), STATUS_SUCCESS);
        EXPECT(Sock->Request->Returned == STATUS_PENDING ||
               Sock->Request->Returned == STATUS_SUCCESS);
    }
}

POINT(DGRAM_SEND_03)
{
    PSOCK Sock = Bound(AF_INET);
    WSK_BUF Buffer = NewBufferOf("a chain ", 8);

    REQUIRE(Sock != NULL);
    Buffer.Mdl->Next = NewBufferOf("of three ", 9).Mdl;
    Buffer.Mdl->Next->Next = NewBufferOf("parts", 5).Mdl;
    Buffer.Length = 22;
    REQUIRE_STATUS(SendBuffer(Sock, &Buffer, &Sock->Local), STATUS_SUCCESS);
    EXPECT_EQ(Sock->Request->Information, 22);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "marker"), STATUS_SUCCESS);
    EXPECT(ReceivesText(Sock, "a chain of three parts"));
    EXPECT(ReceivesText(Sock, "marker"));
}

POINT(DGRAM_SEND_04)
{
    PSOCK Sock = Bound(AF_INET);
    WSK_BUF Nothing = { NULL, 0, 0 };

    REQUIRE(Sock != NULL);
    REQUIRE_STATUS(SendBuffer(Sock, &Nothing, &Sock->Local), STATUS_SUCCESS);
    EXPECT_EQ(Sock->Request->Information, 0);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "marker"), STATUS_SUCCESS);
    EXPECT(ReceivesText(Sock, ""));
    EXPECT(ReceivesText(Sock, "marker"));
}

POINT(DGRAM_SEND_05)
{
    static const ULONG Ioctls[] = { SIO_WSK_SET_REMOTE_ADDRESS, SIO_WSK_SET_SENDTO_ADDRESS };
    PSOCK Sender = Bound(AF_INET), Fixed = Bound(AF_INET), Other = Bound(AF_INET);
    ULONG i;

    REQUIRE(Sender != NULL && Fixed != NULL && Other != NULL);
    for (i = 0; i < RTL_NUMBER_OF(Ioctls); i++) {
        REQUIRE_STATUS(FixAddress(Sender, Ioctls[i], &Fixed->Local), STATUS_SUCCESS);
        REQUIRE_STATUS(SendText(Sender, &Other->Local, "explicit"), STATUS_SUCCESS);
        REQUIRE_STATUS(SendText(Sender, NULL, "fixed"), STATUS_SUCCESS);
        EXPECT(ReceivesText(Other, "explicit"));
        EXPECT(ReceivesText(Fixed, "fixed"));
        REQUIRE_STATUS(FixAddress(Sender, Ioctls[i], NULL), STATUS_SUCCESS);
    }
}

POINT(DGRAM_SEND_06)
{
    PSOCK Sock = Bound(AF_INET);

    REQUIRE(Sock != NULL);
    EXPECT_STATUS(SendText(Sock, NULL, "nowhere"), STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(Sock->Request->Returned, STATUS_INVALID_PARAMETER);
    EXPECT_EQ(Sock->Request->Information, 0);
}

POINT(DGRAM_SEND_07)
{
    PSOCK Sock = Open(AF_INET), Receiver = Bound(AF_INET);
    SOCKADDR_INET Local;

    REQUIRE(Sock != NULL && Receiver != NULL);
    EXPECT_STATUS(SendText(Sock, &Receiver->Local, "unbound"), STATUS_INVALID_DEVICE_STATE);
    EXPECT_EQ(Sock->Request->Information, 0);
    EXPECT_STATUS(GetLocal(Sock, &Local), STATUS_INVALID_DEVICE_STATE); /* not bound on the way */
    REQUIRE_STATUS(SendText(Receiver, &Receiver->Local, "marker"), STATUS_SUCCESS);
    EXPECT(ReceivesText(Receiver, "marker"));
}

static PSOCK
DualStack(VOID)
{
    PSOCK Sock = Open(AF_INET6);

    if (Sock == NULL || !EXPECT_STATUS(SetOption(Sock, IPPROTO_IPV6, IPV6_V6ONLY, 0),
                                       STATUS_SUCCESS) ||
        !EXPECT_STATUS(BindTo(Sock, Wildcard(AF_INET6, 0)), STATUS_SUCCESS)) {
        return NULL;
    }
    return Sock;
}

POINT(DGRAM_SEND_08)
{
    PSOCK Ipv4Receiver = Bound(AF_INET), Ipv6Receiver, Sender;
    SOCKADDR_INET Expected, To;
    PRECEIVE Receive;

    NEED_IPV6();
    Ipv6Receiver = Bound(AF_INET6);
    Sender = DualStack();
    REQUIRE(Ipv4Receiver != NULL && Ipv6Receiver != NULL && Sender != NULL);
    To = Mapped(0x7f000001, PortOf(&Ipv4Receiver->Local));
    REQUIRE_STATUS(SendText(Sender, &To, "mapped"), STATUS_SUCCESS);
    Receive = StartReceive(Ipv4Receiver, 64);
    EXPECT(ReceiveIs(Receive, "mapped"));
    Expected = Loopback(AF_INET, PortOf(&Sender->Local));
    EXPECT(SameAddress(&Receive->From, &Expected));
    REQUIRE_STATUS(SendText(Sender, &Ipv6Receiver->Local, "plain"), STATUS_SUCCESS);
    EXPECT(ReceivesText(Ipv6Receiver, "plain"));
}

POINT(DGRAM_SEND_09)
{
    PSOCK Ipv4Sock = Bound(AF_INET), Ipv6Sock;

    NEED_IPV6();
    Ipv6Sock = Bound(AF_INET6);
    REQUIRE(Ipv4Sock != NULL && Ipv6Sock != NULL);
    EXPECT_STATUS(SendText(Ipv6Sock, &Ipv4Sock->Local, "4 from 6"),
                  STATUS_INVALID_ADDRESS_COMPONENT);
    EXPECT_EQ(Ipv6Sock->Request->Information, 0);
    EXPECT_STATUS(SendText(Ipv4Sock, &Ipv6Sock->Local, "6 from 4"),
                  STATUS_INVALID_ADDRESS_COMPONENT);
    EXPECT_EQ(Ipv4Sock->Request->Information, 0);
}

typedef union _SOURCE_ITEM {
    CMSGHDR Header;
    UCHAR Bytes[WSA_CMSG_SPACE(sizeof(IN_PKTINFO))];
} SOURCE_ITEM;

/* Control data that asks for this source. */
static VOID
AskForSource(SOURCE_ITEM *Item, ULONG Source)
{
    PIN_PKTINFO Info = (PIN_PKTINFO)WSA_CMSG_DATA(&Item->Header);

    RtlZeroMemory(Item, sizeof(*Item));
    Item->Header.cmsg_len = WSA_CMSG_LEN(sizeof(*Info));
    Item->Header.cmsg_level = IPPROTO_IP;
    Item->Header.cmsg_type = IP_PKTINFO;
    Info->ipi_addr.S_un.S_addr = RtlUlongByteSwap(Source);
}

POINT(DGRAM_SEND_10)
{
    PSOCK Sender = Open(AF_INET), Receiver = Bound(AF_INET);
    WSK_BUF Buffer = NewBufferOf("as it was", 9);
    PREQUEST Request = NewRequest();
    SOCKADDR_INET To, Expected;
    SOURCE_ITEM Item;
    PRECEIVE Receive;
    NTSTATUS Returned;

    REQUIRE(Sender != NULL && Receiver != NULL);
    REQUIRE_STATUS(BindTo(Sender, Wildcard(AF_INET, 0)), STATUS_SUCCESS);
    To = Receiver->Local;
    AskForSource(&Item, 0x7f000002);
    Returned = Sender->Fn->WskSendTo(Sender->Socket, &Buffer, 0, (PSOCKADDR)&To, sizeof(Item),
                                     &Item.Header, Use(Request));
    RtlFillMemory(&To, sizeof(To), 0xee);
    RtlFillMemory(&Item, sizeof(Item), 0xee);
    RtlFillMemory(&Buffer, sizeof(Buffer), 0xee);
    REQUIRE_STATUS(Finish(Request, Returned), STATUS_SUCCESS);
    Receive = StartReceive(Receiver, 64);
    EXPECT(ReceiveIs(Receive, "as it was"));
    Expected = Ipv4(0x7f000002, PortOf(&Sender->Local));
    EXPECT(SameAddress(&Receive->From, &Expected));
}

POINT(DGRAM_SEND_11)
{
    PSOCK Sock = Bound(AF_INET);
    PCHAR Memory;
    WSK_BUF Buffer = NewBuffer(5, (PVOID *)&Memory);
    LONG i;

    REQUIRE(Sock != NULL);
    for (i = 0; i < MANY / 2; i++) {
        RtlCopyMemory(Memory, "first", 5);
        REQUIRE_STATUS(SendBuffer(Sock, &Buffer, &Sock->Local), STATUS_SUCCESS);
        RtlCopyMemory(Memory, "later", 5);
    }
    for (i = 0; i < MANY / 2; i++) {
        REQUIRE(ReceivesText(Sock, "first"));
    }
}

POINT(DGRAM_SEND_12)
{
    PSOCK Sock = Bound(AF_INET);

    REQUIRE(Sock != NULL);
    EXPECT_STATUS(SendTextWith(Sock, &Sock->Local, "no items", (PCMSGHDR)(ULONG_PTR)1, 0),
                  STATUS_SUCCESS);
    EXPECT(ReceivesText(Sock, "no items"));
}

static VOID
SendSize(PSOCK Sock, ULONG Size, NTSTATUS Expected)
{
    WSK_BUF Buffer = NewBuffer(Size, NULL);

    EXPECT_STATUS(SendBuffer(Sock, &Buffer, &Sock->Local), Expected);
    EXPECT_EQ(Sock->Request->Information, NT_SUCCESS(Expected) ? Size : 0);
}

POINT(DGRAM_SEND_13)
{
    PSOCK Sock = Bound(AF_INET);

    REQUIRE(Sock != NULL);
    SendSize(Sock, 65507, STATUS_SUCCESS);
    SendSize(Sock, 65508, STATUS_INVALID_BUFFER_SIZE);
    SendSize(Sock, 100000, STATUS_INVALID_BUFFER_SIZE);
    if (HasIpv6()) {
        Sock = Bound(AF_INET6);
        REQUIRE(Sock != NULL);
        SendSize(Sock, 65527, STATUS_SUCCESS);
        SendSize(Sock, 65528, STATUS_INVALID_BUFFER_SIZE);
    }
}

/* The broadcast address of the loopback network, so that nothing leaves the machine. */
POINT(DGRAM_SEND_16)
{
    PSOCK Sock = Open(AF_INET);
    SOCKADDR_INET Broadcast;

    REQUIRE(Sock != NULL);
    REQUIRE_STATUS(BindTo(Sock, Wildcard(AF_INET, 0)), STATUS_SUCCESS);
    Broadcast = Ipv4(0x7fffffff, PortOf(&Sock->Local));
    EXPECT_STATUS(SendText(Sock, &Broadcast, "denied"), STATUS_ACCESS_DENIED);
    EXPECT_EQ(Sock->Request->Information, 0);
    REQUIRE_STATUS(SetOption(Sock, SOL_SOCKET, SO_BROADCAST, 1), STATUS_SUCCESS);
    EXPECT_STATUS(SendText(Sock, &Broadcast, "allowed"), STATUS_SUCCESS);
}

/* A port that was just somebody's, so that what is sent there is answered by an ICMP error. */
static SOCKADDR_INET
DeafPort(ADDRESS_FAMILY Family)
{
    SOCKADDR_INET Address = Loopback(Family, 9);
    PSOCK Sock = Bound(Family);

    if (Sock != NULL) {
        Address = Sock->Local;
        CloseSock(Sock);
    }
    return Address;
}

static VOID
SendDespiteErrors(ADDRESS_FAMILY Family)
{
    SOCKADDR_INET Deaf = DeafPort(Family);
    PSOCK Sock = Bound(Family);
    LONG i;

    REQUIRE(Sock != NULL);
    for (i = 0; i < 10; i++) {
        EXPECT_STATUS(SendText(Sock, &Deaf, "to nobody"), STATUS_SUCCESS);
        EXPECT_STATUS(SendText(Sock, &Sock->Local, "to somebody"), STATUS_SUCCESS);
        EXPECT(ReceivesText(Sock, "to somebody"));
    }
}

POINT(DGRAM_SEND_17)
{
    SendDespiteErrors(AF_INET);
    if (HasIpv6()) {
        SendDespiteErrors(AF_INET6);
    }
}

POINT(DGRAM_SEND_19)
{
    PSOCK Sender = Bound(AF_INET), Receiver = Bound(AF_INET);
    PREQUEST Requests[MANY];
    NTSTATUS Returned[MANY];
    WSK_BUF Buffers[MANY];
    LONG i;

    REQUIRE(Sender != NULL && Receiver != NULL);
    for (i = 0; i < MANY; i++) {
        Requests[i] = NewRequest();
        Buffers[i] = NewBufferOf(&i, sizeof(i));
        Returned[i] = StartSend(Sender, Requests[i], &Buffers[i], &Receiver->Local);
    }
    for (i = 0; i < MANY; i++) {
        EXPECT_STATUS(Finish(Requests[i], Returned[i]), STATUS_SUCCESS);
    }
    for (i = 0; i < MANY; i++) {
        PRECEIVE Receive = StartReceive(Receiver, sizeof(i));

        REQUIRE_STATUS(EndReceive(Receive), STATUS_SUCCESS);
        REQUIRE(*(PLONG)Receive->Data == i);
    }
}

typedef struct _ECHO {
    PREQUEST Request;
    NTSTATUS Returned;
    SOCKADDR_INET To;
    WSK_BUF Answer;
} ECHO;

static NTSTATUS
AnswerInCallback(PSOCK Sock, ULONG Flags, PWSK_DATAGRAM_INDICATION List)
{
    ECHO *Echo = (ECHO *)Sock->HookContext;

    Sock->Hook = NULL;
    Echo->Returned = StartSend(Sock, Echo->Request, &Echo->Answer, &Echo->To);
    RecordList(Sock, Flags, List);
    return STATUS_SUCCESS;
}

static VOID
SendInCallback(PSOCK Sender)
{
    PSOCK Receiver = Bound(AF_INET);
    ECHO Echo;

    REQUIRE(Receiver != NULL);
    Echo.Request = NewRequest();
    Echo.To = Sender->Local;
    Echo.Answer = NewBufferOf("answer", 6);
    Receiver->HookContext = &Echo;
    Receiver->Hook = AnswerInCallback;
    REQUIRE_STATUS(EnableEvent(Receiver), STATUS_SUCCESS);
    REQUIRE_STATUS(SendText(Sender, &Receiver->Local, "question"), STATUS_SUCCESS);
    EXPECT(NextIs(Receiver, "question"));
    EXPECT_STATUS(Finish(Echo.Request, Echo.Returned), STATUS_SUCCESS);
    EXPECT(ReceivesText(Sender, "answer"));
}

#define THREADS 4
#define PER_THREAD 25

typedef struct _SENDING {
    PSOCK Sender;
    PSOCK Receiver;
    LONG Number;
} SENDING;

static VOID
SendManyInThread(PVOID Context)
{
    SENDING *Sending = (SENDING *)Context;
    PREQUEST Request = NewRequest();
    LONG Number[2], i;

    Number[0] = Sending->Number;
    for (i = 0; i < PER_THREAD; i++) {
        WSK_BUF Buffer;

        Number[1] = i;
        Buffer = NewBufferOf(Number, sizeof(Number));
        EXPECT_STATUS(Finish(Request, StartSend(Sending->Sender, Request, &Buffer,
                                                &Sending->Receiver->Local)),
                      STATUS_SUCCESS);
    }
}

/* Each thread's datagrams arrive all, in their order. */
static VOID
SendFromThreads(PSOCK Sender)
{
    PSOCK Receiver = Bound(AF_INET);
    SENDING Sending[THREADS];
    PWORKER Workers[THREADS];
    LONG Next[THREADS] = { 0 }, i;

    REQUIRE(Receiver != NULL);
    for (i = 0; i < THREADS; i++) {
        Sending[i].Sender = Sender;
        Sending[i].Receiver = Receiver;
        Sending[i].Number = i;
        Workers[i] = NewWorker(SendManyInThread, &Sending[i]);
    }
    for (i = 0; i < THREADS; i++) {
        WaitFor(Workers[i]->Object);
    }
    for (i = 0; i < THREADS * PER_THREAD; i++) {
        PRECEIVE Receive = StartReceive(Receiver, 2 * sizeof(LONG));
        PLONG Number = (PLONG)Receive->Data;

        REQUIRE_STATUS(EndReceive(Receive), STATUS_SUCCESS);
        REQUIRE(Number[0] >= 0 && Number[0] < THREADS);
        REQUIRE(Number[1] == Next[Number[0]]);
        Next[Number[0]]++;
    }
}

POINT(DGRAM_SEND_20)
{
    PSOCK Sender = Bound(AF_INET);
    WSK_BUF Buffer = NewBufferOf("raised", 6);
    PREQUEST Request = NewRequest();
    NTSTATUS Returned;
    KIRQL Irql;

    REQUIRE(Sender != NULL);
    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    Returned = StartSend(Sender, Request, &Buffer, &Sender->Local);
    EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    KeLowerIrql(Irql);
    EXPECT_STATUS(Finish(Request, Returned), STATUS_SUCCESS);
    EXPECT(ReceivesText(Sender, "raised"));
    SendInCallback(Sender);
    SendFromThreads(Sender);
}

CONFORMANCE(ENTRY(DGRAM_SEND_01), ENTRY(DGRAM_SEND_02), ENTRY(DGRAM_SEND_03), ENTRY(DGRAM_SEND_04),
            ENTRY(DGRAM_SEND_05), ENTRY(DGRAM_SEND_06), ENTRY(DGRAM_SEND_07), ENTRY(DGRAM_SEND_08),
            ENTRY(DGRAM_SEND_09), ENTRY(DGRAM_SEND_10), ENTRY(DGRAM_SEND_11), ENTRY(DGRAM_SEND_12),
            ENTRY(DGRAM_SEND_13), ENTRY(DGRAM_SEND_16), ENTRY(DGRAM_SEND_17), ENTRY(DGRAM_SEND_19),
            ENTRY(DGRAM_SEND_20))
