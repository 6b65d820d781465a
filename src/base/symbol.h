/* SPDX-License-Identifier: MIT */
/* symbol.h - from an address in code to words: function, file, line. Slow; for reports only. */
#ifndef OPENWSK_BASE_SYMBOL_H
#define OPENWSK_BASE_SYMBOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SYMBOL_TEXT_MAX 320
#define SYMBOL_STACK_MAX 48

/* "SendDatagram (send_datagram.c:42)"; less where debugging information is missing, never empty. */
void symbol_describe(const void *address, char *text, size_t size);

/*
 * The same for an address in a module of elfutils' libdwfl, which need not be loaded. False:
 * unknown.
 */
struct Dwfl_Module;
bool symbol_describe_in(struct Dwfl_Module *module, uint64_t address, char *text, size_t size);

/*
 * Fills `addresses` with the calling thread's return addresses, innermost first; returns how many.
 * Where a fault interrupted a function, one behind the first byte of its instruction, so that the
 * line is the fault's.
 */
size_t symbol_stack(const void **addresses, size_t count);

/*
 * `place`, a return address or one behind an instruction, unless it is in the loaded file that
 * holds `inside`: then the nearest place on the calling thread's stack that called into that file.
 */
const void *symbol_place_outside(const void *place, const void *inside);

/*
 * The addresses of the loaded module that holds the address: its first, and the one behind its
 * last.
 */
bool symbol_range(const void *address, uintptr_t *first, uintptr_t *behind);

/* The loaded file that holds the address ("/path/driver.so"), or "" . */
void symbol_module(const void *address, char *text, size_t size);

#endif
