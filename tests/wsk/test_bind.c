/* SPDX-License-Identifier: MIT */
/* test_bind.c - WskBind and WskGetLocalAddress. */
#include "client.h"
#include "peer.h"

#include "base.h"
#include "crew.h"
#include "nt.h"
#include "port_script.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct client client;
static const ADDRESS_FAMILY families[] = { AF_INET, AF_INET6 };

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

static SOCKADDR_INET wildcard(ADDRESS_FAMILY family, USHORT port)
{
    SOCKADDR_INET address;

    memset(&address, 0, sizeof(address));
    address.si_family = family;
    address.Ipv4.sin_port = RtlUshortByteSwap(port);
    return address;
}

static SOCKADDR_INET ipv4(const char ip[4], USHORT port)
{
    SOCKADDR_INET address = wildcard(AF_INET, port);

    memcpy(&address.Ipv4.sin_addr, ip, 4);
    return address;
}

static SOCKADDR_INET ipv6(const char ip[16], USHORT port)
{
    SOCKADDR_INET address = wildcard(AF_INET6, port);

    memcpy(&address.Ipv6.sin6_addr, ip, 16);
    return address;
}

static NTSTATUS bind_to(dgram socket, const SOCKADDR_INET *address)
{
    struct call call;
    NTSTATUS status;

    call_init(&call);
    status = CALL(&call, socket.d->WskBind(socket.socket, (PSOCKADDR)(uintptr_t)address, 0,
                                           IRP(&call)));
    assert_int_equal(call.information, 0);
    call_free(&call);
    return status;
}

static NTSTATUS local_of(dgram socket, SOCKADDR_INET *address)
{
    struct call call;
    NTSTATUS status;

    call_init(&call);
    status = CALL(&call, socket.d->WskGetLocalAddress(socket.socket, (PSOCKADDR)address,
                                                      IRP(&call)));
    assert_int_equal(call.information, 0);
    call_free(&call);
    return status;
}

static dgram opened(ADDRESS_FAMILY family)
{
    return dgram_open(&client, family, NULL, NULL);
}

static USHORT bound_port(dgram socket)
{
    SOCKADDR_INET local;

    assert_int_equal(local_of(socket, &local), STATUS_SUCCESS);
    return port_of(&local);
}

/* Sends one datagram from the one to the address of the other, which has to get it. */
static void expect_delivery(dgram from, const SOCKADDR_INET *to, dgram receiver)
{
    char text[8];
    size_t size = sizeof(text);

    assert_int_equal(dgram_send(from, "there", 5, to), STATUS_SUCCESS);
    assert_int_equal(dgram_receive(receiver, text, &size, NULL), STATUS_SUCCESS);
    assert_int_equal(size, 5);
    assert_memory_equal(text, "there", 5);
}

/* --- Good ------------------------------------------------------------------------------------ */

static void BIND_01_pending_then_success(void **state)
{
    (void)state;
    for (int f = 0; f < 2; f++) {
        SOCKADDR_INET address = loopback(families[f], 0);
        dgram socket = opened(families[f]);
        struct call call;
        NTSTATUS status;

        call_init(&call);
        status = socket.d->WskBind(socket.socket, (PSOCKADDR)&address, 0, IRP(&call));
        assert_int_equal(status, STATUS_PENDING);
        assert_int_equal(call_wait(&call, status), STATUS_SUCCESS);
        assert_int_equal(call.information, 0);
        call_free(&call);
        dgram_close(socket);
    }
}

/* The block ends with the address, and after the call it holds something else. */
static void BIND_02_the_address_is_copied(void **state)
{
    (void)state;
    for (int f = 0; f < 2; f++) {
        size_t size = families[f] == AF_INET ? 16 : 28;
        SOCKADDR_INET address = loopback(families[f], 0);
        SOCKADDR_INET local;
        PSOCKADDR exact = malloc(size);
        dgram socket = opened(families[f]);
        struct call call;
        NTSTATUS status;

        memcpy(exact, &address, size);
        call_init(&call);
        status = socket.d->WskBind(socket.socket, exact, 0, IRP(&call));
        memset(exact, 0xcc, size);
        free(exact);
        assert_int_equal(call_wait(&call, status), STATUS_SUCCESS);
        call_free(&call);
        assert_int_equal(local_of(socket, &local), STATUS_SUCCESS);
        local.Ipv4.sin_port = 0;
        assert_memory_equal(&local, &address, size);
        dgram_close(socket);
    }
}

