/* SPDX-License-Identifier: MIT */
/*
 * bad_v22_payload.c - keeps a pointer to what it received, not to the indication, and reads it when its callback has
 * given all back.
 */
#include "bad.h"

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
Sin(VOID)
{
    NTSTATUS Status = ReceiveOne(&Callbacks);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    return Kept[0] == 's' ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL; /* CAUGHT V22 STOP */
}
