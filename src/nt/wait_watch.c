/* SPDX-License-Identifier: MIT */
/*
 * wait_watch.c - what the verifier wants to know of waits: who sleeps, since when, where; and when
 * an object was signalled last. An object has no room for that, so it stands in a table by address,
 * where a newer object may push an older one out: then a stale signal goes unnoticed.
 */
#include "nt_internal.h"

#define SIGNALS 1024u

struct signal_note {
    struct base_lock lock;
    const void *object;
    uint64_t time_ns;
    uint32_t stack;
};

static struct base_lock lock;
static struct list sleepers = LIST_INITIALISER(sleepers);
static struct signal_note notes[SIGNALS];

void nt_wait_watch(struct nt_watched_wait *watched, const void *object, const void *place)
{
    watched->listed = hook_rule(28);
    if (!watched->listed)
        return;
    watched->wait = (struct nt_wait){ .thread = os_thread_id(), .object = object,
                                      .since_ns = os_clock_ns(), .stack = stack_take(place) };
    base_lock_acquire(&lock);
    list_push_back(&sleepers, &watched->link);
    base_lock_release(&lock);
}

void nt_wait_unwatch(struct nt_watched_wait *watched)
{
    if (!watched->listed)
        return;
    base_lock_acquire(&lock);
    list_remove(&watched->link);
    base_lock_release(&lock);
}

void nt_wait_visit(nt_wait_visit_fn *visit, void *context)
{
    base_lock_acquire(&lock);
    list_for_each(link, &sleepers)
        visit(&container_of(link, struct nt_watched_wait, link)->wait, context);
    base_lock_release(&lock);
}

static struct signal_note *note_of(const void *object)
{
    return &notes[(uintptr_t)object * 0x9E3779B97F4A7C15ull >> 54];
}

void nt_signal_note(const void *object, const void *place)
{
    const struct hooks *hooks = hook_table();
    struct signal_note *note = note_of(object);

    if (!hook_rule(29) && !hook_rule(28))
        return;
    if (hooks && hooks->signalled)
        hooks->signalled(object);
    base_lock_acquire(&note->lock);
    note->object = object;
    note->time_ns = os_clock_ns();
    note->stack = stack_take(place);
    base_lock_release(&note->lock);
}

void nt_wait_over(const void *object, const void *place)
{
    const struct hooks *hooks = hook_table();
    struct signal_note *note = note_of(object);
    uint64_t time_ns = 0;
    uint32_t stack = 0;

    if (!hooks || !hooks->wait_satisfied || !hook_rule(29))
        return;
    base_lock_acquire(&note->lock);
    if (note->object == object) {
        time_ns = note->time_ns;
        stack = note->stack;
    }
    base_lock_release(&note->lock);
    if (time_ns)
        hooks->wait_satisfied(object, time_ns, stack, place);
}
