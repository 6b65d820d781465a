/* SPDX-License-Identifier: MIT */
/* loop.c - the thread of a loop: tasks, wait, turns. See engine.h. */
#include "engine.h"

#include <errno.h>
#include <stdio.h>

/* Entries that one wait takes; the rest is reported by the next. */
#define LOOP_READY_MAX 64u

/* --- Other threads --------------------------------------------------------------------------- */

bool net_loop_is_current(const struct net_loop *loop)
{
    return atomic_load_explicit(&loop->thread_id, memory_order_relaxed) == os_thread_id();
}

/*
 * The loop sets `asleep` before it looks at the queue for the last time, the pusher takes it away
 * after the push. Both exchange, so whoever comes second sees what the first did before.
 */
static void wake(struct net_loop *loop)
{
    if (atomic_exchange_explicit(&loop->asleep, 0, memory_order_acq_rel) == 0)
        return;
    trace_count(trace_loop_wake);
    loop->port->wake(loop->port_loop);
}

static void push(struct net_loop *loop, struct task *task)
{
    if (task_push(&loop->tasks, task) && !net_loop_is_current(loop))
        wake(loop);
}

void net_udp_attend(struct net_udp *udp, uint32_t reasons)
{
    if (atomic_fetch_or_explicit(&udp->attention, reasons, memory_order_acq_rel) == 0)
        push(udp->loop, &udp->task);
}

/* --- The thread ------------------------------------------------------------------------------ */

void net_loop_line_up(struct net_udp *udp)
{
    if (list_empty(&udp->in_line))
        list_push_back(&udp->loop->line, &udp->in_line);
}

void net_loop_retry(struct net_udp *udp)
{
    if (list_empty(&udp->in_retry))
        list_push_back(&udp->loop->retry, &udp->in_retry);
}

static void run_tasks(struct net_loop *loop)
{
    struct task *task = task_take_all(&loop->tasks);

    while (task) {
        struct task *next = task->next;

        task->run(task);
        task = next;
    }
}

/* Those that line up again during this pass wait for the next. */
static void give_turns(struct net_loop *loop)
{
    struct list line;
    struct list *link;

    list_init(&line);
    list_splice_back(&line, &loop->line);
    while ((link = list_pop_front(&line)))
        net_udp_turn(container_of(link, struct net_udp, in_line));
}

/* The last look was in vain: the next rest is twice as long. */
static void end_spin(struct net_loop *loop)
{
    uint32_t rest = loop->spin_failed ? loop->spin_failed * 2 : 1;

    loop->spin_failed = rest < NET_SPIN_REST_MAX ? rest : NET_SPIN_REST_MAX;
    loop->spin_rest = loop->spin_failed;
}

static bool may_spin(struct net_loop *loop)
{
    /* Who waits for the kernel's memory is not helped by looking. */
    if (loop->spin_left == 0 || !list_empty(&loop->retry))
        return false;
    if (--loop->spin_left)
        return true;
    end_spin(loop);
    return false;
}

/* There was work: whether a spin found it decides about the next one. */
static void note_work(struct net_loop *loop)
{
    if (loop->spin_left) {
        loop->spin_failed = 0;
        loop->spin_left = NET_SPIN_LOOKS;
    } else if (loop->spin_rest) {
        loop->spin_rest--;
    } else {
        loop->spin_left = NET_SPIN_LOOKS;
    }
}

static uint64_t choose_timeout(struct net_loop *loop)
{
    if (!list_empty(&loop->line) || may_spin(loop))
        return 0;
    atomic_exchange_explicit(&loop->asleep, 1, memory_order_acq_rel);
    if (!task_queue_empty(&loop->tasks))
        return 0;
    return list_empty(&loop->retry) ? OS_FOREVER : NET_RETRY_NS;
}

static void note_ready(const struct net_port_ready *ready)
{
    struct net_udp *udp = ready->owner;

    if (ready->events & NET_PORT_READABLE)
        udp->readable = true;
    if (ready->events & NET_PORT_WRITABLE)
        net_udp_tx_unblock(udp);
    net_loop_line_up(udp);
}

/* Without a clock: a loop that is busy tries again sooner, which costs one call that fails. */
static void end_retries(struct net_loop *loop)
{
    struct list *link;

    while ((link = list_pop_front(&loop->retry))) {
        struct net_udp *udp = container_of(link, struct net_udp, in_retry);

        net_udp_tx_unblock(udp);
        net_loop_line_up(udp);
    }
}

static void wait_for_work(struct net_loop *loop)
{
    struct net_port_ready ready[LOOP_READY_MAX];
    int count = loop->port->wait(loop->port_loop, ready, LOOP_READY_MAX, choose_timeout(loop));

    if (atomic_load_explicit(&loop->asleep, memory_order_relaxed))
        atomic_exchange_explicit(&loop->asleep, 0, memory_order_acq_rel);
    if (count > 0 || !task_queue_empty(&loop->tasks))
        note_work(loop);
    end_retries(loop);
    for (int i = 0; i < count; i++)
        note_ready(&ready[i]);
}

static void loop_main(void *argument)
{
    struct net_loop *loop = argument;

    atomic_store_explicit(&loop->thread_id, os_thread_id(), memory_order_relaxed);
    while (!loop->stopping) {
        loop->round++;
        wait_for_work(loop);
        run_tasks(loop);
        give_turns(loop);
    }
}

/* --- Start and stop -------------------------------------------------------------------------- */

static void run_stop(struct task *task)
{
    container_of(task, struct net_loop, stop)->stopping = true;
}

int net_loop_start(struct net_loop *loop, const struct net_port *port, unsigned number)
{
    char name[16];
    int error;

    loop->port = port;
    loop->stop.run = run_stop;
    list_init(&loop->line);
    list_init(&loop->retry);
    error = net_rx_open(&loop->rx);
    if (error)
        return error;
    error = port->loop_open(port, &loop->port_loop);
    if (error)
        goto close_rx;
    snprintf(name, sizeof(name), "net-%u", number);
    error = os_thread_start(&loop->thread, name, loop_main, loop);
    if (error)
        goto close_port_loop;
    return 0;

close_port_loop:
    port->loop_close(loop->port_loop);
close_rx:
    net_rx_close(&loop->rx);
    return error;
}

void net_loop_stop(struct net_loop *loop)
{
    push(loop, &loop->stop);
    os_thread_join(loop->thread);
    loop->port->loop_close(loop->port_loop);
    net_rx_close(&loop->rx);
}
