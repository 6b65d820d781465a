/* SPDX-License-Identifier: MIT */
/*
 * slab.h - objects of one kind, recycled. Memory once given to a slab stays of that kind until the
 * slab is destroyed, so a stale pointer still points at an object of the kind and can be
 * recognised. Each object begins with a cache line.
 */
#ifndef OPENWSK_BASE_SLAB_H
#define OPENWSK_BASE_SLAB_H

#include "lock.h"

#include <stddef.h>

struct slab_item;
struct slab_chunk;

struct slab {
    struct base_lock lock;
    size_t object_size;
    size_t objects_per_chunk;
    struct slab_item *free_oldest; /* first in, first out: a stale pointer stays recognisable longest */
    struct slab_item *free_newest;
    struct slab_chunk *chunks;
    size_t in_use;
};

void slab_init(struct slab *slab, size_t object_size, size_t objects_per_chunk);

/* Every object must have been returned. */
void slab_destroy(struct slab *slab);

/*
 * NULL when there is no memory. The object keeps the bytes of its former life; a new one is zeroed.
 */
void *slab_allocate(struct slab *slab);
void slab_free(struct slab *slab, void *object);

/* Whether the address is the start of an object of this slab, in use or free. */
bool slab_owns(struct slab *slab, const void *address);

#endif
