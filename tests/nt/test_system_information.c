/* SPDX-License-Identifier: MIT */
/* test_system_information.c - facts about the machine. */
#include "nt_test.h"

#include <string.h>
#include <winternl.h>

static void tells_of_the_machine(void **state)
{
    SYSTEM_BASIC_INFORMATION basic;
    ULONG length = 0, word;

    (void)state;
    assert_int_equal(ZwQuerySystemInformation(SystemBasicInformation, &basic, sizeof(basic),
                                              &length), STATUS_SUCCESS);
    assert_int_equal(length, sizeof(basic));
    assert_int_equal(basic.NumberOfProcessors, KeQueryActiveProcessorCount(NULL));
    memcpy(&word, &basic.Reserved1[4], sizeof(word));
    assert_int_equal(word, KeQueryTimeIncrement());
    memcpy(&word, &basic.Reserved1[8], sizeof(word));
    assert_int_equal(word, PAGE_SIZE);
    memcpy(&word, &basic.Reserved1[12], sizeof(word));
    assert_true(word > 1024);
    assert_int_equal(NtQuerySystemInformation(SystemBasicInformation, &basic, sizeof(basic), NULL),
                     STATUS_SUCCESS);
}

static void refuses_what_it_does_not_know(void **state)
{
    SYSTEM_BASIC_INFORMATION basic[2];
    ULONG length = 0;

    (void)state;
    memset(basic, 0x5A, sizeof(basic));
    assert_int_equal(ZwQuerySystemInformation(SystemBasicInformation, basic, sizeof(*basic) - 1,
                                              &length), STATUS_INFO_LENGTH_MISMATCH);
    assert_int_equal(length, sizeof(*basic));
    assert_int_equal(NtQuerySystemInformation(SystemBasicInformation, basic, sizeof(basic), NULL),
                     STATUS_INFO_LENGTH_MISMATCH);
    length = 77;
    assert_int_equal(ZwQuerySystemInformation((SYSTEM_INFORMATION_CLASS)9999, basic,
                                              sizeof(*basic), &length), STATUS_INVALID_INFO_CLASS);
    assert_int_equal(length, 77);
    for (size_t i = 0; i < sizeof(basic); i++)
        assert_int_equal(((UCHAR *)basic)[i], 0x5A);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_of_the_machine),
        cmocka_unit_test(refuses_what_it_does_not_know),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
