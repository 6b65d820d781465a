/* SPDX-License-Identifier: MIT */
/*
 * test_mdl.c - memory descriptor lists: spans, chains, parts, locks, and the calls that do not
 * balance.
 */
#include "nt_test.h"

#include <sys/mman.h>

#define PAGES 8

/* Pages of our own, so that spans and faults are what the test says. */
static unsigned char *pages;
static unsigned char *read_only;
static unsigned char *missing;

static int map_pages(void **state)
{
    pages =
        mmap(NULL, PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    read_only = mmap(NULL, PAGE_SIZE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    missing = mmap(NULL, PAGE_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED || read_only == MAP_FAILED || missing == MAP_FAILED)
        return -1;
    return start_executive(state);
}

static int unmap_pages(void **state)
{
    munmap(pages, PAGES * PAGE_SIZE);
    munmap(read_only, PAGE_SIZE);
    munmap(missing, PAGE_SIZE);
    return stop_executive(state);
}

static PMDL mdl_of(void *address, ULONG length)
{
    PMDL mdl = IoAllocateMdl(address, length, FALSE, FALSE, NULL);

    assert_non_null(mdl);
    return mdl;
}

static void describes_a_buffer(void **state)
{
    static const struct {
        size_t offset;
        ULONG length;
        size_t span;
    } cases[] = {
        { 0, 0, 0 },
        { 5, 0, 1 },
        { 0, 1, 1 },
        { 0, PAGE_SIZE, 1 },
        { 0, PAGE_SIZE + 1, 2 },
        { PAGE_SIZE - 1, 1, 1 },
        { PAGE_SIZE - 1, 2, 2 },
        { 100, 3 * PAGE_SIZE, 4 },
    };

    (void)state;
    for (size_t i = 0; i < RTL_NUMBER_OF(cases); i++) {
        unsigned char *address = pages + cases[i].offset;
        PMDL mdl = mdl_of(address, cases[i].length);

        assert_null(mdl->Next);
        assert_int_equal(mdl->MdlFlags, MDL_ALLOCATED_FIXED_SIZE);
        assert_ptr_equal(mdl->StartVa, pages + cases[i].offset / PAGE_SIZE * PAGE_SIZE);
        assert_int_equal(MmGetMdlByteOffset(mdl), cases[i].offset % PAGE_SIZE);
        assert_int_equal(MmGetMdlByteCount(mdl), cases[i].length);
        assert_ptr_equal(MmGetMdlVirtualAddress(mdl), address);
        assert_int_equal(mdl->Size, sizeof(MDL) + cases[i].span * sizeof(PFN_NUMBER));
        assert_int_equal(MmSizeOfMdl(address, cases[i].length), mdl->Size);
        MmBuildMdlForNonPagedPool(mdl);
        for (size_t page = 0; page < cases[i].span; page++)
            assert_int_equal(MmGetMdlPfnArray(mdl)[page],
                             ((uintptr_t)address >> PAGE_SHIFT) + page);
        IoFreeMdl(mdl);
    }
    assert_int_equal(ledger_count(LEDGER_MDL), 0);
}

static void may_be_large(void **state)
{
    size_t size = 64u << 20;
    unsigned char *large = mmap(NULL, size, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    PMDL mdl = mdl_of(large, (ULONG)size);

    (void)state;
    assert_int_equal(mdl->MdlFlags & MDL_ALLOCATED_FIXED_SIZE, 0);
    MmBuildMdlForNonPagedPool(mdl);
    assert_int_equal(MmGetMdlPfnArray(mdl)[size / PAGE_SIZE - 1],
                     ((uintptr_t)large + size - 1) >> PAGE_SHIFT);
    IoFreeMdl(mdl);
    munmap(large, size);
    assert_null(IoAllocateMdl(pages, 0x80000000u, FALSE, FALSE, NULL));
}

static void hangs_on_its_irp(void **state)
{
    PIRP irp = IoAllocateIrp(1, FALSE);
    PMDL first = IoAllocateMdl(pages, 10, FALSE, FALSE, irp);
    PMDL second = IoAllocateMdl(pages, 20, TRUE, FALSE, irp);
    PMDL third = IoAllocateMdl(pages, 30, TRUE, FALSE, irp);

    (void)state;
    assert_ptr_equal(irp->MdlAddress, first);
    assert_ptr_equal(first->Next, second);
    assert_ptr_equal(second->Next, third);
    assert_null(third->Next);
    IoFreeMdl(first);
    IoFreeMdl(second);
    IoFreeMdl(third);
    IoFreeIrp(irp);
}

static void knows_nonpaged_pool(void **state)
{
    void *memory = ExAllocatePool2(POOL_FLAG_NON_PAGED, 100, 'tseT');
    PMDL mdl = mdl_of(memory, 100);

    (void)state;
    MmBuildMdlForNonPagedPool(mdl);
    assert_int_equal(mdl->MdlFlags, MDL_ALLOCATED_FIXED_SIZE | MDL_SOURCE_IS_NONPAGED_POOL);
    assert_ptr_equal(mdl->MappedSystemVa, memory);
    assert_ptr_equal(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority), memory);
    IoFreeMdl(mdl);
    ExFreePool(memory);
}

static void locks_and_maps(void **state)
{
    static const LOCK_OPERATION operations[] = { IoReadAccess, IoWriteAccess, IoModifyAccess };

    (void)state;
    for (size_t i = 0; i < RTL_NUMBER_OF(operations); i++) {
        PMDL mdl = mdl_of(pages + 10, 2 * PAGE_SIZE);

        pages[10] = 0x77;
        MmProbeAndLockPages(mdl, KernelMode, operations[i]);
        assert_true(mdl->MdlFlags & MDL_PAGES_LOCKED);
        assert_int_equal((mdl->MdlFlags & MDL_WRITE_OPERATION) != 0, operations[i] != IoReadAccess);
        assert_int_equal(pages[10], 0x77);
        assert_int_equal(ledger_count(LEDGER_LOCKED_PAGES), 1);
        assert_ptr_equal(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority), pages + 10);
        assert_true(mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA);
        MmUnmapLockedPages(mdl->MappedSystemVa, mdl);
        assert_false(mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA);
        assert_ptr_equal(MmMapLockedPages(mdl, KernelMode), pages + 10);
        MmUnlockPages(mdl);
        assert_int_equal(mdl->MdlFlags, MDL_ALLOCATED_FIXED_SIZE);
        assert_int_equal(ledger_count(LEDGER_LOCKED_PAGES), 0);
        IoFreeMdl(mdl);
    }
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

static NTSTATUS lock_status(void *address, ULONG length, LOCK_OPERATION operation)
{
    PMDL mdl = mdl_of(address, length);
    volatile NTSTATUS status = STATUS_SUCCESS;

    __try {
        MmProbeAndLockPages(mdl, KernelMode, operation);
        MmUnlockPages(mdl);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = (NTSTATUS)GetExceptionCode();
    }
    assert_int_equal(mdl->MdlFlags, MDL_ALLOCATED_FIXED_SIZE);
    IoFreeMdl(mdl);
    return status;
}

static void raises_on_bad_ranges(void **state)
{
    unsigned char on_stack[100];
    static unsigned char in_data[100];

    (void)state;
    take_faults_back();
    assert_int_equal(lock_status(on_stack, sizeof(on_stack), IoModifyAccess), STATUS_SUCCESS);
    assert_int_equal(lock_status(in_data, sizeof(in_data), IoWriteAccess), STATUS_SUCCESS);
    assert_int_equal(lock_status(read_only, 10, IoReadAccess), STATUS_SUCCESS);
    assert_int_equal(lock_status(read_only, 10, IoWriteAccess), STATUS_ACCESS_VIOLATION);
    assert_int_equal(lock_status(missing, 10, IoReadAccess), STATUS_ACCESS_VIOLATION);
    assert_int_equal(lock_status(NULL, 10, IoReadAccess), STATUS_ACCESS_VIOLATION);
    assert_int_equal(lock_status((void *)0xFFFFF80000000000ull, 10, IoReadAccess),
                     STATUS_ACCESS_VIOLATION);
    assert_int_equal(lock_status(missing, 0, IoReadAccess), STATUS_SUCCESS);
    assert_int_equal(ledger_count(LEDGER_LOCKED_PAGES), 0);
}

static void lives_in_the_callers_memory(void **state)
{
    struct {
        MDL mdl;
        PFN_NUMBER numbers[3];
        uint64_t behind;
    } mine = { .behind = 42 };

    (void)state;
    MmInitializeMdl(&mine.mdl, pages + PAGE_SIZE - 1, PAGE_SIZE + 2);
    MmProbeAndLockPages(&mine.mdl, KernelMode, IoWriteAccess);
    assert_ptr_equal(MmGetSystemAddressForMdlSafe(&mine.mdl, NormalPagePriority),
                     pages + PAGE_SIZE - 1);
    MmUnlockPages(&mine.mdl);
    MmInitializeMdl(&mine.mdl, pages, 3 * PAGE_SIZE);
    MmBuildMdlForNonPagedPool(&mine.mdl);
    assert_int_equal(mine.numbers[2], ((uintptr_t)pages >> PAGE_SHIFT) + 2);
    assert_int_equal(mine.behind, 42);
}

static void builds_parts(void **state)
{
    static const struct {
        size_t offset;
        ULONG length;
        ULONG expected;
    } cases[] = {
        { 0, 10, 10 },
        { 50, 100, 100 },
        { PAGE_SIZE, PAGE_SIZE, PAGE_SIZE },
        { 10, 0, 3 * PAGE_SIZE - 10 },
        { 3 * PAGE_SIZE - 1, 1, 1 },
    };
    PMDL source = mdl_of(pages + 100, 3 * PAGE_SIZE);

    (void)state;
    MmBuildMdlForNonPagedPool(source);
    for (size_t i = 0; i < RTL_NUMBER_OF(cases); i++) {
        unsigned char *address = pages + 100 + cases[i].offset;
        PMDL part = mdl_of(pages, 5 * PAGE_SIZE);

        IoBuildPartialMdl(source, part, address, cases[i].length);
        assert_int_equal(part->MdlFlags,
                         MDL_ALLOCATED_FIXED_SIZE | MDL_PARTIAL | MDL_SOURCE_IS_NONPAGED_POOL);
        assert_int_equal(MmGetMdlByteCount(part), cases[i].expected);
        assert_ptr_equal(MmGetMdlVirtualAddress(part), address);
        assert_ptr_equal(MmGetSystemAddressForMdlSafe(part, NormalPagePriority), address);
        assert_int_equal(MmGetMdlPfnArray(part)[0], (uintptr_t)address >> PAGE_SHIFT);
        MmPrepareMdlForReuse(part);
        IoBuildPartialMdl(source, part, pages + 100, 1);
        IoFreeMdl(part);
    }
    IoFreeMdl(source);
}

static void maps_parts_of_locked_buffers(void **state)
{
    PMDL source = mdl_of(pages, 2 * PAGE_SIZE);
    PMDL part = mdl_of(pages, 2 * PAGE_SIZE);

    (void)state;
    MmProbeAndLockPages(source, KernelMode, IoWriteAccess);
    IoBuildPartialMdl(source, part, pages + 8, 16);
    assert_false(part->MdlFlags & MDL_PAGES_LOCKED);
    assert_ptr_equal(MmGetSystemAddressForMdlSafe(part, NormalPagePriority), pages + 8);
    assert_true(part->MdlFlags & MDL_PARTIAL_HAS_BEEN_MAPPED);
    MmPrepareMdlForReuse(part);
    assert_false(part->MdlFlags & (MDL_PARTIAL_HAS_BEEN_MAPPED | MDL_MAPPED_TO_SYSTEM_VA));
    IoBuildPartialMdl(source, part, pages + 9, 16);
    assert_ptr_equal(MmGetSystemAddressForMdlSafe(part, NormalPagePriority), pages + 9);
    IoFreeMdl(part);
    MmUnlockPages(source);
    IoFreeMdl(source);
}

static unsigned findings;
static char last_rule[16];

static void note_finding(const char *rule, const char *text, const void *place)
{
    (void)text;
    (void)place;
    findings++;
    strncpy(last_rule, rule, sizeof(last_rule) - 1);
}

static bool fail_mdls(enum hook_allocation kind, size_t size, const void *place)
{
    (void)size;
    (void)place;
    return kind == HOOK_MDL;
}

static void mapping_fails_when_the_verifier_says(void **state)
{
    static const struct hooks hooks = { .fail_allocation = fail_mdls };
    PMDL mdl = mdl_of(pages, 10);

    (void)state;
    MmProbeAndLockPages(mdl, KernelMode, IoReadAccess);
    atomic_store(&base_hooks, &hooks);
    assert_null(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority));
    assert_null(IoAllocateMdl(pages, 1, FALSE, FALSE, NULL));
    atomic_store(&base_hooks, NULL);
    assert_non_null(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority));
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
}

