/* SPDX-License-Identifier: MIT */
/* retained.h - for the drivers that close a socket while they hold one of its datagrams. */
#pragma once

#include "datagram.h"

static PWSK_DATAGRAM_INDICATION Retained;

static NTSTATUS
KeepOne(PSOCK Sock, ULONG Flags, PWSK_DATAGRAM_INDICATION List)
{
    RecordList(Sock, Flags, List);
    Retained = List;
    return STATUS_PENDING;
}

/* Says in its own words that the point could not be tried. */
static __inline NTSTATUS
CouldNot(PCSTR What)
{
    DbgPrint("could not %s: %s\n", What, Cf.Text);
    return STATUS_UNSUCCESSFUL;
}

/* A closed socket, and Retained is one of its datagrams, of five bytes. */
static __inline NTSTATUS
CloseWithOneRetained(VOID)
{
    PSOCK Sock;

    CfInitialize();
    if (!NT_SUCCESS(CfRegister())) {
        return CouldNot("register");
    }
    Sock = Bound(AF_INET);
    if (Sock == NULL) {
        return CouldNot("open a socket");
    }
    Sock->Hook = KeepOne;
    if (!NT_SUCCESS(EnableEvent(Sock)) || !NT_SUCCESS(SendText(Sock, &Sock->Local, "still")) ||
        !NextIs(Sock, "still")) {
        return CouldNot("receive");
    }
    CloseSock(Sock); /* its completion comes after the callback has returned */
    return Cf.Failed ? CouldNot("close") : STATUS_SUCCESS;
}
