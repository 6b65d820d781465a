/* SPDX-License-Identifier: MIT */
/* test_send.c - WskSendTo on the real loopback, heard by an ordinary socket. */
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

static ADDRESS_FAMILY families[] = { AF_INET, AF_INET6 };

static void expect_payload(struct peer *peer, const void *data, size_t size, uint16_t from)
{
    static unsigned char received[70000];
    uint16_t port = 0;

    assert_int_equal(peer_receive(peer, received, sizeof(received), &port), (long)size);
    assert_memory_equal(received, data, size);
    assert_int_equal(port, from);
}

static void DGRAM_SEND_01_one_call_is_one_datagram(void **state)
{
    (void)state;
    for (int f = 0; f < 2; f++) {
        SOCKADDR_INET local, to;
        struct peer peer;
        dgram socket = dgram_bound(&client, families[f], NULL, NULL, &local);

        peer_open(&peer, families[f] == AF_INET6);
        to = loopback(families[f], peer.port);
        assert_int_equal(dgram_send(socket, "hello", 5, &to), STATUS_SUCCESS);
        expect_payload(&peer, "hello", 5, port_of(&local));
        peer_close(&peer);
        dgram_close(socket);
    }
}

static void DGRAM_SEND_03_chain_is_gathered(void **state)
{
    enum { PIECES = 600 }; /* more than the engine takes, so that the payload is bounced */
    static char text[PIECES * 2];
    SOCKADDR_INET local, to;
    struct peer peer;
    dgram socket = dgram_bound(&client, AF_INET, NULL, NULL, &local);
    WSK_BUF buffer = { NULL, 1, sizeof(text) - 3 };
    struct call call;

    (void)state;
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (char)('a' + i % 26);
    for (int i = PIECES - 1; i >= 0; i--) {
        WSK_BUF piece = buffer_over(text + 2 * i, 2);

        piece.Mdl->Next = buffer.Mdl;
        buffer.Mdl = piece.Mdl;
    }
    peer_open(&peer, false);
    to = loopback(AF_INET, peer.port);
    call_init(&call);
    assert_int_equal(CALL(&call, socket.d->WskSendTo(socket.socket, &buffer, 0, (PSOCKADDR)&to, 0, NULL,
                                                     IRP(&call))),
                     STATUS_SUCCESS);
    assert_int_equal(call.information, sizeof(text) - 3);
    expect_payload(&peer, text + 1, sizeof(text) - 3, port_of(&local));
    call_free(&call);
    buffer_free(&buffer);
    peer_close(&peer);
    dgram_close(socket);
}

static void DGRAM_SEND_04_empty_datagram(void **state)
{
    SOCKADDR_INET local, to;
    struct peer peer;
    dgram socket = dgram_bound(&client, AF_INET, NULL, NULL, &local);

    (void)state;
    peer_open(&peer, false);
    to = loopback(AF_INET, peer.port);
    assert_int_equal(dgram_send(socket, NULL, 0, &to), STATUS_SUCCESS);
    expect_payload(&peer, "", 0, port_of(&local));
    peer_close(&peer);
    dgram_close(socket);
}

static NTSTATUS fix(dgram socket, ULONG code, const SOCKADDR_INET *address)
{
    struct call call;
    NTSTATUS status;

    call_init(&call);
    status = CALL(&call, socket.d->WskControlSocket(socket.socket, WskIoctl, code, 0,
                                                    address ? sizeof(*address) : 0,
                                                    (PVOID)(uintptr_t)address, 0, NULL, NULL,
                                                    IRP(&call)));
    call_free(&call);
    return status;
}

static void DGRAM_SEND_06_three_ways_to_name_the_destination(void **state)
{
    static const ULONG codes[] = { SIO_WSK_SET_REMOTE_ADDRESS, SIO_WSK_SET_SENDTO_ADDRESS };

    (void)state;
    for (int f = 0; f < 2; f++) {
        SOCKADDR_INET local, to;
        struct peer peer;
        dgram socket = dgram_bound(&client, families[f], NULL, NULL, &local);

        peer_open(&peer, families[f] == AF_INET6);
        to = loopback(families[f], peer.port);
        assert_int_equal(dgram_send(socket, "x", 1, NULL), STATUS_INVALID_PARAMETER);
        for (int i = 0; i < 2; i++) {
            assert_int_equal(fix(socket, codes[i], &to), STATUS_SUCCESS);
            assert_int_equal(dgram_send(socket, "fixed", 5, NULL), STATUS_SUCCESS);
            expect_payload(&peer, "fixed", 5, port_of(&local));
            assert_int_equal(fix(socket, codes[i], NULL), STATUS_SUCCESS);
            assert_int_equal(dgram_send(socket, "x", 1, NULL), STATUS_INVALID_PARAMETER);
        }
        peer_close(&peer);
        dgram_close(socket);
    }
}

