/* SPDX-License-Identifier: MIT */
/*
 * pool.c - ExAllocatePool*, ExFreePool*: tagged memory.
 *
 * Blocks come from block.c. As on Windows, a request of a page or more is aligned to a page, and a
 * request of zero bytes gets a block. What is wrong with a call ends in BAD_POOL_CALLER with the
 * first parameter that Windows gives: 7 freed already, 8 and 9 allocated or freed at too high an
 * IRQL, 0xA wrong tag, 0x46 no pool address, 0x9B tag of zero.
 */
#include "block.h"
#include "nt_internal.h"
#include "special.h"

#include <stdio.h>
#include <string.h>

/*
 * Memory that is not asked to be zeroed begins with this pattern, so that nobody lives on zeroes
 * that chance gave. Only the beginning, to keep large allocations cheap.
 */
#define FRESH_PATTERN 0xCD
#define FRESH_PATTERN_SIZE 64

#define TAG_NONE 0x656E6F4Eu /* "None", which Windows gives to what has no tag */

/* The first parameter of BAD_POOL_CALLER. */
enum bad_call {
    BAD_FREED_ALREADY = 0x07,
    BAD_ALLOCATE_IRQL = 0x08,
    BAD_FREE_IRQL = 0x09,
    BAD_FREE_TAG = 0x0A,
    BAD_ADDRESS = 0x46,
    BAD_TAG_ZERO = 0x9B
};

struct pool_request {
    size_t size;
    ULONG tag;
    bool paged;
    bool zero;
    bool cache_aligned;
    bool raise;
    const void *place;
};

static void require_pool_irql(bool paged, enum bad_call call, size_t size, const void *place)
{
    KIRQL irql = KeGetCurrentIrql();
    char where[SYMBOL_TEXT_MAX];

    if (irql <= (paged ? APC_LEVEL : DISPATCH_LEVEL))
        return;
    symbol_describe(place, where, sizeof(where));
    hook_caller = place;
    NT_BUG_RULE(BAD_POOL_CALLER, "WSK-V19", call, irql, paged, size, "%s pool %s at IRQL %u, at %s",
                paged ? "paged" : "nonpaged", call == BAD_ALLOCATE_IRQL ? "allocated" : "freed",
                irql, where);
}

static void *allocate(const struct pool_request *request)
{
    size_t alignment = request->size >= PAGE_SIZE ? PAGE_SIZE
                       : request->cache_aligned   ? OS_CACHE_LINE
                                                  : NT_BLOCK_ALIGNMENT;
    void *memory;

    require_pool_irql(request->paged, BAD_ALLOCATE_IRQL, request->size, request->place);
    if (request->tag == 0)
        NT_BUG_RULE(BAD_POOL_CALLER, NULL, BAD_TAG_ZERO, request->paged, request->size,
                    request->place, "pool was allocated with a tag of zero");
    if (hook_fail_allocation(HOOK_POOL, request->size, request->place))
        return NULL;
    if (request->paged)
        memory = nt_block_allocate_paged(request->size, alignment, request->tag, request->place);
    else
        memory = nt_block_allocate(LEDGER_POOL, request->size, alignment, request->tag,
                                   request->place);
    if (!memory)
        return NULL;
    if (request->zero)
        memset(memory, 0, request->size);
    else
        memset(memory, FRESH_PATTERN,
               request->size < FRESH_PATTERN_SIZE ? request->size : FRESH_PATTERN_SIZE);
    return memory;
}

static void *allocate_or_raise(const struct pool_request *request)
{
    void *memory = allocate(request);

    if (!memory && request->raise)
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    return memory;
}

void *nt_pool_allocate(size_t size, ULONG tag, const void *place)
{
    return allocate(&(struct pool_request){ .size = size, .tag = tag, .place = place });
}

static struct pool_request legacy(POOL_TYPE type, SIZE_T size, ULONG tag, const void *place)
{
    return (struct pool_request){
        .size = size,
        .tag = tag,
        .paged = (type & PagedPool) != 0,
        .zero = (type & POOL_ZERO_ALLOCATION) != 0,
        .cache_aligned = (type & NonPagedPoolCacheAligned) != 0,
        .raise = (type & POOL_RAISE_IF_ALLOCATION_FAILURE) != 0,
        .place = place,
    };
}

void *nt_pool_allocate_typed(POOL_TYPE type, size_t size, ULONG tag, const void *place)
{
    struct pool_request request = legacy(type, size, tag, place);

    return allocate_or_raise(&request);
}

PVOID ExAllocatePoolWithTag(POOL_TYPE type, SIZE_T size, ULONG tag)
{
    struct pool_request request = legacy(type, size, tag, NT_CALLER());

    return allocate_or_raise(&request);
}

