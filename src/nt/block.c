/* SPDX-License-Identifier: MIT */
/* block.c - see block.h. */
#include "block.h"

#include "nt_internal.h"
#include "special.h"

#include <stdio.h>
#include <string.h>

#define MARK_LIVE 0x6B4C4956u /* arbitrary, but no likely pointer, text or count */
#define MARK_FREED 0x6B445246u

#define CANARY 0x9D3CA5717EC4B26Full
#define FREED_PATTERN 0xDD
#define SLACK_PATTERN 0xBD

/*
 * A block waits until QUARANTINE_SLOTS others of its shard are freed, so no more than a MiB waits.
 * Larger blocks go back at once, and leave a copy of their header: the C library unmaps them soon,
 * so that a stale use faults.
 */
#define QUARANTINE_SHARDS 16
#define QUARANTINE_SLOTS 16
#define QUARANTINE_SIZE_MAX 4096
#define GRAVES 64

#if defined(__SANITIZE_ADDRESS__)
#define HAVE_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAVE_ASAN 1
#endif
#endif
#ifdef HAVE_ASAN
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#endif

_Static_assert(sizeof(struct nt_block) == 96, "the payload must stay aligned");

struct shard {
    _Alignas(64) _Atomic uint32_t next;
    _Atomic(struct nt_block *) slots[QUARANTINE_SLOTS];
};

static struct shard quarantine[QUARANTINE_SHARDS];

static struct {
    struct base_lock lock;
    uint32_t next;
    struct nt_block blocks[GRAVES];
} graves;

static char *payload_of(struct nt_block *block)
{
    return (char *)(block + 1);
}

static uint64_t canary_of(const struct nt_block *block)
{
    return CANARY ^ (uintptr_t)block;
}

static size_t quarantined_bytes(const struct nt_block *block)
{
    return block->entry.size < QUARANTINE_SIZE_MAX ? block->entry.size : QUARANTINE_SIZE_MAX;
}

/* What stands behind a block: a word, or the bytes up to the guard page. */
static void write_canary(struct nt_block *block)
{
    char *end = payload_of(block) + block->entry.size;
    uint64_t canary = canary_of(block);

    if (block->special) {
        memset(end, SLACK_PATTERN, block->slack);
        return;
    }
    memcpy(end, &canary, sizeof(canary));
    ASAN_POISON_MEMORY_REGION(end, sizeof(canary));
}

static bool canary_stands(const struct nt_block *block)
{
    const unsigned char *end = (const unsigned char *)(block + 1) + block->entry.size;
    uint64_t canary;

    if (!block->special) {
        ASAN_UNPOISON_MEMORY_REGION(end, sizeof(canary));
        memcpy(&canary, end, sizeof(canary));
        return canary == canary_of(block);
    }
    for (size_t i = 0; i < block->slack; i++) {
        if (end[i] != SLACK_PATTERN)
            return false;
    }
    return true;
}

struct wish {
    size_t size, alignment;
    uint32_t stack;
    bool paged;
};

static struct nt_block *take_special(const struct wish *wish)
{
    char *memory;
    struct nt_block *block;

    if (!nt_special_wanted(wish->stack))
        return NULL;
    memory = nt_special_take(sizeof(*block), wish->size, wish->alignment, wish->paged);
    if (!memory)
        return NULL;
    block = nt_block_in_front(memory);
    memset(block, 0, sizeof(*block));
    block->special = true;
    block->slack = (uint16_t)nt_special_slack(wish->size, wish->alignment);
    return block;
}

static struct nt_block *take_common(const struct wish *wish)
{
    size_t alignment = wish->alignment;
    size_t front = (sizeof(struct nt_block) + alignment - 1) / alignment * alignment;
    size_t total = front + wish->size + sizeof(uint64_t);
    struct nt_block *block;
    char *memory;

    memory = alignment <= NT_BLOCK_ALIGNMENT ? os_allocate(total)
                                             : os_allocate_aligned(alignment, total);
    if (!memory)
        return NULL;
    block = nt_block_in_front(memory + front);
    memset(block, 0, sizeof(*block));
    block->lead = (uint16_t)(front - sizeof(*block));
    return block;
}

