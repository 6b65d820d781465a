/* SPDX-License-Identifier: MIT */
/*
 * callback.c - the road from the provider into a driver's event callbacks. The other road is
 * nt/irp.c.
 */
#include "dgram.h"
#include "nt.h"

/* A client that holds more than this is asked to hurry. */
#define RELEASE_ASAP_THRESHOLD 4096u

static inline NTSTATUS run(const struct wsk_socket *socket, ULONG flags,
                           PWSK_DATAGRAM_INDICATION list)
{
    const WSK_CLIENT_DATAGRAM_DISPATCH *callbacks = socket->callbacks;

    return callbacks->WskReceiveFromEvent(socket->context, flags, list);
}

static inline void end_of_routine(const struct wsk_socket *socket)
{
    nt_routine_end();
    if (KeGetCurrentIrql() != DISPATCH_LEVEL) {
        nt_bug_check(&(struct nt_bug){
            .code = IRQL_UNEXPECTED_VALUE,
            .rule = "WSK-V19",
            .sentence = "WskReceiveFromEvent returned at another IRQL than it was called at.",
            .parameters = { KeGetCurrentIrql(), DISPATCH_LEVEL, (ULONG_PTR)socket->callbacks, 0 },
        });
    }
}

/* Apart, so that nobody pays for the record whom nobody watches. */
__attribute__((noinline))
static NTSTATUS run_watched(struct wsk_socket *socket, ULONG flags, PWSK_DATAGRAM_INDICATION list)
{
    const WSK_CLIENT_DATAGRAM_DISPATCH *callbacks = socket->callbacks;
    struct hook_event event = {
        .name = "WskReceiveFromEvent", .socket = &socket->public, .context = socket->context,
        .routine = (const void *)(uintptr_t)callbacks->WskReceiveFromEvent, .flags = flags,
        .indication = list,
    };

    nt_routine_begin();
    if (hook_event_begin(&event))
        event.status = run(socket, flags, list);
    end_of_routine(socket);
    hook_event_end(&event);
    return event.status;
}

NTSTATUS wsk_call_receive_from_event(struct wsk_socket *socket, ULONG flags,
                                     PWSK_DATAGRAM_INDICATION list)
{
    NTSTATUS status;

    flags |= WSK_FLAG_AT_DISPATCH_LEVEL;
    if (atomic_load_explicit(&socket->retained, memory_order_relaxed) > RELEASE_ASAP_THRESHOLD)
        flags |= WSK_FLAG_RELEASE_ASAP;
    trace_count(trace_event_called);
    if (hook_watches_events())
        return run_watched(socket, flags, list);
    nt_routine_begin();
    status = run(socket, flags, list);
    end_of_routine(socket);
    return status;
}