static void BIND_03_wildcard_and_any_port(void **state)
{
    (void)state;
    for (int f = 0; f < 2; f++) {
        SOCKADDR_INET any = wildcard(families[f], 0);
        dgram first = opened(families[f]);
        dgram second = opened(families[f]);

        assert_int_equal(bind_to(first, &any), STATUS_SUCCESS);
        assert_int_equal(bind_to(second, &any), STATUS_SUCCESS);
        assert_int_not_equal(bound_port(first), 0);
        assert_int_not_equal(bound_port(second), 0);
        assert_int_not_equal(bound_port(first), bound_port(second));
        dgram_close(first);
        dgram_close(second);
    }
}

static void BIND_03_a_given_port(void **state)
{
    SOCKADDR_INET address;
    dgram socket = dgram_bound(&client, AF_INET, NULL, NULL, &address);

    (void)state;
    dgram_close(socket); /* its port is free again */
    socket = opened(AF_INET);
    assert_int_equal(bind_to(socket, &address), STATUS_SUCCESS);
    assert_int_equal(bound_port(socket), port_of(&address));
    dgram_close(socket);
}

static void BIND_04_wildcard_receives_on_all_addresses(void **state)
{
    SOCKADDR_INET any = wildcard(AF_INET, 0);
    SOCKADDR_INET first, second, local;
    dgram receiver = opened(AF_INET);
    dgram narrow;
    dgram sender = dgram_bound(&client, AF_INET, NULL, NULL, NULL);
    char byte;
    size_t size = 1;

    (void)state;
    assert_int_equal(bind_to(receiver, &any), STATUS_SUCCESS);
    first = loopback(AF_INET, bound_port(receiver));
    second = ipv4("\x7f\0\0\2", bound_port(receiver));
    expect_delivery(sender, &first, receiver);
    expect_delivery(sender, &second, receiver);

    /* One that is bound to an address gets nothing for another: only the marker arrives. */
    narrow = dgram_bound(&client, AF_INET, NULL, NULL, &local);
    second = ipv4("\x7f\0\0\2", port_of(&local));
    assert_int_equal(dgram_send(sender, "n", 1, &second), STATUS_SUCCESS);
    assert_int_equal(dgram_send(sender, "m", 1, &local), STATUS_SUCCESS);
    assert_int_equal(dgram_receive(narrow, &byte, &size, NULL), STATUS_SUCCESS);
    assert_int_equal(byte, 'm');
    dgram_close(narrow);
    dgram_close(receiver);
    dgram_close(sender);
}

/* Each datagram has the source address that routing picks. */
static void BIND_04_wildcard_sends_from_where_routing_says(void **state)
{
    (void)state;
    for (int f = 0; f < 2; f++) {
        SOCKADDR_INET any = wildcard(families[f], 0);
        SOCKADDR_INET to, from, expected;
        dgram sender = opened(families[f]);
        dgram receiver = dgram_bound(&client, families[f], NULL, NULL, &to);
        char byte;
        size_t size = 1;

        assert_int_equal(bind_to(sender, &any), STATUS_SUCCESS);
        assert_int_equal(dgram_send(sender, "w", 1, &to), STATUS_SUCCESS);
        assert_int_equal(dgram_receive(receiver, &byte, &size, &from), STATUS_SUCCESS);
        expected = loopback(families[f], bound_port(sender));
        assert_memory_equal(&from, &expected, f ? 28 : 16);
        dgram_close(sender);
        dgram_close(receiver);
    }
}

static void BIND_05_multicast_address(void **state)
{
    static const char group6[16] = "\xff\x0e\0\0\0\0\0\0\0\0\0\0\0\0\x12\x34";
    SOCKADDR_INET address = ipv4("\xef\1\2\3", 0);
    SOCKADDR_INET local;
    dgram socket = opened(AF_INET);

    (void)state;
    assert_int_equal(bind_to(socket, &address), STATUS_SUCCESS);
    assert_int_equal(local_of(socket, &local), STATUS_SUCCESS);
    assert_memory_equal(&local.Ipv4.sin_addr, "\xef\1\2\3", 4);
    dgram_close(socket);
    address = ipv6(group6, 0);
    socket = opened(AF_INET6);
    assert_int_equal(bind_to(socket, &address), STATUS_SUCCESS);
    assert_int_equal(local_of(socket, &local), STATUS_SUCCESS);
    assert_memory_equal(&local.Ipv6.sin6_addr, group6, 16);
    dgram_close(socket);
}

