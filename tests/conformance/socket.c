/* SPDX-License-Identifier: MIT */
/* socket.c - the points SOCK: WskSocket. */
#include <ntifs.h>

#include "datagram.h"

/* Any WskSocket at all; what it returned is in Request->Returned. */
static NTSTATUS
Create(PREQUEST Request, ADDRESS_FAMILY Family, USHORT Type, ULONG Protocol, ULONG Flags)
{
    return Finish(Request, Cf.Npi.Dispatch->WskSocket(Cf.Npi.Client, Family, Type, Protocol, Flags,
                                                      NULL, NULL, NULL, NULL, NULL, Use(Request)));
}

static PWSK_SOCKET
SocketOf(PREQUEST Request)
{
    return (PWSK_SOCKET)Request->Information;
}

static const WSK_PROVIDER_BASIC_DISPATCH *
BasicOf(PWSK_SOCKET Socket)
{
    return (const WSK_PROVIDER_BASIC_DISPATCH *)Socket->Dispatch;
}

static VOID
Close(PREQUEST Request, PWSK_SOCKET Socket)
{
    EXPECT_STATUS(Finish(Request, BasicOf(Socket)->WskCloseSocket(Socket, Use(Request))),
                  STATUS_SUCCESS);
}

POINT(SOCK_01)
{
    EXPECT_STATUS(Cf.Npi.Dispatch->WskSocket(Cf.Npi.Client, AF_INET, SOCK_DGRAM, IPPROTO_UDP,
                                             WSK_FLAG_DATAGRAM_SOCKET, NULL, NULL, NULL, NULL, NULL,
                                             NULL),
                  STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(Cf.Npi.Dispatch->WskSocket(NULL, AF_INET, SOCK_DGRAM, IPPROTO_UDP,
                                             WSK_FLAG_DATAGRAM_SOCKET, NULL, NULL, NULL, NULL, NULL,
                                             NULL),
                  STATUS_INVALID_PARAMETER);
}

POINT(SOCK_02)
{
    PREQUEST Request = NewRequest();

    EXPECT_STATUS(Finish(Request, Cf.Npi.Dispatch->WskSocket(NULL, AF_INET, SOCK_DGRAM, IPPROTO_UDP,
                                                             WSK_FLAG_DATAGRAM_SOCKET, NULL, NULL,
                                                             NULL, NULL, NULL, Use(Request))),
                  STATUS_INVALID_HANDLE);
    EXPECT_STATUS(Request->Returned, STATUS_INVALID_HANDLE);
    EXPECT_EQ(Request->Information, 0);
}

POINT(SOCK_03)
{
    PREQUEST Request = NewRequest();

    REQUIRE_STATUS(Create(Request, AF_INET, SOCK_DGRAM, IPPROTO_UDP, WSK_FLAG_DATAGRAM_SOCKET),
                   STATUS_SUCCESS);
    EXPECT_STATUS(Request->Returned, STATUS_PENDING);
    REQUIRE(Request->Information != 0);
    Close(Request, SocketOf(Request));
}

POINT(SOCK_04)
{
    PREQUEST Request = NewRequest();
    PWSK_SOCKET First, Second;

    C_ASSERT(FIELD_OFFSET(WSK_SOCKET, Dispatch) == 0);
    REQUIRE_STATUS(Create(Request, AF_INET, SOCK_DGRAM, IPPROTO_UDP, WSK_FLAG_DATAGRAM_SOCKET),
                   STATUS_SUCCESS);
    First = SocketOf(Request);
    EXPECT_STATUS(Create(Request, AF_INET, SOCK_DGRAM, IPPROTO_UDP, WSK_FLAG_DATAGRAM_SOCKET),
                  STATUS_SUCCESS);
    Second = SocketOf(Request);
    EXPECT(First != Second);
    EXPECT(First->Dispatch != NULL && First->Dispatch == Second->Dispatch);
    Close(Request, First);
    Close(Request, Second);
}

/* The categories of datagrams; those of connections have their sections. */
POINT(SOCK_05)
{
    PREQUEST Request = NewRequest();
    const WSK_PROVIDER_DATAGRAM_DISPATCH *Datagram;
    PWSK_SOCKET Socket;

    REQUIRE_STATUS(Create(Request, AF_INET, SOCK_DGRAM, IPPROTO_UDP, WSK_FLAG_BASIC_SOCKET),
                   STATUS_SUCCESS);
    Socket = SocketOf(Request);
    EXPECT(BasicOf(Socket)->WskControlSocket != NULL);
    EXPECT(BasicOf(Socket)->WskCloseSocket != NULL);
    Close(Request, Socket);
    REQUIRE_STATUS(Create(Request, AF_INET, SOCK_DGRAM, IPPROTO_UDP, WSK_FLAG_DATAGRAM_SOCKET),
                   STATUS_SUCCESS);
    Socket = SocketOf(Request);
    Datagram = (const WSK_PROVIDER_DATAGRAM_DISPATCH *)Socket->Dispatch;
    EXPECT(Datagram->WskControlSocket != NULL && Datagram->WskCloseSocket != NULL);
    EXPECT(Datagram->WskBind != NULL && Datagram->WskSendTo != NULL);
    EXPECT(Datagram->WskReceiveFrom != NULL && Datagram->WskRelease != NULL);
    EXPECT(Datagram->WskGetLocalAddress != NULL && Datagram->WskSendMessages != NULL);
    Close(Request, Socket);
}

POINT(SOCK_06)
{
    static const ULONG Flags[] = { WSK_FLAG_DATAGRAM_SOCKET | WSK_FLAG_LISTEN_SOCKET,
                                   WSK_FLAG_DATAGRAM_SOCKET | WSK_FLAG_CONNECTION_SOCKET,
                                   WSK_FLAG_LISTEN_SOCKET | WSK_FLAG_STREAM_SOCKET,
                                   0x10, 0x80000000, WSK_FLAG_DATAGRAM_SOCKET | 0x100 };
    PREQUEST Request = NewRequest();
    ULONG i;

    for (i = 0; i < RTL_NUMBER_OF(Flags); i++) {
        EXPECT_STATUS(Create(Request, AF_INET, SOCK_DGRAM, IPPROTO_UDP, Flags[i]),
                      STATUS_INVALID_PARAMETER);
        EXPECT_EQ(Request->Information, 0);
    }
}

/* Raw sockets need a right that not everybody has; the section RAW asks more of them. */
static VOID
ExpectMade(ADDRESS_FAMILY Family, USHORT Type, ULONG Protocol, ULONG Flags)
{
    PREQUEST Request = NewRequest();
    NTSTATUS Status = Create(Request, Family, Type, Protocol, Flags);

    if (Type == SOCK_RAW && Status == STATUS_ACCESS_DENIED) {
        return;
    }
    if (EXPECT_STATUS(Status, STATUS_SUCCESS)) {
        Close(Request, SocketOf(Request));
    }
}

POINT(SOCK_07)
{
    static const ADDRESS_FAMILY Families[] = { AF_INET, AF_INET6 };
    ULONG i;

    for (i = 0; i < (HasIpv6() ? 2u : 1u); i++) {
        ExpectMade(Families[i], SOCK_STREAM, IPPROTO_TCP, WSK_FLAG_BASIC_SOCKET);
        ExpectMade(Families[i], SOCK_DGRAM, IPPROTO_UDP, WSK_FLAG_BASIC_SOCKET);
        ExpectMade(Families[i], SOCK_DGRAM, IPPROTO_UDP, WSK_FLAG_DATAGRAM_SOCKET);
        ExpectMade(Families[i], SOCK_RAW, 253, WSK_FLAG_BASIC_SOCKET);
        ExpectMade(Families[i], SOCK_RAW, 253, WSK_FLAG_DATAGRAM_SOCKET);
    }
}

POINT(SOCK_08)
{
    SOCKADDR_INET Address = Loopback(AF_INET, 0);
    PREQUEST Request = NewRequest();
    const WSK_PROVIDER_LISTEN_DISPATCH *Listen;
    PWSK_SOCKET Socket;

    REQUIRE_STATUS(Create(Request, AF_INET, SOCK_DGRAM, IPPROTO_UDP, WSK_FLAG_LISTEN_SOCKET),
                   STATUS_SUCCESS);
    Socket = SocketOf(Request);
    Listen = (const WSK_PROVIDER_LISTEN_DISPATCH *)Socket->Dispatch;
    EXPECT_STATUS(Finish(Request, Listen->WskBind(Socket, (PSOCKADDR)&Address, 0, Use(Request))),
                  STATUS_NOT_IMPLEMENTED);
    EXPECT_STATUS(Request->Returned, STATUS_PENDING);
    EXPECT_EQ(Request->Information, 0);
    Close(Request, Socket);
}

POINT(SOCK_09)
{
    static const struct {
        ADDRESS_FAMILY Family;
        USHORT Type;
        ULONG Protocol;
        ULONG Flags;
    } Rows[] = {
        { AF_INET, SOCK_DGRAM, IPPROTO_TCP, WSK_FLAG_DATAGRAM_SOCKET },
        { AF_INET, SOCK_STREAM, IPPROTO_UDP, WSK_FLAG_CONNECTION_SOCKET },
        { AF_INET, SOCK_STREAM, IPPROTO_TCP, WSK_FLAG_DATAGRAM_SOCKET },
        { AF_INET, SOCK_DGRAM, IPPROTO_UDP, WSK_FLAG_CONNECTION_SOCKET },
        { AF_INET, SOCK_DGRAM, IPPROTO_UDP, WSK_FLAG_STREAM_SOCKET },
        { AF_INET, SOCK_DGRAM, 77, WSK_FLAG_DATAGRAM_SOCKET },
        { AF_INET, 77, IPPROTO_UDP, WSK_FLAG_DATAGRAM_SOCKET },
        { AF_UNSPEC, SOCK_DGRAM, IPPROTO_UDP, WSK_FLAG_DATAGRAM_SOCKET },
        { 10, SOCK_DGRAM, IPPROTO_UDP, WSK_FLAG_DATAGRAM_SOCKET }, /* AF_INET6 of some hosts */
        { 77, SOCK_DGRAM, IPPROTO_UDP, WSK_FLAG_DATAGRAM_SOCKET },
    };
    PREQUEST Request = NewRequest();
    ULONG i;

    for (i = 0; i < RTL_NUMBER_OF(Rows); i++) {
        EXPECT_STATUS(Create(Request, Rows[i].Family, Rows[i].Type, Rows[i].Protocol,
                             Rows[i].Flags),
                      STATUS_NOT_SUPPORTED);
        EXPECT_EQ(Request->Information, 0);
    }
}

POINT(SOCK_10)
{
    PREQUEST Request = NewRequest();

    EXPECT_STATUS(Create(Request, AF_INET, SOCK_DGRAM, 0, WSK_FLAG_DATAGRAM_SOCKET),
                  STATUS_NOT_SUPPORTED);
    EXPECT_STATUS(Create(Request, AF_INET, SOCK_STREAM, 0, WSK_FLAG_CONNECTION_SOCKET),
                  STATUS_NOT_SUPPORTED);
    EXPECT_STATUS(Create(Request, AF_INET, SOCK_DGRAM, 0, WSK_FLAG_BASIC_SOCKET),
                  STATUS_NOT_SUPPORTED);
}

POINT(SOCK_11)
{
    static const WSK_CLIENT_DATAGRAM_DISPATCH Empty = { NULL };
    const VOID *Tables[3];
    PREQUEST Request = NewRequest();
    ULONG i;

    Tables[0] = (const VOID *)(ULONG_PTR)0xdeadbeef;
    Tables[1] = NULL;
    Tables[2] = &Empty;
    for (i = 0; i < RTL_NUMBER_OF(Tables); i++) {
        REQUIRE_STATUS(Finish(Request, Cf.Npi.Dispatch->WskSocket(
                                           Cf.Npi.Client, AF_INET, SOCK_DGRAM, IPPROTO_UDP,
                                           WSK_FLAG_DATAGRAM_SOCKET, NULL, Tables[i], NULL, NULL,
                                           NULL, Use(Request))),
                       STATUS_SUCCESS);
        Close(Request, SocketOf(Request));
    }
}

typedef struct _CONTEXT_SEEN {
    PVOID Context;
    KEVENT Called;
} CONTEXT_SEEN;

static CONTEXT_SEEN Seen;

static NTSTATUS WSKAPI
NoteContext(PVOID SocketContext, ULONG Flags, PWSK_DATAGRAM_INDICATION List)
{
    UNREFERENCED_PARAMETER(Flags);
    UNREFERENCED_PARAMETER(List);
    Seen.Context = SocketContext;
    KeSetEvent(&Seen.Called, IO_NO_INCREMENT, FALSE);
    return STATUS_SUCCESS;
}

static const WSK_CLIENT_DATAGRAM_DISPATCH ContextCallbacks = { NoteContext };

/* An unbound socket with any context, for the functions of datagram.h. */
static PSOCK
OpenWithContext(PVOID Context)
{
    PSOCK Sock = NewSock(AF_INET);
    NTSTATUS Status;

    Status = Finish(Sock->Request,
                    Cf.Npi.Dispatch->WskSocket(Cf.Npi.Client, AF_INET, SOCK_DGRAM, IPPROTO_UDP,
                                               WSK_FLAG_DATAGRAM_SOCKET, Context, &ContextCallbacks,
                                               NULL, NULL, NULL, Use(Sock->Request)));
    if (!EXPECT_STATUS(Status, STATUS_SUCCESS)) {
        ExFreePoolWithTag(Sock, CF_TAG);
        return NULL;
    }
    Sock->Socket = SocketOf(Sock->Request);
    Sock->Fn = (const WSK_PROVIDER_DATAGRAM_DISPATCH *)Sock->Socket->Dispatch;
    CfOwn(&Sock->Owned, CF_RANK_SOCKETS, CfCloseSock);
    return Sock;
}

POINT(SOCK_12)
{
    static const ULONG_PTR Contexts[] = { 0, 1, 0xfeedfacecafebeef };
    ULONG i;

    for (i = 0; i < RTL_NUMBER_OF(Contexts); i++) {
        PSOCK Sock = OpenWithContext((PVOID)Contexts[i]);

        REQUIRE(Sock != NULL);
        KeInitializeEvent(&Seen.Called, NotificationEvent, FALSE);
        Seen.Context = &Seen;
        REQUIRE_STATUS(BindTo(Sock, Loopback(AF_INET, 0)), STATUS_SUCCESS);
        REQUIRE_STATUS(EnableEvent(Sock), STATUS_SUCCESS);
        REQUIRE_STATUS(SendText(Sock, &Sock->Local, "text"), STATUS_SUCCESS);
        REQUIRE(WaitFor(&Seen.Called));
        EXPECT(Seen.Context == (PVOID)Contexts[i]);
        CloseSock(Sock);
    }
}

POINT(SOCK_13)
{
    PSOCK Sock = Bound(AF_INET);

    REQUIRE(Sock != NULL);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "one"), STATUS_SUCCESS);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "two"), STATUS_SUCCESS);
    EXPECT(ReceivesText(Sock, "one"));
    EXPECT(ReceivesText(Sock, "two"));
    EXPECT_EQ(ReadAcquire(&Sock->Calls), 0);
}

