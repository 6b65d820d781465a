/* SPDX-License-Identifier: MIT */
/* test_version.c - which Windows drivers believe to run on. */
#include "nt_test.h"

static void says_which_windows(void **state)
{
    RTL_OSVERSIONINFOEXW version = { .dwOSVersionInfoSize = sizeof(version) };
    RTL_OSVERSIONINFOEXW wanted = { .dwMajorVersion = 6, .dwMinorVersion = 3 };
    ULONG major, minor, build;

    (void)state;
    assert_int_equal(RtlGetVersion((PRTL_OSVERSIONINFOW)&version), STATUS_SUCCESS);
    assert_int_equal(version.dwMajorVersion, 10);
    assert_true(version.dwBuildNumber > 20348);
    assert_false(PsGetVersion(&major, &minor, &build, NULL));
    assert_int_equal(build, version.dwBuildNumber);
    assert_true(RtlIsNtDdiVersionAvailable(NTDDI_WIN10));
    assert_false(RtlIsNtDdiVersionAvailable(0x0B000000));
    assert_int_equal(RtlVerifyVersionInfo(&wanted, VER_MAJORVERSION | VER_MINORVERSION,
                                          VER_GREATER_EQUAL << 3 | VER_GREATER_EQUAL),
                     STATUS_SUCCESS);
    wanted.dwMajorVersion = 11;
    assert_int_equal(RtlVerifyVersionInfo(&wanted, VER_MAJORVERSION, VER_GREATER_EQUAL << 3),
                     STATUS_REVISION_MISMATCH);
    assert_int_equal(RtlVerifyVersionInfo(&wanted, 0, 0), STATUS_INVALID_PARAMETER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_which_windows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