/*
 * The pages stay locked, so the books stay open: the only test that cannot leave them clean runs in
 * a child.
 */
static void free_locked(void)
{
    static const struct hooks hooks = { .finding = note_finding };
    PMDL mdl = mdl_of(pages, 10);

    MmProbeAndLockPages(mdl, KernelMode, IoReadAccess);
    atomic_store(&base_hooks, &hooks);
    IoFreeMdl(mdl);
    if (findings == 1 && strcmp(last_rule, "WSK-V9") == 0 &&
        ledger_count(LEDGER_LOCKED_PAGES) == 1 && ledger_count(LEDGER_MDL) == 0)
        KeBugCheck(MANUALLY_INITIATED_CRASH);
}

static void finds_locks_that_nobody_undoes(void **state)
{
    (void)state;
    assert_bug_check(MANUALLY_INITIATED_CRASH, free_locked);
}

/* --- Wrong calls ------------------------------------------------------------------------------ */

static void free_twice(void)
{
    PMDL mdl = mdl_of(pages, 10);

    IoFreeMdl(mdl);
    IoFreeMdl(mdl);
}

static void free_foreign(void)
{
    struct {
        uint64_t front[8];
        MDL mdl;
        PFN_NUMBER number;
    } mine = { 0 };

    MmInitializeMdl(&mine.mdl, pages, 10);
    IoFreeMdl(&mine.mdl);
}

