/* SPDX-License-Identifier: MIT */
/*
 * string_convert.c - between ANSI (which is UTF-8 here), UTF-16, numbers and GUIDs.
 */
#include "nt_internal.h"
#include "utf.h"

#include <string.h>

#define TAG_STRING 0x67727453u /* "Strg" */
#define STRING_BYTES_MAX 0xFFFF

#define GUID_TEXT_UNITS 38 /* {8-4-4-4-12} */

PVOID nt_string_allocate(size_t size, const void *place)
{
    return nt_pool_allocate_typed(PagedPool, size, TAG_STRING, place);
}

static void free_buffer(PVOID buffer, const char *function, const void *place)
{
    nt_require_irql(APC_LEVEL, function, place);
    if (buffer)
        nt_pool_free(buffer, 0, place);
}

VOID RtlFreeAnsiString(PANSI_STRING string)
{
    free_buffer(string->Buffer, "RtlFreeAnsiString", NT_CALLER());
    memset(string, 0, sizeof(*string));
}

VOID RtlFreeUnicodeString(PUNICODE_STRING string)
{
    free_buffer(string->Buffer, "RtlFreeUnicodeString", NT_CALLER());
    memset(string, 0, sizeof(*string));
}

VOID RtlFreeUTF8String(PUTF8_STRING string)
{
    free_buffer(string->Buffer, "RtlFreeUTF8String", NT_CALLER());
    memset(string, 0, sizeof(*string));
}

/* --- Buffers ---------------------------------------------------------------------------------- */

/* What a conversion gave: the bytes that the whole needs, and those that were written. */
struct outcome {
    size_t needed;
    size_t written;
    bool replaced; /* something was malformed */
};

static struct outcome to_utf16(char *to, size_t size, const char *from, size_t count)
{
    struct outcome outcome = { 0 };
    const char *end = from + count;
    bool full = false;

    while (from < end) {
        const char *start = from;
        uint32_t point = nt_utf8_next(&from, end);
        uint16_t units[2];
        size_t bytes = nt_utf16_put(point, units) * sizeof(uint16_t);

        /* A well-formed U+FFFD takes three bytes; what is replaced takes one. */
        outcome.replaced |= point == NT_UTF_REPLACEMENT && from - start == 1;
        outcome.needed += bytes;
        full |= outcome.needed > size;
        if (full)
            continue;
        memcpy(to + outcome.written, units, bytes);
        outcome.written += bytes;
    }
    return outcome;
}

static struct outcome to_utf8(char *to, size_t size, const uint16_t *from, size_t count)
{
    struct outcome outcome = { 0 };
    const uint16_t *end = from + count;
    bool full = false;

    while (from < end) {
        uint16_t first = *from;
        uint32_t point = nt_utf16_next(&from, end);
        char bytes[4];
        size_t length = nt_utf8_put(point, bytes);

        outcome.replaced |= point == NT_UTF_REPLACEMENT && first != NT_UTF_REPLACEMENT;
        outcome.needed += length;
        full |= outcome.needed > size;
        if (full)
            continue;
        memcpy(to + outcome.written, bytes, length);
        outcome.written += length;
    }
    return outcome;
}

static NTSTATUS outcome_status(const struct outcome *outcome)
{
    if (outcome->written < outcome->needed)
        return STATUS_BUFFER_TOO_SMALL;
    return outcome->replaced ? STATUS_SOME_NOT_MAPPED : STATUS_SUCCESS;
}

/* ntifs.h: without a destination only the size is computed. */
NTSTATUS RtlUTF8ToUnicodeN(PWSTR to, ULONG size, PULONG actual, PCCH from, ULONG count)
{
    struct outcome outcome;

    if (!from)
        return STATUS_INVALID_PARAMETER_4;
    if (!to && !actual)
        return STATUS_INVALID_PARAMETER;
    outcome = to_utf16((char *)to, to ? size : 0, from, count);
    if (actual)
        *actual = (ULONG)(to ? outcome.written : outcome.needed);
    if (!to)
        return outcome.replaced ? STATUS_SOME_NOT_MAPPED : STATUS_SUCCESS;
    return outcome_status(&outcome);
}

NTSTATUS RtlUnicodeToUTF8N(PCHAR to, ULONG size, PULONG actual, PCWCH from, ULONG count)
{
    struct outcome outcome;

    if (!from)
        return STATUS_INVALID_PARAMETER_4;
    if (!to && !actual)
        return STATUS_INVALID_PARAMETER;
    outcome = to_utf8(to, to ? size : 0, (const uint16_t *)from, count / sizeof(WCHAR));
    if (actual)
        *actual = (ULONG)(to ? outcome.written : outcome.needed);
    if (!to)
        return outcome.replaced ? STATUS_SOME_NOT_MAPPED : STATUS_SUCCESS;
    return outcome_status(&outcome);
}

/* --- Counted strings -------------------------------------------------------------------------- */

