/* SPDX-License-Identifier: MIT */
/*
 * test_inject.c - each injection has the effect that its name says, on the calls that its rule
 * means.
 */
#include "calls.h"
#include "client.h"
#include "nt.h"
#include "verify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct client client;

static void on_report(const char *text, size_t length)
{
    (void)text;
    (void)length;
}

static void ask(const char *option, const char *value)
{
    char error[256] = "";

    if (!vf_option(option, value, error, sizeof(error)))
        fail_msg("%s: %s", value, error);
}

/* Each test says first what is injected. */
static void begin(const char *rule)
{
    static const struct vf_config config = { .report = on_report };

    assert_int_equal(nt_start(), STATUS_SUCCESS);
    if (rule)
        ask("inject", rule);
    vf_start(&config);
    client_start(&client, NULL);
}

static int tear_down(void **state)
{
    (void)state;
    client_stop(&client);
    vf_stop();
    nt_stop();
    return 0;
}

static NTSTATUS bind_any(dgram socket, struct call *call)
{
    SOCKADDR_INET local = loopback(AF_INET, 0);

    return CALL(call, socket.d->WskBind(socket.socket, (PSOCKADDR)&local, 0, IRP(call)));
}

/* Statuses of so many binds of one socket, which fails again once it is bound. */
static void bind_repeatedly(NTSTATUS *statuses, size_t count)
{
    struct call call;

    call_init(&call);
    for (size_t i = 0; i < count; i++) {
        dgram socket = dgram_open(&client, AF_INET, NULL, NULL);

        statuses[i] = bind_any(socket, &call);
        dgram_close(socket);
    }
    call_free(&call);
}

/* --- status, when, chance, socket ------------------------------------------------------------ */

#define S STATUS_SUCCESS
#define F STATUS_ADDRESS_ALREADY_EXISTS

