/* SPDX-License-Identifier: MIT */
/* buffer.c - from a WSK_BUF (MDL chain, offset, length) to pieces of memory. Changes no MDL. */
#include "circle.h"
#include "translate.h"

#include <string.h>

/*
 * MmGetSystemAddressForMdlSafe would map, and so change, an MDL that is locked but not mapped. Here
 * the system address of a page is its address, so none has to be changed.
 */
static char *mdl_memory(const MDL *mdl)
{
    if (mdl->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL))
        return mdl->MappedSystemVa;
    return (char *)mdl->StartVa + mdl->ByteOffset;
}

/*
 * At most `length` bytes, from one MDL. False at the end, and when the chain ends before the length
 * does.
 */
static bool walk_next(struct wsk_walk *walk, size_t length, struct net_slice *slice)
{
    while (walk->mdl && walk->remaining && length) {
        const MDL *mdl = walk->mdl;
        size_t available = mdl->ByteCount - walk->offset;
        size_t most = length < walk->remaining ? length : walk->remaining;
        size_t size = available < most ? available : most;

        slice->base = mdl_memory(mdl) + walk->offset;
        slice->length = size;
        walk->offset += size;
        walk->remaining -= size;
        if (walk->offset == mdl->ByteCount) {
            walk->mdl = mdl->Next;
            walk->offset = 0;
        }
        if (size)
            return true;
    }
    return false;
}

void wsk_walk_start(struct wsk_walk *walk, const WSK_BUF *buffer)
{
    walk->mdl = buffer->Mdl;
    walk->offset = buffer->Offset;
    walk->remaining = buffer->Length;
}

uint32_t wsk_walk_take(struct wsk_walk *walk, size_t length, struct net_slice *slices, uint32_t room)
{
    struct net_slice slice;
    uint32_t count = 0;

    while (walk_next(walk, length, &slice)) {
        if (count < room)
            slices[count] = slice;
        count++;
        length -= slice.length;
    }
    return count;
}

/* Not when it leads in a circle that does not hold them: a walk through it might never end. */
static bool chain_holds(const MDL *mdl, size_t offset, size_t length)
{
    struct circle circle = { NULL, 0 };

    for (; mdl && !circle_closes(&circle, mdl); mdl = mdl->Next, offset = 0) {
        size_t available = mdl->ByteCount - offset;

        if (length <= available)
            return true;
        length -= available;
    }
    return false;
}

NTSTATUS wsk_buffer_check(const WSK_BUF *buffer)
{
    if (buffer->Length == 0)
        return STATUS_SUCCESS;
    if (!buffer->Mdl || buffer->Offset > buffer->Mdl->ByteCount)
        return STATUS_INVALID_PARAMETER;
    return chain_holds(buffer->Mdl, buffer->Offset, buffer->Length) ? STATUS_SUCCESS
                                                                    : STATUS_INVALID_PARAMETER;
}

void wsk_walk_gather(struct wsk_walk *walk, void *to, size_t size)
{
    struct net_slice slice;
    char *at = to;

    for (; walk_next(walk, size, &slice); size -= slice.length) {
        memcpy(at, slice.base, slice.length);
        at += slice.length;
    }
}

void wsk_buffer_scatter(const WSK_BUF *buffer, const void *from, size_t size)
{
    struct net_slice slice;
    struct wsk_walk walk;
    const char *at = from;

    wsk_walk_start(&walk, buffer);
    for (; walk_next(&walk, size, &slice); size -= slice.length) {
        memcpy(slice.base, at, slice.length);
        at += slice.length;
    }
}
