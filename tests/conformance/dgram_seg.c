/* SPDX-License-Identifier: MIT */
/*
 * dgram_seg.c - the points DGRAM-SEG: one send that is cut into datagrams, and datagrams that
 * arrive joined.
 */
#include "items.h"

/* --- Cutting --------------------------------------------------------------------------------- */

/*
 * Bytes of which each names its place, over so far a distance that none repeats within a few
 * datagrams.
 */
static WSK_BUF
NewNumbered(ULONG Size, ULONG From)
{
    PUCHAR Bytes;
    WSK_BUF Buffer = NewBuffer(Size, (PVOID *)&Bytes);
    ULONG i;

    for (i = 0; i < Size; i++) {
        Bytes[i] = (UCHAR)((From + i) * 2654435761u >> 24);
    }
    return Buffer;
}

static BOOLEAN
IsNumbered(const UCHAR *Bytes, SIZE_T Size, ULONG From)
{
    ULONG i;

    for (i = 0; i < Size && Bytes[i] == (UCHAR)((From + i) * 2654435761u >> 24); i++) {
        continue;
    }
    return i == Size;
}

static NTSTATUS
SendSegments(PSOCK Sock, const SOCKADDR_INET *To, PWSK_BUF Buffer, ULONG Segment)
{
    ITEMS Items = NoItems();

    AddInt(&Items, 17, 2, (INT)Segment);
    return Finish(Sock->Request,
                  Sock->Fn->WskSendTo(Sock->Socket, Buffer, 0, (PSOCKADDR)To, Items.Size,
                                      &Items.u.First, Use(Sock->Request)));
}

/* The next datagrams are the pieces of this many bytes; no more than these before the marker. */
static VOID
ExpectPieces(PSOCK Receiver, ULONG Size, ULONG Segment)
{
    ULONG At = 0;

    do {
        ULONG Piece = Size - At < Segment ? Size - At : Segment;
        PRECORD Record = NextRecord(Receiver);

        REQUIRE(Record != NULL);
        REQUIRE(EXPECT_EQ(Record->Length, Piece));
        REQUIRE(IsNumbered(Record->Data, Piece, At));
        At += Piece;
    } while (At < Size);
}

static VOID
ExpectCut(PSOCK Sender, PSOCK Receiver, ULONG Size, ULONG Segment, ULONG Expected)
{
    WSK_BUF Buffer = NewNumbered(Size, 0);

    REQUIRE_STATUS(SendSegments(Sender, &Receiver->Local, &Buffer, Segment), STATUS_SUCCESS);
    EXPECT_EQ(Sender->Request->Information, Size);
    ExpectPieces(Receiver, Size, Expected);
    REQUIRE_STATUS(SendText(Sender, &Receiver->Local, "marker"), STATUS_SUCCESS);
    EXPECT(NextIs(Receiver, "marker"));
}

static VOID
CutBuffers(ADDRESS_FAMILY Family)
{
    PSOCK Sender = Bound(Family), Receiver = Listening(Family);

    C_ASSERT(IPPROTO_UDP == 17 && UDP_SEND_MSG_SIZE == 2);
    REQUIRE(Sender != NULL && Receiver != NULL);
    ExpectCut(Sender, Receiver, 1000, 300, 300); /* a shorter one at the end */
    ExpectCut(Sender, Receiver, 1000, 250, 250);
    ExpectCut(Sender, Receiver, 1000, 999, 999);
    ExpectCut(Sender, Receiver, 20, 1, 1);
    ExpectCut(Sender, Receiver, 1000, 0, 1000);  /* not cut */
    ExpectCut(Sender, Receiver, 1000, 1000, 1000);
    ExpectCut(Sender, Receiver, 1000, 1001, 1000);
    ExpectCut(Sender, Receiver, 1000, 65536 + 100, 1000);
    ExpectCut(Sender, Receiver, 1000, 0xffffffff, 1000);
    ExpectCut(Sender, Receiver, 0, 100, 100); /* an empty datagram */
}

