/* SPDX-License-Identifier: MIT */
/* test_raw.c - SOCK_RAW in the datagram category, over the loopback interface. */
#include "client.h"

#include "base.h"
#include "bug.h"
#include "nt.h"
#include "port_script.h"
#include "right.h"

#include <mswsockdef.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define IPV4_HEADER 20
#define PROTOCOL_TEST 253 /* for experiments (RFC 3692) */

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

/* --- Sockets --------------------------------------------------------------------------------- */

static NTSTATUS create(ADDRESS_FAMILY family, ULONG protocol, ULONG flags, dgram *opened,
                       const WSK_CLIENT_DATAGRAM_DISPATCH *callbacks, PVOID context)
{
    struct call call;
    NTSTATUS status;

    call_init(&call);
    status = CALL(&call, client.npi.Dispatch->WskSocket(client.npi.Client, family, SOCK_RAW,
                                                        protocol, flags, context, callbacks, NULL,
                                                        NULL, NULL, IRP(&call)));
    opened->socket = NT_SUCCESS(status) ? (PWSK_SOCKET)call.information : NULL;
    if (opened->socket)
        opened->d = (PWSK_PROVIDER_DATAGRAM_DISPATCH)opened->socket->Dispatch;
    call_free(&call);
    return status;
}

static NTSTATUS bind_to(dgram socket, const SOCKADDR_INET *address)
{
    struct call call;
    NTSTATUS status;

    call_init(&call);
    status = CALL(&call, socket.d->WskBind(socket.socket, (PSOCKADDR)(uintptr_t)address, 0,
                                           IRP(&call)));
    call_free(&call);
    return status;
}

static SOCKADDR_INET wildcard(ADDRESS_FAMILY family)
{
    SOCKADDR_INET address;

    memset(&address, 0, sizeof(address));
    address.si_family = family;
    return address;
}

/* Opened, and bound to any address. */
static dgram raw(ADDRESS_FAMILY family, ULONG protocol)
{
    SOCKADDR_INET any = wildcard(family);
    dgram opened;

    if (!right_to_raw())
        skip();
    assert_int_equal(create(family, protocol, WSK_FLAG_DATAGRAM_SOCKET, &opened, NULL, NULL),
                     STATUS_SUCCESS);
    assert_int_equal(bind_to(opened, &any), STATUS_SUCCESS);
    return opened;
}

static NTSTATUS set(dgram socket, ULONG level, ULONG name, ULONG value)
{
    return socket.d->WskControlSocket(socket.socket, WskSetOption, name, level, sizeof(value),
                                      &value, 0, NULL, NULL, NULL);
}

static NTSTATUS get(dgram socket, ULONG level, ULONG name, ULONG *value)
{
    return socket.d->WskControlSocket(socket.socket, WskGetOption, name, level, 0, NULL,
                                      sizeof(*value), value, NULL, NULL);
}

/* The next datagram that satisfies; others share the wire (the kernel's answers, what we sent). */
static size_t receive(dgram socket, UCHAR *bytes, size_t room, SOCKADDR_INET *from,
                      bool (*wanted)(const UCHAR *bytes, size_t size))
{
    for (int tries = 0; tries < 100; tries++) {
        size_t size = room;

        assert_int_equal(dgram_receive(socket, bytes, &size, from), STATUS_SUCCESS);
        if (wanted(bytes, size))
            return size;
    }
    fail_msg("it never came");
    return 0;
}

/* --- Packets --------------------------------------------------------------------------------- */

/* RFC 1071. */
static USHORT sum_of(const UCHAR *bytes, size_t size, ULONG sum)
{
    for (size_t i = 0; i < size; i++)
        sum += i & 1 ? bytes[i] : (ULONG)bytes[i] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (USHORT)~sum;
}

static void put16(UCHAR *at, USHORT value)
{
    at[0] = (UCHAR)(value >> 8);
    at[1] = (UCHAR)value;
}

static USHORT get16(const UCHAR *at)
{
    return (USHORT)(at[0] << 8 | at[1]);
}

/* type, code, checksum, identifier, sequence, data */
#define ECHO_SIZE 40