static PCLIENT
StaticClient(VOID)
{
    WSK_EVENT_CALLBACK_CONTROL Events = { &NPI_WSK_INTERFACE_ID, WSK_EVENT_RECEIVE_FROM };
    PCLIENT Client = NewClient();

    if (Client != NULL &&
        EXPECT_STATUS(Client->Npi.Dispatch->WskControlClient(Client->Npi.Client,
                                                             WSK_SET_STATIC_EVENT_CALLBACKS,
                                                             sizeof(Events), &Events, 0, NULL, NULL,
                                                             NULL),
                      STATUS_SUCCESS)) {
        return Client;
    }
    return NULL;
}

POINT(SOCK_14)
{
    PCLIENT Client = StaticClient();
    PREQUEST Request = NewRequest();
    PWSK_SOCKET Socket;
    ULONG Value = 0;

    REQUIRE(Client != NULL);
    REQUIRE_STATUS(Finish(Request, Client->Npi.Dispatch->WskSocket(
                                       Client->Npi.Client, AF_INET, SOCK_DGRAM, IPPROTO_UDP,
                                       WSK_FLAG_BASIC_SOCKET, NULL, NULL, NULL, NULL, NULL,
                                       Use(Request))),
                   STATUS_SUCCESS);
    Socket = SocketOf(Request);
    EXPECT_STATUS(Finish(Request, BasicOf(Socket)->WskControlSocket(
                                      Socket, WskGetOption, UDP_SEND_MSG_SIZE, IPPROTO_UDP, 0, NULL,
                                      sizeof(Value), &Value, NULL, Use(Request))),
                  STATUS_SUCCESS);
    EXPECT_EQ(Request->Information, sizeof(Value));
    Value = 1;
    EXPECT_STATUS(Finish(Request, BasicOf(Socket)->WskControlSocket(
                                      Socket, WskSetOption, IP_TOS, IPPROTO_IP, sizeof(Value),
                                          &Value,
                                      0, NULL, NULL, Use(Request))),
                  STATUS_SUCCESS);
    Close(Request, Socket);
}