static void test_bind_at_dispatch_level(void **state)
{
    SOCKADDR_INET address = loopback(AF_INET6, 0);
    dgram socket = opened(AF_INET6);
    struct call call;
    NTSTATUS bound, told;
    KIRQL irql;

    (void)state;
    call_init(&call);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    bound = socket.d->WskBind(socket.socket, (PSOCKADDR)&address, 0, IRP(&call));
    KeLowerIrql(irql);
    assert_int_equal(call_wait(&call, bound), STATUS_SUCCESS);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    told = socket.d->WskGetLocalAddress(socket.socket, (PSOCKADDR)&address, IRP(&call));
    KeLowerIrql(irql);
    assert_int_equal(call_wait(&call, told), STATUS_SUCCESS);
    assert_int_not_equal(port_of(&address), 0);
    call_free(&call);
    dgram_close(socket);
}

/* --- Refused --------------------------------------------------------------------------------- */

static void BIND_06_other_family(void **state)
{
    (void)state;
    for (int f = 0; f < 2; f++) {
        SOCKADDR_INET other = loopback(families[1 - f], 0);
        SOCKADDR_INET none = wildcard(AF_UNSPEC, 0);
        SOCKADDR_INET good = loopback(families[f], 0);
        dgram socket = opened(families[f]);

        assert_int_equal(bind_to(socket, &other), STATUS_INVALID_ADDRESS_COMPONENT);
        assert_int_equal(bind_to(socket, &none), STATUS_INVALID_ADDRESS_COMPONENT);
        assert_int_equal(bind_to(socket, &good), STATUS_SUCCESS);
        dgram_close(socket);
    }
}

/* Addresses that are reserved for documentation. */
static void BIND_07_address_that_is_not_local(void **state)
{
    static const char elsewhere[16] = "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1";
    SOCKADDR_INET address = ipv4("\xcb\0\x71\1", 0);
    dgram socket = opened(AF_INET);

    (void)state;
    assert_int_equal(bind_to(socket, &address), STATUS_INVALID_ADDRESS_COMPONENT);
    dgram_close(socket);
    address = ipv6(elsewhere, 0);
    socket = opened(AF_INET6);
    assert_int_equal(bind_to(socket, &address), STATUS_INVALID_ADDRESS_COMPONENT);
    dgram_close(socket);
}

static void BIND_08_address_in_use(void **state)
{
    (void)state;
    for (int f = 0; f < 2; f++) {
        SOCKADDR_INET taken;
        dgram first = dgram_bound(&client, families[f], NULL, NULL, &taken);
        dgram second = opened(families[f]);

        assert_int_equal(bind_to(second, &taken), STATUS_ADDRESS_ALREADY_EXISTS);
        dgram_close(first);
        assert_int_equal(bind_to(second, &taken), STATUS_SUCCESS);
        dgram_close(second);
    }
}

static void BIND_08_in_use_by_another_program(void **state)
{
    (void)state;
    for (int f = 0; f < 2; f++) {
        SOCKADDR_INET taken;
        struct peer peer;
        dgram socket = opened(families[f]);

        peer_open(&peer, families[f] == AF_INET6);
        taken = loopback(families[f], peer.port);
        assert_int_equal(bind_to(socket, &taken), STATUS_ADDRESS_ALREADY_EXISTS);
        peer_close(&peer);
        dgram_close(socket);
    }
}

static void BIND_09_failed_bind_leaves_socket_usable(void **state)
{
    SOCKADDR_INET taken, local;
    SOCKADDR_INET free_one = loopback(AF_INET, 0);
    dgram first = dgram_bound(&client, AF_INET, NULL, NULL, &taken);
    dgram second = opened(AF_INET);

    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(bind_to(second, &taken), STATUS_ADDRESS_ALREADY_EXISTS);
        /* Still unbound. */
        assert_int_equal(local_of(second, &local), STATUS_INVALID_DEVICE_STATE);
    }
    assert_int_equal(bind_to(second, &free_one), STATUS_SUCCESS);
    assert_int_equal(local_of(second, &local), STATUS_SUCCESS);
    expect_delivery(first, &local, second);
    expect_delivery(second, &taken, first);
    dgram_close(first);
    dgram_close(second);
}

