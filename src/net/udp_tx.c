/* SPDX-License-Identifier: MIT */
/*
 * udp_tx.c - sending.
 *
 * 1. A datagram on an idle endpoint leaves in its caller's thread, at once, and no lock is held.
 * 2. Sends that follow each other closely are a stream, and streams are queued: the loop takes what
 *    has gathered, and runs of datagrams share a trip through the stack (coalesce.h). Nobody waits
 *    for company: the loop takes the first one as soon as it can, and while that is on its way the
 *    next ones gather.
 * 3. From the first queued datagram until the queue is empty, its sends are done and the stream has
 *    ended, NET_GATE_QUEUED is set, and everybody queues. So the datagrams of one thread leave in
 *    the order of its calls.
 * 4. The loop takes a part of the queue, sends, puts back what did not go, and only then calls
 *    done().
 * 5. Where the loop finds the sends alone, one after the other, the stream has ended, and a new one
 *    begins only after more sends than before (up to NET_STREAM_SENDS_MAX): their sender waits for
 *    each.
 *
 * What a stream is. On the loop's own thread: the second send of a round, since the queue's turn
 * comes in the same round or the next. On other threads: NET_STREAM_SENDS sends, each within
 * stream_gap_ns after the one before, and more where the loop found them alone; a call that sends
 * many at once shares trips by itself and does not count. Nothing is ever delayed by a clock; the
 * clock only tells which thread sends.
 */
#include "engine.h"

#include "address.h"
#include "coalesce.h"

#include <errno.h>
#include <string.h>

/* --- Checks ---------------------------------------------------------------------------------- */

static size_t payload_limit(const struct net_udp *udp, const struct net_address *to)
{
    if (udp->kind == NET_RAW)
        return NET_RAW_PAYLOAD_MAX;
    return net_payload_limit(to);
}

static int check(const struct net_udp *udp, const struct net_send *send, size_t *length)
{
    const struct net_address *to = &send->envelope->to;
    size_t limit = payload_limit(udp, to), total = 0;

    if (to->family != udp->family)
        return -EAFNOSUPPORT;
    if (send->slice_count > NET_SLICES_MAX)
        return -E2BIG;
    if ((to->port == 0) != (udp->kind == NET_RAW))
        return -EINVAL;
    for (uint32_t i = 0; i < send->slice_count; i++) {
        if (send->slices[i].length > limit - total)
            return -EMSGSIZE;
        total += send->slices[i].length;
    }
    *length = total;
    return 0;
}

/* --- A path that refuses runs ---------------------------------------------------------------- */

/*
 * A refused run costs a call, so the endpoint remembers the last refusal: where to, from which
 * segment size on, and how many runs it shall not even try. Then it tries again: paths change.
 */
#define AVOIDED_RUNS 1024u

struct refusal {
    uint32_t to;
    uint16_t segment;
    uint16_t left;
};

_Static_assert(sizeof(struct refusal) == sizeof(uint64_t), "kept in one atomic word");

/* Two addresses with one hash cost a shared trip, nothing else. */
static uint32_t hash_of(const struct net_address *to)
{
    uint32_t words[4];

    memcpy(words, to->ip, sizeof(words));
    return words[0] ^ words[1] * 3u ^ words[2] * 5u ^ words[3] * 7u ^ to->family;
}

static void store_refusal(struct net_udp *udp, struct refusal refusal)
{
    uint64_t word;

    memcpy(&word, &refusal, sizeof(word));
    atomic_store_explicit(&udp->tx_refused, word, memory_order_relaxed);
}

static void remember_refusal(struct net_udp *udp, const struct net_address *to, size_t segment)
{
    store_refusal(udp, (struct refusal){ hash_of(to), (uint16_t)segment, AVOIDED_RUNS });
}

