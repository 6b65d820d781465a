/* SPDX-License-Identifier: MIT */
/*
 * failing.h - the n-th of something fails: system calls of the engine (failing_sys.c), allocations
 * of the library (failing_memory.c, linked with --wrap). Neutral words, for tests of any storey.
 *
 *  1. failing_begin() says which one, and whether all later ones fail, too.
 *  2. What runs counts itself; failing_exempt() keeps the calling thread out of it.
 *  3. failing_end() tells whether one has failed.
 */
#ifndef OPENWSK_TESTS_FAILING_H
#define OPENWSK_TESTS_FAILING_H

#include <stdbool.h>
#include <stdint.h>

enum failing { FAILING_SYSTEM_CALLS, FAILING_MEMORY };

/* `error` is a positive errno value, for system calls. */
void failing_begin(enum failing kind, uint32_t at, bool for_good, int error);
bool failing_end(void);

/* Counted; the tests of what the calling thread does itself use the same allocator. */
void failing_exempt(bool exempt);

/* Used by the two files. */
bool failing_now(enum failing kind);
int failing_error(void);

/* Puts the table of system calls in, and takes it out. No engine runs. */
void failing_sys_install(void);
void failing_sys_remove(void);

/* Descriptors that are open. */
int failing_sys_descriptors(void);

#endif
