/* SPDX-License-Identifier: MIT */
/*
 * bad_v28_inside.c - waits in its unload for a receive that nothing ends; its event is a part of the block that
 * the completion routine gets.
 */
/* RUN --unload-timeout=100ms */
#include "bad.h"

typedef struct _OPERATION {
    PIRP Irp;
    KEVENT Done;
} OPERATION;

static OPERATION *Operation;
static IO_COMPLETION_ROUTINE Completed;

static NTSTATUS
Completed(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Irp);
    KeSetEvent(&((OPERATION *)Context)->Done, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static VOID
Wait(VOID)
{
    KeWaitForSingleObject(&Operation->Done, Executive, KernelMode, FALSE, NULL); /* WAITS WskReceiveFrom */
}

static VOID
Prepare(VOID)
{
    IoReuseIrp(Operation->Irp, STATUS_SUCCESS);
    IoSetCompletionRoutine(Operation->Irp, Completed, Operation, TRUE, TRUE, TRUE);
}

static NTSTATUS
Sin(VOID)
{
    static CHAR Room[16];
    WSK_BUF Buffer = { IoAllocateMdl(Room, sizeof(Room), FALSE, FALSE, NULL), 0, sizeof(Room) };
    NTSTATUS Status = Open(NULL, NULL);

    Operation = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*Operation), 'arpO');
    if (!NT_SUCCESS(Status) || Operation == NULL) {
        return STATUS_UNSUCCESSFUL;
    }
    Operation->Irp = IoAllocateIrp(1, FALSE);
    KeInitializeEvent(&Operation->Done, SynchronizationEvent, FALSE);
    MmBuildMdlForNonPagedPool(Buffer.Mdl);
    Prepare();
    Table()->WskGetLocalAddress(Socket, (PSOCKADDR)&Local, Operation->Irp);
    Wait();
    Prepare();
    Table()->WskReceiveFrom(Socket, &Buffer, 0, NULL, NULL, NULL, NULL, Operation->Irp); /* CAUGHT V28 HANG */
    BeforeUnload = Wait;
    return STATUS_SUCCESS;
}
