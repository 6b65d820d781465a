/* SPDX-License-Identifier: MIT */
#include "nt_test.h"

#define ITEMS 2000

static struct _OBJECT_TYPE device_type = { .name = "device" };

static PDEVICE_OBJECT device;

static int make_device(void **state)
{
    device = nt_object_create(&device_type, sizeof(DEVICE_OBJECT));
    return device ? start_executive(state) : -1;
}

static int drop_device(void **state)
{
    int result = stop_executive(state);

    /* Every routine's reference came back. */
    if (nt_object_references(device) != 1)
        result = -1;
    ObDereferenceObject(device);
    return result;
}

struct seen {
    PIO_WORKITEM item;
    PVOID object, given_item;
    KIRQL irql;
    KEVENT done, go;
    _Atomic unsigned count;
};

static void look_around(PDEVICE_OBJECT object, PVOID context)
{
    struct seen *seen = context;

    seen->object = object;
    seen->irql = KeGetCurrentIrql();
    seen->count++;
    KeSetEvent(&seen->done, 0, FALSE);
}

static void look_around_ex(PVOID object, PVOID context, PIO_WORKITEM item)
{
    struct seen *seen = context;

    seen->given_item = item;
    look_around(object, context);
}

static void test_runs_at_passive_level(void **state)
{
    struct seen seen = { .irql = HIGH_LEVEL };
    KIRQL before;

    (void)state;
    KeInitializeEvent(&seen.done, SynchronizationEvent, FALSE);
    seen.item = IoAllocateWorkItem(device);
    assert_int_equal(ledger_count(LEDGER_WORK_ITEM), 1);
    before = KeRaiseIrqlToDpcLevel();
    IoQueueWorkItem(seen.item, look_around, DelayedWorkQueue, &seen);
    KeLowerIrql(before);
    wait_for_object(&seen.done);
    assert_int_equal(seen.irql, PASSIVE_LEVEL);
    assert_ptr_equal(seen.object, device);
    nt_drain();
    IoQueueWorkItemEx(seen.item, look_around_ex, CriticalWorkQueue, &seen);
    wait_for_object(&seen.done);
    assert_ptr_equal(seen.given_item, seen.item);
    nt_drain();
    IoFreeWorkItem(seen.item);
    assert_int_equal(ledger_count(LEDGER_WORK_ITEM), 0);
}

static void free_item(PVOID object, PVOID context, PIO_WORKITEM item)
{
    _Atomic unsigned *left = context;

    (void)object;
    IoFreeWorkItem(item);
    (*left)--;
}

static void test_routine_may_free_its_item(void **state)
{
    _Atomic unsigned left = ITEMS;

    (void)state;
    for (int i = 0; i < ITEMS; i++)
        IoQueueWorkItemEx(IoAllocateWorkItem(device), free_item, DelayedWorkQueue, (void *)&left);
    nt_drain();
    assert_int_equal(left, 0);
    assert_int_equal(ledger_count(LEDGER_WORK_ITEM), 0);
}

static void queue_again(PVOID object, PVOID context, PIO_WORKITEM item)
{
    _Atomic unsigned *left = context;

    (void)object;
    if (--*left)
        IoQueueWorkItemEx(item, queue_again, DelayedWorkQueue, context);
}

static void test_routine_may_queue_its_item(void **state)
{
    _Atomic unsigned left = ITEMS;
    PIO_WORKITEM item = malloc(IoSizeofWorkItem());

    (void)state;
    IoInitializeWorkItem(device, item);
    IoQueueWorkItemEx(item, queue_again, DelayedWorkQueue, (void *)&left);
    nt_drain();
    assert_int_equal(left, 0);
    IoUninitializeWorkItem(item);
    free(item);
}

/* Items that wait for each other need as many threads. */
static void meet(PVOID context)
{
    struct seen *seen = context;

    if (++seen->count == 20)
        KeSetEvent(&seen->go, 0, FALSE);
    wait_for_object(&seen->go);
}

static void test_pool_grows_on_demand(void **state)
{
    WORK_QUEUE_ITEM items[20];
    struct seen seen = { 0 };

    (void)state;
    KeInitializeEvent(&seen.go, NotificationEvent, FALSE);
    for (int i = 0; i < 20; i++) {
        ExInitializeWorkItem(&items[i], meet, &seen);
        ExQueueWorkItem(&items[i], DelayedWorkQueue);
    }
    nt_drain();
    assert_int_equal(seen.count, 20);
}

