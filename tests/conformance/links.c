/* SPDX-License-Identifier: MIT */
/*
 * Needs: a network of its own
 *
 * links.c - the points DGRAM-CMSG that need an interface beside the loopback (network.py).
 */
#include "items.h"

#define NEAR_4 Ipv4(0xc6336401, 0)              /* 198.51.100.1 */
#define NEAR_6 Ipv6(0x2001, 0xdb8, 1, 0)        /* 2001:db8::1 */
#define GROUP_4(Port) Ipv4(0xefffff01, (Port))  /* 239.255.255.1 */
#define GROUP_6(Port) Ipv6(0xff02, 0, 0x5757, (Port))

/* The other interface: for IPv4 the loopback, which does not do for groups of IPv6. */
static SOCKADDR_INET
OtherEnd(ADDRESS_FAMILY Family)
{
    SOCKADDR_INET Address = Family == AF_INET ? Loopback(AF_INET, 0) : NEAR_6;

    if (Family == AF_INET6) {
        Address.Ipv6.sin6_addr.u.Byte[5] = 1; /* 2001:db8:1::1 */
    }
    return Address;
}

/* A member of the group at both interfaces, which tells where a datagram arrived. */
static PSOCK
MemberOnBoth(ADDRESS_FAMILY Family)
{
    const ULONG Indexes[] = { InterfaceOf(OtherEnd(Family)),
                              InterfaceOf(Family == AF_INET ? NEAR_4 : NEAR_6) };
    PSOCK Sock = BoundAnywhere(Family);
    ULONG i;

    for (i = 0; i < 2; i++) {
        GROUP_REQ Request;
        SOCKADDR_INET Group = Family == AF_INET ? GROUP_4(0) : GROUP_6(0);

        RtlZeroMemory(&Request, sizeof(Request));
        Request.gr_interface = Indexes[i];
        RtlCopyMemory(&Request.gr_group, &Group, sizeof(Group));
        if (Sock == NULL || !EXPECT(Indexes[i] != 0) ||
            !EXPECT_STATUS(Control(Sock, WskSetOption, LevelOf(Family), MCAST_JOIN_GROUP, &Request,
                                   sizeof(Request), NULL, 0),
                           STATUS_SUCCESS)) {
            return NULL;
        }
    }
    return Report(Sock, Family, REPORT_ALL) && EXPECT_STATUS(EnableEvent(Sock), STATUS_SUCCESS)
               ? Sock : NULL;
}

/*
 * The item's interface is where the datagram leaves, and so arrives; its address is whom it comes
 * from.
 */
static VOID
ChooseInterface(ADDRESS_FAMILY Family, SOCKADDR_INET Near)
{
    PSOCK Sender = BoundAnywhere(Family), Member = MemberOnBoth(Family);
    const ULONG Indexes[] = { InterfaceOf(Near), InterfaceOf(OtherEnd(Family)) };
    SOCKADDR_INET Group, Any = Wildcard(Family, 0);
    ULONG i;

    REQUIRE(Sender != NULL && Member != NULL && Indexes[0] != Indexes[1]);
    Group = Family == AF_INET ? GROUP_4(0) : GROUP_6(0);
    Group.Ipv4.sin_port = Member->Local.Ipv4.sin_port;
    for (i = 0; i < 4; i++) {
        ITEMS Items = NoItems();

        AddSource(&Items, Any, Indexes[i % 2]);
        REQUIRE_STATUS(SendWith(Sender, &Group, "by interface", &Items), STATUS_SUCCESS);
        EXPECT_EQ(ArrivalAt(NextRecord(Member), Group), Indexes[i % 2]);
    }
}

static VOID
ChooseSource(ADDRESS_FAMILY Family, SOCKADDR_INET Near)
{
    PSOCK Sender = BoundAnywhere(Family), Receiver = Listening(Family);
    const SOCKADDR_INET Sources[] = { Near, Loopback(Family, 0), Wildcard(Family, 0) };
    ULONG i;

    REQUIRE(Sender != NULL && Receiver != NULL);
    for (i = 0; i < RTL_NUMBER_OF(Sources); i++) {
        SOCKADDR_INET From = i == 2 ? Loopback(Family, 0) : Sources[i];
        ITEMS Items = NoItems();
        PRECORD Record;

        From.Ipv4.sin_port = Sender->Local.Ipv4.sin_port;
        AddSource(&Items, Sources[i], 0);
        REQUIRE_STATUS(SendWith(Sender, &Receiver->Local, "by source", &Items), STATUS_SUCCESS);
        Record = NextRecord(Receiver);
        EXPECT(Record != NULL && RecordIs(Record, "by source") &&
               SameAddress(&Record->From, &From));
    }
}

