/* SPDX-License-Identifier: MIT */
/* test_format.c - the kernel's printf dialect, case by case. */
#include "nt_test.h"

static char text[256];
static WCHAR wide[256];

static int print(const char *format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = nt_format(text, sizeof(text), format, arguments);
    va_end(arguments);
    return length;
}

static int print_wide(const WCHAR *format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = nt_format_wide(wide, RTL_NUMBER_OF(wide), format, arguments);
    va_end(arguments);
    return length;
}

#define CHECK(expected, ...) \
    do { \
        assert_int_equal(print(__VA_ARGS__), strlen(expected)); \
        assert_string_equal(text, expected); \
    } while (0)

#define CHECK_WIDE(expected, ...) \
    do { \
        assert_int_equal(print_wide(__VA_ARGS__), wcslen(expected)); \
        assert_int_equal(wcscmp(wide, expected), 0); \
    } while (0)

static void integers(void **state)
{
    ULONG big = 0xFFFFFFFFu;
    uint64_t huge = 0x123456789ABCDEF0ull;

    (void)state;
    CHECK("plain", "plain");
    CHECK("%", "%%");
    CHECK("-5", "%d", -5);
    CHECK("-5", "%i", -5);
    CHECK("4294967295", "%u", big);
    CHECK("ffffffff", "%x", big);
    CHECK("FFFFFFFF", "%X", big);
    CHECK("37777777777", "%o", big);
    CHECK("0", "%x", 0);
    CHECK("0xff", "%#x", 255);
    CHECK("0XFF", "%#X", 255);
    CHECK("0", "%#x", 0);
    CHECK("017", "%#o", 15);
    CHECK("0", "%#o", 0);
    CHECK("0", "%#.0o", 0);
    CHECK("", "%.0o", 0);
    CHECK("00017", "%#.5o", 15);
    CHECK("00017", "%#05o", 15);
    CHECK("   42", "%5d", 42);
    CHECK("42   |", "%-5d|", 42);
    CHECK("00042", "%05d", 42);
    CHECK("-0042", "%05d", -42);
    CHECK("+42", "%+d", 42);
    CHECK(" 42", "% d", 42);
    CHECK("00042", "%.5d", 42);
    CHECK("   00042", "%8.5d", 42);
    CHECK("   00042", "%08.5d", 42);
    CHECK("", "%.0d", 0);
    CHECK("   42", "%*d", 5, 42);
    CHECK("42   |", "%*d|", -5, 42);
    CHECK("0042", "%.*d", 4, 42);
    CHECK("42", "%.*d", -1, 42);
    CHECK("0x0000002a", "%#010x", 42);
    CHECK("0x002a    |", "%#-10.4x|", 42);
    CHECK("-2147483648", "%d", (int)0x80000000);
    CHECK("-9223372036854775808", "%I64d", (int64_t)INT64_MIN);
    CHECK("1311768467463790320", "%I64u", huge);
    CHECK("123456789abcdef0", "%I64x", huge);
    CHECK("123456789ABCDEF0", "%llX", huge);
    CHECK("1311768467463790320", "%Iu", (SIZE_T)huge);
    CHECK("-1", "%Id", (SSIZE_T)-1);
    CHECK("123456789abcdef0", "%Ix", (ULONG_PTR)huge);
    CHECK("4294967295", "%I32u", big);
    CHECK("1311768467463790320", "%zu", (size_t)huge);
    CHECK("123456789abcdef0", "%jx", (uintmax_t)huge);
    CHECK("12", "%td", (ptrdiff_t)12);
}

/* `long` of Windows has 32 bits, whoever passes it. */
static void lengths(void **state)
{
    (void)state;
    CHECK("4294967295", "%lu", (ULONG)0xFFFFFFFF);
    CHECK("-1", "%ld", (LONG)-1);
    CHECK("89abcdef", "%lx", (ULONG)0x89ABCDEF);
    CHECK("9abcdef0", "%lx", 0x123456789ABCDEF0ul);
    CHECK("-1", "%hd", 0xFFFF);
    CHECK("65535", "%hu", 0xFFFFFFFF);
    CHECK("-1", "%hhd", 0xFF);
    CHECK("255", "%hhu", 0xFFF);
    CHECK("7 8 9", "%d %ld %lld", 7, 8, 9ll);
}

static void pointers(void **state)
{
    (void)state;
    CHECK("0000000000000000", "%p", NULL);
    CHECK("FFFFF80012345678", "%p", (void *)0xFFFFF80012345678ull);
    CHECK("    000000000000BEEF", "%20p", (void *)0xBEEF);
}

static void characters(void **state)
{
    (void)state;
    CHECK("A", "%c", 'A');
    CHECK("  A", "%3c", 'A');
    CHECK("A  |", "%-3c|", 'A');
    CHECK("B", "%C", L'B');
    CHECK("\xC3\xA4", "%C", 0xE4);
    CHECK("\xE2\x82\xAC", "%lc", 0x20AC);
    CHECK("\xE2\x82\xAC", "%wc", 0x20AC);
    CHECK("A", "%hc", 'A');
}