static void free_pool_as_mdl(void)
{
    IoFreeMdl(ExAllocatePool2(POOL_FLAG_NON_PAGED, 100, 'tseT'));
}

static void lock_twice(void)
{
    PMDL mdl = mdl_of(pages, 10);

    MmProbeAndLockPages(mdl, KernelMode, IoReadAccess);
    MmProbeAndLockPages(mdl, KernelMode, IoReadAccess);
}

static void lock_nonpaged(void)
{
    PMDL mdl = mdl_of(pages, 10);

    MmBuildMdlForNonPagedPool(mdl);
    MmProbeAndLockPages(mdl, KernelMode, IoReadAccess);
}

static void unlock_unlocked(void)
{
    MmUnlockPages(mdl_of(pages, 10));
}

static void unlock_twice(void)
{
    PMDL mdl = mdl_of(pages, 10);

    MmProbeAndLockPages(mdl, KernelMode, IoReadAccess);
    MmUnlockPages(mdl);
    MmUnlockPages(mdl);
}

static void unlock_nonpaged(void)
{
    PMDL mdl = mdl_of(pages, 10);

    MmBuildMdlForNonPagedPool(mdl);
    MmUnlockPages(mdl);
}

static void map_without_pages(void)
{
    MmGetSystemAddressForMdlSafe(mdl_of(pages, 10), NormalPagePriority);
}

