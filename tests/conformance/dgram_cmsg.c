/* SPDX-License-Identifier: MIT */
/*
 * dgram_cmsg.c - the points DGRAM-CMSG: control data. links.c has those that need more than one
 * interface.
 */
#include "items.h"

#define HOST_1 0x7f000001
#define HOST_2 0x7f000002

/* A bound socket that records, and is told this much of each datagram. */
static PSOCK
Told(ADDRESS_FAMILY Family, ULONG Reports)
{
    PSOCK Sock = Listening(Family);

    return Sock != NULL && Report(Sock, Family, Reports) ? Sock : NULL;
}

/* --- Sending --------------------------------------------------------------------------------- */

static VOID
SendAndSee(PSOCK Sender, PSOCK Receiver, PITEMS Items, ULONG Size)
{
    SOCKADDR_INET From = Ipv4(HOST_2, PortOf(&Sender->Local));
    PRECORD Record;

    REQUIRE_STATUS(SendTextWith(Sender, &Receiver->Local, "items", &Items->u.First, Size),
                   STATUS_SUCCESS);
    Record = NextRecord(Receiver);
    REQUIRE(Record != NULL && RecordIs(Record, "items"));
    EXPECT(SameAddress(&Record->From, &From));
    EXPECT(HasInt(Record, IPPROTO_IP, IP_TOS, 0xb8));
    EXPECT(HasInt(Record, IPPROTO_IP, IP_TTL, 33));
}

POINT(DGRAM_CMSG_01)
{
    PSOCK Sender = BoundAnywhere(AF_INET), Receiver = Told(AF_INET, REPORT_ALL);
    ITEMS Items = NoItems(), Others = NoItems();

    REQUIRE(Sender != NULL && Receiver != NULL);
    AddInt(&Items, IPPROTO_IP, IP_TOS, 0xb8); /* 20 bytes, and 4 that do not count */
    AddSource(&Items, Ipv4(HOST_2, 0), 0);
    AddInt(&Items, IPPROTO_IP, IP_TTL, 33);
    SendAndSee(Sender, Receiver, &Items, Items.Size);
    SendAndSee(Sender, Receiver, &Items, Items.Size - 4);
    AddInt(&Others, IPPROTO_IP, IP_TTL, 33); /* the order does not count */
    AddInt(&Others, IPPROTO_IP, IP_TOS, 0xb8);
    AddSource(&Others, Ipv4(HOST_2, 0), 0);
    SendAndSee(Sender, Receiver, &Others, Others.Size);
}

/* Nothing is sent: what comes next is the marker. */
static VOID
ExpectRefusal(PSOCK Sender, PSOCK Receiver, PITEMS Items, NTSTATUS Status)
{
    EXPECT_STATUS(SendWith(Sender, &Receiver->Local, "refused", Items), Status);
    EXPECT_EQ(Sender->Request->Information, 0);
    REQUIRE_STATUS(SendText(Sender, &Receiver->Local, "marker"), STATUS_SUCCESS);
    EXPECT(NextIs(Receiver, "marker"));
}

POINT(DGRAM_CMSG_02)
{
    static const SIZE_T Lengths[] = { 0, 1, 8, 15, 25, 32, 0xffffffff, (SIZE_T)-1, (SIZE_T)-8 };
    PSOCK Sender = BoundAnywhere(AF_INET), Receiver = Listening(AF_INET);
    ITEMS Items;
    ULONG i;

    REQUIRE(Sender != NULL && Receiver != NULL);
    for (i = 0; i < RTL_NUMBER_OF(Lengths); i++) {
        Items = NoItems();
        AddInt(&Items, IPPROTO_IP, IP_TOS, 0)->cmsg_len = Lengths[i];
        ExpectRefusal(Sender, Receiver, &Items, STATUS_INVALID_PARAMETER);
        Items = NoItems();
        AddSource(&Items, Ipv4(HOST_2, 0), 0);
        AddInt(&Items, IPPROTO_IP, IP_TOS, 0)->cmsg_len = Lengths[i];
        ExpectRefusal(Sender, Receiver, &Items, STATUS_INVALID_PARAMETER);
    }
    Items = NoItems(); /* less data than this kind of item has */
    AddSource(&Items, Ipv4(HOST_2, 0), 0)->cmsg_len--;
    ExpectRefusal(Sender, Receiver, &Items, STATUS_INVALID_PARAMETER);
    Items = NoItems();
    AddInt(&Items, IPPROTO_IP, IP_TOS, 0)->cmsg_len -= 2;
    ExpectRefusal(Sender, Receiver, &Items, STATUS_INVALID_PARAMETER);
}

