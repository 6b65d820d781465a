/* SPDX-License-Identifier: MIT */
/*
 * wide.c - the C library's wide string functions for 16-bit characters; crt.h gives them names of
 * their own.
 */
#include "nt_internal.h"
#include "upcase.h"

size_t wcslen(const wchar_t *s)
{
    size_t length = 0;

    while (s[length])
        length++;
    return length;
}

size_t wcsnlen(const wchar_t *s, size_t limit)
{
    size_t length = 0;

    while (length < limit && s[length])
        length++;
    return length;
}

wchar_t *wcscpy(wchar_t *restrict to, const wchar_t *restrict from)
{
    size_t i = 0;

    do {
        to[i] = from[i];
    } while (from[i++]);
    return to;
}

wchar_t *wcsncpy(wchar_t *restrict to, const wchar_t *restrict from, size_t limit)
{
    size_t i = 0;

    for (; i < limit && from[i]; i++)
        to[i] = from[i];
    for (; i < limit; i++)
        to[i] = 0;
    return to;
}

wchar_t *wcscat(wchar_t *restrict to, const wchar_t *restrict from)
{
    wcscpy(to + wcslen(to), from);
    return to;
}

int wcsncmp(const wchar_t *a, const wchar_t *b, size_t limit)
{
    for (size_t i = 0; i < limit; i++) {
        if (a[i] != b[i])
            return a[i] < b[i] ? -1 : 1;
        if (!a[i])
            break;
    }
    return 0;
}

int wcscmp(const wchar_t *a, const wchar_t *b)
{
    return wcsncmp(a, b, SIZE_MAX);
}

int _wcsnicmp(const wchar_t *a, const wchar_t *b, size_t limit)
{
    for (size_t i = 0; i < limit; i++) {
        int difference = (int)nt_downcase(a[i]) - (int)nt_downcase(b[i]);

        if (difference)
            return difference;
        if (!a[i])
            break;
    }
    return 0;
}

int _wcsicmp(const wchar_t *a, const wchar_t *b)
{
    return _wcsnicmp(a, b, SIZE_MAX);
}

wchar_t *wcschr(const wchar_t *s, wchar_t c)
{
    for (;; s++) {
        if (*s == c)
            return (wchar_t *)s;
        if (!*s)
            return NULL;
    }
}

wchar_t *wcsrchr(const wchar_t *s, wchar_t c)
{
    const wchar_t *found = NULL;

    for (;; s++) {
        if (*s == c)
            found = s;
        if (!*s)
            return (wchar_t *)found;
    }
}

wchar_t *wcsstr(const wchar_t *s, const wchar_t *part)
{
    size_t length = wcslen(part);

    for (;; s++) {
        if (wcsncmp(s, part, length) == 0)
            return (wchar_t *)s;
        if (!*s)
            return NULL;
    }
}

static int lower(char c)
{
    return c >= 'A' && c <= 'Z' ? c + 32 : (unsigned char)c;
}

int _strnicmp(const char *a, const char *b, size_t limit)
{
    for (size_t i = 0; i < limit; i++) {
        int difference = lower(a[i]) - lower(b[i]);

        if (difference)
            return difference;
        if (!a[i])
            break;
    }
    return 0;
}

int _stricmp(const char *a, const char *b)
{
    return _strnicmp(a, b, SIZE_MAX);
}