static void DGRAM_SEND_07_unbound_socket(void **state)
{
    dgram socket = dgram_open(&client, AF_INET, NULL, NULL);
    SOCKADDR_INET to = loopback(AF_INET, 9);

    (void)state;
    assert_int_equal(dgram_send(socket, "x", 1, &to), STATUS_INVALID_DEVICE_STATE);
    dgram_close(socket);
}

static void DGRAM_SEND_09_wrong_family(void **state)
{
    dgram socket = dgram_bound(&client, AF_INET6, NULL, NULL, NULL);
    SOCKADDR_INET to = loopback(AF_INET, 9);

    (void)state;
    assert_int_equal(dgram_send(socket, "x", 1, &to), STATUS_INVALID_ADDRESS_COMPONENT);
    to.si_family = 77;
    assert_int_equal(dgram_send(socket, "x", 1, &to), STATUS_INVALID_ADDRESS_COMPONENT);
    dgram_close(socket);
}

/* What the caller may overwrite at once: the WSK_BUF, the address, the control data. */
static void DGRAM_SEND_10_arguments_are_copied(void **state)
{
    SOCKADDR_INET local, to;
    struct peer peer;
    dgram socket = dgram_bound(&client, AF_INET, NULL, NULL, &local);
    WSK_BUF buffer = buffer_over((void *)(uintptr_t)"kept", 4);
    WSK_BUF argument = buffer;
    struct call call;
    NTSTATUS status;

    (void)state;
    peer_open(&peer, false);
    to = loopback(AF_INET, peer.port);
    call_init(&call);
    status = socket.d->WskSendTo(socket.socket, &argument, 0, (PSOCKADDR)&to, 0, NULL, IRP(&call));
    memset(&argument, 0xff, sizeof(argument));
    memset(&to, 0xff, sizeof(to));
    assert_int_equal(call_wait(&call, status), STATUS_SUCCESS);
    expect_payload(&peer, "kept", 4, port_of(&local));
    call_free(&call);
    buffer_free(&buffer);
    peer_close(&peer);
    dgram_close(socket);
}

static void DGRAM_SEND_12_zero_control_length_means_none(void **state)
{
    SOCKADDR_INET to;
    struct peer peer;
    dgram socket = dgram_bound(&client, AF_INET, NULL, NULL, NULL);
    WSK_BUF buffer = buffer_over((void *)(uintptr_t)"x", 1);
    CMSGHDR nonsense = { .cmsg_len = 1, .cmsg_level = 99, .cmsg_type = 99 };
    struct call call;

    (void)state;
    peer_open(&peer, false);
    to = loopback(AF_INET, peer.port);
    call_init(&call);
    assert_int_equal(CALL(&call, socket.d->WskSendTo(socket.socket, &buffer, 0, (PSOCKADDR)&to, 0,
                                                     &nonsense, IRP(&call))),
                     STATUS_SUCCESS);
    assert_int_equal(CALL(&call, socket.d->WskSendTo(socket.socket, &buffer, 0, (PSOCKADDR)&to,
                                                     sizeof(nonsense), &nonsense, IRP(&call))),
                     STATUS_INVALID_PARAMETER);
    call_free(&call);
    buffer_free(&buffer);
    peer_close(&peer);
    dgram_close(socket);
}

static void DGRAM_SEND_13_largest_payload(void **state)
{
    static char payload[65508];
    SOCKADDR_INET local, to;
    struct peer peer;
    dgram socket = dgram_bound(&client, AF_INET, NULL, NULL, &local);

    (void)state;
    memset(payload, 'p', sizeof(payload));
    peer_open(&peer, false);
    to = loopback(AF_INET, peer.port);
    assert_int_equal(dgram_send(socket, payload, 65507, &to), STATUS_SUCCESS);
    expect_payload(&peer, payload, 65507, port_of(&local));
    assert_int_equal(dgram_send(socket, payload, 65508, &to), STATUS_INVALID_BUFFER_SIZE);
    peer_close(&peer);
    dgram_close(socket);
}

