/* SPDX-License-Identifier: MIT */
/*
 * rule_arguments.c - control information is well formed (WSK-V30); buffers that a pending call
 * writes to or reads from outlive it (WSK-V10).
 *
 * A buffer on the caller's stack is gone when its function returns. That cannot be seen at once,
 * but when the same thread calls or waits again from further up its stack.
 */
#include "rule_calls.h"

#include "flight.h"
#include "nt.h"
#include "verify.h"

#include <stdio.h>
#include <string.h>
#include <ws2ipdef.h>

/* --- V30 ------------------------------------------------------------------------------------ */

static const struct {
    INT level, type;
    size_t size;
} known[] = {
    { IPPROTO_IP, IP_PKTINFO, sizeof(IN_PKTINFO) },
    { IPPROTO_IP, IP_TOS, sizeof(INT) },
    { IPPROTO_IP, IP_ECN, sizeof(INT) },
    { IPPROTO_IP, IP_TTL, sizeof(INT) },
    { IPPROTO_IP, IP_HOPLIMIT, sizeof(INT) },
    { IPPROTO_IPV6, IPV6_PKTINFO, sizeof(IN6_PKTINFO) },
    { IPPROTO_IPV6, IPV6_TCLASS, sizeof(INT) },
    { IPPROTO_IPV6, IPV6_ECN, sizeof(INT) },
    { IPPROTO_IPV6, IPV6_HOPLIMIT, sizeof(INT) },
    { IPPROTO_UDP, UDP_SEND_MSG_SIZE, sizeof(DWORD) },
};

/* `data` is what the length leaves for it. */
static const char *wrong_with_data(const CMSGHDR *item, size_t data)
{
    /* WireGuard-NT ends its control data with a header that announces no bytes. */
    if (data == 0)
        return NULL;
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
        if (item->cmsg_level == known[i].level && item->cmsg_type == known[i].type)
            return data < known[i].size ? "cmsg_len is too short for the data of its type" : NULL;
    }
    return "cmsg_level and cmsg_type are none that can be sent";
}

static const char *wrong_with_item(const CMSGHDR *item, size_t left)
{
    const size_t header = WSA_CMSGDATA_ALIGN(sizeof(*item));

    if (item->cmsg_len < header || item->cmsg_len > left)
        return "cmsg_len does not lie between the header's size and what is left of "
               "ControlInfoLength";
    return wrong_with_data(item, item->cmsg_len - header);
}

/* Copied item by item: drivers keep control data at any alignment. */
static const char *wrong_with_control(const void *control, size_t length)
{
    const unsigned char *at = control;

    if (length && !control)
        return "ControlInfoLength is given, but ControlInfo is NULL";
    while (length) {
        const char *wrong;
        CMSGHDR item;
        size_t step;

        if (length < sizeof(item))
            return "control information ends in the middle of a CMSGHDR";
        memcpy(&item, at, sizeof(item));
        wrong = wrong_with_item(&item, length);
        if (wrong)
            return wrong;
        step = WSA_CMSGHDR_ALIGN(item.cmsg_len);
        if (step >= length)
            return NULL;
        at += step;
        length -= step;
    }
    return NULL;
}

/* --- V10 ------------------------------------------------------------------------------------ */

/* Calls of this thread that were pending with a buffer on its stack. */
static _Thread_local unsigned stack_buffers;

static bool on_this_stack(uintptr_t address)
{
    return address > (uintptr_t)__builtin_frame_address(0) && address < os_stack_end();
}

/*
 * Only what is read or written later; addresses in and control data are copied before the return.
 */
static bool outlives_call(const struct vf_parameter *parameter)
{
    return parameter->kind == VF_ADDRESS_OUT || parameter->kind == VF_LATER;
}

static bool any_outlives_call(const struct vf_call *call)
{
    return vf_function_has(call->function, VF_ADDRESS_OUT) ||
           vf_function_has(call->function, VF_LATER);
}

struct popped {
    uint32_t thread;
    uintptr_t frame;
    unsigned left;
    const void *place;  /* of a call whose buffer is gone; NULL: none */
    uint32_t stack;
};

static bool look_for_popped(struct vf_call *call, void *context)
{
    struct popped *popped = context;

    if (call->thread != popped->thread || !call->flight.lowest_buffer || call->flight.completed)
        return true;
    popped->left++;
    if (call->flight.lowest_buffer >= popped->frame || !call->flight.returned)
        return true;
    popped->place = call->place;
    popped->stack = call->flight.stack;
    call->flight.lowest_buffer = 0;
    return true;
}

static void look_for_popped_frames(const void *place)
{
    struct popped popped;

    if (!stack_buffers)
        return;
    popped.thread = os_thread_id();
    popped.frame = stack_pointer_at(place);
    popped.left = 0;
    popped.place = NULL;
    vf_flight_visit(look_for_popped, &popped);
    stack_buffers = popped.left;
    if (!popped.place)
        return;
    vf_report(&(struct hook_report){
        .rule = "WSK-V10", .severity = HOOK_FINDING, .place = popped.place,
        .text = "a buffer of a pending call was on the stack of a function that has returned",
        .stacks = { { "submitted", popped.stack } },
    });
}

void vf_arguments_waiting(const void *place)
{
    look_for_popped_frames(place);
}

void vf_arguments_before(struct vf_call *call)
{
    uintptr_t control = vf_argument(call, VF_CONTROL_DATA);
    uintptr_t length = vf_argument(call, VF_CONTROL_LENGTH);
    const char *wrong = NULL;

    look_for_popped_frames(call->place);
    if (hook_rule(30) && (control || length))
        wrong = wrong_with_control((const void *)control, length);
    if (wrong)
        vf_find_in(call, "WSK-V30", wrong);
    if (!hook_rule(10) || !call->irp || !any_outlives_call(call))
        return;
    for (size_t i = 0; i < call->function->parameter_count; i++) {
        uintptr_t at = call->arguments[i];

        if (!outlives_call(&call->function->parameters[i]) || !on_this_stack(at))
            continue;
        if (!call->flight.lowest_buffer || at < call->flight.lowest_buffer)
            call->flight.lowest_buffer = at;
    }
}

void vf_arguments_after(struct vf_call *call)
{
    if (call->flight.lowest_buffer && call->status == STATUS_PENDING && !call->flight.completed)
        stack_buffers++;
}

void vf_arguments_completed(struct vf_call *call)
{
    if (!hook_rule(10) || !any_outlives_call(call) || vf_flight_inside(call) || call->decided)
        return;
    for (size_t i = 0; i < call->function->parameter_count; i++) {
        struct hook_stack stacks[HOOK_STACKS_MAX] = { 0 };

        if (!outlives_call(&call->function->parameters[i]) || !call->arguments[i] ||
            !nt_is_freed((const void *)call->arguments[i], stacks))
            continue;
        vf_report(&(struct hook_report){
            .rule = "WSK-V10", .severity = HOOK_FINDING, .place = call->place,
            .text = "a buffer of a pending call was freed before its completion",
            .stacks = { { "submitted", call->flight.stack }, stacks[0], stacks[1], stacks[2] },
        });
    }
}
