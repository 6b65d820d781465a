/* SPDX-License-Identifier: MIT */
/*
 * bad_f15_retries.c - receives until it is cancelled, and tries again after every other failure: on a socket that has stopped
 * functioning, for ever.
 */
/* RUN --unload-timeout=300ms */
/* INJECT --inject=WskReceiveFrom:break */
/* INJECT --inject=WskReceiveFrom:status=STATUS_FILE_FORCED_CLOSED */
#include "bad.h"

static WSK_REQUEST Request;
static WSK_BUF Buffer;
static PKTHREAD Thread;

static VOID
Run(PVOID Context)
{
    LARGE_INTEGER Moment = { .QuadPart = -10000 };
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(Context);
    for (;;) {
        Status = Table()->WskReceiveFrom(Socket, &Buffer, 0, NULL, NULL, NULL, NULL, Request.Irp);
        Status = WskRequestWait(&Request, Status);
        if (Status == STATUS_CANCELLED) {
            break;
        }
        KeDelayExecutionThread(KernelMode, FALSE, &Moment);
    }
}

static VOID
End(VOID)
{
    IoCancelIrp(Request.Irp);
    KeWaitForSingleObject(Thread, Executive, KernelMode, FALSE, NULL); /* CAUGHT STUCK */
    ObDereferenceObject(Thread);
    WskRequestFree(&Request);
    IoFreeMdl(Buffer.Mdl);
}

static NTSTATUS
Start(VOID)
{
    HANDLE Handle;
    NTSTATUS Status = PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, Run, NULL);

    if (NT_SUCCESS(Status)) {
        Status = ObReferenceObjectByHandle(Handle, THREAD_ALL_ACCESS, *PsThreadType, KernelMode,
                                           (PVOID *)&Thread, NULL);
        ZwClose(Handle);
        BeforeUnload = End;
    }
    return Status;
}

static NTSTATUS
Sin(VOID)
{
    static CHAR Room[16];
    NTSTATUS Status = Open(NULL, NULL);

    Buffer.Length = sizeof(Room);
    Buffer.Mdl = IoAllocateMdl(Room, sizeof(Room), FALSE, FALSE, NULL);
    if (!NT_SUCCESS(Status) || Buffer.Mdl == NULL || !NT_SUCCESS(WskRequestAllocate(&Request))) {
        return STATUS_UNSUCCESSFUL;
    }
    MmBuildMdlForNonPagedPool(Buffer.Mdl);
    return Start();
}
