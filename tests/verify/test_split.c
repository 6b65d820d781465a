/* SPDX-License-Identifier: MIT */
/*
 * test_split.c - a datagram that is split has the same bytes, and is whole again when the provider
 * has it back.
 */
#include "inject.h"

#include "nt.h"

#include <wsk.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define NODES 40
#define ROOM 256u
#define OFFSET 3u

/* Datagrams as the provider indicates them: in two MDLs, from an offset on. */
struct datagram {
    WSK_DATAGRAM_INDICATION node;
    WSK_BUF original;
    MDL mdls[2];
    UCHAR bytes[OFFSET + ROOM];
};

static struct datagram datagrams[NODES];

static MDL over(UCHAR *address, size_t length, MDL *next)
{
    return (MDL){ .Next = next, .Size = sizeof(MDL), .MdlFlags = MDL_SOURCE_IS_NONPAGED_POOL,
                  .MappedSystemVa = address, .ByteCount = (ULONG)length };
}

static void make(struct datagram *datagram, size_t length, unsigned seed)
{
    size_t half = OFFSET + length / 2;

    memset(datagram, 0, sizeof(*datagram));
    for (size_t i = 0; i < length; i++)
        datagram->bytes[OFFSET + i] = (UCHAR)(i * 7 + seed);
    datagram->mdls[0] = over(datagram->bytes, half, &datagram->mdls[1]);
    datagram->mdls[1] = over(datagram->bytes + half, OFFSET + length - half, NULL);
    datagram->node.Buffer = (WSK_BUF){ .Mdl = datagram->mdls, .Offset = OFFSET, .Length = length };
    datagram->original = datagram->node.Buffer;
}

static PWSK_DATAGRAM_INDICATION make_list(size_t length)
{
    for (unsigned i = 0; i < NODES; i++) {
        make(&datagrams[i], length, i);
        if (i)
            datagrams[i - 1].node.Next = &datagrams[i].node;
    }
    return &datagrams[0].node;
}

static bool is_split(const struct datagram *datagram)
{
    return datagram->node.Buffer.Mdl != datagram->original.Mdl;
}

static void assert_original(const struct datagram *datagram)
{
    assert_ptr_equal(datagram->node.Buffer.Mdl, datagram->original.Mdl);
    assert_int_equal(datagram->node.Buffer.Offset, datagram->original.Offset);
    assert_int_equal(datagram->node.Buffer.Length, datagram->original.Length);
}

/* Counts the pieces of a split one. Each begins at an odd address, and all are the datagram. */
static unsigned assert_same_bytes(const struct datagram *datagram)
{
    const WSK_BUF *buffer = &datagram->node.Buffer;
    size_t offset = buffer->Offset, done = 0;
    unsigned pieces = 0;

    assert_int_equal(buffer->Length, datagram->original.Length);
    for (const MDL *mdl = buffer->Mdl; mdl; mdl = mdl->Next, offset = 0, pieces++) {
        const UCHAR *at = (const UCHAR *)mdl->MappedSystemVa + offset;
        size_t here = mdl->ByteCount - offset;

        assert_true((uintptr_t)at & 1);
        assert_true(here > 0);
        assert_true(mdl->MdlFlags == MDL_SOURCE_IS_NONPAGED_POOL);
        assert_ptr_equal((UCHAR *)mdl->StartVa + mdl->ByteOffset, mdl->MappedSystemVa);
        assert_memory_equal(at, datagram->bytes + OFFSET + done, here);
        done += here;
    }
    assert_int_equal(done, buffer->Length);
    return pieces;
}

static int forget(void **state)
{
    (void)state;
    vf_splits_forget();
    return 0;
}

static void the_pieces_are_the_datagram(void **state)
{
    PWSK_DATAGRAM_INDICATION list = make_list(101);
    unsigned most = 0;

    (void)state;
    vf_split_list(list, 4, 1, NULL);
    for (unsigned i = 0; i < NODES; i++) {
        unsigned pieces = assert_same_bytes(&datagrams[i]);

        assert_in_range(pieces, 1, 4);
        most = pieces > most ? pieces : most;
    }
    assert_int_equal(most, 4);
    vf_unsplit_list(list, NULL);
    for (unsigned i = 0; i < NODES; i++)
        assert_original(&datagrams[i]);
}

static void the_same_chance_gives_the_same_pieces(void **state)
{
    PWSK_DATAGRAM_INDICATION list = make_list(64);
    unsigned pieces[NODES];

    (void)state;
    vf_split_list(list, 8, 4711, NULL);
    for (unsigned i = 0; i < NODES; i++)
        pieces[i] = assert_same_bytes(&datagrams[i]);
    vf_unsplit_list(list, NULL);
    vf_split_list(list, 8, 4711, NULL);
    for (unsigned i = 0; i < NODES; i++)
        assert_int_equal(assert_same_bytes(&datagrams[i]), pieces[i]);
    vf_unsplit_list(list, NULL);
}

/* No more pieces than there are records for. */
static void too_many_pieces_are_cut_down(void **state)
{
    PWSK_DATAGRAM_INDICATION list = make_list(ROOM);

    (void)state;
    vf_split_list(list, 1000, 7, NULL);
    for (unsigned i = 0; i < NODES; i++)
        assert_in_range(assert_same_bytes(&datagrams[i]), 1, 16);
    vf_unsplit_list(list, NULL);
}

