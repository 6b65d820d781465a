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

/*
 * `shares` begins with one for each piece that there may be and one for the run; whoever has the
 * run gives back those of the pieces that were never made. So cutting a run costs no atomic
 * operation.
 */
struct net_rx_block {
    struct net_rx_block *next;   /* in a free list */
    struct net_rx_pool *pool;
    _Atomic uint32_t shares;
    uint32_t made;               /* pieces; belongs to whoever has the run */
    struct net_datagram run;
    struct net_datagram pieces[NET_RX_RUN_MAX - 1];
    _Alignas(16) uint8_t payload[NET_RX_SLOT + NET_RX_OVERFLOW];
};

struct net_rx_pool {
    _Atomic uint32_t references;            /* the loop's, one for each buffer and block out */
    _Atomic uint32_t buffers;               /* that exist */
    _Atomic uint32_t blocks_out;
    _Atomic(struct rx_buffer *) returned;   /* by any thread */
    _Atomic(struct net_rx_block *) returned_blocks;
    struct rx_buffer *free;                 /* the loop's */
    struct net_rx_block *free_blocks;
};

void *(*net_rx_allocate)(size_t size) = os_allocate;

/* --- Pool: its end --------------------------------------------------------------------------- */

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

static void free_blocks(struct net_rx_block *block)
{
    while (block) {
        struct net_rx_block *next = block->next;

        SHOW(block->payload, sizeof(block->payload));
        os_free(block);
        block = next;
    }
}

static void pool_unreference(struct net_rx_pool *pool, uint32_t count)
{
    if (atomic_fetch_sub_explicit(&pool->references, count, memory_order_acq_rel) != count)
        return;
    free_chain(pool, pool->free);
    free_chain(pool, atomic_load_explicit(&pool->returned, memory_order_acquire));
    free_blocks(pool->free_blocks);
    free_blocks(atomic_load_explicit(&pool->returned_blocks, memory_order_acquire));
    os_free(pool);
}

/* --- Pool: buffers --------------------------------------------------------------------------- */

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

/* On the loop. */
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

static void buffer_release(struct rx_buffer *buffer)
{
    struct net_rx_pool *pool = buffer->pool;

    drop_large(buffer);
    HIDE(buffer->slot, sizeof(buffer->slot));
    if (atomic_load_explicit(&pool->buffers, memory_order_relaxed) > NET_RX_KEEP)
        buffer_free(pool, buffer);
    else
        pool_return(pool, buffer);
    pool_unreference(pool, 1);
}

/* --- Pool: blocks ---------------------------------------------------------------------------- */

static struct net_rx_block *block_make(struct net_rx_pool *pool)
{
    struct net_rx_block *block = net_rx_allocate(sizeof(*block));

    if (!block)
        return NULL;
    memset(block, 0, offsetof(struct net_rx_block, pieces));
    block->pool = pool;
    return block;
}

/* On the loop. */
static struct net_rx_block *block_get(struct net_rx_pool *pool)
{
    struct net_rx_block *block = pool->free_blocks;

    if (!block)
        block = atomic_exchange_explicit(&pool->returned_blocks, NULL, memory_order_acquire);
    if (block)
        pool->free_blocks = block->next;
    else
        block = block_make(pool);
    if (block)
        SHOW(block->payload, sizeof(block->payload));
    return block;
}

static void block_return(struct net_rx_block *block)
{
    struct net_rx_pool *pool = block->pool;
    struct net_rx_block *first;

    HIDE(block->payload, sizeof(block->payload));
    atomic_fetch_sub_explicit(&pool->blocks_out, 1, memory_order_relaxed);
    first = atomic_load_explicit(&pool->returned_blocks, memory_order_relaxed);
    do {
        block->next = first;
    } while (!atomic_compare_exchange_weak_explicit(&pool->returned_blocks, &first, block,
                                                    memory_order_release, memory_order_relaxed));
    pool_unreference(pool, 1);
}

/* What a datagram of the block holds of it: a piece its own share, the run also those not made. */
static uint32_t shares_of(const struct net_rx_block *block, const struct net_datagram *datagram)
{
    return datagram == &block->run ? NET_RX_RUN_MAX - block->made : 1;
}

static void block_release(struct net_rx_block *block, uint32_t shares)
{
    if (atomic_fetch_sub_explicit(&block->shares, shares, memory_order_acq_rel) == shares)
        block_return(block);
}

