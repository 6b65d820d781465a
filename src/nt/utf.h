/* SPDX-License-Identifier: MIT */
/*
 * utf.h - code points in and out of UTF-8 and UTF-16. What is malformed reads as U+FFFD, one unit
 * at a time, so that every input converts and none is lost.
 */
#ifndef OPENWSK_NT_UTF_H
#define OPENWSK_NT_UTF_H

#include <stddef.h>
#include <stdint.h>

#define NT_UTF_REPLACEMENT 0xFFFDu

/* `*at` < `end`; moves behind what was read. */
uint32_t nt_utf8_next(const char **at, const char *end);
uint32_t nt_utf16_next(const uint16_t **at, const uint16_t *end);

/* Returns how many units the code point takes. */
size_t nt_utf8_put(uint32_t point, char units[4]);
size_t nt_utf16_put(uint32_t point, uint16_t units[2]);

#endif
