/* SPDX-License-Identifier: MIT */
/*
 * bad_v22_after_callback.c - keeps a pointer to an indication that its callback gave back.
 */
#include "bad.h"

static PWSK_DATAGRAM_INDICATION Kept;

static NTSTATUS WSKAPI
Receive(PVOID SocketContext, ULONG Flags, PWSK_DATAGRAM_INDICATION DataIndication)
{
    UNREFERENCED_PARAMETER(SocketContext);
    UNREFERENCED_PARAMETER(Flags);
    Kept = DataIndication;
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
    return MmGetMdlByteCount(Kept->Buffer.Mdl) < 4 ? STATUS_UNSUCCESSFUL : STATUS_SUCCESS; /* CAUGHT V22 STOP */
}