static void expect_binds(const char *rule, const NTSTATUS *expected, size_t count)
{
    NTSTATUS statuses[16];

    begin(rule);
    bind_repeatedly(statuses, count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(statuses[i], expected[i]);
}

static void test_the_first_call_fails(void **state)
{
    const NTSTATUS expected[] = { F, S, S };

    (void)state;
    expect_binds("WskBind:status=STATUS_ADDRESS_ALREADY_EXISTS:when=1", expected, 3);
}

static void test_every_second_from_the_second_fails(void **state)
{
    const NTSTATUS expected[] = { S, F, S, F, S, F };

    (void)state;
    expect_binds("WskBind:status=STATUS_ADDRESS_ALREADY_EXISTS:when=2+2", expected, 6);
}

static void test_a_range_fails(void **state)
{
    const NTSTATUS expected[] = { S, F, F, S, S };

    (void)state;
    expect_binds("Wsk[AB]*:status=0xC000020A:when=2..3", expected, 5);
}

static void test_all_from_the_third_fail(void **state)
{
    const NTSTATUS expected[] = { S, S, F, F, F };

    (void)state;
    expect_binds("WskSendTo,WskBind:status=STATUS_ADDRESS_ALREADY_EXISTS:when=3+", expected, 5);
}

static void test_a_rule_for_one_socket_leaves_others(void **state)
{
    const NTSTATUS expected[] = { S, F, S };

    (void)state;
    expect_binds("WskBind:status=STATUS_ADDRESS_ALREADY_EXISTS:socket=2", expected, 3);
}

static void test_chance_is_the_seeds(void **state)
{
    NTSTATUS first[16], second[16];
    size_t failed = 0;

    (void)state;
    ask("seed", "42");
    begin("WskBind:status=STATUS_ADDRESS_ALREADY_EXISTS:chance=50");
    bind_repeatedly(first, 16);
    tear_down(NULL);
    ask("seed", "42");
    begin("WskBind:status=STATUS_ADDRESS_ALREADY_EXISTS:chance=50");
    bind_repeatedly(second, 16);
    assert_memory_equal(first, second, sizeof(first));
    for (size_t i = 0; i < 16; i++)
        failed += first[i] == F;
    assert_in_range(failed, 1, 15);
}

static void test_a_close_cannot_fail(void **state)
{
    struct call call;
    dgram socket;

    (void)state;
    begin("WskCloseSocket:status=STATUS_UNSUCCESSFUL");
    socket = dgram_open(&client, AF_INET, NULL, NULL);
    call_init(&call);
    assert_int_equal(CALL(&call, socket.d->WskCloseSocket(socket.socket, IRP(&call))),
                     STATUS_SUCCESS);
    call_free(&call);
}

/* --- pend, delay, elsewhere, dispatch, cancel ------------------------------------------------ */

static void test_a_bind_pends(void **state)
{
    uint64_t began_ns = os_clock_ns();
    struct call call;
    dgram socket;

    (void)state;
    begin("WskBind:pend:delay=5ms");
    socket = dgram_open(&client, AF_INET, NULL, NULL);
    call_init(&call);
    assert_int_equal(bind_any(socket, &call), STATUS_SUCCESS);
    assert_true(os_clock_ns() - began_ns >= 5 * OS_NS_PER_MS);
    assert_int_equal(call.irql, DISPATCH_LEVEL);
    call_free(&call);
    dgram_close(socket);
}

static void test_a_failure_pends(void **state)
{
    struct call call;
    NTSTATUS returned;
    dgram socket;

    (void)state;
    begin("WskBind:status=STATUS_ACCESS_DENIED:delay=2ms");
    socket = dgram_open(&client, AF_INET, NULL, NULL);
    call_init(&call);
    returned = socket.d->WskBind(socket.socket, NULL, 0, IRP(&call));
    assert_int_equal(returned, STATUS_PENDING);
    assert_int_equal(call_wait(&call, returned), STATUS_ACCESS_DENIED);
    call_free(&call);
    dgram_close(socket);
}

static void test_the_routine_runs_at_dispatch_level(void **state)
{
    struct call call;
    dgram socket;

    (void)state;
    begin("WskBind:dispatch");
    socket = dgram_open(&client, AF_INET, NULL, NULL);
    call_init(&call);
    assert_int_equal(bind_any(socket, &call), STATUS_SUCCESS);
    assert_int_equal(call.irql, DISPATCH_LEVEL);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    call_free(&call);
    dgram_close(socket);
}

static NTSTATUS receive(dgram socket, struct call *call, WSK_BUF *buffer)
{
    return CALL(call, socket.d->WskReceiveFrom(socket.socket, buffer, 0, NULL, NULL, NULL, NULL,
                                               IRP(call)));
}

static void test_a_pending_receive_is_cancelled(void **state)
{
    SOCKADDR_INET local;
    struct call call;
    WSK_BUF buffer;
    dgram socket;
    char byte;

    (void)state;
    begin("WskReceiveFrom:cancel:delay=1ms");
    buffer = buffer_over(&byte, 1);
    socket = dgram_bound(&client, AF_INET, NULL, NULL, &local);
    call_init(&call);
    assert_int_equal(receive(socket, &call, &buffer), STATUS_CANCELLED);
    call_free(&call);
    buffer_free(&buffer);
    dgram_close(socket);
}

/* The completion may win or lose; either way there is one, and the IRP can be freed at once. */
static void test_a_cancel_races_a_completion(void **state)
{
    SOCKADDR_INET local;
    char byte = 0;
    WSK_BUF buffer;
    dgram socket;

    (void)state;
    begin("WskReceiveFrom:cancel");
    buffer = buffer_over(&byte, 1);
    socket = dgram_bound(&client, AF_INET, NULL, NULL, &local);
    for (int i = 0; i < 200; i++) {
        struct call call;
        NTSTATUS returned, status;

        call_init(&call);
        returned = socket.d->WskReceiveFrom(socket.socket, &buffer, 0, NULL, NULL, NULL, NULL,
                                            IRP(&call));
        dgram_send(socket, "x", 1, &local);
        status = call_wait(&call, returned);
        assert_true(status == STATUS_CANCELLED || status == STATUS_SUCCESS);
        call_free(&call);
    }
    buffer_free(&buffer);
    dgram_close(socket);
}

/* Of many that are held and cancelled, some are cancelled and some had completed before. */
static void test_a_cancel_meets_held_completions(void **state)
{
    unsigned cancelled = 0, won = 0;
    SOCKADDR_INET local;
    struct call call;
    dgram socket;

    (void)state;
    begin("WskGetLocalAddress:pend:delay=1ms:cancel");
    socket = dgram_bound(&client, AF_INET, NULL, NULL, &local);
    call_init(&call);
    for (int i = 0; i < 40; i++) {
        NTSTATUS status = CALL(&call, socket.d->WskGetLocalAddress(
                                          socket.socket, (PSOCKADDR)&local, IRP(&call)));

        cancelled += status == STATUS_CANCELLED;
        won += status == STATUS_SUCCESS;
    }
    assert_int_equal(cancelled + won, 40);
    assert_in_range(cancelled, 1, 39);
    call_free(&call);
    dgram_close(socket);
}

/* Where the cancel wins, the bind has not happened: it can be done again. */
static void test_a_cancelled_bind_leaves_nothing(void **state)
{
    unsigned cancelled = 0;

    (void)state;
    begin("WskBind:pend:delay=1ms:cancel");
    for (int i = 0; i < 20; i++) {
        dgram socket = dgram_open(&client, AF_INET, NULL, NULL);
        struct call call;
        NTSTATUS status;

        call_init(&call);
        while ((status = bind_any(socket, &call)) == STATUS_CANCELLED && cancelled < 100)
            cancelled++;
        assert_int_equal(status, STATUS_SUCCESS);
        call_free(&call);
        dgram_close(socket);
    }
    assert_in_range(cancelled, 1, 99);
}

/* --- break: the socket stops functioning ----------------------------------------------------- */

struct events {
    KEVENT called;
    _Atomic unsigned calls, nulls, datagrams;
    NTSTATUS answer;
    WSK_BUF buffer;
    unsigned mdls, odd;
    char data[256];
    size_t length;
    ULONG control_length;
    PWSK_DATAGRAM_INDICATION kept;
};

static void read_datagram(struct events *events, const WSK_DATAGRAM_INDICATION *node)
{
    size_t offset = node->Buffer.Offset, left = node->Buffer.Length;

    events->length = 0;
    events->mdls = events->odd = 0;
    for (PMDL mdl = node->Buffer.Mdl; mdl && left; mdl = mdl->Next, offset = 0) {
        size_t size = mdl->ByteCount - offset < left ? mdl->ByteCount - offset : left;
        const char *at = (const char *)MmGetSystemAddressForMdlSafe(mdl, 16) + offset;

        memcpy(events->data + events->length, at, size);
        events->odd += (uintptr_t)at & 1;
        events->mdls++;
        events->length += size;
        left -= size;
    }
    assert_int_equal(left, 0);
    events->control_length = node->ControlInfoLength;
}

static NTSTATUS WSKAPI on_receive(PVOID context, ULONG flags, PWSK_DATAGRAM_INDICATION list)
{
    struct events *events = context;
    unsigned count = 0;

    UNREFERENCED_PARAMETER(flags);
    events->calls++;
    if (!list)
        events->nulls++;
    for (PWSK_DATAGRAM_INDICATION node = list; node; node = node->Next) {
        read_datagram(events, node);
        count++;
    }
    if (list && events->answer == STATUS_PENDING) {
        PWSK_DATAGRAM_INDICATION last = list;

        while (last->Next)
            last = last->Next;
        last->Next = events->kept;
        events->kept = list;
    }
    events->datagrams += count; /* last: the test looks at it */
    KeSetEvent(&events->called, IO_NO_INCREMENT, FALSE);
    return list ? events->answer : STATUS_SUCCESS;
}

static const WSK_CLIENT_DATAGRAM_DISPATCH callbacks = { on_receive };

static dgram listen_with(struct events *events, SOCKADDR_INET *local)
{
    dgram socket;

    memset(events, 0, sizeof(*events));
    KeInitializeEvent(&events->called, SynchronizationEvent, FALSE);
    socket = dgram_bound(&client, AF_INET, events, &callbacks, local);
    assert_int_equal(dgram_event(socket, WSK_EVENT_RECEIVE_FROM), STATUS_SUCCESS);
    return socket;
}

static void wait_for_event(struct events *events)
{
    KeWaitForSingleObject(&events->called, Executive, KernelMode, FALSE, NULL);
}

static void test_a_broken_socket_says_so(void **state)
{
    SOCKADDR_INET local;
    struct events events;
    dgram socket;

    (void)state;
    begin("WskSendTo:break:when=2");
    socket = listen_with(&events, &local);
    assert_int_equal(dgram_send(socket, "x", 1, &local), STATUS_SUCCESS);
    assert_int_equal(dgram_send(socket, "x", 1, &local), STATUS_FILE_FORCED_CLOSED);
    while (!events.nulls)
        wait_for_event(&events);
    assert_int_equal(events.nulls, 1);
    assert_int_equal(dgram_send(socket, "x", 1, &local), STATUS_FILE_FORCED_CLOSED);
    dgram_close(socket);
}

/* --- Received data --------------------------------------------------------------------------- */

static void test_a_datagram_comes_in_pieces_at_odd_addresses(void **state)
{
    static const char text[] = "a datagram of some length, which is split into pieces";
    SOCKADDR_INET local;
    struct events events;
    unsigned most = 0;
    dgram socket;

    (void)state;
    begin("WskReceiveFromEvent:split=5");
    socket = listen_with(&events, &local);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(dgram_send(socket, text, sizeof(text), &local), STATUS_SUCCESS);
        wait_for_event(&events);
        assert_int_equal(events.length, sizeof(text));
        assert_string_equal(events.data, text);
        assert_int_equal(events.odd, events.mdls);
        most = events.mdls > most ? events.mdls : most;
    }
    assert_in_range(most, 2, 5);
    dgram_close(socket);
}

