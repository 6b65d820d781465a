/* SPDX-License-Identifier: MIT */
/*
 * block.h - memory that the executive hands to a driver: pool blocks, IRPs and MDLs.
 *
 * Each block carries a header in front, with its place in the ledger and a mark that tells a live
 * block from a freed one, and a canary behind. A freed block is filled with a pattern and waits in
 * a short quarantine, where its header stays readable: a second free is recognised, a later write
 * is found when the block leaves.
 *
 *     nt_block_allocate -> nt_block_state is LIVE -> nt_block_free -> FREED -> (leaves the
 * quarantine)
 */
#ifndef OPENWSK_NT_BLOCK_H
#define OPENWSK_NT_BLOCK_H

#include "base.h"

#include <stdatomic.h>

#define NT_BLOCK_ALIGNMENT 16

/* No machine has more; a larger size is a negative number in disguise. */
#define NT_BLOCK_SIZE_MAX ((size_t)1 << 36)

/*
 * 96 bytes, so that memory which is aligned to 16 stays so behind it. The mark stands next to the
 * payload.
 */
struct nt_block {
    struct ledger_entry entry;
    _Atomic(const void *) freed_at;
    void *source;             /* mdl.c: the MDL that this one is a part of */
    _Atomic uint32_t parts;   /* mdl.c: parts of this one that are alive */
    _Atomic uint32_t freed_stack;
    _Atomic uint32_t completed_stack; /* irp.c */
    uint16_t slack; /* of a special block: bytes between its end and the guard page */
    bool special;   /* see special.h */
    bool paged;
    bool used;      /* irp.c: completed, and not reused since */
    uint32_t spare;
    uint16_t lead; /* bytes between the start of the allocation and this header */
    uint16_t note; /* for the kind's owner */
    _Atomic uint32_t mark;
};

enum nt_block_state { NT_BLOCK_FOREIGN, NT_BLOCK_LIVE, NT_BLOCK_FREED };

/*
 * NULL when there is no memory. `alignment` is a power of two of at most 4096. The contents are
 * undefined.
 */
void *nt_block_allocate(enum ledger_kind kind, size_t size, size_t alignment, uint32_t tag,
                        const void *place);

/* The same of paged pool. */
void *nt_block_allocate_paged(size_t size, size_t alignment, uint32_t tag, const void *place);

/*
 * Reads only the bytes in front of `memory`; safe for what is no block as far as these are mapped.
 */
enum nt_block_state nt_block_state(const void *memory);

static inline struct nt_block *nt_block_in_front(const void *memory)
{
    return (struct nt_block *)(uintptr_t)((uintptr_t)memory - sizeof(struct nt_block));
}

/* The header, or what is kept of it when the block itself is gone. */
struct nt_block *nt_block_of(const void *memory);

/* Where the block was allocated, completed and freed, as far as that is known. */
struct hook_stack;
void nt_block_stacks(const struct nt_block *block, struct hook_stack *stacks);

/*
 * Copies the header of a block that may be another thread's, who writes to it meanwhile. It has to
 * be readable.
 */
void nt_block_copy(struct nt_block *to, const struct nt_block *from);

/*
 * The live block that the address lies in: a copy of its header, as it may be another thread's.
 * Only where that is cheap to tell: blocks of the special pool, and addresses that are a block's
 * first. False: none, or unknown.
 */
bool nt_block_around(const void *address, struct nt_block *block);

/*
 * False when another thread has freed the block first. An overrun of the block is a bug check.
 */
bool nt_block_free(void *memory, const void *place);

/* "pool block 'gaTK' of 24 bytes, allocated at ..., freed at ..." */
void nt_block_describe(const void *memory, char *text, size_t size);

/*
 * The freed block that the address lay in, when it was too large for the quarantine. There may be
 * something else at the address by now. Any IRQL.
 */
bool nt_block_buried(const void *address, struct nt_block *block);

/*
 * The block that the address lies in or just behind, live or freed a short while ago: a copy of its
 * header. Slow, for reports. False: none.
 */
bool nt_block_find(const void *address, struct nt_block *block, bool *freed);

#endif
