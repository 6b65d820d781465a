/* SPDX-License-Identifier: MIT */
/*
 * bad_v12_close.c - closes its socket while a worker is inside a send.
 */
#include "bad.h"

static KEVENT Inside;
static KEVENT Closed;

/* The send is complete before WskSendTo has returned: the worker is still in there. */
static NTSTATUS
Sent(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Irp);
    UNREFERENCED_PARAMETER(Context);
    KeSetEvent(&Inside, IO_NO_INCREMENT, FALSE);
    while (KeReadStateEvent(&Closed) == 0) {
        YieldProcessor();
    }
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static VOID
Worker(PVOID Context)
{
    PIRP Irp = IoAllocateIrp(1, FALSE);

    UNREFERENCED_PARAMETER(Context);
    IoSetCompletionRoutine(Irp, Sent, NULL, TRUE, TRUE, TRUE);
    Table()->WskGetLocalAddress(Socket, (PSOCKADDR)&Local, Irp);
    IoFreeIrp(Irp);
}

static VOID
CloseNow(VOID)
{
    PWSK_PROVIDER_BASIC_DISPATCH Basic = (PWSK_PROVIDER_BASIC_DISPATCH)Socket->Dispatch;
    WSK_REQUEST Request;

    if (NT_SUCCESS(WskRequestAllocate(&Request))) {
        NTSTATUS Status = Basic->WskCloseSocket(Socket, Request.Irp); /* CAUGHT V12 FINDING */

        KeSetEvent(&Closed, IO_NO_INCREMENT, FALSE);
        WskRequestWait(&Request, Status);
        WskRequestFree(&Request);
    }
}

static NTSTATUS
Sin(VOID)
{
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Handle;
    PVOID Thread;
    NTSTATUS Status = Open(NULL, NULL);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    KeInitializeEvent(&Inside, NotificationEvent, FALSE);
    KeInitializeEvent(&Closed, NotificationEvent, FALSE);
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, &Attributes, NULL, NULL, Worker, NULL);
    ObReferenceObjectByHandle(Handle, THREAD_ALL_ACCESS, NULL, KernelMode, &Thread, NULL);
    ZwClose(Handle);
    KeWaitForSingleObject(&Inside, Executive, KernelMode, FALSE, NULL);
    CloseNow();
    KeWaitForSingleObject(Thread, Executive, KernelMode, FALSE, NULL);
    ObDereferenceObject(Thread);
    WskAppStop(&App);
    Socket = NULL;
    return STATUS_SUCCESS;
}
