/* SPDX-License-Identifier: MIT */
/*
 * suppress.h - findings that somebody has looked at and wants to hear no more of.
 *
 * A file has a line for each: the rule, a blank, and what the finding's text looks like, with * and
 * ?. Lines that begin with # and empty lines say nothing. A bug check cannot be suppressed.
 *
 *     WSK-V16 *lookaside list*made at MakeCache (cache.c:*
 */
#ifndef OPENWSK_VERIFY_SUPPRESS_H
#define OPENWSK_VERIFY_SUPPRESS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Adds a file's lines, or none: false with a sentence for a file that cannot be read, and for the
 * first line that is too long, has no pattern or names no rule. Before vf_start(), until vf_stop().
 */
bool vf_suppressions_file(const char *path, char *error, size_t size);

/* `text` is the whole text, with the place. */
bool vf_suppressed(const char *rule, const char *text);

/* Forgets the lines. */
void vf_suppressions_stop(void);

#endif
