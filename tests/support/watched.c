/* SPDX-License-Identifier: MIT */
/*
 * watched.c - puts the verifier's tables between a test and the provider, for the whole program:
 * what holds of every call must hold through them as well.
 */
#include "calls.h"

static void see(struct vf_call *call)
{
    (void)call;
}

__attribute__((constructor)) static void watch(void)
{
    static const struct vf_observer observer = { .before = see, .after = see, .completed = see };
    static struct hooks table;

    vf_observe(&observer);
    vf_calls_start(&table);
    atomic_store(&base_hooks, &table);
}
