/* SPDX-License-Identifier: MIT */
/* test_registry_query.c - RtlQueryRegistryValues the ways drivers use it. */
#include "nt_test.h"

#include "registry.h"

#define SERVICE L"QueryTest"
#define PARAMETERS L"QueryTest\\Parameters"

static const ULONG ten = 10;

static int make_values(void **state)
{
    static const ULONGLONG large = 0x1122334455667788ull;

    if (start_executive(state) != 0)
        return -1;
    RtlCreateRegistryKey(RTL_REGISTRY_SERVICES, SERVICE);
    RtlCreateRegistryKey(RTL_REGISTRY_SERVICES, PARAMETERS);
    RtlWriteRegistryValue(RTL_REGISTRY_SERVICES, PARAMETERS, L"Number", REG_DWORD, (PVOID)&ten, 4);
    RtlWriteRegistryValue(RTL_REGISTRY_SERVICES, PARAMETERS, L"Text", REG_SZ, L"words", 12);
    RtlWriteRegistryValue(RTL_REGISTRY_SERVICES, PARAMETERS, L"Bare", REG_SZ, L"bare", 8);
    RtlWriteRegistryValue(RTL_REGISTRY_SERVICES, PARAMETERS, L"Many", REG_MULTI_SZ, L"a\0bc\0", 12);
    RtlWriteRegistryValue(RTL_REGISTRY_SERVICES, PARAMETERS, L"Large", REG_QWORD, (PVOID)&large, 8);
    RtlWriteRegistryValue(RTL_REGISTRY_SERVICES, SERVICE, L"Start", REG_DWORD, (PVOID)&ten, 4);
    return 0;
}

static int drop_values(void **state)
{
    struct nt_reg_key *key;
    PCWSTR path = L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\" SERVICE;

    nt_reg_open(NULL, path, wcslen(path), NT_REG_OPEN, &key, NULL);
    nt_reg_delete_tree(key);
    nt_reg_release(key);
    return stop_executive(state);
}

static NTSTATUS query(PRTL_QUERY_REGISTRY_TABLE table)
{
    return RtlQueryRegistryValues(RTL_REGISTRY_SERVICES, PARAMETERS, table, NULL, NULL);
}

static NTSTATUS query_one(ULONG flags, PCWSTR name, PVOID to, ULONG default_type, PVOID data,
                          ULONG length)
{
    RTL_QUERY_REGISTRY_TABLE table[2] = { 0 };

    table[0].Flags = flags;
    table[0].Name = (PWSTR)name;
    table[0].EntryContext = to;
    table[0].DefaultType = default_type;
    table[0].DefaultData = data;
    table[0].DefaultLength = length;
    return query(table);
}

#define DIRECT RTL_QUERY_REGISTRY_DIRECT
#define REQUIRED RTL_QUERY_REGISTRY_REQUIRED
#define TYPED(type) ((type) << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT)