POINT(DGRAM_CMSG_03)
{
    PSOCK Sender = BoundAnywhere(AF_INET), Receiver = Listening(AF_INET);
    ITEMS Items = NoItems();
    SOCKADDR_INET From;
    PRECORD Record;

    REQUIRE(Sender != NULL && Receiver != NULL);
    AddSource(&Items, Ipv4(HOST_2, 0), 0);
    AddItem(&Items, IPPROTO_IP, IP_OPTIONS, NULL, 0);
    REQUIRE_STATUS(SendWith(Sender, &Receiver->Local, "empty item", &Items), STATUS_SUCCESS);
    Record = NextRecord(Receiver);
    From = Ipv4(HOST_2, PortOf(&Sender->Local));
    EXPECT(Record != NULL && RecordIs(Record, "empty item") && SameAddress(&Record->From, &From));
    NEED_IPV6();
    Sender = Bound(AF_INET6);
    Receiver = Told(AF_INET6, REPORT_TOS);
    REQUIRE(Sender != NULL && Receiver != NULL);
    Items = NoItems();
    AddInt(&Items, IPPROTO_IPV6, IPV6_TCLASS, 0x28);
    AddItem(&Items, IPPROTO_IPV6, IPV6_RTHDR, NULL, 0);
    REQUIRE_STATUS(SendWith(Sender, &Receiver->Local, "empty item", &Items), STATUS_SUCCESS);
    EXPECT(HasInt(NextRecord(Receiver), IPPROTO_IPV6, IPV6_TCLASS, 0x28));
}

static VOID
RefuseSource(PSOCK Sender, PSOCK Receiver, const SOCKADDR_INET *To, SOCKADDR_INET Source)
{
    ITEMS Items = NoItems();

    AddSource(&Items, Source, 0);
    EXPECT_STATUS(SendWith(Sender, To, "refused", &Items), STATUS_INVALID_ADDRESS_COMPONENT);
    EXPECT_EQ(Sender->Request->Information, 0);
    REQUIRE_STATUS(SendText(Sender, To, "marker"), STATUS_SUCCESS);
    EXPECT(NextIs(Receiver, "marker"));
}

/* Addresses of the documentation, which nobody has. */
POINT(DGRAM_CMSG_06)
{
    PSOCK Sender = BoundAnywhere(AF_INET), Receiver = Listening(AF_INET), Receiver6;
    SOCKADDR_INET To;

    REQUIRE(Sender != NULL && Receiver != NULL);
    RefuseSource(Sender, Receiver, &Receiver->Local, Ipv4(0xc0000201, 0));
    NEED_IPV6();
    Sender = BoundAnywhere(AF_INET6);
    Receiver6 = Listening(AF_INET6);
    REQUIRE(Sender != NULL && Receiver6 != NULL);
    RefuseSource(Sender, Receiver6, &Receiver6->Local, Ipv6(0x2001, 0xdb8, 0xbad, 0));
    Sender = DualStack();
    REQUIRE(Sender != NULL);
    To = Mapped(HOST_1, PortOf(&Receiver->Local));
    RefuseSource(Sender, Receiver, &To, Ipv4(0xc0000201, 0));
}

POINT(DGRAM_CMSG_07)
{
    PSOCK Sender, Receiver = Told(AF_INET, REPORT_ALL);
    SOCKADDR_INET To, From;
    ITEMS Items = NoItems();
    PRECORD Record;

    NEED_IPV6();
    Sender = DualStack();
    REQUIRE(Sender != NULL && Receiver != NULL);
    To = Mapped(HOST_1, PortOf(&Receiver->Local));
    From = Ipv4(HOST_2, PortOf(&Sender->Local));
    AddSource(&Items, From, 0);
    AddInt(&Items, IPPROTO_IP, IP_TOS, 0xb8);
    AddInt(&Items, IPPROTO_IP, IP_ECN, 2);
    REQUIRE_STATUS(SendWith(Sender, &To, "mapped", &Items), STATUS_SUCCESS);
    Record = NextRecord(Receiver);
    REQUIRE(Record != NULL && RecordIs(Record, "mapped"));
    EXPECT(SameAddress(&Record->From, &From));
    EXPECT(HasInt(Record, IPPROTO_IP, IP_TOS, 0xba));
    REQUIRE_STATUS(SendText(Sender, &To, "plain"), STATUS_SUCCESS);
    Record = NextRecord(Receiver);
    From = Ipv4(HOST_1, PortOf(&Sender->Local));
    EXPECT(Record != NULL && SameAddress(&Record->From, &From));
    EXPECT(HasInt(Record, IPPROTO_IP, IP_TOS, 0));
}

/*
 * Sends one datagram with the items, and one without, and sees what the other side reports of
 * each.
 */
