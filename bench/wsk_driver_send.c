/* SPDX-License-Identifier: MIT */
/*
 * wsk_driver_send.c - a bounded number of sends in flight. The thread that sends has a list of its own of those it
 * may use; the completion routine puts them into another, which that thread takes as a whole when its own is empty.
 * So the two sides meet once in many sends.
 */
#include "wsk_driver.h"

struct _SENDER {
    PWSK_SOCKET Socket;
    ULONG Count;
    PUCHAR Payload; /* of all sends, or NULL */
    LONG Stopped;

    /* The sending thread's. */
    DECLSPEC_ALIGN(64) PSLIST_ENTRY Idle;
    LONG64 Submitted;

    /* The completion routine's. */
    DECLSPEC_ALIGN(64) SLIST_HEADER Returned;
    LONG64 Completed;
    LONG64 Failed;

    /* The sending thread waits until Completed has come so far; 0: it does not wait. */
    DECLSPEC_ALIGN(64) LONG64 WakeAt;
    KEVENT Returning;

    SEND Sends[ANYSIZE_ARRAY];
};

static IO_COMPLETION_ROUTINE SendCompleted;

/* One thread at a time completes sends of a socket: the transport's, or the one that sends. */
static NTSTATUS
SendCompleted(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    PSEND Send = (PSEND)Context;
    PSENDER Sender = Send->Sender;
    LONG64 WakeAt;

    UNREFERENCED_PARAMETER(DeviceObject);
    if (!NT_SUCCESS(Irp->IoStatus.Status)) {
        InterlockedIncrement64(&Sender->Failed);
    }
    if (Send->Indication != NULL) {
        (VOID)BenchDispatch(Sender->Socket)->WskRelease(Sender->Socket, Send->Indication);
        Send->Indication = NULL;
    }
    InterlockedPushEntrySList(&Sender->Returned, &Send->Link);
    InterlockedIncrement64(&Sender->Completed);
    WakeAt = ReadAcquire64(&Sender->WakeAt);
    if (WakeAt != 0 && ReadAcquire64(&Sender->Completed) >= WakeAt &&
        InterlockedCompareExchange64(&Sender->WakeAt, 0, WakeAt) == WakeAt) {
        KeSetEvent(&Sender->Returning, IO_NO_INCREMENT, FALSE);
    }
    return STATUS_MORE_PROCESSING_REQUIRED;
}

VOID
SenderReturn(PSEND Send)
{
    Send->Link.Next = Send->Sender->Idle;
    Send->Sender->Idle = &Send->Link;
}

PSEND
SenderTake(PSENDER Sender)
{
    PSLIST_ENTRY First = Sender->Idle;

    if (First == NULL) {
        First = InterlockedFlushSList(&Sender->Returned);
    }
    if (First != NULL) {
        Sender->Idle = First->Next;
    }
    return (PSEND)First;
}

/* Until so many sends have completed since the sender was made. */
static VOID
WaitForCompleted(PSENDER Sender, LONG64 Target)
{
    while (ReadAcquire64(&Sender->Completed) < Target) {
        InterlockedExchange64(&Sender->WakeAt, Target);
        if (ReadAcquire64(&Sender->Completed) < Target ||
            InterlockedCompareExchange64(&Sender->WakeAt, 0, Target) != Target) {
            KeWaitForSingleObject(&Sender->Returning, Executive, KernelMode, FALSE, NULL);
        }
    }
}

/* All are in flight, so that many will complete: a quarter of them makes the wake worth its while. */
PSEND
SenderTakeWait(PSENDER Sender)
{
    PSEND Send = SenderTake(Sender);

    while (Send == NULL) {
        WaitForCompleted(Sender, Sender->Submitted - Sender->Count + (Sender->Count + 3) / 4);
        Send = SenderTake(Sender);
    }
    return Send;
}

BOOLEAN
SenderSubmit(PSEND Send, PWSK_BUF Buffer, PSOCKADDR RemoteAddress)
{
    PSENDER Sender = Send->Sender;

    if (ReadAcquire(&Sender->Stopped)) {
        return FALSE;
    }
    Sender->Submitted++;
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
    SenderReturn(Send);
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
    InitializeSListHead(&Sender->Returned);
    KeInitializeEvent(&Sender->Returning, SynchronizationEvent, FALSE);
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
    WriteRelease(&Sender->Stopped, 1);
    WaitForCompleted(Sender, Sender->Submitted);
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
    Counts->failed = (ULONG64)ReadAcquire64(&Sender->Failed);
    Counts->sent = (ULONG64)ReadAcquire64(&Sender->Completed) - Counts->failed;
}