static void DGRAM_SEND_16_broadcast_is_refused(void **state)
{
    SOCKADDR_INET any, to;
    dgram socket = dgram_open(&client, AF_INET, NULL, NULL);
    struct call call;

    (void)state;
    memset(&any, 0, sizeof(any));
    any.si_family = AF_INET;
    call_init(&call);
    assert_int_equal(CALL(&call, socket.d->WskBind(socket.socket, (PSOCKADDR)&any, 0, IRP(&call))),
                     STATUS_SUCCESS);
    call_free(&call);
    to = loopback(AF_INET, 9);
    memset(&to.Ipv4.sin_addr, 0xff, 4);
    assert_int_equal(dgram_send(socket, "x", 1, &to), STATUS_ACCESS_DENIED);
    dgram_close(socket);
}

/* The port answers with ICMP; nothing later may hear of it. */
static void DGRAM_SEND_17_errors_of_earlier_datagrams_are_not_latched(void **state)
{
    SOCKADDR_INET local, gone, to;
    struct peer peer;
    dgram socket = dgram_bound(&client, AF_INET, NULL, NULL, &local);
    char text[8];
    size_t size = sizeof(text);

    (void)state;
    peer_open(&peer, false);
    gone = loopback(AF_INET, peer.port);
    peer_close(&peer);
    peer_open(&peer, false);
    to = loopback(AF_INET, peer.port);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(dgram_send(socket, "lost", 4, &gone), STATUS_SUCCESS);
        assert_int_equal(dgram_send(socket, "there", 5, &to), STATUS_SUCCESS);
        expect_payload(&peer, "there", 5, port_of(&local));
    }
    peer_send(&peer, "back", 4, port_of(&local));
    assert_int_equal(dgram_receive(socket, text, &size, NULL), STATUS_SUCCESS);
    assert_int_equal(size, 4);
    peer_close(&peer);
    dgram_close(socket);
}

static void DGRAM_SEND_19_order_of_calls_is_order_on_the_wire(void **state)
{
    SOCKADDR_INET local, to;
    struct peer peer;
    dgram socket = dgram_bound(&client, AF_INET, NULL, NULL, &local);

    (void)state;
    peer_open(&peer, false);
    to = loopback(AF_INET, peer.port);
    for (uint32_t i = 0; i < 100; i++)
        assert_int_equal(dgram_send(socket, &i, sizeof(i), &to), STATUS_SUCCESS);
    for (uint32_t i = 0; i < 100; i++)
        expect_payload(&peer, &i, sizeof(i), port_of(&local));
    peer_close(&peer);
    dgram_close(socket);
}

static void DGRAM_SEND_20_at_dispatch_level(void **state)
{
    SOCKADDR_INET to;
    struct peer peer;
    dgram socket = dgram_bound(&client, AF_INET, NULL, NULL, NULL);
    WSK_BUF buffer = buffer_over((void *)(uintptr_t)"x", 1);
    KSPIN_LOCK lock;
    struct call call;
    NTSTATUS status;
    KIRQL irql;

    (void)state;
    KeInitializeSpinLock(&lock);
    peer_open(&peer, false);
    to = loopback(AF_INET, peer.port);
    call_init(&call);
    KeAcquireSpinLock(&lock, &irql);
    status = socket.d->WskSendTo(socket.socket, &buffer, 0, (PSOCKADDR)&to, 0, NULL, IRP(&call));
    assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
    KeReleaseSpinLock(&lock, irql);
    assert_int_equal(call_wait(&call, status), STATUS_SUCCESS);
    call_free(&call);
    buffer_free(&buffer);
    peer_close(&peer);
    dgram_close(socket);
}

/* A routine that sends again: the completions must not pile up on one stack. */
struct chain {
    dgram socket;
    WSK_BUF buffer;
    SOCKADDR_INET to;
    _Atomic unsigned left;
    KEVENT done;
};

/*
 * Routines on the stack of this thread. The next one may well run in another thread before this one
 * returns.
 */
static _Thread_local unsigned depth;
static _Atomic unsigned deepest;

