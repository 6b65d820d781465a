/* SPDX-License-Identifier: MIT */
/* ip2string.h: IP addresses to text and back. Pure functions; one body serves narrow and wide text.
 * Where the documentation is silent, such as on the place where a failed parse stops, the behaviour
 * is what test suites that run on Windows 11 expect. */
#include <ip2string.h>
#include <ntstatus.h>
#include <ws2def.h>
#include <ws2ipdef.h>

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* --- Text of either width, read by index ----------------------------------------------------- */

struct text {
    PCSTR narrow;
    PCWSTR wide;
};

static unsigned at(const struct text *text, size_t index)
{
    return text->narrow != NULL ? (unsigned char)text->narrow[index] : text->wide[index];
}

/* The digit's value, or a number no base admits. */
static unsigned digit_value(unsigned c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return 16;
}

static bool is_digit(unsigned c, unsigned base)
{
    return digit_value(c) < base;
}

/* 16 for "0x", 8 for a zero with another digit behind it, else 10. Skips the prefix. */
static unsigned skip_base(const struct text *text, size_t *index)
{
    unsigned next;

    if (at(text, *index) != '0')
        return 10;
    next = at(text, *index + 1);
    if (next == 'x' || next == 'X') {
        *index += 2;
        return 16;
    }
    if (!is_digit(next, 10))
        return 10;
    *index += 1;
    return 8;
}

/* At least one digit, at most `limit` in value. */
static bool read_limited(const struct text *text, size_t *index, unsigned base, ULONG limit,
                         ULONG *value)
{
    ULONG64 sum = 0;
    size_t start = *index;

    for (; is_digit(at(text, *index), base); (*index)++) {
        sum = sum * base + digit_value(at(text, *index));
        if (sum > limit)
            return false;
    }
    *value = (ULONG)sum;
    return *index > start;
}

/* The port behind a colon, to the end of the text. Port 0 cannot be written. */
static bool read_port(const struct text *text, size_t index, USHORT *port)
{
    unsigned base = skip_base(text, &index);
    ULONG value;

    if (!read_limited(text, &index, base, 0xffff, &value) || value == 0 || at(text, index) != 0)
        return false;
    *port = __builtin_bswap16((USHORT)value);
    return true;
}

/* --- IPv4 from text -------------------------------------------------------------------------- */

/* One of the numbers of an IPv4 address. Leaves *index where it failed. Windows notices an overflow
 * only when the sum becomes smaller, so some numbers of more than 32 bits pass. */
static bool read_ipv4_number(const struct text *text, size_t *index, bool strict, ULONG *value)
{
    size_t start = *index, digits;
    unsigned base = skip_base(text, index);
    ULONG sum = 0;

    if (strict && *index > start)
        return false;
    for (digits = *index; is_digit(at(text, *index), base); (*index)++) {
        ULONG next = sum * base + digit_value(at(text, *index));

        if (next < sum)
            return false;
        sum = next;
    }
    *value = sum;
    if (*index > digits)
        return true;
    if (at(text, *index) == '.')
        (*index)++;
    return false;
}

/* The last number fills all bytes that the numbers before it leave. */
static bool combine_ipv4(const ULONG numbers[4], unsigned count, ULONG *address)
{
    ULONG sum = 0;

    for (unsigned i = 0; i + 1 < count; i++) {
        if (numbers[i] > 0xff)
            return false;
        sum |= numbers[i] << (24 - 8 * i);
    }
    if (numbers[count - 1] > 0xffffffffu >> (8 * (count - 1)))
        return false;
    *address = sum | numbers[count - 1];
    return true;
}

static NTSTATUS parse_ipv4(const struct text *text, BOOLEAN strict, size_t *end, IN_ADDR *result)
{
    ULONG numbers[4], address;
    unsigned count = 0;

    *end = 0;
    for (;;) {
        if (!read_ipv4_number(text, end, strict, &numbers[count++]))
            return STATUS_INVALID_PARAMETER;
        if (at(text, *end) != '.')
            break;
        if (count == 4)
            return STATUS_INVALID_PARAMETER;
        (*end)++;
    }
    if ((strict && count != 4) || !combine_ipv4(numbers, count, &address))
        return STATUS_INVALID_PARAMETER;
    result->s_addr = __builtin_bswap32(address);
    return STATUS_SUCCESS;
}

