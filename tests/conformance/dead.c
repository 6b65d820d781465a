/* SPDX-License-Identifier: MIT */
/*
 * Options: --inject WskSendMessages:break
 *
 * dead.c - points about a socket that has died, which here is one that WskSendMessages was called for.
 */
#include "datagram.h"

static NTSTATUS
Kill(PSOCK Sock)
{
    WSK_BUF_LIST List = { NULL, { NULL, 0, 0 } };

    return Finish(Sock->Request,
                  Sock->Fn->WskSendMessages(Sock->Socket, &List, 0, (PSOCKADDR)&Sock->Local, 0,
                                            NULL, Use(Sock->Request)));
}

POINT(BIND_18)
{
    PSOCK Sock = Bound(AF_INET), Other = Bound(AF_INET);
    SOCKADDR_INET Address;
    PRECEIVE Waiting, Receive;
    ULONG Value;

    REQUIRE(Sock != NULL && Other != NULL);
    Waiting = StartReceive(Sock, 64);
    EXPECT_STATUS(Kill(Sock), STATUS_FILE_FORCED_CLOSED);
    EXPECT_STATUS(EndReceive(Waiting), STATUS_FILE_FORCED_CLOSED);
    EXPECT_EQ(Waiting->Request->Information, 0);
    EXPECT_STATUS(SendText(Sock, &Other->Local, "dead"), STATUS_FILE_FORCED_CLOSED);
    EXPECT_EQ(Sock->Request->Information, 0);
    EXPECT_STATUS(BindTo(Sock, Sock->Local), STATUS_FILE_FORCED_CLOSED);
    EXPECT_STATUS(GetLocal(Sock, &Address), STATUS_FILE_FORCED_CLOSED);
    EXPECT_STATUS(GetOption(Sock, SOL_SOCKET, SO_RCVBUF, &Value), STATUS_FILE_FORCED_CLOSED);
    EXPECT_STATUS(SetOption(Sock, SOL_SOCKET, SO_BROADCAST, 1), STATUS_FILE_FORCED_CLOSED);
    Receive = StartReceive(Sock, 64);
    EXPECT_STATUS(EndReceive(Receive), STATUS_FILE_FORCED_CLOSED);
    CloseSock(Sock); /* works, as it always does */
    REQUIRE_STATUS(SendText(Other, &Other->Local, "alive"), STATUS_SUCCESS);
    EXPECT(ReceivesText(Other, "alive"));
}

POINT(DGRAM_EVT_15)
{
    PSOCK Sock = Listening(AF_INET), Silent = Bound(AF_INET);

    REQUIRE(Sock != NULL && Silent != NULL);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "alive"), STATUS_SUCCESS);
    EXPECT(NextIs(Sock, "alive"));
    EXPECT_STATUS(Kill(Sock), STATUS_FILE_FORCED_CLOSED);
    EXPECT_STATUS(Kill(Sock), STATUS_FILE_FORCED_CLOSED);
    EXPECT_STATUS(Kill(Silent), STATUS_FILE_FORCED_CLOSED);
    REQUIRE(WaitFor(&Sock->Died));
    CloseSock(Sock);
    CloseSock(Silent);
    EXPECT_EQ(ReadAcquire(&Sock->DeadCalls), 1);
    EXPECT_EQ(ReadAcquire(&Silent->DeadCalls), 0); /* its event is off */
}

CONFORMANCE(ENTRY(BIND_18), ENTRY(DGRAM_EVT_15))
