/* SPDX-License-Identifier: MIT */
/*
 * interfaces.h - a network of the test's own, and changes to it by other ways than the engine's:
 * the old ioctls, and a message for links, which have none.
 *
 * Each function that changes something fails the process when it cannot.
 */
#ifndef OPENWSK_TESTS_INTERFACES_H
#define OPENWSK_TESTS_INTERFACES_H

#include <stdbool.h>

/*
 * Moves the process into a network namespace of its own, with "lo" up and every right. Before the
 * first thread. False, with the reason on standard error, where the machine does not allow it or
 * has no software interfaces.
 */
bool interfaces_own(void);

/* What a test program returns so that ctest counts it as skipped. */
#define INTERFACES_SKIP 77

/* A software interface, down. Returns its index. */
unsigned interfaces_add(const char *name);
void interfaces_remove(const char *name);
void interfaces_up(const char *name);
void interfaces_down(const char *name);
void interfaces_mtu(const char *name, int mtu);

/* "192.0.2.1", 24. A second one of the family needs a name with a label: "t0:1". */
void interfaces_add_ipv4(const char *name, const char *address, unsigned prefix_length);
void interfaces_remove_ipv4(const char *name);
void interfaces_add_ipv6(const char *name, const char *address, unsigned prefix_length);
void interfaces_remove_ipv6(const char *name, const char *address, unsigned prefix_length);

/* "198.51.100.0", 24, gateway NULL: on the link. */
void interfaces_add_route(const char *name, const char *destination, unsigned prefix_length,
                          const char *gateway);
void interfaces_remove_route(const char *name, const char *destination, unsigned prefix_length);

/* The calling thread, and those it makes from now on, may change nothing any more. */
void interfaces_drop_rights(void);

#endif