static void test_a_split_datagram_is_kept_and_released(void **state)
{
    SOCKADDR_INET local;
    struct events events;
    dgram socket;

    (void)state;
    begin("WskReceiveFromEvent:split=4");
    socket = listen_with(&events, &local);
    events.answer = STATUS_PENDING;
    assert_int_equal(dgram_send(socket, "0123456789", 10, &local), STATUS_SUCCESS);
    wait_for_event(&events);
    read_datagram(&events, events.kept);
    assert_memory_equal(events.data, "0123456789", 10);
    assert_int_equal(socket.d->WskRelease(socket.socket, events.kept), STATUS_SUCCESS);
    dgram_close(socket);
}

/* The hour is never over: it is the second that ends the wait. */
static void test_datagrams_come_as_a_chain(void **state)
{
    SOCKADDR_INET local;
    PWSK_DATAGRAM_INDICATION node, next;
    struct events events;
    char expected = 'a';
    dgram socket;

    (void)state;
    begin("WskReceiveFromEvent:merge=2:delay=60m");
    socket = listen_with(&events, &local);
    events.answer = STATUS_PENDING;
    for (int i = 0; i < 2; i++)
        assert_int_equal(dgram_send(socket, i ? "b" : "a", 1, &local), STATUS_SUCCESS);
    while (events.datagrams < 2)
        wait_for_event(&events);
    assert_int_equal(events.calls, 1);
    for (node = events.kept; node; node = next, expected++) {
        next = node->Next;
        read_datagram(&events, node);
        assert_int_equal(events.data[0], expected);
        node->Next = NULL; /* each alone */
        assert_int_equal(socket.d->WskRelease(socket.socket, node), STATUS_SUCCESS);
    }
    assert_int_equal(expected, 'c');
    dgram_close(socket);
}