static VOID
ExpectOnce(PSOCK Sender, PSOCK Receiver, PITEMS Items, INT Type, INT With, INT Without)
{
    INT Level = (INT)LevelOf(Receiver->Family);

    REQUIRE_STATUS(SendWith(Sender, &Receiver->Local, "with", Items), STATUS_SUCCESS);
    EXPECT(HasInt(NextRecord(Receiver), Level, Type, With));
    REQUIRE_STATUS(SendText(Sender, &Receiver->Local, "without"), STATUS_SUCCESS);
    EXPECT(HasInt(NextRecord(Receiver), Level, Type, Without));
}

static VOID
SetClassOnce(ADDRESS_FAMILY Family)
{
    static const INT Classes[] = { 0x01, 0xb8, 0xff, 0x00 };
    INT Type = Family == AF_INET ? IP_TOS : IPV6_TCLASS, Level = (INT)LevelOf(Family);
    PSOCK Sender = Bound(Family), Receiver = Told(Family, REPORT_TOS);
    ULONG i, Default;

    REQUIRE(Sender != NULL && Receiver != NULL);
    for (Default = 0; Default <= 0x28; Default += 0x28) { /* the socket's own class */
        REQUIRE_STATUS(SetOption(Sender, Level, Type, Default), STATUS_SUCCESS);
        for (i = 0; i < RTL_NUMBER_OF(Classes); i++) {
            ITEMS Items = NoItems();

            AddInt(&Items, Level, Type, Classes[i]);
            ExpectOnce(Sender, Receiver, &Items, Type, Classes[i], Default);
        }
    }
}

POINT(DGRAM_CMSG_08)
{
    SetClassOnce(AF_INET);
    if (HasIpv6()) {
        SetClassOnce(AF_INET6);
    }
}

static VOID
SetEcnOnce(ADDRESS_FAMILY Family)
{
    INT Class = Family == AF_INET ? IP_TOS : IPV6_TCLASS, Level = (INT)LevelOf(Family), i;
    PSOCK Sender = Bound(Family), Receiver = Told(Family, REPORT_TOS);
    ITEMS Items;

    C_ASSERT(IP_ECN == 50 && IPV6_ECN == 50);
    REQUIRE(Sender != NULL && Receiver != NULL);
    REQUIRE_STATUS(SetOption(Sender, Level, Class, 0x28), STATUS_SUCCESS);
    for (i = 0; i <= 3; i++) {
        Items = NoItems();
        AddInt(&Items, Level, IP_ECN, i);
        ExpectOnce(Sender, Receiver, &Items, Class, 0x28 | i, 0x28);
        Items = NoItems(); /* together with a class, whichever comes first */
        AddInt(&Items, Level, IP_ECN, i);
        AddInt(&Items, Level, Class, 0xb8);
        ExpectOnce(Sender, Receiver, &Items, Class, 0xb8 | i, 0x28);
        Items = NoItems();
        AddInt(&Items, Level, Class, 0xb8);
        AddInt(&Items, Level, IP_ECN, i);
        ExpectOnce(Sender, Receiver, &Items, Class, 0xb8 | i, 0x28);
    }
    for (i = -1; i <= 4; i += 5) {
        Items = NoItems();
        AddInt(&Items, Level, IP_ECN, i);
        ExpectRefusal(Sender, Receiver, &Items, STATUS_INVALID_PARAMETER);
    }
}

POINT(DGRAM_CMSG_09)
{
    SetEcnOnce(AF_INET);
    if (HasIpv6()) {
        SetEcnOnce(AF_INET6);
    }
}

static VOID
SetHopsOnce(ADDRESS_FAMILY Family, INT Item, INT Reported, ULONG Option)
{
    PSOCK Sender = Bound(Family), Receiver = Told(Family, REPORT_HOPS);
    INT Level = (INT)LevelOf(Family), Hops;

    REQUIRE(Sender != NULL && Receiver != NULL);
    REQUIRE_STATUS(SetOption(Sender, Level, Option, 99), STATUS_SUCCESS);
    for (Hops = 1; Hops <= 255; Hops += 127) {
        ITEMS Items = NoItems();

        AddInt(&Items, Level, Item, Hops);
        ExpectOnce(Sender, Receiver, &Items, Reported, Hops, 99);
    }
}

POINT(DGRAM_CMSG_10)
{
    SetHopsOnce(AF_INET, IP_TTL, IP_TTL, IP_TTL);
    SetHopsOnce(AF_INET, IP_HOPLIMIT, IP_TTL, IP_TTL);
    if (HasIpv6()) {
        SetHopsOnce(AF_INET6, IPV6_HOPLIMIT, IPV6_HOPLIMIT, IPV6_UNICAST_HOPS);
    }
}

