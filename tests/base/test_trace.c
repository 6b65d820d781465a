/* SPDX-License-Identifier: MIT */
#include "base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void count_some(void *argument)
{
    (void)argument;
    for (int i = 0; i < 1000; i++)
        trace_count(trace_datagram_sent);
    trace_add(trace_rx_batch, 7);
}

/* The counts of threads that have ended are kept. */
static void totals_over_threads(void **state)
{
    uint64_t sent = trace_total(trace_datagram_sent);
    uint64_t batches = trace_total(trace_rx_batch);
    struct os_thread *threads[3];

    (void)state;
    for (int i = 0; i < 3; i++)
        assert_int_equal(os_thread_start(&threads[i], "count", count_some, NULL), 0);
    count_some(NULL);
    for (int i = 0; i < 3; i++)
        os_thread_join(threads[i]);
    assert_int_equal(trace_total(trace_datagram_sent) - sent, 4000);
    assert_int_equal(trace_total(trace_rx_batch) - batches, 28);
}

static void every_point_has_words(void **state)
{
    (void)state;
    for (int i = 0; i < TRACE_POINT_COUNT; i++) {
        assert_true(strlen(trace_name((enum trace_point)i)) > 3);
        assert_true(strlen(trace_meaning((enum trace_point)i)) > 10);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(totals_over_threads),
        cmocka_unit_test(every_point_has_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
