/* SPDX-License-Identifier: MIT */
/*
 * wsk_driver_send.c - a bounded number of sends in flight. The thread that sends has a list of its
 * own of those it may use; the completion routine puts them into another, which that thread takes
 * as a whole when its own is empty. So the two sides meet once in many sends.
 */
#include "wsk_driver.h"

/*
 * The payloads take no more memory than what other peers send again and again: all are equally
 * warm.
 */
#define PAYLOAD_BYTES 65507u

struct _SENDER {
    PWSK_SOCKET Socket;
    ULONG Count;
    ULONG Messages;        /* datagrams of a send */
    ULONG FreshSize;       /* of payloads that are made for each send anew; 0: everything is reused */
    PUCHAR Payload;        /* of the sends, which share it; or NULL */
    PWSK_BUF_LIST Nodes;   /* of all sends, or NULL */
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

/* --- What a send needs ----------------------------------------------------------------------- */

static BOOLEAN
MakeRequest(PSEND Send, PUCHAR Payload, ULONG Size)
{
    Send->Irp = IoAllocateIrp(1, FALSE);
    if (Send->Irp == NULL) {
        return FALSE;
    }
    if (Size == 0) {
        return TRUE;
    }
    Send->Buffer.Length = Size;
    Send->Buffer.Mdl = IoAllocateMdl(Payload, Size * Send->Sender->Messages, FALSE, FALSE, NULL);
    if (Send->Buffer.Mdl == NULL) {
        return FALSE;
    }
    MmBuildMdlForNonPagedPool(Send->Buffer.Mdl);
    return TRUE;
}

static VOID
FreeRequest(PSEND Send)
{
    if (Send->Buffer.Mdl != NULL) {
        IoFreeMdl(Send->Buffer.Mdl);
    }
    if (Send->Irp != NULL) {
        IoFreeIrp(Send->Irp);
    }
    Send->Buffer.Mdl = NULL;
    Send->Irp = NULL;
}

static VOID
FreeFresh(PSEND Send)
{
    FreeRequest(Send);
    if (Send->FreshPayload != NULL) {
        ExFreePoolWithTag(Send->FreshPayload, TAG_BENCH);
    }
    Send->FreshPayload = NULL;
}

static BOOLEAN
MakeFresh(PSEND Send, ULONG Size)
{
    Send->FreshPayload = (PUCHAR)ExAllocatePool2(POOL_FLAG_NON_PAGED, Size, TAG_BENCH);
    if (Send->FreshPayload != NULL && MakeRequest(Send, Send->FreshPayload, Size)) {
        return TRUE;
    }
    FreeFresh(Send);
    return FALSE;
}

/* --- Coming back ----------------------------------------------------------------------------- */

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
    if (Sender->FreshSize != 0) {
        FreeFresh(Send);
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

/*
 * All are in flight, so that many will complete: a quarter of them makes the wake worth its while.
 */
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

/* --- Going ----------------------------------------------------------------------------------- */

/* FALSE after SenderStop, or without memory. */
static BOOLEAN
PrepareIrp(PSEND Send)
{
    if (ReadAcquire(&Send->Sender->Stopped)) {
        return FALSE;
    }
    if (Send->Sender->FreshSize != 0 && !MakeFresh(Send, Send->Sender->FreshSize)) {
        return FALSE;
    }
    Send->Sender->Submitted++;
    IoReuseIrp(Send->Irp, STATUS_UNSUCCESSFUL);
    IoSetCompletionRoutine(Send->Irp, SendCompleted, Send, TRUE, TRUE, TRUE);
    return TRUE;
}

BOOLEAN
SenderSubmit(PSEND Send, PWSK_BUF Buffer, PSOCKADDR RemoteAddress)
{
    PWSK_SOCKET Socket = Send->Sender->Socket;

    if (!PrepareIrp(Send)) {
        return FALSE;
    }
    (VOID)BenchDispatch(Socket)->WskSendTo(Socket, Buffer, 0, RemoteAddress, 0, NULL, Send->Irp);
    return TRUE;
}

BOOLEAN
SenderSubmitList(PSEND Send, PSOCKADDR RemoteAddress)
{
    PWSK_SOCKET Socket = Send->Sender->Socket;

    if (!PrepareIrp(Send)) {
        return FALSE;
    }
    (VOID)BenchDispatch(Socket)->WskSendMessages(Socket, Send->List, 0, RemoteAddress, 0, NULL, Send->Irp);
    return TRUE;
}

/* --- Life ------------------------------------------------------------------------------------ */

static VOID
LinkNodes(PSEND Send, PWSK_BUF_LIST Nodes, ULONG Size, ULONG Messages)
{
    ULONG i;

    for (i = 0; i < Messages; i++) {
        Nodes[i].Next = i + 1 < Messages ? &Nodes[i + 1] : NULL;
        Nodes[i].Buffer.Mdl = Send->Buffer.Mdl;
        Nodes[i].Buffer.Offset = i * Size;
        Nodes[i].Buffer.Length = Size;
    }
    Send->List = Nodes;
}

static BOOLEAN
PrepareSend(PSENDER Sender, PSEND Send, PUCHAR Payload, ULONG Size)
{
    Send->Sender = Sender;
    if (Sender->FreshSize == 0 && !MakeRequest(Send, Payload, Size)) {
        return FALSE;
    }
    if (Sender->Nodes != NULL) {
        LinkNodes(Send, Sender->Nodes + (Send - Sender->Sends) * Sender->Messages, Size,
                  Sender->Messages);
    }
    SenderReturn(Send);
    return TRUE;
}

/* How many sends have a payload of their own before the first one's is used again. */
static ULONG
PayloadCount(PSENDER Sender, ULONG Size)
{
    ULONG Fit = PAYLOAD_BYTES / (Size * Sender->Messages);

    return max(1, min(Fit, Sender->Count));
}

static BOOLEAN
AllocateAll(PSENDER Sender, ULONG Size)
{
    SIZE_T Datagrams = (SIZE_T)Sender->Count * Sender->Messages;

    if (Size != 0 && Sender->FreshSize == 0) {
        SIZE_T Bytes = (SIZE_T)PayloadCount(Sender, Size) * Size * Sender->Messages;

        Sender->Payload = (PUCHAR)ExAllocatePool2(POOL_FLAG_NON_PAGED, Bytes, TAG_BENCH);
    }
    if (Sender->Messages > 1) {
        Sender->Nodes = (PWSK_BUF_LIST)ExAllocatePool2(POOL_FLAG_NON_PAGED,
                                                       Datagrams * sizeof(WSK_BUF_LIST), TAG_BENCH);
    }
    return (Size == 0 || Sender->FreshSize != 0 || Sender->Payload != NULL) &&
           (Sender->Messages == 1 || Sender->Nodes != NULL);
}

static NTSTATUS
PrepareSends(PSENDER Sender, ULONG Size)
{
    SIZE_T Each = (SIZE_T)Size * Sender->Messages;
    ULONG i;

    if (!AllocateAll(Sender, Size)) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    for (i = 0; i < Sender->Count; i++) {
        SIZE_T Place = Size != 0 ? (i % PayloadCount(Sender, Size)) * Each : 0;

        if (!PrepareSend(Sender, &Sender->Sends[i], Sender->Payload + Place, Size)) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
    }
    return STATUS_SUCCESS;
}

NTSTATUS
SenderCreate(PWSK_SOCKET Socket, ULONG Count, ULONG Size, ULONG Messages, BOOLEAN Fresh, PSENDER *Out)
{
    PSENDER Sender;
    NTSTATUS Status;

    Sender = (PSENDER)ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_CACHE_ALIGNED,
                                      FIELD_OFFSET(SENDER, Sends) + (SIZE_T)Count * sizeof(SEND), TAG_BENCH);
    if (Sender == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Sender->Socket = Socket;
    Sender->Count = Count;
    Sender->Messages = Messages;
    Sender->FreshSize = Fresh ? Size : 0;
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
        FreeRequest(&Sender->Sends[i]);
    }
    if (Sender->Payload != NULL) {
        ExFreePoolWithTag(Sender->Payload, TAG_BENCH);
    }
    if (Sender->Nodes != NULL) {
        ExFreePoolWithTag(Sender->Nodes, TAG_BENCH);
    }
    ExFreePoolWithTag(Sender, TAG_BENCH);
}

VOID
SenderCount(PSENDER Sender, struct bench_counts *Counts)
{
    ULONG64 Failed = (ULONG64)ReadAcquire64(&Sender->Failed);

    Counts->failed += Failed * Sender->Messages;
    Counts->sent += ((ULONG64)ReadAcquire64(&Sender->Completed) - Failed) * Sender->Messages;
}