POINT(DGRAM_CMSG_11)
{
    static const struct {
        INT Level, Type;
    } Unknown[] = { { IPPROTO_IP, 9999 }, { IPPROTO_IPV6, 9999 }, { SOL_SOCKET, 1 }, { 0x7777, 1 },
                    { IPPROTO_UDP, 9999 }, { IPPROTO_TCP, 1 }, { IPPROTO_IPV6, IPV6_TCLASS } };
    PSOCK Sender = Bound(AF_INET), Receiver = Listening(AF_INET);
    ULONG i;

    REQUIRE(Sender != NULL && Receiver != NULL);
    for (i = 0; i < RTL_NUMBER_OF(Unknown); i++) {
        ITEMS Items = NoItems();

        AddInt(&Items, Unknown[i].Level, Unknown[i].Type, 1);
        ExpectRefusal(Sender, Receiver, &Items, STATUS_NOT_SUPPORTED);
        Items = NoItems(); /* also behind one that is known */
        AddInt(&Items, IPPROTO_IP, IP_TOS, 0);
        AddInt(&Items, Unknown[i].Level, Unknown[i].Type, 1);
        ExpectRefusal(Sender, Receiver, &Items, STATUS_NOT_SUPPORTED);
    }
}

/* --- Receiving ------------------------------------------------------------------------------- */

/* Each report is on alone, and off again; by event and by IRP. */
static VOID
ReportOneByOne(ADDRESS_FAMILY Family)
{
    const ULONG Types[] = { IP_PKTINFO, Family == AF_INET ? IP_TOS : IPV6_TCLASS, IP_ECN,
                            Family == AF_INET ? IP_TTL : IPV6_HOPLIMIT };
    PSOCK Sender = Bound(Family), ByEvent = Told(Family, 0), ByIrp = Bound(Family);
    INT Level = (INT)LevelOf(Family);
    ULONG Bits, i, Wanted;

    REQUIRE(Sender != NULL && ByEvent != NULL && ByIrp != NULL);
    for (Bits = 0; Bits <= REPORT_ALL; Bits++) {
        PRECEIVE Receive;
        PRECORD Record;

        REQUIRE(Report(ByEvent, Family, Bits) && Report(ByIrp, Family, Bits));
        REQUIRE_STATUS(SendText(Sender, &ByEvent->Local, "told"), STATUS_SUCCESS);
        REQUIRE_STATUS(SendText(Sender, &ByIrp->Local, "told"), STATUS_SUCCESS);
        Record = NextRecord(ByEvent);
        Receive = StartReceive(ByIrp, 64);
        REQUIRE(Record != NULL && ReceiveIs(Receive, "told"));
        for (i = 0, Wanted = 0; i < RTL_NUMBER_OF(Types); i++) {
            BOOLEAN Want = Bits >> i & 1;

            Wanted += Want;
            EXPECT_EQ(Find(Record, Level, Types[i]) != NULL, Want);
            EXPECT_EQ(FindIn(Receive->ControlInfo, Receive->ControlLength, Level, Types[i]) != NULL,
                      Want);
        }
        EXPECT_EQ(Count(Record), Wanted);
        EXPECT_EQ(CountIn(Receive->ControlInfo, Receive->ControlLength), Wanted);
    }
}

POINT(DGRAM_CMSG_12)
{
    PSOCK Sender = Bound(AF_INET), Receiver = Listening(AF_INET);
    PRECORD Record;

    REQUIRE(Sender != NULL && Receiver != NULL);
    REQUIRE_STATUS(SendText(Sender, &Receiver->Local, "by default"), STATUS_SUCCESS);
    Record = NextRecord(Receiver);
    REQUIRE(Record != NULL);
    EXPECT_EQ(Record->ControlLength, 0);
    ReportOneByOne(AF_INET);
    if (HasIpv6()) {
        ReportOneByOne(AF_INET6);
    }
}

static VOID
ReportBeforeBind(ADDRESS_FAMILY Family)
{
    PSOCK Sender = Bound(Family), Receiver = Open(Family);
    PRECORD Record;
    ULONG i;

    REQUIRE(Sender != NULL && Receiver != NULL);
    REQUIRE(Report(Receiver, Family, REPORT_ALL));
    REQUIRE_STATUS(BindTo(Receiver, Loopback(Family, 0)), STATUS_SUCCESS);
    for (i = 0; i < RTL_NUMBER_OF(ReportOptions); i++) {
        ULONG Value = 0;

        EXPECT_STATUS(GetOption(Receiver, LevelOf(Family), ReportOptions[i], &Value),
                      STATUS_SUCCESS);
        EXPECT_EQ(Value, 1);
    }
    REQUIRE_STATUS(EnableEvent(Receiver), STATUS_SUCCESS);
    REQUIRE_STATUS(SendText(Sender, &Receiver->Local, "first"), STATUS_SUCCESS);
    Record = NextRecord(Receiver);
    REQUIRE(Record != NULL);
    EXPECT_EQ(Count(Record), RTL_NUMBER_OF(ReportOptions));
}

