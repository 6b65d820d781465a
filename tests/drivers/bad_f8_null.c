/* SPDX-License-Identifier: MIT */
/*
 * bad_f8_null.c - does not know that the event may come without an indication, when the socket has stopped functioning.
 */
/* INJECT --inject=WskSendTo:break */
#include "bad.h"

static volatile SIZE_T Total;

static NTSTATUS WSKAPI
Receive(PVOID SocketContext, ULONG Flags, PWSK_DATAGRAM_INDICATION DataIndication)
{
    UNREFERENCED_PARAMETER(SocketContext);
    UNREFERENCED_PARAMETER(Flags);
    do {
        Total += DataIndication->Buffer.Length; /* CAUGHT CRASH */
        DataIndication = DataIndication->Next;
    } while (DataIndication != NULL);
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
        SendToSelf();
        KeWaitForSingleObject(&Received, Executive, KernelMode, FALSE, NULL);
    }
    return Status;
}
