/* SPDX-License-Identifier: MIT */
#include "nt_test.h"

#define ITEMS 1000
#define ROUNDS 50

struct item {
    SLIST_ENTRY link;
    _Atomic unsigned owners;
};

static void test_last_in_first_out(void **state)
{
    static struct item items[3];
    SLIST_HEADER list;

    (void)state;
    InitializeSListHead(&list);
    assert_null(InterlockedPopEntrySList(&list));
    assert_null(FirstEntrySList(&list));
    assert_null(InterlockedPushEntrySList(&list, &items[0].link));
    assert_ptr_equal(InterlockedPushEntrySList(&list, &items[1].link), &items[0].link);
    assert_ptr_equal(InterlockedPushEntrySList(&list, &items[2].link), &items[1].link);
    assert_int_equal(QueryDepthSList(&list), 3);
    assert_int_equal(list.HeaderX64.Depth, 3);
    assert_ptr_equal(FirstEntrySList(&list), &items[2].link);
    assert_ptr_equal(InterlockedPopEntrySList(&list), &items[2].link);
    assert_int_equal(QueryDepthSList(&list), 2);
    assert_ptr_equal(InterlockedFlushSList(&list), &items[1].link);
    assert_ptr_equal(items[1].link.Next, &items[0].link);
    assert_null(items[0].link.Next);
    assert_int_equal(QueryDepthSList(&list), 0);
    assert_null(InterlockedFlushSList(&list));
}

struct shared {
    SLIST_HEADER list;
    struct item items[ITEMS];
    _Atomic unsigned clashes;
};

static void use(struct shared *shared, PSLIST_ENTRY entry)
{
    struct item *item = CONTAINING_RECORD(entry, struct item, link);

    if (item->owners++ != 0)
        shared->clashes++;
    item->owners--;
    InterlockedPushEntrySList(&shared->list, entry);
}

static void pop_and_push(void *context, unsigned index)
{
    struct shared *shared = context;

    for (int i = 0; i < ITEMS * ROUNDS / 10; i++) {
        if (index == 0 && i % 100 == 0) {
            PSLIST_ENTRY chain = InterlockedFlushSList(&shared->list);

            while (chain) {
                PSLIST_ENTRY next = chain->Next;

                use(shared, chain);
                chain = next;
            }
        } else {
            PSLIST_ENTRY entry = InterlockedPopEntrySList(&shared->list);

            if (entry)
                use(shared, entry);
        }
    }
}

static void test_each_entry_has_one_owner(void **state)
{
    static struct shared shared;
    unsigned count = 0;

    (void)state;
    InitializeSListHead(&shared.list);
    for (int i = 0; i < ITEMS; i++)
        InterlockedPushEntrySList(&shared.list, &shared.items[i].link);
    crew_run(4, pop_and_push, &shared);
    assert_int_equal(shared.clashes, 0);
    assert_int_equal(QueryDepthSList(&shared.list), ITEMS);
    while (InterlockedPopEntrySList(&shared.list))
        count++;
    assert_int_equal(count, ITEMS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_last_in_first_out),
        cmocka_unit_test(test_each_entry_has_one_owner),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
