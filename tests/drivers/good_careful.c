/* SPDX-License-Identifier: MIT */
/*
 * good_careful.c - does what the drivers with one sin do, but right: requests one after the other, events
 * with indications that are kept and released, partial MDLs, paged pool at PASSIVE_LEVEL, control data.
 */
#include "bad.h"

static PWSK_DATAGRAM_INDICATION Kept;

static NTSTATUS WSKAPI
Receive(PVOID SocketContext, ULONG Flags, PWSK_DATAGRAM_INDICATION DataIndication)
{
    UNREFERENCED_PARAMETER(SocketContext);
    UNREFERENCED_PARAMETER(Flags);
    if (DataIndication == NULL) {
        return STATUS_SUCCESS;
    }
    if (Kept == NULL) {
        Kept = DataIndication;
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

/* Pages that are locked stay, also at DISPATCH_LEVEL. */
static NTSTATUS
SendFromPagedPool(VOID)
{
    PCHAR Payload = ExAllocatePool2(POOL_FLAG_PAGED, 16, 'dooG');
    WSK_BUF Buffer = { NULL, 0, 8 };
    WSK_REQUEST Request;
    NTSTATUS Status = WskRequestAllocate(&Request);
    DECLSPEC_ALIGN(8) CONTROL Control;

    if (!NT_SUCCESS(Status) || Payload == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Buffer.Mdl = IoAllocateMdl(Payload, 16, FALSE, FALSE, NULL);
    MmProbeAndLockPages(Buffer.Mdl, KernelMode, IoReadAccess);
    FillControl(&Control);
    for (ULONG i = 0; i < 300; i++) {
        Status = WskRequestWait(&Request,
                                Table()->WskSendTo(Socket, &Buffer, 0, (PSOCKADDR)&Local,
                                                   sizeof(Control.Items),
                                                   (PCMSGHDR)(PVOID)Control.Items, Request.Irp));
    }
    MmUnlockPages(Buffer.Mdl);
    IoFreeMdl(Buffer.Mdl);
    ExFreePoolWithTag(Payload, 'dooG');
    WskRequestFree(&Request);
    return Status;
}

static VOID
UsePartialMdl(VOID)
{
    PCHAR Block = ExAllocatePool2(POOL_FLAG_NON_PAGED, 5000, 'dooG');
    PMDL Whole = IoAllocateMdl(Block, 5000, FALSE, FALSE, NULL);
    PMDL Part = IoAllocateMdl(Block, 5000, FALSE, FALSE, NULL);

    if (Block != NULL && Whole != NULL && Part != NULL) {
        MmBuildMdlForNonPagedPool(Whole);
        for (ULONG i = 0; i < 3; i++) {
            IoBuildPartialMdl(Whole, Part, Block + 100 * i, 4000);
            MmPrepareMdlForReuse(Part);
        }
        Block[4999] = 1;
        IoFreeMdl(Part);
        IoFreeMdl(Whole);
        ExFreePoolWithTag(Block, 'dooG');
    }
}

static NTSTATUS
Sin(VOID)
{
    NTSTATUS Status = Open(NULL, &Callbacks);

    KeInitializeEvent(&Received, NotificationEvent, FALSE);
    UsePagedPool();
    UsePartialMdl();
    if (NT_SUCCESS(Status)) {
        Status = SwitchEvent(WSK_EVENT_RECEIVE_FROM);
    }
    if (NT_SUCCESS(Status)) {
        Status = SendToSelf();
    }
    if (NT_SUCCESS(Status)) {
        KeWaitForSingleObject(&Received, Executive, KernelMode, FALSE, NULL);
        Status = SendFromPagedPool();
        EndEvents();
        Table()->WskRelease(Socket, Kept);
    }
    return Status;
}