ULONG RtlxAnsiStringToUnicodeSize(PCANSI_STRING string)
{
    return (ULONG)(to_utf16(NULL, 0, string->Buffer, string->Length).needed + sizeof(WCHAR));
}

ULONG RtlxUnicodeStringToAnsiSize(PCUNICODE_STRING string)
{
    return (
        ULONG)(to_utf8(NULL, 0, (const uint16_t *)string->Buffer, string->Length / sizeof(WCHAR))
                   .needed +
               1);
}

static NTSTATUS ansi_to_unicode(PUNICODE_STRING to, const STRING *from, bool allocate,
                                const void *place)
{
    size_t size = RtlxAnsiStringToUnicodeSize(from);

    if (size > STRING_BYTES_MAX)
        return STATUS_INVALID_PARAMETER_2;
    if (allocate) {
        to->Buffer = nt_string_allocate(size, place);
        if (!to->Buffer)
            return STATUS_NO_MEMORY;
        to->MaximumLength = (USHORT)size;
    } else if (size > to->MaximumLength) {
        return STATUS_BUFFER_OVERFLOW;
    }
    to_utf16((char *)to->Buffer, size, from->Buffer, from->Length);
    to->Length = (USHORT)(size - sizeof(WCHAR));
    to->Buffer[to->Length / sizeof(WCHAR)] = 0;
    return STATUS_SUCCESS;
}

static NTSTATUS unicode_to_ansi(PSTRING to, PCUNICODE_STRING from, bool allocate, const void *place)
{
    size_t size = RtlxUnicodeStringToAnsiSize(from);

    if (size > STRING_BYTES_MAX)
        return STATUS_INVALID_PARAMETER_2;
    if (allocate) {
        to->Buffer = nt_string_allocate(size, place);
        if (!to->Buffer)
            return STATUS_NO_MEMORY;
        to->MaximumLength = (USHORT)size;
    } else if (size > to->MaximumLength) {
        return STATUS_BUFFER_OVERFLOW;
    }
    to_utf8(to->Buffer, size, (const uint16_t *)from->Buffer, from->Length / sizeof(WCHAR));
    to->Length = (USHORT)(size - 1);
    to->Buffer[to->Length] = '\0';
    return STATUS_SUCCESS;
}

NTSTATUS RtlAnsiStringToUnicodeString(PUNICODE_STRING to, PCANSI_STRING from, BOOLEAN allocate)
{
    return ansi_to_unicode(to, from, allocate, NT_CALLER());
}

NTSTATUS RtlUnicodeStringToAnsiString(PANSI_STRING to, PCUNICODE_STRING from, BOOLEAN allocate)
{
    return unicode_to_ansi(to, from, allocate, NT_CALLER());
}

NTSTATUS RtlUTF8StringToUnicodeString(PUNICODE_STRING to, PUTF8_STRING from, BOOLEAN allocate)
{
    return ansi_to_unicode(to, from, allocate, NT_CALLER());
}

NTSTATUS RtlUnicodeStringToUTF8String(PUTF8_STRING to, PCUNICODE_STRING from, BOOLEAN allocate)
{
    return unicode_to_ansi(to, from, allocate, NT_CALLER());
}

/* --- Numbers ---------------------------------------------------------------------------------- */

static bool valid_base(ULONG base)
{
    return base == 2 || base == 8 || base == 10 || base == 16;
}

NTSTATUS RtlInt64ToUnicodeString(ULONGLONG value, ULONG base, PUNICODE_STRING string)
{
    WCHAR digits[64];
    size_t count = 0;

    if (base == 0)
        base = 10;
    if (!valid_base(base))
        return STATUS_INVALID_PARAMETER;
    do {
        digits[RTL_NUMBER_OF(digits) - ++count] = (WCHAR) "0123456789ABCDEF"[value % base];
        value /= base;
    } while (value);
    if (count * sizeof(WCHAR) > string->MaximumLength)
        return STATUS_BUFFER_OVERFLOW;
    memcpy(string->Buffer, digits + RTL_NUMBER_OF(digits) - count, count * sizeof(WCHAR));
    string->Length = (USHORT)(count * sizeof(WCHAR));
    if (string->Length + sizeof(WCHAR) <= string->MaximumLength)
        string->Buffer[count] = 0;
    return STATUS_SUCCESS;
}

NTSTATUS RtlIntegerToUnicodeString(ULONG value, ULONG base, PUNICODE_STRING string)
{
    return RtlInt64ToUnicodeString(value, base, string);
}

/* Digits in either width, behind one another. */
struct digits {
    const WCHAR *wide;
    const char *narrow;
    size_t at;
    size_t count;
};

static unsigned peek(const struct digits *digits)
{
    if (digits->at >= digits->count)
        return 0;
    return digits->wide ? digits->wide[digits->at] : (unsigned char)digits->narrow[digits->at];
}

