/* SPDX-License-Identifier: MIT */
/*
 * good_careful.c - does what the drivers with one sin do, but right: requests one after the other, events
 * with indications that are kept and released, partial MDLs, paged pool at PASSIVE_LEVEL, control data. Whatever it
 * is denied, it gives back what it has.
 */
#include "bad.h"

/* The first that came; or that no further one shall be kept, whether one ever came or not. */
static PVOID volatile Kept;
static CHAR NoMore;

/* The NULL indication has come, under the lock: nobody calls the socket after it. */
static LONG Dead;
static KSPIN_LOCK DeadLock;

static NTSTATUS WSKAPI
Receive(PVOID SocketContext, ULONG Flags, PWSK_DATAGRAM_INDICATION DataIndication)
{
    UNREFERENCED_PARAMETER(SocketContext);
    UNREFERENCED_PARAMETER(Flags);
    if (DataIndication == NULL) {
        KIRQL Irql;

        KeAcquireSpinLock(&DeadLock, &Irql);
        Dead = 1;
        KeReleaseSpinLock(&DeadLock, Irql);
        KeSetEvent(&Received, IO_NO_INCREMENT, FALSE);
        return STATUS_SUCCESS;
    }
    if (InterlockedCompareExchangePointer(&Kept, DataIndication, NULL) == NULL) {
        KeSetEvent(&Received, IO_NO_INCREMENT, FALSE);
        return STATUS_PENDING;
    }
    return DataIndication->Buffer.Length ? STATUS_SUCCESS : STATUS_DATA_NOT_ACCEPTED;
}

static const WSK_CLIENT_DATAGRAM_DISPATCH Callbacks = { Receive };

static VOID
UsePagedPool(VOID)
{
    volatile ULONG *Counter = ExAllocatePool2(POOL_FLAG_PAGED, sizeof(ULONG), 'dooG');
    KSPIN_LOCK Lock;
    KIRQL Irql;

    if (Counter == NULL) {
        return;
    }
    KeInitializeSpinLock(&Lock);
    for (ULONG i = 0; i < 3; i++) {
        *Counter += 1;
        KeAcquireSpinLock(&Lock, &Irql);
        KeReleaseSpinLock(&Lock, Irql);
    }
    ExFreePoolWithTag((PVOID)Counter, 'dooG');
}

/* One item, and behind it a header that announces no bytes; at no particular alignment. */
typedef struct _CONTROL {
    UCHAR Before[4];
    UCHAR Items[WSA_CMSG_SPACE(sizeof(INT)) + sizeof(CMSGHDR)];
} CONTROL;

static VOID
FillControl(CONTROL *Control)
{
    CMSGHDR Item = { WSA_CMSG_LEN(sizeof(INT)), IPPROTO_IP, IP_TOS };
    CMSGHDR Empty = { sizeof(CMSGHDR), IPPROTO_IP, IP_OPTIONS };

    RtlZeroMemory(Control, sizeof(*Control));
    RtlCopyMemory(Control->Items, &Item, sizeof(Item));
    RtlCopyMemory(Control->Items + WSA_CMSG_SPACE(sizeof(INT)), &Empty, sizeof(Empty));
}

/* Whether the socket lives; then it does until LeaveLiving. */
static BOOLEAN
EnterLiving(PKIRQL Irql)
{
    BOOLEAN Lives;

    KeAcquireSpinLock(&DeadLock, Irql);
    Lives = !Dead;
    if (!Lives) {
        KeReleaseSpinLock(&DeadLock, *Irql);
    }
    return Lives;
}

static VOID
LeaveLiving(KIRQL Irql)
{
    KeReleaseSpinLock(&DeadLock, Irql);
}

static NTSTATUS
SendToTheLiving(PWSK_REQUEST Request, PWSK_BUF Buffer, ULONG ControlLength, PCMSGHDR Control)
{
    NTSTATUS Status;
    KIRQL Irql;

    if (!EnterLiving(&Irql)) {
        return STATUS_FILE_FORCED_CLOSED;
    }
    Status = Table()->WskSendTo(Socket, Buffer, 0, (PSOCKADDR)&Local, ControlLength, Control,
                                Request->Irp);
    LeaveLiving(Irql);
    return WskRequestWait(Request, Status);
}

/* No callback runs when this returns, unless it is denied or the socket is good for a close alone. */
static VOID
EndEventsOfTheLiving(VOID)
{
    WSK_REQUEST Request;
    NTSTATUS Status;
    KIRQL Irql;

    if (!NT_SUCCESS(WskRequestAllocate(&Request))) {
        return;
    }
    if (EnterLiving(&Irql)) {
        Status = DisableEvents(&Request);
        LeaveLiving(Irql);
        WskRequestWait(&Request, Status);
    }
    WskRequestFree(&Request);
}

