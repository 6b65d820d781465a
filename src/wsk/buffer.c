/* SPDX-License-Identifier: MIT */
/* buffer.c - from a WSK_BUF (MDL chain, offset, length) to pieces of memory. Changes no MDL. */
#include "translate.h"

#include <string.h>

/* Where a walk along the chain stands. */
struct walk {
    const MDL *mdl;
    size_t offset;    /* into the MDL */
    size_t remaining; /* of the WSK_BUF's length */
};

/*
 * MmGetSystemAddressForMdlSafe would map, and so change, an MDL that is locked but not mapped. Here the
 * system address of a page is its address, so none has to be changed.
 */
static char *mdl_memory(const MDL *mdl)
{
    if (mdl->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL))
        return mdl->MappedSystemVa;
    return (char *)mdl->StartVa + mdl->ByteOffset;
}

/* False at the end, and when the chain ends before the length does. */
static bool walk_next(struct walk *walk, struct net_slice *slice)
{
    while (walk->mdl && walk->remaining) {
        const MDL *mdl = walk->mdl;
        size_t available = mdl->ByteCount - walk->offset;
        size_t length = available < walk->remaining ? available : walk->remaining;

        slice->base = mdl_memory(mdl) + walk->offset;
        slice->length = length;
        walk->mdl = mdl->Next;
        walk->offset = 0;
        walk->remaining -= length;
        if (length)
            return true;
    }
    return false;
}

static bool walk_start(struct walk *walk, const WSK_BUF *buffer)
{
    walk->mdl = buffer->Mdl;
    walk->offset = buffer->Offset;
    walk->remaining = buffer->Length;
    if (buffer->Length == 0)
        return true;
    return buffer->Mdl && buffer->Offset <= buffer->Mdl->ByteCount;
}

NTSTATUS wsk_buffer_slices(const WSK_BUF *buffer, struct net_slice *slices, uint32_t room,
                           uint32_t *count)
{
    struct net_slice slice;
    struct walk walk;
    uint32_t used = 0;

    if (!walk_start(&walk, buffer))
        return STATUS_INVALID_PARAMETER;
    while (walk_next(&walk, &slice)) {
        if (used < room)
            slices[used] = slice;
        used++;
    }
    *count = used;
    if (walk.remaining)
        return STATUS_INVALID_PARAMETER;
    return used <= room ? STATUS_SUCCESS : STATUS_BUFFER_OVERFLOW;
}

NTSTATUS wsk_buffer_check(const WSK_BUF *buffer)
{
    uint32_t count;
    NTSTATUS status = wsk_buffer_slices(buffer, NULL, 0, &count);

    return status == STATUS_BUFFER_OVERFLOW ? STATUS_SUCCESS : status;
}

void wsk_buffer_gather(const WSK_BUF *buffer, void *to, size_t size)
{
    struct net_slice slice;
    struct walk walk;
    char *at = to;

    walk_start(&walk, buffer);
    while (size && walk_next(&walk, &slice)) {
        size_t length = slice.length < size ? slice.length : size;

        memcpy(at, slice.base, length);
        at += length;
        size -= length;
    }
}

void wsk_buffer_scatter(const WSK_BUF *buffer, const void *from, size_t size)
{
    struct net_slice slice;
    struct walk walk;
    const char *at = from;

    walk_start(&walk, buffer);
    while (size && walk_next(&walk, &slice)) {
        size_t length = slice.length < size ? slice.length : size;

        memcpy(slice.base, at, length);
        at += length;
        size -= length;
    }
}
