/* SPDX-License-Identifier: MIT */
/*
 * test_buffer.c - the walk from a WSK_BUF to memory, compared with a flat copy of what the chain
 * describes.
 */
#include "nt.h"
#include "translate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The pieces of a whole WSK_BUF; STATUS_BUFFER_OVERFLOW when there are more than `room`. */
static NTSTATUS slices_of(const WSK_BUF *buffer, struct net_slice *slices, uint32_t room,
                          uint32_t *count)
{
    NTSTATUS status = wsk_buffer_check(buffer);
    struct wsk_walk walk;

    if (!NT_SUCCESS(status))
        return status;
    wsk_walk_start(&walk, buffer);
    *count = wsk_walk_take(&walk, buffer->Length, slices, room);
    return *count <= room ? STATUS_SUCCESS : STATUS_BUFFER_OVERFLOW;
}

static void gather_from(const WSK_BUF *buffer, void *to, size_t size)
{
    struct wsk_walk walk;

    wsk_walk_start(&walk, buffer);
    wsk_walk_gather(&walk, to, size);
}

#define MDLS_MAX 80
#define PIECE_MAX 700
#define MEMORY_SIZE (MDLS_MAX * PIECE_MAX)

/* Every byte of the chains' memory; large enough that pieces cross pages. */
static unsigned char memory[MEMORY_SIZE];
static unsigned char before[MEMORY_SIZE];

static uint64_t seed;

static uint32_t chance(uint32_t below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % below;
}

static int setup(void **state)
{
    (void)state;
    return NT_SUCCESS(nt_start()) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    nt_stop();
    return ledger_count(LEDGER_MDL) + ledger_count(LEDGER_LOCKED_PAGES) == 0 ? 0 : -1;
}

/* --- Chains ---------------------------------------------------------------------------------- */

/* Ways in which a driver may have made an MDL (BUF-07). */
enum making { BUILT, LOCKED, LOCKED_AND_MAPPED, PARTIAL, PARTIAL_OF_LOCKED, IN_PLACE, MAKINGS };

struct piece {
    enum making making;
    PMDL mdl;
    PMDL source; /* of a partial one */
    _Alignas(16) unsigned char room[sizeof(MDL) + 4 * sizeof(PFN_NUMBER)];
    unsigned char *bytes;
    size_t size;
};

struct chain {
    struct piece pieces[MDLS_MAX];
    size_t count;
    size_t total;
};

static PMDL allocate(void *bytes, size_t size)
{
    PMDL mdl = IoAllocateMdl(bytes, (ULONG)size, FALSE, FALSE, NULL);

    assert_non_null(mdl);
    return mdl;
}

/* A part of a larger MDL; never empty, since a length of 0 would mean all that follows. */
static void make_partial(struct piece *piece, bool locked)
{
    size_t margin = 5;
    unsigned char *start = piece->bytes - memory >= (ptrdiff_t)margin ? piece->bytes - margin
                                                                      : piece->bytes;

    piece->source = allocate(start, (size_t)(piece->bytes - start) + piece->size);
    if (locked)
        MmProbeAndLockPages(piece->source, KernelMode, IoModifyAccess);
    else
        MmBuildMdlForNonPagedPool(piece->source);
    piece->mdl = allocate(piece->bytes, piece->size);
    IoBuildPartialMdl(piece->source, piece->mdl, piece->bytes, (ULONG)piece->size);
}

