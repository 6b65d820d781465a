/* SPDX-License-Identifier: MIT */
/* low_resources.c - see low_resources.h. */
#include "low_resources.h"

#include "inject.h"

#include <stdio.h>
#include <stdlib.h>
#include <stdatomic.h>
#include <string.h>

#define DRIVERS_MAX 16
#define POINTS_MAX 65536u

/* Identifiers have 48 bits; above them stands, in the table, that the point was denied. */
#define ID_MASK 0xffffffffffffull
#define ID_DIGITS 12
#define DENIED (1ull << 63)

struct range {
    _Atomic uintptr_t first, behind; /* addresses of the module; 0: none */
};

static struct {
    bool on;
    bool all;
    uint64_t one;
    vf_point_fn *tell;
    _Atomic bool suspended;
    _Atomic bool one_failed;
    struct range drivers[DRIVERS_MAX];
    struct base_lock lock; /* guards what follows, and who writes `drivers` */
    uint64_t *seen;        /* open addressing by identifier, which is never 0; DENIED */
    size_t seen_count;
} low;

/* --- Drivers -------------------------------------------------------------------------------- */

static void set_range(uintptr_t from, uintptr_t first, uintptr_t behind)
{
    base_lock_acquire(&low.lock);
    for (size_t i = 0; i < DRIVERS_MAX; i++) {
        if (atomic_load(&low.drivers[i].first) != from)
            continue;
        atomic_store(&low.drivers[i].behind, behind);
        atomic_store(&low.drivers[i].first, first);
        break;
    }
    base_lock_release(&low.lock);
}

void vf_driver_add(const void *address)
{
    uintptr_t first, behind;

    if (symbol_range(address, &first, &behind))
        set_range(0, first, behind);
}

void vf_driver_remove(const void *address)
{
    uintptr_t first, behind;

    if (symbol_range(address, &first, &behind))
        set_range(first, 0, 0);
}

/* The driver's module, or NULL. */
static const struct range *driver_of(const void *address)
{
    uintptr_t at = (uintptr_t)address;

    for (size_t i = 0; i < DRIVERS_MAX; i++) {
        uintptr_t first = atomic_load_explicit(&low.drivers[i].first, memory_order_relaxed);

        if (first && at >= first &&
            at < atomic_load_explicit(&low.drivers[i].behind, memory_order_relaxed))
            return &low.drivers[i];
    }
    return NULL;
}

const void *vf_driver_frame(void)
{
    const void *stack[SYMBOL_STACK_MAX];
    size_t count = symbol_stack(stack, SYMBOL_STACK_MAX);

    for (size_t i = 0; i < count; i++) {
        if (driver_of(stack[i]))
            return stack[i];
    }
    return NULL;
}

/* --- Points --------------------------------------------------------------------------------- */

static uint64_t mix(uint64_t hash, const void *data, size_t size)
{
    const uint8_t *byte = data;

    while (size--)
        hash = (hash ^ *byte++) * 0x100000001b3ull;
    return hash;
}

static void add_frame(struct vf_point *point, const void *frame)
{
    const struct range *driver = driver_of(frame);
    uint64_t offset;

    if (!driver || point->frame_count == VF_POINT_FRAMES)
        return;
    offset = (uintptr_t)frame - atomic_load(&driver->first);
    point->id = mix(point->id, &offset, sizeof(offset));
    point->frames[point->frame_count++] = frame;
}

/* False when the call is none of a driver's. */
static bool find_point(struct vf_point *point, const char *function, const void *place)
{
    const void *stack[SYMBOL_STACK_MAX];
    size_t count, from = 0;

    *point = (struct vf_point){ .id = 0xcbf29ce484222325ull, .function = function };
    if (!driver_of(place))
        return false;
    point->id = mix(point->id, function, strlen(function));
    count = symbol_stack(stack, SYMBOL_STACK_MAX);
    while (from < count && stack[from] != place)
        from++;
    add_frame(point, place);
    for (size_t i = from + 1; i < count; i++)
        add_frame(point, stack[i]);
    point->id &= ID_MASK;
    point->id += point->id == 0;
    return true;
}

