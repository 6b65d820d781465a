/* SPDX-License-Identifier: MIT */
/*
 * bad_v21_release_twice.c - releases an indication twice.
 */
#include "bad.h"

static PWSK_DATAGRAM_INDICATION Kept;

static NTSTATUS WSKAPI
Receive(PVOID SocketContext, ULONG Flags, PWSK_DATAGRAM_INDICATION DataIndication)
{
    UNREFERENCED_PARAMETER(SocketContext);
    UNREFERENCED_PARAMETER(Flags);
    Kept = DataIndication;
    KeSetEvent(&Received, IO_NO_INCREMENT, FALSE);
    return STATUS_PENDING;
}

static const WSK_CLIENT_DATAGRAM_DISPATCH Callbacks = { Receive };

static NTSTATUS
Sin(VOID)
{
    NTSTATUS Status = ReceiveOne(&Callbacks);

    if (NT_SUCCESS(Status)) {
        Table()->WskRelease(Socket, Kept);
        Table()->WskRelease(Socket, Kept); /* CAUGHT V21 STOP */
    }
    return Status;
}
