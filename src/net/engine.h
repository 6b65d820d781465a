/* SPDX-License-Identifier: MIT */
/*
 * engine.h - the inside of the transport engine: loops and endpoints.
 *
 * A loop is one thread. It runs tasks, waits in the port, and gives endpoints with work their turn;
 * a turn is bounded, and an endpoint with work left goes to the end of the line. Everything that
 * happens to an endpoint happens in one of these two ways:
 *
 * 1. Any thread leaves a reason in udp->attention; whoever finds it empty puts udp->task into the
 *    loop's queue. The task takes all reasons at once. So the task is in the queue exactly while
 *    attention is not 0.
 * 2. The port reported readiness, or a turn ended with work left: the endpoint is in loop->line.
 */
#ifndef OPENWSK_NET_ENGINE_H
#define OPENWSK_NET_ENGINE_H

#include "net.h"
#include "port.h"
#include "rxbuf.h"

/* Batches that one turn of one endpoint may take, in each direction. */
#define NET_TURN_BATCHES 4u

/* Datagrams that the loop sends before it calls their done(). */
#define NET_TX_TAKE 256u

/*
 * An endpoint's sends are a stream when so many of them followed each other within the gap: from
 * one's end to the next one's start. More must follow each other, up to the second number, when the
 * loop found nothing but single ones in the queue: their sender waits for each, and to him the loop
 * is a detour.
 */
#define NET_STREAM_SENDS 4u
#define NET_STREAM_SENDS_MAX 1024u
#define NET_STREAM_GAP_NS 8000u

/*
 * How often the loop looks for more after a stream's queue has run empty, before it is no stream.
 */
#define NET_STREAM_LOOKS 8u

/* When the kernel lacks memory and promises no event, it is asked again after this time. */
#define NET_RETRY_NS (5 * OS_NS_PER_MS)

/* Consecutive failed receive calls after which an endpoint counts as broken. */
#define NET_RX_ERRORS_MAX 64u

/*
 * After work a loop looks so often whether more has come before it goes to sleep, because falling
 * asleep and waking cost more than the looks. It does so only while that pays: after a look in vain
 * it sleeps at once for some time, which doubles up to NET_SPIN_REST_MAX rounds of work.
 */
#define NET_SPIN_LOOKS 24u
#define NET_SPIN_REST_MAX 1024u

struct net_loop {
    const struct net_port *port;
    struct net_port_loop *port_loop;
    struct os_thread *thread;
    _Atomic uint32_t thread_id;
    _Atomic uint32_t asleep;     /* 1 from before the last look at `tasks` until the wait ended */
    struct task_queue tasks;

    /* The loop thread's own from here on. */
    struct list line;            /* net_udp.in_line: endpoints that want a turn */
    struct list retry;           /* net_udp.in_retry: a turn when NET_RETRY_NS are over */
    uint32_t round;              /* counts, from 1 */
    uint32_t spin_left;          /* looks before it sleeps */
    uint32_t spin_rest;          /* rounds of work after which it looks again */
    uint32_t spin_failed;        /* how long the last rest was */
    struct net_rx rx;
    struct task stop;
    bool stopping;
};

struct net_engine {
    const struct net_port *port;
    _Atomic uint32_t next_loop;
    _Atomic uint32_t endpoints;
    uint64_t stream_gap_ns;
    unsigned loop_count;
    struct net_loop loops[];
};

/* Why an endpoint wants attention. */
#define NET_ATTEND_TASKS 0x01u
#define NET_ATTEND_RX 0x02u
#define NET_ATTEND_TX 0x04u
#define NET_ATTEND_LEFT 0x08u /* the last caller has left a closing endpoint */
#define NET_ATTEND_CLOSE 0x10u
#define NET_ATTEND_DEAD 0x20u

/*
 * net_udp.visitors: threads inside a function that leaves something for the loop. What they left
 * may have run, and the owner may have closed the endpoint, before they are done with it; so it is
 * freed only when none is inside.
 */

/*
 * net_udp.gate: who is in the port with this endpoint. Callers of other threads come in with
 * net_udp_enter(), which fails once CLOSING is set; so the number only falls after that and reaches
 * 0 once.
 */