static NTSTATUS send_again(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    struct chain *chain = context;

    (void)device;
    if (++depth > 1)
        atomic_store(&deepest, depth);
    if (chain->left-- == 0) {
        KeSetEvent(&chain->done, IO_NO_INCREMENT, FALSE);
    } else {
        IoReuseIrp(irp, STATUS_UNSUCCESSFUL);
        IoSetCompletionRoutine(irp, send_again, chain, TRUE, TRUE, TRUE);
        chain->socket.d->WskSendTo(chain->socket.socket, &chain->buffer, 0, (PSOCKADDR)&chain->to, 0,
                                   NULL, irp);
    }
    depth--;
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static void IRP_24_completions_do_not_nest(void **state)
{
    struct chain chain = { .left = 5000 };
    struct peer peer;
    PIRP irp = IoAllocateIrp(1, FALSE);

    (void)state;
    peer_open(&peer, false);
    chain.socket = dgram_bound(&client, AF_INET, NULL, NULL, NULL);
    chain.buffer = buffer_over((void *)(uintptr_t)"x", 1);
    chain.to = loopback(AF_INET, peer.port);
    KeInitializeEvent(&chain.done, NotificationEvent, FALSE);
    IoSetCompletionRoutine(irp, send_again, &chain, TRUE, TRUE, TRUE);
    chain.socket.d->WskSendTo(chain.socket.socket, &chain.buffer, 0, (PSOCKADDR)&chain.to, 0, NULL, irp);
    KeWaitForSingleObject(&chain.done, Executive, KernelMode, FALSE, NULL);
    dgram_close(chain.socket);
    assert_int_equal(deepest, 0);
    IoFreeIrp(irp);
    buffer_free(&chain.buffer);
    peer_close(&peer);
}

static void BUF_bad_buffers(void **state)
{
    char memory[8] = "12345678";
    SOCKADDR_INET to = loopback(AF_INET, 9);
    dgram socket = dgram_bound(&client, AF_INET, NULL, NULL, NULL);
    WSK_BUF good = buffer_over(memory, sizeof(memory));
    WSK_BUF bad[] = {
        { good.Mdl, 0, 9 },  /* BUF-04: longer than the chain */
        { good.Mdl, 9, 1 },  /* BUF-02: begins behind the first MDL */
        { good.Mdl, 8, 1 },
        { NULL, 0, 1 },
    };
    struct call call;

    (void)state;
    call_init(&call);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(CALL(&call, socket.d->WskSendTo(socket.socket, &bad[i], 0, (PSOCKADDR)&to, 0,
                                                         NULL, IRP(&call))),
                         STATUS_INVALID_PARAMETER);
    assert_int_equal(CALL(&call, socket.d->WskSendTo(socket.socket, NULL, 0, (PSOCKADDR)&to, 0, NULL,
                                                     IRP(&call))),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(CALL(&call, socket.d->WskSendTo(socket.socket, &good, 1, (PSOCKADDR)&to, 0, NULL,
                                                     IRP(&call))),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(socket.d->WskSendTo(socket.socket, &good, 0, (PSOCKADDR)&to, 0, NULL, NULL),
                     STATUS_INVALID_PARAMETER);
    call_free(&call);
    buffer_free(&good);
    dgram_close(socket);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(DGRAM_SEND_01_one_call_is_one_datagram),
        cmocka_unit_test(DGRAM_SEND_03_chain_is_gathered),
        cmocka_unit_test(DGRAM_SEND_04_empty_datagram),
        cmocka_unit_test(DGRAM_SEND_06_three_ways_to_name_the_destination),
        cmocka_unit_test(DGRAM_SEND_07_unbound_socket),
        cmocka_unit_test(DGRAM_SEND_09_wrong_family),
        cmocka_unit_test(DGRAM_SEND_10_arguments_are_copied),
        cmocka_unit_test(DGRAM_SEND_12_zero_control_length_means_none),
        cmocka_unit_test(DGRAM_SEND_13_largest_payload),
        cmocka_unit_test(DGRAM_SEND_16_broadcast_is_refused),
        cmocka_unit_test(DGRAM_SEND_17_errors_of_earlier_datagrams_are_not_latched),
        cmocka_unit_test(DGRAM_SEND_19_order_of_calls_is_order_on_the_wire),
        cmocka_unit_test(DGRAM_SEND_20_at_dispatch_level),
        cmocka_unit_test(IRP_24_completions_do_not_nest),
        cmocka_unit_test(BUF_bad_buffers),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
