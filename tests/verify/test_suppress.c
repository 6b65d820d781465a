/* SPDX-License-Identifier: MIT */
/*
 * test_suppress.c - what a file of suppressions may say, what its patterns match, and what is told
 * of them.
 */
#define _GNU_SOURCE
#include "suppress.h"

#include "nt.h"
#include "verify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* --- Fixture --------------------------------------------------------------------------------- */

static char report[8192];
static char path[64];
static char error[256];

static void on_report(const char *text, size_t length)
{
    size_t used = strlen(report);

    snprintf(report + used, sizeof(report) - used, "%.*s", (int)length, text);
}

static int set_up(void **state)
{
    int file;

    (void)state;
    report[0] = error[0] = '\0';
    snprintf(path, sizeof(path), "/tmp/suppressions.XXXXXX");
    file = mkstemp(path);
    return file < 0 ? -1 : close(file);
}

static int tear_down(void **state)
{
    (void)state;
    vf_suppressions_stop();
    return unlink(path);
}

static void write_file(const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static bool take(const char *text)
{
    write_file(text);
    error[0] = '\0';
    return vf_option("suppressions", path, error, sizeof(error));
}

static void assert_taken(const char *text)
{
    if (!take(text))
        fail_msg("refused: %s", error);
    assert_string_equal(error, "");
}

/* It is refused for that line. */
static void assert_refused(const char *text, unsigned line, const char *words)
{
    char place[96];

    assert_false(take(text));
    snprintf(place, sizeof(place), "%s:%u: ", path, line);
    if (strncmp(error, place, strlen(place)) != 0 || !strstr(error, words))
        fail_msg("'%s' is not '%s...%s'", error, place, words);
}

/* --- What a file may say --------------------------------------------------------------------- */

static void test_comments_and_empty_lines_say_nothing(void **state)
{
    (void)state;
    assert_taken("");
    assert_taken("# WSK-V16 *\n\n   \n\t\n  # WSK-V16 *\n\r\n");
    assert_false(vf_suppressed("WSK-V16", "anything"));
}

static void test_ends_of_lines(void **state)
{
    (void)state;
    assert_taken("WSK-V16 unix\nWSK-V16 windows\r\n  WSK-V16   blanks\nWSK-V16 none");
    assert_true(vf_suppressed("WSK-V16", "unix"));
    assert_true(vf_suppressed("WSK-V16", "windows"));
    assert_true(vf_suppressed("WSK-V16", "blanks"));
    assert_true(vf_suppressed("WSK-V16", "none"));
    assert_false(vf_suppressed("WSK-V16", "unix\n"));
}

static void test_a_line_without_a_pattern_is_refused(void **state)
{
    (void)state;
    assert_refused("nonsense\n", 1, "a rule, a blank and a pattern");
    assert_refused("# one\nWSK-V16 *\nWSK-V16\n", 3, "a rule, a blank and a pattern");
    assert_refused("\nWSK-V16   \n", 2, "a rule, a blank and a pattern");
    assert_refused("WSK-V16\t*\n", 1, "a rule, a blank and a pattern");
}

/* It would never match, and nobody would know. */
static void test_what_is_no_rule_is_refused(void **state)
{
    static const char *const rules[] = {
        "V16", "16", "WSK-V", "WSK-V0", "WSK-V31", "WSK-V016", "WSK-V16,", "wsk-v16", "WSK-V161",
        "WSK-V-1", "HANG", "*",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++) {
        char text[64];

        snprintf(text, sizeof(text), "WSK-V1 *\n%s *\n", rules[i]);
        assert_refused(text, 2, "no such rule");
    }
    assert_taken("WSK-V1 a\nWSK-V30 b\n");
}

static char *long_line(char *text, const char *begin, size_t length)
{
    size_t used = strlen(begin);

    memcpy(text, begin, used);
    memset(text + used, 'x', length - used);
    text[length] = '\0';
    return text;
}

/* Cut, it would match what it should not, and its rest would be read as another line. */
static void test_a_line_that_is_too_long_is_refused(void **state)
{
    char text[1024];

    (void)state;
    assert_refused(long_line(text, "WSK-V16 ", 600), 1, "too long");
    assert_refused(strcat(long_line(text, "# ", 511), "WSK-V16 *\n"), 1, "too long");
    assert_false(vf_suppressed("WSK-V16", "anything"));
    assert_taken(strcat(long_line(text, "WSK-V16 ", 510), "\n"));
    text[510] = '\0';
    assert_true(vf_suppressed("WSK-V16", text + strlen("WSK-V16 ")));
    text[509] = '\0';
    assert_false(vf_suppressed("WSK-V16", text + strlen("WSK-V16 ")));
}

static void test_too_many_lines_are_refused(void **state)
{
    char text[257 * sizeof("WSK-V16 pattern") + 1] = "";

    (void)state;
    for (unsigned i = 0; i < 257; i++)
        strcat(text, "WSK-V16 pattern\n");
    assert_refused(text, 257, "too many lines");
    text[256 * strlen("WSK-V16 pattern\n")] = '\0';
    assert_taken(text);
}

static void test_a_file_that_cannot_be_read(void **state)
{
    (void)state;
    assert_false(vf_option("suppressions", "/nonexistent/list", error, sizeof(error)));
    assert_string_equal(error, "cannot read /nonexistent/list");
    assert_false(vf_option("suppressions", "/tmp", error, sizeof(error)));
    assert_string_equal(error, "cannot read /tmp");
}

/* What stood above the broken line does not count either; what an earlier file said does. */
static void test_a_broken_file_changes_nothing(void **state)
{
    (void)state;
    assert_taken("WSK-V16 kept\n");
    assert_refused("WSK-V16 *\nnonsense\n", 2, "are wanted");
    assert_false(vf_suppressed("WSK-V16", "other"));
    assert_true(vf_suppressed("WSK-V16", "kept"));
}

static void test_files_add_up(void **state)
{
    (void)state;
    assert_taken("WSK-V16 first\n");
    assert_taken("WSK-V7 second\n");
    assert_true(vf_suppressed("WSK-V16", "first"));
    assert_true(vf_suppressed("WSK-V7", "second"));
}

/* --- What matches ---------------------------------------------------------------------------- */

static void test_only_its_rule_is_suppressed(void **state)
{
    (void)state;
    assert_taken("WSK-V1 *\n");
    assert_true(vf_suppressed("WSK-V1", "a"));
    assert_false(vf_suppressed("WSK-V16", "a"));
    assert_false(vf_suppressed("WSK-V10", "a"));
    assert_false(vf_suppressed("WSK-V", "a"));
    /* A rule whose number begins another's: the rest is no pattern. */
    assert_taken("WSK-V29 *\n");
    assert_false(vf_suppressed("WSK-V2", "9 a"));
}

static void test_the_pattern_is_of_the_whole_text(void **state)
{
    (void)state;
    assert_taken("WSK-V16 *made at MakeCache (cache.c:*\nWSK-V7 payload ? changed\n");
    assert_true(vf_suppressed("WSK-V16", "1 lookaside list, made at MakeCache (cache.c:12)"));
    assert_false(vf_suppressed("WSK-V16", "1 lookaside list, made at MakeCaches (cache.c:12)"));
    assert_true(vf_suppressed("WSK-V7", "payload 1 changed"));
    assert_false(vf_suppressed("WSK-V7", "payload 12 changed"));
    assert_false(vf_suppressed("WSK-V7", "the payload 1 changed"));
    assert_false(vf_suppressed("WSK-V7", "payload 1 changed, at Send (a.c:1)"));
}

/* A place is part of a path, with its slashes; a number without a star is that line alone. */
static void test_lines_of_the_source(void **state)
{
    (void)state;
    assert_taken("WSK-V16 *(cache.c:12)\nWSK-V7 *at * (send.c:3?)\n");
    assert_true(vf_suppressed("WSK-V16", "left, at a/b/Make (cache.c:12)"));
    assert_false(vf_suppressed("WSK-V16", "left, at Make (cache.c:121)"));
    assert_false(vf_suppressed("WSK-V16", "left, at Make (cache.c:1)"));
    assert_true(vf_suppressed("WSK-V7", "changed, at Send (send.c:31)"));
    assert_false(vf_suppressed("WSK-V7", "changed, at Send (send.c:3)"));
}

/* --- What is told ---------------------------------------------------------------------------- */

static void start(void)
{
    static const struct vf_config config = { .report = on_report };

    assert_int_equal(nt_start(), STATUS_SUCCESS);
    vf_start(&config);
}

static void stop(void)
{
    vf_stop();
    nt_stop();
}

static void test_a_suppressed_finding_is_counted_and_not_said(void **state)
{
    struct vf_found found;

    (void)state;
    assert_taken("WSK-V7 the payload*\n");
    start();
    hook_finding("WSK-V7", "the payload changed", NULL);
    hook_finding("WSK-V7", "the payload went", NULL);
    hook_finding("WSK-V7", "the chain changed", NULL);
    hook_finding("WSK-V7", "the payload came back", NULL);
    assert_int_equal(vf_finding_count(), 1);
    assert_true(vf_found_at(0, &found));
    assert_string_equal(found.text, "the chain changed");
    assert_false(vf_found_at(1, &found));
    assert_null(strstr(report, "payload"));
    assert_non_null(strstr(report, "the chain changed"));
    stop();
    assert_non_null(strstr(report, "openwsk: 3 findings suppressed\n"));
}

/* As findings are counted: the same one is one, however often it is found. */
static void test_the_same_finding_counts_once(void **state)
{
    (void)state;
    assert_taken("WSK-V7 *\n");
    start();
    for (unsigned i = 0; i < 5; i++)
        hook_finding("WSK-V7", "the payload changed", NULL);
    assert_int_equal(vf_finding_count(), 0);
    stop();
    assert_string_equal(report, "openwsk: 1 finding suppressed\n");
}

static void test_the_place_belongs_to_the_text(void **state)
{
    (void)state;
    assert_taken("WSK-V9 unbalanced, at set_up (test_suppress.c:*\n");
    start();
    hook_finding("WSK-V9", "unbalanced", (const char *)(uintptr_t)set_up + 1);
    hook_finding("WSK-V9", "unbalanced", (const char *)(uintptr_t)start + 1);
    assert_int_equal(vf_finding_count(), 1);
    stop();
    assert_non_null(strstr(report, "at start (test_suppress.c:"));
    assert_null(strstr(report, "at set_up"));
}

static void test_a_bug_check_is_never_suppressed(void **state)
{
    struct vf_found found;

    (void)state;
    assert_taken("WSK-V1 *\n");
    start();
    vf_report(&(struct hook_report){ .rule = "WSK-V1", .severity = HOOK_STOP, .text = "the end" });
    assert_true(vf_found_at(0, &found));
    assert_string_equal(found.report.text, "the end");
    stop();
    assert_string_equal(report, "");
}

/* A list that serves several drivers has lines that say nothing of this one. */
static void test_an_unused_line_is_not_told(void **state)
{
    (void)state;
    assert_taken("WSK-V7 nothing like that\n");
    start();
    hook_finding("WSK-V8", "nothing like that", NULL);
    stop();
    assert_string_equal(report, "openwsk: WSK-V8: nothing like that\n");
}

static void test_the_next_run_knows_nothing_of_it(void **state)
{
    (void)state;
    assert_taken("WSK-V7 *\n");
    start();
    hook_finding("WSK-V7", "the payload changed", NULL);
    stop();
    report[0] = '\0';
    start();
    hook_finding("WSK-V7", "the payload changed", NULL);
    assert_int_equal(vf_finding_count(), 1);
    stop();
    assert_string_equal(report, "openwsk: WSK-V7: the payload changed\n");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_comments_and_empty_lines_say_nothing),
        TEST(test_ends_of_lines),
        TEST(test_a_line_without_a_pattern_is_refused),
        TEST(test_what_is_no_rule_is_refused),
        TEST(test_a_line_that_is_too_long_is_refused),
        TEST(test_too_many_lines_are_refused),
        TEST(test_a_file_that_cannot_be_read),
        TEST(test_a_broken_file_changes_nothing),
        TEST(test_files_add_up),
        TEST(test_only_its_rule_is_suppressed),
        TEST(test_the_pattern_is_of_the_whole_text),
        TEST(test_lines_of_the_source),
        TEST(test_a_suppressed_finding_is_counted_and_not_said),
        TEST(test_the_same_finding_counts_once),
        TEST(test_the_place_belongs_to_the_text),
        TEST(test_a_bug_check_is_never_suppressed),
        TEST(test_an_unused_line_is_not_told),
        TEST(test_the_next_run_knows_nothing_of_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
