/* SPDX-License-Identifier: MIT */
/*
 * format.c - the printf dialect of the Windows kernel.
 *
 * Differences from C: %Z and %wZ print counted strings; %S and %C have the other width than the
 * format itself, %ws %ls %hs say theirs; I, I32, I64 and w are size prefixes; l is 32 bits, for a
 * `long` of Windows is; %p prints 16 capital digits. Arguments have the host's calling convention.
 * A directive that is not known (WPP's %!STATUS! for one) is printed as it stands.
 *
 * The format and the output have the same width: bytes of UTF-8, or units of UTF-16.
 */
#include "nt_internal.h"
#include "utf.h"

#include <stdio.h>
#include <string.h>

#define DIGITS_MAX 64
#define FLOAT_TEXT_MAX 512
#define FLOAT_PRECISION_MAX 100

enum size_prefix {
    SIZE_NONE,
    SIZE_CHAR,
    SIZE_SHORT,
    SIZE_LONG,
    SIZE_WIDE,
    SIZE_64,
    SIZE_LONG_DOUBLE
};

struct sink {
    void *buffer;
    size_t capacity; /* units that may be written, without a terminator */
    size_t length;   /* units that there are */
    bool wide;
};

struct reader {
    const void *at;
    bool wide;
};

struct directive {
    bool left, plus, space, alternate, zero;
    int width;
    int precision; /* -1: none */
    enum size_prefix size;
    unsigned conversion;
};

/* A va_list that functions can pass on by address, whatever type the host's is. */
struct arguments {
    va_list list;
};

/* Characters to print, in either width. */
struct text {
    const void *units;
    size_t count;
    bool wide;
};

static void store(struct sink *sink, size_t index, unsigned unit)
{
    if (sink->wide)
        ((uint16_t *)sink->buffer)[index] = (uint16_t)unit;
    else
        ((char *)sink->buffer)[index] = (char)unit;
}

static void put(struct sink *sink, unsigned unit)
{
    if (sink->length < sink->capacity)
        store(sink, sink->length, unit);
    sink->length++;
}

static unsigned peek(const struct reader *reader)
{
    return reader->wide ? *(const uint16_t *)reader->at : *(const unsigned char *)reader->at;
}

static void advance(struct reader *reader)
{
    reader->at = (const char *)reader->at + (reader->wide ? sizeof(uint16_t) : 1);
}

static bool accept(struct reader *reader, unsigned unit)
{
    if (peek(reader) != unit)
        return false;
    advance(reader);
    return true;
}

static void put_padding(struct sink *sink, int width, size_t used, unsigned unit)
{
    while (width > 0 && used < (size_t)width) {
        put(sink, unit);
        used++;
    }
}

static void put_point(struct sink *sink, uint32_t point)
{
    char bytes[4];
    uint16_t words[2];
    size_t count = sink->wide ? nt_utf16_put(point, words) : nt_utf8_put(point, bytes);

    for (size_t i = 0; i < count; i++)
        put(sink, sink->wide ? words[i] : (unsigned char)bytes[i]);
}

static void put_converted(struct sink *sink, const struct text *text)
{
    if (text->wide) {
        const uint16_t *at = text->units;
        const uint16_t *end = at + text->count;

        while (at < end)
            put_point(sink, nt_utf16_next(&at, end));
    } else {
        const char *at = text->units;
        const char *end = at + text->count;

        while (at < end)
            put_point(sink, nt_utf8_next(&at, end));
    }
}

/* Text of the output's own width passes as it is, also when it is malformed. */
static void put_text(struct sink *sink, const struct text *text)
{
    if (text->wide != sink->wide) {
        put_converted(sink, text);
        return;
    }
    for (size_t i = 0; i < text->count; i++)
        put(sink, text->wide ? ((const uint16_t *)text->units)[i]
                             : ((const unsigned char *)text->units)[i]);
}

static void put_padded_text(struct sink *sink, const struct directive *directive, struct text text)
{
    struct sink measure = { .wide = sink->wide };

    if (directive->precision >= 0 && text.count > (size_t)directive->precision)
        text.count = (size_t)directive->precision;
    put_text(&measure, &text);
    if (!directive->left)
        put_padding(sink, directive->width, measure.length, directive->zero ? '0' : ' ');
    put_text(sink, &text);
    if (directive->left)
        put_padding(sink, directive->width, measure.length, ' ');
}

static struct text null_text(void)
{
    return (struct text){ "(null)", 6, false };
}

/* Does not read behind the precision: the text need not be terminated there. */
static struct text terminated_text(const void *units, bool wide, int precision)
{
    struct text text = { units, 0, wide };
    size_t limit = precision >= 0 ? (size_t)precision : SIZE_MAX;

