/* SPDX-License-Identifier: MIT */
/* event.c - the points EVT: SO_WSK_EVENT_CALLBACK, on datagram sockets. */
#include "datagram.h"

#define ON WSK_EVENT_RECEIVE_FROM
#define OFF (WSK_EVENT_RECEIVE_FROM | WSK_EVENT_DISABLE)

/* The option with any identifier and any mask; Request may be NULL. */
static NTSTATUS
SetEventOption(PSOCK Sock, const GUID *Npi, ULONG Mask, PREQUEST Request)
{
    WSK_EVENT_CALLBACK_CONTROL Events;

    Events.NpiId = (PNPIID)Npi;
    Events.EventMask = Mask;
    return Sock->Fn->WskControlSocket(Sock->Socket, WskSetOption, SO_WSK_EVENT_CALLBACK, SOL_SOCKET,
                                      sizeof(Events), &Events, 0, NULL, NULL,
                                      Request != NULL ? Use(Request) : NULL);
}

/* A callback that stays inside until it is let go. */
typedef struct _GATE {
    KEVENT Entered;
    KEVENT MayLeave;
    volatile LONG Left;
} GATE;

static NTSTATUS
StayInside(PSOCK Sock, ULONG Flags, PWSK_DATAGRAM_INDICATION List)
{
    GATE *Gate = (GATE *)Sock->HookContext;
    LONG i;

    KeSetEvent(&Gate->Entered, IO_NO_INCREMENT, FALSE);
    /* A callback must not wait; this one looks again and again, not for ever. */
    for (i = 0; i < 2000000 && KeReadStateEvent(&Gate->MayLeave) == 0; i++) {
        KeStallExecutionProcessor(10);
    }
    RecordList(Sock, Flags, List);
    InterlockedIncrement(&Gate->Left);
    return STATUS_SUCCESS;
}

/* A socket whose callback is inside. */
static PSOCK
Inside(GATE *Gate)
{
    PSOCK Sock = Bound(AF_INET);

    KeInitializeEvent(&Gate->Entered, NotificationEvent, FALSE);
    KeInitializeEvent(&Gate->MayLeave, NotificationEvent, FALSE);
    Gate->Left = 0;
    if (Sock == NULL) {
        return NULL;
    }
    Sock->Hook = StayInside;
    Sock->HookContext = Gate;
    EXPECT_STATUS(EnableEvent(Sock), STATUS_SUCCESS);
    EXPECT_STATUS(SendText(Sock, &Sock->Local, "inside"), STATUS_SUCCESS);
    return WaitFor(&Gate->Entered) ? Sock : NULL;
}

POINT(EVT_01)
{
    PSOCK Sock = Bound(AF_INET);

    REQUIRE(Sock != NULL);
    EXPECT_STATUS(SetEventOption(Sock, &NPI_WSK_INTERFACE_ID, ON, NULL), STATUS_SUCCESS);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "text"), STATUS_SUCCESS);
    EXPECT(NextIs(Sock, "text"));
}

POINT(EVT_02)
{
    PSOCK Sock = Bound(AF_INET);
    PREQUEST Request = NewRequest();

    REQUIRE(Sock != NULL);
    EXPECT_STATUS(Finish(Request, SetEventOption(Sock, &NPI_WSK_INTERFACE_ID, ON, Request)),
                  STATUS_SUCCESS);
    EXPECT_EQ(Request->Information, 0);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "text"), STATUS_SUCCESS);
    EXPECT(NextIs(Sock, "text"));
}

POINT(EVT_03)
{
    PSOCK Sock = Open(AF_INET);

    REQUIRE(Sock != NULL);
    EXPECT_STATUS(SetEventOption(Sock, &NPI_WSK_INTERFACE_ID, ON, NULL),
                  STATUS_INVALID_DEVICE_STATE);
    REQUIRE_STATUS(BindTo(Sock, Loopback(AF_INET, 0)), STATUS_SUCCESS);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "not indicated"), STATUS_SUCCESS);
    EXPECT(ReceivesText(Sock, "not indicated"));
    EXPECT_STATUS(SetEventOption(Sock, &NPI_WSK_INTERFACE_ID, ON, NULL), STATUS_SUCCESS);
    EXPECT_EQ(ReadAcquire(&Sock->Calls), 0);
}

POINT(EVT_04)
{
    static const ULONG Masks[] = { 0, WSK_EVENT_RECEIVE, WSK_EVENT_DISCONNECT,
                                   WSK_EVENT_SEND_BACKLOG, WSK_EVENT_ACCEPT,
                                   ON | WSK_EVENT_RECEIVE, ON | 1, 0x00400000 };
    GUID Foreign = NPI_WSK_INTERFACE_ID;
    PSOCK Sock = Bound(AF_INET);
    ULONG i;

    REQUIRE(Sock != NULL);
    for (i = 0; i < RTL_NUMBER_OF(Masks); i++) {
        EXPECT_STATUS(SetEventOption(Sock, &NPI_WSK_INTERFACE_ID, Masks[i], NULL),
                      STATUS_INVALID_PARAMETER);
    }
    Foreign.Data4[7] ^= 1;
    EXPECT_STATUS(SetEventOption(Sock, &Foreign, ON, NULL), STATUS_NOT_SUPPORTED);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "still off"), STATUS_SUCCESS);
    EXPECT(ReceivesText(Sock, "still off"));
    EXPECT_EQ(ReadAcquire(&Sock->Calls), 0);
}