static void make_echo(UCHAR *bytes, UCHAR type, bool checksum)
{
    memset(bytes, 0, ECHO_SIZE);
    bytes[0] = type;
    put16(bytes + 4, 0x5753);
    put16(bytes + 6, 7);
    memset(bytes + 8, 'e', ECHO_SIZE - 8);
    if (checksum)
        put16(bytes + 2, sum_of(bytes, ECHO_SIZE, 0));
}

static bool is_echo_reply(const UCHAR *bytes, size_t size)
{
    return size == IPV4_HEADER + ECHO_SIZE && bytes[IPV4_HEADER] == 0 &&
           get16(bytes + IPV4_HEADER + 4) == 0x5753;
}

static bool is_echo_reply6(const UCHAR *bytes, size_t size)
{
    return size == ECHO_SIZE && bytes[0] == 129 && get16(bytes + 4) == 0x5753;
}

static bool anything(const UCHAR *bytes, size_t size)
{
    (void)bytes;
    (void)size;
    return true;
}

/* --- Creation -------------------------------------------------------------------------------- */

static void SOCK_07_every_protocol(void **state)
{
    static const ADDRESS_FAMILY families[] = { AF_INET, AF_INET6 };
    static const ULONG categories[] = { WSK_FLAG_BASIC_SOCKET, WSK_FLAG_DATAGRAM_SOCKET };

    (void)state;
    if (!right_to_raw())
        skip();
    for (ULONG protocol = 1; protocol <= IPPROTO_RAW; protocol++) {
        for (int i = 0; i < 4; i++) {
            ULONG type = 0;
            dgram opened;

            assert_int_equal(create(families[i & 1], protocol, categories[i >> 1], &opened, NULL,
                                    NULL),
                             STATUS_SUCCESS);
            assert_int_equal(get(opened, SOL_SOCKET, SO_TYPE, &type), STATUS_SUCCESS);
            assert_int_equal(type, SOCK_RAW);
            dgram_close(opened);
        }
    }
}

/* Linux has no raw socket of all protocols. */
static void SOCK_09_protocols_that_do_not_exist(void **state)
{
    static const ULONG protocols[] = { 0, 256, 0xffffffff };

    (void)state;
    if (!right_to_raw())
        skip();
    for (size_t i = 0; i < RTL_NUMBER_OF(protocols); i++) {
        dgram opened;

        assert_int_equal(create(AF_INET, protocols[i], WSK_FLAG_DATAGRAM_SOCKET, &opened, NULL,
                                NULL),
                         STATUS_NOT_SUPPORTED);
        assert_int_equal(create(AF_INET6, protocols[i], WSK_FLAG_BASIC_SOCKET, &opened, NULL,
                                NULL),
                         STATUS_NOT_SUPPORTED);
    }
}

static void open_without_right(void)
{
    dgram opened, other;

    right_drop_raw();
    if (right_to_raw())
        exit(3);
    setup(NULL);
    for (ULONG flags = 0; flags <= WSK_FLAG_DATAGRAM_SOCKET; flags += WSK_FLAG_DATAGRAM_SOCKET) {
        if (create(AF_INET, IPPROTO_ICMP, flags, &opened, NULL, NULL) != STATUS_ACCESS_DENIED)
            exit(4);
        if (create(AF_INET6, IPPROTO_ICMPV6, flags, &opened, NULL, NULL) != STATUS_ACCESS_DENIED)
            exit(5);
    }
    /* Everything else works on. */
    other = dgram_open(&client, AF_INET, NULL, NULL);
    dgram_close(other);
    teardown(NULL);
    exit(0);
}

static void access_is_denied_without_the_right(void **state)
{
    (void)state;
    assert_int_equal(bug_check_run(open_without_right), 0);
}

static void access_is_denied_by_the_kernel(void **state)
{
    struct script *script = script_create();
    dgram opened;

    (void)state;
    client_start(&client, script_port(script));
    script_fail(script, SCRIPT_OPEN, 1, 1, EPERM);
    assert_int_equal(create(AF_INET, IPPROTO_ICMP, WSK_FLAG_DATAGRAM_SOCKET, &opened, NULL, NULL),
                     STATUS_ACCESS_DENIED);
    assert_int_equal(ledger_count(LEDGER_SOCKET), 0);
    client_stop(&client);
    script_destroy(script);
}

