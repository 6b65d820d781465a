/* SPDX-License-Identifier: MIT */
/* numbers.c - small numbers for addresses, so that a report can say socket#2 and irp#5. */
#include "calls.h"

#include <string.h>

#define ROOM_FIRST 64

/* Open addressing with linear probing; a taken-out key leaves a mark, so that chains stay whole. */
struct numbers {
    struct base_lock lock;
    struct slot {
        uintptr_t key; /* 0 free, TAKEN_OUT */
        uint32_t number;
    } *slots;
    size_t room;       /* a power of two, or 0 */
    size_t used;       /* slots that are not free */
    uint32_t last;
};

#define TAKEN_OUT 1u

static struct numbers sockets, irps;

static size_t hash(uintptr_t key, size_t room)
{
    return (size_t)((key >> 4) * 0x9E3779B97F4A7C15ull >> 20) & (room - 1);
}

/* The key's slot, or the free one where the chain ends. Under the lock; there is room. */
static struct slot *find(const struct numbers *numbers, uintptr_t key)
{
    size_t at = hash(key, numbers->room);

    while (numbers->slots[at].key && numbers->slots[at].key != key)
        at = (at + 1) & (numbers->room - 1);
    return &numbers->slots[at];
}

static bool grow(struct numbers *numbers)
{
    struct numbers larger = { .room = numbers->room ? 2 * numbers->room : ROOM_FIRST };

    larger.slots = os_allocate_zeroed(larger.room * sizeof(*larger.slots));
    if (!larger.slots)
        return false;
    for (size_t i = 0; i < numbers->room; i++) {
        if (numbers->slots[i].key <= TAKEN_OUT)
            continue;
        *find(&larger, numbers->slots[i].key) = numbers->slots[i];
        larger.used++;
    }
    os_free(numbers->slots);
    numbers->slots = larger.slots;
    numbers->room = larger.room;
    numbers->used = larger.used;
    return true;
}

/* `renew`: whatever number the address had before, it gets a new one. */
static uint32_t number_of(struct numbers *numbers, const void *address, bool make, bool renew)
{
    struct slot *slot;
    uint32_t number = 0;

    base_lock_acquire(&numbers->lock);
    if (make && 2 * numbers->used >= numbers->room && !grow(numbers))
        make = false;
    if (numbers->room && 2 * numbers->used <= numbers->room) {
        slot = find(numbers, (uintptr_t)address);
        if (make && !slot->key) {
            *slot = (struct slot){ .key = (uintptr_t)address, .number = ++numbers->last };
            numbers->used++;
        } else if (make && renew) {
            slot->number = ++numbers->last;
        }
        number = slot->key ? slot->number : 0;
    }
    base_lock_release(&numbers->lock);
    return number;
}

uint32_t vf_socket_number(const void *socket)
{
    return number_of(&sockets, socket, false, false);
}

uint32_t vf_irp_number(const void *irp)
{
    return irp ? number_of(&irps, irp, true, false) : 0;
}

uint32_t vf_socket_made(const void *socket)
{
    return number_of(&sockets, socket, true, true);
}

void vf_socket_gone(const void *socket, uint32_t number)
{
    struct slot *slot;

    base_lock_acquire(&sockets.lock);
    if (sockets.room) {
        slot = find(&sockets, (uintptr_t)socket);
        if (slot->key && slot->number == number)
            slot->key = TAKEN_OUT;
    }
    base_lock_release(&sockets.lock);
}

static void forget(struct numbers *numbers)
{
    base_lock_acquire(&numbers->lock);
    os_free(numbers->slots);
    numbers->slots = NULL;
    numbers->room = numbers->used = 0;
    numbers->last = 0;
    base_lock_release(&numbers->lock);
}

void vf_numbers_forget(void)
{
    forget(&sockets);
    forget(&irps);
}
