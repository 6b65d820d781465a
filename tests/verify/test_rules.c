/* SPDX-License-Identifier: MIT */
/* test_rules.c - how --verify reads its list, and that a bad list changes nothing. */
#include "base.h"
#include "nt.h"
#include "rules.h"
#include "verify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define ALL 0x7ffffffeu

#define BIT(number) (1u << (number))

static void on_report(const char *text, size_t length)
{
    (void)text;
    (void)length;
}

/* The rules that are on once the verifier has started with what was chosen. */
static uint32_t started(void)
{
    static const struct vf_config config = { .report = on_report };
    uint32_t rules;

    assert_int_equal(nt_start(), STATUS_SUCCESS);
    vf_start(&config);
    rules = atomic_load(&hook_rules);
    vf_stop();
    nt_stop();
    assert_int_equal(atomic_load(&hook_rules), 0);
    return rules;
}

static uint32_t rules_of(const char *list)
{
    char error[256] = "";

    assert_true(vf_option("verify", list, error, sizeof(error)));
    assert_string_equal(error, "");
    return started();
}

static void test_words(void **state)
{
    (void)state;
    assert_int_equal(rules_of("on"), ALL);
    assert_int_equal(rules_of("off"), 0);
}

static void test_a_list_begins_with_none(void **state)
{
    (void)state;
    assert_int_equal(rules_of("V5"), BIT(5));
    assert_int_equal(rules_of("V5,V7"), BIT(5) | BIT(7));
    assert_int_equal(rules_of("+V1,V30"), BIT(1) | BIT(30));
    assert_int_equal(rules_of("v5,WSK-V7,+WSK-v14"), BIT(5) | BIT(7) | BIT(14));
}

static void test_a_minus_in_front_begins_with_all(void **state)
{
    (void)state;
    assert_int_equal(rules_of("-V14"), ALL & ~BIT(14));
    assert_int_equal(rules_of("-WSK-V14,-v1"), ALL & ~(BIT(14) | BIT(1)));
}

static void test_the_last_word_on_a_rule_counts(void **state)
{
    (void)state;
    assert_int_equal(rules_of("V5,V5"), BIT(5));
    assert_int_equal(rules_of("V5,V7,-V5"), BIT(7));
    assert_int_equal(rules_of("-V5,V5"), ALL);
    assert_int_equal(rules_of("V5,-V5,+V5"), BIT(5));
    assert_int_equal(rules_of("V5,-V5"), 0);
    assert_int_equal(rules_of("-V5,-V5"), ALL & ~BIT(5));
}

/* A comma at the end is no rule that is missing. */
static void test_a_comma_at_the_end(void **state)
{
    (void)state;
    assert_int_equal(rules_of("V5,"), BIT(5));
}

static void test_nothing_stays_for_the_next_start(void **state)
{
    (void)state;
    assert_int_equal(rules_of("V5"), BIT(5));
    assert_int_equal(started(), 0);
}

static void test_bad_lists(void **state)
{
    static const char *const lists[] = {
        "", ",", "V", "-", "+", "V0", "V31", "V-1", "V+5", "V 5", " V5", "V5 ", "5", "W5",
        "WSK-", "WSK-5", "V5;V7", "V5,,V7", ",V5", "V5,V31", "V5,nonsense", "V5x", "--V5", "-+V5", "ON", "onn", "of",
        "on,V5", "V5,off", "V99999999999999999999", "V4294967301",
        "V-18446744073709551611",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
        char error[256] = "";

        if (vf_option("verify", lists[i], error, sizeof(error)))
            fail_msg("'%s' was taken", lists[i]);
        assert_true(error[0] != '\0');
    }
}

static void test_an_error_names_what_is_wrong(void **state)
{
    char error[256], small[8];

    (void)state;
    assert_false(vf_verify("V5,V31,V7", error, sizeof(error)));
    assert_non_null(strstr(error, "'V31,V7'"));
    assert_non_null(strstr(error, "V1 to V30"));
    assert_false(vf_verify("", error, sizeof(error)));
    assert_non_null(strstr(error, "on, off"));
    memset(small, 'x', sizeof(small));
    assert_false(vf_verify("nonsense", small, sizeof(small)));
    assert_non_null(memchr(small, '\0', sizeof(small)));
}

static void test_a_bad_list_changes_nothing(void **state)
{
    char error[256];

    (void)state;
    assert_true(vf_verify("V5,V7", error, sizeof(error)));
    assert_false(vf_verify("V9,V31", error, sizeof(error)));
    assert_false(vf_verify("-V5,rubbish", error, sizeof(error)));
    assert_int_equal(started(), BIT(5) | BIT(7));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_a_list_begins_with_none),
        cmocka_unit_test(test_a_minus_in_front_begins_with_all),
        cmocka_unit_test(test_the_last_word_on_a_rule_counts),
        cmocka_unit_test(test_a_comma_at_the_end),
        cmocka_unit_test(test_nothing_stays_for_the_next_start),
        cmocka_unit_test(test_bad_lists),
        cmocka_unit_test(test_an_error_names_what_is_wrong),
        cmocka_unit_test(test_a_bad_list_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
