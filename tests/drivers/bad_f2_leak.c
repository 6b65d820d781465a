/* SPDX-License-Identifier: MIT */
/*
 * bad_f2_leak.c - frees what it has sent where the send succeeded, and nowhere else.
 */
/* INJECT --inject=WskSendTo:status=STATUS_NETWORK_UNREACHABLE */
/* INJECT --inject=WskSendTo:status=STATUS_NETWORK_UNREACHABLE:delay=1ms */
#include "bad.h"

static NTSTATUS
Sin(VOID)
{
    PVOID Payload = ExAllocatePool2(POOL_FLAG_NON_PAGED, 100, 'dneS'); /* CAUGHT V16 FINDING */
    WSK_BUF Buffer = { NULL, 0, 100 };
    WSK_REQUEST Request;
    NTSTATUS Status = Open(NULL, NULL);

    if (!NT_SUCCESS(Status) || Payload == NULL || !NT_SUCCESS(WskRequestAllocate(&Request))) {
        return STATUS_UNSUCCESSFUL;
    }
    Buffer.Mdl = IoAllocateMdl(Payload, 100, FALSE, FALSE, NULL);
    MmBuildMdlForNonPagedPool(Buffer.Mdl);
    Status = WskRequestWait(&Request, Table()->WskSendTo(Socket, &Buffer, 0, (PSOCKADDR)&Local, 0,
                                                         NULL, Request.Irp));
    IoFreeMdl(Buffer.Mdl);
    if (NT_SUCCESS(Status)) {
        ExFreePoolWithTag(Payload, 'dneS');
    }
    WskRequestFree(&Request);
    return STATUS_SUCCESS;
}
