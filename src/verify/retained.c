/* SPDX-License-Identifier: MIT */
/*
 * retained.c - which datagram indications are retained, and since when (WSK-V27). Each brings the
 * room for its entry; several lists, so that the loops of the provider seldom meet.
 */
#include "retained.h"

#include "base.h"
#include "flight.h"

#define SHARDS 16

struct shard {
    _Alignas(OS_CACHE_LINE) struct base_lock lock;
    struct list entries;          /* oldest first */
};

static struct shard shards[SHARDS];

/* What an earlier run left behind is in no list of this one. */
static _Atomic uint32_t run;

static _Atomic uint64_t count, most, longest_ns;

static struct shard *shard_of(const struct hook_retained *entry)
{
    return &shards[((uintptr_t)entry >> 7 ^ (uintptr_t)entry >> 12) % SHARDS];
}

static void take(struct hook_retained *entry)
{
    struct shard *shard = shard_of(entry);

    entry->run = atomic_load_explicit(&run, memory_order_relaxed);
    base_lock_acquire(&shard->lock);
    entry->since_ns = os_clock_ns();
    list_push_back(&shard->entries, &entry->link);
    base_lock_release(&shard->lock);
    vf_raise_to(&most, atomic_fetch_add(&count, 1) + 1);
}

static void give_back(struct hook_retained *entry)
{
    struct shard *shard = shard_of(entry);

    if (entry->run != atomic_load_explicit(&run, memory_order_relaxed))
        return;
    base_lock_acquire(&shard->lock);
    list_remove(&entry->link);
    base_lock_release(&shard->lock);
    atomic_fetch_sub(&count, 1);
    vf_raise_to(&longest_ns, os_clock_ns() - entry->since_ns);
}

/* The first of each list is its oldest. */
static void look(struct shard *shard)
{
    base_lock_acquire(&shard->lock);
    if (!list_empty(&shard->entries)) {
        const struct hook_retained *entry =
            container_of(shard->entries.next, struct hook_retained, link);

        vf_raise_to(&longest_ns, os_clock_ns() - entry->since_ns);
    }
    base_lock_release(&shard->lock);
}

struct vf_retained_marks vf_retained_marks(void)
{
    for (size_t i = 0; i < SHARDS && hook_rule(27); i++)
        look(&shards[i]);
    return (struct vf_retained_marks){ atomic_load(&most), atomic_load(&longest_ns) };
}

void vf_retained_start(struct hooks *hooks)
{
    for (size_t i = 0; i < SHARDS; i++)
        list_init(&shards[i].entries);
    atomic_fetch_add(&run, 1);
    atomic_store(&count, 0);
    atomic_store(&most, 0);
    atomic_store(&longest_ns, 0);
    hooks->retained = take;
    hooks->given_back = give_back;
}
