/* SPDX-License-Identifier: MIT */
#include "nt_test.h"

static void test_new_value_or_old_value(void **state)
{
    LONG word = 5;

    (void)state;
    assert_int_equal(InterlockedIncrement(&word), 6);
    assert_int_equal(InterlockedDecrement(&word), 5);
    assert_int_equal(InterlockedAdd(&word, 10), 15);
    assert_int_equal(InterlockedExchangeAdd(&word, 5), 15);
    assert_int_equal(InterlockedExchange(&word, 0x0F), 20);
    assert_int_equal(InterlockedOr(&word, 0xF0), 0x0F);
    assert_int_equal(InterlockedAnd(&word, 0x3C), 0xFF);
    assert_int_equal(InterlockedXor(&word, 0x01), 0x3C);
    assert_int_equal(word, 0x3D);
}

static void test_compare_exchange_takes_the_exchange_first(void **state)
{
    LONG word = 1;
    volatile long wide = -1;
    SHORT half = 7;
    PVOID pointer = &word;

    (void)state;
    assert_int_equal(InterlockedCompareExchange(&word, 2, 9), 1);
    assert_int_equal(word, 1);
    assert_int_equal(InterlockedCompareExchange(&word, 2, 1), 1);
    assert_int_equal(word, 2);
    assert_int_equal(InterlockedCompareExchange(&wide, 4, -1), -1);
    assert_int_equal(wide, 4);
    assert_int_equal(InterlockedCompareExchange16(&half, 8, 7), 7);
    assert_int_equal(half, 8);
    assert_ptr_equal(InterlockedCompareExchangePointer(&pointer, &half, &word), &word);
    assert_ptr_equal(InterlockedExchangePointer(&pointer, NULL), &half);
    assert_null(pointer);
}

static void test_wrap_is_defined(void **state)
{
    LONG word = MAXLONG;
    LONG64 wide = MINLONG64;

    (void)state;
    assert_int_equal(InterlockedIncrement(&word), -MAXLONG - 1);
    assert_true(InterlockedDecrement64(&wide) == MAXLONG64);
}

static void test_bits_lie_in_a_string_of_words(void **state)
{
    LONG words[3] = { 0 };
    LONG64 wide[2] = { 0 };

    (void)state;
    assert_int_equal(InterlockedBitTestAndSet(words, 33), 0);
    assert_int_equal(InterlockedBitTestAndSet(words, 33), 1);
    assert_int_equal(words[1], 2);
    assert_int_equal(InterlockedBitTestAndReset(words, 33), 1);
    assert_int_equal(words[1], 0);
    assert_int_equal(InterlockedBitTestAndSet64(wide, 127), 0);
    assert_true(wide[1] < 0);
    assert_int_equal(InterlockedBitTestAndReset64(wide, 127), 1);
    assert_int_equal(BitTest(words, 33), 0);
}

static void test_scans(void **state)
{
    ULONG index = 99;

    (void)state;
    assert_int_equal(BitScanForward(&index, 0), 0);
    assert_int_equal(BitScanForward(&index, 0x90), 1);
    assert_int_equal(index, 4);
    assert_int_equal(BitScanReverse(&index, 0x90), 1);
    assert_int_equal(index, 7);
    assert_int_equal(BitScanReverse64(&index, 1ul << 63 | 1), 1);
    assert_int_equal(index, 63);
    assert_int_equal(BitScanForward64(&index, 1ul << 40), 1);
    assert_int_equal(index, 40);
    assert_int_equal(RtlFindMostSignificantBit(0), -1);
    assert_int_equal(RtlFindLeastSignificantBit(0x10), 4);
    assert_int_equal(RtlUlongByteSwap(0x12345678), 0x78563412);
    assert_true(RtlUlonglongByteSwap(1) == 1ul << 56);
}

static void test_lists_and_stacks_inline(void **state)
{
    LIST_ENTRY head, other, entries[4];
    SINGLE_LIST_ENTRY single = { NULL }, items[2];

    (void)state;
    InitializeListHead(&head);
    InitializeListHead(&other);
    assert_true(IsListEmpty(&head));
    InsertTailList(&head, &entries[1]);
    InsertHeadList(&head, &entries[0]);
    InsertTailList(&head, &entries[2]);
    assert_false(RemoveEntryList(&entries[1]));
    assert_ptr_equal(RemoveTailList(&head), &entries[2]);
    assert_true(RemoveEntryList(&entries[0]));
    InsertTailList(&head, &entries[0]);
    InsertTailList(&other, &entries[1]);
    InsertTailList(&other, &entries[2]);
    assert_false(RemoveEntryList(&other));
    AppendTailList(&head, &entries[1]);
    for (int i = 0; i < 3; i++)
        assert_ptr_equal(RemoveHeadList(&head), &entries[i]);
    assert_true(IsListEmpty(&head));
    assert_ptr_equal(RemoveHeadList(&head), &head);
    PushEntryList(&single, &items[0]);
    PushEntryList(&single, &items[1]);
    assert_ptr_equal(PopEntryList(&single), &items[1]);
    assert_ptr_equal(PopEntryList(&single), &items[0]);
    assert_null(PopEntryList(&single));
}

static void use_a_torn_list(void)
{
    LIST_ENTRY head, entry;

    InitializeListHead(&head);
    InsertTailList(&head, &entry);
    head.Flink = &head;
    RemoveEntryList(&entry);
    exit(0);
}

static void test_torn_list_does_not_go_unseen(void **state)
{
    (void)state;
    assert_bug_check(KERNEL_SECURITY_CHECK_FAILURE, use_a_torn_list);
    assert_bug_text("list");
}

#define ROUNDS 20000

static void count_in_crew(void *context, unsigned index)
{
    LONG *word = context;

    for (int i = 0; i < ROUNDS; i++) {
        InterlockedIncrement(word);
        if (index % 2)
            InterlockedAdd(word, 2);
        (void)ReadNoFence(word);
    }
}

static void test_no_count_is_lost(void **state)
{
    LONG word = 0;

    (void)state;
    crew_run(4, count_in_crew, &word);
    assert_int_equal(ReadAcquire(&word), ROUNDS * 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_new_value_or_old_value),
        cmocka_unit_test(test_compare_exchange_takes_the_exchange_first),
        cmocka_unit_test(test_wrap_is_defined),
        cmocka_unit_test(test_bits_lie_in_a_string_of_words),
        cmocka_unit_test(test_scans),
        cmocka_unit_test(test_lists_and_stacks_inline),
        cmocka_unit_test(test_torn_list_does_not_go_unseen),
        cmocka_unit_test(test_no_count_is_lost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