/* Nothing follows: the time ends the wait. */
static void test_a_single_datagram_is_not_kept_for_ever(void **state)
{
    SOCKADDR_INET local;
    struct events events;
    dgram socket;

    (void)state;
    begin("WskReceiveFromEvent:merge=64:delay=1ms");
    socket = listen_with(&events, &local);
    assert_int_equal(dgram_send(socket, "1", 1, &local), STATUS_SUCCESS);
    wait_for_event(&events);
    assert_int_equal(events.datagrams, 1);
    dgram_close(socket);
}

static void test_a_client_that_holds_enough_gets_no_more(void **state)
{
    SOCKADDR_INET local;
    PWSK_DATAGRAM_INDICATION kept;
    struct events events;
    dgram socket;

    (void)state;
    begin("WskReceiveFromEvent:limit=3");
    socket = listen_with(&events, &local);
    events.answer = STATUS_PENDING;
    for (int i = 0; i < 5; i++)
        assert_int_equal(dgram_send(socket, "x", 1, &local), STATUS_SUCCESS);
    while (events.datagrams < 3)
        wait_for_event(&events);
    assert_int_equal(events.datagrams, 3);
    kept = events.kept;
    events.kept = NULL; /* before the release lets the event run again */
    assert_int_equal(socket.d->WskRelease(socket.socket, kept), STATUS_SUCCESS);
    while (events.datagrams < 5)
        wait_for_event(&events);
    assert_int_equal(socket.d->WskRelease(socket.socket, events.kept), STATUS_SUCCESS);
    dgram_close(socket);
}

