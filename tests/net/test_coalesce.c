/* SPDX-License-Identifier: MIT */
/* test_coalesce.c - which datagrams form a run, and the slices of one. */
#include "coalesce.h"

#include "owner.h"

#define MOST (3 * NET_RUN_MAX + 1)

static struct net_send sends[MOST];
static struct net_envelope envelopes[MOST];
static const struct net_send *pointers[MOST];
static struct net_slice slices[MOST];
static size_t lengths[MOST];
static uint8_t bytes[70000];

static const struct net_address peer = { .family = NET_IPV4, .port = 0x3412,
                                         .ip = { 192, 0, 2, 1 } };

/* All alike, of one slice each, none next to the one before. */
static int fill(void **state)
{
    (void)state;
    memset(sends, 0, sizeof(sends));
    for (size_t i = 0; i < MOST; i++) {
        slices[i] = (struct net_slice){ bytes + 101 * i, 100 };
        sends[i].slices = &slices[i];
        sends[i].slice_count = 1;
        envelopes[i] = (struct net_envelope){ .to = peer };
        sends[i].envelope = &envelopes[i];
        lengths[i] = 100;
        pointers[i] = &sends[i];
    }
    return 0;
}

static unsigned run(unsigned count)
{
    return net_run_length(pointers, lengths, count);
}

static void test_boundaries(void **state)
{
    (void)state;
    for (unsigned count = 1; count <= MOST; count++)
        assert_int_equal(run(count), count < NET_RUN_MAX ? count : NET_RUN_MAX);
}

static void test_a_shorter_one_ends_it(void **state)
{
    for (unsigned at = 1; at < NET_RUN_MAX; at++) {
        fill(state);
        lengths[at] = 99;
        assert_int_equal(run(MOST), at + 1);
        /* Not even by one of its own size. */
        lengths[at + 1] = 99;
        assert_int_equal(run(MOST), at + 1);
    }
}

static void test_a_longer_or_an_empty_one_is_not_in_it(void **state)
{
    for (unsigned at = 1; at < NET_RUN_MAX; at++) {
        fill(state);
        lengths[at] = 101;
        assert_int_equal(run(MOST), at);
        lengths[at] = 0;
        assert_int_equal(run(MOST), at);
    }
    fill(state);
    lengths[0] = lengths[1] = 0;
    assert_int_equal(run(MOST), 1);
}

static void test_another_way_is_not_in_it(void **state)
{
    for (unsigned at = 1; at < NET_RUN_MAX; at++) {
        fill(state);
        envelopes[at].to.port++;
        assert_int_equal(run(MOST), at);
        fill(state);
        envelopes[at].to.ip[3]++;
        assert_int_equal(run(MOST), at);
        fill(state);
        envelopes[at].control.present = NET_CONTROL_TOS;
        assert_int_equal(run(MOST), at);
    }
    fill(state);
    for (unsigned i = 0; i < MOST; i++)
        envelopes[i].control = (struct net_control){ .present = NET_CONTROL_TOS, .tos = 8 };
    assert_int_equal(run(MOST), NET_RUN_MAX);
    envelopes[5].control.tos = 9;
    assert_int_equal(run(MOST), 5);
}

static void test_who_gives_a_segment_size_stays_alone(void **state)
{
    (void)state;
    for (unsigned i = 0; i < MOST; i++)
        envelopes[i].control = (struct net_control){ .present = NET_CONTROL_SEGMENT, .segment = 10 };
    assert_int_equal(run(MOST), 1);
}

static void test_no_more_than_one_payload(void **state)
{
    (void)state;
    for (unsigned i = 0; i < MOST; i++)
        lengths[i] = 1400;
    assert_int_equal(run(MOST), 46);
    lengths[45] = 1400;
    lengths[46] = NET_UDP_PAYLOAD_MAX_IPV4 - 46 * 1400;
    assert_int_equal(run(MOST), 47);
    lengths[46]++;
    assert_int_equal(run(MOST), 46);
    lengths[0] = lengths[1] = 40000;
    assert_int_equal(run(2), 1);
}

static void test_no_more_slices_than_the_port_takes(void **state)
{
    (void)state;
    for (unsigned i = 0; i < MOST; i++)
        sends[i].slice_count = NET_RUN_SLICES_MAX / 4;
    assert_int_equal(run(MOST), 4);
    sends[3].slice_count++;
    assert_int_equal(run(MOST), 3);
}

static void test_slices_are_joined_where_they_touch(void **state)
{
    struct net_slice all[NET_RUN_SLICES_MAX];
    static struct net_slice two[2] = { { bytes + 5000, 40 }, { bytes + 5040, 60 } };

    (void)state;
    assert_int_equal(net_run_slices(pointers, 3, all), 3);
    assert_memory_equal(all, slices, 3 * sizeof(slices[0]));
    slices[1].base = bytes + 100;
    slices[2].length = 0;
    sends[3].slices = two;
    sends[3].slice_count = 2;
    assert_int_equal(net_run_slices(pointers, 4, all), 2);
    assert_ptr_equal(all[0].base, bytes);
    assert_int_equal(all[0].length, 200);
    assert_ptr_equal(all[1].base, two[0].base);
    assert_int_equal(all[1].length, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_boundaries, fill),
        cmocka_unit_test_setup(test_a_shorter_one_ends_it, fill),
        cmocka_unit_test_setup(test_a_longer_or_an_empty_one_is_not_in_it, fill),
        cmocka_unit_test_setup(test_another_way_is_not_in_it, fill),
        cmocka_unit_test_setup(test_who_gives_a_segment_size_stays_alone, fill),
        cmocka_unit_test_setup(test_no_more_than_one_payload, fill),
        cmocka_unit_test_setup(test_no_more_slices_than_the_port_takes, fill),
        cmocka_unit_test_setup(test_slices_are_joined_where_they_touch, fill),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
