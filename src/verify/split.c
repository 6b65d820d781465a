/* SPDX-License-Identifier: MIT */
/*
 * split.c - received datagrams in several MDLs, as a network card delivers them. A split datagram is a copy in
 * pieces, each in memory of its own that begins at an odd address; the node points at it until it is the
 * provider's again.
 */
#include "inject.h"

#include "nt.h"

#include <wsk.h>

#include <string.h>

#define PIECES_MAX 16u
#define BUCKETS 256u

struct split {
    struct split *next;
    PWSK_DATAGRAM_INDICATION node;
    WSK_BUF original;
    MDL mdls[PIECES_MAX];
    UCHAR memory[];
};

static struct base_lock lock;
static struct split *buckets[BUCKETS];

static struct split **bucket_of(const void *node)
{
    return &buckets[((uintptr_t)node >> 6) % BUCKETS];
}

static void copy_from(const WSK_BUF *buffer, size_t offset, UCHAR *to, size_t length)
{
    const MDL *mdl = buffer->Mdl;

    for (offset += buffer->Offset; mdl && length; mdl = mdl->Next) {
        size_t here = mdl->ByteCount;

        if (offset < here) {
            size_t size = here - offset < length ? here - offset : length;

            memcpy(to, (const UCHAR *)mdl->MappedSystemVa + offset, size);
            to += size;
            length -= size;
            offset = here;
        }
        offset -= here;
    }
}

static void describe(MDL *mdl, UCHAR *address, size_t length, SHORT flags)
{
    *mdl = (MDL){
        .Size = sizeof(MDL),
        .MdlFlags = flags,
        .MappedSystemVa = address,
        .StartVa = (PVOID)((uintptr_t)address & ~(uintptr_t)(PAGE_SIZE - 1)),
        .ByteCount = (ULONG)length,
        .ByteOffset = (ULONG)((uintptr_t)address & (PAGE_SIZE - 1)),
    };
}

/* A gap in front of each piece that makes its address odd; the first one's is part of its MDL. */
static void lay_out(struct split *split, unsigned pieces)
{
    const WSK_BUF *from = &split->original;
    UCHAR *at = split->memory;
    size_t done = 0;

    for (unsigned i = 0; i < pieces; i++) {
        size_t length = i + 1 == pieces ? from->Length - done : from->Length / pieces;
        unsigned gap = 1 + ((uintptr_t)at & 1) + 2 * (i % 3);

        copy_from(from, done, at + gap, length);
        describe(&split->mdls[i], i ? at + gap : at, i ? length : length + gap,
                 from->Mdl->MdlFlags);
        if (i)
            split->mdls[i - 1].Next = &split->mdls[i];
        else
            split->node->Buffer = (WSK_BUF){ .Mdl = split->mdls, .Offset = gap,
                                             .Length = from->Length };
        at += gap + length;
        done += length;
    }
}

static void split_one(PWSK_DATAGRAM_INDICATION node, unsigned pieces)
{
    struct split **bucket = bucket_of(node);
    struct split *split;

    if (!node->Buffer.Length || node->Buffer.Length < pieces)
        return;
    split = os_allocate_zeroed(sizeof(*split) + node->Buffer.Length + 16u * PIECES_MAX);
    if (!split)
        return;
    split->node = node;
    split->original = node->Buffer;
    lay_out(split, pieces);
    base_lock_acquire(&lock);
    split->next = *bucket;
    *bucket = split;
    base_lock_release(&lock);
}

static struct split *take_out(PWSK_DATAGRAM_INDICATION node)
{
    struct split *found = NULL;

    base_lock_acquire(&lock);
    for (struct split **link = bucket_of(node); *link; link = &(*link)->next) {
        if ((*link)->node == node) {
            found = *link;
            *link = found->next;
            break;
        }
    }
    base_lock_release(&lock);
    return found;
}

void vf_split_list(void *list, unsigned most, uint64_t chance)
{
    if (most > PIECES_MAX)
        most = PIECES_MAX;
    for (PWSK_DATAGRAM_INDICATION node = list; node; node = node->Next) {
        /* Of a former life, when it left the driver's list unseen. */
        os_free(take_out(node));
        split_one(node, 1 + (unsigned)(chance % most));
        chance = chance * 6364136223846793005ull + 1442695040888963407ull;
    }
}

void vf_unsplit_one(void *indication)
{
    PWSK_DATAGRAM_INDICATION node = indication;
    struct split *found = take_out(node);

    if (!found)
        return;
    node->Buffer = found->original;
    memset(found->memory, 0xDD, found->original.Length); /* a late look at it shows */
    os_free(found);
}

void vf_unsplit_list(void *list)
{
    for (PWSK_DATAGRAM_INDICATION node = list; node; node = node->Next)
        vf_unsplit_one(node);
}

/* What a driver never released; its nodes are gone. */
void vf_splits_forget(void)
{
    for (unsigned i = 0; i < BUCKETS; i++) {
        while (buckets[i]) {
            struct split *split = buckets[i];

            buckets[i] = split->next;
            os_free(split);
        }
    }
}
