/* SPDX-License-Identifier: MIT */
/*
 * header.c - the points HDR that one file can ask: types, layouts, values, spellings. Most are answered by the compiler:
 * a driver that does not compile has failed all of them. That C++ reaches the basic functions through Basic is held by
 * the tests of the headers.
 */
#include <wdm.h>

#include <ws2ipdef.h>

#include <wsk.h> /* in the other order than elsewhere */

#include "datagram.h"

POINT(HDR_01)
{
    C_ASSERT(sizeof(LONG) == 4 && sizeof(ULONG) == 4 && sizeof(INT) == 4 && sizeof(USHORT) == 2);
    C_ASSERT(sizeof(SIZE_T) == 8 && sizeof(ULONG_PTR) == 8 && sizeof(PVOID) == 8);
    C_ASSERT(sizeof(LONGLONG) == 8 && sizeof(LARGE_INTEGER) == 8);
    C_ASSERT(sizeof(WCHAR) == 2 && sizeof(L'x') == 2 && sizeof(L"xy") == 6);
    C_ASSERT(sizeof(BOOLEAN) == 1 && sizeof(NTSTATUS) == 4 && sizeof(KIRQL) == 1);
    C_ASSERT((LONG)-1 < 0 && (ULONG)-1 > 0);
    EXPECT_EQ(L"\x20ac"[0], 0x20ac);
}

POINT(HDR_02)
{
    C_ASSERT(sizeof(WSK_SOCKET) == 8 && sizeof(PWSK_CLIENT) == 8);
    C_ASSERT(sizeof(WSK_PROVIDER_CHARACTERISTICS) == 4 && sizeof(WSK_TRANSPORT) == 28);
    C_ASSERT(sizeof(WSK_BUF) == 24 && sizeof(WSK_BUF_LIST) == 32);
    C_ASSERT(sizeof(WSK_DATA_INDICATION) == 32 && sizeof(WSK_DATAGRAM_INDICATION) == 56);
    C_ASSERT(sizeof(WSK_INSPECT_ID) == 16 && sizeof(WSK_EVENT_CALLBACK_CONTROL) == 16);
    C_ASSERT(sizeof(WSK_EXTENSION_CONTROL_IN) == 24 && sizeof(WSK_EXTENSION_CONTROL_OUT) == 16);
    C_ASSERT(sizeof(WSK_CLIENT_NPI) == 16 && sizeof(WSK_PROVIDER_NPI) == 16);
    C_ASSERT(sizeof(WSK_REGISTRATION) == 24);
    C_ASSERT(sizeof(SOCKADDR) == 16 && sizeof(SOCKADDR_IN) == 16 && sizeof(SOCKADDR_IN6) == 28);
    C_ASSERT(sizeof(SOCKADDR_INET) == 28 && sizeof(SOCKADDR_STORAGE) == 128);
    C_ASSERT(sizeof(SOCKET_ADDRESS) == 16 && sizeof(SOCKET_ADDRESS_LIST) == 24);
    C_ASSERT(sizeof(CMSGHDR) == 16 && sizeof(IN_PKTINFO) == 8 && sizeof(IN6_PKTINFO) == 20);
    C_ASSERT(sizeof(IP_MREQ) == 8 && sizeof(IP_MREQ_SOURCE) == 12 && sizeof(IPV6_MREQ) == 20);
    C_ASSERT(sizeof(GROUP_REQ) == 136 && sizeof(GROUP_SOURCE_REQ) == 264);
    C_ASSERT(sizeof(ADDRINFOEXW) == 72);
    C_ASSERT(sizeof(IRP) == 0xd0 && sizeof(IO_STACK_LOCATION) == 0x48 && sizeof(MDL) == 0x30);
    C_ASSERT(sizeof(KEVENT) == 0x18 && sizeof(IO_STATUS_BLOCK) == 16);
    C_ASSERT(FIELD_OFFSET(WSK_BUF, Length) == 16 && FIELD_OFFSET(WSK_TRANSPORT, ProviderId) == 12);
    C_ASSERT(FIELD_OFFSET(WSK_DATAGRAM_INDICATION, RemoteAddress) == 48);
    EXPECT_EQ(WSA_CMSG_SPACE(0), 16);
    EXPECT_EQ(WSA_CMSG_LEN(5), 21);
    EXPECT_EQ(WSA_CMSG_SPACE(5), 24);
}

