/* SPDX-License-Identifier: MIT */
/*
 * verify.h - the door of the verifier: what drivers did wrong, collected, counted and said once.
 *
 * It hangs itself into the hooks of base between vf_start() and vf_stop(); the storeys below do
 * not know it.
 */
#ifndef OPENWSK_VERIFY_VERIFY_H
#define OPENWSK_VERIFY_VERIFY_H

#include "base.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Rules by which the verifier itself speaks; the others come with hook_finding(). */
#define VF_RULE_LEFT_BEHIND "WSK-V16"
#define VF_RULE_HANG "WSK-V28"

/* Findings that are kept and counted; beyond these they are printed only. */
#define VF_FINDINGS_MAX 1024u

typedef void vf_things_fn(size_t count, const void *place, void *context);

struct vf_config {
    void (*report)(const char *text, size_t length); /* a line; any thread */
    void (*bug_check)(unsigned stop_code);           /* may be NULL */

    /* Calls `visit` for the retained indications, which are not in the ledger. May be NULL. */
    void (*visit_retained)(vf_things_fn *visit, void *context);
};

/* Forgets earlier findings and installs the hooks. The executive is up, no driver is loaded. */
void vf_start(const struct vf_config *config);

/* Takes the hooks down; the findings stay readable. */
void vf_stop(void);

/*
 * Before vf_start(), until vf_stop(): switches something on, by the name of wskrun's option without
 * its dashes. False with a sentence in `error`. `value` is never NULL.
 */
bool vf_option(const char *name, const char *value, char *error, size_t size);

/* --- What a driver may be denied (low_resources.c) ------------------------------------------ */

#define VF_POINT_FRAMES 16

/* A call that allocates, or one of WSK, told apart by the driver's frames on the stack. */
struct vf_point {
    uint64_t id;              /* the same in each run of the same driver file */
    const char *function;     /* what the driver called */
    const void *frames[VF_POINT_FRAMES]; /* in the driver, innermost first */
    size_t frame_count;
    bool failed;              /* this time it is denied */
};

/* The code of the module that holds the address is, or is no longer, a driver's. */
void vf_driver_add(const void *address);
void vf_driver_remove(const void *address);

/* `met` is told each point when it is first met, and again when it is denied. Any thread. */
typedef void vf_point_fn(const struct vf_point *point);
void vf_points_tell(vf_point_fn *met);

/* Nothing is denied while suspended. Any thread, any time. */
void vf_low_resources_suspend(bool suspended);

/* --- When a driver is unloaded (inject.c) ---------------------------------------------------- */

/*
 * `ask` is told once a load that the driver shall be unloaded: at the `number`-th call since then
 * that a rule means. Any thread, any IRQL; the driver is inside the call. Before vf_start(), until
 * vf_stop().
 */
typedef void vf_unload_fn(const char *function, uint64_t number, const void *place);
void vf_unload_tell(vf_unload_fn *ask);

/*
 * Around the time when a driver can be unloaded: before its DriverEntry, before its DriverUnload.
 */
void vf_unload_begin(void);
void vf_unload_end(void);

/* --- Findings ------------------------------------------------------------------------------- */

/*
 * `place` is an address in the driver's code, or NULL. Printed when new, counted in any case. Any
 * IRQL.
 */
void vf_finding(const char *rule, const char *text, const void *place);

/* The same with its severity and stacks. */
void vf_report(const struct hook_report *report);

/* The number of different findings, notes not among them. */
size_t vf_finding_count(void);

/* A finding, a note, or the one bug check, as it is kept. */
struct vf_found {
    struct hook_report report; /* its text is that of the driver's author: no place in it */
    const char *text;          /* with the place */
    const char *stacks;        /* "made: SendOne (echo.c:42) < Start (echo.c:80)", one a line; or "" */
    uint64_t times;
};

/* Oldest first, notes and a bug check among them; false behind the last. Texts as below. */
bool vf_found_at(size_t index, struct vf_found *found);

/* Oldest first; false behind the last. The texts live until vf_start(). */
bool vf_finding_at(size_t index, const char **rule, const char **text, uint64_t *times);

/* Prints "openwsk: ..." and a line feed to the report. */
__attribute__((format(printf, 1, 2))) void vf_say(const char *format, ...);

/* --- Watermarks (WSK-V27) -------------------------------------------------------------------- */

/* The most that there was of something since vf_start(), while a rule is on. */
typedef void vf_watermark_fn(void *context, const char *name, const char *meaning, uint64_t value);
void vf_watermarks(vf_watermark_fn *visit, void *context);

/* --- What is left behind -------------------------------------------------------------------- */

/*
 * Makes a finding of each kind of thing, tag and place that is alive and was made by code of the
 * loaded file `module` (NULL: by any code), unless it was reported before. `who` names the
 * culprit in the text. Returns the number of findings. PASSIVE_LEVEL.
 */
size_t vf_report_left_behind(const char *who, const char *module);

/* Whether anything is alive that the threads of the executive or the provider could still touch. */
bool vf_anything_alive(void);

/* Prints what is alive, as the answer to what an unload waits for. No finding. Any thread. */
void vf_report_pending(const char *who);

#endif
