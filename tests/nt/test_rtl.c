/* SPDX-License-Identifier: MIT */
/* test_rtl.c - the small parts: comparing, chance, checksums, callers. */
#include "nt_test.h"

static void compares_memory(void **state)
{
    static const ULONG pattern[] = { 7, 7, 7, 8 };

    (void)state;
    assert_int_equal(RtlCompareMemory("abcd", "abxd", 4), 2);
    assert_int_equal(RtlCompareMemory("abcd", "abcd", 4), 4);
    assert_int_equal(RtlCompareMemory("x", "y", 1), 0);
    assert_int_equal(RtlCompareMemoryUlong((PVOID)pattern, sizeof(pattern), 7), 12);
    assert_int_equal(RtlCompareMemoryUlong((PVOID)pattern, 8, 7), 8);
}

static void same_seed_same_numbers(void **state)
{
    ULONG a = 1, b = 1;

    (void)state;
    for (int i = 0; i < 1000; i++) {
        ULONG number = RtlRandomEx(&a);

        assert_int_equal(number, RtlRandomEx(&b));
        assert_true(number < 0x7FFFFFFF);
    }
    b = 2;
    assert_int_not_equal(RtlRandomEx(&a), RtlRandomEx(&b));
}

static void checksums(void **state)
{
    (void)state;
    assert_int_equal(RtlCrc32("123456789", 9, 0), 0xCBF43926);
    assert_int_equal(RtlCrc32("56789", 5, RtlCrc32("1234", 4, 0)), 0xCBF43926);
    assert_true(RtlCrc64("123456789", 9, 0) == 0xAE8B14860A799888ull);
}

static void uuids_differ(void **state)
{
    GUID a, b;

    (void)state;
    assert_int_equal(ExUuidCreate(&a), STATUS_SUCCESS);
    assert_int_equal(ExUuidCreate(&b), STATUS_SUCCESS);
    assert_memory_not_equal(&a, &b, sizeof(a));
    assert_int_equal(a.Data3 >> 12, 4);
    assert_int_equal(a.Data4[0] >> 6, 2);
}

__attribute__((noinline)) static USHORT capture(ULONG skip, PVOID *frames, ULONG *hash)
{
    USHORT count = RtlCaptureStackBackTrace(skip, 4, frames, hash);

    __asm__ __volatile__("" ::: "memory");
    return count;
}

static void captures_callers(void **state)
{
    PVOID frames[4] = { 0 };
    PVOID skipped[4] = { 0 };
    char text[SYMBOL_TEXT_MAX];
    ULONG hash = 0;

    (void)state;
    assert_true(capture(0, frames, &hash) >= 2);
    assert_int_not_equal(hash, 0);
    symbol_describe(frames[0], text, sizeof(text));
    assert_non_null(strstr(text, "capture"));
    symbol_describe(frames[1], text, sizeof(text));
    assert_non_null(strstr(text, "captures_callers"));
    assert_true(capture(1, skipped, NULL) >= 1);
    symbol_describe(skipped[0], text, sizeof(text));
    assert_non_null(strstr(text, "captures_callers"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compares_memory),  cmocka_unit_test(same_seed_same_numbers),
        cmocka_unit_test(checksums),        cmocka_unit_test(uuids_differ),
        cmocka_unit_test(captures_callers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