/* --- Ping ------------------------------------------------------------------------------------ */

static void IPv4_arrives_with_its_header(void **state)
{
    dgram ping = raw(AF_INET, IPPROTO_ICMP);
    SOCKADDR_INET to = loopback(AF_INET, 0), from;
    UCHAR request[ECHO_SIZE], answer[256];
    size_t size;

    (void)state;
    make_echo(request, 8, true);
    assert_int_equal(dgram_send(ping, request, sizeof(request), &to), STATUS_SUCCESS);
    size = receive(ping, answer, sizeof(answer), &from, is_echo_reply);
    assert_int_equal(answer[0], 0x45);
    assert_int_equal(get16(answer + 2), size);
    assert_int_equal(answer[9], IPPROTO_ICMP);
    assert_memory_equal(answer + 12, "\x7f\0\0\1\x7f\0\0\1", 8);
    assert_memory_equal(answer + IPV4_HEADER + 4, request + 4, ECHO_SIZE - 4);
    assert_memory_equal(&from, &to, sizeof(SOCKADDR_IN));
    dgram_close(ping);
}

/* And the checksum, which covers addresses that the driver need not know, is the stack's work. */
static void IPv6_arrives_without_its_header(void **state)
{
    dgram ping = raw(AF_INET6, IPPROTO_ICMPV6);
    SOCKADDR_INET to = loopback(AF_INET6, 0), from;
    UCHAR request[ECHO_SIZE], answer[256];

    (void)state;
    make_echo(request, 128, false);
    assert_int_equal(dgram_send(ping, request, sizeof(request), &to), STATUS_SUCCESS);
    receive(ping, answer, sizeof(answer), &from, is_echo_reply6);
    assert_memory_equal(answer + 4, request + 4, ECHO_SIZE - 4);
    assert_int_equal(from.si_family, AF_INET6);
    assert_int_equal(from.Ipv6.sin6_port, 0);
    assert_memory_equal(&from.Ipv6.sin6_addr, &to.Ipv6.sin6_addr, 16);
    dgram_close(ping);
}

/* --- Headers and checksums ------------------------------------------------------------------- */

static void make_header(UCHAR *bytes, size_t size, const SOCKADDR_INET *to)
{
    memset(bytes, 0, IPV4_HEADER);
    bytes[0] = 0x45;
    put16(bytes + 2, (USHORT)size);
    put16(bytes + 4, 0x1234);
    bytes[8] = 33; /* TTL */
    bytes[9] = PROTOCOL_TEST;
    memcpy(bytes + 12, &to->Ipv4.sin_addr, 4);
    memcpy(bytes + 16, &to->Ipv4.sin_addr, 4);
}

static void header_included(void **state)
{
    /* By the protocol's own socket, and by the one for any. */
    static const ULONG protocols[] = { PROTOCOL_TEST, IPPROTO_RAW };
    dgram b = raw(AF_INET, PROTOCOL_TEST);
    SOCKADDR_INET to = loopback(AF_INET, 0), from;

    (void)state;
    for (size_t i = 0; i < RTL_NUMBER_OF(protocols); i++) {
        dgram a = raw(AF_INET, protocols[i]);
        UCHAR packet[IPV4_HEADER + 4], got[64];
        ULONG value = 7;

        /* Off at first, also where Linux has it on. */
        assert_int_equal(get(a, IPPROTO_IP, IP_HDRINCL, &value), STATUS_SUCCESS);
        assert_int_equal(value, 0);
        assert_int_equal(set(a, IPPROTO_IP, IP_HDRINCL, 1), STATUS_SUCCESS);
        assert_int_equal(get(a, IPPROTO_IP, IP_HDRINCL, &value), STATUS_SUCCESS);
        assert_int_equal(value, 1);
        make_header(packet, sizeof(packet), &to);
        memcpy(packet + IPV4_HEADER, "mine", 4);
        assert_int_equal(dgram_send(a, packet, sizeof(packet), &to), STATUS_SUCCESS);
        assert_int_equal(receive(b, got, sizeof(got), &from, anything), sizeof(packet));
        assert_int_equal(got[8], 33);
        assert_int_equal(get16(got + 4), 0x1234);
        assert_int_equal(sum_of(got, IPV4_HEADER, 0), 0);
        assert_memory_equal(got + IPV4_HEADER, "mine", 4);
        dgram_close(a);
    }
    dgram_close(b);
}