static void BIND_10_second_bind(void **state)
{
    SOCKADDR_INET local, after;
    SOCKADDR_INET another = loopback(AF_INET, 0);
    dgram socket = dgram_bound(&client, AF_INET, NULL, NULL, &local);

    (void)state;
    assert_int_equal(bind_to(socket, &another), STATUS_INVALID_DEVICE_STATE);
    assert_int_equal(bind_to(socket, &local), STATUS_INVALID_DEVICE_STATE);
    assert_int_equal(local_of(socket, &after), STATUS_SUCCESS);
    assert_memory_equal(&after, &local, 16);
    expect_delivery(socket, &local, socket);
    dgram_close(socket);
}

struct race {
    dgram socket;
    NTSTATUS status[4];
};

static void bind_member(void *context, unsigned index)
{
    struct race *race = context;
    SOCKADDR_INET address = loopback(AF_INET, 0);

    race->status[index] = bind_to(race->socket, &address);
}

static void BIND_10_binds_at_once(void **state)
{
    (void)state;
    for (int round = 0; round < 50; round++) {
        struct race race = { .socket = opened(AF_INET) };
        int good = 0;

        crew_run(4, bind_member, &race);
        for (int i = 0; i < 4; i++) {
            good += race.status[i] == STATUS_SUCCESS;
            assert_true(race.status[i] == STATUS_SUCCESS ||
                        race.status[i] == STATUS_INVALID_DEVICE_STATE);
        }
        assert_int_equal(good, 1);
        dgram_close(race.socket);
    }
}

static NTSTATUS set_address(dgram socket, ULONG code, const SOCKADDR_INET *address)
{
    struct call call;
    NTSTATUS status;

    call_init(&call);
    status = CALL(&call, socket.d->WskControlSocket(socket.socket, WskIoctl, code, 0,
                                                    sizeof(*address), (PVOID)(uintptr_t)address, 0,
                                                    NULL, NULL, IRP(&call)));
    call_free(&call);
    return status;
}

static void BIND_12_what_needs_a_bound_socket(void **state)
{
    SOCKADDR_INET to = loopback(AF_INET, 9);
    SOCKADDR_INET wrong_family = loopback(AF_INET6, 9);
    dgram socket = opened(AF_INET);
    char byte = 0;
    size_t size = 1;

    (void)state;
    assert_int_equal(dgram_send(socket, "x", 1, &to), STATUS_INVALID_DEVICE_STATE);
    assert_int_equal(dgram_receive(socket, &byte, &size, NULL), STATUS_INVALID_DEVICE_STATE);
    assert_int_equal(dgram_event(socket, WSK_EVENT_RECEIVE_FROM), STATUS_INVALID_DEVICE_STATE);
    assert_int_equal(set_address(socket, SIO_WSK_SET_REMOTE_ADDRESS, &to),
                     STATUS_INVALID_DEVICE_STATE);
    assert_int_equal(set_address(socket, SIO_WSK_SET_SENDTO_ADDRESS, &to),
                     STATUS_INVALID_DEVICE_STATE);
    /* A failed bind does not count. */
    assert_int_equal(bind_to(socket, &wrong_family), STATUS_INVALID_ADDRESS_COMPONENT);
    assert_int_equal(dgram_send(socket, "x", 1, &to), STATUS_INVALID_DEVICE_STATE);
    dgram_close(socket);
}

static void BIND_17_reserved_flags_and_no_address(void **state)
{
    static const ULONG flags[] = { 1, 2, 0x80000000, 0xffffffff };
    SOCKADDR_INET address = loopback(AF_INET, 0);
    dgram socket = opened(AF_INET);
    struct call call;

    (void)state;
    call_init(&call);
    for (size_t i = 0; i < RTL_NUMBER_OF(flags); i++)
        assert_int_equal(CALL(&call, socket.d->WskBind(socket.socket, (PSOCKADDR)&address, flags[i],
                                                       IRP(&call))),
                         STATUS_INVALID_PARAMETER);
    assert_int_equal(CALL(&call, socket.d->WskBind(socket.socket, NULL, 0, IRP(&call))),
                     STATUS_INVALID_PARAMETER);
    call_free(&call);
    assert_int_equal(bind_to(socket, &address), STATUS_SUCCESS);
    dgram_close(socket);
}

