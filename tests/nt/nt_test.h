/* SPDX-License-Identifier: MIT */
/* nt_test.h - what the tests of the executive share. */
#ifndef OPENWSK_TESTS_NT_TEST_H
#define OPENWSK_TESTS_NT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "nt_internal.h"

#include "bug.h"
#include "crew.h"

/* How many threads wait for the object: a test that needs them asleep yields until they are. */
static inline unsigned waiters_of(void *object)
{
    DISPATCHER_HEADER *header = object;
    struct nt_signal signal;
    unsigned count = 0;

    nt_signal_begin(&signal, header);
    for (LIST_ENTRY *link = header->WaitListHead.Flink; link != &header->WaitListHead;
         link = link->Flink)
        count++;
    nt_signal_end(&signal);
    return count;
}

static inline void await_waiters(void *object, unsigned count)
{
    while (waiters_of(object) != count)
        os_yield();
}

static inline NTSTATUS wait_for_object(void *object)
{
    return KeWaitForSingleObject(object, Executive, KernelMode, FALSE, NULL);
}

/* Does not block. */
static inline NTSTATUS poll_object(void *object)
{
    LARGE_INTEGER zero = { .QuadPart = 0 };

    return KeWaitForSingleObject(object, Executive, KernelMode, FALSE, &zero);
}

static inline LARGE_INTEGER relative_ms(LONGLONG ms)
{
    return (LARGE_INTEGER){ .QuadPart = -10000 * ms };
}

static inline int start_executive(void **state)
{
    (void)state;
    return NT_SUCCESS(nt_start()) ? 0 : -1;
}

/* In a child, whose parent has stopped its own: threads do not come along. */
static inline void start_alone(void)
{
    if (!NT_SUCCESS(nt_start()))
        abort();
}

/* Every test leaves the books clean. */
static inline int stop_executive(void **state)
{
    size_t left = 0;

    (void)state;
    nt_stop();
    for (int kind = 0; kind < LEDGER_KIND_COUNT; kind++)
        left += ledger_count(kind);
    return left == 0 ? 0 : -1;
}

#endif
