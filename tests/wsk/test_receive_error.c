/* SPDX-License-Identifier: MIT */
/*
 * test_receive_error.c - IP_RECVERR: an ICMP error, provoked on loopback by sending to a port that
 * nobody has, arrives as a datagram of its own, and disturbs nothing else.
 */
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

static void set(dgram socket, ULONG level, ULONG option, ULONG value)
{
    struct call call;

    call_init(&call);
    assert_int_equal(CALL(&call, socket.d->WskControlSocket(socket.socket, WskSetOption, option,
                                                            level, sizeof(value), &value, 0, NULL,
                                                            NULL, IRP(&call))),
                     STATUS_SUCCESS);
    call_free(&call);
}

/* An address of this machine where nobody listens, and nobody will: the port is another's now. */
static SOCKADDR_INET nobody_at(ADDRESS_FAMILY family)
{
    struct peer peer;
    SOCKADDR_INET address;

    peer_open(&peer, family == AF_INET6);
    address = loopback(family, peer.port);
    peer_close(&peer);
    return address;
}

struct arrival {
    char text[64];
    size_t size;
    SOCKADDR_INET from;
    _Alignas(8) UCHAR control[128];
    ULONG control_length;
    ULONG flags;
};

static void receive(dgram socket, struct arrival *arrival)
{
    WSK_BUF buffer = buffer_over(arrival->text, sizeof(arrival->text));
    struct call call;

    memset(&arrival->from, 0, sizeof(arrival->from));
    arrival->control_length = sizeof(arrival->control);
    call_init(&call);
    assert_int_equal(CALL(&call, socket.d->WskReceiveFrom(
                                     socket.socket, &buffer, 0, (PSOCKADDR)&arrival->from,
                                     &arrival->control_length, (PCMSGHDR)(PVOID)arrival->control,
                                     &arrival->flags, IRP(&call))),
                     STATUS_SUCCESS);
    arrival->size = call.information;
    call_free(&call);
    buffer_free(&buffer);
}

static void expect_error(const struct arrival *arrival, INT level, INT type,
                         const IN_RECVERR *expected)
{
    CMSGHDR header;
    IN_RECVERR error;

    assert_int_equal(arrival->flags, MSG_ERRQUEUE);
    assert_int_equal(arrival->control_length, WSA_CMSG_SPACE(sizeof(error)));
    memcpy(&header, arrival->control, sizeof(header));
    assert_int_equal(header.cmsg_level, level);
    assert_int_equal(header.cmsg_type, type);
    memcpy(&error, arrival->control + sizeof(header), sizeof(error));
    assert_int_equal(error.protocol, expected->protocol);
    assert_int_equal(error.type, expected->type);
    assert_int_equal(error.code, expected->code);
}

static const IN_RECVERR unreachable4 = { .protocol = IPPROTO_ICMP, .type = 3, .code = 3 };
static const IN_RECVERR unreachable6 = { .protocol = IPPROTO_ICMPV6, .type = 1, .code = 4 };

static void provoke_and_see(ADDRESS_FAMILY family)
{
    bool ipv4 = family == AF_INET;
    SOCKADDR_INET local, nobody = nobody_at(family);
    dgram socket = dgram_bound(&client, family, NULL, NULL, &local);
    struct arrival arrival;

    set(socket, ipv4 ? IPPROTO_IP : IPPROTO_IPV6, ipv4 ? IP_RECVERR : IPV6_RECVERR, 1);
    assert_int_equal(dgram_send(socket, "is anybody there", 16, &nobody), STATUS_SUCCESS);
    receive(socket, &arrival);
    expect_error(&arrival, ipv4 ? IPPROTO_IP : IPPROTO_IPV6, 75,
                 ipv4 ? &unreachable4 : &unreachable6);
    assert_int_equal(arrival.size, 16);
    assert_memory_equal(arrival.text, "is anybody there", 16);
    assert_int_equal(arrival.from.si_family, family);
    assert_int_equal(port_of(&arrival.from), port_of(&nobody));

    /* What is sent next, and what arrives next, is as if nothing had been. */
    assert_int_equal(dgram_send(socket, "me", 2, &local), STATUS_SUCCESS);
    receive(socket, &arrival);
    assert_int_equal(arrival.flags, 0);
    assert_memory_equal(arrival.text, "me", 2);
    dgram_close(socket);
}

static void DGRAM_CMSG_20_an_error_arrives(void **state)
{
    (void)state;
    provoke_and_see(AF_INET);
    provoke_and_see(AF_INET6);
}

