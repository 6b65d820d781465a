/* SPDX-License-Identifier: MIT */
/*
 * Needs: a network of its own
 *
 * network.c - points that need a network which this machine's owner would not like to have: no way out, links of 1500
 * bytes, and an Ethernet whose other end answers on demand only (network.py).
 */
#include "datagram.h"

/* An address at the other end, and a port nobody has. */
#define FAR_END(Host) Ipv4(0xc6336400 + (Host), 7)

static PSOCK
OpenAny(VOID)
{
    PSOCK Sock = Open(AF_INET);

    if (Sock == NULL || !EXPECT_STATUS(BindTo(Sock, Wildcard(AF_INET, 0)), STATUS_SUCCESS)) {
        return NULL;
    }
    return Sock;
}

POINT(DGRAM_SEND_14)
{
    PSOCK Sock = Bound(AF_INET);
    WSK_BUF Big = NewBuffer(2000, NULL), Small = NewBuffer(1472, NULL), Bigger = NewBuffer(1473,
                                                                                           NULL);

    REQUIRE(Sock != NULL);
    EXPECT_STATUS(SendBuffer(Sock, &Big, &Sock->Local), STATUS_SUCCESS);
    REQUIRE_STATUS(SetOption(Sock, IPPROTO_IP, IP_DONTFRAGMENT, 1), STATUS_SUCCESS);
    EXPECT_STATUS(SendBuffer(Sock, &Big, &Sock->Local), STATUS_INVALID_BUFFER_SIZE);
    EXPECT_EQ(Sock->Request->Information, 0);
    EXPECT_STATUS(SendBuffer(Sock, &Bigger, &Sock->Local), STATUS_INVALID_BUFFER_SIZE);
    EXPECT_STATUS(SendBuffer(Sock, &Small, &Sock->Local), STATUS_SUCCESS);
    REQUIRE_STATUS(SetOption(Sock, IPPROTO_IP, IP_DONTFRAGMENT, 0), STATUS_SUCCESS);
    EXPECT_STATUS(SendBuffer(Sock, &Big, &Sock->Local), STATUS_SUCCESS);
}

POINT(DGRAM_SEND_15)
{
    PSOCK Sock = OpenAny(), Receiver = Bound(AF_INET);
    SOCKADDR_INET Elsewhere = Ipv4(0xc0000201, 7); /* 192.0.2.1, of the documentation */
    LONG i;

    REQUIRE(Sock != NULL && Receiver != NULL);
    for (i = 0; i < 3; i++) {
        NTSTATUS Status = SendText(Sock, &Elsewhere, "no way");

        EXPECT(Status == STATUS_NETWORK_UNREACHABLE || Status == STATUS_HOST_UNREACHABLE);
        EXPECT_EQ(Sock->Request->Information, 0);
        REQUIRE_STATUS(SendText(Sock, &Receiver->Local, "still usable"), STATUS_SUCCESS);
        EXPECT(ReceivesText(Receiver, "still usable"));
    }
}

/* Nodes that are too large for the path fail; what stands around them is sent. */
POINT(DGRAM_MSGS_06)
{
    PSOCK Sock = Bound(AF_INET);
    WSK_BUF_LIST Nodes[5];
    LONG i;

    REQUIRE(Sock != NULL);
    REQUIRE_STATUS(SetOption(Sock, IPPROTO_IP, IP_DONTFRAGMENT, 1), STATUS_SUCCESS);
    for (i = 0; i < 5; i++) {
        Nodes[i].Buffer = i % 2 == 1 ? NewBuffer(2000, NULL) : NewBufferOf(&i, sizeof(i));
        Nodes[i].Next = i < 4 ? &Nodes[i + 1] : NULL;
    }
    EXPECT_STATUS(Finish(Sock->Request,
                         Sock->Fn->WskSendMessages(Sock->Socket, Nodes, 0, (PSOCKADDR)&Sock->Local,
                                                   0, NULL, Use(Sock->Request))),
                  STATUS_INVALID_BUFFER_SIZE);
    EXPECT_EQ(Sock->Request->Information, 0);
    for (i = 0; i < 5; i += 2) {
        PRECEIVE Receive = StartReceive(Sock, 64);

        REQUIRE_STATUS(EndReceive(Receive), STATUS_SUCCESS);
        EXPECT_EQ(*(PLONG)Receive->Data, i);
    }
}

/* --- A send that has to wait ----------------------------------------------------------------- */

