/* SPDX-License-Identifier: MIT */
/* cli.c - the points CLI: WskControlClient. */
#include "datagram.h"

#include <ntifs.h>

/* A synchronous code of any client. */
static NTSTATUS
ControlOf(const WSK_PROVIDER_NPI *Npi, ULONG Code, SIZE_T InputSize, PVOID Input, SIZE_T OutputSize,
          PVOID Output, SIZE_T *Returned)
{
    return Npi->Dispatch->WskControlClient(Npi->Client, Code, InputSize, Input, OutputSize, Output,
                                           Returned, NULL);
}

static NTSTATUS
Query(SIZE_T Size, PVOID List, SIZE_T *Returned)
{
    return ControlOf(&Cf.Npi, WSK_TRANSPORT_LIST_QUERY, 0, NULL, Size, List, Returned);
}

/* The whole list, and how many entries it has. */
static PWSK_TRANSPORT
Transports(SIZE_T *Count)
{
    PWSK_TRANSPORT List;
    SIZE_T Size = 0;

    *Count = 0;
    if (!EXPECT_STATUS(Query(0, NULL, &Size), STATUS_BUFFER_OVERFLOW)) {
        return NULL;
    }
    List = (PWSK_TRANSPORT)NewMemory(Size);
    if (!EXPECT_STATUS(Query(Size, List, &Size), STATUS_SUCCESS)) {
        return NULL;
    }
    *Count = Size / sizeof(*List);
    return List;
}

static NTSTATUS
AwaitChange(const WSK_PROVIDER_NPI *Npi, PREQUEST Request)
{
    return Npi->Dispatch->WskControlClient(Npi->Client, WSK_TRANSPORT_LIST_CHANGE, 0, NULL, 0, NULL,
                                           NULL, Use(Request));
}

static NTSTATUS
SetStatic(const WSK_PROVIDER_NPI *Npi, ULONG Mask)
{
    WSK_EVENT_CALLBACK_CONTROL Events = { &NPI_WSK_INTERFACE_ID, Mask };

    return ControlOf(Npi, WSK_SET_STATIC_EVENT_CALLBACKS, sizeof(Events), &Events, 0, NULL, NULL);
}

/* Whether the event comes without having been enabled. */
static BOOLEAN
HearsByItself(const WSK_PROVIDER_NPI *Npi)
{
    PSOCK Sock = OpenWith(Npi, AF_INET, &SockCallbacks);
    BOOLEAN Hears;

    if (Sock == NULL || !EXPECT_STATUS(BindTo(Sock, Loopback(AF_INET, 0)), STATUS_SUCCESS) ||
        !EXPECT_STATUS(SendText(Sock, &Sock->Local, "static"), STATUS_SUCCESS)) {
        return FALSE;
    }
    /* Without the event the datagram waits for whoever receives it. */
    if (Npi == &Cf.Npi) {
        Hears = !ReceivesText(Sock, "static");
    } else {
        Hears = NextIs(Sock, "static");
    }
    CloseSock(Sock);
    return Hears;
}

POINT(CLI_01)
{
    ULONG Behavior = WSK_TDI_BEHAVIOR_BYPASS_TDI;
    SIZE_T Size = 0;

    EXPECT_STATUS(Query(0, NULL, &Size), STATUS_BUFFER_OVERFLOW);
    EXPECT(ControlOf(&Cf.Npi, WSK_TDI_BEHAVIOR, sizeof(Behavior), &Behavior, 0, NULL, NULL) !=
           STATUS_PENDING);
    EXPECT(ControlOf(&Cf.Npi, WSK_TDI_DEVICENAME_MAPPING, 0, NULL, 0, NULL, NULL) !=
           STATUS_PENDING);
}

