/* SPDX-License-Identifier: MIT */
/*
 * test_cancel.c - IoCancelIrp against arrival and close, 100,000 rounds.
 *
 * A round issues one WskReceiveFrom. Then, in an order that nobody controls, a datagram arrives,
 * another thread cancels, and sometimes the socket is closed. Whatever wins, the IRP completes
 * exactly once, with the status of the winner, and nothing is touched afterwards.
 */
#include "client.h"
#include "peer.h"

#include "base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ROUNDS 100000
#define ROUNDS_PER_SOCKET 50

/* The second thread does what the round says, when the round says. */
struct second {
    PKTHREAD thread;
    KEVENT start, done;
    PIRP irp;
    bool quit;
};

static struct client client;

static VOID second_thread(PVOID context)
{
    struct second *second = context;

    for (;;) {
        KeWaitForSingleObject(&second->start, Executive, KernelMode, FALSE, NULL);
        if (second->quit)
            break;
        IoCancelIrp(second->irp);
        KeSetEvent(&second->done, IO_NO_INCREMENT, FALSE);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static void second_begin(struct second *second)
{
    HANDLE handle;

    memset(second, 0, sizeof(*second));
    KeInitializeEvent(&second->start, SynchronizationEvent, FALSE);
    KeInitializeEvent(&second->done, SynchronizationEvent, FALSE);
    assert_int_equal(PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, second_thread,
                                          second),
                     STATUS_SUCCESS);
    assert_int_equal(ObReferenceObjectByHandle(handle, THREAD_ALL_ACCESS, *PsThreadType, KernelMode,
                                               (PVOID *)&second->thread, NULL),
                     STATUS_SUCCESS);
    ZwClose(handle);
}

static void second_end(struct second *second)
{
    second->quit = true;
    KeSetEvent(&second->start, IO_NO_INCREMENT, FALSE);
    KeWaitForSingleObject(second->thread, Executive, KernelMode, FALSE, NULL);
    ObDereferenceObject(second->thread);
}

struct tally {
    unsigned received, cancelled;
};

static void one_round(struct second *second, dgram socket, USHORT port, struct peer *peer, int kind,
                      struct tally *tally)
{
    char text[4] = "";
    WSK_BUF buffer = buffer_over(text, sizeof(text));
    struct call call;
    NTSTATUS status;

    call_init(&call);
    status = socket.d->WskReceiveFrom(socket.socket, &buffer, 0, NULL, NULL, NULL, NULL, IRP(&call));
    assert_int_equal(status, STATUS_PENDING);
    second->irp = call.irp;
    if (kind == 1)
        peer_send(peer, "x", 1, port);
    KeSetEvent(&second->start, IO_NO_INCREMENT, FALSE);
    if (kind == 0)
        peer_send(peer, "x", 1, port);
    if (kind == 2)
        dgram_close(socket);
    status = call_wait(&call, STATUS_PENDING);
    /* The IRP is freed only when the canceller is done with it: that is the driver's duty. */
    KeWaitForSingleObject(&second->done, Executive, KernelMode, FALSE, NULL);
    assert_true(status == STATUS_SUCCESS || status == STATUS_CANCELLED);
    if (status == STATUS_SUCCESS)
        assert_int_equal(text[0], 'x');
    tally->received += status == STATUS_SUCCESS;
    tally->cancelled += status == STATUS_CANCELLED;
    call_free(&call);
    buffer_free(&buffer);
}

static void IRP_17_cancel_against_arrival_and_close(void **state)
{
    struct tally tally = { 0, 0 };
    struct second second;
    struct peer peer;

    (void)state;
    client_start(&client, NULL);
    peer_open(&peer, false);
    second_begin(&second);
    for (int i = 0; i < ROUNDS / ROUNDS_PER_SOCKET; i++) {
        SOCKADDR_INET local;
        dgram socket = dgram_bound(&client, AF_INET, NULL, NULL, &local);

        for (int j = 0; j < ROUNDS_PER_SOCKET - 1; j++)
            one_round(&second, socket, port_of(&local), &peer, j % 2, &tally);
        one_round(&second, socket, port_of(&local), &peer, 2, &tally);
    }
    second_end(&second);
    peer_close(&peer);
    client_stop(&client);
    assert_int_equal(tally.received + tally.cancelled, ROUNDS);
    /* Both must have won at times, or the test says nothing. */
    assert_int_not_equal(tally.received, 0);
    assert_int_not_equal(tally.cancelled, 0);
    print_message("%u received, %u cancelled\n", tally.received, tally.cancelled);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(IRP_17_cancel_against_arrival_and_close),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