/* --- The local address ----------------------------------------------------------------------- */

static void expect_local(ADDRESS_FAMILY family, const SOCKADDR_INET *bind_address)
{
    size_t size = family == AF_INET ? 16 : 28;
    SOCKADDR_INET expected = *bind_address;
    unsigned char bytes[64];
    dgram socket = opened(family);
    struct call call;

    assert_int_equal(bind_to(socket, bind_address), STATUS_SUCCESS);
    memset(bytes, 0xcc, sizeof(bytes));
    call_init(&call);
    assert_int_equal(CALL(&call, socket.d->WskGetLocalAddress(
                                     socket.socket, (PSOCKADDR)(PVOID)bytes, IRP(&call))),
                     STATUS_SUCCESS);
    call_free(&call);
    memcpy(&expected.Ipv4.sin_port, bytes + 2, 2); /* any but 0 */
    assert_int_not_equal(expected.Ipv4.sin_port, 0);
    assert_memory_equal(bytes, &expected, size);
    for (size_t i = size; i < sizeof(bytes); i++)
        assert_int_equal(bytes[i], 0xcc);
    dgram_close(socket);
}

static void BIND_13_local_address(void **state)
{
    (void)state;
    for (int f = 0; f < 2; f++) {
        SOCKADDR_INET address = wildcard(families[f], 0);

        expect_local(families[f], &address);
        address = loopback(families[f], 0);
        expect_local(families[f], &address);
    }
}

static void BIND_13_no_place(void **state)
{
    dgram socket = dgram_bound(&client, AF_INET, NULL, NULL, NULL);
    struct call call;

    (void)state;
    call_init(&call);
    assert_int_equal(CALL(&call, socket.d->WskGetLocalAddress(socket.socket, NULL, IRP(&call))),
                     STATUS_INVALID_PARAMETER);
    call_free(&call);
    dgram_close(socket);
}

static void BIND_14_unbound(void **state)
{
    (void)state;
    for (int f = 0; f < 2; f++) {
        dgram socket = opened(families[f]);
        SOCKADDR_INET address, before;
        struct call call;
        NTSTATUS status;

        memset(&address, 0xcc, sizeof(address));
        before = address;
        call_init(&call);
        status = socket.d->WskGetLocalAddress(socket.socket, (PSOCKADDR)&address, IRP(&call));
        assert_int_equal(status, STATUS_INVALID_DEVICE_STATE);
        assert_int_equal(call_wait(&call, status), STATUS_INVALID_DEVICE_STATE);
        assert_memory_equal(&address, &before, sizeof(address));
        call_free(&call);
        dgram_close(socket);
    }
}

static void BIND_15_one_buffer_for_both(void **state)
{
    SOCKADDR_INET address = wildcard(AF_INET, 0);
    dgram socket = opened(AF_INET);
    struct call call;

    (void)state;
    call_init(&call);
    assert_int_equal(CALL(&call, socket.d->WskBind(socket.socket, (PSOCKADDR)&address, 0,
                                                   IRP(&call))),
                     STATUS_SUCCESS);
    assert_int_equal(CALL(&call, socket.d->WskGetLocalAddress(socket.socket, (PSOCKADDR)&address,
                                                              IRP(&call))),
                     STATUS_SUCCESS);
    assert_int_equal(address.si_family, AF_INET);
    assert_int_not_equal(port_of(&address), 0);
    call_free(&call);
    dgram_close(socket);
}

/* --- IPv6 and IPv4 --------------------------------------------------------------------------- */

static void set_v6only(dgram socket, ULONG value)
{
    assert_int_equal(socket.d->WskControlSocket(socket.socket, WskSetOption, IPV6_V6ONLY,
                                                IPPROTO_IPV6, sizeof(value), &value, 0, NULL, NULL,
                                                NULL),
                     STATUS_SUCCESS);
}

/* Another program may hold the port in the second family alone. */
#define PORTS_TRIED 20

