/* SPDX-License-Identifier: MIT */
/*
 * task.h - work handed to another thread: a lock-free queue with many producers and one consumer.
 *
 * A task is embedded in what it concerns and is in one queue at a time. The consumer takes
 * everything at once, oldest first.
 */
#ifndef OPENWSK_BASE_TASK_H
#define OPENWSK_BASE_TASK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct task {
    struct task *next;
    void (*run)(struct task *task);
};

struct task_queue {
    _Atomic(struct task *) newest;
};

/* Returns true when the queue was empty, which is when the consumer has to be woken. */
static inline bool task_push(struct task_queue *queue, struct task *task)
{
    struct task *newest = atomic_load_explicit(&queue->newest, memory_order_relaxed);

    do {
        task->next = newest;
    } while (!atomic_compare_exchange_weak_explicit(&queue->newest, &newest, task,
                                                    memory_order_release, memory_order_relaxed));
    return newest == NULL;
}

static inline bool task_queue_empty(struct task_queue *queue)
{
    return atomic_load_explicit(&queue->newest, memory_order_acquire) == NULL;
}

/* Takes all tasks; the result is linked by `next`, oldest first. */
static inline struct task *task_take_all(struct task_queue *queue)
{
    struct task *task = atomic_exchange_explicit(&queue->newest, NULL, memory_order_acquire);
    struct task *oldest = NULL;

    while (task) {
        struct task *next = task->next;

        task->next = oldest;
        oldest = task;
        task = next;
    }
    return oldest;
}

#endif
