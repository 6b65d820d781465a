/* SPDX-License-Identifier: MIT */
/*
 * bad_f8_disable.c - frees what its callback uses once it has asked that the event be disabled, and does not wait until
 * it is: a callback that is on its way comes after that.
 */
/* INJECT --inject=WskReceiveFromEvent:stall=2s */
#include "bad.h"

typedef struct _SESSION {
    volatile LONG Received;
} SESSION;

static SESSION *Session;

static NTSTATUS WSKAPI
Receive(PVOID SocketContext, ULONG Flags, PWSK_DATAGRAM_INDICATION DataIndication)
{
    UNREFERENCED_PARAMETER(SocketContext);
    UNREFERENCED_PARAMETER(Flags);
    UNREFERENCED_PARAMETER(DataIndication);
    Session->Received = TRUE; /* CAUGHT V5 STOP */
    return STATUS_SUCCESS;
}

static const WSK_CLIENT_DATAGRAM_DISPATCH Callbacks = { Receive };

static VOID
EndSession(PWSK_REQUEST Request)
{
    WSK_EVENT_CALLBACK_CONTROL Control = { &NPI_WSK_INTERFACE_ID,
                                           WSK_EVENT_RECEIVE_FROM | WSK_EVENT_DISABLE };
    NTSTATUS Status = Table()->WskControlSocket(Socket, WskSetOption, SO_WSK_EVENT_CALLBACK,
                                                SOL_SOCKET, sizeof(Control), &Control, 0, NULL, NULL,
                                                Request->Irp);

    ExFreePoolWithTag(Session, 'sseS');
    WskRequestWait(Request, Status);
    WskRequestFree(Request);
}

/* An answer, or half a second without one. */
static VOID
Ask(VOID)
{
    LARGE_INTEGER Moment = { .QuadPart = -10000 };

    SendToSelf();
    for (ULONG i = 0; i < 500 && !Session->Received; i++) {
        KeDelayExecutionThread(KernelMode, FALSE, &Moment);
    }
}

static NTSTATUS
Sin(VOID)
{
    WSK_REQUEST Request;
    NTSTATUS Status = Open(NULL, &Callbacks);

    Session = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(SESSION), 'sseS');
    if (!NT_SUCCESS(Status) || Session == NULL || !NT_SUCCESS(WskRequestAllocate(&Request))) {
        return STATUS_UNSUCCESSFUL;
    }
    SwitchEvent(WSK_EVENT_RECEIVE_FROM);
    Ask();
    EndSession(&Request);
    return STATUS_SUCCESS;
}