/* A piece has at least one byte. */
static void what_is_too_short_stays_whole(void **state)
{
    PWSK_DATAGRAM_INDICATION list = make_list(0);

    (void)state;
    vf_split_list(list, 16, 3, NULL);
    for (unsigned i = 0; i < NODES; i++)
        assert_original(&datagrams[i]);
    vf_unsplit_list(list, NULL);
    list = make_list(2);
    vf_split_list(list, 16, 3, NULL);
    for (unsigned i = 0; i < NODES; i++) {
        if (is_split(&datagrams[i]))
            assert_in_range(assert_same_bytes(&datagrams[i]), 1, 2);
        else
            assert_original(&datagrams[i]);
    }
    vf_unsplit_list(list, NULL);
}

static void one_comes_back_alone(void **state)
{
    PWSK_DATAGRAM_INDICATION list = make_list(50);

    (void)state;
    vf_split_list(list, 4, 1, NULL);
    vf_unsplit_one(&datagrams[5].node, NULL);
    assert_original(&datagrams[5]);
    for (unsigned i = 0; i < NODES; i++) {
        if (i != 5)
            assert_same_bytes(&datagrams[i]);
    }
    vf_unsplit_list(list, NULL);
    vf_unsplit_list(list, NULL); /* harmless */
    for (unsigned i = 0; i < NODES; i++)
        assert_original(&datagrams[i]);
}

/* A node that left the driver's list unseen, and is indicated again. */
static void a_node_with_a_former_life_is_split_anew(void **state)
{
    PWSK_DATAGRAM_INDICATION list = make_list(50);

    (void)state;
    vf_split_list(list, 4, 1, NULL);
    list = make_list(60);
    vf_split_list(list, 4, 2, NULL);
    for (unsigned i = 0; i < NODES; i++)
        assert_same_bytes(&datagrams[i]);
    vf_unsplit_list(list, NULL);
    for (unsigned i = 0; i < NODES; i++)
        assert_original(&datagrams[i]);
}

/* The sanitizer says whether anything is left. */
static void what_was_never_released_is_forgotten(void **state)
{
    PWSK_DATAGRAM_INDICATION list = make_list(50);
    WSK_BUF shown;

    (void)state;
    vf_split_list(list, 4, 1, NULL);
    vf_splits_forget();
    shown = list->Buffer;
    vf_unsplit_list(list, NULL);
    assert_ptr_equal(list->Buffer.Mdl, shown.Mdl);
}

/* --- Pieces that are watched ------------------------------------------------------------------ */

/* Of what is watched, the last byte of a piece is the last of its page, or the one before. */
static size_t readable_behind(const MDL *mdl)
{
    const UCHAR *end = (const UCHAR *)mdl->MappedSystemVa + mdl->ByteCount;
    size_t count = 0;

    while (count < 16 && nt_readable(end, count + 1))
        count++;
    return count;
}

/* In the test itself: cmocka takes the handler of faults away between a set-up and its test. */
static void watch(void)
{
    assert_int_equal(nt_start(), STATUS_SUCCESS);
    atomic_store(&hook_rules, 1u << 5);
}

static int watch_no_more(void **state)
{
    forget(state);
    atomic_store(&hook_rules, 0);
    nt_stop();
    return 0;
}

static void behind_each_piece_nothing_can_be_read(void **state)
{
    PWSK_DATAGRAM_INDICATION list = make_list(101);

    (void)state;
    watch();
    vf_split_list(list, 4, 1, NULL);
    for (unsigned i = 0; i < NODES; i++) {
        assert_same_bytes(&datagrams[i]);
        for (const MDL *mdl = datagrams[i].node.Buffer.Mdl; mdl; mdl = mdl->Next)
            assert_in_range(readable_behind(mdl), 0, 1);
    }
    vf_unsplit_list(list, NULL);
}

static void what_was_given_back_cannot_be_read(void **state)
{
    PWSK_DATAGRAM_INDICATION list = make_list(101);
    const MDL *mdls[NODES];
    const void *payloads[NODES];

    (void)state;
    watch();
    vf_split_list(list, 4, 1, NULL);
    for (unsigned i = 0; i < NODES; i++) {
        mdls[i] = datagrams[i].node.Buffer.Mdl;
        payloads[i] = mdls[i]->MappedSystemVa;
        assert_true(nt_readable(payloads[i], 1));
    }
    vf_unsplit_list(list, NULL);
    for (unsigned i = 0; i < NODES; i++) {
        assert_false(nt_readable(mdls[i], sizeof(MDL)));
        assert_false(nt_readable(payloads[i], 1));
    }
}

/* The price is calls of the system, so a busy driver's datagrams are watched now and then. */
static void not_all_are_watched(void **state)
{
    uintptr_t first;
    size_t watched = 0, size;
    bool paged;

    (void)state;
    watch();
    for (unsigned round = 0; round < 16; round++) {
        PWSK_DATAGRAM_INDICATION list = make_list(64);

        vf_split_list(list, 1, 1, NULL);
        for (unsigned i = 0; i < NODES; i++)
            watched += nt_block_range(datagrams[i].node.Buffer.Mdl, &first, &size, &paged);
        vf_unsplit_list(list, NULL);
    }
    assert_in_range(watched, 64, 64 + 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(the_pieces_are_the_datagram, forget),
        cmocka_unit_test_teardown(the_same_chance_gives_the_same_pieces, forget),
        cmocka_unit_test_teardown(too_many_pieces_are_cut_down, forget),
        cmocka_unit_test_teardown(what_is_too_short_stays_whole, forget),
        cmocka_unit_test_teardown(one_comes_back_alone, forget),
        cmocka_unit_test_teardown(behind_each_piece_nothing_can_be_read, watch_no_more),
        cmocka_unit_test_teardown(what_was_given_back_cannot_be_read, watch_no_more),
        cmocka_unit_test_teardown(not_all_are_watched, watch_no_more),
        cmocka_unit_test_teardown(a_node_with_a_former_life_is_split_anew, forget),
        cmocka_unit_test_teardown(what_was_never_released_is_forgotten, forget),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
