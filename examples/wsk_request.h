/* SPDX-License-Identifier: MIT */
/*
 * wsk_request.h - the ceremony around a WSK call that one waits for: allocate an IRP, set a
 * completion routine, call, wait, look at IoStatus. Copy it into your driver.
 *
 *     WSK_REQUEST request;
 *
 *     status = WskRequestAllocate(&request);
 *     ...
 *     status = WskRequestWait(&request, Dispatch->WskBind(Socket, Address, 0, request.Irp));
 *     ...   as many calls as you like, one after the other
 *     WskRequestFree(&request);
 *
 * IRQL: PASSIVE_LEVEL, for it waits.
 */
#pragma once

#include <wdm.h>
#include <wsk.h>

typedef struct _WSK_REQUEST {
    PIRP Irp;
    KEVENT Completed;
} WSK_REQUEST, *PWSK_REQUEST;

static IO_COMPLETION_ROUTINE WskRequestCompleted;

static NTSTATUS
WskRequestCompleted(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Irp);

    KeSetEvent((PKEVENT)Context, IO_NO_INCREMENT, FALSE);

    /* The IRP is ours: the I/O manager must not go on with it. */
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static __inline VOID
WskRequestPrepare(PWSK_REQUEST Request)
{
    KeClearEvent(&Request->Completed);
    IoSetCompletionRoutine(Request->Irp, WskRequestCompleted, &Request->Completed, TRUE, TRUE, TRUE);
}

static __inline NTSTATUS
WskRequestAllocate(PWSK_REQUEST Request)
{
    Request->Irp = IoAllocateIrp(1, FALSE);
    if (Request->Irp == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    KeInitializeEvent(&Request->Completed, SynchronizationEvent, FALSE);
    WskRequestPrepare(Request);
    return STATUS_SUCCESS;
}

/*
 * Takes what the WSK function returned and gives the final status. *Information, if wanted, is what
 * the function's page promises: a byte count, or the new socket. The request is ready for the next
 * call.
 */
static __inline NTSTATUS
WskRequestWaitInformation(PWSK_REQUEST Request, NTSTATUS Returned, ULONG_PTR *Information)
{
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(Returned);

    /*
     * The completion routine runs whatever the function returned, so there is always something to
     * wait for.
     */
    KeWaitForSingleObject(&Request->Completed, Executive, KernelMode, FALSE, NULL);
    Status = Request->Irp->IoStatus.Status;
    if (Information != NULL) {
        *Information = Request->Irp->IoStatus.Information;
    }
    IoReuseIrp(Request->Irp, STATUS_UNSUCCESSFUL);
    WskRequestPrepare(Request);
    return Status;
}

static __inline NTSTATUS
WskRequestWait(PWSK_REQUEST Request, NTSTATUS Returned)
{
    return WskRequestWaitInformation(Request, Returned, NULL);
}

static __inline VOID
WskRequestFree(PWSK_REQUEST Request)
{
    IoFreeIrp(Request->Irp);
}
