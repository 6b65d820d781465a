/* SPDX-License-Identifier: MIT */
#include "nt_test.h"

static void raise_in_crew(void *context, unsigned index)
{
    bool *good = context;
    KIRQL before;

    good[index] = KeGetCurrentIrql() == PASSIVE_LEVEL;
    KeRaiseIrql(DISPATCH_LEVEL, &before);
    good[index] = good[index] && before == PASSIVE_LEVEL && KeGetCurrentIrql() == DISPATCH_LEVEL;
    KeLowerIrql(before);
}

static void test_starts_passive_in_each_thread(void **state)
{
    bool good[4] = { false };
    KIRQL before;

    (void)state;
    KeRaiseIrql(APC_LEVEL, &before);
    crew_run(4, raise_in_crew, good);
    for (int i = 0; i < 4; i++)
        assert_true(good[i]);
    assert_int_equal(KeGetCurrentIrql(), APC_LEVEL);
    KeLowerIrql(before);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

static void test_raise_and_lower_nest(void **state)
{
    KIRQL passive, apc, dispatch;

    (void)state;
    KeRaiseIrql(APC_LEVEL, &passive);
    apc = KeRaiseIrqlToDpcLevel();
    KeRaiseIrql(HIGH_LEVEL, &dispatch);
    assert_int_equal(passive, PASSIVE_LEVEL);
    assert_int_equal(apc, APC_LEVEL);
    assert_int_equal(dispatch, DISPATCH_LEVEL);
    assert_int_equal(KeGetCurrentIrql(), HIGH_LEVEL);
    KeLowerIrql(dispatch);
    KeLowerIrql(apc);
    KeLowerIrql(passive);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    /* To the same level is allowed in both directions. */
    KeRaiseIrql(PASSIVE_LEVEL, &passive);
    KeLowerIrql(PASSIVE_LEVEL);
}

static void raise_below(void)
{
    KIRQL before;

    KeRaiseIrqlToDpcLevel();
    KeRaiseIrql(APC_LEVEL, &before);
}

static void lower_above(void)
{
    KeLowerIrql(DISPATCH_LEVEL);
}

static void raise_beyond(void)
{
    KIRQL before;

    KeRaiseIrql(HIGH_LEVEL + 1, &before);
}

static void test_wrong_direction_stops(void **state)
{
    (void)state;
    assert_bug_check(IRQL_NOT_GREATER_OR_EQUAL, raise_below);
    assert_bug_text("KeRaiseIrql was asked for APC_LEVEL (1) at DISPATCH_LEVEL (2)");
    assert_bug_check(IRQL_NOT_GREATER_OR_EQUAL, lower_above);
    assert_bug_text("DISPATCH_LEVEL (2) at PASSIVE_LEVEL (0)");
    assert_bug_check(IRQL_NOT_GREATER_OR_EQUAL, raise_beyond);
}

static void require_apc_at_dispatch(void)
{
    KeRaiseIrqlToDpcLevel();
    nt_require_irql(APC_LEVEL, "SomeFunction", NT_CALLER());
}

static void test_requirement_names_the_rule(void **state)
{
    KIRQL before;

    (void)state;
    assert_bug_check(IRQL_NOT_LESS_OR_EQUAL, require_apc_at_dispatch);
    assert_bug_text("0x0000000A IRQL_NOT_LESS_OR_EQUAL (");
    assert_bug_text("WSK-V19: SomeFunction was called at DISPATCH_LEVEL (2); "
                    "its limit is APC_LEVEL (1).");
    KeRaiseIrql(APC_LEVEL, &before);
    nt_require_irql(APC_LEVEL, "SomeFunction", NT_CALLER());
    KeLowerIrql(before);
}

static void test_regions_disable_apcs(void **state)
{
    (void)state;
    assert_false(KeAreApcsDisabled());
    KeEnterCriticalRegion();
    KeEnterCriticalRegion();
    KeLeaveCriticalRegion();
    assert_true(KeAreApcsDisabled());
    assert_false(KeAreAllApcsDisabled());
    KeLeaveCriticalRegion();
    assert_false(KeAreApcsDisabled());
    KeEnterGuardedRegion();
    assert_true(KeAreAllApcsDisabled());
    KeLeaveGuardedRegion();
    assert_false(KeAreAllApcsDisabled());
}

static void leave_outside(void)
{
    KeLeaveCriticalRegion();
}

static void enter_at_dispatch(void)
{
    KeRaiseIrqlToDpcLevel();
    KeEnterCriticalRegion();
}

static void test_region_mistakes_stop(void **state)
{
    (void)state;
    assert_bug_check(APC_INDEX_MISMATCH, leave_outside);
    assert_bug_check(IRQL_NOT_LESS_OR_EQUAL, enter_at_dispatch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_starts_passive_in_each_thread),
        cmocka_unit_test(test_raise_and_lower_nest),
        cmocka_unit_test(test_wrong_direction_stops),
        cmocka_unit_test(test_requirement_names_the_rule),
        cmocka_unit_test(test_regions_disable_apcs),
        cmocka_unit_test(test_region_mistakes_stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
