/* SPDX-License-Identifier: MIT */
/*
 * bad_v11_wait.c - sends from a receive callback and waits there for the send.
 */
#include "bad.h"


static NTSTATUS WSKAPI
Receive(PVOID SocketContext, ULONG Flags, PWSK_DATAGRAM_INDICATION DataIndication)
{
    KEVENT Sent;

    UNREFERENCED_PARAMETER(SocketContext);
    UNREFERENCED_PARAMETER(Flags);
    UNREFERENCED_PARAMETER(DataIndication);
    KeInitializeEvent(&Sent, NotificationEvent, FALSE);
    KeWaitForSingleObject(&Sent, Executive, KernelMode, FALSE, NULL); /* CAUGHT V11 STOP */
    KeSetEvent(&Received, IO_NO_INCREMENT, FALSE);
    return STATUS_SUCCESS;
}

static const WSK_CLIENT_DATAGRAM_DISPATCH Callbacks = { Receive };

static NTSTATUS
Sin(VOID)
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
    }
    return Status;
}
