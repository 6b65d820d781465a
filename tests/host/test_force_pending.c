/* SPDX-License-Identifier: MIT */
/*
 * test_force_pending.c - a driver that is right stays right when its requests complete at once,
 * later, on other threads and at another IRQL, whatever the seed; and when each of its calls that
 * allocate fails once.
 */
#include "../drivers/good_traffic.c"

#include <openwsk/host.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SEEDS 250

static char reports[4096];

static void on_report(void *context, const char *text, size_t length)
{
    size_t used = strlen(reports);

    (void)context;
    snprintf(reports + used, sizeof(reports) - used, "%.*s", (int)length, text);
}

static void ignore(void *context, const char *text, size_t length)
{
    (void)context;
    (void)text;
    (void)length;
}

static size_t points, denied;

static void on_point(void *context, const struct openwsk_point *point)
{
    (void)context;
    points += !point->denied;
    denied += point->denied != 0;
    if (point->denied)
        assert_non_null(strstr(point->stack, "good_traffic.c"));
}

/* One life of the driver. Returns the findings. */
static size_t run_driver(openwsk_status *status)
{
    const struct openwsk_config config = {
        .size = sizeof(config), .report = on_report, .debug_output = ignore, .point = on_point,
    };
    struct openwsk_driver *driver;

    reports[0] = '\0';
    points = denied = 0;
    assert_int_equal(openwsk_start(&config), STATUS_SUCCESS);
    driver = openwsk_driver_from_entry("good_traffic", DriverEntry);
    assert_non_null(driver);
    *status = openwsk_driver_start(driver);
    openwsk_driver_unload(driver);
    return openwsk_stop();
}

static void ask(const char *option, const char *value)
{
    assert_int_equal(openwsk_verify(option, value, NULL, 0), STATUS_SUCCESS);
}

static void test_any_seed(void **state)
{
    (void)state;
    for (int seed = 0; seed < SEEDS; seed++) {
        openwsk_status status;
        char number[16];

        snprintf(number, sizeof(number), "%d", seed);
        ask("force-pending", "");
        ask("seed", number);
        if (run_driver(&status) || status != STATUS_SUCCESS)
            fail_msg("seed %d: %s %s", seed, openwsk_status_name(status), reports);
    }
}

/* Each life is denied what the life before was not, until a life is denied nothing. */
static void test_each_point_by_itself(void **state)
{
    uint64_t failures = 0;
    openwsk_status status;
    char rule[64];

    (void)state;
    for (int n = 1;; n++) {
        snprintf(rule, sizeof(rule), "ExAllocatePool,IoAllocate*:status=0xC000009A:when=%d", n);
        ask("inject", rule);
        if (run_driver(&status))
            fail_msg("allocation %d: %s", n, reports);
        if (status == STATUS_SUCCESS)
            break;
        failures++;
    }
    assert_int_equal(failures, 8); /* two requests of four allocations */
}

static void test_low_resources(void **state)
{
    openwsk_status status;

    (void)state;
    ask("low-resources", "");
    assert_int_equal(run_driver(&status), 0);
    assert_int_equal(status, STATUS_INSUFFICIENT_RESOURCES); /* WskRegister, the first point */
    assert_int_equal(denied, 1);
}

static void test_low_resources_suspended(void **state)
{
    openwsk_status status;

    (void)state;
    ask("low-resources", "");
    openwsk_low_resources(0);
    assert_int_equal(run_driver(&status), 0);
    assert_int_equal(status, STATUS_SUCCESS);
    assert_int_equal(denied, 0);
    assert_true(points > 10);
}

static void test_an_option_that_is_none(void **state)
{
    char error[128];

    (void)state;
    assert_int_equal(openwsk_verify("nonsense", "", error, sizeof(error)),
                     STATUS_INVALID_PARAMETER);
    assert_string_equal(error, "the verifier has no option 'nonsense'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_seed),
        cmocka_unit_test(test_each_point_by_itself),
        cmocka_unit_test(test_low_resources),
        cmocka_unit_test(test_low_resources_suspended),
        cmocka_unit_test(test_an_option_that_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
