/* SPDX-License-Identifier: MIT */
/* dgram_recv.c - the points DGRAM-RECV: WskReceiveFrom. */
#include "datagram.h"

POINT(DGRAM_RECV_01)
{
    PSOCK Sender = Bound(AF_INET), Receiver = Bound(AF_INET);
    PRECEIVE Receive;

    REQUIRE(Sender != NULL && Receiver != NULL);
    REQUIRE_STATUS(SendText(Sender, &Receiver->Local, "one"), STATUS_SUCCESS);
    REQUIRE_STATUS(SendText(Sender, &Receiver->Local, "two, longer"), STATUS_SUCCESS);
    Receive = StartReceive(Receiver, 1024);
    REQUIRE_STATUS(EndReceive(Receive), STATUS_SUCCESS);
    EXPECT_EQ(Receive->Request->Information, 3);
    EXPECT(ReceiveIs(Receive, "one"));
    EXPECT(SameAddress(&Receive->From, &Sender->Local));
    EXPECT(CfIsFilled(Receive->Data + 3, 1021, 0)); /* nothing behind it was written */
    EXPECT(ReceivesText(Receiver, "two, longer"));
}

POINT(DGRAM_RECV_02)
{
    PSOCK Sock = Bound(AF_INET);
    PRECEIVE Receive;

    REQUIRE(Sock != NULL);
    Receive = StartReceive(Sock, 64);
    EXPECT_STATUS(Receive->Returned, STATUS_PENDING);
    EXPECT(!IsCompleted(Receive->Request));
    /* What other sockets do has no part in it. */
    EXPECT(Bound(AF_INET) != NULL);
    EXPECT(!IsCompleted(Receive->Request));
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "at last"), STATUS_SUCCESS);
    EXPECT(ReceiveIs(Receive, "at last"));
}

POINT(DGRAM_RECV_03)
{
    PSOCK Sock = Bound(AF_INET);
    PRECEIVE Receive;

    REQUIRE(Sock != NULL);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "there already"), STATUS_SUCCESS);
    Receive = StartReceive(Sock, 64);
    EXPECT(Receive->Returned == STATUS_PENDING || Receive->Returned == STATUS_SUCCESS);
    EXPECT(ReceiveIs(Receive, "there already"));
}

POINT(DGRAM_RECV_04)
{
    PSOCK Sock = Bound(AF_INET);
    PRECEIVE Receives[20];
    LONG i;

    REQUIRE(Sock != NULL);
    for (i = 0; i < 20; i++) {
        Receives[i] = StartReceive(Sock, 64);
    }
    for (i = 0; i < 20; i++) {
        REQUIRE_STATUS(SendBytes(Sock, &Sock->Local, &i, sizeof(i)), STATUS_SUCCESS);
    }
    for (i = 0; i < 20; i++) {
        REQUIRE_STATUS(EndReceive(Receives[i]), STATUS_SUCCESS);
        EXPECT_EQ(Receives[i]->Request->Information, sizeof(i));
        EXPECT_EQ(*(PLONG)Receives[i]->Data, i);
    }
}

POINT(DGRAM_RECV_05)
{
    PSOCK Sock = Bound(AF_INET);
    PREQUEST Request = NewRequest();
    WSK_BUF Buffer = NewBuffer(64, NULL);
    ULONG Which;

    REQUIRE(Sock != NULL);
    for (Which = 0; Which < 16; Which++) {
        PSOCKADDR From = (PSOCKADDR)NewMemory(sizeof(SOCKADDR_INET));
        PCMSGHDR Control = (PCMSGHDR)NewMemory(64);
        ULONG Length = 64, Flags = 0;

        REQUIRE_STATUS(SendText(Sock, &Sock->Local, "text"), STATUS_SUCCESS);
        EXPECT_STATUS(Finish(Request, Sock->Fn->WskReceiveFrom(
                                          Sock->Socket, &Buffer, 0, Which & 1 ? From : NULL,
                                          Which & 2 ? &Length : NULL, Which & 4 ? Control : NULL,
                                          Which & 8 ? &Flags : NULL, Use(Request))),
                      STATUS_SUCCESS);
        EXPECT_EQ(Request->Information, 4);
    }
}

