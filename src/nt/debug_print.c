/* SPDX-License-Identifier: MIT */
/*
 * debug_print.c - DbgPrint and its kin. Each call is one write, so that the lines of two threads
 * never mix. Every component and level is printed: there is no debugger to set a filter.
 */
#include "nt_internal.h"

#include <stdarg.h>
#include <string.h>

#define SHORT_TEXT 512

static _Atomic(nt_debug_output_fn *) sink;

void nt_debug_output(nt_debug_output_fn *output)
{
    atomic_store(&sink, output);
}

static void emit(const char *text, size_t length)
{
    nt_debug_output_fn *output = atomic_load(&sink);

    if (output)
        output(text, length);
    else
        os_print(false, text, length);
}

/* Longer text goes through memory of the host; when there is none, it is cut. */
static void print(const char *prefix, const char *format, va_list arguments)
{
    char small[SHORT_TEXT];
    char *text = small;
    size_t size = sizeof(small);
    size_t lead = strnlen(prefix, SHORT_TEXT / 2);
    int length;

    memcpy(text, prefix, lead);
    length = nt_format(text + lead, size - lead, format, arguments);
    if (length < 0)
        return;
    if (lead + (size_t)length >= size) {
        char *large = os_allocate(lead + (size_t)length + 1);

        if (large) {
            size = lead + (size_t)length + 1;
            memcpy(large, prefix, lead);
            nt_format(large + lead, size - lead, format, arguments);
            text = large;
        }
    }
    emit(text, lead + (size_t)length < size ? lead + (size_t)length : size - 1);
    if (text != small)
        os_free(text);
}

ULONG vDbgPrintExWithPrefix(PCCH prefix, ULONG component, ULONG level, PCCH format,
                            va_list arguments)
{
    (void)component;
    (void)level;
    print(prefix, format, arguments);
    return STATUS_SUCCESS;
}

ULONG vDbgPrintEx(ULONG component, ULONG level, PCCH format, va_list arguments)
{
    (void)component;
    (void)level;
    print("", format, arguments);
    return STATUS_SUCCESS;
}

ULONG (DbgPrint)(PCSTR format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    print("", format, arguments);
    va_end(arguments);
    return STATUS_SUCCESS;
}

ULONG (DbgPrintEx)(ULONG component, ULONG level, PCSTR format, ...)
{
    va_list arguments;

    (void)component;
    (void)level;
    va_start(arguments, format);
    print("", format, arguments);
    va_end(arguments);
    return STATUS_SUCCESS;
}

/* Everything is shown, so a driver that asks first is told so. */
NTSTATUS DbgQueryDebugFilterState(ULONG component, ULONG level)
{
    (void)component;
    (void)level;
    return TRUE;
}

NTSTATUS DbgSetDebugFilterState(ULONG component, ULONG level, BOOLEAN state)
{
    (void)component;
    (void)level;
    (void)state;
    return nt_absent("DbgSetDebugFilterState");
}
