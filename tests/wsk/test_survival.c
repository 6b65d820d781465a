/* SPDX-License-Identifier: MIT */
/*
 * test_survival.c - the provider survives the failure of each of its allocations and system calls,
 * once and for good: no crash, no leak, no descriptor, and every IRP completes once.
 *
 * A life starts the provider, opens two sockets, binds, sets options, sends both ways, receives
 * into IRPs and by event, closes and stops. Life n meets the n-th failure; the sweep ends with the
 * first that meets none.
 */
#include "client.h"
#include "failing.h"
#include "nt.h"
#include "provider.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define ENOMEM_ 12
#define EIO_ 5
#define EMFILE_ 24
#define EAGAIN_ 11
#define EINTR_ 4

/* A sweep ends long before: this many failures are more than a life has. */
#define MOST 3000u

#define SIZE 700
#define DATAGRAMS 4

static const WSK_CLIENT_DISPATCH dispatch = { MAKE_WSK_VERSION(1, 0), 0, NULL };

/* --- Requests of the driver, whose own memory does not fail ---------------------------------- */

struct request {
    struct call call;
    char data[SIZE];
    WSK_BUF buffer;
    NTSTATUS returned;
};

static void request_make(struct request *request)
{
    failing_exempt(true);
    call_init(&request->call);
    memset(request->data, 'd', SIZE);
    request->buffer = buffer_over(request->data, SIZE);
    failing_exempt(false);
}

static void request_free(struct request *request)
{
    call_free(&request->call);
    buffer_free(&request->buffer);
}

static NTSTATUS WSKAPI on_receive(PVOID context, ULONG flags, PWSK_DATAGRAM_INDICATION list)
{
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(flags);
    UNREFERENCED_PARAMETER(list);
    return STATUS_SUCCESS;
}

static const WSK_CLIENT_DATAGRAM_DISPATCH callbacks = { on_receive };

/* --- Sockets that may fail ------------------------------------------------------------------- */

static dgram try_open(struct client *client, struct request *request, SOCKADDR_INET *local)
{
    dgram opened = { NULL, NULL };
    struct call *call = &request->call;
    ULONG size = 65536;

    if (!NT_SUCCESS(CALL(call, client->npi.Dispatch->WskSocket(
                                   client->npi.Client, AF_INET, SOCK_DGRAM, IPPROTO_UDP,
                                   WSK_FLAG_DATAGRAM_SOCKET, NULL, &callbacks, NULL, NULL, NULL,
                                   IRP(call)))))
        return opened;
    opened.socket = (PWSK_SOCKET)call->information;
    opened.d = (PWSK_PROVIDER_DATAGRAM_DISPATCH)opened.socket->Dispatch;
    *local = loopback(AF_INET, 0);
    CALL(call, opened.d->WskControlSocket(opened.socket, WskSetOption, SO_RCVBUF, SOL_SOCKET,
                                          sizeof(size), &size, 0, NULL, NULL, IRP(call)));
    CALL(call, opened.d->WskBind(opened.socket, (PSOCKADDR)local, 0, IRP(call)));
    CALL(call, opened.d->WskGetLocalAddress(opened.socket, (PSOCKADDR)local, IRP(call)));
    return opened;
}

static void close_opened(dgram socket, struct request *request)
{
    if (socket.socket)
        assert_int_equal(CALL(&request->call,
                              socket.d->WskCloseSocket(socket.socket, IRP(&request->call))),
                         STATUS_SUCCESS);
}

static void send(dgram from, struct request *request, SOCKADDR_INET *to)
{
    CALL(&request->call, from.d->WskSendTo(from.socket, &request->buffer, 0, (PSOCKADDR)to, 0, NULL,
                                           IRP(&request->call)));
}

static void send_list(dgram from, struct request *request, SOCKADDR_INET *to)
{
    WSK_BUF_LIST second = { NULL, request->buffer }, first = { &second, request->buffer };

    CALL(&request->call, from.d->WskSendMessages(from.socket, &first, 0, (PSOCKADDR)to, 0, NULL,
                                                 IRP(&request->call)));
}