/* How many bytes a receive writes behind RemoteAddress, and that it writes what it should. */
static VOID
ReceiveAddress(PSOCK Sock, PSOCK Sender, const SOCKADDR_INET *To, const SOCKADDR_INET *Expected)
{
    SIZE_T Size = AddressSize(Sock->Family);
    PUCHAR Memory = (PUCHAR)NewMemory(64);
    WSK_BUF Buffer = NewBuffer(64, NULL);
    PREQUEST Request = NewRequest();

    RtlFillMemory(Memory, 64, 0xcc);
    REQUIRE_STATUS(SendText(Sender, To, "text"), STATUS_SUCCESS);
    REQUIRE_STATUS(Finish(Request, Sock->Fn->WskReceiveFrom(Sock->Socket, &Buffer, 0,
                                                            (PSOCKADDR)Memory, NULL, NULL, NULL,
                                                            Use(Request))),
                   STATUS_SUCCESS);
    EXPECT(RtlCompareMemory(Memory, Expected, Size) == Size);
    EXPECT(CfIsFilled(Memory + Size, 64 - Size, 0xcc));
}

POINT(DGRAM_RECV_06)
{
    PSOCK Sender = Bound(AF_INET), Receiver = Bound(AF_INET);
    SOCKADDR_INET Mapping;

    REQUIRE(Sender != NULL && Receiver != NULL);
    ReceiveAddress(Receiver, Sender, &Receiver->Local, &Sender->Local);
    NEED_IPV6();
    Receiver = Open(AF_INET6);
    REQUIRE(Receiver != NULL);
    REQUIRE_STATUS(SetOption(Receiver, IPPROTO_IPV6, IPV6_V6ONLY, 0), STATUS_SUCCESS);
    REQUIRE_STATUS(BindTo(Receiver, Wildcard(AF_INET6, 0)), STATUS_SUCCESS);
    Mapping = Mapped(0x7f000001, PortOf(&Sender->Local));
    {
        SOCKADDR_INET To = Loopback(AF_INET, PortOf(&Receiver->Local));

        ReceiveAddress(Receiver, Sender, &To, &Mapping);
    }
    Sender = Bound(AF_INET6);
    REQUIRE(Sender != NULL);
    {
        SOCKADDR_INET To = Loopback(AF_INET6, PortOf(&Receiver->Local));

        ReceiveAddress(Receiver, Sender, &To, &Sender->Local);
    }
}

POINT(DGRAM_RECV_07)
{
    PSOCK Sock = Bound(AF_INET);
    PRECEIVE Receive;

    REQUIRE(Sock != NULL);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "without"), STATUS_SUCCESS);
    Receive = StartReceive(Sock, 64);
    REQUIRE_STATUS(EndReceive(Receive), STATUS_SUCCESS);
    EXPECT_EQ(Receive->ControlLength, 0);
    REQUIRE_STATUS(SetOption(Sock, IPPROTO_IP, IP_PKTINFO, 1), STATUS_SUCCESS);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "with"), STATUS_SUCCESS);
    Receive = StartReceive(Sock, 64);
    REQUIRE_STATUS(EndReceive(Receive), STATUS_SUCCESS);
    EXPECT_EQ(Receive->ControlLength, WSA_CMSG_SPACE(sizeof(IN_PKTINFO)));
    EXPECT_EQ(Receive->ControlInfo->cmsg_type, IP_PKTINFO);
    EXPECT_EQ(Receive->ControlFlags, 0);
}

/* Receives "text" on a socket that reports its packet information, with these outputs. */
static VOID
ReceiveWith(PSOCK Sock, PULONG ControlLength, PCMSGHDR Control, PULONG Flags)
{
    WSK_BUF Buffer = NewBuffer(64, NULL);

    REQUIRE_STATUS(SetOption(Sock, IPPROTO_IP, IP_PKTINFO, 1), STATUS_SUCCESS);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "text"), STATUS_SUCCESS);
    EXPECT_STATUS(Finish(Sock->Request,
                         Sock->Fn->WskReceiveFrom(Sock->Socket, &Buffer, 0, NULL, ControlLength,
                                                  Control, Flags, Use(Sock->Request))),
                  STATUS_SUCCESS);
    EXPECT_EQ(Sock->Request->Information, 4);
}

