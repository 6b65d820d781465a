/* SPDX-License-Identifier: MIT */
/* ntstrsafe.h: bounded copying, appending and formatting. */
#include "nt_internal.h"

#include <ntstrsafe.h>

#include <string.h>

#define FORMAT_TAG 0x66727453 /* "Strf" */

static bool is_room(SIZE_T cch)
{
    return cch > 0 && cch <= NTSTRSAFE_MAX_CCH;
}

/* --- Narrow ---------------------------------------------------------------------------------- */

NTSTATUS RtlStringCchLengthA(PCSTR Text, SIZE_T Cch, SIZE_T *Length)
{
    SIZE_T length = Text != NULL && Cch <= NTSTRSAFE_MAX_CCH ? strnlen(Text, Cch) : Cch;
    bool found = length < Cch;

    if (Length != NULL)
        *Length = found ? length : 0;
    return found ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

NTSTATUS RtlStringCchCopyNA(PSTR Dest, SIZE_T Cch, PCSTR Src, SIZE_T CchToCopy)
{
    SIZE_T length;

    if (!is_room(Cch))
        return STATUS_INVALID_PARAMETER;
    length = strnlen(Src, CchToCopy);
    if (length >= Cch) {
        memcpy(Dest, Src, Cch - 1);
        Dest[Cch - 1] = 0;
        return STATUS_BUFFER_OVERFLOW;
    }
    memcpy(Dest, Src, length);
    Dest[length] = 0;
    return STATUS_SUCCESS;
}

NTSTATUS RtlStringCchCopyA(PSTR Dest, SIZE_T Cch, PCSTR Src)
{
    return RtlStringCchCopyNA(Dest, Cch, Src, NTSTRSAFE_MAX_CCH);
}

NTSTATUS RtlStringCchCatNA(PSTR Dest, SIZE_T Cch, PCSTR Src, SIZE_T CchToAppend)
{
    SIZE_T used;

    if (!NT_SUCCESS(RtlStringCchLengthA(Dest, Cch, &used)))
        return STATUS_INVALID_PARAMETER;
    return RtlStringCchCopyNA(Dest + used, Cch - used, Src, CchToAppend);
}

NTSTATUS RtlStringCchCatA(PSTR Dest, SIZE_T Cch, PCSTR Src)
{
    return RtlStringCchCatNA(Dest, Cch, Src, NTSTRSAFE_MAX_CCH);
}

NTSTATUS RtlStringCchVPrintfA(PSTR Dest, SIZE_T Cch, PCSTR Format, va_list Arguments)
{
    int length;

    if (!is_room(Cch))
        return STATUS_INVALID_PARAMETER;
    length = nt_format(Dest, Cch, Format, Arguments);
    if (length >= 0 && (SIZE_T)length < Cch)
        return STATUS_SUCCESS;
    Dest[Cch - 1] = 0;
    return STATUS_BUFFER_OVERFLOW;
}

NTSTATUS RtlStringCchPrintfA(PSTR Dest, SIZE_T Cch, PCSTR Format, ...)
{
    va_list arguments;
    NTSTATUS status;

    va_start(arguments, Format);
    status = RtlStringCchVPrintfA(Dest, Cch, Format, arguments);
    va_end(arguments);
    return status;
}

/* What the flags want done with the buffer, afterwards. */
static void apply_flags(PSTR dest, SIZE_T cch, NTSTATUS status, ULONG flags)
{
    SIZE_T length = strnlen(dest, cch - 1);

    if (NT_SUCCESS(status)) {
        if (flags & STRSAFE_FILL_BEHIND_NULL)
            memset(dest + length + 1, (int)(flags & 0xff), cch - length - 1);
        return;
    }
    if (flags & STRSAFE_FILL_ON_FAILURE) {
        memset(dest, (int)(flags & 0xff), cch);
        dest[cch - 1] = 0;
    }
    if (flags & (STRSAFE_NULL_ON_FAILURE | STRSAFE_NO_TRUNCATION))
        dest[0] = 0;
}

NTSTATUS RtlStringCchVPrintfExA(PSTR Dest, SIZE_T Cch, PSTR *End, SIZE_T *Remaining, ULONG Flags,
                                PCSTR Format, va_list Arguments)
{
    PCSTR format = Format == NULL && (Flags & STRSAFE_IGNORE_NULLS) ? "" : Format;
    NTSTATUS status;
    SIZE_T length;

    if (!is_room(Cch) || Dest == NULL)
        return STATUS_INVALID_PARAMETER;
    status = RtlStringCchVPrintfA(Dest, Cch, format, Arguments);
    apply_flags(Dest, Cch, status, Flags);
    length = strnlen(Dest, Cch - 1);
    if (End != NULL)
        *End = Dest + length;
    if (Remaining != NULL)
        *Remaining = Cch - length;
    return status;
}

NTSTATUS RtlStringCchPrintfExA(PSTR Dest, SIZE_T Cch, PSTR *End, SIZE_T *Remaining, ULONG Flags,
                               PCSTR Format, ...)
{
    va_list arguments;
    NTSTATUS status;

    va_start(arguments, Format);
    status = RtlStringCchVPrintfExA(Dest, Cch, End, Remaining, Flags, Format, arguments);
    va_end(arguments);
    return status;
}

/* --- Wide ------------------------------------------------------------------------------------ */

static SIZE_T wide_length(PCWSTR text, SIZE_T limit)
{
    SIZE_T length = 0;

    while (length < limit && text[length] != 0)
        length++;
    return length;
}

NTSTATUS RtlStringCchLengthW(PCWSTR Text, SIZE_T Cch, SIZE_T *Length)
{
    SIZE_T length = Text != NULL && Cch <= NTSTRSAFE_MAX_CCH ? wide_length(Text, Cch) : Cch;
    bool found = length < Cch;

    if (Length != NULL)
        *Length = found ? length : 0;
    return found ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

NTSTATUS RtlStringCchCopyNW(PWSTR Dest, SIZE_T Cch, PCWSTR Src, SIZE_T CchToCopy)
{
    SIZE_T length;

    if (!is_room(Cch))
        return STATUS_INVALID_PARAMETER;
    length = wide_length(Src, CchToCopy);
    if (length >= Cch) {
        memcpy(Dest, Src, (Cch - 1) * sizeof(WCHAR));
        Dest[Cch - 1] = 0;
        return STATUS_BUFFER_OVERFLOW;
    }
    memcpy(Dest, Src, length * sizeof(WCHAR));
    Dest[length] = 0;
    return STATUS_SUCCESS;
}

NTSTATUS RtlStringCchCopyW(PWSTR Dest, SIZE_T Cch, PCWSTR Src)
{
    return RtlStringCchCopyNW(Dest, Cch, Src, NTSTRSAFE_MAX_CCH);
}

NTSTATUS RtlStringCchCatNW(PWSTR Dest, SIZE_T Cch, PCWSTR Src, SIZE_T CchToAppend)
{
    SIZE_T used;

    if (!NT_SUCCESS(RtlStringCchLengthW(Dest, Cch, &used)))
        return STATUS_INVALID_PARAMETER;
    return RtlStringCchCopyNW(Dest + used, Cch - used, Src, CchToAppend);
}

NTSTATUS RtlStringCchCatW(PWSTR Dest, SIZE_T Cch, PCWSTR Src)
{
    return RtlStringCchCatNW(Dest, Cch, Src, NTSTRSAFE_MAX_CCH);
}

NTSTATUS RtlStringCchVPrintfW(PWSTR Dest, SIZE_T Cch, PCWSTR Format, va_list Arguments)
{
    int length;

    if (!is_room(Cch))
        return STATUS_INVALID_PARAMETER;
    length = nt_format_wide(Dest, Cch, Format, Arguments);
    if (length >= 0 && (SIZE_T)length < Cch)
        return STATUS_SUCCESS;
    Dest[Cch - 1] = 0;
    return STATUS_BUFFER_OVERFLOW;
}

NTSTATUS RtlStringCchPrintfW(PWSTR Dest, SIZE_T Cch, PCWSTR Format, ...)
{
    va_list arguments;
    NTSTATUS status;

    va_start(arguments, Format);
    status = RtlStringCchVPrintfW(Dest, Cch, Format, arguments);
    va_end(arguments);
    return status;
}

NTSTATUS RtlStringCbCopyW(PWSTR Dest, SIZE_T Cb, PCWSTR Src)
{
    return RtlStringCchCopyW(Dest, Cb / sizeof(WCHAR), Src);
}

NTSTATUS RtlStringCbCopyNW(PWSTR Dest, SIZE_T Cb, PCWSTR Src, SIZE_T CbToCopy)
{
    return RtlStringCchCopyNW(Dest, Cb / sizeof(WCHAR), Src, CbToCopy / sizeof(WCHAR));
}

NTSTATUS RtlStringCbCatW(PWSTR Dest, SIZE_T Cb, PCWSTR Src)
{
    return RtlStringCchCatW(Dest, Cb / sizeof(WCHAR), Src);
}

NTSTATUS RtlStringCbCatNW(PWSTR Dest, SIZE_T Cb, PCWSTR Src, SIZE_T CbToAppend)
{
    return RtlStringCchCatNW(Dest, Cb / sizeof(WCHAR), Src, CbToAppend / sizeof(WCHAR));
}

NTSTATUS RtlStringCbVPrintfW(PWSTR Dest, SIZE_T Cb, PCWSTR Format, va_list Arguments)
{
    return RtlStringCchVPrintfW(Dest, Cb / sizeof(WCHAR), Format, Arguments);
}

NTSTATUS RtlStringCbPrintfW(PWSTR Dest, SIZE_T Cb, PCWSTR Format, ...)
{
    va_list arguments;
    NTSTATUS status;

    va_start(arguments, Format);
    status = RtlStringCbVPrintfW(Dest, Cb, Format, arguments);
    va_end(arguments);
    return status;
}

NTSTATUS RtlStringCbLengthW(PCWSTR Text, SIZE_T Cb, SIZE_T *Length)
{
    NTSTATUS status = RtlStringCchLengthW(Text, Cb / sizeof(WCHAR), Length);

    if (Length != NULL)
        *Length *= sizeof(WCHAR);
    return status;
}

/* --- Counted --------------------------------------------------------------------------------- */

/* Puts `length` units behind the first `used` ones, as far as they fit. */
static NTSTATUS put_units(PUNICODE_STRING dest, SIZE_T used, PCWSTR units, SIZE_T length)
{
    SIZE_T room = dest->MaximumLength / sizeof(WCHAR);
    SIZE_T part;

    if (used > room)
        return STATUS_INVALID_PARAMETER;
    part = length < room - used ? length : room - used;
    if (part > 0)
        memmove(dest->Buffer + used, units, part * sizeof(WCHAR));
    dest->Length = (USHORT)((used + part) * sizeof(WCHAR));
    return part < length ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

NTSTATUS RtlUnicodeStringInit(PUNICODE_STRING Dest, PCWSTR Src)
{
    SIZE_T length = 0;

    if (Src != NULL && !NT_SUCCESS(RtlStringCchLengthW(Src, NTSTRSAFE_UNICODE_STRING_MAX_CCH,
                                                       &length)))
        return STATUS_INVALID_PARAMETER;
    Dest->Length = (USHORT)(length * sizeof(WCHAR));
    Dest->MaximumLength = (USHORT)(Src != NULL ? Dest->Length + sizeof(WCHAR) : 0);
    Dest->Buffer = (PWSTR)(ULONG_PTR)Src;
    return STATUS_SUCCESS;
}

NTSTATUS RtlUnicodeStringCopyString(PUNICODE_STRING Dest, PCWSTR Src)
{
    return put_units(Dest, 0, Src, wide_length(Src, NTSTRSAFE_MAX_CCH));
}

NTSTATUS RtlUnicodeStringCopy(PUNICODE_STRING Dest, PCUNICODE_STRING Src)
{
    return put_units(Dest, 0, Src->Buffer, Src->Length / sizeof(WCHAR));
}

NTSTATUS RtlUnicodeStringCatString(PUNICODE_STRING Dest, PCWSTR Src)
{
    return put_units(Dest, Dest->Length / sizeof(WCHAR), Src, wide_length(Src, NTSTRSAFE_MAX_CCH));
}

NTSTATUS RtlUnicodeStringCat(PUNICODE_STRING Dest, PCUNICODE_STRING Src)
{
    return put_units(Dest, Dest->Length / sizeof(WCHAR), Src->Buffer, Src->Length / sizeof(WCHAR));
}

/* The formatter ends its text with a terminator, for which a counted string need not have room. */
NTSTATUS RtlUnicodeStringVPrintf(PUNICODE_STRING Dest, PCWSTR Format, va_list Arguments)
{
    SIZE_T room = Dest->MaximumLength / sizeof(WCHAR);
    WCHAR *text = ExAllocatePoolWithTag(PagedPool, (room + 1) * sizeof(WCHAR), FORMAT_TAG);
    NTSTATUS status;
    int length;

    if (text == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    length = nt_format_wide(text, room + 1, Format, Arguments);
    status = put_units(Dest, 0, text, wide_length(text, room));
    if (length < 0 || (SIZE_T)length > room)
        status = STATUS_BUFFER_OVERFLOW;
    ExFreePoolWithTag(text, FORMAT_TAG);
    return status;
}

NTSTATUS RtlUnicodeStringPrintf(PUNICODE_STRING Dest, PCWSTR Format, ...)
{
    va_list arguments;
    NTSTATUS status;

    va_start(arguments, Format);
    status = RtlUnicodeStringVPrintf(Dest, Format, arguments);
    va_end(arguments);
    return status;
}
