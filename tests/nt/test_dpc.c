/* SPDX-License-Identifier: MIT */
#include "nt_test.h"

#define DPCS 8
#define ROUNDS 5000

struct record {
    KDPC dpc;
    struct log *log;
    unsigned number;
};

struct log {
    struct record records[DPCS];
    KEVENT gate_reached, gate_open; /* hold the DPC thread still while a test queues */
    KDPC gate;
    unsigned count;
    unsigned order[DPCS * 2];
    KIRQL irql;
    void *argument1, *argument2;
    _Atomic unsigned runs;
};

static void write_down(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    struct record *record = context;
    struct log *log = record->log;

    log->irql = dpc == &record->dpc ? KeGetCurrentIrql() : HIGH_LEVEL;
    log->argument1 = argument1;
    log->argument2 = argument2;
    log->order[log->count++] = record->number;
}

/* A DPC may not wait, but this one has to. */
static void hold(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    struct log *log = context;

    (void)dpc, (void)argument1, (void)argument2;
    KeSetEvent(&log->gate_reached, 0, FALSE);
    while (poll_object(&log->gate_open) != STATUS_SUCCESS)
        os_yield();
}

static void prepare(struct log *log)
{
    memset(log, 0, sizeof(*log));
    KeInitializeEvent(&log->gate_reached, NotificationEvent, FALSE);
    KeInitializeEvent(&log->gate_open, NotificationEvent, FALSE);
    KeInitializeDpc(&log->gate, hold, log);
    for (unsigned i = 0; i < DPCS; i++) {
        log->records[i].log = log;
        log->records[i].number = i;
        KeInitializeDpc(&log->records[i].dpc, write_down, &log->records[i]);
    }
}

static void shut_gate(struct log *log)
{
    KeInsertQueueDpc(&log->gate, NULL, NULL);
    wait_for_object(&log->gate_reached);
}

static void open_gate_and_flush(struct log *log)
{
    KeSetEvent(&log->gate_open, 0, FALSE);
    KeFlushQueuedDpcs();
}

static void test_runs_at_dispatch_with_arguments(void **state)
{
    struct log log;

    (void)state;
    prepare(&log);
    assert_true(KeInsertQueueDpc(&log.records[3].dpc, &log, state));
    KeFlushQueuedDpcs();
    assert_int_equal(log.count, 1);
    assert_int_equal(log.irql, DISPATCH_LEVEL);
    assert_ptr_equal(log.argument1, &log);
    assert_ptr_equal(log.argument2, state);
}

static void test_first_in_first_out(void **state)
{
    struct log log;

    (void)state;
    prepare(&log);
    shut_gate(&log);
    for (unsigned i = 0; i < DPCS; i++)
        assert_true(KeInsertQueueDpc(&log.records[i].dpc, NULL, NULL));
    for (unsigned i = 0; i < DPCS; i++)
        assert_false(KeInsertQueueDpc(&log.records[i].dpc, NULL, NULL));
    open_gate_and_flush(&log);
    assert_int_equal(log.count, DPCS);
    for (unsigned i = 0; i < DPCS; i++)
        assert_int_equal(log.order[i], i);
}

static void test_high_importance_goes_first(void **state)
{
    struct log log;

    (void)state;
    prepare(&log);
    KeSetImportanceDpc(&log.records[2].dpc, HighImportance);
    shut_gate(&log);
    for (unsigned i = 0; i < 3; i++)
        KeInsertQueueDpc(&log.records[i].dpc, NULL, NULL);
    open_gate_and_flush(&log);
    assert_int_equal(log.order[0], 2);
    assert_int_equal(log.order[1], 0);
    assert_int_equal(log.order[2], 1);
}

static void test_remove(void **state)
{
    struct log log;

    (void)state;
    prepare(&log);
    assert_false(KeRemoveQueueDpc(&log.records[0].dpc));
    shut_gate(&log);
    for (unsigned i = 0; i < 4; i++)
        KeInsertQueueDpc(&log.records[i].dpc, NULL, NULL);
    /* The middle, the first, and the last, behind which one is queued again. */
    assert_true(KeRemoveQueueDpc(&log.records[1].dpc));
    assert_true(KeRemoveQueueDpc(&log.records[0].dpc));
    assert_true(KeRemoveQueueDpc(&log.records[3].dpc));
    assert_false(KeRemoveQueueDpc(&log.records[3].dpc));
    assert_true(KeInsertQueueDpc(&log.records[0].dpc, NULL, NULL));
    open_gate_and_flush(&log);
    assert_int_equal(log.count, 2);
    assert_int_equal(log.order[0], 2);
    assert_int_equal(log.order[1], 0);
    nt_drain();
}

