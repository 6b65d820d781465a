/* SPDX-License-Identifier: MIT */
/* watch.c - a thread that wakes when an unload takes too long, and says what is pending. */
#include "host_internal.h"

#include "verify.h"

#include <stdlib.h>

/* While an unload takes longer, what it waits for is said again. */
#define REPORT_EVERY_NS (10 * OS_NS_PER_S)

static void guard(void *argument)
{
    struct watch *watch = argument;

    while (!atomic_load_explicit(&watch->ended, memory_order_acquire)) {
        uint64_t next_ns = os_clock_ns() + REPORT_EVERY_NS;

        if (os_wait(&watch->ended, 0,
                    next_ns < watch->deadline_ns ? next_ns : watch->deadline_ns))
            continue;
        vf_report_pending(watch->who);
        if (os_clock_ns() < watch->deadline_ns)
            continue;
        if (watch->hang)
            watch->hang(watch->context);
        abort();
    }
}

void host_watch_begin(struct watch *watch, const char *who, uint64_t timeout_ns)
{
    watch->who = who;
    watch->deadline_ns = os_clock_ns() + timeout_ns;
    atomic_init(&watch->ended, 0);
    if (os_thread_start(&watch->thread, "unload watch", guard, watch) != 0)
        watch->thread = NULL;
}

void host_watch_end(struct watch *watch)
{
    if (!watch->thread)
        return;
    atomic_store_explicit(&watch->ended, 1, memory_order_release);
    os_wake_all(&watch->ended);
    os_thread_join(watch->thread);
}
