/* SPDX-License-Identifier: MIT */
/*
 * test_finding.c - findings are said once, counted each time, and kept apart by rule, words and
 * place.
 */
#include "base.h"
#include "nt.h"
#include "verify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static _Atomic unsigned lines;

static void on_report(const char *text, size_t length)
{
    (void)text;
    assert_int_equal(text[length - 1], '\n');
    atomic_fetch_add(&lines, 1);
}

static int set_up(void **state)
{
    static const struct vf_config config = { .report = on_report };

    (void)state;
    lines = 0;
    assert_int_equal(nt_start(), STATUS_SUCCESS);
    vf_start(&config);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    vf_stop();
    nt_stop();
    return 0;
}

static void test_a_finding_is_said_once_and_counted(void **state)
{
    const char *rule, *text;
    uint64_t times;

    (void)state;
    for (int i = 0; i < 5; i++)
        hook_finding("WSK-V7", "the payload changed", NULL);
    hook_finding("WSK-V8", "the payload changed", NULL);
    hook_finding("WSK-V7", "the chain changed", NULL);
    assert_int_equal(lines, 3);
    assert_int_equal(vf_finding_count(), 3);
    assert_true(vf_finding_at(0, &rule, &text, &times));
    assert_string_equal(rule, "WSK-V7");
    assert_string_equal(text, "the payload changed");
    assert_int_equal(times, 5);
    assert_true(vf_finding_at(2, &rule, &text, &times));
    assert_string_equal(text, "the chain changed");
    assert_false(vf_finding_at(3, &rule, &text, &times));
}

static void test_places_are_kept_apart_and_named(void **state)
{
    const char *rule, *text;
    uint64_t times;

    (void)state;
    for (int i = 0; i < 2; i++)
        hook_finding("WSK-V9", "unbalanced", (const char *)(uintptr_t)set_up + 1 + i);
    assert_int_equal(vf_finding_count(), 2);
    assert_true(vf_finding_at(0, &rule, &text, &times));
    assert_non_null(strstr(text, "unbalanced, at set_up (test_finding.c:"));
}

static void find_often(void *argument)
{
    (void)argument;
    for (int i = 0; i < 200; i++)
        hook_finding("WSK-V7", "many threads", NULL);
}

static void test_threads_agree(void **state)
{
    struct os_thread *threads[4];
    const char *rule, *text;
    uint64_t times;

    (void)state;
    for (int i = 0; i < 4; i++)
        assert_int_equal(os_thread_start(&threads[i], "finder", find_often, NULL), 0);
    for (int i = 0; i < 4; i++)
        os_thread_join(threads[i]);
    assert_int_equal(vf_finding_count(), 1);
    assert_int_equal(lines, 1);
    assert_true(vf_finding_at(0, &rule, &text, &times));
    assert_int_equal(times, 800);
}

static void test_a_new_run_forgets(void **state)
{
    static const struct vf_config config = { .report = on_report };

    (void)state;
    hook_finding("WSK-V7", "forgotten", NULL);
    vf_stop();
    assert_int_equal(vf_finding_count(), 1);
    vf_start(&config);
    assert_int_equal(vf_finding_count(), 0);
}

static void note(const char *text)
{
    hook_tell(&(struct hook_report){ .rule = "WSK-V18", .severity = HOOK_NOTE, .text = text });
}

static void test_a_note_is_said_but_does_not_count(void **state)
{
    struct vf_found found;

    (void)state;
    note("one");
    note("one");
    hook_finding("WSK-V7", "one", NULL);
    assert_int_equal(vf_finding_count(), 1);
    assert_int_equal(lines, 2);
    assert_true(vf_found_at(0, &found));
    assert_int_equal(found.report.severity, HOOK_NOTE);
    assert_int_equal(found.times, 2);
    assert_string_equal(found.stacks, "");
}

/* The words are copies: whoever found it may be gone when a report is written. */
static void test_the_words_are_copies(void **state)
{
    char rule[] = "WSK-V7", text[] = "the payload changed";
    struct vf_found found;

    (void)state;
    hook_finding(rule, text, NULL);
    memset(rule, 'x', strlen(rule));
    memset(text, 'x', strlen(text));
    assert_true(vf_found_at(0, &found));
    assert_string_equal(found.report.rule, "WSK-V7");
    assert_string_equal(found.text, "the payload changed");
}

static void test_a_long_sentence_is_cut(void **state)
{
    static char text[5000];

    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    hook_finding("WSK-V7", text, (const char *)(uintptr_t)set_up + 1);
    hook_finding("WSK-V7", text, NULL);
    assert_int_equal(vf_finding_count(), 2);
    assert_int_equal(lines, 2); /* on_report looks for their ends */
}

/* Those that are too many are still said, but no longer kept. */
static void test_there_is_an_end_to_what_is_kept(void **state)
{
    char text[32];

    (void)state;
    note("first");
    for (unsigned i = 0; i < VF_FINDINGS_MAX + 5; i++) {
        snprintf(text, sizeof(text), "number %u", i);
        hook_finding("WSK-V7", text, NULL);
    }
    assert_int_equal(vf_finding_count(), VF_FINDINGS_MAX - 1);
    assert_int_equal(lines, VF_FINDINGS_MAX + 6);
    hook_finding("WSK-V7", "number 0", NULL);
    assert_int_equal(lines, VF_FINDINGS_MAX + 6);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_a_finding_is_said_once_and_counted),
        TEST(test_places_are_kept_apart_and_named),
        TEST(test_threads_agree),
        TEST(test_a_new_run_forgets),
        TEST(test_a_note_is_said_but_does_not_count),
        TEST(test_the_words_are_copies),
        TEST(test_a_long_sentence_is_cut),
        TEST(test_there_is_an_end_to_what_is_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
