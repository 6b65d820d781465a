/* SPDX-License-Identifier: MIT */
/* dgram_release.c - the points DGRAM-REL: WskRelease. Those after which something is left over stand in ends/. */
#include "datagram.h"

#define COUNT 24

/* The nodes that a socket's event has kept, in order of arrival. */
typedef struct _NODES {
    PWSK_DATAGRAM_INDICATION Node[COUNT];
    volatile LONG Count;
} NODES;

static NTSTATUS
KeepNodes(PSOCK Sock, ULONG Flags, PWSK_DATAGRAM_INDICATION List)
{
    NODES *Nodes = (NODES *)Sock->HookContext;

    UNREFERENCED_PARAMETER(Flags);
    for (; List != NULL; List = List->Next) {
        if (EXPECT(Nodes->Count < COUNT)) {
            Nodes->Node[Nodes->Count++] = List;
        }
        KeReleaseSemaphore(&Sock->Recorded, IO_NO_INCREMENT, 1, FALSE);
    }
    return STATUS_PENDING;
}

/* A socket that keeps COUNT datagrams; node i holds the number i. Its event is off again. */
static PSOCK
Keeping(NODES *Nodes)
{
    WSK_EVENT_CALLBACK_CONTROL Off = { &NPI_WSK_INTERFACE_ID,
                                       WSK_EVENT_RECEIVE_FROM | WSK_EVENT_DISABLE };
    PSOCK Sock = Bound(AF_INET);
    LONG i;

    if (Sock == NULL) {
        return NULL;
    }
    RtlZeroMemory(Nodes, sizeof(*Nodes));
    Sock->Hook = KeepNodes;
    Sock->HookContext = Nodes;
    for (i = 0; i < COUNT; i++) {
        EXPECT_STATUS(SendBytes(Sock, &Sock->Local, &i, sizeof(i)), STATUS_SUCCESS);
    }
    EXPECT_STATUS(EnableEvent(Sock), STATUS_SUCCESS);
    for (i = 0; i < COUNT && WaitFor(&Sock->Recorded); i++) {
        continue;
    }
    /* Completes when the last callback has returned, from when on the nodes are the driver's. */
    EXPECT_STATUS(Control(Sock, WskSetOption, SOL_SOCKET, SO_WSK_EVENT_CALLBACK, &Off, sizeof(Off),
                          NULL, 0),
                  STATUS_SUCCESS);
    return EXPECT_EQ(Nodes->Count, COUNT) ? Sock : NULL;
}

static NTSTATUS
Release(PSOCK Sock, PWSK_DATAGRAM_INDICATION List)
{
    return Sock->Fn->WskRelease(Sock->Socket, List);
}

/* Links the nodes `First`, `First + Step`, ... and returns the first of them. */
static PWSK_DATAGRAM_INDICATION
Relink(NODES *Nodes, LONG First, LONG Step)
{
    LONG i;

    for (i = First; i < COUNT; i += Step) {
        Nodes->Node[i]->Next = i + Step < COUNT ? Nodes->Node[i + Step] : NULL;
    }
    return Nodes->Node[First];
}

POINT(DGRAM_REL_01)
{
    NODES Nodes;
    PSOCK Sock = Keeping(&Nodes);

    REQUIRE(Sock != NULL);
    EXPECT_STATUS(Release(Sock, Relink(&Nodes, 0, 1)), STATUS_SUCCESS);
}

POINT(DGRAM_REL_02)
{
    NODES Nodes;
    PSOCK Sock = Keeping(&Nodes);
    LONG i, Value;

    REQUIRE(Sock != NULL);
    EXPECT_STATUS(Release(Sock, Relink(&Nodes, 1, 3)), STATUS_SUCCESS);
    for (i = 2; i < COUNT; i += 3) { /* the others are as they were */
        CopyBuffer(&Nodes.Node[i]->Buffer, &Value);
        EXPECT_EQ(Value, i);
    }
    for (i = COUNT - 1; i >= 2; i -= 3) { /* the last first, one by one */
        Nodes.Node[i]->Next = NULL;
        EXPECT_STATUS(Release(Sock, Nodes.Node[i]), STATUS_SUCCESS);
    }
    EXPECT_STATUS(Release(Sock, Relink(&Nodes, 0, 3)), STATUS_SUCCESS);
}