static NTSTATUS parse_ipv4_ex(const struct text *text, BOOLEAN strict, IN_ADDR *address,
                              USHORT *port)
{
    size_t end;

    if (!NT_SUCCESS(parse_ipv4(text, strict, &end, address)))
        return STATUS_INVALID_PARAMETER;
    if (at(text, end) == 0) {
        *port = 0;
        return STATUS_SUCCESS;
    }
    if (at(text, end) != ':' || !read_port(text, end + 1, port))
        return STATUS_INVALID_PARAMETER;
    return STATUS_SUCCESS;
}

/* --- IPv6 from text -------------------------------------------------------------------------- */

/* Words are read left to right; `gap` is how many stood before "::". A fault inside an address that
 * goes on leaves the caller's terminator alone, any other tells where reading stopped. */
struct ipv6_reader {
    const struct text *text;
    size_t index;
    USHORT words[8];
    unsigned count;
    int gap;
    bool silent;
};

static bool is_full(const struct ipv6_reader *r, unsigned more)
{
    return r->count + (r->gap >= 0) + more >= 8;
}

static bool fail_silently(struct ipv6_reader *r)
{
    r->silent = true;
    return false;
}

/* The dotted tail, from its first number on. The first three may be followed by a dot only. */
static bool read_ipv4_tail(struct ipv6_reader *r)
{
    UCHAR bytes[4];

    for (unsigned i = 0; i < 4; i++) {
        size_t start = r->index;
        ULONG value = 0;

        for (; is_digit(at(r->text, r->index), 10); r->index++)
            value = value > 0xff ? value : value * 10 + digit_value(at(r->text, r->index));
        if (i < 3 && at(r->text, r->index) != '.')
            return false;
        if (r->index == start)
            return false;
        if (r->index - start > 3 || value > 0xff)
            return i < 3 ? fail_silently(r) : false;
        bytes[i] = (UCHAR)value;
        r->index += i < 3;
    }
    r->words[r->count++] = (USHORT)(bytes[0] << 8 | bytes[1]);
    r->words[r->count++] = (USHORT)(bytes[2] << 8 | bytes[3]);
    return true;
}

/* What may begin a dotted tail: decimal digits and a dot, where two words still fit. */
static bool is_ipv4_tail(const struct ipv6_reader *r)
{
    size_t i = r->index;

    while (is_digit(at(r->text, i), 10))
        i++;
    return at(r->text, i) == '.' && r->count + (r->gap >= 0) + 2 <= 8;
}

static bool at_double_colon(const struct ipv6_reader *r)
{
    return at(r->text, r->index) == ':' && at(r->text, r->index + 1) == ':';
}

/* Whether the word that ends here is the last: no more fit, or no separator follows. */
static bool ends_address(const struct ipv6_reader *r)
{
    return at(r->text, r->index) != ':' || is_full(r, 1) || (at_double_colon(r) && r->gap >= 0);
}

/* One hexadecimal word. Whatever follows the last one is the caller's. */
static bool read_word(struct ipv6_reader *r, bool *last)
{
    size_t start = r->index;
    USHORT value = 0;

    for (; is_digit(at(r->text, r->index), 16); r->index++)
        value = (USHORT)(value << 4 | digit_value(at(r->text, r->index)));
    *last = ends_address(r);
    if (r->index == start)
        return false;
    if (r->index - start > 4)
        return *last ? false : fail_silently(r);
    r->words[r->count++] = value;
    return true;
}

/* Passes ":" or "::". After a double colon the address may end. */
static void skip_separator(struct ipv6_reader *r, bool *last)
{
    if (!at_double_colon(r)) {
        r->index++;
        return;
    }
    r->index += 2;
    r->gap = (int)r->count;
    *last = is_full(r, 0) || !is_digit(at(r->text, r->index), 16);
}

static bool read_ipv6(struct ipv6_reader *r)
{
    bool last = false;

    if (at(r->text, 0) == ':') {
        if (!at_double_colon(r))
            return false;
        skip_separator(r, &last);
    }
    while (!last) {
        if (is_ipv4_tail(r)) {
            if (!read_ipv4_tail(r))
                return false;
            break;
        }
        if (!read_word(r, &last))
            return false;
        if (!last)
            skip_separator(r, &last);
    }
    return r->gap >= 0 || r->count == 8;
}

