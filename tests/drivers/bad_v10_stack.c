/* SPDX-License-Identifier: MIT */
/*
 * bad_v10_stack.c - asks for its address into a variable of a function that returns before the
 * answer.
 */
/* RUN --inject=WskGetLocalAddress:delay=50ms:when=2+ */
#include "bad.h"

static WSK_REQUEST Request;

static DECLSPEC_NOINLINE VOID
Ask(VOID)
{
    SOCKADDR_INET Answer;

    RtlZeroMemory(&Answer, sizeof(Answer));
    Table()->WskGetLocalAddress(Socket, (PSOCKADDR)&Answer, Request.Irp); /* CAUGHT V10 FINDING */
}

static NTSTATUS
Sin(VOID)
{
    NTSTATUS Status = Open(NULL, NULL);

    if (!NT_SUCCESS(Status) || !NT_SUCCESS(WskRequestAllocate(&Request))) {
        return STATUS_UNSUCCESSFUL;
    }
    Ask();
    WskRequestWait(&Request, STATUS_PENDING);
    WskRequestFree(&Request);
    return STATUS_SUCCESS;
}
