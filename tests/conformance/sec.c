/* SPDX-License-Identifier: MIT */
/*
 * sec.c - the points SEC: sharing of transport addresses, and the security descriptors that decide
 * about it.
 */
#include "datagram.h"

#include <ntifs.h>

typedef enum _KIND { NONE_W, NONE_S, REUSE_W, REUSE_S, EXCL_W, EXCL_S, KINDS } KIND;

/*
 * I in use, D denied, + success, C the first socket's descriptor decides: a row for each second
 * bind.
 */
static const CHAR Table[KINDS][KINDS + 1] = {
    "I+I+I+", /* the columns are the first bind, in the same order */
    "CICDDI",
    "D+++D+",
    "CD++DD",
    "IIIIII",
    "CICIDI",
};

static NTSTATUS
Expected(KIND Second, KIND First, BOOLEAN Shares)
{
    switch (Table[Second][First]) {
    case 'I':
        return STATUS_ADDRESS_ALREADY_EXISTS;
    case 'D':
        return STATUS_ACCESS_DENIED;
    case 'C':
        return Shares ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
    default:
        return STATUS_SUCCESS;
    }
}

/* A socket of the kind, not bound. */
static PSOCK
OpenKind(ADDRESS_FAMILY Family, KIND Kind)
{
    PSOCK Sock = Open(Family);

    if (Sock != NULL && (Kind == REUSE_W || Kind == REUSE_S)) {
        EXPECT_STATUS(SetOption(Sock, SOL_SOCKET, SO_REUSEADDR, 1), STATUS_SUCCESS);
    }
    if (Sock != NULL && (Kind == EXCL_W || Kind == EXCL_S)) {
        EXPECT_STATUS(SetOption(Sock, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, 1), STATUS_SUCCESS);
    }
    return Sock;
}

static SOCKADDR_INET
AddressOfKind(ADDRESS_FAMILY Family, KIND Kind, USHORT Port)
{
    return Kind % 2 == 0 ? Wildcard(Family, Port) : Loopback(Family, Port);
}

/* --- Descriptors ----------------------------------------------------------------------------- */

static NTSTATUS
ReleaseDescriptor(PSECURITY_DESCRIPTOR Cached)
{
    return Cf.Npi.Dispatch->WskControlClient(Cf.Npi.Client, WSK_RELEASE_SD, sizeof(Cached), &Cached,
                                             0, NULL, NULL, NULL);
}

/* Lets everybody do this much; to be released. */
static PSECURITY_DESCRIPTOR
CacheDescriptor(ACCESS_MASK Mask)
{
    SID_IDENTIFIER_AUTHORITY World = { SECURITY_WORLD_SID_AUTHORITY };
    ULONG SidRoom[3], AclRoom[16];
    PACL Acl = (PACL)AclRoom;
    PSID Everybody = SidRoom;
    SECURITY_DESCRIPTOR Descriptor;
    PSECURITY_DESCRIPTOR Pointer = &Descriptor;

    RtlInitializeSid(Everybody, &World, 1);
    *RtlSubAuthoritySid(Everybody, 0) = SECURITY_WORLD_RID;
    RtlCreateAcl(Acl, sizeof(AclRoom), ACL_REVISION);
    RtlAddAccessAllowedAce(Acl, ACL_REVISION, Mask, Everybody);
    RtlCreateSecurityDescriptor(&Descriptor, SECURITY_DESCRIPTOR_REVISION);
    RtlSetDaclSecurityDescriptor(&Descriptor, TRUE, Acl, FALSE);
    if (!EXPECT_STATUS(Cf.Npi.Dispatch->WskControlClient(Cf.Npi.Client, WSK_CACHE_SD,
                                                         sizeof(Pointer), &Pointer, sizeof(Pointer),
                                                         &Pointer, NULL, NULL),
                       STATUS_SUCCESS)) {
        return NULL;
    }
    return Pointer;
}

static NTSTATUS
SetDescriptor(PSOCK Sock, PSECURITY_DESCRIPTOR Cached)
{
    return Control(Sock, WskSetOption, SOL_SOCKET, SO_WSK_SECURITY, &Cached, sizeof(Cached), NULL,
                   0);
}

