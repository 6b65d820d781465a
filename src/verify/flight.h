/* SPDX-License-Identifier: MIT */
/*
 * flight.h - the calls of WSK that are under way: in the provider's hands, or on their way there or
 * back. Rules look here for what they may not meet; a hang is told from here.
 */
#ifndef OPENWSK_VERIFY_FLIGHT_H
#define OPENWSK_VERIFY_FLIGHT_H

#include "calls.h"

/* Registers its observer. */
void vf_flight_start(struct hooks *hooks);

/* A watermark: it only rises. */
static inline void vf_raise_to(_Atomic uint64_t *mark, uint64_t value)
{
    uint64_t seen = atomic_load_explicit(mark, memory_order_relaxed);

    while (seen < value && !atomic_compare_exchange_weak(mark, &seen, value))
        continue;
}

/*
 * In completed(): the call has not returned, and it is its own thread that completes. Then nobody
 * else ends it.
 */
static inline bool vf_flight_inside(const struct vf_call *call)
{
    return call->thread == os_thread_id() && !call->flight.returned;
}

/* Whether there is one at all. */
bool vf_flight_any(void);

/* Visits each under its shard's lock; false ends it. The visitor may not call WSK. */
typedef bool vf_flight_fn(struct vf_call *call, void *context);
void vf_flight_visit(vf_flight_fn *visit, void *context);

/* The same for the calls of one socket. */
void vf_flight_visit_socket(const void *socket, vf_flight_fn *visit, void *context);

/* "WskSendTo on socket 1, IRP 3, since 1.250 s" */
void vf_flight_describe(const struct vf_call *call, char *text, size_t size);

/* Says each operation that is under way, and each wait. Any thread. */
void vf_flight_report(void);

/* Says the watermarks that are not zero. Any thread. */
void vf_say_watermarks(void);

/* Looks at the watermarks a last time. While the rules are on. */
void vf_flight_stop(void);

#endif