POINT(DGRAM_SEG_01)
{
    PSOCK Sender = Bound(AF_INET), Receiver = Listening(AF_INET);
    WSK_BUF Chain;

    CutBuffers(AF_INET);
    if (HasIpv6()) {
        CutBuffers(AF_INET6);
    }
    REQUIRE(Sender != NULL && Receiver != NULL);
    Chain = NewNumbered(250, 0); /* cuts and MDLs need not meet */
    Chain.Mdl->Next = NewNumbered(350, 250).Mdl;
    Chain.Length = 600;
    REQUIRE_STATUS(SendSegments(Sender, &Receiver->Local, &Chain, 200), STATUS_SUCCESS);
    ExpectPieces(Receiver, 600, 200);
}

static NTSTATUS
SendNodes(PSOCK Sock, const SOCKADDR_INET *To, const ULONG *Sizes, ULONG Count, ULONG Segment)
{
    PWSK_BUF_LIST Nodes = (PWSK_BUF_LIST)NewMemory(Count * sizeof(*Nodes));
    ITEMS Items = NoItems();
    ULONG i;

    for (i = 0; i < Count; i++) {
        Nodes[i].Buffer = NewNumbered(Sizes[i], 0);
        Nodes[i].Next = i + 1 < Count ? &Nodes[i + 1] : NULL;
    }
    AddInt(&Items, IPPROTO_UDP, UDP_SEND_MSG_SIZE, (INT)Segment);
    return Finish(Sock->Request,
                  Sock->Fn->WskSendMessages(Sock->Socket, Nodes, 0, (PSOCKADDR)To, Items.Size,
                                            &Items.u.First, Use(Sock->Request)));
}

static const ULONG NodeSizes[] = { 250, 100, 30, 250, 99, 300 };

POINT(DGRAM_SEG_02)
{
    PSOCK Sender = Bound(AF_INET), Receiver = Listening(AF_INET);
    ULONG i;

    REQUIRE(Sender != NULL && Receiver != NULL);
    REQUIRE_STATUS(SendNodes(Sender, &Receiver->Local, NodeSizes, RTL_NUMBER_OF(NodeSizes), 100),
                   STATUS_SUCCESS);
    REQUIRE_STATUS(SendText(Sender, &Receiver->Local, "marker"), STATUS_SUCCESS);
    for (i = 0; i < RTL_NUMBER_OF(NodeSizes); i++) {
        ExpectPieces(Receiver, NodeSizes[i], 100);
    }
    EXPECT(NextIs(Receiver, "marker"));
}

POINT(DGRAM_SEG_03)
{
    PSOCK Sender = Bound(AF_INET), Receiver = Bound(AF_INET);
    WSK_BUF Buffer = NewNumbered(1000, 0);

    REQUIRE(Sender != NULL && Receiver != NULL);
    REQUIRE_STATUS(SendSegments(Sender, &Receiver->Local, &Buffer, 100), STATUS_SUCCESS);
    EXPECT_EQ(Sender->Request->Information, 1000);
    REQUIRE_STATUS(SendNodes(Sender, &Receiver->Local, NodeSizes, RTL_NUMBER_OF(NodeSizes), 100),
                   STATUS_SUCCESS);
    EXPECT_EQ(Sender->Request->Information, 250 + 100 + 30 + 250 + 99 + 300);
}

/*
 * More segments, and more bytes, than a host takes at once; 65535 bytes are what clients prepare.
 */
POINT(DGRAM_SEG_04)
{
    PSOCK Sender = Bound(AF_INET), Receiver = Listening(AF_INET);

    REQUIRE(Sender != NULL && Receiver != NULL);
    REQUIRE_STATUS(SetOption(Receiver, SOL_SOCKET, SO_RCVBUF, 1 << 20), STATUS_SUCCESS);
    ExpectCut(Sender, Receiver, 13000, 100, 100);  /* 130 of them */
    ExpectCut(Sender, Receiver, 65507, 1000, 1000);
    ExpectCut(Sender, Receiver, 65535, 1200, 1200);
    ExpectCut(Sender, Receiver, 64 * 100, 100, 100); /* the limit and its neighbours */
    ExpectCut(Sender, Receiver, 64 * 100 + 1, 100, 100);
    ExpectCut(Sender, Receiver, 65 * 100, 100, 100);
    if (HasIpv6()) {
        Sender = Bound(AF_INET6);
        Receiver = Listening(AF_INET6);
        REQUIRE(Sender != NULL && Receiver != NULL);
        REQUIRE_STATUS(SetOption(Receiver, SOL_SOCKET, SO_RCVBUF, 1 << 20), STATUS_SUCCESS);
        ExpectCut(Sender, Receiver, 13000, 100, 100);
        ExpectCut(Sender, Receiver, 65535, 1200, 1200);
    }
}

