/* SPDX-License-Identifier: MIT */
/* test_registry.c - keys and values through handles: names, sizes, what is too small. */
#include "nt_test.h"

#include "registry.h"

#define BASE L"\\Registry\\Machine\\System\\CurrentControlSet\\Services"

static UNICODE_STRING u(PCWSTR text)
{
    UNICODE_STRING string;

    RtlInitUnicodeString(&string, text);
    return string;
}

static NTSTATUS open_key(HANDLE root, PCWSTR path, HANDLE *key)
{
    UNICODE_STRING name = u(path);
    OBJECT_ATTRIBUTES attributes;

    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, root,
                               NULL);
    return ZwOpenKey(key, KEY_READ, &attributes);
}

static NTSTATUS create_key(HANDLE root, PCWSTR path, HANDLE *key, ULONG *disposition)
{
    UNICODE_STRING name = u(path);
    OBJECT_ATTRIBUTES attributes;

    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, root, NULL);
    return ZwCreateKey(key, KEY_ALL_ACCESS, &attributes, 0, NULL, REG_OPTION_NON_VOLATILE,
                       disposition);
}

static void set(HANDLE key, PCWSTR value, ULONG type, const void *data, ULONG size)
{
    UNICODE_STRING name = u(value);

    assert_int_equal(ZwSetValueKey(key, &name, 0, type, (PVOID)data, size), STATUS_SUCCESS);
}

