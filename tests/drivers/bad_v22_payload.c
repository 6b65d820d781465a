/* SPDX-License-Identifier: MIT */
/*
 * bad_v22_payload.c - keeps a pointer to what it received, not to the indication, and reads it when its callback has
 * given all back.
 */
#include "bad.h"

static KEVENT Received;
static const CHAR *Kept;

static NTSTATUS WSKAPI
Receive(PVOID SocketContext, ULONG Flags, PWSK_DATAGRAM_INDICATION DataIndication)
{
    UNREFERENCED_PARAMETER(SocketContext);
    UNREFERENCED_PARAMETER(Flags);
    Kept = MmGetSystemAddressForMdlSafe(DataIndication->Buffer.Mdl, NormalPagePriority);
    KeSetEvent(&Received, IO_NO_INCREMENT, FALSE);
    return STATUS_SUCCESS;
}

static const WSK_CLIENT_DATAGRAM_DISPATCH Callbacks = { Receive };

static NTSTATUS
ReceiveOne(VOID)
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
        EndEvents();
    }
    return Status;
}

static NTSTATUS
Sin(VOID)
{
    NTSTATUS Status = ReceiveOne();

    if (NT_SUCCESS(Status) && Kept[0] != 's') { /* CAUGHT V22 STOP */
        Status = STATUS_UNSUCCESSFUL;
    }
    return Status;
}
