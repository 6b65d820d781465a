/* SPDX-License-Identifier: MIT */
/* test_pool.c - pool blocks: what they are, and what each wrong call ends in. */
#include "nt_test.h"

#include "block.h"

#define TAG 0x74736554u /* "Test" */

static bool all_zero(const void *memory, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (((const unsigned char *)memory)[i])
            return false;
    }
    return true;
}

static void gives_what_was_asked_for(void **state)
{
    static const struct {
        POOL_FLAGS flags;
        size_t size;
        bool zero;
        size_t alignment;
    } cases[] = {
        { POOL_FLAG_NON_PAGED, 1, true, 16 },
        { POOL_FLAG_NON_PAGED, 100, true, 16 },
        { POOL_FLAG_PAGED, 4095, true, 16 },
        { POOL_FLAG_NON_PAGED, 4096, true, 4096 },
        { POOL_FLAG_NON_PAGED, 100000, true, 4096 },
        { POOL_FLAG_NON_PAGED | POOL_FLAG_CACHE_ALIGNED, 40, true, 64 },
        { POOL_FLAG_NON_PAGED | POOL_FLAG_UNINITIALIZED, 100, false, 16 },
        { POOL_FLAG_NON_PAGED_EXECUTE | POOL_FLAG_USE_QUOTA, 24, true, 16 },
        { POOL_FLAG_NON_PAGED | 0x100000000ul, 24, true, 16 }, /* an optional flag of the future */
    };

    (void)state;
    for (size_t i = 0; i < RTL_NUMBER_OF(cases); i++) {
        unsigned char *memory = ExAllocatePool2(cases[i].flags, cases[i].size, TAG);

        assert_non_null(memory);
        assert_int_equal((uintptr_t)memory % cases[i].alignment, 0);
        assert_int_equal(all_zero(memory, cases[i].size), cases[i].zero);
        memset(memory, 0x5A, cases[i].size);
        ExFreePoolWithTag(memory, TAG);
    }
    assert_int_equal(ledger_count(LEDGER_POOL), 0);
}

static void refuses_bad_flags(void **state)
{
    static const POOL_FLAGS cases[] = {
        0,
        POOL_FLAG_NON_PAGED | POOL_FLAG_PAGED,
        POOL_FLAG_NON_PAGED | 0x200,
        POOL_FLAG_UNINITIALIZED,
    };

    (void)state;
    for (size_t i = 0; i < RTL_NUMBER_OF(cases); i++)
        assert_null(ExAllocatePool2(cases[i], 16, TAG));
}

static void raises_when_asked(void **state)
{
    volatile NTSTATUS status = STATUS_SUCCESS;

    (void)state;
    __try {
        ExAllocatePool2(POOL_FLAG_RAISE_ON_FAILURE, 16, TAG);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = (NTSTATUS)GetExceptionCode();
    }
    assert_int_equal(status, STATUS_INVALID_PARAMETER);
    __try {
        ExAllocatePoolWithQuotaTag(NonPagedPool, SIZE_MAX / 2, TAG);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = (NTSTATUS)GetExceptionCode();
    }
    assert_int_equal(status, STATUS_INSUFFICIENT_RESOURCES);
    assert_null(ExAllocatePoolWithTag(NonPagedPool, SIZE_MAX / 2, TAG));
    assert_null(ExAllocatePoolWithTag(NonPagedPool, SIZE_MAX - 8, TAG));
}

static void older_functions_agree(void **state)
{
    void *memory;

    (void)state;
    memory = ExAllocatePool(NonPagedPool, 10);
    ExFreePool(memory);
    memory = ExAllocatePoolWithTag(NonPagedPoolNx, 10, TAG);
    ExFreePoolWithTag(memory, 0);
    memory = ExAllocatePoolZero(NonPagedPoolNx, 300, TAG);
    assert_true(all_zero(memory, 300));
    ExFreePoolWithTag(memory, TAG);
    memory = ExAllocatePoolUninitialized(PagedPool, 300, TAG);
    assert_false(all_zero(memory, 300));
    ExFreePool2(memory, TAG, NULL, 0);
    memory = ExAllocatePoolWithTagPriority(NonPagedPoolCacheAligned, 10, TAG, LowPoolPriority);
    assert_int_equal((uintptr_t)memory % 64, 0);
    ExFreePool(memory);
    memory = ExAllocatePoolWithTag(NonPagedPool, 0, TAG);
    assert_non_null(memory);
    ExFreePool(memory);
}

static void remember(const struct ledger_entry *entry, void *context)
{
    *(struct ledger_entry *)context = *entry;
}

