/* SPDX-License-Identifier: MIT */
/* hook.c - see hook.h. */
#include "hook.h"

#include "os.h"
#include "symbol.h"

#include <stdio.h>

_Atomic(const struct hooks *) base_hooks;
_Thread_local const void *hook_caller;
_Atomic uint32_t hook_retained_limit = UINT32_MAX;

void hook_finding(const char *rule, const char *text, const void *place)
{
    const struct hooks *hooks = hook_table();
    char where[SYMBOL_TEXT_MAX];
    char line[SYMBOL_TEXT_MAX + 256];
    int length;

    if (hooks && hooks->finding) {
        hooks->finding(rule, text, place);
        return;
    }
    symbol_describe(place, where, sizeof(where));
    length = snprintf(line, sizeof(line), "openwsk: %s: %s, at %s\n", rule, text, where);
    if (length > 0)
        os_print(true, line, (size_t)length < sizeof(line) ? (size_t)length : sizeof(line) - 1);
}