static void test_a_datagram_is_lost(void **state)
{
    SOCKADDR_INET local;
    struct events events;
    dgram socket;

    (void)state;
    begin("WskReceiveFromEvent:drop:when=1");
    socket = listen_with(&events, &local);
    assert_int_equal(dgram_send(socket, "1", 1, &local), STATUS_SUCCESS);
    while (!events.datagrams) {
        /* The first event's datagrams are lost, however many were sent until then. */
        assert_int_equal(dgram_send(socket, "22", 2, &local), STATUS_SUCCESS);
        os_yield();
    }
    assert_int_equal(events.length, 2);
    dgram_close(socket);
}

static void test_control_information_is_added_and_dropped(void **state)
{
    SOCKADDR_INET local;
    struct events events;
    dgram socket;

    (void)state;
    begin("WskReceiveFromEvent:control=add:when=1");
    socket = listen_with(&events, &local);
    assert_int_equal(dgram_send(socket, "1", 1, &local), STATUS_SUCCESS);
    wait_for_event(&events);
    assert_int_equal(events.control_length, 32);
    assert_int_equal(dgram_send(socket, "1", 1, &local), STATUS_SUCCESS);
    wait_for_event(&events);
    assert_int_equal(events.control_length, 0);
    dgram_close(socket);
}

static void test_control_information_is_added_to_a_receive(void **state)
{
    _Alignas(8) UCHAR control[64];
    ULONG length = sizeof(control);
    SOCKADDR_INET local;
    struct call call;
    WSK_BUF buffer;
    dgram socket;
    char byte;

    (void)state;
    begin("WskReceiveFrom:control=add");
    buffer = buffer_over(&byte, 1);
    socket = dgram_bound(&client, AF_INET, NULL, NULL, &local);
    call_init(&call);
    assert_int_equal(dgram_send(socket, "1", 1, &local), STATUS_SUCCESS);
    assert_int_equal(CALL(&call, socket.d->WskReceiveFrom(socket.socket, &buffer, 0, NULL, &length,
                                                          (PCMSGHDR)(PVOID)control, NULL,
                                                          IRP(&call))),
                     STATUS_SUCCESS);
    assert_int_equal(length, 32);
    assert_int_equal(((PCMSGHDR)(PVOID)control)->cmsg_len, 24);
    call_free(&call);
    buffer_free(&buffer);
    dgram_close(socket);
}

/* --- Around sockets -------------------------------------------------------------------------- */

static void test_a_capture_times_out_and_then_succeeds(void **state)
{
    WSK_CLIENT_DISPATCH dispatch = { MAKE_WSK_VERSION(1, 0), 0, NULL };
    WSK_CLIENT_NPI npi = { NULL, &dispatch };
    struct client other;

    (void)state;
    begin("WskCaptureProviderNPI:status=STATUS_DEVICE_NOT_READY:when=2");
    assert_int_equal(WskRegister(&npi, &other.registration), STATUS_SUCCESS);
    assert_int_equal(WskCaptureProviderNPI(&other.registration, WSK_NO_WAIT, &other.npi),
                     STATUS_DEVICE_NOT_READY);
    assert_int_equal(WskCaptureProviderNPI(&other.registration, WSK_NO_WAIT, &other.npi),
                     STATUS_SUCCESS);
    WskReleaseProviderNPI(&other.registration);
    WskDeregister(&other.registration);
}

