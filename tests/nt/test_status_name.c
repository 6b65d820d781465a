/* SPDX-License-Identifier: MIT */
/* test_status_name.c - statuses as words and as Win32 errors. */
#include "nt_test.h"

static void names_statuses(void **state)
{
    (void)state;
    assert_string_equal(nt_status_name(STATUS_SUCCESS), "STATUS_SUCCESS");
    assert_string_equal(nt_status_name(STATUS_PENDING), "STATUS_PENDING");
    assert_string_equal(nt_status_name(STATUS_CANCELLED), "STATUS_CANCELLED");
    assert_string_equal(nt_status_name((NTSTATUS)0xC7654321), "0xC7654321");
    assert_int_equal(RtlNtStatusToDosError(STATUS_SUCCESS), 0);
    assert_int_equal(RtlNtStatusToDosError(STATUS_ACCESS_DENIED), 5);
    assert_int_equal(RtlNtStatusToDosErrorNoTeb((NTSTATUS)0xC7654321), 317);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_statuses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
