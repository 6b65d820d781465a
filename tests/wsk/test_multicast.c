/* SPDX-License-Identifier: MIT */
/* test_multicast.c - joining and leaving groups, and what arrives, on the loopback interface. */
#include "client.h"

#include "base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define LOOPBACK_INDEX 1u

static struct client client;
static const UCHAR group4[4] = { 239, 77, 3, 9 };

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

static NTSTATUS set(dgram socket, ULONG level, ULONG option, const void *value, SIZE_T size)
{
    struct call call;
    NTSTATUS status;

    call_init(&call);
    status = CALL(&call, socket.d->WskControlSocket(socket.socket, WskSetOption, option, level, size,
                                                    (PVOID)(uintptr_t)value, 0, NULL, NULL,
                                                    IRP(&call)));
    call_free(&call);
    return status;
}

static IP_MREQ mreq(const char *interface)
{
    IP_MREQ request;

    memcpy(&request.imr_multiaddr, group4, 4);
    memcpy(&request.imr_interface, interface, 4);
    return request;
}

static dgram bound_to_any(USHORT *port)
{
    SOCKADDR_INET any;
    dgram socket = dgram_open(&client, AF_INET, NULL, NULL);
    ULONG on = 1;
    struct call call;

    memset(&any, 0, sizeof(any));
    any.si_family = AF_INET;
    any.Ipv4.sin_port = RtlUshortByteSwap(*port);
    assert_int_equal(set(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), STATUS_SUCCESS);
    call_init(&call);
    assert_int_equal(CALL(&call, socket.d->WskBind(socket.socket, (PSOCKADDR)&any, 0, IRP(&call))),
                     STATUS_SUCCESS);
    assert_int_equal(CALL(&call, socket.d->WskGetLocalAddress(socket.socket, (PSOCKADDR)&any,
                                                              IRP(&call))),
                     STATUS_SUCCESS);
    call_free(&call);
    *port = port_of(&any);
    return socket;
}

static void DGRAM_MC_01_join_and_leave(void **state)
{
    IP_MREQ by_address = mreq("\x7f\0\0\1"), by_index = mreq("\0\0\0\1"), none = by_address;
    USHORT port = 0;
    dgram socket = bound_to_any(&port);

    (void)state;
    memcpy(&none.imr_multiaddr, "\xc0\0\2\1", 4);
    assert_int_equal(set(socket, IPPROTO_IP, IP_DROP_MEMBERSHIP, &by_address, 8), STATUS_NOT_FOUND);
    assert_int_equal(set(socket, IPPROTO_IP, IP_ADD_MEMBERSHIP, &by_address, 8), STATUS_SUCCESS);
    assert_int_equal(set(socket, IPPROTO_IP, IP_ADD_MEMBERSHIP, &by_index, 8),
                     STATUS_ADDRESS_ALREADY_EXISTS); /* DGRAM-MC-04 */
    assert_int_equal(set(socket, IPPROTO_IP, IP_DROP_MEMBERSHIP, &by_index, 8), STATUS_SUCCESS);
    assert_int_equal(set(socket, IPPROTO_IP, IP_ADD_MEMBERSHIP, &by_address, 7),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(set(socket, IPPROTO_IP, IP_ADD_MEMBERSHIP, NULL, 8), STATUS_INVALID_PARAMETER);
    assert_int_equal(set(socket, IPPROTO_IP, IP_ADD_MEMBERSHIP, &none, 8), STATUS_INVALID_PARAMETER);
    dgram_close(socket);
}

static void DGRAM_MC_03_group_request(void **state)
{
    GROUP_REQ request;
    SOCKADDR_IN group = { .sin_family = AF_INET };
    USHORT port = 0;
    dgram socket = bound_to_any(&port);

    (void)state;
    memset(&request, 0, sizeof(request));
    memcpy(&group.sin_addr, group4, 4);
    memcpy(&request.gr_group, &group, sizeof(group));
    request.gr_interface = LOOPBACK_INDEX;
    assert_int_equal(set(socket, IPPROTO_IP, MCAST_JOIN_GROUP, &request, sizeof(request)),
                     STATUS_SUCCESS);
    assert_int_equal(set(socket, IPPROTO_IP, MCAST_LEAVE_GROUP, &request, sizeof(request)),
                     STATUS_SUCCESS);
    request.gr_group.ss_family = AF_INET6;
    assert_int_equal(set(socket, IPPROTO_IP, MCAST_JOIN_GROUP, &request, sizeof(request)),
                     STATUS_INVALID_ADDRESS_COMPONENT);
    dgram_close(socket);
}

struct arrival {
    char text[8];
    ULONG flags;
    _Alignas(8) UCHAR control[WSA_CMSG_SPACE(sizeof(IN_PKTINFO))];
    ULONG control_length;
};

static void receive(dgram socket, struct arrival *arrival)
{
    WSK_BUF buffer = buffer_over(arrival->text, sizeof(arrival->text));
    struct call call;

    arrival->control_length = sizeof(arrival->control);
    call_init(&call);
    assert_int_equal(CALL(&call, socket.d->WskReceiveFrom(socket.socket, &buffer, 0, NULL,
                                                          &arrival->control_length,
                                                          (PCMSGHDR)(PVOID)arrival->control,
                                                          &arrival->flags, IRP(&call))),
                     STATUS_SUCCESS);
    call_free(&call);
    buffer_free(&buffer);
}

/*
 * A member on the sending host hears it (MC-08) and sees the group (MC-09); who has not joined does
 * not (MC-05).
 */
static void DGRAM_MC_05_only_members_hear(void **state)
{
    const IP_MREQ membership = mreq("\0\0\0\1");
    const ULONG interface = RtlUlongByteSwap(LOOPBACK_INDEX), on = 1;
    SOCKADDR_INET to = loopback(AF_INET, 0);
    USHORT port = 0, other_port = 0;
    dgram member = bound_to_any(&port);
    dgram stranger = bound_to_any(&port);
    dgram sender = bound_to_any(&other_port);
    struct arrival arrival;

    (void)state;
    assert_int_equal(set(member, IPPROTO_IP, IP_ADD_MEMBERSHIP, &membership, 8), STATUS_SUCCESS);
    assert_int_equal(set(member, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)), STATUS_SUCCESS);
    assert_int_equal(set(sender, IPPROTO_IP, IP_MULTICAST_IF, &interface, sizeof(interface)),
                     STATUS_SUCCESS);
    to.Ipv4.sin_port = RtlUshortByteSwap(port);
    memcpy(&to.Ipv4.sin_addr, group4, 4);
    assert_int_equal(dgram_send(sender, "group", 5, &to), STATUS_SUCCESS);
    receive(member, &arrival);
    assert_memory_equal(arrival.text, "group", 5);
    assert_int_equal(arrival.flags, MSG_MCAST);
    assert_memory_equal(arrival.control + sizeof(CMSGHDR), group4, 4);
    dgram_close(member);

    /* The stranger's next datagram is one of its own: the group's never came. */
    memcpy(&to.Ipv4.sin_addr, "\x7f\0\0\1", 4);
    assert_int_equal(dgram_send(sender, "own", 3, &to), STATUS_SUCCESS);
    receive(stranger, &arrival);
    assert_memory_equal(arrival.text, "own", 3);
    assert_int_equal(arrival.flags, 0);
    dgram_close(stranger);
    dgram_close(sender);
}

