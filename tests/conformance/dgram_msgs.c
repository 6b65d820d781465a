/* SPDX-License-Identifier: MIT */
/* dgram_msgs.c - the points DGRAM-MSGS: WskSendMessages. DGRAM-MSGS-06 stands in network.c. */
#include "datagram.h"

/* A list of so many nodes; node i holds the number i. */
static PWSK_BUF_LIST
NewList(LONG Count)
{
    PWSK_BUF_LIST List = (PWSK_BUF_LIST)NewMemory((SIZE_T)Count * sizeof(*List));
    LONG i;

    for (i = 0; i < Count; i++) {
        List[i].Buffer = NewBufferOf(&i, sizeof(i));
        List[i].Next = i + 1 < Count ? &List[i + 1] : NULL;
    }
    return List;
}

static NTSTATUS
SendList(PSOCK Sock, PWSK_BUF_LIST List, const SOCKADDR_INET *To, PCMSGHDR ControlInfo,
         ULONG ControlInfoLength)
{
    return Finish(Sock->Request,
                  Sock->Fn->WskSendMessages(Sock->Socket, List, 0, (PSOCKADDR)To, ControlInfoLength,
                                            ControlInfo, Use(Sock->Request)));
}

static VOID
ExpectNumbers(PSOCK Receiver, LONG Count)
{
    LONG i;

    for (i = 0; i < Count; i++) {
        PRECEIVE Receive = StartReceive(Receiver, 2 * sizeof(i));

        REQUIRE_STATUS(EndReceive(Receive), STATUS_SUCCESS);
        REQUIRE(Receive->Request->Information == sizeof(i));
        REQUIRE(*(PLONG)Receive->Data == i);
    }
}

POINT(DGRAM_MSGS_01)
{
    PSOCK Sock = Bound(AF_INET);

    REQUIRE(Sock != NULL);
    REQUIRE_STATUS(SendList(Sock, NewList(20), &Sock->Local, NULL, 0), STATUS_SUCCESS);
    ExpectNumbers(Sock, 20);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "marker"), STATUS_SUCCESS);
    EXPECT(ReceivesText(Sock, "marker"));
}

POINT(DGRAM_MSGS_02)
{
    PSOCK Sock = Bound(AF_INET);
    WSK_BUF_LIST Nodes[3];

    REQUIRE(Sock != NULL);
    Nodes[0].Buffer = NewBufferOf("ten bytes.", 10);
    Nodes[0].Next = &Nodes[1];
    RtlZeroMemory(&Nodes[1].Buffer, sizeof(Nodes[1].Buffer));
    Nodes[1].Next = &Nodes[2];
    Nodes[2].Buffer = NewBufferOf("and three", 9);
    Nodes[2].Buffer.Offset = 4;
    Nodes[2].Buffer.Length = 5;
    Nodes[2].Next = NULL;
    REQUIRE_STATUS(SendList(Sock, Nodes, &Sock->Local, NULL, 0), STATUS_SUCCESS);
    EXPECT_EQ(Sock->Request->Information, 15);
    EXPECT(ReceivesText(Sock, "ten bytes."));
    EXPECT(ReceivesText(Sock, ""));
    EXPECT(ReceivesText(Sock, "three"));
}

/* What was sent after the completion, by another socket, comes behind all of the list. */
POINT(DGRAM_MSGS_03)
{
    PSOCK Sender = Bound(AF_INET), Receiver = Bound(AF_INET), Other = Bound(AF_INET);

    REQUIRE(Sender != NULL && Receiver != NULL && Other != NULL);
    REQUIRE_STATUS(SendList(Sender, NewList(50), &Receiver->Local, NULL, 0), STATUS_SUCCESS);
    REQUIRE_STATUS(SendText(Other, &Receiver->Local, "marker"), STATUS_SUCCESS);
    ExpectNumbers(Receiver, 50);
    EXPECT(ReceivesText(Receiver, "marker"));
}

typedef union _SOURCE_ITEM {
    CMSGHDR Header;
    UCHAR Bytes[WSA_CMSG_SPACE(sizeof(IN_PKTINFO))];
} SOURCE_ITEM;

