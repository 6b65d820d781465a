/* SPDX-License-Identifier: MIT */
/* test_string.c - counted strings: lengths, terminators, what is too long, order, case. */
#include "nt_test.h"

static UNICODE_STRING u(PCWSTR text)
{
    UNICODE_STRING string;

    RtlInitUnicodeString(&string, text);
    return string;
}

static ANSI_STRING a(PCSZ text)
{
    ANSI_STRING string;

    RtlInitAnsiString(&string, text);
    return string;
}

static void initialises(void **state)
{
    UNICODE_STRING unicode = u(L"abc");
    ANSI_STRING ansi = a("abcd");

    (void)state;
    assert_int_equal(unicode.Length, 6);
    assert_int_equal(unicode.MaximumLength, 8);
    assert_int_equal(ansi.Length, 4);
    assert_int_equal(ansi.MaximumLength, 5);
    unicode = u(NULL);
    ansi = a(NULL);
    assert_int_equal(unicode.Length + unicode.MaximumLength, 0);
    assert_null(unicode.Buffer);
    assert_int_equal(ansi.Length + ansi.MaximumLength, 0);
    unicode = u(L"");
    assert_int_equal(unicode.Length, 0);
    assert_int_equal(unicode.MaximumLength, 2);
}

static void says_what_is_too_long(void **state)
{
    static WCHAR wide[0x8001];
    static char narrow[0x10001];
    UNICODE_STRING unicode;
    ANSI_STRING ansi;

    (void)state;
    for (size_t i = 0; i < 0x8000; i++)
        wide[i] = 'x';
    memset(narrow, 'x', 0x10000);
    assert_int_equal(RtlInitUnicodeStringEx(&unicode, wide), STATUS_NAME_TOO_LONG);
    RtlInitUnicodeString(&unicode, wide);
    assert_int_equal(unicode.Length, 0xFFFC);
    assert_int_equal(unicode.MaximumLength, 0xFFFE);
    wide[0x7FFE] = 0;
    assert_int_equal(RtlInitUnicodeStringEx(&unicode, wide), STATUS_SUCCESS);
    assert_int_equal(unicode.Length, 0xFFFC);
    assert_int_equal(RtlInitAnsiStringEx(&ansi, narrow), STATUS_NAME_TOO_LONG);
    RtlInitAnsiString(&ansi, narrow);
    assert_int_equal(ansi.Length, 0xFFFE);
    assert_int_equal(ansi.MaximumLength, 0xFFFF);
}

static void copies_what_fits(void **state)
{
    WCHAR buffer[5] = L"zzzz";
    UNICODE_STRING to = { 0, 8, buffer };
    UNICODE_STRING from = u(L"ab");

    (void)state;
    RtlCopyUnicodeString(&to, &from);
    assert_int_equal(to.Length, 4);
    assert_memory_equal(buffer, L"ab\0z", 8);
    from = u(L"abcdefgh");
    RtlCopyUnicodeString(&to, &from);
    assert_int_equal(to.Length, 8);
    assert_memory_equal(buffer, L"abcd", 10);
    RtlCopyUnicodeString(&to, NULL);
    assert_int_equal(to.Length, 0);
}

