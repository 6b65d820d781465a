/* SPDX-License-Identifier: MIT */
/* Strings that end where their buffer ends. Cb functions count bytes, Cch functions characters, the
 * terminator included. STATUS_SUCCESS; STATUS_BUFFER_OVERFLOW (a warning, not NT_SUCCESS) when the
 * text was cut, with the terminator in place; STATUS_INVALID_PARAMETER when there is no room even
 * for that. Copying runs at any IRQL, formatting at PASSIVE_LEVEL. */
#ifndef OPENWSK_KM_NTSTRSAFE_H
#define OPENWSK_KM_NTSTRSAFE_H

#include <stdarg.h>

#include <ntdef.h>
#include <ntstatus.h>

#define NTSTRSAFE_MAX_CCH 2147483647
#define NTSTRSAFE_UNICODE_STRING_MAX_CCH (0xffff / sizeof(WCHAR))

/* Flags of the Ex functions; the low byte is what FILL flags fill with. */
#define STRSAFE_IGNORE_NULLS 0x00000100
#define STRSAFE_FILL_BEHIND_NULL 0x00000200
#define STRSAFE_FILL_ON_FAILURE 0x00000400
#define STRSAFE_NULL_ON_FAILURE 0x00000800
#define STRSAFE_NO_TRUNCATION 0x00001000
#define STRSAFE_FILL_BYTE(x) ((ULONG)((x) & 0xff) | STRSAFE_FILL_BEHIND_NULL)
#define STRSAFE_FAILURE_BYTE(x) ((ULONG)((x) & 0xff) | STRSAFE_FILL_ON_FAILURE)

typedef PSTR NTSTRSAFE_PSTR;
typedef PCSTR NTSTRSAFE_PCSTR;
typedef PWSTR NTSTRSAFE_PWSTR;
typedef PCWSTR NTSTRSAFE_PCWSTR;

OPENWSK_DECLARATIONS_BEGIN

/* ---- Narrow: bytes and characters are the same ---- */

NTSTATUS RtlStringCchCopyA(_Out_ PSTR Dest, _In_ SIZE_T Cch, _In_ PCSTR Src);
/* At most CchToCopy characters of Src. */
NTSTATUS RtlStringCchCopyNA(_Out_ PSTR Dest, _In_ SIZE_T Cch, _In_ PCSTR Src,
                            _In_ SIZE_T CchToCopy);
/* Dest must be terminated within Cch. */
NTSTATUS RtlStringCchCatA(_Inout_ PSTR Dest, _In_ SIZE_T Cch, _In_ PCSTR Src);
NTSTATUS RtlStringCchCatNA(_Inout_ PSTR Dest, _In_ SIZE_T Cch, _In_ PCSTR Src,
                           _In_ SIZE_T CchToAppend);
NTSTATUS RtlStringCchPrintfA(_Out_ PSTR Dest, _In_ SIZE_T Cch, _In_ PCSTR Format, ...);
NTSTATUS RtlStringCchVPrintfA(_Out_ PSTR Dest, _In_ SIZE_T Cch, _In_ PCSTR Format,
                              _In_ va_list Arguments);
/* Also tells where the terminator is and how much room remains from there on; may be NULL. */
NTSTATUS RtlStringCchPrintfExA(_Out_ PSTR Dest, _In_ SIZE_T Cch, _Out_opt_ PSTR *End,
                               _Out_opt_ SIZE_T *Remaining, _In_ ULONG Flags, _In_ PCSTR Format,
                               ...);
NTSTATUS RtlStringCchVPrintfExA(_Out_ PSTR Dest, _In_ SIZE_T Cch, _Out_opt_ PSTR *End,
                                _Out_opt_ SIZE_T *Remaining, _In_ ULONG Flags, _In_ PCSTR Format,
                                _In_ va_list Arguments);
/* The length without the terminator; STATUS_INVALID_PARAMETER when there is none within Cch. */
NTSTATUS RtlStringCchLengthA(_In_ PCSTR Text, _In_ SIZE_T Cch, _Out_opt_ SIZE_T *Length);

