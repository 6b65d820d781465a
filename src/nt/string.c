/* SPDX-License-Identifier: MIT */
/*
 * string.c - counted strings: making, copying, appending, comparing. Lengths are in bytes; a
 * terminator is written where there is room, as on Windows, but never counted.
 */
#include "nt_internal.h"
#include "upcase.h"

#include <string.h>

#define ANSI_LENGTH_MAX 0xFFFE
#define UNICODE_LENGTH_MAX 0xFFFC

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* --- Descriptors ------------------------------------------------------------------------------ */

static void set_string(PSTRING string, PCSZ text, size_t length)
{
    string->Length = (USHORT)length;
    string->MaximumLength = text ? (USHORT)(length + 1) : 0;
    string->Buffer = (PCHAR)text;
}

VOID RtlInitString(PSTRING string, PCSZ text)
{
    set_string(string, text, text ? least(strlen(text), ANSI_LENGTH_MAX) : 0);
}

VOID RtlInitAnsiString(PANSI_STRING string, PCSZ text)
{
    RtlInitString(string, text);
}

VOID RtlInitUTF8String(PUTF8_STRING string, PCSZ text)
{
    RtlInitString(string, text);
}

NTSTATUS RtlInitStringEx(PSTRING string, PCSZ text)
{
    size_t length = text ? strlen(text) : 0;

    if (length > ANSI_LENGTH_MAX) {
        set_string(string, NULL, 0);
        return STATUS_NAME_TOO_LONG;
    }
    set_string(string, text, length);
    return STATUS_SUCCESS;
}

NTSTATUS RtlInitAnsiStringEx(PANSI_STRING string, PCSZ text)
{
    return RtlInitStringEx(string, text);
}

static void set_unicode_string(PUNICODE_STRING string, PCWSTR text, size_t length)
{
    string->Length = (USHORT)length;
    string->MaximumLength = text ? (USHORT)(length + sizeof(WCHAR)) : 0;
    string->Buffer = (PWCH)text;
}

VOID RtlInitUnicodeString(PUNICODE_STRING string, PCWSTR text)
{
    size_t length = text ? wcslen(text) * sizeof(WCHAR) : 0;

    set_unicode_string(string, text, least(length, UNICODE_LENGTH_MAX));
}

NTSTATUS RtlInitUnicodeStringEx(PUNICODE_STRING string, PCWSTR text)
{
    size_t length = text ? wcslen(text) * sizeof(WCHAR) : 0;

    if (length > UNICODE_LENGTH_MAX) {
        set_unicode_string(string, NULL, 0);
        return STATUS_NAME_TOO_LONG;
    }
    set_unicode_string(string, text, length);
    return STATUS_SUCCESS;
}

/* --- Copying and appending -------------------------------------------------------------------- */

VOID RtlCopyString(PSTRING to, const STRING *from)
{
    to->Length = from ? (USHORT)least(from->Length, to->MaximumLength) : 0;
    if (to->Length)
        memmove(to->Buffer, from->Buffer, to->Length);
}

static void terminate_unicode(PUNICODE_STRING string)
{
    if (string->Length + sizeof(WCHAR) <= string->MaximumLength)
        string->Buffer[string->Length / sizeof(WCHAR)] = 0;
}

VOID RtlCopyUnicodeString(PUNICODE_STRING to, PCUNICODE_STRING from)
{
    to->Length = from ? (USHORT)least(from->Length, to->MaximumLength) : 0;
    if (to->Length)
        memmove(to->Buffer, from->Buffer, to->Length);
    if (from)
        terminate_unicode(to);
}

NTSTATUS RtlAppendStringToString(PSTRING to, const STRING *from)
{
    if ((size_t)to->Length + from->Length > to->MaximumLength)
        return STATUS_BUFFER_TOO_SMALL;
    if (from->Length)
        memmove(to->Buffer + to->Length, from->Buffer, from->Length);
    to->Length = (USHORT)(to->Length + from->Length);
    return STATUS_SUCCESS;
}

static NTSTATUS append_units(PUNICODE_STRING to, PCWSTR units, size_t length)
{
    if (to->Length + length > to->MaximumLength)
        return STATUS_BUFFER_TOO_SMALL;
    if (!length)
        return STATUS_SUCCESS;
    memmove(to->Buffer + to->Length / sizeof(WCHAR), units, length);
    to->Length = (USHORT)(to->Length + length);
    terminate_unicode(to);
    return STATUS_SUCCESS;
}

NTSTATUS RtlAppendUnicodeStringToString(PUNICODE_STRING to, PCUNICODE_STRING from)
{
    return append_units(to, from->Buffer, from->Length);
}

NTSTATUS RtlAppendUnicodeToString(PUNICODE_STRING to, PCWSTR from)
{
    return append_units(to, from, from ? wcslen(from) * sizeof(WCHAR) : 0);
}

