/* SPDX-License-Identifier: MIT */
/* right.h - the right to open raw sockets, and a network of the test's own. */
#ifndef OPENWSK_TESTS_RIGHT_H
#define OPENWSK_TESTS_RIGHT_H

#include <stdbool.h>

/*
 * Moves the process into a network namespace with a loopback interface and nothing else, where it
 * has every right; as root or with a user namespace. Before the first thread. Where the machine
 * allows neither, the process stays where it is.
 */
void right_own_network(void);

/* Whether this process may open raw sockets. */
bool right_to_raw(void);

/* The calling thread, and those it makes from now on, may not. */
void right_drop_raw(void);

#endif
