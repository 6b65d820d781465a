/* SPDX-License-Identifier: MIT */
/*
 * bad_f16_missing.c - has asked for the destination address with each datagram, and relies on getting it.
 */
/* INJECT --inject=WskReceiveFromEvent:control=drop */
#include "bad.h"

static volatile ULONG Interface;

static NTSTATUS WSKAPI
Receive(PVOID SocketContext, ULONG Flags, PWSK_DATAGRAM_INDICATION DataIndication)
{
    UNREFERENCED_PARAMETER(SocketContext);
    UNREFERENCED_PARAMETER(Flags);
    if (DataIndication != NULL) {
        PCMSGHDR Item = DataIndication->ControlInfo;

        Interface = ((PIN_PKTINFO)(PVOID)WSA_CMSG_DATA(Item))->ipi_ifindex; /* CAUGHT CRASH */
        KeSetEvent(&Received, IO_NO_INCREMENT, FALSE);
    }
    return STATUS_SUCCESS;
}

static const WSK_CLIENT_DATAGRAM_DISPATCH Callbacks = { Receive };

static NTSTATUS
AskForDestinations(VOID)
{
    ULONG On = TRUE;
    WSK_REQUEST Request;
    NTSTATUS Status = WskRequestAllocate(&Request);

    if (NT_SUCCESS(Status)) {
        Status = WskRequestWait(&Request, Table()->WskControlSocket(Socket, WskSetOption, IP_PKTINFO,
                                                                    IPPROTO_IP, sizeof(On), &On, 0,
                                                                    NULL, NULL, Request.Irp));
        WskRequestFree(&Request);
    }
    return Status;
}

static NTSTATUS
Sin(VOID)
{
    NTSTATUS Status = Open(NULL, &Callbacks);

    KeInitializeEvent(&Received, NotificationEvent, FALSE);
    if (NT_SUCCESS(Status)) {
        Status = AskForDestinations();
    }
    if (NT_SUCCESS(Status)) {
        Status = SwitchEvent(WSK_EVENT_RECEIVE_FROM);
    }
    if (NT_SUCCESS(Status)) {
        Status = SendToSelf();
    }
    if (NT_SUCCESS(Status)) {
        KeWaitForSingleObject(&Received, Executive, KernelMode, FALSE, NULL);
    }
    return Status;
}
