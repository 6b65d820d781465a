/* SPDX-License-Identifier: MIT */
/*
 * test_calls.c - what an observer of WSK calls sees, what it can change, and that a held completion
 * is pending.
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

/* --- An observer that writes down ------------------------------------------------------------ */

static struct base_lock lock;
static char seen[4096];
static const void *place;

/* What it does to calls of this function. */
static struct {
    enum vf_function_id function;
    bool fail;
    uint64_t hold_ns;
    bool elsewhere;
    bool past_close;
} plan;

__attribute__((format(printf, 1, 2))) static void note(const char *format, ...)
{
    va_list arguments;
    size_t used;

    base_lock_acquire(&lock);
    used = strlen(seen);
    va_start(arguments, format);
    vsnprintf(seen + used, sizeof(seen) - used, format, arguments);
    va_end(arguments);
    base_lock_release(&lock);
}

static void before(struct vf_call *call)
{
    place = call->place;
    note("%s(socket#%u irp#%u) ", call->function->name, call->socket_number, vf_irp_number(call->irp));
    if (call->function->id != plan.function)
        return;
    call->decided = plan.fail;
    call->status = STATUS_ADDRESS_ALREADY_EXISTS;
    call->hold_ns = plan.hold_ns;
    call->hold_elsewhere = plan.elsewhere;
    call->hold_past_close = plan.past_close;
}

static void after(struct vf_call *call)
{
    note("=%s ", nt_status_name(call->status));
}

static void completed(struct vf_call *call)
{
    note("irp#%u:%s ", vf_irp_number(call->irp), nt_status_name(call->result.Status));
}

static void routine_returned(struct vf_call *call, NTSTATUS status)
{
    (void)call;
    assert_int_equal(status, STATUS_MORE_PROCESSING_REQUIRED);
}

static bool event_begin(struct hook_event *event)
{
    note("%s(socket#%u) ", event->name, vf_socket_number(event->socket));
    return true;
}

static void event_end(struct hook_event *event)
{
    note("~%s ", nt_status_name(event->status));
}

static const struct vf_observer observer = {
    .asks_numbers = true, .before = before, .after = after, .completed = completed,
    .routine_returned = routine_returned, .event_begin = event_begin, .event_end = event_end,
};

static void forget(void)
{
    base_lock_acquire(&lock);
    seen[0] = '\0';
    base_lock_release(&lock);
}

/* --- Fixture --------------------------------------------------------------------------------- */

static struct client client;

static void on_report(const char *text, size_t length)
{
    (void)text;
    (void)length;
}