static NTSTATUS block(dgram member, ULONG option, const char *source)
{
    IP_MREQ_SOURCE request;

    memset(&request, 0, sizeof(request));
    memcpy(&request.imr_multiaddr, group4, 4);
    memcpy(&request.imr_sourceaddr, source, 4);
    memcpy(&request.imr_interface, "\0\0\0\1", 4);
    return set(member, IPPROTO_IP, option, &request, sizeof(request));
}

/* A blocked source is not heard until it is unblocked; the others are all the time. */
static void DGRAM_MC_03_blocked_sources(void **state)
{
    const IP_MREQ membership = mreq("\0\0\0\1");
    const ULONG interface = RtlUlongByteSwap(LOOPBACK_INDEX);
    SOCKADDR_INET to = loopback(AF_INET, 0), from;
    USHORT port = 0;
    dgram member = bound_to_any(&port);
    dgram sender = dgram_bound(&client, AF_INET, NULL, NULL, &from);
    struct arrival arrival;

    (void)state;
    to.Ipv4.sin_port = RtlUshortByteSwap(port);
    memcpy(&to.Ipv4.sin_addr, group4, 4);
    assert_int_equal(set(sender, IPPROTO_IP, IP_MULTICAST_IF, &interface, sizeof(interface)),
                     STATUS_SUCCESS);
    assert_int_equal(set(member, IPPROTO_IP, IP_ADD_MEMBERSHIP, &membership, 8), STATUS_SUCCESS);
    assert_int_equal(block(member, IP_UNBLOCK_SOURCE, "\x7f\0\0\1"), STATUS_NOT_FOUND);
    assert_int_equal(block(member, IP_BLOCK_SOURCE, "\x7f\0\0\1"), STATUS_SUCCESS);
    assert_int_equal(dgram_send(sender, "blocked", 7, &to), STATUS_SUCCESS);
    assert_int_equal(block(member, IP_UNBLOCK_SOURCE, "\x7f\0\0\1"), STATUS_SUCCESS);
    assert_int_equal(dgram_send(sender, "heard", 5, &to), STATUS_SUCCESS);
    receive(member, &arrival);
    assert_memory_equal(arrival.text, "heard", 5);
    dgram_close(member);
    dgram_close(sender);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(DGRAM_MC_01_join_and_leave),
        cmocka_unit_test(DGRAM_MC_03_group_request),
        cmocka_unit_test(DGRAM_MC_03_blocked_sources),
        cmocka_unit_test(DGRAM_MC_05_only_members_hear),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
