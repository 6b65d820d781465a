/* SPDX-License-Identifier: MIT */
/* ledger.c - see ledger.h. */
#include "ledger.h"

#include "hook.h"
#include "lock.h"
#include "os.h"
#include "stack.h"

#define LEDGER_SHARDS 16

/* One cache line each, so that two threads' shards do not share one. */
struct shard {
    _Alignas(OS_CACHE_LINE) struct base_lock lock;
    struct list entries;
    size_t count;
};

static struct shard shards[LEDGER_KIND_COUNT][LEDGER_SHARDS];

static struct shard *shard_of(const struct ledger_entry *entry)
{
    uintptr_t address = (uintptr_t)entry;

    return &shards[entry->kind][(address >> 4 ^ address >> 12) % LEDGER_SHARDS];
}

void ledger_add(struct ledger_entry *entry, enum ledger_kind kind, const void *object,
                const void *place)
{
    ledger_add_stack(entry, kind, object, place, hook_rule(16) ? stack_take(place) : 0);
}

void ledger_add_stack(struct ledger_entry *entry, enum ledger_kind kind, const void *object,
                      const void *place, uint32_t stack)
{
    struct shard *shard;

    entry->kind = kind;
    entry->stack = stack & 0xffffff;
    entry->object = object;
    entry->place = place;
    shard = shard_of(entry);
    base_lock_acquire(&shard->lock);
    if (!shard->entries.next)
        list_init(&shard->entries);
    list_push_back(&shard->entries, &entry->link);
    shard->count++;
    base_lock_release(&shard->lock);
}

void ledger_remove(struct ledger_entry *entry)
{
    struct shard *shard = shard_of(entry);

    base_lock_acquire(&shard->lock);
    list_remove(&entry->link);
    shard->count--;
    base_lock_release(&shard->lock);
}

size_t ledger_count(enum ledger_kind kind)
{
    size_t count = 0;

    for (size_t i = 0; i < LEDGER_SHARDS; i++) {
        base_lock_acquire(&shards[kind][i].lock);
        count += shards[kind][i].count;
        base_lock_release(&shards[kind][i].lock);
    }
    return count;
}

void ledger_visit(enum ledger_kind kind, ledger_visit_fn *visit, void *context)
{
    for (size_t i = 0; i < LEDGER_SHARDS; i++) {
        struct shard *shard = &shards[kind][i];

        base_lock_acquire(&shard->lock);
        if (shard->entries.next) {
            list_for_each(link, &shard->entries)
                visit(container_of(link, struct ledger_entry, link), context);
        }
        base_lock_release(&shard->lock);
    }
}

const char *ledger_kind_name(enum ledger_kind kind, size_t count)
{
    static const char *const names[][2] = {
#define X(kind, singular, plural) { singular, plural },
        LEDGER_KINDS(X)
#undef X
    };

    return names[kind][count != 1];
}
