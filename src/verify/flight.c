/* SPDX-License-Identifier: MIT */
/* flight.c - see flight.h. */
#include "flight.h"

#include "nt.h"
#include "retained.h"
#include "rule_calls.h"
#include "rule_waits.h"
#include "verify.h"

#include <stdio.h>
#include <string.h>

#define SHARDS 16

struct shard {
    _Alignas(OS_CACHE_LINE) struct base_lock lock;
    struct list calls;
};

static struct shard shards[SHARDS];

static struct {
    _Atomic uint64_t operations, operations_most;
    _Atomic uint64_t bytes, bytes_most;
    _Atomic uint64_t oldest_ns;
} marks;

/* --- The list ------------------------------------------------------------------------------- */

static struct shard *shard_of(const void *socket)
{
    return &shards[((uintptr_t)socket >> 6 ^ (uintptr_t)socket >> 12) % SHARDS];
}

/* A list that never ends is of no length that could be told. */
static size_t bytes_of_list(const WSK_BUF_LIST *list)
{
    size_t bytes = 0, count;

    if (!vf_list_count(list, &count))
        return 0;
    for (; list; list = list->Next)
        bytes += list->Buffer.Length;
    return bytes;
}

static size_t bytes_of(const struct vf_call *call)
{
    const WSK_BUF *buffer = (const WSK_BUF *)vf_argument(call, VF_BUFFER);
    const WSK_BUF_LIST *list = (const WSK_BUF_LIST *)vf_argument(call, VF_BUFFER_LIST);

    return buffer ? buffer->Length : bytes_of_list(list);
}

static void before(struct vf_call *call)
{
    struct shard *shard = shard_of(call->socket);

    /* What has no IRP returns soon, but for those that a driver imports: two of them wait. */
    call->flight.stack = call->irp || vf_is_import(call->function->id) ? stack_take(call->place) : 0;
    call->flight.bytes = bytes_of(call);
    base_lock_acquire(&shard->lock);
    if (!shard->calls.next)
        list_init(&shard->calls);
    list_push_back(&shard->calls, &call->flight.link);
    call->flight.listed = true;
    base_lock_release(&shard->lock);
    vf_raise_to(&marks.operations_most, atomic_fetch_add(&marks.operations, 1) + 1);
    vf_raise_to(&marks.bytes_most,
             atomic_fetch_add(&marks.bytes, call->flight.bytes) + call->flight.bytes);
}

/* Under the lock. */
static void unlist(struct vf_call *call)
{
    if (!call->flight.listed)
        return;
    list_remove(&call->flight.link);
    call->flight.listed = false;
    atomic_fetch_sub(&marks.operations, 1);
    atomic_fetch_sub(&marks.bytes, call->flight.bytes);
}

/* What has no completion to wait for is over when it returns. */
static void after(struct vf_call *call)
{
    struct shard *shard = shard_of(call->socket);

    base_lock_acquire(&shard->lock);
    call->flight.returned = true;
    if (!call->watched || call->flight.completed)
        unlist(call);
    base_lock_release(&shard->lock);
}

static void completed(struct vf_call *call)
{
    uint64_t now_ns = atomic_load(&call->held) ? os_clock_ns() : call->completed_ns;
    struct shard *shard = shard_of(call->socket);

    vf_raise_to(&marks.oldest_ns, now_ns - call->began_ns);
    if (vf_flight_inside(call)) {
        call->flight.completed = true;
        return;
    }
    base_lock_acquire(&shard->lock);
    call->flight.completed = true;
    if (call->flight.returned)
        unlist(call);
    base_lock_release(&shard->lock);
}

static bool visit_shard(struct shard *shard, const void *socket, vf_flight_fn *visit,
                        void *context)
{
    bool go_on = true;

    base_lock_acquire(&shard->lock);
    if (shard->calls.next) {
        list_for_each(link, &shard->calls) {
            struct vf_call *call = container_of(link, struct vf_call, flight.link);

            if (go_on && (!socket || call->socket == socket))
                go_on = visit(call, context);
        }
    }
    base_lock_release(&shard->lock);
    return go_on;
}

bool vf_flight_any(void)
{
    return atomic_load_explicit(&marks.operations, memory_order_relaxed) != 0;
}

void vf_flight_visit(vf_flight_fn *visit, void *context)
{
    for (size_t i = 0; i < SHARDS; i++) {
        if (!visit_shard(&shards[i], NULL, visit, context))
            return;
    }
}

void vf_flight_visit_socket(const void *socket, vf_flight_fn *visit, void *context)
{
    visit_shard(shard_of(socket), socket, visit, context);
}

/* --- What hangs (WSK-V28) ------------------------------------------------------------------- */

static double seconds_since(uint64_t ns)
{
    return (double)(os_clock_ns() - ns) / (double)OS_NS_PER_S;
}