PVOID ExAllocatePool(POOL_TYPE type, SIZE_T size)
{
    struct pool_request request = legacy(type, size, TAG_NONE, NT_CALLER());

    return allocate_or_raise(&request);
}

PVOID ExAllocatePoolWithTagPriority(POOL_TYPE type, SIZE_T size, ULONG tag,
                                    EX_POOL_PRIORITY priority)
{
    struct pool_request request = legacy(type, size, tag, NT_CALLER());

    (void)priority;
    return allocate_or_raise(&request);
}

/* wdm.h: quota allocations raise unless POOL_QUOTA_FAIL_INSTEAD_OF_RAISE stands in the type. */
PVOID ExAllocatePoolWithQuotaTag(POOL_TYPE type, SIZE_T size, ULONG tag)
{
    struct pool_request request = legacy(type, size, tag, NT_CALLER());

    request.raise = !(type & POOL_QUOTA_FAIL_INSTEAD_OF_RAISE);
    return allocate_or_raise(&request);
}

PVOID ExAllocatePoolUninitialized(POOL_TYPE type, SIZE_T size, ULONG tag)
{
    struct pool_request request = legacy(type, size, tag, NT_CALLER());

    return allocate_or_raise(&request);
}

PVOID ExAllocatePoolZero(POOL_TYPE type, SIZE_T size, ULONG tag)
{
    struct pool_request request = legacy(type, size, tag, NT_CALLER());

    request.zero = true;
    return allocate_or_raise(&request);
}

/* Exactly one kind of pool, a tag, and no flag that must be known but is not. */
static bool valid_flags(POOL_FLAGS flags)
{
    const POOL_FLAGS kinds = POOL_FLAG_NON_PAGED | POOL_FLAG_NON_PAGED_EXECUTE | POOL_FLAG_PAGED;
    const POOL_FLAGS known = kinds | POOL_FLAG_USE_QUOTA | POOL_FLAG_UNINITIALIZED |
                             POOL_FLAG_SESSION | POOL_FLAG_CACHE_ALIGNED |
                             POOL_FLAG_RAISE_ON_FAILURE;
    const POOL_FLAGS required = POOL_FLAG_OPTIONAL_START - 1;
    POOL_FLAGS kind = flags & kinds;

    return kind && !(kind & (kind - 1)) && !(flags & required & ~known);
}

static PVOID allocate_flagged(POOL_FLAGS flags, SIZE_T size, ULONG tag, const void *place)
{
    struct pool_request request = {
        .size = size,
        .tag = tag,
        .paged = (flags & POOL_FLAG_PAGED) != 0,
        .zero = !(flags & POOL_FLAG_UNINITIALIZED),
        .cache_aligned = (flags & POOL_FLAG_CACHE_ALIGNED) != 0,
        .raise = (flags & POOL_FLAG_RAISE_ON_FAILURE) != 0,
        .place = place,
    };

    if (!valid_flags(flags)) {
        if (request.raise)
            ExRaiseStatus(STATUS_INVALID_PARAMETER);
        return NULL;
    }
    return allocate_or_raise(&request);
}

PVOID ExAllocatePool2(POOL_FLAGS flags, SIZE_T size, ULONG tag)
{
    return allocate_flagged(flags, size, tag, NT_CALLER());
}

static void tag_text(ULONG tag, char text[5])
{
    memcpy(text, &tag, 4);
    text[4] = '\0';
    for (int i = 0; i < 4; i++) {
        if (text[i] < ' ' || text[i] > '~')
            text[i] = '.';
    }
}

/* Of what is no block, or no longer one, the memory in front may not be there. */
static enum nt_block_state state_of(const void *memory, const void *place)
{
    const void *caller = hook_caller;
    struct nt_block buried;
    enum nt_block_state state;

    if (memory && (uintptr_t)memory % PAGE_SIZE < sizeof(struct nt_block) &&
        !nt_special_owns(memory) &&
        !nt_readable(nt_block_of(memory), sizeof(struct nt_block)))
        return NT_BLOCK_FOREIGN;
    hook_caller = place; /* the line to name when it faults nevertheless */
    state = nt_block_state(memory);
    hook_caller = caller;
    if (state == NT_BLOCK_FREED && nt_block_buried(memory, &buried) &&
        buried.entry.object == memory)
        return NT_BLOCK_FOREIGN;
    return state;
}