static int set_up(void **state)
{
    static const struct vf_config config = { .report = on_report };

    (void)state;
    memset(&plan, 0, sizeof(plan));
    plan.function = VF_FUNCTION_COUNT;
    assert_int_equal(nt_start(), STATUS_SUCCESS);
    vf_observe(&observer);
    vf_start(&config);
    client_start(&client, NULL);
    forget();
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

/* --- Seeing ---------------------------------------------------------------------------------- */

static void test_a_call_is_seen_from_entry_to_completion(void **state)
{
    dgram socket;

    (void)state;
    socket = dgram_open(&client, AF_INET, NULL, NULL);
    assert_string_equal(seen, "WskSocket(socket#0 irp#1) irp#1:STATUS_SUCCESS =STATUS_PENDING ");
    forget();
    dgram_close(socket);
    /* The close completes on a thread of the transport, before or after the call has returned. */
    assert_non_null(strstr(seen, "WskCloseSocket(socket#1 irp#"));
    assert_non_null(strstr(seen, ":STATUS_SUCCESS "));
}

static void test_the_place_is_the_drivers(void **state)
{
    char where[SYMBOL_TEXT_MAX];
    struct call call;
    dgram socket = dgram_open(&client, AF_INET, NULL, NULL);
    SOCKADDR_INET local = loopback(AF_INET, 0);

    (void)state;
    call_init(&call);
    assert_int_equal(CALL(&call, socket.d->WskBind(socket.socket, (PSOCKADDR)&local, 0, IRP(&call))),
                     STATUS_SUCCESS);
    symbol_describe(place, where, sizeof(where));
    assert_non_null(strstr(where, "test_the_place_is_the_drivers"));
    call_free(&call);
    dgram_close(socket);
}

static void place_of_socket(const struct ledger_entry *entry, void *text)
{
    symbol_describe(entry->place, text, SYMBOL_TEXT_MAX);
}

static void test_the_ledger_names_the_driver_not_the_table(void **state)
{
    char where[SYMBOL_TEXT_MAX] = "";
    dgram socket = dgram_open(&client, AF_INET, NULL, NULL);

    (void)state;
    ledger_visit(LEDGER_SOCKET, place_of_socket, where);
    assert_non_null(strstr(where, "dgram_open"));
    dgram_close(socket);
}

static NTSTATUS WSKAPI on_receive(PVOID context, ULONG flags, PWSK_DATAGRAM_INDICATION list)
{
    UNREFERENCED_PARAMETER(flags);
    if (list)
        KeSetEvent(context, IO_NO_INCREMENT, FALSE);
    return STATUS_SUCCESS;
}

static void test_an_event_is_seen(void **state)
{
    static const WSK_CLIENT_DATAGRAM_DISPATCH callbacks = { on_receive };
    SOCKADDR_INET local;
    KEVENT arrived;
    dgram socket;

    (void)state;
    KeInitializeEvent(&arrived, NotificationEvent, FALSE);
    socket = dgram_bound(&client, AF_INET, &arrived, &callbacks, &local);
    assert_int_equal(dgram_event(socket, WSK_EVENT_RECEIVE_FROM), STATUS_SUCCESS);
    assert_int_equal(dgram_send(socket, "x", 1, &local), STATUS_SUCCESS);
    KeWaitForSingleObject(&arrived, Executive, KernelMode, FALSE, NULL);
    dgram_close(socket);
    assert_non_null(strstr(seen, "WskReceiveFromEvent(socket#1) "));
    assert_non_null(strstr(seen, "~STATUS_SUCCESS "));
}

static void test_numbers_of_sockets_are_not_used_again(void **state)
{
    dgram first = dgram_open(&client, AF_INET, NULL, NULL);
    uint32_t number = vf_socket_number(first.socket);
    dgram second;

    (void)state;
    dgram_close(first);
    assert_int_equal(vf_socket_number(first.socket), 0);
    second = dgram_open(&client, AF_INET, NULL, NULL);
    assert_int_equal(vf_socket_number(second.socket), number + 1);
    dgram_close(second);
}

/* --- Imported functions ---------------------------------------------------------------------- */

static const WSK_CLIENT_DISPATCH other_dispatch = { MAKE_WSK_VERSION(1, 0), 0, NULL };

static void test_imported_functions_are_seen(void **state)
{
    WSK_CLIENT_NPI npi = { NULL, &other_dispatch };
    WSK_PROVIDER_CHARACTERISTICS versions;
    char where[SYMBOL_TEXT_MAX];
    struct client other;

    (void)state;
    assert_int_equal(WskRegister(&npi, &other.registration), STATUS_SUCCESS);
    assert_string_equal(seen, "WskRegister(socket#0 irp#0) =STATUS_SUCCESS ");
    symbol_describe(place, where, sizeof(where));
    assert_non_null(strstr(where, "test_imported_functions_are_seen"));
    forget();
    WskQueryProviderCharacteristics(&other.registration, &versions);
    assert_string_equal(seen, "WskQueryProviderCharacteristics(socket#0 irp#0) =STATUS_SUCCESS ");
    forget();
    WskCaptureProviderNPI(&other.registration, WSK_NO_WAIT, NULL);
    assert_string_equal(seen,
                        "WskCaptureProviderNPI(socket#0 irp#0) =STATUS_INVALID_PARAMETER ");
    forget();
    WskCaptureProviderNPI(&other.registration, WSK_NO_WAIT, &other.npi);
    WskReleaseProviderNPI(&other.registration);
    WskDeregister(&other.registration);
    assert_string_equal(seen, "WskCaptureProviderNPI(socket#0 irp#0) =STATUS_SUCCESS "
                              "WskReleaseProviderNPI(socket#0 irp#0) =STATUS_SUCCESS "
                              "WskDeregister(socket#0 irp#0) =STATUS_SUCCESS ");
}

/* There is no completion that could be held, nor a client before the registration. */
static void test_an_imported_function_is_not_held(void **state)
{
    WSK_CLIENT_NPI npi = { NULL, &other_dispatch };
    struct client other;

    (void)state;
    plan.hold_ns = 3600 * OS_NS_PER_S;
    plan.function = VF_ID_WskRegister;
    assert_int_equal(WskRegister(&npi, &other.registration), STATUS_SUCCESS);
    plan.function = VF_ID_WskDeregister;
    WskDeregister(&other.registration);
}

static _Atomic uint32_t deregistered;

static void deregister(void *registration)
{
    WskDeregister(registration);
    atomic_store(&deregistered, 1);
}

static bool has_seen(const char *text)
{
    bool found;

    base_lock_acquire(&lock);
    found = strstr(seen, text) != NULL;
    base_lock_release(&lock);
    return found;
}

/* Others go on meanwhile, with the same client, too. */
static void test_a_deregistration_that_waits_holds_nothing(void **state)
{
    WSK_CLIENT_NPI npi = { NULL, &other_dispatch };
    struct os_thread *thread;
    struct client other;
    dgram socket;

    (void)state;
    assert_int_equal(WskRegister(&npi, &other.registration), STATUS_SUCCESS);
    assert_int_equal(WskCaptureProviderNPI(&other.registration, WSK_NO_WAIT, &other.npi),
                     STATUS_SUCCESS);
    socket = dgram_open(&other, AF_INET, NULL, NULL);
    atomic_store(&deregistered, 0);
    assert_int_equal(os_thread_start(&thread, "deregister", deregister, &other.registration), 0);
    while (!has_seen("WskDeregister("))
        os_yield();
    dgram_close(dgram_open(&client, AF_INET, NULL, NULL));
    assert_int_equal(WskCaptureProviderNPI(&client.registration, WSK_NO_WAIT, &client.npi),
                     STATUS_SUCCESS);
    WskReleaseProviderNPI(&client.registration);
    dgram_close(socket);
    assert_int_equal(atomic_load(&deregistered), 0);
    forget();
    WskReleaseProviderNPI(&other.registration);
    os_thread_join(thread);
    assert_true(has_seen("=STATUS_SUCCESS "));
}

/* What calls.c relies on. */
static void test_a_call_begins_with_its_socket_and_ends_with_its_irp(void **state)
{
    (void)state;
    for (size_t i = 0; i < VF_FUNCTION_COUNT; i++) {
        const struct vf_function *function = &vf_functions[i];

        for (size_t j = 0; j < function->parameter_count; j++) {
            enum vf_parameter_kind kind = function->parameters[j].kind;

            assert_true(vf_function_has(function, kind));
            if (kind == VF_SOCKET || kind == VF_CLIENT)
                assert_int_equal(j, 0);
            if (kind == VF_IRP)
                assert_int_equal(j, function->parameter_count - 1);
        }
    }
}

/* --- Changing -------------------------------------------------------------------------------- */

static NTSTATUS bind_any(dgram socket)
{
    SOCKADDR_INET local = loopback(AF_INET, 0);
    struct call call;
    NTSTATUS status;

    call_init(&call);
    status = CALL(&call, socket.d->WskBind(socket.socket, (PSOCKADDR)&local, 0, IRP(&call)));
    call_free(&call);
    return status;
}

static void test_a_verdict_completes_the_irp(void **state)
{
    dgram socket = dgram_open(&client, AF_INET, NULL, NULL);

    (void)state;
    plan.function = VF_ID_WskBind;
    plan.fail = true;
    assert_int_equal(bind_any(socket), STATUS_ADDRESS_ALREADY_EXISTS);
    plan.fail = false;
    assert_int_equal(bind_any(socket), STATUS_SUCCESS);
    dgram_close(socket);
}

/* --- Holding --------------------------------------------------------------------------------- */

static void hold(enum vf_function_id function, uint64_t nanoseconds)
{
    plan.function = function;
    plan.hold_ns = nanoseconds;
}

#define LONG_NS (3600 * OS_NS_PER_S)

static void test_a_held_completion_comes_later_at_dispatch_level(void **state)
{
    dgram socket = dgram_open(&client, AF_INET, NULL, NULL);
    SOCKADDR_INET local = loopback(AF_INET, 0);
    struct call call;
    uint64_t began_ns = os_clock_ns();

    (void)state;
    hold(VF_ID_WskBind, 2 * OS_NS_PER_MS);
    call_init(&call);
    assert_int_equal(CALL(&call, socket.d->WskBind(socket.socket, (PSOCKADDR)&local, 0, IRP(&call))),
                     STATUS_SUCCESS);
    assert_true(os_clock_ns() - began_ns >= 2 * OS_NS_PER_MS);
    assert_int_equal(call.irql, DISPATCH_LEVEL);
    call_free(&call);
    dgram_close(socket);
}

static void test_a_held_refusal_pends(void **state)
{
    dgram socket = dgram_open(&client, AF_INET, NULL, NULL);
    struct call call;
    NTSTATUS returned;

    (void)state;
    hold(VF_ID_WskBind, OS_NS_PER_MS);
    call_init(&call);
    returned = socket.d->WskBind(socket.socket, NULL, 0, IRP(&call));
    assert_int_equal(returned, STATUS_PENDING);
    assert_int_equal(call_wait(&call, returned), STATUS_INVALID_PARAMETER);
    call_free(&call);
    dgram_close(socket);
}

static void test_a_cancel_ends_a_hold(void **state)
{
    dgram socket = dgram_open(&client, AF_INET, NULL, NULL);
    SOCKADDR_INET local = loopback(AF_INET, 0);
    struct call call;
    NTSTATUS returned;

    (void)state;
    hold(VF_ID_WskBind, LONG_NS);
    call_init(&call);
    returned = socket.d->WskBind(socket.socket, (PSOCKADDR)&local, 0, IRP(&call));
    assert_int_equal(returned, STATUS_PENDING);
    assert_false(call_done(&call));
    assert_true(IoCancelIrp(call.irp));
    assert_true(call_done(&call));
    assert_int_equal(call_wait(&call, returned), STATUS_SUCCESS);
    call_free(&call);
    dgram_close(socket);
}

static void test_an_irp_cancelled_before_is_not_held(void **state)
{
    SOCKADDR_INET local;
    dgram socket = dgram_bound(&client, AF_INET, NULL, NULL, &local);
    char byte;
    WSK_BUF buffer = buffer_over(&byte, 1);
    struct call call;
    NTSTATUS returned;

    (void)state;
    hold(VF_ID_WskReceiveFrom, LONG_NS);
    call_init(&call);
    returned = socket.d->WskReceiveFrom(socket.socket, &buffer, 0, NULL, NULL, NULL, NULL,
                                        IRP(&call));
    assert_true(IoCancelIrp(call.irp));
    assert_int_equal(call_wait(&call, returned), STATUS_CANCELLED);
    call_free(&call);
    buffer_free(&buffer);
    dgram_close(socket);
}

/* The socket's close ends what is held, and completes after it. */
static void close_with_one_held(bool past_close, uint64_t hold_ns)
{
    dgram socket = dgram_open(&client, AF_INET, NULL, NULL);
    SOCKADDR_INET local = loopback(AF_INET, 0);
    struct call bind, close;
    NTSTATUS bound, closed;

    hold(VF_ID_WskBind, hold_ns);
    plan.past_close = past_close;
    call_init(&bind);
    call_init(&close);
    bound = socket.d->WskBind(socket.socket, (PSOCKADDR)&local, 0, IRP(&bind));
    closed = socket.d->WskCloseSocket(socket.socket, IRP(&close));
    assert_int_equal(call_wait(&close, closed), STATUS_SUCCESS);
    assert_true(call_done(&bind));
    assert_int_equal(call_wait(&bind, bound), STATUS_SUCCESS);
    call_free(&close);
    call_free(&bind);
}

static void test_a_close_ends_a_hold_and_waits_for_it(void **state)
{
    (void)state;
    close_with_one_held(false, LONG_NS);
}

static void test_a_hold_past_the_close_delays_the_close(void **state)
{
    uint64_t began_ns = os_clock_ns();

    (void)state;
    close_with_one_held(true, 5 * OS_NS_PER_MS);
    assert_true(os_clock_ns() - began_ns >= 5 * OS_NS_PER_MS);
}

/* Only the deregistration waits: the driver forgets the close IRP until then. */
static void test_deregistration_waits_for_a_held_close(void **state)
{
    WSK_CLIENT_NPI npi = { NULL, &other_dispatch };
    struct client other;
    struct call close;
    NTSTATUS closed;
    dgram socket;

    (void)state;
    assert_int_equal(WskRegister(&npi, &other.registration), STATUS_SUCCESS);
    assert_int_equal(WskCaptureProviderNPI(&other.registration, WSK_NO_WAIT, &other.npi),
                     STATUS_SUCCESS);
    socket = dgram_open(&other, AF_INET, NULL, NULL);
    hold(VF_ID_WskCloseSocket, 5 * OS_NS_PER_MS);
    call_init(&close);
    closed = socket.d->WskCloseSocket(socket.socket, IRP(&close));
    WskReleaseProviderNPI(&other.registration);
    WskDeregister(&other.registration);
    assert_true(call_done(&close));
    assert_int_equal(call_wait(&close, closed), STATUS_SUCCESS);
    call_free(&close);
}

static void test_a_completion_on_another_thread_before_the_return(void **state)
{
    dgram socket = dgram_open(&client, AF_INET, NULL, NULL);
    SOCKADDR_INET local = loopback(AF_INET, 0);
    struct call call;
    NTSTATUS returned;

    (void)state;
    plan.function = VF_ID_WskBind;
    plan.elsewhere = true;
    call_init(&call);
    returned = socket.d->WskBind(socket.socket, (PSOCKADDR)&local, 0, IRP(&call));
    assert_int_equal(returned, STATUS_PENDING);
    assert_int_equal(call_wait(&call, returned), STATUS_SUCCESS);
    assert_int_equal(call.irql, DISPATCH_LEVEL); /* here it would have been PASSIVE_LEVEL */
    call_free(&call);
    dgram_close(socket);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_a_call_is_seen_from_entry_to_completion),
        TEST(test_the_place_is_the_drivers),
        TEST(test_the_ledger_names_the_driver_not_the_table),
        TEST(test_an_event_is_seen),
        TEST(test_numbers_of_sockets_are_not_used_again),
        TEST(test_imported_functions_are_seen),
        TEST(test_an_imported_function_is_not_held),
        TEST(test_a_deregistration_that_waits_holds_nothing),
        TEST(test_a_call_begins_with_its_socket_and_ends_with_its_irp),
        TEST(test_a_verdict_completes_the_irp),
        TEST(test_a_held_completion_comes_later_at_dispatch_level),
        TEST(test_a_held_refusal_pends),
        TEST(test_a_cancel_ends_a_hold),
        TEST(test_an_irp_cancelled_before_is_not_held),
        TEST(test_a_close_ends_a_hold_and_waits_for_it),
        TEST(test_a_hold_past_the_close_delays_the_close),
        TEST(test_deregistration_waits_for_a_held_close),
        TEST(test_a_completion_on_another_thread_before_the_return),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
