/* SPDX-License-Identifier: MIT */
/*
 * bad_f7_contiguous.c - reads a datagram as if it lay in one piece, behind the first MDL's address.
 */
/* INJECT --inject=WskReceiveFromEvent:split=4 */
/* INJECT --force-pending --seed=2 */
#include "bad.h"

#define ROUNDS 20

CHAR Copy[16]; /* not static, or the compiler sees that nobody looks at it */

static NTSTATUS WSKAPI
Receive(PVOID SocketContext, ULONG Flags, PWSK_DATAGRAM_INDICATION DataIndication)
{
    UNREFERENCED_PARAMETER(SocketContext);
    UNREFERENCED_PARAMETER(Flags);
    for (; DataIndication != NULL; DataIndication = DataIndication->Next) {
        PWSK_BUF Buffer = &DataIndication->Buffer;
        PCHAR Data = MmGetSystemAddressForMdlSafe(Buffer->Mdl, NormalPagePriority);

        if (Data != NULL && Buffer->Length <= sizeof(Copy)) {
            RtlCopyMemory(Copy, Data + Buffer->Offset, Buffer->Length); /* CAUGHT V5 STOP */
        }
    }
    KeSetEvent(&Received, IO_NO_INCREMENT, FALSE);
    return STATUS_SUCCESS;
}

static const WSK_CLIENT_DATAGRAM_DISPATCH Callbacks = { Receive };

/* One after the other, or half a second each: the first may come before the event is there. */
static NTSTATUS
Sin(VOID)
{
    LARGE_INTEGER HalfSecond = { .QuadPart = -5000000 };
    NTSTATUS Status = Open(NULL, &Callbacks);

    KeInitializeEvent(&Received, SynchronizationEvent, FALSE);
    if (NT_SUCCESS(Status)) {
        Status = SwitchEvent(WSK_EVENT_RECEIVE_FROM);
    }
    for (ULONG i = 0; i < ROUNDS && NT_SUCCESS(Status); i++) {
        SendToSelf();
        KeWaitForSingleObject(&Received, Executive, KernelMode, FALSE, &HalfSecond);
    }
    EndEvents();
    return Status;
}
