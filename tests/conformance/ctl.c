/* SPDX-License-Identifier: MIT */
/*
 * ctl.c - the points CTL: WskControlSocket. ctl_addresses.c has what concerns the host's
 * addresses.
 */
#include "items.h"

#include <mstcpip.h>

/* --- Sockets without callbacks --------------------------------------------------------------- */

typedef struct _PLAIN {
    CF_OWNED Owned;
    PWSK_SOCKET Socket;
    const WSK_PROVIDER_BASIC_DISPATCH *Fn;
    PREQUEST Request;
} PLAIN, *PPLAIN;

static VOID
ClosePlain(PCF_OWNED Owned)
{
    PPLAIN Plain = CONTAINING_RECORD(Owned, PLAIN, Owned);

    EXPECT_STATUS(Finish(Plain->Request,
                         Plain->Fn->WskCloseSocket(Plain->Socket, Use(Plain->Request))),
                  STATUS_SUCCESS);
    ExFreePoolWithTag(Plain, CF_TAG);
}

/* A basic socket, whose address family says what its options are. */
static PPLAIN
Basic(ADDRESS_FAMILY Family, USHORT Type, ULONG Protocol)
{
    PREQUEST Request = NewRequest();
    NTSTATUS Status;
    PPLAIN Plain;

    Status = Finish(Request, Cf.Npi.Dispatch->WskSocket(Cf.Npi.Client, Family, Type, Protocol,
                                                        WSK_FLAG_BASIC_SOCKET, NULL, NULL, NULL,
                                                        NULL, NULL, Use(Request)));
    if (!EXPECT_STATUS(Status, STATUS_SUCCESS)) {
        return NULL;
    }
    Plain = (PPLAIN)CfAllocate(sizeof(*Plain));
    Plain->Socket = (PWSK_SOCKET)Request->Information;
    Plain->Fn = (const WSK_PROVIDER_BASIC_DISPATCH *)Plain->Socket->Dispatch;
    Plain->Request = Request;
    CfOwn(&Plain->Owned, CF_RANK_SOCKETS, ClosePlain);
    return Plain;
}

static NTSTATUS
PlainControl(PPLAIN Plain, WSK_CONTROL_SOCKET_TYPE Type, ULONG Level, ULONG Code, PVOID Input,
             SIZE_T InputSize, PVOID Output, SIZE_T OutputSize)
{
    return Finish(Plain->Request,
                  Plain->Fn->WskControlSocket(Plain->Socket, Type, Code, Level, InputSize, Input,
                                              OutputSize, Output, NULL, Use(Plain->Request)));
}

/* Without an IRP. */
static NTSTATUS
ControlNow(PSOCK Sock, WSK_CONTROL_SOCKET_TYPE Type, ULONG Level, ULONG Code, PVOID Input,
           SIZE_T InputSize, PVOID Output, SIZE_T OutputSize, SIZE_T *Returned)
{
    return Sock->Fn->WskControlSocket(Sock->Socket, Type, Code, Level, InputSize, Input, OutputSize,
                                      Output, Returned, NULL);
}

/* --- The call -------------------------------------------------------------------------------- */

POINT(CTL_01)
{
    static const ULONG Unknown[] = { WskControlMax, 4, 77, 0x7fffffff };
    PSOCK Sock = Bound(AF_INET), Other = Bound(AF_INET);
    ULONG Value = 1, i;

    C_ASSERT(WskSetOption == 0 && WskGetOption == 1 && WskIoctl == 2 && WskControlMax == 3);
    REQUIRE(Sock != NULL && Other != NULL);
    EXPECT_STATUS(Control(Sock, WskSetOption, SOL_SOCKET, SO_BROADCAST, &Value, sizeof(Value),
                          NULL, 0),
                  STATUS_SUCCESS);
    Value = 0;
    EXPECT_STATUS(Control(Sock, WskGetOption, SOL_SOCKET, SO_BROADCAST, NULL, 0, &Value,
                          sizeof(Value)),
                  STATUS_SUCCESS);
    EXPECT_EQ(Value, 1);
    EXPECT_STATUS(Control(Sock, WskIoctl, 0, SIO_WSK_SET_SENDTO_ADDRESS, &Other->Local,
                          sizeof(SOCKADDR_IN), NULL, 0),
                  STATUS_SUCCESS);
    EXPECT_STATUS(SendText(Sock, NULL, "fixed"), STATUS_SUCCESS);
    EXPECT(ReceivesText(Other, "fixed"));
    /* An ioctl's code is no option, and an option is no ioctl. */
    EXPECT(!NT_SUCCESS(Control(Sock, WskIoctl, SOL_SOCKET, SO_BROADCAST, &Value, sizeof(Value),
                               NULL, 0)));
    EXPECT(!NT_SUCCESS(Control(Sock, WskSetOption, SOL_SOCKET, SIO_WSK_SET_SENDTO_ADDRESS,
                               &Other->Local, sizeof(SOCKADDR_IN), NULL, 0)));
    for (i = 0; i < RTL_NUMBER_OF(Unknown); i++) {
        Value = 0;
        EXPECT_STATUS(Control(Sock, (WSK_CONTROL_SOCKET_TYPE)Unknown[i], SOL_SOCKET, SO_BROADCAST,
                              &Value, sizeof(Value), &Value, sizeof(Value)),
                      STATUS_INVALID_PARAMETER);
        EXPECT_EQ(Sock->Request->Information, 0);
        EXPECT_STATUS(ControlNow(Sock, (WSK_CONTROL_SOCKET_TYPE)Unknown[i], SOL_SOCKET,
                                 SO_BROADCAST, &Value, sizeof(Value), &Value, sizeof(Value), NULL),
                      STATUS_INVALID_PARAMETER);
    }
    EXPECT_STATUS(GetOption(Sock, SOL_SOCKET, SO_BROADCAST, &Value), STATUS_SUCCESS);
    EXPECT_EQ(Value, 1); /* none of them did anything */
}