static bool must_avoid(struct net_udp *udp, const struct net_address *to, size_t segment)
{
    uint64_t word = atomic_load_explicit(&udp->tx_refused, memory_order_relaxed);
    struct refusal refusal;

    if (!word)
        return false;
    memcpy(&refusal, &word, sizeof(refusal));
    if (!refusal.left || segment < refusal.segment || refusal.to != hash_of(to))
        return false;
    refusal.left--;
    store_refusal(udp, refusal);
    trace_count(trace_tx_run_avoided);
    return true;
}

/* --- Trips ----------------------------------------------------------------------------------- */

/* Datagrams on their way to the port. The first `finished` are done with. */
struct convoy {
    const struct net_send *const *sends;
    size_t *lengths;
    int *errors;
    unsigned count;
    unsigned finished;
    unsigned alone;      /* up to here they go one by one: their run was refused */
    bool blame_run;      /* remember the refusal if the datagrams go by themselves */
};

static void check_all(const struct net_udp *udp, struct convoy *convoy)
{
    for (unsigned i = 0; i < convoy->count; i++)
        convoy->errors[i] = check(udp, convoy->sends[i], &convoy->lengths[i]);
}

/* An error that an earlier datagram left behind is used up by the first try. */
static int send_some(struct net_udp *udp, const struct net_send *const *batch, unsigned count)
{
    int first = udp->port->send(udp->handle, batch, count);
    int second;

    if (first >= 0 || !net_error_is_latched(first))
        return first;
    second = udp->port->send(udp->handle, batch, count);
    if (second != first)
        trace_count(trace_error_swallowed);
    return second;
}

static int send_run(struct net_udp *udp, const struct net_send *const *run, unsigned count)
{
    int error = udp->port->send_run(udp->handle, run, count);

    if (error && net_error_is_latched(error))
        error = udp->port->send_run(udp->handle, run, count);
    return error;
}

/* How many from `first` on pass the checks. */
static unsigned sendable(const struct convoy *convoy, unsigned first)
{
    unsigned i = first;

    while (i < convoy->count && !convoy->errors[i])
        i++;
    return i - first;
}

static unsigned run_at(struct net_udp *udp, const struct convoy *convoy, unsigned first,
                       unsigned most)
{
    unsigned count;

    if (first < convoy->alone || most < 2 || udp->kind != NET_UDP || !udp->port->send_run)
        return 1;
    count = net_run_length(&convoy->sends[first], &convoy->lengths[first], most);
    if (count > 1 && must_avoid(udp, &convoy->sends[first]->envelope->to, convoy->lengths[first]))
        return 1;
    return count;
}

static void went(struct convoy *convoy, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        convoy->errors[convoy->finished++] = 0;
}

static int step_run(struct net_udp *udp, struct convoy *convoy, unsigned count)
{
    int error = send_run(udp, &convoy->sends[convoy->finished], count);

    if (error == -EAGAIN)
        return error;
    if (error) {
        trace_count(trace_tx_run_refused);
        convoy->alone = convoy->finished + count;
        convoy->blame_run = error != -ENOBUFS && error != -ENOMEM;
        return 0;
    }
    trace_count(trace_tx_run);
    trace_add(trace_datagram_coalesced, count);
    went(convoy, count);
    return 0;
}

static void learn(struct net_udp *udp, struct convoy *convoy)
{
    if (convoy->blame_run && convoy->finished < convoy->alone)
        remember_refusal(udp, &convoy->sends[convoy->finished]->envelope->to,
                         convoy->lengths[convoy->finished]);
    convoy->blame_run = false;
}

static int step_alone(struct net_udp *udp, struct convoy *convoy, unsigned count)
{
    int sent = send_some(udp, &convoy->sends[convoy->finished], count);

    if (sent == -EAGAIN || sent == -ENOBUFS)
        return sent;
    if (sent < 0) {
        convoy->errors[convoy->finished++] = sent;
        convoy->blame_run = false;
        return 0;
    }
    learn(udp, convoy);
    went(convoy, (unsigned)sent);
    return 0;
}

