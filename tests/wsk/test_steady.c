/* SPDX-License-Identifier: MIT */
/*
 * test_steady.c - once warm, sending and receiving allocate nothing. The scripts of tests/bench run
 * the same program to count what a datagram costs.
 */
#define _GNU_SOURCE
#include "client.h"

#include "base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define FLIGHT 150
#define ROUNDS 40
#define ALONE 4000u

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

static _Atomic unsigned allocations;

/*
 * The program's own malloc stands in for the C library's, which it calls; the sanitizers have
 * theirs.
 */
#ifndef SANITIZED
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

void *malloc(size_t size)
{
    atomic_fetch_add(&allocations, 1);
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    atomic_fetch_add(&allocations, 1);
    return __libc_calloc(count, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    atomic_fetch_add(&allocations, 1);
    return __libc_memalign(alignment, size);
}
#endif

static struct client client;
static dgram sender, receiver;
static SOCKADDR_INET to;
static KSEMAPHORE sent, arrived;

static struct flight {
    PIRP irp;
    unsigned number;
    WSK_BUF buffer;
} flights[FLIGHT];

static NTSTATUS landed(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    (void)device;
    (void)context;
    BASE_REQUIRE(NT_SUCCESS(irp->IoStatus.Status));
    KeReleaseSemaphore(&sent, IO_NO_INCREMENT, 1, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS WSKAPI received(PVOID context, ULONG flags, PWSK_DATAGRAM_INDICATION list)
{
    LONG count = 0;

    (void)context;
    (void)flags;
    for (; list; list = list->Next)
        count++;
    KeReleaseSemaphore(&arrived, IO_NO_INCREMENT, count, FALSE);
    return STATUS_SUCCESS;
}

static const WSK_CLIENT_DATAGRAM_DISPATCH callbacks = { received };

static void wait_for(KSEMAPHORE *semaphore, unsigned count)
{
    while (count--)
        KeWaitForSingleObject(semaphore, Executive, KernelMode, FALSE, NULL);
}

static void send_some(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        IoReuseIrp(flights[i].irp, STATUS_UNSUCCESSFUL);
        IoSetCompletionRoutine(flights[i].irp, landed, NULL, TRUE, TRUE, TRUE);
        sender.d->WskSendTo(sender.socket, &flights[i].buffer, 0, (PSOCKADDR)&to, 0, NULL,
                            flights[i].irp);
    }
    wait_for(&sent, count);
    wait_for(&arrived, count);
}

static void test_nothing_is_allocated(void **state)
{
    unsigned before;

    (void)state;
    for (unsigned round = 0; round < ROUNDS; round++)
        send_some(FLIGHT);
    before = atomic_load(&allocations);
    for (unsigned round = 0; round < ROUNDS; round++) {
        send_some(FLIGHT);
        send_some(1);
    }
    /*
     * How many buffers and requests are in use at once depends on who runs when, so a few may still
     * be made; a datagram that cost one would show thousands.
     */
    assert_true(atomic_load(&allocations) - before < FLIGHT);
}

/*
 * What tests/bench/instructions.sh and hooks.sh count: no datagram meets another, so each costs the
 * same. There is a verifier, which is off.
 */
static void test_each_alone(void **state)
{
    static const struct hooks none;

    (void)state;
    atomic_store(&base_hooks, &none);
    for (unsigned i = 0; i < ALONE; i++)
        send_some(1);
    atomic_store(&base_hooks, NULL);
}

/* The sin that tests/bench/system_calls.sh must see. */
static void test_each_with_a_call_more(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ALONE; i++) {
        send_some(1);
        (void)getppid();
    }
}

static int setup(void **state)
{
    (void)state;
    client_start(&client, NULL);
    KeInitializeSemaphore(&sent, 0, MAXLONG);
    KeInitializeSemaphore(&arrived, 0, MAXLONG);
    receiver = dgram_bound(&client, AF_INET, NULL, &callbacks, &to);
    sender = dgram_bound(&client, AF_INET, NULL, NULL, NULL);
    assert_int_equal(dgram_event(receiver, WSK_EVENT_RECEIVE_FROM), STATUS_SUCCESS);
    for (unsigned i = 0; i < FLIGHT; i++) {
        flights[i].irp = IoAllocateIrp(1, FALSE);
        flights[i].buffer = buffer_over(&flights[i].number, sizeof(flights[i].number));
    }
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    for (unsigned i = 0; i < FLIGHT; i++) {
        IoFreeIrp(flights[i].irp);
        buffer_free(&flights[i].buffer);
    }
    dgram_close(sender);
    dgram_close(receiver);
    client_stop(&client);
    return 0;
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_allocated),
    };
    const struct CMUnitTest alone[] = {
        cmocka_unit_test(test_each_alone),
    };
    const struct CMUnitTest noisy[] = {
        cmocka_unit_test(test_each_with_a_call_more),
    };

    if (count > 1 && !strcmp(arguments[1], "noisy"))
        return cmocka_run_group_tests(noisy, setup, teardown);
    if (count > 1 && !strcmp(arguments[1], "alone"))
        return cmocka_run_group_tests(alone, setup, teardown);

    return cmocka_run_group_tests(tests, setup, teardown);
}
