/* SPDX-License-Identifier: MIT */
/*
 * special.h - the special pool: blocks that end where a page begins that cannot be touched, and
 * that cannot be touched after their free until their slot is needed again. Who runs over such a
 * block, or uses it when it is freed, faults on the line that does it.
 *
 * The price is four calls of the system a block, one of which stops the other threads for a moment,
 * so not every block is one: the first NT_SPECIAL_EACH of each call stack are, then one in
 * NT_SPECIAL_STEP, as long as there are slots.
 *
 * Paged pool lives here, too, and is "paged out" when a thread reaches DISPATCH_LEVEL: a touch
 * pages it in again, except at DISPATCH_LEVEL, where it is the bug check that Windows makes of it
 * (now and then).
 */
#ifndef OPENWSK_NT_SPECIAL_H
#define OPENWSK_NT_SPECIAL_H

#include "block.h"
#include "nt.h"

#define NT_SPECIAL_EACH 64u
#define NT_SPECIAL_STEP 64u

/*
 * Slots: for up to two pages, and for up to seventeen. 84 MiB of addresses, of memory what is live.
 */
#define NT_SPECIAL_SMALL_SLOTS 4096u
#define NT_SPECIAL_SMALL_PAGES 2u
#define NT_SPECIAL_LARGE_SLOTS 512u
#define NT_SPECIAL_LARGE_PAGES 18u

/* A slot has a guard page behind it, and the first one of each size another in front. */
#define NT_SPECIAL_AREA_PAGES(slots, pages) ((size_t)(slots) * ((pages) + 1) + 1)
#define NT_SPECIAL_BYTES                                                                           \
    ((NT_SPECIAL_AREA_PAGES(NT_SPECIAL_SMALL_SLOTS, NT_SPECIAL_SMALL_PAGES) +                      \
      NT_SPECIAL_AREA_PAGES(NT_SPECIAL_LARGE_SLOTS, NT_SPECIAL_LARGE_PAGES)) *                     \
     PAGE_SIZE)

/* Where it begins, for the life of the process; 0 until the first block. */
extern _Atomic uintptr_t nt_special_first;

/* Whether a block of that stack, which is counted, should be a special one. */
bool nt_special_wanted(uint32_t stack);

/*
 * Memory of `size` bytes that ends at a guard page but for what the alignment takes, with `front`
 * bytes before it. NULL when it does not fit or there is no slot.
 */
void *nt_special_take(size_t front, size_t size, size_t alignment, bool paged);

/* The payload's own. What is left between the block's end and the guard page. */
size_t nt_special_slack(size_t size, size_t alignment);

/* The block may be touched by nobody any more. `memory` is the payload. */
void nt_special_give_back(void *memory);

/* Whether the address is in the special pool at all. */
static inline bool nt_special_owns(const void *address)
{
    uintptr_t first = atomic_load_explicit(&nt_special_first, memory_order_acquire);

    return first && (uintptr_t)address - first < NT_SPECIAL_BYTES;
}

/* The header that a freed special block had; NULL for any other address of the pool. */
struct nt_block *nt_special_freed_block(const void *memory);

/*
 * The block that the slot of the address has, or had last: a copy of its header, as anybody may
 * free it meanwhile. False for none.
 */
bool nt_special_find(const void *address, struct nt_block *block, bool *freed);

/*
 * Locked pages stay where they are. Returns the life of the block, which nt_special_unpin() wants
 * to know: the slot may be another's by then. 0: other memory, to which nothing is done.
 */
uint32_t nt_special_pin(const void *address);
void nt_special_unpin(const void *address, uint32_t life);

/* lent.c: who touched a block that was only lent, when it was freed, or around it. */
_Noreturn void nt_lent_touched(const struct nt_block *block, bool freed, const void *address,
                               bool write, const void *place);

/*
 * From the fault handler: does not return when the fault is a driver's sin. True: go on, the page
 * is there now. False: the address is none of ours. `place` is where the fault happened.
 */
bool nt_special_fault(const void *address, bool write, const void *place);

#endif