/*
 * How many of the `most` after the first go one by one before the next run; one call of the port
 * takes them. While a path is avoided that is a guess, which costs nothing if it is wrong.
 */
static unsigned alone_at(const struct convoy *convoy, unsigned first, unsigned most)
{
    unsigned count = 1;

    if (most > NET_TX_BATCH)
        most = NET_TX_BATCH;
    while (count < most &&
           (first + count < convoy->alone || first + count + 1 >= convoy->count ||
            net_run_length(&convoy->sends[first + count], &convoy->lengths[first + count], 2) < 2 ||
            convoy->errors[first + count + 1]))
        count++;
    return count;
}

/* Moves `finished` on by at least one, or plans otherwise, or says what stops it. */
static int step(struct net_udp *udp, struct convoy *convoy)
{
    unsigned most = sendable(convoy, convoy->finished), run;

    if (most == 0) {
        convoy->finished++;
        return 0;
    }
    run = run_at(udp, convoy, convoy->finished, most);
    if (run > 1)
        return step_run(udp, convoy, run);
    return step_alone(udp, convoy, alone_at(convoy, convoy->finished, most));
}

static int advance(struct net_udp *udp, struct convoy *convoy)
{
    int stopped_by = 0;

    while (convoy->finished < convoy->count && !stopped_by)
        stopped_by = step(udp, convoy);
    return stopped_by;
}

/* --- Streams --------------------------------------------------------------------------------- */

static bool is_stream_on_loop(struct net_udp *udp)
{
    if (udp->engine->stream_gap_ns == NET_NO_STREAMS)
        return false;
    if (udp->tx_round == udp->loop->round) {
        /* Nobody adds to it behind the loop's back: if it is alone, it is not the first one. */
        if (!udp->tx_lone)
            udp->tx_lone = 1;
        return true;
    }
    udp->tx_round = udp->loop->round;
    return false;
}

static bool is_stream(struct net_udp *udp)
{
    uint64_t gap = udp->engine->stream_gap_ns;
    uint64_t last = atomic_load_explicit(&udp->tx_last_ns, memory_order_relaxed);
    uint32_t near;

    if (gap == NET_NO_STREAMS)
        return false;
    if (os_clock_ns() - last >= gap) {
        atomic_store_explicit(&udp->tx_near, 0, memory_order_relaxed);
        return false;
    }
    near = atomic_load_explicit(&udp->tx_near, memory_order_relaxed);
    if (near >= atomic_load_explicit(&udp->tx_needed, memory_order_relaxed))
        return true;
    atomic_store_explicit(&udp->tx_near, near + 1, memory_order_relaxed);
    return false;
}

/* What the loop found in the queue at once says whether queueing was worth its while. */
static void note_company(struct net_udp *udp)
{
    udp->tx_lone = 0;
    atomic_store_explicit(&udp->tx_needed, NET_STREAM_SENDS, memory_order_relaxed);
}

static void note_lone(struct net_udp *udp)
{
    uint32_t needed = atomic_load_explicit(&udp->tx_needed, memory_order_relaxed);

    udp->tx_lone++;
    if (needed < NET_STREAM_SENDS_MAX)
        atomic_store_explicit(&udp->tx_needed, 2 * needed, memory_order_relaxed);
    atomic_store_explicit(&udp->tx_near, 0, memory_order_relaxed);
}

static void note_end(struct net_udp *udp)
{
    if (udp->engine->stream_gap_ns != NET_NO_STREAMS)
        atomic_store_explicit(&udp->tx_last_ns, os_clock_ns(), memory_order_relaxed);
}

/* --- In the caller's thread ------------------------------------------------------------------ */

static int enter_to_send(struct net_udp *udp, bool on_loop, unsigned count)
{
    int error = net_udp_enter(udp, NET_GATE_QUEUED);

    if (error)
        return error;
    if (on_loop ? is_stream_on_loop(udp) : count == 1 && is_stream(udp)) {
        net_udp_leave(udp);
        return -EAGAIN;
    }
    return 0;
}