    if (!units)
        return null_text();
    while (text.count < limit && (wide ? ((const uint16_t *)units)[text.count] != 0
                                       : ((const char *)units)[text.count] != 0))
        text.count++;
    return text;
}

static bool is_wide(const struct directive *directive, bool wide_by_default)
{
    if (directive->size == SIZE_LONG || directive->size == SIZE_WIDE)
        return true;
    if (directive->size == SIZE_SHORT || directive->size == SIZE_CHAR)
        return false;
    return wide_by_default;
}

static void put_character(struct sink *sink, const struct directive *directive,
                          struct arguments *arguments)
{
    bool wide = is_wide(directive, sink->wide != (directive->conversion == 'C'));
    unsigned value = (unsigned)va_arg(arguments->list, int);
    uint16_t word = (uint16_t)value;
    char byte = (char)value;
    struct directive plain = *directive;

    plain.precision = -1;
    put_padded_text(sink, &plain, (struct text){ wide ? (const void *)&word : &byte, 1, wide });
}

static void put_string(struct sink *sink, const struct directive *directive,
                       struct arguments *arguments)
{
    bool wide = is_wide(directive, sink->wide != (directive->conversion == 'S'));
    const void *units = va_arg(arguments->list, const void *);

    put_padded_text(sink, directive, terminated_text(units, wide, directive->precision));
}

static void put_counted_string(struct sink *sink, const struct directive *directive,
                               struct arguments *arguments)
{
    const void *string = va_arg(arguments->list, const void *);
    struct text text = null_text();

    if (string && is_wide(directive, false)) {
        const UNICODE_STRING *unicode = string;

        if (unicode->Buffer)
            text = (struct text){ unicode->Buffer, unicode->Length / sizeof(WCHAR), true };
    } else if (string) {
        const ANSI_STRING *ansi = string;

        if (ansi->Buffer)
            text = (struct text){ ansi->Buffer, ansi->Length, false };
    }
    put_padded_text(sink, directive, text);
}

static uint64_t signed_argument(enum size_prefix size, struct arguments *arguments)
{
    int value;

    if (size == SIZE_64 || size == SIZE_LONG_DOUBLE)
        return (uint64_t)va_arg(arguments->list, long long);
    value = va_arg(arguments->list, int);
    if (size == SIZE_CHAR)
        value = (signed char)value;
    if (size == SIZE_SHORT)
        value = (short)value;
    return (uint64_t)(int64_t)value;
}

static uint64_t unsigned_argument(enum size_prefix size, struct arguments *arguments)
{
    unsigned value;

    if (size == SIZE_64 || size == SIZE_LONG_DOUBLE)
        return va_arg(arguments->list, unsigned long long);
    value = va_arg(arguments->list, unsigned);
    if (size == SIZE_CHAR)
        value = (unsigned char)value;
    if (size == SIZE_SHORT)
        value = (unsigned short)value;
    return value;
}

/* Least significant digit first; nothing for zero. */
static size_t digits_of(uint64_t value, unsigned base, bool capital, char digits[DIGITS_MAX])
{
    const char *alphabet = capital ? "0123456789ABCDEF" : "0123456789abcdef";
    size_t count = 0;

    while (value) {
        digits[count++] = alphabet[value % base];
        value /= base;
    }
    return count;
}

/* An octal number that '#' marks begins with a zero, which a precision may give it already. */
static size_t least_digits(const struct directive *directive, size_t count)
{
    size_t least = directive->precision >= 0 ? (size_t)directive->precision : 1;

    if (directive->conversion == 'o' && directive->alternate && least <= count)
        least = count + 1;
    return least;
}

static void put_number(struct sink *sink, const struct directive *directive, const char *prefix,
                       uint64_t value, unsigned base)
{
    char digits[DIGITS_MAX];
    size_t count = digits_of(value, base, directive->conversion == 'X', digits);
    size_t least = least_digits(directive, count);
    size_t zeroes = count < least ? least - count : 0;
    size_t used = strlen(prefix) + zeroes + count;

    if (!directive->left && directive->zero && directive->precision < 0 && directive->width > 0 &&
        used < (size_t)directive->width) {
        zeroes += (size_t)directive->width - used;
        used = (size_t)directive->width;
    }
    if (!directive->left)
        put_padding(sink, directive->width, used, ' ');
    for (const char *at = prefix; *at; at++)
        put(sink, (unsigned char)*at);
    for (size_t i = 0; i < zeroes; i++)
        put(sink, '0');
    while (count)
        put(sink, (unsigned char)digits[--count]);
    if (directive->left)
        put_padding(sink, directive->width, used, ' ');
}

