/* SPDX-License-Identifier: MIT */
/*
 * udp.c - the life of an endpoint.
 *
 * Closing, all on the loop: (1) new callers are kept out and queued sends end; (2) when the last
 * caller has left, the port closes; (3) when nothing is posted or queued any more, the endpoint is
 * freed and closed() called.
 */
#include "engine.h"

#include <errno.h>
#include <string.h>

/* --- Callers --------------------------------------------------------------------------------- */

int net_udp_enter(struct net_udp *udp, uint32_t refuse)
{
    uint32_t gate = atomic_load_explicit(&udp->gate, memory_order_relaxed);

    do {
        if (gate & NET_GATE_CLOSING)
            return -ESHUTDOWN;
        if (gate & refuse)
            return -EAGAIN;
    } while (!atomic_compare_exchange_weak_explicit(&udp->gate, &gate, gate + NET_GATE_CALLER,
                                                    memory_order_acquire, memory_order_relaxed));
    return 0;
}

static void leave_closing(struct net_udp *udp)
{
    uint32_t before;

    net_udp_visit(udp);
    before = atomic_fetch_sub_explicit(&udp->gate, NET_GATE_CALLER, memory_order_acq_rel);
    if ((before & ~NET_GATE_QUEUED) == (NET_GATE_CALLER | NET_GATE_CLOSING))
        net_udp_attend(udp, NET_ATTEND_LEFT);
    net_udp_end_visit(udp);
}

/*
 * Nobody else touches an endpoint that is not closing after its caller has left: no visit needed.
 */
void net_udp_leave(struct net_udp *udp)
{
    uint32_t gate = atomic_load_explicit(&udp->gate, memory_order_relaxed);

    do {
        if (gate & NET_GATE_CLOSING) {
            leave_closing(udp);
            return;
        }
    } while (!atomic_compare_exchange_weak_explicit(&udp->gate, &gate, gate - NET_GATE_CALLER,
                                                    memory_order_release, memory_order_relaxed));
}

void net_udp_visit(struct net_udp *udp)
{
    atomic_fetch_add_explicit(&udp->visitors, 1, memory_order_relaxed);
}

void net_udp_end_visit(struct net_udp *udp)
{
    atomic_fetch_sub_explicit(&udp->visitors, 1, memory_order_release);
}

bool net_error_is_latched(int error)
{
    switch (-error) {
    case ECONNREFUSED:
    case ECONNRESET:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EHOSTDOWN:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EPROTO:
        return true;
    default:
        return false;
    }
}

/* --- Tasks ----------------------------------------------------------------------------------- */

static void run_posted(struct net_udp *udp)
{
    struct task *task = task_take_all(&udp->posted);

    while (task) {
        struct task *next = task->next;

        task->run(task);
        task = next;
    }
}

/* --- Close ----------------------------------------------------------------------------------- */

bool net_udp_is_closing(const struct net_udp *udp)
{
    return udp->closing ||
           (atomic_load_explicit(&udp->attention, memory_order_relaxed) & NET_ATTEND_CLOSE);
}

static void begin_close(struct net_udp *udp)
{
    uint32_t gate = atomic_fetch_or_explicit(&udp->gate, NET_GATE_CLOSING, memory_order_acq_rel);

    udp->closing = true;
    if (gate < NET_GATE_CALLER)
        udp->left = true;
}

static void close_handle(struct net_udp *udp)
{
    if (!udp->handle)
        return;
    list_remove(&udp->in_line);
    list_remove(&udp->in_retry);
    udp->port->close(udp->handle);
    udp->handle = NULL;
}

/* Whoever was inside when the endpoint died is still served; the task is queued no more. */
static void serve_the_last(struct net_udp *udp)
{
    do {
        while (atomic_load_explicit(&udp->visitors, memory_order_acquire))
            os_yield();
        run_posted(udp);
        net_udp_cancel_queued(udp);
    } while (!task_queue_empty(&udp->posted) || !net_udp_tx_idle(udp));
}

static void free_udp(struct net_udp *udp)
{
    void (*closed)(void *owner) = udp->events->closed;
    struct net_engine *engine = udp->engine;
    void *owner = udp->owner;

    os_free(udp);
    atomic_fetch_sub_explicit(&engine->endpoints, 1, memory_order_release);
    closed(owner);
}

/* The endpoint may be gone afterwards. */
static void continue_close(struct net_udp *udp)
{
    uint32_t none = 0;

    net_udp_cancel_queued(udp);
    if (!udp->left)
        return;
    close_handle(udp);
    /* A reason that came meanwhile has queued the task, which continues here. */
    if (!atomic_compare_exchange_strong_explicit(&udp->attention, &none, NET_ATTEND_DEAD,
                                                 memory_order_acq_rel, memory_order_relaxed))
        return;
    serve_the_last(udp);
    free_udp(udp);
}

