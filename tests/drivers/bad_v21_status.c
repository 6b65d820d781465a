/* SPDX-License-Identifier: MIT */
/*
 * bad_v21_status.c - returns from its receive callback what its own function returned.
 */
#include "bad.h"

static PWSK_DATAGRAM_INDICATION Kept;

static NTSTATUS WSKAPI
Receive(PVOID SocketContext, ULONG Flags, PWSK_DATAGRAM_INDICATION DataIndication)
{ /* CAUGHT V21 STOP */
    UNREFERENCED_PARAMETER(SocketContext);
    UNREFERENCED_PARAMETER(Flags);
    Kept = DataIndication;
    KeSetEvent(&Received, IO_NO_INCREMENT, FALSE);
    return STATUS_INSUFFICIENT_RESOURCES;
}

static const WSK_CLIENT_DATAGRAM_DISPATCH Callbacks = { Receive };

static NTSTATUS
Sin(VOID)
{
    return ReceiveOne(&Callbacks);
}