POINT(CTL_02)
{
    static const ULONG Levels[] = { 0, SOL_SOCKET, IPPROTO_IPV6, IPPROTO_TCP, 0xdeadbeef };
    PSOCK Sock = Open(AF_INET), Fixed = Bound(AF_INET);
    ULONG Value = 0, i;
    PPLAIN Stream;

    REQUIRE(Sock != NULL && Fixed != NULL);
    /*
     * The number 4 is SO_REUSEADDR, IP_TTL and IPV6_UNICAST_HOPS; 2 is IP_HDRINCL and
     * UDP_SEND_MSG_SIZE.
     */
    REQUIRE_STATUS(SetOption(Sock, SOL_SOCKET, 4, 1), STATUS_SUCCESS);
    REQUIRE_STATUS(SetOption(Sock, IPPROTO_IP, 4, 44), STATUS_SUCCESS);
    REQUIRE_STATUS(SetOption(Sock, IPPROTO_UDP, 2, 1234), STATUS_SUCCESS);
    EXPECT_STATUS(GetOption(Sock, SOL_SOCKET, 4, &Value), STATUS_SUCCESS);
    EXPECT_EQ(Value, 1);
    EXPECT_STATUS(GetOption(Sock, IPPROTO_IP, 4, &Value), STATUS_SUCCESS);
    EXPECT_EQ(Value, 44);
    EXPECT_STATUS(GetOption(Sock, IPPROTO_UDP, 2, &Value), STATUS_SUCCESS);
    EXPECT_EQ(Value, 1234);
    EXPECT_STATUS(GetOption(Sock, IPPROTO_TCP, 4, &Value), STATUS_NOT_SUPPORTED);
    EXPECT_STATUS(GetOption(Sock, 0x7777, 4, &Value), STATUS_NOT_SUPPORTED);
    EXPECT_STATUS(GetOption(Sock, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &Value), STATUS_NOT_SUPPORTED);
    REQUIRE_STATUS(BindTo(Sock, Loopback(AF_INET, 0)), STATUS_SUCCESS);
    for (i = 0; i < RTL_NUMBER_OF(Levels); i++) { /* for an ioctl it is anything */
        EXPECT_STATUS(Control(Sock, WskIoctl, Levels[i], SIO_WSK_SET_SENDTO_ADDRESS, &Fixed->Local,
                              sizeof(SOCKADDR_IN), NULL, 0),
                      STATUS_SUCCESS);
    }
    Stream = Basic(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    REQUIRE(Stream != NULL);
    Value = 1;
    EXPECT_STATUS(PlainControl(Stream, WskSetOption, IPPROTO_TCP, TCP_NODELAY, &Value,
                               sizeof(Value), NULL, 0),
                  STATUS_SUCCESS);
    Value = 0;
    EXPECT_STATUS(PlainControl(Stream, WskGetOption, IPPROTO_TCP, TCP_NODELAY, NULL, 0, &Value,
                               sizeof(Value)),
                  STATUS_SUCCESS);
    EXPECT_EQ(Value, 1);
    EXPECT_STATUS(PlainControl(Stream, WskGetOption, IPPROTO_UDP, UDP_SEND_MSG_SIZE, NULL, 0,
                               &Value, sizeof(Value)),
                  STATUS_NOT_SUPPORTED);
}

POINT(CTL_03)
{
    PSOCK Sock = Bound(AF_INET);
    SIZE_T Returned = (SIZE_T)-1;
    ULONG Values[4] = { 1, 2, 3, 4 };
    NTSTATUS Status;

    REQUIRE(Sock != NULL);
    EXPECT_STATUS(Control(Sock, WskSetOption, SOL_SOCKET, SO_BROADCAST, Values, sizeof(Values),
                          NULL, 0),
                  STATUS_SUCCESS);
    EXPECT_EQ(Sock->Request->Information, 0);
    EXPECT_STATUS(Control(Sock, WskGetOption, SOL_SOCKET, SO_BROADCAST, NULL, 0, Values,
                          sizeof(Values)),
                  STATUS_SUCCESS);
    EXPECT_EQ(Sock->Request->Information, sizeof(Values[0]));
    EXPECT_EQ(Values[1], 2); /* nor is more written */
    Status = Finish(Sock->Request,
                    Sock->Fn->WskControlSocket(Sock->Socket, WskSetOption, SO_BROADCAST, SOL_SOCKET,
                                               sizeof(Values[0]), Values, 0, NULL, &Returned,
                                               Use(Sock->Request)));
    EXPECT_STATUS(Status, STATUS_SUCCESS);
    EXPECT_EQ(Sock->Request->Information, 0);
    Status = Finish(Sock->Request,
                    Sock->Fn->WskControlSocket(Sock->Socket, WskGetOption, SO_BROADCAST,
                                               SOL_SOCKET, 0,
                                               NULL, sizeof(Values[0]), Values, &Returned,
                                               Use(Sock->Request)));
    EXPECT_STATUS(Status, STATUS_SUCCESS);
    EXPECT_EQ(Sock->Request->Information, sizeof(Values[0]));
    EXPECT_STATUS(Control(Sock, WskGetOption, 0x7777, 1, NULL, 0, Values, sizeof(Values)),
                  STATUS_NOT_SUPPORTED);
    EXPECT_EQ(Sock->Request->Information, 0);
}

POINT(CTL_04)
{
    PSOCK Sock = Bound(AF_INET), Other = Bound(AF_INET);
    ULONG Value = 1, Read[2] = { 99, 99 };
    SIZE_T Returned = (SIZE_T)-1;

    REQUIRE(Sock != NULL && Other != NULL);
    EXPECT_STATUS(ControlNow(Sock, WskSetOption, SOL_SOCKET, SO_BROADCAST, &Value, sizeof(Value),
                             NULL, 0, &Returned),
                  STATUS_SUCCESS);
    EXPECT_EQ(Returned, 0);
    Returned = (SIZE_T)-1;
    EXPECT_STATUS(ControlNow(Sock, WskGetOption, SOL_SOCKET, SO_BROADCAST, NULL, 0, Read,
                             sizeof(Read), &Returned),
                  STATUS_SUCCESS);
    EXPECT_EQ(Returned, sizeof(Value)); /* all 8 bytes of it */
    EXPECT_EQ(Read[0], 1);
    EXPECT_EQ(Read[1], 99);
    Value = 0;
    EXPECT_STATUS(ControlNow(Sock, WskSetOption, SOL_SOCKET, SO_BROADCAST, &Value, sizeof(Value),
                             NULL, 0, NULL),
                  STATUS_SUCCESS);
    EXPECT_STATUS(ControlNow(Sock, WskGetOption, SOL_SOCKET, SO_BROADCAST, NULL, 0, Read,
                             sizeof(Read), NULL),
                  STATUS_SUCCESS);
    EXPECT_EQ(Read[0], 0);
    EXPECT_STATUS(ControlNow(Sock, WskGetOption, 0x7777, 1, NULL, 0, Read, sizeof(Read), &Returned),
                  STATUS_NOT_SUPPORTED);
    EXPECT_STATUS(ControlNow(Sock, WskIoctl, 0, 0x12345678, NULL, 0, NULL, 0, NULL),
                  STATUS_NOT_SUPPORTED);
}

POINT(CTL_05)
{
    PSOCK Sock = Bound(AF_INET), Fixed = Bound(AF_INET);
    ULONG Value = 77, Read = 0;

    REQUIRE(Sock != NULL && Fixed != NULL);
    /* What the pages want an IRP for, and what needs no waiting. */
    EXPECT_STATUS(ControlNow(Sock, WskIoctl, 0, SIO_WSK_SET_SENDTO_ADDRESS, &Fixed->Local,
                             sizeof(SOCKADDR_IN), NULL, 0, NULL),
                  STATUS_SUCCESS);
    EXPECT_STATUS(SendText(Sock, NULL, "fixed"), STATUS_SUCCESS);
    EXPECT(ReceivesText(Fixed, "fixed"));
    EXPECT_STATUS(ControlNow(Sock, WskSetOption, IPPROTO_IP, IP_TTL, &Value, sizeof(Value), NULL, 0,
                             NULL),
                  STATUS_SUCCESS);
    EXPECT_STATUS(ControlNow(Sock, WskGetOption, IPPROTO_IP, IP_TTL, NULL, 0, &Read, sizeof(Read),
                             NULL),
                  STATUS_SUCCESS);
    EXPECT_EQ(Read, 77);
    /* What waits. */
    EXPECT_STATUS(ControlNow(Sock, WskIoctl, 0, SIO_ADDRESS_LIST_CHANGE, NULL, 0, NULL, 0, NULL),
                  STATUS_REQUEST_NOT_ACCEPTED);
}

POINT(CTL_06)
{
    PSOCK Sock = Bound(AF_INET), First = Bound(AF_INET), Second = Bound(AF_INET);
    PREQUEST Request = NewRequest();
    LONG i;

    REQUIRE(Sock != NULL && First != NULL && Second != NULL);
    for (i = 0; i < 50; i++) {
        PSOCK Target = i % 2 == 0 ? First : Second;
        SOCKADDR_INET Address = Target->Local;
        ULONG Value = 100 + (ULONG)i, Read = 0;
        NTSTATUS Returned;

        Returned = Sock->Fn->WskControlSocket(Sock->Socket, WskIoctl, SIO_WSK_SET_SENDTO_ADDRESS, 0,
                                              sizeof(SOCKADDR_IN), &Address, 0, NULL, NULL,
                                              Use(Request));
        RtlFillMemory(&Address, sizeof(Address), 0xee);
        REQUIRE_STATUS(Finish(Request, Returned), STATUS_SUCCESS);
        REQUIRE_STATUS(SendText(Sock, NULL, "as it was"), STATUS_SUCCESS);
        EXPECT(ReceivesText(Target, "as it was"));
        Returned = Sock->Fn->WskControlSocket(Sock->Socket, WskSetOption, IP_TTL, IPPROTO_IP,
                                              sizeof(Value), &Value, 0, NULL, NULL, Use(Request));
        Value = 1;
        REQUIRE_STATUS(Finish(Request, Returned), STATUS_SUCCESS);
        EXPECT_STATUS(GetOption(Sock, IPPROTO_IP, IP_TTL, &Read), STATUS_SUCCESS);
        EXPECT_EQ(Read, 100 + i);
    }
}

/* --- Options --------------------------------------------------------------------------------- */

#define ANY_DEFAULT 0xfffffffe
#define ON_4 1     /* sockets of AF_INET */
#define ON_6 2
#define ON_BOTH 3
#define EARLY 4    /* until bind */
#define BOOLEAN_ 8

/* The matrix of options that datagram sockets have: default, and two values to set. */
static const struct {
    ULONG Level, Option, Kind, Default, Values[2];
} Options[] = {
    { SOL_SOCKET, SO_BROADCAST, ON_BOTH | BOOLEAN_, 0, { 1, 0 } },
    { SOL_SOCKET, SO_RCVBUF, ON_BOTH, ANY_DEFAULT, { 20000, 65536 } },
    { SOL_SOCKET, SO_SNDBUF, ON_BOTH, ANY_DEFAULT, { 20000, 65536 } },
    { SOL_SOCKET, SO_REUSEADDR, ON_BOTH | EARLY | BOOLEAN_, 0, { 1, 0 } },
    { SOL_SOCKET, SO_EXCLUSIVEADDRUSE, ON_BOTH | EARLY | BOOLEAN_, 0, { 1, 0 } },
    { SOL_SOCKET, SO_RANDOMIZE_PORT, ON_BOTH | EARLY | BOOLEAN_, 0, { 1, 0 } },
    { SOL_SOCKET, SO_PORT_SCALABILITY, ON_BOTH | EARLY | BOOLEAN_, 0, { 1, 0 } },
    { SOL_SOCKET, SO_REUSE_UNICASTPORT, ON_BOTH | EARLY | BOOLEAN_, 0, { 1, 0 } },
    { IPPROTO_IPV6, IPV6_V6ONLY, ON_6 | EARLY | BOOLEAN_, 1, { 0, 1 } },
    { IPPROTO_IP, IP_PKTINFO, ON_BOTH | BOOLEAN_, 0, { 1, 0 } },
    { IPPROTO_IP, IP_RECVTOS, ON_BOTH | BOOLEAN_, 0, { 1, 0 } },
    { IPPROTO_IP, IP_ECN, ON_BOTH | BOOLEAN_, 0, { 1, 0 } },
    { IPPROTO_IP, IP_HOPLIMIT, ON_BOTH | BOOLEAN_, 0, { 1, 0 } },
    { IPPROTO_IP, IP_RECVERR, ON_BOTH | BOOLEAN_, 0, { 1, 0 } },
    { IPPROTO_IP, IP_DONTFRAGMENT, ON_BOTH | BOOLEAN_, 0, { 1, 0 } },
    { IPPROTO_IP, IP_UNICAST_IF, ON_BOTH, 0, { 0x01000000, 0 } }, /* 0.0.0.1, the loopback here */
    { IPPROTO_IP, IP_TTL, ON_BOTH, ANY_DEFAULT, { 5, 255 } },
    { IPPROTO_IP, IP_TOS, ON_BOTH, 0, { 0xb8, 0xff } },
    { IPPROTO_IP, IP_MULTICAST_IF, ON_BOTH, 0, { 0x0100007f, 0 } }, /* 127.0.0.1 */
    { IPPROTO_IP, IP_MULTICAST_TTL, ON_BOTH, 1, { 9, 255 } },
    { IPPROTO_IP, IP_MULTICAST_LOOP, ON_BOTH | BOOLEAN_, 1, { 0, 1 } },
    { IPPROTO_IP, IP_RECEIVE_BROADCAST, ON_BOTH | BOOLEAN_, 1, { 0, 1 } },
    { IPPROTO_IPV6, IPV6_PKTINFO, ON_6 | BOOLEAN_, 0, { 1, 0 } },
    { IPPROTO_IPV6, IPV6_RECVTCLASS, ON_6 | BOOLEAN_, 0, { 1, 0 } },
    { IPPROTO_IPV6, IPV6_ECN, ON_6 | BOOLEAN_, 0, { 1, 0 } },
    { IPPROTO_IPV6, IPV6_HOPLIMIT, ON_6 | BOOLEAN_, 0, { 1, 0 } },
    { IPPROTO_IPV6, IPV6_RECVERR, ON_6 | BOOLEAN_, 0, { 1, 0 } },
    { IPPROTO_IPV6, IPV6_DONTFRAG, ON_6 | BOOLEAN_, 0, { 1, 0 } },
    { IPPROTO_IPV6, IPV6_UNICAST_IF, ON_6, 0, { 1, 0 } },
    { IPPROTO_IPV6, IPV6_UNICAST_HOPS, ON_6, ANY_DEFAULT, { 6, 255 } },
    { IPPROTO_IPV6, IPV6_TCLASS, ON_6, 0, { 0xb8, 0xff } },
    { IPPROTO_IPV6, IPV6_MULTICAST_IF, ON_6, 0, { 1, 0 } },
    { IPPROTO_IPV6, IPV6_MULTICAST_HOPS, ON_6, 1, { 9, 255 } },
    { IPPROTO_IPV6, IPV6_MULTICAST_LOOP, ON_6 | BOOLEAN_, 1, { 0, 1 } },
    { IPPROTO_UDP, UDP_SEND_MSG_SIZE, ON_BOTH, 0, { 1200, 0 } },
    { IPPROTO_UDP, UDP_RECV_MAX_COALESCED_SIZE, ON_BOTH, 0, { 65535, 0 } },
};

static const ADDRESS_FAMILY Families[] = { AF_INET, AF_INET6 };

/* Says which option it was, when a check about one of many has failed. */
static VOID
NameOption(ULONG i)
{
    CHAR Text[sizeof(Cf.Text)];

    RtlCopyMemory(Text, Cf.Text, sizeof(Text));
    (VOID)RtlStringCbPrintfA(Cf.Text, sizeof(Cf.Text), "option (0x%x, 0x%x): %.400s",
                             Options[i].Level, Options[i].Option, Text);
}

/* Runs a check about each option of each family, up to the first that fails. */
static VOID
ForEachOption(VOID (*Check)(ADDRESS_FAMILY Family, ULONG i))
{
    ULONG Family, i;

    for (Family = 0; Family < (HasIpv6() ? 2u : 1u); Family++) {
        for (i = 0; i < RTL_NUMBER_OF(Options) && Cf.Failed == 0; i++) {
            if (Options[i].Kind & (Family == 0 ? ON_4 : ON_6)) {
                Check(Families[Family], i);
                if (Cf.Failed != 0) {
                    NameOption(i);
                }
            }
        }
    }
}

static VOID
CheckBoolean(ADDRESS_FAMILY Family, ULONG i)
{
    static const ULONG Truths[] = { 2, 0x100, 0x80000000, 0xffffffff };
    PSOCK Sock;
    ULONG Value, j;

    if (!(Options[i].Kind & BOOLEAN_)) {
        return;
    }
    Sock = Open(Family);
    REQUIRE(Sock != NULL);
    for (j = 0; j < RTL_NUMBER_OF(Truths); j++) {
        REQUIRE_STATUS(SetOption(Sock, Options[i].Level, Options[i].Option, Truths[j]),
                       STATUS_SUCCESS);
        REQUIRE_STATUS(GetOption(Sock, Options[i].Level, Options[i].Option, &Value),
                       STATUS_SUCCESS);
        EXPECT_EQ(Value, 1);
        REQUIRE_STATUS(SetOption(Sock, Options[i].Level, Options[i].Option, 0), STATUS_SUCCESS);
        REQUIRE_STATUS(GetOption(Sock, Options[i].Level, Options[i].Option, &Value),
                       STATUS_SUCCESS);
        EXPECT_EQ(Value, 0);
    }
    for (j = 0; j < 2; j++) { /* a BOOLEAN, as user-mode programs have it */
        BOOLEAN Byte = j == 0 ? TRUE : FALSE;

        REQUIRE_STATUS(Control(Sock, WskSetOption, Options[i].Level, Options[i].Option, &Byte, 1,
                               NULL, 0),
                       STATUS_SUCCESS);
        REQUIRE_STATUS(GetOption(Sock, Options[i].Level, Options[i].Option, &Value),
                       STATUS_SUCCESS);
        EXPECT_EQ(Value, Byte);
    }
}

POINT(CTL_07)
{
    ForEachOption(CheckBoolean);
}

static VOID
CheckSizes(ADDRESS_FAMILY Family, ULONG i)
{
    PSOCK Sock = Open(Family);
    ULONG Value = 0, Now = 0, Size, New = Options[i].Values[0];
    UCHAR Output[4];

    REQUIRE(Sock != NULL);
    REQUIRE_STATUS(GetOption(Sock, Options[i].Level, Options[i].Option, &Value), STATUS_SUCCESS);
    for (Size = 0; Size < 4; Size++) {
        if (Size != 1 || !(Options[i].Kind & BOOLEAN_)) {
            EXPECT_STATUS(Control(Sock, WskSetOption, Options[i].Level, Options[i].Option, &New,
                                  Size, NULL, 0),
                          STATUS_INVALID_PARAMETER);
        }
        RtlFillMemory(Output, sizeof(Output), 0xcc);
        EXPECT_STATUS(Control(Sock, WskGetOption, Options[i].Level, Options[i].Option, NULL, 0,
                              Output, Size),
                      STATUS_BUFFER_TOO_SMALL);
        EXPECT_EQ(Sock->Request->Information, 0);
        EXPECT(CfIsFilled(Output, sizeof(Output), 0xcc));
    }
    EXPECT_STATUS(GetOption(Sock, Options[i].Level, Options[i].Option, &Now), STATUS_SUCCESS);
    EXPECT_EQ(Now, Value);
}

POINT(CTL_08)
{
    ForEachOption(CheckSizes);
}

POINT(CTL_09)
{
    static const struct {
        ULONG Level, Option;
    } Unknown[] = { { SOL_SOCKET, 0x7777 }, { IPPROTO_IP, 9999 }, { IPPROTO_UDP, 9999 },
                    { IPPROTO_TCP, 9999 }, { 0x7777, 1 }, { IPPROTO_ICMP, 1 } };
    static const ULONG Ioctls[] = { 0, 1, 0x12345678, 0xffffffff, _WSAIOW(IOC_VENDOR, 999),
                                    _WSAIORW(IOC_WSK, 999) };
    PSOCK Sock = Bound(AF_INET);
    ULONG Value = 1, i;

    REQUIRE(Sock != NULL);
    for (i = 0; i < RTL_NUMBER_OF(Unknown); i++) {
        EXPECT_STATUS(SetOption(Sock, Unknown[i].Level, Unknown[i].Option, 1),
                      STATUS_NOT_SUPPORTED);
        EXPECT_STATUS(GetOption(Sock, Unknown[i].Level, Unknown[i].Option, &Value),
                      STATUS_NOT_SUPPORTED);
        EXPECT_EQ(Sock->Request->Information, 0);
    }
    for (i = 0; i < RTL_NUMBER_OF(Ioctls); i++) {
        EXPECT_STATUS(Control(Sock, WskIoctl, 0, Ioctls[i], &Value, sizeof(Value), &Value,
                              sizeof(Value)),
                      STATUS_NOT_SUPPORTED);
        EXPECT_EQ(Sock->Request->Information, 0);
    }
    EXPECT_EQ(Value, 1);
    EXPECT_STATUS(SendText(Sock, &Sock->Local, "goes on"), STATUS_SUCCESS);
    EXPECT(ReceivesText(Sock, "goes on"));
}

static VOID
CheckValues(ADDRESS_FAMILY Family, ULONG i)
{
    PSOCK Sock = Open(Family);
    ULONG Value = 0xcccccccc, j;

    REQUIRE(Sock != NULL);
    for (j = 0; j < RTL_NUMBER_OF(Options[i].Values); j++) {
        REQUIRE_STATUS(SetOption(Sock, Options[i].Level, Options[i].Option, Options[i].Values[j]),
                       STATUS_SUCCESS);
        REQUIRE_STATUS(GetOption(Sock, Options[i].Level, Options[i].Option, &Value),
                       STATUS_SUCCESS);
        EXPECT_EQ(Value, Options[i].Values[j]);
    }
}

POINT(CTL_10)
{
    static const ULONG Sizes[] = { 1, 4096, 12345, 1 << 20, 1 << 30 };
    PSOCK Sock = Bound(AF_INET);
    ULONG Value = 0, i;

    ForEachOption(CheckValues);
    REQUIRE(Sock != NULL);
    for (i = 0; i < RTL_NUMBER_OF(Sizes); i++) { /* less and more than any host likes to have */
        REQUIRE_STATUS(SetOption(Sock, SOL_SOCKET, SO_RCVBUF, Sizes[i]), STATUS_SUCCESS);
        EXPECT_STATUS(GetOption(Sock, SOL_SOCKET, SO_RCVBUF, &Value), STATUS_SUCCESS);
        EXPECT_EQ(Value, Sizes[i]);
    }
}

/* --- Ioctls ---------------------------------------------------------------------------------- */

POINT(CTL_14)
{
    static const ULONG Refused[] = {
        SIO_LOOPBACK_FAST_PATH, SIO_CPU_AFFINITY, SIO_QUERY_WFP_CONNECTION_REDIRECT_RECORDS,
        SIO_QUERY_WFP_CONNECTION_REDIRECT_CONTEXT, SIO_SET_WFP_CONNECTION_REDIRECT_RECORDS,
        SIO_QUERY_RSS_PROCESSOR_INFO,
    };
    PSOCK Sock = Open(AF_INET);
    RSS_SCALABILITY_INFO Rss = { 0xcc };
    PPLAIN Plain = Basic(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
    UCHAR Output[64];
    ULONG Value = 1, i;
    NTSTATUS Status;

    C_ASSERT(SIO_LOOPBACK_FAST_PATH == 0x98000010 && SIO_CPU_AFFINITY == 0x98000015);
    C_ASSERT(SIO_QUERY_RSS_SCALABILITY_INFO == 0x580000d2);
    C_ASSERT(SIO_QUERY_WFP_CONNECTION_REDIRECT_RECORDS == 0x980000dc);
    C_ASSERT(SIO_SET_WFP_CONNECTION_REDIRECT_RECORDS == 0x980000de);
    REQUIRE(Sock != NULL && Plain != NULL);
    for (i = 0; i < RTL_NUMBER_OF(Refused); i++) {
        EXPECT_STATUS(Control(Sock, WskIoctl, 0, Refused[i], &Value, sizeof(Value), Output,
                              sizeof(Output)),
                      STATUS_NOT_SUPPORTED);
        EXPECT_EQ(Sock->Request->Information, 0);
        EXPECT_STATUS(PlainControl(Plain, WskIoctl, 0, Refused[i], &Value, sizeof(Value), Output,
                                   sizeof(Output)),
                      STATUS_NOT_SUPPORTED);
    }
    Status = PlainControl(Plain, WskIoctl, 0, SIO_QUERY_RSS_SCALABILITY_INFO, NULL, 0, &Rss,
                          sizeof(Rss));
    if (Status != STATUS_NOT_SUPPORTED) {
        EXPECT_STATUS(Status, STATUS_SUCCESS);
        EXPECT_EQ(Plain->Request->Information, sizeof(Rss));
        EXPECT(Rss.RssEnabled == FALSE || Rss.RssEnabled == TRUE);
    }
    EXPECT_STATUS(BindTo(Sock, Loopback(AF_INET, 0)), STATUS_SUCCESS);
    EXPECT_STATUS(SendText(Sock, &Sock->Local, "unharmed"), STATUS_SUCCESS);
    EXPECT(ReceivesText(Sock, "unharmed"));
}

/*
 * Before bind, and after; those that belong before bind are refused later, and read all the same.
 */
static VOID
CheckTime(ADDRESS_FAMILY Family, ULONG i)
{
    PSOCK Sock = Open(Family);
    ULONG Value = 0xcccccccc;
    NTSTATUS Later = Options[i].Kind & EARLY ? STATUS_INVALID_DEVICE_STATE : STATUS_SUCCESS;

    REQUIRE(Sock != NULL);
    REQUIRE_STATUS(GetOption(Sock, Options[i].Level, Options[i].Option, &Value), STATUS_SUCCESS);
    EXPECT(Value == Options[i].Default || Options[i].Default == ANY_DEFAULT);
    REQUIRE_STATUS(SetOption(Sock, Options[i].Level, Options[i].Option, Options[i].Values[0]),
                   STATUS_SUCCESS);
    REQUIRE_STATUS(BindTo(Sock, Loopback(Family, 0)), STATUS_SUCCESS);
    REQUIRE_STATUS(GetOption(Sock, Options[i].Level, Options[i].Option, &Value), STATUS_SUCCESS);
    EXPECT_EQ(Value, Options[i].Values[0]);
    EXPECT_STATUS(SetOption(Sock, Options[i].Level, Options[i].Option, Options[i].Values[1]),
                  Later);
    REQUIRE_STATUS(GetOption(Sock, Options[i].Level, Options[i].Option, &Value), STATUS_SUCCESS);
    EXPECT_EQ(Value, Options[i].Values[NT_SUCCESS(Later) ? 1 : 0]);
}

static VOID
CheckBasic(ADDRESS_FAMILY Family, ULONG i)
{
    PPLAIN Plain = Basic(Family, SOCK_DGRAM, IPPROTO_UDP);
    ULONG Value = 0xcccccccc, New = Options[i].Values[0];

    REQUIRE(Plain != NULL);
    REQUIRE_STATUS(PlainControl(Plain, WskGetOption, Options[i].Level, Options[i].Option, NULL, 0,
                                &Value, sizeof(Value)),
                   STATUS_SUCCESS);
    EXPECT(Value == Options[i].Default || Options[i].Default == ANY_DEFAULT);
    REQUIRE_STATUS(PlainControl(Plain, WskSetOption, Options[i].Level, Options[i].Option, &New,
                                sizeof(New), NULL, 0),
                   STATUS_SUCCESS);
    REQUIRE_STATUS(PlainControl(Plain, WskGetOption, Options[i].Level, Options[i].Option, NULL, 0,
                                &Value, sizeof(Value)),
                   STATUS_SUCCESS);
    EXPECT_EQ(Value, New);
}

/*
 * The matrix's other rows: what is read only, an ioctl that is taken, and a compartment that is
 * the only one.
 */
static VOID
CheckTheRest(VOID)
{
    PSOCK Sock = Open(AF_INET);
    ULONG Value = 99;

    REQUIRE(Sock != NULL);
    EXPECT_STATUS(GetOption(Sock, SOL_SOCKET, SO_TYPE, &Value), STATUS_SUCCESS);
    EXPECT_EQ(Value, SOCK_DGRAM);
    EXPECT_STATUS(GetOption(Sock, SOL_SOCKET, SO_ERROR, &Value), STATUS_SUCCESS);
    EXPECT_EQ(Value, 0);
    EXPECT(!NT_SUCCESS(SetOption(Sock, SOL_SOCKET, SO_TYPE, SOCK_STREAM)));
    EXPECT_STATUS(GetOption(Sock, SOL_SOCKET, SO_COMPARTMENT_ID, &Value), STATUS_SUCCESS);
    EXPECT_EQ(Value, 0);
    for (Value = 0; Value < 2; Value++) {
        EXPECT_STATUS(Control(Sock, WskIoctl, 0, SIO_UDP_CONNRESET, &Value, sizeof(Value), NULL, 0),
                      STATUS_SUCCESS);
    }
}

POINT(CTL_15)
{
    ForEachOption(CheckTime);
    ForEachOption(CheckBasic);
    CheckTheRest();
}

CONFORMANCE(ENTRY(CTL_01), ENTRY(CTL_02), ENTRY(CTL_03), ENTRY(CTL_04), ENTRY(CTL_05),
            ENTRY(CTL_06), ENTRY(CTL_07), ENTRY(CTL_08), ENTRY(CTL_09), ENTRY(CTL_10),
            ENTRY(CTL_14), ENTRY(CTL_15))