void net_udp_close(struct net_udp *udp)
{
    net_udp_visit(udp);
    net_udp_attend(udp, NET_ATTEND_CLOSE);
    net_udp_end_visit(udp);
}

/* --- Turns ----------------------------------------------------------------------------------- */

void net_udp_turn(struct net_udp *udp)
{
    if (udp->closing)
        return;
    net_udp_rx_turn(udp);
    net_udp_tx_turn(udp);
}

static void run_attention(struct task *task)
{
    struct net_udp *udp = container_of(task, struct net_udp, task);
    uint32_t reasons = atomic_exchange_explicit(&udp->attention, 0, memory_order_acq_rel);

    if (reasons & NET_ATTEND_CLOSE)
        begin_close(udp);
    if (reasons & NET_ATTEND_LEFT)
        udp->left = true;
    if (reasons & NET_ATTEND_RX)
        net_udp_rx_unpark(udp);
    if (reasons & NET_ATTEND_TASKS)
        run_posted(udp);
    if (udp->closing)
        continue_close(udp);
    else
        net_udp_turn(udp);
}

/* --- Open ------------------------------------------------------------------------------------ */

static struct net_loop *next_loop(struct net_engine *engine)
{
    uint32_t number = atomic_fetch_add_explicit(&engine->next_loop, 1, memory_order_relaxed);

    return &engine->loops[number % engine->loop_count];
}

static struct net_udp *make_udp(struct net_engine *engine, const struct net_transport *transport,
                                const struct net_udp_events *events, void *owner)
{
    struct net_udp *udp = os_allocate_zeroed(sizeof(*udp));

    if (!udp)
        return NULL;
    udp->engine = engine;
    udp->loop = next_loop(engine);
    udp->port = engine->port;
    udp->events = events;
    udp->owner = owner;
    udp->family = transport->family;
    udp->kind = transport->kind;
    udp->task.run = run_attention;
    atomic_init(&udp->tx_needed, NET_STREAM_SENDS);
    udp->rx_places = NET_RX_RUN_PLACES;
    list_init(&udp->tx_queue);
    list_init(&udp->tx_mine);
    list_init(&udp->in_line);
    list_init(&udp->in_retry);
    return udp;
}

int net_endpoint_open(struct net_engine *engine, const struct net_transport *transport,
                      const struct net_udp_events *events, void *owner, struct net_udp **out)
{
    struct net_udp *udp = make_udp(engine, transport, events, owner);
    int error;

    if (!udp)
        return -ENOMEM;
    error = udp->port->open(udp->port, transport, &udp->handle);
    if (error)
        goto free_memory;
    error = udp->port->arm(udp->handle, udp->loop->port_loop, udp, NET_PORT_READABLE);
    if (error)
        goto close_port;
    atomic_fetch_add_explicit(&engine->endpoints, 1, memory_order_relaxed);
    *out = udp;
    return 0;

close_port:
    udp->port->close(udp->handle);
free_memory:
    os_free(udp);
    return error;
}

int net_udp_open(struct net_engine *engine, enum net_family family,
                 const struct net_udp_events *events, void *owner, struct net_udp **out)
{
    const struct net_transport transport = { .family = family, .kind = NET_UDP };

    return net_endpoint_open(engine, &transport, events, owner, out);
}

/* --- The rest -------------------------------------------------------------------------------- */

int net_udp_bind(struct net_udp *udp, const struct net_address *address)
{
    int error;

    if (address->family != udp->family)
        return -EAFNOSUPPORT;
    error = net_udp_enter(udp, 0);
    if (error)
        return error;
    error = udp->port->bind(udp->handle, address);
    net_udp_leave(udp);
    return error;
}

int net_udp_local_address(struct net_udp *udp, struct net_address *address)
{
    int error = net_udp_enter(udp, 0);

    if (error)
        return error;
    error = udp->port->local_address(udp->handle, address);
    net_udp_leave(udp);
    /* Linux keeps the protocol there. */
    if (!error && udp->kind == NET_RAW)
        address->port = 0;
    return error;
}

void net_udp_post(struct net_udp *udp, struct task *task)
{
    net_udp_visit(udp);
    task_push(&udp->posted, task);
    net_udp_attend(udp, NET_ATTEND_TASKS);
    net_udp_end_visit(udp);
}

bool net_udp_on_loop(const struct net_udp *udp)
{
    return net_loop_is_current(udp->loop);
}
