/* SPDX-License-Identifier: MIT */
/*
 * bad_f1_stack.c - waits only when the function has failed: STATUS_PENDING is a success to NT_SUCCESS, and the answer
 * is on the stack.
 */
/* INJECT --inject=WskGetLocalAddress:delay=50ms:when=2+ */
#include "bad.h"

static WSK_REQUEST Request;

static __declspec(noinline) USHORT
Port(VOID)
{
    SOCKADDR_INET Address = { 0 };
    NTSTATUS Status = Table()->WskGetLocalAddress(Socket, (PSOCKADDR)&Address, Request.Irp); /* CAUGHT V10 FINDING */

    if (!NT_SUCCESS(Status)) {
        WskRequestWait(&Request, Status);
        return 0;
    }
    return Address.Ipv4.sin_port;
}

static NTSTATUS
Sin(VOID)
{
    NTSTATUS Status = Open(NULL, NULL);
    volatile USHORT Found;

    if (!NT_SUCCESS(Status) || !NT_SUCCESS(WskRequestAllocate(&Request))) {
        return STATUS_UNSUCCESSFUL;
    }
    Found = Port();
    UNREFERENCED_PARAMETER(Found);
    WskRequestWait(&Request, STATUS_PENDING);
    WskRequestFree(&Request);
    return STATUS_SUCCESS;
}
