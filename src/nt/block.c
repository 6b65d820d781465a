/* SPDX-License-Identifier: MIT */
/* block.c - see block.h. */
#include "block.h"

#include "nt_internal.h"

#include <stdio.h>
#include <string.h>

#define MARK_LIVE 0x6B4C4956u /* arbitrary, but no likely pointer, text or count */
#define MARK_FREED 0x6B445246u

#define CANARY 0x9D3CA5717EC4B26Full
#define FREED_PATTERN 0xDD

/*
 * A block waits until QUARANTINE_SLOTS others of its shard are freed. Larger blocks go back at
 * once: they would hold much memory, and the C library unmaps them soon, so that a stale use
 * faults.
 */
#define QUARANTINE_SHARDS 16
#define QUARANTINE_SLOTS 16
#define QUARANTINE_SIZE_MAX 4096

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

_Static_assert(sizeof(struct nt_block) == 64, "the payload must stay aligned");

struct shard {
    _Alignas(64) _Atomic uint32_t next;
    _Atomic(struct nt_block *) slots[QUARANTINE_SLOTS];
};

static struct shard quarantine[QUARANTINE_SHARDS];

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

void *nt_block_allocate(enum ledger_kind kind, size_t size, size_t alignment, uint32_t tag,
                        const void *place)
{
    size_t front = alignment <= sizeof(struct nt_block) ? sizeof(struct nt_block) : alignment;
    size_t total = front + size + sizeof(uint64_t);
    struct nt_block *block;
    uint64_t canary;
    char *memory;

    if (size > NT_BLOCK_SIZE_MAX)
        return NULL;
    memory = alignment <= NT_BLOCK_ALIGNMENT ? os_allocate(total)
                                             : os_allocate_aligned(alignment, total);
    if (!memory)
        return NULL;
    block = (struct nt_block *)(memory + front) - 1;
    block->lead = (uint16_t)(front - sizeof(*block));
    block->note = 0;
    block->entry.size = size;
    block->entry.tag = tag;
    atomic_init(&block->freed_at, NULL);
    atomic_init(&block->mark, MARK_LIVE);
    canary = canary_of(block);
    memcpy(payload_of(block) + size, &canary, sizeof(canary));
    ASAN_POISON_MEMORY_REGION(payload_of(block) + size, sizeof(canary));
    ledger_add(&block->entry, kind, payload_of(block), place);
    return payload_of(block);
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
    uint64_t canary;
    char what[2 * SYMBOL_TEXT_MAX];
    char where[SYMBOL_TEXT_MAX];

    ASAN_UNPOISON_MEMORY_REGION(end, sizeof(canary));
    memcpy(&canary, end, sizeof(canary));
    if (canary == canary_of(block))
        return;
    nt_block_describe(payload_of(block), what, sizeof(what));
    symbol_describe(place, where, sizeof(where));
    NT_BUG_RULE(BAD_POOL_HEADER, block->entry.kind == LEDGER_POOL ? NULL : "WSK-V4", 0x20, block,
                end, 0, "something wrote behind the end of the %s; found when it was freed at %s",
                what, where);
}

/* The block leaves the quarantine: whoever wrote into it wrote into freed memory. */
static void leave(struct nt_block *block)
{
    char *payload = payload_of(block);
    size_t size = quarantined_bytes(block);
    char what[2 * SYMBOL_TEXT_MAX];

    ASAN_UNPOISON_MEMORY_REGION(payload, size);
    if (size &&
        ((unsigned char)payload[0] != FREED_PATTERN || memcmp(payload, payload + 1, size - 1))) {
        nt_block_describe(payload, what, sizeof(what));
        NT_BUG_RULE(DRIVER_CAUGHT_MODIFYING_FREED_POOL, "WSK-V5", payload, 1, 0, 0,
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

    ASAN_POISON_MEMORY_REGION(payload_of(block), block->entry.size);
    oldest = atomic_exchange_explicit(&shard->slots[slot % QUARANTINE_SLOTS], block,
                                      memory_order_acq_rel);
    if (oldest)
        leave(oldest);
}

bool nt_block_free(void *memory, const void *place)
{
    struct nt_block *block = nt_block_of(memory);
    uint32_t live = MARK_LIVE;

    if (!atomic_compare_exchange_strong(&block->mark, &live, MARK_FREED))
        return false;
    require_canary(block, place);
    atomic_store_explicit(&block->freed_at, place, memory_order_release);
    ledger_remove(&block->entry);
    memset(memory, FREED_PATTERN, quarantined_bytes(block));
    if (block->entry.size <= QUARANTINE_SIZE_MAX)
        enter_quarantine(block);
    else
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
