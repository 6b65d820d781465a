/* SPDX-License-Identifier: MIT */
/* test_absent.c - what is absent says so, once, and fails. */
#include "nt_test.h"

static void ask(void)
{
    static char same[] = "SomeFunction";

    if (nt_absent("SomeFunction") == STATUS_NOT_IMPLEMENTED &&
        nt_absent(same) == STATUS_NOT_IMPLEMENTED && nt_absent("Other") == STATUS_NOT_IMPLEMENTED)
        KeBugCheck(MANUALLY_INITIATED_CRASH);
}

static unsigned occurrences(const char *words)
{
    unsigned count = 0;

    for (const char *at = bug_check_text(); (at = strstr(at, words)) != NULL; at++)
        count++;
    return count;
}

static void says_its_name_once(void **state)
{
    (void)state;
    assert_bug_check(MANUALLY_INITIATED_CRASH, ask);
    assert_int_equal(occurrences("SomeFunction is not implemented"), 1);
    assert_int_equal(occurrences("Other is not implemented"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(says_its_name_once) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