static void stands_in_the_ledger(void **state)
{
    struct ledger_entry entry = { 0 };
    void *memory = ExAllocatePool2(POOL_FLAG_NON_PAGED, 77, TAG);
    char where[SYMBOL_TEXT_MAX];

    (void)state;
    assert_int_equal(ledger_count(LEDGER_POOL), 1);
    ledger_visit(LEDGER_POOL, remember, &entry);
    symbol_describe(entry.place, where, sizeof(where));
    assert_ptr_equal(entry.object, memory);
    assert_int_equal(entry.size, 77);
    assert_int_equal(entry.tag, TAG);
    assert_non_null(strstr(where, "stands_in_the_ledger"));
    ExFreePoolWithTag(memory, TAG);
    assert_int_equal(ledger_count(LEDGER_POOL), 0);
}

static unsigned failures_left;

static bool fail_some(enum hook_allocation kind, size_t size, const void *place)
{
    (void)size;
    (void)place;
    return kind == HOOK_POOL && failures_left && failures_left--;
}

static void fails_when_the_verifier_says(void **state)
{
    static const struct hooks hooks = { .fail_allocation = fail_some };
    void *memory;

    (void)state;
    failures_left = 2;
    atomic_store(&base_hooks, &hooks);
    assert_null(ExAllocatePool2(POOL_FLAG_NON_PAGED, 8, TAG));
    assert_null(ExAllocatePoolWithTag(NonPagedPool, 8, TAG));
    memory = ExAllocatePool2(POOL_FLAG_NON_PAGED, 8, TAG);
    atomic_store(&base_hooks, NULL);
    assert_non_null(memory);
    ExFreePool(memory);
}

/* --- Wrong calls ------------------------------------------------------------------------------ */

static void free_null(void)
{
    ExFreePool(NULL);
}

static void free_foreign(void)
{
    _Alignas(16) static char memory[256];

    ExFreePool(memory + 128);
}

static void free_inside(void)
{
    char *memory = ExAllocatePool2(POOL_FLAG_NON_PAGED, 256, TAG);

    ExFreePool(memory + 128);
}

static void free_twice(void)
{
    void *memory = ExAllocatePool2(POOL_FLAG_NON_PAGED, 64, TAG);

    ExFreePoolWithTag(memory, TAG);
    ExFreePoolWithTag(memory, TAG);
}

static void free_twice_after_others(void)
{
    void *first = ExAllocatePool2(POOL_FLAG_NON_PAGED, 64, TAG);
    void *second = ExAllocatePool2(POOL_FLAG_NON_PAGED, 64, TAG);

    ExFreePool(first);
    ExFreePool(second);
    ExFreePool(first);
}

static void free_with_other_tag(void)
{
    ExFreePoolWithTag(ExAllocatePool2(POOL_FLAG_NON_PAGED, 64, TAG), 0x72687441);
}

static void free_irp_as_pool(void)
{
    ExFreePool(IoAllocateIrp(1, FALSE));
}

static void allocate_without_tag(void)
{
    ExAllocatePool2(POOL_FLAG_NON_PAGED, 64, 0);
}

static void allocate_paged_at_dispatch(void)
{
    KeRaiseIrqlToDpcLevel();
    ExAllocatePool2(POOL_FLAG_PAGED, 64, TAG);
}

static void free_paged_at_dispatch(void)
{
    void *memory = ExAllocatePool2(POOL_FLAG_PAGED, 64, TAG);

    KeRaiseIrqlToDpcLevel();
    ExFreePool(memory);
}

static void allocate_above_dispatch(void)
{
    KfRaiseIrql(DISPATCH_LEVEL + 1);
    ExAllocatePool2(POOL_FLAG_NON_PAGED, 64, TAG);
}

static void stops_on_wrong_calls(void **state)
{
    (void)state;
    assert_bug_check(BAD_POOL_CALLER, free_null);
    assert_bug_text("NULL");
    assert_bug_check(BAD_POOL_CALLER, free_foreign);
    assert_bug_text("no pool allocation");
    assert_bug_check(BAD_POOL_CALLER, free_inside);
    assert_bug_check(BAD_POOL_CALLER, free_twice);
    assert_bug_text("WSK-V5");
    assert_bug_text("allocated at free_twice");
    assert_bug_text("freed at free_twice");
    assert_bug_check(BAD_POOL_CALLER, free_twice_after_others);
    assert_bug_text("freed twice");
    assert_bug_check(BAD_POOL_CALLER, free_with_other_tag);
    assert_bug_text("freed with tag 'Athr'");
    assert_bug_text("allocated with tag 'Test' at free_with_other_tag");
    assert_bug_check(BAD_POOL_CALLER, free_irp_as_pool);
    assert_bug_text("IRP");
    assert_bug_check(BAD_POOL_CALLER, allocate_without_tag);
    assert_bug_check(BAD_POOL_CALLER, allocate_paged_at_dispatch);
    assert_bug_text("paged pool allocated");
    assert_bug_check(BAD_POOL_CALLER, free_paged_at_dispatch);
    assert_bug_text("paged pool freed");
    assert_bug_check(BAD_POOL_CALLER, allocate_above_dispatch);
    assert_bug_text("nonpaged pool allocated");
}

