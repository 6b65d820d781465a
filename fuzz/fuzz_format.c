/* SPDX-License-Identifier: MIT */
/*
 * fuzz_format.c - the kernel's printf against the C library's, where the two dialects agree:
 * conversions with flags, width and precision, into memory that may be too small.
 */
#include "fuzz.h"

#include <ntddk.h>
#include <ntstrsafe.h>

#include <stdbool.h>

#define DIRECTIVES_MAX 4
#define FORMAT_MAX 160

struct format {
    char text[FORMAT_MAX];
    size_t length;
    uint64_t arguments[DIRECTIVES_MAX];
    char strings[DIRECTIVES_MAX][12];
};

static void put(struct format *format, char c)
{
    MUST(format->length + 1 < sizeof(format->text));
    format->text[format->length++] = c;
    format->text[format->length] = 0;
}

static void put_number(struct format *format, unsigned number)
{
    if (number >= 10)
        put(format, (char)('0' + number / 10));
    put(format, (char)('0' + number % 10));
}

static void put_literals(struct reader *reader, struct format *format)
{
    for (unsigned count = take_below(reader, 5); count; count--) {
        char c = (char)(32 + take_below(reader, 95));

        put(format, c);
        if (c == '%')
            put(format, '%');
    }
}

static void put_string(struct reader *reader, struct format *format, unsigned i)
{
    size_t length = take_below(reader, sizeof(format->strings[i]));

    for (size_t c = 0; c < length; c++)
        format->strings[i][c] = (char)(32 + take_below(reader, 95));
    format->strings[i][length] = 0;
    format->arguments[i] = (uintptr_t)format->strings[i];
    put(format, 's');
}

static void put_integer(struct reader *reader, struct format *format, unsigned i, char conversion)
{
    static const char *const lengths[] = { "", "h", "hh", "ll" };
    const char *length = lengths[take_below(reader, 4)];

    while (*length)
        put(format, *length++);
    put(format, conversion);
    take_bytes(reader, &format->arguments[i], sizeof(format->arguments[i]));
}

/* What the standard leaves open for a conversion (zeros before a string, a sign of hexadecimal) is
 * left out. */
static void put_directive(struct reader *reader, struct format *format, unsigned i)
{
    static const char conversions[] = "diuxXosc";
    char conversion = conversions[take_below(reader, 8)];
    unsigned flags = take8(reader);
    bool text = conversion == 's' || conversion == 'c', sign = conversion == 'd' || conversion == 'i';

    put(format, '%');
    if (flags & 1)
        put(format, '-');
    if ((flags & 2) && !text)
        put(format, '0');
    if ((flags & 4) && sign)
        put(format, flags & 8 ? '+' : ' ');
    if ((flags & 16) && (conversion == 'x' || conversion == 'X' || conversion == 'o'))
        put(format, '#');
    if (flags & 32)
        put_number(format, 1 + take_below(reader, 40));
    if ((flags & 64) && conversion != 'c') {
        put(format, '.');
        put_number(format, take_below(reader, 40));
    }
    if (conversion == 's') {
        put_string(reader, format, i);
    } else if (conversion == 'c') {
        put(format, 'c');
        format->arguments[i] = 32 + take_below(reader, 95);
    } else {
        put_integer(reader, format, i, conversion);
    }
}

static void compare(const struct format *format, size_t room)
{
    const uint64_t *a = format->arguments;
    char expected[1024], *got = malloc(room);
    int length = snprintf(expected, sizeof(expected), format->text, a[0], a[1], a[2], a[3]);
    NTSTATUS status;

    MUST(got != NULL && length >= 0 && (size_t)length < sizeof(expected));
    status = RtlStringCbPrintfA(got, room, format->text, a[0], a[1], a[2], a[3]);
    MUST(status == ((size_t)length < room ? STATUS_SUCCESS : STATUS_BUFFER_OVERFLOW));
    if ((size_t)length >= room)
        expected[room - 1] = 0;
    if (strcmp(got, expected) != 0)
        fprintf(stderr, "format '%s': '%s', not '%s'\n", format->text, got, expected);
    MUST(strcmp(got, expected) == 0);
    free(got);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader reader = { data, size };
    struct format format = { .length = 0 };
    size_t room = 1 + (take8(&reader) & 1 ? 600 : take_below(&reader, 60));
    unsigned count = take_below(&reader, DIRECTIVES_MAX + 1);

    for (unsigned i = 0; i < count; i++) {
        put_literals(&reader, &format);
        put_directive(&reader, &format, i);
    }
    compare(&format, room);
    return 0;
}
