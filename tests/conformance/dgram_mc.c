/* SPDX-License-Identifier: MIT */
/*
 * Needs: a network of its own
 *
 * dgram_mc.c - the points DGRAM-MC: groups, broadcasts, and the options of unicasts. No datagram of
 * theirs should leave the machine, and network.py says which interfaces there are.
 */
#include "items.h"

#define GROUP 0xefffff01       /* 239.255.255.1 */
#define OTHER_GROUP 0xefffff02
#define NEAR 0xc6336401        /* 198.51.100.1 */

static ULONG
NearIndex(VOID)
{
    return InterfaceOf(Ipv4(NEAR, 0));
}

static ULONG
LoopIndex(VOID)
{
    return InterfaceOf(Loopback(AF_INET, 0));
}

/* ff02::LAST, or 239.255.0.LAST. */
static SOCKADDR_INET
GroupOf(ADDRESS_FAMILY Family, UCHAR Last)
{
    return Family == AF_INET ? Ipv4(0xefff0000u + Last, 0) : Ipv6(0xff02, 0, 0x5700 + Last, 0);
}

/* --- Joining and leaving --------------------------------------------------------------------- */

static NTSTATUS
Membership4(PSOCK Sock, ULONG Option, ULONG Group, ULONG Interface)
{
    IP_MREQ Request;

    Request.imr_multiaddr.S_un.S_addr = RtlUlongByteSwap(Group);
    Request.imr_interface.S_un.S_addr = RtlUlongByteSwap(Interface);
    return Control(Sock, WskSetOption, IPPROTO_IP, Option, &Request, sizeof(Request), NULL, 0);
}

static NTSTATUS
Membership6(PSOCK Sock, ULONG Option, SOCKADDR_INET Group, ULONG Index)
{
    IPV6_MREQ Request;

    Request.ipv6mr_multiaddr = Group.Ipv6.sin6_addr;
    Request.ipv6mr_interface = Index;
    return Control(Sock, WskSetOption, IPPROTO_IPV6, Option, &Request, sizeof(Request), NULL, 0);
}

static NTSTATUS
Membership(PSOCK Sock, ULONG Option, SOCKADDR_INET Group, ULONG Index)
{
    GROUP_REQ Request;

    RtlZeroMemory(&Request, sizeof(Request));
    Request.gr_interface = Index;
    RtlCopyMemory(&Request.gr_group, &Group, sizeof(Group));
    return Control(Sock, WskSetOption, LevelOf(Sock->Family), Option, &Request, sizeof(Request),
                   NULL, 0);
}

static NTSTATUS
SourceMembership(PSOCK Sock, ULONG Option, SOCKADDR_INET Group, SOCKADDR_INET Source, ULONG Index)
{
    GROUP_SOURCE_REQ Request;

    RtlZeroMemory(&Request, sizeof(Request));
    Request.gsr_interface = Index;
    RtlCopyMemory(&Request.gsr_group, &Group, sizeof(Group));
    RtlCopyMemory(&Request.gsr_source, &Source, sizeof(Source));
    return Control(Sock, WskSetOption, LevelOf(Sock->Family), Option, &Request, sizeof(Request),
                   NULL, 0);
}

/* Bound to every address and recording, with packet information. */
static PSOCK
Hearing(ADDRESS_FAMILY Family)
{
    PSOCK Sock = BoundAnywhere(Family);

    return Sock != NULL && Report(Sock, Family, REPORT_ALL) &&
                   EXPECT_STATUS(EnableEvent(Sock), STATUS_SUCCESS)
               ? Sock : NULL;
}

/* Sends by an interface; its group traffic is the sender's affair from then on. */
static PSOCK
SendingBy(ADDRESS_FAMILY Family, ULONG Index)
{
    PSOCK Sock = BoundAnywhere(Family);
    ULONG Option = Family == AF_INET ? IP_MULTICAST_IF : IPV6_MULTICAST_IF;
    ULONG Value = Family == AF_INET ? RtlUlongByteSwap(Index) : Index;

    return Sock != NULL &&
                   EXPECT_STATUS(SetOption(Sock, LevelOf(Family), Option, Value), STATUS_SUCCESS)
               ? Sock : NULL;
}

/*
 * Whether the next that the socket hears is what went to the group, and not the unicast behind it.
 */
static BOOLEAN
Hears(PSOCK Sock, PSOCK Sender, SOCKADDR_INET Group)
{
    SOCKADDR_INET Direct = Loopback(Sock->Family, PortOf(&Sock->Local));
    PRECORD Record;

    Group.Ipv4.sin_port = Sock->Local.Ipv4.sin_port;
    if (!EXPECT_STATUS(SendText(Sender, &Group, "to the group"), STATUS_SUCCESS) ||
        !EXPECT_STATUS(SendText(Sender, &Direct, "marker"), STATUS_SUCCESS)) {
        return FALSE;
    }
    Record = NextRecord(Sock);
    if (Record == NULL || !RecordIs(Record, "to the group")) {
        EXPECT(Record == NULL || RecordIs(Record, "marker"));
        return FALSE;
    }
    EXPECT(Record->Flags & MSG_MCAST);
    EXPECT(ArrivalAt(Record, Group) != 0);
    EXPECT(NextIs(Sock, "marker"));
    return TRUE;
}

