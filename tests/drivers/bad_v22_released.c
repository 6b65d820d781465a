/* SPDX-License-Identifier: MIT */
/*
 * bad_v22_released.c - keeps a datagram, releases it, and answers to the address of its sender afterwards.
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
    return STATUS_PENDING;
}

static const WSK_CLIENT_DATAGRAM_DISPATCH Callbacks = { Receive };

static NTSTATUS
Sin(VOID)
{
    NTSTATUS Status = Open(NULL, &Callbacks);
    const SOCKADDR_IN *Sender;

    KeInitializeEvent(&Received, NotificationEvent, FALSE);
    if (NT_SUCCESS(Status)) {
        Status = SwitchEvent(WSK_EVENT_RECEIVE_FROM);
    }
    if (!NT_SUCCESS(Status) || !NT_SUCCESS(SendToSelf())) {
        return STATUS_UNSUCCESSFUL;
    }
    KeWaitForSingleObject(&Received, Executive, KernelMode, FALSE, NULL);
    EndEvents();
    Sender = (const SOCKADDR_IN *)Kept->RemoteAddress;
    Table()->WskRelease(Socket, Kept);
    return Sender->sin_port == 0 ? STATUS_UNSUCCESSFUL : STATUS_SUCCESS; /* CAUGHT V22 STOP */
}
