/* SPDX-License-Identifier: MIT */
/* bind.c - the points BIND: WskBind and WskGetLocalAddress. BIND-18 stands in network.c. */
#include "datagram.h"

static NTSTATUS
Bind(PSOCK Sock, PSOCKADDR Address, ULONG Flags)
{
    return Finish(Sock->Request,
                  Sock->Fn->WskBind(Sock->Socket, Address, Flags, Use(Sock->Request)));
}

POINT(BIND_01)
{
    PSOCK Sock = Open(AF_INET);
    SOCKADDR_INET Address = Loopback(AF_INET, 0);

    REQUIRE(Sock != NULL);
    EXPECT_STATUS(Bind(Sock, (PSOCKADDR)&Address, 0), STATUS_SUCCESS);
    EXPECT_STATUS(Sock->Request->Returned, STATUS_PENDING);
    EXPECT_EQ(Sock->Request->Information, 0);
}

/* A sanitized build sees a read behind the address, which ends where its memory does. */
POINT(BIND_02)
{
    PSOCK Sock = Open(AF_INET);
    PSOCKADDR_IN Address = (PSOCKADDR_IN)NewMemory(sizeof(*Address));
    PREQUEST Request = NewRequest();
    SOCKADDR_INET Local;
    NTSTATUS Returned;

    REQUIRE(Sock != NULL);
    *Address = Loopback(AF_INET, 0).Ipv4;
    Returned = Sock->Fn->WskBind(Sock->Socket, (PSOCKADDR)Address, 0, Use(Request));
    RtlFillMemory(Address, sizeof(*Address), 0xee);
    REQUIRE_STATUS(Finish(Request, Returned), STATUS_SUCCESS);
    REQUIRE_STATUS(GetLocal(Sock, &Local), STATUS_SUCCESS);
    EXPECT_EQ(Local.Ipv4.sin_addr.S_un.S_addr, RtlUlongByteSwap(0x7f000001));
    if (HasIpv6()) {
        PSOCKADDR_IN6 Address6 = (PSOCKADDR_IN6)NewMemory(sizeof(*Address6));

        Sock = Open(AF_INET6);
        REQUIRE(Sock != NULL);
        *Address6 = Loopback(AF_INET6, 0).Ipv6;
        EXPECT_STATUS(Bind(Sock, (PSOCKADDR)Address6, 0), STATUS_SUCCESS);
    }
}

POINT(BIND_03)
{
    static const ADDRESS_FAMILY Families[] = { AF_INET, AF_INET6 };
    ULONG i;

    for (i = 0; i < (HasIpv6() ? 2u : 1u); i++) {
        PSOCK First = Open(Families[i]), Second = Open(Families[i]);

        REQUIRE(First != NULL && Second != NULL);
        EXPECT_STATUS(BindTo(First, Wildcard(Families[i], 0)), STATUS_SUCCESS);
        EXPECT_STATUS(BindTo(Second, Wildcard(Families[i], 0)), STATUS_SUCCESS);
        EXPECT(PortOf(&First->Local) != 0);
        EXPECT(PortOf(&Second->Local) != 0);
        EXPECT(PortOf(&First->Local) != PortOf(&Second->Local));
    }
}

POINT(BIND_04)
{
    static const ULONG Addresses[] = { 0x7f000001, 0x7f000002, 0x7f7f7f7f };
    PSOCK Server = Open(AF_INET), Client = Bound(AF_INET);
    ULONG i;

    REQUIRE(Server != NULL && Client != NULL);
    REQUIRE_STATUS(BindTo(Server, Wildcard(AF_INET, 0)), STATUS_SUCCESS);
    for (i = 0; i < RTL_NUMBER_OF(Addresses); i++) {
        SOCKADDR_INET To = Ipv4(Addresses[i], PortOf(&Server->Local));
        SOCKADDR_INET Routed = Ipv4(0x7f000001, PortOf(&Server->Local));
        PRECEIVE Receive;

        REQUIRE_STATUS(SendText(Client, &To, "question"), STATUS_SUCCESS);
        EXPECT(ReceivesText(Server, "question"));
        REQUIRE_STATUS(SendText(Server, &Client->Local, "answer"), STATUS_SUCCESS);
        Receive = StartReceive(Client, 64);
        EXPECT(ReceiveIs(Receive, "answer"));
        EXPECT(SameAddress(&Receive->From, &Routed));
    }
}

