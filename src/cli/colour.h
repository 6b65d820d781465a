/* SPDX-License-Identifier: MIT */
/* colour.h - colours on a terminal, unless NO_COLOR says otherwise. */
#ifndef OPENWSK_CLI_COLOUR_H
#define OPENWSK_CLI_COLOUR_H

#include "report.h"

/* A problem of a sweep, on standard error. */
void say_problem(const char *rule, enum level level, const char *text);

/* A line of the library, "openwsk: WSK-V16: ...", on standard error. */
void say_report(const char *text, size_t length);

#endif
