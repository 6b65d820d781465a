/* SPDX-License-Identifier: MIT */
/* rxbuf.c - see rxbuf.h. */
#include "rxbuf.h"

#include <errno.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define RX_SANITIZE 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define RX_SANITIZE 1
#endif
#endif

/*
 * A payload that was given back stays allocated, so the sanitizer has to be told that nobody may
 * read it.
 */
#ifdef RX_SANITIZE
#include <sanitizer/asan_interface.h>
#define HIDE(memory, size) __asan_poison_memory_region(memory, size)
#define SHOW(memory, size) __asan_unpoison_memory_region(memory, size)
#else
#define HIDE(memory, size) ((void)(memory), (void)(size))
#define SHOW(memory, size) ((void)(memory), (void)(size))
#endif

struct rx_buffer {
    struct rx_buffer *next;      /* in a free list */
    struct net_rx_pool *pool;
    uint8_t *large;              /* payload that did not fit, or NULL */
    struct net_datagram datagram;
    _Alignas(16) uint8_t slot[NET_RX_SLOT];
};

struct net_rx_pool {
    _Atomic uint32_t references;            /* the loop's and one for each buffer handed out */
    _Atomic uint32_t buffers;               /* that exist */
    _Atomic(struct rx_buffer *) returned;   /* by any thread */
    struct rx_buffer *free;                 /* the loop's */
};

void *(*net_rx_allocate)(size_t size) = os_allocate;

/* --- Pool ------------------------------------------------------------------------------------ */

static void buffer_free(struct net_rx_pool *pool, struct rx_buffer *buffer)
{
    SHOW(buffer->slot, sizeof(buffer->slot));
    atomic_fetch_sub_explicit(&pool->buffers, 1, memory_order_relaxed);
    os_free(buffer);
}

static void free_chain(struct net_rx_pool *pool, struct rx_buffer *buffer)
{
    while (buffer) {
        struct rx_buffer *next = buffer->next;

        buffer_free(pool, buffer);
        buffer = next;
    }
}

static void pool_unreference(struct net_rx_pool *pool)
{
    if (atomic_fetch_sub_explicit(&pool->references, 1, memory_order_acq_rel) != 1)
        return;
    free_chain(pool, pool->free);
    free_chain(pool, atomic_load_explicit(&pool->returned, memory_order_acquire));
    os_free(pool);
}

static struct rx_buffer *buffer_make(struct net_rx_pool *pool)
{
    struct rx_buffer *buffer = net_rx_allocate(sizeof(*buffer));

    if (!buffer)
        return NULL;
    memset(buffer, 0, offsetof(struct rx_buffer, slot));
    buffer->pool = pool;
    atomic_fetch_add_explicit(&pool->buffers, 1, memory_order_relaxed);
    return buffer;
}

static struct net_datagram *pool_get(struct net_rx_pool *pool)
{
    struct rx_buffer *buffer = pool->free;

    if (!buffer)
        buffer = atomic_exchange_explicit(&pool->returned, NULL, memory_order_acquire);
    if (buffer)
        pool->free = buffer->next;
    else
        buffer = buffer_make(pool);
    if (!buffer)
        return NULL;
    SHOW(buffer->slot, sizeof(buffer->slot));
    buffer->datagram.data = buffer->slot;
    return &buffer->datagram;
}

/*
 * Only whole chains are ever taken, so that a buffer cannot come back between a look and an
 * exchange.
 */
static void pool_return(struct net_rx_pool *pool, struct rx_buffer *buffer)
{
    struct rx_buffer *first = atomic_load_explicit(&pool->returned, memory_order_relaxed);

    do {
        buffer->next = first;
    } while (!atomic_compare_exchange_weak_explicit(&pool->returned, &first, buffer,
                                                    memory_order_release, memory_order_relaxed));
}

static void drop_large(struct rx_buffer *buffer)
{
    os_free(buffer->large);
    buffer->large = NULL;
}

void net_datagram_release(struct net_datagram *datagram)
{
    struct rx_buffer *buffer = container_of(datagram, struct rx_buffer, datagram);
    struct net_rx_pool *pool = buffer->pool;

    drop_large(buffer);
    HIDE(buffer->slot, sizeof(buffer->slot));
    if (atomic_load_explicit(&pool->buffers, memory_order_relaxed) > NET_RX_KEEP)
        buffer_free(pool, buffer);
    else
        pool_return(pool, buffer);
    pool_unreference(pool);
}

