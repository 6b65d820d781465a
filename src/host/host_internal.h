/* SPDX-License-Identifier: MIT */
/* host_internal.h - what the files of the host share. */
#ifndef OPENWSK_HOST_INTERNAL_H
#define OPENWSK_HOST_INTERNAL_H

#include <openwsk/host.h>

#include "base.h"

#include <stdbool.h>

/* --- load.c --------------------------------------------------------------------------------- */

struct load {
    void *handle;
    openwsk_entry *entry;
};

/* False after a report of the reason. */
bool host_load(const char *path, struct load *load);
void host_unload(struct load *load);

/* --- import.c ------------------------------------------------------------------------------- */

/* Reports each import of the shared object that this process does not offer; returns how many. */
size_t host_report_missing_imports(const char *path);

/* --- watch.c -------------------------------------------------------------------------------- */

/* A guard beside a call that may never return. */
struct watch {
    _Atomic uint32_t ended;
    struct os_thread *thread; /* NULL when none could be started: then nobody watches */
    uint64_t deadline_ns;
    const char *who;
    void (*hang)(void *context); /* NULL, or when it returns: abort */
    void *context;
};

void host_watch_begin(struct watch *watch, const char *who, uint64_t timeout_ns);
void host_watch_end(struct watch *watch);

#endif
