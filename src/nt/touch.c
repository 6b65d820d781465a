/* SPDX-License-Identifier: MIT */
/*
 * touch.c - see touch.h. A fault in the special pool comes here from its handler; what lies
 * elsewhere is found by AddressSanitizer, where that is in use, because freed and given back memory
 * is poisoned.
 */
#include "touch.h"

#include "nt_internal.h"
#include "special.h"

#include <gnu/libc-version.h>

/* Who copies is not the C library, nor the sanitizer above it, but who asked them to. */
static const void *name_of(const void *place, char where[SYMBOL_TEXT_MAX])
{
    const void *libc = (const void *)(uintptr_t)gnu_get_libc_version; /* which nobody intercepts */

    place = sanitizer_place(symbol_place_outside(place, libc));
    symbol_describe(place, where, SYMBOL_TEXT_MAX);
    return place;
}

void nt_touched_block(const struct nt_block *block, bool freed, const void *address, bool write,
                      const void *place)
{
    struct hook_stack stacks[HOOK_STACKS_MAX] = { 0 };
    const char *payload = block->entry.object;
    char where[SYMBOL_TEXT_MAX];
    bool irp = block->entry.kind == LEDGER_IRP;

    place = name_of(place, where);
    if (block->entry.kind == LEDGER_INDICATION)
        nt_lent_touched(block, freed, address, write, place);
    nt_block_stacks(block, stacks);
    NT_BUG_STACKS(freed ? DRIVER_PAGE_FAULT_IN_FREED_SPECIAL_POOL
                        : DRIVER_PAGE_FAULT_BEYOND_END_OF_ALLOCATION,
                  freed || !irp ? "WSK-V5" : "WSK-V4", stacks, address, write, place, place,
                  "%s of %s %s of %llu bytes, %+lld bytes from its beginning, at %s",
                  write ? "a write" : "a read", freed ? "a freed" : "memory outside the",
                  ledger_kind_name((enum ledger_kind)block->entry.kind, 1),
                  (unsigned long long)block->entry.size,
                  (long long)((const char *)address - payload), where);
}

void nt_touched_indication(const void *address, bool write, const void *place)
{
    char where[SYMBOL_TEXT_MAX];

    place = name_of(place, where);
    NT_BUG_RULE(DRIVER_VERIFIER_DETECTED_VIOLATION, "WSK-V22", 22, address, write, place,
                "an indication was used after its callback had given it back by returning "
                "STATUS_SUCCESS, or after its release, at %s",
                where);
}

/* Memory that belongs to nobody now: of the blocks that were there, the last. */
bool nt_touch_fault(const void *address, bool write, const void *place)
{
    struct nt_block block;

    if (nt_special_fault(address, write, place))
        return true;
    if (!nt_self.probing && nt_block_buried(address, &block))
        nt_touched_block(&block, true, address, write, place);
    return false;
}

/* Returns where the sanitizer has found something else, of which it tells itself. */
void nt_sanitizer_error(void)
{
    struct sanitizer_error error;
    struct nt_block block;
    bool freed;

    if (!sanitizer_error(&error))
        return;
    if (nt_block_find(error.address, &block, &freed))
        nt_touched_block(&block, freed, error.address, error.write, error.place);
    if (error.poisoned)
        nt_touched_indication(error.address, error.write, error.place);
}

void nt_touch_start(void)
{
    sanitizer_listen(nt_sanitizer_error);
}

void nt_touch_stop(void)
{
    sanitizer_listen(NULL);
}
