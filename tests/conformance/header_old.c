/* SPDX-License-Identifier: MIT */
/* header_old.c - HDR-08: a driver that is compiled for Windows Vista sees the beginning of the tables. */
#define NTDDI_VERSION 0x06000000
#define _WIN32_WINNT 0x0600

#include "datagram.h"

POINT(HDR_08)
{
    PSOCK Sock = Bound(AF_INET);
    const PVOID *Behind;

    C_ASSERT(sizeof(WSK_PROVIDER_DATAGRAM_DISPATCH) == 7 * sizeof(PVOID));
    C_ASSERT(FIELD_OFFSET(WSK_PROVIDER_DATAGRAM_DISPATCH, WskGetLocalAddress) == 48);
    C_ASSERT(sizeof(WSK_PROVIDER_DISPATCH) == 4 * sizeof(PVOID));
    REQUIRE(Sock != NULL);
    Behind = (const PVOID *)(Sock->Fn + 1);
    EXPECT(Behind[0] != NULL); /* WskSendMessages */
    Behind = (const PVOID *)(Cf.Npi.Dispatch + 1);
    EXPECT(Behind[0] != NULL && Behind[1] != NULL && Behind[2] != NULL); /* name resolution */
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "text"), STATUS_SUCCESS);
    EXPECT(ReceivesText(Sock, "text"));
}

CONFORMANCE(ENTRY(HDR_08))