/* AddressSanitizer sees these two when they happen; the words are the verifier's in either case. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif

static void overrun(void)
{
    volatile char *memory = ExAllocatePool2(POOL_FLAG_NON_PAGED, 61, TAG);

    memory[61] ^= 1;
    ExFreePool((void *)memory);
}

static void write_after_free(void)
{
    volatile char *memory = ExAllocatePool2(POOL_FLAG_NON_PAGED, 61, TAG);

    ExFreePool((void *)memory);
    memory[60] = 0;
    nt_block_trim();
}

static void finds_stray_writes(void **state)
{
    (void)state;
#ifdef SANITIZED
    assert_bug_check(DRIVER_PAGE_FAULT_BEYOND_END_OF_ALLOCATION, overrun);
    assert_bug_text("WSK-V5: a read of memory outside the pool block of 61 bytes, +61 bytes");
    assert_bug_check(DRIVER_PAGE_FAULT_IN_FREED_SPECIAL_POOL, write_after_free);
    assert_bug_text("WSK-V5: a write of a freed pool block of 61 bytes, +60 bytes");
#else
    assert_bug_check(BAD_POOL_HEADER, overrun);
    assert_bug_text("behind the end of the pool block");
    assert_bug_check(DRIVER_CAUGHT_MODIFYING_FREED_POOL, write_after_free);
    assert_bug_text("WSK-V5");
    assert_bug_text("write_after_free");
#endif
}

static void underrun(void)
{
    volatile char *memory = ExAllocatePool2(POOL_FLAG_NON_PAGED, 61, TAG);

    memory[-1] ^= 1;
    ExFreePool((void *)memory);
}

static void tells_whose_the_address_was(void **state)
{
    (void)state;
    assert_bug_check(BAD_POOL_CALLER, free_inside);
    assert_bug_text("by another address than its own");
    assert_bug_text("byte 128 of a pool block of 256 bytes");
    assert_bug_check(BAD_POOL_HEADER, underrun);
    assert_bug_text("in front of the pool block of 61 bytes");
}

/* The address of a large block may be another's soon, and must be that one's then. */
static void forgets_what_was_buried(void **state)
{
    struct nt_block block;
    bool freed;

    (void)state;
    for (int i = 0; i < 200; i++) {
        char *memory = ExAllocatePool2(POOL_FLAG_NON_PAGED, 5000 + 16 * i, TAG);

        assert_true(nt_block_find(memory + 4999, &block, &freed));
        assert_false(freed);
        assert_ptr_equal(block.entry.object, memory);
        ExFreePoolWithTag(memory, TAG);
        assert_true(nt_block_buried(memory + 4999, &block));
        assert_ptr_equal(block.entry.object, memory);
    }
    assert_int_equal(ledger_count(LEDGER_POOL), 0);
}

/* --- Many threads ----------------------------------------------------------------------------- */

#define ROUNDS 3000
#define HELD 16

static void churn(void *context, unsigned index)
{
    unsigned char *held[HELD] = { 0 };
    unsigned seed = index;

    (void)context;
    for (unsigned i = 0; i < ROUNDS; i++) {
        unsigned slot = RtlRandomEx(&seed) % HELD;
        size_t size = 1 + RtlRandomEx(&seed) % 6000;

        if (held[slot])
            ExFreePoolWithTag(held[slot], TAG);
        held[slot] = ExAllocatePool2(POOL_FLAG_NON_PAGED, size, TAG);
        BASE_REQUIRE(held[slot] && held[slot][0] == 0 && held[slot][size - 1] == 0);
        memset(held[slot], (int)slot, size);
    }
    for (unsigned slot = 0; slot < HELD; slot++) {
        if (held[slot])
            ExFreePoolWithTag(held[slot], TAG);
    }
}

static void threads_do_not_disturb_each_other(void **state)
{
    (void)state;
    crew_run(4, churn, NULL);
    assert_int_equal(ledger_count(LEDGER_POOL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_what_was_asked_for),
        cmocka_unit_test(refuses_bad_flags),
        cmocka_unit_test(raises_when_asked),
        cmocka_unit_test(older_functions_agree),
        cmocka_unit_test(stands_in_the_ledger),
        cmocka_unit_test(fails_when_the_verifier_says),
        cmocka_unit_test(stops_on_wrong_calls),
        cmocka_unit_test(finds_stray_writes),
        cmocka_unit_test(tells_whose_the_address_was),
        cmocka_unit_test(forgets_what_was_buried),
        cmocka_unit_test(threads_do_not_disturb_each_other),
    };

    return cmocka_run_group_tests(tests, start_executive, stop_executive);
}
