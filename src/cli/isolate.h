/* SPDX-License-Identifier: MIT */
/*
 * isolate.h - a network of this process's own, so that runs beside each other do not want one port.
 */
#ifndef OPENWSK_CLI_ISOLATE_H
#define OPENWSK_CLI_ISOLATE_H

#include <stdbool.h>

/* Moves the process, which has one thread, into a network with a loopback interface alone. */
bool isolate(void);

/* Whether that works here; tries it in a child. */
bool isolate_possible(void);

#endif
