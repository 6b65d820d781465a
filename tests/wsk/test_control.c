/* SPDX-License-Identifier: MIT */
/* test_control.c - WskControlSocket: options, ioctls, fixed remote and destination addresses. */
#include "client.h"
#include "peer.h"

#include "base.h"
#include "crew.h"
#include "nt.h"
#include "port_script.h"
#include "socket.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct client client;
static const ADDRESS_FAMILY families[] = { AF_INET, AF_INET6 };

/* What no operation leaves in an output. */
#define UNWRITTEN 0xccccccccu

/* The loopback interface's index on Linux. */
#define LOOPBACK_INTERFACE 1u

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

static dgram opened(ADDRESS_FAMILY family)
{
    return dgram_open(&client, family, NULL, NULL);
}

static dgram bound(ADDRESS_FAMILY family, SOCKADDR_INET *local)
{
    return dgram_bound(&client, family, NULL, NULL, local);
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

/* --- The call, with an IRP and without ------------------------------------------------------- */

struct request {
    WSK_CONTROL_SOCKET_TYPE type;
    ULONG code;
    ULONG level;
    const void *input;
    SIZE_T input_size;
    void *output;
    SIZE_T output_size;
};

static NTSTATUS issue(dgram socket, const struct request *request, SIZE_T *returned, PIRP irp)
{
    return socket.d->WskControlSocket(socket.socket, request->type, request->code, request->level,
                                      request->input_size, (PVOID)(uintptr_t)request->input,
                                      request->output_size, request->output, returned, irp);
}

/* Both ways agree (CTL-03, CTL-04): status and size. Returns the status. */
static NTSTATUS control(dgram socket, const struct request *request, SIZE_T *returned)
{
    SIZE_T size = ~(SIZE_T)0, size_with_irp = ~(SIZE_T)0;
    struct call call;
    NTSTATUS status, status_with_irp;

    status = issue(socket, request, &size, NULL);
    assert_int_not_equal(status, STATUS_PENDING);
    call_init(&call);
    status_with_irp = CALL(&call, issue(socket, request, &size_with_irp, IRP(&call)));
    assert_int_equal(status_with_irp, status);
    assert_int_equal(size_with_irp, size);
    assert_int_equal(call.information, NT_SUCCESS(status) ? size : 0);
    if (!NT_SUCCESS(status))
        assert_int_equal(size, 0);
    /* Nobody needs to want the size. */
    assert_int_equal(issue(socket, request, NULL, NULL), status);
    assert_int_equal(CALL(&call, issue(socket, request, NULL, IRP(&call))), status);
    call_free(&call);
    if (returned)
        *returned = size;
    return status;
}

static NTSTATUS set_sized(dgram socket, ULONG level, ULONG name, const void *input, SIZE_T size)
{
    const struct request request = { .type = WskSetOption, .code = name, .level = level,
                                     .input = input, .input_size = size };
    SIZE_T returned;
    NTSTATUS status = control(socket, &request, &returned);

    assert_int_equal(returned, 0);
    return status;
}

static NTSTATUS set(dgram socket, ULONG level, ULONG name, ULONG value)
{
    return set_sized(socket, level, name, &value, sizeof(value));
}

static NTSTATUS get_sized(dgram socket, ULONG level, ULONG name, void *output, SIZE_T size,
                          SIZE_T *returned)
{
    const struct request request = { .type = WskGetOption, .code = name, .level = level,
                                     .output = output, .output_size = size };

    return control(socket, &request, returned);
}

static NTSTATUS get(dgram socket, ULONG level, ULONG name, ULONG *value)
{
    SIZE_T returned;
    NTSTATUS status;

    *value = UNWRITTEN;
    status = get_sized(socket, level, name, value, sizeof(*value), &returned);
    assert_int_equal(returned, NT_SUCCESS(status) ? sizeof(*value) : 0);
    return status;
}

static ULONG value_of(dgram socket, ULONG level, ULONG name)
{
    ULONG value;

    assert_int_equal(get(socket, level, name, &value), STATUS_SUCCESS);
    return value;
}

/* --- The table of options --------------------------------------------------------------------- */

#define FOR_IPV4 1u
#define FOR_IPV6 2u
#define FOR_BOTH 3u

#define ANY_DEFAULT UNWRITTEN

enum shape { YES_NO, NUMBER, FIXED };

static const struct option {
    ULONG level, name;
    unsigned families;
    enum shape shape;
    bool before_bind;
    ULONG initial;
    ULONG lowest, highest; /* a number's */
} options[] = {
    { SOL_SOCKET, SO_BROADCAST, FOR_BOTH, YES_NO, false, 0, 0, 0 },
    { SOL_SOCKET, SO_RCVBUF, FOR_BOTH, NUMBER, false, ANY_DEFAULT, 1, 0x100000 },
    { SOL_SOCKET, SO_SNDBUF, FOR_BOTH, NUMBER, false, ANY_DEFAULT, 1, 0x100000 },
    { SOL_SOCKET, SO_REUSEADDR, FOR_BOTH, YES_NO, true, 0, 0, 0 },
    { SOL_SOCKET, (ULONG)SO_EXCLUSIVEADDRUSE, FOR_BOTH, YES_NO, true, 0, 0, 0 },
    { SOL_SOCKET, SO_TYPE, FOR_BOTH, FIXED, false, SOCK_DGRAM, 0, 0 },
    { SOL_SOCKET, SO_ERROR, FOR_BOTH, FIXED, false, 0, 0, 0 },
    { IPPROTO_IP, IP_PKTINFO, FOR_BOTH, YES_NO, false, 0, 0, 0 },
    { IPPROTO_IP, IP_RECVTOS, FOR_BOTH, YES_NO, false, 0, 0, 0 },
    { IPPROTO_IP, IP_ECN, FOR_BOTH, YES_NO, false, 0, 0, 0 },
    { IPPROTO_IP, IP_HOPLIMIT, FOR_BOTH, YES_NO, false, 0, 0, 0 },
    { IPPROTO_IP, IP_TOS, FOR_BOTH, NUMBER, false, 0, 0, 255 },
    { IPPROTO_IP, IP_TTL, FOR_BOTH, NUMBER, false, ANY_DEFAULT, 1, 255 },
    { IPPROTO_IP, IP_DONTFRAGMENT, FOR_BOTH, YES_NO, false, 0, 0, 0 },
    { IPPROTO_IP, IP_MULTICAST_TTL, FOR_BOTH, NUMBER, false, 1, 0, 255 },
    { IPPROTO_IP, IP_MULTICAST_LOOP, FOR_BOTH, YES_NO, false, 1, 0, 0 },
    { IPPROTO_IP, IP_RECVIF, FOR_BOTH, YES_NO, false, 0, 0, 0 },
    { IPPROTO_IP, IP_RECVDSTADDR, FOR_BOTH, YES_NO, false, 0, 0, 0 },
    { IPPROTO_IP, IP_ORIGINAL_ARRIVAL_IF, FOR_BOTH, YES_NO, false, 0, 0, 0 },
    { IPPROTO_IP, IP_RECVERR, FOR_BOTH, YES_NO, false, 0, 0, 0 },
    { IPPROTO_IP, IP_MTU_DISCOVER, FOR_BOTH, NUMBER, false, IP_PMTUDISC_NOT_SET,
      IP_PMTUDISC_NOT_SET, IP_PMTUDISC_PROBE },
    { IPPROTO_IP, IP_RECEIVE_BROADCAST, FOR_BOTH, YES_NO, false, 1, 0, 0 },
    { IPPROTO_UDP, UDP_NOCHECKSUM, FOR_IPV4, YES_NO, false, 0, 0, 0 },
    { IPPROTO_UDP, UDP_CHECKSUM_COVERAGE, FOR_IPV4, YES_NO, false, 1, 0, 0 },
    { SOL_SOCKET, SO_RANDOMIZE_PORT, FOR_BOTH, YES_NO, true, 0, 0, 0 },
    { SOL_SOCKET, SO_PORT_SCALABILITY, FOR_BOTH, YES_NO, true, 0, 0, 0 },
    { SOL_SOCKET, SO_REUSE_UNICASTPORT, FOR_BOTH, YES_NO, true, 0, 0, 0 },
    { IPPROTO_IPV6, IPV6_RECVIF, FOR_IPV6, YES_NO, false, 0, 0, 0 },
    { IPPROTO_IPV6, IPV6_RECVDSTADDR, FOR_IPV6, YES_NO, false, 0, 0, 0 },
    { IPPROTO_IPV6, IP_ORIGINAL_ARRIVAL_IF, FOR_IPV6, YES_NO, false, 0, 0, 0 },
    { IPPROTO_IPV6, IPV6_RECVERR, FOR_IPV6, YES_NO, false, 0, 0, 0 },
    { IPPROTO_IPV6, IPV6_MTU_DISCOVER, FOR_IPV6, NUMBER, false, IP_PMTUDISC_NOT_SET,
      IP_PMTUDISC_NOT_SET, IP_PMTUDISC_PROBE },
    { IPPROTO_IPV6, IPV6_V6ONLY, FOR_IPV6, YES_NO, true, 1, 0, 0 },
    { IPPROTO_IPV6, IPV6_PKTINFO, FOR_IPV6, YES_NO, false, 0, 0, 0 },
    { IPPROTO_IPV6, IPV6_RECVTCLASS, FOR_IPV6, YES_NO, false, 0, 0, 0 },
    { IPPROTO_IPV6, IPV6_ECN, FOR_IPV6, YES_NO, false, 0, 0, 0 },
    { IPPROTO_IPV6, IPV6_HOPLIMIT, FOR_IPV6, YES_NO, false, 0, 0, 0 },
    { IPPROTO_IPV6, IPV6_TCLASS, FOR_IPV6, NUMBER, false, 0, 0, 255 },
    { IPPROTO_IPV6, IPV6_UNICAST_HOPS, FOR_IPV6, NUMBER, false, ANY_DEFAULT, 1, 255 },
    { IPPROTO_IPV6, IPV6_DONTFRAG, FOR_IPV6, YES_NO, false, 0, 0, 0 },
    { IPPROTO_IPV6, IPV6_MULTICAST_HOPS, FOR_IPV6, NUMBER, false, 1, 0, 255 },
    { IPPROTO_IPV6, IPV6_MULTICAST_LOOP, FOR_IPV6, YES_NO, false, 1, 0, 0 },
    { IPPROTO_IPV6, IPV6_MULTICAST_IF, FOR_IPV6, NUMBER, false, 0, 0, LOOPBACK_INTERFACE },
    { IPPROTO_UDP, UDP_SEND_MSG_SIZE, FOR_BOTH, NUMBER, false, 0, 0, 0xffff },
    { IPPROTO_IPV6, IPV6_UNICAST_IF, FOR_IPV6, NUMBER, false, 0, 0, LOOPBACK_INTERFACE },
};

#define OPTIONS RTL_NUMBER_OF(options)

static bool applies(const struct option *option, ADDRESS_FAMILY family)
{
    return option->families & (family == AF_INET ? FOR_IPV4 : FOR_IPV6);
}

/* Calls `fn` with a fresh unbound socket for every option of every family. */
static void for_each_option(void (*fn)(dgram socket, const struct option *option))
{
    for (int f = 0; f < 2; f++) {
        for (size_t i = 0; i < OPTIONS; i++) {
            dgram socket = opened(families[f]);

            if (applies(&options[i], families[f]))
                fn(socket, &options[i]);
            dgram_close(socket);
        }
    }
}

static void option_is(dgram socket, const struct option *option, ULONG expected)
{
    ULONG value = value_of(socket, option->level, option->name);

    if (value != expected)
        fail_msg("level %u option 0x%x: %u, not %u", option->level, option->name, value, expected);
}

static void status_is(const struct option *option, NTSTATUS status, NTSTATUS expected)
{
    if (status != expected)
        fail_msg("level %u option 0x%x: 0x%08x, not 0x%08x", option->level, option->name,
                 (unsigned)status, (unsigned)expected);
}

static void check_initial(dgram socket, const struct option *option)
{
    if (option->initial != ANY_DEFAULT)
        option_is(socket, option, option->initial);
    else
        assert_int_not_equal(value_of(socket, option->level, option->name), UNWRITTEN);
}

static void CTL_15_defaults_on_unbound_sockets(void **state)
{
    (void)state;
    for_each_option(check_initial);
}

static void set_and_get(dgram socket, const struct option *option, ULONG value)
{
    status_is(option, set(socket, option->level, option->name, value), STATUS_SUCCESS);
    option_is(socket, option, option->shape == YES_NO ? value != 0 : value);
}

static void check_round_trip(dgram socket, const struct option *option)
{
    if (option->shape == FIXED) {
        status_is(option, set(socket, option->level, option->name, option->initial),
                      STATUS_NOT_SUPPORTED);
    } else if (option->shape == YES_NO) {
        set_and_get(socket, option, 1);
        set_and_get(socket, option, 0);
        /* CTL-07: whatever is not 0. */
        set_and_get(socket, option, 2);
        set_and_get(socket, option, 0);
        set_and_get(socket, option, 0x100);
        set_and_get(socket, option, 0x80000000);
        set_and_get(socket, option, 0xffffffff);
    } else {
        set_and_get(socket, option, option->lowest);
        set_and_get(socket, option, option->highest);
        set_and_get(socket, option, option->lowest + (option->highest - option->lowest) / 2);
    }
}

static void CTL_10_get_after_set(void **state)
{
    (void)state;
    for_each_option(check_round_trip);
}

/* SO_RCVBUF and SO_SNDBUF in the driver's unit, whatever the kernel makes of them. */
static void CTL_10_buffer_sizes(void **state)
{
    static const ULONG sizes[] = { 0, 1, 4096, 65537, 0x200000, 0x7fffffff };
    dgram socket = opened(AF_INET);

    (void)state;
    for (size_t i = 0; i < RTL_NUMBER_OF(sizes); i++) {
        assert_int_equal(set(socket, SOL_SOCKET, SO_RCVBUF, sizes[i]), STATUS_SUCCESS);
        assert_int_equal(value_of(socket, SOL_SOCKET, SO_RCVBUF), sizes[i]);
        assert_int_equal(set(socket, SOL_SOCKET, SO_SNDBUF, sizes[i]), STATUS_SUCCESS);
        assert_int_equal(value_of(socket, SOL_SOCKET, SO_SNDBUF), sizes[i]);
    }
    dgram_close(socket);
}

static void check_range(dgram socket, const struct option *option)
{
    ULONG before = value_of(socket, option->level, option->name);

    if (option->shape != NUMBER || option->highest > 255)
        return;
    if (option->lowest > 0)
        status_is(option, set(socket, option->level, option->name, option->lowest - 1),
                      STATUS_INVALID_PARAMETER);
    if (option->highest == 255) {
        status_is(option, set(socket, option->level, option->name, 256),
                      STATUS_INVALID_PARAMETER);
        status_is(option, set(socket, option->level, option->name, 0x80000000),
                      STATUS_INVALID_PARAMETER);
    }
    status_is(option, set(socket, option->level, option->name, 0xffffffff),
                  STATUS_INVALID_PARAMETER);
    option_is(socket, option, before);
}

static void test_values_out_of_range(void **state)
{
    (void)state;
    for_each_option(check_range);
}

/* CTL-08, and CTL-07 for one byte. The input ends where its size says; the sanitizer guards it. */
static void check_input_sizes(dgram socket, const struct option *option)
{
    ULONG value = option->shape == YES_NO ? 1 : option->highest;

    if (option->shape == FIXED)
        return;
    for (SIZE_T size = 0; size <= 8; size++) {
        bool good = size >= 4 || (size == 1 && option->shape == YES_NO);
        unsigned char *exact = malloc(size ? size : 1);
        ULONG before = value_of(socket, option->level, option->name);

        memset(exact, 0xff, size);
        memcpy(exact, &value, size < 4 ? size : 4);
        status_is(option, set_sized(socket, option->level, option->name, exact, size),
                      good ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER);
        option_is(socket, option, good ? value : before);
        free(exact);
    }
    status_is(option, set_sized(socket, option->level, option->name, NULL, 4),
                  STATUS_INVALID_PARAMETER);
    status_is(option, set_sized(socket, option->level, option->name, NULL, 0),
                  STATUS_INVALID_PARAMETER);
}

static void CTL_08_input_sizes(void **state)
{
    (void)state;
    for_each_option(check_input_sizes);
}

static void check_one_byte(dgram socket, const struct option *option)
{
    static const UCHAR bytes[] = { 0, 1, 0x80, 0 };

    if (option->shape != YES_NO)
        return;
    for (size_t i = 0; i < sizeof(bytes); i++) {
        status_is(option, set_sized(socket, option->level, option->name, &bytes[i], 1),
                      STATUS_SUCCESS);
        option_is(socket, option, bytes[i] != 0);
    }
}

static void CTL_07_one_byte_booleans(void **state)
{
    (void)state;
    for_each_option(check_one_byte);
}

static void check_output_sizes(dgram socket, const struct option *option)
{
    for (SIZE_T size = 0; size <= 8; size++) {
        unsigned char *exact = malloc(size ? size : 1);
        SIZE_T returned;

        memset(exact, 0xcc, size);
        status_is(option, get_sized(socket, option->level, option->name, exact, size, &returned),
                      size < 4 ? STATUS_BUFFER_TOO_SMALL : STATUS_SUCCESS);
        assert_int_equal(returned, size < 4 ? 0 : 4);
        for (SIZE_T i = size < 4 ? 0 : 4; i < size; i++)
            assert_int_equal(exact[i], 0xcc);
        free(exact);
    }
    status_is(option, get_sized(socket, option->level, option->name, NULL, 4, NULL),
                  STATUS_BUFFER_TOO_SMALL);
}

static void CTL_08_output_sizes(void **state)
{
    (void)state;
    for_each_option(check_output_sizes);
}

static void check_before_bind(dgram socket, const struct option *option)
{
    bool ipv6 = option->level == IPPROTO_IPV6;
    ULONG before;
    SOCKADDR_INET address = loopback(AF_INET, 0);

    if (option->shape == FIXED)
        return;
    if (!NT_SUCCESS(bind_to(socket, &address))) {
        address = loopback(AF_INET6, 0);
        /* The bind that failed does not count. */
        status_is(option, set(socket, option->level, option->name, option->highest),
                      STATUS_SUCCESS);
        assert_int_equal(bind_to(socket, &address), STATUS_SUCCESS);
    } else {
        assert_false(ipv6);
    }
    before = value_of(socket, option->level, option->name);
    status_is(option,
                  set(socket, option->level, option->name,
                      option->shape == YES_NO ? !before : option->highest),
                  option->before_bind ? STATUS_INVALID_DEVICE_STATE : STATUS_SUCCESS);
    if (option->before_bind)
        option_is(socket, option, before);
}

static void CTL_15_what_must_precede_the_bind(void **state)
{
    (void)state;
    for_each_option(check_before_bind);
}

/* The two levels of a dual-stack socket included, which the engine does not tell apart. */
static void DGRAM_CMSG_12_reports_are_independent(void **state)
{
    static const struct {
        ULONG level, name;
    } reports[] = {
        { IPPROTO_IP, IP_PKTINFO },     { IPPROTO_IP, IP_RECVTOS },
        { IPPROTO_IP, IP_ECN },         { IPPROTO_IP, IP_HOPLIMIT },
        { IPPROTO_IPV6, IPV6_PKTINFO }, { IPPROTO_IPV6, IPV6_RECVTCLASS },
        { IPPROTO_IPV6, IPV6_ECN },     { IPPROTO_IPV6, IPV6_HOPLIMIT },
    };

    (void)state;
    for (int f = 0; f < 2; f++) {
        int count = families[f] == AF_INET6 ? 8 : 4;
        dgram socket = opened(families[f]);

        for (ULONG mask = 0; mask < 1u << count; mask++) {
            for (int i = 0; i < count; i++)
                assert_int_equal(set(socket, reports[i].level, reports[i].name, mask >> i & 1),
                                 STATUS_SUCCESS);
            for (int i = 0; i < count; i++)
                assert_int_equal(value_of(socket, reports[i].level, reports[i].name),
                                 mask >> i & 1);
        }
        dgram_close(socket);
    }
}

/* What is set for IPv4 is not set for IPv6, and the other way round. */
static void DGRAM_MC_12_halves_of_a_dual_stack_socket(void **state)
{
    static const struct {
        ULONG ipv4, ipv6, one, other;
    } cases[] = {
        { IP_TTL, IPV6_UNICAST_HOPS, 33, 44 },
        { IP_TOS, IPV6_TCLASS, 0x20, 0x40 },
        { IP_DONTFRAGMENT, IPV6_DONTFRAG, 1, 0 },
        { IP_MTU_DISCOVER, IPV6_MTU_DISCOVER, IP_PMTUDISC_PROBE, IP_PMTUDISC_DO },
        { IP_MULTICAST_TTL, IPV6_MULTICAST_HOPS, 3, 4 },
        { IP_MULTICAST_LOOP, IPV6_MULTICAST_LOOP, 0, 1 },
        { IP_UNICAST_IF, IPV6_UNICAST_IF, 0, LOOPBACK_INTERFACE },
    };
    dgram socket = opened(AF_INET6);

    (void)state;
    assert_int_equal(set(socket, IPPROTO_IPV6, IPV6_V6ONLY, 0), STATUS_SUCCESS);
    for (size_t i = 0; i < RTL_NUMBER_OF(cases); i++) {
        assert_int_equal(set(socket, IPPROTO_IP, cases[i].ipv4, cases[i].one), STATUS_SUCCESS);
        assert_int_equal(set(socket, IPPROTO_IPV6, cases[i].ipv6, cases[i].other),
                         STATUS_SUCCESS);
        assert_int_equal(value_of(socket, IPPROTO_IP, cases[i].ipv4), cases[i].one);
        assert_int_equal(value_of(socket, IPPROTO_IPV6, cases[i].ipv6), cases[i].other);
    }
    dgram_close(socket);
}

/* Two names for one state. */
static void test_mtu_discovery_and_dont_fragment(void **state)
{
    static const struct {
        ULONG discover, fragments_not;
    } cases[] = {
        { IP_PMTUDISC_DO, 1 }, { IP_PMTUDISC_DONT, 0 }, { IP_PMTUDISC_PROBE, 1 },
        { IP_PMTUDISC_NOT_SET, 0 },
    };
    dgram socket = opened(AF_INET);

    (void)state;
    for (size_t i = 0; i < RTL_NUMBER_OF(cases); i++) {
        assert_int_equal(set(socket, IPPROTO_IP, IP_MTU_DISCOVER, cases[i].discover),
                         STATUS_SUCCESS);
        assert_int_equal(value_of(socket, IPPROTO_IP, IP_DONTFRAGMENT), cases[i].fragments_not);
    }
    assert_int_equal(set(socket, IPPROTO_IP, IP_DONTFRAGMENT, 1), STATUS_SUCCESS);
    assert_int_equal(value_of(socket, IPPROTO_IP, IP_MTU_DISCOVER), IP_PMTUDISC_DO);
    assert_int_equal(set(socket, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_MAX),
                     STATUS_INVALID_PARAMETER);
    dgram_close(socket);
}

/* Windows wants a connected socket; here one that has a fixed address. */
static void test_path_mtu(void **state)
{
    dgram socket = bound(AF_INET, NULL);
    SOCKADDR_IN to = { .sin_family = AF_INET, .sin_port = RtlUshortByteSwap(9),
                       .sin_addr.s_addr = RtlUlongByteSwap(0x7f000001) };
    struct request request = { .type = WskIoctl, .code = SIO_WSK_SET_SENDTO_ADDRESS,
                               .input = &to, .input_size = sizeof(to) };
    ULONG value;

    (void)state;
    assert_int_equal(get(socket, IPPROTO_IP, IP_MTU, &value), STATUS_INVALID_DEVICE_STATE);
    assert_int_equal(control(socket, &request, NULL), STATUS_SUCCESS);
    assert_int_equal(get(socket, IPPROTO_IP, IP_MTU, &value), STATUS_SUCCESS);
    assert_true(value >= 1280);
    assert_int_equal(set(socket, IPPROTO_IP, IP_MTU, 1500), STATUS_NOT_SUPPORTED);
    dgram_close(socket);
}

/* As an index, as an address of this machine, and as something else. */
static void DGRAM_MC_07_multicast_interface_by_address(void **state)
{
    const ULONG loopback = RtlUlongByteSwap(0x7f000001);
    const ULONG index = RtlUlongByteSwap(LOOPBACK_INTERFACE);

    (void)state;
    for (int f = 0; f < 2; f++) {
        dgram socket = opened(families[f]);

        assert_int_equal(set(socket, IPPROTO_IP, IP_MULTICAST_IF, loopback), STATUS_SUCCESS);
        assert_int_equal(value_of(socket, IPPROTO_IP, IP_MULTICAST_IF), loopback);
        assert_int_equal(set(socket, IPPROTO_IP, IP_MULTICAST_IF,
                             RtlUlongByteSwap(0xc0000207)),
                         STATUS_INVALID_ADDRESS_COMPONENT);
        assert_int_equal(value_of(socket, IPPROTO_IP, IP_MULTICAST_IF), loopback);
        assert_int_equal(set(socket, IPPROTO_IP, IP_MULTICAST_IF, index), STATUS_SUCCESS);
        assert_int_equal(value_of(socket, IPPROTO_IP, IP_MULTICAST_IF), index);
        assert_int_equal(set(socket, IPPROTO_IP, IP_MULTICAST_IF, 0), STATUS_SUCCESS);
        assert_int_equal(value_of(socket, IPPROTO_IP, IP_MULTICAST_IF), 0);
        assert_int_equal(set(socket, IPPROTO_IP, IP_UNICAST_IF, loopback),
                         STATUS_INVALID_PARAMETER);
        dgram_close(socket);
    }
}

static void test_protection_level(void **state)
{
    dgram socket = opened(AF_INET6);

    (void)state;
    assert_int_equal(value_of(socket, IPPROTO_IPV6, IPV6_PROTECTION_LEVEL),
                     PROTECTION_LEVEL_DEFAULT);
    assert_int_equal(set(socket, IPPROTO_IPV6, IPV6_PROTECTION_LEVEL, PROTECTION_LEVEL_RESTRICTED),
                     STATUS_SUCCESS);
    assert_int_equal(value_of(socket, IPPROTO_IPV6, IPV6_PROTECTION_LEVEL),
                     PROTECTION_LEVEL_RESTRICTED);
    dgram_close(socket);
}

static void CTL_14_optional_ioctls(void **state)
{
    dgram socket = opened(AF_INET);
    ULONG off = 0;
    RSS_SCALABILITY_INFO rss = { .RssEnabled = TRUE };
    struct request connreset = { .type = WskIoctl, .code = SIO_UDP_CONNRESET, .input = &off,
                                 .input_size = sizeof(off) };
    struct request query = { .type = WskIoctl, .code = SIO_QUERY_RSS_SCALABILITY_INFO,
                             .output = &rss, .output_size = sizeof(rss) };

    (void)state;
    assert_int_equal(control(socket, &connreset, NULL), STATUS_SUCCESS);
    connreset.input_size = 1;
    assert_int_equal(control(socket, &connreset, NULL), STATUS_INVALID_PARAMETER);
    assert_int_equal(control(socket, &query, NULL), STATUS_SUCCESS);
    assert_false(rss.RssEnabled);
    query.output_size = 0;
    assert_int_equal(control(socket, &query, NULL), STATUS_BUFFER_TOO_SMALL);
    dgram_close(socket);
}

static void CTL_09_options_of_the_other_family(void **state)
{
    (void)state;
    for (int f = 0; f < 2; f++) {
        dgram socket = opened(families[f]);
        ULONG value;

        for (size_t i = 0; i < OPTIONS; i++) {
            if (applies(&options[i], families[f]))
                continue;
            status_is(&options[i], set(socket, options[i].level, options[i].name, 1),
                          STATUS_NOT_SUPPORTED);
            status_is(&options[i], get(socket, options[i].level, options[i].name, &value),
                          STATUS_NOT_SUPPORTED);
            assert_int_equal(value, UNWRITTEN);
        }
        dgram_close(socket);
    }
}

static void CTL_09_unknown_options(void **state)
{
    static const struct {
        ULONG level, name;
    } rows[] = {
        { SOL_SOCKET, 0 }, { SOL_SOCKET, 0xffffffff }, { SOL_SOCKET, SO_LINGER },
        { IPPROTO_IP, 0xffff }, { IPPROTO_IPV6, 0xffff }, { IPPROTO_UDP, 0xffff },
        { IPPROTO_TCP, 1 }, { 0x7777, 1 }, { 0xffffffff, SO_BROADCAST },
        /* The host's SOL_SOCKET with its SO_BROADCAST; its IPV6_V6ONLY. */
        { 1, 6 }, { IPPROTO_IPV6, 26 },
    };

    (void)state;
    for (int f = 0; f < 2; f++) {
        dgram socket = opened(families[f]);

        for (size_t i = 0; i < RTL_NUMBER_OF(rows); i++) {
            ULONG value;
            NTSTATUS status = set(socket, rows[i].level, rows[i].name, 1);

            if (status != STATUS_NOT_SUPPORTED)
                fail_msg("row %zu: 0x%08x", i, (unsigned)status);
            assert_int_equal(get(socket, rows[i].level, rows[i].name, &value),
                             STATUS_NOT_SUPPORTED);
            assert_int_equal(value, UNWRITTEN);
        }
        dgram_close(socket);
    }
}

static void CTL_09_unknown_ioctls(void **state)
{
    static const ULONG codes[] = {
        0, 1, 0xffffffff, SIO_WSK_REGISTER_EXTENSION, SIO_WSK_QUERY_RECEIVE_BACKLOG,
        SIO_WSK_QUERY_IDEAL_SEND_BACKLOG, SIO_WSK_QUERY_INSPECT_ID, SIO_WSK_SET_TCP_SILENT_MODE,
        SO_BROADCAST,
    };
    dgram socket = bound(AF_INET, NULL);

    (void)state;
    for (size_t i = 0; i < RTL_NUMBER_OF(codes); i++) {
        ULONG data[16];
        const struct request request = {
            .type = WskIoctl, .code = codes[i], .input = data, .input_size = sizeof(data),
            .output = data, .output_size = sizeof(data),
        };

        memset(data, 0xcc, sizeof(data));
        assert_int_equal(control(socket, &request, NULL), STATUS_NOT_SUPPORTED);
        assert_int_equal(data[0], UNWRITTEN);
    }
    dgram_close(socket);
}

static void CTL_01_unknown_request_types(void **state)
{
    static const int types[] = { WskControlMax, 4, 99, 0x7fffffff, -1 };
    dgram socket = bound(AF_INET, NULL);

    (void)state;
    assert_int_equal(WskSetOption, 0);
    assert_int_equal(WskGetOption, 1);
    assert_int_equal(WskIoctl, 2);
    for (size_t i = 0; i < RTL_NUMBER_OF(types); i++) {
        ULONG value = 1;
        const struct request request = {
            .type = (WSK_CONTROL_SOCKET_TYPE)types[i], .code = SO_BROADCAST, .level = SOL_SOCKET,
            .input = &value, .input_size = 4, .output = &value, .output_size = 4,
        };

        assert_int_equal(control(socket, &request, NULL), STATUS_INVALID_PARAMETER);
    }
    assert_int_equal(value_of(socket, SOL_SOCKET, SO_BROADCAST), 0);
    dgram_close(socket);
}

static void CTL_06_the_input_is_copied(void **state)
{
    dgram socket = opened(AF_INET);
    ULONG *value = malloc(sizeof(*value));
    struct call call;
    NTSTATUS status;

    (void)state;
    *value = 1;
    call_init(&call);
    status = socket.d->WskControlSocket(socket.socket, WskSetOption, SO_BROADCAST, SOL_SOCKET,
                                        sizeof(*value), value, 0, NULL, NULL, IRP(&call));
    memset(value, 0, sizeof(*value));
    free(value);
    assert_int_equal(call_wait(&call, status), STATUS_SUCCESS);
    assert_int_equal(value_of(socket, SOL_SOCKET, SO_BROADCAST), 1);
    call_free(&call);
    dgram_close(socket);
}

/* IRP-15: nothing of a former life stays in the IRP. */
static void CTL_03_information(void **state)
{
    dgram socket = opened(AF_INET);
    ULONG value = 1;
    struct call call;

    (void)state;
    call_init(&call);
    assert_int_equal(CALL(&call, socket.d->WskControlSocket(socket.socket, WskSetOption,
                                                            SO_BROADCAST, SOL_SOCKET, 4, &value, 0,
                                                            NULL, NULL, IRP(&call))),
                     STATUS_SUCCESS);
    assert_int_equal(call.information, 0);
    assert_int_equal(CALL(&call, socket.d->WskControlSocket(socket.socket, WskGetOption,
                                                            SO_BROADCAST, SOL_SOCKET, 0, NULL, 4,
                                                            &value, NULL, IRP(&call))),
                     STATUS_SUCCESS);
    assert_int_equal(call.information, 4);
    call_free(&call);
    dgram_close(socket);
}

/* --- An event that is being disabled --------------------------------------------------------- */

struct disabling {
    struct wsk_socket *socket;
    KEVENT called, completed;
    SIZE_T returned;
};

#define MARK ((SIZE_T)0x1234)

/* Ends when it has been disabled, and without a word from the thread that did it. */
static NTSTATUS WSKAPI until_disabled(PVOID context, ULONG flags, PWSK_DATAGRAM_INDICATION list)
{
    struct disabling *self = context;
    bool on;

    (void)flags;
    (void)list;
    KeSetEvent(&self->called, IO_NO_INCREMENT, FALSE);
    do {
        os_yield();
        base_lock_acquire(&self->socket->lock);
        on = self->socket->event_on;
        base_lock_release(&self->socket->lock);
    } while (on);
    return STATUS_SUCCESS;
}

static NTSTATUS disabled(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    struct disabling *self = context;

    (void)device;
    (void)irp;
    self->returned = MARK;
    KeSetEvent(&self->completed, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

/* The place is the driver's from then on; the thread sanitizer sees who writes later. */
static void IRP_27_the_size_is_written_before_the_completion(void **state)
{
    static const WSK_CLIENT_DATAGRAM_DISPATCH callbacks = { until_disabled };
    NPIID id = NPI_WSK_INTERFACE_ID;
    WSK_EVENT_CALLBACK_CONTROL off = { &id, WSK_EVENT_RECEIVE_FROM | WSK_EVENT_DISABLE };
    PIRP irp = IoAllocateIrp(1, FALSE);
    struct disabling self;
    SOCKADDR_INET local;
    dgram socket;

    (void)state;
    KeInitializeEvent(&self.called, NotificationEvent, FALSE);
    KeInitializeEvent(&self.completed, NotificationEvent, FALSE);
    socket = dgram_bound(&client, AF_INET, &self, &callbacks, &local);
    self.socket = (struct wsk_socket *)socket.socket;
    assert_int_equal(dgram_event(socket, WSK_EVENT_RECEIVE_FROM), STATUS_SUCCESS);
    assert_int_equal(dgram_send(socket, "d", 1, &local), STATUS_SUCCESS);
    KeWaitForSingleObject(&self.called, Executive, KernelMode, FALSE, NULL);
    IoSetCompletionRoutine(irp, disabled, &self, TRUE, TRUE, TRUE);
    assert_int_equal(socket.d->WskControlSocket(socket.socket, WskSetOption, SO_WSK_EVENT_CALLBACK,
                                                SOL_SOCKET, sizeof(off), &off, 0, NULL,
                                                &self.returned, irp),
                     STATUS_PENDING);
    KeWaitForSingleObject(&self.completed, Executive, KernelMode, FALSE, NULL);
    assert_int_equal(self.returned, MARK);
    IoFreeIrp(irp);
    dgram_close(socket);
}

static void test_options_at_dispatch_level(void **state)
{
    dgram socket = opened(AF_INET6);
    struct call call;
    ULONG value = 0;
    KIRQL irql;
    NTSTATUS status;

    (void)state;
    call_init(&call);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    assert_int_equal(socket.d->WskControlSocket(socket.socket, WskSetOption, IPV6_V6ONLY,
                                                IPPROTO_IPV6, 4, &value, 0, NULL, NULL, NULL),
                     STATUS_SUCCESS);
    value = 7;
    status = socket.d->WskControlSocket(socket.socket, WskGetOption, IPV6_V6ONLY, IPPROTO_IPV6, 0,
                                        NULL, 4, &value, NULL, IRP(&call));
    KeLowerIrql(irql);
    assert_int_equal(call_wait(&call, status), STATUS_SUCCESS);
    assert_int_equal(value, 0);
    call_free(&call);
    dgram_close(socket);
}

/* CTL-15: a driver asks a basic socket what the transport can. */
static void CTL_15_basic_sockets(void **state)
{
    NPIID id = NPI_WSK_INTERFACE_ID;
    WSK_EVENT_CALLBACK_CONTROL events = { &id, WSK_EVENT_RECEIVE_FROM };
    SOCKADDR_INET address = loopback(AF_INET, 9);
    const WSK_PROVIDER_BASIC_DISPATCH *d;
    PWSK_SOCKET socket;
    struct call call;
    ULONG value = 40;

    (void)state;
    call_init(&call);
    assert_int_equal(CALL(&call, client.npi.Dispatch->WskSocket(
                                     client.npi.Client, AF_INET, SOCK_DGRAM, IPPROTO_UDP,
                                     WSK_FLAG_BASIC_SOCKET, NULL, NULL, NULL, NULL, NULL,
                                     IRP(&call))),
                     STATUS_SUCCESS);
    socket = (PWSK_SOCKET)call.information;
    d = socket->Dispatch;
    assert_int_equal(d->WskControlSocket(socket, WskSetOption, IP_TOS, IPPROTO_IP, 4, &value, 0,
                                         NULL, NULL, NULL),
                     STATUS_SUCCESS);
    value = 0;
    assert_int_equal(d->WskControlSocket(socket, WskGetOption, IP_TOS, IPPROTO_IP, 0, NULL, 4,
                                         &value, NULL, NULL),
                     STATUS_SUCCESS);
    assert_int_equal(value, 40);
    assert_int_equal(d->WskControlSocket(socket, WskSetOption, SO_WSK_EVENT_CALLBACK, SOL_SOCKET,
                                         sizeof(events), &events, 0, NULL, NULL, NULL),
                     STATUS_INVALID_DEVICE_REQUEST);
    /* DGRAM-FIX-03 */
    assert_int_equal(d->WskControlSocket(socket, WskIoctl, SIO_WSK_SET_REMOTE_ADDRESS, 0,
                                         sizeof(address), &address, 0, NULL, NULL, NULL),
                     STATUS_INVALID_DEVICE_REQUEST);
    assert_int_equal(d->WskControlSocket(socket, WskIoctl, SIO_WSK_SET_SENDTO_ADDRESS, 0, 0, NULL,
                                         0, NULL, NULL, NULL),
                     STATUS_INVALID_DEVICE_REQUEST);
    assert_int_equal(CALL(&call, d->WskCloseSocket(socket, IRP(&call))), STATUS_SUCCESS);
    call_free(&call);
}

/* --- Options have effects --------------------------------------------------------------------- */

/* Receives one datagram with its control data; returns the value of an item, or -1. */
static INT receive_item(dgram socket, INT level, INT type)
{
    _Alignas(8) unsigned char bytes[256];
    ULONG length = sizeof(bytes);
    char byte;
    WSK_BUF buffer = buffer_over(&byte, 1);
    struct call call;
    INT value = -1;

    call_init(&call);
    assert_int_equal(CALL(&call, socket.d->WskReceiveFrom(socket.socket, &buffer, 0, NULL, &length,
                                                          (PCMSGHDR)(PVOID)bytes, NULL,
                                                          IRP(&call))),
                     STATUS_SUCCESS);
    for (size_t at = 0; at < length;) {
        CMSGHDR header;

        memcpy(&header, bytes + at, sizeof(header));
        if (header.cmsg_level == level && header.cmsg_type == type)
            memcpy(&value, bytes + at + sizeof(header), sizeof(value));
        at += WSA_CMSGHDR_ALIGN(header.cmsg_len);
    }
    call_free(&call);
    buffer_free(&buffer);
    return value;
}

static INT item_after_send(dgram socket, const SOCKADDR_INET *to, INT level, INT type)
{
    assert_int_equal(dgram_send(socket, "e", 1, to), STATUS_SUCCESS);
    return receive_item(socket, level, type);
}

static void test_traffic_class_and_hops(void **state)
{
    static const struct {
        ULONG level, tos, hops, receive_tos, ecn, receive_hops;
        INT tos_item, hops_item;
    } rows[] = {
        { IPPROTO_IP, IP_TOS, IP_TTL, IP_RECVTOS, IP_ECN, IP_HOPLIMIT, IP_TOS, IP_TTL },
        { IPPROTO_IPV6, IPV6_TCLASS, IPV6_UNICAST_HOPS, IPV6_RECVTCLASS, IPV6_ECN, IPV6_HOPLIMIT,
          IPV6_TCLASS, IPV6_HOPLIMIT },
    };

    (void)state;
    for (int f = 0; f < 2; f++) {
        const INT level = (INT)rows[f].level;
        const INT ecn = (INT)rows[f].ecn;
        SOCKADDR_INET local;
        dgram socket = bound(families[f], &local);

        assert_int_equal(set(socket, level, rows[f].tos, 0xb9), STATUS_SUCCESS);
        assert_int_equal(set(socket, level, rows[f].hops, 33), STATUS_SUCCESS);
        assert_int_equal(item_after_send(socket, &local, level, rows[f].tos_item), -1);
        assert_int_equal(set(socket, level, rows[f].receive_tos, 1), STATUS_SUCCESS);
        assert_int_equal(item_after_send(socket, &local, level, rows[f].tos_item), 0xb9);
        assert_int_equal(item_after_send(socket, &local, level, ecn), -1);
        assert_int_equal(set(socket, level, rows[f].ecn, 1), STATUS_SUCCESS);
        assert_int_equal(item_after_send(socket, &local, level, ecn), 1);
        /* Off again: the other of the two, which needs the same from the kernel, stays on. */
        assert_int_equal(set(socket, level, rows[f].receive_tos, 0), STATUS_SUCCESS);
        assert_int_equal(item_after_send(socket, &local, level, ecn), 1);
        assert_int_equal(item_after_send(socket, &local, level, rows[f].tos_item), -1);
        assert_int_equal(item_after_send(socket, &local, level, rows[f].hops_item), -1);
        assert_int_equal(set(socket, level, rows[f].receive_hops, 1), STATUS_SUCCESS);
        assert_int_equal(item_after_send(socket, &local, level, rows[f].hops_item), 33);
        assert_int_equal(set(socket, level, rows[f].receive_hops, 0), STATUS_SUCCESS);
        assert_int_equal(item_after_send(socket, &local, level, rows[f].hops_item), -1);
        dgram_close(socket);
    }
}

/* DGRAM-CMSG-13: set before the bind, it holds from the first datagram on. */
static void DGRAM_CMSG_13_reports_before_the_bind(void **state)
{
    (void)state;
    for (int f = 0; f < 2; f++) {
        const ULONG level = f ? IPPROTO_IPV6 : IPPROTO_IP;
        SOCKADDR_INET address = loopback(families[f], 0);
        dgram socket = opened(families[f]);
        struct call call;

        assert_int_equal(set(socket, level, f ? IPV6_PKTINFO : IP_PKTINFO, 1), STATUS_SUCCESS);
        assert_int_equal(bind_to(socket, &address), STATUS_SUCCESS);
        call_init(&call);
        assert_int_equal(CALL(&call, socket.d->WskGetLocalAddress(
                                         socket.socket, (PSOCKADDR)&address, IRP(&call))),
                         STATUS_SUCCESS);
        call_free(&call);
        assert_int_not_equal(item_after_send(socket, &address, (INT)level,
                                             f ? IPV6_PKTINFO : IP_PKTINFO),
                             -1);
        dgram_close(socket);
    }
}

static void test_broadcast(void **state)
{
    SOCKADDR_INET to = loopback(AF_INET, 9);
    dgram socket = bound(AF_INET, NULL);

    (void)state;
    memcpy(&to.Ipv4.sin_addr, "\x7f\xff\xff\xff", 4);
    assert_int_equal(dgram_send(socket, "b", 1, &to), STATUS_ACCESS_DENIED);
    assert_int_equal(set(socket, SOL_SOCKET, SO_BROADCAST, 1), STATUS_SUCCESS);
    assert_int_equal(dgram_send(socket, "b", 1, &to), STATUS_SUCCESS);
    assert_int_equal(set(socket, SOL_SOCKET, SO_BROADCAST, 0), STATUS_SUCCESS);
    assert_int_equal(dgram_send(socket, "b", 1, &to), STATUS_ACCESS_DENIED);
    dgram_close(socket);
}

static void test_reuse_address(void **state)
{
    SOCKADDR_INET address = loopback(AF_INET, 0);
    dgram first = opened(AF_INET);
    dgram second = opened(AF_INET);
    struct call call;

    (void)state;
    assert_int_equal(set(first, SOL_SOCKET, SO_REUSEADDR, 1), STATUS_SUCCESS);
    assert_int_equal(set(second, SOL_SOCKET, SO_REUSEADDR, 1), STATUS_SUCCESS);
    assert_int_equal(bind_to(first, &address), STATUS_SUCCESS);
    call_init(&call);
    assert_int_equal(CALL(&call, first.d->WskGetLocalAddress(first.socket, (PSOCKADDR)&address,
                                                             IRP(&call))),
                     STATUS_SUCCESS);
    call_free(&call);
    assert_int_equal(bind_to(second, &address), STATUS_SUCCESS);
    dgram_close(first);
    dgram_close(second);
}

/* What the kernel refuses stays as it was, and is said. */
static void test_the_kernel_refuses(void **state)
{
    struct script *script = script_create();
    const ULONG names[] = { IP_RECVTOS, IP_HOPLIMIT };
    ULONG on = 1, off = 0;
    dgram socket;

    (void)state;
    client_start(&client, script_port(script));
    socket = opened(AF_INET);
    script_fail(script, SCRIPT_OPTION, 1, 1, EPERM);
    assert_int_equal(socket.d->WskControlSocket(socket.socket, WskSetOption, SO_BROADCAST,
                                                SOL_SOCKET, 4, &on, 0, NULL, NULL, NULL),
                     STATUS_ACCESS_DENIED);
    for (int i = 0; i < 2; i++) {
        for (ULONG before = 0; before < 2; before++) {
            assert_int_equal(set(socket, IPPROTO_IP, names[i], before), STATUS_SUCCESS);
            script_fail(script, SCRIPT_OPTION, 1, 1, EPERM);
            assert_int_equal(socket.d->WskControlSocket(socket.socket, WskSetOption, names[i],
                                                        IPPROTO_IP, 4, &on, 0, NULL, NULL, NULL),
                             STATUS_ACCESS_DENIED);
            assert_int_equal(value_of(socket, IPPROTO_IP, names[i]), before);
            script_fail(script, SCRIPT_OPTION, 1, 1, EPERM);
            assert_int_equal(socket.d->WskControlSocket(socket.socket, WskSetOption, names[i],
                                                        IPPROTO_IP, 4, &off, 0, NULL, NULL, NULL),
                             STATUS_ACCESS_DENIED);
            assert_int_equal(value_of(socket, IPPROTO_IP, names[i]), before);
        }
    }
    dgram_close(socket);
    client_stop(&client);
    script_destroy(script);
}

/* Two threads that switch a report at the same moment, again and again. */
#define MEETINGS 500u

struct meeting {
    dgram socket;
    _Atomic uint32_t begun, ended;
};

static void switch_report(dgram socket, ULONG name, ULONG value)
{
    (void)!socket.d->WskControlSocket(socket.socket, WskSetOption, name, IPPROTO_IP, sizeof(value),
                                      &value, 0, NULL, NULL, NULL);
}

static void ecn_member(void *context, unsigned index)
{
    struct meeting *meeting = context;

    (void)index;
    for (uint32_t round = 1; round <= MEETINGS; round++) {
        /* Spins, to be there when the other thread is. */
        for (unsigned turn = 1; atomic_load(&meeting->begun) != round; turn++) {
            if (turn % 10000 == 0)
                os_yield();
        }
        switch_report(meeting->socket, IP_ECN, 0);
        atomic_store(&meeting->ended, round);
    }
}

/* One option of the kernel serves both reports: who switches off must not undo who switches on. */
static void test_reports_of_two_threads(void **state)
{
    struct meeting meeting = { .begun = 0, .ended = 0 };
    SOCKADDR_INET local;
    struct crew crew;
    unsigned lost = 0;

    (void)state;
    meeting.socket = bound(AF_INET, &local);
    crew_start(&crew, 1, ecn_member, &meeting);
    for (uint32_t round = 1; round <= MEETINGS; round++) {
        switch_report(meeting.socket, IP_ECN, 1);
        switch_report(meeting.socket, IP_RECVTOS, 0);
        atomic_store(&meeting.begun, round);
        switch_report(meeting.socket, IP_RECVTOS, 1);
        while (atomic_load(&meeting.ended) != round)
            os_yield();
        lost += item_after_send(meeting.socket, &local, IPPROTO_IP, IP_TOS) != 0;
    }
    crew_join(&crew);
    assert_int_equal(lost, 0);
    dgram_close(meeting.socket);
}

/* --- Fixed addresses -------------------------------------------------------------------------- */

static NTSTATUS fix_sized(dgram socket, ULONG code, ULONG level, const void *address, SIZE_T size)
{
    struct call call;
    NTSTATUS status;

    call_init(&call);
    status = CALL(&call, socket.d->WskControlSocket(socket.socket, WskIoctl, code, level, size,
                                                    (PVOID)(uintptr_t)address, 0, NULL, NULL,
                                                    IRP(&call)));
    assert_int_equal(call.information, 0);
    call_free(&call);
    return status;
}

static void fix(dgram socket, ULONG code, const SOCKADDR_INET *address)
{
    assert_int_equal(fix_sized(socket, code, 0, address,
                               address->si_family == AF_INET ? sizeof(SOCKADDR_IN)
                                                             : sizeof(SOCKADDR_IN6)),
                     STATUS_SUCCESS);
}

static void fix_remote(dgram socket, const SOCKADDR_INET *address)
{
    fix(socket, SIO_WSK_SET_REMOTE_ADDRESS, address);
}

static void fix_destination(dgram socket, const SOCKADDR_INET *address)
{
    fix(socket, SIO_WSK_SET_SENDTO_ADDRESS, address);
}

static void unfix(dgram socket, ULONG code)
{
    assert_int_equal(fix_sized(socket, code, 0, NULL, 0), STATUS_SUCCESS);
}

/* A socket of ours with two ordinary ones that talk to it. */
struct trio {
    dgram socket;
    SOCKADDR_INET local;
    struct peer a, b;
    SOCKADDR_INET address_a, address_b;
};

static void trio_open(struct trio *trio, ADDRESS_FAMILY family)
{
    trio->socket = bound(family, &trio->local);
    peer_open(&trio->a, family == AF_INET6);
    peer_open(&trio->b, family == AF_INET6);
    trio->address_a = loopback(family, trio->a.port);
    trio->address_b = loopback(family, trio->b.port);
}

static void trio_close(struct trio *trio)
{
    peer_close(&trio->a);
    peer_close(&trio->b);
    dgram_close(trio->socket);
}

static void say(struct trio *trio, struct peer *peer, char what)
{
    peer_send(peer, &what, 1, port_of(&trio->local));
}

/* What gets through next. Loopback keeps the order: what should not come would come first. */
static char hear(dgram socket)
{
    char byte = '?';
    size_t size = 1;

    assert_int_equal(dgram_receive(socket, &byte, &size, NULL), STATUS_SUCCESS);
    assert_int_equal(size, 1);
    return byte;
}

static NTSTATUS send_without_address(dgram socket, char what)
{
    return dgram_send(socket, &what, 1, NULL);
}

static void expect_at(struct peer *peer, char what)
{
    char byte = '?';

    assert_int_equal(peer_receive(peer, &byte, 1, NULL), 1);
    assert_int_equal(byte, what);
}

static void DGRAM_FIX_01_remote_address(void **state)
{
    (void)state;
    for (int f = 0; f < 2; f++) {
        struct trio trio;

        trio_open(&trio, families[f]);
        fix_remote(trio.socket, &trio.address_a);
        assert_int_equal(send_without_address(trio.socket, '1'), STATUS_SUCCESS);
        expect_at(&trio.a, '1');
        for (int i = 0; i < 5; i++) {
            say(&trio, &trio.b, 'b');
            say(&trio, &trio.b, 'b');
            say(&trio, &trio.a, (char)('0' + i));
            assert_int_equal(hear(trio.socket), '0' + i);
        }
        trio_close(&trio);
    }
}

/* The address is right and the port is not. */
static void DGRAM_FIX_01_the_port_counts(void **state)
{
    struct trio trio;
    SOCKADDR_INET other_address;

    (void)state;
    trio_open(&trio, AF_INET);
    /* The port is right and the address is not. */
    other_address = trio.address_a;
    memcpy(&other_address.Ipv4.sin_addr, "\x7f\0\0\2", 4);
    fix_remote(trio.socket, &other_address);
    say(&trio, &trio.a, 'x');
    fix_remote(trio.socket, &trio.address_b);
    say(&trio, &trio.a, 'y');
    say(&trio, &trio.b, 'b');
    assert_int_equal(hear(trio.socket), 'b');
    trio_close(&trio);
}

/* A waiting IRP is not spent on what is filtered out. */
static void DGRAM_FIX_01_a_waiting_request_goes_on_waiting(void **state)
{
    struct trio trio;
    struct call call;
    char byte = '?';
    WSK_BUF buffer = buffer_over(&byte, 1);
    NTSTATUS status;

    (void)state;
    trio_open(&trio, AF_INET);
    fix_remote(trio.socket, &trio.address_a);
    call_init(&call);
    status = trio.socket.d->WskReceiveFrom(trio.socket.socket, &buffer, 0, NULL, NULL, NULL, NULL,
                                           IRP(&call));
    for (int i = 0; i < 200; i++)
        say(&trio, &trio.b, 'b');
    say(&trio, &trio.a, 'a');
    assert_int_equal(call_wait(&call, status), STATUS_SUCCESS);
    assert_int_equal(byte, 'a');
    call_free(&call);
    buffer_free(&buffer);
    trio_close(&trio);
}

struct listener {
    KEVENT marked;
    _Atomic uint32_t strangers;
};

static NTSTATUS WSKAPI receive_from_event(PVOID context, ULONG flags, PWSK_DATAGRAM_INDICATION list)
{
    struct listener *listener = context;

    (void)flags;
    for (; list; list = list->Next) {
        char byte = *(char *)MmGetSystemAddressForMdlSafe(list->Buffer.Mdl, NormalPagePriority);

        if (byte == 'b')
            atomic_fetch_add(&listener->strangers, 1);
        if (byte == 'm')
            KeSetEvent(&listener->marked, IO_NO_INCREMENT, FALSE);
    }
    return STATUS_SUCCESS;
}

static void DGRAM_FIX_01_events_are_filtered_too(void **state)
{
    static const WSK_CLIENT_DATAGRAM_DISPATCH callbacks = { receive_from_event };
    struct listener listener;
    struct trio trio;

    (void)state;
    atomic_store(&listener.strangers, 0);
    KeInitializeEvent(&listener.marked, NotificationEvent, FALSE);
    trio_open(&trio, AF_INET);
    dgram_close(trio.socket);
    trio.socket = dgram_bound(&client, AF_INET, &listener, &callbacks, &trio.local);
    fix_remote(trio.socket, &trio.address_a);
    assert_int_equal(dgram_event(trio.socket, WSK_EVENT_RECEIVE_FROM), STATUS_SUCCESS);
    for (int i = 0; i < 100; i++) {
        say(&trio, &trio.b, 'b');
        say(&trio, &trio.a, 'a');
    }
    say(&trio, &trio.b, 'b');
    say(&trio, &trio.a, 'm');
    KeWaitForSingleObject(&listener.marked, Executive, KernelMode, FALSE, NULL);
    assert_int_equal(atomic_load(&listener.strangers), 0);
    trio_close(&trio);
}

static void DGRAM_FIX_02_destination_address(void **state)
{
    (void)state;
    for (int f = 0; f < 2; f++) {
        struct trio trio;

        trio_open(&trio, families[f]);
        fix_destination(trio.socket, &trio.address_a);
        assert_int_equal(send_without_address(trio.socket, '2'), STATUS_SUCCESS);
        expect_at(&trio.a, '2');
        say(&trio, &trio.b, 'b');
        say(&trio, &trio.a, 'a');
        assert_int_equal(hear(trio.socket), 'b');
        assert_int_equal(hear(trio.socket), 'a');
        trio_close(&trio);
    }
}

static void DGRAM_FIX_04_input_sizes(void **state)
{
    static const ULONG codes[] = { SIO_WSK_SET_REMOTE_ADDRESS, SIO_WSK_SET_SENDTO_ADDRESS };

    (void)state;
    for (int f = 0; f < 2; f++) {
        SIZE_T needed = f ? 28 : 16;
        struct trio trio;

        trio_open(&trio, families[f]);
        for (int c = 0; c < 2; c++) {
            unsigned char large[128] = { 0 };

            fix(trio.socket, codes[c], &trio.address_a);
            memcpy(large, &trio.address_b, sizeof(trio.address_b));
            for (SIZE_T size = 1; size < needed; size++) {
                void *exact = malloc(size);

                memcpy(exact, large, size);
                assert_int_equal(fix_sized(trio.socket, codes[c], 0, exact, size),
                                 STATUS_INVALID_PARAMETER);
                free(exact);
            }
            assert_int_equal(fix_sized(trio.socket, codes[c], 0, NULL, needed),
                             STATUS_INVALID_PARAMETER);
            /* What was refused changed nothing. */
            assert_int_equal(send_without_address(trio.socket, 'a'), STATUS_SUCCESS);
            expect_at(&trio.a, 'a');
            for (SIZE_T size = needed; size <= sizeof(large); size += 28 - 16) {
                assert_int_equal(fix_sized(trio.socket, codes[c], 0, large, size), STATUS_SUCCESS);
                assert_int_equal(send_without_address(trio.socket, 'b'), STATUS_SUCCESS);
                expect_at(&trio.b, 'b');
            }
        }
        trio_close(&trio);
    }
}

static void DGRAM_FIX_04_other_families(void **state)
{
    (void)state;
    for (int f = 0; f < 2; f++) {
        SOCKADDR_INET other = loopback(families[1 - f], 9);
        SOCKADDR_INET none;
        struct trio trio;

        memset(&none, 0, sizeof(none));
        trio_open(&trio, families[f]);
        fix_remote(trio.socket, &trio.address_a);
        assert_int_equal(fix_sized(trio.socket, SIO_WSK_SET_REMOTE_ADDRESS, 0, &other,
                                   sizeof(other)),
                         STATUS_INVALID_ADDRESS_COMPONENT);
        assert_int_equal(fix_sized(trio.socket, SIO_WSK_SET_SENDTO_ADDRESS, 0, &none, sizeof(none)),
                         STATUS_INVALID_ADDRESS_COMPONENT);
        assert_int_equal(send_without_address(trio.socket, 'a'), STATUS_SUCCESS);
        expect_at(&trio.a, 'a');
        trio_close(&trio);
    }
}

static void DGRAM_FIX_05_the_level_is_ignored(void **state)
{
    static const ULONG levels[] = { 0, SOL_SOCKET, IPPROTO_UDP, 0xffffffff };
    struct trio trio;

    (void)state;
    trio_open(&trio, AF_INET);
    for (size_t i = 0; i < RTL_NUMBER_OF(levels); i++) {
        const SOCKADDR_INET *address = i & 1 ? &trio.address_b : &trio.address_a;

        assert_int_equal(fix_sized(trio.socket, SIO_WSK_SET_REMOTE_ADDRESS, levels[i], address, 16),
                         STATUS_SUCCESS);
        assert_int_equal(send_without_address(trio.socket, 'l'), STATUS_SUCCESS);
        expect_at(i & 1 ? &trio.b : &trio.a, 'l');
    }
    trio_close(&trio);
}

/* CTL-05: nothing here has to wait, so it works without an IRP as well. */
static void CTL_05_without_an_irp(void **state)
{
    struct trio trio;
    SIZE_T returned = ~(SIZE_T)0;

    (void)state;
    trio_open(&trio, AF_INET);
    assert_int_equal(trio.socket.d->WskControlSocket(trio.socket.socket, WskIoctl,
                                                     SIO_WSK_SET_REMOTE_ADDRESS, 0, 16,
                                                     &trio.address_a, 0, NULL, &returned, NULL),
                     STATUS_SUCCESS);
    assert_int_equal(returned, 0);
    assert_int_equal(send_without_address(trio.socket, 'n'), STATUS_SUCCESS);
    expect_at(&trio.a, 'n');
    trio_close(&trio);
}

static void DGRAM_FIX_06_clearing(void **state)
{
    static const ULONG codes[] = { SIO_WSK_SET_REMOTE_ADDRESS, SIO_WSK_SET_SENDTO_ADDRESS };
    struct trio trio;

    (void)state;
    trio_open(&trio, AF_INET);
    for (int c = 0; c < 2; c++) {
        unfix(trio.socket, codes[c]); /* nothing was set */
        assert_int_equal(send_without_address(trio.socket, 'x'), STATUS_INVALID_PARAMETER);
        fix(trio.socket, codes[c], &trio.address_a);
        assert_int_equal(send_without_address(trio.socket, 'x'), STATUS_SUCCESS);
        expect_at(&trio.a, 'x');
        unfix(trio.socket, codes[c]);
        assert_int_equal(send_without_address(trio.socket, 'x'), STATUS_INVALID_PARAMETER);
        say(&trio, &trio.b, 'b');
        assert_int_equal(hear(trio.socket), 'b');
        unfix(trio.socket, codes[c]);
    }
    trio_close(&trio);
}

static void DGRAM_FIX_07_setting_again_replaces(void **state)
{
    struct trio trio;

    (void)state;
    trio_open(&trio, AF_INET6);
    fix_remote(trio.socket, &trio.address_a);
    fix_remote(trio.socket, &trio.address_b);
    assert_int_equal(send_without_address(trio.socket, '7'), STATUS_SUCCESS);
    expect_at(&trio.b, '7');
    say(&trio, &trio.a, 'a');
    say(&trio, &trio.b, 'b');
    assert_int_equal(hear(trio.socket), 'b');
    fix_destination(trio.socket, &trio.address_b);
    fix_destination(trio.socket, &trio.address_a);
    assert_int_equal(send_without_address(trio.socket, '8'), STATUS_SUCCESS);
    expect_at(&trio.a, '8');
    trio_close(&trio);
}

static void DGRAM_FIX_08_sending_elsewhere(void **state)
{
    struct trio trio;

    (void)state;
    trio_open(&trio, AF_INET);
    fix_remote(trio.socket, &trio.address_a);
    assert_int_equal(dgram_send(trio.socket, "8", 1, &trio.address_b), STATUS_SUCCESS);
    expect_at(&trio.b, '8');
    say(&trio, &trio.b, 'b'); /* the answer */
    say(&trio, &trio.a, 'a');
    assert_int_equal(hear(trio.socket), 'a');
    /* That address did not become the fixed one. */
    assert_int_equal(send_without_address(trio.socket, '9'), STATUS_SUCCESS);
    expect_at(&trio.a, '9');
    trio_close(&trio);
}

static void DGRAM_FIX_09_answers_from_elsewhere(void **state)
{
    struct trio trio;

    (void)state;
    trio_open(&trio, AF_INET);
    fix_destination(trio.socket, &trio.address_a);
    assert_int_equal(dgram_send(trio.socket, "9", 1, &trio.address_b), STATUS_SUCCESS);
    expect_at(&trio.b, '9');
    say(&trio, &trio.b, 'b');
    assert_int_equal(hear(trio.socket), 'b');
    trio_close(&trio);
}

static void expect_local(dgram socket, const SOCKADDR_INET *expected, size_t size)
{
    SOCKADDR_INET local;
    struct call call;

    call_init(&call);
    assert_int_equal(CALL(&call, socket.d->WskGetLocalAddress(socket.socket, (PSOCKADDR)&local,
                                                              IRP(&call))),
                     STATUS_SUCCESS);
    call_free(&call);
    assert_memory_equal(&local, expected, size);
}

static void DGRAM_FIX_10_the_local_address_stays(void **state)
{
    (void)state;
    for (int f = 0; f < 2; f++) {
        SOCKADDR_INET any, local;
        struct trio trio;
        struct call call;
        dgram socket = opened(families[f]);

        trio_open(&trio, families[f]);
        memset(&any, 0, sizeof(any));
        any.si_family = families[f];
        assert_int_equal(bind_to(socket, &any), STATUS_SUCCESS);
        call_init(&call);
        assert_int_equal(CALL(&call, socket.d->WskGetLocalAddress(socket.socket, (PSOCKADDR)&local,
                                                                  IRP(&call))),
                         STATUS_SUCCESS);
        call_free(&call);
        fix_remote(socket, &trio.address_a);
        expect_local(socket, &local, f ? 28 : 16);
        assert_int_equal(send_without_address(socket, 'l'), STATUS_SUCCESS);
        expect_at(&trio.a, 'l');
        expect_local(socket, &local, f ? 28 : 16);
        unfix(socket, SIO_WSK_SET_REMOTE_ADDRESS);
        expect_local(socket, &local, f ? 28 : 16);
        dgram_close(socket);
        trio_close(&trio);
    }
}

static void DGRAM_FIX_11_port_unreachable(void **state)
{
    struct trio trio;
    struct call call;
    char byte = '?';
    WSK_BUF buffer = buffer_over(&byte, 1);
    NTSTATUS status;

    (void)state;
    for (int f = 0; f < 2; f++) {
        trio_open(&trio, families[f]);
        fix_remote(trio.socket, &trio.address_a);
        peer_close(&trio.a);
        call_init(&call);
        status = trio.socket.d->WskReceiveFrom(trio.socket.socket, &buffer, 0, NULL, NULL, NULL,
                                               NULL, IRP(&call));
        for (int i = 0; i < 5; i++)
            assert_int_equal(send_without_address(trio.socket, 'u'), STATUS_SUCCESS);
        assert_false(call_done(&call));
        unfix(trio.socket, SIO_WSK_SET_REMOTE_ADDRESS);
        say(&trio, &trio.b, 'b');
        assert_int_equal(call_wait(&call, status), STATUS_SUCCESS);
        assert_int_equal(byte, 'b');
        call_free(&call);
        peer_close(&trio.b);
        dgram_close(trio.socket);
    }
    buffer_free(&buffer);
}

static void DGRAM_FIX_12_both(void **state)
{
    struct trio trio;

    (void)state;
    trio_open(&trio, AF_INET);
    fix_remote(trio.socket, &trio.address_a);
    fix_destination(trio.socket, &trio.address_b);
    assert_int_equal(send_without_address(trio.socket, '1'), STATUS_SUCCESS);
    expect_at(&trio.b, '1'); /* the last one set */
    say(&trio, &trio.b, 'b');
    say(&trio, &trio.a, 'a');
    assert_int_equal(hear(trio.socket), 'a'); /* the filter is the remote address's */
    fix_remote(trio.socket, &trio.address_a);
    assert_int_equal(send_without_address(trio.socket, '2'), STATUS_SUCCESS);
    expect_at(&trio.a, '2');
    /* Without the one, the other still stands. */
    unfix(trio.socket, SIO_WSK_SET_REMOTE_ADDRESS);
    assert_int_equal(send_without_address(trio.socket, '3'), STATUS_SUCCESS);
    expect_at(&trio.b, '3');
    say(&trio, &trio.b, 'b');
    assert_int_equal(hear(trio.socket), 'b');
    fix_remote(trio.socket, &trio.address_a);
    unfix(trio.socket, SIO_WSK_SET_SENDTO_ADDRESS);
    assert_int_equal(send_without_address(trio.socket, '4'), STATUS_SUCCESS);
    expect_at(&trio.a, '4');
    unfix(trio.socket, SIO_WSK_SET_REMOTE_ADDRESS);
    assert_int_equal(send_without_address(trio.socket, '5'), STATUS_INVALID_PARAMETER);
    trio_close(&trio);
}

static void DGRAM_FIX_13_mapped_addresses(void **state)
{
    SOCKADDR_INET any, mapped;
    struct trio trio;
    dgram socket = opened(AF_INET6);
    struct call call;

    (void)state;
    trio_open(&trio, AF_INET);
    dgram_close(trio.socket);
    trio.socket = socket;
    assert_int_equal(set(socket, IPPROTO_IPV6, IPV6_V6ONLY, 0), STATUS_SUCCESS);
    memset(&any, 0, sizeof(any));
    any.si_family = AF_INET6;
    assert_int_equal(bind_to(socket, &any), STATUS_SUCCESS);
    call_init(&call);
    assert_int_equal(CALL(&call, socket.d->WskGetLocalAddress(socket.socket, (PSOCKADDR)&trio.local,
                                                              IRP(&call))),
                     STATUS_SUCCESS);
    call_free(&call);
    mapped = loopback(AF_INET6, trio.a.port);
    memcpy(&mapped.Ipv6.sin6_addr, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x7f\0\0\1", 16);
    fix_remote(socket, &mapped);
    assert_int_equal(send_without_address(socket, 'v'), STATUS_SUCCESS);
    expect_at(&trio.a, 'v');
    say(&trio, &trio.b, 'b');
    say(&trio, &trio.a, 'a');
    assert_int_equal(hear(socket), 'a');
    trio_close(&trio);
}

static void DGRAM_FIX_14_what_arrived_before(void **state)
{
    struct trio trio;

    (void)state;
    trio_open(&trio, AF_INET);
    say(&trio, &trio.b, 'b');
    say(&trio, &trio.a, 'a');
    say(&trio, &trio.b, 'c');
    fix_remote(trio.socket, &trio.address_a);
    say(&trio, &trio.a, 'd');
    assert_int_equal(hear(trio.socket), 'a');
    assert_int_equal(hear(trio.socket), 'd');
    /* And the other way: cleared before the delivery. */
    say(&trio, &trio.b, 'e');
    unfix(trio.socket, SIO_WSK_SET_REMOTE_ADDRESS);
    assert_int_equal(hear(trio.socket), 'e');
    trio_close(&trio);
}

/* As many datagrams of two threads as an ordinary socket's buffer holds. */
#define ROUNDS 100

static void fix_and_send_member(void *context, unsigned index)
{
    struct trio *trio = context;

    for (int i = 0; i < ROUNDS; i++) {
        const SOCKADDR_INET *address = i & 1 ? &trio->address_a : &trio->address_b;

        if (index == 0)
            fix_remote(trio->socket, address);
        else if (index == 1)
            fix_destination(trio->socket, address);
        else
            (void)!send_without_address(trio->socket, 'r');
    }
}

/* Every datagram goes to one of the two. */
static void test_fixing_meets_sending(void **state)
{
    struct trio trio;
    int count = 0;
    char byte;

    (void)state;
    trio_open(&trio, AF_INET);
    fix_remote(trio.socket, &trio.address_a);
    crew_run(4, fix_and_send_member, &trio);
    assert_int_equal(dgram_send(trio.socket, "m", 1, &trio.address_a), STATUS_SUCCESS);
    assert_int_equal(dgram_send(trio.socket, "m", 1, &trio.address_b), STATUS_SUCCESS);
    while (peer_receive(&trio.a, &byte, 1, NULL) == 1 && byte == 'r')
        count++;
    assert_int_equal(byte, 'm');
    while (peer_receive(&trio.b, &byte, 1, NULL) == 1 && byte == 'r')
        count++;
    assert_int_equal(byte, 'm');
    assert_int_equal(count, 2 * ROUNDS);
    trio_close(&trio);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(CTL_15_defaults_on_unbound_sockets, setup, teardown),
        cmocka_unit_test_setup_teardown(CTL_10_get_after_set, setup, teardown),
        cmocka_unit_test_setup_teardown(CTL_10_buffer_sizes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_values_out_of_range, setup, teardown),
        cmocka_unit_test_setup_teardown(CTL_08_input_sizes, setup, teardown),
        cmocka_unit_test_setup_teardown(CTL_07_one_byte_booleans, setup, teardown),
        cmocka_unit_test_setup_teardown(CTL_08_output_sizes, setup, teardown),
        cmocka_unit_test_setup_teardown(CTL_15_what_must_precede_the_bind, setup, teardown),
        cmocka_unit_test_setup_teardown(DGRAM_CMSG_12_reports_are_independent, setup, teardown),
        cmocka_unit_test_setup_teardown(DGRAM_MC_12_halves_of_a_dual_stack_socket, setup, teardown),
        cmocka_unit_test_setup_teardown(test_mtu_discovery_and_dont_fragment, setup, teardown),
        cmocka_unit_test_setup_teardown(test_path_mtu, setup, teardown),
        cmocka_unit_test_setup_teardown(test_protection_level, setup, teardown),
        cmocka_unit_test_setup_teardown(DGRAM_MC_07_multicast_interface_by_address, setup, teardown),
        cmocka_unit_test_setup_teardown(CTL_14_optional_ioctls, setup, teardown),
        cmocka_unit_test_setup_teardown(CTL_09_options_of_the_other_family, setup, teardown),
        cmocka_unit_test_setup_teardown(CTL_09_unknown_options, setup, teardown),
        cmocka_unit_test_setup_teardown(CTL_09_unknown_ioctls, setup, teardown),
        cmocka_unit_test_setup_teardown(CTL_01_unknown_request_types, setup, teardown),
        cmocka_unit_test_setup_teardown(CTL_06_the_input_is_copied, setup, teardown),
        cmocka_unit_test_setup_teardown(CTL_03_information, setup, teardown),
        cmocka_unit_test_setup_teardown(IRP_27_the_size_is_written_before_the_completion, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_options_at_dispatch_level, setup, teardown),
        cmocka_unit_test_setup_teardown(CTL_15_basic_sockets, setup, teardown),
        cmocka_unit_test_setup_teardown(test_traffic_class_and_hops, setup, teardown),
        cmocka_unit_test_setup_teardown(DGRAM_CMSG_13_reports_before_the_bind, setup, teardown),
        cmocka_unit_test_setup_teardown(test_broadcast, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reuse_address, setup, teardown),
        cmocka_unit_test(test_the_kernel_refuses),
        cmocka_unit_test_setup_teardown(test_reports_of_two_threads, setup, teardown),
        cmocka_unit_test_setup_teardown(DGRAM_FIX_01_remote_address, setup, teardown),
        cmocka_unit_test_setup_teardown(DGRAM_FIX_01_the_port_counts, setup, teardown),
        cmocka_unit_test_setup_teardown(DGRAM_FIX_01_a_waiting_request_goes_on_waiting, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(DGRAM_FIX_01_events_are_filtered_too, setup, teardown),
        cmocka_unit_test_setup_teardown(DGRAM_FIX_02_destination_address, setup, teardown),
        cmocka_unit_test_setup_teardown(DGRAM_FIX_04_input_sizes, setup, teardown),
        cmocka_unit_test_setup_teardown(DGRAM_FIX_04_other_families, setup, teardown),
        cmocka_unit_test_setup_teardown(DGRAM_FIX_05_the_level_is_ignored, setup, teardown),
        cmocka_unit_test_setup_teardown(CTL_05_without_an_irp, setup, teardown),
        cmocka_unit_test_setup_teardown(DGRAM_FIX_06_clearing, setup, teardown),
        cmocka_unit_test_setup_teardown(DGRAM_FIX_07_setting_again_replaces, setup, teardown),
        cmocka_unit_test_setup_teardown(DGRAM_FIX_08_sending_elsewhere, setup, teardown),
        cmocka_unit_test_setup_teardown(DGRAM_FIX_09_answers_from_elsewhere, setup, teardown),
        cmocka_unit_test_setup_teardown(DGRAM_FIX_10_the_local_address_stays, setup, teardown),
        cmocka_unit_test_setup_teardown(DGRAM_FIX_11_port_unreachable, setup, teardown),
        cmocka_unit_test_setup_teardown(DGRAM_FIX_12_both, setup, teardown),
        cmocka_unit_test_setup_teardown(DGRAM_FIX_13_mapped_addresses, setup, teardown),
        cmocka_unit_test_setup_teardown(DGRAM_FIX_14_what_arrived_before, setup, teardown),
        cmocka_unit_test_setup_teardown(test_fixing_meets_sending, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
