/* SPDX-License-Identifier: MIT */
/*
 * bad_f13_hoards.c - keeps what it receives until it has eight datagrams, and gives none back before: where WSK lends no
 * more than four, the fifth never comes.
 */
/* RUN --unload-timeout=300ms */
/* INJECT --inject=WskReceiveFromEvent:limit=4 */
#include "bad.h"

#define WANTED 8

static KEVENT Complete;
static PWSK_DATAGRAM_INDICATION Kept;
static LONG Count;

static NTSTATUS WSKAPI
Receive(PVOID SocketContext, ULONG Flags, PWSK_DATAGRAM_INDICATION DataIndication)
{
    PWSK_DATAGRAM_INDICATION Last = DataIndication;

    UNREFERENCED_PARAMETER(SocketContext);
    UNREFERENCED_PARAMETER(Flags);
    if (DataIndication == NULL) {
        return STATUS_SUCCESS;
    }
    for (Count++; Last->Next != NULL; Last = Last->Next) {
        Count++;
    }
    Last->Next = Kept;
    Kept = DataIndication;
    if (Count >= WANTED) {
        KeSetEvent(&Complete, IO_NO_INCREMENT, FALSE);
    }
    return STATUS_PENDING;
}

static const WSK_CLIENT_DATAGRAM_DISPATCH Callbacks = { Receive };

static VOID
Wait(VOID)
{
    KeWaitForSingleObject(&Complete, Executive, KernelMode, FALSE, NULL); /* CAUGHT STUCK */
    EndEvents();
    Table()->WskRelease(Socket, Kept);
}

static NTSTATUS
Sin(VOID)
{
    NTSTATUS Status = Open(NULL, &Callbacks);

    KeInitializeEvent(&Complete, NotificationEvent, FALSE);
    if (NT_SUCCESS(Status)) {
        Status = SwitchEvent(WSK_EVENT_RECEIVE_FROM);
    }
    for (ULONG i = 0; NT_SUCCESS(Status) && i < WANTED; i++) {
        BeforeUnload = Wait;
        Status = SendToSelf();
    }
    return Status;
}
