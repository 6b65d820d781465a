/* SPDX-License-Identifier: MIT */
/* bad_leak_thread.c - leaves a thread that waits for ever. */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD DriverUnload;

static KSTART_ROUTINE Thread;
static KEVENT Never;

static VOID
Thread(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    KeWaitForSingleObject(&Never, Executive, KernelMode, FALSE, NULL);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID
DriverUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
}

NTSTATUS
DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    HANDLE Handle;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(RegistryPath);
    KeInitializeEvent(&Never, NotificationEvent, FALSE);
    Status = PsCreateSystemThread(&Handle, 0, NULL, NULL, NULL, Thread, NULL); /* LEAK */
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    ZwClose(Handle);
    DriverObject->DriverUnload = DriverUnload;
    return STATUS_SUCCESS;
}
