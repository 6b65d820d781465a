/* SPDX-License-Identifier: MIT */
/* dgram_fix.c - the points DGRAM-FIX: SIO_WSK_SET_REMOTE_ADDRESS and SIO_WSK_SET_SENDTO_ADDRESS. */
#include "datagram.h"

#define REMOTE SIO_WSK_SET_REMOTE_ADDRESS
#define SENDTO SIO_WSK_SET_SENDTO_ADDRESS

static const ULONG Both[] = { REMOTE, SENDTO };

/* The socket hears whom it should: what the first sends is dropped, what the second sends is next. */
static BOOLEAN
HearsOnly(PSOCK Sock, PSOCK Deaf, PSOCK Heard)
{
    PRECEIVE Receive = StartReceive(Sock, 64);

    return EXPECT_STATUS(SendText(Deaf, &Sock->Local, "not heard"), STATUS_SUCCESS) &&
           EXPECT_STATUS(SendText(Heard, &Sock->Local, "heard"), STATUS_SUCCESS) &&
           ReceiveIs(Receive, "heard");
}

static BOOLEAN
Hears(PSOCK Sock, PSOCK Other)
{
    return EXPECT_STATUS(SendText(Other, &Sock->Local, "anybody"), STATUS_SUCCESS) &&
           ReceivesText(Sock, "anybody");
}

static BOOLEAN
SendsTo(PSOCK Sock, PSOCK Fixed)
{
    return EXPECT_STATUS(SendText(Sock, NULL, "fixed"), STATUS_SUCCESS) &&
           ReceivesText(Fixed, "fixed");
}

POINT(DGRAM_FIX_01)
{
    PSOCK Sock = Bound(AF_INET), Fixed = Bound(AF_INET), Other = Bound(AF_INET), Elsewhere;

    REQUIRE(Sock != NULL && Fixed != NULL && Other != NULL);
    REQUIRE_STATUS(FixAddress(Sock, REMOTE, &Fixed->Local), STATUS_SUCCESS);
    EXPECT(SendsTo(Sock, Fixed));
    EXPECT(HearsOnly(Sock, Other, Fixed)); /* by port */
    Elsewhere = Open(AF_INET);
    REQUIRE(Elsewhere != NULL);
    REQUIRE_STATUS(BindTo(Elsewhere, Ipv4(0x7f000002, PortOf(&Fixed->Local))), STATUS_SUCCESS);
    EXPECT(HearsOnly(Sock, Elsewhere, Fixed)); /* and by address */
}

POINT(DGRAM_FIX_02)
{
    PSOCK Sock = Bound(AF_INET), Fixed = Bound(AF_INET), Other = Bound(AF_INET);

    REQUIRE(Sock != NULL && Fixed != NULL && Other != NULL);
    REQUIRE_STATUS(FixAddress(Sock, SENDTO, &Fixed->Local), STATUS_SUCCESS);
    EXPECT(SendsTo(Sock, Fixed));
    EXPECT(Hears(Sock, Other));
    EXPECT(Hears(Sock, Fixed));
}

POINT(DGRAM_FIX_03)
{
    PSOCK Unbound = Open(AF_INET), Fixed = Bound(AF_INET);
    PREQUEST Request = NewRequest();
    const WSK_PROVIDER_BASIC_DISPATCH *Basic;
    PWSK_SOCKET Socket;
    ULONG i;

    REQUIRE(Unbound != NULL && Fixed != NULL);
    REQUIRE_STATUS(Finish(Request, Cf.Npi.Dispatch->WskSocket(Cf.Npi.Client, AF_INET, SOCK_DGRAM,
                                                              IPPROTO_UDP, WSK_FLAG_BASIC_SOCKET,
                                                              NULL, NULL, NULL, NULL, NULL,
                                                              Use(Request))),
                   STATUS_SUCCESS);
    Socket = (PWSK_SOCKET)Request->Information;
    Basic = (const WSK_PROVIDER_BASIC_DISPATCH *)Socket->Dispatch;
    for (i = 0; i < 2; i++) {
        EXPECT_STATUS(FixAddress(Unbound, Both[i], &Fixed->Local), STATUS_INVALID_DEVICE_STATE);
        EXPECT_STATUS(Finish(Request, Basic->WskControlSocket(Socket, WskIoctl, Both[i], 0,
                                                              sizeof(SOCKADDR_IN), &Fixed->Local, 0,
                                                              NULL, NULL, Use(Request))),
                      STATUS_INVALID_DEVICE_REQUEST);
    }
    EXPECT_STATUS(Finish(Request, Basic->WskCloseSocket(Socket, Use(Request))), STATUS_SUCCESS);
}