static void make(struct piece *piece, enum making making, unsigned char *bytes, size_t size)
{
    *piece = (struct piece){ .making = making, .bytes = bytes, .size = size };
    if (size == 0 && (making == PARTIAL || making == PARTIAL_OF_LOCKED))
        piece->making = making = BUILT;
    switch (making) {
    case PARTIAL:
    case PARTIAL_OF_LOCKED:
        make_partial(piece, making == PARTIAL_OF_LOCKED);
        return;
    case IN_PLACE:
        piece->mdl = (PMDL)(PVOID)piece->room;
        MmInitializeMdl(piece->mdl, bytes, size);
        MmBuildMdlForNonPagedPool(piece->mdl);
        return;
    case BUILT:
        piece->mdl = allocate(bytes, size);
        MmBuildMdlForNonPagedPool(piece->mdl);
        return;
    default:
        piece->mdl = allocate(bytes, size);
        MmProbeAndLockPages(piece->mdl, KernelMode, IoModifyAccess);
        if (making == LOCKED_AND_MAPPED)
            assert_non_null(MmGetSystemAddressForMdlSafe(piece->mdl, NormalPagePriority));
    }
}

static void unmake(struct piece *piece)
{
    if (piece->making == LOCKED || piece->making == LOCKED_AND_MAPPED)
        MmUnlockPages(piece->mdl);
    if (piece->making != IN_PLACE)
        IoFreeMdl(piece->mdl);
    if (piece->making == PARTIAL_OF_LOCKED)
        MmUnlockPages(piece->source);
    if (piece->source)
        IoFreeMdl(piece->source);
}

static void chain_link(struct chain *chain)
{
    chain->total = 0;
    for (size_t i = 0; i < chain->count; i++) {
        chain->pieces[i].mdl->Next = i + 1 < chain->count ? chain->pieces[i + 1].mdl : NULL;
        chain->total += chain->pieces[i].size;
    }
}

static void chain_free(struct chain *chain)
{
    for (size_t i = 0; i < chain->count; i++)
        unmake(&chain->pieces[i]);
}

/* Disjoint pieces of `memory`, so that a byte in the wrong place always shows. */
static void chain_random(struct chain *chain, size_t count, bool empty_ones)
{
    chain->count = count;
    for (size_t i = 0; i < count; i++) {
        size_t gap = 6 + chance(20);
        size_t size = empty_ones && chance(4) == 0 ? 0 : 1 + chance(PIECE_MAX - 30);

        make(&chain->pieces[i], (enum making)chance(MAKINGS), memory + i * PIECE_MAX + gap, size);
    }
    chain_link(chain);
}

static void chain_of(struct chain *chain, const size_t *sizes, size_t count)
{
    chain->count = count;
    for (size_t i = 0; i < count; i++)
        make(&chain->pieces[i], BUILT, memory + i * PIECE_MAX + 8, sizes[i]);
    chain_link(chain);
}

static WSK_BUF buffer_of(const struct chain *chain, size_t offset, size_t length)
{
    return (WSK_BUF){ chain->count ? chain->pieces[0].mdl : NULL, (ULONG)offset, length };
}

/* What the chain describes, from the offset on: pointers to its bytes, in order. */
static size_t flatten(const struct chain *chain, size_t offset, unsigned char **bytes)
{
    size_t at = 0;

    for (size_t i = 0; i < chain->count; i++) {
        for (size_t b = i == 0 ? offset : 0; b < chain->pieces[i].size; b++)
            bytes[at++] = chain->pieces[i].bytes + b;
    }
    return at;
}

static void fill_memory(void)
{
    for (size_t i = 0; i < sizeof(memory); i++)
        memory[i] = (unsigned char)chance(256);
    memcpy(before, memory, sizeof(before));
}

/* --- Checks ---------------------------------------------------------------------------------- */

static unsigned char *flat[MEMORY_SIZE];

static void expect_slices(const WSK_BUF *buffer, size_t length)
{
    struct net_slice slices[MDLS_MAX + 1];
    uint32_t count = 0xdead;
    size_t at = 0;

    assert_int_equal(slices_of(buffer, slices, RTL_NUMBER_OF(slices), &count),
                     STATUS_SUCCESS);
    for (uint32_t i = 0; i < count; i++) {
        assert_true(slices[i].length > 0);
        for (size_t b = 0; b < slices[i].length; b++)
            assert_ptr_equal((unsigned char *)slices[i].base + b, flat[at++]);
    }
    assert_int_equal(at, length);
}

