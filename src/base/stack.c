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
#define UNSANITIZED __attribute__((no_sanitize("address", "thread", "undefined")))

UNSANITIZED static inline bool is_frame(const uintptr_t *frame, uintptr_t end)
{
    return (uintptr_t)frame % sizeof(*frame) == 0 &&
           (uintptr_t)frame + 2 * sizeof(*frame) <= end && frame[1] >= 4096;
}

/* NULL at the end. */
UNSANITIZED static inline const uintptr_t *frame_above(const uintptr_t *frame, uintptr_t end)
{
    const uintptr_t *above = (const uintptr_t *)frame[0];

    return above > frame && is_frame(above, end) ? above : NULL;
}

/* The frame that returns to `place`; NULL when it is not among the first. */
UNSANITIZED static inline const uintptr_t *frame_of(const void *place, const uintptr_t *frame,
                                                    uintptr_t end)
{
    for (size_t i = 0; frame && i < FRAMES_ABOVE; i++, frame = frame_above(frame, end)) {
        if (frame[1] == (uintptr_t)place)
            return frame;
    }
    return NULL;
}

UNSANITIZED __attribute__((noinline))
static size_t walk(const void *place, const void **frames)
{
    uintptr_t end = os_stack_end();
    const uintptr_t *innermost = __builtin_frame_address(0);
    const uintptr_t *frame;
    size_t count = 0;

    if (!is_frame(innermost, end))
        return 0;
    frame = frame_of(place, innermost, end);
    if (!frame)
        frame = innermost;
    for (; frame && count < STACK_FRAMES_MAX; frame = frame_above(frame, end))
        frames[count++] = (const void *)frame[1];
    return count;
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
    const void *frames[STACK_FRAMES_MAX];
    struct saved *saved = keep(frames, walk(place, frames));

    return saved ? saved->number : 0;
}

UNSANITIZED __attribute__((noinline))
uintptr_t stack_pointer_at(const void *place)
{
    uintptr_t end = os_stack_end();
    const uintptr_t *innermost = __builtin_frame_address(0);
    const uintptr_t *frame = is_frame(innermost, end) ? frame_of(place, innermost, end) : NULL;

    return (uintptr_t)(frame ? frame + 2 : NULL);
}

static struct saved *saved_of(uint32_t stack)
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

uint32_t stack_count(uint32_t stack)
{
    struct saved *saved = saved_of(stack);

    return saved ? atomic_fetch_add_explicit(&saved->times, 1, memory_order_relaxed) + 1 : 0;
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