POINT(DGRAM_RECV_08)
{
    PSOCK Sock = Bound(AF_INET);
    PUCHAR Control = (PUCHAR)NewMemory(64);

    REQUIRE(Sock != NULL);
    RtlFillMemory(Control, 64, 0xcc);
    ReceiveWith(Sock, NULL, (PCMSGHDR)Control, NULL);
    EXPECT(CfIsFilled(Control, 64, 0xcc));
}

POINT(DGRAM_RECV_09)
{
    PSOCK Sock = Bound(AF_INET);
    ULONG Flags = 0xcccccccc;

    REQUIRE(Sock != NULL);
    ReceiveWith(Sock, NULL, NULL, &Flags);
    EXPECT_EQ(Flags & ~(ULONG)MSG_CTRUNC, 0);
}

POINT(DGRAM_RECV_10)
{
    PSOCK Sock = Bound(AF_INET), Plain = Bound(AF_INET);
    WSK_BUF Buffer = NewBuffer(64, NULL);
    ULONG Length = 0, Flags = 0xcccccccc;

    REQUIRE(Sock != NULL && Plain != NULL);
    ReceiveWith(Sock, &Length, NULL, &Flags);
    EXPECT_EQ(Length, 0);
    EXPECT_EQ(Flags, MSG_CTRUNC);
    /* With nothing to report nothing is cut. */
    REQUIRE_STATUS(SendText(Plain, &Plain->Local, "text"), STATUS_SUCCESS);
    EXPECT_STATUS(Finish(Plain->Request,
                         Plain->Fn->WskReceiveFrom(Plain->Socket, &Buffer, 0, NULL, &Length, NULL,
                                                   &Flags, Use(Plain->Request))),
                  STATUS_SUCCESS);
    EXPECT_EQ(Length, 0);
    EXPECT_EQ(Flags, 0);
}

POINT(DGRAM_RECV_11)
{
    PSOCK Sock = Bound(AF_INET);
    PRECEIVE Receive;

    REQUIRE(Sock != NULL);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "too long"), STATUS_SUCCESS);
    Receive = StartReceive(Sock, 3);
    REQUIRE_STATUS(EndReceive(Receive), STATUS_SUCCESS);
    EXPECT_EQ(Receive->Request->Information, 3);
    EXPECT_EQ(Receive->ControlFlags, MSG_TRUNC);
    EXPECT(RtlCompareMemory(Receive->Data, "too", 3) == 3);
    EXPECT(SameAddress(&Receive->From, &Sock->Local));
}

POINT(DGRAM_RECV_12)
{
    PSOCK Sock = Bound(AF_INET);

    REQUIRE(Sock != NULL);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "too long"), STATUS_SUCCESS);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "next"), STATUS_SUCCESS);
    REQUIRE_STATUS(EndReceive(StartReceive(Sock, 3)), STATUS_SUCCESS);
    EXPECT(ReceivesText(Sock, "next"));
}

POINT(DGRAM_RECV_13)
{
    PSOCK Sock = Bound(AF_INET);
    PUCHAR Control = (PUCHAR)NewMemory(256);
    WSK_BUF Buffer = NewBuffer(64, NULL);
    ULONG Whole, First, Length, Flags, Room;
    PRECEIVE Receive;

    REQUIRE(Sock != NULL);
    REQUIRE_STATUS(SetOption(Sock, IPPROTO_IP, IP_PKTINFO, 1), STATUS_SUCCESS);
    REQUIRE_STATUS(SetOption(Sock, IPPROTO_IP, IP_RECVTOS, 1), STATUS_SUCCESS);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "all of it"), STATUS_SUCCESS);
    Receive = StartReceive(Sock, 64);
    REQUIRE_STATUS(EndReceive(Receive), STATUS_SUCCESS);
    EXPECT_EQ(Receive->ControlFlags, 0);
    Whole = Receive->ControlLength;
    First = (ULONG)WSA_CMSGHDR_ALIGN(Receive->ControlInfo->cmsg_len);
    REQUIRE(First < Whole);
    for (Room = 0; Room < Whole; Room++) {
        RtlFillMemory(Control, 256, 0xcc);
        Length = Room;
        Flags = 0;
        REQUIRE_STATUS(SendText(Sock, &Sock->Local, "text"), STATUS_SUCCESS);
        REQUIRE_STATUS(Finish(Sock->Request,
                              Sock->Fn->WskReceiveFrom(Sock->Socket, &Buffer, 0, NULL, &Length,
                                                       (PCMSGHDR)Control, &Flags,
                                                       Use(Sock->Request))),
                       STATUS_SUCCESS);
        EXPECT_EQ(Sock->Request->Information, 4);
        EXPECT_EQ(Flags, MSG_CTRUNC);
        EXPECT_EQ(Length, Room < First ? 0 : First);
        EXPECT(CfIsFilled(Control + Length, 256 - Length, 0xcc));
    }
}

