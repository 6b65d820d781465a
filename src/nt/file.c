/* SPDX-License-Identifier: MIT */
/*
 * file.c - file objects, which stand for an open device, and the Zw functions on them. There is no
 * file system: a name that leads to no device is not found. Access and share modes are not checked.
 */
#include "device.h"
#include "object_name.h"

#include <string.h>

#define FILE_NAME_BYTES 512

struct file {
    FILE_OBJECT object;
    bool opened; /* the driver has seen the CREATE, so it is to see CLEANUP and CLOSE */
    WCHAR name[FILE_NAME_BYTES / sizeof(WCHAR)];
};

static void destroy_file(void *body);

static struct _OBJECT_TYPE file_type = { .name = "File", .destroy = destroy_file };
static POBJECT_TYPE file_type_pointer = &file_type;
POBJECT_TYPE *IoFileObjectType = &file_type_pointer;

static void tell(PFILE_OBJECT file, UCHAR major_function)
{
    struct device_request request = { .major_function = major_function, .file = file };

    nt_device_send(nt_device_top(file->DeviceObject), &request, NULL, NT_CALLER());
}

static void destroy_file(void *body)
{
    struct file *file = body;
    PDEVICE_OBJECT device = file->object.DeviceObject;

    if (!file->opened)
        return;
    tell(&file->object, IRP_MJ_CLEANUP);
    tell(&file->object, IRP_MJ_CLOSE);
    __atomic_fetch_sub(&device->ReferenceCount, 1, __ATOMIC_RELAXED);
    ObDereferenceObject(device);
}

PFILE_OBJECT nt_file_create(PDEVICE_OBJECT device, const UNICODE_STRING *name)
{
    struct file *file = nt_object_create(&file_type, sizeof(*file));

    if (!file)
        return NULL;
    file->object.Type = IO_TYPE_FILE;
    file->object.Size = sizeof(FILE_OBJECT);
    file->object.DeviceObject = device;
    KeInitializeEvent(&file->object.Lock, SynchronizationEvent, FALSE);
    KeInitializeEvent(&file->object.Event, NotificationEvent, FALSE);
    InitializeListHead(&file->object.IrpList);
    RtlInitEmptyUnicodeString(&file->object.FileName, file->name, sizeof(file->name));
    if (name)
        RtlCopyUnicodeString(&file->object.FileName, name);
    return &file->object;
}

/* The file takes over the caller's reference to the device. */
static NTSTATUS open_device(PDEVICE_OBJECT device, const UNICODE_STRING *rest, const void *ea,
                            ULONG ea_size, PFILE_OBJECT *opened, ULONG_PTR *information,
                            const void *place)
{
    struct device_request request = { .major_function = IRP_MJ_CREATE,
                                      .input = ea,
                                      .input_size = ea_size };
    NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES;

    request.file = nt_file_create(device, rest);
    if (request.file)
        status = nt_device_send(nt_device_top(device), &request, information, place);
    if (!NT_SUCCESS(status)) {
        if (request.file)
            ObDereferenceObject(request.file);
        ObDereferenceObject(device);
        return status;
    }
    ((struct file *)request.file)->opened = true;
    __atomic_fetch_add(&device->ReferenceCount, 1, __ATOMIC_RELAXED);
    *opened = request.file;
    return status;
}

static NTSTATUS open_name(const UNICODE_STRING *name, const void *ea, ULONG ea_size,
                          PFILE_OBJECT *opened, ULONG_PTR *information, const void *place)
{
    WCHAR buffer[FILE_NAME_BYTES / sizeof(WCHAR)];
    UNICODE_STRING rest;
    PDEVICE_OBJECT device;

    RtlInitEmptyUnicodeString(&rest, buffer, sizeof(buffer));
    device = nt_name_find(name, &rest);
    if (!device)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    return open_device(device, &rest, ea, ea_size, opened, information, place);
}

NTSTATUS IoGetDeviceObjectPointer(PUNICODE_STRING name, ACCESS_MASK access, PFILE_OBJECT *file,
                                  PDEVICE_OBJECT *device)
{
    NTSTATUS status;

    (void)access;
    nt_require_irql(PASSIVE_LEVEL, "IoGetDeviceObjectPointer", NT_CALLER());
    if (hook_fail_call("IoGetDeviceObjectPointer", NT_CALLER()))
        return STATUS_INSUFFICIENT_RESOURCES;
    status = open_name(name, NULL, 0, file, NULL, NT_CALLER());
    if (NT_SUCCESS(status))
        *device = IoGetRelatedDeviceObject(*file);
    return status;
}