static void begin_receive(dgram at, struct request *request)
{
    request->returned = at.d->WskReceiveFrom(at.socket, &request->buffer, 0, NULL, NULL, NULL, NULL,
                                             IRP(&request->call));
}

static void end_receive(struct request *request)
{
    IoCancelIrp(request->call.irp);
    call_wait(&request->call, request->returned);
}

static void talk(dgram first, SOCKADDR_INET *first_at, dgram second, SOCKADDR_INET *second_at,
                 struct request *sending)
{
    struct request receiving[2];

    for (int i = 0; i < 2; i++) {
        request_make(&receiving[i]);
        begin_receive(second, &receiving[i]);
    }
    (void)dgram_event(first, WSK_EVENT_RECEIVE_FROM);
    for (int i = 0; i < DATAGRAMS; i++) {
        send(first, sending, second_at);
        send_list(second, sending, first_at);
    }
    for (int i = 0; i < 2; i++) {
        end_receive(&receiving[i]);
        request_free(&receiving[i]);
    }
}

/* --- A life ---------------------------------------------------------------------------------- */

static void use(struct client *client)
{
    SOCKADDR_INET first_at, second_at;
    struct request request;
    dgram first, second;

    request_make(&request);
    first = try_open(client, &request, &first_at);
    second = try_open(client, &request, &second_at);
    if (first.socket && second.socket)
        talk(first, &first_at, second, &second_at, &request);
    close_opened(second, &request);
    close_opened(first, &request);
    request_free(&request);
}

static void run_client(void)
{
    WSK_CLIENT_NPI npi = { NULL, &dispatch };
    struct client client;

    if (!NT_SUCCESS(WskRegister(&npi, &client.registration)))
        return;
    assert_int_equal(WskCaptureProviderNPI(&client.registration, WSK_NO_WAIT, &client.npi),
                     STATUS_SUCCESS);
    use(&client);
    WskReleaseProviderNPI(&client.registration);
    WskDeregister(&client.registration);
}

static bool live(enum failing kind, uint32_t at, bool for_good, int error)
{
    const struct wsk_config config = { .loops = 1 };
    bool met;

    assert_int_equal(nt_start(), STATUS_SUCCESS);
    failing_sys_install();
    failing_begin(kind, at, for_good, error);
    if (NT_SUCCESS(wsk_start(&config))) {
        run_client();
        nt_drain();
        wsk_stop();
    }
    met = failing_end();
    failing_sys_remove();
    nt_stop();
    assert_nothing_left();
    assert_int_equal(failing_sys_descriptors(), 0);
    return met;
}

static void sweep(enum failing kind, bool for_good, int error)
{
    uint32_t at = 1;

    while (live(kind, at, for_good, error)) {
        /* Late in a life the numbers wander with the threads; every failure is met all the same. */
        at++;
        assert_in_range(at, 1, MOST);
    }
    print_message("%u failures\n", at - 1);
    assert_in_range(at, 10, MOST);
}

static void test_system_calls_fail_once(void **state)
{
    (void)state;
    sweep(FAILING_SYSTEM_CALLS, false, EIO_);
    sweep(FAILING_SYSTEM_CALLS, false, ENOMEM_);
}

static void test_system_calls_are_interrupted(void **state)
{
    (void)state;
    sweep(FAILING_SYSTEM_CALLS, false, EINTR_);
    sweep(FAILING_SYSTEM_CALLS, false, EAGAIN_);
}

static void test_system_calls_fail_for_good(void **state)
{
    (void)state;
    sweep(FAILING_SYSTEM_CALLS, true, EMFILE_);
}

static void test_memory_fails_once(void **state)
{
    (void)state;
    sweep(FAILING_MEMORY, false, 0);
}

static void test_memory_fails_for_good(void **state)
{
    (void)state;
    sweep(FAILING_MEMORY, true, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_fails_once),
        cmocka_unit_test(test_memory_fails_for_good),
        cmocka_unit_test(test_system_calls_fail_once),
        cmocka_unit_test(test_system_calls_are_interrupted),
        cmocka_unit_test(test_system_calls_fail_for_good),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
