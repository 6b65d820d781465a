/* SPDX-License-Identifier: MIT */
/* A packet's beginning in one piece: in place, gathered, aligned, or not at all. */
#include <ndis.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "nt.h"

/* "0123456789" in three MDLs of four, one and five bytes; the packet begins at "2". */
struct packet {
    __attribute__((__aligned__(16))) char head[4];
    char middle[1];
    char tail[5];
    PMDL mdl[3];
    NET_BUFFER nb;
};

static PMDL describe(void *bytes, ULONG length)
{
    PMDL mdl = IoAllocateMdl(bytes, length, FALSE, FALSE, NULL);

    assert_non_null(mdl);
    MmBuildMdlForNonPagedPool(mdl);
    return mdl;
}

static int make_packet(void **state)
{
    static struct packet p;

    memset(&p, 0, sizeof(p));
    memcpy(p.head, "0123", 4);
    memcpy(p.middle, "4", 1);
    memcpy(p.tail, "56789", 5);
    p.mdl[0] = describe(p.head, 4);
    p.mdl[1] = describe(p.middle, 1);
    p.mdl[2] = describe(p.tail, 5);
    p.mdl[0]->Next = p.mdl[1];
    p.mdl[1]->Next = p.mdl[2];
    p.nb.MdlChain = p.nb.CurrentMdl = p.mdl[0];
    p.nb.CurrentMdlOffset = p.nb.DataOffset = 2;
    p.nb.DataLength = 8;
    *state = &p;
    return 0;
}

static int free_packet(void **state)
{
    struct packet *p = *state;

    for (int i = 0; i < 3; i++)
        IoFreeMdl(p->mdl[i]);
    return 0;
}

static void test_in_place(void **state)
{
    struct packet *p = *state;
    char storage[8];

    assert_ptr_equal(NdisGetDataBuffer(&p->nb, 2, storage, 1, 0), p->head + 2);
    assert_ptr_equal(NdisGetDataBuffer(&p->nb, 2, NULL, 1, 0), p->head + 2);
}

static void test_gathered(void **state)
{
    struct packet *p = *state;
    char storage[8];

    for (ULONG length = 3; length <= 8; length++) {
        memset(storage, '#', sizeof(storage));
        assert_ptr_equal(NdisGetDataBuffer(&p->nb, length, storage, 1, 0), storage);
        assert_memory_equal(storage, "23456789", length);
        assert_true(length == 8 || storage[length] == '#');
    }
}

static void test_refused(void **state)
{
    struct packet *p = *state;
    char storage[16];

    assert_null(NdisGetDataBuffer(&p->nb, 3, NULL, 1, 0));
    assert_null(NdisGetDataBuffer(&p->nb, 9, storage, 1, 0));
    assert_null(NdisGetDataBuffer(&p->nb, 0, storage, 1, 0));
    p->nb.DataLength = 16;
    assert_null(NdisGetDataBuffer(&p->nb, 9, storage, 1, 0));
}

static void test_a_circle_ends(void **state)
{
    struct packet *p = *state;
    char storage[16];

    p->nb.DataLength = 16;
    p->mdl[2]->Next = p->mdl[1];
    for (ULONG bytes = 0; bytes < 2; bytes++) {
        p->mdl[1]->ByteCount = bytes;
        p->mdl[2]->ByteCount = 0;
        assert_null(NdisGetDataBuffer(&p->nb, 16, storage, 1, 0));
    }
}

static void test_alignment(void **state)
{
    struct packet *p = *state;
    char storage[2];

    assert_ptr_equal(NdisGetDataBuffer(&p->nb, 2, storage, 4, 2), p->head + 2);
    assert_ptr_equal(NdisGetDataBuffer(&p->nb, 2, storage, 4, 0), storage);
    assert_memory_equal(storage, "23", 2);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_in_place, make_packet, free_packet),
        cmocka_unit_test_setup_teardown(test_gathered, make_packet, free_packet),
        cmocka_unit_test_setup_teardown(test_refused, make_packet, free_packet),
        cmocka_unit_test_setup_teardown(test_a_circle_ends, make_packet, free_packet),
        cmocka_unit_test_setup_teardown(test_alignment, make_packet, free_packet),
    };

    return cmocka_run_group_tests_name("net_buffer", tests, NULL, NULL);
}
