/* SPDX-License-Identifier: MIT */
/*
 * bad_f12_loss.c - its unload waits until the datagram that it has sent comes back, and knows of none that get lost.
 */
/* RUN --unload-timeout=300ms */
/* INJECT --inject=WskReceiveFromEvent:drop */
#include "bad.h"


static NTSTATUS WSKAPI
Receive(PVOID SocketContext, ULONG Flags, PWSK_DATAGRAM_INDICATION DataIndication)
{
    UNREFERENCED_PARAMETER(SocketContext);
    UNREFERENCED_PARAMETER(Flags);
    UNREFERENCED_PARAMETER(DataIndication);
    KeSetEvent(&Received, IO_NO_INCREMENT, FALSE);
    return STATUS_SUCCESS;
}

static const WSK_CLIENT_DATAGRAM_DISPATCH Callbacks = { Receive };

static VOID
Wait(VOID)
{
    KeWaitForSingleObject(&Received, Executive, KernelMode, FALSE, NULL); /* CAUGHT STUCK */
}

static NTSTATUS
Sin(VOID)
{
    NTSTATUS Status = Open(NULL, &Callbacks);

    KeInitializeEvent(&Received, NotificationEvent, FALSE);
    if (NT_SUCCESS(Status)) {
        Status = SwitchEvent(WSK_EVENT_RECEIVE_FROM);
    }
    if (NT_SUCCESS(Status)) {
        BeforeUnload = Wait;
        Status = SendToSelf();
    }
    return Status;
}
