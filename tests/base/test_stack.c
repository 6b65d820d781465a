/* SPDX-License-Identifier: MIT */
/* test_stack.c - a stack begins at the place that was asked for, is kept once, and has words. */
#include "base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

__attribute__((noinline)) static uint32_t inner(void)
{
    uint32_t stack = stack_take(__builtin_return_address(0));

    __asm__ volatile("" ::: "memory");
    return stack;
}

__attribute__((noinline)) static uint32_t outer(void)
{
    uint32_t stack = inner(); /* OUTER */

    __asm__ volatile("" ::: "memory");
    return stack;
}

static void test_it_begins_where_it_was_asked_to(void **state)
{
    const void *const *frames;
    char text[STACK_TEXT_MAX];
    uint32_t stack = outer();

    (void)state;
    assert_true(stack_frames(stack, &frames) >= 2);
    stack_describe(stack, text, sizeof(text));
    assert_int_equal(strncmp(text, "outer (test_stack.c:", 20), 0);
    assert_non_null(strstr(text, " < test_it_begins_where_it_was_asked_to (test_stack.c:"));
}

/* An optimiser may make several calls, at several places, of one in a loop. */
#ifdef __clang__
#define AS_WRITTEN __attribute__((noinline, optnone))
#else
#define AS_WRITTEN __attribute__((noinline, optimize("O0")))
#endif

AS_WRITTEN static void take_twice_and_once(uint32_t stacks[3])
{
    for (int i = 0; i < 2; i++)
        stacks[i] = outer();
    stacks[2] = outer();
}

static void test_the_same_stack_has_the_same_number(void **state)
{
    uint32_t stacks[3];

    (void)state;
    take_twice_and_once(stacks);
    assert_int_not_equal(stacks[0], 0);
    assert_int_equal(stacks[0], stacks[1]);
    assert_int_not_equal(stacks[0], stacks[2]);
    assert_int_equal(stack_count(stacks[0]), 1);
    assert_int_equal(stack_count(stacks[1]), 2);
    assert_int_equal(stack_count(stacks[2]), 1);
}

static void take_many(void *found)
{
    for (int i = 0; i < 1000; i++)
        *(uint32_t *)found = outer();
}

static void test_threads_agree(void **state)
{
    struct os_thread *threads[4];
    uint32_t found[4];
    const void *const *frames[2];

    (void)state;
    for (int i = 0; i < 4; i++)
        assert_int_equal(os_thread_start(&threads[i], "taker", take_many, &found[i]), 0);
    for (int i = 0; i < 4; i++)
        os_thread_join(threads[i]);
    for (int i = 1; i < 4; i++) {
        assert_int_equal(stack_frames(found[0], &frames[0]), stack_frames(found[i], &frames[1]));
        assert_ptr_equal(frames[0][0], frames[1][0]);
    }
}

static void test_there_is_none_of_an_unknown_number(void **state)
{
    const void *const *frames;
    char text[STACK_TEXT_MAX];

    (void)state;
    assert_int_equal(stack_frames(0, &frames), 0);
    assert_int_equal(stack_frames(STACKS_MAX + 1, &frames), 0);
    assert_int_equal(stack_count(0), 0);
    stack_describe(0, text, sizeof(text));
    assert_string_equal(text, "an unknown place");
}

static void test_a_thread_knows_its_stack(void **state)
{
    int here = 0;

    (void)state;
    assert_true((uintptr_t)&here < os_stack_end());
    assert_true((uintptr_t)__builtin_frame_address(0) > os_stack_begin());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_begins_where_it_was_asked_to),
        cmocka_unit_test(test_the_same_stack_has_the_same_number),
        cmocka_unit_test(test_threads_agree),
        cmocka_unit_test(test_there_is_none_of_an_unknown_number),
        cmocka_unit_test(test_a_thread_knows_its_stack),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
