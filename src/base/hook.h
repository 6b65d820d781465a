/* SPDX-License-Identifier: MIT */
/*
 * hook.h - where the verifier hangs itself into the house.
 *
 * The storeys below know no verifier: they call these points, which do nothing until somebody installs a
 * table. A table is installed before the first driver is loaded and stays until the last is gone, so the
 * pointer needs no lock.
 */
#ifndef OPENWSK_BASE_HOOK_H
#define OPENWSK_BASE_HOOK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

enum hook_allocation { HOOK_POOL, HOOK_IRP, HOOK_MDL, HOOK_REQUEST, HOOK_SOCKET };

struct hooks {
    /* Whether this allocation shall fail although there is memory. `place` is the caller's address. */
    bool (*fail_allocation)(enum hook_allocation kind, size_t size, const void *place);

    /* A rule was broken in a way that the process survives. The text is one sentence. */
    void (*finding)(const char *rule, const char *text, const void *place);

    /* The last words of a bug check are printed; `stop_code` is Windows' number. May not return. */
    void (*bug_check)(unsigned stop_code);
};

extern _Atomic(const struct hooks *) base_hooks;

static inline const struct hooks *hook_table(void)
{
    return atomic_load_explicit(&base_hooks, memory_order_acquire);
}

static inline bool hook_fail_allocation(enum hook_allocation kind, size_t size, const void *place)
{
    const struct hooks *hooks = hook_table();

    return hooks && hooks->fail_allocation && hooks->fail_allocation(kind, size, place);
}

/* Prints the finding itself when nobody listens: a broken rule is never silent. */
void hook_finding(const char *rule, const char *text, const void *place);

#endif