POINT(CLI_02)
{
    static const ULONG Codes[] = { WSK_TRANSPORT_LIST_QUERY, WSK_CACHE_SD, WSK_RELEASE_SD,
                                   WSK_SET_STATIC_EVENT_CALLBACKS, WSK_TDI_BEHAVIOR,
                                   WSK_TDI_DEVICENAME_MAPPING };
    PREQUEST Request = NewRequest();
    UCHAR Input[64] = { 0 };
    SIZE_T Size;
    ULONG i;

    for (i = 0; i < RTL_NUMBER_OF(Codes); i++) {
        EXPECT_STATUS(Finish(Request,
                             Cf.Npi.Dispatch->WskControlClient(Cf.Npi.Client, Codes[i],
                                                               sizeof(PVOID), Input, sizeof(PVOID),
                                                               Input, &Size, Use(Request))),
                      STATUS_INVALID_PARAMETER);
    }
}

POINT(CLI_03)
{
    PREQUEST Request = NewRequest();

    EXPECT_STATUS(ControlOf(&Cf.Npi, 1, 0, NULL, 0, NULL, NULL), STATUS_NOT_SUPPORTED);
    EXPECT_STATUS(ControlOf(&Cf.Npi, 0x7fffffff, 0, NULL, 0, NULL, NULL), STATUS_NOT_SUPPORTED);
    EXPECT_STATUS(Finish(Request, Cf.Npi.Dispatch->WskControlClient(Cf.Npi.Client, 77, 0, NULL, 0,
                                                                    NULL, NULL, Use(Request))),
                  STATUS_NOT_SUPPORTED);
}

POINT(CLI_04)
{
    ULONG Behavior = WSK_TDI_BEHAVIOR_BYPASS_TDI;
    PREQUEST Request = NewRequest();
    PCLIENT Client = NewClient();
    NTSTATUS Status, Returned;
    SIZE_T Size = 0;
    KIRQL Irql;

    REQUIRE(Client != NULL);
    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    EXPECT_STATUS(Query(0, NULL, &Size), STATUS_BUFFER_OVERFLOW);
    EXPECT_STATUS(SetStatic(&Client->Npi, WSK_EVENT_RECEIVE_FROM), STATUS_SUCCESS);
    Status = ControlOf(&Cf.Npi, WSK_TDI_BEHAVIOR, sizeof(Behavior), &Behavior, 0, NULL, NULL);
    Returned = AwaitChange(&Client->Npi, Request);
    IoCancelIrp(Request->Irp);
    KeLowerIrql(Irql);
    EXPECT_STATUS(Status, STATUS_SUCCESS);
    EXPECT_STATUS(Finish(Request, Returned), STATUS_CANCELLED);
}

