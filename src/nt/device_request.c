/* SPDX-License-Identifier: MIT */
/*
 * device_request.c - requests that the I/O manager makes for somebody: buffers by transfer type,
 * sending, waiting. irp.c hands the results over when such an IRP is completed.
 */
#include "device.h"
#include "object_name.h"

#include <string.h>

#define TAG_BUFFER 0x42206F49u /* "Io B" */

#define DEVICE_NAME_UNITS_MAX 512

/* The system buffer carries the input down and, if `returns`, the output up. */
static bool attach_system_buffer(PIRP irp, const struct device_request *request, bool returns,
                                 const void *place)
{
    ULONG size = request->input_size;

    if (returns && request->output_size > size)
        size = request->output_size;
    if (!size)
        return true;
    irp->AssociatedIrp.SystemBuffer = nt_pool_allocate(size, TAG_BUFFER, place);
    if (!irp->AssociatedIrp.SystemBuffer)
        return false;
    irp->Flags |= IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER;
    if (request->input_size)
        memcpy(irp->AssociatedIrp.SystemBuffer, request->input, request->input_size);
    if (returns && request->output_size) {
        irp->Flags |= IRP_INPUT_OPERATION;
        irp->UserBuffer = request->output;
        irp->Overlay.AllocationSize.QuadPart = request->output_size;
    }
    return true;
}

static bool attach_mdl(PIRP irp, const void *buffer, ULONG size, LOCK_OPERATION operation)
{
    if (!size)
        return true;
    if (!IoAllocateMdl((PVOID)buffer, size, FALSE, FALSE, irp))
        return false;
    if (!nt_mdl_lock(irp->MdlAddress, operation))
        return false;
    return true;
}

static bool attach_control_buffers(PIRP irp, const struct device_request *request,
                                   PIO_STACK_LOCATION location, const void *place)
{
    ULONG method = METHOD_FROM_CTL_CODE(request->control_code);

    location->Parameters.DeviceIoControl.IoControlCode = request->control_code;
    location->Parameters.DeviceIoControl.InputBufferLength = request->input_size;
    location->Parameters.DeviceIoControl.OutputBufferLength = request->output_size;
    if (method == METHOD_NEITHER) {
        location->Parameters.DeviceIoControl.Type3InputBuffer = (PVOID)request->input;
        irp->UserBuffer = request->output;
        return true;
    }
    if (!attach_system_buffer(irp, request, method == METHOD_BUFFERED, place))
        return false;
    return method == METHOD_BUFFERED ||
           attach_mdl(irp, request->output, request->output_size,
                      method == METHOD_OUT_DIRECT ? IoWriteAccess : IoReadAccess);
}

static bool attach_transfer_buffers(PIRP irp, const struct device_request *request,
                                    PIO_STACK_LOCATION location, ULONG device_flags,
                                    const void *place)
{
    bool write = request->major_function == IRP_MJ_WRITE;
    const void *buffer = write ? request->input : request->output;
    ULONG size = write ? request->input_size : request->output_size;

    if (write)
        location->Parameters.Write.Length = size;
    else
        location->Parameters.Read.Length = size;
    if (device_flags & DO_BUFFERED_IO)
        return attach_system_buffer(irp, request, !write, place);
    if (device_flags & DO_DIRECT_IO)
        return attach_mdl(irp, buffer, size, write ? IoReadAccess : IoWriteAccess);
    irp->UserBuffer = (PVOID)buffer;
    return true;
}

static bool attach_buffers(PDEVICE_OBJECT device, PIRP irp, const struct device_request *request,
                           const void *place)
{
    PIO_STACK_LOCATION location = IoGetNextIrpStackLocation(irp);

    switch (request->major_function) {
    case IRP_MJ_DEVICE_CONTROL:
    case IRP_MJ_INTERNAL_DEVICE_CONTROL:
        return attach_control_buffers(irp, request, location, place);
    case IRP_MJ_READ:
    case IRP_MJ_WRITE: return attach_transfer_buffers(irp, request, location, device->Flags, place);
    case IRP_MJ_CREATE:
        location->Parameters.Create.EaLength = request->input_size;
        return attach_system_buffer(irp, request, false, place);
    default: return true;
    }
}

static void discard(PIRP irp, const void *place)
{
    if (irp->MdlAddress)
        nt_mdl_free(irp->MdlAddress, place);
    if (irp->AssociatedIrp.SystemBuffer)
        nt_pool_free(irp->AssociatedIrp.SystemBuffer, 0, place);
    nt_irp_free(irp, place);
}

