/* SPDX-License-Identifier: MIT */
/* failing.c - see failing.h. */
#include "failing.h"

#include <stdatomic.h>

static _Atomic bool on, failed, good;
static _Atomic uint32_t count, fail_at;
static _Atomic int kind_now, error_now;
static _Thread_local bool exempted;

void failing_begin(enum failing kind, uint32_t at, bool for_good, int error)
{
    atomic_store(&kind_now, kind);
    atomic_store(&error_now, error);
    atomic_store(&good, for_good);
    atomic_store(&fail_at, at);
    atomic_store(&count, 0);
    atomic_store(&failed, false);
    atomic_store(&on, true);
}

bool failing_end(void)
{
    atomic_store(&on, false);
    return atomic_load(&failed);
}

void failing_exempt(bool exempt)
{
    exempted = exempt;
}

bool failing_now(enum failing kind)
{
    uint32_t number, at;

    if (!atomic_load(&on) || exempted || atomic_load(&kind_now) != (int)kind)
        return false;
    number = atomic_fetch_add(&count, 1) + 1;
    at = atomic_load(&fail_at);
    if (number != at && !(number > at && atomic_load(&good)))
        return false;
    atomic_store(&failed, true);
    return true;
}

int failing_error(void)
{
    return atomic_load(&error_now);
}
