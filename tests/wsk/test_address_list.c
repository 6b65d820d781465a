/* SPDX-License-Identifier: MIT */
/* The ioctls that rest on the host's addresses and routes (CTL-11, CTL-12), on a host in memory. */
#include "bug.h"
#include "client.h"
#include "route_script.h"

#include "address_list.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct client client;
static const uint8_t own_host[] = { 127, 0, 0, 1 }, first[] = { 192, 0, 2, 1 }, second[] = { 192, 0, 2, 2 };
static const uint8_t six[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 };

static void set_address(uint32_t index, enum net_family family, const uint8_t *ip, uint32_t flags)
{
    struct net_record record = route_script_address(index, family, ip, 24);

    record.local.flags = flags;
    route_script_set(&record);
}

static int setup(void **state)
{
    struct net_record lo = route_script_link(1, "lo", NET_LINK_LOOPBACK);
    struct net_record eth = route_script_link(2, "eth0", NET_LINK_ETHERNET);

    (void)state;
    route_script_begin();
    route_script_set(&lo);
    route_script_set(&eth);
    set_address(1, NET_IPV4, own_host, 0);
    set_address(2, NET_IPV4, first, 0);
    client_start(&client, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    client_stop(&client);
    route_script_end();
    return 0;
}

static dgram open_ipv4(void)
{
    return dgram_open(&client, AF_INET, NULL, NULL);
}

static NTSTATUS ask(dgram socket, ULONG code, const void *input, SIZE_T input_size, void *output,
                    SIZE_T output_size, SIZE_T *returned)
{
    return socket.d->WskControlSocket(socket.socket, WskIoctl, code, 0, input_size,
                                      (PVOID)(uintptr_t)input, output_size, output, returned, NULL);
}

static SOCKADDR_IN ipv4(const uint8_t *ip)
{
    SOCKADDR_IN address = { .sin_family = AF_INET };

    memcpy(&address.sin_addr, ip, 4);
    return address;
}

/* --- SIO_ADDRESS_LIST_QUERY ------------------------------------------------------------------ */

union address_list {
    SOCKET_ADDRESS_LIST list;
    UCHAR bytes[512];
};

static void test_query(void **state)
{
    dgram socket = open_ipv4();
    union address_list list;
    SIZE_T returned = 0;
    const SOCKADDR_IN *address;

    (void)state;
    set_address(2, NET_IPV4, second, NET_ADDRESS_TENTATIVE);
    set_address(2, NET_IPV6, six, 0);
    assert_int_equal(ask(socket, SIO_ADDRESS_LIST_QUERY, NULL, 0, &list, sizeof(list), &returned),
                     STATUS_SUCCESS);
    assert_int_equal(list.list.iAddressCount, 1);
    assert_int_equal(returned, SIZEOF_SOCKET_ADDRESS_LIST(1) + sizeof(SOCKADDR_IN));
    assert_int_equal(list.list.Address[0].iSockaddrLength, sizeof(SOCKADDR_IN));
    address = (const SOCKADDR_IN *)(const void *)list.list.Address[0].lpSockaddr;
    assert_in_range((uintptr_t)address, (uintptr_t)list.bytes, (uintptr_t)list.bytes + returned - 16);
    assert_int_equal(address->sin_family, AF_INET);
    assert_int_equal(address->sin_port, 0);
    assert_memory_equal(&address->sin_addr, first, 4);
    dgram_close(socket);
}

static void test_query_of_ipv6(void **state)
{
    dgram socket = dgram_open(&client, AF_INET6, NULL, NULL);
    union address_list list;
    SIZE_T returned;

    (void)state;
    set_address(2, NET_IPV6, six, NET_ADDRESS_DEPRECATED);
    assert_int_equal(ask(socket, SIO_ADDRESS_LIST_QUERY, NULL, 0, &list, sizeof(list), &returned),
                     STATUS_SUCCESS);
    assert_int_equal(list.list.iAddressCount, 1);
    assert_int_equal(list.list.Address[0].iSockaddrLength, sizeof(SOCKADDR_IN6));
    assert_int_equal(list.list.Address[0].lpSockaddr->sa_family, AF_INET6);
    dgram_close(socket);
}

/* One byte short: how much is needed, and nothing written. */
static void test_query_without_room(void **state)
{
    dgram socket = open_ipv4();
    SIZE_T needed = SIZEOF_SOCKET_ADDRESS_LIST(1) + sizeof(SOCKADDR_IN), returned = 0;
    union address_list list;

    (void)state;
    memset(&list, 0x5a, sizeof(list));
    assert_int_equal(ask(socket, SIO_ADDRESS_LIST_QUERY, NULL, 0, &list, needed - 1, &returned),
                     STATUS_BUFFER_OVERFLOW);
    assert_int_equal(returned, needed);
    assert_int_equal(list.bytes[0], 0x5a);
    assert_int_equal(ask(socket, SIO_ADDRESS_LIST_QUERY, NULL, 0, NULL, 0, &returned),
                     STATUS_BUFFER_OVERFLOW);
    assert_int_equal(ask(socket, SIO_ADDRESS_LIST_QUERY, NULL, 0, &list, needed, &returned),
                     STATUS_SUCCESS);
    assert_int_equal(list.bytes[needed], 0x5a);
    dgram_close(socket);
}

static void test_query_that_fails(void **state)
{
    dgram socket = open_ipv4();
    union address_list list;
    SIZE_T returned;

    (void)state;
    route_script_fail(-ENOMEM);
    assert_int_equal(ask(socket, SIO_ADDRESS_LIST_QUERY, NULL, 0, &list, sizeof(list), &returned),
                     STATUS_INSUFFICIENT_RESOURCES);
    route_script_fail(0);
    dgram_close(socket);
}

/* --- SIO_ADDRESS_LIST_CHANGE ----------------------------------------------------------------- */

static NTSTATUS wait_for_change(dgram socket, ULONG code, const void *input, SIZE_T size,
                                struct call *call)
{
    return socket.d->WskControlSocket(socket.socket, WskIoctl, code, 0, size,
                                      (PVOID)(uintptr_t)input, 0, NULL, NULL, IRP(call));
}

static void test_change(void **state)
{
    dgram socket = open_ipv4();
    struct call call;
    NTSTATUS status;

    (void)state;
    call_init(&call);
    status = wait_for_change(socket, SIO_ADDRESS_LIST_CHANGE, NULL, 0, &call);
    assert_int_equal(status, STATUS_PENDING);
    set_address(2, NET_IPV4, second, 0);
    assert_int_equal(call_wait(&call, status), STATUS_SUCCESS);
    assert_int_equal(call.irql, DISPATCH_LEVEL);
    call_free(&call);
    dgram_close(socket);
}

/* What the list does not show is no change: another family, loopback, a trial, a lifetime. */
static void test_change_of_what_is_not_listed(void **state)
{
    static const uint8_t other_loopback[] = { 127, 0, 0, 2 };
    dgram socket = open_ipv4();
    struct call call;
    NTSTATUS status;

    (void)state;
    call_init(&call);
    status = wait_for_change(socket, SIO_ADDRESS_LIST_CHANGE, NULL, 0, &call);
    set_address(2, NET_IPV6, six, 0);
    set_address(1, NET_IPV4, other_loopback, 0);
    set_address(2, NET_IPV4, first, NET_ADDRESS_DEPRECATED);
    set_address(2, NET_IPV4, second, NET_ADDRESS_TENTATIVE);
    assert_false(call_done(&call));
    set_address(2, NET_IPV4, second, 0);
    assert_int_equal(call_wait(&call, status), STATUS_SUCCESS);
    call_free(&call);
    dgram_close(socket);
}

static void test_change_wakes_all(void **state)
{
    dgram sockets[3] = { open_ipv4(), open_ipv4(), open_ipv4() };
    struct call calls[3];
    NTSTATUS status[3];

    (void)state;
    for (int i = 0; i < 3; i++) {
        call_init(&calls[i]);
        status[i] = wait_for_change(sockets[i], SIO_ADDRESS_LIST_CHANGE, NULL, 0, &calls[i]);
    }
    set_address(2, NET_IPV4, second, 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(call_wait(&calls[i], status[i]), STATUS_SUCCESS);
        call_free(&calls[i]);
        dgram_close(sockets[i]);
    }
}

static void test_change_cancelled(void **state)
{
    dgram socket = open_ipv4();
    struct call call;
    NTSTATUS status;

    (void)state;
    call_init(&call);
    status = wait_for_change(socket, SIO_ADDRESS_LIST_CHANGE, NULL, 0, &call);
    assert_true(IoCancelIrp(call.irp));
    assert_int_equal(call_wait(&call, status), STATUS_CANCELLED);
    set_address(2, NET_IPV4, second, 0);
    call_free(&call);
    dgram_close(socket);
}

/* The close completes what waits on this socket, and leaves the other's alone. */
static void test_change_closed(void **state)
{
    dgram socket = open_ipv4(), other = open_ipv4();
    struct call call, stays;
    NTSTATUS status, other_status;

    (void)state;
    call_init(&call);
    call_init(&stays);
    status = wait_for_change(socket, SIO_ADDRESS_LIST_CHANGE, NULL, 0, &call);
    other_status = wait_for_change(other, SIO_ADDRESS_LIST_CHANGE, NULL, 0, &stays);
    dgram_close(socket);
    assert_int_equal(call_wait(&call, status), STATUS_CANCELLED);
    assert_false(call_done(&stays));
    set_address(2, NET_IPV4, second, 0);
    assert_int_equal(call_wait(&stays, other_status), STATUS_SUCCESS);
    call_free(&call);
    call_free(&stays);
    dgram_close(other);
}

static void test_change_needs_an_irp(void **state)
{
    dgram socket = open_ipv4();

    (void)state;
    assert_int_equal(ask(socket, SIO_ADDRESS_LIST_CHANGE, NULL, 0, NULL, 0, NULL),
                     STATUS_REQUEST_NOT_ACCEPTED);
    dgram_close(socket);
}

static void test_change_that_cannot_be_watched(void **state)
{
    dgram socket = open_ipv4();
    struct call call;

    (void)state;
    call_init(&call);
    route_script_fail(-ENOMEM);
    assert_int_equal(call_wait(&call, wait_for_change(socket, SIO_ADDRESS_LIST_CHANGE, NULL, 0, &call)),
                     STATUS_INSUFFICIENT_RESOURCES);
    route_script_fail(0);
    call_free(&call);
    dgram_close(socket);
}

/* --- SIO_ROUTING_INTERFACE_* ----------------------------------------------------------------- */

static void lead(const uint8_t *source)
{
    struct net_record route = route_script_route(2, NET_IPV4, first, 24);
    struct net_record address = route_script_address(2, NET_IPV4, source, 24);

    route_script_found(&route.route, &address.local.address);
}

static void test_routing_query(void **state)
{
    dgram socket = open_ipv4();
    SOCKADDR_IN to = ipv4(second), from = { 0 };
    SIZE_T returned = 0;

    (void)state;
    assert_int_equal(ask(socket, SIO_ROUTING_INTERFACE_QUERY, &to, sizeof(to), &from, sizeof(from),
                         &returned), STATUS_NETWORK_UNREACHABLE);
    lead(first);
    assert_int_equal(ask(socket, SIO_ROUTING_INTERFACE_QUERY, &to, sizeof(to), &from, sizeof(from),
                         &returned), STATUS_SUCCESS);
    assert_int_equal(returned, sizeof(from));
    assert_memory_equal(&from.sin_addr, first, 4);
    assert_memory_equal(route_script_query().destination.ip, second, 4);
    assert_int_equal(ask(socket, SIO_ROUTING_INTERFACE_QUERY, &to, sizeof(to), &from, 15, &returned),
                     STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(ask(socket, SIO_ROUTING_INTERFACE_QUERY, &to, 15, &from, sizeof(from), &returned),
                     STATUS_INVALID_PARAMETER);
    to.sin_family = AF_INET6;
    assert_int_equal(ask(socket, SIO_ROUTING_INTERFACE_QUERY, &to, sizeof(to), &from, sizeof(from),
                         &returned), STATUS_INVALID_ADDRESS_COMPONENT);
    dgram_close(socket);
}

/* Completes when the way changes, not with every route that does. */
static void test_routing_change(void **state)
{
    struct net_record route = route_script_route(2, NET_IPV4, own_host, 24);
    SOCKADDR_IN to = ipv4(second);
    dgram socket = open_ipv4();
    struct call call;
    NTSTATUS status;

    (void)state;
    lead(first);
    call_init(&call);
    status = wait_for_change(socket, SIO_ROUTING_INTERFACE_CHANGE, &to, sizeof(to), &call);
    route_script_set(&route);
    assert_false(call_done(&call));
    lead(second);
    route_script_remove(&route);
    assert_int_equal(call_wait(&call, status), STATUS_SUCCESS);
    call_free(&call);
    dgram_close(socket);
}

static void test_routing_change_without_a_destination(void **state)
{
    dgram socket = open_ipv4();
    struct call call;

    (void)state;
    call_init(&call);
    assert_int_equal(call_wait(&call, wait_for_change(socket, SIO_ROUTING_INTERFACE_CHANGE, NULL, 0,
                                                      &call)), STATUS_INVALID_PARAMETER);
    call_free(&call);
    dgram_close(socket);
}

/* --- SIO_ADDRESS_LIST_SORT ------------------------------------------------------------------- */

static void test_sort(void **state)
{
    dgram socket = dgram_open(&client, AF_INET6, NULL, NULL);
    SOCKADDR_IN6 addresses[2] = { { .sin6_family = AF_INET6 }, { .sin6_family = AF_INET6 } };
    union address_list input, output;
    SIZE_T returned = 0, size = SIZEOF_SOCKET_ADDRESS_LIST(2);
    struct net_record route = route_script_route(2, NET_IPV6, six, 64);
    struct net_record own = route_script_address(2, NET_IPV6, six, 64);
    SOCKET_ADDRESS *in = input.list.Address, *out = output.list.Address;

    (void)state;
    /* A unique local address, then a global one: the global one has the higher precedence. */
    addresses[0].sin6_addr.u.Byte[0] = 0xfd;
    memcpy(&addresses[1].sin6_addr, six, 16);
    addresses[1].sin6_addr.u.Byte[15] = 9;
    route_script_found(&route.route, &own.local.address);
    input.list.iAddressCount = 2;
    for (int i = 0; i < 2; i++)
        in[i] = (SOCKET_ADDRESS){ (LPSOCKADDR)&addresses[i], sizeof(addresses[i]) };
    assert_int_equal(ask(socket, SIO_ADDRESS_LIST_SORT, &input, size, &output, size - 1, &returned),
                     STATUS_BUFFER_OVERFLOW);
    assert_int_equal(returned, size);
    assert_int_equal(ask(socket, SIO_ADDRESS_LIST_SORT, &input, size, &output, size, &returned),
                     STATUS_SUCCESS);
    assert_int_equal(returned, size);
    assert_int_equal(output.list.iAddressCount, 2);
    assert_ptr_equal(out[0].lpSockaddr, &addresses[1]);
    assert_ptr_equal(out[1].lpSockaddr, &addresses[0]);
    /* In place. */
    assert_int_equal(ask(socket, SIO_ADDRESS_LIST_SORT, &input, size, &input, size, &returned),
                     STATUS_SUCCESS);
    assert_ptr_equal(in[0].lpSockaddr, &addresses[1]);
    input.list.iAddressCount = 3;
    assert_int_equal(ask(socket, SIO_ADDRESS_LIST_SORT, &input, size, &output, sizeof(output), &returned),
                     STATUS_INVALID_PARAMETER);
    input.list.iAddressCount = -1;
    assert_int_equal(ask(socket, SIO_ADDRESS_LIST_SORT, &input, size, &output, sizeof(output), &returned),
                     STATUS_INVALID_PARAMETER);
    dgram_close(socket);
}

/* --- Sins ------------------------------------------------------------------------------------ */

static void ask_at_dispatch_level(void)
{
    SIZE_T returned;
    union address_list list;
    dgram socket;
    KIRQL irql;

    route_script_begin();
    client_start(&client, NULL);
    socket = open_ipv4();
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    ask(socket, SIO_ADDRESS_LIST_QUERY, NULL, 0, &list, sizeof(list), &returned);
}

static void test_irql(void **state)
{
    (void)state;
    assert_bug_check(IRQL_NOT_LESS_OR_EQUAL, ask_at_dispatch_level);
}

#define ON_A_HOST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_HOST(test_query),
        ON_A_HOST(test_query_of_ipv6),
        ON_A_HOST(test_query_without_room),
        ON_A_HOST(test_query_that_fails),
        ON_A_HOST(test_change),
        ON_A_HOST(test_change_of_what_is_not_listed),
        ON_A_HOST(test_change_wakes_all),
        ON_A_HOST(test_change_cancelled),
        ON_A_HOST(test_change_closed),
        ON_A_HOST(test_change_needs_an_irp),
        ON_A_HOST(test_change_that_cannot_be_watched),
        ON_A_HOST(test_routing_query),
        ON_A_HOST(test_routing_change),
        ON_A_HOST(test_routing_change_without_a_destination),
        ON_A_HOST(test_sort),
        cmocka_unit_test(test_irql),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
