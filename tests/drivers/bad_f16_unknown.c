/* SPDX-License-Identifier: MIT */
/*
 * bad_f16_unknown.c - answers with the control information that came with the question, whatever it is: it has asked for the
 * destination address, which is the answer's source.
 */
/* INJECT --inject=WskReceiveFrom:control=add */
#include "bad.h"

typedef struct _PACKET {
    CHAR Payload[16];
    SOCKADDR_INET From;
    ULONG ControlLength;
    DECLSPEC_ALIGN(8) UCHAR Control[128];
} PACKET;

static NTSTATUS
AskForDestinations(PWSK_REQUEST Request)
{
    ULONG On = TRUE;

    return WskRequestWait(Request, Table()->WskControlSocket(Socket, WskSetOption, IP_PKTINFO,
                                                             IPPROTO_IP, sizeof(On), &On, 0, NULL,
                                                             NULL, Request->Irp));
}

static NTSTATUS
Answer(PWSK_REQUEST Request, PACKET *Packet, PMDL Mdl)
{
    WSK_BUF Buffer = { Mdl, 0, sizeof(Packet->Payload) };
    ULONG Flags = 0;
    NTSTATUS Status;

    Packet->ControlLength = sizeof(Packet->Control);
    Status = WskRequestWait(Request, Table()->WskReceiveFrom(Socket, &Buffer, 0,
                                                             (PSOCKADDR)&Packet->From,
                                                             &Packet->ControlLength,
                                                             (PCMSGHDR)(PVOID)Packet->Control,
                                                             &Flags, Request->Irp));
    if (NT_SUCCESS(Status)) {
        Status = Table()->WskSendTo(Socket, &Buffer, 0, (PSOCKADDR)&Packet->From, Packet->ControlLength, (PCMSGHDR)(PVOID)Packet->Control, Request->Irp); /* CAUGHT V30 FINDING */
        WskRequestWait(Request, Status);
    }
    return STATUS_SUCCESS;
}

static NTSTATUS
Sin(VOID)
{
    static PACKET Packet;
    WSK_REQUEST Request;
    PMDL Mdl = IoAllocateMdl(Packet.Payload, sizeof(Packet.Payload), FALSE, FALSE, NULL);
    NTSTATUS Status = Open(NULL, NULL);

    if (!NT_SUCCESS(Status) || Mdl == NULL || !NT_SUCCESS(WskRequestAllocate(&Request))) {
        return STATUS_UNSUCCESSFUL;
    }
    MmBuildMdlForNonPagedPool(Mdl);
    Status = AskForDestinations(&Request);
    if (NT_SUCCESS(Status)) {
        Status = SendToSelf();
    }
    if (NT_SUCCESS(Status)) {
        Status = Answer(&Request, &Packet, Mdl);
    }
    IoFreeMdl(Mdl);
    WskRequestFree(&Request);
    return Status;
}
