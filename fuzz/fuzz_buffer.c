/* SPDX-License-Identifier: MIT */
/*
 * fuzz_buffer.c - MDL chains of any shape, against the same bytes in one piece: what a WSK_BUF names,
 * how it is cut to datagrams, and where received bytes go.
 */
#include "fuzz.h"

#include "cutter.h"
#include "nt.h"

#define CHAIN_MAX 12
#define PIECE_MAX 40
#define SLICES_MAX 16

/* The pieces lie in memory of their own; `flat` is what they say together. */
struct chain {
    PMDL mdls[CHAIN_MAX];
    uint8_t *pieces[CHAIN_MAX];
    size_t sizes[CHAIN_MAX];
    unsigned count;
    uint8_t flat[CHAIN_MAX * PIECE_MAX];
    size_t total;
};

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    MUST(nt_start() == STATUS_SUCCESS);
    return 0;
}

static void make_piece(struct chain *chain, size_t size)
{
    unsigned i = chain->count++;

    chain->sizes[i] = size;
    chain->pieces[i] = malloc(size ? size : 1);
    MUST(chain->pieces[i] != NULL);
    for (size_t b = 0; b < size; b++, chain->total++)
        chain->pieces[i][b] = chain->flat[chain->total] = (uint8_t)(chain->total * 7 + i);
    chain->mdls[i] = IoAllocateMdl(chain->pieces[i], (ULONG)size, FALSE, FALSE, NULL);
    MUST(chain->mdls[i] != NULL);
    MmBuildMdlForNonPagedPool(chain->mdls[i]);
    if (i)
        chain->mdls[i - 1]->Next = chain->mdls[i];
}

static void make_chain(struct reader *reader, struct chain *chain)
{
    unsigned count = take_below(reader, CHAIN_MAX + 1);

    chain->count = 0;
    chain->total = 0;
    while (chain->count < count)
        make_piece(chain, take_below(reader, PIECE_MAX + 1));
}

static void free_chain(struct chain *chain)
{
    for (unsigned i = 0; i < chain->count; i++) {
        IoFreeMdl(chain->mdls[i]);
        free(chain->pieces[i]);
    }
}

/* What the documentation demands of a WSK_BUF (BUF-02, BUF-04). */
static bool is_good(const struct chain *chain, const WSK_BUF *buffer)
{
    if (buffer->Length == 0)
        return true;
    return chain->count && buffer->Offset <= chain->sizes[0] &&
           buffer->Length <= chain->total - buffer->Offset;
}

static const uint8_t *append_slices(const struct net_slice *slices, uint32_t count,
                                    const uint8_t *expected)
{
    for (uint32_t i = 0; i < count; i++) {
        MUST(slices[i].length != 0);
        MUST(memcmp(slices[i].base, expected, slices[i].length) == 0);
        expected += slices[i].length;
    }
    return expected;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* One datagram after the other, each equal to its part of the flat copy. */
static void check_cuts(const struct chain *chain, const WSK_BUF *buffer, size_t segment)
{
    WSK_BUF_LIST list = { .Next = NULL, .Buffer = *buffer };
    const uint8_t *expected = chain->flat + buffer->Offset;
    size_t left = buffer->Length, length, total;
    struct net_slice slices[SLICES_MAX];
    struct wsk_cutter cutter, before;
    bool first = true;
    uint32_t count;

    MUST(wsk_cutter_check(&list, segment, SIZE_MAX, &total) == STATUS_SUCCESS);
    MUST(total == buffer->Length);
    wsk_cutter_start(&cutter, &list, segment);
    before = cutter;
    while (wsk_cutter_next(&cutter, slices, SLICES_MAX, &count, &length)) {
        uint8_t gathered[CHAIN_MAX * PIECE_MAX];

        MUST(length == (segment ? least(segment, left) : left) && (length || first));
        wsk_cutter_gather(&before, gathered, length);
        MUST(length == 0 || memcmp(gathered, expected, length) == 0);
        if (length)
            MUST(append_slices(slices, count, expected) == expected + length);
        expected += length;
        left -= length;
        before = cutter;
        first = false;
    }
    MUST(left == 0 && !first);
}

/* The bytes go where the WSK_BUF says, and nowhere else. */
static void check_scatter(struct chain *chain, const WSK_BUF *buffer, size_t size)
{
    uint8_t fresh[CHAIN_MAX * PIECE_MAX];
    size_t at = 0;

    memset(fresh, 0xee, sizeof(fresh));
    wsk_buffer_scatter(buffer, fresh, size);
    if (size)
        memset(chain->flat + buffer->Offset, 0xee, size);
    for (unsigned i = 0; i < chain->count; i++) {
        MUST(memcmp(chain->pieces[i], chain->flat + at, chain->sizes[i]) == 0);
        at += chain->sizes[i];
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader reader = { data, size };
    struct chain chain;
    WSK_BUF buffer = { 0 };
    size_t segment;
    bool good;

    make_chain(&reader, &chain);
    buffer.Mdl = chain.count ? chain.mdls[0] : NULL;
    buffer.Offset = take8(&reader) == 255 ? take32(&reader) : take8(&reader);
    buffer.Length = take8(&reader) == 255 ? (SIZE_T)-1 - take8(&reader) : take16(&reader) % 600;
    segment = take_below(&reader, 64);
    good = is_good(&chain, &buffer);
    MUST(wsk_buffer_check(&buffer) == (good ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER));
    if (good && chain.count && buffer.Offset <= chain.sizes[0]) {
        check_cuts(&chain, &buffer, segment);
        check_scatter(&chain, &buffer, least(buffer.Length, take16(&reader)));
    }
    free_chain(&chain);
    return 0;
}
