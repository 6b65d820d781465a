/* SPDX-License-Identifier: MIT */
/*
 * trace.h - one list of everything that is counted, and one of every reason to drop or refuse.
 *
 * Counters, log lines and documentation come from these lists. Each thread counts in its own block,
 * so a count costs one plain increment; reading adds the blocks up.
 */
#ifndef OPENWSK_BASE_TRACE_H
#define OPENWSK_BASE_TRACE_H

#include <stdatomic.h>
#include <stdint.h>

/* name, meaning */
#define TRACE_POINTS(X) \
    X(irp_completed, "IRPs completed by IoCompleteRequest") \
    X(irp_cancelled, "IRPs whose cancel routine was called") \
    X(completion_deferred, "completions moved to the transport thread because one was running already") \
    X(event_called, "calls of a receive event callback") \
    X(notification_called, "calls of a change callback of netioapi.h") \
    X(notification_lost, "changes without memory to report them; the driver is told to look at all") \
    X(datagram_sent, "datagrams handed to the kernel") \
    X(datagram_sent_inline, "of these, in the thread that called") \
    X(datagram_send_queued, "sends handed to the transport thread: in a stream, or for want of room") \
    X(datagram_coalesced, "datagrams that shared their trip through the stack with others") \
    X(tx_run, "trips that several datagrams shared") \
    X(tx_run_refused, "such trips that the kernel refused: their datagrams went one by one") \
    X(tx_run_avoided, "trips not shared because the path had refused one") \
    X(datagram_send_failed, "sends that ended with an error") \
    X(datagram_received, "datagrams taken from the kernel") \
    X(datagram_indicated, "datagrams handed to an event callback") \
    X(datagram_delivered, "datagrams copied into a WskReceiveFrom buffer") \
    X(datagram_retained, "datagrams that a callback kept") \
    X(send_bounced, "sends gathered into one buffer because the MDL chain was too long") \
    X(rx_batch, "receive calls that returned datagrams") \
    X(rx_run, "messages of receive calls in which the kernel had joined datagrams") \
    X(rx_run_copied, "runs copied apart because the driver holds too many receive buffers") \
    X(special_full, "blocks that special pool had no room for, or could not take out of use") \
    X(receive_held_back, "looks for datagrams put off because the driver retains too many indications") \
    X(loop_wake, "wakes of a transport thread by another thread") \
    X(error_swallowed, "errors of earlier datagrams that the kernel reported to an unrelated call") \
    X(drop_filtered, "datagrams dropped: not from the fixed remote address, or an unwanted broadcast") \
    X(drop_truncated, "bytes lost: the datagram was larger than the buffer") \
    X(drop_no_memory, "datagrams dropped: no memory for a receive buffer") \
    X(drop_refused, "datagrams dropped: a static event callback refused them") \
    X(drop_closed, "datagrams dropped: the socket was closing") \
    X(drop_control, "datagrams dropped: their control data could not be built") \
    X(refuse_state, "calls refused: the socket is in the wrong state") \
    X(refuse_parameter, "calls refused: a parameter is invalid") \
    X(refuse_unsupported, "calls refused: not supported or not implemented")

enum trace_point {
#define X(name, meaning) trace_##name,
    TRACE_POINTS(X)
#undef X
    TRACE_POINT_COUNT
};

struct trace_block {
    struct trace_block *next;
    _Atomic uint64_t counts[TRACE_POINT_COUNT];
};

extern _Thread_local struct trace_block *trace_own_block;
struct trace_block *trace_make_block(void);

/* Only the owner writes a block, so a relaxed load and store replace an atomic addition. */
static inline void trace_add(enum trace_point point, uint64_t amount)
{
    struct trace_block *block = trace_own_block ? trace_own_block : trace_make_block();
    uint64_t value = atomic_load_explicit(&block->counts[point], memory_order_relaxed);

    atomic_store_explicit(&block->counts[point], value + amount, memory_order_relaxed);
}

static inline void trace_count(enum trace_point point)
{
    trace_add(point, 1);
}

/* Since the process began. */
uint64_t trace_total(enum trace_point point);

const char *trace_name(enum trace_point point);
const char *trace_meaning(enum trace_point point);

#endif