/* A v4-mapped destination: the IPv4 level speaks for it, the IPv6 level does not. */
static void test_dual_stack(void **state)
{
    SOCKADDR_INET any = { .Ipv6 = { .sin6_family = AF_INET6 } };
    SOCKADDR_INET nobody4 = nobody_at(AF_INET), nobody = any, local = any;
    dgram socket = dgram_open(&client, AF_INET6, NULL, NULL);
    struct arrival arrival;
    struct call call;

    (void)state;
    set(socket, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    set(socket, IPPROTO_IPV6, IPV6_RECVERR, 1);
    call_init(&call);
    assert_int_equal(CALL(&call, socket.d->WskBind(socket.socket, (PSOCKADDR)&any, 0, IRP(&call))),
                     STATUS_SUCCESS);
    assert_int_equal(CALL(&call, socket.d->WskGetLocalAddress(socket.socket, (PSOCKADDR)&local,
                                                              IRP(&call))),
                     STATUS_SUCCESS);
    call_free(&call);
    memcpy(&nobody.Ipv6.sin6_addr, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x7f\0\0\1", 16);
    nobody.Ipv6.sin6_port = nobody4.Ipv4.sin_port;
    local.Ipv6.sin6_addr = nobody.Ipv6.sin6_addr;
    assert_int_equal(dgram_send(socket, "unreported", 10, &nobody), STATUS_SUCCESS);
    assert_int_equal(dgram_send(socket, "me", 2, &local), STATUS_SUCCESS);
    receive(socket, &arrival);
    assert_memory_equal(arrival.text, "me", 2);
    set(socket, IPPROTO_IP, IP_RECVERR, 1);
    assert_int_equal(dgram_send(socket, "reported", 8, &nobody), STATUS_SUCCESS);
    receive(socket, &arrival);
    expect_error(&arrival, IPPROTO_IP, IP_RECVERR, &unreachable4);
    assert_memory_equal(&arrival.from.Ipv6.sin6_addr, &nobody.Ipv6.sin6_addr, 16);
    dgram_close(socket);
}

/* DGRAM-SEND-17: not asked for, an error is nobody's business. */
static void test_off_by_default_and_again(void **state)
{
    SOCKADDR_INET local, nobody = nobody_at(AF_INET);
    dgram socket = dgram_bound(&client, AF_INET, NULL, NULL, &local);
    struct arrival arrival;

    (void)state;
    for (int on = 0; on < 2; on++) {
        set(socket, IPPROTO_IP, IP_RECVERR, (ULONG)on);
        set(socket, IPPROTO_IP, IP_RECVERR, 0);
        for (int i = 0; i < 3; i++)
            assert_int_equal(dgram_send(socket, "lost", 4, &nobody), STATUS_SUCCESS);
        assert_int_equal(dgram_send(socket, "me", 2, &local), STATUS_SUCCESS);
        receive(socket, &arrival);
        assert_int_equal(arrival.flags, 0);
        assert_memory_equal(arrival.text, "me", 2);
    }
    dgram_close(socket);
}

/* Many errors, all reported, in the order of what provoked them. */
static void test_many_in_order(void **state)
{
    SOCKADDR_INET local, nobody = nobody_at(AF_INET);
    dgram socket = dgram_bound(&client, AF_INET, NULL, NULL, &local);
    struct arrival arrival;

    (void)state;
    set(socket, IPPROTO_IP, IP_RECVERR, 1);
    for (int round = 0; round < 200; round++) {
        assert_int_equal(dgram_send(socket, &round, sizeof(round), &nobody), STATUS_SUCCESS);
        receive(socket, &arrival);
        expect_error(&arrival, IPPROTO_IP, IP_RECVERR, &unreachable4);
        assert_memory_equal(arrival.text, &round, sizeof(round));
    }
    dgram_close(socket);
}

struct heard {
    KEVENT event;
    ULONG flags;
    char text[8];
};

static NTSTATUS WSKAPI hear(PVOID context, ULONG flags, PWSK_DATAGRAM_INDICATION list)
{
    struct heard *heard = context;

    heard->flags = flags;
    if (list && list->Buffer.Length == 4)
        memcpy(heard->text, (char *)list->Buffer.Mdl->MappedSystemVa + list->Buffer.Offset, 4);
    KeSetEvent(&heard->event, 0, FALSE);
    return STATUS_SUCCESS;
}

static void test_by_event(void **state)
{
    static const WSK_CLIENT_DATAGRAM_DISPATCH callbacks = { .WskReceiveFromEvent = hear };
    SOCKADDR_INET local, nobody = nobody_at(AF_INET);
    struct heard heard = { .flags = 0 };
    dgram socket;

    (void)state;
    KeInitializeEvent(&heard.event, NotificationEvent, FALSE);
    socket = dgram_bound(&client, AF_INET, &heard, &callbacks, &local);
    set(socket, IPPROTO_IP, IP_RECVERR, 1);
    assert_int_equal(dgram_event(socket, WSK_EVENT_RECEIVE_FROM), STATUS_SUCCESS);
    assert_int_equal(dgram_send(socket, "lost", 4, &nobody), STATUS_SUCCESS);
    KeWaitForSingleObject(&heard.event, Executive, KernelMode, FALSE, NULL);
    assert_int_equal(heard.flags & MSG_ERRQUEUE, MSG_ERRQUEUE);
    assert_memory_equal(heard.text, "lost", 4);
    dgram_close(socket);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(DGRAM_CMSG_20_an_error_arrives),
        cmocka_unit_test(test_dual_stack),
        cmocka_unit_test(test_off_by_default_and_again),
        cmocka_unit_test(test_many_in_order),
        cmocka_unit_test(test_by_event),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
