/* SPDX-License-Identifier: MIT */
/*
 * wsk_driver_flow.c - datagrams from one socket to another as fast as they go. A system thread
 * calls WskSendTo for each; they arrive through the receive event, or in IRPs that issue themselves
 * again.
 */
#include "wsk_driver.h"

static KSTART_ROUTINE SendThread;
static IO_COMPLETION_ROUTINE ReceiveCompleted;

#define SENDERS_MOST 2
#define LISTS_IN_FLIGHT 4

/* One outstanding WskReceiveFrom and all the memory that belongs to it. */
typedef struct _RECEIVE {
    PIRP Irp;
    WSK_BUF Buffer;
    SOCKADDR_INET RemoteAddress;
    UCHAR Payload[8192];
} RECEIVE, *PRECEIVE;

static struct {
    PWSK_SOCKET From;
    PWSK_SOCKET To;
    SOCKADDR_IN Address; /* of To */
    PSENDER Senders[SENDERS_MOST];
    PKTHREAD Threads[SENDERS_MOST]; /* NULL: nobody sends */
    LONG Stop;

    BOOLEAN ByRequests;
    EX_RUNDOWN_REF Issuing; /* held while a thread is inside WskReceiveFrom */
    PRECEIVE Receives;
    ULONG ReceiveCount;

    /* On a line of its own: the transport writes it while the sender works. */
    DECLSPEC_ALIGN(64) LONG64 Delivered;
    DECLSPEC_ALIGN(64) LONG64 Failed; /* receives that completed with an error */
} Flow;

/* --- Sending --------------------------------------------------------------------------------- */