/* Spreads the words over the address: those behind the gap end at its end. */
static void store_ipv6(const struct ipv6_reader *r, IN6_ADDR *address)
{
    unsigned head = r->gap >= 0 ? (unsigned)r->gap : r->count;
    unsigned tail = r->count - head;

    memset(address, 0, sizeof(*address));
    for (unsigned i = 0; i < head; i++)
        address->u.Word[i] = __builtin_bswap16(r->words[i]);
    for (unsigned i = 0; i < tail; i++)
        address->u.Word[8 - tail + i] = __builtin_bswap16(r->words[head + i]);
}

/* FALSE in *told means that the terminator is to be left alone. */
static NTSTATUS parse_ipv6(const struct text *text, size_t start, size_t *end, bool *told,
                           IN6_ADDR *address)
{
    struct text from = {text->narrow != NULL ? text->narrow + start : NULL,
                        text->wide != NULL ? text->wide + start : NULL};
    struct ipv6_reader r = {.text = &from, .gap = -1};
    bool good = read_ipv6(&r);

    *end = start + r.index;
    *told = !r.silent;
    if (!good)
        return STATUS_INVALID_PARAMETER;
    store_ipv6(&r, address);
    return STATUS_SUCCESS;
}

static NTSTATUS parse_ipv6_ex(const struct text *text, IN6_ADDR *address, ULONG *scope,
                              USHORT *port)
{
    bool brackets = at(text, 0) == '[', told;
    ULONG zone = 0;
    USHORT number = 0;
    size_t end;

    if (!NT_SUCCESS(parse_ipv6(text, brackets, &end, &told, address)))
        return STATUS_INVALID_PARAMETER;
    if (at(text, end) == '%') {
        end++;
        if (!read_limited(text, &end, 10, 0xffffffff, &zone))
            return STATUS_INVALID_PARAMETER;
    }
    if (brackets) {
        if (at(text, end++) != ']')
            return STATUS_INVALID_PARAMETER;
        if (at(text, end) == ':' && !read_port(text, end + 1, &number))
            return STATUS_INVALID_PARAMETER;
    }
    if (number == 0 && at(text, end) != 0)
        return STATUS_INVALID_PARAMETER;
    *scope = zone;
    *port = number;
    return STATUS_SUCCESS;
}

/* --- To text --------------------------------------------------------------------------------- */

struct output {
    char text[INET6_ADDRSTRLEN];
    size_t length;
};

static void put(struct output *out, char c)
{
    out->text[out->length++] = c;
    out->text[out->length] = 0;
}

