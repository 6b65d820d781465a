/* SPDX-License-Identifier: MIT */
/* test_receive.c - WskReceiveFrom on the real loopback, fed by ordinary sockets. */
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

static void DGRAM_RECV_01_one_datagram(void **state)
{
    static const ADDRESS_FAMILY families[] = { AF_INET, AF_INET6 };

    (void)state;
    for (int f = 0; f < 2; f++) {
        SOCKADDR_INET local, from;
        struct peer peer;
        dgram socket = dgram_bound(&client, families[f], NULL, NULL, &local);
        char text[16];
        size_t size = sizeof(text);
        SOCKADDR_INET expected;

        peer_open(&peer, families[f] == AF_INET6);
        peer_send(&peer, "hello", 5, port_of(&local));
        memset(&from, 0xcc, sizeof(from));
        assert_int_equal(dgram_receive(socket, text, &size, &from), STATUS_SUCCESS);
        assert_int_equal(size, 5);
        assert_memory_equal(text, "hello", 5);
        expected = loopback(families[f], peer.port);
        /* DGRAM-RECV-06: exactly as many bytes as the family has, the padding zeroed. */
        assert_memory_equal(&from, &expected, f ? 28 : 16);
        if (!f)
            assert_int_equal(((unsigned char *)&from)[16], 0xcc);
        peer_close(&peer);
        dgram_close(socket);
    }
}

static void DGRAM_RECV_04_oldest_irp_first(void **state)
{
    enum { N = 20 };
    SOCKADDR_INET local;
    struct peer peer;
    dgram socket = dgram_bound(&client, AF_INET, NULL, NULL, &local);
    struct call calls[N];
    WSK_BUF buffers[N];
    uint32_t numbers[N];

    (void)state;
    peer_open(&peer, false);
    for (int i = 0; i < N; i++) {
        call_init(&calls[i]);
        buffers[i] = buffer_over(&numbers[i], sizeof(numbers[i]));
        assert_int_equal(socket.d->WskReceiveFrom(socket.socket, &buffers[i], 0, NULL, NULL, NULL, NULL,
                                                  IRP(&calls[i])),
                         STATUS_PENDING);
    }
    for (uint32_t i = 0; i < N; i++)
        peer_send(&peer, &i, sizeof(i), port_of(&local));
    for (uint32_t i = 0; i < N; i++) {
        assert_int_equal(call_wait(&calls[i], STATUS_PENDING), STATUS_SUCCESS);
        assert_int_equal(calls[i].irql, DISPATCH_LEVEL); /* IRP-21 */
        assert_int_equal(numbers[i], i);
        call_free(&calls[i]);
        buffer_free(&buffers[i]);
    }
    peer_close(&peer);
    dgram_close(socket);
}

static void DGRAM_RECV_11_truncation(void **state)
{
    SOCKADDR_INET local;
    struct peer peer;
    dgram socket = dgram_bound(&client, AF_INET, NULL, NULL, &local);
    char text[8] = "........";
    WSK_BUF buffer = buffer_over(text, 4);
    ULONG flags = 0xffffffff;
    struct call call;
    size_t size = 4;

    (void)state;
    peer_open(&peer, false);
    peer_send(&peer, "abcdefgh", 8, port_of(&local));
    peer_send(&peer, "next", 4, port_of(&local));
    call_init(&call);
    assert_int_equal(CALL(&call, socket.d->WskReceiveFrom(socket.socket, &buffer, 0, NULL, NULL, NULL,
                                                          &flags, IRP(&call))),
                     STATUS_SUCCESS);
    assert_int_equal(call.information, 4);
    assert_int_equal(flags, MSG_TRUNC);
    assert_memory_equal(text, "abcd....", 8);
    assert_int_equal(dgram_receive(socket, text, &size, NULL), STATUS_SUCCESS); /* RECV-12 */
    assert_memory_equal(text, "next....", 8);
    call_free(&call);
    buffer_free(&buffer);
    peer_close(&peer);
    dgram_close(socket);
}

