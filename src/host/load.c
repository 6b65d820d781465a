/* SPDX-License-Identifier: MIT */
/*
 * load.c - a driver from a shared object.
 *
 * RTLD_LOCAL keeps what the driver defines (send, connect, htons ...) out of the scope in which
 * this library and the C library look for their own functions. RTLD_NOW makes a missing import an
 * error here, not a crash later.
 */
#define _GNU_SOURCE
#include "host_internal.h"

#include "verify.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

/* dlopen() searches the library path for a name without a slash; a driver is a file. */
static void *open_file(const char *path)
{
    char local[4096];

    if (strchr(path, '/'))
        return dlopen(path, RTLD_NOW | RTLD_LOCAL);
    snprintf(local, sizeof(local), "./%s", path);
    return dlopen(local, RTLD_NOW | RTLD_LOCAL);
}

static void report_open_error(const char *path)
{
    const char *error = dlerror();

    /* The loader names the first missing import only, and not where it is used. */
    if (error && strstr(error, "undefined symbol") && host_report_missing_imports(path))
        return;
    vf_say("cannot load %s: %s", path, error ? error : "unknown reason");
}

/* Two copies of the library in a process would be two kernels. */
static bool uses_other_library(void *handle)
{
    void *start = dlsym(handle, "openwsk_start");

    return start && start != (void *)(uintptr_t)openwsk_start;
}

bool host_load(const char *path, struct load *load)
{
    void *entry;

    load->handle = open_file(path);
    if (!load->handle) {
        report_open_error(path);
        return false;
    }
    if (uses_other_library(load->handle)) {
        vf_say("cannot load %s: it is linked to a second copy of the openwsk library", path);
        goto close_handle;
    }
    entry = dlsym(load->handle, "DriverEntry");
    if (!entry) {
        vf_say("cannot load %s: it does not export DriverEntry", path);
        goto close_handle;
    }
    load->entry = (openwsk_entry *)(uintptr_t)entry;
    return true;

close_handle:
    host_unload(load);
    return false;
}

void host_unload(struct load *load)
{
    if (load->handle)
        dlclose(load->handle);
    load->handle = NULL;
}
