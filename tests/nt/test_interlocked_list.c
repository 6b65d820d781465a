/* SPDX-License-Identifier: MIT */
#include "nt_test.h"

#define ITEMS 500

static void test_order(void **state)
{
    LIST_ENTRY list, items[3];
    KSPIN_LOCK lock = 0;

    (void)state;
    InitializeListHead(&list);
    assert_null(ExInterlockedRemoveHeadList(&list, &lock));
    assert_null(ExInterlockedInsertTailList(&list, &items[1], &lock));
    assert_ptr_equal(ExInterlockedInsertTailList(&list, &items[2], &lock), &items[1]);
    assert_ptr_equal(ExInterlockedInsertHeadList(&list, &items[0], &lock), &items[1]);
    for (int i = 0; i < 3; i++)
        assert_ptr_equal(ExInterlockedRemoveHeadList(&list, &lock), &items[i]);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

static void test_stack(void **state)
{
    SINGLE_LIST_ENTRY head = { NULL }, items[2];
    KSPIN_LOCK lock = 0;

    (void)state;
    assert_null(ExInterlockedPushEntryList(&head, &items[0], &lock));
    assert_ptr_equal(ExInterlockedPushEntryList(&head, &items[1], &lock), &items[0]);
    assert_ptr_equal(ExInterlockedPopEntryList(&head, &lock), &items[1]);
    assert_ptr_equal(ExInterlockedPopEntryList(&head, &lock), &items[0]);
    assert_null(ExInterlockedPopEntryList(&head, &lock));
}

struct shared {
    LIST_ENTRY list;
    KSPIN_LOCK lock;
    LIST_ENTRY items[2][ITEMS];
    _Atomic unsigned taken;
};

static void produce_or_consume(void *context, unsigned index)
{
    struct shared *shared = context;
    KIRQL before;

    /* At any level. */
    KeRaiseIrql(index % 2 ? HIGH_LEVEL : PASSIVE_LEVEL, &before);
    for (int i = 0; i < ITEMS;) {
        if (index < 2) {
            ExInterlockedInsertTailList(&shared->list, &shared->items[index][i++], &shared->lock);
        } else if (ExInterlockedRemoveHeadList(&shared->list, &shared->lock)) {
            shared->taken++;
            i++;
        }
    }
    KeLowerIrql(before);
}

static void test_threads_share(void **state)
{
    static struct shared shared;

    (void)state;
    InitializeListHead(&shared.list);
    crew_run(4, produce_or_consume, &shared);
    assert_int_equal(shared.taken, 2 * ITEMS);
    assert_true(IsListEmpty(&shared.list));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_stack),
        cmocka_unit_test(test_threads_share),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
