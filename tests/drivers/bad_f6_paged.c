/* SPDX-License-Identifier: MIT */
/*
 * bad_f6_paged.c - counts in paged pool what it has sent; its completion routine has always run at PASSIVE_LEVEL so far.
 */
/* INJECT --inject=WskSendTo:dispatch */
/* INJECT --inject=WskSendTo:pend */
#include "bad.h"

static volatile ULONG *Count;
static KEVENT Done;

static NTSTATUS
Completed(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Irp);
    UNREFERENCED_PARAMETER(Context);
    *Count += 1; /* CAUGHT V20 STOP */
    KeSetEvent(&Done, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static VOID
Send(PIRP Irp, PMDL Mdl)
{
    WSK_BUF Buffer = { Mdl, 0, 4 };

    IoSetCompletionRoutine(Irp, Completed, NULL, TRUE, TRUE, TRUE);
    Table()->WskSendTo(Socket, &Buffer, 0, (PSOCKADDR)&Local, 0, NULL, Irp);
    KeWaitForSingleObject(&Done, Executive, KernelMode, FALSE, NULL);
}

static NTSTATUS
Sin(VOID)
{
    static CHAR Payload[4] = "sent";
    PIRP Irp = IoAllocateIrp(1, FALSE);
    PMDL Mdl = IoAllocateMdl(Payload, 4, FALSE, FALSE, NULL);
    NTSTATUS Status = Open(NULL, NULL);

    KeInitializeEvent(&Done, SynchronizationEvent, FALSE);
    Count = ExAllocatePool2(POOL_FLAG_PAGED, sizeof(*Count), 'tnuC');
    if (!NT_SUCCESS(Status) || Irp == NULL || Mdl == NULL || Count == NULL) {
        return STATUS_UNSUCCESSFUL;
    }
    MmBuildMdlForNonPagedPool(Mdl);
    Send(Irp, Mdl);
    IoFreeMdl(Mdl);
    IoFreeIrp(Irp);
    ExFreePoolWithTag((PVOID)Count, 'tnuC');
    return STATUS_SUCCESS;
}