static void map_twice(void)
{
    PMDL mdl = mdl_of(pages, 10);

    MmProbeAndLockPages(mdl, KernelMode, IoReadAccess);
    MmMapLockedPages(mdl, KernelMode);
    MmMapLockedPages(mdl, KernelMode);
}

static void unmap_unmapped(void)
{
    PMDL mdl = mdl_of(pages, 10);

    MmProbeAndLockPages(mdl, KernelMode, IoReadAccess);
    MmUnmapLockedPages(pages, mdl);
}

static void part_outside(void)
{
    PMDL source = mdl_of(pages + 100, 100);

    MmBuildMdlForNonPagedPool(source);
    IoBuildPartialMdl(source, mdl_of(pages, PAGE_SIZE), pages + 150, 51);
}

static void part_in_front(void)
{
    PMDL source = mdl_of(pages + 100, 100);

    MmBuildMdlForNonPagedPool(source);
    IoBuildPartialMdl(source, mdl_of(pages, PAGE_SIZE), pages + 99, 2);
}

static void part_with_too_few_slots(void)
{
    PMDL source = mdl_of(pages, 3 * PAGE_SIZE);

    MmBuildMdlForNonPagedPool(source);
    IoBuildPartialMdl(source, mdl_of(pages, 10), pages, PAGE_SIZE + 1);
}