/* The index of the loopback interface, which the group is joined on. */
static ULONG
LoopbackIndex(PSOCK Sock)
{
    PRECEIVE Receive;
    ULONG Index = 0;

    if (EXPECT_STATUS(SetOption(Sock, IPPROTO_IP, IP_PKTINFO, 1), STATUS_SUCCESS) &&
        EXPECT_STATUS(SendText(Sock, &Sock->Local, "where am I"), STATUS_SUCCESS)) {
        Receive = StartReceive(Sock, 64);
        if (EXPECT_STATUS(EndReceive(Receive), STATUS_SUCCESS)) {
            Index = ((PIN_PKTINFO)WSA_CMSG_DATA(Receive->ControlInfo))->ipi_ifindex;
        }
    }
    return Index;
}

static ULONG
FlagsOf(PSOCK Sock, PSOCK Sender, SOCKADDR_INET To)
{
    PRECEIVE Receive;

    if (!EXPECT_STATUS(SendText(Sender, &To, "text"), STATUS_SUCCESS)) {
        return 0xcccccccc;
    }
    Receive = StartReceive(Sock, 64);
    EXPECT_STATUS(EndReceive(Receive), STATUS_SUCCESS);
    return Receive->ControlFlags;
}

POINT(DGRAM_RECV_14)
{
    PSOCK Sock = Open(AF_INET), Sender = Bound(AF_INET);
    USHORT Port;
    IP_MREQ Group;
    ULONG Index;

    REQUIRE(Sock != NULL && Sender != NULL);
    Index = LoopbackIndex(Sender);
    REQUIRE_STATUS(BindTo(Sock, Wildcard(AF_INET, 0)), STATUS_SUCCESS);
    Port = PortOf(&Sock->Local);
    Group.imr_multiaddr.S_un.S_addr = RtlUlongByteSwap(0xefc0c0c1);
    Group.imr_interface.S_un.S_addr = RtlUlongByteSwap(0x7f000001);
    REQUIRE_STATUS(Control(Sock, WskSetOption, IPPROTO_IP, IP_ADD_MEMBERSHIP, &Group, sizeof(Group),
                           NULL, 0),
                   STATUS_SUCCESS);
    REQUIRE_STATUS(SetOption(Sender, IPPROTO_IP, IP_MULTICAST_IF, RtlUlongByteSwap(Index)),
                   STATUS_SUCCESS);
    REQUIRE_STATUS(SetOption(Sender, SOL_SOCKET, SO_BROADCAST, 1), STATUS_SUCCESS);
    EXPECT_EQ(FlagsOf(Sock, Sender, Ipv4(0x7f000001, Port)), 0);
    EXPECT_EQ(FlagsOf(Sock, Sender, Ipv4(0xefc0c0c1, Port)), MSG_MCAST);
    EXPECT_EQ(FlagsOf(Sock, Sender, Ipv4(0x7fffffff, Port)), MSG_BCAST);
    EXPECT_EQ(FlagsOf(Sock, Sender, Ipv4(0x7f000001, Port)), 0);
}

POINT(DGRAM_RECV_15)
{
    PSOCK Sock = Bound(AF_INET);
    PRECEIVE Receive;

    REQUIRE(Sock != NULL);
    Receive = StartReceive(Sock, 64);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "text"), STATUS_SUCCESS);
    REQUIRE_STATUS(EndReceive(Receive), STATUS_SUCCESS);
    EXPECT_EQ(Receive->ControlFlags, 0);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, ""), STATUS_SUCCESS);
    Receive = StartReceive(Sock, 0);
    REQUIRE_STATUS(EndReceive(Receive), STATUS_SUCCESS);
    EXPECT_EQ(Receive->ControlFlags, 0);
}

