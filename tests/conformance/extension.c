/* SPDX-License-Identifier: MIT */
/* extension.c - the points EXT: extension interfaces, of which none is defined. */
#include "datagram.h"

/* Nobody's. */
static const GUID Unknown = { 0x0f3c6d5a, 0x71b2, 0x4c1e, { 0x9d, 0x33, 1, 2, 3, 4, 5, 6 } };

static NTSTATUS
AskForExtension(PWSK_SOCKET Socket, const GUID *Npi, WSK_EXTENSION_CONTROL_OUT *Out)
{
    const WSK_PROVIDER_BASIC_DISPATCH *Basic =
        (const WSK_PROVIDER_BASIC_DISPATCH *)Socket->Dispatch;
    WSK_EXTENSION_CONTROL_IN In;

    In.NpiId = (PNPIID)Npi;
    In.ClientContext = NULL;
    In.ClientDispatch = NULL;
    return Basic->WskControlSocket(Socket, WskIoctl, SIO_WSK_REGISTER_EXTENSION, 0, sizeof(In), &In,
                                   sizeof(*Out), Out, NULL, NULL);
}

POINT(EXT_01)
{
    PSOCK Sock = Bound(AF_INET);
    WSK_EXTENSION_CONTROL_OUT Out;

    REQUIRE(Sock != NULL);
    EXPECT_STATUS(AskForExtension(Sock->Socket, &NPI_WSK_INTERFACE_ID, &Out), STATUS_NOT_SUPPORTED);
}

POINT(EXT_02)
{
    PSOCK Sock = Bound(AF_INET);
    WSK_EXTENSION_CONTROL_OUT Out;

    REQUIRE(Sock != NULL);
    EXPECT_STATUS(AskForExtension(Sock->Socket, &Unknown, &Out), STATUS_NOT_SUPPORTED);
}

/* Before and after bind, and on a basic socket; and if an IRP is given all the same, it is completed. */
POINT(EXT_03)
{
    PSOCK Sock = Open(AF_INET);
    PREQUEST Request = NewRequest();
    const WSK_PROVIDER_BASIC_DISPATCH *Basic;
    WSK_EXTENSION_CONTROL_OUT Out;
    WSK_EXTENSION_CONTROL_IN In;
    PWSK_SOCKET Socket;

    REQUIRE(Sock != NULL);
    EXPECT_STATUS(AskForExtension(Sock->Socket, &Unknown, &Out), STATUS_NOT_SUPPORTED);
    REQUIRE_STATUS(BindTo(Sock, Loopback(AF_INET, 0)), STATUS_SUCCESS);
    EXPECT_STATUS(AskForExtension(Sock->Socket, &Unknown, &Out), STATUS_NOT_SUPPORTED);
    RtlZeroMemory(&In, sizeof(In));
    In.NpiId = (PNPIID)&Unknown;
    EXPECT_STATUS(Control(Sock, WskIoctl, 0, SIO_WSK_REGISTER_EXTENSION, &In, sizeof(In), &Out,
                          sizeof(Out)),
                  STATUS_NOT_SUPPORTED);
    REQUIRE_STATUS(Finish(Request, Cf.Npi.Dispatch->WskSocket(Cf.Npi.Client, AF_INET, SOCK_DGRAM,
                                                              IPPROTO_UDP, WSK_FLAG_BASIC_SOCKET,
                                                              NULL, NULL, NULL, NULL, NULL,
                                                              Use(Request))),
                   STATUS_SUCCESS);
    Socket = (PWSK_SOCKET)Request->Information;
    EXPECT_STATUS(AskForExtension(Socket, &Unknown, &Out), STATUS_NOT_SUPPORTED);
    Basic = (const WSK_PROVIDER_BASIC_DISPATCH *)Socket->Dispatch;
    EXPECT_STATUS(Finish(Request, Basic->WskCloseSocket(Socket, Use(Request))), STATUS_SUCCESS);
}

POINT(EXT_04)
{
    PSOCK Sock = Bound(AF_INET);
    WSK_EXTENSION_CONTROL_OUT Out;

    REQUIRE(Sock != NULL);
    RtlFillMemory(&Out, sizeof(Out), 0xcc);
    EXPECT_STATUS(AskForExtension(Sock->Socket, &Unknown, &Out), STATUS_NOT_SUPPORTED);
    EXPECT(CfIsFilled(&Out, sizeof(Out), 0xcc));
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "unharmed"), STATUS_SUCCESS);
    EXPECT(ReceivesText(Sock, "unharmed"));
}

CONFORMANCE(ENTRY(EXT_01), ENTRY(EXT_02), ENTRY(EXT_03), ENTRY(EXT_04))
