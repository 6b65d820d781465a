/* SPDX-License-Identifier: MIT */
/* test_lookaside.c - cached blocks keep what is in them, and go back where they came from. */
#include "nt_test.h"

#define TAG 0x6B6F6F4Cu /* "Look" */
#define SIZE 200

static unsigned allocations;
static unsigned frees;

static PVOID counted_allocate_ex(POOL_TYPE type, SIZE_T size, ULONG tag, PLOOKASIDE_LIST_EX list)
{
    assert_int_equal(list->L.Size, size);
    allocations++;
    return ExAllocatePoolWithTag(type, size, tag);
}

static VOID counted_free_ex(PVOID block, PLOOKASIDE_LIST_EX list)
{
    frees++;
    ExFreePoolWithTag(block, list->L.Tag);
}

static PVOID counted_allocate(POOL_TYPE type, SIZE_T size, ULONG tag)
{
    allocations++;
    return ExAllocatePoolWithTag(type, size, tag);
}

static VOID counted_free(PVOID block)
{
    frees++;
    ExFreePool(block);
}

static void keeps_the_contents(void **state)
{
    LOOKASIDE_LIST_EX list;
    unsigned char *block;

    (void)state;
    assert_int_equal(
        ExInitializeLookasideListEx(&list, NULL, NULL, NonPagedPoolNx, 0, SIZE, TAG, 0),
        STATUS_SUCCESS);
    assert_int_equal(list.L.Size, SIZE);
    assert_int_equal(ledger_count(LEDGER_LOOKASIDE), 1);
    block = ExAllocateFromLookasideListEx(&list);
    memset(block, 0x42, SIZE);
    ExFreeToLookasideListEx(&list, block);
    assert_int_equal(ledger_count(LEDGER_POOL), 1);
    assert_ptr_equal(ExAllocateFromLookasideListEx(&list), block);
    for (size_t i = sizeof(PVOID); i < SIZE; i++)
        assert_int_equal(block[i], 0x42);
    ExFreeToLookasideListEx(&list, block);
    ExDeleteLookasideListEx(&list);
    assert_int_equal(ledger_count(LEDGER_POOL), 0);
    assert_int_equal(ledger_count(LEDGER_LOOKASIDE), 0);
}

static void calls_the_drivers_routines(void **state)
{
    LOOKASIDE_LIST_EX list;
    PVOID blocks[3];

    (void)state;
    allocations = frees = 0;
    ExInitializeLookasideListEx(&list, counted_allocate_ex, counted_free_ex, PagedPool, 0, SIZE,
                                TAG, 2);
    for (int i = 0; i < 3; i++)
        blocks[i] = ExAllocateFromLookasideListEx(&list);
    assert_int_equal(allocations, 3);
    for (int i = 0; i < 3; i++)
        ExFreeToLookasideListEx(&list, blocks[i]);
    assert_int_equal(frees, 1);
    ExFreeToLookasideListEx(&list, ExAllocateFromLookasideListEx(&list));
    assert_int_equal(allocations, 3);
    ExFlushLookasideListEx(&list);
    assert_int_equal(frees, 3);
    blocks[0] = ExAllocateFromLookasideListEx(&list);
    assert_int_equal(allocations, 4);
    ExFreeToLookasideListEx(&list, blocks[0]);
    ExDeleteLookasideListEx(&list);
    assert_int_equal(frees, 4);
}

static void refuses_bad_parameters(void **state)
{
    LOOKASIDE_LIST_EX list;
    ULONG both =
        EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL | EX_LOOKASIDE_LIST_EX_FLAGS_FAIL_NO_RAISE;

    (void)state;
    assert_int_equal(
        ExInitializeLookasideListEx(&list, NULL, NULL, (POOL_TYPE)0x4000, 0, 8, TAG, 0),
        STATUS_INVALID_PARAMETER_4);
    assert_int_equal(ExInitializeLookasideListEx(&list, NULL, NULL, NonPagedPool, 4, 8, TAG, 0),
                     STATUS_INVALID_PARAMETER_5);
    assert_int_equal(ExInitializeLookasideListEx(&list, NULL, NULL, NonPagedPool, both, 8, TAG, 0),
                     STATUS_INVALID_PARAMETER_5);
    assert_int_equal(ledger_count(LEDGER_LOOKASIDE), 0);
}

static void older_lists_work_too(void **state)
{
    NPAGED_LOOKASIDE_LIST nonpaged;
    PAGED_LOOKASIDE_LIST paged;
    PVOID block;

    (void)state;
    allocations = frees = 0;
    ExInitializeNPagedLookasideList(&nonpaged, counted_allocate, counted_free, POOL_NX_ALLOCATION,
                                    1, TAG, 0);
    assert_int_equal(nonpaged.L.Size, sizeof(PVOID));
    block = ExAllocateFromNPagedLookasideList(&nonpaged);
    ExFreeToNPagedLookasideList(&nonpaged, block);
    assert_ptr_equal(ExAllocateFromNPagedLookasideList(&nonpaged), block);
    ExFreeToNPagedLookasideList(&nonpaged, block);
    ExDeleteNPagedLookasideList(&nonpaged);
    assert_int_equal(allocations, 1);
    assert_int_equal(frees, 1);
    ExInitializePagedLookasideList(&paged, NULL, NULL, 0, SIZE, TAG, 0);
    block = ExAllocateFromPagedLookasideList(&paged);
    ExFreeToPagedLookasideList(&paged, block);
    ExDeletePagedLookasideList(&paged);
}

static void use_after_delete(void)
{
    LOOKASIDE_LIST_EX list;

    ExInitializeLookasideListEx(&list, NULL, NULL, NonPagedPool, 0, SIZE, TAG, 0);
    ExDeleteLookasideListEx(&list);
    ExAllocateFromLookasideListEx(&list);
}

static void paged_at_dispatch(void)
{
    LOOKASIDE_LIST_EX list;

    ExInitializeLookasideListEx(&list, NULL, NULL, PagedPool, 0, SIZE, TAG, 0);
    KeRaiseIrqlToDpcLevel();
    ExAllocateFromLookasideListEx(&list);
}

static void stops_on_wrong_calls(void **state)
{
    (void)state;
    assert_bug_check(DRIVER_VERIFIER_DETECTED_VIOLATION, use_after_delete);
    assert_bug_text("was deleted");
    assert_bug_check(IRQL_NOT_LESS_OR_EQUAL, paged_at_dispatch);
}

static void churn(void *context, unsigned index)
{
    PLOOKASIDE_LIST_EX list = context;

    for (unsigned i = 0; i < 20000; i++) {
        unsigned *block = ExAllocateFromLookasideListEx(list);

        block[10] = index;
        BASE_REQUIRE(block[10] == index);
        ExFreeToLookasideListEx(list, block);
    }
}

static void threads_share_a_list(void **state)
{
    LOOKASIDE_LIST_EX list;

    (void)state;
    ExInitializeLookasideListEx(&list, NULL, NULL, NonPagedPool, 0, SIZE, TAG, 4);
    crew_run(4, churn, &list);
    ExDeleteLookasideListEx(&list);
    assert_int_equal(ledger_count(LEDGER_POOL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_the_contents),     cmocka_unit_test(calls_the_drivers_routines),
        cmocka_unit_test(refuses_bad_parameters), cmocka_unit_test(older_lists_work_too),
        cmocka_unit_test(stops_on_wrong_calls),   cmocka_unit_test(threads_share_a_list),
    };

    return cmocka_run_group_tests(tests, start_executive, stop_executive);
}
