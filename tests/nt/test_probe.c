/* SPDX-License-Identifier: MIT */
/* test_probe.c - memory that is there, that is not, and that may not be written. */
#include "nt_test.h"

#include <sys/mman.h>

static unsigned char *map(int protection, size_t count)
{
    return mmap(NULL, count * PAGE_SIZE, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
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

static NTSTATUS read_status(const void *address, SIZE_T size, ULONG alignment)
{
    volatile NTSTATUS status = STATUS_SUCCESS;

    __try {
        ProbeForRead(address, size, alignment);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = (NTSTATUS)GetExceptionCode();
    }
    return status;
}

static NTSTATUS write_status(void *address, SIZE_T size, ULONG alignment)
{
    volatile NTSTATUS status = STATUS_SUCCESS;

    __try {
        ProbeForWrite(address, size, alignment);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = (NTSTATUS)GetExceptionCode();
    }
    return status;
}

static void tells_good_from_bad(void **state)
{
    unsigned char *pages = map(PROT_READ | PROT_WRITE, 3);

    (void)state;
    take_faults_back();
    pages[PAGE_SIZE] = 0x5A;
    assert_int_equal(read_status(pages, 3 * PAGE_SIZE, 1), STATUS_SUCCESS);
    assert_int_equal(write_status(pages, 3 * PAGE_SIZE, 8), STATUS_SUCCESS);
    assert_int_equal(pages[PAGE_SIZE], 0x5A);
    mprotect(pages + 2 * PAGE_SIZE, PAGE_SIZE, PROT_READ);
    assert_int_equal(read_status(pages, 3 * PAGE_SIZE, 1), STATUS_SUCCESS);
    assert_int_equal(write_status(pages, 2 * PAGE_SIZE, 1), STATUS_SUCCESS);
    assert_int_equal(write_status(pages + 2 * PAGE_SIZE - 1, 2, 1), STATUS_ACCESS_VIOLATION);
    mprotect(pages + PAGE_SIZE, PAGE_SIZE, PROT_NONE);
    assert_int_equal(read_status(pages, PAGE_SIZE, 1), STATUS_SUCCESS);
    assert_int_equal(read_status(pages, PAGE_SIZE + 1, 1), STATUS_ACCESS_VIOLATION);
    assert_int_equal(read_status(pages + PAGE_SIZE, 0, 1), STATUS_SUCCESS);
    assert_int_equal(read_status(pages + 1, 4, 4), STATUS_DATATYPE_MISALIGNMENT);
    assert_int_equal(write_status(pages + 4, 4, 8), STATUS_DATATYPE_MISALIGNMENT);
    assert_int_equal(read_status((void *)(UINTPTR_MAX - 3), 8, 1), STATUS_ACCESS_VIOLATION);
    assert_true(MmIsAddressValid(pages));
    assert_false(MmIsAddressValid(pages + PAGE_SIZE));
    assert_false(MmIsAddressValid(NULL));
    munmap(pages, 3 * PAGE_SIZE);
}

static void nothing_is_paged_or_verified(void **state)
{
    ULONG flags = 1;

    (void)state;
    assert_non_null(MmLockPagableDataSection((PVOID)nothing_is_paged_or_verified));
    assert_false(MmIsDriverVerifyingByAddress((PVOID)nothing_is_paged_or_verified));
    assert_false(MmIsDriverVerifying(NULL));
    assert_false(NT_SUCCESS(MmIsVerifierEnabled(&flags)));
    assert_int_equal(flags, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_good_from_bad),
        cmocka_unit_test(nothing_is_paged_or_verified),
    };

    return cmocka_run_group_tests(tests, start_executive, stop_executive);
}
