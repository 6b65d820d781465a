/* SPDX-License-Identifier: MIT */
/* start.c - the executive's life, and what it means that nothing is left to do. */
#include "nt_internal.h"

#include "block.h"

#include "exception.h"
#include "touch.h"

static struct base_lock life_lock;
static unsigned starts;

/* DPCs and work items, queued or running. */
static _Atomic uint32_t activity;

void nt_activity_begin(void)
{
    atomic_fetch_add_explicit(&activity, 1, memory_order_relaxed);
}

void nt_activity_end(void)
{
    if (atomic_fetch_sub_explicit(&activity, 1, memory_order_acq_rel) == 1)
        os_wake_all(&activity);
}

void nt_drain(void)
{
    uint32_t left;

    nt_require_irql(PASSIVE_LEVEL, "nt_drain", NT_CALLER());
    while ((left = atomic_load_explicit(&activity, memory_order_acquire)) != 0)
        os_wait(&activity, left, OS_FOREVER);
    nt_thread_reap();
}

/* What cannot fail later has its threads from here on. */
static NTSTATUS begin(void)
{
    NTSTATUS status = nt_seh_start();

    if (!NT_SUCCESS(status))
        return status;
    if (!nt_dpc_start())
        goto no_dpc;
    if (!nt_work_start())
        goto no_work;
    return STATUS_SUCCESS;

no_work:
    nt_dpc_stop();
no_dpc:
    nt_seh_stop();
    return STATUS_INSUFFICIENT_RESOURCES;
}

NTSTATUS nt_start(void)
{
    NTSTATUS status = STATUS_SUCCESS;

    base_lock_acquire(&life_lock);
    if (starts == 0)
        status = begin();
    if (NT_SUCCESS(status) && starts++ == 0)
        nt_touch_start();
    base_lock_release(&life_lock);
    return status;
}

void nt_stop(void)
{
    base_lock_acquire(&life_lock);
    BASE_REQUIRE(starts > 0);
    if (--starts == 0) {
        nt_drain();
        nt_work_stop();
        nt_dpc_stop();
        nt_timers_forget();
        nt_thread_reap();
        nt_block_trim();
        nt_touch_stop();
        nt_seh_stop();
    }
    base_lock_release(&life_lock);
}
