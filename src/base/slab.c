/* SPDX-License-Identifier: MIT */
/* slab.c - see slab.h. */
#include "slab.h"

#include "assert_fatal.h"
#include "os.h"

#include <string.h>

/* In front of each object, so that recycling does not overwrite what the object was. */
struct slab_item {
    struct slab_item *next;
};

/* Its first object follows at the second line, each with its item in front. */
struct slab_chunk {
    struct slab_chunk *next;
};

static size_t item_stride(const struct slab *slab)
{
    size_t size = sizeof(struct slab_item) + slab->object_size;

    return (size + OS_CACHE_LINE - 1) & ~(size_t)(OS_CACHE_LINE - 1);
}

static char *first_object(const struct slab_chunk *chunk)
{
    return (char *)chunk + OS_CACHE_LINE;
}

void slab_init(struct slab *slab, size_t object_size, size_t objects_per_chunk)
{
    memset(slab, 0, sizeof(*slab));
    slab->object_size = object_size;
    slab->objects_per_chunk = objects_per_chunk;
}

void slab_destroy(struct slab *slab)
{
    BASE_REQUIRE(slab->in_use == 0);
    while (slab->chunks) {
        struct slab_chunk *chunk = slab->chunks;

        slab->chunks = chunk->next;
        os_free(chunk);
    }
    slab->free_oldest = slab->free_newest = NULL;
}

static void push_free(struct slab *slab, struct slab_item *item)
{
    item->next = NULL;
    if (slab->free_newest)
        slab->free_newest->next = item;
    else
        slab->free_oldest = item;
    slab->free_newest = item;
}

static bool grow(struct slab *slab)
{
    size_t stride = item_stride(slab), size = OS_CACHE_LINE + stride * slab->objects_per_chunk;
    struct slab_chunk *chunk = os_allocate_aligned(OS_CACHE_LINE, size);

    if (!chunk)
        return false;
    memset(chunk, 0, size);
    chunk->next = slab->chunks;
    slab->chunks = chunk;
    for (size_t i = 0; i < slab->objects_per_chunk; i++)
        push_free(slab, (struct slab_item *)(void *)(first_object(chunk) + i * stride) - 1);
    return true;
}

void *slab_allocate(struct slab *slab)
{
    struct slab_item *item = NULL;

    base_lock_acquire(&slab->lock);
    if (slab->free_oldest || grow(slab)) {
        item = slab->free_oldest;
        slab->free_oldest = item->next;
        if (!slab->free_oldest)
            slab->free_newest = NULL;
        slab->in_use++;
    }
    base_lock_release(&slab->lock);
    return item ? item + 1 : NULL;
}

void slab_free(struct slab *slab, void *object)
{
    base_lock_acquire(&slab->lock);
    push_free(slab, (struct slab_item *)object - 1);
    slab->in_use--;
    base_lock_release(&slab->lock);
}

static bool chunk_owns(const struct slab *slab, const struct slab_chunk *chunk, const void *address)
{
    uintptr_t first = (uintptr_t)first_object(chunk);
    uintptr_t offset = (uintptr_t)address - first;

    return (uintptr_t)address >= first && offset < item_stride(slab) * slab->objects_per_chunk &&
           offset % item_stride(slab) == 0;
}

bool slab_owns(struct slab *slab, const void *address)
{
    bool owned = false;

    base_lock_acquire(&slab->lock);
    for (const struct slab_chunk *chunk = slab->chunks; chunk && !owned; chunk = chunk->next)
        owned = chunk_owns(slab, chunk, address);
    base_lock_release(&slab->lock);
    return owned;
}
