/* SPDX-License-Identifier: MIT */
/*
 * bad_f7_chain.c - keeps the first indication of a list, and releases that one alone. As long as each datagram comes alone,
 * as it does when one asks and waits for an answer, all is well.
 */
/* INJECT --inject=WskReceiveFromEvent:merge=2:delay=20s */
#include "bad.h"

static PWSK_DATAGRAM_INDICATION Kept;

static NTSTATUS WSKAPI
Receive(PVOID SocketContext, ULONG Flags, PWSK_DATAGRAM_INDICATION DataIndication)
{
    UNREFERENCED_PARAMETER(SocketContext);
    UNREFERENCED_PARAMETER(Flags);
    if (DataIndication == NULL || Kept != NULL) {
        return STATUS_SUCCESS;
    }
    Kept = DataIndication;
    KeSetEvent(&Received, IO_NO_INCREMENT, FALSE);
    return STATUS_PENDING;
}

static const WSK_CLIENT_DATAGRAM_DISPATCH Callbacks = { Receive };

/* Asks again when nothing has come for half a second. */
static VOID
Ask(VOID)
{
    LARGE_INTEGER HalfSecond = { .QuadPart = -5000000 };
    NTSTATUS Status = STATUS_TIMEOUT;

    for (ULONG i = 0; i < 10 && Status == STATUS_TIMEOUT; i++) {
        SendToSelf();
        Status = KeWaitForSingleObject(&Received, Executive, KernelMode, FALSE, &HalfSecond);
    }
}

static VOID
CloseOwn(VOID)
{
    WSK_REQUEST Request;

    if (NT_SUCCESS(WskRequestAllocate(&Request))) {
        NTSTATUS Status = Table()->WskCloseSocket(Socket, Request.Irp); /* CAUGHT V14 FINDING */

        WskRequestWait(&Request, Status);
        WskRequestFree(&Request);
        WskAppStop(&App);
        Socket = NULL;
    }
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
        Ask();
        EndEvents();
        BeforeUnload = CloseOwn;
        if (Kept != NULL) {
            Kept->Next = NULL;
            Table()->WskRelease(Socket, Kept);
        }
    }
    return Status;
}
