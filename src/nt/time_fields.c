/* SPDX-License-Identifier: MIT */
/* time_fields.c - between Windows' time, 100 ns since 1601, and the calendar. */
#include "nt_internal.h"

#define UNITS_PER_MS 10000ll
#define UNITS_PER_S 10000000ll
#define MS_PER_DAY 86400000ll
#define SECONDS_TO_1970 11644473600ll

#define FIRST_YEAR 1601
#define LAST_YEAR 30827
#define FIRST_WEEKDAY 1 /* 1601-01-01 was a Monday */

#define DAYS_PER_400_YEARS 146097
#define DAYS_PER_100_YEARS 36524
#define DAYS_PER_4_YEARS 1461

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_of_month(int year, int month)
{
    static const unsigned char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* 1601 begins a cycle of 400 years, in which the long years come last. */
static int year_of(LONGLONG *day)
{
    int year = FIRST_YEAR + (int)(*day / DAYS_PER_400_YEARS) * 400;
    int hundreds;
    int ones;

    *day %= DAYS_PER_400_YEARS;
    hundreds = (int)(*day / DAYS_PER_100_YEARS);
    hundreds = hundreds > 3 ? 3 : hundreds;
    *day -= hundreds * DAYS_PER_100_YEARS;
    year += hundreds * 100 + (int)(*day / DAYS_PER_4_YEARS) * 4;
    *day %= DAYS_PER_4_YEARS;
    ones = (int)(*day / 365);
    ones = ones > 3 ? 3 : ones;
    *day -= ones * 365;
    return year + ones;
}

VOID RtlTimeToTimeFields(PLARGE_INTEGER time, PTIME_FIELDS fields)
{
    LONGLONG ms = time->QuadPart / UNITS_PER_MS;
    LONGLONG day = ms / MS_PER_DAY;
    int month = 1;

    ms %= MS_PER_DAY;
    fields->Weekday = (CSHORT)((day + FIRST_WEEKDAY) % 7);
    fields->Hour = (CSHORT)(ms / 3600000);
    fields->Minute = (CSHORT)(ms / 60000 % 60);
    fields->Second = (CSHORT)(ms / 1000 % 60);
    fields->Milliseconds = (CSHORT)(ms % 1000);
    fields->Year = (CSHORT)year_of(&day);
    while (day >= days_of_month(fields->Year, month))
        day -= days_of_month(fields->Year, month++);
    fields->Month = (CSHORT)month;
    fields->Day = (CSHORT)(day + 1);
}

static bool valid_fields(const TIME_FIELDS *fields)
{
    return fields->Year >= FIRST_YEAR && fields->Year <= LAST_YEAR && fields->Month >= 1 &&
           fields->Month <= 12 && fields->Day >= 1 &&
           fields->Day <= days_of_month(fields->Year, fields->Month) && fields->Hour >= 0 &&
           fields->Hour <= 23 && fields->Minute >= 0 && fields->Minute <= 59 &&
           fields->Second >= 0 && fields->Second <= 59 && fields->Milliseconds >= 0 &&
           fields->Milliseconds <= 999;
}

BOOLEAN RtlTimeFieldsToTime(PTIME_FIELDS fields, PLARGE_INTEGER time)
{
    LONGLONG years;
    LONGLONG day;
    LONGLONG ms;

    if (!valid_fields(fields))
        return FALSE;
    years = fields->Year - FIRST_YEAR;
    day = years * 365 + years / 4 - years / 100 + years / 400 + fields->Day - 1;
    for (int month = 1; month < fields->Month; month++)
        day += days_of_month(fields->Year, month);
    ms = ((day * 24 + fields->Hour) * 60 + fields->Minute) * 60000 + fields->Second * 1000 +
         fields->Milliseconds;
    time->QuadPart = ms * UNITS_PER_MS;
    return TRUE;
}

VOID RtlSecondsSince1970ToTime(ULONG seconds, PLARGE_INTEGER time)
{
    time->QuadPart = (seconds + SECONDS_TO_1970) * UNITS_PER_S;
}

BOOLEAN RtlTimeToSecondsSince1970(PLARGE_INTEGER time, PULONG seconds)
{
    LONGLONG value = time->QuadPart / UNITS_PER_S - SECONDS_TO_1970;

    if (value < 0 || value > MAXULONG)
        return FALSE;
    *seconds = (ULONG)value;
    return TRUE;
}
