/* SPDX-License-Identifier: MIT */
/*
 * rule_calls.h - the rules that look at calls of WSK and at events; rule_calls.c asks them in turn.
 */
#ifndef OPENWSK_VERIFY_RULE_CALLS_H
#define OPENWSK_VERIFY_RULE_CALLS_H

#include "calls.h"

void vf_rule_calls_start(void);
void vf_rule_calls_stop(void);

/* A bug check whose fourth parameter, and first frame, is the place. */
_Noreturn void vf_stop_for(const char *rule, const char *sentence, const void *subject,
                           const void *place, const struct hook_stack *stacks);

/* A finding at the call's place, with the stack that submitted it. */
void vf_find_in(const struct vf_call *call, const char *rule, const char *sentence);

/* The argument of that kind, the first one; 0 when there is none. */
uintptr_t vf_argument(const struct vf_call *call, enum vf_parameter_kind kind);

/* Whose name is that in the function's declaration. */
uintptr_t vf_argument_called(const struct vf_call *call, const char *name);

/* rule_irp.c: V2, V3 */
void vf_irp_before(struct vf_call *call);
void vf_irp_returned(struct vf_call *call, NTSTATUS status);

/* rule_buffers.c: V7, V8 */
void vf_buffers_before(struct vf_call *call);
void vf_buffers_completed(struct vf_call *call);
void vf_buffers_after(struct vf_call *call);

/* How many nodes a list has. False: it leads in a circle. */
bool vf_list_count(const WSK_BUF_LIST *list, size_t *count);

/* rule_arguments.c: V10, V30 */
void vf_arguments_before(struct vf_call *call);
void vf_arguments_after(struct vf_call *call);
void vf_arguments_completed(struct vf_call *call);
void vf_arguments_waiting(const void *place);

/* rule_sockets.c: V12, V23, V24, V25 */
void vf_sockets_before(struct vf_call *call);
void vf_sockets_completed(struct vf_call *call);
void vf_sockets_after(struct vf_call *call);
void vf_sockets_dead(const void *socket, const void *place);
void vf_sockets_told(const void *socket);
void vf_sockets_stop(void);

/* lent.c: V22 */
void vf_lend_list(struct hook_event *event);
void vf_lend_end_list(void *list, const void *released_at);
void vf_lent_forget(void);

/* rule_events.c: V21, V22 */
void vf_events_before(struct vf_call *call);
void vf_events_after(struct vf_call *call);
void vf_events_end(struct hook_event *event);

#endif