typedef struct _RELEASING {
    PSOCK Sock;
    NODES *Nodes;
    LONG First;
} RELEASING;

static VOID
ReleaseThird(PVOID Context)
{
    RELEASING *Releasing = (RELEASING *)Context;
    LONG i;

    for (i = Releasing->First; i < COUNT; i += 3) {
        Releasing->Nodes->Node[i]->Next = NULL;
        EXPECT_STATUS(Release(Releasing->Sock, Releasing->Nodes->Node[i]), STATUS_SUCCESS);
    }
}

static NTSTATUS
ReleaseInCallback(PSOCK Sock, ULONG Flags, PWSK_DATAGRAM_INDICATION List)
{
    NODES *Nodes = (NODES *)Sock->HookContext;

    EXPECT_STATUS(Release(Sock, Relink(Nodes, 0, 1)), STATUS_SUCCESS);
    RecordList(Sock, Flags, List);
    return STATUS_SUCCESS;
}

POINT(DGRAM_REL_03)
{
    NODES Nodes;
    RELEASING Releasing[3];
    PWORKER Workers[3];
    PSOCK Sock = Keeping(&Nodes);
    KIRQL Irql;
    LONG i;

    REQUIRE(Sock != NULL);
    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    EXPECT_STATUS(Release(Sock, Relink(&Nodes, 0, 1)), STATUS_SUCCESS);
    KeLowerIrql(Irql);
    Sock = Keeping(&Nodes);
    REQUIRE(Sock != NULL);
    for (i = 0; i < 3; i++) {
        Releasing[i].Sock = Sock;
        Releasing[i].Nodes = &Nodes;
        Releasing[i].First = i;
        Workers[i] = NewWorker(ReleaseThird, &Releasing[i]);
    }
    for (i = 0; i < 3; i++) {
        WaitFor(Workers[i]->Object);
    }
    Sock = Keeping(&Nodes);
    REQUIRE(Sock != NULL);
    Sock->Hook = ReleaseInCallback;
    REQUIRE_STATUS(EnableEvent(Sock), STATUS_SUCCESS);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "now"), STATUS_SUCCESS);
    EXPECT(NextIs(Sock, "now"));
}

POINT(DGRAM_REL_04)
{
    PSOCK Sock = Bound(AF_INET);

    REQUIRE(Sock != NULL);
    EXPECT_STATUS(Release(Sock, NULL), STATUS_INVALID_PARAMETER);
}

/* That the memory of a released node can still be looked at is this provider's kindness; a driver has no such right. */
POINT(DGRAM_REL_05)
{
    NODES Nodes;
    PSOCK Sock = Keeping(&Nodes);

    REQUIRE(Sock != NULL);
    Nodes.Node[0]->Next = NULL;
    EXPECT_STATUS(Release(Sock, Nodes.Node[0]), STATUS_SUCCESS);
    EXPECT_STATUS(Release(Sock, Nodes.Node[0]), STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(Release(Sock, Relink(&Nodes, 1, 1)), STATUS_SUCCESS);
}

POINT(DGRAM_REL_06)
{
    NODES Nodes;
    PSOCK Sock = Keeping(&Nodes), Other = Bound(AF_INET);

    REQUIRE(Sock != NULL && Other != NULL);
    EXPECT_STATUS(Release(Other, Relink(&Nodes, 0, 1)), STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(Release(Sock, Relink(&Nodes, 0, 1)), STATUS_SUCCESS); /* nothing was taken */
}

CONFORMANCE(ENTRY(DGRAM_REL_01), ENTRY(DGRAM_REL_02), ENTRY(DGRAM_REL_03), ENTRY(DGRAM_REL_04),
            ENTRY(DGRAM_REL_05), ENTRY(DGRAM_REL_06))
