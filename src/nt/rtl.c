/* SPDX-License-Identifier: MIT */
/* rtl.c - small parts of the run-time library: comparing memory, chance, checksums, callers. */
#include "nt_internal.h"

#include <string.h>

#define BACKTRACE_MAX SYMBOL_STACK_MAX

SIZE_T RtlCompareMemory(const VOID *first, const VOID *second, SIZE_T length)
{
    const UCHAR *a = first;
    const UCHAR *b = second;
    SIZE_T equal = 0;

    while (equal < length && a[equal] == b[equal])
        equal++;
    return equal;
}

SIZE_T RtlCompareMemoryUlong(PVOID source, SIZE_T length, ULONG pattern)
{
    SIZE_T equal = 0;

    for (; equal + sizeof(ULONG) <= length; equal += sizeof(ULONG)) {
        if (memcmp((UCHAR *)source + equal, &pattern, sizeof(ULONG)) != 0)
            break;
    }
    return equal;
}

/* --- Chance: the seed is the whole state, so equal seeds give equal numbers ------------------- */

/*
 * ntddk.h, RtlUniform: a generator of Lehmer's with these two constants and the modulus 2^31 - 1.
 */
ULONG RtlUniform(PULONG seed)
{
    *seed = (ULONG)(((ULONGLONG)*seed * 0x7FFFFFED + 0x7FFFFFC3) % 0x7FFFFFFF);
    return *seed;
}

ULONG RtlRandom(PULONG seed)
{
    return RtlUniform(seed);
}

ULONG RtlRandomEx(PULONG seed)
{
    return RtlUniform(seed);
}

NTSTATUS ExUuidCreate(GUID *uuid)
{
    os_random(uuid, sizeof(*uuid));
    uuid->Data3 = (USHORT)((uuid->Data3 & 0x0FFF) | 0x4000); /* RFC 9562, version 4 */
    uuid->Data4[0] = (UCHAR)((uuid->Data4[0] & 0x3F) | 0x80);
    return STATUS_SUCCESS;
}

/* --- Checksums -------------------------------------------------------------------------------- */

ULONG RtlCrc32(const VOID *buffer, SIZE_T size, ULONG initial)
{
    const UCHAR *bytes = buffer;
    ULONG crc = ~initial;

    for (SIZE_T i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (0xEDB88320u & (0u - (crc & 1)));
    }
    return ~crc;
}

ULONGLONG RtlCrc64(const VOID *buffer, SIZE_T size, ULONGLONG initial)
{
    const UCHAR *bytes = buffer;
    ULONGLONG crc = ~initial;

    for (SIZE_T i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (0x9A6C9329AC4BC9B5ull & (0ull - (crc & 1)));
    }
    return ~crc;
}

/* --- Callers ---------------------------------------------------------------------------------- */

static size_t callers(const void *caller, size_t skip, PVOID *out, size_t count)
{
    const void *frames[BACKTRACE_MAX];
    size_t depth = symbol_stack(frames, BACKTRACE_MAX);
    size_t from = 0;
    size_t taken = 0;

    while (from < depth && frames[from] != caller)
        from++;
    for (from += skip; from < depth && taken < count; from++)
        out[taken++] = (PVOID)frames[from];
    return taken;
}

USHORT RtlCaptureStackBackTrace(ULONG skip, ULONG count, PVOID *trace, PULONG hash)
{
    size_t taken = callers(NT_CALLER(), skip, trace, count);
    ULONG sum = 0;

    for (size_t i = 0; i < taken; i++)
        sum += (ULONG)(ULONG_PTR)trace[i];
    if (hash)
        *hash = sum;
    return (USHORT)taken;
}

ULONG RtlWalkFrameChain(PVOID *out, ULONG count, ULONG flags)
{
    (void)flags;
    return (ULONG)callers(NT_CALLER(), 0, out, count);
}