static void raise_without_handler(void)
{
    start_alone();
    MmProbeAndLockPages(mdl_of(missing, 10), KernelMode, IoReadAccess);
}

static void stops_on_wrong_calls(void **state)
{
    (void)state;
    assert_bug_check(DRIVER_VERIFIER_DETECTED_VIOLATION, free_twice);
    assert_bug_text("freed before");
    assert_bug_check(DRIVER_VERIFIER_DETECTED_VIOLATION, free_foreign);
    assert_bug_text("IoAllocateMdl did not make");
    assert_bug_check(DRIVER_VERIFIER_DETECTED_VIOLATION, free_pool_as_mdl);
    assert_bug_check(DRIVER_VERIFIER_DETECTED_VIOLATION, lock_twice);
    assert_bug_text("locked already");
    assert_bug_check(DRIVER_VERIFIER_DETECTED_VIOLATION, lock_nonpaged);
    assert_bug_check(PROCESS_HAS_LOCKED_PAGES, unlock_unlocked);
    assert_bug_text("WSK-V9");
    assert_bug_check(PROCESS_HAS_LOCKED_PAGES, unlock_twice);
    assert_bug_check(PROCESS_HAS_LOCKED_PAGES, unlock_nonpaged);
    assert_bug_text("nonpaged pool");
    assert_bug_check(DRIVER_VERIFIER_DETECTED_VIOLATION, map_without_pages);
    assert_bug_check(DRIVER_VERIFIER_DETECTED_VIOLATION, map_twice);
    assert_bug_check(DRIVER_VERIFIER_DETECTED_VIOLATION, unmap_unmapped);
    assert_bug_check(DRIVER_VERIFIER_DETECTED_VIOLATION, part_outside);
    assert_bug_text("WSK-V6");
    assert_bug_check(DRIVER_VERIFIER_DETECTED_VIOLATION, part_in_front);
    assert_bug_check(DRIVER_VERIFIER_DETECTED_VIOLATION, part_with_too_few_slots);
    assert_bug_text("room for 1 pages");
    nt_stop();
    assert_bug_check(KMODE_EXCEPTION_NOT_HANDLED, raise_without_handler);
    assert_int_equal(nt_start(), STATUS_SUCCESS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(describes_a_buffer),
        cmocka_unit_test(may_be_large),
        cmocka_unit_test(hangs_on_its_irp),
        cmocka_unit_test(knows_nonpaged_pool),
        cmocka_unit_test(locks_and_maps),
        cmocka_unit_test(raises_on_bad_ranges),
        cmocka_unit_test(lives_in_the_callers_memory),
        cmocka_unit_test(builds_parts),
        cmocka_unit_test(maps_parts_of_locked_buffers),
        cmocka_unit_test(mapping_fails_when_the_verifier_says),
        cmocka_unit_test(finds_locks_that_nobody_undoes),
        cmocka_unit_test(stops_on_wrong_calls),
    };

    return cmocka_run_group_tests(tests, map_pages, unmap_pages);
}