/* --- Release --------------------------------------------------------------------------------- */

void net_datagram_release(struct net_datagram *datagram)
{
    struct net_rx_block *block = datagram->block;

    if (!block) {
        buffer_release(container_of(datagram, struct rx_buffer, datagram));
        return;
    }
    HIDE(datagram->data, datagram->length);
    block_release(block, shares_of(block, datagram));
}

void net_datagram_release_list(struct net_datagram *list)
{
    while (list) {
        struct net_rx_block *block = list->block;
        struct net_datagram *next = list->next;
        uint32_t shares;

        if (!block) {
            net_datagram_release(list);
            list = next;
            continue;
        }
        shares = shares_of(block, list);
        while (next && next->block == block) {
            shares += shares_of(block, next);
            next = next->next;
        }
        block_release(block, shares);
        list = next;
    }
}

/* --- Split ----------------------------------------------------------------------------------- */

static void describe_part(struct net_datagram *part, const struct net_datagram *run, size_t size,
                          bool single)
{
    part->next = NULL;
    part->length = size;
    part->flags = run->flags;
    part->source = run->source;
    part->control = run->control;
    if (single)
        part->control.present &= ~NET_CONTROL_SEGMENT;
}

static struct net_datagram *piece_of(struct net_rx_block *block)
{
    struct net_datagram *piece;

    if (block->made == NET_RX_RUN_MAX - 1)
        return NULL;
    piece = &block->pieces[block->made++];
    piece->block = block;
    return piece;
}

struct net_datagram *net_datagram_split(struct net_datagram *run, size_t count)
{
    size_t segment = run->control.segment, size = count * segment;
    struct net_datagram *part;

    /* A part that is a run itself: its shares are not counted apart. */
    if (run != &run->block->run)
        return run;
    if (size >= run->length) {
        if (run->length <= segment)
            run->control.present &= ~NET_CONTROL_SEGMENT;
        return run;
    }
    part = piece_of(run->block);
    if (part) {
        describe_part(part, run, size, count == 1);
        part->data = run->data;
    }
    run->data += size;
    run->length -= size;
    return part;
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
    pool_unreference(rx->pool, 1);
    return -ENOMEM;
}

static void discard(struct net_rx *rx, struct net_datagram *datagram)
{
    struct rx_buffer *buffer = container_of(datagram, struct rx_buffer, datagram);

    buffer->next = rx->pool->free;
    rx->pool->free = buffer;
}

static void discard_block(struct net_rx *rx, struct net_rx_block *block)
{
    block->next = rx->pool->free_blocks;
    rx->pool->free_blocks = block;
}

void net_rx_close(struct net_rx *rx)
{
    for (unsigned i = 0; i < NET_RX_BATCH; i++) {
        if (rx->places[i].datagram && rx->places[i].datagram != rx->spare)
            discard(rx, rx->places[i].datagram);
        if (rx->blocks[i])
            discard_block(rx, rx->blocks[i]);
    }
    discard(rx, rx->spare);
    pool_unreference(rx->pool, 1);
}

static void prepare_place(struct net_rx *rx, unsigned i, struct net_datagram *datagram)
{
    struct net_port_receive *place = &rx->places[i];

    /* The pages behind a block exist only once something large has arrived there. */
    if (!rx->blocks[i])
        rx->blocks[i] = block_get(rx->pool);
    place->datagram = datagram;
    place->slices[0].base = container_of(datagram, struct rx_buffer, datagram)->slot;
    place->slices[0].length = NET_RX_SLOT;
    place->slices[1].base = rx->blocks[i] ? rx->blocks[i]->payload + NET_RX_SLOT : NULL;
    place->slices[1].length = rx->blocks[i] ? NET_RX_OVERFLOW : 0;
}

