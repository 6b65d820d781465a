/* SPDX-License-Identifier: MIT */
/*
 * bad_v23_ignored.c - ignores the NULL indication and goes on with the socket.
 */
/* RUN --inject=WskSendTo:break */
#include "bad.h"

static LONG Dead;

static NTSTATUS WSKAPI
Receive(PVOID SocketContext, ULONG Flags, PWSK_DATAGRAM_INDICATION DataIndication)
{
    UNREFERENCED_PARAMETER(SocketContext);
    UNREFERENCED_PARAMETER(Flags);
    if (DataIndication == NULL) {
        WriteRelease(&Dead, 1);
    }
    return STATUS_SUCCESS;
}

static const WSK_CLIENT_DATAGRAM_DISPATCH Callbacks = { Receive };

static VOID
GoOn(VOID)
{
    WSK_REQUEST Request;

    if (NT_SUCCESS(WskRequestAllocate(&Request))) {
        NTSTATUS Status = Table()->WskGetLocalAddress(Socket, (PSOCKADDR)&Local, Request.Irp); /* CAUGHT V23 FINDING */

        WskRequestWait(&Request, Status);
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
        for (ULONG i = 0; i < 2000 && !ReadAcquire(&Dead); i++) {
            KeDelayExecutionThread(KernelMode, FALSE, &Pause);
        }
        /* Until the callback, which has said so from within, has returned. */
        for (ULONG i = 0; i < 300; i++) {
            GoOn();
            KeDelayExecutionThread(KernelMode, FALSE, &Pause);
        }
    }
    return Status;
}
