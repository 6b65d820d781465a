/* SPDX-License-Identifier: MIT */
/* test_time_fields.c - the calendar, every day of eight hundred years. */
#include "nt_test.h"

static void calendar(void **state)
{
    static const struct {
        LONGLONG seconds; /* since 1970 */
        TIME_FIELDS fields;
    } cases[] = {
        { -11644473600, { 1601, 1, 1, 0, 0, 0, 0, 1 } },
        { 0, { 1970, 1, 1, 0, 0, 0, 0, 4 } },
        { 951782400, { 2000, 2, 29, 0, 0, 0, 0, 2 } },
        { 951868799, { 2000, 2, 29, 23, 59, 59, 0, 2 } },
        { 951868800, { 2000, 3, 1, 0, 0, 0, 0, 3 } },
        { 978307199, { 2000, 12, 31, 23, 59, 59, 0, 0 } },
        { 4107542399, { 2100, 2, 28, 23, 59, 59, 0, 0 } },
        { 4107542400, { 2100, 3, 1, 0, 0, 0, 0, 1 } },
    };

    (void)state;
    for (size_t i = 0; i < RTL_NUMBER_OF(cases); i++) {
        LARGE_INTEGER time = { .QuadPart = (cases[i].seconds + 11644473600) * 10000000 };
        TIME_FIELDS fields = cases[i].fields;
        LARGE_INTEGER back;

        RtlTimeToTimeFields(&time, &fields);
        assert_memory_equal(&fields, &cases[i].fields, sizeof(fields));
        assert_true(RtlTimeFieldsToTime(&fields, &back));
        assert_true(back.QuadPart == time.QuadPart);
    }
}

static void every_day_there_and_back(void **state)
{
    TIME_FIELDS before = { 0 };

    (void)state;
    for (LONGLONG day = 0; day < 146097 * 2; day++) {
        LARGE_INTEGER time = { .QuadPart = day * 864000000000 };
        LARGE_INTEGER back;
        TIME_FIELDS fields;

        RtlTimeToTimeFields(&time, &fields);
        assert_true(RtlTimeFieldsToTime(&fields, &back));
        assert_true(back.QuadPart == time.QuadPart);
        assert_true(fields.Day == before.Day + 1 || fields.Day == 1);
        before = fields;
    }
}

static void refuses_dates_that_are_none(void **state)
{
    static const TIME_FIELDS cases[] = {
        { 1600, 1, 1, 0, 0, 0, 0, 0 },  { 2001, 2, 29, 0, 0, 0, 0, 0 },
        { 2001, 13, 1, 0, 0, 0, 0, 0 }, { 2001, 1, 0, 0, 0, 0, 0, 0 },
        { 2001, 1, 1, 24, 0, 0, 0, 0 }, { 2001, 1, 1, 0, 0, 0, 1000, 0 },
    };
    LARGE_INTEGER time;
    ULONG seconds;

    (void)state;
    for (size_t i = 0; i < RTL_NUMBER_OF(cases); i++) {
        TIME_FIELDS fields = cases[i];

        assert_false(RtlTimeFieldsToTime(&fields, &time));
    }
    RtlSecondsSince1970ToTime(1000000000, &time);
    assert_true(RtlTimeToSecondsSince1970(&time, &seconds));
    assert_int_equal(seconds, 1000000000);
    time.QuadPart = 0;
    assert_false(RtlTimeToSecondsSince1970(&time, &seconds));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calendar),
        cmocka_unit_test(every_day_there_and_back),
        cmocka_unit_test(refuses_dates_that_are_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