static void leave_after_send(struct net_udp *udp, bool on_loop)
{
    if (!on_loop)
        note_end(udp);
    net_udp_leave(udp);
}

bool net_udp_must_queue(const struct net_udp *udp)
{
    return atomic_load_explicit(&udp->gate, memory_order_relaxed) & NET_GATE_QUEUED;
}

static int send_one(struct net_udp *udp, const struct net_send *send)
{
    size_t length;
    int error = check(udp, send, &length);

    if (!error)
        error = send_some(udp, &send, 1);
    if (error > 0)
        return 0;
    return error == -ENOBUFS ? -EAGAIN : error;
}

static void count_inline(int error)
{
    if (error == 0) {
        trace_count(trace_datagram_sent);
        trace_count(trace_datagram_sent_inline);
    } else if (error != -EAGAIN) {
        trace_count(trace_datagram_send_failed);
    }
}

int net_udp_send_now(struct net_udp *udp, const struct net_send *send)
{
    bool on_loop = net_loop_is_current(udp->loop);
    int error = enter_to_send(udp, on_loop, 1);

    if (error)
        return error;
    error = send_one(udp, send);
    leave_after_send(udp, on_loop);
    count_inline(error);
    return error;
}

unsigned net_udp_send_batch_now(struct net_udp *udp, const struct net_send *const *batch,
                                unsigned count, int *errors)
{
    bool on_loop = net_loop_is_current(udp->loop);
    size_t lengths[NET_TX_BATCH];
    struct convoy convoy = { batch, lengths, errors, count, 0, 0, false };
    int error = enter_to_send(udp, on_loop, count);

    if (error == -EAGAIN)
        return 0;
    if (error) {
        for (unsigned i = 0; i < count; i++)
            errors[i] = error;
        return count;
    }
    check_all(udp, &convoy);
    advance(udp, &convoy);
    leave_after_send(udp, on_loop);
    for (unsigned i = 0; i < convoy.finished; i++)
        count_inline(errors[i]);
    return convoy.finished;
}

/* --- The queue ------------------------------------------------------------------------------- */

/*
 * The sends in the queue are numbered in order. The loop takes all at once and says up to which
 * number, so taking costs the same however many there are, and a cancel knows what is left.
 */

void net_udp_send_later(struct net_udp *udp, struct net_send *send)
{
    uint32_t before;
    bool attend;

    trace_count(trace_datagram_send_queued);
    send->error = check(udp, send, &send->length);
    base_lock_acquire(&udp->tx_lock);
    send->number = ++udp->tx_pushed;
    list_push_back(&udp->tx_queue, &send->link);
    before = atomic_load_explicit(&udp->gate, memory_order_relaxed);
    if (!(before & NET_GATE_QUEUED))
        before = atomic_fetch_or_explicit(&udp->gate, NET_GATE_QUEUED, memory_order_acq_rel);
    attend = !(before & NET_GATE_QUEUED) || (before & NET_GATE_CLOSING);
    /* In a stream the loop looks by itself, and the endpoint is not touched behind the lock. */
    if (attend)
        net_udp_visit(udp);
    base_lock_release(&udp->tx_lock);
    if (!attend)
        return;
    net_udp_attend(udp, NET_ATTEND_TX);
    net_udp_end_visit(udp);
}

static uint32_t looks_left(struct net_udp *udp)
{
    return atomic_load_explicit(&udp->tx_looks, memory_order_relaxed);
}

static void set_looks(struct net_udp *udp, uint32_t looks)
{
    atomic_store_explicit(&udp->tx_looks, looks, memory_order_relaxed);
}