static void *allocate(enum ledger_kind kind, const struct wish *wish, uint32_t tag,
                      const void *place)
{
    struct nt_block *block;

    if (wish->size > NT_BLOCK_SIZE_MAX)
        return NULL;
    block = take_special(wish);
    if (!block)
        block = take_common(wish);
    if (!block)
        return NULL;
    block->paged = wish->paged;
    block->entry.size = wish->size;
    block->entry.tag = tag;
    atomic_init(&block->mark, MARK_LIVE);
    write_canary(block);
    ledger_add_stack(&block->entry, kind, payload_of(block), place, wish->stack);
    return payload_of(block);
}

static uint32_t stack_for_block(const void *place)
{
    return hook_rule(4) || hook_rule(5) || hook_rule(16) ? stack_take(place) : 0;
}

void *nt_block_allocate(enum ledger_kind kind, size_t size, size_t alignment, uint32_t tag,
                        const void *place)
{
    struct wish wish = { .size = size, .stack = stack_for_block(place) };

    wish.alignment = alignment < NT_BLOCK_ALIGNMENT ? NT_BLOCK_ALIGNMENT : alignment;
    return allocate(kind, &wish, tag, place);
}

void *nt_block_allocate_paged(size_t size, size_t alignment, uint32_t tag, const void *place)
{
    struct wish wish = { .size = size, .stack = stack_for_block(place), .paged = true };

    wish.alignment = alignment < NT_BLOCK_ALIGNMENT ? NT_BLOCK_ALIGNMENT : alignment;
    return allocate(LEDGER_POOL, &wish, tag, place);
}

struct nt_block *nt_block_of(const void *memory)
{
    struct nt_block *freed = nt_special_owns(memory) ? nt_special_freed_block(memory) : NULL;

    return freed ? freed : nt_block_in_front(memory);
}

void nt_block_stacks(const struct nt_block *block, struct hook_stack *stacks)
{
    uint32_t completed = atomic_load(&block->completed_stack);
    uint32_t freed = atomic_load(&block->freed_stack);

    *stacks++ = (struct hook_stack){ "allocated", block->entry.stack };
    if (completed)
        *stacks++ = (struct hook_stack){ "completed", completed };
    if (freed)
        *stacks = (struct hook_stack){ "freed", freed };
}

/* Word by word: a call of memcpy() would be looked at by a sanitizer. */
__attribute__((no_sanitize("address", "thread", "undefined"), noinline))
void nt_block_copy(struct nt_block *to, const struct nt_block *from)
{
    const volatile uint64_t *words = (const volatile void *)from;
    volatile uint64_t *copy = (volatile void *)to;

    for (size_t i = 0; i < sizeof(*to) / sizeof(*words); i++)
        copy[i] = words[i];
}

bool nt_block_around(const void *address, struct nt_block *block)
{
    bool freed;

    if (nt_special_owns(address))
        return nt_special_find(address, block, &freed) && !freed;
    /* A header that would lie in another page may lie in none. */
    if ((uintptr_t)address % PAGE_SIZE < sizeof(*block) ||
        nt_block_state(address) != NT_BLOCK_LIVE)
        return false;
    nt_block_copy(block, nt_block_in_front(address));
    return true;
}

/* What stands in front of foreign memory may be anybody's, also a red zone or another thread's. */
__attribute__((no_sanitize("address", "thread", "undefined"), noinline))
enum nt_block_state nt_block_state(const void *memory)
{
    const struct nt_block *block = nt_block_of(memory);
    uint32_t mark;

    if ((uintptr_t)memory % NT_BLOCK_ALIGNMENT != 0 || (uintptr_t)memory < 0x10000)
        return NT_BLOCK_FOREIGN;
    mark = *(const volatile uint32_t *)&block->mark;
    if (mark != MARK_LIVE && mark != MARK_FREED)
        return NT_BLOCK_FOREIGN;
    if (block->entry.object != memory)
        return NT_BLOCK_FOREIGN;
    return mark == MARK_LIVE ? NT_BLOCK_LIVE : NT_BLOCK_FREED;
}