static VOID
RefuseInterface(ADDRESS_FAMILY Family)
{
    PSOCK Sender = BoundAnywhere(Family), Receiver = Listening(Family);
    ITEMS Items = NoItems();

    REQUIRE(Sender != NULL && Receiver != NULL);
    AddSource(&Items, Wildcard(Family, 0), 0x7ffffff0); /* nobody's */
    EXPECT(!NT_SUCCESS(SendWith(Sender, &Receiver->Local, "nowhere", &Items)));
    EXPECT_EQ(Sender->Request->Information, 0);
    REQUIRE_STATUS(SendText(Sender, &Receiver->Local, "marker"), STATUS_SUCCESS);
    EXPECT(NextIs(Receiver, "marker"));
}

POINT(DGRAM_CMSG_04)
{
    ChooseSource(AF_INET, NEAR_4);
    ChooseInterface(AF_INET, NEAR_4);
    RefuseInterface(AF_INET);
}

POINT(DGRAM_CMSG_05)
{
    NEED_IPV6();
    ChooseSource(AF_INET6, NEAR_6);
    ChooseInterface(AF_INET6, NEAR_6);
    RefuseInterface(AF_INET6);
}

/* Sends to an address as it is, and sees that the item names it and the interface. */
static VOID
ExpectArrival(PSOCK Sender, PSOCK Receiver, SOCKADDR_INET To, ULONG Index)
{
    PRECEIVE Receive;
    PRECORD Record;

    To.Ipv4.sin_port = Receiver->Local.Ipv4.sin_port;
    REQUIRE_STATUS(SendText(Sender, &To, "by event"), STATUS_SUCCESS);
    EXPECT_EQ(ArrivalAt(NextRecord(Receiver), To), Index);
    REQUIRE_STATUS(StopEvent(Receiver), STATUS_SUCCESS);
    Receive = StartReceive(Receiver, 64);
    REQUIRE_STATUS(SendText(Sender, &To, "by IRP"), STATUS_SUCCESS);
    REQUIRE(ReceiveIs(Receive, "by IRP"));
    Record = (PRECORD)NewMemory(sizeof(*Record));
    Record->Control = Receive->ControlInfo;
    Record->ControlLength = Receive->ControlLength;
    EXPECT_EQ(ArrivalAt(Record, To), Index);
    REQUIRE_STATUS(EnableEvent(Receiver), STATUS_SUCCESS);
}

POINT(DGRAM_CMSG_14)
{
    PSOCK Sender = BoundAnywhere(AF_INET), Receiver = MemberOnBoth(AF_INET);
    ULONG Near = InterfaceOf(NEAR_4), Loop = InterfaceOf(Loopback(AF_INET, 0));

    REQUIRE(Sender != NULL && Receiver != NULL);
    REQUIRE_STATUS(SetOption(Sender, SOL_SOCKET, SO_BROADCAST, 1), STATUS_SUCCESS);
    ExpectArrival(Sender, Receiver, Ipv4(0x7f000001, 0), Loop);
    ExpectArrival(Sender, Receiver, Ipv4(0x7f123456, 0), Loop);
    ExpectArrival(Sender, Receiver, NEAR_4, Near);
    ExpectArrival(Sender, Receiver, GROUP_4(0), Near);
    ExpectArrival(Sender, Receiver, Ipv4(0xffffffff, 0), Near);
    ExpectArrival(Sender, Receiver, Ipv4(0xc63364ff, 0), Near); /* 198.51.100.255 */
}

POINT(DGRAM_CMSG_15)
{
    ULONG Near, Loop;
    PSOCK Sender, Receiver;

    NEED_IPV6();
    Sender = BoundAnywhere(AF_INET6);
    Receiver = MemberOnBoth(AF_INET6);
    Near = InterfaceOf(NEAR_6);
    Loop = InterfaceOf(Loopback(AF_INET6, 0));
    REQUIRE(Sender != NULL && Receiver != NULL);
    REQUIRE_STATUS(SetOption(Sender, IPPROTO_IPV6, IPV6_MULTICAST_IF, Near), STATUS_SUCCESS);
    ExpectArrival(Sender, Receiver, Loopback(AF_INET6, 0), Loop);
    ExpectArrival(Sender, Receiver, NEAR_6, Near);
    ExpectArrival(Sender, Receiver, GROUP_6(0), Near);
}

