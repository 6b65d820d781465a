/* SPDX-License-Identifier: MIT */
/*
 * bad_v21_release_twice.c - releases an indication twice.
 */
#include "bad.h"

static KEVENT Received;
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
ReceiveOne(VOID)
{
    NTSTATUS Status = Open(NULL, &Callbacks);

    KeInitializeEvent(&Received, NotificationEvent, FALSE);
    if (NT_SUCCESS(Status)) {
        Status = SwitchEvent(WSK_EVENT_RECEIVE_FROM);
    }
    if (NT_SUCCESS(Status)) {
        Status = SendToSelf();
    }
    if (NT_SUCCESS(Status)) {
        KeWaitForSingleObject(&Received, Executive, KernelMode, FALSE, NULL);
        EndEvents();
    }
    return Status;
}

static NTSTATUS
Sin(VOID)
{
    NTSTATUS Status = ReceiveOne();

    if (NT_SUCCESS(Status)) {
        Table()->WskRelease(Socket, Kept);
        Table()->WskRelease(Socket, Kept); /* CAUGHT V21 STOP */
    }
    return Status;
}