#define SENDS 50

/* Each longer than the one before, so that none can leave together with another (UDP segmentation). */
#define SIZE_OF(i) (sizeof(LONG) + (SIZE_T)(i))

typedef struct _QUEUE {
    PSOCK Sock, Asker;
    SOCKADDR_INET To;
    PREQUEST Request[SENDS];
    NTSTATUS Returned[SENDS];
    WSK_BUF Buffer[SENDS];
} QUEUE;

/* Sends numbers to where nobody answers, until the socket's buffer is long full. */
static BOOLEAN
FillQueue(QUEUE *Queue, ULONG Host)
{
    LONG Data[1 + SENDS] = { 0 };
    LONG i;

    Queue->Sock = OpenAny();
    Queue->Asker = Bound(AF_INET);
    Queue->To = FAR_END(Host);
    if (Queue->Sock == NULL || Queue->Asker == NULL ||
        !EXPECT_STATUS(SetOption(Queue->Sock, SOL_SOCKET, SO_SNDBUF, 2048), STATUS_SUCCESS)) {
        return FALSE;
    }
    for (i = 0; i < SENDS; i++) {
        Queue->Request[i] = NewRequest();
        Data[0] = i;
        Queue->Buffer[i] = NewBufferOf(Data, SIZE_OF(i));
        Queue->Returned[i] = StartSend(Queue->Sock, Queue->Request[i], &Queue->Buffer[i],
                                       &Queue->To);
    }
    return EXPECT_STATUS(Queue->Returned[SENDS - 1], STATUS_PENDING) &&
           EXPECT(!IsCompleted(Queue->Request[SENDS - 1]));
}

/* Lets everything through; what arrives there comes to Asker. */
static BOOLEAN
OpenNetwork(QUEUE *Queue, PCSTR Address)
{
    SOCKADDR_INET Keeper = Loopback(AF_INET, 4000);

    return EXPECT_STATUS(SendText(Queue->Asker, &Keeper, Address), STATUS_SUCCESS) &&
           ReceivesText(Queue->Asker, "open");
}

/* These arrive, in order, and nothing else before the last. */
static VOID
ExpectArrival(QUEUE *Queue, LONG Count)
{
    LONG i;

    for (i = 0; i < Count; i++) {
        PRECEIVE Receive = StartReceive(Queue->Asker, 64);

        REQUIRE_STATUS(EndReceive(Receive), STATUS_SUCCESS);
        REQUIRE(Receive->Request->Information == SIZE_OF(i) && *(PLONG)Receive->Data == i);
    }
    REQUIRE_STATUS(SendText(Queue->Sock, &Queue->To, "last"), STATUS_SUCCESS);
    EXPECT(ReceivesText(Queue->Asker, "last"));
}

POINT(DGRAM_SEND_18)
{
    QUEUE Queue;
    LONG i;

    REQUIRE(FillQueue(&Queue, 2));
    REQUIRE(OpenNetwork(&Queue, "198.51.100.2"));
    for (i = 0; i < SENDS; i++) {
        EXPECT_STATUS(Finish(Queue.Request[i], Queue.Returned[i]), STATUS_SUCCESS);
        EXPECT_EQ(Queue.Request[i]->Information, SIZE_OF(i));
    }
    ExpectArrival(&Queue, SENDS);
}

POINT(DGRAM_SEND_21)
{
    enum { LEFT = SENDS - 10 };
    QUEUE Queue;
    LONG i;

    REQUIRE(FillQueue(&Queue, 3));
    for (i = SENDS - 1; i >= LEFT; i--) { /* all at the end of the queue, so that none has left */
        EXPECT(IoCancelIrp(Queue.Request[i]->Irp));
        EXPECT_STATUS(Finish(Queue.Request[i], Queue.Returned[i]), STATUS_CANCELLED);
        EXPECT_EQ(Queue.Request[i]->Information, 0);
    }
    REQUIRE(OpenNetwork(&Queue, "198.51.100.3"));
    for (i = 0; i < LEFT; i++) {
        EXPECT_STATUS(Finish(Queue.Request[i], Queue.Returned[i]), STATUS_SUCCESS);
    }
    ExpectArrival(&Queue, LEFT);
}

CONFORMANCE(ENTRY(DGRAM_SEND_14), ENTRY(DGRAM_SEND_15), ENTRY(DGRAM_MSGS_06), ENTRY(DGRAM_SEND_18),
            ENTRY(DGRAM_SEND_21))