/* Under tx_lock. */
static void open_gate_if_idle(struct net_udp *udp)
{
    if (list_empty(&udp->tx_queue) && !udp->tx_in_flight && !looks_left(udp))
        atomic_fetch_and_explicit(&udp->gate, ~NET_GATE_QUEUED, memory_order_release);
}

bool net_udp_send_cancel(struct net_udp *udp, struct net_send *send)
{
    bool queued;

    net_udp_visit(udp);
    base_lock_acquire(&udp->tx_lock);
    queued = send->number > udp->tx_taken;
    if (queued) {
        list_remove(&send->link);
        send->number = 0;
        open_gate_if_idle(udp);
    }
    base_lock_release(&udp->tx_lock);
    net_udp_end_visit(udp);
    return queued;
}

bool net_udp_tx_idle(struct net_udp *udp)
{
    bool idle;

    base_lock_acquire(&udp->tx_lock);
    idle = list_empty(&udp->tx_queue);
    base_lock_release(&udp->tx_lock);
    return idle;
}

static void finish(struct net_send *send, int error)
{
    trace_count(error ? trace_datagram_send_failed : trace_datagram_sent);
    send->done(send, error);
}

static void end_flight(struct net_udp *udp)
{
    base_lock_acquire(&udp->tx_lock);
    udp->tx_in_flight = false;
    open_gate_if_idle(udp);
    base_lock_release(&udp->tx_lock);
}

/* Adds all that is queued to what is the loop's. */
static void take_all(struct net_udp *udp)
{
    list_splice_back(&udp->tx_mine, &udp->tx_queue);
    udp->tx_taken = udp->tx_pushed;
}

void net_udp_cancel_queued(struct net_udp *udp)
{
    struct list cancelled;
    struct list *link;

    base_lock_acquire(&udp->tx_lock);
    take_all(udp);
    base_lock_release(&udp->tx_lock);
    if (list_empty(&udp->tx_mine))
        return;
    list_init(&cancelled);
    list_splice_back(&cancelled, &udp->tx_mine);
    while ((link = list_pop_front(&cancelled)))
        finish(container_of(link, struct net_send, link), -ECANCELED);
    if (udp->events->sent)
        udp->events->sent(udp->owner);
    end_flight(udp);
}

/* --- The loop drains the queue --------------------------------------------------------------- */

struct drain {
    struct net_send *sends[NET_TX_TAKE];
    size_t lengths[NET_TX_TAKE];
    int errors[NET_TX_TAKE];
    struct convoy convoy;
};

/*
 * Whether there is something to send. After the last send of a stream the gate stays shut for a few
 * looks more: its next one is near.
 */
static bool take(struct net_udp *udp)
{
    base_lock_acquire(&udp->tx_lock);
    take_all(udp);
    udp->tx_in_flight = !list_empty(&udp->tx_mine);
    if (!udp->tx_in_flight && looks_left(udp))
        set_looks(udp, looks_left(udp) - 1);
    open_gate_if_idle(udp);
    base_lock_release(&udp->tx_lock);
    return udp->tx_in_flight;
}

static void load(struct net_udp *udp, struct drain *drain)
{
    struct list *link = udp->tx_mine.next;
    unsigned count = 0;

    for (; count < NET_TX_TAKE && link != &udp->tx_mine; link = link->next) {
        struct net_send *send = container_of(link, struct net_send, link);

        /* The caller's processor wrote them; net_run_length() reads them soon. */
        base_fetch(send->slices, 1);
        base_fetch(send->envelope, 1);
        drain->sends[count] = send;
        drain->lengths[count] = send->length;
        drain->errors[count++] = send->error;
    }
    list_cut_before(&udp->tx_mine, link);
    drain->convoy = (struct convoy){
        (const struct net_send *const *)drain->sends, drain->lengths, drain->errors, count,
        0, 0, false
    };
    if (count > 1)
        note_company(udp);
    else
        note_lone(udp);
    /* The first one may be alone because it woke the loop on its sender's own processor. */
    set_looks(udp, udp->tx_lone < 2 ? NET_STREAM_LOOKS : 0);
}

