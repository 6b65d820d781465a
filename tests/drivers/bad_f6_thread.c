/* SPDX-License-Identifier: MIT */
/*
 * bad_f6_thread.c - starts a thread from its completion routine, which may run at DISPATCH_LEVEL.
 */
/* INJECT --inject=WskGetLocalAddress:dispatch:when=2+ */
/* INJECT --inject=WskGetLocalAddress:pend:when=2+ */
#include "bad.h"

static KEVENT Done;
static HANDLE Thread;

static VOID
Run(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    KeSetEvent(&Done, IO_NO_INCREMENT, FALSE);
}

static NTSTATUS
Completed(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Irp);
    UNREFERENCED_PARAMETER(Context);
    PsCreateSystemThread(&Thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, Run, NULL); /* CAUGHT V19 STOP */
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS
Sin(VOID)
{
    PIRP Irp = IoAllocateIrp(1, FALSE);
    NTSTATUS Status = Open(NULL, NULL);

    if (!NT_SUCCESS(Status) || Irp == NULL) {
        return STATUS_UNSUCCESSFUL;
    }
    KeInitializeEvent(&Done, NotificationEvent, FALSE);
    IoSetCompletionRoutine(Irp, Completed, NULL, TRUE, TRUE, TRUE);
    Table()->WskGetLocalAddress(Socket, (PSOCKADDR)&Local, Irp);
    KeWaitForSingleObject(&Done, Executive, KernelMode, FALSE, NULL);
    ZwWaitForSingleObject(Thread, FALSE, NULL);
    ZwClose(Thread);
    IoFreeIrp(Irp);
    return STATUS_SUCCESS;
}
