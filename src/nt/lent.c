/* SPDX-License-Identifier: MIT */
/*
 * lent.c - memory that is lent to a driver for a time, such as what was received: a block of the
 * special pool, which the driver may not free. Every touch after the end of that time is its sin
 * (WSK-V22), and every one behind the block (WSK-V5).
 */
#include "special.h"

#include "nt_internal.h"

#include <string.h>

void *nt_lend(size_t size, const void *place)
{
    void *memory = nt_special_take(sizeof(struct nt_block), size, NT_BLOCK_ALIGNMENT, false);
    struct nt_block *block;

    if (!memory)
        return NULL;
    block = nt_block_in_front(memory);
    memset(block, 0, sizeof(*block));
    block->entry.kind = LEDGER_INDICATION;
    block->entry.place = place;
    block->entry.object = memory;
    block->entry.size = size;
    block->special = true;
    block->slack = (uint16_t)nt_special_slack(size, NT_BLOCK_ALIGNMENT);
    return memory;
}

void nt_lend_end(void *memory, const void *released_at)
{
    struct nt_block *block = nt_block_in_front(memory);

    if (released_at)
        atomic_store(&block->freed_stack, stack_take(released_at));
    nt_special_give_back(memory);
}

static _Noreturn void overrun(const struct nt_block *block, const void *address, bool write,
                              const void *place)
{
    const char *end = (const char *)block->entry.object + block->entry.size;
    struct hook_stack none[HOOK_STACKS_MAX] = { 0 };
    char where[SYMBOL_TEXT_MAX];

    symbol_describe(place, where, sizeof(where));
    NT_BUG_STACKS(DRIVER_PAGE_FAULT_BEYOND_END_OF_ALLOCATION, "WSK-V5", none, address, write, place,
                  place,
                  "%s %+lld bytes from the end of received memory, of which each MDL of a datagram "
                  "has its own, at %s",
                  write ? "a write" : "a read", (long long)((const char *)address - end), where);
}

_Noreturn void nt_lent_touched(const struct nt_block *block, bool freed, const void *address,
                               bool write, const void *place)
{
    uint32_t released = atomic_load(&block->freed_stack);
    struct hook_stack stacks[HOOK_STACKS_MAX] = { { "released", released } };
    char where[SYMBOL_TEXT_MAX];

    if (!freed)
        overrun(block, address, write, place);
    if (!released)
        stacks[0].label = NULL;
    symbol_describe(place, where, sizeof(where));
    NT_BUG_STACKS(DRIVER_VERIFIER_DETECTED_VIOLATION, "WSK-V22", stacks, 22, address, write, place,
                  "%s of a datagram, or of its address or control information, after it was given "
                  "back by %s, at %s",
                  write ? "a write" : "a read", released ? "WskRelease" : "returning STATUS_SUCCESS",
                  where);
}