POINT(DGRAM_FIX_04)
{
    PSOCK Sock = Bound(AF_INET), Fixed = Bound(AF_INET);
    ULONG i;
    SIZE_T Size;

    REQUIRE(Sock != NULL && Fixed != NULL);
    for (i = 0; i < 2; i++) {
        EXPECT_STATUS(Control(Sock, WskIoctl, 0, Both[i], &Fixed->Local, sizeof(SOCKADDR_INET),
                              NULL, 0),
                      STATUS_SUCCESS);
        EXPECT(SendsTo(Sock, Fixed));
        for (Size = 1; Size < sizeof(SOCKADDR_IN); Size++) {
            EXPECT_STATUS(Control(Sock, WskIoctl, 0, Both[i], &Fixed->Local, Size, NULL, 0),
                          STATUS_INVALID_PARAMETER);
        }
        EXPECT(SendsTo(Sock, Fixed)); /* the setting is unharmed */
        REQUIRE_STATUS(FixAddress(Sock, Both[i], NULL), STATUS_SUCCESS);
    }
    if (HasIpv6()) {
        Sock = Bound(AF_INET6);
        Fixed = Bound(AF_INET6);
        REQUIRE(Sock != NULL && Fixed != NULL);
        EXPECT_STATUS(Control(Sock, WskIoctl, 0, REMOTE, &Fixed->Local, sizeof(SOCKADDR_IN6), NULL,
                              0),
                      STATUS_SUCCESS);
        EXPECT(SendsTo(Sock, Fixed));
        EXPECT_STATUS(Control(Sock, WskIoctl, 0, REMOTE, &Fixed->Local, sizeof(SOCKADDR_IN6) - 1,
                              NULL, 0),
                      STATUS_INVALID_PARAMETER);
    }
}

POINT(DGRAM_FIX_05)
{
    static const ULONG Levels[] = { 0, SOL_SOCKET, IPPROTO_UDP, 0x7777 };
    PSOCK Sock = Bound(AF_INET), Fixed = Bound(AF_INET);
    ULONG i;

    REQUIRE(Sock != NULL && Fixed != NULL);
    for (i = 0; i < RTL_NUMBER_OF(Levels); i++) {
        EXPECT_STATUS(Control(Sock, WskIoctl, Levels[i], Both[i % 2], &Fixed->Local,
                              sizeof(SOCKADDR_IN), NULL, 0),
                      STATUS_SUCCESS);
        EXPECT(SendsTo(Sock, Fixed));
        EXPECT_STATUS(Control(Sock, WskIoctl, Levels[i], Both[i % 2], NULL, 0, NULL, 0),
                      STATUS_SUCCESS);
    }
}

POINT(DGRAM_FIX_06)
{
    PSOCK Sock = Bound(AF_INET), Fixed = Bound(AF_INET), Other = Bound(AF_INET);
    ULONG i;

    REQUIRE(Sock != NULL && Fixed != NULL && Other != NULL);
    for (i = 0; i < 2; i++) {
        EXPECT_STATUS(FixAddress(Sock, Both[i], NULL), STATUS_SUCCESS); /* nothing was set */
        REQUIRE_STATUS(FixAddress(Sock, Both[i], &Fixed->Local), STATUS_SUCCESS);
        EXPECT_STATUS(FixAddress(Sock, Both[i], NULL), STATUS_SUCCESS);
        EXPECT_EQ(Sock->Request->Information, 0);
        EXPECT_STATUS(SendText(Sock, NULL, "nowhere"), STATUS_INVALID_PARAMETER);
        EXPECT(Hears(Sock, Other));
    }
}