POINT(DGRAM_MSGS_04)
{
    PSOCK Sender = Open(AF_INET), Receiver = Listening(AF_INET);
    SOURCE_ITEM Item;
    PIN_PKTINFO Info = (PIN_PKTINFO)WSA_CMSG_DATA(&Item.Header);
    SOCKADDR_INET Expected;
    LONG i;

    REQUIRE(Sender != NULL && Receiver != NULL);
    REQUIRE_STATUS(BindTo(Sender, Wildcard(AF_INET, 0)), STATUS_SUCCESS);
    RtlZeroMemory(&Item, sizeof(Item));
    Item.Header.cmsg_len = WSA_CMSG_LEN(sizeof(*Info));
    Item.Header.cmsg_level = IPPROTO_IP;
    Item.Header.cmsg_type = IP_PKTINFO;
    Info->ipi_addr.S_un.S_addr = RtlUlongByteSwap(0x7f000003);
    REQUIRE_STATUS(SendList(Sender, NewList(10), &Receiver->Local, &Item.Header, sizeof(Item)),
                   STATUS_SUCCESS);
    Expected = Ipv4(0x7f000003, PortOf(&Sender->Local));
    for (i = 0; i < 10; i++) {
        PRECORD Record = NextRecord(Receiver);

        REQUIRE(Record != NULL && Record->Length == sizeof(i) && *(PLONG)Record->Data == i);
        EXPECT(SameAddress(&Record->From, &Expected));
    }
}

POINT(DGRAM_MSGS_05)
{
    PSOCK Sender = Bound(AF_INET), Receiver = Bound(AF_INET);

    REQUIRE(Sender != NULL && Receiver != NULL);
    EXPECT_STATUS(SendList(Sender, NewList(2), NULL, NULL, 0), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(Sender->Request->Information, 0);
    REQUIRE_STATUS(FixAddress(Sender, SIO_WSK_SET_REMOTE_ADDRESS, &Receiver->Local),
                   STATUS_SUCCESS);
    REQUIRE_STATUS(SendList(Sender, NewList(3), NULL, NULL, 0), STATUS_SUCCESS);
    ExpectNumbers(Receiver, 3);
}

POINT(DGRAM_MSGS_07)
{
    static const LONG Counts[] = { 1, 2, 63, 64, 65, 127, 128, 129, 300 };
    PSOCK Sender = Bound(AF_INET), Receiver = Bound(AF_INET);
    ULONG i;

    REQUIRE(Sender != NULL && Receiver != NULL);
    REQUIRE_STATUS(SetOption(Receiver, SOL_SOCKET, SO_RCVBUF, 200 * 1024), STATUS_SUCCESS);
    for (i = 0; i < RTL_NUMBER_OF(Counts); i++) {
        REQUIRE_STATUS(SendList(Sender, NewList(Counts[i]), &Receiver->Local, NULL, 0),
                       STATUS_SUCCESS);
        EXPECT_EQ(Sender->Request->Information, Counts[i] * sizeof(LONG));
        ExpectNumbers(Receiver, Counts[i]);
    }
    REQUIRE_STATUS(SendText(Sender, &Receiver->Local, "marker"), STATUS_SUCCESS);
    EXPECT(ReceivesText(Receiver, "marker"));
}

POINT(DGRAM_MSGS_08)
{
    PSOCK Sock = Bound(AF_INET);

    REQUIRE(Sock != NULL);
    EXPECT_STATUS(SendList(Sock, NULL, &Sock->Local, NULL, 0), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(Sock->Request->Information, 0);
}

/* Finish() holds for each of these that the routine ran before an error was returned. */
POINT(DGRAM_MSGS_09)
{
    PSOCK Unbound = Open(AF_INET), Sock = Bound(AF_INET);
    PWSK_BUF_LIST List = NewList(2);
    SOCKADDR_INET Foreign = Loopback(AF_INET6, 9);
    CMSGHDR Broken = { 1, IPPROTO_IP, IP_PKTINFO };

    REQUIRE(Unbound != NULL && Sock != NULL);
    EXPECT_STATUS(SendList(Unbound, List, &Sock->Local, NULL, 0), STATUS_INVALID_DEVICE_STATE);
    EXPECT_STATUS(SendList(Sock, List, NULL, NULL, 0), STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(SendList(Sock, List, &Foreign, NULL, 0), STATUS_INVALID_ADDRESS_COMPONENT);
    EXPECT_STATUS(SendList(Sock, List, &Sock->Local, &Broken, sizeof(Broken)),
                  STATUS_INVALID_PARAMETER);
    List[1].Buffer.Length = 100; /* beyond the chain */
    EXPECT_STATUS(SendList(Sock, List, &Sock->Local, NULL, 0), STATUS_INVALID_PARAMETER);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "marker"), STATUS_SUCCESS);
    EXPECT(ReceivesText(Sock, "marker"));
}

CONFORMANCE(ENTRY(DGRAM_MSGS_01), ENTRY(DGRAM_MSGS_02), ENTRY(DGRAM_MSGS_03), ENTRY(DGRAM_MSGS_04),
            ENTRY(DGRAM_MSGS_05), ENTRY(DGRAM_MSGS_07), ENTRY(DGRAM_MSGS_08), ENTRY(DGRAM_MSGS_09))
