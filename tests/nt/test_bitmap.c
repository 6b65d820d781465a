/* SPDX-License-Identifier: MIT */
/* test_bitmap.c - bit maps, and runs of clear bits in them. */
#include "nt_test.h"

static void bit_maps(void **state)
{
    ULONG buffer[3];
    RTL_BITMAP map;

    (void)state;
    RtlInitializeBitMap(&map, buffer, 70);
    RtlClearAllBits(&map);
    assert_int_equal(RtlNumberOfClearBits(&map), 70);
    RtlSetBits(&map, 30, 5);
    RtlSetBit(&map, 69);
    assert_true(RtlTestBit(&map, 31));
    assert_false(RtlTestBit(&map, 35));
    assert_int_equal(RtlNumberOfSetBits(&map), 6);
    assert_int_equal(RtlFindClearBits(&map, 31, 0), 35);
    assert_int_equal(RtlFindClearBits(&map, 30, 0), 0);
    assert_int_equal(RtlFindClearBits(&map, 30, 36), 36);
    assert_int_equal(RtlFindClearBits(&map, 34, 37), 35);
    assert_int_equal(RtlFindClearBits(&map, 35, 0), 0xFFFFFFFF);
    assert_int_equal(RtlFindClearBitsAndSet(&map, 30, 0), 0);
    assert_int_equal(RtlNumberOfSetBits(&map), 36);
    RtlClearBit(&map, 0);
    RtlClearBits(&map, 1, 29);
    assert_int_equal(RtlNumberOfSetBits(&map), 6);
    RtlSetAllBits(&map);
    assert_int_equal(RtlNumberOfSetBits(&map), 70);
    assert_int_equal(RtlFindClearBits(&map, 1, 0), 0xFFFFFFFF);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bit_maps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