static void strings(void **state)
{
    static const char unterminated[3] = { 'a', 'b', 'c' };
    static const WCHAR pair[] = { 0xD83D, 0xDE00, 0 };
    static const WCHAR lone[] = { 'x', 0xD83D, 'y', 0 };

    (void)state;
    CHECK("abc", "%s", "abc");
    CHECK("(null)", "%s", (char *)NULL);
    CHECK("(null)", "%S", (WCHAR *)NULL);
    CHECK("ab", "%.2s", "abc");
    CHECK("abc", "%.3s", unterminated);
    CHECK("", "%.0s", "abc");
    CHECK("   abc", "%6s", "abc");
    CHECK("abc   |", "%-6s|", "abc");
    CHECK("    ab", "%*.*s", 6, 2, "abc");
    CHECK("wide", "%S", L"wide");
    CHECK("wide", "%ls", L"wide");
    CHECK("wide", "%ws", L"wide");
    CHECK("wi", "%.2ls", L"wide");
    CHECK("narrow", "%hs", "narrow");
    CHECK("\xC3\xA4", "%s", "\xC3\xA4");
    CHECK("\xE2\x82\xAC", "%ws", L"\u20AC");
    CHECK("\xF0\x9F\x98\x80", "%ws", pair);
    CHECK("x\xEF\xBF\xBDy", "%ws", lone);
    CHECK("  \xC3\xA4", "%4ws", L"\u00E4");
}

static void counted_strings(void **state)
{
    UNICODE_STRING unicode = RTL_CONSTANT_STRING(L"\\Device\\Afd");
    UNICODE_STRING part = { 4, 4, unicode.Buffer + 1 };
    UNICODE_STRING empty = { 0 };
    ANSI_STRING ansi = RTL_CONSTANT_STRING("ansi");

    (void)state;
    CHECK("\\Device\\Afd", "%wZ", &unicode);
    CHECK("De", "%wZ", &part);
    CHECK("(null)", "%wZ", &empty);
    CHECK("(null)", "%wZ", (PUNICODE_STRING)NULL);
    CHECK("ansi", "%Z", &ansi);
    CHECK("ansi", "%hZ", &ansi);
    CHECK("\\Device\\Afd", "%lZ", &unicode);
    CHECK("   ansi|De", "%7Z|%.2wZ", &ansi, &part);
}

static void floats(void **state)
{
    (void)state;
    CHECK("1.500000", "%f", 1.5);
    CHECK("  1.50", "%6.2f", 1.5);
    CHECK("1.50  |", "%-6.2f|", 1.5);
    CHECK("-01.50", "%06.2f", -1.5);
    CHECK("1.5", "%g", 1.5);
    CHECK("+1.5E+00", "%+.1E", 1.5);
    CHECK("2", "%.0f", 2.0);
}

static void what_is_unknown_stays(void **state)
{
    (void)state;
    CHECK("%!STATUS! 7", "%!STATUS! %d", 7);
    CHECK("100%", "100%");
    CHECK("%y", "%y");
    CHECK("%5", "%5");
    CHECK("%I6", "%I6");
}

static void wide_output(void **state)
{
    UNICODE_STRING unicode = RTL_CONSTANT_STRING(L"uni");
    ANSI_STRING ansi = RTL_CONSTANT_STRING("ansi");

    (void)state;
    CHECK_WIDE(L"7 wide narrow", L"%d %s %S", 7, L"wide", "narrow");
    CHECK_WIDE(L"narrow wide", L"%hs %ws", "narrow", L"wide");
    CHECK_WIDE(L"uni ansi", L"%wZ %Z", &unicode, &ansi);
    CHECK_WIDE(L"\u20AC\u00E4", L"%c%hs", 0x20AC, "\xC3\xA4");
    CHECK_WIDE(L"ab  |0X1F", L"%-4.2s|%#X", L"abc", 31);
    CHECK_WIDE(L"\xD83D\xDE00", L"%hs", "\xF0\x9F\x98\x80");
    CHECK_WIDE(L"\xFFFD", L"%hs", "\xFF");
}

static void is_cut_as_c_cuts(void **state)
{
    va_list none;

    (void)state;
    memset(&none, 0, sizeof(none));
    memset(text, 'x', sizeof(text));
    assert_int_equal(nt_format(text, 4, "abcdef", none), 6);
    assert_string_equal(text, "abc");
    assert_int_equal(nt_format(NULL, 0, "abcdef", none), 6);
    assert_int_equal(nt_format(text, 1, "abcdef", none), 6);
    assert_string_equal(text, "");
}

static void kernel_run_time(void **state)
{
    char small[4];
    wchar_t small_wide[4];

    (void)state;
    assert_int_equal(_snprintf(small, 4, "%s", "abc"), 3);
    assert_string_equal(small, "abc");
    assert_int_equal(_snprintf(small, 4, "%s", "abcd"), 4);
    assert_memory_equal(small, "abcd", 4);
    assert_int_equal(_snprintf(small, 4, "%s", "vwxyz"), -1);
    assert_memory_equal(small, "vwxy", 4);
    assert_int_equal(_snwprintf(small_wide, 4, L"%d", 12), 2);
    assert_int_equal(wcscmp(small_wide, L"12"), 0);
    assert_int_equal(_snwprintf(small_wide, 4, L"%d", 12345), -1);
    assert_int_equal(_snprintf_s(small, 4, _TRUNCATE, "%s", "abcdef"), -1);
    assert_string_equal(small, "abc");
    assert_int_equal(_snprintf_s(small, 4, 2, "%s", "abcdef"), -1);
    assert_string_equal(small, "ab");
    assert_int_equal(_snprintf_s(small, 4, 10, "%s", "abcdef"), -1);
    assert_string_equal(small, "");
    assert_int_equal(_snprintf_s(small, 4, 3, "%s", "abc"), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers),        cmocka_unit_test(lengths),
        cmocka_unit_test(pointers),        cmocka_unit_test(characters),
        cmocka_unit_test(strings),         cmocka_unit_test(counted_strings),
        cmocka_unit_test(floats),          cmocka_unit_test(what_is_unknown_stays),
        cmocka_unit_test(wide_output),     cmocka_unit_test(is_cut_as_c_cuts),
        cmocka_unit_test(kernel_run_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
