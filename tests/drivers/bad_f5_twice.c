/* SPDX-License-Identifier: MIT */
/*
 * bad_f5_twice.c - cancels at its unload the receive that was under way so far, though its completion routine frees the
 * IRP: whoever ends the receive before makes that an IRP which is gone.
 */
/* INJECT --inject=WskReceiveFrom:cancel:delay=1ms */
/* INJECT --inject=WskReceiveFrom:status=STATUS_INSUFFICIENT_RESOURCES */
#include "bad.h"

static PIRP Pending;
static PMDL Mdl;
static KEVENT Ended;

static NTSTATUS
Completed(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Context);
    IoFreeIrp(Irp);
    KeSetEvent(&Ended, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static VOID
Cancel(VOID)
{
    IoCancelIrp(Pending); /* CAUGHT V5 STOP */
    KeWaitForSingleObject(&Ended, Executive, KernelMode, FALSE, NULL);
    IoFreeMdl(Mdl);
}

static NTSTATUS
Sin(VOID)
{
    static CHAR Room[16];
    LARGE_INTEGER Second = { .QuadPart = -10000000 };
    WSK_BUF Buffer = { NULL, 0, sizeof(Room) };
    NTSTATUS Status = Open(NULL, NULL);

    KeInitializeEvent(&Ended, NotificationEvent, FALSE);
    Pending = IoAllocateIrp(1, FALSE);
    Buffer.Mdl = Mdl = IoAllocateMdl(Room, sizeof(Room), FALSE, FALSE, NULL);
    if (!NT_SUCCESS(Status) || Pending == NULL || Mdl == NULL) {
        return STATUS_UNSUCCESSFUL;
    }
    MmBuildMdlForNonPagedPool(Mdl);
    IoSetCompletionRoutine(Pending, Completed, NULL, TRUE, TRUE, TRUE);
    Table()->WskReceiveFrom(Socket, &Buffer, 0, NULL, NULL, NULL, NULL, Pending);
    BeforeUnload = Cancel;
    /* Somebody may have been quick. */
    KeWaitForSingleObject(&Ended, Executive, KernelMode, FALSE, &Second);
    return STATUS_SUCCESS;
}