static NTSTATUS open_handle(PHANDLE handle, const OBJECT_ATTRIBUTES *attributes,
                            PIO_STATUS_BLOCK result, const void *ea, ULONG ea_size,
                            const void *place)
{
    PFILE_OBJECT file;
    NTSTATUS status;

    result->Information = 0;
    if (!attributes->ObjectName || attributes->RootDirectory)
        status = STATUS_OBJECT_PATH_SYNTAX_BAD;
    else
        status = open_name(attributes->ObjectName, ea, ea_size, &file, &result->Information, place);
    if (NT_SUCCESS(status)) {
        status = nt_handle_create(file, place, handle);
        ObDereferenceObject(file);
    }
    result->Status = status;
    return status;
}

NTSTATUS ZwCreateFile(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                      PIO_STATUS_BLOCK result, PLARGE_INTEGER allocation, ULONG file_attributes,
                      ULONG share, ULONG disposition, ULONG options, PVOID ea, ULONG ea_size)
{
    (void)access;
    (void)allocation;
    (void)file_attributes;
    (void)share;
    (void)disposition;
    (void)options;
    nt_require_irql(PASSIVE_LEVEL, "ZwCreateFile", NT_CALLER());
    if (hook_fail_call("ZwCreateFile", NT_CALLER()))
        return result->Status = STATUS_INSUFFICIENT_RESOURCES;
    return open_handle(handle, attributes, result, ea, ea_size, NT_CALLER());
}

NTSTATUS ZwOpenFile(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                    PIO_STATUS_BLOCK result, ULONG share, ULONG options)
{
    (void)access;
    (void)share;
    (void)options;
    nt_require_irql(PASSIVE_LEVEL, "ZwOpenFile", NT_CALLER());
    if (hook_fail_call("ZwOpenFile", NT_CALLER()))
        return result->Status = STATUS_INSUFFICIENT_RESOURCES;
    return open_handle(handle, attributes, result, NULL, 0, NT_CALLER());
}

/* --- Requests --------------------------------------------------------------------------------- */

/*
 * Every request is waited for, so the event is set before the call returns. There are no user APCs
 * here.
 */
static NTSTATUS request_on_handle(HANDLE handle, HANDLE event, struct device_request *request,
                                  PIO_STATUS_BLOCK result, const void *place)
{
    void *file;
    NTSTATUS status = nt_handle_object(handle, &file_type, &file);

    if (!NT_SUCCESS(status))
        return status;
    request->file = file;
    result->Status =
        nt_device_send(IoGetRelatedDeviceObject(file), request, &result->Information, place);
    ObDereferenceObject(file);
    if (event)
        ZwSetEvent(event, NULL);
    return result->Status;
}

NTSTATUS ZwReadFile(HANDLE handle, HANDLE event, PIO_APC_ROUTINE routine, PVOID context,
                    PIO_STATUS_BLOCK result, PVOID buffer, ULONG length, PLARGE_INTEGER offset,
                    PULONG key)
{
    struct device_request request = { .major_function = IRP_MJ_READ,
                                      .output = buffer,
                                      .output_size = length };

    (void)routine;
    (void)context;
    (void)offset;
    (void)key;
    nt_require_irql(PASSIVE_LEVEL, "ZwReadFile", NT_CALLER());
    return request_on_handle(handle, event, &request, result, NT_CALLER());
}

NTSTATUS ZwWriteFile(HANDLE handle, HANDLE event, PIO_APC_ROUTINE routine, PVOID context,
                     PIO_STATUS_BLOCK result, PVOID buffer, ULONG length, PLARGE_INTEGER offset,
                     PULONG key)
{
    struct device_request request = { .major_function = IRP_MJ_WRITE,
                                      .input = buffer,
                                      .input_size = length };

    (void)routine;
    (void)context;
    (void)offset;
    (void)key;
    nt_require_irql(PASSIVE_LEVEL, "ZwWriteFile", NT_CALLER());
    return request_on_handle(handle, event, &request, result, NT_CALLER());
}

NTSTATUS ZwDeviceIoControlFile(HANDLE handle, HANDLE event, PIO_APC_ROUTINE routine, PVOID context,
                               PIO_STATUS_BLOCK result, ULONG code, PVOID input, ULONG input_size,
                               PVOID output, ULONG output_size)
{
    struct device_request request = { .major_function = IRP_MJ_DEVICE_CONTROL,
                                      .control_code = code,
                                      .input = input,
                                      .input_size = input_size,
                                      .output = output,
                                      .output_size = output_size };

    (void)routine;
    (void)context;
    nt_require_irql(PASSIVE_LEVEL, "ZwDeviceIoControlFile", NT_CALLER());
    return request_on_handle(handle, event, &request, result, NT_CALLER());
}
