/* SPDX-License-Identifier: MIT */
/*
 * crt.h - the kernel's C run time where the host's would not do: wide strings (16 bits here, 32 in
 * the C library) and formatted printing in the kernel's dialect. The functions keep their names in
 * source and have names of their own in the object file, so that no call ends in the C library.
 */
#ifndef OPENWSK_KM_CRT_H
#define OPENWSK_KM_CRT_H

#include <stdarg.h>
#include <stddef.h>
#include <wchar.h>

#include "../ntdef.h"

/* A redeclaration must repeat the exception specification of the host's headers. */
#if defined(__cplusplus) && defined(__THROW)
#define OPENWSK_CRT_THROW __THROW
#else
#define OPENWSK_CRT_THROW
#endif

OPENWSK_DECLARATIONS_BEGIN

/* Any IRQL for resident text. As their namesakes in the C standard. */
size_t wcslen(const wchar_t *s) OPENWSK_CRT_THROW __asm__("openwsk_wcslen");
size_t wcsnlen(const wchar_t *s, size_t limit) OPENWSK_CRT_THROW __asm__("openwsk_wcsnlen");
wchar_t *wcscpy(wchar_t *__restrict to, const wchar_t *__restrict from)
    OPENWSK_CRT_THROW __asm__("openwsk_wcscpy");
wchar_t *wcsncpy(wchar_t *__restrict to, const wchar_t *__restrict from, size_t limit)
    OPENWSK_CRT_THROW __asm__("openwsk_wcsncpy");
wchar_t *wcscat(wchar_t *__restrict to, const wchar_t *__restrict from)
    OPENWSK_CRT_THROW __asm__("openwsk_wcscat");
int wcscmp(const wchar_t *a, const wchar_t *b) OPENWSK_CRT_THROW __asm__("openwsk_wcscmp");
int wcsncmp(const wchar_t *a, const wchar_t *b, size_t limit) OPENWSK_CRT_THROW
    __asm__("openwsk_wcsncmp");
#ifndef __cplusplus
/* C++ libraries overload them for const. */
wchar_t *wcschr(const wchar_t *s, wchar_t c) __asm__("openwsk_wcschr");
wchar_t *wcsrchr(const wchar_t *s, wchar_t c) __asm__("openwsk_wcsrchr");
wchar_t *wcsstr(const wchar_t *s, const wchar_t *part) __asm__("openwsk_wcsstr");
#endif
int _wcsicmp(const wchar_t *a, const wchar_t *b) __asm__("openwsk_wcsicmp");
int _wcsnicmp(const wchar_t *a, const wchar_t *b, size_t limit) __asm__("openwsk_wcsnicmp");
int _stricmp(const char *a, const char *b) __asm__("openwsk_stricmp");
int _strnicmp(const char *a, const char *b, size_t limit) __asm__("openwsk_strnicmp");

/*
 * <= DISPATCH_LEVEL (wide text: PASSIVE_LEVEL). Negative when the text does not fit; then no
 * terminator.
 */
int _snprintf(char *buffer, size_t count, const char *format, ...) __asm__("openwsk_snprintf");
int _vsnprintf(char *buffer, size_t count, const char *format, va_list arguments)
    __asm__("openwsk_vsnprintf");
int _snwprintf(wchar_t *buffer, size_t count, const wchar_t *format,
               ...) __asm__("openwsk_snwprintf");
int _vsnwprintf(wchar_t *buffer, size_t count, const wchar_t *format, va_list arguments)
    __asm__("openwsk_vsnwprintf");
/* Always terminated; _TRUNCATE as count cuts, otherwise an overflow is the empty string. */
int _snprintf_s(char *buffer, size_t size, size_t count, const char *format, ...)
    __asm__("openwsk_snprintf_s");
int _vsnprintf_s(char *buffer, size_t size, size_t count, const char *format, va_list arguments)
    __asm__("openwsk_vsnprintf_s");

OPENWSK_DECLARATIONS_END

#define _TRUNCATE ((size_t)-1)

#endif
