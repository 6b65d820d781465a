/* SPDX-License-Identifier: MIT */
/* test_assert.c - a failed assertion and a breakpoint end the process with their words. */
#include "nt_test.h"

static void fail_assertion(void)
{
    NT_FRE_ASSERT(1 + 1 == 3);
}

static void fail_with_message(void)
{
    NT_FRE_ASSERTMSG("numbers are wrong", 1 + 1 == 3);
}

static void fail_older(void)
{
    RtlAssert((PVOID) "expression", (PVOID) "file.c", 12, (PSTR) "message");
}

static void stop_at_breakpoint(void)
{
    DbgBreakPoint();
}

static void stop_with_status(void)
{
    DbgBreakPointWithStatus(0x77);
}

static void stops(void **state)
{
    (void)state;
    NT_FRE_ASSERT(1 + 1 == 2);
    assert_bug_check(KMODE_EXCEPTION_NOT_HANDLED, fail_assertion);
    assert_bug_text("assertion failed: 1 + 1 == 3");
    assert_bug_text("test_assert.c");
    assert_bug_check(KMODE_EXCEPTION_NOT_HANDLED, fail_with_message);
    assert_bug_text("numbers are wrong: 1 + 1 == 3");
    assert_bug_check(KMODE_EXCEPTION_NOT_HANDLED, fail_older);
    assert_bug_text("message: expression, file.c line 12");
    assert_bug_check(KMODE_EXCEPTION_NOT_HANDLED, stop_at_breakpoint);
    assert_bug_check(KMODE_EXCEPTION_NOT_HANDLED, stop_with_status);
    assert_bug_text("0x00000077");
}

static void run_paged_code(void)
{
    KIRQL irql;

    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    openwsk_paged_code();
    KeLowerIrql(irql);
}

static void paged_code_stops_where_its_rule_is_on(void **state)
{
    KIRQL irql;

    (void)state;
    run_paged_code();
    atomic_store(&hook_rules, 1u << 20);
    assert_bug_check(IRQL_NOT_LESS_OR_EQUAL, run_paged_code);
    assert_bug_text("WSK-V20");
    KeRaiseIrql(APC_LEVEL, &irql);
    PAGED_CODE();
    KeLowerIrql(irql);
    atomic_store(&hook_rules, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(stops),
                                        cmocka_unit_test(paged_code_stops_where_its_rule_is_on) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