POINT(DGRAM_SEG_05)
{
    PSOCK Sender = Bound(AF_INET), Receiver = Listening(AF_INET);
    WSK_BUF Buffer = NewNumbered(1000, 0);
    ULONG Value = 1;

    REQUIRE(Sender != NULL && Receiver != NULL);
    EXPECT_STATUS(GetOption(Sender, IPPROTO_UDP, UDP_SEND_MSG_SIZE, &Value), STATUS_SUCCESS);
    EXPECT_EQ(Value, 0);
    REQUIRE_STATUS(SetOption(Sender, IPPROTO_UDP, UDP_SEND_MSG_SIZE, 400), STATUS_SUCCESS);
    EXPECT_STATUS(GetOption(Sender, IPPROTO_UDP, UDP_SEND_MSG_SIZE, &Value), STATUS_SUCCESS);
    EXPECT_EQ(Value, 400);
    REQUIRE_STATUS(SendBuffer(Sender, &Buffer, &Receiver->Local), STATUS_SUCCESS);
    EXPECT_EQ(Sender->Request->Information, 1000);
    ExpectPieces(Receiver, 1000, 400);
    ExpectCut(Sender, Receiver, 1000, 300, 300); /* the item overrides, */
    ExpectCut(Sender, Receiver, 1000, 0, 1000);  /* also when it says: not at all */
    REQUIRE_STATUS(SendBuffer(Sender, &Buffer, &Receiver->Local), STATUS_SUCCESS);
    ExpectPieces(Receiver, 1000, 400);
    REQUIRE_STATUS(SetOption(Sender, IPPROTO_UDP, UDP_SEND_MSG_SIZE, 0), STATUS_SUCCESS);
    REQUIRE_STATUS(SendBuffer(Sender, &Buffer, &Receiver->Local), STATUS_SUCCESS);
    ExpectPieces(Receiver, 1000, 1000);
}

static VOID
ProbeBasic(ADDRESS_FAMILY Family)
{
    static const ULONG Options[] = { 2, 3 };
    PREQUEST Request = NewRequest();
    const WSK_PROVIDER_BASIC_DISPATCH *Basic;
    PWSK_SOCKET Socket;
    ULONG i;

    C_ASSERT(UDP_SEND_MSG_SIZE == 2 && UDP_RECV_MAX_COALESCED_SIZE == 3);
    REQUIRE_STATUS(Finish(Request, Cf.Npi.Dispatch->WskSocket(Cf.Npi.Client, Family, SOCK_DGRAM,
                                                              IPPROTO_UDP, WSK_FLAG_BASIC_SOCKET,
                                                              NULL, NULL, NULL, NULL, NULL,
                                                              Use(Request))),
                   STATUS_SUCCESS);
    Socket = (PWSK_SOCKET)Request->Information;
    Basic = (const WSK_PROVIDER_BASIC_DISPATCH *)Socket->Dispatch;
    for (i = 0; i < RTL_NUMBER_OF(Options); i++) {
        ULONG Value = 0xcccccccc;

        EXPECT_STATUS(Finish(Request, Basic->WskControlSocket(Socket, WskGetOption, Options[i],
                                                              IPPROTO_UDP, 0, NULL, sizeof(Value),
                                                              &Value, NULL, Use(Request))),
                      STATUS_SUCCESS);
        EXPECT_EQ(Request->Information, sizeof(Value));
        EXPECT_EQ(Value, 0);
    }
    EXPECT_STATUS(Finish(Request, Basic->WskCloseSocket(Socket, Use(Request))), STATUS_SUCCESS);
}