static void header_included_needs_a_raw_socket(void **state)
{
    dgram four = dgram_open(&client, AF_INET, NULL, NULL);
    dgram six = dgram_open(&client, AF_INET6, NULL, NULL);
    ULONG value;

    (void)state;
    assert_int_equal(set(four, IPPROTO_IP, IP_HDRINCL, 1), STATUS_NOT_SUPPORTED);
    assert_int_equal(get(four, IPPROTO_IP, IP_HDRINCL, &value), STATUS_NOT_SUPPORTED);
    assert_int_equal(set(six, IPPROTO_IPV6, IPV6_HDRINCL, 1), STATUS_NOT_SUPPORTED);
    assert_int_equal(set(six, IPPROTO_IPV6, IPV6_CHECKSUM, 2), STATUS_NOT_SUPPORTED);
    dgram_close(four);
    dgram_close(six);
}

static void header_included_ipv6(void **state)
{
    dgram a = raw(AF_INET6, PROTOCOL_TEST), b = raw(AF_INET6, PROTOCOL_TEST);
    SOCKADDR_INET to = loopback(AF_INET6, 0), from;
    UCHAR packet[44] = { 0x60, 0, 0, 0, 0, 4, PROTOCOL_TEST, 5 };
    UCHAR got[64];

    (void)state;
    packet[23] = packet[39] = 1; /* ::1 */
    memcpy(packet + 40, "mine", 4);
    assert_int_equal(set(a, IPPROTO_IPV6, IPV6_HDRINCL, 1), STATUS_SUCCESS);
    assert_int_equal(dgram_send(a, packet, sizeof(packet), &to), STATUS_SUCCESS);
    assert_int_equal(receive(b, got, sizeof(got), &from, anything), 4);
    assert_memory_equal(got, "mine", 4);
    dgram_close(a);
    dgram_close(b);
}

/* The pseudo header of RFC 8200 for ::1 to ::1. */
static ULONG pseudo_sum(size_t size)
{
    return 1 + 1 + (ULONG)size + PROTOCOL_TEST;
}

static void checksum_at_an_offset(void **state)
{
    dgram a = raw(AF_INET6, PROTOCOL_TEST), b = raw(AF_INET6, PROTOCOL_TEST);
    SOCKADDR_INET to = loopback(AF_INET6, 0), from;
    UCHAR got[64];
    ULONG value = 0;

    (void)state;
    assert_int_equal(get(a, IPPROTO_IPV6, IPV6_CHECKSUM, &value), STATUS_SUCCESS);
    assert_int_equal((LONG)value, -1);
    assert_int_equal(set(a, IPPROTO_IPV6, IPV6_CHECKSUM, 4), STATUS_SUCCESS);
    assert_int_equal(get(a, IPPROTO_IPV6, IPV6_CHECKSUM, &value), STATUS_SUCCESS);
    assert_int_equal(value, 4);
    assert_int_equal(dgram_send(a, "head\0\0tail", 10, &to), STATUS_SUCCESS);
    assert_int_equal(receive(b, got, sizeof(got), &from, anything), 10);
    assert_int_not_equal(get16(got + 4), 0);
    assert_int_equal(sum_of(got, 10, pseudo_sum(10)), 0);
    assert_int_equal(set(a, IPPROTO_IPV6, IPV6_CHECKSUM, (ULONG)-1), STATUS_SUCCESS);
    assert_int_equal(dgram_send(a, "head\0\0tail", 10, &to), STATUS_SUCCESS);
    assert_int_equal(receive(b, got, sizeof(got), &from, anything), 10);
    assert_int_equal(get16(got + 4), 0);
    dgram_close(a);
    dgram_close(b);
}

static void checksum_offsets(void **state)
{
    dgram other = raw(AF_INET6, PROTOCOL_TEST), icmp = raw(AF_INET6, IPPROTO_ICMPV6);

    (void)state;
    assert_int_equal(set(other, IPPROTO_IPV6, IPV6_CHECKSUM, 3), STATUS_INVALID_PARAMETER);
    assert_int_equal(set(other, IPPROTO_IPV6, IPV6_CHECKSUM, (ULONG)-2),
                     STATUS_INVALID_PARAMETER);
    /* RFC 3542, 3.1: the stack's business. */
    assert_int_equal(set(icmp, IPPROTO_IPV6, IPV6_CHECKSUM, 2), STATUS_INVALID_PARAMETER);
    dgram_close(other);
    dgram_close(icmp);
}

