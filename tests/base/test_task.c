/* SPDX-License-Identifier: MIT */
#include "base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { PRODUCERS = 3, TASKS = 20000 };

struct numbered {
    struct task task;
    int producer, number;
};

struct producer {
    struct task_queue *queue;
    _Atomic uint32_t *wakes;
    struct numbered *tasks;
    int index;
};

static void produce(void *argument)
{
    struct producer *producer = argument;

    for (int i = 0; i < TASKS; i++) {
        struct numbered *numbered = &producer->tasks[i];

        numbered->producer = producer->index;
        numbered->number = i;
        if (task_push(producer->queue, &numbered->task)) {
            atomic_fetch_add(producer->wakes, 1);
            os_wake_one(producer->wakes);
        }
    }
}

/* Nothing is lost, each producer's order holds, and a push into an empty queue always says so. */
static void many_producers_one_consumer(void **state)
{
    struct task_queue queue = { NULL };
    _Atomic uint32_t wakes = 0;
    struct producer producers[PRODUCERS];
    struct os_thread *threads[PRODUCERS];
    int next[PRODUCERS] = { 0 };
    int taken = 0;

    (void)state;
    for (int i = 0; i < PRODUCERS; i++) {
        producers[i] = (struct producer){ &queue, &wakes, calloc(TASKS, sizeof(struct numbered)), i };
        assert_int_equal(os_thread_start(&threads[i], "produce", produce, &producers[i]), 0);
    }
    while (taken < PRODUCERS * TASKS) {
        uint32_t seen = atomic_load(&wakes);
        struct task *task = task_take_all(&queue);

        if (!task) {
            assert_true(os_wait(&wakes, seen, os_clock_ns() + 60 * OS_NS_PER_S));
            continue;
        }
        for (; task; task = task->next) {
            struct numbered *numbered = container_of(task, struct numbered, task);

            assert_int_equal(numbered->number, next[numbered->producer]++);
            taken++;
        }
    }
    assert_true(task_queue_empty(&queue));
    for (int i = 0; i < PRODUCERS; i++) {
        os_thread_join(threads[i]);
        free(producers[i].tasks);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_producers_one_consumer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
