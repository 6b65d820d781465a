/* SPDX-License-Identifier: MIT */
/*
 * tracer.h - a line for each call of WSK, in the style of strace: time, thread, IRQL, function,
 * arguments by name, status by name; and a line for each completion that is not part of its call,
 * and for each event.
 */
#ifndef OPENWSK_VERIFY_TRACER_H
#define OPENWSK_VERIFY_TRACER_H

#include <stdbool.h>
#include <stddef.h>

/* Which functions: names with * and ?, between commas; "" is all. Before vf_start(). */
bool vf_trace_functions(const char *names, char *error, size_t size);

/* Only calls of these sockets: numbers between commas. */
bool vf_trace_sockets(const char *numbers, char *error, size_t size);

/* Where to, instead of standard error. */
bool vf_trace_file(const char *path, char *error, size_t size);

/* From vf_start(): observes when tracing was asked for. */
void vf_trace_start(void);
void vf_trace_stop(void);

#endif
