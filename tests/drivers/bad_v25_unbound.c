/* SPDX-License-Identifier: MIT */
/*
 * bad_v25_unbound.c - sends from a socket that it has not bound.
 */
#include "bad.h"

static NTSTATUS
Sin(VOID)
{
    static CHAR Payload[4];
    WSK_BUF Buffer = { IoAllocateMdl(Payload, 4, FALSE, FALSE, NULL), 0, 4 };
    WSK_REQUEST Request;
    ULONG_PTR Made;
    NTSTATUS Status = WskAppStart(&App);

    if (!NT_SUCCESS(Status) || !NT_SUCCESS(WskRequestAllocate(&Request))) {
        return STATUS_UNSUCCESSFUL;
    }
    MmBuildMdlForNonPagedPool(Buffer.Mdl);
    WskAppParseAddress(L"127.0.0.1", 9, &Local);
    WskRequestWaitInformation(
        &Request,
        App.Provider.Dispatch->WskSocket(App.Provider.Client, AF_INET, SOCK_DGRAM, IPPROTO_UDP,
                                         WSK_FLAG_DATAGRAM_SOCKET, NULL, NULL, NULL, NULL, NULL,
                                         Request.Irp),
        &Made);
    Socket = (PWSK_SOCKET)Made;
    Status = Table()->WskSendTo(Socket, &Buffer, 0, (PSOCKADDR)&Local, 0, NULL, Request.Irp); /* CAUGHT V25 FINDING */
    WskRequestWait(&Request, Status);
    IoFreeMdl(Buffer.Mdl);
    WskRequestFree(&Request);
    return STATUS_SUCCESS;
}
