/* SPDX-License-Identifier: MIT */
/* fast_fail.c - __fastfail, which the headers' own list checks use as well. */
#include "nt_internal.h"

static const char *reason(unsigned code)
{
    switch (code) {
    case FAST_FAIL_CORRUPT_LIST_ENTRY:
        return "the neighbours of a list entry do not point back to it: it was inserted twice, "
               "removed twice, or its memory was overwritten";
    case FAST_FAIL_INVALID_REFERENCE_COUNT:
        return "a reference count is impossible";
    case FAST_FAIL_INVALID_ARG:
        return "an argument is invalid";
    case FAST_FAIL_FATAL_APP_EXIT:
        return "the driver gave up";
    default:
        return "the driver found itself in a state that cannot be";
    }
}

/* bugcodes.h, bug check 0x139: code, trap frame, exception record; the latter do not exist here. */
void openwsk_fast_fail(unsigned code)
{
    NT_BUG(KERNEL_SECURITY_CHECK_FAILURE, code, 0, 0, 0, "fast failure %u: %s", code, reason(code));
}
