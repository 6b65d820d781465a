/* SPDX-License-Identifier: MIT */
/* buffer.c - the points BUF: what a WSK_BUF and its MDLs mean. */
#include "datagram.h"

POINT(BUF_01)
{
    PSOCK Sock = Bound(AF_INET);
    WSK_BUF Buffer = NewBufferOf("..abcd", 6);

    REQUIRE(Sock != NULL);
    Buffer.Mdl->Next = NewBufferOf("efgh", 4).Mdl;
    Buffer.Offset = 2;
    Buffer.Length = 7;
    REQUIRE_STATUS(SendBuffer(Sock, &Buffer, &Sock->Local), STATUS_SUCCESS);
    EXPECT_EQ(Sock->Request->Information, 7);
    EXPECT(ReceivesText(Sock, "abcdefg"));
}

CONFORMANCE(ENTRY(BUF_01))
