/* SPDX-License-Identifier: MIT */
/*
 * test_low_resources.c - what low resources simulation denies: each call of the driver once for
 * each of its stacks, nothing of anybody else, and nothing while it is suspended. This program
 * plays the driver.
 */
#include "low_resources.h"

#include "crew.h"
#include "nt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* --- Fixture --------------------------------------------------------------------------------- */

#define TOLD_MAX 64

static struct vf_point told[TOLD_MAX];
static size_t told_count;
static struct base_lock lock;

static void on_report(const char *text, size_t length)
{
    (void)text;
    (void)length;
}

static void on_point(const struct vf_point *point)
{
    base_lock_acquire(&lock);
    if (told_count < TOLD_MAX)
        told[told_count++] = *point;
    base_lock_release(&lock);
}

static const void *driver(void)
{
    return (const void *)(uintptr_t)driver;
}

static void start(const char *option, const char *value)
{
    static const struct vf_config config = { .report = on_report };
    char error[128] = "";

    told_count = 0;
    assert_int_equal(nt_start(), STATUS_SUCCESS);
    if (!vf_option(option, value, error, sizeof(error)))
        fail_msg("%s", error);
    vf_points_tell(on_point);
    vf_start(&config);
}

static int tear_down(void **state)
{
    (void)state;
    vf_driver_remove(driver());
    vf_stop();
    nt_stop();
    return 0;
}

/* --- The driver ------------------------------------------------------------------------------ */

#define TAG 'wolR'

/* Counts rounds, which the compiler may not unroll: each would become another place. */
#define ROUND volatile unsigned

/* Whether the allocation is denied. */
__attribute__((noinline)) static bool pool_denied(void)
{
    void *block = ExAllocatePool2(POOL_FLAG_NON_PAGED, 100, TAG);

    if (block)
        ExFreePoolWithTag(block, TAG);
    return !block;
}

__attribute__((noinline)) static bool event_denied(void)
{
    HANDLE handle;
    NTSTATUS status = ZwCreateEvent(&handle, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);

    if (NT_SUCCESS(status))
        ZwClose(handle);
    else
        assert_int_equal(status, STATUS_INSUFFICIENT_RESOURCES);
    return !NT_SUCCESS(status);
}

/* The results are used after the calls, so that none is a jump, which would leave no frame. */
__attribute__((noinline)) static unsigned one_way(void)
{
    return pool_denied() ? 1 : 0;
}

__attribute__((noinline)) static unsigned another_way(void)
{
    return pool_denied() ? 1 : 0;
}

__attribute__((noinline)) static unsigned deep(unsigned depth)
{
    return depth ? deep(depth - 1) + 0 * depth : one_way();
}

/* --- Once for each stack --------------------------------------------------------------------- */

static void test_a_stack_is_denied_once(void **state)
{
    unsigned denied = 0;

    (void)state;
    start("low-resources", "");
    vf_driver_add(driver());
    for (ROUND i = 0; i < 5; i++) {
        assert_int_equal(one_way(), i == 0);
        denied += pool_denied();
    }
    assert_int_equal(denied, 1);
}

static void test_each_stack_is_another_point(void **state)
{
    (void)state;
    start("low-resources", "");
    vf_driver_add(driver());
    assert_int_equal(one_way(), 1);
    assert_int_equal(another_way(), 1);
    /* The same function in another line. */
    assert_int_equal(one_way(), 1);
    for (ROUND i = 0; i < 2; i++) {
        assert_int_equal(deep(1), i == 0);
        assert_int_equal(deep(2), i == 0);
    }
}

static void test_each_kind_of_call_takes_part(void **state)
{
    static UCHAR memory[16];

    (void)state;
    start("low-resources", "");
    vf_driver_add(driver());
    for (ROUND i = 0; i < 2; i++) {
        PIRP irp = IoAllocateIrp(1, FALSE);
        PMDL mdl = IoAllocateMdl(memory, sizeof(memory), FALSE, FALSE, NULL);

        assert_int_equal(irp == NULL, i == 0);
        assert_int_equal(mdl == NULL, i == 0);
        assert_int_equal(pool_denied(), i == 0);
        assert_int_equal(event_denied(), i == 0);
        if (irp)
            IoFreeIrp(irp);
        if (mdl)
            IoFreeMdl(mdl);
    }
    assert_int_equal(told_count, 4);
    assert_string_equal(told[0].function, "IoAllocateIrp");
    assert_string_equal(told[1].function, "IoAllocateMdl");
    assert_string_equal(told[2].function, "ExAllocatePool");
    assert_string_equal(told[3].function, "ZwCreateEvent");
}

