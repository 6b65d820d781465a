/* SPDX-License-Identifier: MIT */
/*
 * bad_f14_ring.c - has four IRPs and takes them in turn, one each 50 ms: no send has ever taken 200.
 */
/* INJECT --inject=WskSendTo:delay=5s */
#include "bad.h"

#define SLOTS 4

static PIRP Slots[SLOTS];
static PMDL Mdl;
static volatile LONG UnderWay;

static NTSTATUS
Completed(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Irp);
    UNREFERENCED_PARAMETER(Context);
    InterlockedDecrement(&UnderWay);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static VOID
Send(ULONG Number)
{
    WSK_BUF Buffer = { Mdl, 0, 4 };
    PIRP Irp = Slots[Number % SLOTS];

    IoReuseIrp(Irp, STATUS_SUCCESS); /* CAUGHT V1 STOP */
    IoSetCompletionRoutine(Irp, Completed, NULL, TRUE, TRUE, TRUE);
    InterlockedIncrement(&UnderWay);
    Table()->WskSendTo(Socket, &Buffer, 0, (PSOCKADDR)&Local, 0, NULL, Irp);
}

static VOID
End(VOID)
{
    LARGE_INTEGER Moment = { .QuadPart = -10000 };

    while (UnderWay > 0) {
        KeDelayExecutionThread(KernelMode, FALSE, &Moment);
    }
    for (ULONG i = 0; i < SLOTS; i++) {
        IoFreeIrp(Slots[i]);
    }
    IoFreeMdl(Mdl);
}

static NTSTATUS
Sin(VOID)
{
    static CHAR Payload[4] = "sent";
    LARGE_INTEGER Pause = { .QuadPart = -500000 };
    NTSTATUS Status = Open(NULL, NULL);

    for (ULONG i = 0; NT_SUCCESS(Status) && i < SLOTS; i++) {
        Slots[i] = IoAllocateIrp(1, FALSE);
        Status = Slots[i] ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
    }
    Mdl = IoAllocateMdl(Payload, 4, FALSE, FALSE, NULL);
    if (!NT_SUCCESS(Status) || Mdl == NULL) {
        return STATUS_UNSUCCESSFUL;
    }
    MmBuildMdlForNonPagedPool(Mdl);
    BeforeUnload = End;
    for (ULONG i = 0; i < SLOTS + 2; i++) {
        Send(i);
        KeDelayExecutionThread(KernelMode, FALSE, &Pause);
    }
    return STATUS_SUCCESS;
}
