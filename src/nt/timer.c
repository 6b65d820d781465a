/* SPDX-License-Identifier: MIT */
/*
 * timer.c - KTIMER. Armed timers stand in one list, the earliest first; the DPC thread expires
 * them.
 *
 * Everything that happens to a timer when it expires happens under the list's lock (signal, DPC
 * queued, armed again if periodic), so that after KeCancelTimer the timer either has fired or never
 * will. Locks are taken in this order: timers, stripes of the dispatcher, DPC queue.
 */
#include "nt_internal.h"

#define TICKS_PER_MS 10000ull
#define NS_PER_TICK 100ull

static struct {
    struct base_lock lock;
    LIST_ENTRY armed;
    /*
     * A KTIMER has no room for the address that armed it, but four bytes that nothing else uses
     * (Processor): an index into this table of all such addresses. Index 0 is for when it is full.
     */
    const void *places[NT_TIMER_PLACES];
} timers = { .armed = { &timers.armed, &timers.armed } };

static PKTIMER timer_of(LIST_ENTRY *link)
{
    return CONTAINING_RECORD(link, KTIMER, TimerListEntry);
}

static ULONG place_index(const void *place)
{
    ULONG start = (ULONG)((uintptr_t)place * 0x9E3779B97F4A7C15ull >> 40);

    for (ULONG i = 0; i < NT_TIMER_PLACES; i++) {
        ULONG index = (start + i) % NT_TIMER_PLACES;

        if (index == 0)
            continue;
        if (!timers.places[index])
            timers.places[index] = place;
        if (timers.places[index] == place)
            return index;
    }
    return 0;
}

/* --- The list, under its lock -------------------------------------------------------------- */

/* From the tail: most timers are set for later than those before. Equal ones keep their order. */
static void insert(PKTIMER timer)
{
    LIST_ENTRY *after = timers.armed.Blink;

    while (after != &timers.armed && timer_of(after)->DueTime.QuadPart > timer->DueTime.QuadPart)
        after = after->Blink;
    timer->TimerListEntry.Blink = after;
    timer->TimerListEntry.Flink = after->Flink;
    after->Flink->Blink = &timer->TimerListEntry;
    after->Flink = &timer->TimerListEntry;
    timer->Header.Inserted = TRUE;
}

static bool withdraw(PKTIMER timer)
{
    if (!timer->Header.Inserted)
        return false;
    timer->TimerListEntry.Blink->Flink = timer->TimerListEntry.Flink;
    timer->TimerListEntry.Flink->Blink = timer->TimerListEntry.Blink;
    timer->Header.Inserted = FALSE;
    return true;
}

static void clear_signal(PKTIMER timer)
{
    struct nt_signal signal;

    nt_signal_begin(&signal, &timer->Header);
    nt_header_set_state(&timer->Header, 0);
    nt_signal_end(&signal);
}

/* After the end of the signal the timer may be gone. */
static void expire(PKTIMER timer, uint64_t now)
{
    struct nt_signal signal;

    withdraw(timer);
    if (timer->Period) {
        /* A thread that was held up does not make up for the periods that it missed. */
        do {
            timer->DueTime.QuadPart += timer->Period * TICKS_PER_MS;
        } while (timer->DueTime.QuadPart <= now);
        insert(timer);
    }
    nt_signal_begin(&signal, &timer->Header);
    nt_header_set_state(&timer->Header, 1);
    nt_signal_grant(&signal, &timer->Header);
    if (timer->Dpc)
        KeInsertQueueDpc(timer->Dpc, NULL, NULL);
    nt_signal_end(&signal);
}

static uint64_t now_ticks(void)
{
    return os_clock_ns() / NS_PER_TICK;
}

/* Never early: what has begun of the present tick does not count. */
static uint64_t due_ticks(LARGE_INTEGER due)
{
    uint64_t deadline = nt_deadline(&due);

    return deadline / NS_PER_TICK + (deadline % NS_PER_TICK != 0);
}

