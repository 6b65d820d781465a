/* SPDX-License-Identifier: MIT */
#include "nt_test.h"

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(nt_bug_check_name(0xA), "IRQL_NOT_LESS_OR_EQUAL");
    assert_string_equal(nt_bug_check_name(0xF), "SPIN_LOCK_ALREADY_OWNED");
    assert_string_equal(nt_bug_check_name(0x44), "MULTIPLE_IRP_COMPLETE_REQUESTS");
    assert_string_equal(nt_bug_check_name(0xBADC0DE), "0x0BADC0DE");
}

static __attribute__((noinline)) void innermost_function(void)
{
    KeBugCheckEx(0xC4, 0x11, 2, 3, 0xFFFFFFFFFFFFFFFF);
}

static __attribute__((noinline)) void with_parameters(void)
{
    innermost_function();
    __asm__ volatile("");
}

/* The line after the stop line is the first of the stack: the function that called. */
static void test_text(void **state)
{
    const char *text, *frame;

    (void)state;
    assert_bug_check(0xC4, with_parameters);
    assert_bug_text("*** STOP: 0x000000C4 DRIVER_VERIFIER_DETECTED_VIOLATION (0x0000000000000011, "
                    "0x0000000000000002, 0x0000000000000003, 0xFFFFFFFFFFFFFFFF)\n");
    assert_bug_text("test_bugcheck.c:");
    text = bug_check_text();
    frame = strchr(text, '\n') + 1;
    assert_int_equal(strspn(frame, " "), 8);
    assert_int_equal(strncmp(frame + 8, "innermost_function", strlen("innermost_function")), 0);
    assert_null(strstr(text, "KeBugCheckEx"));
}

static void with_rule(void)
{
    struct nt_bug bug = {
        .code = INCONSISTENT_IRP, .rule = "WSK-V13", .sentence = "The socket is closed.",
    };

    nt_bug_check(&bug);
}

static void without_words(void)
{
    KeBugCheck(0xBADC0DE);
}

static void test_rule_and_sentence(void **state)
{
    (void)state;
    assert_bug_check(INCONSISTENT_IRP, with_rule);
    assert_bug_text("\n    WSK-V13: The socket is closed.\n");
    assert_bug_text("with_rule");
    assert_bug_check(0xBADC0DE, without_words);
}

static void on_bug_check(unsigned code)
{
    char text[64];
    int length = snprintf(text, sizeof(text), "hook saw 0x%X\n", code);

    os_print(true, text, (size_t)length);
}

static void stop_again(unsigned code)
{
    (void)code;
    KeBugCheck(0x1);
}

static void with_hook(void)
{
    static const struct hooks hooks = { .bug_check = on_bug_check };

    base_hooks = &hooks;
    KeBugCheck(0xC4);
}

/* A hook that breaks a rule itself may not hang or recurse. */
static void with_broken_hook(void)
{
    static const struct hooks hooks = { .bug_check = stop_again };

    base_hooks = &hooks;
    KeBugCheck(0xC4);
}

static void test_hook_runs_last(void **state)
{
    const char *stop, *hook;

    (void)state;
    assert_bug_check(0xC4, with_hook);
    stop = strstr(bug_check_text(), "*** STOP");
    hook = strstr(bug_check_text(), "hook saw 0xC4");
    assert_true(stop && hook && stop < hook);
    assert_bug_check(0xC4, with_broken_hook);
    assert_null(strstr(bug_check_text(), "0x00000001"));
}

static void stop_here(void *context, unsigned index)
{
    (void)context;
    KeBugCheck(0x100 + index);
}

static void in_four_threads(void)
{
    crew_run(4, stop_here, NULL);
}

/* Of several at once one is told. */
static void test_only_one_stops(void **state)
{
    const char *first;

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        char stop[32];

        if (i == 0)
            bug_check_run(in_four_threads);
        snprintf(stop, sizeof(stop), "*** STOP: 0x%08X", 0x100 + i);
        first = strstr(bug_check_text(), stop);
        if (first)
            break;
    }
    assert_non_null(first);
    assert_null(strstr(first + 1, "*** STOP"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_rule_and_sentence),
        cmocka_unit_test(test_hook_runs_last),
        cmocka_unit_test(test_only_one_stops),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
