/* SPDX-License-Identifier: MIT */
/* test_socket.c - WskSocket: categories, parameters, tables; and what no socket may be put to. */
#include "client.h"
#include "peer.h"

#include "base.h"
#include "bug.h"
#include "crew.h"
#include "nt.h"
#include "port_script.h"

#include <mswsockdef.h>

#include <errno.h>
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

/* What a WskSocket call asks for. */
struct wanted {
    ADDRESS_FAMILY family;
    USHORT type;
    ULONG protocol;
    ULONG flags;
};

static NTSTATUS create(PWSK_CLIENT handle, const struct wanted *wanted, PIRP irp)
{
    return client.npi.Dispatch->WskSocket(handle, wanted->family, wanted->type, wanted->protocol,
                                          wanted->flags, NULL, NULL, NULL, NULL, NULL, irp);
}

static const struct wanted datagram = { AF_INET, SOCK_DGRAM, IPPROTO_UDP,
                                        WSK_FLAG_DATAGRAM_SOCKET };

static NTSTATUS create_and_wait(const struct wanted *wanted, PWSK_SOCKET *socket)
{
    struct call call;
    NTSTATUS status;

    call_init(&call);
    status = CALL(&call, create(client.npi.Client, wanted, IRP(&call)));
    *socket = NT_SUCCESS(status) ? (PWSK_SOCKET)call.information : NULL;
    call_free(&call);
    return status;
}

static void close_basic(PWSK_SOCKET socket)
{
    const WSK_PROVIDER_BASIC_DISPATCH *d = socket->Dispatch;
    struct call call;

    call_init(&call);
    assert_int_equal(CALL(&call, d->WskCloseSocket(socket, IRP(&call))), STATUS_SUCCESS);
    call_free(&call);
}

/* --- Parameters ------------------------------------------------------------------------------ */

static void SOCK_01_no_irp(void **state)
{
    (void)state;
    assert_int_equal(create(client.npi.Client, &datagram, NULL), STATUS_INVALID_PARAMETER);
    assert_int_equal(create(NULL, &datagram, NULL), STATUS_INVALID_PARAMETER);
    assert_int_equal(ledger_count(LEDGER_SOCKET), 0);
}

static void SOCK_02_no_client(void **state)
{
    struct call call;

    (void)state;
    call_init(&call);
    assert_int_equal(CALL(&call, create(NULL, &datagram, IRP(&call))), STATUS_INVALID_HANDLE);
    assert_false(call.pending_returned);
    call_free(&call);
}

static void SOCK_03_pending_and_completed_before_the_return(void **state)
{
    struct call call;
    NTSTATUS status;

    (void)state;
    call_init(&call);
    status = create(client.npi.Client, &datagram, IRP(&call));
    assert_int_equal(status, STATUS_PENDING);
    assert_true(call_done(&call));
    assert_int_equal(call_wait(&call, status), STATUS_SUCCESS);
    assert_int_equal(call.irql, PASSIVE_LEVEL);
    close_basic((PWSK_SOCKET)call.information);
    call_free(&call);
}

static void expect_refused(const struct wanted *wanted, NTSTATUS expected)
{
    PWSK_SOCKET socket;
    NTSTATUS status = create_and_wait(wanted, &socket);

    if (status != expected)
        fail_msg("family %u type %u protocol %u flags 0x%x: 0x%08x, not 0x%08x", wanted->family,
                 wanted->type, wanted->protocol, wanted->flags, (unsigned)status,
                 (unsigned)expected);
    assert_int_equal(ledger_count(LEDGER_SOCKET), 0);
}

static void SOCK_06_flags(void **state)
{
    (void)state;
    for (ULONG flags = 0; flags < 32; flags++) {
        struct wanted wanted = { AF_INET, SOCK_STREAM, IPPROTO_TCP, flags };

        if (flags & 16 || (flags & (flags - 1)))
            expect_refused(&wanted, STATUS_INVALID_PARAMETER);
    }
    for (int bit = 4; bit < 32; bit++) {
        struct wanted alone = { AF_INET, SOCK_DGRAM, IPPROTO_UDP, 1u << bit };
        struct wanted together = { AF_INET, SOCK_DGRAM, IPPROTO_UDP,
                                   WSK_FLAG_DATAGRAM_SOCKET | 1u << bit };

        expect_refused(&alone, STATUS_INVALID_PARAMETER);
        expect_refused(&together, STATUS_INVALID_PARAMETER);
    }
}

static void SOCK_09_families(void **state)
{
    /* 10 is the host's AF_INET6. */
    static const ADDRESS_FAMILY families[] = { AF_UNSPEC, 1, 10, 22, 24, 0xffff };
    static const struct wanted kinds[] = {
        { 0, SOCK_DGRAM, IPPROTO_UDP, WSK_FLAG_DATAGRAM_SOCKET },
        { 0, SOCK_DGRAM, IPPROTO_UDP, WSK_FLAG_BASIC_SOCKET },
        { 0, SOCK_STREAM, IPPROTO_TCP, WSK_FLAG_CONNECTION_SOCKET },
        { 0, SOCK_RAW, 89, WSK_FLAG_DATAGRAM_SOCKET },
    };

    (void)state;
    for (size_t f = 0; f < RTL_NUMBER_OF(families); f++) {
        for (size_t k = 0; k < RTL_NUMBER_OF(kinds); k++) {
            struct wanted wanted = kinds[k];

            wanted.family = families[f];
            expect_refused(&wanted, STATUS_NOT_SUPPORTED);
        }
    }
}

