/* SPDX-License-Identifier: MIT */
/* test_special.c - guarded blocks when there are too many of them. */
#include "nt_test.h"

#include "block.h"
#include "special.h"

/* More than there are slots for blocks of this size. */
#define MANY 5000u
#define SIZE 64u

static void *taken[MANY];

static void *take(void)
{
    void *memory = nt_special_take(sizeof(struct nt_block), SIZE, 16, false);

    if (memory)
        memset(nt_block_in_front(memory), 0, sizeof(struct nt_block));
    return memory;
}

static unsigned take_all(void)
{
    unsigned count = 0;

    while (count < MANY && (taken[count] = take()))
        count++;
    return count;
}

static void give_all_back(unsigned count)
{
    while (count--)
        nt_special_give_back(taken[count]);
}

static void fills_up_and_says_so(void **state)
{
    uint64_t before = trace_total(trace_special_full);
    unsigned count = take_all();

    (void)state;
    assert_in_range(count, 1000, MANY - 1);
    assert_int_equal(trace_total(trace_special_full), before + 1);
    for (unsigned i = 0; i < count; i++)
        assert_true(nt_special_owns(taken[i]));
    give_all_back(count);
    for (unsigned i = 0; i < count; i++)
        assert_non_null(nt_special_freed_block(taken[i]));
    /* All of it can be taken again. */
    assert_int_equal(take_all(), count);
    give_all_back(count);
}

static void pool_goes_on_without(void **state)
{
    unsigned count = take_all();
    void *blocks[200];

    (void)state;
    for (unsigned i = 0; i < 200; i++) {
        blocks[i] = ExAllocatePool2(POOL_FLAG_NON_PAGED, SIZE, 'tseT');
        assert_non_null(blocks[i]);
        memset(blocks[i], 0x5A, SIZE);
    }
    for (unsigned i = 0; i < 200; i++)
        ExFreePoolWithTag(blocks[i], 'tseT');
    give_all_back(count);
}

/* The test runner takes the fault signals for each test; the executive takes them back. */
static void watch(uint32_t rules)
{
    nt_stop();
    assert_true(NT_SUCCESS(nt_start()));
    atomic_store(&hook_rules, rules);
}

/* --- Paged pool ------------------------------------------------------------------------------ */

/* Every page of paged pool that is not locked is out afterwards, as on a machine that needs them. */
static void page_out(void)
{
    KIRQL irql;

    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    KeLowerIrql(irql);
}

static int forget_rules(void **state)
{
    (void)state;
    atomic_store(&hook_rules, 0);
    return 0;
}

/* To probe is to touch, which brings a page in. */
static void what_is_paged_out_can_be_probed(void **state)
{
    PVOID memory;
    PMDL mdl;

    (void)state;
    watch(1u << 5 | 1u << 20);
    memory = ExAllocatePool2(POOL_FLAG_PAGED, SIZE, 'tseT');
    assert_non_null(memory);
    assert_true(nt_special_owns(memory));
    page_out();
    assert_true(nt_readable(memory, SIZE));
    page_out();
    mdl = IoAllocateMdl(memory, SIZE, FALSE, FALSE, NULL);
    MmProbeAndLockPages(mdl, KernelMode, IoModifyAccess);
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
    ExFreePoolWithTag(memory, 'tseT');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fills_up_and_says_so),
        cmocka_unit_test(pool_goes_on_without),
        cmocka_unit_test_teardown(what_is_paged_out_can_be_probed, forget_rules),
    };

    return cmocka_run_group_tests(tests, start_executive, stop_executive);
}