POINT(DGRAM_SEG_06)
{
    ProbeBasic(AF_INET);
    if (HasIpv6()) {
        ProbeBasic(AF_INET6);
    }
}

/* --- Joining --------------------------------------------------------------------------------- */

/*
 * Each datagram says in itself what it is, so that whatever way it came can be looked up: which of
 * a burst, how long, and with what class it was sent.
 */
typedef struct _MEMBER {
    ULONG Number;
    ULONG Length;
    ULONG Class;
    ULONG Port;
} MEMBER;

#define BURST 40
#define BURSTS 20

/* The last one of several is shorter. */
static VOID
SendBurst(PSOCK Sender, PSOCK Receiver, ULONG First, ULONG Count, ULONG Length, ULONG Class)
{
    ULONG Last = Count > 1 ? Length - 1 : Length, i;
    PUCHAR Bytes;
    WSK_BUF Buffer = NewBuffer((Count - 1) * Length + Last, (PVOID *)&Bytes);
    ITEMS Items = NoItems();

    for (i = 0; i < Count; i++) {
        MEMBER Member = { First + i, Length, Class, PortOf(&Sender->Local) };

        Member.Length = i + 1 < Count ? Length : Last;
        RtlCopyMemory(Bytes + i * Length, &Member, sizeof(Member));
    }
    AddInt(&Items, IPPROTO_UDP, UDP_SEND_MSG_SIZE, (INT)Length);
    AddInt(&Items, IPPROTO_IP, IP_TOS, (INT)Class);
    REQUIRE_STATUS(Finish(Sender->Request,
                          Sender->Fn->WskSendTo(Sender->Socket, &Buffer, 0,
                                                (PSOCKADDR)&Receiver->Local, Items.Size,
                                                &Items.u.First, Use(Sender->Request))),
                   STATUS_SUCCESS);
}

static PSOCK
Joining(ULONG Limit)
{
    PSOCK Sock = Bound(AF_INET);

    return Sock != NULL && Report(Sock, AF_INET, REPORT_ALL) &&
                   EXPECT_STATUS(SetOption(Sock, SOL_SOCKET, SO_RCVBUF, 1 << 20), STATUS_SUCCESS) &&
                   EXPECT_STATUS(SetOption(Sock, IPPROTO_UDP, UDP_RECV_MAX_COALESCED_SIZE, Limit),
                                 STATUS_SUCCESS)
               ? Sock : NULL;
}

/* The size of the record's members, if it says one; the datagram's own otherwise. */
static SIZE_T
MemberSize(const RECORD *Record)
{
    INT Size;

    if (!IntIn(Record->Control, Record->ControlLength, 17, 3, &Size)) {
        return Record->Length;
    }
    EXPECT(Size > 0);
    return Size > 0 ? (SIZE_T)Size : 1;
}

/*
 * Looks through a record, whose members have to be the next of those that were sent. Returns how
 * many it has.
 */
static ULONG
CheckRecord(const RECORD *Record, ULONG First)
{
    SIZE_T At, Size = MemberSize(Record);
    ULONG Count = 0;

    for (At = 0; At < Record->Length; At += Size) {
        SIZE_T Left = Record->Length - At;
        MEMBER Member;

        if (!EXPECT(Left >= sizeof(Member))) {
            break;
        }
        RtlCopyMemory(&Member, Record->Data + At, sizeof(Member));
        EXPECT_EQ(Member.Number, First + Count);
        EXPECT_EQ(Left < Size ? Left : Size, Member.Length);
        EXPECT_EQ(Member.Port, PortOf(&Record->From));
        EXPECT(HasInt(Record, IPPROTO_IP, IP_TOS, (INT)Member.Class));
        EXPECT(HasInt(Record, IPPROTO_IP, IP_ECN, (INT)Member.Class & 3));
        Count++;
    }
    EXPECT(Count <= 64);
    return Count;
}

/*
 * Receives what one burst brought, with what a record may hold at most, and says how many of the
 * records were joined. Next is the number of the next datagram.
 */
