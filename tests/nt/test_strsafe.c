/* SPDX-License-Identifier: MIT */
/*
 * Bounded strings: what fits, what is cut, what is refused; nothing beyond the buffer is written.
 */
#include <wdm.h>
#include <ntstrsafe.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define CUT STATUS_BUFFER_OVERFLOW
#define BAD STATUS_INVALID_PARAMETER

static void assert_wide(const WCHAR *text, const char *expected)
{
    size_t i = 0;

    for (; expected[i] != 0; i++)
        assert_int_equal(text[i], expected[i]);
    assert_int_equal(text[i], 0);
}

static void test_copy(void **state)
{
    char text[6] = "#####";
    WCHAR wide[6] = {'#', '#', '#', '#', '#', '#'};

    (void)state;
    assert_int_equal(RtlStringCbCopyA(text, 4, "abc"), 0);
    assert_string_equal(text, "abc");
    assert_int_equal(RtlStringCbCopyA(text, 4, "abcd"), CUT);
    assert_string_equal(text, "abc");
    assert_int_equal(text[4], '#');
    assert_int_equal(RtlStringCbCopyA(text, 0, "abc"), BAD);
    assert_int_equal(RtlStringCchCopyNA(text, 4, "xyz", 2), 0);
    assert_string_equal(text, "xy");
    assert_int_equal(RtlStringCbCopyW(wide, 4 * sizeof(WCHAR), L"abcd"), CUT);
    assert_wide(wide, "abc");
    assert_int_equal(wide[4], '#');
    assert_int_equal(RtlStringCbCopyW(wide, 1, L"a"), BAD);
}

static void test_append(void **state)
{
    char text[6] = "ab";
    WCHAR wide[6] = {'a', 'b'};

    (void)state;
    assert_int_equal(RtlStringCbCatA(text, sizeof(text), "cde"), 0);
    assert_string_equal(text, "abcde");
    assert_int_equal(RtlStringCbCatA(text, sizeof(text), "f"), CUT);
    assert_string_equal(text, "abcde");
    assert_int_equal(RtlStringCbCatA(text, 5, ""), BAD);
    assert_int_equal(RtlStringCbCatNW(wide, sizeof(wide), L"cde", 2 * sizeof(WCHAR)), 0);
    assert_wide(wide, "abcd");
    assert_int_equal(RtlStringCchCatW(wide, 6, L"ef"), CUT);
    assert_wide(wide, "abcde");
}

static void test_format(void **state)
{
    char text[8];
    WCHAR wide[8];

    (void)state;
    assert_int_equal(RtlStringCbPrintfA(text, sizeof(text), "%d-%s", 12, "abcd"), 0);
    assert_string_equal(text, "12-abcd");
    assert_int_equal(RtlStringCbPrintfA(text, sizeof(text), "%d-%s", 12, "abcde"), CUT);
    assert_string_equal(text, "12-abcd");
    assert_int_equal(RtlStringCbPrintfA(text, 0, "x"), BAD);
    assert_int_equal(RtlStringCbPrintfW(wide, sizeof(wide), L"%u-%ws", 12u, L"abcde"), CUT);
    assert_wide(wide, "12-abcd");
}

static void test_format_ex(void **state)
{
    char text[8];
    PSTR end = NULL;
    SIZE_T rest = 0;

    (void)state;
    assert_int_equal(RtlStringCbPrintfExA(text, sizeof(text), &end, &rest,
                                          STRSAFE_FILL_BYTE('z'), "%s", "abc"),
                     0);
    assert_ptr_equal(end, text + 3);
    assert_int_equal(rest, 5);
    assert_memory_equal(text, "abc\0zzzz", 8);
    assert_int_equal(RtlStringCbPrintfExA(text, sizeof(text), &end, &rest, 0, "%s", "abcdefgh"),
                     CUT);
    assert_ptr_equal(end, text + 7);
    assert_int_equal(rest, 1);
    assert_int_equal(RtlStringCbPrintfExA(text, sizeof(text), &end, &rest, STRSAFE_NO_TRUNCATION,
                                          "%s", "abcdefgh"),
                     CUT);
    assert_string_equal(text, "");
    assert_ptr_equal(end, text);
    assert_int_equal(rest, 8);
}

static void test_length(void **state)
{
    SIZE_T length = 99;

    (void)state;
    assert_int_equal(RtlStringCbLengthA("abc", 4, &length), 0);
    assert_int_equal(length, 3);
    assert_int_equal(RtlStringCbLengthA("abc", 3, &length), BAD);
    assert_int_equal(length, 0);
    assert_int_equal(RtlStringCbLengthW(L"abc", 8, &length), 0);
    assert_int_equal(length, 6);
    assert_int_equal(RtlStringCbLengthA(NULL, 4, NULL), BAD);
}

static void test_counted(void **state)
{
    WCHAR units[6] = {'#', '#', '#', '#', '#', '#'};
    UNICODE_STRING dest = {0, 5 * sizeof(WCHAR), units};
    UNICODE_STRING source;

    (void)state;
    assert_int_equal(RtlUnicodeStringInit(&source, L"xy"), 0);
    assert_int_equal(source.Length, 4);
    assert_int_equal(source.MaximumLength, 6);
    assert_int_equal(RtlUnicodeStringCopyString(&dest, L"abc"), 0);
    assert_int_equal(RtlUnicodeStringCat(&dest, &source), 0);
    assert_int_equal(dest.Length, 10);
    assert_memory_equal(units, L"abcxy#", 12);
    assert_int_equal(RtlUnicodeStringCat(&dest, &source), CUT);
    assert_int_equal(RtlUnicodeStringPrintf(&dest, L"%d", 12345), 0);
    assert_memory_equal(units, L"12345#", 12);
    assert_int_equal(RtlUnicodeStringPrintf(&dest, L"%d", 678901), CUT);
    assert_memory_equal(units, L"67890#", 12);
    assert_int_equal(dest.Length, 10);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_copy),   cmocka_unit_test(test_append),
        cmocka_unit_test(test_format), cmocka_unit_test(test_format_ex),
        cmocka_unit_test(test_length), cmocka_unit_test(test_counted),
    };

    return cmocka_run_group_tests_name("strsafe", tests, NULL, NULL);
}