static VOID
JoinIpv4(ULONG Interface, ULONG SendingIndex)
{
    PSOCK Sock = Hearing(AF_INET), Sender = SendingBy(AF_INET, SendingIndex);
    SOCKADDR_INET Group = Ipv4(GROUP, 0);

    REQUIRE(Sock != NULL && Sender != NULL);
    EXPECT(!Hears(Sock, Sender, Group));
    REQUIRE_STATUS(Membership4(Sock, IP_ADD_MEMBERSHIP, GROUP, Interface), STATUS_SUCCESS);
    EXPECT(Hears(Sock, Sender, Group));
    EXPECT(!Hears(Sock, Sender, Ipv4(OTHER_GROUP, 0)));
    REQUIRE_STATUS(Membership4(Sock, IP_DROP_MEMBERSHIP, GROUP, Interface), STATUS_SUCCESS);
    EXPECT(!Hears(Sock, Sender, Group));
}

POINT(DGRAM_MC_01)
{
    PSOCK Sock, Near = SendingBy(AF_INET, NearIndex());

    C_ASSERT(IP_ADD_MEMBERSHIP == 12 && IP_DROP_MEMBERSHIP == 13);
    JoinIpv4(NEAR, NearIndex());        /* by address, */
    JoinIpv4(0x7f000001, LoopIndex());
    JoinIpv4(NearIndex(), NearIndex()); /* by index, 0.x.x.x in network order, */
    JoinIpv4(LoopIndex(), LoopIndex());
    JoinIpv4(0, NearIndex());           /* or where the routes say */
    Sock = Hearing(AF_INET);
    REQUIRE(Sock != NULL && Near != NULL); /* there, and not elsewhere */
    REQUIRE_STATUS(Membership4(Sock, IP_ADD_MEMBERSHIP, GROUP, LoopIndex()), STATUS_SUCCESS);
    EXPECT(!Hears(Sock, Near, Ipv4(GROUP, 0)));
    EXPECT(!NT_SUCCESS(Membership4(Sock, IP_ADD_MEMBERSHIP, GROUP, 0xc0000201))); /* not ours */
    EXPECT(!NT_SUCCESS(Membership4(Sock, IP_ADD_MEMBERSHIP, 0x7f000001, 0)));     /* not a group */
}

POINT(DGRAM_MC_02)
{
    SOCKADDR_INET Group = GroupOf(AF_INET6, 1);
    PSOCK Sock, Sender;
    ULONG Near, i;

    C_ASSERT(IPV6_JOIN_GROUP == 12 && IPV6_LEAVE_GROUP == 13);
    NEED_IPV6();
    Near = InterfaceOf(Ipv6(0x2001, 0xdb8, 1, 0));
    Sock = Hearing(AF_INET6);
    REQUIRE(Sock != NULL);
    for (i = 0; i < 2; i++) { /* by index, and wherever it is for those who do not say */
        Sender = i == 0 ? SendingBy(AF_INET6, Near) : BoundAnywhere(AF_INET6);
        REQUIRE(Sender != NULL);
        EXPECT(!Hears(Sock, Sender, Group));
        REQUIRE_STATUS(Membership6(Sock, IPV6_JOIN_GROUP, Group, i == 0 ? Near : 0),
                       STATUS_SUCCESS);
        EXPECT(Hears(Sock, Sender, Group));
        EXPECT(!Hears(Sock, Sender, GroupOf(AF_INET6, 2)));
        REQUIRE_STATUS(Membership6(Sock, IPV6_LEAVE_GROUP, Group, i == 0 ? Near : 0),
                       STATUS_SUCCESS);
        EXPECT(!Hears(Sock, Sender, Group));
    }
    EXPECT(!NT_SUCCESS(Membership6(Sock, IPV6_JOIN_GROUP, Loopback(AF_INET6, 0), Near)));
    EXPECT(!NT_SUCCESS(Membership6(Sock, IPV6_JOIN_GROUP, Group, 0x7ffffff0)));
}