static void BIND_16_two_families_share_a_port(void **state)
{
    (void)state;
    for (int f = 0; f < 2; f++) {
        NTSTATUS status = STATUS_ADDRESS_ALREADY_EXISTS;

        for (int i = 0; i < PORTS_TRIED && status == STATUS_ADDRESS_ALREADY_EXISTS; i++) {
            SOCKADDR_INET any = wildcard(families[f], 0);
            dgram first = opened(families[f]);
            dgram second = opened(families[1 - f]);

            assert_int_equal(bind_to(first, &any), STATUS_SUCCESS);
            any = wildcard(families[1 - f], bound_port(first));
            status = bind_to(second, &any);
            dgram_close(first);
            dgram_close(second);
        }
        assert_int_equal(status, STATUS_SUCCESS);
    }
}

static void BIND_16_dual_stack_competes(void **state)
{
    (void)state;
    for (int f = 0; f < 2; f++) {
        SOCKADDR_INET any = wildcard(families[f], 0);
        dgram first = opened(families[f]);
        dgram second = opened(families[1 - f]);

        set_v6only(families[f] == AF_INET6 ? first : second, 0);
        assert_int_equal(bind_to(first, &any), STATUS_SUCCESS);
        any = wildcard(families[1 - f], bound_port(first));
        dgram_close(first);
        dgram_close(second);
    }
}

static void BIND_16_dual_stack_receives_both(void **state)
{
    static const char mapped[16] = "\0\0\0\0\0\0\0\0\0\0\xff\xff\x7f\0\0\1";
    SOCKADDR_INET any = wildcard(AF_INET6, 0);
    dgram socket = opened(AF_INET6);

    (void)state;
    set_v6only(socket, 0);
    assert_int_equal(bind_to(socket, &any), STATUS_SUCCESS);
    for (int f = 0; f < 2; f++) {
        SOCKADDR_INET from, expected;
        struct peer peer;
        char byte;
        size_t size = 1;

        peer_open(&peer, f == 1);
        peer_send(&peer, "b", 1, bound_port(socket));
        assert_int_equal(dgram_receive(socket, &byte, &size, &from), STATUS_SUCCESS);
        expected = f ? loopback(AF_INET6, peer.port) : ipv6(mapped, peer.port);
        assert_memory_equal(&from, &expected, 28);
        peer_close(&peer);
    }
    dgram_close(socket);
}

/* --- What only the kernel can do ------------------------------------------------------------- */

static void test_the_kernel_refuses(void **state)
{
    static const struct {
        int error;
        NTSTATUS status;
    } rows[] = {
        { EACCES, STATUS_ACCESS_DENIED },
        { EADDRINUSE, STATUS_ADDRESS_ALREADY_EXISTS },
        { EADDRNOTAVAIL, STATUS_INVALID_ADDRESS_COMPONENT },
        { ENODEV, STATUS_INVALID_ADDRESS_COMPONENT }, /* a scope without interface */
        { EINVAL, STATUS_INVALID_PARAMETER },
        { ENOMEM, STATUS_INSUFFICIENT_RESOURCES },
    };
    struct script *script = script_create();
    SOCKADDR_INET address = loopback(AF_INET, 0);
    dgram socket;

    (void)state;
    client_start(&client, script_port(script));
    socket = opened(AF_INET);
    for (size_t i = 0; i < RTL_NUMBER_OF(rows); i++) {
        script_fail(script, SCRIPT_BIND, 1, 1, rows[i].error);
        assert_int_equal(bind_to(socket, &address), rows[i].status);
    }
    assert_int_equal(bind_to(socket, &address), STATUS_SUCCESS);
    script_fail(script, SCRIPT_LOCAL_ADDRESS, 1, 1, ENOBUFS);
    assert_int_equal(local_of(socket, &address), STATUS_INSUFFICIENT_RESOURCES);
    assert_int_equal(local_of(socket, &address), STATUS_SUCCESS);
    dgram_close(socket);
    client_stop(&client);
    script_destroy(script);
}

