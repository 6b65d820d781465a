/* SPDX-License-Identifier: MIT */
/*
 * upcase.c - case mapping. Latin (to U+017F), Greek and Cyrillic, which is where names of keys,
 * devices and values may leave ASCII; other scripts have no case here.
 */
#include "upcase.h"

/*
 * Lower-case letters first..last map to the unit `distance` below; with `step` 2 every other one
 * does.
 */
struct range {
    WCHAR first;
    WCHAR last;
    WCHAR distance;
    WCHAR step;
};

static const struct range ranges[] = {
    { 'a', 'z', 32, 1 },       { 0x00E0, 0x00F6, 32, 1 }, { 0x00F8, 0x00FE, 32, 1 },
    { 0x0101, 0x012F, 1, 2 },  { 0x0133, 0x0137, 1, 2 },  { 0x013A, 0x0148, 1, 2 },
    { 0x014B, 0x0177, 1, 2 },  { 0x017A, 0x017E, 1, 2 },  { 0x03AC, 0x03AC, 38, 1 },
    { 0x03AD, 0x03AF, 37, 1 }, { 0x03B1, 0x03C1, 32, 1 }, { 0x03C3, 0x03CB, 32, 1 },
    { 0x03CC, 0x03CC, 64, 1 }, { 0x03CD, 0x03CE, 63, 1 }, { 0x0430, 0x044F, 32, 1 },
    { 0x0450, 0x045F, 80, 1 }, { 0x0461, 0x0481, 1, 2 },
};

WCHAR nt_upcase(WCHAR unit)
{
    if (unit < 'a')
        return unit;
    if (unit == 0x00FF)
        return 0x0178;
    for (size_t i = 0; i < RTL_NUMBER_OF(ranges); i++) {
        const struct range *range = &ranges[i];

        if (unit >= range->first && unit <= range->last)
            return (unit - range->first) % range->step ? unit : (WCHAR)(unit - range->distance);
    }
    return unit;
}

WCHAR nt_downcase(WCHAR unit)
{
    if (unit < 'A')
        return unit;
    if (unit == 0x0178)
        return 0x00FF;
    for (size_t i = 0; i < RTL_NUMBER_OF(ranges); i++) {
        const struct range *range = &ranges[i];
        WCHAR lower = (WCHAR)(unit + range->distance);

        if (lower >= range->first && lower <= range->last &&
            (lower - range->first) % range->step == 0)
            return lower;
    }
    return unit;
}

int nt_compare_text(const WCHAR *a, size_t a_count, const WCHAR *b, size_t b_count, bool fold_case)
{
    size_t common = a_count < b_count ? a_count : b_count;

    for (size_t i = 0; i < common; i++) {
        WCHAR left = fold_case ? nt_upcase(a[i]) : a[i];
        WCHAR right = fold_case ? nt_upcase(b[i]) : b[i];

        if (left != right)
            return (int)left - (int)right;
    }
    return a_count == b_count ? 0 : a_count < b_count ? -1 : 1;
}

WCHAR RtlUpcaseUnicodeChar(WCHAR unit)
{
    return nt_upcase(unit);
}

WCHAR RtlDowncaseUnicodeChar(WCHAR unit)
{
    return nt_downcase(unit);
}

/* Of UTF-8 only ASCII has its case changed; the bytes of longer characters stay as they are. */
CHAR RtlUpperChar(CHAR character)
{
    return character >= 'a' && character <= 'z' ? (CHAR)(character - 32) : character;
}