POINT(HDR_03)
{
    WSK_TRANSPORT List[16];
    SIZE_T Size = 0, i;
    PSOCK Sock, Sender;
    PRECEIVE Receive;

    C_ASSERT(AF_INET == 2 && AF_INET6 == 23);
    REQUIRE_STATUS(Cf.Npi.Dispatch->WskControlClient(Cf.Npi.Client, WSK_TRANSPORT_LIST_QUERY, 0,
                                                     NULL, sizeof(List), List, &Size, NULL),
                   STATUS_SUCCESS);
    for (i = 0; i < Size / sizeof(List[0]); i++) {
        EXPECT(List[i].AddressFamily == AF_INET || List[i].AddressFamily == AF_INET6);
    }
    NEED_IPV6();
    Sock = Bound(AF_INET6);
    Sender = Bound(AF_INET6);
    REQUIRE(Sock != NULL && Sender != NULL);
    EXPECT_EQ(Sock->Local.si_family, 23);
    REQUIRE_STATUS(SendText(Sender, &Sock->Local, "text"), STATUS_SUCCESS);
    Receive = StartReceive(Sock, 64);
    EXPECT(ReceiveIs(Receive, "text"));
    EXPECT_EQ(Receive->From.si_family, 23);
}

POINT(HDR_04)
{
    PSOCK Sock = Bound(AF_INET);
    const WSK_PROVIDER_LISTEN_DISPATCH *Listen = NULL;
    const WSK_PROVIDER_CONNECTION_DISPATCH *Connection = NULL;

    C_ASSERT(FIELD_OFFSET(WSK_PROVIDER_DATAGRAM_DISPATCH, WskControlSocket) == 0);
    C_ASSERT(FIELD_OFFSET(WSK_PROVIDER_DATAGRAM_DISPATCH, WskCloseSocket) == 8);
    C_ASSERT(FIELD_OFFSET(WSK_PROVIDER_DATAGRAM_DISPATCH, WskBind) == 16);
    C_ASSERT(sizeof(Listen->WskCloseSocket) == 8 && sizeof(Connection->WskCloseSocket) == 8);
    REQUIRE(Sock != NULL);
    EXPECT(Sock->Fn->WskCloseSocket != NULL && Sock->Fn->WskSendTo != NULL);
}

POINT(HDR_05)
{
    PSOCK Sock = Bound(AF_INET);
    const WSK_PROVIDER_CONNECTION_DISPATCH *Connection = NULL;

    C_ASSERT(sizeof(Connection->Basic) == sizeof(WSK_PROVIDER_BASIC_DISPATCH));
    REQUIRE(Sock != NULL);
    EXPECT(Sock->Fn->Basic.WskCloseSocket == Sock->Fn->WskCloseSocket);
    EXPECT(Sock->Fn->Basic.WskControlSocket == Sock->Fn->WskControlSocket);
}

POINT(HDR_06)
{
    PVOID Pointer = Cf.Npi.Client;
    PWSK_CLIENT Client = Pointer;
    SIZE_T Size = 0;

    EXPECT(Client == Cf.Npi.Client);
    EXPECT_STATUS(Cf.Npi.Dispatch->WskControlClient(Client, WSK_TRANSPORT_LIST_QUERY, 0, NULL, 0,
                                                    NULL, &Size, NULL),
                  STATUS_BUFFER_OVERFLOW);
}

static NTSTATUS
PlainEvent(PVOID SocketContext, ULONG Flags, PWSK_DATAGRAM_INDICATION DataIndication)
{
    return SockEvent(SocketContext, Flags, DataIndication);
}

static NTSTATUS WSKAPI
MarkedEvent(PVOID SocketContext, ULONG Flags, PWSK_DATAGRAM_INDICATION DataIndication)
{
    return SockEvent(SocketContext, Flags, DataIndication);
}

POINT(HDR_09)
{
    static const WSK_CLIENT_DATAGRAM_DISPATCH Tables[] = { { PlainEvent }, { MarkedEvent } };
    ULONG i;

    for (i = 0; i < RTL_NUMBER_OF(Tables); i++) {
        PSOCK Sock = OpenWith(&Cf.Npi, AF_INET, &Tables[i]);

        REQUIRE(Sock != NULL);
        REQUIRE_STATUS(BindTo(Sock, Loopback(AF_INET, 0)), STATUS_SUCCESS);
        REQUIRE_STATUS(EnableEvent(Sock), STATUS_SUCCESS);
        REQUIRE_STATUS(SendText(Sock, &Sock->Local, "text"), STATUS_SUCCESS);
        EXPECT(NextIs(Sock, "text"));
    }
}

CONFORMANCE(ENTRY(HDR_01), ENTRY(HDR_02), ENTRY(HDR_03), ENTRY(HDR_04), ENTRY(HDR_05),
            ENTRY(HDR_06), ENTRY(HDR_09))
