/* SPDX-License-Identifier: MIT */
/*
 * bad_v14_retained.c - closes its socket while it keeps an indication, and releases that
 * afterwards or never.
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
    PWSK_PROVIDER_BASIC_DISPATCH Basic;
    WSK_REQUEST Request;
    NTSTATUS Status = ReceiveOne(&Callbacks);

    if (!NT_SUCCESS(Status) || !NT_SUCCESS(WskRequestAllocate(&Request))) {
        return STATUS_UNSUCCESSFUL;
    }
    Basic = (PWSK_PROVIDER_BASIC_DISPATCH)Socket->Dispatch;
    Status = Basic->WskCloseSocket(Socket, Request.Irp); /* CAUGHT V14 FINDING */
    WskRequestWait(&Request, Status);
    WskRequestFree(&Request);
    WskAppStop(&App);
    Socket = NULL;
    return STATUS_SUCCESS;
}