/* --- Addresses ------------------------------------------------------------------------------- */

static void ports_mean_nothing(void **state)
{
    SOCKADDR_INET used, address, from;
    dgram a = raw(AF_INET, PROTOCOL_TEST), b;
    dgram udp = dgram_bound(&client, AF_INET, NULL, NULL, &used);
    struct call call;
    UCHAR got[64];

    (void)state;
    assert_int_equal(create(AF_INET, PROTOCOL_TEST, WSK_FLAG_DATAGRAM_SOCKET, &b, NULL, NULL),
                     STATUS_SUCCESS);
    assert_int_equal(bind_to(b, &used), STATUS_SUCCESS);
    call_init(&call);
    assert_int_equal(CALL(&call, b.d->WskGetLocalAddress(b.socket, (PSOCKADDR)&address,
                                                         IRP(&call))),
                     STATUS_SUCCESS);
    call_free(&call);
    assert_int_equal(port_of(&address), 0);
    assert_memory_equal(&address.Ipv4.sin_addr, &used.Ipv4.sin_addr, 4);
    assert_int_equal(dgram_send(a, "there", 5, &used), STATUS_SUCCESS);
    assert_int_equal(receive(b, got, sizeof(got), &from, anything), IPV4_HEADER + 5);
    assert_int_equal(port_of(&from), 0);
    dgram_close(udp);
    dgram_close(a);
    dgram_close(b);
}

static SOCKADDR_INET another_loopback(UCHAR last)
{
    SOCKADDR_INET address = loopback(AF_INET, 0);

    ((UCHAR *)&address.Ipv4.sin_addr)[3] = last;
    return address;
}

static void a_bound_address_filters(void **state)
{
    SOCKADDR_INET here = another_loopback(2), elsewhere = another_loopback(3), from;
    dgram a = raw(AF_INET, PROTOCOL_TEST), b;
    UCHAR got[64];

    (void)state;
    assert_int_equal(create(AF_INET, PROTOCOL_TEST, WSK_FLAG_DATAGRAM_SOCKET, &b, NULL, NULL),
                     STATUS_SUCCESS);
    assert_int_equal(bind_to(b, &here), STATUS_SUCCESS);
    assert_int_equal(dgram_send(a, "not you", 7, &elsewhere), STATUS_SUCCESS);
    assert_int_equal(dgram_send(a, "you", 3, &here), STATUS_SUCCESS);
    assert_int_equal(receive(b, got, sizeof(got), &from, anything), IPV4_HEADER + 3);
    assert_memory_equal(got + IPV4_HEADER, "you", 3);
    dgram_close(a);
    dgram_close(b);
}

static NTSTATUS fix(dgram socket, ULONG code, SOCKADDR_INET *address)
{
    struct call call;
    NTSTATUS status;

    call_init(&call);
    status = CALL(&call, socket.d->WskControlSocket(socket.socket, WskIoctl, code, 0,
                                                    sizeof(*address), address, 0, NULL, NULL,
                                                    IRP(&call)));
    call_free(&call);
    return status;
}