static NTSTATUS
SendOften(PMDL Mdl, PWSK_REQUEST Request)
{
    WSK_BUF Buffer = { Mdl, 0, 8 };
    NTSTATUS Status = STATUS_SUCCESS;
    DECLSPEC_ALIGN(8) CONTROL Control;

    FillControl(&Control);
    for (ULONG i = 0; NT_SUCCESS(Status) && i < 300; i++) {
        Status = SendToTheLiving(Request, &Buffer, sizeof(Control.Items),
                                 (PCMSGHDR)(PVOID)Control.Items);
    }
    return Status;
}

/* Pages that are locked stay, also at DISPATCH_LEVEL. */
static NTSTATUS
SendLocked(PCHAR Payload, PWSK_REQUEST Request)
{
    PMDL Mdl = IoAllocateMdl(Payload, 16, FALSE, FALSE, NULL);
    NTSTATUS Status = STATUS_SUCCESS;

    if (Mdl == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    __try {
        MmProbeAndLockPages(Mdl, KernelMode, IoReadAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    if (NT_SUCCESS(Status)) {
        Status = SendOften(Mdl, Request);
        MmUnlockPages(Mdl);
    }
    IoFreeMdl(Mdl);
    return Status;
}

static NTSTATUS
SendFromPagedPool(VOID)
{
    PCHAR Payload = ExAllocatePool2(POOL_FLAG_PAGED, 16, 'dooG');
    WSK_REQUEST Request;
    NTSTATUS Status;

    if (Payload == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Status = WskRequestAllocate(&Request);
    if (NT_SUCCESS(Status)) {
        Status = SendLocked(Payload, &Request);
        WskRequestFree(&Request);
    }
    ExFreePoolWithTag(Payload, 'dooG');
    return Status;
}

static VOID
MapParts(PCHAR Block, PMDL Whole, PMDL Part)
{
    MmBuildMdlForNonPagedPool(Whole);
    for (ULONG i = 0; i < 3; i++) {
        IoBuildPartialMdl(Whole, Part, Block + 100 * i, 4000);
        MmPrepareMdlForReuse(Part);
    }
    Block[4999] = 1;
}

static NTSTATUS
UsePartialMdl(VOID)
{
    PCHAR Block = ExAllocatePool2(POOL_FLAG_NON_PAGED, 5000, 'dooG');
    NTSTATUS Status = STATUS_INSUFFICIENT_RESOURCES;
    PMDL Whole, Part = NULL;

    if (Block == NULL) {
        return Status;
    }
    Whole = IoAllocateMdl(Block, 5000, FALSE, FALSE, NULL);
    if (Whole != NULL) {
        Part = IoAllocateMdl(Block, 5000, FALSE, FALSE, NULL);
    }
    if (Part != NULL) {
        MapParts(Block, Whole, Part);
        IoFreeMdl(Part);
        Status = STATUS_SUCCESS;
    }
    if (Whole != NULL) {
        IoFreeMdl(Whole);
    }
    ExFreePoolWithTag(Block, 'dooG');
    return Status;
}

/* A datagram may be lost, so nobody waits for it for ever. */
static NTSTATUS
Talk(VOID)
{
    LARGE_INTEGER Second = { .QuadPart = -10000000 };
    NTSTATUS Status = SendToSelf();

    if (NT_SUCCESS(Status)) {
        KeWaitForSingleObject(&Received, Executive, KernelMode, FALSE, &Second);
        Status = SendFromPagedPool();
    }
    return Status;
}

static VOID
GiveBack(VOID)
{
    PVOID List = InterlockedExchangePointer(&Kept, &NoMore);

    if (List != NULL) {
        Table()->WskRelease(Socket, List);
    }
}

static NTSTATUS
Sin(VOID)
{
    NTSTATUS Status;

    KeInitializeEvent(&Received, NotificationEvent, FALSE);
    UsePagedPool();
    Status = UsePartialMdl();
    if (NT_SUCCESS(Status)) {
        Status = Open(NULL, &Callbacks);
    }
    if (NT_SUCCESS(Status)) {
        Status = SwitchEvent(WSK_EVENT_RECEIVE_FROM);
        if (NT_SUCCESS(Status)) {
            Status = Talk();
            EndEventsOfTheLiving();
        }
        GiveBack();
    }
    return Status;
}