unsigned net_rx_prepare(struct net_rx *rx, unsigned count, bool *spare)
{
    unsigned i;

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

/* --- What has arrived ------------------------------------------------------------------------ */

/* Where the payload lies, in two pieces of memory. */
static void copy_out(const struct net_port_receive *place, size_t from, void *to, size_t size)
{
    size_t first = 0;

    if (from < NET_RX_SLOT) {
        first = NET_RX_SLOT - from < size ? NET_RX_SLOT - from : size;
        memcpy(to, (const uint8_t *)place->slices[0].base + from, first);
        from += first;
    }
    if (size > first)
        memcpy((uint8_t *)to + first,
               (const uint8_t *)place->slices[1].base + (from - NET_RX_SLOT), size - first);
}

/* The block with all of it; the buffer stays in its place. */
static struct net_datagram *hand_out_block(struct net_rx *rx, unsigned i)
{
    struct net_port_receive *place = &rx->places[i];
    const struct net_datagram *from = place->datagram;
    struct net_rx_block *block = rx->blocks[i];

    memcpy(block->payload, place->slices[0].base,
           from->length < NET_RX_SLOT ? from->length : NET_RX_SLOT);
    describe_part(&block->run, from, from->length, false);
    block->run.block = block;
    block->run.data = block->payload;
    block->made = 0;
    atomic_store_explicit(&block->shares, NET_RX_RUN_MAX, memory_order_relaxed);
    atomic_fetch_add_explicit(&rx->pool->blocks_out, 1, memory_order_relaxed);
    rx->blocks[i] = NULL;
    return &block->run;
}

/* A copy of some bytes in a buffer of their own, with more memory if they do not fit. */
static struct net_datagram *copy_part(struct net_rx *rx, const struct net_port_receive *place,
                                      size_t from, size_t size)
{
    struct net_datagram *part = pool_get(rx->pool);
    struct rx_buffer *buffer;

    if (!part)
        return NULL;
    if (size > NET_RX_SLOT) {
        buffer = container_of(part, struct rx_buffer, datagram);
        buffer->large = net_rx_allocate(size);
        if (!buffer->large) {
            discard(rx, part);
            return NULL;
        }
        part->data = buffer->large;
    }
    describe_part(part, place->datagram, size, true);
    copy_out(place, from, part->data, size);
    return part;
}

/* A list of copies, which may miss some. */
static struct net_datagram *copy_all(struct net_rx *rx, unsigned i)
{
    const struct net_port_receive *place = &rx->places[i];
    size_t length = place->datagram->length, size = net_datagram_first_length(place->datagram);
    struct net_datagram *list = NULL, **end = &list;

    trace_count(trace_rx_run_copied);
    for (size_t from = 0; from < length; from += size) {
        size_t left = length - from;

        *end = copy_part(rx, place, from, left < size ? left : size);
        if (*end)
            end = &(*end)->next;
        else
            trace_count(trace_drop_no_memory);
    }
    return list;
}

/* A run without a size, or of one datagram, is none. */
static void check_run(struct net_datagram *datagram)
{
    if (net_datagram_is_run(datagram) && (datagram->control.segment == 0 ||
                                          datagram->control.segment >= datagram->length))
        datagram->control.present &= ~NET_CONTROL_SEGMENT;
}

/* An ICMP error says whom the datagram was for, and not by which way the message came. */
static bool is_described(const struct net_port_receive *place)
{
    const struct net_datagram *datagram = place->datagram;

    return !place->control_lost && ((datagram->flags & NET_DATAGRAM_ERROR) ||
                                    (datagram->control.present & NET_CONTROL_LOCAL));
}

/* What is dropped leaves its buffer in its place for the next. */
static bool acceptable(const struct net_port_receive *place)
{
    if (!is_described(place)) {
        trace_count(trace_drop_control);
        return false;
    }
    if (place->truncated) {
        trace_count(trace_drop_no_memory);
        return false;
    }
    return true;
}

static bool must_copy(struct net_rx *rx, const struct net_datagram *datagram)
{
    return net_datagram_count(datagram) > NET_RX_RUN_MAX ||
           atomic_load_explicit(&rx->pool->blocks_out, memory_order_relaxed) >= NET_RX_BLOCKS;
}

static struct net_datagram *take_place(struct net_rx *rx, unsigned i)
{
    struct net_datagram *datagram = rx->places[i].datagram;

    if (!acceptable(&rx->places[i]))
        return NULL;
    check_run(datagram);
    datagram->block = NULL;
    datagram->next = NULL;
    if (datagram->length <= NET_RX_SLOT && !net_datagram_is_run(datagram)) {
        rx->places[i].datagram = NULL;
        return datagram;
    }
    if (must_copy(rx, datagram) || !rx->blocks[i])
        return copy_all(rx, i);
    return hand_out_block(rx, i);
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
        *end = take_place(rx, i);
        for (; *end; taken++)
            end = &(*end)->next;
    }
    atomic_fetch_add_explicit(&rx->pool->references, taken, memory_order_relaxed);
    return list;
}