NTSTATUS RtlDuplicateUnicodeString(ULONG flags, PCUNICODE_STRING in, PUNICODE_STRING out)
{
    bool terminate = (flags & RTL_DUPLICATE_UNICODE_STRING_NULL_TERMINATE) != 0;
    bool even_empty = (flags & RTL_DUPLICATE_UNICODE_STRING_ALLOCATE_NULL_STRING) != 0;
    size_t size = in->Length + (terminate ? sizeof(WCHAR) : 0);

    if (even_empty && !terminate)
        return STATUS_INVALID_PARAMETER;
    if (size > UNICODE_STRING_MAX_BYTES)
        return STATUS_NAME_TOO_LONG;
    set_unicode_string(out, NULL, 0);
    if (!in->Length && !even_empty)
        return STATUS_SUCCESS;
    out->Buffer = nt_string_allocate(size, NT_CALLER());
    if (!out->Buffer)
        return STATUS_NO_MEMORY;
    out->MaximumLength = (USHORT)size;
    RtlCopyUnicodeString(out, in);
    return STATUS_SUCCESS;
}

/* --- Comparing -------------------------------------------------------------------------------- */

static int compare_bytes(const STRING *a, const STRING *b, size_t limit, bool fold_case)
{
    for (size_t i = 0; i < limit; i++) {
        CHAR left = fold_case ? RtlUpperChar(a->Buffer[i]) : a->Buffer[i];
        CHAR right = fold_case ? RtlUpperChar(b->Buffer[i]) : b->Buffer[i];

        if (left != right)
            return (UCHAR)left - (UCHAR)right;
    }
    return 0;
}

LONG RtlCompareString(const STRING *a, const STRING *b, BOOLEAN fold_case)
{
    int order = compare_bytes(a, b, least(a->Length, b->Length), fold_case);

    return order ? order : a->Length - b->Length;
}

BOOLEAN RtlEqualString(const STRING *a, const STRING *b, BOOLEAN fold_case)
{
    return a->Length == b->Length && compare_bytes(a, b, a->Length, fold_case) == 0;
}

BOOLEAN RtlPrefixString(const STRING *prefix, const STRING *string, BOOLEAN fold_case)
{
    return prefix->Length <= string->Length &&
           compare_bytes(prefix, string, prefix->Length, fold_case) == 0;
}

LONG RtlCompareUnicodeStrings(PCWCH a, SIZE_T a_count, PCWCH b, SIZE_T b_count, BOOLEAN fold_case)
{
    return nt_compare_text(a, a_count, b, b_count, fold_case);
}

LONG RtlCompareUnicodeString(PCUNICODE_STRING a, PCUNICODE_STRING b, BOOLEAN fold_case)
{
    return nt_compare_text(a->Buffer, a->Length / sizeof(WCHAR), b->Buffer,
                           b->Length / sizeof(WCHAR), fold_case);
}

BOOLEAN RtlEqualUnicodeString(PCUNICODE_STRING a, PCUNICODE_STRING b, BOOLEAN fold_case)
{
    return a->Length == b->Length && RtlCompareUnicodeString(a, b, fold_case) == 0;
}

BOOLEAN RtlPrefixUnicodeString(PCUNICODE_STRING prefix, PCUNICODE_STRING string, BOOLEAN fold_case)
{
    size_t count = prefix->Length / sizeof(WCHAR);

    return prefix->Length <= string->Length &&
           nt_compare_text(prefix->Buffer, count, string->Buffer, count, fold_case) == 0;
}

/*
 * ntddk.h: the default algorithm is x65599, which multiplies by that number and adds the character.
 */
NTSTATUS RtlHashUnicodeString(const UNICODE_STRING *string, BOOLEAN fold_case, ULONG algorithm,
                              PULONG value)
{
    ULONG hash = 0;

    if (!string || !value || algorithm > HASH_STRING_ALGORITHM_X65599)
        return STATUS_INVALID_PARAMETER;
    for (size_t i = 0; i < string->Length / sizeof(WCHAR); i++)
        hash = hash * 65599 + (fold_case ? nt_upcase(string->Buffer[i]) : string->Buffer[i]);
    *value = hash;
    return STATUS_SUCCESS;
}

/* --- Case ------------------------------------------------------------------------------------- */

VOID RtlUpperString(PSTRING to, const STRING *from)
{
    to->Length = (USHORT)least(from->Length, to->MaximumLength);
    for (size_t i = 0; i < to->Length; i++)
        to->Buffer[i] = RtlUpperChar(from->Buffer[i]);
}

static NTSTATUS map_case(PUNICODE_STRING to, PCUNICODE_STRING from, bool allocate,
                         WCHAR (*map)(WCHAR), const void *place)
{
    if (allocate) {
        to->Buffer = nt_string_allocate(from->Length, place);
        if (!to->Buffer)
            return STATUS_NO_MEMORY;
        to->MaximumLength = from->Length;
    } else if (from->Length > to->MaximumLength) {
        return STATUS_BUFFER_OVERFLOW;
    }
    for (size_t i = 0; i < from->Length / sizeof(WCHAR); i++)
        to->Buffer[i] = map(from->Buffer[i]);
    to->Length = from->Length;
    return STATUS_SUCCESS;
}

NTSTATUS RtlUpcaseUnicodeString(PUNICODE_STRING to, PCUNICODE_STRING from, BOOLEAN allocate)
{
    return map_case(to, from, allocate, nt_upcase, NT_CALLER());
}

NTSTATUS RtlDowncaseUnicodeString(PUNICODE_STRING to, PCUNICODE_STRING from, BOOLEAN allocate)
{
    return map_case(to, from, allocate, nt_downcase, NT_CALLER());
}