/* Of a fixed address the port means nothing either: what comes from there has none. */
static void fixed_addresses(void **state)
{
    SOCKADDR_INET two = another_loopback(2), three = another_loopback(3), from;
    dgram a = raw(AF_INET, PROTOCOL_TEST), b, c;
    UCHAR got[64];

    (void)state;
    assert_int_equal(create(AF_INET, PROTOCOL_TEST, WSK_FLAG_DATAGRAM_SOCKET, &b, NULL, NULL),
                     STATUS_SUCCESS);
    assert_int_equal(create(AF_INET, PROTOCOL_TEST, WSK_FLAG_DATAGRAM_SOCKET, &c, NULL, NULL),
                     STATUS_SUCCESS);
    assert_int_equal(bind_to(b, &two), STATUS_SUCCESS);
    assert_int_equal(bind_to(c, &three), STATUS_SUCCESS);
    two.Ipv4.sin_port = three.Ipv4.sin_port = 0x0102;
    assert_int_equal(fix(a, SIO_WSK_SET_SENDTO_ADDRESS, &three), STATUS_SUCCESS);
    assert_int_equal(fix(c, SIO_WSK_SET_REMOTE_ADDRESS, &two), STATUS_SUCCESS);
    assert_int_equal(dgram_send(a, "stranger", 8, NULL), STATUS_SUCCESS);
    assert_int_equal(dgram_send(b, "friend", 6, &three), STATUS_SUCCESS);
    assert_int_equal(receive(c, got, sizeof(got), &from, anything), IPV4_HEADER + 6);
    assert_memory_equal(got + IPV4_HEADER, "friend", 6);
    dgram_close(a);
    dgram_close(b);
    dgram_close(c);
}

/* --- Control data, sizes, events ------------------------------------------------------------- */

static void control_data(void **state)
{
    dgram a = raw(AF_INET, PROTOCOL_TEST), b = raw(AF_INET, PROTOCOL_TEST);
    SOCKADDR_INET to = loopback(AF_INET, 0);
    struct { CMSGHDR header; INT value; INT pad; } ttl = {
        { sizeof(CMSGHDR) + sizeof(INT), IPPROTO_IP, IP_TTL }, 77, 0,
    };
    struct { CMSGHDR header; UCHAR data[48]; } items;
    WSK_BUF out = buffer_over("x", 1), in;
    ULONG length = sizeof(items), flags = 0;
    UCHAR got[64];
    struct call call;
    INT hops;

    (void)state;
    in = buffer_over(got, sizeof(got));
    assert_int_equal(set(b, IPPROTO_IP, IP_HOPLIMIT, 1), STATUS_SUCCESS);
    call_init(&call);
    assert_int_equal(CALL(&call, a.d->WskSendTo(a.socket, &out, 0, (PSOCKADDR)&to, sizeof(ttl),
                                                &ttl.header, IRP(&call))),
                     STATUS_SUCCESS);
    assert_int_equal(CALL(&call, b.d->WskReceiveFrom(b.socket, &in, 0, NULL, &length,
                                                     &items.header, &flags, IRP(&call))),
                     STATUS_SUCCESS);
    assert_int_equal(items.header.cmsg_type, IP_TTL);
    memcpy(&hops, items.data, sizeof(hops));
    assert_int_equal(hops, 77);
    assert_int_equal(got[8], 77);
    call_free(&call);
    buffer_free(&out);
    buffer_free(&in);
    dgram_close(a);
    dgram_close(b);
}

static void options_of_others(void **state)
{
    dgram six = raw(AF_INET6, PROTOCOL_TEST);
    ULONG value;

    (void)state;
    assert_int_equal(get(six, IPPROTO_UDP, UDP_SEND_MSG_SIZE, &value), STATUS_NOT_SUPPORTED);
    assert_int_equal(set(six, IPPROTO_UDP, UDP_SEND_MSG_SIZE, 100), STATUS_NOT_SUPPORTED);
    assert_int_equal(get(six, IPPROTO_IPV6, IPV6_V6ONLY, &value), STATUS_NOT_SUPPORTED);
    assert_int_equal(set(six, IPPROTO_TCP, TCP_NODELAY, 1), STATUS_NOT_SUPPORTED);
    assert_int_equal(set(six, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 9), STATUS_SUCCESS);
    assert_int_equal(get(six, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &value), STATUS_SUCCESS);
    assert_int_equal(value, 9);
    dgram_close(six);
}

static void segments_are_of_udp(void **state)
{
    dgram a = raw(AF_INET, PROTOCOL_TEST);
    SOCKADDR_INET to = loopback(AF_INET, 0);
    struct { CMSGHDR header; DWORD value; INT pad; } segment = {
        { sizeof(CMSGHDR) + sizeof(DWORD), IPPROTO_UDP, UDP_SEND_MSG_SIZE }, 100, 0,
    };
    WSK_BUF out = buffer_over("x", 1);
    struct call call;

    (void)state;
    call_init(&call);
    assert_int_equal(CALL(&call, a.d->WskSendTo(a.socket, &out, 0, (PSOCKADDR)&to, sizeof(segment),
                                                &segment.header, IRP(&call))),
                     STATUS_NOT_SUPPORTED);
    call_free(&call);
    buffer_free(&out);
    dgram_close(a);
}

