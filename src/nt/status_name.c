/* SPDX-License-Identifier: MIT */
/* status_name.c - NTSTATUS values as words. */
#include "nt_internal.h"

#include <openwsk/ntstatus_list.h>

#include <stdio.h>

/* Lasts until the thread asks for the next unknown value. */
static const char *number_text(NTSTATUS status)
{
    static _Thread_local char text[16];

    snprintf(text, sizeof(text), "0x%08X", (ULONG)status);
    return text;
}

const char *nt_status_name(NTSTATUS status)
{
    switch ((ULONG)status) {
#define X(name, value) \
    case value: return #name;
        OPENWSK_NTSTATUS_LIST(X)
#undef X
    default: return number_text(status);
    }
}
