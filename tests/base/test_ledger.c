/* SPDX-License-Identifier: MIT */
#include "base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { THREADS = 3, ROUNDS = 5000 };

static void collect(const struct ledger_entry *entry, void *context)
{
    uint64_t *sum = context;

    assert_non_null(entry->place);
    *sum += entry->size;
}

static void entries_come_and_go(void **state)
{
    struct ledger_entry entries[50];
    uint64_t sum = 0;

    (void)state;
    for (unsigned i = 0; i < 50; i++) {
        entries[i] = (struct ledger_entry){ .size = i };
        ledger_add(&entries[i], i % 2 ? LEDGER_POOL : LEDGER_MDL, &entries[i],
                   __builtin_return_address(0));
    }
    assert_int_equal(ledger_count(LEDGER_POOL), 25);
    assert_int_equal(ledger_count(LEDGER_MDL), 25);
    ledger_visit(LEDGER_POOL, collect, &sum);
    assert_int_equal(sum, 625); /* 1 + 3 + ... + 49 */
    for (int i = 0; i < 50; i++)
        ledger_remove(&entries[i]);
    assert_int_equal(ledger_count(LEDGER_POOL), 0);
    assert_int_equal(ledger_count(LEDGER_MDL), 0);
}

static void add_and_remove(void *argument)
{
    struct ledger_entry entries[8];

    (void)argument;
    for (int i = 0; i < ROUNDS; i++) {
        for (int j = 0; j < 8; j++)
            ledger_add(&entries[j], LEDGER_IRP, &entries[j], NULL);
        for (int j = 0; j < 8; j++)
            ledger_remove(&entries[j]);
    }
}

static void from_many_threads(void **state)
{
    struct os_thread *threads[THREADS];

    (void)state;
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(os_thread_start(&threads[i], "ledger", add_and_remove, NULL), 0);
    for (int i = 0; i < 100; i++)
        assert_in_range(ledger_count(LEDGER_IRP), 0, THREADS * 8);
    for (int i = 0; i < THREADS; i++)
        os_thread_join(threads[i]);
    assert_int_equal(ledger_count(LEDGER_IRP), 0);
}

static void names(void **state)
{
    (void)state;
    assert_string_equal(ledger_kind_name(LEDGER_IRP, 1), "IRP");
    assert_string_equal(ledger_kind_name(LEDGER_IRP, 2), "IRPs");
    assert_string_equal(ledger_kind_name(LEDGER_SOCKET, 0), "sockets");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_come_and_go),
        cmocka_unit_test(from_many_threads),
        cmocka_unit_test(names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
