/* SPDX-License-Identifier: MIT */
/* time.c - Windows' clocks. All of them count in 100 ns here, the ticks excepted. */
#include "nt_internal.h"

#include <time.h>

#define NS_PER_UNIT 100ull
#define UNITS_PER_S 10000000ull

/* From 1601-01-01, where Windows' time begins, to 1970-01-01. */
#define UNITS_TO_1970 (11644473600ull * UNITS_PER_S)

/* 15.625 ms, the period of the clock interrupt on a PC. */
#define UNITS_PER_TICK 156250u

static ULONGLONG interrupt_time(void)
{
    return os_clock_ns() / NS_PER_UNIT;
}

void (KeQuerySystemTimePrecise)(PLARGE_INTEGER time)
{
    time->QuadPart = (LONGLONG)(os_realtime_ns() / NS_PER_UNIT + UNITS_TO_1970);
}

void (KeQuerySystemTime)(PLARGE_INTEGER time)
{
    KeQuerySystemTimePrecise(time);
}

ULONGLONG (KeQueryInterruptTime)(VOID)
{
    return interrupt_time();
}

ULONGLONG (KeQueryUnbiasedInterruptTime)(VOID)
{
    return interrupt_time();
}

/* The performance counter counts the same units from the same moment. */
ULONGLONG (KeQueryInterruptTimePrecise)(PULONG64 counter)
{
    ULONGLONG now = interrupt_time();

    *counter = now;
    return now;
}

LARGE_INTEGER (KeQueryPerformanceCounter)(PLARGE_INTEGER frequency)
{
    LARGE_INTEGER now;

    now.QuadPart = (LONGLONG)interrupt_time();
    if (frequency)
        frequency->QuadPart = (LONGLONG)UNITS_PER_S;
    return now;
}

void (KeQueryTickCount)(PLARGE_INTEGER count)
{
    count->QuadPart = (LONGLONG)(interrupt_time() / UNITS_PER_TICK);
}

ULONG (KeQueryTimeIncrement)(VOID)
{
    return UNITS_PER_TICK;
}

/*
 * The difference between local time and UTC at this moment, whatever moment is converted: as on
 * Windows.
 */
static LONGLONG local_offset(void)
{
    time_t now = (time_t)(os_realtime_ns() / OS_NS_PER_S);
    struct tm local;

    return localtime_r(&now, &local) ? local.tm_gmtoff * (LONGLONG)UNITS_PER_S : 0;
}

void (ExSystemTimeToLocalTime)(PLARGE_INTEGER system, PLARGE_INTEGER local)
{
    local->QuadPart = system->QuadPart + local_offset();
}

void (ExLocalTimeToSystemTime)(PLARGE_INTEGER local, PLARGE_INTEGER system)
{
    system->QuadPart = local->QuadPart - local_offset();
}

ULONG (ExSetTimerResolution)(ULONG desired, BOOLEAN set)
{
    (void)desired, (void)set;
    return UNITS_PER_TICK;
}

void (ExQueryTimerResolution)(PULONG maximum, PULONG minimum, PULONG current)
{
    *maximum = *minimum = *current = UNITS_PER_TICK;
}

/* Busy, as the contract says: callers hold spin locks. */
void (KeStallExecutionProcessor)(ULONG microseconds)
{
    uint64_t end = os_clock_ns() + microseconds * 1000ull;

    while (os_clock_ns() < end)
        __builtin_ia32_pause();
}
