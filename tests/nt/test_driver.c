/* SPDX-License-Identifier: MIT */
/* test_driver.c - a driver's object before, during and after DriverEntry. */
#include "nt_test.h"

static struct nt_driver *driver;
static unsigned unloads;

static VOID unload(PDRIVER_OBJECT object)
{
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    assert_true(object->Flags & DRVO_UNLOAD_INVOKED);
    unloads++;
}

static bool is(const UNICODE_STRING *string, PCWSTR text)
{
    UNICODE_STRING other;

    RtlInitUnicodeString(&other, text);
    return RtlEqualUnicodeString(string, &other, FALSE);
}

static NTSTATUS entry(PDRIVER_OBJECT object, PUNICODE_STRING path)
{
    assert_true(is(path, L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\Sample"));
    assert_true(is(&object->DriverName, L"\\Driver\\Sample"));
    assert_true(is(&object->DriverExtension->ServiceKeyName, L"Sample"));
    assert_ptr_equal(object->DriverExtension->DriverObject, object);
    assert_int_equal(object->Type, IO_TYPE_DRIVER);
    assert_int_equal(object->Size, sizeof(DRIVER_OBJECT));
    assert_null(object->DriverUnload);
    assert_null(object->DeviceObject);
    for (size_t i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++)
        assert_non_null(object->MajorFunction[i]);
    object->MajorFunction[IRP_MJ_READ] = NULL;
    object->DriverUnload = unload;
    return STATUS_SUCCESS;
}

static void runs_through_its_life(void **state)
{
    (void)state;
    unloads = 0;
    assert_int_equal(nt_driver_create("Sample", &driver), STATUS_SUCCESS);
    assert_false(nt_driver_unload(driver));
    assert_int_equal(nt_driver_enter(driver, entry), STATUS_SUCCESS);
    assert_ptr_equal(nt_driver_object(driver)->DriverInit, entry);
    assert_non_null(nt_driver_object(driver)->MajorFunction[IRP_MJ_READ]);
    assert_true(nt_driver_unload(driver));
    assert_int_equal(unloads, 1);
    nt_driver_destroy(driver);
}

static NTSTATUS failing_entry(PDRIVER_OBJECT object, PUNICODE_STRING path)
{
    (void)object;
    (void)path;
    return STATUS_DEVICE_NOT_READY;
}

static void passes_failure_on(void **state)
{
    (void)state;
    assert_int_equal(nt_driver_create("Sample", &driver), STATUS_SUCCESS);
    assert_int_equal(nt_driver_enter(driver, failing_entry), STATUS_DEVICE_NOT_READY);
    nt_driver_destroy(driver);
    nt_driver_destroy(NULL);
}

static void refuses_bad_names(void **state)
{
    char name[300];

    (void)state;
    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    assert_int_equal(nt_driver_create("", &driver), STATUS_INVALID_PARAMETER);
    assert_int_equal(nt_driver_create("a\\b", &driver), STATUS_INVALID_PARAMETER);
    assert_int_equal(nt_driver_create(name, &driver), STATUS_INVALID_PARAMETER);
}

/* --- Parameters ------------------------------------------------------------------------------- */

struct expected {
    const char *value;
    ULONG type;
    ULONG number;
    PCWSTR text;
};

static const struct expected parameters[] = {
    { "0", REG_DWORD, 0, NULL },
    { "42", REG_DWORD, 42, NULL },
    { "4294967295", REG_DWORD, MAXULONG, NULL },
    { "0xBeef", REG_DWORD, 0xBEEF, NULL },
    { "4294967296", REG_SZ, 0, L"4294967296" },
    { "-1", REG_SZ, 0, L"-1" },
    { "", REG_SZ, 0, L"" },
    { "0x", REG_SZ, 0, L"0x" },
    { "12a", REG_SZ, 0, L"12a" },
    { "127.0.0.1", REG_SZ, 0, L"127.0.0.1" },
    { "\xC3\xA4", REG_SZ, 0, L"\u00E4" },
};

static void turns_words_into_values(void **state)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"setting");
    HANDLE key;

    (void)state;
    assert_int_equal(nt_driver_create("Sample", &driver), STATUS_SUCCESS);
    for (size_t i = 0; i < RTL_NUMBER_OF(parameters); i++) {
        const struct expected *expected = &parameters[i];
        _Alignas(8) unsigned char buffer[64];
        PKEY_VALUE_PARTIAL_INFORMATION value = (PVOID)buffer;
        ULONG result;

        assert_int_equal(nt_driver_set_parameter(driver, "Setting", expected->value),
                         STATUS_SUCCESS);
        assert_int_equal(IoOpenDriverRegistryKey(nt_driver_object(driver), DriverRegKeyParameters,
                                                 KEY_READ, 0, &key),
                         STATUS_SUCCESS);
        assert_int_equal(ZwQueryValueKey(key, &name, KeyValuePartialInformation, buffer,
                                         sizeof(buffer), &result),
                         STATUS_SUCCESS);
        assert_int_equal(value->Type, expected->type);
        if (expected->type == REG_DWORD)
            assert_memory_equal(value->Data, &expected->number, 4);
        else
            assert_memory_equal(value->Data, expected->text, (wcslen(expected->text) + 1) * 2);
        ZwClose(key);
    }
    assert_int_equal(nt_driver_set_parameter(driver, "", "1"), STATUS_INVALID_PARAMETER);
    nt_driver_destroy(driver);
}

