/* SPDX-License-Identifier: MIT */
/*
 * bad_f10_worker.c - frees what its thread uses, and waits for the thread only then. It greets for
 * half a second after it was loaded, so who unloads it later than that finds nothing wrong.
 */
/* RUN --for=2s */
/* INJECT --inject=WskSendTo:unload=4 */
/* INJECT --inject=IoAllocateMdl:unload=4 --seed=3 */
/* INJECT --inject=WskReceiveFromEvent:unload=4 --repeat=3 */
#include "bad.h"

typedef struct _SESSION {
    ULONG Left;
} SESSION;

static SESSION *Session;
static PKTHREAD Thread;

static NTSTATUS WSKAPI
Receive(PVOID SocketContext, ULONG Flags, PWSK_DATAGRAM_INDICATION DataIndication)
{
    UNREFERENCED_PARAMETER(SocketContext);
    UNREFERENCED_PARAMETER(Flags);
    UNREFERENCED_PARAMETER(DataIndication);
    return STATUS_SUCCESS;
}

static const WSK_CLIENT_DATAGRAM_DISPATCH Callbacks = { Receive };

static VOID
Greet(PVOID Context)
{
    SESSION *Own = Context;
    LARGE_INTEGER Moment = { .QuadPart = -500000 };

    while (Own->Left-- > 0) { /* CAUGHT V5 STOP */
        SendToSelf();
        KeDelayExecutionThread(KernelMode, FALSE, &Moment);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID
EndSession(VOID)
{
    ExFreePoolWithTag(Session, 'sseS');
    KeWaitForSingleObject(Thread, Executive, KernelMode, FALSE, NULL);
    ObDereferenceObject(Thread);
}

static NTSTATUS
Sin(VOID)
{
    HANDLE Handle;
    NTSTATUS Status = Open(NULL, &Callbacks);

    Session = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(SESSION), 'sseS');
    if (!NT_SUCCESS(Status) || Session == NULL) {
        return STATUS_UNSUCCESSFUL;
    }
    Session->Left = 10;
    Status = SwitchEvent(WSK_EVENT_RECEIVE_FROM);
    if (NT_SUCCESS(Status)) {
        Status = PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, Greet, Session);
    }
    if (NT_SUCCESS(Status)) {
        ObReferenceObjectByHandle(Handle, THREAD_ALL_ACCESS, NULL, KernelMode, (PVOID *)&Thread,
                                  NULL);
        ZwClose(Handle);
        BeforeUnload = EndSession;
    }
    return Status;
}