static NTSTATUS capture_and_release(struct client *other)
{
    NTSTATUS status = WskCaptureProviderNPI(&other->registration, WSK_NO_WAIT, &other->npi);

    if (NT_SUCCESS(status))
        WskReleaseProviderNPI(&other->registration);
    return status;
}

/* The first call of each is the fixture's. */
static void test_an_imported_function_is_refused(void **state)
{
    WSK_CLIENT_DISPATCH dispatch = { MAKE_WSK_VERSION(1, 0), 0, NULL };
    WSK_CLIENT_NPI npi = { NULL, &dispatch };
    WSK_PROVIDER_CHARACTERISTICS versions;
    struct client other;

    (void)state;
    ask("inject", "WskRegister:status=STATUS_INSUFFICIENT_RESOURCES:when=2");
    ask("inject", "WskQuery*:status=STATUS_DEVICE_NOT_READY:when=1");
    begin("WskCaptureProviderNPI:status=STATUS_NOINTERFACE:when=3");
    assert_int_equal(WskRegister(&npi, &other.registration), STATUS_INSUFFICIENT_RESOURCES);
    assert_int_equal(WskRegister(&npi, &other.registration), STATUS_SUCCESS);
    assert_int_equal(WskQueryProviderCharacteristics(&other.registration, &versions),
                     STATUS_DEVICE_NOT_READY);
    assert_int_equal(WskQueryProviderCharacteristics(&other.registration, &versions),
                     STATUS_SUCCESS);
    assert_int_equal(capture_and_release(&other), STATUS_SUCCESS);
    assert_int_equal(capture_and_release(&other), STATUS_NOINTERFACE);
    assert_int_equal(capture_and_release(&other), STATUS_SUCCESS);
    WskDeregister(&other.registration);
}

/* What is wrong with the call is the provider's to say. */
static void test_a_refusal_does_not_hide_wrong_arguments(void **state)
{
    (void)state;
    begin("WskRegister,WskCaptureProviderNPI:status=STATUS_NOINTERFACE:when=3+");
    assert_int_equal(WskRegister(NULL, NULL), STATUS_INVALID_PARAMETER);
    assert_int_equal(WskCaptureProviderNPI(&client.registration, WSK_NO_WAIT, NULL),
                     STATUS_INVALID_PARAMETER);
}

/* A pattern that means others, too, leaves those alone that can do nothing with it. */
static void test_what_returns_nothing_does_its_work(void **state)
{
    WSK_CLIENT_DISPATCH dispatch = { MAKE_WSK_VERSION(1, 0), 0, NULL };
    WSK_CLIENT_NPI npi = { NULL, &dispatch };
    struct client other;

    (void)state;
    ask("inject", "*:pend:cancel:delay=1ms");
    begin("Wsk[DL]*,WskRelease*:status=STATUS_UNSUCCESSFUL");
    assert_int_equal(WskRegister(&npi, &other.registration), STATUS_SUCCESS);
    assert_int_equal(capture_and_release(&other), STATUS_SUCCESS);
    WskDeregister(&other.registration);
    assert_int_equal(ledger_count(LEDGER_REGISTRATION), 1);
    assert_int_equal(ledger_count(LEDGER_NPI), 1);
}

static void test_a_deregistration_stalls(void **state)
{
    WSK_CLIENT_DISPATCH dispatch = { MAKE_WSK_VERSION(1, 0), 0, NULL };
    WSK_CLIENT_NPI npi = { NULL, &dispatch };
    struct client other;
    uint64_t began_ns;

    (void)state;
    begin("WskDeregister:stall=3ms");
    assert_int_equal(WskRegister(&npi, &other.registration), STATUS_SUCCESS);
    began_ns = os_clock_ns();
    WskDeregister(&other.registration);
    assert_true(os_clock_ns() - began_ns >= 3 * OS_NS_PER_MS);
}

