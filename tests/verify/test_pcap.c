/* SPDX-License-Identifier: MIT */
/* test_pcap.c - what the capture says of a datagram is what went over the wire. */
#include "client.h"
#include "nt.h"
#include "right.h"
#include "verify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define IPV4_HEADER 20u
#define UDP_HEADER 8u
#define PROTOCOL_TEST 253 /* for experiments (RFC 3692) */
#define FILE_MAX (1u << 20)

static struct client client;
static char path[] = "/tmp/openwsk-pcap-XXXXXX";
static UCHAR bytes[FILE_MAX];
static size_t size, at;

static void on_report(const char *text, size_t length)
{
    (void)text;
    (void)length;
}

static int set_up(void **state)
{
    static const struct vf_config config = { .report = on_report };
    char error[256] = "";

    (void)state;
    assert_int_equal(nt_start(), STATUS_SUCCESS);
    if (!vf_option("pcap", path, error, sizeof(error)))
        fail_msg("%s", error);
    vf_start(&config);
    client_start(&client, NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    client_stop(&client);
    vf_stop();
    nt_stop();
    return 0;
}

/* --- Packets --------------------------------------------------------------------------------- */

static ULONG get_32(size_t offset)
{
    ULONG value;

    assert_true(offset + sizeof(value) <= size);
    memcpy(&value, bytes + offset, sizeof(value));
    return value;
}

static void read_capture(void)
{
    FILE *file = fopen(path, "r");

    assert_non_null(file);
    size = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    at = 0;
}

/* The next packet's IP header, and its bytes; NULL at the end. */
static const UCHAR *next_packet(size_t *length)
{
    while (at < size) {
        size_t block = at;

        at += get_32(block + 4);
        if (get_32(block) != 6)
            continue;
        *length = get_32(block + 20);
        return bytes + block + 28;
    }
    return NULL;
}

static USHORT get_16(const UCHAR *from)
{
    return (USHORT)(from[0] << 8 | from[1]);
}

static void assert_goes_to(const UCHAR *packet, const SOCKADDR_INET *to)
{
    assert_memory_equal(packet + 16, &to->Ipv4.sin_addr, 4);
    assert_memory_equal(packet + IPV4_HEADER + 2, &to->Ipv4.sin_port, 2);
}

/* --- UDP ------------------------------------------------------------------------------------- */

static void fix(dgram socket, ULONG code, SOCKADDR_INET *address)
{
    struct call call;

    call_init(&call);
    assert_int_equal(CALL(&call, socket.d->WskControlSocket(socket.socket, WskIoctl, code, 0,
                                                            sizeof(address->Ipv4), address, 0, NULL,
                                                            NULL, IRP(&call))),
                     STATUS_SUCCESS);
    call_free(&call);
}

/* More sockets than a table of some fixed size would keep apart. */
static void each_socket_shows_its_own_fixed_address(void **state)
{
    enum { SOCKETS = 130 };
    static dgram sockets[SOCKETS];
    static SOCKADDR_INET own[SOCKETS];
    const UCHAR *packet;
    size_t length;

    (void)state;
    for (int i = 0; i < SOCKETS; i++) {
        sockets[i] = dgram_bound(&client, AF_INET, NULL, NULL, &own[i]);
        fix(sockets[i], i & 1 ? SIO_WSK_SET_REMOTE_ADDRESS : SIO_WSK_SET_SENDTO_ADDRESS, &own[i]);
    }
    for (int i = 0; i < SOCKETS; i++)
        assert_int_equal(dgram_send(sockets[i], "fixed", 5, NULL), STATUS_SUCCESS);
    read_capture();
    for (int i = 0; i < SOCKETS; i++) {
        packet = next_packet(&length);
        assert_non_null(packet);
        assert_int_equal(length, IPV4_HEADER + UDP_HEADER + 5);
        assert_goes_to(packet, &own[i]);
    }
    for (int i = 0; i < SOCKETS; i++)
        dgram_close(sockets[i]);
}

/* The driver asked for no address; there is only one that it can be. */
static void what_a_fixed_socket_receives_shows_its_sender(void **state)
{
    SOCKADDR_INET from, to;
    dgram sender = dgram_bound(&client, AF_INET, NULL, NULL, &from);
    dgram receiver = dgram_bound(&client, AF_INET, NULL, NULL, &to);
    const UCHAR *packet;
    UCHAR room[16];
    size_t length = sizeof(room);

    (void)state;
    fix(receiver, SIO_WSK_SET_REMOTE_ADDRESS, &from);
    assert_int_equal(dgram_send(sender, "fixed", 5, &to), STATUS_SUCCESS);
    assert_int_equal(dgram_receive(receiver, room, &length, NULL), STATUS_SUCCESS);
    read_capture();
    assert_non_null(next_packet(&length));
    packet = next_packet(&length);
    assert_non_null(packet);
    assert_memory_equal(packet + 12, &from.Ipv4.sin_addr, 4);
    assert_memory_equal(packet + IPV4_HEADER, &from.Ipv4.sin_port, 2);
    assert_goes_to(packet, &to);
    dgram_close(sender);
    dgram_close(receiver);
}

/* There is no completion, and nothing may be left of what waits for it: the sanitizer looks. */
static void a_receive_without_an_irp_leaves_nothing(void **state)
{
    SOCKADDR_INET local;
    dgram socket = dgram_bound(&client, AF_INET, NULL, NULL, &local);
    UCHAR room[16];
    WSK_BUF buffer = buffer_over(room, sizeof(room));
    size_t length;

    (void)state;
    assert_int_equal(socket.d->WskReceiveFrom(socket.socket, &buffer, 0, NULL, NULL, NULL, NULL,
                                              NULL),
                     STATUS_INVALID_PARAMETER);
    read_capture();
    assert_null(next_packet(&length));
    buffer_free(&buffer);
    dgram_close(socket);
}

/* --- Raw ------------------------------------------------------------------------------------- */

static dgram open_raw(ADDRESS_FAMILY family)
{
    SOCKADDR_INET any = { .si_family = family };
    struct call call;
    dgram raw;

    if (!right_to_raw())
        skip();
    call_init(&call);
    assert_int_equal(CALL(&call, client.npi.Dispatch->WskSocket(
                                     client.npi.Client, family, SOCK_RAW, PROTOCOL_TEST,
                                     WSK_FLAG_DATAGRAM_SOCKET, NULL, NULL, NULL, NULL, NULL,
                                     IRP(&call))),
                     STATUS_SUCCESS);
    raw.socket = (PWSK_SOCKET)call.information;
    raw.d = (PWSK_PROVIDER_DATAGRAM_DISPATCH)raw.socket->Dispatch;
    assert_int_equal(CALL(&call, raw.d->WskBind(raw.socket, (PSOCKADDR)&any, 0, IRP(&call))),
                     STATUS_SUCCESS);
    call_free(&call);
    return raw;
}

static void assert_raw_ipv4(const UCHAR *packet, size_t length)
{
    assert_non_null(packet);
    assert_int_equal(length, IPV4_HEADER + 3);
    assert_int_equal(packet[0], 0x45);
    assert_int_equal(get_16(packet + 2), length);
    assert_int_equal(packet[9], PROTOCOL_TEST);
    assert_memory_equal(packet + IPV4_HEADER, "raw", 3);
}

static void raw_ipv4_is_its_own_protocol(void **state)
{
    SOCKADDR_INET to = loopback(AF_INET, 0);
    dgram raw = open_raw(AF_INET);
    UCHAR room[64];
    size_t length = sizeof(room);

    (void)state;
    assert_int_equal(dgram_send(raw, "raw", 3, &to), STATUS_SUCCESS);
    assert_int_equal(dgram_receive(raw, room, &length, NULL), STATUS_SUCCESS);
    read_capture();
    for (int way = 0; way < 2; way++) {
        const UCHAR *packet = next_packet(&length);

        assert_raw_ipv4(packet, length);
    }
    assert_null(next_packet(&length));
    dgram_close(raw);
}

static void a_header_that_is_included_is_not_written_twice(void **state)
{
    SOCKADDR_INET to = loopback(AF_INET, 0);
    dgram raw = open_raw(AF_INET);
    UCHAR whole[IPV4_HEADER + 3] = { 0x45, [3] = sizeof(whole), [8] = 64, [9] = PROTOCOL_TEST,
                                     [12] = 127, 0, 0, 1, 127, 0, 0, 1, 'r', 'a', 'w' };
    ULONG on = 1;
    size_t length;
    const UCHAR *packet;

    (void)state;
    assert_int_equal(raw.d->WskControlSocket(raw.socket, WskSetOption, IP_HDRINCL, IPPROTO_IP,
                                             sizeof(on), &on, 0, NULL, NULL, NULL),
                     STATUS_SUCCESS);
    assert_int_equal(dgram_send(raw, whole, sizeof(whole), &to), STATUS_SUCCESS);
    read_capture();
    packet = next_packet(&length);
    assert_raw_ipv4(packet, length);
    dgram_close(raw);
}

static void raw_ipv6_gets_a_header_both_ways(void **state)
{
    SOCKADDR_INET to = loopback(AF_INET6, 0);
    dgram raw = open_raw(AF_INET6);
    UCHAR room[64];
    size_t length = sizeof(room);

    (void)state;
    assert_int_equal(dgram_send(raw, "raw", 3, &to), STATUS_SUCCESS);
    assert_int_equal(dgram_receive(raw, room, &length, NULL), STATUS_SUCCESS);
    read_capture();
    for (int way = 0; way < 2; way++) {
        const UCHAR *packet = next_packet(&length);

        assert_non_null(packet);
        assert_int_equal(length, 40 + 3);
        assert_int_equal(packet[0], 0x60);
        assert_int_equal(get_16(packet + 4), 3);
        assert_int_equal(packet[6], PROTOCOL_TEST);
        assert_memory_equal(packet + 40, "raw", 3);
    }
    dgram_close(raw);
}

#define PCAP_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PCAP_TEST(each_socket_shows_its_own_fixed_address),
        PCAP_TEST(what_a_fixed_socket_receives_shows_its_sender),
        PCAP_TEST(a_receive_without_an_irp_leaves_nothing),
        PCAP_TEST(raw_ipv4_is_its_own_protocol),
        PCAP_TEST(a_header_that_is_included_is_not_written_twice),
        PCAP_TEST(raw_ipv6_gets_a_header_both_ways),
    };
    int failed, file = mkstemp(path);

    if (file < 0)
        return 1;
    close(file);
    right_own_network();
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    return failed;
}
