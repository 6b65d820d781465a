/* SPDX-License-Identifier: MIT */
/* test_string_convert.c - UTF-8, UTF-16, numbers and GUIDs into each other. */
#include "nt_test.h"

static const struct {
    const char *narrow;
    PCWSTR wide;
} texts[] = {
    { "", L"" },
    { "plain", L"plain" },
    { "\xC3\xA4", L"\u00E4" },
    { "\xE2\x82\xAC"
      "1",
      L"\u20AC"
      L"1" },
    { "\xF0\x9F\x98\x80", L"\xD83D\xDE00" },
    { "\xEF\xBF\xBD", L"\xFFFD" },
};

static void there_and_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < RTL_NUMBER_OF(texts); i++) {
        ANSI_STRING narrow, narrow_again;
        UNICODE_STRING wide;

        RtlInitAnsiString(&narrow, texts[i].narrow);
        assert_int_equal(RtlAnsiStringToUnicodeSize(&narrow), (wcslen(texts[i].wide) + 1) * 2);
        assert_int_equal(RtlAnsiStringToUnicodeString(&wide, &narrow, TRUE), STATUS_SUCCESS);
        assert_int_equal(wide.Length, wcslen(texts[i].wide) * 2);
        assert_int_equal(wide.MaximumLength, wide.Length + 2);
        assert_int_equal(wcscmp(wide.Buffer, texts[i].wide), 0);
        assert_int_equal(RtlUnicodeStringToAnsiSize(&wide), strlen(texts[i].narrow) + 1);
        assert_int_equal(RtlUnicodeStringToAnsiString(&narrow_again, &wide, TRUE), STATUS_SUCCESS);
        assert_string_equal(narrow_again.Buffer, texts[i].narrow);
        RtlFreeAnsiString(&narrow_again);
        RtlFreeUnicodeString(&wide);
    }
}

/* A driver may rebuild the descriptor from the buffer before it frees it. */
static void needs_no_descriptor_to_free(void **state)
{
    ANSI_STRING narrow = RTL_CONSTANT_STRING("text");
    UNICODE_STRING wide, rebuilt;

    (void)state;
    RtlAnsiStringToUnicodeString(&wide, &narrow, TRUE);
    RtlInitUnicodeString(&rebuilt, wide.Buffer);
    RtlFreeUnicodeString(&rebuilt);
    RtlFreeUnicodeString(&rebuilt);
    assert_int_equal(ledger_count(LEDGER_POOL), 0);
}

static void needs_room_for_the_terminator(void **state)
{
    ANSI_STRING narrow = RTL_CONSTANT_STRING("text");
    WCHAR buffer[5];
    UNICODE_STRING wide = { 0, 8, buffer };
    char narrow_buffer[5];
    ANSI_STRING back = { 0, 4, narrow_buffer };

    (void)state;
    assert_int_equal(RtlAnsiStringToUnicodeString(&wide, &narrow, FALSE), STATUS_BUFFER_OVERFLOW);
    wide.MaximumLength = 10;
    assert_int_equal(RtlAnsiStringToUnicodeString(&wide, &narrow, FALSE), STATUS_SUCCESS);
    assert_int_equal(RtlUnicodeStringToAnsiString(&back, &wide, FALSE), STATUS_BUFFER_OVERFLOW);
    back.MaximumLength = 5;
    assert_int_equal(RtlUnicodeStringToAnsiString(&back, &wide, FALSE), STATUS_SUCCESS);
    assert_string_equal(back.Buffer, "text");
}

static void converts_without_terminator(void **state)
{
    static const struct {
        const char *from;
        ULONG room;
        NTSTATUS status;
        ULONG written;
    } cases[] = {
        { "abc", 6, STATUS_SUCCESS, 6 },
        { "abc", 5, STATUS_BUFFER_TOO_SMALL, 4 },
        { "abc", 0, STATUS_BUFFER_TOO_SMALL, 0 },
        { "a\xFF"
          "b",
          6, STATUS_SOME_NOT_MAPPED, 6 },
        { "\xC3", 6, STATUS_SOME_NOT_MAPPED, 2 },
        { "\xC0\x80", 6, STATUS_SOME_NOT_MAPPED, 4 },
        { "\xED\xA0\x80", 6, STATUS_SOME_NOT_MAPPED, 6 },
        { "\xF0\x9F\x98\x80", 4, STATUS_SUCCESS, 4 },
        { "\xF0\x9F\x98\x80", 2, STATUS_BUFFER_TOO_SMALL, 0 },
    };

    (void)state;
    for (size_t i = 0; i < RTL_NUMBER_OF(cases); i++) {
        WCHAR buffer[4];
        ULONG actual = 99;

        assert_int_equal(RtlUTF8ToUnicodeN(buffer, cases[i].room, &actual, cases[i].from,
                                           (ULONG)strlen(cases[i].from)),
                         cases[i].status);
        assert_int_equal(actual, cases[i].written);
    }
}

