/* SPDX-License-Identifier: MIT */
/*
 * bad_v11_routine.c - waits in a completion routine, which runs at PASSIVE_LEVEL now and then.
 */
#include "bad.h"

static KEVENT Done;

static NTSTATUS
Completed(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    LARGE_INTEGER Millisecond = { .QuadPart = -10000 };
    KEVENT Never;

    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Irp);
    UNREFERENCED_PARAMETER(Context);
    KeInitializeEvent(&Never, NotificationEvent, FALSE);
    KeWaitForSingleObject(&Never, Executive, KernelMode, FALSE, &Millisecond); /* CAUGHT V11 STOP */
    KeSetEvent(&Done, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS
Sin(VOID)
{
    PIRP Irp = IoAllocateIrp(1, FALSE);
    NTSTATUS Status = Open(NULL, NULL);

    if (!NT_SUCCESS(Status) || Irp == NULL) {
        return STATUS_UNSUCCESSFUL;
    }
    KeInitializeEvent(&Done, NotificationEvent, FALSE);
    IoSetCompletionRoutine(Irp, Completed, NULL, TRUE, TRUE, TRUE);
    Table()->WskGetLocalAddress(Socket, (PSOCKADDR)&Local, Irp);
    KeWaitForSingleObject(&Done, Executive, KernelMode, FALSE, NULL);
    IoFreeIrp(Irp);
    return STATUS_SUCCESS;
}