static void SOCK_09_types_and_protocols(void **state)
{
    static const struct wanted rows[] = {
        { 0, SOCK_DGRAM, IPPROTO_TCP, WSK_FLAG_DATAGRAM_SOCKET },
        { 0, SOCK_DGRAM, IPPROTO_ICMP, WSK_FLAG_DATAGRAM_SOCKET },
        { 0, SOCK_DGRAM, 0xffffffff, WSK_FLAG_DATAGRAM_SOCKET },
        { 0, SOCK_STREAM, IPPROTO_UDP, WSK_FLAG_CONNECTION_SOCKET },
        { 0, SOCK_STREAM, IPPROTO_UDP, WSK_FLAG_BASIC_SOCKET },
        { 0, 0, IPPROTO_UDP, WSK_FLAG_DATAGRAM_SOCKET },
        { 0, SOCK_RDM, IPPROTO_UDP, WSK_FLAG_DATAGRAM_SOCKET },
        { 0, SOCK_SEQPACKET, IPPROTO_TCP, WSK_FLAG_CONNECTION_SOCKET },
        { 0, 0xffff, 0, WSK_FLAG_BASIC_SOCKET },
        /* SOCK-10: no protocol is chosen for the driver. */
        { 0, SOCK_DGRAM, 0, WSK_FLAG_DATAGRAM_SOCKET },
        { 0, SOCK_DGRAM, 0, WSK_FLAG_BASIC_SOCKET },
        { 0, SOCK_STREAM, 0, WSK_FLAG_CONNECTION_SOCKET },
    };

    (void)state;
    for (size_t i = 0; i < RTL_NUMBER_OF(rows); i++) {
        struct wanted wanted = rows[i];

        wanted.family = i & 1 ? AF_INET : AF_INET6;
        expect_refused(&wanted, STATUS_NOT_SUPPORTED);
    }
}

/* A transport that exists, in a category that it does not have. */
static void SOCK_07_categories_of_a_transport(void **state)
{
    static const struct wanted rows[] = {
        { AF_INET, SOCK_DGRAM, IPPROTO_UDP, WSK_FLAG_CONNECTION_SOCKET },
        { AF_INET6, SOCK_DGRAM, IPPROTO_UDP, WSK_FLAG_STREAM_SOCKET },
        { AF_INET, SOCK_STREAM, IPPROTO_TCP, WSK_FLAG_DATAGRAM_SOCKET },
        { AF_INET, SOCK_RAW, 89, WSK_FLAG_LISTEN_SOCKET },
        { AF_INET, SOCK_RAW, 89, WSK_FLAG_CONNECTION_SOCKET },
        { AF_INET6, SOCK_RAW, IPPROTO_TCP, WSK_FLAG_STREAM_SOCKET },
    };

    (void)state;
    for (size_t i = 0; i < RTL_NUMBER_OF(rows); i++)
        expect_refused(&rows[i], STATUS_NOT_SUPPORTED);
}

static void test_absent_categories(void **state)
{
    static const struct wanted rows[] = {
        { AF_INET, SOCK_STREAM, IPPROTO_TCP, WSK_FLAG_LISTEN_SOCKET },
        { AF_INET6, SOCK_STREAM, IPPROTO_TCP, WSK_FLAG_CONNECTION_SOCKET },
        { AF_INET6, SOCK_STREAM, IPPROTO_TCP, WSK_FLAG_STREAM_SOCKET },
    };

    (void)state;
    for (size_t i = 0; i < RTL_NUMBER_OF(rows); i++)
        expect_refused(&rows[i], STATUS_NOT_IMPLEMENTED);
}

/* --- What is made ---------------------------------------------------------------------------- */

static void SOCK_05_datagram_table(void **state)
{
    static const ADDRESS_FAMILY families[] = { AF_INET, AF_INET6 };

    (void)state;
    for (int f = 0; f < 2; f++) {
        struct wanted wanted = datagram;
        const WSK_PROVIDER_DATAGRAM_DISPATCH *d;
        PWSK_SOCKET socket;

        wanted.family = families[f];
        assert_int_equal(create_and_wait(&wanted, &socket), STATUS_SUCCESS);
        d = socket->Dispatch;
        assert_non_null(d->WskControlSocket);
        assert_non_null(d->WskCloseSocket);
        assert_non_null(d->WskBind);
        assert_non_null(d->WskSendTo);
        assert_non_null(d->WskReceiveFrom);
        assert_non_null(d->WskRelease);
        assert_non_null(d->WskGetLocalAddress);
        assert_non_null(d->WskSendMessages);
        /* The basic table comes first, and C has two spellings for it. */
        assert_ptr_equal(&d->Basic, d);
        assert_ptr_equal(d->Basic.WskCloseSocket, d->WskCloseSocket);
        assert_ptr_equal(d->Basic.WskControlSocket, d->WskControlSocket);
        close_basic(socket);
    }
}

