/* SPDX-License-Identifier: MIT */
/* test_wide.c - the C run time's functions for 16-bit text are ours, not the C library's. */
#include "nt_test.h"

static void measures(void **state)
{
    (void)state;
    assert_int_equal(wcslen(L"four"), 4);
    assert_int_equal(wcslen(L""), 0);
    assert_int_equal(wcsnlen(L"four", 2), 2);
    assert_int_equal(wcsnlen(L"four", 9), 4);
}

static void copies(void **state)
{
    wchar_t buffer[8];

    (void)state;
    assert_ptr_equal(wcscpy(buffer, L"ab"), buffer);
    assert_ptr_equal(wcscat(buffer, L"cd"), buffer);
    assert_int_equal(wcscmp(buffer, L"abcd"), 0);
    wcsncpy(buffer, L"x", 4);
    assert_memory_equal(buffer, L"x\0\0\0", 8);
    wcsncpy(buffer, L"vwxyz", 3);
    assert_memory_equal(buffer, L"vwx\0", 8);
}

static void compares(void **state)
{
    (void)state;
    assert_true(wcscmp(L"a", L"b") < 0);
    assert_true(wcscmp(L"b", L"a") > 0);
    assert_true(wcscmp(L"\xFFFF", L"a") > 0);
    assert_int_equal(wcsncmp(L"abx", L"aby", 2), 0);
    assert_int_equal(_wcsicmp(L"MiXeD", L"mIxEd"), 0);
    assert_true(_wcsicmp(L"a", L"B") < 0);
    assert_int_equal(_wcsnicmp(L"ABx", L"abY", 2), 0);
    assert_int_equal(_stricmp("MiXeD", "mIxEd"), 0);
    assert_int_equal(_strnicmp("ABx", "abY", 2), 0);
    assert_true(_stricmp("a", "b") < 0);
    assert_true(_stricmp("a", "") > 0);
}

static void finds(void **state)
{
    const wchar_t *text = L"abcabc";

    (void)state;
    assert_ptr_equal(wcschr(text, 'b'), text + 1);
    assert_ptr_equal(wcsrchr(text, 'b'), text + 4);
    assert_ptr_equal(wcschr(text, 0), text + 6);
    assert_null(wcschr(text, 'x'));
    assert_null(wcsrchr(text, 'x'));
    assert_ptr_equal(wcsstr(text, L"ca"), text + 2);
    assert_ptr_equal(wcsstr(text, L""), text);
    assert_null(wcsstr(text, L"cc"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(measures),
        cmocka_unit_test(copies),
        cmocka_unit_test(compares),
        cmocka_unit_test(finds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
