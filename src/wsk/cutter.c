/* SPDX-License-Identifier: MIT */
/* cutter.c - see cutter.h. */
#include "cutter.h"

#include "circle.h"

NTSTATUS wsk_cutter_check(const WSK_BUF_LIST *list, size_t segment, size_t most, size_t *total)
{
    struct circle circle = { NULL, 0 };

    *total = 0;
    for (; list; list = list->Next) {
        NTSTATUS status = wsk_buffer_check(&list->Buffer);
        size_t length = list->Buffer.Length;

        if (circle_closes(&circle, list))
            return STATUS_INVALID_PARAMETER;
        if (!NT_SUCCESS(status))
            return status;
        if ((segment && segment < length ? segment : length) > most)
            return STATUS_INVALID_BUFFER_SIZE;
        *total += length;
    }
    return STATUS_SUCCESS;
}

void wsk_cutter_start(struct wsk_cutter *cutter, const WSK_BUF_LIST *list, size_t segment)
{
    *cutter = (struct wsk_cutter){ .node = list, .segment = segment };
}

static bool next_node(struct wsk_cutter *cutter)
{
    if (!cutter->node)
        return false;
    wsk_walk_start(&cutter->walk, &cutter->node->Buffer);
    cutter->node = cutter->node->Next;
    cutter->fresh = true;
    return true;
}

/* To the next datagram; false when there is none. */
static bool next_datagram(struct wsk_cutter *cutter, size_t *length)
{
    if (!cutter->fresh && !cutter->walk.remaining && !next_node(cutter))
        return false;
    *length = cutter->walk.remaining;
    if (cutter->segment && cutter->segment < *length)
        *length = cutter->segment;
    cutter->fresh = false;
    return true;
}

bool wsk_cutter_next(struct wsk_cutter *cutter, struct net_slice *slices, uint32_t room,
                     uint32_t *count, size_t *length)
{
    if (!next_datagram(cutter, length))
        return false;
    *count = wsk_walk_take(&cutter->walk, *length, slices, room);
    return true;
}

void wsk_cutter_gather(struct wsk_cutter *cutter, void *to, size_t length)
{
    size_t next;

    if (next_datagram(cutter, &next))
        wsk_walk_gather(&cutter->walk, to, length);
}
