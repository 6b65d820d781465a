/* SPDX-License-Identifier: MIT */
/* special.c - see special.h. */
#include "special.h"

#include "nt_internal.h"
#include "touch.h"

#include <stdio.h>
#include <string.h>

/* An MDL may be longer than a page, and a reader may begin anywhere in it. */
#define TRAP_PAGES 16u

enum slot_state { SLOT_UNUSED, SLOT_LIVE, SLOT_FREED };

/*
 * Changed under the area's lock. Whoever does not own the block holds it, too, while he looks at
 * the slot or at the header, which is unmapped otherwise when the owner frees the block.
 */
struct slot {
    _Atomic uint32_t state;
    uint32_t life;            /* how often it was taken */
    uint32_t pins;            /* of this life */
    bool out;                 /* paged out */
    bool paged;
    _Atomic(char *) payload;
    struct nt_block block;    /* the header of the last one that was freed */
};

/* Slots of one size, each with a guard page behind. */
struct area {
    size_t slot_count, pages;
    char *first;              /* slot; the page in front is the area's, too */
    struct slot *slots;
    struct base_lock lock;
    uint32_t fresh;           /* slots that were never used */
    uint32_t *freed;          /* a ring: the oldest is used again first */
    uint32_t freed_first, freed_count;
};

static struct area areas[] = {
    { .slot_count = NT_SPECIAL_SMALL_SLOTS, .pages = NT_SPECIAL_SMALL_PAGES },
    { .slot_count = NT_SPECIAL_LARGE_SLOTS, .pages = NT_SPECIAL_LARGE_PAGES },
};
#define AREAS (sizeof(areas) / sizeof(*areas))

static struct base_lock start_lock = BASE_LOCK_INITIALISER;
static _Atomic uint32_t paged_live;

_Atomic uint32_t nt_paged_in;
_Atomic uintptr_t nt_special_first;

/* --- Slots ---------------------------------------------------------------------------------- */

static size_t slot_bytes(const struct area *area)
{
    return (area->pages + 1) * PAGE_SIZE;
}

static size_t area_bytes(const struct area *area)
{
    return NT_SPECIAL_AREA_PAGES(area->slot_count, area->pages) * PAGE_SIZE;
}

static bool area_start(struct area *area)
{
    if (!area->slots)
        area->slots = os_allocate_zeroed(area->slot_count * sizeof(*area->slots));
    if (!area->freed)
        area->freed = os_allocate_zeroed(area->slot_count * sizeof(*area->freed));
    return area->slots && area->freed;
}

/* One reservation, so that a look tells whether an address is in any of them. Under the lock. */
static void start_all(void)
{
    char *first;

    for (size_t i = 0; i < AREAS; i++) {
        if (!area_start(&areas[i]))
            return;
    }
    first = os_reserve(NT_SPECIAL_BYTES);
    if (!first)
        return;
    /* At once: so that the slots, one by one, do not cut it into thousands of mappings. */
    os_protect(first, NT_SPECIAL_BYTES, OS_MEMORY_GIVE_UP);
    areas[0].first = first + PAGE_SIZE;
    for (size_t i = 1; i < AREAS; i++)
        areas[i].first = areas[i - 1].first + area_bytes(&areas[i - 1]);
    atomic_store_explicit(&nt_special_first, (uintptr_t)first, memory_order_release);
}

/* The areas stay for the life of the process, so that a stale pointer always finds its words. */
static bool start(void)
{
    if (!atomic_load_explicit(&nt_special_first, memory_order_acquire)) {
        base_lock_acquire(&start_lock);
        if (!atomic_load(&nt_special_first))
            start_all();
        base_lock_release(&start_lock);
    }
    return atomic_load(&nt_special_first) != 0;
}

static char *slot_first(const struct area *area, const struct slot *slot)
{
    return area->first + (size_t)(slot - area->slots) * slot_bytes(area);
}

static struct slot *slot_at(const void *address, struct area **found)
{
    if (!nt_special_owns(address))
        return NULL;
    for (size_t i = 0; i < AREAS; i++) {
        struct area *area = &areas[i];
        uintptr_t first = (uintptr_t)area->first - PAGE_SIZE;
        uintptr_t at = (uintptr_t)address;
        size_t index;

        if (at >= first + area_bytes(area))
            continue;
        *found = area;
        index = at < first + PAGE_SIZE ? 0 : (at - first - PAGE_SIZE) / slot_bytes(area);
        return &area->slots[index];
    }
    return NULL;
}

static struct slot *take_slot(struct area *area)
{
    struct slot *slot = NULL;

    base_lock_acquire(&area->lock);
    if (area->fresh < area->slot_count) {
        slot = &area->slots[area->fresh++];
    } else if (area->freed_count) {
        slot = &area->slots[area->freed[area->freed_first]];
        area->freed_first = (area->freed_first + 1) % (uint32_t)area->slot_count;
        area->freed_count--;
    }
    base_lock_release(&area->lock);
    return slot;
}