static ULONG
TakeBurst(PSOCK Receiver, PULONG Next, ULONG Count, SIZE_T Limit)
{
    ULONG End = *Next + Count, Joined = 0;

    while (*Next < End) {
        PRECORD Record = NextRecord(Receiver);
        ULONG Members;

        if (Record == NULL) {
            break;
        }
        Members = CheckRecord(Record, *Next);
        if (Members > 1) {
            EXPECT(Record->Length <= Limit);
            Joined++;
        }
        if (Members == 0) {
            break;
        }
        *Next += Members;
    }
    EXPECT_EQ(*Next, End);
    return Joined;
}

static ULONG
JoinBursts(PSOCK Sender, PSOCK Receiver, ULONG Length, SIZE_T Limit)
{
    ULONG Next = 0, Joined = 0, i;

    for (i = 0; i < BURSTS && Cf.Failed == 0; i++) {
        SendBurst(Sender, Receiver, Next, BURST, Length, 0);
        Joined += TakeBurst(Receiver, &Next, BURST, Limit);
    }
    return Joined;
}

POINT(DGRAM_SEG_07)
{
    static const ULONG Limits[] = { 1, 499, 500, 1000, 3700, 65535, 0xffffffff };
    PSOCK Sender = Bound(AF_INET), Receiver = Joining(0);
    ULONG i, Value = 1;

    REQUIRE(Sender != NULL && Receiver != NULL);
    EXPECT_STATUS(GetOption(Sender, IPPROTO_UDP, UDP_RECV_MAX_COALESCED_SIZE, &Value),
                  STATUS_SUCCESS);
    EXPECT_EQ(Value, 0);
    REQUIRE_STATUS(EnableEvent(Receiver), STATUS_SUCCESS);
    EXPECT_EQ(JoinBursts(Sender, Receiver, 500, 0), 0);
    for (i = 0; i < RTL_NUMBER_OF(Limits); i++) {
        ULONG Joined;

        REQUIRE_STATUS(SetOption(Receiver, IPPROTO_UDP, UDP_RECV_MAX_COALESCED_SIZE, Limits[i]),
                       STATUS_SUCCESS);
        Joined = JoinBursts(Sender, Receiver, 500, Limits[i]);
        EXPECT(Joined == 0 || Limits[i] >= 1000);
    }
    REQUIRE_STATUS(SetOption(Receiver, IPPROTO_UDP, UDP_RECV_MAX_COALESCED_SIZE, 0),
                   STATUS_SUCCESS);
    EXPECT_EQ(JoinBursts(Sender, Receiver, 500, 0), 0);
}

/* CheckRecord has looked at the members. What is left is that there was something to look at. */
POINT(DGRAM_SEG_08)
{
    PSOCK Sender = Bound(AF_INET), Receiver = Joining(65535);
    ULONG Next = 0, Joined = 0, i;

    C_ASSERT(UDP_COALESCED_INFO == 3);
    REQUIRE(Sender != NULL && Receiver != NULL);
    REQUIRE_STATUS(EnableEvent(Receiver), STATUS_SUCCESS);
    for (i = 0; i < BURSTS; i++) {
        SendBurst(Sender, Receiver, Next, BURST, 100 + i, 0);
        Joined += TakeBurst(Receiver, &Next, BURST, 65535);
    }
    if (Joined == 0) {
        SKIP("this host has joined none of many datagrams");
    }
}

POINT(DGRAM_SEG_09)
{
    PSOCK Sender = Bound(AF_INET), Receiver = Joining(0xffffffff);
    ULONG Next = 0;

    REQUIRE(Sender != NULL && Receiver != NULL);
    SendBurst(Sender, Receiver, 0, 200, 20, 0); /* all there before the event looks */
    REQUIRE_STATUS(EnableEvent(Receiver), STATUS_SUCCESS);
    TakeBurst(Receiver, &Next, 200, 64 * 20);
}