static void put_number(struct output *out, ULONG value, unsigned base)
{
    char digits[11];
    size_t count = 0;

    do {
        digits[count++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    while (count > 0)
        put(out, digits[--count]);
}

static void put_ipv4(struct output *out, const UCHAR *bytes)
{
    for (unsigned i = 0; i < 4; i++) {
        if (i > 0)
            put(out, '.');
        put_number(out, bytes[i], 10);
    }
}

/*
 * Compatible, mapped and translated addresses (unless the upper half of the tail is zero: then it
 * is a small number), and ISATAP identifiers, whose universal/local bit does not matter.
 */
static bool has_ipv4_tail(const USHORT words[8])
{
    bool zero4 = (words[0] | words[1] | words[2] | words[3]) == 0;

    if (words[5] == 0x5efe && (words[4] & ~0x0200) == 0)
        return true;
    if (!zero4 || words[6] == 0)
        return false;
    return (words[4] == 0 && (words[5] == 0 || words[5] == 0xffff)) ||
           (words[4] == 0xffff && words[5] == 0);
}

/* The first longest run of at least two zero words among the first `count`. */
static unsigned find_zero_run(const USHORT words[8], unsigned count, unsigned *length)
{
    unsigned best = count, run = 0;

    *length = 1;
    for (unsigned i = 0; i < count; i++) {
        run = words[i] == 0 ? run + 1 : 0;
        if (run > *length) {
            *length = run;
            best = i + 1 - run;
        }
    }
    return best;
}

static void put_ipv6(struct output *out, const IN6_ADDR *address)
{
    USHORT words[8];
    unsigned count, gap, length;

    for (unsigned i = 0; i < 8; i++)
        words[i] = (USHORT)(address->u.Byte[2 * i] << 8 | address->u.Byte[2 * i + 1]);
    count = has_ipv4_tail(words) ? 6 : 8;
    gap = find_zero_run(words, count, &length);
    for (unsigned i = 0; i < count; i++) {
        if (i == gap) {
            put(out, ':');
            put(out, ':');
            i += length - 1;
            continue;
        }
        if (i > 0 && i != gap + length)
            put(out, ':');
        put_number(out, words[i], 16);
    }
    if (count == 6) {
        if (gap + length != 6)
            put(out, ':');
        put_ipv4(out, &address->u.Byte[12]);
    }
}

static void put_port(struct output *out, USHORT port)
{
    put(out, ':');
    put_number(out, __builtin_bswap16(port), 10);
}

static void make_ipv4_ex(struct output *out, const IN_ADDR *address, USHORT port)
{
    put_ipv4(out, (const UCHAR *)address);
    if (port != 0)
        put_port(out, port);
}

static void make_ipv6_ex(struct output *out, const IN6_ADDR *address, ULONG scope, USHORT port)
{
    if (port != 0)
        put(out, '[');
    put_ipv6(out, address);
    if (scope != 0) {
        put(out, '%');
        put_number(out, scope, 10);
    }
    if (port != 0) {
        put(out, ']');
        put_port(out, port);
    }
}

/* A NULL buffer yields the pointer with all bits set. */
static PSTR copy_narrow(const struct output *out, PSTR to)
{
    if (to == NULL)
        return (PSTR)~(ULONG_PTR)0;
    memcpy(to, out->text, out->length + 1);
    return to + out->length;
}

static PWSTR copy_wide(const struct output *out, PWSTR to)
{
    if (to == NULL)
        return (PWSTR)~(ULONG_PTR)0;
    for (size_t i = 0; i <= out->length; i++)
        to[i] = (unsigned char)out->text[i];
    return to + out->length;
}

/* Stores the length with the NUL, whether or not there is room for it. */
static NTSTATUS fit(const struct output *out, ULONG *length)
{
    ULONG room = *length;

    *length = (ULONG)out->length + 1;
    return room < *length ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
}

/* --- The functions --------------------------------------------------------------------------- */

PSTR NTAPI RtlIpv4AddressToStringA(const struct in_addr *Addr, PSTR S)
{
    struct output out = {.length = 0};

    put_ipv4(&out, (const UCHAR *)Addr);
    return copy_narrow(&out, S);
}

PWSTR NTAPI RtlIpv4AddressToStringW(const struct in_addr *Addr, PWSTR S)
{
    struct output out = {.length = 0};

    put_ipv4(&out, (const UCHAR *)Addr);
    return copy_wide(&out, S);
}

PSTR NTAPI RtlIpv6AddressToStringA(const struct in6_addr *Addr, PSTR S)
{
    struct output out = {.length = 0};

    put_ipv6(&out, Addr);
    return copy_narrow(&out, S);
}

PWSTR NTAPI RtlIpv6AddressToStringW(const struct in6_addr *Addr, PWSTR S)
{
    struct output out = {.length = 0};

    put_ipv6(&out, Addr);
    return copy_wide(&out, S);
}

NTSTATUS NTAPI RtlIpv4AddressToStringExA(const struct in_addr *Address, USHORT Port,
                                         PSTR AddressString, PULONG AddressStringLength)
{
    struct output out = {.length = 0};

    if (Address == NULL || AddressString == NULL || AddressStringLength == NULL)
        return STATUS_INVALID_PARAMETER;
    make_ipv4_ex(&out, Address, Port);
    if (!NT_SUCCESS(fit(&out, AddressStringLength)))
        return STATUS_INVALID_PARAMETER;
    copy_narrow(&out, AddressString);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlIpv4AddressToStringExW(const struct in_addr *Address, USHORT Port,
                                         PWSTR AddressString, PULONG AddressStringLength)
{
    struct output out = {.length = 0};

    if (Address == NULL || AddressString == NULL || AddressStringLength == NULL)
        return STATUS_INVALID_PARAMETER;
    make_ipv4_ex(&out, Address, Port);
    if (!NT_SUCCESS(fit(&out, AddressStringLength)))
        return STATUS_INVALID_PARAMETER;
    copy_wide(&out, AddressString);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlIpv6AddressToStringExA(const struct in6_addr *Address, ULONG ScopeId, USHORT Port,
                                         PSTR AddressString, PULONG AddressStringLength)
{
    struct output out = {.length = 0};

    if (Address == NULL || AddressString == NULL || AddressStringLength == NULL)
        return STATUS_INVALID_PARAMETER;
    make_ipv6_ex(&out, Address, ScopeId, Port);
    if (!NT_SUCCESS(fit(&out, AddressStringLength)))
        return STATUS_INVALID_PARAMETER;
    copy_narrow(&out, AddressString);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlIpv6AddressToStringExW(const struct in6_addr *Address, ULONG ScopeId, USHORT Port,
                                         PWSTR AddressString, PULONG AddressStringLength)
{
    struct output out = {.length = 0};

    if (Address == NULL || AddressString == NULL || AddressStringLength == NULL)
        return STATUS_INVALID_PARAMETER;
    make_ipv6_ex(&out, Address, ScopeId, Port);
    if (!NT_SUCCESS(fit(&out, AddressStringLength)))
        return STATUS_INVALID_PARAMETER;
    copy_wide(&out, AddressString);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlIpv4StringToAddressA(PCSTR S, BOOLEAN Strict, PCSTR *Terminator,
                                       struct in_addr *Addr)
{
    const struct text text = {.narrow = S};
    size_t end;
    NTSTATUS status = parse_ipv4(&text, Strict, &end, Addr);

    *Terminator = S + end;
    return status;
}

NTSTATUS NTAPI RtlIpv4StringToAddressW(PCWSTR S, BOOLEAN Strict, PCWSTR *Terminator,
                                       struct in_addr *Addr)
{
    const struct text text = {.wide = S};
    size_t end;
    NTSTATUS status = parse_ipv4(&text, Strict, &end, Addr);

    *Terminator = S + end;
    return status;
}

NTSTATUS NTAPI RtlIpv6StringToAddressA(PCSTR S, PCSTR *Terminator, struct in6_addr *Addr)
{
    const struct text text = {.narrow = S};
    size_t end;
    bool told;
    NTSTATUS status = parse_ipv6(&text, 0, &end, &told, Addr);

    if (told)
        *Terminator = S + end;
    return status;
}

NTSTATUS NTAPI RtlIpv6StringToAddressW(PCWSTR S, PCWSTR *Terminator, struct in6_addr *Addr)
{
    const struct text text = {.wide = S};
    size_t end;
    bool told;
    NTSTATUS status = parse_ipv6(&text, 0, &end, &told, Addr);

    if (told)
        *Terminator = S + end;
    return status;
}

NTSTATUS NTAPI RtlIpv4StringToAddressExA(PCSTR AddressString, BOOLEAN Strict,
                                         struct in_addr *Address, PUSHORT Port)
{
    const struct text text = {.narrow = AddressString};

    if (AddressString == NULL || Address == NULL || Port == NULL)
        return STATUS_INVALID_PARAMETER;
    return parse_ipv4_ex(&text, Strict, Address, Port);
}

NTSTATUS NTAPI RtlIpv4StringToAddressExW(PCWSTR AddressString, BOOLEAN Strict,
                                         struct in_addr *Address, PUSHORT Port)
{
    const struct text text = {.wide = AddressString};

    if (AddressString == NULL || Address == NULL || Port == NULL)
        return STATUS_INVALID_PARAMETER;
    return parse_ipv4_ex(&text, Strict, Address, Port);
}

NTSTATUS NTAPI RtlIpv6StringToAddressExA(PCSTR AddressString, struct in6_addr *Address,
                                         PULONG ScopeId, PUSHORT Port)
{
    const struct text text = {.narrow = AddressString};

    if (AddressString == NULL || Address == NULL || ScopeId == NULL || Port == NULL)
        return STATUS_INVALID_PARAMETER;
    return parse_ipv6_ex(&text, Address, ScopeId, Port);
}

NTSTATUS NTAPI RtlIpv6StringToAddressExW(PCWSTR AddressString, struct in6_addr *Address,
                                         PULONG ScopeId, PUSHORT Port)
{
    const struct text text = {.wide = AddressString};

    if (AddressString == NULL || Address == NULL || ScopeId == NULL || Port == NULL)
        return STATUS_INVALID_PARAMETER;
    return parse_ipv6_ex(&text, Address, ScopeId, Port);
}
