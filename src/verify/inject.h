/* SPDX-License-Identifier: MIT */
/*
 * inject.h - what may happen to a driver on a bad day, made to happen: by rules in the style of
 * strace, and by a seed.
 *
 *     FUNCTION[,FUNCTION...]:ACTION[:ACTION...][:when=FIRST[..LAST][+[STEP]]][:socket=N][:chance=PERCENT]
 *
 * docs/VERIFIER.md lists the actions.
 */
#ifndef OPENWSK_VERIFY_INJECT_H
#define OPENWSK_VERIFY_INJECT_H

#include "base.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VF_INJECTIONS_MAX 32

/* The most calls of a load among which the seed may choose the one that unloads the driver. */
#define VF_UNLOAD_MOST 1000000

/* All before vf_start(). False with a sentence in `error`. */
bool vf_inject(const char *text, char *error, size_t size);
bool vf_force_pending(const char *unused, char *error, size_t size);
bool vf_seed(const char *number, char *error, size_t size);

/* From vf_start() and vf_stop(). */
void vf_inject_start(struct hooks *hooks);
void vf_inject_stop(void);

bool vf_injecting(void);

/* Whether a rule wants this allocation of a driver to fail. */
bool vf_inject_allocation(enum hook_allocation kind, const void *place);

/* --- split.c --------------------------------------------------------------------------------- */

/*
 * Gives each datagram of the list 1 to `most` MDLs, which begin at odd offsets. `chance` decides;
 * `place` is in the code that gets the list.
 */
void vf_split_list(void *list, unsigned most, uint64_t chance, const void *place);

/*
 * The originals come back: the provider has the list again, from a call at `released_at` or, when
 * that is NULL, by the callback's return. Harmless for what was never split.
 */
void vf_unsplit_list(void *list, const void *released_at);
void vf_unsplit_one(void *indication, const void *released_at);
void vf_splits_forget(void);

/* --- chance ---------------------------------------------------------------------------------- */

/* The same numbers give the same chance in every run. */
uint64_t vf_chance(uint64_t seed, uint64_t kind, uint64_t count);

#endif
