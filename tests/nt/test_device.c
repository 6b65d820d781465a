/* SPDX-License-Identifier: MIT */
/* test_device.c - devices and their names, and requests to them in every transfer type. */
#include "nt_test.h"

#include "device.h"

#define CODE(method) CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, (method), FILE_ANY_ACCESS)

static struct nt_driver *driver;
static PDRIVER_OBJECT object;

struct extension {
    ULONG number;
    PIRP kept;
};

/* What the last request looked like to the driver. */
static struct {
    UCHAR major_function;
    UCHAR majors[16];
    unsigned count;
    void *system_buffer;
    void *user_buffer;
    void *type3;
    PMDL mdl;
    CSHORT mdl_flags;
    ULONG input_size;
    ULONG output_size;
    PFILE_OBJECT file;
    UNICODE_STRING file_name;
    WCHAR name[64];
} seen;

static void look(PIRP irp)
{
    PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);

    seen.major_function = location->MajorFunction;
    seen.majors[seen.count++ % 16] = location->MajorFunction;
    seen.system_buffer = irp->AssociatedIrp.SystemBuffer;
    seen.user_buffer = irp->UserBuffer;
    seen.mdl = irp->MdlAddress;
    seen.mdl_flags = irp->MdlAddress ? irp->MdlAddress->MdlFlags : 0;
    seen.file = location->FileObject;
    RtlInitEmptyUnicodeString(&seen.file_name, seen.name, sizeof(seen.name));
    if (location->FileObject)
        RtlCopyUnicodeString(&seen.file_name, &location->FileObject->FileName);
    if (location->MajorFunction == IRP_MJ_DEVICE_CONTROL) {
        seen.type3 = location->Parameters.DeviceIoControl.Type3InputBuffer;
        seen.input_size = location->Parameters.DeviceIoControl.InputBufferLength;
        seen.output_size = location->Parameters.DeviceIoControl.OutputBufferLength;
    }
}

static NTSTATUS finish(PIRP irp, NTSTATUS status, ULONG_PTR information)
{
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = information;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

/* Every byte of the input, plus one, into the output. */
static ULONG transform(const unsigned char *input, ULONG input_size, unsigned char *output,
                       ULONG output_size)
{
    ULONG count = input_size < output_size ? input_size : output_size;

    for (ULONG i = 0; i < count; i++)
        output[i] = (unsigned char)(input[i] + 1);
    return count;
}

static NTSTATUS control(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
    ULONG in = location->Parameters.DeviceIoControl.InputBufferLength;
    ULONG out = location->Parameters.DeviceIoControl.OutputBufferLength;
    const void *input = irp->AssociatedIrp.SystemBuffer;
    void *output = irp->AssociatedIrp.SystemBuffer;
    ULONG method = METHOD_FROM_CTL_CODE(location->Parameters.DeviceIoControl.IoControlCode);

    (void)device;
    look(irp);
    if (method == METHOD_NEITHER) {
        input = location->Parameters.DeviceIoControl.Type3InputBuffer;
        output = irp->UserBuffer;
    } else if (method != METHOD_BUFFERED && irp->MdlAddress) {
        output = MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority);
    }
    return finish(irp, STATUS_SUCCESS, transform(input, in, output, out));
}

