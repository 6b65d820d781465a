/* SPDX-License-Identifier: MIT */
/*
 * split.c - received datagrams in several MDLs, as a network card delivers them. A split datagram
 * is a copy in pieces, each in memory of its own that begins at an odd address; the node points at
 * it until it is the provider's again.
 *
 * Pieces lie in memory that is lent (nt.h): who reads on behind one, as if the datagram lay in one
 * piece, faults (WSK-V5), and so does who comes late (WSK-V22). As that costs some calls of the
 * system, not all do.
 */
#include "inject.h"

#include "circle.h"
#include "nt.h"

#include <wsk.h>

#include <string.h>

#define PIECES_MAX 16u
#define BUCKETS 256u
#define ALIGNMENT 16u
#define LEAD 3u      /* bytes of the first MDL in front of the datagram */
#define BEHIND 0xBD  /* where a piece of even length does not reach the end */

/* Datagrams whose pieces are lent: the first, and then one in as many. */
#define GUARDED_FIRST 64u
#define GUARDED_STEP 256u

struct piece {
    void *memory; /* begins with the MDL */
    size_t size;
    bool lent;
};

struct split {
    struct split *next;
    PWSK_DATAGRAM_INDICATION node;
    WSK_BUF original;
    unsigned count;
    struct piece pieces[PIECES_MAX];
};

static struct base_lock lock;
static struct split *buckets[BUCKETS];
static _Atomic uint32_t split_count;

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

/* --- Pieces --------------------------------------------------------------------------------- */

/*
 * Those beyond, which cost no call of the system, lie anywhere: what is behind them is not watched.
 */
static bool is_guarded(void)
{
    uint32_t count;

    if (!hook_rule(5))
        return false;
    count = atomic_fetch_add_explicit(&split_count, 1, memory_order_relaxed);
    return count < GUARDED_FIRST || count % GUARDED_STEP == 0;
}

static bool piece_take(struct piece *piece, size_t size, bool guarded, const void *place)
{
    piece->memory = guarded ? nt_lend(size, place) : NULL;
    piece->lent = piece->memory != NULL;
    if (!piece->lent)
        piece->memory = os_allocate(size);
    return piece->memory != NULL;
}

static void piece_give_back(const struct piece *piece, const void *released_at)
{
    if (piece->lent) {
        nt_lend_end(piece->memory, released_at);
        return;
    }
    memset(piece->memory, 0xDD, piece->size); /* a late look at it shows */
    os_free(piece->memory);
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

/*
 * The MDL, a gap, and the bytes, which begin at an odd address and so end where the memory does or
 * one byte before. The gap of the first piece is part of its MDL: `lead`.
 */
static bool make_piece(struct split *split, size_t done, size_t length, unsigned lead, bool guarded,
                       const void *place)
{
    struct piece *piece = &split->pieces[split->count];
    size_t slack = length % 2 ? 0 : 1;
    UCHAR *at;

    piece->size = (sizeof(MDL) + lead + length + slack + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (!piece_take(piece, piece->size, guarded, place))
        return false;
    at = (UCHAR *)piece->memory + piece->size - slack - length;
    copy_from(&split->original, done, at, length);
    if (slack)
        at[length] = BEHIND;
    describe(piece->memory, at - lead, lead + length, split->original.Mdl->MdlFlags);
    if (split->count)
        ((MDL *)split->pieces[split->count - 1].memory)->Next = piece->memory;
    split->count++;
    return true;
}

static void give_back(struct split *split, const void *released_at)
{
    for (unsigned i = 0; i < split->count; i++)
        piece_give_back(&split->pieces[i], released_at);
    os_free(split);
}

static bool make_pieces(struct split *split, unsigned pieces, const void *place)
{
    const WSK_BUF *from = &split->original;
    bool guarded = is_guarded();

    for (unsigned i = 0; i < pieces; i++) {
        size_t done = from->Length / pieces * i;
        size_t length = i + 1 == pieces ? from->Length - done : from->Length / pieces;

        if (!make_piece(split, done, length, i ? 0 : LEAD, guarded, place))
            return false;
    }
    return true;
}

/* --- Datagrams ------------------------------------------------------------------------------ */

static void split_one(PWSK_DATAGRAM_INDICATION node, unsigned pieces, const void *place)
{
    struct split **bucket = bucket_of(node);
    struct split *split;

    if (!node->Buffer.Length || node->Buffer.Length < pieces)
        return;
    split = os_allocate_zeroed(sizeof(*split));
    if (!split)
        return;
    split->node = node;
    split->original = node->Buffer;
    if (!make_pieces(split, pieces, place)) {
        give_back(split, NULL);
        return;
    }
    node->Buffer = (WSK_BUF){ .Mdl = split->pieces[0].memory, .Offset = LEAD,
                              .Length = split->original.Length };
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

void vf_split_list(void *list, unsigned most, uint64_t chance, const void *place)
{
    struct split *former;

    if (most > PIECES_MAX)
        most = PIECES_MAX;
    for (PWSK_DATAGRAM_INDICATION node = list; node; node = node->Next) {
        /* Of a former life, when it left the driver's list unseen. */
        former = take_out(node);
        if (former)
            give_back(former, NULL);
        split_one(node, 1 + (unsigned)(chance % most), place);
        chance = chance * 6364136223846793005ull + 1442695040888963407ull;
    }
}

void vf_unsplit_one(void *indication, const void *released_at)
{
    PWSK_DATAGRAM_INDICATION node = indication;
    struct split *found = take_out(node);

    if (!found)
        return;
    node->Buffer = found->original;
    give_back(found, released_at);
}

void vf_unsplit_list(void *list, const void *released_at)
{
    PWSK_DATAGRAM_INDICATION node = list;
    struct circle circle = { NULL, 0 };

    for (; node && !circle_closes(&circle, node); node = node->Next)
        vf_unsplit_one(node, released_at);
}

/* What a driver never released; its nodes are gone. */
void vf_splits_forget(void)
{
    for (unsigned i = 0; i < BUCKETS; i++) {
        while (buckets[i]) {
            struct split *split = buckets[i];

            buckets[i] = split->next;
            give_back(split, NULL);
        }
    }
    atomic_store(&split_count, 0);
}