static PSECURITY_DESCRIPTOR
GetDescriptor(PSOCK Sock)
{
    PSECURITY_DESCRIPTOR Cached = NULL;

    EXPECT_STATUS(Control(Sock, WskGetOption, SOL_SOCKET, SO_WSK_SECURITY, NULL, 0, &Cached,
                          sizeof(Cached)),
                  STATUS_SUCCESS);
    return Cached;
}

/* One cell of the table, with the first socket's descriptor or without. */
static VOID
CheckCell(ADDRESS_FAMILY Family, KIND FirstKind, KIND SecondKind, PSECURITY_DESCRIPTOR Descriptor)
{
    PSOCK First = OpenKind(Family, FirstKind), Second = OpenKind(Family, SecondKind);
    USHORT Port;

    REQUIRE(First != NULL && Second != NULL);
    if (Descriptor != NULL) {
        EXPECT_STATUS(SetDescriptor(First, Descriptor), STATUS_SUCCESS);
    }
    REQUIRE_STATUS(BindTo(First, AddressOfKind(Family, FirstKind, 0)), STATUS_SUCCESS);
    Port = PortOf(&First->Local);
    if (!EXPECT_STATUS(BindTo(Second, AddressOfKind(Family, SecondKind, Port)),
                       Expected(SecondKind, FirstKind, Descriptor != NULL))) {
        DbgPrint("conformance: second %d, first %d\n", SecondKind, FirstKind);
    }
    CloseSock(First);
    CloseSock(Second);
}

static VOID
CheckTable(PSECURITY_DESCRIPTOR Descriptor)
{
    int First, Second;

    for (First = 0; First < KINDS; First++) {
        for (Second = 0; Second < KINDS; Second++) {
            CheckCell(AF_INET, (KIND)First, (KIND)Second, Descriptor);
        }
    }
}

/* --- The points ------------------------------------------------------------------------------ */

POINT(SEC_01)
{
    PSOCK Sock = Open(AF_INET);
    ULONG Value = 7;

    REQUIRE(Sock != NULL);
    EXPECT_STATUS(GetOption(Sock, SOL_SOCKET, SO_REUSEADDR, &Value), STATUS_SUCCESS);
    EXPECT_EQ(Value, 0);
    EXPECT_STATUS(GetOption(Sock, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, &Value), STATUS_SUCCESS);
    EXPECT_EQ(Value, 0);
    EXPECT_STATUS(SetOption(Sock, SOL_SOCKET, SO_REUSEADDR, 1), STATUS_SUCCESS);
    EXPECT_STATUS(GetOption(Sock, SOL_SOCKET, SO_REUSEADDR, &Value), STATUS_SUCCESS);
    EXPECT_EQ(Value, 1);
    REQUIRE_STATUS(BindTo(Sock, Loopback(AF_INET, 0)), STATUS_SUCCESS);
    EXPECT_STATUS(SetOption(Sock, SOL_SOCKET, SO_REUSEADDR, 0), STATUS_INVALID_DEVICE_STATE);
    EXPECT_STATUS(SetOption(Sock, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, 1), STATUS_INVALID_DEVICE_STATE);
}