static void expect_gather(const WSK_BUF *buffer, size_t size)
{
    unsigned char *copy = malloc(size ? size : 1);

    gather_from(buffer, copy, size);
    for (size_t i = 0; i < size; i++)
        assert_int_equal(copy[i], *flat[i]);
    free(copy);
}

/* The bytes arrive, and no other byte of the memory changes. */
static void expect_scatter(const WSK_BUF *buffer, size_t size)
{
    unsigned char *data = malloc(size ? size : 1);
    unsigned char *expected = malloc(sizeof(memory));

    memcpy(before, memory, sizeof(before));
    memcpy(expected, memory, sizeof(memory));
    for (size_t i = 0; i < size; i++) {
        data[i] = (unsigned char)~*flat[i];
        expected[flat[i] - memory] = data[i];
    }
    wsk_buffer_scatter(buffer, data, size);
    assert_memory_equal(memory, expected, sizeof(memory));
    memcpy(memory, before, sizeof(memory));
    free(data);
    free(expected);
}

static void expect_chain(struct chain *chain, size_t offset, size_t length)
{
    WSK_BUF buffer = buffer_of(chain, offset, length);
    const WSK_BUF copy = buffer;
    MDL headers[MDLS_MAX];
    uint32_t count;
    size_t described = flatten(chain, offset, flat);

    for (size_t i = 0; i < chain->count; i++)
        headers[i] = *chain->pieces[i].mdl;
    if (length > described) {
        struct net_slice slices[MDLS_MAX];

        assert_int_equal(wsk_buffer_check(&buffer), STATUS_INVALID_PARAMETER); /* BUF-04 */
        assert_int_equal(slices_of(&buffer, slices, MDLS_MAX, &count),
                         STATUS_INVALID_PARAMETER);
    } else {
        assert_int_equal(wsk_buffer_check(&buffer), STATUS_SUCCESS);
        expect_slices(&buffer, length);
        expect_gather(&buffer, length);
        expect_scatter(&buffer, length);
        /* A datagram may be shorter than the buffer. */
        expect_gather(&buffer, length / 2);
        expect_scatter(&buffer, length / 2);
    }
    /* BUF-08: nothing of the client's has changed. */
    assert_memory_equal(&buffer, &copy, sizeof(buffer));
    for (size_t i = 0; i < chain->count; i++)
        assert_memory_equal(&headers[i], chain->pieces[i].mdl, sizeof(MDL));
}

/* --- Tests ----------------------------------------------------------------------------------- */

static void BUF_05_no_bytes_need_no_mdl(void **state)
{
    WSK_BUF buffer = { NULL, 0, 0 };
    struct net_slice slice;
    uint32_t count = 7;
    char byte = 'x';

    (void)state;
    assert_int_equal(wsk_buffer_check(&buffer), STATUS_SUCCESS);
    assert_int_equal(slices_of(&buffer, &slice, 1, &count), STATUS_SUCCESS);
    assert_int_equal(count, 0);
    gather_from(&buffer, &byte, 0);
    wsk_buffer_scatter(&buffer, &byte, 0);
    assert_int_equal(byte, 'x');
}

static void BUF_04_bytes_need_an_mdl(void **state)
{
    WSK_BUF buffer = { NULL, 0, 1 };

    (void)state;
    assert_int_equal(wsk_buffer_check(&buffer), STATUS_INVALID_PARAMETER);
    buffer.Length = SIZE_MAX;
    assert_int_equal(wsk_buffer_check(&buffer), STATUS_INVALID_PARAMETER);
}

