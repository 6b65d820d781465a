/* SPDX-License-Identifier: MIT */
/*
 * wsk_driver.c - the bench's driver: its device, and who answers which control request.
 *
 * Settings: sends (in flight, default 4096), requests (WskReceiveFrom in flight, default 64),
 * rcvbuf (bytes, default 4 MiB). The bench sends one control request at a time.
 */
#include "wsk_driver.h"

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD DriverUnload;
static DRIVER_DISPATCH CreateClose;
static DRIVER_DISPATCH Control;

BENCH_SETTINGS Settings = { 4096, 64, 4 << 20 };
WSK_APP App;

static UNICODE_STRING DeviceName = RTL_CONSTANT_STRING(L"\\Device\\OpenwskBench");

static VOID
CloseAll(VOID)
{
    FlowClose();
    EchoClose();
    IdleClose();
}

static NTSTATUS
Complete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = NT_SUCCESS(Status) ? Information : 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS
CreateClose(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    return Complete(Irp, STATUS_SUCCESS, 0);
}

/* What a control request needs of its buffers. */
static const struct {
    ULONG Code;
    ULONG InputSize;
    ULONG OutputSize;
} Sizes[] = {
    { BENCH_FLOW_START, sizeof(struct bench_flow), 0 },
    { BENCH_FLOW_READ, 0, sizeof(struct bench_counts) },
    { BENCH_FLOW_END, 0, 0 },
    { BENCH_ECHO_START, 0, sizeof(struct bench_port) },
    { BENCH_PING_RUN, sizeof(struct bench_ping), 0 },
    { BENCH_IDLE_OPEN, sizeof(struct bench_idle), 0 },
    { BENCH_CLOSE, 0, 0 },
};

static NTSTATUS
CheckSizes(PIO_STACK_LOCATION Stack, PULONG OutputSize)
{
    ULONG i;

    for (i = 0; i < RTL_NUMBER_OF(Sizes); i++) {
        if (Sizes[i].Code != Stack->Parameters.DeviceIoControl.IoControlCode) {
            continue;
        }
        *OutputSize = Sizes[i].OutputSize;
        if (Stack->Parameters.DeviceIoControl.InputBufferLength < Sizes[i].InputSize ||
            Stack->Parameters.DeviceIoControl.OutputBufferLength < Sizes[i].OutputSize) {
            return STATUS_BUFFER_TOO_SMALL;
        }
        return STATUS_SUCCESS;
    }
    return STATUS_INVALID_DEVICE_REQUEST;
}

/* The results overwrite the parameters, so those are copied first. */
static NTSTATUS
RunPing(PIO_STACK_LOCATION Stack, PVOID Buffer, PULONG OutputSize)
{
    struct bench_ping Parameters = *(struct bench_ping *)Buffer;

    if (Stack->Parameters.DeviceIoControl.OutputBufferLength / sizeof(ULONG) < Parameters.count) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    *OutputSize = Parameters.count * sizeof(ULONG);
    return PingRun(&Parameters, (PULONG)Buffer);
}

static NTSTATUS
Answer(PIO_STACK_LOCATION Stack, PVOID Buffer, PULONG OutputSize)
{
    switch (Stack->Parameters.DeviceIoControl.IoControlCode) {
    case BENCH_FLOW_START:
        return FlowStart((struct bench_flow *)Buffer);
    case BENCH_FLOW_READ:
        FlowRead((struct bench_counts *)Buffer);
        return STATUS_SUCCESS;
    case BENCH_FLOW_END:
        FlowEndSending();
        return STATUS_SUCCESS;
    case BENCH_ECHO_START:
        return EchoStart((struct bench_port *)Buffer);
    case BENCH_PING_RUN:
        return RunPing(Stack, Buffer, OutputSize);
    case BENCH_IDLE_OPEN:
        return IdleOpen((struct bench_idle *)Buffer);
    default:
        CloseAll();
        return STATUS_SUCCESS;
    }
}

static NTSTATUS
Control(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG OutputSize = 0;
    NTSTATUS Status = CheckSizes(Stack, &OutputSize);

    UNREFERENCED_PARAMETER(DeviceObject);
    if (NT_SUCCESS(Status)) {
        Status = Answer(Stack, Irp->AssociatedIrp.SystemBuffer, &OutputSize);
    }
    return Complete(Irp, Status, OutputSize);
}

static VOID
DriverUnload(PDRIVER_OBJECT DriverObject)
{
    CloseAll();
    WskAppStop(&App);
    IoDeleteDevice(DriverObject->DeviceObject);
}

static NTSTATUS
ReadSettings(PUNICODE_STRING RegistryPath)
{
    WskAppReadNumber(RegistryPath, L"sends", &Settings.SendsInFlight);
    WskAppReadNumber(RegistryPath, L"requests", &Settings.ReceivesInFlight);
    WskAppReadNumber(RegistryPath, L"rcvbuf", &Settings.ReceiveBuffer);
    return Settings.SendsInFlight && Settings.ReceivesInFlight ? STATUS_SUCCESS
                                                               : STATUS_INVALID_PARAMETER;
}

NTSTATUS
DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    PDEVICE_OBJECT Device;
    NTSTATUS Status = ReadSettings(RegistryPath);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = IoCreateDevice(DriverObject, 0, &DeviceName, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = WskAppStart(&App);
    if (!NT_SUCCESS(Status)) {
        IoDeleteDevice(Device);
        return Status;
    }
    DriverObject->MajorFunction[IRP_MJ_CREATE] = CreateClose;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = CreateClose;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Control;
    DriverObject->DriverUnload = DriverUnload;
    Device->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}