POINT(DGRAM_CMSG_13)
{
    PSOCK Sender = Bound(AF_INET), Receiver = Listening(AF_INET);
    ULONG i;

    ReportBeforeBind(AF_INET);
    if (HasIpv6()) {
        ReportBeforeBind(AF_INET6);
    }
    REQUIRE(Sender != NULL && Receiver != NULL);
    for (i = 0; i < 50; i++) { /* the very next datagram */
        PRECORD Record;

        REQUIRE(Report(Receiver, AF_INET, i % 2 == 0 ? REPORT_ALL : 0));
        REQUIRE_STATUS(SendText(Sender, &Receiver->Local, "next"), STATUS_SUCCESS);
        Record = NextRecord(Receiver);
        REQUIRE(Record != NULL);
        EXPECT_EQ(Count(Record), i % 2 == 0 ? RTL_NUMBER_OF(ReportOptions) : 0);
    }
}

POINT(DGRAM_CMSG_16)
{
    PSOCK Receiver, Sender = Bound(AF_INET), Sender6;
    SOCKADDR_INET To;
    PRECORD Record;

    NEED_IPV6();
    Receiver = DualStack();
    Sender6 = Bound(AF_INET6);
    REQUIRE(Receiver != NULL && Sender != NULL && Sender6 != NULL);
    REQUIRE(Report(Receiver, AF_INET, REPORT_PKTINFO) &&
            Report(Receiver, AF_INET6, REPORT_PKTINFO));
    REQUIRE_STATUS(EnableEvent(Receiver), STATUS_SUCCESS);
    To = Ipv4(HOST_2, PortOf(&Receiver->Local));
    REQUIRE_STATUS(SendText(Sender, &To, "IPv4"), STATUS_SUCCESS);
    Record = NextRecord(Receiver);
    REQUIRE(Record != NULL);
    EXPECT(ArrivalAt(Record, To) != 0);
    EXPECT_EQ(Count(Record), 1);
    To = Loopback(AF_INET6, PortOf(&Receiver->Local));
    REQUIRE_STATUS(SendText(Sender6, &To, "IPv6"), STATUS_SUCCESS);
    Record = NextRecord(Receiver);
    REQUIRE(Record != NULL);
    EXPECT(ArrivalAt(Record, To) != 0);
    EXPECT_EQ(Count(Record), 1);
}

static VOID
ReportClass(ADDRESS_FAMILY Family)
{
    INT Level = (INT)LevelOf(Family), Type = Family == AF_INET ? 3 : 39;
    PSOCK Sender = Bound(Family), Receiver = Open(Family);
    ULONG Class;

    REQUIRE(Sender != NULL && Receiver != NULL);
    REQUIRE_STATUS(BindTo(Receiver, Loopback(Family, 0)), STATUS_SUCCESS);
    REQUIRE_STATUS(EnableEvent(Receiver), STATUS_SUCCESS);
    REQUIRE_STATUS(SetOption(Receiver, Level, 40, 1), STATUS_SUCCESS);
    for (Class = 0; Class <= 255; Class += 5) {
        REQUIRE_STATUS(SetOption(Sender, Level, Type, Class), STATUS_SUCCESS);
        REQUIRE_STATUS(SendText(Sender, &Receiver->Local, "class"), STATUS_SUCCESS);
        REQUIRE(HasInt(NextRecord(Receiver), Level, Type, (INT)Class));
    }
}

POINT(DGRAM_CMSG_17)
{
    ReportClass(AF_INET);
    if (HasIpv6()) {
        ReportClass(AF_INET6);
    }
}

static VOID
ReportEcn(ADDRESS_FAMILY Family)
{
    INT Level = (INT)LevelOf(Family), Class = Family == AF_INET ? IP_TOS : IPV6_TCLASS, i;
    PSOCK Sender = Bound(Family), Alone = Told(Family, REPORT_ECN);
    PSOCK Both = Told(Family, REPORT_ECN | REPORT_TOS);
    PRECORD Record;

    REQUIRE(Sender != NULL && Alone != NULL && Both != NULL);
    for (i = 0; i <= 3; i++) {
        REQUIRE_STATUS(SetOption(Sender, Level, Class, 0xb8 | i), STATUS_SUCCESS);
        REQUIRE_STATUS(SendText(Sender, &Alone->Local, "text"), STATUS_SUCCESS);
        Record = NextRecord(Alone);
        REQUIRE(HasInt(Record, Level, 50, i));
        EXPECT_EQ(Count(Record), 1);
        REQUIRE_STATUS(SendText(Sender, &Both->Local, "text"), STATUS_SUCCESS);
        Record = NextRecord(Both);
        REQUIRE(HasInt(Record, Level, 50, i));
        REQUIRE(HasInt(Record, Level, Class, 0xb8 | i));
        EXPECT_EQ(Count(Record), 2);
    }
}

POINT(DGRAM_CMSG_18)
{
    ReportEcn(AF_INET);
    if (HasIpv6()) {
        ReportEcn(AF_INET6);
    }
}