static void put_signed(struct sink *sink, const struct directive *directive,
                       struct arguments *arguments)
{
    uint64_t value = signed_argument(directive->size, arguments);
    bool negative = (int64_t)value < 0;
    const char *sign = negative ? "-" : directive->plus ? "+" : directive->space ? " " : "";

    put_number(sink, directive, sign, negative ? 0 - value : value, 10);
}

static void put_unsigned(struct sink *sink, const struct directive *directive,
                         struct arguments *arguments)
{
    uint64_t value = unsigned_argument(directive->size, arguments);
    const char *prefix = "";

    if (directive->conversion == 'u') {
        put_number(sink, directive, prefix, value, 10);
    } else if (directive->conversion == 'o') {
        put_number(sink, directive, prefix, value, 8);
    } else {
        if (directive->alternate && value)
            prefix = directive->conversion == 'X' ? "0X" : "0x";
        put_number(sink, directive, prefix, value, 16);
    }
}

static void put_pointer(struct sink *sink, const struct directive *directive,
                        struct arguments *arguments)
{
    struct directive hexadecimal = *directive;

    hexadecimal.conversion = 'X';
    hexadecimal.precision = 2 * sizeof(void *);
    put_number(sink, &hexadecimal, "", (uintptr_t)va_arg(arguments->list, void *), 16);
}

/*
 * The C library knows how to print these; its own format has neither our prefixes nor an open
 * width.
 */
static void put_float(struct sink *sink, const struct directive *directive,
                      struct arguments *arguments)
{
    double value = directive->size == SIZE_LONG_DOUBLE
                       ? (double)va_arg(arguments->list, long double)
                       : va_arg(arguments->list, double);
    int precision =
        directive->precision > FLOAT_PRECISION_MAX ? FLOAT_PRECISION_MAX : directive->precision;
    char format[16];
    char text[FLOAT_TEXT_MAX];
    struct directive padding = *directive;
    int length;

    snprintf(format, sizeof(format), "%%%s%s%s.*%c", directive->plus ? "+" : "",
             directive->space ? " " : "", directive->alternate ? "#" : "",
             (char)directive->conversion);
    length = snprintf(text, sizeof(text), format, precision, value);
    padding.precision = -1;
    padding.zero = false;
    if (directive->zero && !directive->left && length < directive->width &&
        directive->width < FLOAT_TEXT_MAX) {
        snprintf(format, sizeof(format), "%%0%s%s%s*.*%c", directive->plus ? "+" : "",
                 directive->space ? " " : "", directive->alternate ? "#" : "",
                 (char)directive->conversion);
        length = snprintf(text, sizeof(text), format, directive->width, precision, value);
    }
    put_padded_text(sink, &padding, (struct text){ text, (size_t)length, false });
}

static int read_number(struct reader *reader, struct arguments *arguments)
{
    int value = 0;

    if (accept(reader, '*'))
        return va_arg(arguments->list, int);
    while (peek(reader) >= '0' && peek(reader) <= '9') {
        if (value < 1000000)
            value = value * 10 + (int)(peek(reader) - '0');
        advance(reader);
    }
    return value;
}

static void read_flags(struct reader *reader, struct directive *directive)
{
    for (;; advance(reader)) {
        switch (peek(reader)) {
        case '-': directive->left = true; break;
        case '+': directive->plus = true; break;
        case ' ': directive->space = true; break;
        case '#': directive->alternate = true; break;
        case '0': directive->zero = true; break;
        default: return;
        }
    }
}

/* After an I: 64, 32, or the size of a pointer. */
static enum size_prefix read_i_size(struct reader *reader)
{
    struct reader ahead = *reader;

    if (accept(&ahead, '6') && accept(&ahead, '4')) {
        *reader = ahead;
        return SIZE_64;
    }
    ahead = *reader;
    if (accept(&ahead, '3') && accept(&ahead, '2')) {
        *reader = ahead;
        return SIZE_NONE;
    }
    return SIZE_64;
}

static enum size_prefix read_size(struct reader *reader)
{
    if (accept(reader, 'h'))
        return accept(reader, 'h') ? SIZE_CHAR : SIZE_SHORT;
    if (accept(reader, 'l'))
        return accept(reader, 'l') ? SIZE_64 : SIZE_LONG;
    if (accept(reader, 'w'))
        return SIZE_WIDE;
    if (accept(reader, 'I'))
        return read_i_size(reader);
    if (accept(reader, 'z') || accept(reader, 't') || accept(reader, 'j') || accept(reader, 'q'))
        return SIZE_64;
    if (accept(reader, 'L'))
        return SIZE_LONG_DOUBLE;
    return SIZE_NONE;
}

