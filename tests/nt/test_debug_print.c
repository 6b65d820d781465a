/* SPDX-License-Identifier: MIT */
/* test_debug_print.c - each call is one write of the whole text. */
#include "nt_test.h"

#define OUTPUT_MAX 4096

static char output[OUTPUT_MAX];
static size_t output_length;
static unsigned writes;

static void take(const char *text, size_t length)
{
    assert_true(length < OUTPUT_MAX);
    memcpy(output, text, length);
    output[length] = '\0';
    output_length = length;
    writes++;
}

static int redirect(void **state)
{
    (void)state;
    nt_debug_output(take);
    return 0;
}

static int restore(void **state)
{
    (void)state;
    nt_debug_output(NULL);
    return 0;
}

static void prints_in_the_dialect(void **state)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"name");

    (void)state;
    assert_int_equal(DbgPrint("%wZ %I64x %lu\n", &name, 0x123456789ull, (ULONG)7), STATUS_SUCCESS);
    assert_string_equal(output, "name 123456789 7\n");
    assert_int_equal(DbgPrintEx(DPFLTR_IHVNETWORK_ID, DPFLTR_INFO_LEVEL, "plain"), STATUS_SUCCESS);
    assert_string_equal(output, "plain");
    assert_true(DbgQueryDebugFilterState(DPFLTR_IHVNETWORK_ID, DPFLTR_INFO_LEVEL));
}

static ULONG through_list(const char *prefix, const char *format, ...)
{
    va_list arguments;
    ULONG status;

    va_start(arguments, format);
    status = prefix ? vDbgPrintExWithPrefix(prefix, 0, 0, format, arguments)
                    : vDbgPrintEx(0, 0, format, arguments);
    va_end(arguments);
    return status;
}

static void takes_argument_lists(void **state)
{
    (void)state;
    assert_int_equal(through_list("[x] ", "%d", 5), STATUS_SUCCESS);
    assert_string_equal(output, "[x] 5");
    assert_int_equal(through_list(NULL, "%d", 6), STATUS_SUCCESS);
    assert_string_equal(output, "6");
}

static void writes_once_however_long(void **state)
{
    char text[2000];

    (void)state;
    for (size_t length = 500; length < 524; length++) {
        memset(text, 'x', length);
        text[length] = '\0';
        writes = 0;
        through_list(">>", "%s", text);
        assert_int_equal(writes, 1);
        assert_int_equal(output_length, length + 2);
    }
    memset(text, 'y', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    DbgPrint("%s", text);
    assert_string_equal(output, text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prints_in_the_dialect),
        cmocka_unit_test(takes_argument_lists),
        cmocka_unit_test(writes_once_however_long),
    };

    return cmocka_run_group_tests(tests, redirect, restore);
}