static void SOCK_14_basic_table(void **state)
{
    struct wanted wanted = { AF_INET6, SOCK_DGRAM, IPPROTO_UDP, WSK_FLAG_BASIC_SOCKET };
    const WSK_PROVIDER_BASIC_DISPATCH *d;
    PWSK_SOCKET socket, other;
    struct call call;
    ULONG type = 0;

    (void)state;
    assert_int_equal(create_and_wait(&wanted, &socket), STATUS_SUCCESS);
    assert_int_equal(create_and_wait(&datagram, &other), STATUS_SUCCESS);
    assert_ptr_not_equal(socket->Dispatch, other->Dispatch);
    d = socket->Dispatch;
    call_init(&call);
    assert_int_equal(CALL(&call, d->WskControlSocket(socket, WskGetOption, SO_TYPE, SOL_SOCKET, 0,
                                                     NULL, sizeof(type), &type, NULL, IRP(&call))),
                     STATUS_SUCCESS);
    assert_int_equal(type, SOCK_DGRAM);
    call_free(&call);
    close_basic(socket);
    close_basic(other);
}

static NTSTATUS set_ulong(PWSK_SOCKET socket, ULONG level, ULONG name, ULONG value)
{
    const WSK_PROVIDER_BASIC_DISPATCH *d = socket->Dispatch;

    return d->WskControlSocket(socket, WskSetOption, name, level, sizeof(value), &value, 0, NULL,
                               NULL, NULL);
}

static NTSTATUS get_ulong(PWSK_SOCKET socket, ULONG level, ULONG name, ULONG *value)
{
    const WSK_PROVIDER_BASIC_DISPATCH *d = socket->Dispatch;

    return d->WskControlSocket(socket, WskGetOption, name, level, 0, NULL, sizeof(*value), value,
                               NULL, NULL);
}

/* What every transport has, and what only some have; all of it without a bind. */
static void SOCK_14_options_of_every_transport(void **state)
{
    static const struct {
        USHORT type;
        ULONG protocol;
    } transports[] = { { SOCK_STREAM, IPPROTO_TCP }, { SOCK_DGRAM, IPPROTO_UDP } };
    static const struct {
        ULONG level, name, value;
        int family; /* 0: any */
        USHORT type;
    } options[] = {
        { SOL_SOCKET, SO_RCVBUF, 30000, 0, 0 },
        { SOL_SOCKET, SO_SNDBUF, 20000, 0, 0 },
        { IPPROTO_IP, IP_TTL, 33, 0, 0 },
        { IPPROTO_IP, IP_TOS, 0x20, 0, 0 },
        { IPPROTO_IPV6, IPV6_UNICAST_HOPS, 33, AF_INET6, 0 },
        { IPPROTO_IPV6, IPV6_TCLASS, 0x20, AF_INET6, 0 },
        { IPPROTO_IPV6, IPV6_V6ONLY, 0, AF_INET6, 0 },
        { SOL_SOCKET, SO_BROADCAST, 1, 0, 0 },
        { IPPROTO_UDP, UDP_SEND_MSG_SIZE, 1000, 0, SOCK_DGRAM },
        { SOL_SOCKET, SO_KEEPALIVE, 1, 0, SOCK_STREAM },
        { IPPROTO_TCP, TCP_NODELAY, 1, 0, SOCK_STREAM },
        { IPPROTO_TCP, TCP_KEEPIDLE, 60, 0, SOCK_STREAM },
        { IPPROTO_TCP, TCP_KEEPINTVL, 5, 0, SOCK_STREAM },
        { IPPROTO_TCP, TCP_KEEPCNT, 3, 0, SOCK_STREAM },
    };

    (void)state;
    for (int i = 0; i < 4; i++) {
        struct wanted wanted = { i & 1 ? AF_INET6 : AF_INET, transports[i >> 1].type,
                                 transports[i >> 1].protocol, WSK_FLAG_BASIC_SOCKET };
        PWSK_SOCKET socket;
        ULONG value = 0;

        assert_int_equal(create_and_wait(&wanted, &socket), STATUS_SUCCESS);
        assert_int_equal(get_ulong(socket, SOL_SOCKET, SO_TYPE, &value), STATUS_SUCCESS);
        assert_int_equal(value, wanted.type);
        for (size_t o = 0; o < RTL_NUMBER_OF(options); o++) {
            bool fits = (!options[o].family || options[o].family == wanted.family) &&
                        (!options[o].type || options[o].type == wanted.type);
            NTSTATUS expected = fits ? STATUS_SUCCESS : STATUS_NOT_SUPPORTED;

            assert_int_equal(set_ulong(socket, options[o].level, options[o].name,
                                       options[o].value),
                             expected);
            assert_int_equal(get_ulong(socket, options[o].level, options[o].name, &value),
                             expected);
            if (expected == STATUS_SUCCESS)
                assert_int_equal(value, options[o].value);
        }
        close_basic(socket);
    }
}

static NTSTATUS bind_listening(PWSK_SOCKET socket, const WSK_PROVIDER_LISTEN_DISPATCH *d,
                               struct call *call)
{
    SOCKADDR_INET address = loopback(AF_INET, 0);
    NTSTATUS status = d->WskBind(socket, (PSOCKADDR)&address, 0, IRP(call));