POINT(SEC_02)
{
    PSOCK One = Open(AF_INET), Other = Open(AF_INET);

    REQUIRE(One != NULL && Other != NULL);
    EXPECT_STATUS(SetOption(One, SOL_SOCKET, SO_REUSEADDR, 1), STATUS_SUCCESS);
    EXPECT_STATUS(SetOption(One, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, 1), STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(SetOption(Other, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, 1), STATUS_SUCCESS);
    EXPECT_STATUS(SetOption(Other, SOL_SOCKET, SO_REUSEADDR, 1), STATUS_INVALID_PARAMETER);
}

POINT(SEC_03)
{
    CheckTable(NULL);
}

POINT(SEC_04)
{
    PSOCK One = Open(AF_INET), Other = Open(AF_INET);

    REQUIRE(One != NULL && Other != NULL);
    EXPECT_STATUS(SetOption(One, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, 1), STATUS_SUCCESS);
    REQUIRE_STATUS(BindTo(One, Ipv4(0x7f000001, 0)), STATUS_SUCCESS);
    EXPECT_STATUS(BindTo(Other, Ipv4(0x7f000002, PortOf(&One->Local))), STATUS_SUCCESS);
}

POINT(SEC_05)
{
    PSECURITY_DESCRIPTOR Open = CacheDescriptor(GENERIC_ALL);
    PSECURITY_DESCRIPTOR Narrow = CacheDescriptor(READ_CONTROL);
    PSOCK First = OpenKind(AF_INET, NONE_W), Second = OpenKind(AF_INET, NONE_S);

    REQUIRE(Open != NULL && Narrow != NULL);
    CheckTable(Open);
    if (First != NULL && Second != NULL) {
        EXPECT_STATUS(SetDescriptor(First, Narrow), STATUS_SUCCESS);
        EXPECT_STATUS(BindTo(First, Wildcard(AF_INET, 0)), STATUS_SUCCESS);
        EXPECT_STATUS(BindTo(Second, Loopback(AF_INET, PortOf(&First->Local))),
                      STATUS_ACCESS_DENIED);
    }
    EXPECT_STATUS(ReleaseDescriptor(Open), STATUS_SUCCESS);
    EXPECT_STATUS(ReleaseDescriptor(Narrow), STATUS_SUCCESS);
}

POINT(SEC_06)
{
    PSECURITY_DESCRIPTOR One = CacheDescriptor(GENERIC_ALL), Two = CacheDescriptor(GENERIC_READ);
    PSECURITY_DESCRIPTOR Read;
    PSOCK Sock = Open(AF_INET);
    BOOLEAN Present = FALSE, Defaulted;
    PACL Acl = NULL;
    PVOID Ace = NULL;

    REQUIRE(One != NULL && Two != NULL && Sock != NULL);
    Read = GetDescriptor(Sock); /* the default one */
    EXPECT(Read != NULL && RtlValidSecurityDescriptor(Read));
    EXPECT_STATUS(ReleaseDescriptor(Read), STATUS_SUCCESS);
    EXPECT_STATUS(SetDescriptor(Sock, One), STATUS_SUCCESS);
    EXPECT_EQ(Sock->Request->Information, 0);
    EXPECT_STATUS(SetDescriptor(Sock, Two), STATUS_SUCCESS); /* takes the place of the other */
    Read = GetDescriptor(Sock);
    EXPECT_EQ(Sock->Request->Information, sizeof(Read));
    EXPECT_STATUS(RtlGetDaclSecurityDescriptor(Read, &Present, &Acl, &Defaulted), STATUS_SUCCESS);
    EXPECT(Present && NT_SUCCESS(RtlGetAce(Acl, 0, &Ace)));
    EXPECT(Ace != NULL && ((PACCESS_ALLOWED_ACE)Ace)->Mask == GENERIC_READ);
    EXPECT_STATUS(BindTo(Sock, Loopback(AF_INET, 0)), STATUS_SUCCESS);
    EXPECT_STATUS(SetDescriptor(Sock, One), STATUS_INVALID_DEVICE_STATE);
    EXPECT_STATUS(ReleaseDescriptor(Read), STATUS_SUCCESS);
    EXPECT_STATUS(ReleaseDescriptor(One), STATUS_SUCCESS);
    EXPECT_STATUS(ReleaseDescriptor(Two), STATUS_SUCCESS);
}

/* A second socket that may not share gets nothing of what is sent to the first. */
POINT(SEC_07)
{
    PSOCK First = Bound(AF_INET), Thief = OpenKind(AF_INET, REUSE_S), Sender = Bound(AF_INET);

    REQUIRE(First != NULL && Thief != NULL && Sender != NULL);
    EXPECT_STATUS(BindTo(Thief, First->Local), STATUS_ACCESS_DENIED);
    EXPECT_STATUS(SendText(Sender, &First->Local, "mine"), STATUS_SUCCESS);
    EXPECT(ReceivesText(First, "mine"));
    /* A wildcard socket beside a specific one gets what the specific one does not. */
    Thief = OpenKind(AF_INET, NONE_W);
    REQUIRE(Thief != NULL);
    EXPECT_STATUS(BindTo(Thief, Wildcard(AF_INET, PortOf(&First->Local))), STATUS_SUCCESS);
    EXPECT_STATUS(SendText(Sender, &First->Local, "still mine"), STATUS_SUCCESS);
    EXPECT(ReceivesText(First, "still mine"));
}

static VOID
CountCalls(PSOCK One, PSOCK Two, PSOCK Sender, const SOCKADDR_INET *To)
{
    LARGE_INTEGER Timeout;
    PVOID Either[2] = { &One->Recorded, &Two->Recorded };

    Timeout.QuadPart = -10000ll * CF_PATIENCE_MS;
    EXPECT_STATUS(SendText(Sender, To, "for one"), STATUS_SUCCESS);
    EXPECT(NT_SUCCESS(KeWaitForMultipleObjects(2, Either, WaitAny, Executive, KernelMode, FALSE,
                                               &Timeout, NULL)));
    EXPECT_EQ(One->Calls + Two->Calls, 1);
}

static const ULONG Group = 0xef070707; /* 239.7.7.7, over the loopback interface alone */

static VOID
JoinGroup(PSOCK Sock)
{
    IP_MREQ Request;

    Request.imr_multiaddr.S_un.S_addr = RtlUlongByteSwap(Group);
    Request.imr_interface.S_un.S_addr = RtlUlongByteSwap(0x7f000001);
    EXPECT_STATUS(Control(Sock, WskSetOption, IPPROTO_IP, IP_ADD_MEMBERSHIP, &Request,
                          sizeof(Request), NULL, 0),
                  STATUS_SUCCESS);
}

static VOID
SendToAll(PSOCK Sender)
{
    PSOCK One = OpenKind(AF_INET, REUSE_W), Two = OpenKind(AF_INET, REUSE_W);
    SOCKADDR_INET To;

    REQUIRE(One != NULL && Two != NULL);
    REQUIRE_STATUS(BindTo(One, Wildcard(AF_INET, 0)), STATUS_SUCCESS);
    REQUIRE_STATUS(BindTo(Two, Wildcard(AF_INET, PortOf(&One->Local))), STATUS_SUCCESS);
    REQUIRE_STATUS(EnableEvent(One), STATUS_SUCCESS);
    REQUIRE_STATUS(EnableEvent(Two), STATUS_SUCCESS);
    JoinGroup(One);
    JoinGroup(Two);
    To = Ipv4(Group, PortOf(&One->Local));
    EXPECT_STATUS(SetOption(Sender, IPPROTO_IP, IP_MULTICAST_IF, RtlUlongByteSwap(1)),
                  STATUS_SUCCESS);
    EXPECT_STATUS(SendText(Sender, &To, "for all"), STATUS_SUCCESS);
    EXPECT(NextIs(One, "for all"));
    EXPECT(NextIs(Two, "for all"));
}

POINT(SEC_08)
{
    PSOCK One = OpenKind(AF_INET, REUSE_S), Two = OpenKind(AF_INET, REUSE_S);
    PSOCK Sender = Bound(AF_INET);

    REQUIRE(One != NULL && Two != NULL && Sender != NULL);
    REQUIRE_STATUS(BindTo(One, Loopback(AF_INET, 0)), STATUS_SUCCESS);
    REQUIRE_STATUS(BindTo(Two, One->Local), STATUS_SUCCESS);
    REQUIRE_STATUS(EnableEvent(One), STATUS_SUCCESS);
    REQUIRE_STATUS(EnableEvent(Two), STATUS_SUCCESS);
    CountCalls(One, Two, Sender, &One->Local);
    SendToAll(Sender);
}

POINT(SEC_09)
{
    PSECURITY_DESCRIPTOR Cached = CacheDescriptor(GENERIC_ALL);
    PSOCK Sock = Open(AF_INET);

    REQUIRE(Cached != NULL && Sock != NULL);
    EXPECT_STATUS(SetDescriptor(Sock, Cached), STATUS_SUCCESS);
    CloseSock(Sock);
    EXPECT(RtlValidSecurityDescriptor(Cached));
    Sock = Open(AF_INET);
    REQUIRE(Sock != NULL);
    EXPECT_STATUS(SetDescriptor(Sock, Cached), STATUS_SUCCESS); /* it still is what it was */
    EXPECT_STATUS(ReleaseDescriptor(Cached), STATUS_SUCCESS);
}

CONFORMANCE(ENTRY(SEC_01), ENTRY(SEC_02), ENTRY(SEC_03), ENTRY(SEC_04), ENTRY(SEC_05),
            ENTRY(SEC_06), ENTRY(SEC_07), ENTRY(SEC_08), ENTRY(SEC_09))