/* A routine that frees its DPC, or queues it again. */
struct self_willed {
    KDPC dpc;
    _Atomic unsigned *left;
};

static void free_itself(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    struct self_willed *item = context;
    _Atomic unsigned *left = item->left;

    (void)dpc, (void)argument1, (void)argument2;
    free(item);
    (*left)--;
}

static void again(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    struct self_willed *item = context;

    (void)argument1, (void)argument2;
    if (--*item->left)
        KeInsertQueueDpc(dpc, NULL, NULL);
}

static void test_routine_owns_its_dpc(void **state)
{
    _Atomic unsigned left = ROUNDS;
    struct self_willed repeating = { .left = &left };

    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        struct self_willed *item = malloc(sizeof(*item));

        item->left = &left;
        KeInitializeDpc(&item->dpc, free_itself, item);
        KeInsertQueueDpc(&item->dpc, NULL, NULL);
    }
    nt_drain();
    assert_int_equal(left, 0);
    left = ROUNDS;
    KeInitializeThreadedDpc(&repeating.dpc, again, &repeating);
    KeInsertQueueDpc(&repeating.dpc, NULL, NULL);
    nt_drain();
    assert_int_equal(left, 0);
}

static void count_run(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    (void)dpc, (void)argument1, (void)argument2;
    (*(_Atomic unsigned *)context)++;
}

struct contended {
    KDPC dpc;
    _Atomic unsigned runs, inserted, removed;
};

static void insert_or_remove(void *context, unsigned index)
{
    struct contended *contended = context;

    for (int i = 0; i < ROUNDS; i++) {
        if (index == 0)
            contended->removed += KeRemoveQueueDpc(&contended->dpc);
        else
            contended->inserted += KeInsertQueueDpc(&contended->dpc, NULL, NULL);
    }
}

static void test_each_insertion_runs_or_is_removed(void **state)
{
    struct contended contended = { 0 };

    (void)state;
    KeInitializeDpc(&contended.dpc, count_run, (void *)&contended.runs);
    crew_run(3, insert_or_remove, &contended);
    nt_drain();
    assert_int_equal(contended.runs + contended.removed, contended.inserted);
}

static void lower_inside(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    (void)dpc, (void)context, (void)argument1, (void)argument2;
    KeLowerIrql(PASSIVE_LEVEL);
}

static void wait_inside(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    KEVENT event;

    (void)dpc, (void)context, (void)argument1, (void)argument2;
    KeInitializeEvent(&event, NotificationEvent, TRUE);
    wait_for_object(&event);
}

static void return_lowered(void)
{
    KDPC dpc;

    start_alone();
    KeInitializeDpc(&dpc, lower_inside, NULL);
    KeInsertQueueDpc(&dpc, NULL, NULL);
    KeFlushQueuedDpcs();
}

static void wait_in_dpc(void)
{
    KDPC dpc;

    start_alone();
    KeInitializeDpc(&dpc, wait_inside, NULL);
    KeInsertQueueDpc(&dpc, NULL, NULL);
    KeFlushQueuedDpcs();
}

/* First, while the process has one thread: a child has that one only. */
static void test_mistakes_stop(void **state)
{
    (void)state;
    nt_stop();
    assert_bug_check(IRQL_UNEXPECTED_VALUE, return_lowered);
    assert_bug_check(IRQL_NOT_LESS_OR_EQUAL, wait_in_dpc);
    assert_int_equal(nt_start(), STATUS_SUCCESS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mistakes_stop),
        cmocka_unit_test(test_runs_at_dispatch_with_arguments),
        cmocka_unit_test(test_first_in_first_out),
        cmocka_unit_test(test_high_importance_goes_first),
        cmocka_unit_test(test_remove),
        cmocka_unit_test(test_routine_owns_its_dpc),
        cmocka_unit_test(test_each_insertion_runs_or_is_removed),
    };

    return cmocka_run_group_tests(tests, start_executive, stop_executive);
}