typedef struct _BARRAGE {
    PSOCK Sender;
    SOCKADDR_INET To;
    volatile LONG Stop;
} BARRAGE;

static VOID
SendUntilStopped(PVOID Context)
{
    BARRAGE *Barrage = (BARRAGE *)Context;
    WSK_BUF Buffer = NewBufferOf("early", 5);

    while (ReadAcquire(&Barrage->Stop) == 0) {
        EXPECT_STATUS(SendBuffer(Barrage->Sender, &Buffer, &Barrage->To), STATUS_SUCCESS);
    }
}

static NTSTATUS
CheckContext(PSOCK Sock, ULONG Flags, PWSK_DATAGRAM_INDICATION List)
{
    EXPECT(Sock->HookContext == Sock);
    if (ReadAcquire(&Sock->Calls) == 1) {
        RecordList(Sock, Flags, List);
    }
    return STATUS_SUCCESS;
}

/* Somebody sends to the port already when the socket is bound to it. */
POINT(SOCK_15)
{
    PCLIENT Client = StaticClient();
    BARRAGE Barrage;
    PWORKER Worker;
    PSOCK Sock, Place = Bound(AF_INET);
    NTSTATUS Status;

    REQUIRE(Client != NULL && Place != NULL);
    Barrage.Sender = Bound(AF_INET);
    Barrage.To = Place->Local;
    Barrage.Stop = 0;
    REQUIRE(Barrage.Sender != NULL);
    CloseSock(Place);
    Sock = OpenWith(&Client->Npi, AF_INET, &SockCallbacks);
    REQUIRE(Sock != NULL);
    Sock->Hook = CheckContext;
    Sock->HookContext = Sock;
    Worker = NewWorker(SendUntilStopped, &Barrage);
    Status = Finish(Sock->Request, Sock->Fn->WskBind(Sock->Socket, (PSOCKADDR)&Barrage.To, 0,
                                                     Use(Sock->Request)));
    EXPECT_STATUS(Status, STATUS_SUCCESS);
    if (NT_SUCCESS(Status)) {
        EXPECT(NextIs(Sock, "early"));
    }
    InterlockedIncrement(&Barrage.Stop);
    WaitFor(Worker->Object);
}