static VOID
SendThread(PVOID Context)
{
    PSENDER Sender = (PSENDER)Context;

    while (!ReadAcquire(&Flow.Stop)) {
        PSEND Send = SenderTakeWait(Sender);

        if (Send->List != NULL) {
            (VOID)SenderSubmitList(Send, (PSOCKADDR)&Flow.Address);
        } else if (!SenderSubmit(Send, &Send->Buffer, (PSOCKADDR)&Flow.Address)) {
            SenderReturn(Send);
        }
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static NTSTATUS
StartSender(const struct bench_flow *Parameters, ULONG Number)
{
    ULONG Count = Parameters->messages > 1 ? LISTS_IN_FLIGHT : Settings.SendsInFlight / Parameters->senders;
    HANDLE Handle;
    NTSTATUS Status;

    if (Parameters->in_flight != 0) {
        Count = Parameters->in_flight;
    }
    Status = SenderCreate(Flow.From, Count, Parameters->size, Parameters->messages, Parameters->fresh != 0,
                          &Flow.Senders[Number]);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, SendThread,
                                  Flow.Senders[Number]);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = ObReferenceObjectByHandle(Handle, THREAD_ALL_ACCESS, *PsThreadType, KernelMode,
                                       &Flow.Threads[Number], NULL);
    ZwClose(Handle);
    return Status;
}

static NTSTATUS
StartSending(const struct bench_flow *Parameters)
{
    NTSTATUS Status = STATUS_SUCCESS;
    ULONG i;

    WriteRelease(&Flow.Stop, 0);
    for (i = 0; i < Parameters->senders && NT_SUCCESS(Status); i++) {
        Status = StartSender(Parameters, i);
    }
    return Status;
}

VOID
FlowEndSending(VOID)
{
    ULONG i;

    WriteRelease(&Flow.Stop, 1);
    for (i = 0; i < SENDERS_MOST; i++) {
        if (Flow.Threads[i] != NULL) {
            KeWaitForSingleObject(Flow.Threads[i], Executive, KernelMode, FALSE, NULL);
            ObDereferenceObject(Flow.Threads[i]);
            Flow.Threads[i] = NULL;
            SenderStop(Flow.Senders[i]);
        }
    }
}

/* --- Receiving by the event ------------------------------------------------------------------ */

static NTSTATUS WSKAPI
FlowReceived(PVOID SocketContext, ULONG Flags, PWSK_DATAGRAM_INDICATION DataIndication)
{
    LONG64 Count = 0;

    UNREFERENCED_PARAMETER(SocketContext);
    UNREFERENCED_PARAMETER(Flags);
    for (; DataIndication != NULL; DataIndication = DataIndication->Next) {
        Count++;
    }
    InterlockedAdd64(&Flow.Delivered, Count);
    return STATUS_SUCCESS;
}

static const WSK_CLIENT_DATAGRAM_DISPATCH FlowCallbacks = { FlowReceived };

/* --- Receiving by IRPs ----------------------------------------------------------------------- */

static VOID
IssueReceive(PRECEIVE Receive)
{
    if (!ExAcquireRundownProtection(&Flow.Issuing)) {
        return;
    }
    IoReuseIrp(Receive->Irp, STATUS_UNSUCCESSFUL);
    IoSetCompletionRoutine(Receive->Irp, ReceiveCompleted, Receive, TRUE, TRUE, TRUE);
    (VOID)BenchDispatch(Flow.To)->WskReceiveFrom(Flow.To, &Receive->Buffer, 0,
                                                 (PSOCKADDR)&Receive->RemoteAddress, NULL, NULL, NULL,
                                                 Receive->Irp);
    ExReleaseRundownProtection(&Flow.Issuing);
}

static NTSTATUS
ReceiveCompleted(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    if (NT_SUCCESS(Irp->IoStatus.Status)) {
        InterlockedIncrement64(&Flow.Delivered);
        IssueReceive((PRECEIVE)Context);
    } else if (Irp->IoStatus.Status != STATUS_CANCELLED) {
        InterlockedIncrement64(&Flow.Failed);
    }
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static BOOLEAN
PrepareReceive(PRECEIVE Receive)
{
    Receive->Irp = IoAllocateIrp(1, FALSE);
    if (Receive->Irp == NULL) {
        return FALSE;
    }
    Receive->Buffer.Length = sizeof(Receive->Payload);
    Receive->Buffer.Mdl =
        IoAllocateMdl(Receive->Payload, sizeof(Receive->Payload), FALSE, FALSE, NULL);
    if (Receive->Buffer.Mdl == NULL) {
        IoFreeIrp(Receive->Irp);
        return FALSE;
    }
    MmBuildMdlForNonPagedPool(Receive->Buffer.Mdl);
    return TRUE;
}

static NTSTATUS
StartReceives(VOID)
{
    Flow.Receives = (PRECEIVE)ExAllocatePool2(
        POOL_FLAG_NON_PAGED, (SIZE_T)Settings.ReceivesInFlight * sizeof(RECEIVE), TAG_BENCH);
    if (Flow.Receives == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    while (Flow.ReceiveCount < Settings.ReceivesInFlight) {
        if (!PrepareReceive(&Flow.Receives[Flow.ReceiveCount])) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        IssueReceive(&Flow.Receives[Flow.ReceiveCount++]);
    }
    return STATUS_SUCCESS;
}

static VOID
FreeReceives(VOID)
{
    while (Flow.ReceiveCount > 0) {
        PRECEIVE Receive = &Flow.Receives[--Flow.ReceiveCount];

        IoFreeMdl(Receive->Buffer.Mdl);
        IoFreeIrp(Receive->Irp);
    }
    if (Flow.Receives != NULL) {
        ExFreePoolWithTag(Flow.Receives, TAG_BENCH);
        Flow.Receives = NULL;
    }
}

/* --- Both ------------------------------------------------------------------------------------ */

static NTSTATUS
OpenFlow(const struct bench_flow *Parameters)
{
    NTSTATUS Status;

    Flow.ByRequests = Parameters->receive == BENCH_BY_REQUESTS;
    ExInitializeRundownProtection(&Flow.Issuing);
    Flow.Delivered = Flow.Failed = 0;
    Status = BenchOpenSocket(NULL, Flow.ByRequests ? NULL : &FlowCallbacks, &Flow.To, &Flow.Address);
    if (NT_SUCCESS(Status)) {
        Status = BenchOpenSocket(NULL, NULL, &Flow.From, NULL);
    }
    if (NT_SUCCESS(Status)) {
        Status = Flow.ByRequests ? StartReceives() : BenchEnableEvent(Flow.To);
    }
    if (NT_SUCCESS(Status)) {
        Status = StartSending(Parameters);
    }
    return Status;
}

NTSTATUS
FlowStart(const struct bench_flow *Parameters)
{
    NTSTATUS Status;

    if (Flow.To != NULL) {
        return STATUS_INVALID_DEVICE_STATE;
    }
    if (Parameters->senders == 0 || Parameters->senders > SENDERS_MOST || Parameters->messages == 0 ||
        Parameters->size == 0 || Parameters->size > RTL_FIELD_SIZE(RECEIVE, Payload)) {
        return STATUS_INVALID_PARAMETER;
    }
    Status = OpenFlow(Parameters);
    if (!NT_SUCCESS(Status)) {
        FlowClose();
    }
    return Status;
}

VOID
FlowRead(struct bench_counts *Counts)
{
    ULONG i;

    RtlZeroMemory(Counts, sizeof(*Counts));
    for (i = 0; i < SENDERS_MOST; i++) {
        if (Flow.Senders[i] != NULL) {
            SenderCount(Flow.Senders[i], Counts);
        }
    }
    Counts->failed += (ULONG64)ReadAcquire64(&Flow.Failed);
    Counts->delivered = (ULONG64)ReadAcquire64(&Flow.Delivered);
}

VOID
FlowClose(VOID)
{
    ULONG i;

    FlowEndSending();
    if (Flow.From != NULL) {
        WskAppCloseSocket(Flow.From);
        Flow.From = NULL;
    }
    for (i = 0; i < SENDERS_MOST; i++) {
        if (Flow.Senders[i] != NULL) {
            SenderFree(Flow.Senders[i]);
            Flow.Senders[i] = NULL;
        }
    }
    if (Flow.To != NULL) {
        /*
         * Nobody may enter a function of the socket once it closes; the close cancels what waits.
         */
        ExWaitForRundownProtectionRelease(&Flow.Issuing);
        WskAppCloseSocket(Flow.To);
        Flow.To = NULL;
    }
    FreeReceives();
}