POINT(BIND_05)
{
    PSOCK Sock = Open(AF_INET);

    REQUIRE(Sock != NULL);
    EXPECT_STATUS(BindTo(Sock, Ipv4(0xefc0c0c2, 0)), STATUS_SUCCESS);
    EXPECT_EQ(Sock->Local.Ipv4.sin_addr.S_un.S_addr, RtlUlongByteSwap(0xefc0c0c2));
    EXPECT(PortOf(&Sock->Local) != 0);
    if (HasIpv6()) {
        SOCKADDR_INET Group = Wildcard(AF_INET6, 0);

        Sock = Open(AF_INET6);
        REQUIRE(Sock != NULL);
        Group.Ipv6.sin6_addr.u.Byte[0] = 0xff;
        Group.Ipv6.sin6_addr.u.Byte[1] = 0x15;
        Group.Ipv6.sin6_addr.u.Byte[15] = 9;
        EXPECT_STATUS(BindTo(Sock, Group), STATUS_SUCCESS);
    }
}

POINT(BIND_06)
{
    PSOCK Sock = Open(AF_INET);
    SOCKADDR_INET Foreign = Loopback(AF_INET6, 0), Odd = Loopback(AF_INET, 0);

    REQUIRE(Sock != NULL);
    EXPECT_STATUS(Bind(Sock, (PSOCKADDR)&Foreign, 0), STATUS_INVALID_ADDRESS_COMPONENT);
    EXPECT_EQ(Sock->Request->Information, 0);
    Odd.si_family = 10; /* what some hosts call AF_INET6 */
    EXPECT_STATUS(Bind(Sock, (PSOCKADDR)&Odd, 0), STATUS_INVALID_ADDRESS_COMPONENT);
    if (HasIpv6()) {
        Sock = Open(AF_INET6);
        REQUIRE(Sock != NULL);
        Foreign = Loopback(AF_INET, 0);
        EXPECT_STATUS(Bind(Sock, (PSOCKADDR)&Foreign, 0), STATUS_INVALID_ADDRESS_COMPONENT);
    }
}

POINT(BIND_07)
{
    PSOCK Sock = Open(AF_INET);
    SOCKADDR_INET Elsewhere = Ipv4(0xc0000201, 0); /* 192.0.2.1, of the documentation */

    REQUIRE(Sock != NULL);
    EXPECT_STATUS(Bind(Sock, (PSOCKADDR)&Elsewhere, 0), STATUS_INVALID_ADDRESS_COMPONENT);
    EXPECT_EQ(Sock->Request->Information, 0);
    if (HasIpv6()) {
        Sock = Open(AF_INET6);
        REQUIRE(Sock != NULL);
        Elsewhere = Loopback(AF_INET6, 0);
        Elsewhere.Ipv6.sin6_addr.u.Byte[0] = 0x20;
        Elsewhere.Ipv6.sin6_addr.u.Byte[1] = 0x01;
        Elsewhere.Ipv6.sin6_addr.u.Byte[2] = 0x0d;
        Elsewhere.Ipv6.sin6_addr.u.Byte[3] = 0xb8;
        EXPECT_STATUS(Bind(Sock, (PSOCKADDR)&Elsewhere, 0), STATUS_INVALID_ADDRESS_COMPONENT);
    }
}

POINT(BIND_08)
{
    PSOCK First = Bound(AF_INET), Second = Open(AF_INET), Wide = Open(AF_INET),
          Third = Open(AF_INET);

    REQUIRE(First != NULL && Second != NULL && Wide != NULL && Third != NULL);
    EXPECT_STATUS(BindTo(Second, First->Local), STATUS_ADDRESS_ALREADY_EXISTS);
    EXPECT_EQ(Second->Request->Information, 0);
    REQUIRE_STATUS(BindTo(Wide, Wildcard(AF_INET, 0)), STATUS_SUCCESS);
    EXPECT_STATUS(BindTo(Third, Wide->Local), STATUS_ADDRESS_ALREADY_EXISTS);
}

POINT(BIND_09)
{
    PSOCK Busy = Bound(AF_INET), Sock = Open(AF_INET);

    REQUIRE(Busy != NULL && Sock != NULL);
    EXPECT_STATUS(BindTo(Sock, Busy->Local), STATUS_ADDRESS_ALREADY_EXISTS);
    EXPECT_STATUS(BindTo(Sock, Ipv4(0xc0000201, 0)), STATUS_INVALID_ADDRESS_COMPONENT);
    EXPECT_STATUS(SendText(Sock, &Busy->Local, "unbound"), STATUS_INVALID_DEVICE_STATE);
    EXPECT_STATUS(BindTo(Sock, Loopback(AF_INET, 0)), STATUS_SUCCESS);
    REQUIRE_STATUS(SendText(Sock, &Busy->Local, "bound"), STATUS_SUCCESS);
    EXPECT(ReceivesText(Busy, "bound"));
}

