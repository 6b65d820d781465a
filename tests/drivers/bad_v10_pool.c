/* SPDX-License-Identifier: MIT */
/*
 * bad_v10_pool.c - asks for its address into a block of pool, which it frees without waiting for the answer.
 */
/* RUN --inject=WskGetLocalAddress:delay=50ms:when=2+ */
#include "bad.h"

static NTSTATUS
Sin(VOID)
{
    SOCKADDR_INET *Answer = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*Answer), 'wsnA');
    WSK_REQUEST Request;
    NTSTATUS Status = Open(NULL, NULL);

    if (!NT_SUCCESS(Status) || Answer == NULL || !NT_SUCCESS(WskRequestAllocate(&Request))) {
        return STATUS_UNSUCCESSFUL;
    }
    Status = Table()->WskGetLocalAddress(Socket, (PSOCKADDR)Answer, Request.Irp); /* CAUGHT V10 FINDING */
    ExFreePoolWithTag(Answer, 'wsnA'); /* STACK freed */
    WskRequestWait(&Request, Status);
    WskRequestFree(&Request);
    return STATUS_SUCCESS;
}