static void BUF_02_offset_lies_inside_the_first_mdl(void **state)
{
    static const size_t sizes[] = { 10, 20 };
    static const struct {
        size_t offset;
        size_t length;
        NTSTATUS status;
    } rows[] = {
        { 0, 30, STATUS_SUCCESS },            { 0, 31, STATUS_INVALID_PARAMETER },
        { 9, 21, STATUS_SUCCESS },            { 9, 22, STATUS_INVALID_PARAMETER },
        { 10, 0, STATUS_SUCCESS },            { 10, 20, STATUS_SUCCESS },
        { 10, 21, STATUS_INVALID_PARAMETER }, { 11, 1, STATUS_INVALID_PARAMETER },
        /* Inside the chain, but not inside the first MDL. */
        { 15, 5, STATUS_INVALID_PARAMETER },  { 0xffffffff, 1, STATUS_INVALID_PARAMETER },
        { 0, SIZE_MAX, STATUS_INVALID_PARAMETER },
        { 5, SIZE_MAX - 2, STATUS_INVALID_PARAMETER },
    };
    struct chain chain;

    (void)state;
    chain_of(&chain, sizes, 2);
    for (size_t i = 0; i < RTL_NUMBER_OF(rows); i++) {
        WSK_BUF buffer = buffer_of(&chain, rows[i].offset, rows[i].length);

        if (wsk_buffer_check(&buffer) != rows[i].status)
            fail_msg("row %zu", i);
    }
    chain_free(&chain);
}

static void BUF_03_length_may_end_anywhere(void **state)
{
    static const size_t sizes[] = { 3, 0, 1, 0, 0, 4, 2 };
    struct chain chain;

    (void)state;
    fill_memory();
    chain_of(&chain, sizes, RTL_NUMBER_OF(sizes));
    for (size_t offset = 0; offset <= 3; offset++) {
        for (size_t length = 0; length <= 12; length++)
            expect_chain(&chain, offset, length);
    }
    chain_free(&chain);
}

static void BUF_06_empty_mdls_anywhere(void **state)
{
    static const size_t rows[][5] = {
        { 0, 0, 0, 0, 0 }, { 0, 0, 0, 0, 9 }, { 9, 0, 0, 0, 0 },
        { 0, 9, 0, 9, 0 }, { 0, 0, 9, 0, 0 },
    };
    struct chain chain;

    (void)state;
    fill_memory();
    for (size_t i = 0; i < RTL_NUMBER_OF(rows); i++) {
        chain_of(&chain, rows[i], 5);
        for (size_t length = 0; length <= chain.total + 1; length++)
            expect_chain(&chain, 0, length);
        chain_free(&chain);
    }
}

static void BUF_07_every_kind_of_mdl(void **state)
{
    struct chain chain = { .count = 1 };

    (void)state;
    fill_memory();
    for (int making = 0; making < MAKINGS; making++) {
        /* A page boundary lies inside. */
        uintptr_t boundary = ((uintptr_t)memory + 2 * PAGE_SIZE) & ~(uintptr_t)(PAGE_SIZE - 1);

        make(&chain.pieces[0], (enum making)making, (unsigned char *)boundary - 100, 300);
        chain_link(&chain);
        expect_chain(&chain, 0, 300);
        expect_chain(&chain, 99, 201);
        expect_chain(&chain, 100, 200);
        expect_chain(&chain, 101, 200);
        chain_free(&chain);
    }
}

/* One piece too many is told by the count, and nothing is written behind the room. */
static void test_room_for_slices(void **state)
{
    struct chain chain;
    size_t sizes[MDLS_MAX];

    (void)state;
    for (size_t i = 0; i < MDLS_MAX; i++)
        sizes[i] = i % 5 == 4 ? 0 : 2;
    chain_of(&chain, sizes, MDLS_MAX);
    for (uint32_t room = 0; room <= MDLS_MAX; room++) {
        WSK_BUF buffer = buffer_of(&chain, 0, chain.total);
        struct net_slice *slices = malloc((room + 1) * sizeof(*slices));
        uint32_t pieces = MDLS_MAX / 5 * 4;
        uint32_t count = 0;

        memset(slices, 0xcc, (room + 1) * sizeof(*slices));
        assert_int_equal(slices_of(&buffer, slices, room, &count),
                         room >= pieces ? STATUS_SUCCESS : STATUS_BUFFER_OVERFLOW);
        assert_int_equal(count, pieces);
        for (size_t b = 0; b < sizeof(*slices); b++)
            assert_int_equal(((unsigned char *)&slices[room])[b], 0xcc);
        free(slices);
    }
    chain_free(&chain);
}