/* --- A loop's batch -------------------------------------------------------------------------- */

int net_rx_open(struct net_rx *rx)
{
    memset(rx, 0, sizeof(*rx));
    rx->pool = os_allocate_zeroed(sizeof(*rx->pool));
    if (!rx->pool)
        return -ENOMEM;
    atomic_init(&rx->pool->references, 1);
    rx->spare = pool_get(rx->pool);
    if (!rx->spare)
        goto free_pool;
    return 0;

free_pool:
    pool_unreference(rx->pool);
    return -ENOMEM;
}

static void discard(struct net_rx *rx, struct net_datagram *datagram)
{
    struct rx_buffer *buffer = container_of(datagram, struct rx_buffer, datagram);

    buffer->next = rx->pool->free;
    rx->pool->free = buffer;
}

void net_rx_close(struct net_rx *rx)
{
    for (unsigned i = 0; i < NET_RX_BATCH; i++)
        if (rx->places[i].datagram && rx->places[i].datagram != rx->spare)
            discard(rx, rx->places[i].datagram);
    discard(rx, rx->spare);
    os_free(rx->overflow);
    pool_unreference(rx->pool);
}

static void prepare_place(struct net_rx *rx, unsigned i, struct net_datagram *datagram)
{
    struct net_port_receive *place = &rx->places[i];

    place->datagram = datagram;
    place->slices[0].base = container_of(datagram, struct rx_buffer, datagram)->slot;
    place->slices[0].length = NET_RX_SLOT;
    place->slices[1].base = rx->overflow ? rx->overflow + (size_t)i * NET_RX_OVERFLOW : NULL;
    place->slices[1].length = rx->overflow ? NET_RX_OVERFLOW : 0;
}

unsigned net_rx_prepare(struct net_rx *rx, unsigned count, bool *spare)
{
    unsigned i;

    /* The pages behind it exist only once a large datagram has arrived. */
    if (!rx->overflow)
        rx->overflow = net_rx_allocate((size_t)NET_RX_BATCH * NET_RX_OVERFLOW);
    /* It stayed there if nothing could be received. */
    if (rx->places[0].datagram == rx->spare)
        rx->places[0].datagram = NULL;
    *spare = false;
    for (i = 0; i < count; i++) {
        struct net_datagram *datagram = rx->places[i].datagram;

        if (!datagram)
            datagram = pool_get(rx->pool);
        if (!datagram)
            break;
        prepare_place(rx, i, datagram);
    }
    if (i == 0) {
        *spare = true;
        prepare_place(rx, 0, rx->spare);
        i = 1;
    }
    return i;
}

static bool gather(struct net_port_receive *place)
{
    struct rx_buffer *buffer = container_of(place->datagram, struct rx_buffer, datagram);
    size_t length = place->datagram->length;

    if (length <= NET_RX_SLOT)
        return true;
    buffer->large = net_rx_allocate(length);
    if (!buffer->large)
        return false;
    memcpy(buffer->large, buffer->slot, NET_RX_SLOT);
    memcpy(buffer->large + NET_RX_SLOT, place->slices[1].base, length - NET_RX_SLOT);
    place->datagram->data = buffer->large;
    return true;
}

/* A dropped datagram leaves its buffer in its place for the next. */
static bool accept(struct net_port_receive *place)
{
    if (place->control_lost || !(place->datagram->control.present & NET_CONTROL_LOCAL)) {
        trace_count(trace_drop_control);
        return false;
    }
    if (place->truncated || !gather(place)) {
        trace_count(trace_drop_no_memory);
        return false;
    }
    return true;
}

struct net_datagram *net_rx_take(struct net_rx *rx, unsigned count, bool spare)
{
    struct net_datagram *list = NULL, **end = &list;
    uint32_t taken = 0;

    if (spare) {
        rx->places[0].datagram = NULL;
        trace_add(trace_drop_no_memory, count);
        return NULL;
    }
    for (unsigned i = 0; i < count; i++) {
        if (!accept(&rx->places[i]))
            continue;
        *end = rx->places[i].datagram;
        end = &rx->places[i].datagram->next;
        rx->places[i].datagram = NULL;
        taken++;
    }
    *end = NULL;
    atomic_fetch_add_explicit(&rx->pool->references, taken, memory_order_relaxed);
    return list;
}
