/* SPDX-License-Identifier: MIT */
/*
 * good_told.c - asks the socket something while its callback is being told that it no longer works.
 */
/* RUN --inject=WskSendTo:break */
#include "bad.h"

static LONG Dying, Asked;

static NTSTATUS WSKAPI
Receive(PVOID SocketContext, ULONG Flags, PWSK_DATAGRAM_INDICATION DataIndication)
{
    UNREFERENCED_PARAMETER(SocketContext);
    UNREFERENCED_PARAMETER(Flags);
    if (DataIndication == NULL) {
        WriteRelease(&Dying, 1);
        for (ULONG i = 0; i < 100000 && !ReadAcquire(&Asked); i++) {
            KeStallExecutionProcessor(50);
        }
    }
    return STATUS_SUCCESS;
}

static const WSK_CLIENT_DATAGRAM_DISPATCH Callbacks = { Receive };

static VOID
Ask(VOID)
{
    WSK_REQUEST Request;

    if (NT_SUCCESS(WskRequestAllocate(&Request))) {
        WskRequestWait(&Request, Table()->WskGetLocalAddress(Socket, (PSOCKADDR)&Local, Request.Irp));
        WskRequestFree(&Request);
    }
}

static NTSTATUS
Sin(VOID)
{
    LARGE_INTEGER Pause = { .QuadPart = -10000 };
    NTSTATUS Status = Open(NULL, &Callbacks);

    if (NT_SUCCESS(Status)) {
        Status = SwitchEvent(WSK_EVENT_RECEIVE_FROM);
    }
    if (NT_SUCCESS(Status)) {
        SendToSelf();
        for (ULONG i = 0; i < 2000 && !ReadAcquire(&Dying); i++) {
            KeDelayExecutionThread(KernelMode, FALSE, &Pause);
        }
        Ask();
        WriteRelease(&Asked, 1);
    }
    return Status;
}
