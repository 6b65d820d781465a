/* SPDX-License-Identifier: MIT */
/*
 * name_script.h - a resolver in memory behind the seam of resolve.h: the test says what it answers,
 * and when. Speaks the engine's words, so that tests of every storey can use it. Any thread may
 * call.
 *
 *  1. name_script_begin() before the engine starts, name_script_end() after it stopped.
 *  2. A question whose node begins with "hang" stays with the resolver until name_script_let_go().
 *  3. Other answers follow the rules below, in the order in which they were added.
 */
#ifndef OPENWSK_TESTS_NAME_SCRIPT_H
#define OPENWSK_TESTS_NAME_SCRIPT_H

#include <stddef.h>
#include <stdint.h>

void name_script_begin(void);

/* Lets go of what hangs, and waits until the last question has left the script. */
void name_script_end(void);

/*
 * A host: its name, its canonical name or NULL, one IPv4 address (0: none) in host order, and
 * whether it has the IPv6 address fd00::<low 16 bits>.
 */
void name_script_host(const char *name, const char *canonical, uint32_t ipv4, uint16_t ipv6);

/* What a question for this node ends with: a negative errno value. */
void name_script_fail(const char *node, int error);

/* Everything that hangs, and will, is answered by the rules. */
void name_script_let_go(void);

/* Waits until so many questions hang. */
void name_script_await_hanging(unsigned count);

/* Waits until none is in the script. */
void name_script_await_empty(void);

/* How many are in the script now, and how many have come since the beginning. */
unsigned name_script_inside(void);
unsigned name_script_asked(void);

/* The most that were inside at once. */
unsigned name_script_most(void);

/* Of the last question: flags, family and type as resolve.h has them; the node. */
uint32_t name_script_last_flags(void);
int name_script_last_family(void);
int name_script_last_type(void);
const char *name_script_last_node(void);

#endif