void nt_block_describe(const void *memory, char *text, size_t size)
{
    const struct nt_block *block = nt_block_of(memory);
    const void *freed_at = atomic_load_explicit(&block->freed_at, memory_order_acquire);
    char made[SYMBOL_TEXT_MAX];
    char freed[SYMBOL_TEXT_MAX];

    symbol_describe(block->entry.place, made, sizeof(made));
    if (freed_at)
        symbol_describe(freed_at, freed, sizeof(freed));
    snprintf(text, size, "%s %p of %llu bytes, allocated at %s%s%s",
             ledger_kind_name((enum ledger_kind)block->entry.kind, 1), memory,
             (unsigned long long)block->entry.size, made, freed_at ? ", freed at " : "",
             freed_at ? freed : "");
}

static void require_canary(struct nt_block *block, const void *place)
{
    char *end = payload_of(block) + block->entry.size;
    struct hook_stack stacks[HOOK_STACKS_MAX] = { 0 };
    char what[2 * SYMBOL_TEXT_MAX];
    char where[SYMBOL_TEXT_MAX];

    if (canary_stands(block))
        return;
    nt_block_describe(payload_of(block), what, sizeof(what));
    symbol_describe(place, where, sizeof(where));
    nt_block_stacks(block, stacks);
    NT_BUG_STACKS(BAD_POOL_HEADER, block->entry.kind == LEDGER_IRP ? "WSK-V4" : "WSK-V5", stacks,
                  0x20, block, end, place,
                  "something wrote behind the end of the %s; found when it was freed at %s", what,
                  where);
}

/* The block leaves the quarantine: whoever wrote into it wrote into freed memory. */
static void leave(struct nt_block *block)
{
    char *payload = payload_of(block);
    size_t size = block->entry.size;
    char what[2 * SYMBOL_TEXT_MAX];

    struct hook_stack stacks[HOOK_STACKS_MAX] = { 0 };

    ASAN_UNPOISON_MEMORY_REGION(payload, size + sizeof(uint64_t));
    if (size &&
        ((unsigned char)payload[0] != FREED_PATTERN || memcmp(payload, payload + 1, size - 1))) {
        nt_block_describe(payload, what, sizeof(what));
        nt_block_stacks(block, stacks);
        NT_BUG_STACKS(DRIVER_CAUGHT_MODIFYING_FREED_POOL, "WSK-V5", stacks, payload, 1, 0,
                      atomic_load(&block->freed_at),
                      "something wrote into freed memory: the %s", what);
    }
    os_free((char *)block - block->lead);
}

static void enter_quarantine(struct nt_block *block)
{
    uintptr_t address = (uintptr_t)block;
    struct shard *shard = &quarantine[(address >> 6 ^ address >> 12) % QUARANTINE_SHARDS];
    uint32_t slot = atomic_fetch_add_explicit(&shard->next, 1, memory_order_relaxed);
    struct nt_block *oldest;

    /* The canary, too: the sanitizer cannot forbid the first of eight bytes and allow the last. */
    ASAN_POISON_MEMORY_REGION(payload_of(block), block->entry.size + sizeof(uint64_t));
    oldest = atomic_exchange_explicit(&shard->slots[slot % QUARANTINE_SLOTS], block,
                                      memory_order_acq_rel);
    if (oldest)
        leave(oldest);
}

static void bury(const struct nt_block *block)
{
    base_lock_acquire(&graves.lock);
    graves.blocks[graves.next++ % GRAVES] = *block;
    base_lock_release(&graves.lock);
}

bool nt_block_free(void *memory, const void *place)
{
    struct nt_block *block = nt_block_of(memory);
    uint32_t live = MARK_LIVE;

    if (!atomic_compare_exchange_strong(&block->mark, &live, MARK_FREED))
        return false;
    require_canary(block, place);
    atomic_store_explicit(&block->freed_stack, block->entry.stack ? stack_take(place) : 0,
                          memory_order_relaxed);
    atomic_store_explicit(&block->freed_at, place, memory_order_release);
    ledger_remove(&block->entry);
    if (block->special) {
        nt_special_give_back(memory);
        return true;
    }
    memset(memory, FREED_PATTERN, quarantined_bytes(block));
    if (block->entry.size <= QUARANTINE_SIZE_MAX) {
        enter_quarantine(block);
        return true;
    }
    bury(block);
    os_free((char *)block - block->lead);
    return true;
}

