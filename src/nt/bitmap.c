/* SPDX-License-Identifier: MIT */
/* bitmap.c - bit maps in the driver's memory. */
#include "nt_internal.h"

#include <string.h>

#define BITS 32
#define NOT_FOUND 0xFFFFFFFFu

VOID RtlInitializeBitMap(PRTL_BITMAP map, PULONG buffer, ULONG size)
{
    map->SizeOfBitMap = size;
    map->Buffer = buffer;
}

static size_t bytes_of(const RTL_BITMAP *map)
{
    return ((size_t)map->SizeOfBitMap + BITS - 1) / BITS * sizeof(ULONG);
}

VOID RtlClearAllBits(PRTL_BITMAP map)
{
    memset(map->Buffer, 0, bytes_of(map));
}

VOID RtlSetAllBits(PRTL_BITMAP map)
{
    memset(map->Buffer, 0xFF, bytes_of(map));
}

VOID RtlClearBit(PRTL_BITMAP map, ULONG bit)
{
    map->Buffer[bit / BITS] &= ~(1u << bit % BITS);
}

VOID RtlSetBit(PRTL_BITMAP map, ULONG bit)
{
    map->Buffer[bit / BITS] |= 1u << bit % BITS;
}

BOOLEAN RtlTestBit(PRTL_BITMAP map, ULONG bit)
{
    return (map->Buffer[bit / BITS] >> bit % BITS & 1) != 0;
}

VOID RtlClearBits(PRTL_BITMAP map, ULONG first, ULONG count)
{
    for (ULONG i = 0; i < count; i++)
        RtlClearBit(map, first + i);
}

VOID RtlSetBits(PRTL_BITMAP map, ULONG first, ULONG count)
{
    for (ULONG i = 0; i < count; i++)
        RtlSetBit(map, first + i);
}

/* The first run of clear bits that begins in [from, limit) and lies inside the map. */
static ULONG find_clear(PRTL_BITMAP map, ULONG count, ULONG from, ULONG limit)
{
    ULONG run = 0;

    for (ULONG bit = from; bit < map->SizeOfBitMap; bit++) {
        if (bit - run >= limit)
            break;
        run = RtlTestBit(map, bit) ? 0 : run + 1;
        if (run == count)
            return bit + 1 - count;
    }
    return NOT_FOUND;
}

/* From the hint to the end, then from the start. */
ULONG RtlFindClearBits(PRTL_BITMAP map, ULONG count, ULONG hint)
{
    ULONG found;

    if (hint >= map->SizeOfBitMap)
        hint = 0;
    if (!count)
        return hint & ~7u;
    found = find_clear(map, count, hint, map->SizeOfBitMap);
    if (found == NOT_FOUND && hint)
        found = find_clear(map, count, 0, hint);
    return found;
}

ULONG RtlFindClearBitsAndSet(PRTL_BITMAP map, ULONG count, ULONG hint)
{
    ULONG found = RtlFindClearBits(map, count, hint);

    if (found != NOT_FOUND)
        RtlSetBits(map, found, count);
    return found;
}

ULONG RtlNumberOfSetBits(PRTL_BITMAP map)
{
    ULONG count = 0;

    for (ULONG bit = 0; bit < map->SizeOfBitMap; bit++)
        count += RtlTestBit(map, bit);
    return count;
}

ULONG RtlNumberOfClearBits(PRTL_BITMAP map)
{
    return map->SizeOfBitMap - RtlNumberOfSetBits(map);
}