static void test_a_stalled_event_meets_its_disabling(void **state)
{
    SOCKADDR_INET local;
    struct events events;
    struct call call;
    dgram socket;
    WSK_EVENT_CALLBACK_CONTROL control = { (PNPIID)&NPI_WSK_INTERFACE_ID,
                                           WSK_EVENT_RECEIVE_FROM | WSK_EVENT_DISABLE };

    (void)state;
    begin("WskReceiveFromEvent:stall=20ms");
    socket = listen_with(&events, &local);
    call_init(&call);
    assert_int_equal(dgram_send(socket, "1", 1, &local), STATUS_SUCCESS);
    assert_int_equal(CALL(&call, socket.d->WskControlSocket(socket.socket, WskSetOption,
                                                            SO_WSK_EVENT_CALLBACK, SOL_SOCKET,
                                                            sizeof(control), &control, 0, NULL,
                                                            NULL, IRP(&call))),
                     STATUS_SUCCESS);
    /* Whichever came first: after the disabling has completed, the event does not run. */
    events.calls = 0;
    dgram_close(socket);
    assert_int_equal(events.calls, 0);
    call_free(&call);
}

/* --- unload ---------------------------------------------------------------------------------- */

#define LOADS 8
#define UNLOAD_MOST 20

static uint64_t asked_at;
static unsigned asked;

static void on_unload(const char *function, uint64_t number, const void *place)
{
    assert_string_equal(function, "WskBind");
    assert_non_null(place);
    asked_at = number;
    asked++;
}

/* At which bind each load is to end. */
static void unloads(const char *seed, uint64_t *numbers)
{
    NTSTATUS statuses[UNLOAD_MOST];

    ask("seed", seed);
    vf_unload_tell(on_unload);
    begin("WskBind:unload=20");
    for (unsigned load = 0; load < LOADS; load++) {
        asked = 0;
        vf_unload_begin();
        bind_repeatedly(statuses, UNLOAD_MOST);
        vf_unload_end();
        assert_int_equal(asked, 1);
        assert_in_range(asked_at, 1, UNLOAD_MOST);
        assert_int_equal(statuses[asked_at - 1], S); /* the call itself is as ever */
        numbers[load] = asked_at;
    }
    tear_down(NULL);
}

static void test_the_seed_says_when_a_load_ends(void **state)
{
    uint64_t first[LOADS], second[LOADS];
    bool differ = false;

    (void)state;
    unloads("3", first);
    unloads("3", second);
    assert_memory_equal(first, second, sizeof(first));
    for (unsigned load = 1; load < LOADS; load++)
        differ = differ || first[load] != first[0];
    assert_true(differ);
    unloads("4", second);
    assert_memory_not_equal(first, second, sizeof(first));
    begin(NULL);
}

static void test_an_unload_at_a_call_of_its_own(void **state)
{
    NTSTATUS statuses[8];

    (void)state;
    vf_unload_tell(on_unload);
    begin("WskBind:unload=1:when=3");
    asked = 0;
    bind_repeatedly(statuses, 1); /* no driver is loaded */
    vf_unload_begin();
    bind_repeatedly(statuses, 1);
    assert_int_equal(asked, 0);
    bind_repeatedly(statuses, 1);
    assert_int_equal(asked, 1);
    bind_repeatedly(statuses, 8);
    assert_int_equal(asked, 1);
}

static void test_an_allocation_that_unloads_succeeds(void **state)
{
    PVOID memory;

    (void)state;
    begin("ExAllocatePool:unload=1");
    vf_unload_begin();
    memory = ExAllocatePool2(POOL_FLAG_NON_PAGED, 8, 'tseT');
    assert_non_null(memory);
    ExFreePoolWithTag(memory, 'tseT');
}

/* --- What cannot be asked -------------------------------------------------------------------- */

static void refused(const char *rule, const char *why)
{
    char error[256] = "";

    assert_false(vf_option("inject", rule, error, sizeof(error)));
    if (!strstr(error, why))
        fail_msg("%s: %s", rule, error);
}

