/* SPDX-License-Identifier: MIT */
/*
 * good_control.c - a device that answers control requests: 0x800 returns the input upside down
 * (buffered), 0x801 fails, 0x802 makes a request that completes later, from a DPC.
 */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD DriverUnload;
static DRIVER_DISPATCH CreateClose;
static DRIVER_DISPATCH Control;
static KDEFERRED_ROUTINE CompleteLater;

#define IOCTL_REVERSE CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_FAIL CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_LATER CTL_CODE(FILE_DEVICE_UNKNOWN, 0x802, METHOD_BUFFERED, FILE_ANY_ACCESS)

static UNICODE_STRING DeviceName = RTL_CONSTANT_STRING(L"\\Device\\Control");
static UNICODE_STRING LinkName = RTL_CONSTANT_STRING(L"\\DosDevices\\Control");
static KDPC Dpc;

static NTSTATUS
Complete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS
CreateClose(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    return Complete(Irp, STATUS_SUCCESS, 0);
}

static VOID
CompleteLater(PKDPC Object, PVOID Context, PVOID Irp, PVOID Unused)
{
    UNREFERENCED_PARAMETER(Object);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Unused);
    (VOID)Complete((PIRP)Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS
Reverse(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    PCHAR Text = (PCHAR)Irp->AssociatedIrp.SystemBuffer;
    ULONG Length = Stack->Parameters.DeviceIoControl.InputBufferLength;
    ULONG i;

    if (Length > Stack->Parameters.DeviceIoControl.OutputBufferLength) {
        return Complete(Irp, STATUS_BUFFER_TOO_SMALL, 0);
    }
    for (i = 0; i < Length / 2; i++) {
        CHAR Letter = Text[i];

        Text[i] = Text[Length - 1 - i];
        Text[Length - 1 - i] = Letter;
    }
    return Complete(Irp, STATUS_SUCCESS, Length);
}

static NTSTATUS
Control(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);

    UNREFERENCED_PARAMETER(DeviceObject);
    switch (Stack->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_REVERSE:
        return Reverse(Irp, Stack);
    case IOCTL_FAIL:
        return Complete(Irp, STATUS_ACCESS_DENIED, 0);
    case IOCTL_LATER:
        IoMarkIrpPending(Irp);
        KeInsertQueueDpc(&Dpc, Irp, NULL);
        return STATUS_PENDING;
    default:
        return Complete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
}

static VOID
DriverUnload(PDRIVER_OBJECT DriverObject)
{
    IoDeleteSymbolicLink(&LinkName);
    IoDeleteDevice(DriverObject->DeviceObject);
}

NTSTATUS
DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    PDEVICE_OBJECT Device;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(RegistryPath);
    Status = IoCreateDevice(DriverObject, 0, &DeviceName, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = IoCreateSymbolicLink(&LinkName, &DeviceName);
    if (!NT_SUCCESS(Status)) {
        IoDeleteDevice(Device);
        return Status;
    }
    KeInitializeDpc(&Dpc, CompleteLater, NULL);
    DriverObject->MajorFunction[IRP_MJ_CREATE] = CreateClose;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = CreateClose;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Control;
    DriverObject->DriverUnload = DriverUnload;
    Device->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}