void vf_flight_describe(const struct vf_call *call, char *text, size_t size)
{
    size_t used = (size_t)snprintf(text, size, "%s", call->function->name);
    uint32_t number = call->socket ? vf_socket_number(call->socket) : 0;

    if (number && used < size)
        used += (size_t)snprintf(text + used, size - used, " on socket %u", number);
    if (call->irp && used < size)
        used += (size_t)snprintf(text + used, size - used, ", IRP %u", vf_irp_number(call->irp));
    if (used < size)
        snprintf(text + used, size - used, ", since %.3f s", seconds_since(call->began_ns));
}

#define STUCK_MAX 64

struct stuck {
    char text[256];
    uint32_t stack;
    PIO_COMPLETION_ROUTINE routine;
    const void *context;
    bool in_provider;
};

struct all_stuck {
    struct stuck at[STUCK_MAX];
    size_t count;
};

static bool note_stuck(struct vf_call *call, void *context)
{
    struct all_stuck *all = context;
    struct stuck *stuck = &all->at[all->count];

    if (call->flight.completed)
        return true;
    vf_flight_describe(call, stuck->text, sizeof(stuck->text));
    stuck->stack = call->flight.stack;
    stuck->routine = call->routine;
    stuck->context = call->context;
    stuck->in_provider = !call->flight.returned;
    return ++all->count < STUCK_MAX;
}

static void say_wait(const struct nt_wait *wait, void *context)
{
    struct all_stuck *all = context;
    char where[STACK_TEXT_MAX];
    const char *relation = NULL, *what = "";

    for (size_t i = 0; i < all->count && !relation; i++) {
        relation = vf_waits_for(wait->object, all->at[i].routine, all->at[i].context);
        what = relation ? all->at[i].text : "";
    }
    stack_describe(wait->stack, where, sizeof(where));
    vf_say(VF_RULE_HANG ": thread %u waits since %.3f s%s%s, at %s", wait->thread,
           seconds_since(wait->since_ns), relation ? relation : "", what, where);
}

void vf_flight_report(void)
{
    static struct all_stuck all; /* one hang at a time */
    char where[STACK_TEXT_MAX];

    all.count = 0;
    vf_flight_visit(note_stuck, &all);
    for (size_t i = 0; i < all.count; i++) {
        stack_describe(all.at[i].stack, where, sizeof(where));
        vf_say(VF_RULE_HANG ": %s: %s, %s at %s",
               all.at[i].in_provider ? "inside" : "pending", all.at[i].text,
               all.at[i].in_provider ? "called" : "submitted", where);
    }
    nt_wait_visit(say_wait, &all);
}

/* --- Watermarks (WSK-V27) ------------------------------------------------------------------- */

static bool look_at_age(struct vf_call *call, void *context)
{
    (void)context;
    if (call->irp && !call->flight.completed)
        vf_raise_to(&marks.oldest_ns, os_clock_ns() - call->began_ns);
    return true;
}

/* What is still pending counts with the age that it has. */
static void look_at_pending(void)
{
    if (hook_rule(27))
        vf_flight_visit(look_at_age, NULL);
}

void vf_watermarks(vf_watermark_fn *visit, void *context)
{
    struct vf_retained_marks retained = vf_retained_marks();

    look_at_pending();
    visit(context, "most_calls", "most calls of WSK under way at once",
          atomic_load(&marks.operations_most));
    visit(context, "most_bytes", "most bytes in their buffers", atomic_load(&marks.bytes_most));
    visit(context, "oldest_us", "longest that an IRP was pending, in microseconds",
          atomic_load(&marks.oldest_ns) / 1000);
    visit(context, "most_retained", "most indications retained at once", retained.most);
    visit(context, "oldest_retained_us", "longest that one was retained, in microseconds",
          retained.longest_ns / 1000);
}

static void ignore(void *context, const char *name, const char *meaning, uint64_t value)
{
    (void)context;
    (void)name;
    (void)meaning;
    (void)value;
}

/* What is left behind ages no longer, and may be looked at no longer. */
void vf_flight_stop(void)
{
    vf_watermarks(ignore, NULL);
}

static void say_watermark(void *context, const char *name, const char *meaning, uint64_t value)
{
    (void)context;
    if (value)
        vf_say("WSK-V27: %s: %llu (%s)", name, (unsigned long long)value, meaning);
}

void vf_say_watermarks(void)
{
    if (hook_rule(27))
        vf_watermarks(say_watermark, NULL);
}

void vf_flight_start(struct hooks *hooks)
{
    static const struct vf_observer observer = {
        .before = before, .after = after, .completed = completed,
    };

    memset(&marks, 0, sizeof(marks));
    vf_waits_start(hooks);
    vf_retained_start(hooks);
    hooks->wait_begin = vf_arguments_waiting;
    vf_observe(&observer);
}
