/* SPDX-License-Identifier: MIT */
/*
 * test_held_back.c - who retains too many indications is slowed down, and goes on after releasing
 * some.
 */
#include "client.h"
#include "peer.h"

#include "base.h"
#include "dgram.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

/* So many are sent before the receiver is waited for: the kernel keeps them all. */
#define WAVE 64u

static struct client client;

static struct {
    dgram socket;
    SOCKADDR_INET local;
    PWSK_DATAGRAM_INDICATION kept;
    KSEMAPHORE arrived;
} keeper;

static NTSTATUS WSKAPI keep(PVOID context, ULONG flags, PWSK_DATAGRAM_INDICATION list)
{
    LONG count = 0;

    (void)context;
    (void)flags;
    for (PWSK_DATAGRAM_INDICATION node = list, next; node; node = next) {
        next = node->Next;
        node->Next = keeper.kept;
        keeper.kept = node;
        count++;
    }
    KeReleaseSemaphore(&keeper.arrived, IO_NO_INCREMENT, count, FALSE);
    return STATUS_PENDING;
}

static const WSK_CLIENT_DATAGRAM_DISPATCH callbacks = { keep };

static void send(struct peer *peer, unsigned count)
{
    while (count--)
        peer_send(peer, "x", 1, port_of(&keeper.local));
}

static void await(unsigned count)
{
    while (count--)
        KeWaitForSingleObject(&keeper.arrived, Executive, KernelMode, FALSE, NULL);
}

/* While the callback does not run, the list is ours. */
static void let_go(void)
{
    PWSK_DATAGRAM_INDICATION list = keeper.kept;

    keeper.kept = NULL;
    assert_int_equal(keeper.socket.d->WskRelease(keeper.socket.socket, list), STATUS_SUCCESS);
}

static void test_held_back_and_let_go(void **state)
{
    uint64_t before = trace_total(trace_receive_held_back);
    struct peer peer;

    (void)state;
    peer_open(&peer, false);
    for (unsigned sent = 0; sent < WSK_RETAINED_MAX; sent += WAVE) {
        send(&peer, WAVE);
        await(WAVE);
    }
    /* All that may be kept is kept: these stay in the kernel. */
    send(&peer, WAVE);
    while (trace_total(trace_receive_held_back) == before)
        os_yield();
    assert_int_equal(KeReadStateSemaphore(&keeper.arrived), 0);

    let_go();
    await(WAVE);
    let_go();
    peer_close(&peer);
}

static int setup(void **state)
{
    (void)state;
    client_start(&client, NULL);
    KeInitializeSemaphore(&keeper.arrived, 0, MAXLONG);
    keeper.socket = dgram_bound(&client, AF_INET, NULL, &callbacks, &keeper.local);
    assert_int_equal(dgram_event(keeper.socket, WSK_EVENT_RECEIVE_FROM), STATUS_SUCCESS);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    dgram_close(keeper.socket);
    client_stop(&client);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_held_back_and_let_go),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
