/* SPDX-License-Identifier: MIT */
/*
 * bad_f11_name.c - uses the answer of the resolver without asking whether there is one; it gives a number, which needs no
 * resolver.
 */
/* INJECT --inject=WskGetAddressInfo:status=STATUS_NOT_FOUND */
/* INJECT --inject=WskGetAddressInfo:status=STATUS_INSUFFICIENT_RESOURCES:delay=1ms */
#include "bad.h"

static VOID
Resolve(PWSK_REQUEST Request)
{
    const WSK_PROVIDER_DISPATCH *Dispatch = App.Provider.Dispatch;
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"127.0.0.1");
    PADDRINFOEXW Found = NULL;

    WskRequestWait(Request, Dispatch->WskGetAddressInfo(App.Provider.Client, &Name, NULL, 0, NULL,
                                                        NULL, &Found, NULL, NULL, Request->Irp));
    RtlCopyMemory(&Local, Found->ai_addr, sizeof(SOCKADDR_IN)); /* CAUGHT CRASH */
    Dispatch->WskFreeAddressInfo(App.Provider.Client, Found);
}

static NTSTATUS
Sin(VOID)
{
    WSK_REQUEST Request;
    NTSTATUS Status = Open(NULL, NULL);

    if (NT_SUCCESS(Status)) {
        Status = WskRequestAllocate(&Request);
    }
    if (NT_SUCCESS(Status)) {
        Resolve(&Request);
        WskRequestFree(&Request);
    }
    return Status;
}
