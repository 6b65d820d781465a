/* SPDX-License-Identifier: MIT */
/* trace.c - see trace.h. */
#include "trace.h"

#include "assert_fatal.h"
#include "lock.h"
#include "os.h"

_Thread_local struct trace_block *trace_own_block;

static struct base_lock blocks_lock;
static struct trace_block *blocks;
static uint64_t finished[TRACE_POINT_COUNT];

/*
 * For a thread that gets no block of its own, until it gets one. Threads that meet here lose
 * counts, as each thinks itself the only writer; that is better than to end the process.
 */
static struct trace_block spare;

/* A thread that ends leaves its counts behind and takes its block along. */
static void fold_block(void *value)
{
    struct trace_block *block = value;
    struct trace_block **link = &blocks;

    base_lock_acquire(&blocks_lock);
    while (*link != block)
        link = &(*link)->next;
    *link = block->next;
    for (int i = 0; i < TRACE_POINT_COUNT; i++)
        finished[i] += atomic_load_explicit(&block->counts[i], memory_order_relaxed);
    base_lock_release(&blocks_lock);
    trace_own_block = NULL;
    os_free(block);
}

struct trace_block *trace_make_block(void)
{
    struct trace_block *block = os_allocate_zeroed(sizeof(*block));

    if (!block)
        return &spare;
    if (os_thread_on_exit(fold_block, block) != 0) {
        os_free(block);
        return &spare;
    }
    base_lock_acquire(&blocks_lock);
    block->next = blocks;
    blocks = block;
    base_lock_release(&blocks_lock);
    trace_own_block = block;
    return block;
}

uint64_t trace_total(enum trace_point point)
{
    uint64_t total;

    base_lock_acquire(&blocks_lock);
    total = finished[point];
    total += atomic_load_explicit(&spare.counts[point], memory_order_relaxed);
    for (struct trace_block *block = blocks; block; block = block->next)
        total += atomic_load_explicit(&block->counts[point], memory_order_relaxed);
    base_lock_release(&blocks_lock);
    return total;
}

const char *trace_name(enum trace_point point)
{
    static const char *const names[] = {
#define X(name, meaning) #name,
        TRACE_POINTS(X)
#undef X
    };

    return names[point];
}

const char *trace_meaning(enum trace_point point)
{
    static const char *const meanings[] = {
#define X(name, meaning) meaning,
        TRACE_POINTS(X)
#undef X
    };

    return meanings[point];
}