/*
 * Sends back what a datagram's control data says, as it is; the answer comes from there, and got
 * there.
 */
static VOID
EchoItem(PSOCK Asker, PSOCK Answerer, SOCKADDR_INET To)
{
    PRECORD Question, Answer;

    To.Ipv4.sin_port = Answerer->Local.Ipv4.sin_port;
    REQUIRE_STATUS(SendText(Asker, &To, "question"), STATUS_SUCCESS);
    Question = NextRecord(Answerer);
    REQUIRE(Question != NULL && RecordIs(Question, "question"));
    EXPECT(ArrivalAt(Question, To) != 0);
    REQUIRE_STATUS(SendTextWith(Answerer, &Question->From, "answer", Question->Control,
                                Question->ControlLength),
                   STATUS_SUCCESS);
    Answer = NextRecord(Asker);
    EXPECT(Answer != NULL && RecordIs(Answer, "answer") && SameAddress(&Answer->From, &To));
}

static PSOCK
Answering(ADDRESS_FAMILY Family, ULONG Reports)
{
    PSOCK Sock = BoundAnywhere(Family);

    return Sock != NULL && Report(Sock, Family, Reports) &&
                   EXPECT_STATUS(EnableEvent(Sock), STATUS_SUCCESS)
               ? Sock : NULL;
}

POINT(DGRAM_CMSG_25)
{
    PSOCK Asker = Answering(AF_INET, 0), Answerer = Answering(AF_INET, REPORT_PKTINFO);

    REQUIRE(Asker != NULL && Answerer != NULL);
    EchoItem(Asker, Answerer, Ipv4(0x7f000001, 0));
    EchoItem(Asker, Answerer, Ipv4(0x7f000007, 0));
    EchoItem(Asker, Answerer, NEAR_4);
    NEED_IPV6();
    Asker = Answering(AF_INET6, 0);
    Answerer = Answering(AF_INET6, REPORT_PKTINFO);
    REQUIRE(Asker != NULL && Answerer != NULL);
    EchoItem(Asker, Answerer, Loopback(AF_INET6, 0));
    EchoItem(Asker, Answerer, NEAR_6);
}

/* An index that an item told is one for every other use. */
static VOID
UseIndex(ADDRESS_FAMILY Family, SOCKADDR_INET Near)
{
    PSOCK Sock = Answering(Family, REPORT_PKTINFO), Member = MemberOnBoth(Family);
    ULONG Index, Option = Family == AF_INET ? IP_MULTICAST_IF : IPV6_MULTICAST_IF, i;
    const SOCKADDR_INET Addresses[] = { OtherEnd(Family), Near };

    REQUIRE(Sock != NULL && Member != NULL);
    for (i = 0; i < 2; i++) {
        SOCKADDR_INET To = Addresses[i], Group;

        To.Ipv4.sin_port = Sock->Local.Ipv4.sin_port;
        REQUIRE_STATUS(SendText(Sock, &To, "to myself"), STATUS_SUCCESS);
        Index = ArrivalAt(NextRecord(Sock), To);
        EXPECT_EQ(Index, InterfaceOf(Addresses[i]));
        REQUIRE_STATUS(SetOption(Sock, LevelOf(Family), Option,
                                 Family == AF_INET ? RtlUlongByteSwap(Index) : Index),
                       STATUS_SUCCESS);
        Group = Family == AF_INET ? GROUP_4(0) : GROUP_6(0);
        Group.Ipv4.sin_port = Member->Local.Ipv4.sin_port;
        REQUIRE_STATUS(SendText(Sock, &Group, "to the group"), STATUS_SUCCESS);
        EXPECT_EQ(ArrivalAt(NextRecord(Member), Group), Index);
    }
}

POINT(DGRAM_CMSG_24)
{
    UseIndex(AF_INET, NEAR_4);
    if (HasIpv6()) {
        UseIndex(AF_INET6, NEAR_6);
    }
}

CONFORMANCE(ENTRY(DGRAM_CMSG_04), ENTRY(DGRAM_CMSG_05), ENTRY(DGRAM_CMSG_14), ENTRY(DGRAM_CMSG_15),
            ENTRY(DGRAM_CMSG_24), ENTRY(DGRAM_CMSG_25))