/* From is the sender's address at that interface, and Elsewhere is not. */
static VOID
JoinBySource(ADDRESS_FAMILY Family, ULONG Index, SOCKADDR_INET From, SOCKADDR_INET Elsewhere)
{
    SOCKADDR_INET Group = GroupOf(Family, 3);
    PSOCK Sock = Hearing(Family), Sender = SendingBy(Family, Index);

    REQUIRE(Sock != NULL && Sender != NULL);
    REQUIRE_STATUS(SourceMembership(Sock, MCAST_JOIN_SOURCE_GROUP, Group, Elsewhere, Index),
                   STATUS_SUCCESS);
    EXPECT(!Hears(Sock, Sender, Group));
    REQUIRE_STATUS(SourceMembership(Sock, MCAST_JOIN_SOURCE_GROUP, Group, From, Index),
                   STATUS_SUCCESS);
    EXPECT(Hears(Sock, Sender, Group));
    REQUIRE_STATUS(SourceMembership(Sock, MCAST_LEAVE_SOURCE_GROUP, Group, From, Index),
                   STATUS_SUCCESS);
    EXPECT(!Hears(Sock, Sender, Group));
    REQUIRE_STATUS(SourceMembership(Sock, MCAST_LEAVE_SOURCE_GROUP, Group, Elsewhere, Index),
                   STATUS_SUCCESS);
    REQUIRE_STATUS(Membership(Sock, MCAST_JOIN_GROUP, Group, Index), STATUS_SUCCESS);
    EXPECT(Hears(Sock, Sender, Group));
    REQUIRE_STATUS(SourceMembership(Sock, MCAST_BLOCK_SOURCE, Group, From, Index), STATUS_SUCCESS);
    EXPECT(!Hears(Sock, Sender, Group));
    REQUIRE_STATUS(SourceMembership(Sock, MCAST_UNBLOCK_SOURCE, Group, From, Index),
                   STATUS_SUCCESS);
    EXPECT(Hears(Sock, Sender, Group));
    REQUIRE_STATUS(Membership(Sock, MCAST_LEAVE_GROUP, Group, Index), STATUS_SUCCESS);
    EXPECT(!Hears(Sock, Sender, Group));
}

