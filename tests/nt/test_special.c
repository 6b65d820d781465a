/* SPDX-License-Identifier: MIT */
/*
 * test_special.c - guarded blocks when there are too many of them; with the argument
 * without_guards, as on a kernel older than Linux 6.13.
 */
#include "nt_test.h"

#include "block.h"
#include "special.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

/* More than there are slots for blocks of this size. */
#define MANY 5000u
#define SIZE 64u

static void *taken[MANY];

static bool without_guards;

int __real_madvise(void *first, size_t size, int advice);
int __wrap_madvise(void *first, size_t size, int advice);

int __wrap_madvise(void *first, size_t size, int advice)
{
    if (without_guards && advice != MADV_DONTNEED) {
        errno = EINVAL;
        return -1;
    }
    return __real_madvise(first, size, advice);
}

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

/*
 * The test runner takes the fault signals for each test; the executive takes them back when it
 * starts.
 */
static void take_faults_back(void)
{
    nt_stop();
    assert_true(NT_SUCCESS(nt_start()));
}

static void fills_up_and_says_so(void **state)
{
    uint64_t before = trace_total(trace_special_full);
    unsigned count = take_all();

    (void)state;
    take_faults_back();
    assert_in_range(count, 1000, MANY - 1);
    assert_int_equal(trace_total(trace_special_full), before + 1);
    for (unsigned i = 0; i < count; i++) {
        assert_true(nt_special_owns(taken[i]));
        assert_true(nt_readable(taken[i], SIZE));
        assert_false(nt_readable(taken[i], SIZE + 1));
    }
    give_all_back(count);
    for (unsigned i = 0; i < count; i++) {
        assert_non_null(nt_special_freed_block(taken[i]));
        assert_false(nt_readable(taken[i], 1));
    }
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

/* --- Looking at what another thread frees ---------------------------------------------------- */

#define LOOKS 20000u

static _Atomic(void *) shown;
static _Atomic bool over;
static _Atomic unsigned missed;

static void take_and_give_back(void)
{
    for (unsigned i = 0; i < LOOKS; i++) {
        void *memory = take();

        nt_block_in_front(memory)->entry.object = memory;
        atomic_store(&shown, memory);
        nt_special_give_back(memory);
    }
    atomic_store(&over, true);
}

static void look_on(void)
{
    while (!atomic_load(&over)) {
        struct hook_stack stacks[HOOK_STACKS_MAX] = { 0 };
        struct nt_block block;
        void *memory = atomic_load(&shown);
        uintptr_t first;
        size_t size;
        bool freed, paged;

        if (!memory)
            continue;
        missed += !nt_special_find(memory, &block, &freed);
        /* Both are right: by now it is freed, or live. */
        nt_is_freed(memory, stacks);
        nt_block_range(memory, &first, &size, &paged);
    }
}

static void look_or_free(void *context, unsigned index)
{
    (void)context;
    if (index)
        look_on();
    else
        take_and_give_back();
}

/* Nobody faults who looks at a block that its owner frees, and nothing is torn. */
static void a_block_can_be_looked_at_while_it_is_freed(void **state)
{
    (void)state;
    watch(0);
    atomic_store(&over, false);
    atomic_store(&shown, NULL);
    crew_run(2, look_or_free, NULL);
    assert_int_equal(missed, 0);
}

/* --- Paged pool ------------------------------------------------------------------------------ */

/*
 * Every page of paged pool that is not locked is out afterwards, as on a machine that needs them.
 */
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

static void *take_paged(void)
{
    void *memory = nt_special_take(sizeof(struct nt_block), SIZE, 16, true);

    if (memory)
        memset(nt_block_in_front(memory), 0, sizeof(struct nt_block));
    return memory;
}

/* Takes block after block until one has that address, and gives the others back. */
static void take_again(void *memory)
{
    unsigned count = 0;

    do {
        assert_true(count < MANY);
        taken[count] = take_paged();
    } while (taken[count++] != memory);
    give_all_back(count - 1);
}

/* Without a touch, which would bring it in: the kernel does not copy what is out. */
static bool is_there(const void *memory)
{
    int ends[2];
    bool there;

    assert_int_equal(pipe(ends), 0);
    there = write(ends[1], memory, 1) == 1;
    close(ends[0]);
    close(ends[1]);
    return there;
}

/* The MDL of a block that was freed is unlocked when another one has the slot. */
static void a_late_unlock_takes_no_lock_of_another_block(void **state)
{
    void *memory;
    uint32_t former, life;

    (void)state;
    watch(1u << 20);
    memory = take_paged();
    former = nt_special_pin(memory);
    nt_special_give_back(memory);
    take_again(memory);
    life = nt_special_pin(memory);
    assert_int_not_equal(life, former);
    nt_special_unpin(memory, former);
    page_out();
    assert_true(is_there(memory));
    nt_special_unpin(memory, life);
    page_out();
    assert_false(is_there(memory));
    nt_special_unpin(memory, life); /* harmless */
    assert_int_equal(nt_special_pin(memory), life);
    page_out();
    assert_true(is_there(memory));
    nt_special_give_back(memory);
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fills_up_and_says_so),
        cmocka_unit_test(pool_goes_on_without),
        cmocka_unit_test(a_block_can_be_looked_at_while_it_is_freed),
        cmocka_unit_test_teardown(a_late_unlock_takes_no_lock_of_another_block, forget_rules),
        cmocka_unit_test_teardown(what_is_paged_out_can_be_probed, forget_rules),
    };

    without_guards = count > 1 && strcmp(arguments[1], "without_guards") == 0;
    return cmocka_run_group_tests(tests, start_executive, stop_executive);
}