static void free_legacy(PVOID context)
{
    free(context);
}

static void test_legacy_item_may_be_freed(void **state)
{
    (void)state;
    for (int i = 0; i < ITEMS; i++) {
        PWORK_QUEUE_ITEM item = malloc(sizeof(*item));

        ExInitializeWorkItem(item, free_legacy, item);
        ExQueueWorkItem(item, CriticalWorkQueue);
    }
    nt_drain();
}

struct contended {
    PIO_WORKITEM item;
    _Atomic unsigned queued, runs;
};

static void count_run(PVOID object, PVOID context, PIO_WORKITEM item)
{
    struct contended *contended = context;

    (void)object, (void)item;
    contended->runs++;
}

static void try_queue(void *context, unsigned index)
{
    struct contended *contended = context;

    (void)index;
    for (int i = 0; i < ITEMS; i++)
        contended->queued += IoTryQueueWorkItem(contended->item, count_run, DelayedWorkQueue,
                                                contended);
}

static void test_one_of_several_queues(void **state)
{
    struct contended contended = { .item = IoAllocateWorkItem(device) };

    (void)state;
    crew_run(3, try_queue, &contended);
    nt_drain();
    assert_true(contended.queued > 0);
    assert_int_equal(contended.queued, contended.runs);
    IoFreeWorkItem(contended.item);
}

/* --- Mistakes ------------------------------------------------------------------------------ */

static void wait_for_ever(PVOID context)
{
    wait_for_object(context);
}

/* All workers sleep, so what is queued behind them stays queued. */
static void block_workers(PKEVENT never)
{
    static WORK_QUEUE_ITEM items[NT_WORKERS_MAX];

    KeInitializeEvent(never, NotificationEvent, FALSE);
    for (int i = 0; i < NT_WORKERS_MAX; i++) {
        ExInitializeWorkItem(&items[i], wait_for_ever, never);
        ExQueueWorkItem(&items[i], DelayedWorkQueue);
    }
    await_waiters(never, NT_WORKERS_MAX);
}

static void free_queued(void)
{
    PIO_WORKITEM item = IoAllocateWorkItem(device);
    KEVENT never;

    start_alone();
    block_workers(&never);
    IoQueueWorkItemEx(item, count_run, DelayedWorkQueue, NULL);
    IoFreeWorkItem(item);
}

static void queue_twice(void)
{
    WORK_QUEUE_ITEM item;
    KEVENT never;

    start_alone();
    block_workers(&never);
    ExInitializeWorkItem(&item, wait_for_ever, &never);
    ExQueueWorkItem(&item, DelayedWorkQueue);
    ExQueueWorkItem(&item, DelayedWorkQueue);
}

static void raise_inside(PVOID context)
{
    (void)context;
    KeRaiseIrqlToDpcLevel();
}

static void keep_mutex_inside(PVOID context)
{
    wait_for_object(context);
}

static void return_raised(void)
{
    WORK_QUEUE_ITEM item;

    start_alone();
    ExInitializeWorkItem(&item, raise_inside, NULL);
    ExQueueWorkItem(&item, DelayedWorkQueue);
    nt_drain();
}

static void return_with_mutex(void)
{
    WORK_QUEUE_ITEM item;
    KMUTEX mutex;

    start_alone();
    KeInitializeMutex(&mutex, 0);
    ExInitializeWorkItem(&item, keep_mutex_inside, &mutex);
    ExQueueWorkItem(&item, DelayedWorkQueue);
    nt_drain();
}

/* First, while the process has one thread: a child has that one only. */
static void test_mistakes_stop(void **state)
{
    (void)state;
    nt_stop();
    assert_bug_check(WORKER_INVALID, free_queued);
    assert_bug_check(WORKER_INVALID, queue_twice);
    assert_bug_check(WORKER_THREAD_RETURNED_AT_BAD_IRQL, return_raised);
    assert_bug_check(SYSTEM_EXIT_OWNED_MUTEX, return_with_mutex);
    assert_int_equal(nt_start(), STATUS_SUCCESS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mistakes_stop),
        cmocka_unit_test(test_runs_at_passive_level),
        cmocka_unit_test(test_routine_may_free_its_item),
        cmocka_unit_test(test_routine_may_queue_its_item),
        cmocka_unit_test(test_pool_grows_on_demand),
        cmocka_unit_test(test_legacy_item_may_be_freed),
        cmocka_unit_test(test_one_of_several_queues),
    };

    return cmocka_run_group_tests(tests, make_device, drop_device);
}
