/* SPDX-License-Identifier: MIT */
/* test_leak.c - the leak report: what is folded, how it is ordered, what is not said twice. */
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

static char report[8192];

static void on_report(const char *text, size_t length)
{
    size_t used = strlen(report);

    snprintf(report + used, sizeof(report) - used, "%.*s", (int)length, text);
}

static int set_up(void **state)
{
    static const struct vf_config config = { .report = on_report };

    (void)state;
    report[0] = '\0';
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

/* Two places in this program. */
__attribute__((noinline)) static const void *place_a(void)
{
    return __builtin_return_address(0);
}

static void add(struct ledger_entry *entry, enum ledger_kind kind, uint32_t tag, uint64_t size,
                const void *place)
{
    entry->tag = tag;
    entry->size = size;
    ledger_add(entry, kind, entry, place);
}

static void test_nothing_left_is_nothing_said(void **state)
{
    (void)state;
    assert_int_equal(vf_report_left_behind("driver", NULL), 0);
    assert_int_equal(vf_finding_count(), 0);
    assert_string_equal(report, "");
    assert_false(vf_anything_alive());
}

static void test_equal_things_are_folded(void **state)
{
    struct ledger_entry entries[5];
    const void *place = place_a();

    (void)state;
    for (int i = 0; i < 3; i++)
        add(&entries[i], LEDGER_POOL, 'kaeL', 10, place);
    add(&entries[3], LEDGER_POOL, 'rehO', 7, place);
    add(&entries[4], LEDGER_SOCKET, 0, 0, place);
    assert_true(vf_anything_alive());
    assert_int_equal(vf_report_left_behind("driver", NULL), 3);
    assert_non_null(strstr(report, "driver left behind 3 pool blocks of 30 bytes in all, "
                                   "tag 'Leak', made at "));
    assert_non_null(strstr(report, "1 pool block of 7 bytes, tag 'Oher'"));
    /* Sockets come first: they are the first kind of the ledger. */
    assert_true(strstr(report, "1 socket") < strstr(report, "pool block"));
    for (int i = 0; i < 5; i++)
        ledger_remove(&entries[i]);
}

static void test_what_was_said_is_not_repeated(void **state)
{
    struct ledger_entry first, second;
    const void *place = place_a();

    (void)state;
    add(&first, LEDGER_POOL, 'kaeL', 10, place);
    assert_int_equal(vf_report_left_behind("driver", NULL), 1);
    assert_int_equal(vf_report_left_behind("the program", NULL), 0);
    add(&second, LEDGER_POOL, 'kaeL', 10, place);
    report[0] = '\0';
    assert_int_equal(vf_report_left_behind("the program", NULL), 1);
    assert_non_null(strstr(report, "1 pool block of 10 bytes"));
    ledger_remove(&first);
    ledger_remove(&second);
}

static void test_only_the_module_is_blamed(void **state)
{
    struct ledger_entry entry;
    char module[4096];
    const void *place = place_a();

    (void)state;
    symbol_module(place, module, sizeof(module));
    add(&entry, LEDGER_POOL, 'kaeL', 10, place);
    assert_int_equal(vf_report_left_behind("other", "/no/such/driver.so"), 0);
    assert_int_equal(vf_report_left_behind("this", module), 1);
    ledger_remove(&entry);
}

static void test_what_was_there_before_is_not_blamed(void **state)
{
    static const struct vf_config config = { .report = on_report };
    struct ledger_entry entry;

    (void)state;
    add(&entry, LEDGER_POOL, 'kaeL', 10, place_a());
    vf_stop();
    vf_start(&config);
    assert_int_equal(vf_report_left_behind("driver", NULL), 0);
    ledger_remove(&entry);
}

static void test_an_armed_timer_is_seen(void **state)
{
    LARGE_INTEGER due = { .QuadPart = -36000000000LL };
    KTIMER timer;

    (void)state;
    KeInitializeTimer(&timer);
    KeSetTimer(&timer, due, NULL);
    assert_true(vf_anything_alive());
    vf_report_pending("driver");
    assert_non_null(strstr(report, "WSK-V28: 1 armed timer"));
    assert_int_equal(vf_finding_count(), 0);
    KeCancelTimer(&timer);
    assert_false(vf_anything_alive());
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_nothing_left_is_nothing_said),
        TEST(test_equal_things_are_folded),
        TEST(test_what_was_said_is_not_repeated),
        TEST(test_only_the_module_is_blamed),
        TEST(test_what_was_there_before_is_not_blamed),
        TEST(test_an_armed_timer_is_seen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