static void appends_or_leaves_alone(void **state)
{
    DECLARE_UNICODE_STRING_SIZE(to, 6);
    UNICODE_STRING part = u(L"abc");
    char narrow[4];
    ANSI_STRING ansi_to = { 0, 4, narrow };
    ANSI_STRING ansi_part = a("xyz");

    (void)state;
    assert_int_equal(RtlAppendUnicodeStringToString(&to, &part), STATUS_SUCCESS);
    assert_int_equal(RtlAppendUnicodeToString(&to, L"de"), STATUS_SUCCESS);
    assert_int_equal(to.Length, 10);
    assert_int_equal(wcscmp(to.Buffer, L"abcde"), 0);
    assert_int_equal(RtlAppendUnicodeToString(&to, L"xy"), STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(to.Length, 10);
    assert_int_equal(RtlAppendUnicodeToString(&to, L"f"), STATUS_SUCCESS);
    assert_int_equal(to.Length, 12);
    assert_int_equal(RtlAppendUnicodeToString(&to, NULL), STATUS_SUCCESS);
    assert_int_equal(RtlAppendStringToString(&ansi_to, &ansi_part), STATUS_SUCCESS);
    assert_int_equal(RtlAppendStringToString(&ansi_to, &ansi_part), STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(ansi_to.Length, 3);
}

static void duplicates(void **state)
{
    UNICODE_STRING from = u(L"text");
    UNICODE_STRING empty = u(L"");
    UNICODE_STRING to;

    (void)state;
    assert_int_equal(RtlDuplicateUnicodeString(0, &from, &to), STATUS_SUCCESS);
    assert_int_equal(to.MaximumLength, 8);
    RtlFreeUnicodeString(&to);
    assert_null(to.Buffer);
    assert_int_equal(RtlDuplicateUnicodeString(1, &from, &to), STATUS_SUCCESS);
    assert_int_equal(to.MaximumLength, 10);
    assert_int_equal(wcscmp(to.Buffer, L"text"), 0);
    ExFreePool(to.Buffer);
    assert_int_equal(RtlDuplicateUnicodeString(1, &empty, &to), STATUS_SUCCESS);
    assert_null(to.Buffer);
    assert_int_equal(RtlDuplicateUnicodeString(3, &empty, &to), STATUS_SUCCESS);
    assert_int_equal(to.Buffer[0], 0);
    RtlFreeUnicodeString(&to);
    assert_int_equal(RtlDuplicateUnicodeString(2, &from, &to), STATUS_INVALID_PARAMETER);
}

static int sign(LONG value)
{
    return value < 0 ? -1 : value > 0;
}

static void orders(void **state)
{
    static const struct {
        PCWSTR left;
        PCWSTR right;
        int exact;
        int folded;
    } cases[] = {
        { L"abc", L"abc", 0, 0 },       { L"abc", L"ABC", 1, 0 },
        { L"abc", L"abd", -1, -1 },     { L"ab", L"abc", -1, -1 },
        { L"", L"a", -1, -1 },          { L"", L"", 0, 0 },
        { L"b", L"A", 1, 1 },           { L"\u00E4", L"\u00C4", 1, 0 },
        { L"\u0436", L"\u0416", 1, 0 }, { L"\u03C9", L"\u03A9", 1, 0 },
        { L"_", L"a", -1, 1 },
    };

    (void)state;
    for (size_t i = 0; i < RTL_NUMBER_OF(cases); i++) {
        UNICODE_STRING left = u(cases[i].left);
        UNICODE_STRING right = u(cases[i].right);

        assert_int_equal(sign(RtlCompareUnicodeString(&left, &right, FALSE)), cases[i].exact);
        assert_int_equal(sign(RtlCompareUnicodeString(&left, &right, TRUE)), cases[i].folded);
        assert_int_equal(sign(RtlCompareUnicodeString(&right, &left, TRUE)), -cases[i].folded);
        assert_int_equal(RtlEqualUnicodeString(&left, &right, TRUE), cases[i].folded == 0);
        assert_int_equal(RtlEqualUnicodeString(&left, &right, FALSE), cases[i].exact == 0);
    }
}

static void knows_prefixes(void **state)
{
    UNICODE_STRING device = u(L"\\Device\\Afd");
    UNICODE_STRING prefix = u(L"\\DEVICE\\");
    ANSI_STRING narrow = a("Narrow");
    ANSI_STRING start = a("NAR");

    (void)state;
    assert_true(RtlPrefixUnicodeString(&prefix, &device, TRUE));
    assert_false(RtlPrefixUnicodeString(&prefix, &device, FALSE));
    assert_false(RtlPrefixUnicodeString(&device, &prefix, TRUE));
    assert_true(RtlPrefixString(&start, &narrow, TRUE));
    assert_false(RtlPrefixString(&start, &narrow, FALSE));
    assert_true(RtlEqualString(&narrow, &narrow, FALSE));
    assert_int_equal(sign(RtlCompareString(&start, &narrow, TRUE)), -1);
    assert_int_equal(sign(RtlCompareString(&narrow, &start, FALSE)), 1);
}

static void changes_case(void **state)
{
    UNICODE_STRING from = u(L"aZ09\u00E4\u0101\u00FF\u00F7");
    UNICODE_STRING to;
    DECLARE_UNICODE_STRING_SIZE(small, 2);
    char buffer[4];
    ANSI_STRING narrow = { 0, 4, buffer };
    ANSI_STRING lower = a("ab\xC3\xA4z");

    (void)state;
    assert_int_equal(RtlUpcaseUnicodeString(&to, &from, TRUE), STATUS_SUCCESS);
    assert_memory_equal(to.Buffer, L"AZ09\u00C4\u0100\u0178\u00F7", to.Length);
    RtlFreeUnicodeString(&to);
    assert_int_equal(RtlDowncaseUnicodeString(&to, &from, TRUE), STATUS_SUCCESS);
    assert_memory_equal(to.Buffer, L"az09\u00E4\u0101\u00FF\u00F7", to.Length);
    RtlFreeUnicodeString(&to);
    assert_int_equal(RtlUpcaseUnicodeString(&small, &from, FALSE), STATUS_BUFFER_OVERFLOW);
    RtlUpperString(&narrow, &lower);
    assert_memory_equal(buffer, "AB\xC3\xA4", 4);
    for (unsigned unit = 0; unit < 0x10000; unit++) {
        WCHAR upper = RtlUpcaseUnicodeChar((WCHAR)unit);

        if (upper != unit)
            assert_int_equal(RtlDowncaseUnicodeChar(upper), unit);
    }
}

static void hashes(void **state)
{
    UNICODE_STRING lower = u(L"ab");
    UNICODE_STRING upper = u(L"AB");
    ULONG first, second;

    (void)state;
    assert_int_equal(RtlHashUnicodeString(&lower, FALSE, HASH_STRING_ALGORITHM_X65599, &first),
                     STATUS_SUCCESS);
    assert_int_equal(first, 'a' * 65599u + 'b');
    RtlHashUnicodeString(&lower, TRUE, HASH_STRING_ALGORITHM_DEFAULT, &first);
    RtlHashUnicodeString(&upper, TRUE, HASH_STRING_ALGORITHM_DEFAULT, &second);
    assert_int_equal(first, second);
    assert_int_equal(RtlHashUnicodeString(&lower, FALSE, 7, &first), STATUS_INVALID_PARAMETER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(initialises),      cmocka_unit_test(says_what_is_too_long),
        cmocka_unit_test(copies_what_fits), cmocka_unit_test(appends_or_leaves_alone),
        cmocka_unit_test(duplicates),       cmocka_unit_test(orders),
        cmocka_unit_test(knows_prefixes),   cmocka_unit_test(changes_case),
        cmocka_unit_test(hashes),
    };

    return cmocka_run_group_tests(tests, start_executive, stop_executive);
}
