/* SPDX-License-Identifier: MIT */
#include "nt_test.h"

static void test_counts_agree(void **state)
{
    ULONG count = KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS);
    KAFFINITY mask;

    (void)state;
    assert_true(count >= 1);
    assert_int_equal(KeQueryActiveProcessorCountEx(0), count);
    assert_int_equal(KeQueryActiveProcessorCountEx(1), 0);
    assert_int_equal(KeQueryMaximumProcessorCountEx(ALL_PROCESSOR_GROUPS), count);
    assert_int_equal(KeQueryActiveProcessorCount(&mask), count);
    assert_int_equal(__builtin_popcountl(mask), count);
    assert_int_equal(KeQueryActiveProcessors(), mask);
    assert_int_equal(KeQueryActiveGroupCount(), 1);
}

static void test_index_and_number(void **state)
{
    ULONG count = KeQueryActiveProcessorCountEx(0);
    PROCESSOR_NUMBER number;

    (void)state;
    for (ULONG i = 0; i < count; i++) {
        assert_int_equal(KeGetProcessorNumberFromIndex(i, &number), STATUS_SUCCESS);
        assert_int_equal(KeGetProcessorIndexFromNumber(&number), i);
    }
    assert_int_equal(KeGetProcessorNumberFromIndex(count, &number), STATUS_INVALID_PARAMETER);
    number = (PROCESSOR_NUMBER){ .Group = 1 };
    assert_int_equal(KeGetProcessorIndexFromNumber(&number), INVALID_PROCESSOR_INDEX);
    assert_true(KeGetCurrentProcessorNumberEx(&number) < count);
    assert_true(number.Number < count);
}

static void test_stays_put_at_dispatch(void **state)
{
    KIRQL before = KeRaiseIrqlToDpcLevel();
    ULONG first = KeGetCurrentProcessorIndex();

    (void)state;
    for (int i = 0; i < 1000; i++) {
        os_yield();
        assert_int_equal(KeGetCurrentProcessorIndex(), first);
    }
    KeLowerIrql(before);
}

static void test_relationships(void **state)
{
    static const LOGICAL_PROCESSOR_RELATIONSHIP types[] = { RelationNumaNode, RelationGroup,
                                                            RelationProcessorCore };
    SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX information;
    PROCESSOR_NUMBER number = { 0 };

    (void)state;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        ULONG length = 0, needed;

        assert_int_equal(KeQueryLogicalProcessorRelationship(&number, types[i], NULL, &length),
                         STATUS_INFO_LENGTH_MISMATCH);
        needed = length;
        assert_true(needed > 0 && needed <= sizeof(information));
        length = sizeof(information);
        assert_int_equal(KeQueryLogicalProcessorRelationship(&number, types[i], &information,
                                                             &length),
                         STATUS_SUCCESS);
        assert_int_equal(length, needed);
        assert_int_equal(information.Relationship, types[i]);
        assert_int_equal(information.Size, needed);
    }
    number.Group = 1;
    assert_int_equal(KeQueryLogicalProcessorRelationship(&number, RelationNumaNode, NULL, NULL),
                     STATUS_INVALID_PARAMETER);
}

struct arrivals {
    ULONG started, completed;
    NTSTATUS answer;
};

static VOID on_processor(PVOID context, PKE_PROCESSOR_CHANGE_NOTIFY_CONTEXT change,
                         PNTSTATUS status)
{
    struct arrivals *arrivals = context;

    if (change->State == KeProcessorAddStartNotify)
        arrivals->started++;
    else
        arrivals->completed++;
    *status = arrivals->answer;
}

static void test_change_callback_sees_the_present(void **state)
{
    ULONG count = KeQueryActiveProcessorCountEx(0);
    struct arrivals arrivals = { 0 };
    PVOID handle = KeRegisterProcessorChangeCallback(on_processor, &arrivals,
                                                     KE_PROCESSOR_CHANGE_ADD_EXISTING);

    (void)state;
    assert_non_null(handle);
    assert_int_equal(arrivals.started, count);
    assert_int_equal(arrivals.completed, count);
    KeDeregisterProcessorChangeCallback(handle);
    arrivals.answer = STATUS_INSUFFICIENT_RESOURCES;
    assert_null(KeRegisterProcessorChangeCallback(on_processor, &arrivals,
                                                  KE_PROCESSOR_CHANGE_ADD_EXISTING));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts_agree),
        cmocka_unit_test(test_index_and_number),
        cmocka_unit_test(test_stays_put_at_dispatch),
        cmocka_unit_test(test_relationships),
        cmocka_unit_test(test_change_callback_sees_the_present),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