/* Of the list of points, which is full or has no memory: nothing is new any more, nor denied. */
static uint64_t *entry_of(uint64_t id)
{
    size_t at = id % POINTS_MAX;

    if (!low.seen)
        low.seen = os_allocate_zeroed(POINTS_MAX * sizeof(*low.seen));
    if (!low.seen)
        return NULL;
    while (low.seen[at] && (low.seen[at] & ID_MASK) != id)
        at = (at + 1) % POINTS_MAX;
    return low.seen[at] || low.seen_count < POINTS_MAX - 1 ? &low.seen[at] : NULL;
}

/*
 * True when it was not there before. Denies it where every point is denied once, and this one was
 * not yet.
 */
static bool remember(struct vf_point *point, bool deny)
{
    uint64_t *entry;
    bool added = false;

    base_lock_acquire(&low.lock);
    entry = entry_of(point->id);
    if (entry) {
        added = !*entry;
        point->failed = deny && !(*entry & DENIED);
        *entry |= point->id | (point->failed ? DENIED : 0);
        low.seen_count += added;
    }
    base_lock_release(&low.lock);
    return added;
}

static bool is_the_one(const struct vf_point *point)
{
    return low.one == point->id && !atomic_exchange(&low.one_failed, true);
}

bool vf_low_resources(const char *function, const void *place)
{
    bool suspended = atomic_load(&low.suspended), is_new;
    struct vf_point point;

    if (!low.on || !find_point(&point, function, place))
        return false;
    is_new = remember(&point, low.all && !suspended);
    if (!low.all && !suspended)
        point.failed = is_the_one(&point);
    if (low.tell && (is_new || point.failed))
        low.tell(&point);
    return point.failed;
}

static bool fail_allocation(enum hook_allocation kind, size_t size, const void *place)
{
    static const char *const kinds[] = {
        [HOOK_POOL] = "ExAllocatePool", [HOOK_IRP] = "IoAllocateIrp", [HOOK_MDL] = "IoAllocateMdl",
    };

    (void)size;
    if (kind >= sizeof(kinds) / sizeof(*kinds) || !driver_of(place))
        return false;
    return vf_inject_allocation(kind, place) || vf_low_resources(kinds[kind], place);
}

static bool fail_call(const char *function, const void *place)
{
    return vf_low_resources(function, place);
}

/* --- Asking for it -------------------------------------------------------------------------- */

bool vf_low_resources_all(const char *unused, char *error, size_t size)
{
    (void)unused;
    (void)error;
    (void)size;
    low.on = low.all = true;
    return true;
}

bool vf_low_resources_one(const char *id, char *error, size_t size)
{
    size_t digits = strspn(id, "0123456789abcdefABCDEF");
    uint64_t one = digits <= ID_DIGITS ? strtoull(id, NULL, 16) : 0;

    if (id[digits] || !one) {
        snprintf(error, size, "'%s' is no identifier of a point", id);
        return false;
    }
    low.on = true;
    low.one = one;
    return true;
}

void vf_low_resources_suspend(bool suspended)
{
    atomic_store(&low.suspended, suspended);
}

void vf_points_tell(vf_point_fn *met)
{
    low.tell = met;
    low.on = low.on || met != NULL;
}

bool vf_low_resources_on(void)
{
    return low.on;
}

void vf_low_resources_start(struct hooks *hooks)
{
    if (low.on || vf_injecting())
        hooks->fail_allocation = fail_allocation;
    if (low.on)
        hooks->fail_call = fail_call;
}

void vf_low_resources_stop(void)
{
    os_free(low.seen);
    low.seen = NULL;
    low.seen_count = 0;
    low.on = low.all = false;
    low.one = 0;
    low.tell = NULL;
    atomic_store(&low.suspended, false);
    atomic_store(&low.one_failed, false);
}
