/* SPDX-License-Identifier: MIT */
/* header_npi.c - HDR-07: a driver that brings its own copy of the identifier, under the header's name. */
#include <wdm.h>

#include <wsk.h>

const NPIID NPI_WSK_INTERFACE_ID = {
    0x2227e803, 0x8d8b, 0x11d4, { 0xab, 0xad, 0x00, 0x90, 0x27, 0x71, 0x9e, 0x09 }
};

#include "datagram.h"

POINT(HDR_07)
{
    NPIID Copy = NPI_WSK_INTERFACE_ID;
    WSK_EVENT_CALLBACK_CONTROL Events;
    PSOCK Sock = Bound(AF_INET);

    REQUIRE(Sock != NULL);
    EXPECT_STATUS(EnableEvent(Sock), STATUS_SUCCESS);
    Events.NpiId = &Copy; /* a third one, on the stack */
    Events.EventMask = WSK_EVENT_RECEIVE_FROM;
    EXPECT_STATUS(Control(Sock, WskSetOption, SOL_SOCKET, SO_WSK_EVENT_CALLBACK, &Events,
                          sizeof(Events), NULL, 0),
                  STATUS_SUCCESS);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "text"), STATUS_SUCCESS);
    EXPECT(NextIs(Sock, "text"));
}

CONFORMANCE(ENTRY(HDR_07))
