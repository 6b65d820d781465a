/* SPDX-License-Identifier: MIT */
/*
 * test_denied.c - calls that make something fail for want of resources when a hook says so, as
 * documented.
 */
#include "nt_test.h"

#include <bcrypt.h>
#include <netioddk.h>

static const char *denied;

static bool deny(const char *function, const void *place)
{
    assert_non_null(place);
    return strcmp(function, denied) == 0;
}

static UNICODE_STRING text(PCWSTR of)
{
    UNICODE_STRING string;

    RtlInitUnicodeString(&string, of);
    return string;
}

static VOID run_thread(PVOID context)
{
    UNREFERENCED_PARAMETER(context);
    fail_msg("a thread that was denied runs");
}

/* What each function needs to get as far as its resources. */
static struct {
    HANDLE handle;
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING name;
    IO_STATUS_BLOCK result;
    PVOID made;
} with;

static NTSTATUS create_thread(void)
{
    return PsCreateSystemThread(&with.handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, run_thread, NULL);
}

static NTSTATUS create_link(void)
{
    return IoCreateSymbolicLink(&with.name, &with.name);
}

static NTSTATUS create_unprotected_link(void)
{
    return IoCreateUnprotectedSymbolicLink(&with.name, &with.name);
}

static NTSTATUS create_event(void)
{
    return ZwCreateEvent(&with.handle, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
}

static NTSTATUS notification_event(void)
{
    return IoCreateNotificationEvent(&with.name, &with.handle) ? STATUS_SUCCESS
                                                               : STATUS_INSUFFICIENT_RESOURCES;
}

static NTSTATUS synchronization_event(void)
{
    return IoCreateSynchronizationEvent(&with.name, &with.handle) ? STATUS_SUCCESS
                                                                  : STATUS_INSUFFICIENT_RESOURCES;
}

static NTSTATUS device_pointer(void)
{
    PDEVICE_OBJECT device;

    return IoGetDeviceObjectPointer(&with.name, FILE_ALL_ACCESS, (PFILE_OBJECT *)&with.made, &device);
}

static NTSTATUS create_file(void)
{
    NTSTATUS status = ZwCreateFile(&with.handle, FILE_ALL_ACCESS, &with.attributes, &with.result,
                                   NULL, 0, 0, FILE_OPEN, 0, NULL, 0);

    assert_int_equal(with.result.Status, status);
    return status;
}

static NTSTATUS open_file(void)
{
    return ZwOpenFile(&with.handle, FILE_ALL_ACCESS, &with.attributes, &with.result, 0, 0);
}

static NTSTATUS open_key(void)
{
    return ZwOpenKey(&with.handle, KEY_READ, &with.attributes);
}

static NTSTATUS open_key_ex(void)
{
    return ZwOpenKeyEx(&with.handle, KEY_READ, &with.attributes, 0);
}

static NTSTATUS create_key(void)
{
    return ZwCreateKey(&with.handle, KEY_READ, &with.attributes, 0, NULL, 0, NULL);
}

static NTSTATUS set_value(void)
{
    return ZwSetValueKey(with.handle, &with.name, 0, REG_SZ, NULL, 0);
}

static NTSTATUS open_object(void)
{
    return ObOpenObjectByPointer(KeGetCurrentThread(), OBJ_KERNEL_HANDLE, NULL, 0, *PsThreadType,
                                 KernelMode, &with.handle);
}

static NTSTATUS open_algorithm(void)
{
    return BCryptOpenAlgorithmProvider(&with.handle, BCRYPT_SHA256_ALGORITHM, NULL, 0);
}

static const struct denial {
    const char *function;
    NTSTATUS (*call)(void);
    NTSTATUS status;
} denials[] = {
    { "PsCreateSystemThread", create_thread, STATUS_INSUFFICIENT_RESOURCES },
    { "IoCreateSymbolicLink", create_link, STATUS_INSUFFICIENT_RESOURCES },
    { "IoCreateUnprotectedSymbolicLink", create_unprotected_link, STATUS_INSUFFICIENT_RESOURCES },
    { "ZwCreateEvent", create_event, STATUS_INSUFFICIENT_RESOURCES },
    { "IoCreateNotificationEvent", notification_event, STATUS_INSUFFICIENT_RESOURCES },
    { "IoCreateSynchronizationEvent", synchronization_event, STATUS_INSUFFICIENT_RESOURCES },
    { "IoGetDeviceObjectPointer", device_pointer, STATUS_INSUFFICIENT_RESOURCES },
    { "ZwCreateFile", create_file, STATUS_INSUFFICIENT_RESOURCES },
    { "ZwOpenFile", open_file, STATUS_INSUFFICIENT_RESOURCES },
    { "ZwOpenKey", open_key, STATUS_INSUFFICIENT_RESOURCES },
    { "ZwOpenKeyEx", open_key_ex, STATUS_INSUFFICIENT_RESOURCES },
    { "ZwCreateKey", create_key, STATUS_INSUFFICIENT_RESOURCES },
    { "ZwSetValueKey", set_value, STATUS_INSUFFICIENT_RESOURCES },
    { "ObOpenObjectByPointer", open_object, STATUS_INSUFFICIENT_RESOURCES },
    { "BCryptOpenAlgorithmProvider", open_algorithm, STATUS_NO_MEMORY },
};

static void test_each_fails(void **state)
{
    (void)state;
    with.name = text(L"\\Device\\denied");
    InitializeObjectAttributes(&with.attributes, &with.name, OBJ_KERNEL_HANDLE, NULL, NULL);
    for (size_t i = 0; i < RTL_NUMBER_OF(denials); i++) {
        denied = denials[i].function;
        assert_int_equal(denials[i].call(), denials[i].status);
    }
}

/* --- Those that want a driver ---------------------------------------------------------------- */

static NTSTATUS enter(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    PDEVICE_OBJECT device;
    PVOID extension;
    HANDLE key;

    UNREFERENCED_PARAMETER(path);
    denied = "IoCreateDevice";
    assert_int_equal(IoCreateDevice(driver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &device),
                     STATUS_INSUFFICIENT_RESOURCES);
    assert_null(device);
    denied = "IoAllocateDriverObjectExtension";
    assert_int_equal(IoAllocateDriverObjectExtension(driver, driver, 8, &extension),
                     STATUS_INSUFFICIENT_RESOURCES);
    assert_null(extension);
    denied = "IoOpenDriverRegistryKey";
    assert_int_equal(IoOpenDriverRegistryKey(driver, DriverRegKeyParameters, KEY_READ, 0, &key),
                     STATUS_INSUFFICIENT_RESOURCES);
    return STATUS_SUCCESS;
}

static void test_a_driver_s_calls_fail(void **state)
{
    struct nt_driver *driver;

    (void)state;
    denied = "";
    assert_int_equal(nt_driver_create("denied", &driver), STATUS_SUCCESS);
    assert_int_equal(nt_driver_enter(driver, enter), STATUS_SUCCESS);
    nt_driver_destroy(driver);
}

static int begin(void **state)
{
    static const struct hooks hooks = { .fail_call = deny };

    denied = "";
    atomic_store(&base_hooks, &hooks);
    return start_executive(state);
}

static int end(void **state)
{
    int result = stop_executive(state);

    atomic_store(&base_hooks, NULL);
    return result;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_each_fails, begin, end),
        cmocka_unit_test_setup_teardown(test_a_driver_s_calls_fail, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
