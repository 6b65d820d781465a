/* SPDX-License-Identifier: MIT */
/* absent.c - what is not there yet says so by name, once, and never pretends. */
#include "nt.h"
#include "provider_state.h"
#include "request.h"

#include <stdio.h>

#define NAMES_MAX 64

static struct base_lock lock;
static const char *said[NAMES_MAX];

/* The names are literals, so a name is known by its address. */
static bool first_time(const char *name)
{
    size_t i = 0;
    bool first;

    base_lock_acquire(&lock);
    while (i < NAMES_MAX && said[i] && said[i] != name)
        i++;
    first = i < NAMES_MAX && !said[i];
    if (first)
        said[i] = name;
    base_lock_release(&lock);
    return first;
}

void wsk_absent(const char *name)
{
    char text[160];
    int length;

    trace_count(trace_refuse_unsupported);
    if (!first_time(name))
        return;
    length = snprintf(text, sizeof(text),
                      "openwsk: %s is not implemented yet; it fails with STATUS_NOT_IMPLEMENTED\n", name);
    os_print(true, text, (size_t)length);
}

NTSTATUS wsk_absent_call(const char *name, PIRP irp)
{
    wsk_absent(name);
    if (!irp)
        return STATUS_INVALID_PARAMETER;
    nt_irp_accept(irp);
    return wsk_refuse(irp, STATUS_NOT_IMPLEMENTED);
}