POINT(DGRAM_SEG_10)
{
    PSOCK First = Bound(AF_INET), Second = Bound(AF_INET), Receiver = Joining(65535);
    ULONG Next = 0, i;

    REQUIRE(First != NULL && Second != NULL && Receiver != NULL);
    for (i = 0; i < 40; i++) { /* a change of class, then of source */
        SendBurst(i % 4 < 2 ? First : Second, Receiver, i * 4, 4, 200, i % 2 == 0 ? 0xb8 : 0xb9);
    }
    REQUIRE_STATUS(EnableEvent(Receiver), STATUS_SUCCESS);
    TakeBurst(Receiver, &Next, 160, 65535);
}

static NTSTATUS
LookAtMdls(PSOCK Sock, ULONG Flags, PWSK_DATAGRAM_INDICATION List)
{
    PWSK_DATAGRAM_INDICATION Node;

    for (Node = List; Node != NULL; Node = Node->Next) {
        EXPECT(Node->Buffer.Offset + Node->Buffer.Length <= MmGetMdlByteCount(Node->Buffer.Mdl));
    }
    RecordList(Sock, Flags, List);
    return STATUS_SUCCESS;
}

POINT(DGRAM_SEG_11)
{
    PSOCK Sender = Bound(AF_INET), Receiver = Joining(65535);

    REQUIRE(Sender != NULL && Receiver != NULL);
    Receiver->Hook = LookAtMdls;
    REQUIRE_STATUS(EnableEvent(Receiver), STATUS_SUCCESS);
    JoinBursts(Sender, Receiver, 1400, 65535);
}

/* Datagrams that do not belong together, and one that is alone. */
POINT(DGRAM_SEG_12)
{
    PSOCK Sender = Bound(AF_INET), Receiver = Joining(65535);
    PRECORD Record;
    ULONG i;

    REQUIRE(Sender != NULL && Receiver != NULL);
    for (i = 0; i < 60; i++) {
        SendBurst(Sender, Receiver, i, 1, 100 + i * 37 % 50, 0);
    }
    REQUIRE_STATUS(EnableEvent(Receiver), STATUS_SUCCESS);
    for (i = 0; i < 60;) {
        Record = NextRecord(Receiver);
        REQUIRE(Record != NULL);
        i += CheckRecord(Record, i);
        /* Without the item it is one, and with it more; CheckRecord knows where each one ends. */
        EXPECT((Find(Record, IPPROTO_UDP, UDP_COALESCED_INFO) != NULL) ==
               (Record->Length > MemberSize(Record)));
    }
    SendBurst(Sender, Receiver, 0, 1, 700, 0);
    Record = NextRecord(Receiver);
    REQUIRE(Record != NULL);
    EXPECT(Find(Record, IPPROTO_UDP, UDP_COALESCED_INFO) == NULL);
    EXPECT_EQ(Record->Length, 700);
}

POINT(DGRAM_SEG_13)
{
    PSOCK Sender = Bound(AF_INET), Receiver = Joining(65535);
    ULONG i;

    REQUIRE(Sender != NULL && Receiver != NULL);
    SendBurst(Sender, Receiver, 0, BURST, 300, 0);
    for (i = 0; i < BURST; i++) {
        PRECEIVE Receive = StartReceive(Receiver, 65535);

        REQUIRE_STATUS(EndReceive(Receive), STATUS_SUCCESS);
        REQUIRE(EXPECT_EQ(Receive->Request->Information, i + 1 < BURST ? 300 : 299));
        EXPECT_EQ(((MEMBER *)Receive->Data)->Number, i);
        EXPECT(FindIn(Receive->ControlInfo, Receive->ControlLength, IPPROTO_UDP,
                      UDP_COALESCED_INFO) == NULL);
    }
}

CONFORMANCE(ENTRY(DGRAM_SEG_01), ENTRY(DGRAM_SEG_02), ENTRY(DGRAM_SEG_03), ENTRY(DGRAM_SEG_04),
            ENTRY(DGRAM_SEG_05), ENTRY(DGRAM_SEG_06), ENTRY(DGRAM_SEG_07), ENTRY(DGRAM_SEG_08),
            ENTRY(DGRAM_SEG_09), ENTRY(DGRAM_SEG_10), ENTRY(DGRAM_SEG_11), ENTRY(DGRAM_SEG_12),
            ENTRY(DGRAM_SEG_13))