static unsigned digit_value(unsigned unit)
{
    if (unit >= '0' && unit <= '9')
        return unit - '0';
    if (unit >= 'a' && unit <= 'f')
        return unit - 'a' + 10;
    if (unit >= 'A' && unit <= 'F')
        return unit - 'A' + 10;
    return UINT32_MAX;
}

static ULONG prefix_base(struct digits *digits)
{
    unsigned letter;

    if (peek(digits) != '0' || digits->at + 1 >= digits->count)
        return 10;
    digits->at++;
    letter = peek(digits);
    digits->at++;
    if (letter == 'x')
        return 16;
    if (letter == 'o')
        return 8;
    if (letter == 'b')
        return 2;
    digits->at -= 2;
    return 10;
}

/* Space, a sign, a prefix if the base is zero, digits; what follows is ignored. */
static NTSTATUS parse(struct digits *digits, ULONG base, uint64_t *value)
{
    bool negative = false;

    *value = 0;
    while (digits->at < digits->count && peek(digits) <= ' ')
        digits->at++;
    if (peek(digits) == '-' || peek(digits) == '+') {
        negative = peek(digits) == '-';
        digits->at++;
    }
    if (base == 0)
        base = prefix_base(digits);
    if (!valid_base(base))
        return STATUS_INVALID_PARAMETER;
    for (; digit_value(peek(digits)) < base; digits->at++)
        *value = *value * base + digit_value(peek(digits));
    if (negative)
        *value = 0 - *value;
    return STATUS_SUCCESS;
}

NTSTATUS RtlUnicodeStringToInteger(PCUNICODE_STRING string, ULONG base, PULONG value)
{
    struct digits digits = { .wide = string->Buffer, .count = string->Length / sizeof(WCHAR) };
    uint64_t parsed;
    NTSTATUS status = parse(&digits, base, &parsed);

    if (NT_SUCCESS(status))
        *value = (ULONG)parsed;
    return status;
}

NTSTATUS RtlUnicodeStringToInt64(PCUNICODE_STRING string, ULONG base, PLONG64 value, PWSTR *end)
{
    struct digits digits = { .wide = string->Buffer, .count = string->Length / sizeof(WCHAR) };
    uint64_t parsed;
    NTSTATUS status = parse(&digits, base, &parsed);

    if (NT_SUCCESS(status))
        *value = (LONG64)parsed;
    if (end)
        *end = string->Buffer + digits.at;
    return status;
}

NTSTATUS RtlCharToInteger(PCSZ string, ULONG base, PULONG value)
{
    struct digits digits = { .narrow = string, .count = strlen(string) };
    uint64_t parsed;
    NTSTATUS status = parse(&digits, base, &parsed);

    if (NT_SUCCESS(status))
        *value = (ULONG)parsed;
    return status;
}

/* --- GUIDs ------------------------------------------------------------------------------------ */

/*
 * Where the bytes of a GUID stand in its text, two digits each; the first three fields are
 * little-endian.
 */
static const unsigned char guid_places[16] = { 7,  5,  3,  1,  12, 10, 17, 15,
                                               20, 22, 25, 27, 29, 31, 33, 35 };

NTSTATUS RtlStringFromGUID(REFGUID guid, PUNICODE_STRING string)
{
    const UCHAR *bytes = (const UCHAR *)guid;
    size_t size = (GUID_TEXT_UNITS + 1) * sizeof(WCHAR);
    PWCH text = nt_string_allocate(size, NT_CALLER());

    if (!text)
        return STATUS_NO_MEMORY;
    memcpy(text, L"{00000000-0000-0000-0000-000000000000}", size);
    for (size_t i = 0; i < sizeof(guid_places); i++) {
        text[guid_places[i]] = (WCHAR) "0123456789ABCDEF"[bytes[i] >> 4];
        text[guid_places[i] + 1] = (WCHAR) "0123456789ABCDEF"[bytes[i] & 15];
    }
    string->Buffer = text;
    string->MaximumLength = (USHORT)size;
    string->Length = (USHORT)(size - sizeof(WCHAR));
    return STATUS_SUCCESS;
}

static bool is_guid_frame(const WCHAR *text)
{
    return text[0] == '{' && text[9] == '-' && text[14] == '-' && text[19] == '-' &&
           text[24] == '-' && text[37] == '}';
}

NTSTATUS RtlGUIDFromString(PCUNICODE_STRING string, GUID *guid)
{
    UCHAR bytes[sizeof(GUID)];

    if (string->Length < GUID_TEXT_UNITS * sizeof(WCHAR) || !is_guid_frame(string->Buffer))
        return STATUS_INVALID_PARAMETER;
    for (size_t i = 0; i < sizeof(guid_places); i++) {
        unsigned high = digit_value(string->Buffer[guid_places[i]]);
        unsigned low = digit_value(string->Buffer[guid_places[i] + 1]);

        if (high > 15 || low > 15)
            return STATUS_INVALID_PARAMETER;
        bytes[i] = (UCHAR)(high << 4 | low);
    }
    memcpy(guid, bytes, sizeof(bytes));
    return STATUS_SUCCESS;
}
