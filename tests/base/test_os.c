/* SPDX-License-Identifier: MIT */
#include "base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void wait_times_out(void **state)
{
    _Atomic uint32_t word = 1;
    uint64_t before = os_clock_ns();

    (void)state;
    while (os_wait(&word, 1, before + 5 * OS_NS_PER_MS))
        ; /* spurious wakes are allowed */
    assert_true(os_clock_ns() >= before + 5 * OS_NS_PER_MS);
    assert_true(os_wait(&word, 2, OS_FOREVER)); /* another value: no wait at all */
}

static void set_and_wake(void *argument)
{
    _Atomic uint32_t *word = argument;

    atomic_store(word, 1);
    os_wake_all(word);
}

static void wait_is_woken(void **state)
{
    _Atomic uint32_t word = 0;
    struct os_thread *thread;

    (void)state;
    assert_int_equal(os_thread_start(&thread, "waker with a long name", set_and_wake, (void *)&word), 0);
    while (atomic_load(&word) == 0)
        os_wait(&word, 0, OS_FOREVER);
    os_thread_join(thread);
}

static _Atomic int exit_calls;

static void on_exit_call(void *value)
{
    /* Newest first. */
    assert_int_equal(atomic_fetch_add(&exit_calls, 1), *(int *)value);
}

static void thread_that_leaves(void *argument)
{
    static int second = 1, first = 0;

    (void)argument;
    assert_int_equal(os_thread_on_exit(on_exit_call, &second), 0);
    assert_int_equal(os_thread_on_exit(on_exit_call, &first), 0);
    os_thread_exit();
}

static void exit_calls_run(void **state)
{
    struct os_thread *thread;

    (void)state;
    assert_int_equal(os_thread_start(&thread, "leaver", thread_that_leaves, NULL), 0);
    os_thread_join(thread);
    assert_int_equal(exit_calls, 2);
}

static void store_id(void *argument)
{
    *(uint32_t *)argument = os_thread_id();
}

static void thread_ids_differ(void **state)
{
    struct os_thread *thread;
    uint32_t other = 0;

    (void)state;
    assert_int_equal(os_thread_start(&thread, "id", store_id, &other), 0);
    os_thread_join(thread);
    assert_int_not_equal(other, 0);
    assert_int_not_equal(other, os_thread_id());
    assert_int_equal(os_thread_id(), os_thread_id());
}

static void clocks_chance_and_processors(void **state)
{
    unsigned char a[64] = { 0 }, b[64] = { 0 };
    uint64_t before = os_clock_ns();

    (void)state;
    assert_true(os_clock_ns() >= before);
    assert_true(os_realtime_ns() > 1700000000ull * OS_NS_PER_S);
    os_random(a, sizeof(a));
    os_random(b, sizeof(b));
    assert_memory_not_equal(a, b, sizeof(a));
    assert_in_range(os_processor_count(), 1, 100000);
}

/*
 * The text names the very line below; where there is no debugging information, at least the file.
 */
static void symbols_name_the_place(void **state)
{
    char text[SYMBOL_TEXT_MAX];
    const void *stack[SYMBOL_STACK_MAX];
    size_t depth = symbol_stack(stack, SYMBOL_STACK_MAX);
    bool found = false;

    (void)state;
    assert_true(depth > 2);
    for (size_t i = 0; i < depth; i++) {
        symbol_describe(stack[i], text, sizeof(text));
        found = found || strstr(text, "symbols_name_the_place (test_os.c:");
    }
    assert_true(found);
    symbol_describe(NULL, text, sizeof(text));
    assert_string_equal(text, "an unknown place");
    symbol_describe((const void *)16, text, sizeof(text));
    assert_string_equal(text, "0x10");
    symbol_module((const void *)16, text, sizeof(text));
    assert_string_equal(text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wait_times_out),
        cmocka_unit_test(wait_is_woken),
        cmocka_unit_test(exit_calls_run),
        cmocka_unit_test(thread_ids_differ),
        cmocka_unit_test(clocks_chance_and_processors),
        cmocka_unit_test(symbols_name_the_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