POINT(BIND_10)
{
    PSOCK Sock = Bound(AF_INET);
    SOCKADDR_INET Before, Another = Loopback(AF_INET, 0);

    REQUIRE(Sock != NULL);
    Before = Sock->Local;
    EXPECT_STATUS(Bind(Sock, (PSOCKADDR)&Another, 0), STATUS_INVALID_DEVICE_STATE);
    EXPECT_EQ(Sock->Request->Information, 0);
    EXPECT_STATUS(Bind(Sock, (PSOCKADDR)&Before, 0), STATUS_INVALID_DEVICE_STATE);
    REQUIRE_STATUS(GetLocal(Sock, &Sock->Local), STATUS_SUCCESS);
    EXPECT(SameAddress(&Before, &Sock->Local));
}

/* A basic socket's table ends behind WskCloseSocket, which is what its type says. */
POINT(BIND_11)
{
    PREQUEST Request = NewRequest();
    PSOCK Sock = Bound(AF_INET);
    const WSK_PROVIDER_BASIC_DISPATCH *Basic;
    PWSK_SOCKET Socket;

    REQUIRE(Sock != NULL);
    REQUIRE_STATUS(Finish(Request, Cf.Npi.Dispatch->WskSocket(Cf.Npi.Client, AF_INET, SOCK_DGRAM,
                                                              IPPROTO_UDP, WSK_FLAG_BASIC_SOCKET,
                                                              NULL, NULL, NULL, NULL, NULL,
                                                              Use(Request))),
                   STATUS_SUCCESS);
    Socket = (PWSK_SOCKET)Request->Information;
    Basic = (const WSK_PROVIDER_BASIC_DISPATCH *)Socket->Dispatch;
    C_ASSERT(sizeof(*Basic) == 2 * sizeof(PVOID));
    EXPECT((PVOID)Basic != (PVOID)Sock->Fn);
    EXPECT_STATUS(Finish(Request, Basic->WskCloseSocket(Socket, Use(Request))), STATUS_SUCCESS);
}

POINT(BIND_12)
{
    PSOCK Sock = Open(AF_INET), Receiver = Bound(AF_INET);
    WSK_BUF_LIST List = { NULL, NewBufferOf("text", 4) };
    SOCKADDR_INET Local;
    PRECEIVE Receive;

    REQUIRE(Sock != NULL && Receiver != NULL);
    EXPECT_STATUS(SendText(Sock, &Receiver->Local, "text"), STATUS_INVALID_DEVICE_STATE);
    EXPECT_EQ(Sock->Request->Information, 0);
    EXPECT_STATUS(Finish(Sock->Request,
                         Sock->Fn->WskSendMessages(Sock->Socket, &List, 0,
                                                   (PSOCKADDR)&Receiver->Local, 0, NULL,
                                                   Use(Sock->Request))),
                  STATUS_INVALID_DEVICE_STATE);
    EXPECT_EQ(Sock->Request->Information, 0);
    Receive = StartReceive(Sock, 64);
    EXPECT_STATUS(EndReceive(Receive), STATUS_INVALID_DEVICE_STATE);
    EXPECT_EQ(Receive->Request->Information, 0);
    EXPECT_STATUS(GetLocal(Sock, &Local), STATUS_INVALID_DEVICE_STATE);
}

POINT(BIND_13)
{
    PSOCK Sock = Open(AF_INET);
    PUCHAR Memory = (PUCHAR)NewMemory(64);

    REQUIRE(Sock != NULL);
    REQUIRE_STATUS(BindTo(Sock, Wildcard(AF_INET, 0)), STATUS_SUCCESS);
    RtlFillMemory(Memory, 64, 0xcc);
    REQUIRE_STATUS(GetLocal(Sock, (PSOCKADDR_INET)Memory), STATUS_SUCCESS);
    EXPECT(Sock->Request->Returned == STATUS_PENDING || Sock->Request->Returned == STATUS_SUCCESS);
    EXPECT_EQ(((PSOCKADDR_IN)Memory)->sin_family, AF_INET);
    EXPECT_EQ(((PSOCKADDR_IN)Memory)->sin_addr.S_un.S_addr, 0);
    EXPECT(((PSOCKADDR_IN)Memory)->sin_port != 0);
    EXPECT(CfIsFilled(Memory + sizeof(SOCKADDR_IN), 64 - sizeof(SOCKADDR_IN), 0xcc));
    if (HasIpv6()) {
        Sock = Open(AF_INET6);
        REQUIRE(Sock != NULL);
        REQUIRE_STATUS(BindTo(Sock, Wildcard(AF_INET6, 0)), STATUS_SUCCESS);
        EXPECT_EQ(Sock->Local.si_family, AF_INET6);
        EXPECT(CfIsFilled(&Sock->Local.Ipv6.sin6_addr, 16, 0));
        EXPECT(PortOf(&Sock->Local) != 0);
    }
}