static void expect_dead(dgram socket)
{
    SOCKADDR_INET address = loopback(AF_INET, 9);
    ULONG value = 1;
    char byte;
    size_t size = 1;
    struct call call;

    assert_int_equal(bind_to(socket, &address), STATUS_FILE_FORCED_CLOSED);
    assert_int_equal(local_of(socket, &address), STATUS_FILE_FORCED_CLOSED);
    address = loopback(AF_INET, 9);
    assert_int_equal(dgram_send(socket, "x", 1, &address), STATUS_FILE_FORCED_CLOSED);
    assert_int_equal(dgram_receive(socket, &byte, &size, NULL), STATUS_FILE_FORCED_CLOSED);
    assert_int_equal(dgram_event(socket, WSK_EVENT_RECEIVE_FROM), STATUS_FILE_FORCED_CLOSED);
    assert_int_equal(set_address(socket, SIO_WSK_SET_REMOTE_ADDRESS, &address),
                     STATUS_FILE_FORCED_CLOSED);
    call_init(&call);
    assert_int_equal(CALL(&call, socket.d->WskControlSocket(socket.socket, WskSetOption,
                                                            SO_BROADCAST, SOL_SOCKET, sizeof(value),
                                                            &value, 0, NULL, NULL, IRP(&call))),
                     STATUS_FILE_FORCED_CLOSED);
    call_free(&call);
}

/* The kernel fails every receive of the socket, so it ends. */
static void BIND_18_dead_socket(void **state)
{
    struct script *script = script_create();
    struct call receive;
    char byte;
    WSK_BUF buffer = buffer_over(&byte, 1);
    SOCKADDR_INET local;
    NTSTATUS status;
    dgram socket, other;

    (void)state;
    client_start(&client, script_port(script));
    socket = dgram_bound(&client, AF_INET, NULL, NULL, &local);
    script_fail(script, SCRIPT_RECEIVE, 1, 1000, EIO);
    call_init(&receive);
    status = socket.d->WskReceiveFrom(socket.socket, &buffer, 0, NULL, NULL, NULL, NULL,
                                      IRP(&receive));
    assert_int_equal(dgram_send(socket, "x", 1, &local), STATUS_SUCCESS);
    assert_int_equal(call_wait(&receive, status), STATUS_FILE_FORCED_CLOSED);
    expect_dead(socket);
    script_fail(script, SCRIPT_RECEIVE, 1, 0, 0);
    /* Others live on. */
    other = dgram_bound(&client, AF_INET, NULL, NULL, &local);
    expect_delivery(other, &local, other);
    dgram_close(other);
    dgram_close(socket);
    call_free(&receive);
    buffer_free(&buffer);
    client_stop(&client);
    script_destroy(script);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(BIND_01_pending_then_success, setup, teardown),
        cmocka_unit_test_setup_teardown(BIND_02_the_address_is_copied, setup, teardown),
        cmocka_unit_test_setup_teardown(BIND_03_wildcard_and_any_port, setup, teardown),
        cmocka_unit_test_setup_teardown(BIND_03_a_given_port, setup, teardown),
        cmocka_unit_test_setup_teardown(BIND_04_wildcard_receives_on_all_addresses, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(BIND_04_wildcard_sends_from_where_routing_says, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(BIND_05_multicast_address, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bind_at_dispatch_level, setup, teardown),
        cmocka_unit_test_setup_teardown(BIND_06_other_family, setup, teardown),
        cmocka_unit_test_setup_teardown(BIND_07_address_that_is_not_local, setup, teardown),
        cmocka_unit_test_setup_teardown(BIND_08_address_in_use, setup, teardown),
        cmocka_unit_test_setup_teardown(BIND_08_in_use_by_another_program, setup, teardown),
        cmocka_unit_test_setup_teardown(BIND_09_failed_bind_leaves_socket_usable, setup, teardown),
        cmocka_unit_test_setup_teardown(BIND_10_second_bind, setup, teardown),
        cmocka_unit_test_setup_teardown(BIND_10_binds_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(BIND_12_what_needs_a_bound_socket, setup, teardown),
        cmocka_unit_test_setup_teardown(BIND_13_local_address, setup, teardown),
        cmocka_unit_test_setup_teardown(BIND_13_no_place, setup, teardown),
        cmocka_unit_test_setup_teardown(BIND_14_unbound, setup, teardown),
        cmocka_unit_test_setup_teardown(BIND_15_one_buffer_for_both, setup, teardown),
        cmocka_unit_test_setup_teardown(BIND_16_two_families_share_a_port, setup, teardown),
        cmocka_unit_test_setup_teardown(BIND_16_dual_stack_competes, setup, teardown),
        cmocka_unit_test_setup_teardown(BIND_16_dual_stack_receives_both, setup, teardown),
        cmocka_unit_test_setup_teardown(BIND_17_reserved_flags_and_no_address, setup, teardown),
        cmocka_unit_test(test_the_kernel_refuses),
        cmocka_unit_test(BIND_18_dead_socket),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