POINT(CLI_05)
{
    SIZE_T Size = ~(SIZE_T)0;
    ULONG Behavior = 0;
    UCHAR List[1024];

    EXPECT_STATUS(Query(0, NULL, &Size), STATUS_BUFFER_OVERFLOW);
    EXPECT(Size < sizeof(List)); /* all 64 bits are written */
    EXPECT_STATUS(Query(sizeof(List), List, NULL), STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(ControlOf(&Cf.Npi, WSK_TDI_BEHAVIOR, sizeof(Behavior), &Behavior, 0, NULL, NULL),
                  STATUS_SUCCESS);
}

POINT(CLI_06)
{
    SIZE_T Size = 0;

    EXPECT_STATUS(Query(0, NULL, &Size), STATUS_BUFFER_OVERFLOW);
    EXPECT(Size != 0);
    EXPECT_EQ(Size % sizeof(WSK_TRANSPORT), 0);
}

POINT(CLI_07)
{
    SIZE_T Whole = 0, Size, Room;
    PUCHAR Bytes;

    REQUIRE_STATUS(Query(0, NULL, &Whole), STATUS_BUFFER_OVERFLOW);
    Bytes = (PUCHAR)NewMemory(Whole);
    for (Room = 1; Room < Whole; Room++) {
        RtlFillMemory(Bytes, Whole, 0xcc);
        Size = 0;
        EXPECT_STATUS(Query(Room, Bytes, &Size), STATUS_BUFFER_OVERFLOW);
        EXPECT_EQ(Size, Whole);
        EXPECT(CfIsFilled(Bytes + Room, Whole - Room, 0xcc));
    }
}

POINT(CLI_08)
{
    SIZE_T Whole = 0, Size = 0;
    PUCHAR Bytes;

    REQUIRE_STATUS(Query(0, NULL, &Whole), STATUS_BUFFER_OVERFLOW);
    Bytes = (PUCHAR)NewMemory(Whole + 100);
    RtlFillMemory(Bytes, Whole + 100, 0xcc);
    EXPECT_STATUS(Query(Whole, Bytes, &Size), STATUS_SUCCESS);
    EXPECT_EQ(Size, Whole);
    EXPECT_STATUS(Query(Whole + 100, Bytes, &Size), STATUS_SUCCESS);
    EXPECT_EQ(Size, Whole);
    EXPECT(CfIsFilled(Bytes + Whole, 100, 0xcc));
}

POINT(CLI_09)
{
    WSK_TRANSPORT First;
    SIZE_T Size = sizeof(First);
    PVOID List = &First;
    NTSTATUS Status;
    ULONG Rounds;

    Status = Query(Size, List, &Size);
    for (Rounds = 0; Status == STATUS_BUFFER_OVERFLOW && Rounds < 3; Rounds++) {
        List = NewMemory(Size);
        Status = Query(Size, List, &Size);
    }
    EXPECT_STATUS(Status, STATUS_SUCCESS);
    EXPECT_EQ(Size % sizeof(WSK_TRANSPORT), 0);
}

/* Whether a socket of the transport can be made. */
static BOOLEAN
CanBeMade(ADDRESS_FAMILY Family, USHORT Type, ULONG Protocol)
{
    PREQUEST Request = NewRequest();
    PWSK_SOCKET Socket;
    NTSTATUS Status;

    Status = Finish(Request, Cf.Npi.Dispatch->WskSocket(Cf.Npi.Client, Family, Type, Protocol,
                                                        WSK_FLAG_BASIC_SOCKET, NULL, NULL, NULL,
                                                        NULL, NULL, Use(Request)));
    if (!NT_SUCCESS(Status)) {
        return FALSE;
    }
    Socket = (PWSK_SOCKET)Request->Information;
    EXPECT_STATUS(Finish(Request, ((const WSK_PROVIDER_BASIC_DISPATCH *)Socket->Dispatch)
                                      ->WskCloseSocket(Socket, Use(Request))),
                  STATUS_SUCCESS);
    return TRUE;
}

static BOOLEAN
IsListed(const WSK_TRANSPORT *List, SIZE_T Count, ADDRESS_FAMILY Family, USHORT Type,
         ULONG Protocol)
{
    SIZE_T i;

    for (i = 0; i < Count; i++) {
        if (List[i].AddressFamily == Family && List[i].SocketType == Type &&
            List[i].Protocol == Protocol) {
            return TRUE;
        }
    }
    return FALSE;
}

POINT(CLI_10)
{
    SIZE_T Count, i;
    PWSK_TRANSPORT List = Transports(&Count);

    REQUIRE(List != NULL);
    EXPECT(IsListed(List, Count, AF_INET, SOCK_STREAM, IPPROTO_TCP));
    EXPECT(IsListed(List, Count, AF_INET, SOCK_DGRAM, IPPROTO_UDP));
    EXPECT_EQ(IsListed(List, Count, AF_INET6, SOCK_DGRAM, IPPROTO_UDP),
              CanBeMade(AF_INET6, SOCK_DGRAM, IPPROTO_UDP));
    EXPECT_EQ(IsListed(List, Count, AF_INET6, SOCK_STREAM, IPPROTO_TCP),
              CanBeMade(AF_INET6, SOCK_STREAM, IPPROTO_TCP));
    for (i = 0; i < Count; i++) {
        EXPECT(CanBeMade(List[i].AddressFamily, List[i].SocketType, List[i].Protocol));
    }
}

POINT(CLI_11)
{
    SIZE_T Count, i;
    PWSK_TRANSPORT List = Transports(&Count);

    REQUIRE(List != NULL);
    for (i = 0; i < Count; i++) {
        EXPECT(List[i].AddressFamily == AF_INET || List[i].AddressFamily == AF_INET6);
    }
}

POINT(CLI_12)
{
    SIZE_T Count, Again, i, j;
    PWSK_TRANSPORT List = Transports(&Count), Second = Transports(&Again);

    REQUIRE(List != NULL && Second != NULL);
    REQUIRE(Count == Again);
    for (i = 0; i < Count; i++) {
        EXPECT(List[i].Version >= MAKE_WSK_VERSION(1, 0));
        EXPECT(RtlEqualMemory(&List[i].ProviderId, &Second[i].ProviderId, sizeof(GUID)));
        for (j = 0; j < i; j++) {
            EXPECT_EQ(RtlEqualMemory(&List[i].ProviderId, &List[j].ProviderId, sizeof(GUID)),
                      List[i].AddressFamily == List[j].AddressFamily);
        }
    }
}

/*
 * That it ends at a change only another host could show; here it waits, reads nothing, and can be
 * taken back.
 */
POINT(CLI_13)
{
    PREQUEST Request = NewRequest();
    PVOID Nonsense = (PVOID)(ULONG_PTR)0x10;
    NTSTATUS Returned;
    PSOCK Sock;

    Returned = Cf.Npi.Dispatch->WskControlClient(Cf.Npi.Client, WSK_TRANSPORT_LIST_CHANGE, 99,
                                                 Nonsense, 99, Nonsense, (SIZE_T *)Nonsense,
                                                 Use(Request));
    EXPECT_STATUS(Returned, STATUS_PENDING);
    Sock = Bound(AF_INET); /* sockets and datagrams are no change */
    REQUIRE(Sock != NULL);
    EXPECT_STATUS(SendText(Sock, &Sock->Local, "x"), STATUS_SUCCESS);
    EXPECT(ReceivesText(Sock, "x"));
    EXPECT(!IsCompleted(Request));
    IoCancelIrp(Request->Irp);
    EXPECT_STATUS(Finish(Request, Returned), STATUS_CANCELLED);
}

POINT(CLI_14)
{
    EXPECT_STATUS(ControlOf(&Cf.Npi, WSK_TRANSPORT_LIST_CHANGE, 0, NULL, 0, NULL, NULL),
                  STATUS_INVALID_PARAMETER);
}

POINT(CLI_15)
{
    PREQUEST One = NewRequest(), Two = NewRequest(), Three = NewRequest();
    PCLIENT Client = NewClient();
    NTSTATUS First, Second, Third;

    REQUIRE(Client != NULL);
    First = AwaitChange(&Cf.Npi, One);
    Second = AwaitChange(&Cf.Npi, Two);
    Third = AwaitChange(&Client->Npi, Three);
    EXPECT_STATUS(First, STATUS_PENDING);
    EXPECT_STATUS(Second, STATUS_PENDING);
    EXPECT(IoCancelIrp(Two->Irp));
    EXPECT_STATUS(Finish(Two, Second), STATUS_CANCELLED);
    EXPECT_EQ(Two->Information, 0);
    EXPECT(!IsCompleted(One));
    EndClient(Client); /* cancels its own */
    EXPECT_STATUS(Finish(Three, Third), STATUS_CANCELLED);
    EXPECT(!IsCompleted(One));
    IoCancelIrp(One->Irp);
    EXPECT_STATUS(Finish(One, First), STATUS_CANCELLED);
}

POINT(CLI_16)
{
    PCLIENT Client = NewClient();
    NPIID Copy = NPI_WSK_INTERFACE_ID;
    WSK_EVENT_CALLBACK_CONTROL Events = { &Copy, WSK_EVENT_RECEIVE_FROM };

    REQUIRE(Client != NULL);
    EXPECT_STATUS(ControlOf(&Client->Npi, WSK_SET_STATIC_EVENT_CALLBACKS, sizeof(Events) - 1,
                            &Events, 0, NULL, NULL),
                  STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(ControlOf(&Client->Npi, WSK_SET_STATIC_EVENT_CALLBACKS, sizeof(Events), &Events,
                            0, NULL, NULL),
                  STATUS_SUCCESS);
    EXPECT(HearsByItself(&Client->Npi));
}

POINT(CLI_17)
{
    PCLIENT Client = NewClient();

    REQUIRE(Client != NULL);
    EXPECT_STATUS(SetStatic(&Client->Npi, WSK_EVENT_RECEIVE_FROM | WSK_EVENT_RECEIVE |
                                              WSK_EVENT_ACCEPT | WSK_EVENT_DISCONNECT |
                                              WSK_EVENT_SEND_BACKLOG),
                  STATUS_SUCCESS);
    EXPECT(HearsByItself(&Client->Npi));
}

POINT(CLI_18)
{
    PCLIENT Client = NewClient();

    REQUIRE(Client != NULL);
    EXPECT_STATUS(SetStatic(&Client->Npi, WSK_EVENT_RECEIVE_FROM), STATUS_SUCCESS);
    EXPECT(!HearsByItself(&Cf.Npi)); /* another registration */
    EXPECT(HearsByItself(&Client->Npi));
    EXPECT(HearsByItself(&Client->Npi));
}

POINT(CLI_19)
{
    PCLIENT Client = NewClient();
    NPIID Other = NPI_WSK_INTERFACE_ID;
    WSK_EVENT_CALLBACK_CONTROL Events = { &Other, WSK_EVENT_RECEIVE_FROM };

    REQUIRE(Client != NULL);
    Other.Data1++;
    EXPECT_STATUS(ControlOf(&Client->Npi, WSK_SET_STATIC_EVENT_CALLBACKS, sizeof(Events), &Events,
                            0, NULL, NULL),
                  STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(SetStatic(&Client->Npi, 1), STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(SetStatic(&Client->Npi, WSK_EVENT_RECEIVE_FROM), STATUS_SUCCESS);
    REQUIRE(OpenWith(&Client->Npi, AF_INET, &SockCallbacks) != NULL);
    EXPECT_STATUS(SetStatic(&Client->Npi, 0), STATUS_INVALID_DEVICE_STATE);
    EXPECT(HearsByItself(&Client->Npi)); /* nothing was changed */
}

/* --- Security descriptors -------------------------------------------------------------------- */

static PSECURITY_DESCRIPTOR
Cache(PSECURITY_DESCRIPTOR Descriptor)
{
    PSECURITY_DESCRIPTOR Cached = NULL;

    EXPECT_STATUS(ControlOf(&Cf.Npi, WSK_CACHE_SD, sizeof(Descriptor), &Descriptor, sizeof(Cached),
                            &Cached, NULL),
                  STATUS_SUCCESS);
    return Cached;
}

static NTSTATUS
Release(PSECURITY_DESCRIPTOR Cached)
{
    return ControlOf(&Cf.Npi, WSK_RELEASE_SD, sizeof(Cached), &Cached, 0, NULL, NULL);
}

POINT(CLI_20)
{
    SECURITY_DESCRIPTOR Original;
    PSECURITY_DESCRIPTOR Pointer = &Original, Cached;
    BOOLEAN Present = FALSE, Defaulted;
    PACL Found = NULL;
    ACL Nobody;

    RtlCreateSecurityDescriptor(&Original, SECURITY_DESCRIPTOR_REVISION);
    RtlCreateAcl(&Nobody, sizeof(Nobody), ACL_REVISION);
    RtlSetDaclSecurityDescriptor(&Original, TRUE, &Nobody, FALSE);
    EXPECT_STATUS(ControlOf(&Cf.Npi, WSK_CACHE_SD, 4, &Pointer, sizeof(Cached), &Cached, NULL),
                  STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(ControlOf(&Cf.Npi, WSK_CACHE_SD, sizeof(Pointer), &Pointer, 4, &Cached, NULL),
                  STATUS_INVALID_PARAMETER);
    Cached = Cache(&Original);
    REQUIRE(Cached != NULL);
    EXPECT(Cached != (PSECURITY_DESCRIPTOR)&Original);
    RtlFillMemory(&Nobody, sizeof(Nobody), 0xcc);
    RtlFillMemory(&Original, sizeof(Original), 0xcc);
    EXPECT(RtlValidSecurityDescriptor(Cached));
    EXPECT_STATUS(RtlGetDaclSecurityDescriptor(Cached, &Present, &Found, &Defaulted),
                  STATUS_SUCCESS);
    EXPECT(Present && Found != NULL && Found->AceCount == 0);
    EXPECT_STATUS(Release(Cached), STATUS_SUCCESS);
}

POINT(CLI_21)
{
    SECURITY_DESCRIPTOR Original;
    PSECURITY_DESCRIPTOR Cached, Read = NULL;
    PSOCK Sock = Open(AF_INET);

    REQUIRE(Sock != NULL);
    RtlCreateSecurityDescriptor(&Original, SECURITY_DESCRIPTOR_REVISION);
    Cached = Cache(&Original);
    REQUIRE(Cached != NULL);
    EXPECT_STATUS(Control(Sock, WskSetOption, SOL_SOCKET, SO_WSK_SECURITY, &Cached, sizeof(Cached),
                          NULL, 0),
                  STATUS_SUCCESS);
    EXPECT_STATUS(Release(Cached), STATUS_SUCCESS); /* the socket has its own reference */
    EXPECT_STATUS(Control(Sock, WskGetOption, SOL_SOCKET, SO_WSK_SECURITY, NULL, 0, &Read,
                          sizeof(Read)),
                  STATUS_SUCCESS);
    REQUIRE(Read != NULL);
    EXPECT(RtlValidSecurityDescriptor(Read));
    EXPECT_STATUS(Release(Read), STATUS_SUCCESS);
}

POINT(CLI_22)
{
    ULONG Behavior = WSK_TDI_BEHAVIOR_BYPASS_TDI;

    EXPECT_STATUS(ControlOf(&Cf.Npi, WSK_TDI_BEHAVIOR, sizeof(Behavior), &Behavior, 0, NULL, NULL),
                  STATUS_SUCCESS);
}

POINT(CLI_23)
{
    UCHAR Input[64] = { 0 };

    EXPECT_STATUS(ControlOf(&Cf.Npi, WSK_TDI_DEVICENAME_MAPPING, sizeof(Input), Input, 0, NULL,
                            NULL),
                  STATUS_NOT_SUPPORTED);
}

CONFORMANCE(ENTRY(CLI_01), ENTRY(CLI_02), ENTRY(CLI_03), ENTRY(CLI_04), ENTRY(CLI_05),
            ENTRY(CLI_06), ENTRY(CLI_07), ENTRY(CLI_08), ENTRY(CLI_09), ENTRY(CLI_10),
            ENTRY(CLI_11), ENTRY(CLI_12), ENTRY(CLI_13), ENTRY(CLI_14), ENTRY(CLI_15),
            ENTRY(CLI_16), ENTRY(CLI_17), ENTRY(CLI_18), ENTRY(CLI_19), ENTRY(CLI_20),
            ENTRY(CLI_21), ENTRY(CLI_22), ENTRY(CLI_23))