POINT(BIND_14)
{
    PSOCK Sock = Open(AF_INET);
    SOCKADDR_INET Local;

    REQUIRE(Sock != NULL);
    RtlFillMemory(&Local, sizeof(Local), 0xcc);
    EXPECT_STATUS(GetLocal(Sock, &Local), STATUS_INVALID_DEVICE_STATE);
    EXPECT_STATUS(Sock->Request->Returned, STATUS_INVALID_DEVICE_STATE);
    EXPECT(CfIsFilled(&Local, sizeof(Local), 0xcc));
}

POINT(BIND_15)
{
    PSOCK Sock = Open(AF_INET);
    SOCKADDR_INET Address = Loopback(AF_INET, 0);

    REQUIRE(Sock != NULL);
    REQUIRE_STATUS(Bind(Sock, (PSOCKADDR)&Address, 0), STATUS_SUCCESS);
    REQUIRE_STATUS(GetLocal(Sock, &Address), STATUS_SUCCESS);
    EXPECT_EQ(Address.Ipv4.sin_addr.S_un.S_addr, RtlUlongByteSwap(0x7f000001));
    EXPECT(PortOf(&Address) != 0);
    REQUIRE_STATUS(SendText(Sock, &Address, "to that port"), STATUS_SUCCESS);
    EXPECT(ReceivesText(Sock, "to that port"));
}

POINT(BIND_16)
{
    PSOCK Ipv6Sock, Ipv4Sock = Open(AF_INET), Dual;
    ULONG Value = 77;
    SOCKADDR_INET To;

    NEED_IPV6();
    Ipv6Sock = Open(AF_INET6);
    Dual = Open(AF_INET6);
    REQUIRE(Ipv6Sock != NULL && Ipv4Sock != NULL && Dual != NULL);
    EXPECT_STATUS(GetOption(Ipv6Sock, IPPROTO_IPV6, IPV6_V6ONLY, &Value), STATUS_SUCCESS);
    EXPECT_EQ(Value, 1);
    REQUIRE_STATUS(BindTo(Ipv6Sock, Wildcard(AF_INET6, 0)), STATUS_SUCCESS);
    EXPECT_STATUS(BindTo(Ipv4Sock, Wildcard(AF_INET, PortOf(&Ipv6Sock->Local))), STATUS_SUCCESS);
    To = Loopback(AF_INET, PortOf(&Ipv6Sock->Local));
    REQUIRE_STATUS(SendText(Ipv4Sock, &To, "to IPv4"), STATUS_SUCCESS);
    EXPECT(ReceivesText(Ipv4Sock, "to IPv4"));
    REQUIRE_STATUS(SetOption(Dual, IPPROTO_IPV6, IPV6_V6ONLY, 0), STATUS_SUCCESS);
    CloseSock(Ipv6Sock);
    EXPECT_STATUS(BindTo(Dual, Wildcard(AF_INET6, PortOf(&Ipv4Sock->Local))),
                  STATUS_ADDRESS_ALREADY_EXISTS);
}

POINT(BIND_17)
{
    PSOCK Sock = Open(AF_INET);
    SOCKADDR_INET Address = Loopback(AF_INET, 0);
    WSK_BUF Buffer = NewBuffer(64, NULL);
    WSK_BUF_LIST List = { NULL, Buffer };
    PREQUEST Request = NewRequest();

    REQUIRE(Sock != NULL);
    EXPECT_STATUS(Bind(Sock, (PSOCKADDR)&Address, 1), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(Sock->Request->Information, 0);
    REQUIRE_STATUS(BindTo(Sock, Address), STATUS_SUCCESS);
    EXPECT_STATUS(Finish(Request, Sock->Fn->WskSendTo(Sock->Socket, &Buffer, 1,
                                                      (PSOCKADDR)&Sock->Local, 0, NULL,
                                                      Use(Request))),
                  STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(Finish(Request, Sock->Fn->WskSendMessages(Sock->Socket, &List, 0x80,
                                                            (PSOCKADDR)&Sock->Local, 0, NULL,
                                                            Use(Request))),
                  STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(Finish(Request, Sock->Fn->WskReceiveFrom(Sock->Socket, &Buffer, 0x80000000, NULL,
                                                           NULL, NULL, NULL, Use(Request))),
                  STATUS_INVALID_PARAMETER);
}

CONFORMANCE(ENTRY(BIND_01), ENTRY(BIND_02), ENTRY(BIND_03), ENTRY(BIND_04), ENTRY(BIND_05),
            ENTRY(BIND_06), ENTRY(BIND_07), ENTRY(BIND_08), ENTRY(BIND_09), ENTRY(BIND_10),
            ENTRY(BIND_11), ENTRY(BIND_12), ENTRY(BIND_13), ENTRY(BIND_14), ENTRY(BIND_15),
            ENTRY(BIND_16), ENTRY(BIND_17))
