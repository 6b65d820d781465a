/* SPDX-License-Identifier: MIT */
/*
 * wsk_driver_send.c - a bounded number of sends in flight. What is not in flight waits in a lock-free list;
 * the completion routine puts it there.
 */
#include "wsk_driver.h"

struct _SENDER {
    SLIST_HEADER Idle;
    PWSK_SOCKET Socket;
    ULONG Count;
    PUCHAR Payload; /* of all sends, or NULL */
    EX_RUNDOWN_REF InFlight;

    /* The thread that found the list empty sets Waiting and looks again; who returns a send takes it away. */
    LONG Waiting;
    KEVENT Returned;

    LONG64 Sent;
    LONG64 Failed;
    SEND Sends[ANYSIZE_ARRAY];
};

static IO_COMPLETION_ROUTINE SendCompleted;

VOID
SenderReturn(PSEND Send)
{
    PSENDER Sender = Send->Sender;

    InterlockedPushEntrySList(&Sender->Idle, &Send->Link);
    if (InterlockedExchange(&Sender->Waiting, 0)) {
        KeSetEvent(&Sender->Returned, IO_NO_INCREMENT, FALSE);
    }
}

static NTSTATUS
SendCompleted(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    PSEND Send = (PSEND)Context;
    PSENDER Sender = Send->Sender;

    UNREFERENCED_PARAMETER(DeviceObject);
    InterlockedIncrement64(NT_SUCCESS(Irp->IoStatus.Status) ? &Sender->Sent : &Sender->Failed);
    if (Send->Indication != NULL) {
        (VOID)BenchDispatch(Sender->Socket)->WskRelease(Sender->Socket, Send->Indication);
        Send->Indication = NULL;
    }
    SenderReturn(Send);
    ExReleaseRundownProtection(&Sender->InFlight);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

PSEND
SenderTake(PSENDER Sender)
{
    return (PSEND)InterlockedPopEntrySList(&Sender->Idle);
}

PSEND
SenderTakeWait(PSENDER Sender)
{
    PSEND Send = SenderTake(Sender);

    while (Send == NULL) {
        InterlockedExchange(&Sender->Waiting, 1);
        Send = SenderTake(Sender);
        if (Send == NULL) {
            KeWaitForSingleObject(&Sender->Returned, Executive, KernelMode, FALSE, NULL);
            Send = SenderTake(Sender);
        }
    }
    return Send;
}

BOOLEAN
SenderSubmit(PSEND Send, PWSK_BUF Buffer, PSOCKADDR RemoteAddress)
{
    PSENDER Sender = Send->Sender;

    if (!ExAcquireRundownProtection(&Sender->InFlight)) {
        return FALSE;
    }
    IoReuseIrp(Send->Irp, STATUS_UNSUCCESSFUL);
    IoSetCompletionRoutine(Send->Irp, SendCompleted, Send, TRUE, TRUE, TRUE);
    (VOID)BenchDispatch(Sender->Socket)->WskSendTo(Sender->Socket, Buffer, 0, RemoteAddress, 0, NULL,
                                                   Send->Irp);
    return TRUE;
}

/* --- Life ------------------------------------------------------------------------------------ */

static BOOLEAN
PrepareSend(PSENDER Sender, PSEND Send, PUCHAR Payload, ULONG Size)
{
    Send->Sender = Sender;
    Send->Irp = IoAllocateIrp(1, FALSE);
    if (Send->Irp == NULL) {
        return FALSE;
    }
    if (Size != 0) {
        Send->Buffer.Length = Size;
        Send->Buffer.Mdl = IoAllocateMdl(Payload, Size, FALSE, FALSE, NULL);
        if (Send->Buffer.Mdl == NULL) {
            return FALSE;
        }
        MmBuildMdlForNonPagedPool(Send->Buffer.Mdl);
    }
    InterlockedPushEntrySList(&Sender->Idle, &Send->Link);
    return TRUE;
}

static NTSTATUS
PrepareSends(PSENDER Sender, ULONG Size)
{
    ULONG i;

    if (Size != 0) {
        Sender->Payload =
            (PUCHAR)ExAllocatePool2(POOL_FLAG_NON_PAGED, (SIZE_T)Sender->Count * Size, TAG_BENCH);
        if (Sender->Payload == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
    }
    for (i = 0; i < Sender->Count; i++) {
        PUCHAR Payload = Size != 0 ? Sender->Payload + (SIZE_T)i * Size : NULL;

        if (!PrepareSend(Sender, &Sender->Sends[i], Payload, Size)) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
    }
    return STATUS_SUCCESS;
}

NTSTATUS
SenderCreate(PWSK_SOCKET Socket, ULONG Count, ULONG Size, PSENDER *Out)
{
    PSENDER Sender;
    NTSTATUS Status;

    Sender = (PSENDER)ExAllocatePool2(POOL_FLAG_NON_PAGED,
                                      FIELD_OFFSET(SENDER, Sends) + (SIZE_T)Count * sizeof(SEND), TAG_BENCH);
    if (Sender == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Sender->Socket = Socket;
    Sender->Count = Count;
    InitializeSListHead(&Sender->Idle);
    ExInitializeRundownProtection(&Sender->InFlight);
    KeInitializeEvent(&Sender->Returned, SynchronizationEvent, FALSE);
    Status = PrepareSends(Sender, Size);
    if (!NT_SUCCESS(Status)) {
        SenderFree(Sender);
        return Status;
    }
    *Out = Sender;
    return STATUS_SUCCESS;
}

VOID
SenderStop(PSENDER Sender)
{
    ExWaitForRundownProtectionRelease(&Sender->InFlight);
}

VOID
SenderFree(PSENDER Sender)
{
    ULONG i;

    for (i = 0; i < Sender->Count; i++) {
        if (Sender->Sends[i].Buffer.Mdl != NULL) {
            IoFreeMdl(Sender->Sends[i].Buffer.Mdl);
        }
        if (Sender->Sends[i].Irp != NULL) {
            IoFreeIrp(Sender->Sends[i].Irp);
        }
    }
    if (Sender->Payload != NULL) {
        ExFreePoolWithTag(Sender->Payload, TAG_BENCH);
    }
    ExFreePoolWithTag(Sender, TAG_BENCH);
}

VOID
SenderCount(PSENDER Sender, struct bench_counts *Counts)
{
    Counts->sent = (ULONG64)ReadAcquire64(&Sender->Sent);
    Counts->failed = (ULONG64)ReadAcquire64(&Sender->Failed);
}