static VOID
RefuseGroup(PSOCK Sock, SOCKADDR_INET OtherFamily)
{
    UCHAR Bytes[sizeof(GROUP_SOURCE_REQ)] = { 0 };

    EXPECT_STATUS(Membership(Sock, MCAST_JOIN_GROUP, OtherFamily, 0),
                  STATUS_INVALID_ADDRESS_COMPONENT);
    EXPECT_STATUS(Control(Sock, WskSetOption, LevelOf(Sock->Family), MCAST_JOIN_GROUP, Bytes,
                          sizeof(GROUP_REQ) - 1, NULL, 0),
                  STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(Control(Sock, WskSetOption, LevelOf(Sock->Family), MCAST_JOIN_SOURCE_GROUP, Bytes,
                          sizeof(GROUP_SOURCE_REQ) - 1, NULL, 0),
                  STATUS_INVALID_PARAMETER);
}

/*
 * What IPv6 sends by an interface comes from the address there that fits best, here the link's
 * own.
 */
static SOCKADDR_INET
SourceAt(ULONG Index)
{
    SOCKADDR_INET Group = GroupOf(AF_INET6, 4), From = Wildcard(AF_INET6, 0);
    PSOCK Sock = Hearing(AF_INET6), Sender = SendingBy(AF_INET6, Index);
    PRECORD Record;

    if (Sock != NULL && Sender != NULL &&
        EXPECT_STATUS(Membership(Sock, MCAST_JOIN_GROUP, Group, Index), STATUS_SUCCESS)) {
        Group.Ipv4.sin_port = Sock->Local.Ipv4.sin_port;
        EXPECT_STATUS(SendText(Sender, &Group, "who am I"), STATUS_SUCCESS);
        Record = NextRecord(Sock);
        if (Record != NULL) {
            From.Ipv6.sin6_addr = Record->From.Ipv6.sin6_addr;
        }
    }
    return From;
}

POINT(DGRAM_MC_03)
{
    PSOCK Sock = Hearing(AF_INET);
    ULONG Near = NearIndex();

    C_ASSERT(MCAST_JOIN_GROUP == 41 && MCAST_LEAVE_GROUP == 42 && MCAST_BLOCK_SOURCE == 43);
    C_ASSERT(MCAST_UNBLOCK_SOURCE == 44 && MCAST_JOIN_SOURCE_GROUP == 45);
    C_ASSERT(MCAST_LEAVE_SOURCE_GROUP == 46);
    REQUIRE(Sock != NULL);
    RefuseGroup(Sock, GroupOf(AF_INET6, 3));
    JoinBySource(AF_INET, Near, Ipv4(NEAR, 0), Ipv4(0xc6336463, 0));
    NEED_IPV6();
    Sock = Hearing(AF_INET6);
    REQUIRE(Sock != NULL);
    RefuseGroup(Sock, GroupOf(AF_INET, 3));
    JoinBySource(AF_INET6, Near, SourceAt(Near), Ipv6(0x2001, 0xdb8, 0x63, 0));
}

POINT(DGRAM_MC_04)
{
    PSOCK Sock = Hearing(AF_INET), Sender = SendingBy(AF_INET, NearIndex());
    SOCKADDR_INET Group = Ipv4(GROUP, 0), Group6 = GroupOf(AF_INET6, 1);

    REQUIRE(Sock != NULL && Sender != NULL);
    EXPECT_STATUS(Membership4(Sock, IP_DROP_MEMBERSHIP, GROUP, NEAR), STATUS_NOT_FOUND);
    EXPECT_STATUS(Membership(Sock, MCAST_LEAVE_GROUP, Group, NearIndex()), STATUS_NOT_FOUND);
    REQUIRE_STATUS(Membership4(Sock, IP_ADD_MEMBERSHIP, GROUP, NEAR), STATUS_SUCCESS);
    EXPECT_STATUS(Membership4(Sock, IP_ADD_MEMBERSHIP, GROUP, NEAR), STATUS_ADDRESS_ALREADY_EXISTS);
    EXPECT_STATUS(Membership(Sock, MCAST_JOIN_GROUP, Group, NearIndex()),
                  STATUS_ADDRESS_ALREADY_EXISTS);
    EXPECT(Hears(Sock, Sender, Group)); /* once */
    REQUIRE_STATUS(Membership4(Sock, IP_DROP_MEMBERSHIP, GROUP, NEAR), STATUS_SUCCESS);
    EXPECT_STATUS(Membership4(Sock, IP_DROP_MEMBERSHIP, GROUP, NEAR), STATUS_NOT_FOUND);
    NEED_IPV6();
    Sock = Hearing(AF_INET6);
    REQUIRE(Sock != NULL);
    EXPECT_STATUS(Membership6(Sock, IPV6_LEAVE_GROUP, Group6, NearIndex()), STATUS_NOT_FOUND);
    REQUIRE_STATUS(Membership6(Sock, IPV6_JOIN_GROUP, Group6, NearIndex()), STATUS_SUCCESS);
    EXPECT_STATUS(Membership6(Sock, IPV6_JOIN_GROUP, Group6, NearIndex()),
                  STATUS_ADDRESS_ALREADY_EXISTS);
    REQUIRE_STATUS(Membership6(Sock, IPV6_LEAVE_GROUP, Group6, NearIndex()), STATUS_SUCCESS);
    EXPECT_STATUS(Membership6(Sock, IPV6_LEAVE_GROUP, Group6, NearIndex()), STATUS_NOT_FOUND);
}

/* --- Who hears ------------------------------------------------------------------------------- */

static VOID
OnlyMembersHear(ADDRESS_FAMILY Family)
{
    SOCKADDR_INET Group = GroupOf(Family, 5);
    PSOCK Member = Hearing(Family), Stranger = Hearing(Family), Other = Hearing(Family), Sender;
    ULONG Near = NearIndex();

    Sender = SendingBy(Family, Near);
    REQUIRE(Member != NULL && Stranger != NULL && Other != NULL && Sender != NULL);
    REQUIRE_STATUS(Membership(Member, MCAST_JOIN_GROUP, Group, Near), STATUS_SUCCESS);
    REQUIRE_STATUS(Membership(Other, MCAST_JOIN_GROUP, GroupOf(Family, 6), Near), STATUS_SUCCESS);
    EXPECT(Hears(Member, Sender, Group));
    EXPECT(!Hears(Stranger, Sender, Group)); /* although this host is a member */
    EXPECT(!Hears(Other, Sender, Group));
    EXPECT(Hears(Other, Sender, GroupOf(Family, 6)));
    EXPECT(!Hears(Member, Sender, GroupOf(Family, 6)));
}

POINT(DGRAM_MC_05)
{
    OnlyMembersHear(AF_INET);
    if (HasIpv6()) {
        OnlyMembersHear(AF_INET6);
    }
}

static VOID
LeaveByClosing(ADDRESS_FAMILY Family)
{
    SOCKADDR_INET Group = GroupOf(Family, 7), Local;
    PSOCK Sender = SendingBy(Family, NearIndex()), Sock;
    ULONG i;

    REQUIRE(Sender != NULL);
    for (i = 0; i < 50; i++) { /* more often than one socket may join */
        Sock = Hearing(Family);
        REQUIRE(Sock != NULL);
        REQUIRE_STATUS(Membership(Sock, MCAST_JOIN_GROUP, Group, NearIndex()), STATUS_SUCCESS);
        Local = Sock->Local;
        if (i == 0) {
            EXPECT(Hears(Sock, Sender, Group));
        }
        CloseSock(Sock);
    }
    Sock = Open(Family);
    REQUIRE(Sock != NULL);
    REQUIRE_STATUS(BindTo(Sock, Local), STATUS_SUCCESS);
    REQUIRE(Report(Sock, Family, REPORT_ALL));
    REQUIRE_STATUS(EnableEvent(Sock), STATUS_SUCCESS);
    EXPECT(!Hears(Sock, Sender, Group));
}

POINT(DGRAM_MC_06)
{
    LeaveByClosing(AF_INET);
    if (HasIpv6()) {
        LeaveByClosing(AF_INET6);
    }
}

/* --- How datagrams leave for a group --------------------------------------------------------- */

static VOID
SetGroupHops(ADDRESS_FAMILY Family)
{
    ULONG Option = Family == AF_INET ? IP_MULTICAST_TTL : IPV6_MULTICAST_HOPS, Value = 99, i;
    INT Item = Family == AF_INET ? IP_TTL : IPV6_HOPLIMIT, Level = (INT)LevelOf(Family);
    PSOCK Sock = Hearing(Family), Sender = SendingBy(Family, NearIndex());
    SOCKADDR_INET Group = GroupOf(Family, 8);
    static const ULONG Hops[] = { 1, 7, 255 };

    REQUIRE(Sock != NULL && Sender != NULL);
    REQUIRE_STATUS(Membership(Sock, MCAST_JOIN_GROUP, Group, NearIndex()), STATUS_SUCCESS);
    Group.Ipv4.sin_port = Sock->Local.Ipv4.sin_port;
    EXPECT_STATUS(GetOption(Sender, Level, Option, &Value), STATUS_SUCCESS);
    EXPECT_EQ(Value, 1);
    for (i = 0; i < RTL_NUMBER_OF(Hops); i++) {
        if (i != 0) {
            REQUIRE_STATUS(SetOption(Sender, Level, Option, Hops[i]), STATUS_SUCCESS);
            EXPECT_STATUS(GetOption(Sender, Level, Option, &Value), STATUS_SUCCESS);
            EXPECT_EQ(Value, Hops[i]);
        }
        REQUIRE_STATUS(SendText(Sender, &Group, "so far"), STATUS_SUCCESS);
        EXPECT(HasInt(NextRecord(Sock), Level, Item, (INT)Hops[i]));
    }
}

/* IP_MULTICAST_IF takes an address or an index in network order. */
static VOID
ChooseGroupInterface(ULONG Value, ULONG Index)
{
    PSOCK Sock = Hearing(AF_INET), Sender = BoundAnywhere(AF_INET);
    SOCKADDR_INET Group = Ipv4(GROUP, 0);
    ULONG Read = 1;

    REQUIRE(Sock != NULL && Sender != NULL);
    REQUIRE_STATUS(Membership(Sock, MCAST_JOIN_GROUP, Group, NearIndex()), STATUS_SUCCESS);
    REQUIRE_STATUS(Membership(Sock, MCAST_JOIN_GROUP, Group, LoopIndex()), STATUS_SUCCESS);
    EXPECT_STATUS(GetOption(Sender, IPPROTO_IP, IP_MULTICAST_IF, &Read), STATUS_SUCCESS);
    EXPECT_EQ(Read, 0);
    REQUIRE_STATUS(SetOption(Sender, IPPROTO_IP, IP_MULTICAST_IF, Value), STATUS_SUCCESS);
    EXPECT_STATUS(GetOption(Sender, IPPROTO_IP, IP_MULTICAST_IF, &Read), STATUS_SUCCESS);
    EXPECT_EQ(Read, Value);
    Group.Ipv4.sin_port = Sock->Local.Ipv4.sin_port;
    REQUIRE_STATUS(SendText(Sender, &Group, "this way"), STATUS_SUCCESS);
    EXPECT_EQ(ArrivalAt(NextRecord(Sock), Group), Index);
}

static VOID
ChooseGroupInterface6(SOCKADDR_INET Address)
{
    SOCKADDR_INET Group = GroupOf(AF_INET6, 9);
    ULONG Index = InterfaceOf(Address), Read = 1;
    PSOCK Sock = Hearing(AF_INET6), Sender = BoundAnywhere(AF_INET6);

    REQUIRE(Sock != NULL && Sender != NULL && Index != 0);
    REQUIRE_STATUS(Membership(Sock, MCAST_JOIN_GROUP, Group, Index), STATUS_SUCCESS);
    EXPECT_STATUS(GetOption(Sender, IPPROTO_IPV6, IPV6_MULTICAST_IF, &Read), STATUS_SUCCESS);
    EXPECT_EQ(Read, 0);
    REQUIRE_STATUS(SetOption(Sender, IPPROTO_IPV6, IPV6_MULTICAST_IF, Index), STATUS_SUCCESS);
    EXPECT_STATUS(GetOption(Sender, IPPROTO_IPV6, IPV6_MULTICAST_IF, &Read), STATUS_SUCCESS);
    EXPECT_EQ(Read, Index);
    Group.Ipv4.sin_port = Sock->Local.Ipv4.sin_port;
    REQUIRE_STATUS(SendText(Sender, &Group, "this way"), STATUS_SUCCESS);
    EXPECT_EQ(ArrivalAt(NextRecord(Sock), Group), Index);
}

POINT(DGRAM_MC_07)
{
    SOCKADDR_INET Side = Ipv6(0x2001, 0xdb8, 1, 0);

    SetGroupHops(AF_INET);
    ChooseGroupInterface(RtlUlongByteSwap(NearIndex()), NearIndex());
    ChooseGroupInterface(RtlUlongByteSwap(LoopIndex()), LoopIndex());
    ChooseGroupInterface(RtlUlongByteSwap(NEAR), NearIndex());
    ChooseGroupInterface(RtlUlongByteSwap(0x7f000001), LoopIndex());
    NEED_IPV6();
    SetGroupHops(AF_INET6);
    ChooseGroupInterface6(Side);
    Side.Ipv6.sin6_addr.u.Byte[5] = 1; /* 2001:db8:1::1 */
    ChooseGroupInterface6(Side);
}

static VOID
HearOneself(ADDRESS_FAMILY Family)
{
    ULONG Option = Family == AF_INET ? IP_MULTICAST_LOOP : IPV6_MULTICAST_LOOP, Value = 99;
    PSOCK Sock = Hearing(Family), Sender = SendingBy(Family, NearIndex());
    SOCKADDR_INET Group = GroupOf(Family, 10);

    REQUIRE(Sock != NULL && Sender != NULL);
    REQUIRE_STATUS(Membership(Sock, MCAST_JOIN_GROUP, Group, NearIndex()), STATUS_SUCCESS);
    EXPECT_STATUS(GetOption(Sender, LevelOf(Family), Option, &Value), STATUS_SUCCESS);
    EXPECT_EQ(Value, 1);
    EXPECT(Hears(Sock, Sender, Group));
    REQUIRE_STATUS(SetOption(Sender, LevelOf(Family), Option, 0), STATUS_SUCCESS);
    EXPECT_STATUS(GetOption(Sender, LevelOf(Family), Option, &Value), STATUS_SUCCESS);
    EXPECT_EQ(Value, 0);
    EXPECT(!Hears(Sock, Sender, Group));
    REQUIRE_STATUS(SetOption(Sender, LevelOf(Family), Option, 1), STATUS_SUCCESS);
    EXPECT(Hears(Sock, Sender, Group));
    /* A socket that is sender and member at once. */
    REQUIRE_STATUS(Membership(Sender, MCAST_JOIN_GROUP, Group, NearIndex()), STATUS_SUCCESS);
    REQUIRE(Report(Sender, Family, REPORT_ALL));
    REQUIRE_STATUS(EnableEvent(Sender), STATUS_SUCCESS);
    EXPECT(Hears(Sender, Sender, Group));
}

POINT(DGRAM_MC_08)
{
    HearOneself(AF_INET);
    if (HasIpv6()) {
        HearOneself(AF_INET6);
    }
}

/* --- Flags ----------------------------------------------------------------------------------- */

/*
 * What goes to this address comes with this flag, and what goes to the socket's own comes without;
 * both ways.
 */
static VOID
ExpectFlag(PSOCK Sock, PSOCK Sender, SOCKADDR_INET To, ULONG Flag)
{
    SOCKADDR_INET Direct = Loopback(Sock->Family, PortOf(&Sock->Local));
    PRECEIVE Receive;
    PRECORD Record;

    To.Ipv4.sin_port = Sock->Local.Ipv4.sin_port;
    REQUIRE_STATUS(SendText(Sender, &To, "to many"), STATUS_SUCCESS);
    REQUIRE_STATUS(SendText(Sender, &Direct, "to one"), STATUS_SUCCESS);
    Record = NextRecord(Sock);
    REQUIRE(Record != NULL && RecordIs(Record, "to many"));
    EXPECT_EQ(Record->Flags & (MSG_MCAST | MSG_BCAST), Flag);
    EXPECT(ArrivalAt(Record, To) != 0);
    Record = NextRecord(Sock);
    REQUIRE(Record != NULL && RecordIs(Record, "to one"));
    EXPECT_EQ(Record->Flags & (MSG_MCAST | MSG_BCAST), 0);
    REQUIRE_STATUS(StopEvent(Sock), STATUS_SUCCESS);
    REQUIRE_STATUS(SendText(Sender, &To, "to many"), STATUS_SUCCESS);
    REQUIRE_STATUS(SendText(Sender, &Direct, "to one"), STATUS_SUCCESS);
    Receive = StartReceive(Sock, 64);
    REQUIRE(ReceiveIs(Receive, "to many"));
    EXPECT_EQ(Receive->ControlFlags, Flag);
    Receive = StartReceive(Sock, 64);
    REQUIRE(ReceiveIs(Receive, "to one"));
    EXPECT_EQ(Receive->ControlFlags, 0);
    REQUIRE_STATUS(EnableEvent(Sock), STATUS_SUCCESS);
}

static VOID
ExpectGroupFlag(ADDRESS_FAMILY Family)
{
    PSOCK Sock = Hearing(Family), Sender = SendingBy(Family, NearIndex());
    SOCKADDR_INET Group = GroupOf(Family, 11);

    REQUIRE(Sock != NULL && Sender != NULL);
    REQUIRE_STATUS(Membership(Sock, MCAST_JOIN_GROUP, Group, NearIndex()), STATUS_SUCCESS);
    ExpectFlag(Sock, Sender, Group, 0x800);
}

POINT(DGRAM_MC_09)
{
    C_ASSERT(MSG_MCAST == 0x800 && MSG_BCAST == 0x400);
    ExpectGroupFlag(AF_INET);
    if (HasIpv6()) {
        ExpectGroupFlag(AF_INET6);
    }
}

static const ULONG Broadcasts[] = { 0xffffffff, 0xc63364ff, 0x7fffffff };

POINT(DGRAM_MC_10)
{
    PSOCK Sender = BoundAnywhere(AF_INET), Sock = Hearing(AF_INET);
    ULONG Value = 99, i;

    REQUIRE(Sender != NULL && Sock != NULL);
    EXPECT_STATUS(GetOption(Sender, SOL_SOCKET, SO_BROADCAST, &Value), STATUS_SUCCESS);
    EXPECT_EQ(Value, 0);
    for (i = 0; i < 2 * RTL_NUMBER_OF(Broadcasts); i++) {
        SOCKADDR_INET To = Ipv4(Broadcasts[i / 2], PortOf(&Sock->Local));

        REQUIRE_STATUS(SetOption(Sender, SOL_SOCKET, SO_BROADCAST, i % 2), STATUS_SUCCESS);
        EXPECT_STATUS(SendText(Sender, &To, i % 2 == 0 ? "denied" : "allowed"),
                      i % 2 == 0 ? STATUS_ACCESS_DENIED : STATUS_SUCCESS);
        if (i % 2 == 1) {
            EXPECT(NextIs(Sock, "allowed"));
        }
    }
}

POINT(DGRAM_MC_11)
{
    PSOCK Sock = Hearing(AF_INET), Sender = BoundAnywhere(AF_INET);
    ULONG i;

    REQUIRE(Sock != NULL && Sender != NULL);
    REQUIRE_STATUS(SetOption(Sender, SOL_SOCKET, SO_BROADCAST, 1), STATUS_SUCCESS);
    for (i = 0; i < RTL_NUMBER_OF(Broadcasts); i++) {
        ExpectFlag(Sock, Sender, Ipv4(Broadcasts[i], 0), 0x400);
    }
}

/* --- Unicasts -------------------------------------------------------------------------------- */

static VOID
SetHops(ADDRESS_FAMILY Family)
{
    ULONG Option = Family == AF_INET ? IP_TTL : IPV6_UNICAST_HOPS, Value = 0, Hops;
    INT Item = Family == AF_INET ? IP_TTL : IPV6_HOPLIMIT, Level = (INT)LevelOf(Family);
    PSOCK Sender = BoundAnywhere(Family), Sock = Hearing(Family);
    SOCKADDR_INET To;

    REQUIRE(Sender != NULL && Sock != NULL);
    To = Loopback(Family, PortOf(&Sock->Local));
    EXPECT_STATUS(GetOption(Sender, Level, Option, &Value), STATUS_SUCCESS);
    EXPECT(Value >= 1 && Value <= 255);
    REQUIRE_STATUS(SendText(Sender, &To, "default"), STATUS_SUCCESS);
    EXPECT(HasInt(NextRecord(Sock), Level, Item, (INT)Value));
    for (Hops = 1; Hops <= 255; Hops += 127) {
        REQUIRE_STATUS(SetOption(Sender, Level, Option, Hops), STATUS_SUCCESS);
        EXPECT_STATUS(GetOption(Sender, Level, Option, &Value), STATUS_SUCCESS);
        EXPECT_EQ(Value, Hops);
        REQUIRE_STATUS(SendText(Sender, &To, "hops"), STATUS_SUCCESS);
        EXPECT(HasInt(NextRecord(Sock), Level, Item, (INT)Hops));
    }
    EXPECT_STATUS(SetOption(Sender, Level, Option, 0), STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(SetOption(Sender, Level, Option, 256), STATUS_INVALID_PARAMETER);
}

/*
 * A limited broadcast goes where IP_UNICAST_IF says; so its effect is seen without a second host.
 */
static VOID
ChooseUnicastInterface(ULONG Index)
{
    PSOCK Sender = BoundAnywhere(AF_INET), Sock = Hearing(AF_INET);
    SOCKADDR_INET To;
    ULONG Value = 99;

    REQUIRE(Sender != NULL && Sock != NULL);
    To = Ipv4(0xffffffff, PortOf(&Sock->Local));
    EXPECT_STATUS(GetOption(Sender, IPPROTO_IP, IP_UNICAST_IF, &Value), STATUS_SUCCESS);
    EXPECT_EQ(Value, 0);
    REQUIRE_STATUS(SetOption(Sender, IPPROTO_IP, IP_UNICAST_IF, RtlUlongByteSwap(Index)),
                   STATUS_SUCCESS);
    EXPECT_STATUS(GetOption(Sender, IPPROTO_IP, IP_UNICAST_IF, &Value), STATUS_SUCCESS);
    EXPECT_EQ(Value, RtlUlongByteSwap(Index));
    REQUIRE_STATUS(SetOption(Sender, SOL_SOCKET, SO_BROADCAST, 1), STATUS_SUCCESS);
    REQUIRE_STATUS(SendText(Sender, &To, "this way"), STATUS_SUCCESS);
    EXPECT_EQ(ArrivalAt(NextRecord(Sock), To), Index);
}

/* There is a fe80::1 at one interface, and none at the other. */
static VOID
ChooseUnicastInterface6(ULONG Index, ULONG Elsewhere)
{
    PSOCK Sender = BoundAnywhere(AF_INET6), Sock = Hearing(AF_INET6);
    SOCKADDR_INET To;
    PRECORD Record;
    ULONG Value = 99;

    REQUIRE(Sender != NULL && Sock != NULL);
    To = Ipv6(0xfe80, 0, 1, PortOf(&Sock->Local));
    EXPECT_STATUS(GetOption(Sender, IPPROTO_IPV6, IPV6_UNICAST_IF, &Value), STATUS_SUCCESS);
    EXPECT_EQ(Value, 0);
    REQUIRE_STATUS(SetOption(Sender, IPPROTO_IPV6, IPV6_UNICAST_IF, Elsewhere), STATUS_SUCCESS);
    REQUIRE_STATUS(SendText(Sender, &To, "to nobody"), STATUS_SUCCESS);
    REQUIRE_STATUS(SetOption(Sender, IPPROTO_IPV6, IPV6_UNICAST_IF, Index), STATUS_SUCCESS);
    EXPECT_STATUS(GetOption(Sender, IPPROTO_IPV6, IPV6_UNICAST_IF, &Value), STATUS_SUCCESS);
    EXPECT_EQ(Value, Index);
    REQUIRE_STATUS(SendText(Sender, &To, "this way"), STATUS_SUCCESS);
    Record = NextRecord(Sock);
    EXPECT(Record != NULL && RecordIs(Record, "this way"));
    EXPECT_EQ(ArrivalAt(Record, To), Index);
}

/* One for each family, and each is read as it was set. */
static VOID
ChooseBoth(VOID)
{
    PSOCK Sock = DualStack();
    ULONG Value = 0;

    REQUIRE(Sock != NULL);
    REQUIRE_STATUS(SetOption(Sock, IPPROTO_IP, IP_UNICAST_IF, RtlUlongByteSwap(LoopIndex())),
                   STATUS_SUCCESS);
    REQUIRE_STATUS(SetOption(Sock, IPPROTO_IPV6, IPV6_UNICAST_IF, NearIndex()), STATUS_SUCCESS);
    EXPECT_STATUS(GetOption(Sock, IPPROTO_IP, IP_UNICAST_IF, &Value), STATUS_SUCCESS);
    EXPECT_EQ(Value, RtlUlongByteSwap(LoopIndex()));
    EXPECT_STATUS(GetOption(Sock, IPPROTO_IPV6, IPV6_UNICAST_IF, &Value), STATUS_SUCCESS);
    EXPECT_EQ(Value, NearIndex());
    REQUIRE_STATUS(SetOption(Sock, IPPROTO_IP, IP_TTL, 11), STATUS_SUCCESS);
    REQUIRE_STATUS(SetOption(Sock, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 22), STATUS_SUCCESS);
    EXPECT_STATUS(GetOption(Sock, IPPROTO_IP, IP_TTL, &Value), STATUS_SUCCESS);
    EXPECT_EQ(Value, 11);
    EXPECT_STATUS(GetOption(Sock, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &Value), STATUS_SUCCESS);
    EXPECT_EQ(Value, 22);
}

POINT(DGRAM_MC_12)
{
    SOCKADDR_INET Side = Ipv6(0x2001, 0xdb8, 1, 0);

    SetHops(AF_INET);
    ChooseUnicastInterface(NearIndex());
    ChooseUnicastInterface(LoopIndex());
    NEED_IPV6();
    SetHops(AF_INET6);
    Side.Ipv6.sin6_addr.u.Byte[5] = 1; /* 2001:db8:1::1 */
    ChooseUnicastInterface6(NearIndex(), InterfaceOf(Side));
    ChooseBoth();
}

CONFORMANCE(ENTRY(DGRAM_MC_01), ENTRY(DGRAM_MC_02), ENTRY(DGRAM_MC_03), ENTRY(DGRAM_MC_04),
            ENTRY(DGRAM_MC_05), ENTRY(DGRAM_MC_06), ENTRY(DGRAM_MC_07), ENTRY(DGRAM_MC_08),
            ENTRY(DGRAM_MC_09), ENTRY(DGRAM_MC_10), ENTRY(DGRAM_MC_11), ENTRY(DGRAM_MC_12))
