/* SPDX-License-Identifier: MIT */
/* test_close.c - WskCloseSocket in every state, from every place. */
#include "client.h"
#include "peer.h"

#include "base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct client client;

static int setup(void **state)
{
    (void)state;
    client_start(&client, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    client_stop(&client);
    return 0;
}

static void CLOSE_02_in_any_state(void **state)
{
    dgram unbound = dgram_open(&client, AF_INET, NULL, NULL);
    dgram failed = dgram_open(&client, AF_INET, NULL, NULL);
    SOCKADDR_INET foreign = loopback(AF_INET, 0);
    struct call call;

    (void)state;
    memcpy(&foreign.Ipv4.sin_addr, "\xc0\x00\x02\x01", 4); /* 192.0.2.1 is nobody's */
    call_init(&call);
    assert_int_equal(CALL(&call, failed.d->WskBind(failed.socket, (PSOCKADDR)&foreign, 0, IRP(&call))),
                     STATUS_INVALID_ADDRESS_COMPONENT);
    call_free(&call);
    dgram_close(unbound);
    dgram_close(failed);
}

static void CLOSE_03_cancels_what_is_pending(void **state)
{
    enum { N = 10 };
    dgram socket = dgram_bound(&client, AF_INET, NULL, NULL, NULL);
    struct call calls[N];
    char text[N];
    WSK_BUF buffers[N];

    (void)state;
    for (int i = 0; i < N; i++) {
        call_init(&calls[i]);
        buffers[i] = buffer_over(&text[i], 1);
        socket.d->WskReceiveFrom(socket.socket, &buffers[i], 0, NULL, NULL, NULL, NULL, IRP(&calls[i]));
    }
    dgram_close(socket);
    for (int i = 0; i < N; i++) {
        assert_true(call_done(&calls[i])); /* CLOSE-04: before the close completed */
        assert_int_equal(call_wait(&calls[i], STATUS_PENDING), STATUS_CANCELLED);
        call_free(&calls[i]);
        buffer_free(&buffers[i]);
    }
}

static void CLOSE_08_at_dispatch_level(void **state)
{
    dgram socket = dgram_bound(&client, AF_INET, NULL, NULL, NULL);
    struct call call;
    NTSTATUS status;
    KIRQL irql;

    (void)state;
    call_init(&call);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    status = socket.d->WskCloseSocket(socket.socket, IRP(&call));
    KeLowerIrql(irql);
    assert_int_equal(status, STATUS_PENDING); /* CLOSE-01 */
    assert_int_equal(call_wait(&call, status), STATUS_SUCCESS);
    call_free(&call);
}

static void CLOSE_10_port_is_free_at_once(void **state)
{
    SOCKADDR_INET local;
    dgram socket = dgram_bound(&client, AF_INET, NULL, NULL, &local);
    struct call call;

    (void)state;
    call_init(&call);
    for (int i = 0; i < 50; i++) {
        dgram_close(socket);
        socket = dgram_open(&client, AF_INET, NULL, NULL);
        assert_int_equal(CALL(&call, socket.d->WskBind(socket.socket, (PSOCKADDR)&local, 0, IRP(&call))),
                         STATUS_SUCCESS);
    }
    dgram_close(socket);
    call_free(&call);
}

/* --- From a callback and from a completion routine ------------------------------------------- */

struct closer {
    dgram socket;
    struct call call;
    _Atomic bool returned;      /* the callback has returned */
    _Atomic unsigned callbacks;
};

static NTSTATUS WSKAPI close_in_callback(PVOID context, ULONG flags, PWSK_DATAGRAM_INDICATION list)
{
    struct closer *closer = context;

    (void)flags;
    (void)list;
    if (atomic_fetch_add(&closer->callbacks, 1) == 0) {
        assert_int_equal(closer->socket.d->WskCloseSocket(closer->socket.socket, IRP(&closer->call)),
                         STATUS_PENDING);
        assert_false(call_done(&closer->call)); /* CLOSE-07 */
    }
    return STATUS_SUCCESS;
}

static const WSK_CLIENT_DATAGRAM_DISPATCH closing_callbacks = { close_in_callback };

static void CLOSE_07_from_the_callback(void **state)
{
    static struct closer closer;
    SOCKADDR_INET local;
    struct peer peer;

    (void)state;
    call_init(&closer.call);
    peer_open(&peer, false);
    closer.socket = dgram_bound(&client, AF_INET, &closer, &closing_callbacks, &local);
    for (int i = 0; i < 20; i++)
        peer_send(&peer, "x", 1, port_of(&local));
    dgram_event(closer.socket, WSK_EVENT_RECEIVE_FROM);
    assert_int_equal(call_wait(&closer.call, STATUS_PENDING), STATUS_SUCCESS);
    assert_int_equal(closer.callbacks, 1); /* CLOSE-06: no new callback after the call */
    call_free(&closer.call);
    peer_close(&peer);
}

static NTSTATUS close_in_routine(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    struct closer *closer = context;

    (void)device;
    (void)irp;
    assert_int_equal(closer->socket.d->WskCloseSocket(closer->socket.socket, IRP(&closer->call)),
                     STATUS_PENDING);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static void CLOSE_07_from_a_completion_routine(void **state)
{
    struct closer closer = { .socket = dgram_bound(&client, AF_INET, NULL, NULL, NULL) };
    SOCKADDR_INET to = loopback(AF_INET, 9);
    WSK_BUF buffer = buffer_over((void *)(uintptr_t)"x", 1);
    PIRP irp = IoAllocateIrp(1, FALSE);

    (void)state;
    call_init(&closer.call);
    IoSetCompletionRoutine(irp, close_in_routine, &closer, TRUE, TRUE, TRUE);
    closer.socket.d->WskSendTo(closer.socket.socket, &buffer, 0, (PSOCKADDR)&to, 0, NULL, irp);
    assert_int_equal(call_wait(&closer.call, STATUS_PENDING), STATUS_SUCCESS);
    call_free(&closer.call);
    IoFreeIrp(irp);
    buffer_free(&buffer);
}

/* --- With an IRP on the stack, freed as soon as the event says so ----------------------------- */

static NTSTATUS signal_only(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    (void)device;
    (void)irp;
    KeSetEvent(context, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static void IRP_13_close_with_an_irp_on_the_stack(void **state)
{
    (void)state;
    for (int i = 0; i < 200; i++) {
        dgram socket = dgram_bound(&client, AF_INET, NULL, NULL, NULL);
        _Alignas(16) UCHAR memory[sizeof(IRP) + sizeof(IO_STACK_LOCATION)];
        PIRP irp = (PIRP)(PVOID)memory;
        KEVENT closed;

        KeInitializeEvent(&closed, SynchronizationEvent, FALSE);
        IoInitializeIrp(irp, sizeof(memory), 1);
        IoSetCompletionRoutine(irp, signal_only, &closed, TRUE, TRUE, TRUE);
        socket.d->WskCloseSocket(socket.socket, irp);
        KeWaitForSingleObject(&closed, Executive, KernelMode, FALSE, NULL);
        memset(memory, 0xee, sizeof(memory));
        memset(&closed, 0xee, sizeof(closed));
    }
}

/* --- While datagrams pour in ------------------------------------------------------------------ */

static _Atomic unsigned live_callbacks;

static NTSTATUS WSKAPI count_callback(PVOID context, ULONG flags, PWSK_DATAGRAM_INDICATION list)
{
    _Atomic bool *open = context;

    (void)flags;
    (void)list;
    atomic_fetch_add(&live_callbacks, 1);
    assert_true(atomic_load(open));
    return STATUS_SUCCESS;
}

static const WSK_CLIENT_DATAGRAM_DISPATCH counting_callbacks = { count_callback };

static void CLOSE_05_no_callback_after_the_close(void **state)
{
    struct peer peer;

    (void)state;
    peer_open(&peer, false);
    for (int i = 0; i < 300; i++) {
        _Atomic bool *open = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*open), 'nepO');
        SOCKADDR_INET local;
        dgram socket = dgram_bound(&client, AF_INET, (PVOID)open, &counting_callbacks, &local);

        atomic_store(open, true);
        dgram_event(socket, WSK_EVENT_RECEIVE_FROM);
        for (int j = 0; j < 20; j++)
            peer_send(&peer, "x", 1, port_of(&local));
        dgram_close(socket);
        atomic_store(open, false);
        ExFreePoolWithTag((PVOID)open, 'nepO');
    }
    peer_close(&peer);
    assert_int_not_equal(live_callbacks, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(CLOSE_02_in_any_state),
        cmocka_unit_test(CLOSE_03_cancels_what_is_pending),
        cmocka_unit_test(CLOSE_08_at_dispatch_level),
        cmocka_unit_test(CLOSE_10_port_is_free_at_once),
        cmocka_unit_test(CLOSE_07_from_the_callback),
        cmocka_unit_test(CLOSE_07_from_a_completion_routine),
        cmocka_unit_test(IRP_13_close_with_an_irp_on_the_stack),
        cmocka_unit_test(CLOSE_05_no_callback_after_the_close),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