uint64_t nt_timers_expire(void)
{
    uint64_t next = OS_FOREVER;
    uint64_t now = now_ticks();

    base_lock_acquire(&timers.lock);
    while (timers.armed.Flink != &timers.armed) {
        PKTIMER timer = timer_of(timers.armed.Flink);

        if (timer->DueTime.QuadPart > now) {
            next = timer->DueTime.QuadPart > OS_FOREVER / NS_PER_TICK
                       ? OS_FOREVER
                       : timer->DueTime.QuadPart * NS_PER_TICK;
            break;
        }
        expire(timer, now);
    }
    base_lock_release(&timers.lock);
    return next;
}

/* What a leaked timer stands in may be unmapped, so the timers themselves are left alone. */
void nt_timers_forget(void)
{
    base_lock_acquire(&timers.lock);
    timers.armed.Flink = timers.armed.Blink = &timers.armed;
    base_lock_release(&timers.lock);
}

void nt_timer_visit(nt_timer_visit_fn *visit, void *context)
{
    base_lock_acquire(&timers.lock);
    for (LIST_ENTRY *link = timers.armed.Flink; link != &timers.armed; link = link->Flink)
        visit(timer_of(link), timers.places[timer_of(link)->Processor], context);
    base_lock_release(&timers.lock);
}

/* --- What drivers call --------------------------------------------------------------------- */

void KeInitializeTimerEx(PKTIMER timer, TIMER_TYPE type)
{
    nt_header_init(&timer->Header,
                   type == SynchronizationTimer ? NT_SYNCHRONIZATION_TIMER : NT_NOTIFICATION_TIMER,
                   sizeof(*timer), 0);
    timer->DueTime.QuadPart = 0;
    timer->TimerListEntry.Flink = timer->TimerListEntry.Blink = NULL;
    timer->Dpc = NULL;
    timer->Processor = 0;
    timer->Period = 0;
}

void KeInitializeTimer(PKTIMER timer)
{
    KeInitializeTimerEx(timer, NotificationTimer);
}

static BOOLEAN set(PKTIMER timer, LARGE_INTEGER due, ULONG period, PKDPC dpc, const void *place)
{
    uint64_t now = now_ticks();
    bool was_armed, wake;

    base_lock_acquire(&timers.lock);
    was_armed = withdraw(timer);
    clear_signal(timer);
    timer->DueTime.QuadPart = due_ticks(due);
    timer->Dpc = dpc;
    timer->Period = period;
    timer->Processor = place_index(place);
    insert(timer);
    wake = timers.armed.Flink == &timer->TimerListEntry;
    if (timer->DueTime.QuadPart <= now) {
        if (timer->DueTime.QuadPart == 0)
            timer->DueTime.QuadPart = now;
        wake = period != 0;
        expire(timer, now);
    }
    base_lock_release(&timers.lock);
    if (wake)
        nt_dpc_kick();
    return was_armed;
}

BOOLEAN KeSetTimerEx(PKTIMER timer, LARGE_INTEGER due, LONG period, PKDPC dpc)
{
    nt_require_irql(DISPATCH_LEVEL, "KeSetTimerEx", NT_CALLER());
    return set(timer, due, period > 0 ? (ULONG)period : 0, dpc, NT_CALLER());
}

BOOLEAN KeSetTimer(PKTIMER timer, LARGE_INTEGER due, PKDPC dpc)
{
    nt_require_irql(DISPATCH_LEVEL, "KeSetTimer", NT_CALLER());
    return set(timer, due, 0, dpc, NT_CALLER());
}

/* The tolerance allows a timer to be late together with others; it need not be. */
BOOLEAN KeSetCoalescableTimer(PKTIMER timer, LARGE_INTEGER due, ULONG period, ULONG tolerance,
                              PKDPC dpc)
{
    (void)tolerance;
    nt_require_irql(DISPATCH_LEVEL, "KeSetCoalescableTimer", NT_CALLER());
    return set(timer, due, period, dpc, NT_CALLER());
}

BOOLEAN KeCancelTimer(PKTIMER timer)
{
    bool was_armed;

    nt_require_irql(DISPATCH_LEVEL, "KeCancelTimer", NT_CALLER());
    base_lock_acquire(&timers.lock);
    was_armed = withdraw(timer);
    base_lock_release(&timers.lock);
    return was_armed;
}

BOOLEAN KeReadStateTimer(PKTIMER timer)
{
    nt_require_irql(DISPATCH_LEVEL, "KeReadStateTimer", NT_CALLER());
    return nt_header_state(&timer->Header) != 0;
}
