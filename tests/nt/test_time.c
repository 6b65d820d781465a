/* SPDX-License-Identifier: MIT */
#include "nt_test.h"

#include <time.h>

static void test_system_time_is_utc_since_1601(void **state)
{
    LARGE_INTEGER now, precise;
    LONGLONG seconds;

    (void)state;
    KeQuerySystemTime(&now);
    KeQuerySystemTimePrecise(&precise);
    seconds = now.QuadPart / 10000000 - 11644473600;
    assert_true(llabs((long long)seconds - (long long)time(NULL)) <= 2);
    assert_true(precise.QuadPart - now.QuadPart < 100000000);
}

static void test_clocks_agree(void **state)
{
    LARGE_INTEGER frequency, begin, end, ticks;
    ULONG64 counter;
    ULONGLONG first = KeQueryInterruptTime(), last;

    (void)state;
    begin = KeQueryPerformanceCounter(&frequency);
    assert_true(frequency.QuadPart >= 1000000);
    KeStallExecutionProcessor(2000);
    end = KeQueryPerformanceCounter(NULL);
    last = KeQueryInterruptTimePrecise(&counter);
    /* Two milliseconds passed, in each unit. */
    assert_true((end.QuadPart - begin.QuadPart) * 1000 / frequency.QuadPart >= 2);
    assert_true(last - first >= 20000);
    assert_true((LONGLONG)counter >= end.QuadPart);
    KeQueryTickCount(&ticks);
    assert_true((ULONGLONG)ticks.QuadPart * KeQueryTimeIncrement() + KeQueryTimeIncrement() >=
                last);
    assert_true(KeQueryUnbiasedInterruptTime() >= last);
}

static void test_local_time(void **state)
{
    LARGE_INTEGER system, local, back;

    (void)state;
    setenv("TZ", "XYZ-05:30", 1);
    tzset();
    KeQuerySystemTime(&system);
    ExSystemTimeToLocalTime(&system, &local);
    assert_int_equal(local.QuadPart - system.QuadPart, 55ll * 360 * 10000000);
    ExLocalTimeToSystemTime(&local, &back);
    assert_int_equal(back.QuadPart, system.QuadPart);
    unsetenv("TZ");
    tzset();
}

static void test_resolution(void **state)
{
    ULONG maximum, minimum, current;

    (void)state;
    ExQueryTimerResolution(&maximum, &minimum, &current);
    assert_int_equal(current, KeQueryTimeIncrement());
    assert_true(maximum >= current && current >= minimum);
    assert_int_equal(ExSetTimerResolution(10000, TRUE), current);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_system_time_is_utc_since_1601),
        cmocka_unit_test(test_clocks_agree),
        cmocka_unit_test(test_local_time),
        cmocka_unit_test(test_resolution),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
