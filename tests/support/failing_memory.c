/* SPDX-License-Identifier: MIT */
/* failing_memory.c - the library's allocations, which the linker's --wrap leads here. */
#include "failing.h"

#include <stddef.h>

void *__real_os_allocate(size_t size);
void *__real_os_allocate_zeroed(size_t size);
void *__real_os_allocate_aligned(size_t alignment, size_t size);
void *__wrap_os_allocate(size_t size);
void *__wrap_os_allocate_zeroed(size_t size);
void *__wrap_os_allocate_aligned(size_t alignment, size_t size);

void *__wrap_os_allocate(size_t size)
{
    return failing_now(FAILING_MEMORY) ? NULL : __real_os_allocate(size);
}

void *__wrap_os_allocate_zeroed(size_t size)
{
    return failing_now(FAILING_MEMORY) ? NULL : __real_os_allocate_zeroed(size);
}

void *__wrap_os_allocate_aligned(size_t alignment, size_t size)
{
    return failing_now(FAILING_MEMORY) ? NULL : __real_os_allocate_aligned(alignment, size);
}