POINT(EVT_05)
{
    PSOCK Sock = Bound(AF_INET);
    LONG i;

    REQUIRE(Sock != NULL);
    for (i = 0; i < 3; i++) {
        EXPECT_STATUS(EnableEvent(Sock), STATUS_SUCCESS);
        REQUIRE_STATUS(SendText(Sock, &Sock->Local, "once"), STATUS_SUCCESS);
        EXPECT(NextIs(Sock, "once"));
    }
    EXPECT_EQ(ReadAcquire(&Sock->Calls), 3);
}

POINT(EVT_06)
{
    PSOCK Sock = Bound(AF_INET);

    REQUIRE(Sock != NULL);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "before"), STATUS_SUCCESS);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "it was on"), STATUS_SUCCESS);
    REQUIRE_STATUS(EnableEvent(Sock), STATUS_SUCCESS);
    EXPECT(NextIs(Sock, "before"));
    EXPECT(NextIs(Sock, "it was on"));
}

POINT(EVT_07)
{
    PSOCK Sock = Listening(AF_INET);

    REQUIRE(Sock != NULL);
    EXPECT_STATUS(SetEvents(Sock, OFF | WSK_EVENT_RECEIVE), STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(SetEvents(Sock, WSK_EVENT_DISABLE), STATUS_INVALID_PARAMETER);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "still on"), STATUS_SUCCESS);
    EXPECT(NextIs(Sock, "still on"));
    EXPECT(NT_SUCCESS(SetEvents(Sock, OFF)));
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "off"), STATUS_SUCCESS);
    EXPECT(ReceivesText(Sock, "off"));
    EXPECT_EQ(ReadAcquire(&Sock->Calls), 1);
}

POINT(EVT_08)
{
    PSOCK Sock = Bound(AF_INET);
    PREQUEST Request = NewRequest();
    LONG i;

    REQUIRE(Sock != NULL);
    for (i = 0; i < 4; i++) {
        REQUIRE_STATUS(EnableEvent(Sock), STATUS_SUCCESS);
        if (i % 2 == 0) {
            EXPECT_STATUS(SetEvents(Sock, OFF), STATUS_SUCCESS);
        } else {
            EXPECT_STATUS(Finish(Request, SetEventOption(Sock, &NPI_WSK_INTERFACE_ID, OFF,
                                                         Request)),
                          STATUS_SUCCESS);
            EXPECT_EQ(Request->Information, 0);
        }
        REQUIRE_STATUS(SendText(Sock, &Sock->Local, "off"), STATUS_SUCCESS);
        EXPECT(ReceivesText(Sock, "off"));
    }
    EXPECT_EQ(ReadAcquire(&Sock->Calls), 0);
}

POINT(EVT_09)
{
    GATE Gate;
    PSOCK Sock = Inside(&Gate);
    PREQUEST Request = NewRequest();
    NTSTATUS Returned;

    REQUIRE(Sock != NULL);
    Returned = SetEventOption(Sock, &NPI_WSK_INTERFACE_ID, OFF, Request);
    EXPECT_STATUS(Returned, STATUS_PENDING);
    EXPECT(!IsCompleted(Request));
    EXPECT_EQ(ReadAcquire(&Gate.Left), 0);
    KeSetEvent(&Gate.MayLeave, IO_NO_INCREMENT, FALSE);
    EXPECT_STATUS(Finish(Request, Returned), STATUS_SUCCESS);
    EXPECT_EQ(ReadAcquire(&Gate.Left), 1);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "off"), STATUS_SUCCESS);
    EXPECT(ReceivesText(Sock, "off"));
    EXPECT_EQ(ReadAcquire(&Sock->Calls), 1);
}

POINT(EVT_10)
{
    GATE Gate;
    PSOCK Sock = Inside(&Gate);

    REQUIRE(Sock != NULL);
    EXPECT_STATUS(SetEvents(Sock, OFF), STATUS_EVENT_PENDING);
    EXPECT(NT_SUCCESS(STATUS_EVENT_PENDING));
    KeSetEvent(&Gate.MayLeave, IO_NO_INCREMENT, FALSE);
    EXPECT(NextIs(Sock, "inside"));
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "off"), STATUS_SUCCESS);
    EXPECT(ReceivesText(Sock, "off"));
    EXPECT_EQ(ReadAcquire(&Sock->Calls), 1);
}

typedef struct _WITHIN {
    PREQUEST Request;
    NTSTATUS Returned[2];
} WITHIN;