static VOID
ReportHops(ADDRESS_FAMILY Family, ULONG Option, INT Type)
{
    PSOCK Sender = Bound(Family), Receiver = Listening(Family);
    INT Level = (INT)LevelOf(Family);
    ULONG Hops;

    REQUIRE(Sender != NULL && Receiver != NULL);
    REQUIRE_STATUS(SetOption(Receiver, Level, 21, 1), STATUS_SUCCESS);
    for (Hops = 1; Hops <= 255; Hops += 127) {
        REQUIRE_STATUS(SetOption(Sender, Level, Option, Hops), STATUS_SUCCESS);
        REQUIRE_STATUS(SendText(Sender, &Receiver->Local, "hops"), STATUS_SUCCESS);
        EXPECT(HasInt(NextRecord(Receiver), Level, Type, (INT)Hops));
    }
}

POINT(DGRAM_CMSG_19)
{
    C_ASSERT(IP_HOPLIMIT == 21 && IP_RECVTTL == 21 && IPV6_HOPLIMIT == 21);
    ReportHops(AF_INET, IP_TTL, 4);
    if (HasIpv6()) {
        ReportHops(AF_INET6, IPV6_UNICAST_HOPS, 21);
    }
}

/* --- ICMP errors ----------------------------------------------------------------------------- */

typedef struct _ERROR_SEEN {
    INT Level, Type;
    IPPROTO Protocol;
    UINT8 Icmp, Code;
} ERROR_SEEN;

static const ERROR_SEEN Unreachable4 = { IPPROTO_IP, 75, IPPROTO_ICMP, 3, 3 };
static const ERROR_SEEN Unreachable6 = { IPPROTO_IPV6, 75, IPPROTO_ICMPV6, 1, 4 };

static VOID
ExpectError(PSOCK Sock, const SOCKADDR_INET *To, const ERROR_SEEN *Seen)
{
    PCMSGHDR Header;
    IN_RECVERR Error;
    PRECORD Record;

    REQUIRE_STATUS(SendText(Sock, To, "to nobody"), STATUS_SUCCESS);
    Record = NextRecord(Sock);
    REQUIRE(Record != NULL);
    EXPECT(SameAddress(&Record->From, To));
    EXPECT(RecordIs(Record, "to nobody"));
    EXPECT_EQ(Count(Record), 1);
    Header = Find(Record, Seen->Level, Seen->Type);
    REQUIRE(Header != NULL && Header->cmsg_len == WSA_CMSG_LEN(sizeof(Error)));
    RtlCopyMemory(&Error, WSA_CMSG_DATA(Header), sizeof(Error));
    EXPECT_EQ(Error.protocol, Seen->Protocol);
    EXPECT_EQ(Error.type, Seen->Icmp);
    EXPECT_EQ(Error.code, Seen->Code);
}

/* A port that was just somebody's. */
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
ReportErrors(ADDRESS_FAMILY Family, const ERROR_SEEN *Seen)
{
    SOCKADDR_INET Deaf = DeafPort(Family);
    PSOCK Sock = Listening(Family), Other = Bound(Family);

    REQUIRE(Sock != NULL && Other != NULL);
    REQUIRE_STATUS(SendText(Sock, &Deaf, "unreported"), STATUS_SUCCESS); /* by default */
    REQUIRE_STATUS(SendText(Other, &Sock->Local, "marker"), STATUS_SUCCESS);
    EXPECT(NextIs(Sock, "marker"));
    REQUIRE_STATUS(SetOption(Sock, LevelOf(Family), 75, 1), STATUS_SUCCESS);
    ExpectError(Sock, &Deaf, Seen);
    REQUIRE_STATUS(SendText(Other, &Sock->Local, "in between"), STATUS_SUCCESS);
    EXPECT(NextIs(Sock, "in between"));
    ExpectError(Sock, &Deaf, Seen);
    REQUIRE_STATUS(SetOption(Sock, LevelOf(Family), 75, 0), STATUS_SUCCESS);
    REQUIRE_STATUS(SendText(Sock, &Deaf, "unreported"), STATUS_SUCCESS);
    REQUIRE_STATUS(SendText(Other, &Sock->Local, "marker"), STATUS_SUCCESS);
    EXPECT(NextIs(Sock, "marker"));
}