static void test_nonsense_is_refused_by_name(void **state)
{
    (void)state;
    refused("WskBindd:status=STATUS_SUCCESS", "'WskBindd' is no function");
    refused("WskBind", "does not say what shall happen");
    refused("WskBind:stats=1", "no injection 'stats'");
    refused("WskBind:status=STATUS_NONSENSE", "'status=STATUS_NONSENSE' cannot be understood");
    refused("WskBind:status=STATUS_PENDING", "cannot be understood");
    refused("WskBind:pend=3", "cannot be understood");
    refused("WskBind:pend:when=0", "cannot be understood");
    refused("WskBind:pend:when=3..2", "cannot be understood");
    refused("WskBind:pend:when=1x", "cannot be understood");
    refused("WskBind:delay=5", "cannot be understood");
    refused("WskBind:pend:chance=101", "cannot be understood");
    refused("WskBind:pend:socket=0", "cannot be understood");
    refused("WskReceiveFromEvent:split=99", "cannot be understood");
    refused("WskReceiveFromEvent:split=", "cannot be understood");
    refused("WskReceiveFromEvent:merge=1", "'merge=1' cannot be understood");
    refused("WskReceiveFromEvent:merge=3:split=2", "merge is a rule of its own");
    refused("WskReceiveFromEvent:limit=-1", "cannot be understood");
    refused("WskBind:unload", "'unload' cannot be understood");
    refused("WskBind:unload=0", "'unload=0' cannot be understood");
    refused("WskReceiveFromEvent:merge=3:unload=2", "merge is a rule of its own");
    refused("WskBind:control=some", "'control=some' cannot be understood");
    refused(":pend", "'' is no function");
    refused("WskBind,:pend", "'' is no function");
    refused("WskBind::pend", "there is no injection ''");
    refused("WskDeregister:status=STATUS_UNSUCCESSFUL", "'WskDeregister' returns nothing");
    refused("WskRegister,WskRel*NPI:status=STATUS_UNSUCCESSFUL", "'WskRel*NPI' returns nothing");
    refused("WskFreeAddressInfo:status=STATUS_UNSUCCESSFUL", "returns nothing");
    refused("WskDeregister:stall=1ms:status=STATUS_UNSUCCESSFUL", "returns nothing");
    refused("WskRegister:pend", "'WskRegister' has neither an IRP nor a socket");
    refused("WskCaptureProviderNPI:delay=1ms", "neither an IRP nor a socket");
    refused("WskCaptureProviderNPI:status=STATUS_NOINTERFACE:socket=1", "neither an IRP");
    begin(NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_the_first_call_fails),
        TEST(test_every_second_from_the_second_fails),
        TEST(test_a_range_fails),
        TEST(test_all_from_the_third_fail),
        TEST(test_a_rule_for_one_socket_leaves_others),
        TEST(test_chance_is_the_seeds),
        TEST(test_a_close_cannot_fail),
        TEST(test_a_bind_pends),
        TEST(test_a_failure_pends),
        TEST(test_the_routine_runs_at_dispatch_level),
        TEST(test_a_pending_receive_is_cancelled),
        TEST(test_a_cancel_races_a_completion),
        TEST(test_a_cancel_meets_held_completions),
        TEST(test_a_cancelled_bind_leaves_nothing),
        TEST(test_a_broken_socket_says_so),
        TEST(test_a_datagram_comes_in_pieces_at_odd_addresses),
        TEST(test_a_split_datagram_is_kept_and_released),
        TEST(test_datagrams_come_as_a_chain),
        TEST(test_a_single_datagram_is_not_kept_for_ever),
        TEST(test_a_client_that_holds_enough_gets_no_more),
        TEST(test_a_datagram_is_lost),
        TEST(test_control_information_is_added_and_dropped),
        TEST(test_control_information_is_added_to_a_receive),
        TEST(test_a_capture_times_out_and_then_succeeds),
        TEST(test_an_imported_function_is_refused),
        TEST(test_a_refusal_does_not_hide_wrong_arguments),
        TEST(test_what_returns_nothing_does_its_work),
        TEST(test_a_deregistration_stalls),
        TEST(test_a_stalled_event_meets_its_disabling),
        TEST(test_the_seed_says_when_a_load_ends),
        TEST(test_an_unload_at_a_call_of_its_own),
        TEST(test_an_allocation_that_unloads_succeeds),
        TEST(test_nonsense_is_refused_by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