static void live(struct area *area, struct slot *slot, char *payload, bool paged)
{
    base_lock_acquire(&area->lock);
    atomic_store(&slot->payload, payload);
    slot->paged = paged;
    slot->life += slot->life == UINT32_MAX ? 2 : 1;
    slot->pins = 0;
    slot->out = false;
    if (paged) {
        atomic_fetch_add(&paged_live, 1);
        atomic_store(&nt_paged_in, 1);
    }
    atomic_store_explicit(&slot->state, SLOT_LIVE, memory_order_release);
    base_lock_release(&area->lock);
}

/* Under the area's lock. */
static void put_slot(struct area *area, struct slot *slot)
{
    area->freed[(area->freed_first + area->freed_count++) % area->slot_count] =
        (uint32_t)(slot - area->slots);
}

/* --- Taking and giving back ----------------------------------------------------------------- */

bool nt_special_wanted(uint32_t stack)
{
    uint32_t times = stack_count(stack);

    return times && (times <= NT_SPECIAL_EACH || times % NT_SPECIAL_STEP == 0);
}

size_t nt_special_slack(size_t size, size_t alignment)
{
    return (alignment - size % alignment) % alignment;
}

static struct area *area_for(size_t size)
{
    for (size_t i = 0; i < AREAS; i++) {
        if (size <= areas[i].pages * PAGE_SIZE)
            return &areas[i];
    }
    return NULL;
}

void *nt_special_take(size_t front, size_t size, size_t alignment, bool paged)
{
    size_t behind = size + nt_special_slack(size, alignment);
    struct area *area = area_for(front + behind);
    struct slot *slot;
    char *first, *payload;

    if (!area || !start())
        return NULL;
    slot = take_slot(area);
    if (!slot) {
        trace_count(trace_special_full);
        return NULL;
    }
    first = slot_first(area, slot);
    if (!os_protect(first, area->pages * PAGE_SIZE, OS_MEMORY_USE)) {
        trace_count(trace_special_full);
        base_lock_acquire(&area->lock);
        put_slot(area, slot);
        base_lock_release(&area->lock);
        return NULL;
    }
    payload = first + area->pages * PAGE_SIZE - behind;
    live(area, slot, payload, paged);
    return payload;
}

void nt_special_give_back(void *memory)
{
    struct area *area;
    struct slot *slot = slot_at(memory, &area);
    struct nt_block block = *nt_block_in_front(memory); /* may bring it in, which takes the lock */

    if (slot->paged)
        atomic_fetch_sub(&paged_live, 1);
    /* Nobody brings it in again in between. */
    base_lock_acquire(&area->lock);
    slot->block = block;
    atomic_store_explicit(&slot->state, SLOT_FREED, memory_order_release);
    /* What still can be touched must not be somebody else's. */
    if (os_protect(slot_first(area, slot), area->pages * PAGE_SIZE, OS_MEMORY_GIVE_UP))
        put_slot(area, slot);
    else
        trace_count(trace_special_full);
    base_lock_release(&area->lock);
}

/* --- Looking -------------------------------------------------------------------------------- */

struct nt_block *nt_special_freed_block(const void *memory)
{
    struct area *area;
    struct slot *slot = slot_at(memory, &area);

    if (!slot || atomic_load_explicit(&slot->payload, memory_order_relaxed) != memory ||
        atomic_load_explicit(&slot->state, memory_order_acquire) != SLOT_FREED)
        return NULL;
    return &slot->block;
}

/* --- Paging --------------------------------------------------------------------------------- */

/*
 * The lock is held, the block is live. False: the system has no more mappings, and the memory is
 * still out.
 */
static bool page_in(struct area *area, struct slot *slot)
{
    bool in = true;

    if (slot->out) {
        in = os_protect(slot_first(area, slot), area->pages * PAGE_SIZE, OS_MEMORY_USE);
        slot->out = !in;
        atomic_store(&nt_paged_in, 1);
    }
    return in;
}

static void trim_area(struct area *area)
{
    base_lock_acquire(&area->lock);
    for (uint32_t i = 0; i < area->fresh; i++) {
        struct slot *slot = &area->slots[i];

        if (!slot->paged || slot->out || slot->pins || atomic_load(&slot->state) != SLOT_LIVE)
            continue;
        slot->out = true;
        os_protect(slot_first(area, slot), area->pages * PAGE_SIZE, OS_MEMORY_NONE);
    }
    base_lock_release(&area->lock);
}

void nt_paged_trim(void)
{
    if (!atomic_exchange(&nt_paged_in, 0) || !atomic_load(&paged_live) || !hook_rule(20))
        return;
    for (size_t i = 0; i < AREAS; i++)
        trim_area(&areas[i]);
}

uint32_t nt_special_pin(const void *address)
{
    struct area *area;
    struct slot *slot = slot_at(address, &area);
    uint32_t life = 0;

    if (!slot)
        return 0;
    base_lock_acquire(&area->lock);
    if (slot->paged && atomic_load(&slot->state) == SLOT_LIVE) {
        slot->pins++;
        life = slot->life;
        page_in(area, slot);
    }
    base_lock_release(&area->lock);
    return life;
}