static NTSTATUS open_close(PDEVICE_OBJECT device, PIRP irp)
{
    (void)device;
    look(irp);
    if (seen.major_function == IRP_MJ_CREATE)
        IoGetCurrentIrpStackLocation(irp)->FileObject->FsContext = &seen;
    return finish(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS transfer(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
    ULONG length = location->Parameters.Read.Length;
    unsigned char *bytes = irp->UserBuffer;

    look(irp);
    if (device->Flags & DO_BUFFERED_IO)
        bytes = irp->AssociatedIrp.SystemBuffer;
    else if (device->Flags & DO_DIRECT_IO)
        bytes = MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority);
    if (location->MajorFunction == IRP_MJ_READ)
        memset(bytes, 'r', length);
    else
        assert_int_equal(bytes[length - 1], 'w');
    return finish(irp, STATUS_SUCCESS, length);
}

static int make_driver(void **state)
{
    if (start_executive(state) != 0 || !NT_SUCCESS(nt_driver_create("Dev", &driver)))
        return -1;
    object = nt_driver_object(driver);
    object->MajorFunction[IRP_MJ_DEVICE_CONTROL] = control;
    object->MajorFunction[IRP_MJ_CREATE] = open_close;
    object->MajorFunction[IRP_MJ_CLEANUP] = open_close;
    object->MajorFunction[IRP_MJ_CLOSE] = open_close;
    object->MajorFunction[IRP_MJ_READ] = transfer;
    object->MajorFunction[IRP_MJ_WRITE] = transfer;
    return 0;
}

static int drop_driver(void **state)
{
    nt_driver_destroy(driver);
    return stop_executive(state);
}

static PDEVICE_OBJECT make_device(PCWSTR name)
{
    UNICODE_STRING string;
    PDEVICE_OBJECT device;

    RtlInitUnicodeString(&string, name);
    assert_int_equal(IoCreateDevice(object, sizeof(struct extension), name ? &string : NULL,
                                    FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE, &device),
                     STATUS_SUCCESS);
    return device;
}

static void is_made_as_windows_makes_it(void **state)
{
    PDEVICE_OBJECT first = make_device(L"\\Device\\First");
    PDEVICE_OBJECT second = make_device(NULL);
    PDEVICE_OBJECT third = (PDEVICE_OBJECT)1;
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\DEVICE\\first");

    (void)state;
    assert_int_equal(first->Type, IO_TYPE_DEVICE);
    assert_ptr_equal(first->DriverObject, object);
    assert_int_equal(first->StackSize, 1);
    assert_int_equal(first->Flags, DO_DEVICE_INITIALIZING | DO_DEVICE_HAS_NAME);
    assert_int_equal(second->Flags, DO_DEVICE_INITIALIZING);
    assert_int_equal(first->Characteristics, FILE_DEVICE_SECURE_OPEN);
    assert_int_equal(((struct extension *)first->DeviceExtension)->number, 0);
    assert_int_equal((uintptr_t)first->DeviceExtension % 16, 0);
    assert_ptr_equal(object->DeviceObject, second);
    assert_ptr_equal(second->NextDevice, first);
    assert_int_equal(ledger_count(LEDGER_DEVICE), 2);
    assert_int_equal(IoCreateDevice(object, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &third),
                     STATUS_OBJECT_NAME_COLLISION);
    assert_null(third);
    IoDeleteDevice(first);
    assert_ptr_equal(object->DeviceObject, second);
    assert_null(second->NextDevice);
    assert_int_equal(IoCreateDevice(object, 0, &name, FILE_DEVICE_UNKNOWN, 0, TRUE, &third),
                     STATUS_SUCCESS);
    assert_null(third->DeviceExtension);
    assert_true(third->Flags & DO_EXCLUSIVE);
    IoDeleteDevice(third);
    IoDeleteDevice(second);
    assert_null(object->DeviceObject);
    assert_int_equal(IoCreateDevice(object, 0, NULL, FILE_DEVICE_UNKNOWN,
                                    FILE_AUTOGENERATED_DEVICE_NAME, FALSE, &third),
                     STATUS_SUCCESS);
    assert_true(third->Flags & DO_DEVICE_HAS_NAME);
    IoDeleteDevice(third);
}

static NTSTATUS entry(PDRIVER_OBJECT driver_object, PUNICODE_STRING path)
{
    (void)driver_object;
    (void)path;
    make_device(NULL);
    return STATUS_SUCCESS;
}

static void is_initialised_after_driver_entry(void **state)
{
    (void)state;
    assert_int_equal(nt_driver_enter(driver, entry), STATUS_SUCCESS);
    assert_int_equal(object->DeviceObject->Flags & DO_DEVICE_INITIALIZING, 0);
    IoDeleteDevice(object->DeviceObject);
}

static NTSTATUS call(const char *name, UCHAR major, ULONG code, const void *in, ULONG in_size,
                     void *out, ULONG out_size, ULONG_PTR *information)
{
    struct nt_device_request request = { major, code, in, in_size, out, out_size };

    return nt_device_call(name, &request, information);
}

static void carries_buffers_by_method(void **state)
{
    PDEVICE_OBJECT device = make_device(L"\\Device\\Test");
    unsigned char in[4] = { 1, 2, 3, 4 };
    unsigned char out[8];
    ULONG_PTR information;

    (void)state;
    for (ULONG method = 0; method <= METHOD_NEITHER; method++) {
        memset(out, 0xEE, sizeof(out));
        assert_int_equal(call("\\Device\\Test", IRP_MJ_DEVICE_CONTROL, CODE(method), in, 4, out, 8,
                              &information),
                         STATUS_SUCCESS);
        assert_int_equal(information, 4);
        assert_memory_equal(out, "\2\3\4\5\xEE\xEE\xEE\xEE", 8);
        assert_int_equal(seen.input_size, 4);
        assert_int_equal(seen.output_size, 8);
        assert_int_equal(seen.system_buffer != NULL, method != METHOD_NEITHER);
        assert_int_equal(seen.mdl != NULL,
                         method == METHOD_IN_DIRECT || method == METHOD_OUT_DIRECT);
        if (seen.mdl) {
            assert_true(seen.mdl_flags & MDL_PAGES_LOCKED);
            assert_int_equal((seen.mdl_flags & MDL_WRITE_OPERATION) != 0,
                             method == METHOD_OUT_DIRECT);
        }
        if (method == METHOD_NEITHER) {
            assert_ptr_equal(seen.type3, in);
            assert_ptr_equal(seen.user_buffer, out);
        }
        assert_int_equal(ledger_count(LEDGER_IRP), 0);
        assert_int_equal(ledger_count(LEDGER_POOL), 0);
        assert_int_equal(ledger_count(LEDGER_MDL), 0);
    }
    assert_int_equal(call("\\Device\\Test", IRP_MJ_DEVICE_CONTROL, CODE(METHOD_BUFFERED), NULL, 0,
                          NULL, 0, NULL),
                     STATUS_SUCCESS);
    assert_int_equal(call("\\Device\\Test", IRP_MJ_SHUTDOWN, 0, NULL, 0, NULL, 0, NULL),
                     STATUS_INVALID_DEVICE_REQUEST);
    assert_int_equal(call("\\Device\\Nobody", IRP_MJ_CREATE, 0, NULL, 0, NULL, 0, NULL),
                     STATUS_OBJECT_NAME_NOT_FOUND);
    IoDeleteDevice(device);
}

static void reads_and_writes(void **state)
{
    static const ULONG ways[] = { 0, DO_BUFFERED_IO, DO_DIRECT_IO };
    PDEVICE_OBJECT device = make_device(L"\\Device\\Test");
    char out[4];
    ULONG_PTR information;

    (void)state;
    for (size_t i = 0; i < RTL_NUMBER_OF(ways); i++) {
        device->Flags = (device->Flags & ~(ULONG)(DO_BUFFERED_IO | DO_DIRECT_IO)) | ways[i];
        memset(out, 0, sizeof(out));
        assert_int_equal(call("\\Device\\Test", IRP_MJ_READ, 0, NULL, 0, out, 4, &information),
                         STATUS_SUCCESS);
        assert_int_equal(information, 4);
        assert_memory_equal(out, "rrrr", 4);
        assert_int_equal(call("\\Device\\Test", IRP_MJ_WRITE, 0, "www", 3, NULL, 0, &information),
                         STATUS_SUCCESS);
        assert_int_equal(information, 3);
    }
    IoDeleteDevice(device);
}

static void keeps_the_hosts_file(void **state)
{
    PDEVICE_OBJECT device = make_device(L"\\Device\\Test");
    PFILE_OBJECT file;

    (void)state;
    assert_int_equal(call("\\Device\\Test", IRP_MJ_CREATE, 0, NULL, 0, NULL, 0, NULL),
                     STATUS_SUCCESS);
    file = seen.file;
    assert_ptr_equal(file->DeviceObject, device);
    call("\\Device\\Test", IRP_MJ_DEVICE_CONTROL, CODE(0), NULL, 0, NULL, 0, NULL);
    assert_ptr_equal(seen.file, file);
    assert_ptr_equal(seen.file->FsContext, &seen);
    call("\\Device\\Test", IRP_MJ_CLOSE, 0, NULL, 0, NULL, 0, NULL);
    assert_ptr_equal(seen.file, file);
    call("\\Device\\Test", IRP_MJ_CREATE, 0, NULL, 0, NULL, 0, NULL);
    IoDeleteDevice(device);
}

static void has_many_names(void **state)
{
    static const PCWSTR links[] = { L"\\DosDevices\\Nick", L"\\??\\Nick", L"\\GLOBAL??\\Nick",
                                    L"\\DosDevices\\Global\\NICK" };
    static const char *const ways[] = { "\\??\\Nick", "\\DosDevices\\nick", "\\\\.\\Nick",
                                        "\\Device\\Test" };
    PDEVICE_OBJECT device = make_device(L"\\Device\\Test");
    UNICODE_STRING target = RTL_CONSTANT_STRING(L"\\Device\\Test");

    (void)state;
    for (size_t i = 0; i < RTL_NUMBER_OF(links); i++) {
        UNICODE_STRING link;

        RtlInitUnicodeString(&link, links[i]);
        assert_int_equal(IoCreateSymbolicLink(&link, &target), STATUS_SUCCESS);
        assert_int_equal(IoCreateSymbolicLink(&link, &target), STATUS_OBJECT_NAME_COLLISION);
        for (size_t j = 0; j < RTL_NUMBER_OF(ways); j++)
            assert_int_equal(call(ways[j], IRP_MJ_CREATE, 0, NULL, 0, NULL, 0, NULL),
                             STATUS_SUCCESS);
        assert_int_equal(IoDeleteSymbolicLink(&link), STATUS_SUCCESS);
        assert_int_equal(IoDeleteSymbolicLink(&link), STATUS_OBJECT_NAME_NOT_FOUND);
    }
    assert_int_equal(IoDeleteSymbolicLink(&target), STATUS_OBJECT_NAME_NOT_FOUND);
    IoDeleteDevice(device);
}

static void links_may_lead_nowhere(void **state)
{
    UNICODE_STRING a = RTL_CONSTANT_STRING(L"\\??\\A");
    UNICODE_STRING b = RTL_CONSTANT_STRING(L"\\??\\B");
    UNICODE_STRING plain = RTL_CONSTANT_STRING(L"A");

    (void)state;
    assert_int_equal(IoCreateSymbolicLink(&a, &b), STATUS_SUCCESS);
    assert_int_equal(call("\\??\\A", IRP_MJ_CREATE, 0, NULL, 0, NULL, 0, NULL),
                     STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(IoCreateSymbolicLink(&b, &a), STATUS_SUCCESS);
    assert_int_equal(call("\\??\\A", IRP_MJ_CREATE, 0, NULL, 0, NULL, 0, NULL),
                     STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(IoCreateSymbolicLink(&plain, &a), STATUS_OBJECT_PATH_SYNTAX_BAD);
    IoDeleteSymbolicLink(&a);
    IoDeleteSymbolicLink(&b);
}

/* --- Files ------------------------------------------------------------------------------------ */

static void opens_by_pointer(void **state)
{
    PDEVICE_OBJECT device = make_device(L"\\Device\\Test");
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\Test\\sub\\file");
    PDEVICE_OBJECT found;
    PFILE_OBJECT file;

    (void)state;
    seen.count = 0;
    assert_int_equal(IoGetDeviceObjectPointer(&name, FILE_READ_DATA, &file, &found),
                     STATUS_SUCCESS);
    assert_ptr_equal(found, device);
    assert_int_equal(wcscmp(seen.name, L"\\sub\\file"), 0);
    assert_int_equal(device->ReferenceCount, 1);
    ObDereferenceObject(file);
    assert_int_equal(device->ReferenceCount, 0);
    assert_int_equal(seen.count, 3);
    assert_memory_equal(seen.majors, ((UCHAR[]){ IRP_MJ_CREATE, IRP_MJ_CLEANUP, IRP_MJ_CLOSE }), 3);
    IoDeleteDevice(device);
    assert_int_equal(IoGetDeviceObjectPointer(&name, FILE_READ_DATA, &file, &found),
                     STATUS_OBJECT_NAME_NOT_FOUND);
}

static void opens_by_handle(void **state)
{
    PDEVICE_OBJECT device = make_device(L"\\Device\\Test");
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\Test");
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK result;
    HANDLE handle;
    char out[4];

    (void)state;
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, NULL, NULL);
    assert_int_equal(ZwCreateFile(&handle, FILE_READ_DATA, &attributes, &result, NULL, 0, 0,
                                  FILE_OPEN, 0, (PVOID) "ea", 2),
                     STATUS_SUCCESS);
    assert_non_null(seen.system_buffer);
    assert_int_equal(ZwDeviceIoControlFile(handle, NULL, NULL, NULL, &result, CODE(METHOD_BUFFERED),
                                           (PVOID) "abc", 3, out, 4),
                     STATUS_SUCCESS);
    assert_int_equal(result.Information, 3);
    assert_memory_equal(out, "bcd", 3);
    assert_int_equal(ZwReadFile(handle, NULL, NULL, NULL, &result, out, 4, NULL, NULL),
                     STATUS_SUCCESS);
    assert_memory_equal(out, "rrrr", 4);
    assert_int_equal(ZwWriteFile(handle, NULL, NULL, NULL, &result, (PVOID) "w", 1, NULL, NULL),
                     STATUS_SUCCESS);
    seen.count = 0;
    assert_int_equal(ZwClose(handle), STATUS_SUCCESS);
    assert_int_equal(seen.count, 2);
    assert_int_equal(ZwOpenFile(&handle, 0, &attributes, &result, 0, 0), STATUS_SUCCESS);
    /* The device waits for the file that is still open. */
    IoDeleteDevice(device);
    assert_int_equal(ZwOpenFile(&handle, 0, &attributes, &result, 0, 0),
                     STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(ZwClose(handle), STATUS_SUCCESS);
}

/* --- Stacks and pending ----------------------------------------------------------------------- */

static NTSTATUS keep(PDEVICE_OBJECT device, PIRP irp)
{
    IoMarkIrpPending(irp);
    __atomic_store_n(&((struct extension *)device->DeviceExtension)->kept, irp, __ATOMIC_RELEASE);
    return STATUS_PENDING;
}

static void finish_kept(void *context, unsigned index)
{
    struct extension *extension = ((PDEVICE_OBJECT)context)->DeviceExtension;
    PIRP irp;

    (void)index;
    while ((irp = __atomic_load_n(&extension->kept, __ATOMIC_ACQUIRE)) == NULL)
        os_yield();
    memcpy(irp->AssociatedIrp.SystemBuffer, "late", 4);
    finish(irp, STATUS_SUCCESS, 4);
}

static void waits_for_what_is_pending(void **state)
{
    PDEVICE_OBJECT device = make_device(L"\\Device\\Test");
    PDRIVER_DISPATCH before = object->MajorFunction[IRP_MJ_DEVICE_CONTROL];
    struct crew crew;
    char out[4];

    (void)state;
    object->MajorFunction[IRP_MJ_DEVICE_CONTROL] = keep;
    crew_start(&crew, 1, finish_kept, device);
    assert_int_equal(call("\\Device\\Test", IRP_MJ_DEVICE_CONTROL, CODE(0), NULL, 0, out, 4, NULL),
                     STATUS_SUCCESS);
    assert_memory_equal(out, "late", 4);
    crew_join(&crew);
    object->MajorFunction[IRP_MJ_DEVICE_CONTROL] = before;
    IoDeleteDevice(device);
}

static void builds_requests_for_drivers(void **state)
{
    PDEVICE_OBJECT device = make_device(NULL);
    IO_STATUS_BLOCK result;
    KEVENT event;
    char out[2] = "";
    PIRP irp;

    (void)state;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    irp = IoBuildDeviceIoControlRequest(CODE(METHOD_OUT_DIRECT), device, (PVOID) "x", 1, out, 2,
                                        FALSE, &event, &result);
    assert_non_null(irp);
    assert_int_equal(IoCallDriver(device, irp), STATUS_SUCCESS);
    assert_int_equal(poll_object(&event), STATUS_SUCCESS);
    assert_int_equal(result.Information, 1);
    assert_int_equal(out[0], 'y');
    IoDeleteDevice(device);
}

static void stacks(void **state)
{
    PDEVICE_OBJECT bottom = make_device(L"\\Device\\Bottom");
    PDEVICE_OBJECT middle = make_device(NULL);
    PDEVICE_OBJECT top = make_device(NULL);
    PDEVICE_OBJECT found;

    (void)state;
    assert_ptr_equal(IoAttachDeviceToDeviceStack(middle, bottom), bottom);
    assert_ptr_equal(IoAttachDeviceToDeviceStack(top, bottom), middle);
    assert_int_equal(top->StackSize, 3);
    found = IoGetAttachedDeviceReference(bottom);
    assert_ptr_equal(found, top);
    ObDereferenceObject(found);
    IoDetachDevice(middle);
    IoDetachDevice(bottom);
    assert_ptr_equal(nt_device_top(bottom), bottom);
    IoDeleteDevice(top);
    IoDeleteDevice(middle);
    IoDeleteDevice(bottom);
}

static NTSTATUS overstate(PDEVICE_OBJECT device, PIRP irp)
{
    (void)device;
    return finish(irp, STATUS_SUCCESS, 5);
}

static void return_too_much(void)
{
    char out[4];

    make_device(L"\\Device\\Test");
    object->MajorFunction[IRP_MJ_DEVICE_CONTROL] = overstate;
    call("\\Device\\Test", IRP_MJ_DEVICE_CONTROL, CODE(0), NULL, 0, out, 4, NULL);
}

static void delete_attached(void)
{
    PDEVICE_OBJECT bottom = make_device(NULL);

    IoAttachDeviceToDeviceStack(make_device(NULL), bottom);
    IoDeleteDevice(bottom);
}

static void stops_on_wrong_calls(void **state)
{
    (void)state;
    assert_bug_check(DRIVER_VERIFIER_IOMANAGER_VIOLATION, return_too_much);
    assert_bug_text("Information 5");
    assert_bug_check(DEVICE_REFERENCE_COUNT_NOT_ZERO, delete_attached);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_made_as_windows_makes_it),
        cmocka_unit_test(is_initialised_after_driver_entry),
        cmocka_unit_test(carries_buffers_by_method),
        cmocka_unit_test(reads_and_writes),
        cmocka_unit_test(keeps_the_hosts_file),
        cmocka_unit_test(has_many_names),
        cmocka_unit_test(links_may_lead_nowhere),
        cmocka_unit_test(opens_by_pointer),
        cmocka_unit_test(opens_by_handle),
        cmocka_unit_test(waits_for_what_is_pending),
        cmocka_unit_test(builds_requests_for_drivers),
        cmocka_unit_test(stacks),
        cmocka_unit_test(stops_on_wrong_calls),
    };

    return cmocka_run_group_tests(tests, make_driver, drop_driver);
}
