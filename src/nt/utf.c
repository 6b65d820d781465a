/* SPDX-License-Identifier: MIT */
/* utf.c - see utf.h. */
#include "utf.h"

/*
 * How many bytes follow the lead byte, and the smallest code point that needs them; -1 is no lead
 * byte.
 */
static int continuation_count(unsigned char lead, uint32_t *smallest)
{
    if (lead < 0x80)
        return 0;
    if (lead >= 0xC2 && lead < 0xE0) {
        *smallest = 0x80;
        return 1;
    }
    if (lead >= 0xE0 && lead < 0xF0) {
        *smallest = 0x800;
        return 2;
    }
    if (lead >= 0xF0 && lead < 0xF5) {
        *smallest = 0x10000;
        return 3;
    }
    return -1;
}

uint32_t nt_utf8_next(const char **at, const char *end)
{
    const unsigned char *bytes = (const unsigned char *)*at;
    uint32_t smallest = 0;
    int count = continuation_count(bytes[0], &smallest);
    uint32_t point;

    ++*at;
    if (count <= 0)
        return count ? NT_UTF_REPLACEMENT : bytes[0];
    point = bytes[0] & (0x3Fu >> count);
    if (end - *at < count)
        return NT_UTF_REPLACEMENT;
    for (int i = 1; i <= count; i++) {
        if ((bytes[i] & 0xC0) != 0x80)
            return NT_UTF_REPLACEMENT;
        point = point << 6 | (bytes[i] & 0x3F);
    }
    if (point < smallest || point > 0x10FFFF || (point >= 0xD800 && point < 0xE000))
        return NT_UTF_REPLACEMENT;
    *at += count;
    return point;
}

uint32_t nt_utf16_next(const uint16_t **at, const uint16_t *end)
{
    uint32_t unit = *(*at)++;

    if (unit < 0xD800 || unit >= 0xE000)
        return unit;
    if (unit >= 0xDC00 || *at == end || **at < 0xDC00 || **at >= 0xE000)
        return NT_UTF_REPLACEMENT;
    return 0x10000 + ((unit - 0xD800) << 10) + (*(*at)++ - 0xDC00u);
}

size_t nt_utf8_put(uint32_t point, char units[4])
{
    size_t count = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;

    if (count == 1) {
        units[0] = (char)point;
        return 1;
    }
    for (size_t i = count - 1; i > 0; i--) {
        units[i] = (char)(0x80 | (point & 0x3F));
        point >>= 6;
    }
    units[0] = (char)((0xF00u >> count & 0xFF) | point);
    return count;
}

size_t nt_utf16_put(uint32_t point, uint16_t units[2])
{
    if (point < 0x10000) {
        units[0] = (uint16_t)point;
        return 1;
    }
    units[0] = (uint16_t)(0xD800 + ((point - 0x10000) >> 10));
    units[1] = (uint16_t)(0xDC00 + ((point - 0x10000) & 0x3FF));
    return 2;
}
