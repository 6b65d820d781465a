/* SPDX-License-Identifier: MIT */
/*
 * failing_threads.c - the library's threads, which the linker's --wrap leads here. They fail with
 * its memory.
 */
#include "failing.h"

#include <stddef.h>

#define EAGAIN_ 11
#define ENOMEM_ 12

int __real_os_thread_start(void **out, const char *name, void (*fn)(void *), void *argument);
int __real_os_thread_on_exit(void (*fn)(void *), void *value);
int __wrap_os_thread_start(void **out, const char *name, void (*fn)(void *), void *argument);
int __wrap_os_thread_on_exit(void (*fn)(void *), void *value);

int __wrap_os_thread_start(void **out, const char *name, void (*fn)(void *), void *argument)
{
    return failing_now(FAILING_MEMORY) ? -EAGAIN_ : __real_os_thread_start(out, name, fn, argument);
}

int __wrap_os_thread_on_exit(void (*fn)(void *), void *value)
{
    return failing_now(FAILING_MEMORY) ? -ENOMEM_ : __real_os_thread_on_exit(fn, value);
}