static void finds_what_windows_has(void **state)
{
    static const PCWSTR paths[] = {
        L"\\Registry",
        BASE,
        L"\\REGISTRY\\machine\\SYSTEM\\currentcontrolset\\services\\",
        L"\\Registry\\Machine\\System\\CurrentControlSet\\Control",
    };
    HANDLE key;

    (void)state;
    for (size_t i = 0; i < RTL_NUMBER_OF(paths); i++) {
        assert_int_equal(open_key(NULL, paths[i], &key), STATUS_SUCCESS);
        assert_int_equal(ledger_count(LEDGER_HANDLE), 1);
        assert_int_equal(ZwClose(key), STATUS_SUCCESS);
    }
    assert_int_equal(open_key(NULL, BASE L"\\Nobody", &key), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(open_key(NULL, L"\\Elsewhere", &key), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(open_key(NULL, L"Registry", &key), STATUS_OBJECT_PATH_SYNTAX_BAD);
    assert_int_equal(open_key((HANDLE)0x1234, L"X", &key), STATUS_INVALID_HANDLE);
}

static void creates_one_level(void **state)
{
    HANDLE key, child, again;
    ULONG disposition = 0;

    (void)state;
    assert_int_equal(create_key(NULL, BASE L"\\A\\B", &key, NULL), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(create_key(NULL, BASE L"\\A", &key, &disposition), STATUS_SUCCESS);
    assert_int_equal(disposition, REG_CREATED_NEW_KEY);
    assert_int_equal(create_key(key, L"B", &child, &disposition), STATUS_SUCCESS);
    assert_int_equal(disposition, REG_CREATED_NEW_KEY);
    assert_int_equal(create_key(NULL, BASE L"\\a\\b", &again, &disposition), STATUS_SUCCESS);
    assert_int_equal(disposition, REG_OPENED_EXISTING_KEY);
    assert_int_equal(ZwDeleteKey(key), STATUS_CANNOT_DELETE);
    assert_int_equal(ZwDeleteKey(child), STATUS_SUCCESS);
    assert_int_equal(ZwDeleteKey(again), STATUS_KEY_DELETED);
    assert_int_equal(ZwDeleteKey(key), STATUS_SUCCESS);
    assert_int_equal(create_key(key, L"C", &child, NULL), STATUS_KEY_DELETED);
    assert_int_equal(open_key(NULL, BASE L"\\A", &child), STATUS_OBJECT_NAME_NOT_FOUND);
    ZwClose(again);
    ZwClose(child);
    ZwClose(key);
}

static HANDLE fresh_key(void)
{
    HANDLE key;
    ULONG disposition;

    assert_int_equal(create_key(NULL, BASE L"\\Fresh", &key, &disposition), STATUS_SUCCESS);
    assert_int_equal(disposition, REG_CREATED_NEW_KEY);
    return key;
}

static void drop_key(HANDLE key)
{
    assert_int_equal(ZwDeleteKey(key), STATUS_SUCCESS);
    ZwClose(key);
}

/*
 * Every length of buffer, for every class: below the fixed part nothing, below the whole a part of
 * it.
 */
static void obeys_the_size_rules(void **state)
{
    static const struct {
        KEY_VALUE_INFORMATION_CLASS class;
        ULONG fixed;
        ULONG whole;
    } cases[] = {
        { KeyValueBasicInformation, 12, 12 + 8 },
        { KeyValueFullInformation, 20, 28 + 5 },
        { KeyValuePartialInformation, 12, 12 + 5 },
        { KeyValueFullInformationAlign64, 20, 32 + 5 },
        { KeyValuePartialInformationAlign64, 8, 8 + 5 },
    };
    HANDLE key = fresh_key();
    UNICODE_STRING name = u(L"name");

    (void)state;
    set(key, L"Name", REG_BINARY, "12345", 5);
    for (size_t i = 0; i < RTL_NUMBER_OF(cases); i++) {
        for (ULONG length = 0; length <= cases[i].whole + 1; length++) {
            _Alignas(8) unsigned char buffer[64];
            ULONG result = 0;
            NTSTATUS expected = length < cases[i].fixed   ? STATUS_BUFFER_TOO_SMALL
                                : length < cases[i].whole ? STATUS_BUFFER_OVERFLOW
                                                          : STATUS_SUCCESS;

            memset(buffer, 0xEE, sizeof(buffer));
            assert_int_equal(ZwQueryValueKey(key, &name, cases[i].class, buffer, length, &result),
                             expected);
            assert_int_equal(result, cases[i].whole);
            assert_int_equal(buffer[length], 0xEE);
            if (expected == STATUS_BUFFER_TOO_SMALL)
                assert_int_equal(buffer[0], 0xEE);
        }
    }
    drop_key(key);
}

static void returns_what_was_set(void **state)
{
    HANDLE key = fresh_key();
    UNICODE_STRING name = u(L"VALUE");
    _Alignas(8) unsigned char buffer[128];
    PKEY_VALUE_PARTIAL_INFORMATION partial = (PVOID)buffer;
    PKEY_VALUE_FULL_INFORMATION full = (PVOID)buffer;
    PKEY_VALUE_BASIC_INFORMATION basic = (PVOID)buffer;
    ULONG number = 42, result;

    (void)state;
    set(key, L"Value", REG_SZ, L"text", 10);
    set(key, L"value", REG_DWORD, &number, sizeof(number));
    assert_int_equal(
        ZwQueryValueKey(key, &name, KeyValuePartialInformation, partial, sizeof(buffer), &result),
        STATUS_SUCCESS);
    assert_int_equal(partial->Type, REG_DWORD);
    assert_int_equal(partial->DataLength, 4);
    assert_memory_equal(partial->Data, &number, 4);
    assert_int_equal(
        ZwQueryValueKey(key, &name, KeyValueFullInformation, full, sizeof(buffer), &result),
        STATUS_SUCCESS);
    assert_int_equal(full->NameLength, 10);
    assert_memory_equal(full->Name, L"value", 10);
    assert_memory_equal(buffer + full->DataOffset, &number, 4);
    assert_int_equal(
        ZwQueryValueKey(key, &name, KeyValueBasicInformation, basic, sizeof(buffer), &result),
        STATUS_SUCCESS);
    assert_int_equal(basic->Type, REG_DWORD);
    assert_int_equal(
        ZwQueryValueKey(key, &name, KeyValueLayerInformation, buffer, sizeof(buffer), &result),
        STATUS_INVALID_PARAMETER);
    assert_int_equal(ZwDeleteValueKey(key, &name), STATUS_SUCCESS);
    assert_int_equal(ZwDeleteValueKey(key, &name), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(
        ZwQueryValueKey(key, &name, KeyValuePartialInformation, buffer, sizeof(buffer), &result),
        STATUS_OBJECT_NAME_NOT_FOUND);
    set(key, NULL, REG_NONE, NULL, 0);
    assert_int_equal(ZwFlushKey(key), STATUS_SUCCESS);
    drop_key(key);
}

static void enumerates(void **state)
{
    static const PCWSTR names[] = { L"One", L"Two", L"Three" };
    HANDLE key = fresh_key();
    HANDLE children[3];
    _Alignas(8) unsigned char buffer[256];
    PKEY_VALUE_BASIC_INFORMATION value = (PVOID)buffer;
    PKEY_BASIC_INFORMATION child = (PVOID)buffer;
    PKEY_FULL_INFORMATION full = (PVOID)buffer;
    PKEY_NAME_INFORMATION name = (PVOID)buffer;
    ULONG result;

    (void)state;
    for (ULONG i = 0; i < 3; i++) {
        set(key, names[i], REG_DWORD, &i, sizeof(i));
        assert_int_equal(create_key(key, names[i], &children[i], NULL), STATUS_SUCCESS);
    }
    for (ULONG i = 0; i < 3; i++) {
        size_t length = wcslen(names[i]) * sizeof(WCHAR);

        assert_int_equal(
            ZwEnumerateValueKey(key, i, KeyValueBasicInformation, buffer, sizeof(buffer), &result),
            STATUS_SUCCESS);
        assert_int_equal(value->NameLength, length);
        assert_memory_equal(value->Name, names[i], length);
        assert_int_equal(
            ZwEnumerateKey(key, i, KeyBasicInformation, buffer, sizeof(buffer), &result),
            STATUS_SUCCESS);
        assert_int_equal(child->NameLength, length);
        assert_memory_equal(child->Name, names[i], length);
    }
    assert_int_equal(
        ZwEnumerateValueKey(key, 3, KeyValueBasicInformation, buffer, sizeof(buffer), &result),
        STATUS_NO_MORE_ENTRIES);
    assert_int_equal(ZwEnumerateKey(key, 3, KeyBasicInformation, buffer, sizeof(buffer), &result),
                     STATUS_NO_MORE_ENTRIES);
    assert_int_equal(ZwQueryKey(key, KeyFullInformation, buffer, sizeof(buffer), &result),
                     STATUS_SUCCESS);
    assert_int_equal(full->SubKeys, 3);
    assert_int_equal(full->Values, 3);
    assert_int_equal(full->MaxNameLen, 10);
    assert_int_equal(full->MaxValueDataLen, 4);
    assert_int_equal(ZwQueryKey(children[1], KeyNameInformation, buffer, sizeof(buffer), &result),
                     STATUS_SUCCESS);
    assert_memory_equal(name->Name, L"\\Registry\\Machine\\System", 48);
    assert_memory_equal((char *)name->Name + name->NameLength - 8, L"\\Two", 8);
    for (ULONG i = 0; i < 3; i++)
        drop_key(children[i]);
    drop_key(key);
}

static void handles_outlive_the_tree(void **state)
{
    struct nt_reg_key *top;
    UNICODE_STRING name = u(L"Value");
    HANDLE key;
    char buffer[32];
    ULONG result;

    (void)state;
    assert_int_equal(nt_reg_open(NULL, BASE L"\\T\\U\\V", wcslen(BASE L"\\T\\U\\V"),
                                 NT_REG_CREATE_ALL, &top, NULL),
                     STATUS_SUCCESS);
    nt_reg_release(top);
    assert_int_equal(open_key(NULL, BASE L"\\T\\U\\V", &key), STATUS_SUCCESS);
    set(key, L"Value", REG_SZ, L"x", 4);
    nt_reg_open(NULL, BASE L"\\T", wcslen(BASE L"\\T"), NT_REG_OPEN, &top, NULL);
    nt_reg_delete_tree(top);
    nt_reg_release(top);
    assert_int_equal(
        ZwQueryValueKey(key, &name, KeyValuePartialInformation, buffer, sizeof(buffer), &result),
        STATUS_KEY_DELETED);
    assert_int_equal(ZwSetValueKey(key, &name, 0, REG_SZ, L"x", 4), STATUS_KEY_DELETED);
    ZwClose(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_windows_has),
        cmocka_unit_test(creates_one_level),
        cmocka_unit_test(obeys_the_size_rules),
        cmocka_unit_test(returns_what_was_set),
        cmocka_unit_test(enumerates),
        cmocka_unit_test(handles_outlive_the_tree),
    };

    return cmocka_run_group_tests(tests, start_executive, stop_executive);
}