/* Too short and too many pieces at once: what the caller did wrong comes first. */
static void test_short_chain_with_little_room(void **state)
{
    static const size_t sizes[] = { 1, 1, 1, 1 };
    struct chain chain;
    struct net_slice slices[2];
    WSK_BUF buffer;
    uint32_t count;

    (void)state;
    chain_of(&chain, sizes, 4);
    buffer = buffer_of(&chain, 0, 5);
    assert_int_equal(slices_of(&buffer, slices, 2, &count), STATUS_INVALID_PARAMETER);
    chain_free(&chain);
}

static void test_random_chains(void **state)
{
    struct chain chain;

    (void)state;
    seed = 20240229;
    fill_memory();
    for (size_t count = 1; count <= MDLS_MAX; count++) {
        size_t first;

        chain_random(&chain, count, count % 2);
        first = chain.pieces[0].size;
        expect_chain(&chain, 0, chain.total);
        expect_chain(&chain, 0, chain.total + 1);
        expect_chain(&chain, first, chain.total - first);
        for (int i = 0; i < 4; i++)
            expect_chain(&chain, chance((uint32_t)first + 1), chance((uint32_t)chain.total + 10));
        chain_free(&chain);
    }
}

/* In cuts of any size, as slices or copied: each cut goes on where the last one ended. */
static void test_random_cuts(void **state)
{
    struct chain chain;

    (void)state;
    seed = 19700101;
    fill_memory();
    for (int round = 0; round < 200; round++) {
        struct net_slice slices[MDLS_MAX];
        unsigned char copy[PIECE_MAX * 2];
        struct wsk_walk walk;
        WSK_BUF buffer;
        size_t length, at = 0;

        chain_random(&chain, 1 + chance(12), round % 2);
        length = chance((uint32_t)chain.total + 1);
        buffer = buffer_of(&chain, 0, length);
        flatten(&chain, 0, flat);
        wsk_walk_start(&walk, &buffer);
        while (walk.remaining) {
            size_t want = 1 + chance(sizeof(copy) - 1);
            size_t got = want < walk.remaining ? want : walk.remaining;
            struct wsk_walk before_cut = walk;
            uint32_t count = wsk_walk_take(&walk, want, slices, MDLS_MAX);

            wsk_walk_gather(&before_cut, copy, got);
            assert_int_equal(before_cut.remaining, walk.remaining);
            for (size_t i = 0; i < got; i++)
                assert_int_equal(copy[i], *flat[at + i]);
            for (uint32_t i = 0; i < count; i++) {
                for (size_t b = 0; b < slices[i].length; b++)
                    assert_ptr_equal((unsigned char *)slices[i].base + b, flat[at++]);
            }
            assert_int_equal(at, length - walk.remaining);
        }
        assert_int_equal(at, length);
        assert_int_equal(wsk_walk_take(&walk, 100, slices, MDLS_MAX), 0);
        chain_free(&chain);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(BUF_05_no_bytes_need_no_mdl),
        cmocka_unit_test(BUF_04_bytes_need_an_mdl),
        cmocka_unit_test(BUF_02_offset_lies_inside_the_first_mdl),
        cmocka_unit_test(BUF_03_length_may_end_anywhere),
        cmocka_unit_test(BUF_06_empty_mdls_anywhere),
        cmocka_unit_test(BUF_07_every_kind_of_mdl),
        cmocka_unit_test(test_room_for_slices),
        cmocka_unit_test(test_short_chain_with_little_room),
        cmocka_unit_test(test_random_chains),
        cmocka_unit_test(test_random_cuts),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