static _Noreturn void bad_free(enum bad_call call, const void *memory, const char *why,
                               const void *place)
{
    struct hook_stack stacks[HOOK_STACKS_MAX] = { 0 };
    char what[2 * SYMBOL_TEXT_MAX] = "";
    char where[SYMBOL_TEXT_MAX];

    if (state_of(memory, place) != NT_BLOCK_FOREIGN) {
        nt_block_describe(memory, what, sizeof(what));
        nt_block_stacks(nt_block_of(memory), stacks);
    }
    symbol_describe(place, where, sizeof(where));
    hook_caller = place; /* the fourth parameter, where it usually stands, is the memory here */
    NT_BUG_STACKS(BAD_POOL_CALLER, "WSK-V5", stacks, call, call == BAD_ADDRESS ? memory : NULL, 0,
                  call == BAD_ADDRESS ? NULL : memory, "%s, at %s%s%s", why, where,
                  *what ? "; it is the " : "", what);
}

/*
 * What does not look like a block: perhaps it was one, or is a part of one, or has lost its header.
 */
static _Noreturn void bad_address(const void *memory, const void *place)
{
    struct hook_stack stacks[HOOK_STACKS_MAX] = { 0 };
    struct nt_block block;
    char where[SYMBOL_TEXT_MAX];
    long long from;
    bool freed;

    if (!nt_block_find(memory, &block, &freed))
        bad_free(BAD_ADDRESS, memory, "an address that no pool allocation returned was freed",
                 place);
    from = (const char *)memory - (const char *)block.entry.object;
    nt_block_stacks(&block, stacks);
    symbol_describe(place, where, sizeof(where));
    hook_caller = place;
    if (from == 0 && !freed)
        NT_BUG_STACKS(BAD_POOL_HEADER, "WSK-V5", stacks, 0x20, memory, 0, 0,
                      "something wrote in front of the pool block of %llu bytes; found when it was "
                      "freed at %s",
                      (unsigned long long)block.entry.size, where);
    NT_BUG_STACKS(BAD_POOL_CALLER, "WSK-V5", stacks, from == 0 ? BAD_FREED_ALREADY : BAD_ADDRESS,
                  memory, from, 0, "pool was freed %s, at %s: byte %lld of a %s%s of %llu bytes",
                  from == 0 ? "twice" : "by another address than its own", where, from,
                  freed ? "freed " : "", ledger_kind_name((enum ledger_kind)block.entry.kind, 1),
                  (unsigned long long)block.entry.size);
}

static _Noreturn void bad_tag(const struct nt_block *block, ULONG tag, const void *place)
{
    char made_with[5];
    char freed_with[5];
    char made[SYMBOL_TEXT_MAX];
    char where[SYMBOL_TEXT_MAX];

    tag_text(block->entry.tag, made_with);
    tag_text(tag, freed_with);
    symbol_describe(block->entry.place, made, sizeof(made));
    symbol_describe(place, where, sizeof(where));
    hook_caller = place;
    NT_BUG_RULE(BAD_POOL_CALLER, "WSK-V5", BAD_FREE_TAG, (block + 1), block->entry.tag, tag,
                "pool was freed with tag '%s' at %s, but allocated with tag '%s' at %s", freed_with,
                where, made_with, made);
}

void nt_pool_free(void *memory, ULONG tag, const void *place)
{
    struct nt_block *block = nt_block_of(memory);
    enum nt_block_state state = state_of(memory, place);

    if (!memory)
        bad_free(BAD_ADDRESS, memory, "a NULL pointer was freed", place);
    if (state == NT_BLOCK_FOREIGN)
        bad_address(memory, place);
    if (block->entry.kind != LEDGER_POOL)
        bad_free(BAD_ADDRESS, memory, "something that is no pool block was freed as one", place);
    if (state == NT_BLOCK_FREED)
        bad_free(BAD_FREED_ALREADY, memory, "pool was freed twice", place);
    require_pool_irql(block->paged, BAD_FREE_IRQL, (size_t)memory, place);
    if (tag && block->entry.tag != tag)
        bad_tag(block, tag, place);
    if (!nt_block_free(memory, place))
        bad_free(BAD_FREED_ALREADY, memory, "pool was freed twice at once by two threads", place);
}

VOID ExFreePool(PVOID memory)
{
    nt_pool_free(memory, 0, NT_CALLER());
}

/* ntifs.h: a tag of zero frees whatever the tag is. */
VOID ExFreePoolWithTag(PVOID memory, ULONG tag)
{
    nt_pool_free(memory, tag, NT_CALLER());
}

VOID ExFreePool2(PVOID memory, ULONG tag, PVOID parameters, ULONG count)
{
    (void)parameters;
    (void)count;
    nt_pool_free(memory, tag, NT_CALLER());
}

/* Pool is never executable here, so there is nothing to opt into. */
VOID ExInitializeDriverRuntime(ULONG flags)
{
    (void)flags;
}
