/* SPDX-License-Identifier: MIT */
/*
 * bad_f2_bind.c - does not look at what WskBind returns: port 0 is always free.
 */
/* INJECT --inject=WskBind:status=STATUS_ADDRESS_ALREADY_EXISTS */
/* INJECT --inject=WskBind:status=STATUS_INSUFFICIENT_RESOURCES:pend */
#include "bad.h"

static NTSTATUS
OpenUnchecked(PWSK_REQUEST Request)
{
    ULONG_PTR Information = 0;
    NTSTATUS Status = WskAppStart(&App);

    if (NT_SUCCESS(Status)) {
        Status = WskRequestWaitInformation(
            Request,
            App.Provider.Dispatch->WskSocket(App.Provider.Client, AF_INET, SOCK_DGRAM, IPPROTO_UDP,
                                             WSK_FLAG_DATAGRAM_SOCKET, NULL, NULL, NULL, NULL, NULL,
                                             Request->Irp),
            &Information);
    }
    if (NT_SUCCESS(Status)) {
        Socket = (PWSK_SOCKET)Information;
        WskAppParseAddress(L"127.0.0.1", 0, &Local);
        WskRequestWait(Request, Table()->WskBind(Socket, (PSOCKADDR)&Local, 0, Request->Irp));
    }
    return Status;
}

static NTSTATUS
Sin(VOID)
{
    WSK_REQUEST Request;
    NTSTATUS Status = WskRequestAllocate(&Request);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = OpenUnchecked(&Request);
    if (NT_SUCCESS(Status)) {
        Status = Table()->WskGetLocalAddress(Socket, (PSOCKADDR)&Local, Request.Irp); /* CAUGHT V25 FINDING */
        WskRequestWait(&Request, Status);
    }
    WskRequestFree(&Request);
    return STATUS_SUCCESS;
}