POINT(DGRAM_FIX_07)
{
    PSOCK Sock = Bound(AF_INET), First = Bound(AF_INET), Second = Bound(AF_INET);

    REQUIRE(Sock != NULL && First != NULL && Second != NULL);
    REQUIRE_STATUS(FixAddress(Sock, REMOTE, &First->Local), STATUS_SUCCESS);
    REQUIRE_STATUS(FixAddress(Sock, REMOTE, &Second->Local), STATUS_SUCCESS);
    EXPECT(SendsTo(Sock, Second));
    EXPECT(HearsOnly(Sock, First, Second));
    REQUIRE_STATUS(FixAddress(Sock, REMOTE, NULL), STATUS_SUCCESS);
    EXPECT_STATUS(SendText(Sock, NULL, "nowhere"), STATUS_INVALID_PARAMETER);
}

POINT(DGRAM_FIX_08)
{
    PSOCK Sock = Bound(AF_INET), Fixed = Bound(AF_INET), Other = Bound(AF_INET);

    REQUIRE(Sock != NULL && Fixed != NULL && Other != NULL);
    REQUIRE_STATUS(FixAddress(Sock, REMOTE, &Fixed->Local), STATUS_SUCCESS);
    REQUIRE_STATUS(SendText(Sock, &Other->Local, "question"), STATUS_SUCCESS);
    EXPECT(ReceivesText(Other, "question"));
    EXPECT(HearsOnly(Sock, Other, Fixed));
}

POINT(DGRAM_FIX_09)
{
    PSOCK Sock = Bound(AF_INET), Fixed = Bound(AF_INET), Other = Bound(AF_INET);

    REQUIRE(Sock != NULL && Fixed != NULL && Other != NULL);
    REQUIRE_STATUS(FixAddress(Sock, SENDTO, &Fixed->Local), STATUS_SUCCESS);
    REQUIRE_STATUS(SendText(Sock, &Other->Local, "question"), STATUS_SUCCESS);
    EXPECT(ReceivesText(Other, "question"));
    EXPECT(Hears(Sock, Other));
}

POINT(DGRAM_FIX_10)
{
    PSOCK Sock = Open(AF_INET), Fixed = Bound(AF_INET);
    SOCKADDR_INET Now;
    ULONG i;

    REQUIRE(Sock != NULL && Fixed != NULL);
    REQUIRE_STATUS(BindTo(Sock, Wildcard(AF_INET, 0)), STATUS_SUCCESS);
    for (i = 0; i < 2; i++) {
        REQUIRE_STATUS(FixAddress(Sock, Both[i], &Fixed->Local), STATUS_SUCCESS);
        REQUIRE_STATUS(GetLocal(Sock, &Now), STATUS_SUCCESS);
        EXPECT(SameAddress(&Now, &Sock->Local));
        EXPECT(SendsTo(Sock, Fixed));
        REQUIRE_STATUS(FixAddress(Sock, Both[i], NULL), STATUS_SUCCESS);
        REQUIRE_STATUS(GetLocal(Sock, &Now), STATUS_SUCCESS);
        EXPECT(SameAddress(&Now, &Sock->Local));
    }
}