static void DGRAM_RECV_16_empty_datagram_and_empty_buffer(void **state)
{
    SOCKADDR_INET local, from;
    struct peer peer;
    dgram socket = dgram_bound(&client, AF_INET, NULL, NULL, &local);
    WSK_BUF none = { NULL, 0, 0 };
    ULONG flags;
    struct call call;

    (void)state;
    peer_open(&peer, false);
    call_init(&call);
    peer_send(&peer, "", 0, port_of(&local));
    assert_int_equal(CALL(&call, socket.d->WskReceiveFrom(socket.socket, &none, 0, (PSOCKADDR)&from,
                                                          NULL, NULL, &flags, IRP(&call))),
                     STATUS_SUCCESS);
    assert_int_equal(call.information, 0);
    assert_int_equal(flags, 0); /* RECV-15: written, and nothing was lost */
    assert_int_equal(port_of(&from), peer.port);
    peer_send(&peer, "x", 1, port_of(&local));
    assert_int_equal(CALL(&call, socket.d->WskReceiveFrom(socket.socket, &none, 0, NULL, NULL, NULL,
                                                          &flags, IRP(&call))),
                     STATUS_SUCCESS);
    assert_int_equal(flags, MSG_TRUNC); /* RECV-17 */
    call_free(&call);
    peer_close(&peer);
    dgram_close(socket);
}