    assert_int_equal(status, STATUS_PENDING);
    return call_wait(call, status);
}

static void SOCK_08_a_datagram_socket_that_listens(void **state)
{
    static const struct wanted listening = { AF_INET, SOCK_DGRAM, IPPROTO_UDP,
                                             WSK_FLAG_LISTEN_SOCKET };
    const WSK_PROVIDER_LISTEN_DISPATCH *d;
    SOCKADDR_INET address;
    WSK_INSPECT_ID id = { 0, 0 };
    PWSK_SOCKET socket;
    struct call call;
    ULONG type = 0;

    (void)state;
    assert_int_equal(create_and_wait(&listening, &socket), STATUS_SUCCESS);
    d = socket->Dispatch;
    call_init(&call);
    for (int again = 0; again < 2; again++)
        assert_int_equal(bind_listening(socket, d, &call), STATUS_NOT_IMPLEMENTED);
    assert_int_equal(d->WskBind(socket, (PSOCKADDR)&address, 0, NULL), STATUS_INVALID_PARAMETER);
    assert_int_equal(CALL(&call, d->WskAccept(socket, 0, NULL, NULL, NULL, NULL, IRP(&call))),
                     STATUS_INVALID_DEVICE_STATE);
    assert_int_equal(CALL(&call, d->WskInspectComplete(socket, &id, WskInspectReject, IRP(&call))),
                     STATUS_INVALID_DEVICE_STATE);
    assert_int_equal(CALL(&call, d->WskGetLocalAddress(socket, (PSOCKADDR)&address, IRP(&call))),
                     STATUS_INVALID_DEVICE_STATE);
    assert_int_equal(d->WskAccept(socket, 0, NULL, NULL, NULL, NULL, NULL),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(get_ulong(socket, SOL_SOCKET, SO_TYPE, &type), STATUS_SUCCESS);
    assert_int_equal(type, SOCK_DGRAM);
    call_free(&call);
    close_basic(socket);
}

/* Both ways to write the close. */
static void SOCK_05_both_spellings_work(void **state)
{
    dgram first = dgram_open(&client, AF_INET, NULL, NULL);
    dgram second = dgram_open(&client, AF_INET, NULL, NULL);
    struct call call;

    (void)state;
    call_init(&call);
    assert_int_equal(CALL(&call, first.d->WskCloseSocket(first.socket, IRP(&call))),
                     STATUS_SUCCESS);
    assert_int_equal(CALL(&call, second.d->Basic.WskCloseSocket(second.socket, IRP(&call))),
                     STATUS_SUCCESS);
    call_free(&call);
    assert_int_equal(ledger_count(LEDGER_SOCKET), 0);
}

/* An address where nothing can be read: only the delivery of an event that is on looks there. */
static void SOCK_11_the_table_is_not_read(void **state)
{
    const WSK_CLIENT_DATAGRAM_DISPATCH *nonsense =
        (const WSK_CLIENT_DATAGRAM_DISPATCH *)(uintptr_t)0x1001;
    SOCKADDR_INET local;
    char byte;
    size_t size = 1;
    dgram socket = dgram_bound(&client, AF_INET, NULL, nonsense, &local);

    (void)state;
    assert_int_equal(dgram_send(socket, "t", 1, &local), STATUS_SUCCESS);
    assert_int_equal(dgram_receive(socket, &byte, &size, NULL), STATUS_SUCCESS);
    assert_int_equal(byte, 't');
    dgram_close(socket);
}

/* No table, or a table without the member: an event that is on has nobody to go to. */
static void SOCK_11_no_callback(void **state)
{
    static const WSK_CLIENT_DATAGRAM_DISPATCH empty = { NULL };
    const WSK_CLIENT_DATAGRAM_DISPATCH *tables[] = { NULL, &empty };

    (void)state;
    for (int i = 0; i < 2; i++) {
        SOCKADDR_INET local;
        char byte;
        size_t size = 1;
        dgram socket = dgram_bound(&client, AF_INET, NULL, tables[i], &local);

        assert_int_equal(dgram_event(socket, WSK_EVENT_RECEIVE_FROM), STATUS_SUCCESS);
        assert_int_equal(dgram_send(socket, "c", 1, &local), STATUS_SUCCESS);
        assert_int_equal(dgram_receive(socket, &byte, &size, NULL), STATUS_SUCCESS);
        assert_int_equal(byte, 'c');
        dgram_close(socket);
    }
}

struct listener {
    KEVENT called;
    _Atomic(PVOID) context;
};

static struct listener *expected_listener;

static NTSTATUS WSKAPI receive_from_event(PVOID context, ULONG flags, PWSK_DATAGRAM_INDICATION list)
{
    (void)flags;
    if (!list)
        return STATUS_SUCCESS;
    atomic_store(&expected_listener->context, context);
    KeSetEvent(&expected_listener->called, IO_NO_INCREMENT, FALSE);
    return STATUS_SUCCESS;
}

static const WSK_CLIENT_DATAGRAM_DISPATCH callbacks = { receive_from_event };

static void SOCK_12_contexts(void **state)
{
    /* Never followed: any value goes. */
    PVOID contexts[] = { NULL, (PVOID)(uintptr_t)1, (PVOID)UINTPTR_MAX, &client };
    static struct listener listener;
    SOCKADDR_INET locals[4];
    dgram sockets[4];
    struct peer peer;

    (void)state;
    expected_listener = &listener;
    KeInitializeEvent(&listener.called, SynchronizationEvent, FALSE);
    peer_open(&peer, false);
    for (int i = 0; i < 4; i++) {
        sockets[i] = dgram_bound(&client, AF_INET, contexts[i], &callbacks, &locals[i]);
        assert_int_equal(dgram_event(sockets[i], WSK_EVENT_RECEIVE_FROM), STATUS_SUCCESS);
    }
    for (int i = 0; i < 4; i++) {
        atomic_store(&listener.context, &listener);
        peer_send(&peer, "x", 1, port_of(&locals[i]));
        KeWaitForSingleObject(&listener.called, Executive, KernelMode, FALSE, NULL);
        assert_ptr_equal(atomic_load(&listener.context), contexts[i]);
    }
    for (int i = 0; i < 4; i++)
        dgram_close(sockets[i]);
    peer_close(&peer);
}

static void SOCK_13_events_are_off(void **state)
{
    static struct listener listener;
    SOCKADDR_INET local;
    char byte;
    size_t size = 1;
    dgram socket;

    (void)state;
    expected_listener = &listener;
    KeInitializeEvent(&listener.called, NotificationEvent, FALSE);
    socket = dgram_bound(&client, AF_INET6, NULL, &callbacks, &local);
    assert_int_equal(dgram_send(socket, "o", 1, &local), STATUS_SUCCESS);
    assert_int_equal(dgram_receive(socket, &byte, &size, NULL), STATUS_SUCCESS);
    assert_int_equal(KeReadStateEvent(&listener.called), 0);
    dgram_close(socket);
}

static void SOCK_14_basic_socket_of_a_client_with_static_events(void **state)
{
    NPIID id = NPI_WSK_INTERFACE_ID;
    WSK_EVENT_CALLBACK_CONTROL events = { &id, WSK_EVENT_RECEIVE_FROM };
    struct wanted wanted = { AF_INET, SOCK_DGRAM, IPPROTO_UDP, WSK_FLAG_BASIC_SOCKET };
    PWSK_SOCKET socket;

    (void)state;
    assert_int_equal(client.npi.Dispatch->WskControlClient(
                         client.npi.Client, WSK_SET_STATIC_EVENT_CALLBACKS, sizeof(events), &events,
                         0, NULL, NULL, NULL),
                     STATUS_SUCCESS);
    assert_int_equal(create_and_wait(&wanted, &socket), STATUS_SUCCESS);
    close_basic(socket);
}

static void SOCK_16_owners(void **state)
{
    struct call call;

    (void)state;
    call_init(&call);
    assert_int_equal(CALL(&call, client.npi.Dispatch->WskSocket(
                                     client.npi.Client, AF_INET, SOCK_DGRAM, IPPROTO_UDP,
                                     WSK_FLAG_DATAGRAM_SOCKET, NULL, NULL, PsGetCurrentProcess(),
                                     PsGetCurrentThread(), NULL, IRP(&call))),
                     STATUS_SUCCESS);
    close_basic((PWSK_SOCKET)call.information);
    call_free(&call);
}

static void SOCK_18_at_dispatch_level(void **state)
{
    struct call call;
    const WSK_PROVIDER_BASIC_DISPATCH *d;
    PWSK_SOCKET socket;
    NTSTATUS status;
    KIRQL irql;

    (void)state;
    call_init(&call);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    status = create(client.npi.Client, &datagram, IRP(&call));
    assert_int_equal(status, STATUS_PENDING);
    assert_true(call_done(&call));
    assert_int_equal(call.irql, DISPATCH_LEVEL); /* IRP-21: inline keeps the caller's level */
    assert_int_equal(call.status, STATUS_SUCCESS);
    socket = (PWSK_SOCKET)call.information;
    d = socket->Dispatch;
    status = d->WskCloseSocket(socket, IRP(&call));
    assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
    KeLowerIrql(irql);
    assert_int_equal(call_wait(&call, status), STATUS_SUCCESS);
    call_free(&call);
}

/* --- Many ------------------------------------------------------------------------------------ */

static void test_many_at_once(void **state)
{
    enum { COUNT = 200 };
    static dgram sockets[COUNT];

    (void)state;
    for (int i = 0; i < COUNT; i++) {
        sockets[i] = dgram_open(&client, i & 1 ? AF_INET6 : AF_INET, NULL, NULL);
        for (int k = 0; k < i; k++)
            assert_ptr_not_equal(sockets[k].socket, sockets[i].socket);
    }
    assert_int_equal(ledger_count(LEDGER_SOCKET), COUNT);
    for (int i = 0; i < COUNT; i++)
        dgram_close(sockets[(i * 77) % COUNT]);
    assert_int_equal(ledger_count(LEDGER_SOCKET), 0);
}

static void open_and_close_member(void *context, unsigned index)
{
    (void)context;
    for (unsigned i = 0; i < 100; i++)
        dgram_close(dgram_open(&client, (i + index) & 1 ? AF_INET6 : AF_INET, NULL, NULL));
}

static void test_several_threads(void **state)
{
    (void)state;
    crew_run(4, open_and_close_member, NULL);
    assert_int_equal(ledger_count(LEDGER_SOCKET), 0);
}

/* --- Failures -------------------------------------------------------------------------------- */

static bool fail_sockets(enum hook_allocation kind, size_t size, const void *place)
{
    (void)size;
    (void)place;
    return kind == HOOK_SOCKET;
}

static void test_no_memory(void **state)
{
    static const struct hooks hooks = { .fail_allocation = fail_sockets };

    (void)state;
    atomic_store(&base_hooks, &hooks);
    expect_refused(&datagram, STATUS_INSUFFICIENT_RESOURCES);
    atomic_store(&base_hooks, NULL);
    dgram_close(dgram_open(&client, AF_INET, NULL, NULL));
}

static void test_the_kernel_refuses(void **state)
{
    static const struct {
        int error;
        NTSTATUS status;
    } rows[] = {
        { EMFILE, STATUS_INSUFFICIENT_RESOURCES },
        { ENFILE, STATUS_INSUFFICIENT_RESOURCES },
        { ENOBUFS, STATUS_INSUFFICIENT_RESOURCES },
        { EACCES, STATUS_ACCESS_DENIED },
        /* A kernel without IPv6: the triple does not exist here (SOCK-09). */
        { EAFNOSUPPORT, STATUS_NOT_SUPPORTED },
    };
    struct script *script = script_create();

    (void)state;
    client_start(&client, script_port(script));
    for (size_t i = 0; i < RTL_NUMBER_OF(rows); i++) {
        script_fail(script, SCRIPT_OPEN, 1, 1, rows[i].error);
        expect_refused(&datagram, rows[i].status);
    }
    dgram_close(dgram_open(&client, AF_INET, NULL, NULL));
    client_stop(&client);
    script_destroy(script);
}

/* --- Misuse ---------------------------------------------------------------------------------- */

static SOCKADDR_INET any_address;
static char any_byte;

static NTSTATUS call_control(PWSK_SOCKET socket, const WSK_PROVIDER_DATAGRAM_DISPATCH *d, PIRP irp)
{
    ULONG value = 1;

    return d->WskControlSocket(socket, WskSetOption, SO_BROADCAST, SOL_SOCKET, sizeof(value),
                               &value, 0, NULL, NULL, irp);
}

static NTSTATUS call_close(PWSK_SOCKET socket, const WSK_PROVIDER_DATAGRAM_DISPATCH *d, PIRP irp)
{
    return d->WskCloseSocket(socket, irp);
}

static NTSTATUS call_bind(PWSK_SOCKET socket, const WSK_PROVIDER_DATAGRAM_DISPATCH *d, PIRP irp)
{
    any_address = loopback(AF_INET, 0);
    return d->WskBind(socket, (PSOCKADDR)&any_address, 0, irp);
}

static NTSTATUS call_send(PWSK_SOCKET socket, const WSK_PROVIDER_DATAGRAM_DISPATCH *d, PIRP irp)
{
    WSK_BUF buffer = { NULL, 0, 0 };

    any_address = loopback(AF_INET, 9);
    return d->WskSendTo(socket, &buffer, 0, (PSOCKADDR)&any_address, 0, NULL, irp);
}

static NTSTATUS call_receive(PWSK_SOCKET socket, const WSK_PROVIDER_DATAGRAM_DISPATCH *d, PIRP irp)
{
    WSK_BUF buffer = buffer_over(&any_byte, 1);

    return d->WskReceiveFrom(socket, &buffer, 0, NULL, NULL, NULL, NULL, irp);
}

static NTSTATUS call_local_address(PWSK_SOCKET socket, const WSK_PROVIDER_DATAGRAM_DISPATCH *d,
                                   PIRP irp)
{
    return d->WskGetLocalAddress(socket, (PSOCKADDR)&any_address, irp);
}

static NTSTATUS call_release(PWSK_SOCKET socket, const WSK_PROVIDER_DATAGRAM_DISPATCH *d, PIRP irp)
{
    static WSK_DATAGRAM_INDICATION indication;

    (void)irp;
    return d->WskRelease(socket, &indication);
}

static const struct function {
    const char *name;
    NTSTATUS (*call)(PWSK_SOCKET, const WSK_PROVIDER_DATAGRAM_DISPATCH *, PIRP);
    bool takes_irp;
    bool needs_irp;
} functions[] = {
    { "WskControlSocket", call_control, true, false },
    { "WskCloseSocket", call_close, true, true },
    { "WskBind", call_bind, true, true },
    { "WskSendTo", call_send, true, true },
    { "WskReceiveFrom", call_receive, true, true },
    { "WskGetLocalAddress", call_local_address, true, true },
    { "WskRelease", call_release, false, false },
};

/* The function under test of the next child. */
static const struct function *function;
static dgram socket_in_child;
static struct call call_in_child;

static void child_start(void)
{
    client_start(&client, NULL);
    socket_in_child = dgram_bound(&client, AF_INET, NULL, &callbacks, NULL);
    call_init(&call_in_child);
}

static void call_on(PWSK_SOCKET socket)
{
    (void)!function->call(socket, socket_in_child.d, IRP(&call_in_child));
}

static void expect_stop_of_all(unsigned code, void (*child)(void), const char *text)
{
    for (size_t i = 0; i < RTL_NUMBER_OF(functions); i++) {
        function = &functions[i];
        assert_bug_check(code, child);
        assert_bug_text(text);
    }
}

/* IRP-01: before any other effect. */
static void IRP_01_no_irp(void **state)
{
    dgram socket = dgram_bound(&client, AF_INET, NULL, NULL, NULL);
    dgram unbound = dgram_open(&client, AF_INET, NULL, NULL);
    SOCKADDR_INET local;
    struct call call;

    (void)state;
    for (size_t i = 0; i < RTL_NUMBER_OF(functions); i++) {
        if (!functions[i].needs_irp)
            continue;
        if (functions[i].call != call_receive) {
            assert_int_equal(functions[i].call(socket.socket, socket.d, NULL),
                             STATUS_INVALID_PARAMETER);
            assert_int_equal(functions[i].call(NULL, socket.d, NULL), STATUS_INVALID_PARAMETER);
        }
        assert_int_equal(unbound.d->WskReceiveFrom(unbound.socket, NULL, 0, NULL, NULL, NULL, NULL,
                                                   NULL),
                         STATUS_INVALID_PARAMETER);
    }
    /* Neither closed nor bound by that. */
    assert_int_equal(call_bind(unbound.socket, unbound.d, NULL), STATUS_INVALID_PARAMETER);
    call_init(&call);
    assert_int_equal(CALL(&call, unbound.d->WskGetLocalAddress(unbound.socket, (PSOCKADDR)&local,
                                                               IRP(&call))),
                     STATUS_INVALID_DEVICE_STATE);
    call_free(&call);
    dgram_close(socket);
    dgram_close(unbound);
}

static void on_null(void)
{
    child_start();
    call_on(NULL);
}

static void wsk_v13_null_socket(void **state)
{
    (void)state;
    expect_stop_of_all(DRIVER_VERIFIER_DETECTED_VIOLATION, on_null, "WSK-V13");
}

static void on_zeroes(void)
{
    static _Alignas(64) char memory[4096];

    child_start();
    call_on((PWSK_SOCKET)(PVOID)memory);
}

/* Where a socket could be, and where none can. */
static size_t garbage_at;

static void on_garbage(void)
{
    static _Alignas(64) char memory[4096];

    child_start();
    memset(memory, 0xcc, sizeof(memory));
    call_on((PWSK_SOCKET)(PVOID)(memory + garbage_at));
}

static void wsk_v13_no_socket(void **state)
{
    (void)state;
    expect_stop_of_all(DRIVER_VERIFIER_DETECTED_VIOLATION, on_zeroes, "WSK-V13");
    for (garbage_at = 0; garbage_at <= 8; garbage_at += 8) {
        assert_bug_check(DRIVER_VERIFIER_DETECTED_VIOLATION, on_garbage);
        assert_bug_text("something that is no socket");
    }
}

static void on_closed(void)
{
    child_start();
    dgram_close(socket_in_child);
    call_on(socket_in_child.socket);
}

/* Also when younger sockets exist. */
static void on_closed_with_others(void)
{
    child_start();
    dgram_close(socket_in_child);
    for (int i = 0; i < 3; i++)
        dgram_open(&client, AF_INET, NULL, NULL);
    call_on(socket_in_child.socket);
}

static void wsk_v13_closed_socket(void **state)
{
    (void)state;
    expect_stop_of_all(DRIVER_VERIFIER_DETECTED_VIOLATION, on_closed, "a socket that is closed");
    function = &functions[2];
    assert_bug_check(DRIVER_VERIFIER_DETECTED_VIOLATION, on_closed_with_others);
    assert_bug_text("WSK-V13");
}

static _Atomic uint32_t in_callback;

/* Keeps the socket's loop, and so a close, from going on. */
static NTSTATUS WSKAPI endless_event(PVOID context, ULONG flags, PWSK_DATAGRAM_INDICATION list)
{
    (void)context;
    (void)flags;
    (void)list;
    atomic_store(&in_callback, 1);
    while (atomic_load(&in_callback))
        os_yield();
    return STATUS_SUCCESS;
}

static void on_closing(void)
{
    static const WSK_CLIENT_DATAGRAM_DISPATCH endless = { endless_event };
    struct call close;
    SOCKADDR_INET local;

    client_start(&client, NULL);
    call_init(&call_in_child);
    call_init(&close);
    socket_in_child = dgram_bound(&client, AF_INET, NULL, &endless, &local);
    (void)!dgram_send(socket_in_child, "", 0, &local);
    (void)!dgram_event(socket_in_child, WSK_EVENT_RECEIVE_FROM);
    while (!atomic_load(&in_callback))
        os_yield();
    (void)!socket_in_child.d->WskCloseSocket(socket_in_child.socket, IRP(&close));
    if (!call_done(&close))
        call_on(socket_in_child.socket);
}

static void wsk_v13_closing_socket(void **state)
{
    (void)state;
    expect_stop_of_all(DRIVER_VERIFIER_DETECTED_VIOLATION, on_closing, "after WskCloseSocket");
}

static void without_stack_location(void)
{
    child_start();
    (void)!function->call(socket_in_child.socket, socket_in_child.d, IoAllocateIrp(0, FALSE));
}

static void with_irp_in_flight(void)
{
    child_start();
    (void)!call_receive(socket_in_child.socket, socket_in_child.d, IRP(&call_in_child));
    (void)!function->call(socket_in_child.socket, socket_in_child.d, call_in_child.irp);
}

static void wsk_v1_irp_without_a_location(void **state)
{
    (void)state;
    for (size_t i = 0; i < RTL_NUMBER_OF(functions); i++) {
        function = &functions[i];
        if (!function->takes_irp)
            continue;
        assert_bug_check(NO_MORE_IRP_STACK_LOCATIONS, without_stack_location);
        assert_bug_text("WSK-V1");
        assert_bug_check(NO_MORE_IRP_STACK_LOCATIONS, with_irp_in_flight);
        assert_bug_text("already in flight");
    }
}

static void above_dispatch(void)
{
    KIRQL irql;
    PIRP irp;

    child_start();
    irp = IRP(&call_in_child);
    KeRaiseIrql(HIGH_LEVEL, &irql);
    (void)!function->call(socket_in_child.socket, socket_in_child.d, irp);
}

static void wsk_v19_above_dispatch_level(void **state)
{
    (void)state;
    for (size_t i = 0; i < RTL_NUMBER_OF(functions); i++) {
        function = &functions[i];
        if (function->call == call_receive)
            continue; /* its MDL could not be made at that level */
        assert_bug_check(IRQL_NOT_LESS_OR_EQUAL, above_dispatch);
        assert_bug_text(function->name);
        assert_bug_text("WSK-V19");
    }
}

static void create_without_location(void)
{
    client_start(&client, NULL);
    (void)!create(client.npi.Client, &datagram, IoAllocateIrp(0, FALSE));
}

static void create_above_dispatch(void)
{
    struct call call;
    KIRQL irql;
    PIRP irp;

    client_start(&client, NULL);
    call_init(&call);
    irp = IRP(&call);
    KeRaiseIrql(HIGH_LEVEL, &irql);
    (void)!create(client.npi.Client, &datagram, irp);
}

static void create_for_no_client(void)
{
    static _Alignas(16) char memory[4096];
    struct call call;

    client_start(&client, NULL);
    call_init(&call);
    (void)!create(memory, &datagram, IRP(&call));
}

static void test_misuse_of_creation(void **state)
{
    (void)state;
    assert_bug_check(NO_MORE_IRP_STACK_LOCATIONS, create_without_location);
    assert_bug_check(IRQL_NOT_LESS_OR_EQUAL, create_above_dispatch);
    assert_bug_text("WskSocket");
    assert_bug_check(DRIVER_VERIFIER_DETECTED_VIOLATION, create_for_no_client);
    assert_bug_text("WSK-V17");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(SOCK_01_no_irp, setup, teardown),
        cmocka_unit_test_setup_teardown(SOCK_02_no_client, setup, teardown),
        cmocka_unit_test_setup_teardown(SOCK_03_pending_and_completed_before_the_return, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(SOCK_06_flags, setup, teardown),
        cmocka_unit_test_setup_teardown(SOCK_09_families, setup, teardown),
        cmocka_unit_test_setup_teardown(SOCK_09_types_and_protocols, setup, teardown),
        cmocka_unit_test_setup_teardown(SOCK_07_categories_of_a_transport, setup, teardown),
        cmocka_unit_test_setup_teardown(test_absent_categories, setup, teardown),
        cmocka_unit_test_setup_teardown(SOCK_05_datagram_table, setup, teardown),
        cmocka_unit_test_setup_teardown(SOCK_14_basic_table, setup, teardown),
        cmocka_unit_test_setup_teardown(SOCK_14_options_of_every_transport, setup, teardown),
        cmocka_unit_test_setup_teardown(SOCK_08_a_datagram_socket_that_listens, setup, teardown),
        cmocka_unit_test_setup_teardown(SOCK_05_both_spellings_work, setup, teardown),
        cmocka_unit_test_setup_teardown(SOCK_11_the_table_is_not_read, setup, teardown),
        cmocka_unit_test_setup_teardown(SOCK_11_no_callback, setup, teardown),
        cmocka_unit_test_setup_teardown(SOCK_12_contexts, setup, teardown),
        cmocka_unit_test_setup_teardown(SOCK_13_events_are_off, setup, teardown),
        cmocka_unit_test_setup_teardown(SOCK_14_basic_socket_of_a_client_with_static_events, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(SOCK_16_owners, setup, teardown),
        cmocka_unit_test_setup_teardown(SOCK_18_at_dispatch_level, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_several_threads, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_memory, setup, teardown),
        cmocka_unit_test(test_the_kernel_refuses),
        cmocka_unit_test_setup_teardown(IRP_01_no_irp, setup, teardown),
        cmocka_unit_test(wsk_v13_null_socket),
        cmocka_unit_test(wsk_v13_no_socket),
        cmocka_unit_test(wsk_v13_closed_socket),
        cmocka_unit_test(wsk_v13_closing_socket),
        cmocka_unit_test(wsk_v1_irp_without_a_location),
        cmocka_unit_test(wsk_v19_above_dispatch_level),
        cmocka_unit_test(test_misuse_of_creation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
