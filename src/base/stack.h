/* SPDX-License-Identifier: MIT */
/*
 * stack.h - where a call came from: return addresses by frame pointers, kept once each, known by a
 * number. Taking one costs about a hundred nanoseconds; names are looked up when it is printed.
 */
#ifndef OPENWSK_BASE_STACK_H
#define OPENWSK_BASE_STACK_H

#include <stddef.h>
#include <stdint.h>

#define STACK_FRAMES_MAX 16
#define STACK_TEXT_MAX 2048

/* Different stacks that a process keeps; those beyond have no number. */
#define STACKS_MAX 65535u

/*
 * The calling thread's stack from `place` on, a return address on it; all of it when it is not. 0
 * when the table is full. Any IRQL, any thread.
 */
uint32_t stack_take(const void *place);

/*
 * Where the stack of the function with that place ended when it called: what lies below is its
 * callees', or nobody's. 0 when the place is not on the stack.
 */
uintptr_t stack_pointer_at(const void *place);

/* The frames, innermost first; they live as long as the process. 0 for an unknown number. */
size_t stack_frames(uint32_t stack, const void *const **frames);

/*
 * Counts something that was done there: how often it was, this time among them. 0 for an unknown
 * number.
 */
uint32_t stack_count(uint32_t stack);

/* "SendOne (echo.c:42) < Start (echo.c:80)": the part in the module that the stack begins in. */
void stack_describe(uint32_t stack, char *text, size_t size);

#endif