POINT(DGRAM_CMSG_20)
{
    SOCKADDR_INET Deaf = DeafPort(AF_INET);
    PSOCK Sock;

    C_ASSERT(IP_RECVERR == 75 && IPV6_RECVERR == 75);
    ReportErrors(AF_INET, &Unreachable4);
    NEED_IPV6();
    ReportErrors(AF_INET6, &Unreachable6);
    Sock = DualStack();
    REQUIRE(Sock != NULL);
    REQUIRE_STATUS(SetOption(Sock, IPPROTO_IP, IP_RECVERR, 1), STATUS_SUCCESS);
    REQUIRE_STATUS(SetOption(Sock, IPPROTO_IPV6, IPV6_RECVERR, 1), STATUS_SUCCESS);
    REQUIRE_STATUS(EnableEvent(Sock), STATUS_SUCCESS);
    Deaf = Mapped(HOST_1, PortOf(&Deaf));
    ExpectError(Sock, &Deaf, &Unreachable4);
    Deaf = DeafPort(AF_INET6);
    ExpectError(Sock, &Deaf, &Unreachable6);
}

/* --- Form ------------------------------------------------------------------------------------ */

/* Padding is part of each item, the last one included, and is zero or at least there. */
static VOID
ExpectPadding(ADDRESS_FAMILY Family)
{
    PSOCK Sender = Bound(Family), Receiver = Told(Family, 0), ByIrp = Bound(Family);
    ULONG Bits;

    REQUIRE(Sender != NULL && Receiver != NULL && ByIrp != NULL);
    for (Bits = 1; Bits <= REPORT_ALL; Bits++) {
        PRECEIVE Receive;
        PRECORD Record;

        REQUIRE(Report(Receiver, Family, Bits) && Report(ByIrp, Family, Bits));
        REQUIRE_STATUS(SendText(Sender, &Receiver->Local, "padded"), STATUS_SUCCESS);
        REQUIRE_STATUS(SendText(Sender, &ByIrp->Local, "padded"), STATUS_SUCCESS);
        Record = NextRecord(Receiver);
        Receive = StartReceive(ByIrp, 64);
        REQUIRE(Record != NULL && ReceiveIs(Receive, "padded"));
        EXPECT_EQ(Record->ControlLength % 8, 0);
        EXPECT_EQ(Receive->ControlLength % 8, 0);
        EXPECT(Count(Record) != 0);
        EXPECT_EQ(CountIn(Receive->ControlInfo, Receive->ControlLength), Count(Record));
        /* A walker that finds nothing has to come to its end. */
        EXPECT(Find(Record, 0x7777, 0x7777) == NULL);
    }
}

POINT(DGRAM_CMSG_21)
{
    ExpectPadding(AF_INET);
    if (HasIpv6()) {
        ExpectPadding(AF_INET6);
    }
}

POINT(DGRAM_CMSG_22)
{
    PSOCK Receiver, Sender = Bound(AF_INET), Sender6;
    SOCKADDR_INET To;
    PRECORD Record;

    NEED_IPV6();
    Receiver = DualStack();
    Sender6 = Bound(AF_INET6);
    REQUIRE(Receiver != NULL && Sender != NULL && Sender6 != NULL);
    REQUIRE(Report(Receiver, AF_INET, REPORT_ALL) && Report(Receiver, AF_INET6, REPORT_ALL));
    REQUIRE(Report(Receiver, AF_INET, REPORT_ALL)); /* once more makes no second one */
    REQUIRE_STATUS(EnableEvent(Receiver), STATUS_SUCCESS);
    To = Ipv4(HOST_1, PortOf(&Receiver->Local));
    REQUIRE_STATUS(SendText(Sender, &To, "IPv4"), STATUS_SUCCESS);
    Record = NextRecord(Receiver);
    REQUIRE(Record != NULL);
    EXPECT_EQ(Count(Record), RTL_NUMBER_OF(ReportOptions));
    To = Loopback(AF_INET6, PortOf(&Receiver->Local));
    REQUIRE_STATUS(SendText(Sender6, &To, "IPv6"), STATUS_SUCCESS);
    Record = NextRecord(Receiver);
    REQUIRE(Record != NULL);
    EXPECT_EQ(Count(Record), RTL_NUMBER_OF(ReportOptions));
}

