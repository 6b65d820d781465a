/* SPDX-License-Identifier: MIT */
/*
 * rule_sockets.c - the life of a socket: no close while another thread is inside it (WSK-V12), a
 * close after the NULL indication (WSK-V23), callbacks switched as they may be (WSK-V24), calls in
 * their order (WSK-V25).
 */
#include "rule_calls.h"

#include "flight.h"
#include "nt.h"
#include "verify.h"

#include <stdio.h>

#define DEAD_MAX 64

/* --- V12 ------------------------------------------------------------------------------------ */

struct other {
    uint32_t thread;
    const char *function;
    uint32_t stack;
};

static bool look_for_other(struct vf_call *call, void *context)
{
    struct other *other = context;

    if (call->flight.returned || call->thread == other->thread)
        return true;
    other->function = call->function->name;
    other->stack = call->flight.stack;
    return false;
}

static void check_close(struct vf_call *call)
{
    struct other other = { .thread = call->thread };
    char text[256];

    vf_flight_visit_socket(call->socket, look_for_other, &other);
    if (!other.function)
        return;
    snprintf(text, sizeof(text), "WskCloseSocket was called while another thread is inside %s of "
                                 "the socket",
             other.function);
    vf_report(&(struct hook_report){
        .rule = "WSK-V12", .severity = HOOK_FINDING, .text = text, .place = call->place,
        .stacks = { { "closed", call->flight.stack }, { "meanwhile", other.stack } },
    });
}

/* --- V23 ------------------------------------------------------------------------------------ */

/*
 * A driver has been told when its callback has returned: until then another thread that asks under
 * its lock whether the socket lives is told that it does. A close may come before that.
 */
static struct base_lock dead_lock;
static struct {
    const void *socket;
    const void *place;
    bool told;
} dead[DEAD_MAX];
static _Atomic uint32_t dead_count;

void vf_sockets_dead(const void *socket, const void *place)
{
    base_lock_acquire(&dead_lock);
    for (size_t i = 0; i < DEAD_MAX; i++) {
        if (dead[i].socket)
            continue;
        dead[i].socket = socket;
        dead[i].place = (const char *)place + 1;
        dead[i].told = false;
        atomic_fetch_add(&dead_count, 1);
        break;
    }
    base_lock_release(&dead_lock);
}

/* Under the lock; DEAD_MAX for a socket that lives. */
static size_t dead_at(const void *socket)
{
    size_t i = 0;

    while (i < DEAD_MAX && dead[i].socket != socket)
        i++;
    return i;
}

void vf_sockets_told(const void *socket)
{
    size_t at;

    base_lock_acquire(&dead_lock);
    at = dead_at(socket);
    if (at < DEAD_MAX)
        dead[at].told = true;
    base_lock_release(&dead_lock);
}

static bool is_dead(const void *socket, bool forget)
{
    size_t at;
    bool told;

    if (!atomic_load_explicit(&dead_count, memory_order_relaxed))
        return false;
    base_lock_acquire(&dead_lock);
    at = dead_at(socket);
    told = at < DEAD_MAX && dead[at].told;
    if (at < DEAD_MAX && forget) {
        dead[at].socket = NULL;
        atomic_fetch_sub(&dead_count, 1);
    }
    base_lock_release(&dead_lock);
    return told;
}

void vf_sockets_stop(void)
{
    for (size_t i = 0; i < DEAD_MAX; i++) {
        if (dead[i].socket)
            vf_finding("WSK-V23", "a socket was never closed after the NULL indication, which says "
                                  "that it no longer works",
                       dead[i].place);
        dead[i].socket = NULL;
    }
    atomic_store(&dead_count, 0);
}

/* --- V24, V25 ------------------------------------------------------------------------------- */

static bool switches_events(const struct vf_call *call, bool *enables)
{
    const WSK_EVENT_CALLBACK_CONTROL *control;

    if (call->function->id != VF_ID_WskControlSocket ||
        vf_argument(call, VF_CONTROL_CODE) != SO_WSK_EVENT_CALLBACK ||
        vf_argument(call, VF_LEVEL) != SOL_SOCKET)
        return false;
    control = (const void *)vf_argument_called(call, "InputBuffer");
    *enables = control && vf_argument_called(call, "InputSize") >= sizeof(*control) &&
               !(control->EventMask & WSK_EVENT_DISABLE);
    return true;
}

static const char *wrong_with_switch(NTSTATUS status)
{
    switch (status) {
    case STATUS_INVALID_DEVICE_STATE:
        return "SO_WSK_EVENT_CALLBACK enabled an event before the socket was bound or connected";
    case STATUS_NOT_SUPPORTED:
        return "SO_WSK_EVENT_CALLBACK got another NpiId than NPI_WSK_INTERFACE_ID";
    case STATUS_INVALID_DEVICE_REQUEST:
        return "SO_WSK_EVENT_CALLBACK cannot switch an event of this socket: it has none, or its "
               "callbacks are always on";
    case STATUS_INVALID_PARAMETER:
        return "SO_WSK_EVENT_CALLBACK got a mask that is not exactly one event (or all on), or too "
               "short an input";
    default:
        return NULL;
    }
}

static void check_result(struct vf_call *call, NTSTATUS status)
{
    bool enables;
    const char *wrong = NULL;
    char text[256];

    if (call->decided || NT_SUCCESS(status))
        return;
    if (hook_rule(24) && switches_events(call, &enables)) {
        wrong = wrong_with_switch(status);
    } else if (hook_rule(24) && call->function->id == VF_ID_WskControlClient &&
               vf_argument(call, VF_CLIENT_CODE) == WSK_SET_STATIC_EVENT_CALLBACKS) {
        wrong = "WSK_SET_STATIC_EVENT_CALLBACKS was refused: it comes before the first socket, "
                "once, with the events of WSK";
    }
    if (wrong) {
        vf_find_in(call, "WSK-V24", wrong);
        return;
    }
    if (!hook_rule(25) || status != STATUS_INVALID_DEVICE_STATE)
        return;
    snprintf(text, sizeof(text), "%s was called in a state of the socket that does not allow it",
             call->function->name);
    vf_find_in(call, "WSK-V25", text);
}

/* --- In turn -------------------------------------------------------------------------------- */

void vf_sockets_before(struct vf_call *call)
{
    bool closes = call->function->id == VF_ID_WskCloseSocket;
    bool enables = false;

    if (!call->socket)
        return;
    if (closes && hook_rule(12))
        check_close(call);
    if (is_dead(call->socket, closes) && !closes &&
        call->function->id != VF_ID_WskReleaseDatagrams)
        vf_find_in(call, "WSK-V23", "a socket is still used after the NULL indication, which says "
                                    "that it no longer works; close it");
    if (hook_rule(24) && call->irp && switches_events(call, &enables) && enables)
        vf_find_in(call, "WSK-V24", "SO_WSK_EVENT_CALLBACK got an IRP to enable an event; one is "
                                    "wanted only to disable");
}

void vf_sockets_completed(struct vf_call *call)
{
    check_result(call, call->result.Status);
}

/* A call with an IRP has said what it has to say when the IRP completed. */
void vf_sockets_after(struct vf_call *call)
{
    if (!call->watched)
        check_result(call, call->status);
}
