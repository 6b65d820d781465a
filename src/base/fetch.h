/* SPDX-License-Identifier: MIT */
/*
 * fetch.h - asks for memory that another processor wrote and this one is about to write, so that it
 * comes while something else is done. The address need not be mapped, nor be anything's.
 */
#ifndef OPENWSK_BASE_FETCH_H
#define OPENWSK_BASE_FETCH_H

#include "os.h"

#include <stddef.h>
#include <stdint.h>

static inline void base_fetch(const void *first, size_t size)
{
    uintptr_t line = (uintptr_t)first, end = line + size;

    for (; line < end; line += OS_CACHE_LINE)
        __builtin_prefetch((const void *)line, 1);
}

#endif