POINT(DGRAM_FIX_11)
{
    PSOCK Sock = Bound(AF_INET), Gone = Bound(AF_INET), Again;
    PRECEIVE Receive;
    LONG i;

    REQUIRE(Sock != NULL && Gone != NULL);
    REQUIRE_STATUS(FixAddress(Sock, REMOTE, &Gone->Local), STATUS_SUCCESS);
    CloseSock(Gone);
    Receive = StartReceive(Sock, 64);
    for (i = 0; i < 10; i++) {
        EXPECT_STATUS(SendText(Sock, NULL, "to nobody"), STATUS_SUCCESS);
    }
    Again = Open(AF_INET);
    REQUIRE(Again != NULL);
    REQUIRE_STATUS(BindTo(Again, Gone->Local), STATUS_SUCCESS);
    REQUIRE_STATUS(SendText(Again, &Sock->Local, "back again"), STATUS_SUCCESS);
    EXPECT(ReceiveIs(Receive, "back again"));
}

POINT(DGRAM_FIX_12)
{
    PSOCK Sock = Bound(AF_INET), Remote = Bound(AF_INET), Target = Bound(AF_INET);

    REQUIRE(Sock != NULL && Remote != NULL && Target != NULL);
    REQUIRE_STATUS(FixAddress(Sock, REMOTE, &Remote->Local), STATUS_SUCCESS);
    REQUIRE_STATUS(FixAddress(Sock, SENDTO, &Target->Local), STATUS_SUCCESS);
    EXPECT(SendsTo(Sock, Target));
    EXPECT(HearsOnly(Sock, Target, Remote));
    REQUIRE_STATUS(FixAddress(Sock, REMOTE, &Remote->Local), STATUS_SUCCESS);
    EXPECT(SendsTo(Sock, Remote));
    REQUIRE_STATUS(FixAddress(Sock, REMOTE, NULL), STATUS_SUCCESS);
    EXPECT(SendsTo(Sock, Target));
    EXPECT(Hears(Sock, Target));
}

POINT(DGRAM_FIX_13)
{
    PSOCK Sock, Fixed = Bound(AF_INET), Other = Bound(AF_INET);
    SOCKADDR_INET Address;

    NEED_IPV6();
    Sock = Open(AF_INET6);
    REQUIRE(Sock != NULL && Fixed != NULL && Other != NULL);
    REQUIRE_STATUS(SetOption(Sock, IPPROTO_IPV6, IPV6_V6ONLY, 0), STATUS_SUCCESS);
    REQUIRE_STATUS(BindTo(Sock, Wildcard(AF_INET6, 0)), STATUS_SUCCESS);
    Address = Mapped(0x7f000001, PortOf(&Fixed->Local));
    REQUIRE_STATUS(FixAddress(Sock, REMOTE, &Address), STATUS_SUCCESS);
    EXPECT(SendsTo(Sock, Fixed));
    Sock->Local = Loopback(AF_INET, PortOf(&Sock->Local)); /* where the others send to */
    EXPECT(HearsOnly(Sock, Other, Fixed));
}

POINT(DGRAM_FIX_14)
{
    PSOCK Sock = Bound(AF_INET), Fixed = Bound(AF_INET), Other = Bound(AF_INET);

    REQUIRE(Sock != NULL && Fixed != NULL && Other != NULL);
    REQUIRE_STATUS(SendText(Other, &Sock->Local, "early"), STATUS_SUCCESS);
    REQUIRE_STATUS(SendText(Fixed, &Sock->Local, "welcome"), STATUS_SUCCESS);
    REQUIRE_STATUS(FixAddress(Sock, REMOTE, &Fixed->Local), STATUS_SUCCESS);
    EXPECT(ReceivesText(Sock, "welcome"));
}

CONFORMANCE(ENTRY(DGRAM_FIX_01), ENTRY(DGRAM_FIX_02), ENTRY(DGRAM_FIX_03), ENTRY(DGRAM_FIX_04),
            ENTRY(DGRAM_FIX_05), ENTRY(DGRAM_FIX_06), ENTRY(DGRAM_FIX_07), ENTRY(DGRAM_FIX_08),
            ENTRY(DGRAM_FIX_09), ENTRY(DGRAM_FIX_10), ENTRY(DGRAM_FIX_11), ENTRY(DGRAM_FIX_12),
            ENTRY(DGRAM_FIX_13), ENTRY(DGRAM_FIX_14))