/* Before what came later. From its number on everything can be cancelled again. */
static void put_back(struct net_udp *udp, struct drain *drain)
{
    for (unsigned i = drain->convoy.count; i > drain->convoy.finished; i--)
        list_push_front(&udp->tx_mine, &drain->sends[i - 1]->link);
    base_lock_acquire(&udp->tx_lock);
    list_splice_back(&udp->tx_mine, &udp->tx_queue);
    list_splice_back(&udp->tx_queue, &udp->tx_mine);
    udp->tx_in_flight = false;
    udp->tx_taken = container_of(udp->tx_queue.next, struct net_send, link)->number - 1;
    base_lock_release(&udp->tx_lock);
}

static void block(struct net_udp *udp, int error)
{
    uint32_t both = NET_PORT_READABLE | NET_PORT_WRITABLE;

    udp->tx_blocked = true;
    if (error == -EAGAIN &&
        udp->port->arm(udp->handle, udp->loop->port_loop, udp, both) == 0)
        udp->tx_armed = true;
    else
        net_loop_retry(udp);
}

/*
 * While it is armed the kernel wakes the loop for each datagram that leaves, so it must not stay
 * armed.
 */
void net_udp_tx_unblock(struct net_udp *udp)
{
    udp->tx_blocked = false;
    if (udp->tx_armed &&
        udp->port->arm(udp->handle, udp->loop->port_loop, udp, NET_PORT_READABLE) == 0)
        udp->tx_armed = false;
}

/* So many sends ahead: enough for a line to come from the other processor's cache. */
#define APPROACHING_AHEAD 8u
#define SOON_AHEAD 4u

static void finish_all(struct net_udp *udp, const struct drain *drain)
{
    void (*approaching)(const struct net_send *, bool) = udp->events->approaching;
    unsigned finished = drain->convoy.finished;

    for (unsigned i = 0; i < finished; i++) {
        if (approaching && i + APPROACHING_AHEAD < finished)
            approaching(drain->sends[i + APPROACHING_AHEAD], false);
        if (approaching && i + SOON_AHEAD < finished)
            approaching(drain->sends[i + SOON_AHEAD], true);
        finish(drain->sends[i], drain->errors[i]);
    }
}

/*
 * Whoever waits for each send makes the next one while done() still runs for this one: the gate
 * opens before, since what was taken has left.
 */
static void let_go(struct net_udp *udp)
{
    end_flight(udp);
    note_end(udp);
    if (!net_udp_must_queue(udp))
        udp->tx_lone = 0;
}

static void drain_some(struct net_udp *udp, struct drain *drain)
{
    int stopped_by;

    load(udp, drain);
    stopped_by = advance(udp, &drain->convoy);
    if (stopped_by) {
        /* Should all be cancelled meanwhile, nobody looks. */
        set_looks(udp, 0);
        put_back(udp, drain);
        block(udp, stopped_by);
    } else if (udp->tx_lone > 1) {
        let_go(udp);
    }
    finish_all(udp, drain);
    if (udp->events->sent && drain->convoy.finished)
        udp->events->sent(udp->owner);
}

/* The sender may want this processor. */
static void look_again(struct net_udp *udp)
{
    if (looks_left(udp)) {
        os_yield();
        net_loop_line_up(udp);
        return;
    }
    udp->tx_lone = 0;
    note_end(udp);
}

void net_udp_tx_turn(struct net_udp *udp)
{
    struct drain drain;

    for (unsigned i = 0; i < NET_TURN_BATCHES; i++) {
        if (udp->tx_blocked || net_udp_is_closing(udp) || !net_udp_must_queue(udp))
            return;
        if (list_empty(&udp->tx_mine) && !take(udp)) {
            look_again(udp);
            return;
        }
        drain_some(udp, &drain);
    }
    net_loop_line_up(udp);
}