static void sizes(void **state)
{
    static UCHAR bytes[65536], got[65600];
    static const size_t rows[] = { 0, 1, 1480, 1481, 40000, 65515 };
    dgram a = raw(AF_INET, PROTOCOL_TEST), b = raw(AF_INET, PROTOCOL_TEST);
    SOCKADDR_INET to = loopback(AF_INET, 0), from;

    (void)state;
    assert_int_equal(set(b, SOL_SOCKET, SO_RCVBUF, 1 << 20), STATUS_SUCCESS);
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (UCHAR)(i * 7);
    for (size_t i = 0; i < RTL_NUMBER_OF(rows); i++) {
        assert_int_equal(dgram_send(a, bytes, rows[i], &to), STATUS_SUCCESS);
        assert_int_equal(receive(b, got, sizeof(got), &from, anything), IPV4_HEADER + rows[i]);
        assert_memory_equal(got + IPV4_HEADER, bytes, rows[i]);
    }
    assert_int_equal(dgram_send(a, bytes, 65516, &to), STATUS_INVALID_BUFFER_SIZE);
    assert_int_equal(dgram_send(a, bytes, 65536, &to), STATUS_INVALID_BUFFER_SIZE);
    dgram_close(a);
    dgram_close(b);
}

struct seen {
    KEVENT event;
    SIZE_T length;
};

static NTSTATUS WSKAPI on_receive(PVOID context, ULONG flags, PWSK_DATAGRAM_INDICATION list)
{
    struct seen *seen = context;

    assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
    assert_int_equal(flags & ~(ULONG)WSK_FLAG_AT_DISPATCH_LEVEL, 0);
    seen->length = list->Buffer.Length;
    KeSetEvent(&seen->event, IO_NO_INCREMENT, FALSE);
    return STATUS_SUCCESS;
}

static void by_event(void **state)
{
    static const WSK_CLIENT_DATAGRAM_DISPATCH callbacks = { on_receive };
    SOCKADDR_INET any = wildcard(AF_INET), to = loopback(AF_INET, 0);
    dgram a = raw(AF_INET, PROTOCOL_TEST), b;
    struct seen seen = { .length = 0 };

    (void)state;
    KeInitializeEvent(&seen.event, NotificationEvent, FALSE);
    assert_int_equal(create(AF_INET, PROTOCOL_TEST, WSK_FLAG_DATAGRAM_SOCKET, &b, &callbacks,
                            &seen),
                     STATUS_SUCCESS);
    assert_int_equal(bind_to(b, &any), STATUS_SUCCESS);
    assert_int_equal(dgram_event(b, WSK_EVENT_RECEIVE_FROM), STATUS_SUCCESS);
    assert_int_equal(dgram_send(a, "event", 5, &to), STATUS_SUCCESS);
    KeWaitForSingleObject(&seen.event, Executive, KernelMode, FALSE, NULL);
    assert_int_equal(seen.length, IPV4_HEADER + 5);
    dgram_close(a);
    dgram_close(b);
}

#define RAW_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RAW_TEST(SOCK_07_every_protocol),
        RAW_TEST(SOCK_09_protocols_that_do_not_exist),
        cmocka_unit_test(access_is_denied_without_the_right),
        cmocka_unit_test(access_is_denied_by_the_kernel),
        RAW_TEST(IPv4_arrives_with_its_header),
        RAW_TEST(IPv6_arrives_without_its_header),
        RAW_TEST(header_included),
        RAW_TEST(header_included_needs_a_raw_socket),
        RAW_TEST(header_included_ipv6),
        RAW_TEST(checksum_at_an_offset),
        RAW_TEST(checksum_offsets),
        RAW_TEST(ports_mean_nothing),
        RAW_TEST(a_bound_address_filters),
        RAW_TEST(fixed_addresses),
        RAW_TEST(control_data),
        RAW_TEST(options_of_others),
        RAW_TEST(segments_are_of_udp),
        RAW_TEST(sizes),
        RAW_TEST(by_event),
    };

    right_own_network();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