static void DGRAM_RECV_18_unbound_and_bad_arguments(void **state)
{
    char text[4];
    size_t size = sizeof(text);
    dgram socket = dgram_open(&client, AF_INET, NULL, NULL);
    dgram bound = dgram_bound(&client, AF_INET, NULL, NULL, NULL);
    WSK_BUF good = buffer_over(text, sizeof(text));
    WSK_BUF longer = { good.Mdl, 0, 5 };
    struct call call;

    (void)state;
    assert_int_equal(dgram_receive(socket, text, &size, NULL), STATUS_INVALID_DEVICE_STATE);
    call_init(&call);
    assert_int_equal(CALL(&call, bound.d->WskReceiveFrom(bound.socket, &longer, 0, NULL, NULL, NULL,
                                                         NULL, IRP(&call))),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(CALL(&call, bound.d->WskReceiveFrom(bound.socket, NULL, 0, NULL, NULL, NULL, NULL,
                                                         IRP(&call))),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(CALL(&call, bound.d->WskReceiveFrom(bound.socket, &good, 4, NULL, NULL, NULL, NULL,
                                                         IRP(&call))),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(bound.d->WskReceiveFrom(bound.socket, &good, 0, NULL, NULL, NULL, NULL, NULL),
                     STATUS_INVALID_PARAMETER);
    call_free(&call);
    buffer_free(&good);
    dgram_close(socket);
    dgram_close(bound);
}

static void DGRAM_RECV_19_cancel_keeps_the_others_in_order(void **state)
{
    enum { N = 3 };
    SOCKADDR_INET local;
    struct peer peer;
    dgram socket = dgram_bound(&client, AF_INET, NULL, NULL, &local);
    struct call calls[N];
    WSK_BUF buffers[N];
    char text[N];

    (void)state;
    peer_open(&peer, false);
    for (int i = 0; i < N; i++) {
        call_init(&calls[i]);
        buffers[i] = buffer_over(&text[i], 1);
        socket.d->WskReceiveFrom(socket.socket, &buffers[i], 0, NULL, NULL, NULL, NULL, IRP(&calls[i]));
    }
    assert_true(IoCancelIrp(calls[1].irp));
    assert_int_equal(call_wait(&calls[1], STATUS_PENDING), STATUS_CANCELLED);
    assert_false(call_done(&calls[0]));
    assert_false(call_done(&calls[2]));
    peer_send(&peer, "a", 1, port_of(&local));
    peer_send(&peer, "b", 1, port_of(&local));
    assert_int_equal(call_wait(&calls[0], STATUS_PENDING), STATUS_SUCCESS);
    assert_int_equal(call_wait(&calls[2], STATUS_PENDING), STATUS_SUCCESS);
    assert_int_equal(text[0], 'a');
    assert_int_equal(text[2], 'b');
    for (int i = 0; i < N; i++) {
        call_free(&calls[i]);
        buffer_free(&buffers[i]);
    }
    peer_close(&peer);
    dgram_close(socket);
}

static void IRP_19_cancelled_before_it_was_issued(void **state)
{
    dgram socket = dgram_bound(&client, AF_INET, NULL, NULL, NULL);
    char text[4];
    WSK_BUF buffer = buffer_over(text, sizeof(text));
    struct call call;

    (void)state;
    call_init(&call);
    call_reuse(&call);
    assert_false(IoCancelIrp(call.irp));
    assert_int_equal(call_wait(&call, socket.d->WskReceiveFrom(socket.socket, &buffer, 0, NULL, NULL,
                                                               NULL, NULL, call.irp)),
                     STATUS_CANCELLED);
    call_free(&call);
    buffer_free(&buffer);
    dgram_close(socket);
}

/* DGRAM-RECV-22: nobody waits while they arrive; they are there afterwards, in order. */
static void DGRAM_RECV_22_buffered_until_wanted(void **state)
{
    SOCKADDR_INET local;
    struct peer peer;
    dgram socket = dgram_bound(&client, AF_INET, NULL, NULL, &local);

    (void)state;
    peer_open(&peer, false);
    for (uint32_t i = 0; i < 200; i++)
        peer_send(&peer, &i, sizeof(i), port_of(&local));
    for (uint32_t i = 0; i < 200; i++) {
        uint32_t number = 0;
        size_t size = sizeof(number);

        assert_int_equal(dgram_receive(socket, &number, &size, NULL), STATUS_SUCCESS);
        assert_int_equal(number, i);
    }
    peer_close(&peer);
    dgram_close(socket);
}

static void DGRAM_RECV_largest_datagram_into_a_chain(void **state)
{
    static unsigned char sent[65507], received[65507];
    SOCKADDR_INET local;
    struct peer peer;
    dgram socket = dgram_bound(&client, AF_INET, NULL, NULL, &local);
    WSK_BUF buffer = buffer_over(received + 40000, sizeof(received) - 40000);
    WSK_BUF first = buffer_over(received, 40000);
    struct call call;

    (void)state;
    for (size_t i = 0; i < sizeof(sent); i++)
        sent[i] = (unsigned char)(i * 7 + i / 256);
    first.Mdl->Next = buffer.Mdl;
    first.Length = sizeof(received);
    peer_open(&peer, false);
    peer_send(&peer, sent, sizeof(sent), port_of(&local));
    call_init(&call);
    assert_int_equal(CALL(&call, socket.d->WskReceiveFrom(socket.socket, &first, 0, NULL, NULL, NULL,
                                                          NULL, IRP(&call))),
                     STATUS_SUCCESS);
    assert_int_equal(call.information, sizeof(sent));
    assert_memory_equal(received, sent, sizeof(sent));
    call_free(&call);
    buffer_free(&first);
    peer_close(&peer);
    dgram_close(socket);
}

/* What a driver reads as control data when it asked for it. */
static void DGRAM_CMSG_14_pktinfo(void **state)
{
    SOCKADDR_INET local;
    struct peer peer;
    dgram socket = dgram_bound(&client, AF_INET, NULL, NULL, &local);
    char text[4];
    WSK_BUF buffer = buffer_over(text, sizeof(text));
    _Alignas(8) UCHAR control[WSA_CMSG_SPACE(sizeof(IN_PKTINFO))];
    ULONG control_length = sizeof(control);
    ULONG on = 1;
    IN_PKTINFO info;
    struct call call;

    (void)state;
    peer_open(&peer, false);
    call_init(&call);
    assert_int_equal(CALL(&call, socket.d->WskControlSocket(socket.socket, WskSetOption, IP_PKTINFO,
                                                            IPPROTO_IP, sizeof(on), &on, 0, NULL, NULL,
                                                            IRP(&call))),
                     STATUS_SUCCESS);
    peer_send(&peer, "x", 1, port_of(&local));
    assert_int_equal(CALL(&call, socket.d->WskReceiveFrom(socket.socket, &buffer, 0, NULL,
                                                          &control_length, (PCMSGHDR)control, NULL,
                                                          IRP(&call))),
                     STATUS_SUCCESS);
    assert_int_equal(control_length, WSA_CMSG_SPACE(sizeof(IN_PKTINFO)));
    assert_int_equal(((PCMSGHDR)control)->cmsg_type, IP_PKTINFO);
    memcpy(&info, control + 16, sizeof(info));
    assert_memory_equal(&info.ipi_addr, &local.Ipv4.sin_addr, 4);
    assert_int_not_equal(info.ipi_ifindex, 0);
    call_free(&call);
    buffer_free(&buffer);
    peer_close(&peer);
    dgram_close(socket);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(DGRAM_RECV_01_one_datagram),
        cmocka_unit_test(DGRAM_RECV_04_oldest_irp_first),
        cmocka_unit_test(DGRAM_RECV_11_truncation),
        cmocka_unit_test(DGRAM_RECV_16_empty_datagram_and_empty_buffer),
        cmocka_unit_test(DGRAM_RECV_18_unbound_and_bad_arguments),
        cmocka_unit_test(DGRAM_RECV_19_cancel_keeps_the_others_in_order),
        cmocka_unit_test(IRP_19_cancelled_before_it_was_issued),
        cmocka_unit_test(DGRAM_RECV_22_buffered_until_wanted),
        cmocka_unit_test(DGRAM_RECV_largest_datagram_into_a_chain),
        cmocka_unit_test(DGRAM_CMSG_14_pktinfo),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