size_t nt_block_trim(void)
{
    size_t count = 0;

    for (size_t i = 0; i < QUARANTINE_SHARDS; i++) {
        for (size_t j = 0; j < QUARANTINE_SLOTS; j++) {
            struct nt_block *block = atomic_exchange(&quarantine[i].slots[j], NULL);

            if (block) {
                leave(block);
                count++;
            }
        }
    }
    return count;
}

/* --- Looking for one ------------------------------------------------------------------------ */

/* The canary is the block's, too, and the header. */
static bool is_in(const struct nt_block *block, const void *address)
{
    uintptr_t payload = (uintptr_t)block->entry.object;
    uintptr_t at = (uintptr_t)address;

    return payload && at >= payload - sizeof(*block) &&
           at < payload + block->entry.size + sizeof(uint64_t);
}

bool nt_block_buried(const void *address, struct nt_block *block)
{
    bool found = false;

    base_lock_acquire(&graves.lock);
    for (uint32_t i = 1; i <= GRAVES && !found; i++) {
        *block = graves.blocks[(graves.next - i) % GRAVES];
        found = is_in(block, address);
    }
    base_lock_release(&graves.lock);
    return found;
}

/* Each block is taken out while it is looked at, so that nobody frees it meanwhile. */
static bool find_quarantined(const void *address, struct nt_block *found)
{
    bool is_found = false;

    for (size_t i = 0; i < QUARANTINE_SHARDS * QUARANTINE_SLOTS && !is_found; i++) {
        _Atomic(struct nt_block *) *slot =
            &quarantine[i / QUARANTINE_SLOTS].slots[i % QUARANTINE_SLOTS];
        struct nt_block *block = atomic_exchange(slot, NULL);
        struct nt_block *none = NULL;

        if (!block)
            continue;
        is_found = is_in(block, address);
        if (is_found)
            *found = *block;
        if (!atomic_compare_exchange_strong(slot, &none, block))
            leave(block);
    }
    return is_found;
}

struct search {
    const void *address;
    struct nt_block *block;
    bool found;
};

static void compare(const struct ledger_entry *entry, void *context)
{
    struct search *search = context;
    const struct nt_block *block = container_of(entry, struct nt_block, entry);

    if (!is_in(block, search->address))
        return;
    *search->block = *block;
    search->found = true;
}

static bool find_live(const void *address, struct nt_block *block)
{
    static const enum ledger_kind kinds[] = { LEDGER_POOL, LEDGER_IRP, LEDGER_MDL };
    struct search search = { .address = address, .block = block };

    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds) && !search.found; i++)
        ledger_visit(kinds[i], compare, &search);
    return search.found;
}

bool nt_block_find(const void *address, struct nt_block *block, bool *freed)
{
    *freed = false;
    if (nt_special_owns(address))
        return nt_special_find(address, block, freed);
    if (find_live(address, block))
        return true;
    *freed = true;
    return find_quarantined(address, block) || nt_block_buried(address, block);
}

/* --- For other storeys ---------------------------------------------------------------------- */

bool nt_block_range(const void *address, uintptr_t *first, size_t *size, bool *paged)
{
    struct nt_block block;

    if (!nt_block_around(address, &block))
        return false;
    *first = (uintptr_t)block.entry.object;
    *size = block.entry.size;
    *paged = block.paged;
    return true;
}

bool nt_is_freed(const void *memory, struct hook_stack *stacks)
{
    struct nt_block block;
    bool freed;

    if (nt_special_owns(memory)) {
        if (!nt_special_find(memory, &block, &freed) || !freed || block.entry.object != memory)
            return false;
        nt_block_stacks(&block, stacks);
        return true;
    }
    if ((uintptr_t)memory % PAGE_SIZE < sizeof(struct nt_block))
        return false;
    if (nt_block_state(memory) != NT_BLOCK_FREED)
        return false;
    nt_block_stacks(nt_block_of(memory), stacks);
    return true;
}

bool nt_readable(const void *memory, size_t size)
{
    return nt_probe(memory, size, false);
}
