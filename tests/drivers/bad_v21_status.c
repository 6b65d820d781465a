/* SPDX-License-Identifier: MIT */
/*
 * bad_v21_status.c - returns from its receive callback what its own function returned.
 */
#include "bad.h"

static KEVENT Received;
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
    return ReceiveOne();
}