/* In numbers, not in names. */
POINT(DGRAM_CMSG_23)
{
    PSOCK Sock = Told(AF_INET, REPORT_ALL);
    PRECORD Record;
    PCMSGHDR Header;

    C_ASSERT(IPPROTO_IP == 0 && IPPROTO_IPV6 == 41 && IPPROTO_UDP == 17 && SOL_SOCKET == 0xffff);
    C_ASSERT(sizeof(IN_PKTINFO) == 8 && FIELD_OFFSET(IN_PKTINFO, ipi_addr) == 0);
    C_ASSERT(sizeof(IN6_PKTINFO) == 20 && FIELD_OFFSET(IN6_PKTINFO, ipi6_addr) == 0);
    C_ASSERT(sizeof(IN_RECVERR) == 12 && FIELD_OFFSET(IN_RECVERR, type) == 8);
    REQUIRE(Sock != NULL);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "IPv4"), STATUS_SUCCESS);
    Record = NextRecord(Sock);
    Header = Record == NULL ? NULL : Find(Record, 0, 19);
    REQUIRE(Header != NULL && Header->cmsg_len == 24);
    EXPECT_EQ(*(PULONG)(Header + 1), RtlUlongByteSwap(HOST_1));
    EXPECT_EQ(*((PULONG)(Header + 1) + 1), InterfaceOf(Sock->Local));
    EXPECT(HasInt(Record, 0, 3, 0));
    EXPECT(HasInt(Record, 0, 50, 0));
    EXPECT(Find(Record, 0, 4) != NULL);
    EXPECT_EQ(Count(Record), 4);
    NEED_IPV6();
    Sock = Told(AF_INET6, REPORT_ALL);
    REQUIRE(Sock != NULL);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "IPv6"), STATUS_SUCCESS);
    Record = NextRecord(Sock);
    Header = Record == NULL ? NULL : Find(Record, 41, 19);
    REQUIRE(Header != NULL && Header->cmsg_len == 36);
    EXPECT_EQ(*((PUCHAR)(Header + 1) + 15), 1);
    EXPECT_EQ(*((PULONG)(Header + 1) + 4), InterfaceOf(Sock->Local));
    EXPECT(HasInt(Record, 41, 39, 0));
    EXPECT(HasInt(Record, 41, 50, 0));
    EXPECT(Find(Record, 41, 21) != NULL);
    EXPECT_EQ(Count(Record), 4);
}

#define FLOOD 3000

static NTSTATUS
RetainThem(PSOCK Sock, ULONG Flags, PWSK_DATAGRAM_INDICATION List)
{
    PWSK_DATAGRAM_INDICATION *Last = (PWSK_DATAGRAM_INDICATION *)Sock->HookContext;
    PWSK_DATAGRAM_INDICATION Node;

    for (Node = List;; Node = Node->Next) {
        EXPECT(FindIn(Node->ControlInfo, Node->ControlInfoLength, IPPROTO_IP, IP_PKTINFO) != NULL);
        EXPECT_EQ(CountIn(Node->ControlInfo, Node->ControlInfoLength), 4);
        KeReleaseSemaphore(&Sock->Recorded, IO_NO_INCREMENT, 1, FALSE);
        if (Node->Next == NULL) {
            break;
        }
    }
    UNREFERENCED_PARAMETER(Flags);
    Node->Next = *Last;
    *Last = List;
    return STATUS_PENDING;
}

/* Buffers run out on either side of the provider; whatever it hands over is complete. */
POINT(DGRAM_CMSG_26)
{
    PSOCK Sender = Bound(AF_INET), Receiver = Bound(AF_INET);
    PWSK_DATAGRAM_INDICATION Retained = NULL;
    LONG i;

    REQUIRE(Sender != NULL && Receiver != NULL && Report(Receiver, AF_INET, REPORT_ALL));
    REQUIRE_STATUS(SetOption(Receiver, SOL_SOCKET, SO_RCVBUF, 4096), STATUS_SUCCESS);
    for (i = 0; i < FLOOD; i++) { /* nobody reads, so most of it is lost */
        REQUIRE_STATUS(SendText(Sender, &Receiver->Local, "flood"), STATUS_SUCCESS);
    }
    Receiver->HookContext = &Retained;
    Receiver->Hook = RetainThem;
    REQUIRE_STATUS(EnableEvent(Receiver), STATUS_SUCCESS);
    REQUIRE(WaitFor(&Receiver->Recorded));
    for (i = 0; i < FLOOD; i++) {
        REQUIRE_STATUS(SendText(Sender, &Receiver->Local, "flood"), STATUS_SUCCESS);
    }
    REQUIRE_STATUS(StopEvent(Receiver), STATUS_SUCCESS);
    REQUIRE(Retained != NULL);
    EXPECT_STATUS(Receiver->Fn->WskRelease(Receiver->Socket, Retained), STATUS_SUCCESS);
    Receiver->Hook = NULL;
}

CONFORMANCE(ENTRY(DGRAM_CMSG_01), ENTRY(DGRAM_CMSG_02), ENTRY(DGRAM_CMSG_03), ENTRY(DGRAM_CMSG_06),
            ENTRY(DGRAM_CMSG_07), ENTRY(DGRAM_CMSG_08), ENTRY(DGRAM_CMSG_09), ENTRY(DGRAM_CMSG_10),
            ENTRY(DGRAM_CMSG_11), ENTRY(DGRAM_CMSG_12), ENTRY(DGRAM_CMSG_13), ENTRY(DGRAM_CMSG_16),
            ENTRY(DGRAM_CMSG_17), ENTRY(DGRAM_CMSG_18), ENTRY(DGRAM_CMSG_19), ENTRY(DGRAM_CMSG_20),
            ENTRY(DGRAM_CMSG_21), ENTRY(DGRAM_CMSG_22), ENTRY(DGRAM_CMSG_23), ENTRY(DGRAM_CMSG_26))