#define RtlStringCbCopyA RtlStringCchCopyA
#define RtlStringCbCopyNA RtlStringCchCopyNA
#define RtlStringCbCatA RtlStringCchCatA
#define RtlStringCbCatNA RtlStringCchCatNA
#define RtlStringCbPrintfA RtlStringCchPrintfA
#define RtlStringCbVPrintfA RtlStringCchVPrintfA
#define RtlStringCbPrintfExA RtlStringCchPrintfExA
#define RtlStringCbVPrintfExA RtlStringCchVPrintfExA
#define RtlStringCbLengthA RtlStringCchLengthA

/* ---- Wide ---- */

NTSTATUS RtlStringCchCopyW(_Out_ PWSTR Dest, _In_ SIZE_T Cch, _In_ PCWSTR Src);
NTSTATUS RtlStringCchCopyNW(_Out_ PWSTR Dest, _In_ SIZE_T Cch, _In_ PCWSTR Src,
                            _In_ SIZE_T CchToCopy);
NTSTATUS RtlStringCchCatW(_Inout_ PWSTR Dest, _In_ SIZE_T Cch, _In_ PCWSTR Src);
NTSTATUS RtlStringCchCatNW(_Inout_ PWSTR Dest, _In_ SIZE_T Cch, _In_ PCWSTR Src,
                           _In_ SIZE_T CchToAppend);
NTSTATUS RtlStringCchPrintfW(_Out_ PWSTR Dest, _In_ SIZE_T Cch, _In_ PCWSTR Format, ...);
NTSTATUS RtlStringCchVPrintfW(_Out_ PWSTR Dest, _In_ SIZE_T Cch, _In_ PCWSTR Format,
                              _In_ va_list Arguments);
NTSTATUS RtlStringCchLengthW(_In_ PCWSTR Text, _In_ SIZE_T Cch, _Out_opt_ SIZE_T *Length);

NTSTATUS RtlStringCbCopyW(_Out_ PWSTR Dest, _In_ SIZE_T Cb, _In_ PCWSTR Src);
NTSTATUS RtlStringCbCopyNW(_Out_ PWSTR Dest, _In_ SIZE_T Cb, _In_ PCWSTR Src,
                           _In_ SIZE_T CbToCopy);
NTSTATUS RtlStringCbCatW(_Inout_ PWSTR Dest, _In_ SIZE_T Cb, _In_ PCWSTR Src);
NTSTATUS RtlStringCbCatNW(_Inout_ PWSTR Dest, _In_ SIZE_T Cb, _In_ PCWSTR Src,
                          _In_ SIZE_T CbToAppend);
NTSTATUS RtlStringCbPrintfW(_Out_ PWSTR Dest, _In_ SIZE_T Cb, _In_ PCWSTR Format, ...);
NTSTATUS RtlStringCbVPrintfW(_Out_ PWSTR Dest, _In_ SIZE_T Cb, _In_ PCWSTR Format,
                             _In_ va_list Arguments);
NTSTATUS RtlStringCbLengthW(_In_ PCWSTR Text, _In_ SIZE_T Cb, _Out_opt_ SIZE_T *Length);

/* ---- Counted strings: no terminator; MaximumLength is the room ---- */

/* Points the string at Src, which stays the caller's; NULL makes it empty. */
NTSTATUS RtlUnicodeStringInit(_Out_ PUNICODE_STRING Dest, _In_opt_ PCWSTR Src);
NTSTATUS RtlUnicodeStringCopyString(_Inout_ PUNICODE_STRING Dest, _In_ PCWSTR Src);
NTSTATUS RtlUnicodeStringCopy(_Inout_ PUNICODE_STRING Dest, _In_ PCUNICODE_STRING Src);
NTSTATUS RtlUnicodeStringCatString(_Inout_ PUNICODE_STRING Dest, _In_ PCWSTR Src);
NTSTATUS RtlUnicodeStringCat(_Inout_ PUNICODE_STRING Dest, _In_ PCUNICODE_STRING Src);
NTSTATUS RtlUnicodeStringPrintf(_Inout_ PUNICODE_STRING Dest, _In_ PCWSTR Format, ...);
NTSTATUS RtlUnicodeStringVPrintf(_Inout_ PUNICODE_STRING Dest, _In_ PCWSTR Format,
                                 _In_ va_list Arguments);

OPENWSK_DECLARATIONS_END

#endif