#define NET_GATE_QUEUED 0x1u  /* sends wait: direct sends must queue behind them */
#define NET_GATE_CLOSING 0x2u
#define NET_GATE_CALLER 0x4u  /* one caller; above this bit is their number */

/*
 * net_udp.rx_gate: whether datagrams wait for room. The owner sets WANTED after it made room, the
 * loop sets PARKED after it found none; both with a read-modify-write, so that one of them sees the
 * other.
 */
#define NET_RX_PARKED 0x1u
#define NET_RX_WANTED 0x2u

struct net_udp {
    struct net_engine *engine;
    struct net_loop *loop;
    const struct net_port *port;
    struct net_port_udp *handle;
    const struct net_udp_events *events;
    void *owner;
    enum net_family family;
    enum net_kind kind;

    struct task task;
    _Atomic uint32_t attention;
    _Atomic uint32_t visitors;
    _Atomic uint32_t gate;
    _Atomic uint32_t rx_gate;
    struct task_queue posted;

    struct base_lock tx_lock;
    struct list tx_queue;    /* net_send.link; under tx_lock, like the next */
    uint64_t tx_pushed;      /* the number of the last one queued */
    uint64_t tx_taken;       /* up to here they are the loop's and cannot be cancelled */
    bool tx_in_flight;       /* the loop has taken some of the queue and not finished them */
    _Atomic uint32_t tx_looks; /* that the loop still takes before a stream has ended */

    /* Guesses, which any thread may overwrite: udp_tx.c. */
    _Atomic uint64_t tx_last_ns;
    _Atomic uint32_t tx_near;
    _Atomic uint32_t tx_needed; /* NET_STREAM_SENDS and more */
    _Atomic uint64_t tx_refused;

    /* The loop thread's own from here on. */
    uint32_t tx_lone;        /* sends that it found alone in the queue, one after the other */
    struct list tx_mine;     /* taken from the queue and not sent */
    struct list in_line;
    struct list in_retry;
    unsigned rx_errors;
    unsigned rx_places;      /* of the next batch */
    bool readable;
    bool broken;
    uint32_t tx_round;       /* of the loop, in which a send left in the loop's thread */
    bool tx_blocked;         /* until the port says WRITABLE or the retry comes */
    bool tx_armed;
    bool closing;
    bool left;               /* no caller is in the port any more */
};

/* --- loop.c ---------------------------------------------------------------------------------- */

int net_loop_start(struct net_loop *loop, const struct net_port *port, unsigned number);
void net_loop_stop(struct net_loop *loop);
bool net_loop_is_current(const struct net_loop *loop);

/* Leaves reasons for the endpoint's task; the caller is a visitor. */
void net_udp_attend(struct net_udp *udp, uint32_t reasons);

/* On the loop only. */
void net_loop_line_up(struct net_udp *udp);
void net_loop_retry(struct net_udp *udp);

/* --- udp.c ----------------------------------------------------------------------------------- */

/*
 * 0, or -ESHUTDOWN once the endpoint is closing, or -EAGAIN if `refuse` has NET_GATE_QUEUED and it
 * is set.
 */
int net_udp_enter(struct net_udp *udp, uint32_t refuse);
void net_udp_leave(struct net_udp *udp);

void net_udp_visit(struct net_udp *udp);
void net_udp_end_visit(struct net_udp *udp);

/* On the loop only. Whether no upcall but done() and closed() is due any more. */
bool net_udp_is_closing(const struct net_udp *udp);

/* An endpoint's turn, with work from its line. The endpoint may be gone afterwards. */
void net_udp_turn(struct net_udp *udp);

/* Errors of earlier datagrams that the kernel hands to whoever calls next. */
bool net_error_is_latched(int error);

/* --- udp_rx.c, udp_tx.c: a turn's work ------------------------------------------------------- */

void net_udp_rx_turn(struct net_udp *udp);
void net_udp_rx_unpark(struct net_udp *udp);
void net_udp_tx_turn(struct net_udp *udp);
void net_udp_tx_unblock(struct net_udp *udp);
bool net_udp_tx_idle(struct net_udp *udp);

#endif
