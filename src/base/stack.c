/* SPDX-License-Identifier: MIT */
/* stack.c - see stack.h. */
#include "stack.h"

#include "os.h"
#include "symbol.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define BUCKETS 16384u

/* Frames of the library between the walk and the driver's place. */
#define FRAMES_ABOVE 12

struct saved {
    struct saved *next;
    uint32_t number;
    uint32_t hash;
    uint32_t count;
    _Atomic uint32_t times;
    const void *frames[];
};

/* Only grows, so readers need no lock. */
static _Atomic(struct saved *) buckets[BUCKETS];
static _Atomic(struct saved *) numbers[STACKS_MAX + 1];
static _Atomic uint32_t taken;

/* --- Walking -------------------------------------------------------------------------------- */

/*
 * Code without frame pointers may have left anything in the register, so each link must lead up
 * within this thread's stack; what lies there is mapped, though perhaps poisoned.
 */
__attribute__((no_sanitize("address", "thread", "undefined"), noinline))
static size_t walk(const void **frames, uintptr_t *pointers, size_t room)
{
    const uintptr_t *frame = __builtin_frame_address(0);
    uintptr_t end = os_stack_end();
    size_t count = 0;

    while (count < room && (uintptr_t)frame % sizeof(*frame) == 0 &&
           (uintptr_t)frame + 2 * sizeof(*frame) <= end) {
        const uintptr_t *next = (const uintptr_t *)frame[0];

        if (frame[1] < 4096)
            break;
        if (pointers)
            pointers[count] = (uintptr_t)(frame + 2);
        frames[count++] = (const void *)frame[1];
        if (next <= frame)
            break;
        frame = next;
    }
    return count;
}

static size_t index_of(const void *const *frames, size_t count, const void *place)
{
    for (size_t i = 0; i < count && i < FRAMES_ABOVE; i++) {
        if (frames[i] == place)
            return i;
    }
    return 0;
}

/* --- Keeping -------------------------------------------------------------------------------- */

static uint32_t hash_of(const void *const *frames, size_t count)
{
    uint64_t hash = count;

    for (size_t i = 0; i < count; i++)
        hash = (hash ^ (uintptr_t)frames[i]) * 0x9E3779B97F4A7C15ull;
    return (uint32_t)(hash >> 32);
}

static struct saved *find(struct saved *first, uint32_t hash, const void *const *frames,
                          size_t count)
{
    for (struct saved *saved = first; saved; saved = saved->next) {
        if (saved->hash == hash && saved->count == count &&
            memcmp(saved->frames, frames, count * sizeof(*frames)) == 0)
            return saved;
    }
    return NULL;
}

static struct saved *make(uint32_t hash, const void *const *frames, size_t count)
{
    struct saved *saved = NULL;
    uint32_t number;

    if (atomic_load_explicit(&taken, memory_order_relaxed) >= STACKS_MAX)
        return NULL;
    number = atomic_fetch_add(&taken, 1) + 1;
    if (number <= STACKS_MAX)
        saved = os_allocate(sizeof(*saved) + count * sizeof(*frames));
    if (!saved)
        return NULL;
    saved->number = number;
    saved->hash = hash;
    saved->count = (uint32_t)count;
    atomic_init(&saved->times, 0);
    memcpy(saved->frames, frames, count * sizeof(*frames));
    atomic_store_explicit(&numbers[number], saved, memory_order_release);
    return saved;
}

/* Two threads may keep the same stack twice; that costs a number. */
static struct saved *keep(const void *const *frames, size_t count)
{
    uint32_t hash = hash_of(frames, count);
    _Atomic(struct saved *) *bucket = &buckets[hash % BUCKETS];
    struct saved *first = atomic_load_explicit(bucket, memory_order_acquire);
    struct saved *saved = find(first, hash, frames, count);

    if (saved)
        return saved;
    saved = make(hash, frames, count);
    if (!saved)
        return NULL;
    saved->next = first;
    while (!atomic_compare_exchange_weak_explicit(bucket, &saved->next, saved,
                                                  memory_order_release, memory_order_relaxed))
        continue;
    return saved;
}

/* --- The door ------------------------------------------------------------------------------- */

uint32_t stack_take(const void *place)
{
    const void *frames[FRAMES_ABOVE + STACK_FRAMES_MAX];
    size_t count = walk(frames, NULL, FRAMES_ABOVE + STACK_FRAMES_MAX);
    size_t from = index_of(frames, count, place);
    struct saved *saved;

    count -= from;
    if (count > STACK_FRAMES_MAX)
        count = STACK_FRAMES_MAX;
    saved = keep(frames + from, count);
    if (!saved)
        return 0;
    atomic_fetch_add_explicit(&saved->times, 1, memory_order_relaxed);
    return saved->number;
}

uintptr_t stack_pointer_at(const void *place)
{
    const void *frames[FRAMES_ABOVE];
    uintptr_t pointers[FRAMES_ABOVE];
    size_t count = walk(frames, pointers, FRAMES_ABOVE);
    size_t at = index_of(frames, count, place);

    return count && frames[at] == place ? pointers[at] : 0;
}

static const struct saved *saved_of(uint32_t stack)
{
    if (!stack || stack > STACKS_MAX)
        return NULL;
    return atomic_load_explicit(&numbers[stack], memory_order_acquire);
}

size_t stack_frames(uint32_t stack, const void *const **frames)
{
    const struct saved *saved = saved_of(stack);

    if (!saved)
        return 0;
    *frames = saved->frames;
    return saved->count;
}

uint32_t stack_times(uint32_t stack)
{
    const struct saved *saved = saved_of(stack);

    return saved ? atomic_load_explicit(&saved->times, memory_order_relaxed) : 0;
}

static bool same_module(const void *left, const void *right)
{
    char files[2][512];

    symbol_module(left, files[0], sizeof(files[0]));
    symbol_module(right, files[1], sizeof(files[1]));
    return strcmp(files[0], files[1]) == 0;
}

void stack_describe(uint32_t stack, char *text, size_t size)
{
    const void *const *frames = NULL;
    size_t count = stack_frames(stack, &frames);
    size_t used = 0;

    snprintf(text, size, "an unknown place");
    for (size_t i = 0; i < count && used < size; i++) {
        char where[SYMBOL_TEXT_MAX];

        if (i && !same_module(frames[0], frames[i]))
            break;
        symbol_describe(frames[i], where, sizeof(where));
        used += (size_t)snprintf(text + used, size - used, "%s%s", i ? " < " : "", where);
    }
}