/* Two functions that are called from one place are two points. */
static void test_the_function_is_part_of_the_point(void **state)
{
    const void *place;

    (void)state;
    start("low-resources", "");
    vf_driver_add(driver());
    place = driver();
    for (ROUND i = 0; i < 2; i++) {
        assert_int_equal(vf_low_resources("WskBind", place), i == 0);
        assert_int_equal(vf_low_resources("WskSendTo", place), i == 0);
    }
}

static _Atomic unsigned crew_denied;

static void ask_often(void *context, unsigned index)
{
    (void)context;
    (void)index;
    for (ROUND i = 0; i < 100; i++)
        atomic_fetch_add(&crew_denied, one_way());
}

static void test_threads_that_race_are_denied_once(void **state)
{
    (void)state;
    start("low-resources", "");
    vf_driver_add(driver());
    atomic_store(&crew_denied, 0);
    crew_run(4, ask_often, NULL);
    assert_int_equal(atomic_load(&crew_denied), 1);
}

/* --- Only the driver ------------------------------------------------------------------------- */

static void test_who_is_no_driver_is_denied_nothing(void **state)
{
    (void)state;
    start("low-resources", "");
    assert_int_equal(one_way(), 0);
    assert_false(event_denied());
    assert_int_equal(told_count, 0);
    /* Another module does not make this one a driver. */
    vf_driver_add((const void *)(uintptr_t)_cmocka_run_group_tests);
    assert_int_equal(one_way(), 0);
    vf_driver_remove((const void *)(uintptr_t)_cmocka_run_group_tests);
    vf_driver_add(driver());
    assert_int_equal(one_way(), 1);
    vf_driver_remove(driver());
    assert_int_equal(another_way(), 0);
    assert_null(vf_driver_frame());
}

/* The frames of the library that runs the tests are none of the driver's. */
static void test_a_point_has_the_drivers_frames_alone(void **state)
{
    uintptr_t first, behind;

    (void)state;
    start("low-resources", "");
    vf_driver_add(driver());
    one_way();
    assert_true(symbol_range(driver(), &first, &behind));
    assert_int_equal(told_count, 1);
    assert_true(told[0].frame_count >= 3);
    for (size_t i = 0; i < told[0].frame_count; i++)
        assert_in_range((uintptr_t)told[0].frames[i], first, behind - 1);
    /* Innermost first: the call itself, then who called that. */
    assert_true((uintptr_t)told[0].frames[0] > (uintptr_t)pool_denied);
    assert_true((uintptr_t)told[0].frames[0] - (uintptr_t)pool_denied < 4096);
    assert_non_null(vf_driver_frame());
}

/* --- Suspended ------------------------------------------------------------------------------- */

static void test_nothing_is_denied_while_suspended(void **state)
{
    (void)state;
    start("low-resources", "");
    vf_driver_add(driver());
    vf_low_resources_suspend(true);
    for (ROUND i = 0; i < 4; i++) {
        if (i == 2)
            vf_low_resources_suspend(false);
        /* What was met in the meantime has its failure still before it. */
        assert_int_equal(one_way(), i == 2);
    }
    /* Told when it was met, and when it was denied. */
    assert_int_equal(told_count, 2);
    assert_false(told[0].failed);
    assert_true(told[1].failed);
    assert_true(told[0].id == told[1].id);
}

static void test_a_suspension_gives_nobody_a_second_failure(void **state)
{
    unsigned denied = 0;

    (void)state;
    start("low-resources", "");
    vf_driver_add(driver());
    for (ROUND i = 0; i < 6; i++) {
        vf_low_resources_suspend(i % 2);
        denied += one_way();
    }
    assert_int_equal(denied, 1);
}

/* A driver's new run is not suspended because the last one was. */
static void test_a_stop_ends_the_suspension_and_the_simulation(void **state)
{
    (void)state;
    start("low-resources", "");
    vf_low_resources_suspend(true);
    vf_stop();
    nt_stop();
    start("low-resources", "");
    vf_driver_add(driver());
    for (ROUND i = 0; i < 2; i++)
        assert_int_equal(one_way(), i == 0);
    vf_stop();
    nt_stop();
    assert_false(vf_low_resources_on());
    start("verify", "off");
    assert_int_equal(another_way(), 0);
}