static void tells_the_size(void **state)
{
    static const WCHAR wide[] = { 0x20AC, 'x', 0xD800 };
    char buffer[8];
    ULONG actual;

    (void)state;
    assert_int_equal(RtlUTF8ToUnicodeN(NULL, 0, &actual, "abc", 3), STATUS_SUCCESS);
    assert_int_equal(actual, 6);
    assert_int_equal(RtlUnicodeToUTF8N(NULL, 0, &actual, wide, 4), STATUS_SUCCESS);
    assert_int_equal(actual, 4);
    assert_int_equal(RtlUnicodeToUTF8N(buffer, 8, &actual, wide, 6), STATUS_SOME_NOT_MAPPED);
    assert_int_equal(actual, 7);
    assert_memory_equal(buffer, "\xE2\x82\xACx\xEF\xBF\xBD", 7);
    assert_int_equal(RtlUnicodeToUTF8N(buffer, 2, &actual, wide, 4), STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(RtlUTF8ToUnicodeN(NULL, 0, &actual, NULL, 3), STATUS_INVALID_PARAMETER_4);
}

static void writes_numbers(void **state)
{
    static const struct {
        ULONG value;
        ULONG base;
        PCWSTR text;
    } cases[] = {
        { 0, 10, L"0" }, { 1234, 0, L"1234" }, { 0xBEEF, 16, L"BEEF" },
        { 8, 8, L"10" }, { 5, 2, L"101" },     { MAXULONG, 10, L"4294967295" },
    };
    DECLARE_UNICODE_STRING_SIZE(string, 16);

    (void)state;
    for (size_t i = 0; i < RTL_NUMBER_OF(cases); i++) {
        assert_int_equal(RtlIntegerToUnicodeString(cases[i].value, cases[i].base, &string),
                         STATUS_SUCCESS);
        assert_int_equal(wcscmp(string.Buffer, cases[i].text), 0);
    }
    assert_int_equal(RtlIntegerToUnicodeString(1, 7, &string), STATUS_INVALID_PARAMETER);
    string.MaximumLength = 4;
    assert_int_equal(RtlIntegerToUnicodeString(123, 10, &string), STATUS_BUFFER_OVERFLOW);
    assert_int_equal(RtlIntegerToUnicodeString(12, 10, &string), STATUS_SUCCESS);
    assert_int_equal(string.Length, 4);
}

static void reads_numbers(void **state)
{
    static const struct {
        PCWSTR text;
        ULONG base;
        NTSTATUS status;
        ULONG value;
    } cases[] = {
        { L"42", 10, STATUS_SUCCESS, 42 },      { L"  42x", 0, STATUS_SUCCESS, 42 },
        { L"-1", 0, STATUS_SUCCESS, MAXULONG }, { L"+7", 0, STATUS_SUCCESS, 7 },
        { L"0x1F", 0, STATUS_SUCCESS, 31 },     { L"0o17", 0, STATUS_SUCCESS, 15 },
        { L"0b101", 0, STATUS_SUCCESS, 5 },     { L"012", 0, STATUS_SUCCESS, 12 },
        { L"ff", 16, STATUS_SUCCESS, 255 },     { L"", 10, STATUS_SUCCESS, 0 },
        { L"0", 0, STATUS_SUCCESS, 0 },         { L"12", 3, STATUS_INVALID_PARAMETER, 0 },
    };

    (void)state;
    for (size_t i = 0; i < RTL_NUMBER_OF(cases); i++) {
        UNICODE_STRING string;
        ULONG value = 0;

        RtlInitUnicodeString(&string, cases[i].text);
        assert_int_equal(RtlUnicodeStringToInteger(&string, cases[i].base, &value),
                         cases[i].status);
        assert_int_equal(value, cases[i].value);
    }
}

static void reads_large_numbers(void **state)
{
    UNICODE_STRING string = RTL_CONSTANT_STRING(L"-9223372036854775808 rest");
    LONG64 number;
    ULONG value;
    PWSTR end;

    (void)state;
    assert_int_equal(RtlUnicodeStringToInt64(&string, 10, &number, &end), STATUS_SUCCESS);
    assert_true(number == INT64_MIN);
    assert_ptr_equal(end, string.Buffer + 20);
    assert_int_equal(RtlCharToInteger("0x10", 0, &value), STATUS_SUCCESS);
    assert_int_equal(value, 16);
}

static void guids(void **state)
{
    static const GUID guid = { 0x12345678, 0x9ABC, 0xDEF0, { 1, 2, 3, 4, 5, 6, 7, 0xFF } };
    UNICODE_STRING text, bad;
    GUID back;

    (void)state;
    assert_int_equal(RtlStringFromGUID(&guid, &text), STATUS_SUCCESS);
    assert_int_equal(wcscmp(text.Buffer, L"{12345678-9ABC-DEF0-0102-0304050607FF}"), 0);
    assert_int_equal(RtlGUIDFromString(&text, &back), STATUS_SUCCESS);
    assert_memory_equal(&back, &guid, sizeof(guid));
    text.Buffer[5] = 'g';
    assert_int_equal(RtlGUIDFromString(&text, &back), STATUS_INVALID_PARAMETER);
    RtlFreeUnicodeString(&text);
    RtlInitUnicodeString(&bad, L"{12345678}");
    assert_int_equal(RtlGUIDFromString(&bad, &back), STATUS_INVALID_PARAMETER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(needs_no_descriptor_to_free),
        cmocka_unit_test(needs_room_for_the_terminator),
        cmocka_unit_test(converts_without_terminator),
        cmocka_unit_test(tells_the_size),
        cmocka_unit_test(writes_numbers),
        cmocka_unit_test(reads_numbers),
        cmocka_unit_test(reads_large_numbers),
        cmocka_unit_test(guids),
    };

    return cmocka_run_group_tests(tests, start_executive, stop_executive);
}