PIRP nt_device_build(PDEVICE_OBJECT device, const struct device_request *request, PKEVENT event,
                     PIO_STATUS_BLOCK result, const void *place)
{
    PIRP irp = nt_irp_allocate(device->StackSize, place);
    PIO_STACK_LOCATION location;

    if (!irp)
        return NULL;
    irp->UserIosb = result;
    irp->UserEvent = event;
    irp->Tail.Overlay.Thread = PsGetCurrentThread();
    irp->Tail.Overlay.OriginalFileObject = request->file;
    location = IoGetNextIrpStackLocation(irp);
    location->MajorFunction = request->major_function;
    location->FileObject = request->file;
    if (!attach_buffers(device, irp, request, place)) {
        discard(irp, place);
        return NULL;
    }
    return irp;
}

PIRP IoBuildDeviceIoControlRequest(ULONG code, PDEVICE_OBJECT device, PVOID input, ULONG input_size,
                                   PVOID output, ULONG output_size, BOOLEAN internal, PKEVENT event,
                                   PIO_STATUS_BLOCK result)
{
    struct device_request request = {
        .major_function = internal ? IRP_MJ_INTERNAL_DEVICE_CONTROL : IRP_MJ_DEVICE_CONTROL,
        .control_code = code,
        .input = input,
        .input_size = input_size,
        .output = output,
        .output_size = output_size,
    };

    nt_require_irql(PASSIVE_LEVEL, "IoBuildDeviceIoControlRequest", NT_CALLER());
    return nt_device_build(device, &request, event, result, NT_CALLER());
}

NTSTATUS nt_device_send(PDEVICE_OBJECT device, const struct device_request *request,
                        ULONG_PTR *information, const void *place)
{
    IO_STATUS_BLOCK result = { .Status = STATUS_UNSUCCESSFUL };
    KEVENT event;
    PIRP irp;

    KeInitializeEvent(&event, NotificationEvent, FALSE);
    irp = nt_device_build(device, request, &event, &result, place);
    if (!irp)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (IoCallDriver(device, irp) == STATUS_PENDING)
        KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
    if (information)
        *information = result.Information;
    return result.Status;
}

/* --- The host's requests ---------------------------------------------------------------------- */

/* FsContext of a CREATE is still there in a later DEVICE_CONTROL, until the CLOSE. */
static PFILE_OBJECT host_file(PDEVICE_OBJECT device, UCHAR major_function)
{
    PDEVOBJ_EXTENSION extension = device->DeviceObjectExtension;

    if (extension->host_file && major_function == IRP_MJ_CREATE) {
        ObDereferenceObject(extension->host_file);
        extension->host_file = NULL;
    }
    if (!extension->host_file)
        extension->host_file = nt_file_create(NULL, NULL);
    if (extension->host_file)
        extension->host_file->DeviceObject = device;
    return extension->host_file;
}

static PDEVICE_OBJECT device_of(const char *name)
{
    WCHAR buffer[DEVICE_NAME_UNITS_MAX];
    UNICODE_STRING wide;
    ANSI_STRING narrow;

    RtlInitEmptyUnicodeString(&wide, buffer, sizeof(buffer));
    RtlInitAnsiString(&narrow, name);
    if (!NT_SUCCESS(RtlAnsiStringToUnicodeString(&wide, &narrow, FALSE)))
        return NULL;
    return nt_name_find(&wide, NULL);
}

NTSTATUS nt_device_call(const char *device_name, const struct nt_device_request *request,
                        ULONG_PTR *information)
{
    struct device_request inner = {
        .major_function = request->major_function,
        .control_code = request->control_code,
        .input = request->input,
        .input_size = request->input_size,
        .output = request->output,
        .output_size = request->output_size,
    };
    PDEVICE_OBJECT device;
    NTSTATUS status;

    nt_require_irql(PASSIVE_LEVEL, "nt_device_call", NT_CALLER());
    if (information)
        *information = 0;
    device = device_of(device_name);
    if (!device)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    inner.file = host_file(device, inner.major_function);
    status = inner.file ? nt_device_send(nt_device_top(device), &inner, information, NT_CALLER())
                        : STATUS_INSUFFICIENT_RESOURCES;
    if (inner.file && inner.major_function == IRP_MJ_CLOSE) {
        device->DeviceObjectExtension->host_file = NULL;
        ObDereferenceObject(inner.file);
    }
    ObDereferenceObject(device);
    return status;
}