static void settings_go_with_the_driver(void **state)
{
    PWSTR path = (PWSTR)L"Sample\\Parameters";

    (void)state;
    assert_int_equal(nt_driver_create("Sample", &driver), STATUS_SUCCESS);
    nt_driver_set_parameter(driver, "x", "1");
    assert_int_equal(RtlCheckRegistryKey(RTL_REGISTRY_SERVICES, path), STATUS_SUCCESS);
    nt_driver_destroy(driver);
    assert_int_equal(RtlCheckRegistryKey(RTL_REGISTRY_SERVICES, path),
                     STATUS_OBJECT_NAME_NOT_FOUND);
}

static void has_extensions(void **state)
{
    PDRIVER_OBJECT object;
    PVOID first, second;

    (void)state;
    assert_int_equal(nt_driver_create("Sample", &driver), STATUS_SUCCESS);
    object = nt_driver_object(driver);
    assert_null(IoGetDriverObjectExtension(object, entry));
    assert_int_equal(IoAllocateDriverObjectExtension(object, entry, 24, &first), STATUS_SUCCESS);
    assert_int_equal(*(ULONG *)first, 0);
    assert_int_equal(IoAllocateDriverObjectExtension(object, entry, 24, &second),
                     STATUS_OBJECT_NAME_COLLISION);
    assert_null(second);
    assert_ptr_equal(IoGetDriverObjectExtension(object, entry), first);
    nt_driver_destroy(driver);
}

static NTSTATUS raising_entry(PDRIVER_OBJECT object, PUNICODE_STRING path)
{
    (void)object;
    (void)path;
    KeRaiseIrqlToDpcLevel();
    return STATUS_SUCCESS;
}

static void enter_and_raise(void)
{
    nt_driver_create("Sample", &driver);
    nt_driver_enter(driver, raising_entry);
}

static void stops_on_wrong_calls(void **state)
{
    (void)state;
    assert_bug_check(IRQL_UNEXPECTED_VALUE, enter_and_raise);
    assert_bug_text("DriverEntry");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_through_its_life),       cmocka_unit_test(passes_failure_on),
        cmocka_unit_test(refuses_bad_names),           cmocka_unit_test(turns_words_into_values),
        cmocka_unit_test(settings_go_with_the_driver), cmocka_unit_test(has_extensions),
        cmocka_unit_test(stops_on_wrong_calls),
    };

    return cmocka_run_group_tests(tests, start_executive, stop_executive);
}