static void test_who_was_told_is_told_no_longer_after_a_stop(void **state)
{
    static const struct vf_config config = { .report = on_report };
    char error[128];

    (void)state;
    start("low-resources", "");
    vf_stop();
    assert_true(vf_option("low-resources", "", error, sizeof(error)));
    vf_start(&config);
    vf_driver_add(driver());
    assert_int_equal(one_way(), 1);
    assert_int_equal(told_count, 0);
}

/* --- One point ------------------------------------------------------------------------------- */

/* Each of three rounds calls from the same two lines, so its points are the same in each start. */
__attribute__((noinline)) static unsigned rounds(void)
{
    unsigned denied = 0;

    for (ROUND i = 0; i < 3; i++) {
        denied = denied * 10 + one_way();
        denied = denied * 10 + another_way();
    }
    return denied;
}

static unsigned denied_with(const char *option, const char *value)
{
    unsigned denied;

    start(option, value);
    vf_driver_add(driver());
    denied = rounds();
    vf_driver_remove(driver());
    vf_stop();
    nt_stop();
    return denied;
}

/* Called from one line, since whoever calls the driver's code is here the driver, too. */
static void test_one_point_is_denied_once(void **state)
{
    char id[32] = "";
    const struct {
        const char *option, *value;
        unsigned denied;
    } runs[] = {
        { "verify", "off", 0 },
        { "fail", id, 10000 },
        { "low-resources", "", 110000 },
        { "fail", id, 10000 },
        { "verify", "off", 0 },
    };

    (void)state;
    for (ROUND i = 0; i < 5; i++) {
        assert_int_equal(denied_with(runs[i].option, runs[i].value), runs[i].denied);
        /* Each of two is told when it is met, which the denial may be. */
        assert_int_equal(told_count, 2);
        assert_int_equal(told[0].failed, i == 2);
        assert_int_equal(told[1].failed, i >= 1 && i <= 3);
        if (i == 0)
            snprintf(id, sizeof(id), "%012llx", (unsigned long long)told[1].id);
    }
    start("verify", "off");
}

__attribute__((noinline)) static unsigned suspended_rounds(void)
{
    unsigned denied = 0;

    for (ROUND i = 0; i < 4; i++) {
        vf_low_resources_suspend(i < 2);
        denied = denied * 10 + one_way();
    }
    return denied;
}

static void test_one_point_waits_for_the_end_of_a_suspension(void **state)
{
    char id[32] = "";

    (void)state;
    for (ROUND i = 0; i < 2; i++) {
        unsigned denied;

        start(i ? "fail" : "verify", i ? id : "off");
        vf_driver_add(driver());
        denied = suspended_rounds();
        assert_int_equal(denied, i ? 10 : 0);
        snprintf(id, sizeof(id), "%012llx", (unsigned long long)told[0].id);
        vf_driver_remove(driver());
        vf_stop();
        nt_stop();
    }
    start("verify", "off");
}

static void test_what_is_no_identifier_is_refused(void **state)
{
    static const char *const ids[] = {
        "", "0", "000000000000", "x", "12x", "-5", "+5", " 5", "5 ", "0x5", "1234567890abc",
    };
    char error[128];

    (void)state;
    for (size_t i = 0; i < sizeof(ids) / sizeof(*ids); i++) {
        error[0] = '\0';
        if (vf_option("fail", ids[i], error, sizeof(error)))
            fail_msg("'%s' was taken", ids[i]);
        assert_non_null(strstr(error, "is no identifier of a point"));
        assert_false(vf_low_resources_on());
    }
    assert_true(vf_option("fail", "123456789ABc", error, sizeof(error)));
    start("verify", "off");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_a_stack_is_denied_once),
        TEST(test_each_stack_is_another_point),
        TEST(test_each_kind_of_call_takes_part),
        TEST(test_the_function_is_part_of_the_point),
        TEST(test_threads_that_race_are_denied_once),
        TEST(test_who_is_no_driver_is_denied_nothing),
        TEST(test_a_point_has_the_drivers_frames_alone),
        TEST(test_nothing_is_denied_while_suspended),
        TEST(test_a_suspension_gives_nobody_a_second_failure),
        TEST(test_a_stop_ends_the_suspension_and_the_simulation),
        TEST(test_who_was_told_is_told_no_longer_after_a_stop),
        TEST(test_one_point_is_denied_once),
        TEST(test_one_point_waits_for_the_end_of_a_suspension),
        TEST(test_what_is_no_identifier_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
