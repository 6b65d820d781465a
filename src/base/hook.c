/* SPDX-License-Identifier: MIT */
/* hook.c - see hook.h. */
#include "hook.h"

#include "os.h"
#include "stack.h"
#include "symbol.h"

#include <stdio.h>

_Atomic(const struct hooks *) base_hooks;
_Thread_local const void *hook_caller;
_Atomic uint32_t hook_retained_limit = UINT32_MAX;
_Atomic uint32_t hook_rules;
_Atomic bool hook_events;

static void print(const struct hook_report *report)
{
    char where[SYMBOL_TEXT_MAX];
    char line[SYMBOL_TEXT_MAX + 256];
    int length;

    symbol_describe(report->place, where, sizeof(where));
    length = snprintf(line, sizeof(line), "openwsk: %s: %s, at %s\n", report->rule, report->text,
                      where);
    if (length > 0)
        os_print(true, line, (size_t)length < sizeof(line) ? (size_t)length : sizeof(line) - 1);
}

void hook_tell(const struct hook_report *report)
{
    const struct hooks *hooks = hook_table();

    if (hooks && hooks->report)
        hooks->report(report);
    else if (hooks && hooks->finding)
        hooks->finding(report->rule, report->text, report->place);
    else
        print(report);
}

/* Only where the place is on the stack: the frames of others explain nothing. */
uint32_t hook_stack_at(const void *place)
{
    const void *const *frames;
    uint32_t stack = place ? stack_take(place) : 0;

    return stack_frames(stack, &frames) && frames[0] == place ? stack : 0;
}

void hook_finding(const char *rule, const char *text, const void *place)
{
    hook_tell(&(struct hook_report){
        .rule = rule, .severity = HOOK_FINDING, .text = text, .place = place,
        .stacks = { { "here", hook_stack_at(place) } },
    });
}