void nt_special_unpin(const void *address, uint32_t life)
{
    struct area *area;
    struct slot *slot = life ? slot_at(address, &area) : NULL;

    if (!slot)
        return;
    base_lock_acquire(&area->lock);
    /* The last one gone, it may go out with the next thread that reaches DISPATCH_LEVEL. */
    if (slot->life == life && slot->pins && --slot->pins == 0)
        atomic_store(&nt_paged_in, 1);
    base_lock_release(&area->lock);
}

/* --- Looking at what is another's ----------------------------------------------------------- */

/* Under the lock. False: there is none, or it cannot be read. */
static bool look(struct area *area, struct slot *slot, struct nt_block *block, bool *freed)
{
    uint32_t state = atomic_load(&slot->state);

    if (state == SLOT_UNUSED || (state == SLOT_LIVE && !page_in(area, slot)))
        return false;
    *freed = state == SLOT_FREED;
    nt_block_copy(block, *freed ? &slot->block : nt_block_in_front(atomic_load(&slot->payload)));
    return true;
}

bool nt_special_find(const void *address, struct nt_block *block, bool *freed)
{
    struct area *area;
    struct slot *slot = slot_at(address, &area);
    bool found;

    if (!slot)
        return false;
    base_lock_acquire(&area->lock);
    found = look(area, slot, block, freed);
    base_lock_release(&area->lock);
    return found;
}

/* --- The trap for stale indications (WSK-V22) ----------------------------------------------- */

static _Atomic(char *) trap;

char *nt_trap_address(void)
{
    char *page = atomic_load_explicit(&trap, memory_order_acquire);

    if (page)
        return page;
    base_lock_acquire(&start_lock);
    if (!atomic_load(&trap))
        atomic_store(&trap, os_reserve(TRAP_PAGES * PAGE_SIZE));
    page = atomic_load(&trap);
    base_lock_release(&start_lock);
    return page;
}

static bool is_trap(const void *address)
{
    uintptr_t first = (uintptr_t)atomic_load_explicit(&trap, memory_order_acquire);

    return first && (uintptr_t)address >= first &&
           (uintptr_t)address < first + TRAP_PAGES * PAGE_SIZE;
}

/* --- Faults --------------------------------------------------------------------------------- */

static _Noreturn void touched_paged(const void *address, bool write, const void *place)
{
    char where[SYMBOL_TEXT_MAX];

    symbol_describe(place, where, sizeof(where));
    NT_BUG_STACKS(IRQL_NOT_LESS_OR_EQUAL, "WSK-V20", NULL, address, nt_irql(), write,
                  place,
                  "paged pool was %s at DISPATCH_LEVEL, where it may be paged out, at %s",
                  write ? "written" : "read", where);
}

static bool is_inside(const struct area *area, const struct slot *slot, const void *address)
{
    const char *first = slot_first(area, slot);

    return (const char *)address >= first &&
           (const char *)address < first + area->pages * PAGE_SIZE;
}

enum fault { FAULT_FOREIGN, FAULT_MENDED, FAULT_PAGED_OUT, FAULT_TOUCHED };

/* Under the lock: of a touch of paged pool that is out, at that IRQL. */
static enum fault judge_paged(struct area *area, struct slot *slot, const char *address)
{
    /* The header is the executive's, and neighbours in the ledger write to it. */
    if (nt_irql() >= DISPATCH_LEVEL && address >= atomic_load(&slot->payload) && !nt_self.probing)
        return FAULT_PAGED_OUT;
    return page_in(area, slot) ? FAULT_MENDED : FAULT_FOREIGN;
}

/*
 * Under the lock. A page that is there now was not when the thread came by: the block that it meant
 * was freed, and its slot taken again since.
 */
static enum fault judge(struct area *area, struct slot *slot, const void *address,
                        struct nt_block *block, bool *freed)
{
    bool in_pages = atomic_load(&slot->state) == SLOT_LIVE && is_inside(area, slot, address);

    if (in_pages && slot->paged)
        return judge_paged(area, slot, address);
    if (nt_self.probing || (in_pages && slot->life == 1) || !look(area, slot, block, freed))
        return FAULT_FOREIGN;
    if (in_pages) {
        *freed = true;
        *block = slot->block;
    }
    return FAULT_TOUCHED;
}

bool nt_special_fault(const void *address, bool write, const void *place)
{
    struct area *area;
    struct slot *slot = slot_at(address, &area);
    struct nt_block block;
    enum fault fault;
    bool freed;

    if (is_trap(address) && !nt_self.probing)
        nt_touched_indication(address, write, place);
    if (!slot)
        return false;
    base_lock_acquire(&area->lock);
    fault = judge(area, slot, address, &block, &freed);
    base_lock_release(&area->lock);
    if (fault == FAULT_PAGED_OUT)
        touched_paged(address, write, place);
    if (fault == FAULT_TOUCHED)
        nt_touched_block(&block, freed, address, write, place);
    return fault == FAULT_MENDED;
}
