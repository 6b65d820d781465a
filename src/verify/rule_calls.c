/* SPDX-License-Identifier: MIT */
/* rule_calls.c - see rule_calls.h. */
#include "rule_calls.h"

#include "nt.h"
#include "verify.h"

#include <stdlib.h>
#include <string.h>

_Noreturn void vf_stop_for(const char *rule, const char *sentence, const void *subject,
                           const void *place, const struct hook_stack *stacks)
{
    struct nt_bug bug = {
        .code = DRIVER_VERIFIER_DETECTED_VIOLATION, .rule = rule, .sentence = sentence,
        .parameters = { strtoul(rule + strlen("WSK-V"), NULL, 10), (ULONG_PTR)subject, 0,
                        (ULONG_PTR)place },
    };

    if (stacks)
        memcpy(bug.stacks, stacks, sizeof(bug.stacks));
    nt_bug_check(&bug);
}

void vf_find_in(const struct vf_call *call, const char *rule, const char *sentence)
{
    vf_report(&(struct hook_report){
        .rule = rule, .severity = HOOK_FINDING, .text = sentence, .place = call->place,
        .stacks = { { "submitted", call->flight.stack } },
    });
}

uintptr_t vf_argument(const struct vf_call *call, enum vf_parameter_kind kind)
{
    size_t count = vf_function_has(call->function, kind) ? call->function->parameter_count : 0;

    for (size_t i = 0; i < count; i++) {
        if (call->function->parameters[i].kind == kind)
            return call->arguments[i];
    }
    return 0;
}

uintptr_t vf_argument_called(const struct vf_call *call, const char *name)
{
    for (size_t i = 0; i < call->function->parameter_count; i++) {
        if (strcmp(call->function->parameters[i].name, name) == 0)
            return call->arguments[i];
    }
    return 0;
}

static void before(struct vf_call *call)
{
    vf_irp_before(call);
    vf_buffers_before(call);
    vf_arguments_before(call);
    vf_sockets_before(call);
    vf_events_before(call);
}

static void after(struct vf_call *call)
{
    vf_buffers_after(call);
    vf_arguments_after(call);
    vf_sockets_after(call);
    vf_events_after(call);
}

static void completed(struct vf_call *call)
{
    vf_buffers_completed(call);
    vf_arguments_completed(call);
    vf_sockets_completed(call);
}

static bool event_begin(struct hook_event *event)
{
    if (!event->indication && hook_rule(23))
        vf_sockets_dead(event->socket, event->routine);
    if (hook_rule(22))
        vf_lend_list(event);
    return true;
}

static void event_end(struct hook_event *event)
{
    if (!event->indication)
        vf_sockets_told(event->socket);
    vf_events_end(event);
}

void vf_rule_calls_start(void)
{
    static const struct vf_observer observer = {
        .before = before, .after = after, .completed = completed,
        .routine_returned = vf_irp_returned, .event_begin = event_begin,
        .event_end = event_end,
    };

    vf_observe(&observer);
}

void vf_rule_calls_stop(void)
{
    vf_sockets_stop();
    vf_lent_forget();
}