POINT(DGRAM_RECV_16)
{
    PSOCK Sender = Bound(AF_INET), Receiver = Bound(AF_INET);
    PRECEIVE Receive;

    REQUIRE(Sender != NULL && Receiver != NULL);
    REQUIRE_STATUS(SendText(Sender, &Receiver->Local, ""), STATUS_SUCCESS);
    Receive = StartReceive(Receiver, 64);
    REQUIRE_STATUS(EndReceive(Receive), STATUS_SUCCESS);
    EXPECT_EQ(Receive->Request->Information, 0);
    EXPECT(SameAddress(&Receive->From, &Sender->Local));
    REQUIRE_STATUS(SendText(Sender, &Receiver->Local, "goes on"), STATUS_SUCCESS);
    EXPECT(ReceivesText(Receiver, "goes on"));
}

POINT(DGRAM_RECV_17)
{
    PSOCK Sock = Bound(AF_INET);
    WSK_BUF Nothing = { NULL, 0, 0 };
    PREQUEST Request = NewRequest();
    ULONG Flags = 0xcccccccc;
    NTSTATUS Returned;

    REQUIRE(Sock != NULL);
    Returned = Sock->Fn->WskReceiveFrom(Sock->Socket, &Nothing, 0, NULL, NULL, NULL, &Flags,
                                        Use(Request));
    EXPECT_STATUS(Returned, STATUS_PENDING);
    EXPECT(!IsCompleted(Request));
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "dropped"), STATUS_SUCCESS);
    REQUIRE_STATUS(Finish(Request, Returned), STATUS_SUCCESS);
    EXPECT_EQ(Request->Information, 0);
    EXPECT_EQ(Flags, MSG_TRUNC);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, ""), STATUS_SUCCESS);
    REQUIRE_STATUS(Finish(Request, Sock->Fn->WskReceiveFrom(Sock->Socket, &Nothing, 0, NULL, NULL,
                                                            NULL, &Flags, Use(Request))),
                   STATUS_SUCCESS);
    EXPECT_EQ(Flags, 0);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "next"), STATUS_SUCCESS);
    EXPECT(ReceivesText(Sock, "next"));
}

POINT(DGRAM_RECV_18)
{
    PSOCK Sock = Open(AF_INET);
    PRECEIVE Receive;

    REQUIRE(Sock != NULL);
    Receive = StartReceive(Sock, 64);
    EXPECT_STATUS(EndReceive(Receive), STATUS_INVALID_DEVICE_STATE);
    EXPECT_STATUS(Receive->Returned, STATUS_INVALID_DEVICE_STATE);
    EXPECT_EQ(Receive->Request->Information, 0);
}

POINT(DGRAM_RECV_19)
{
    PSOCK Sock = Bound(AF_INET);
    PRECEIVE Receives[3];
    LONG i;

    REQUIRE(Sock != NULL);
    for (i = 0; i < 3; i++) {
        Receives[i] = StartReceive(Sock, 64);
    }
    EXPECT(IoCancelIrp(Receives[1]->Request->Irp));
    EXPECT_STATUS(EndReceive(Receives[1]), STATUS_CANCELLED);
    EXPECT_EQ(Receives[1]->Request->Information, 0);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "first"), STATUS_SUCCESS);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "second"), STATUS_SUCCESS);
    EXPECT(ReceiveIs(Receives[0], "first"));
    EXPECT(ReceiveIs(Receives[2], "second"));
    EXPECT(CfIsFilled(Receives[1]->Data, 64, 0));
}

POINT(DGRAM_RECV_20)
{
    PSOCK Sock = Listening(AF_INET);
    PRECEIVE Receives[2];

    REQUIRE(Sock != NULL);
    Receives[0] = StartReceive(Sock, 64);
    Receives[1] = StartReceive(Sock, 64);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "one"), STATUS_SUCCESS);
    EXPECT(ReceiveIs(Receives[0], "one"));
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "two"), STATUS_SUCCESS);
    EXPECT(ReceiveIs(Receives[1], "two"));
    EXPECT_EQ(ReadAcquire(&Sock->Calls), 0);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "three"), STATUS_SUCCESS);
    EXPECT(NextIs(Sock, "three"));
}