static void read_directive(struct reader *reader, struct directive *directive,
                           struct arguments *arguments)
{
    *directive = (struct directive){ .precision = -1 };
    read_flags(reader, directive);
    directive->width = read_number(reader, arguments);
    if (directive->width < 0) {
        directive->left = true;
        directive->width = directive->width == INT32_MIN ? 0 : -directive->width;
    }
    if (accept(reader, '.'))
        directive->precision = read_number(reader, arguments);
    if (directive->precision < -1)
        directive->precision = -1;
    directive->size = read_size(reader);
    directive->conversion = peek(reader);
}

static bool put_directive(struct sink *sink, const struct directive *directive,
                          struct arguments *arguments)
{
    switch (directive->conversion) {
    case 'd':
    case 'i': put_signed(sink, directive, arguments); return true;
    case 'u':
    case 'o':
    case 'x':
    case 'X': put_unsigned(sink, directive, arguments); return true;
    case 'p':
    case 'P': put_pointer(sink, directive, arguments); return true;
    case 'c':
    case 'C': put_character(sink, directive, arguments); return true;
    case 's':
    case 'S': put_string(sink, directive, arguments); return true;
    case 'Z': put_counted_string(sink, directive, arguments); return true;
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G':
    case 'a':
    case 'A': put_float(sink, directive, arguments); return true;
    case '%': put(sink, '%'); return true;
    default: return false;
    }
}

static int format_any(struct sink *sink, const void *format, va_list list)
{
    struct reader reader = { format, sink->wide };
    struct arguments arguments;
    struct directive directive;

    va_copy(arguments.list, list);
    while (peek(&reader)) {
        struct reader start = reader;

        if (!accept(&reader, '%')) {
            put(sink, peek(&reader));
            advance(&reader);
            continue;
        }
        read_directive(&reader, &directive, &arguments);
        if (put_directive(sink, &directive, &arguments)) {
            advance(&reader);
            continue;
        }
        for (; start.at != reader.at; advance(&start))
            put(sink, peek(&start));
    }
    va_end(arguments.list);
    return sink->length > INT32_MAX ? -1 : (int)sink->length;
}

/* C's rules: always a terminator, and the length that the whole text has. */
static int format_terminated(struct sink *sink, size_t size, const void *format, va_list arguments)
{
    int length;

    sink->capacity = size ? size - 1 : 0;
    length = format_any(sink, format, arguments);
    if (size)
        store(sink, sink->length < sink->capacity ? sink->length : sink->capacity, 0);
    return length;
}

/*
 * The rules of Microsoft's run time: no terminator when it does not fit, and -1 when the text does
 * not.
 */
static int format_filled(struct sink *sink, size_t count, const void *format, va_list arguments)
{
    int length;

    sink->capacity = count;
    length = format_any(sink, format, arguments);
    if (sink->length < count)
        store(sink, sink->length, 0);
    return sink->length <= count ? length : -1;
}

int nt_format(char *buffer, size_t size, const char *format, va_list arguments)
{
    struct sink sink = { .buffer = buffer };

    return format_terminated(&sink, size, format, arguments);
}

int nt_format_wide(WCHAR *buffer, size_t count, const WCHAR *format, va_list arguments)
{
    struct sink sink = { .buffer = buffer, .wide = true };

    return format_terminated(&sink, count, format, arguments);
}

int _vsnprintf(char *buffer, size_t count, const char *format, va_list arguments)
{
    struct sink sink = { .buffer = buffer };

    return format_filled(&sink, count, format, arguments);
}

int _vsnwprintf(wchar_t *buffer, size_t count, const wchar_t *format, va_list arguments)
{
    struct sink sink = { .buffer = buffer, .wide = true };

    return format_filled(&sink, count, format, arguments);
}

int _snprintf(char *buffer, size_t count, const char *format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = _vsnprintf(buffer, count, format, arguments);
    va_end(arguments);
    return length;
}

int _snwprintf(wchar_t *buffer, size_t count, const wchar_t *format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = _vsnwprintf(buffer, count, format, arguments);
    va_end(arguments);
    return length;
}

/*
 * A count below the size cuts the text; without such a count an overflow leaves the empty string.
 */
int _vsnprintf_s(char *buffer, size_t size, size_t count, const char *format, va_list arguments)
{
    bool cut = count == _TRUNCATE || count < size;
    size_t room = count < size ? count + 1 : size;
    int length;

    if (!size)
        return -1;
    length = nt_format(buffer, room, format, arguments);
    if (length >= 0 && (size_t)length < room)
        return length;
    if (!cut)
        buffer[0] = '\0';
    return -1;
}

int _snprintf_s(char *buffer, size_t size, size_t count, const char *format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = _vsnprintf_s(buffer, size, count, format, arguments);
    va_end(arguments);
    return length;
}