static NTSTATUS
DisableInside(PSOCK Sock, ULONG Flags, PWSK_DATAGRAM_INDICATION List)
{
    WITHIN *Within = (WITHIN *)Sock->HookContext;

    Within->Returned[0] = SetEvents(Sock, OFF);
    Within->Returned[1] = SetEventOption(Sock, &NPI_WSK_INTERFACE_ID, OFF, Within->Request);
    RecordList(Sock, Flags, List);
    return STATUS_SUCCESS;
}

POINT(EVT_11)
{
    PSOCK Sock = Bound(AF_INET);
    WITHIN Within;

    REQUIRE(Sock != NULL);
    Within.Request = NewRequest();
    Sock->Hook = DisableInside;
    Sock->HookContext = &Within;
    REQUIRE_STATUS(EnableEvent(Sock), STATUS_SUCCESS);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "text"), STATUS_SUCCESS);
    REQUIRE(NextIs(Sock, "text"));
    EXPECT_STATUS(Within.Returned[0], STATUS_EVENT_PENDING);
    EXPECT_STATUS(Within.Returned[1], STATUS_PENDING);
    EXPECT_STATUS(Finish(Within.Request, Within.Returned[1]), STATUS_SUCCESS);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "off"), STATUS_SUCCESS);
    EXPECT(ReceivesText(Sock, "off"));
    EXPECT_EQ(ReadAcquire(&Sock->Calls), 1);
}

POINT(EVT_12)
{
    PSOCK Sock = Listening(AF_INET);

    REQUIRE(Sock != NULL);
    EXPECT_STATUS(SetEvents(Sock, OFF), STATUS_SUCCESS);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "for the receive"), STATUS_SUCCESS);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "for the event"), STATUS_SUCCESS);
    EXPECT(ReceivesText(Sock, "for the receive"));
    REQUIRE_STATUS(EnableEvent(Sock), STATUS_SUCCESS);
    EXPECT(NextIs(Sock, "for the event"));
}

POINT(EVT_13)
{
    WSK_EVENT_CALLBACK_CONTROL Events = { &NPI_WSK_INTERFACE_ID, ON };
    PCLIENT Client = NewClient();
    PREQUEST Request = NewRequest();
    PSOCK Sock;

    REQUIRE(Client != NULL);
    REQUIRE_STATUS(Client->Npi.Dispatch->WskControlClient(Client->Npi.Client,
                                                          WSK_SET_STATIC_EVENT_CALLBACKS,
                                                          sizeof(Events), &Events, 0, NULL, NULL,
                                                          NULL),
                   STATUS_SUCCESS);
    Sock = OpenWith(&Client->Npi, AF_INET, &SockCallbacks);
    REQUIRE(Sock != NULL);
    REQUIRE_STATUS(BindTo(Sock, Loopback(AF_INET, 0)), STATUS_SUCCESS);
    EXPECT_STATUS(SetEvents(Sock, OFF), STATUS_INVALID_DEVICE_REQUEST);
    EXPECT_STATUS(Finish(Request, SetEventOption(Sock, &NPI_WSK_INTERFACE_ID, OFF, Request)),
                  STATUS_INVALID_DEVICE_REQUEST);
    EXPECT_STATUS(SetEvents(Sock, ON), STATUS_SUCCESS);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "on"), STATUS_SUCCESS);
    EXPECT(NextIs(Sock, "on"));
}

POINT(EVT_14)
{
    PSOCK Sock = Bound(AF_INET), Other = Bound(AF_INET);
    LONG Calls;

    REQUIRE(Sock != NULL && Other != NULL);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "early"), STATUS_SUCCESS);
    EXPECT(ReceivesText(Sock, "early"));
    EXPECT_EQ(ReadAcquire(&Sock->Calls), 0);
    REQUIRE_STATUS(EnableEvent(Sock), STATUS_SUCCESS);
    REQUIRE_STATUS(SendText(Other, &Sock->Local, "on"), STATUS_SUCCESS);
    EXPECT(NextIs(Sock, "on"));
    REQUIRE_STATUS(SendText(Other, &Sock->Local, "perhaps"), STATUS_SUCCESS);
    CloseSock(Sock);
    Calls = ReadAcquire(&Sock->Calls);
    REQUIRE_STATUS(SendText(Other, &Sock->Local, "late"), STATUS_SUCCESS);
    REQUIRE_STATUS(SendText(Other, &Other->Local, "marker"), STATUS_SUCCESS);
    EXPECT(ReceivesText(Other, "marker"));
    EXPECT_EQ(ReadAcquire(&Sock->Calls), Calls);
}

CONFORMANCE(ENTRY(EVT_01), ENTRY(EVT_02), ENTRY(EVT_03), ENTRY(EVT_04), ENTRY(EVT_05),
            ENTRY(EVT_06), ENTRY(EVT_07), ENTRY(EVT_08), ENTRY(EVT_09), ENTRY(EVT_10),
            ENTRY(EVT_11), ENTRY(EVT_12), ENTRY(EVT_13), ENTRY(EVT_14))