POINT(DGRAM_RECV_21)
{
    PSOCK Sock = Bound(AF_INET), Known = Bound(AF_INET), Stranger = Bound(AF_INET);
    PRECEIVE Receive;

    REQUIRE(Sock != NULL && Known != NULL && Stranger != NULL);
    REQUIRE_STATUS(FixAddress(Sock, SIO_WSK_SET_REMOTE_ADDRESS, &Known->Local), STATUS_SUCCESS);
    Receive = StartReceive(Sock, 64);
    REQUIRE_STATUS(SendText(Stranger, &Sock->Local, "stranger"), STATUS_SUCCESS);
    REQUIRE_STATUS(SendText(Known, &Sock->Local, "known"), STATUS_SUCCESS);
    EXPECT(ReceiveIs(Receive, "known"));
    /* Nor is it kept for later: this receive looks at it while the address is fixed. */
    Receive = StartReceive(Sock, 64);
    REQUIRE_STATUS(SendText(Stranger, &Sock->Local, "stranger again"), STATUS_SUCCESS);
    REQUIRE_STATUS(SendText(Known, &Sock->Local, "known again"), STATUS_SUCCESS);
    EXPECT(ReceiveIs(Receive, "known again"));
    REQUIRE_STATUS(FixAddress(Sock, SIO_WSK_SET_REMOTE_ADDRESS, NULL), STATUS_SUCCESS);
    REQUIRE_STATUS(SendText(Stranger, &Sock->Local, "no stranger"), STATUS_SUCCESS);
    EXPECT(ReceivesText(Sock, "no stranger"));
}

/* More than the buffer holds: what is kept is the beginning, in order, and then it goes on. */
POINT(DGRAM_RECV_22)
{
    enum { SENT = 400, SIZE = 1000, MARKER = 0x7fffffff };
    PSOCK Sock = Bound(AF_INET);
    PLONG Memory;
    WSK_BUF Buffer = NewBuffer(SIZE, (PVOID *)&Memory);
    LONG i, Kept;

    REQUIRE(Sock != NULL);
    REQUIRE_STATUS(SetOption(Sock, SOL_SOCKET, SO_RCVBUF, 20 * SIZE), STATUS_SUCCESS);
    for (i = 0; i < SENT; i++) {
        *Memory = i;
        REQUIRE_STATUS(SendBuffer(Sock, &Buffer, &Sock->Local), STATUS_SUCCESS);
    }
    for (Kept = 0;; Kept++) {
        PRECEIVE Receive = StartReceive(Sock, SIZE);

        if (Kept == 5) {
            *Memory = MARKER; /* there is room again */
            REQUIRE_STATUS(SendBuffer(Sock, &Buffer, &Sock->Local), STATUS_SUCCESS);
        }
        REQUIRE_STATUS(EndReceive(Receive), STATUS_SUCCESS);
        if (*(PLONG)Receive->Data == MARKER) {
            break;
        }
        REQUIRE(*(PLONG)Receive->Data == Kept);
    }
    EXPECT(Kept >= 8 && Kept < SENT);
}

CONFORMANCE(ENTRY(DGRAM_RECV_01), ENTRY(DGRAM_RECV_02), ENTRY(DGRAM_RECV_03), ENTRY(DGRAM_RECV_04),
            ENTRY(DGRAM_RECV_05), ENTRY(DGRAM_RECV_06), ENTRY(DGRAM_RECV_07), ENTRY(DGRAM_RECV_08),
            ENTRY(DGRAM_RECV_09), ENTRY(DGRAM_RECV_10), ENTRY(DGRAM_RECV_11), ENTRY(DGRAM_RECV_12),
            ENTRY(DGRAM_RECV_13), ENTRY(DGRAM_RECV_14), ENTRY(DGRAM_RECV_15), ENTRY(DGRAM_RECV_16),
            ENTRY(DGRAM_RECV_17), ENTRY(DGRAM_RECV_18), ENTRY(DGRAM_RECV_19), ENTRY(DGRAM_RECV_20),
            ENTRY(DGRAM_RECV_21), ENTRY(DGRAM_RECV_22))
