/* SPDX-License-Identifier: MIT */
/* test_retained.c - how many indications are retained at once, and for how long. */
#include "retained.h"

#include "base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define ENTRIES 40 /* more than there are lists */

static struct hooks hooks;
static struct hook_retained entries[ENTRIES];

static int start(void **state)
{
    (void)state;
    memset(entries, 0, sizeof(entries));
    atomic_store(&hook_rules, 1u << 27);
    vf_retained_start(&hooks);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    atomic_store(&hook_rules, 0);
    return 0;
}

static void test_the_most_at_once(void **state)
{
    (void)state;
    assert_int_equal(vf_retained_marks().most, 0);
    assert_int_equal(vf_retained_marks().longest_ns, 0);
    for (int i = 0; i < ENTRIES; i++)
        hooks.retained(&entries[i]);
    for (int i = ENTRIES; i-- > 0;)
        hooks.given_back(&entries[i]);
    for (int i = 0; i < 3; i++)
        hooks.retained(&entries[i]);
    assert_int_equal(vf_retained_marks().most, ENTRIES);
    for (int i = 0; i < 3; i++)
        hooks.given_back(&entries[i]);
}

static void test_the_longest_is_kept_when_it_is_given_back(void **state)
{
    uint64_t longest_ns;

    (void)state;
    hooks.retained(&entries[0]);
    entries[0].since_ns -= OS_NS_PER_S;
    hooks.given_back(&entries[0]);
    longest_ns = vf_retained_marks().longest_ns;
    assert_true(longest_ns >= OS_NS_PER_S);
    hooks.retained(&entries[0]);
    hooks.given_back(&entries[0]);
    assert_int_equal(vf_retained_marks().longest_ns, longest_ns);
}

static void test_what_is_still_retained_counts_with_its_age(void **state)
{
    uint64_t first_ns;

    (void)state;
    hooks.retained(&entries[0]);
    entries[0].since_ns -= OS_NS_PER_S;
    first_ns = vf_retained_marks().longest_ns;
    assert_true(first_ns >= OS_NS_PER_S);
    assert_true(vf_retained_marks().longest_ns >= first_ns);
    hooks.given_back(&entries[0]);
}

/* While the rule is off, nothing is looked at: lists may belong to what is gone. */
static void test_off_the_lists_are_left_alone(void **state)
{
    (void)state;
    hooks.retained(&entries[0]);
    entries[0].since_ns -= OS_NS_PER_S;
    atomic_store(&hook_rules, 0);
    assert_int_equal(vf_retained_marks().longest_ns, 0);
    assert_int_equal(vf_retained_marks().most, 1);
}

static void test_what_an_earlier_run_left_is_no_longer_counted(void **state)
{
    (void)state;
    hooks.retained(&entries[0]);
    vf_retained_start(&hooks);
    hooks.given_back(&entries[0]);
    hooks.retained(&entries[1]);
    assert_int_equal(vf_retained_marks().most, 1);
    hooks.given_back(&entries[1]);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(test_the_most_at_once),
        TEST(test_the_longest_is_kept_when_it_is_given_back),
        TEST(test_what_is_still_retained_counts_with_its_age),
        TEST(test_off_the_lists_are_left_alone),
        TEST(test_what_an_earlier_run_left_is_no_longer_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