POINT(SOCK_16)
{
    PEPROCESS Processes[2];
    PETHREAD Threads[2];
    PREQUEST Request = NewRequest();
    ULONG i;

    Processes[0] = NULL;
    Processes[1] = PsGetCurrentProcess();
    Threads[0] = NULL;
    Threads[1] = PsGetCurrentThread();
    for (i = 0; i < 4; i++) {
        REQUIRE_STATUS(Finish(Request, Cf.Npi.Dispatch->WskSocket(
                                           Cf.Npi.Client, AF_INET, SOCK_DGRAM, IPPROTO_UDP,
                                           WSK_FLAG_DATAGRAM_SOCKET, NULL, NULL, Processes[i & 1],
                                           Threads[i / 2], NULL, Use(Request))),
                       STATUS_SUCCESS);
        Close(Request, SocketOf(Request));
    }
}

/* A descriptor in the self-relative form whose parts are all absent. */
POINT(SOCK_17)
{
    PISECURITY_DESCRIPTOR Descriptor = (PISECURITY_DESCRIPTOR)NewMemory(sizeof(*Descriptor));
    PSECURITY_DESCRIPTOR Original = Descriptor, Cached = NULL, Read = NULL;
    PREQUEST Request = NewRequest();
    const WSK_PROVIDER_DATAGRAM_DISPATCH *Fn;
    PWSK_SOCKET Socket;
    SIZE_T Size = 0;
    NTSTATUS Status;

    Descriptor->Revision = 1;
    Descriptor->Control = 0;
    Status = Cf.Npi.Dispatch->WskControlClient(Cf.Npi.Client, WSK_CACHE_SD, sizeof(Original),
                                               &Original, sizeof(Cached), &Cached, &Size, NULL);
    NEED_IMPLEMENTED(Status);
    REQUIRE_STATUS(Status, STATUS_SUCCESS);
    REQUIRE(Cached != NULL);
    REQUIRE_STATUS(Finish(Request, Cf.Npi.Dispatch->WskSocket(
                                       Cf.Npi.Client, AF_INET, SOCK_DGRAM, IPPROTO_UDP,
                                       WSK_FLAG_DATAGRAM_SOCKET, NULL, NULL, NULL, NULL, Cached,
                                       Use(Request))),
                   STATUS_SUCCESS);
    Socket = SocketOf(Request);
    Fn = (const WSK_PROVIDER_DATAGRAM_DISPATCH *)Socket->Dispatch;
    EXPECT_STATUS(Cf.Npi.Dispatch->WskControlClient(Cf.Npi.Client, WSK_RELEASE_SD, sizeof(Cached),
                                                    &Cached, 0, NULL, NULL, NULL),
                  STATUS_SUCCESS);
    EXPECT_STATUS(Finish(Request, Fn->WskControlSocket(Socket, WskGetOption, SO_WSK_SECURITY,
                                                       SOL_SOCKET, 0, NULL, sizeof(Read), &Read,
                                                           NULL,
                                                       Use(Request))),
                  STATUS_SUCCESS);
    if (EXPECT(Read != NULL)) {
        EXPECT_EQ(((PISECURITY_DESCRIPTOR)Read)->Revision, 1);
        EXPECT_STATUS(Cf.Npi.Dispatch->WskControlClient(Cf.Npi.Client, WSK_RELEASE_SD, sizeof(Read),
                                                        &Read, 0, NULL, NULL, NULL),
                      STATUS_SUCCESS);
    }
    Close(Request, Socket);
}

POINT(SOCK_18)
{
    PREQUEST Request = NewRequest();
    NTSTATUS Returned;
    KIRQL Irql;

    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    Returned = Cf.Npi.Dispatch->WskSocket(Cf.Npi.Client, AF_INET, SOCK_DGRAM, IPPROTO_UDP,
                                          WSK_FLAG_DATAGRAM_SOCKET, NULL, NULL, NULL, NULL, NULL,
                                          Use(Request));
    EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    KeLowerIrql(Irql);
    REQUIRE_STATUS(Finish(Request, Returned), STATUS_SUCCESS);
    Close(Request, SocketOf(Request));
}

CONFORMANCE(ENTRY(SOCK_01), ENTRY(SOCK_02), ENTRY(SOCK_03), ENTRY(SOCK_04), ENTRY(SOCK_05),
            ENTRY(SOCK_06), ENTRY(SOCK_07), ENTRY(SOCK_08), ENTRY(SOCK_09), ENTRY(SOCK_10),
            ENTRY(SOCK_11), ENTRY(SOCK_12), ENTRY(SOCK_13), ENTRY(SOCK_14), ENTRY(SOCK_15),
            ENTRY(SOCK_16), ENTRY(SOCK_17), ENTRY(SOCK_18))