static void reads_numbers(void **state)
{
    ULONG number = 1, fallback = 77;

    (void)state;
    assert_int_equal(query_one(DIRECT, L"Number", &number, REG_NONE, NULL, 0), STATUS_SUCCESS);
    assert_int_equal(number, 10);
    assert_int_equal(query_one(DIRECT, L"number", &number, REG_DWORD, &fallback, 4),
                     STATUS_SUCCESS);
    assert_int_equal(number, 10);
    assert_int_equal(query_one(DIRECT, L"Absent", &number, REG_DWORD, &fallback, 4),
                     STATUS_SUCCESS);
    assert_int_equal(number, 77);
    number = 5;
    assert_int_equal(query_one(DIRECT, L"Absent", &number, REG_NONE, NULL, 0), STATUS_SUCCESS);
    assert_int_equal(number, 5);
    assert_int_equal(query_one(DIRECT | REQUIRED, L"Absent", &number, REG_DWORD, &fallback, 4),
                     STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(number, 5);
}

static void checks_types(void **state)
{
    const ULONG flags = DIRECT | RTL_QUERY_REGISTRY_TYPECHECK;
    ULONG number = 1, fallback = 77;

    (void)state;
    assert_int_equal(query_one(flags, L"Number", &number, TYPED(REG_DWORD), NULL, 0),
                     STATUS_SUCCESS);
    assert_int_equal(number, 10);
    assert_int_equal(query_one(flags, L"Text", &number, TYPED(REG_DWORD), NULL, 0),
                     STATUS_OBJECT_TYPE_MISMATCH);
    assert_int_equal(number, 10);
    assert_int_equal(
        query_one(flags, L"Absent", &number, TYPED(REG_DWORD) | REG_DWORD, &fallback, 4),
        STATUS_SUCCESS);
    assert_int_equal(number, 77);
    assert_int_equal(query_one(flags, L"Absent", &number, TYPED(REG_DWORD) | REG_NONE, NULL, 0),
                     STATUS_SUCCESS);
}

static void reads_text(void **state)
{
    WCHAR buffer[8];
    UNICODE_STRING text = { 0, sizeof(buffer), buffer };
    UNICODE_STRING made = { 0 };
    UNICODE_STRING small = { 0, 8, buffer };

    (void)state;
    assert_int_equal(query_one(DIRECT, L"Text", &text, REG_NONE, NULL, 0), STATUS_SUCCESS);
    assert_int_equal(text.Length, 10);
    assert_int_equal(wcscmp(buffer, L"words"), 0);
    assert_int_equal(query_one(DIRECT, L"Text", &small, REG_NONE, NULL, 0),
                     STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(query_one(DIRECT, L"Bare", &made, REG_NONE, NULL, 0), STATUS_SUCCESS);
    assert_int_equal(made.Length, 8);
    assert_int_equal(wcscmp(made.Buffer, L"bare"), 0);
    RtlFreeUnicodeString(&made);
    assert_int_equal(query_one(DIRECT, L"Absent", &made, REG_SZ, (PVOID)L"default", 0),
                     STATUS_SUCCESS);
    assert_int_equal(wcscmp(made.Buffer, L"default"), 0);
    RtlFreeUnicodeString(&made);
}

static void reads_bytes(void **state)
{
    union {
        LONG room;
        ULONG words[4];
        ULONGLONG raw[2];
    } to;

    (void)state;
    to.room = 16;
    assert_int_equal(query_one(DIRECT, L"Large", &to, REG_NONE, NULL, 0), STATUS_SUCCESS);
    assert_int_equal(to.words[0], 8);
    assert_int_equal(to.words[1], REG_QWORD);
    assert_true(to.raw[1] == 0x1122334455667788ull);
    to.room = -8;
    assert_int_equal(query_one(DIRECT, L"Large", &to, REG_NONE, NULL, 0), STATUS_SUCCESS);
    assert_true(to.raw[0] == 0x1122334455667788ull);
    to.room = 15;
    assert_int_equal(query_one(DIRECT, L"Large", &to, REG_NONE, NULL, 0), STATUS_BUFFER_TOO_SMALL);
    to.room = -7;
    assert_int_equal(query_one(DIRECT, L"Large", &to, REG_NONE, NULL, 0), STATUS_BUFFER_TOO_SMALL);
    to.room = -16;
    assert_int_equal(
        query_one(DIRECT | RTL_QUERY_REGISTRY_NOSTRING, L"Text", &to, REG_NONE, NULL, 0),
        STATUS_SUCCESS);
    assert_memory_equal(&to, L"words", 12);
}

/* --- Routines --------------------------------------------------------------------------------- */

struct seen {
    ULONG type;
    ULONG length;
    char name[16];
    char text[16];
};

static struct seen seen[16];
static unsigned seen_count;

static void narrow(char *to, PCWSTR from, size_t count)
{
    size_t i = 0;

    for (; from && i < count && from[i] && i < 15; i++)
        to[i] = (char)from[i];
    to[i] = '\0';
}

static NTSTATUS see(PWSTR name, ULONG type, PVOID data, ULONG length, PVOID context,
                    PVOID entry_context)
{
    struct seen *last = &seen[seen_count++];

    assert_ptr_equal(context, seen);
    last->type = type;
    last->length = length;
    narrow(last->name, name, 15);
    narrow(last->text, type == REG_SZ ? data : NULL, length / sizeof(WCHAR));
    return entry_context ? *(NTSTATUS *)entry_context : STATUS_SUCCESS;
}

static NTSTATUS see_with(PCWSTR path, PRTL_QUERY_REGISTRY_TABLE table)
{
    seen_count = 0;
    return RtlQueryRegistryValues(RTL_REGISTRY_SERVICES, path, table, seen, NULL);
}

static void calls_routines(void **state)
{
    RTL_QUERY_REGISTRY_TABLE table[4] = { { see, 0, (PWSTR)L"Number", NULL, 0, NULL, 0 },
                                          { see, 0, (PWSTR)L"Absent", NULL, 0, NULL, 0 },
                                          { see, 0, (PWSTR)L"Absent", NULL, REG_SZ, (PVOID)L"dflt",
                                            0 } };

    (void)state;
    assert_int_equal(see_with(PARAMETERS, table), STATUS_SUCCESS);
    assert_int_equal(seen_count, 2);
    assert_string_equal(seen[0].name, "Number");
    assert_int_equal(seen[0].type, REG_DWORD);
    assert_int_equal(seen[0].length, 4);
    assert_string_equal(seen[1].text, "dflt");
    assert_int_equal(seen[1].length, 10);
}

static void splits_lists_of_text(void **state)
{
    RTL_QUERY_REGISTRY_TABLE table[2] = { { see, 0, (PWSTR)L"Many", NULL, 0, NULL, 0 } };

    (void)state;
    assert_int_equal(see_with(PARAMETERS, table), STATUS_SUCCESS);
    assert_int_equal(seen_count, 2);
    assert_string_equal(seen[0].text, "a");
    assert_string_equal(seen[1].text, "bc");
    assert_int_equal(seen[1].type, REG_SZ);
    table[0].Flags = RTL_QUERY_REGISTRY_NOEXPAND;
    assert_int_equal(see_with(PARAMETERS, table), STATUS_SUCCESS);
    assert_int_equal(seen_count, 1);
    assert_int_equal(seen[0].type, REG_MULTI_SZ);
    assert_int_equal(seen[0].length, 12);
}

static void walks_subkeys(void **state)
{
    RTL_QUERY_REGISTRY_TABLE table[] = {
        { NULL, RTL_QUERY_REGISTRY_SUBKEY, (PWSTR)L"Parameters", NULL, 0, NULL, 0 },
        { see, 0, (PWSTR)L"Text", NULL, 0, NULL, 0 },
        { see, RTL_QUERY_REGISTRY_TOPKEY | REQUIRED, (PWSTR)L"Start", NULL, 0, NULL, 0 },
        { see, RTL_QUERY_REGISTRY_SUBKEY, (PWSTR)L"Parameters", NULL, 0, NULL, 0 },
        { see, RTL_QUERY_REGISTRY_NOVALUE, NULL, NULL, 0, NULL, 0 },
        { 0 },
    };

    (void)state;
    assert_int_equal(see_with(SERVICE, table), STATUS_SUCCESS);
    assert_string_equal(seen[0].text, "words");
    assert_string_equal(seen[1].name, "Start");
    assert_string_equal(seen[2].name, "Number");
    assert_string_equal(seen[4].name, "Bare");
    assert_int_equal(seen_count, 2 + 6 + 1);
    assert_string_equal(seen[8].name, "");
    assert_int_equal(seen[8].type, REG_NONE);
    table[0].Name = (PWSTR)L"Nowhere";
    assert_int_equal(see_with(SERVICE, table), STATUS_OBJECT_NAME_NOT_FOUND);
}

static void stops_where_a_routine_fails(void **state)
{
    NTSTATUS failure = STATUS_UNSUCCESSFUL;
    NTSTATUS too_small = STATUS_BUFFER_TOO_SMALL;
    RTL_QUERY_REGISTRY_TABLE table[3] = { { see, 0, (PWSTR)L"Number", &failure, 0, NULL, 0 },
                                          { see, 0, (PWSTR)L"Text", NULL, 0, NULL, 0 } };

    (void)state;
    assert_int_equal(see_with(PARAMETERS, table), STATUS_UNSUCCESSFUL);
    assert_int_equal(seen_count, 1);
    table[0].EntryContext = &too_small;
    assert_int_equal(see_with(PARAMETERS, table), STATUS_SUCCESS);
    assert_int_equal(seen_count, 2);
}

static void refuses_bad_tables(void **state)
{
    ULONG number;
    RTL_QUERY_REGISTRY_TABLE nameless[2] = { { NULL, DIRECT, NULL, &number, 0, NULL, 0 } };
    RTL_QUERY_REGISTRY_TABLE both[2] = { { see, DIRECT, (PWSTR)L"Number", &number, 0, NULL, 0 } };
    RTL_QUERY_REGISTRY_TABLE subkey[2] = { { NULL, RTL_QUERY_REGISTRY_SUBKEY, NULL, NULL, 0, NULL,
                                             0 } };

    (void)state;
    assert_int_equal(query(nameless), STATUS_INVALID_PARAMETER);
    assert_int_equal(query(both), STATUS_INVALID_PARAMETER);
    assert_int_equal(query(subkey), STATUS_INVALID_PARAMETER);
}

static void starts_anywhere(void **state)
{
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes;
    ULONG number = 0;
    RTL_QUERY_REGISTRY_TABLE table[2] = { { NULL, DIRECT, (PWSTR)L"Number", &number, 0, NULL, 0 } };
    HANDLE key;

    (void)state;
    RtlInitUnicodeString(&name,
                         L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\" PARAMETERS);
    assert_int_equal(RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE, name.Buffer, table, NULL, NULL),
                     STATUS_SUCCESS);
    assert_int_equal(number, 10);
    InitializeObjectAttributes(&attributes, &name, 0, NULL, NULL);
    assert_int_equal(ZwOpenKey(&key, KEY_READ, &attributes), STATUS_SUCCESS);
    number = 0;
    assert_int_equal(RtlQueryRegistryValues(RTL_REGISTRY_HANDLE, (PCWSTR)key, table, NULL, NULL),
                     STATUS_SUCCESS);
    assert_int_equal(number, 10);
    ZwClose(key);
    assert_int_equal(RtlQueryRegistryValues(RTL_REGISTRY_SERVICES, L"Nobody", table, NULL, NULL),
                     STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(RtlQueryRegistryValues(RTL_REGISTRY_MAXIMUM, L"X", table, NULL, NULL),
                     STATUS_INVALID_PARAMETER);
}

static void writes_and_deletes(void **state)
{
    ULONG number = 3, found = 0;

    (void)state;
    assert_int_equal(RtlCheckRegistryKey(RTL_REGISTRY_SERVICES, (PWSTR)PARAMETERS), STATUS_SUCCESS);
    assert_int_equal(RtlCheckRegistryKey(RTL_REGISTRY_SERVICES, (PWSTR)L"Nobody"),
                     STATUS_OBJECT_NAME_NOT_FOUND);
    RtlWriteRegistryValue(RTL_REGISTRY_SERVICES, PARAMETERS, L"Once", REG_DWORD, &number, 4);
    assert_int_equal(query_one(DIRECT | RTL_QUERY_REGISTRY_DELETE, L"Once", &found, 0, NULL, 0),
                     STATUS_SUCCESS);
    assert_int_equal(found, 3);
    assert_int_equal(RtlDeleteRegistryValue(RTL_REGISTRY_SERVICES, PARAMETERS, L"Once"),
                     STATUS_OBJECT_NAME_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_numbers),      cmocka_unit_test(checks_types),
        cmocka_unit_test(reads_text),         cmocka_unit_test(reads_bytes),
        cmocka_unit_test(calls_routines),     cmocka_unit_test(splits_lists_of_text),
        cmocka_unit_test(walks_subkeys),      cmocka_unit_test(stops_where_a_routine_fails),
        cmocka_unit_test(refuses_bad_tables), cmocka_unit_test(starts_anywhere),
        cmocka_unit_test(writes_and_deletes),
    };

    return cmocka_run_group_tests(tests, make_values, drop_values);
}
