/* SPDX-License-Identifier: MIT */
/* test_client.c - WskControlClient, and the functions of a client that are not there yet. */
#include "client.h"
#include "peer.h"

#include "base.h"
#include "bug.h"
#include "nt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
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

/* A synchronous code, as its contract wants it. */
static NTSTATUS control(ULONG code, SIZE_T input_size, const void *input, SIZE_T output_size,
                        PVOID output, SIZE_T *returned)
{
    return client.npi.Dispatch->WskControlClient(client.npi.Client, code, input_size,
                                                 (PVOID)(uintptr_t)input, output_size, output,
                                                 returned, NULL);
}

static NTSTATUS query(SIZE_T size, PVOID output, SIZE_T *returned)
{
    return control(WSK_TRANSPORT_LIST_QUERY, 0, NULL, size, output, returned);
}

static SIZE_T list_size(void)
{
    SIZE_T size = ~(SIZE_T)0; /* CLI-05: all 64 bits are written */

    assert_int_equal(query(0, NULL, &size), STATUS_BUFFER_OVERFLOW);
    return size;
}

/* --- The list of transports ------------------------------------------------------------------ */

static void CLI_06_size_of_the_list(void **state)
{
    SIZE_T size = list_size();
    SIZE_T again = 0;

    (void)state;
    assert_int_not_equal(size, 0);
    assert_int_equal(size % sizeof(WSK_TRANSPORT), 0);
    assert_true(size < 0x10000);
    /* No buffer is no room, whatever the size claims. */
    assert_int_equal(query(0x10000, NULL, &again), STATUS_BUFFER_OVERFLOW);
    assert_int_equal(again, size);
}

static void CLI_07_too_small(void **state)
{
    SIZE_T size = list_size();

    (void)state;
    for (SIZE_T room = 0; room < size; room++) {
        unsigned char *exact = malloc(room ? room : 1);
        SIZE_T returned = 0;

        memset(exact, 0xcc, room);
        assert_int_equal(query(room, exact, &returned), STATUS_BUFFER_OVERFLOW);
        assert_int_equal(returned, size);
        free(exact);
    }
}

static void CLI_08_room_enough(void **state)
{
    SIZE_T size = list_size();

    (void)state;
    for (SIZE_T spare = 0; spare <= 2 * sizeof(WSK_TRANSPORT); spare += 7) {
        unsigned char *bytes = malloc(size + spare);
        SIZE_T returned = 0;

        memset(bytes, 0xcc, size + spare);
        assert_int_equal(query(size + spare, bytes, &returned), STATUS_SUCCESS);
        assert_int_equal(returned, size);
        for (SIZE_T i = size; i < size + spare; i++)
            assert_int_equal(bytes[i], 0xcc);
        free(bytes);
    }
}

/* One variable for the size asked and the size told, as the loop of a VPN driver has it. */
static void CLI_09_one_variable_for_both_sizes(void **state)
{
    WSK_TRANSPORT *list = NULL;
    SIZE_T size = sizeof(*list);
    NTSTATUS status;
    int rounds = 0;

    (void)state;
    do {
        assert_true(rounds++ < 3);
        free(list);
        list = malloc(size);
        status = query(size, list, &size);
    } while (status == STATUS_BUFFER_OVERFLOW);
    assert_int_equal(status, STATUS_SUCCESS);
    assert_int_equal(size, list_size());
    free(list);
}

static void CLI_05_the_list_needs_a_place_for_its_size(void **state)
{
    WSK_TRANSPORT list[16];

    (void)state;
    assert_int_equal(query(sizeof(list), list, NULL), STATUS_INVALID_PARAMETER);
    assert_int_equal(query(0, NULL, NULL), STATUS_INVALID_PARAMETER);
}

static void expect_creatable(const WSK_TRANSPORT *transport)
{
    struct call call;
    PWSK_SOCKET socket;
    const WSK_PROVIDER_BASIC_DISPATCH *d;

    call_init(&call);
    assert_int_equal(CALL(&call, client.npi.Dispatch->WskSocket(
                                     client.npi.Client, transport->AddressFamily,
                                     transport->SocketType, transport->Protocol,
                                     WSK_FLAG_BASIC_SOCKET, NULL, NULL, NULL, NULL, NULL,
                                     IRP(&call))),
                     STATUS_SUCCESS);
    socket = (PWSK_SOCKET)call.information;
    d = socket->Dispatch;
    assert_int_equal(CALL(&call, d->WskCloseSocket(socket, IRP(&call))), STATUS_SUCCESS);
    call_free(&call);
}

static void CLI_10_every_listed_transport_can_be_created(void **state)
{
    WSK_TRANSPORT list[16];
    SIZE_T size = 0;
    bool udp4 = false, udp6 = false;

    (void)state;
    assert_int_equal(query(sizeof(list), list, &size), STATUS_SUCCESS);
    for (SIZE_T i = 0; i < size / sizeof(list[0]); i++) {
        const WSK_TRANSPORT *entry = &list[i];
        bool udp = entry->SocketType == SOCK_DGRAM && entry->Protocol == IPPROTO_UDP;

        /* CLI-11: families by name, not AF_UNSPEC for both. */
        assert_true(entry->AddressFamily == AF_INET || entry->AddressFamily == AF_INET6);
        udp4 = udp4 || (udp && entry->AddressFamily == AF_INET);
        udp6 = udp6 || (udp && entry->AddressFamily == AF_INET6);
        expect_creatable(entry);
        for (SIZE_T k = 0; k < i; k++)
            assert_false(list[k].AddressFamily == entry->AddressFamily &&
                         list[k].SocketType == entry->SocketType &&
                         list[k].Protocol == entry->Protocol);
    }
    assert_true(udp4);
    assert_true(udp6);
}

static void CLI_12_version_and_provider_of_an_entry(void **state)
{
    WSK_TRANSPORT first[16], second[16];
    SIZE_T size = 0;

    (void)state;
    assert_int_equal(query(sizeof(first), first, &size), STATUS_SUCCESS);
    assert_int_equal(query(sizeof(second), second, &size), STATUS_SUCCESS);
    for (SIZE_T i = 0; i < size / sizeof(first[0]); i++) {
        assert_memory_equal(&first[i].ProviderId, &second[i].ProviderId, sizeof(GUID));
        assert_int_equal(first[i].Version, MAKE_WSK_VERSION(1, 0));
        for (SIZE_T k = 0; k < i; k++)
            assert_int_equal(memcmp(&first[i].ProviderId, &first[k].ProviderId, sizeof(GUID)) == 0,
                             first[i].AddressFamily == first[k].AddressFamily);
    }
}

/* --- IRPs, codes, handles, IRQL --------------------------------------------------------------- */

static NTSTATUS control_with_irp(struct call *call, PWSK_CLIENT handle, ULONG code)
{
    WSK_EVENT_CALLBACK_CONTROL input = { (PNPIID)(uintptr_t)&NPI_WSK_INTERFACE_ID, 0 };

    return CALL(call, client.npi.Dispatch->WskControlClient(handle, code, sizeof(input), &input, 0,
                                                            NULL, NULL, IRP(call)));
}

static void CLI_02_an_irp_with_a_synchronous_code(void **state)
{
    static const ULONG codes[] = {
        WSK_TRANSPORT_LIST_QUERY,   WSK_CACHE_SD, WSK_RELEASE_SD, WSK_TDI_DEVICENAME_MAPPING,
        WSK_SET_STATIC_EVENT_CALLBACKS, WSK_TDI_BEHAVIOR,
    };
    struct call call;

    (void)state;
    call_init(&call);
    for (size_t i = 0; i < RTL_NUMBER_OF(codes); i++)
        assert_int_equal(control_with_irp(&call, client.npi.Client, codes[i]),
                         STATUS_INVALID_PARAMETER);
    call_free(&call);
}

static void CLI_03_unknown_codes(void **state)
{
    static const ULONG codes[] = { 0, 1, 9, 10, 0x7fffffff, 0xffffffff };
    struct call call;

    (void)state;
    call_init(&call);
    for (size_t i = 0; i < RTL_NUMBER_OF(codes); i++) {
        assert_int_equal(control(codes[i], 0, NULL, 0, NULL, NULL), STATUS_NOT_SUPPORTED);
        assert_int_equal(control_with_irp(&call, client.npi.Client, codes[i]),
                         STATUS_NOT_SUPPORTED);
    }
    call_free(&call);
}

static void test_no_client(void **state)
{
    ULONG behaviour = 0;
    struct call call;

    (void)state;
    call_init(&call);
    assert_int_equal(client.npi.Dispatch->WskControlClient(NULL, WSK_TDI_BEHAVIOR,
                                                           sizeof(behaviour), &behaviour, 0, NULL,
                                                           NULL, NULL),
                     STATUS_INVALID_HANDLE);
    assert_int_equal(control_with_irp(&call, NULL, WSK_TDI_BEHAVIOR), STATUS_INVALID_HANDLE);
    call_free(&call);
}

static void CLI_04_dispatch_level(void **state)
{
    WSK_EVENT_CALLBACK_CONTROL events = { (PNPIID)(uintptr_t)&NPI_WSK_INTERFACE_ID,
                                          WSK_EVENT_RECEIVE_FROM };
    WSK_TRANSPORT list[16];
    ULONG behaviour = WSK_TDI_BEHAVIOR_BYPASS_TDI;
    SIZE_T size;
    KIRQL irql;

    (void)state;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    assert_int_equal(query(sizeof(list), list, &size), STATUS_SUCCESS);
    assert_int_equal(control(WSK_TDI_BEHAVIOR, sizeof(behaviour), &behaviour, 0, NULL, NULL),
                     STATUS_SUCCESS);
    assert_int_equal(control(WSK_SET_STATIC_EVENT_CALLBACKS, sizeof(events), &events, 0, NULL,
                             NULL),
                     STATUS_SUCCESS);
    assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
    KeLowerIrql(irql);
}

static void CLI_22_tdi_behaviour(void **state)
{
    ULONG behaviour[2] = { WSK_TDI_BEHAVIOR_BYPASS_TDI, 0 };

    (void)state;
    assert_int_equal(control(WSK_TDI_BEHAVIOR, 4, &behaviour[0], 0, NULL, NULL), STATUS_SUCCESS);
    assert_int_equal(control(WSK_TDI_BEHAVIOR, 4, &behaviour[1], 0, NULL, NULL), STATUS_SUCCESS);
    assert_int_equal(control(WSK_TDI_BEHAVIOR, 8, behaviour, 0, NULL, NULL), STATUS_SUCCESS);
    assert_int_equal(control(WSK_TDI_BEHAVIOR, 3, behaviour, 0, NULL, NULL),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(control(WSK_TDI_BEHAVIOR, 0, NULL, 0, NULL, NULL), STATUS_INVALID_PARAMETER);
    assert_int_equal(control(WSK_TDI_BEHAVIOR, 4, NULL, 0, NULL, NULL), STATUS_INVALID_PARAMETER);
}

static void CLI_23_tdi_names(void **state)
{
    WSK_TDI_MAP_INFO map = { 0, NULL };

    (void)state;
    assert_int_equal(control(WSK_TDI_DEVICENAME_MAPPING, sizeof(map), &map, 0, NULL, NULL),
                     STATUS_NOT_SUPPORTED);
}

/* --- Static event callbacks ------------------------------------------------------------------ */

static NTSTATUS set_events(ULONG mask)
{
    /* The identity is a value, not an address. */
    NPIID id = NPI_WSK_INTERFACE_ID;
    WSK_EVENT_CALLBACK_CONTROL events = { &id, mask };

    return control(WSK_SET_STATIC_EVENT_CALLBACKS, sizeof(events), &events, 0, NULL, NULL);
}

static void CLI_16_19_parameters(void **state)
{
    NPIID id = NPI_WSK_INTERFACE_ID;
    WSK_EVENT_CALLBACK_CONTROL events = { &id, WSK_EVENT_RECEIVE_FROM };
    const ULONG code = WSK_SET_STATIC_EVENT_CALLBACKS;

    (void)state;
    assert_int_equal(control(code, sizeof(events), &events, 0, NULL, NULL), STATUS_SUCCESS);
    for (SIZE_T size = 0; size < sizeof(events); size++)
        assert_int_equal(control(code, size, &events, 0, NULL, NULL), STATUS_INVALID_PARAMETER);
    assert_int_equal(control(code, sizeof(events), NULL, 0, NULL, NULL), STATUS_INVALID_PARAMETER);
    events.NpiId = NULL;
    assert_int_equal(control(code, sizeof(events), &events, 0, NULL, NULL),
                     STATUS_INVALID_PARAMETER);
    events.NpiId = &id;
    ((unsigned char *)&id)[15] ^= 1;
    assert_int_equal(control(code, sizeof(events), &events, 0, NULL, NULL),
                     STATUS_INVALID_PARAMETER);
}

static void CLI_17_19_masks(void **state)
{
    const ULONG known = WSK_EVENT_SEND_BACKLOG | WSK_EVENT_RECEIVE | WSK_EVENT_DISCONNECT |
                        WSK_EVENT_RECEIVE_FROM | WSK_EVENT_ACCEPT;

    (void)state;
    for (int bit = 0; bit < 32; bit++) {
        ULONG mask = 1u << bit;

        assert_int_equal(set_events(mask),
                         mask & known ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER);
    }
    assert_int_equal(set_events(known), STATUS_SUCCESS);
    assert_int_equal(set_events(known | WSK_EVENT_DISABLE), STATUS_INVALID_PARAMETER);
    assert_int_equal(set_events(0), STATUS_SUCCESS);
}

struct listener {
    KEVENT called;
    _Atomic uint32_t calls;
    char first; /* of the data */
};

static NTSTATUS WSKAPI receive_from_event(PVOID context, ULONG flags, PWSK_DATAGRAM_INDICATION list)
{
    struct listener *listener = context;

    (void)flags;
    if (!list)
        return STATUS_SUCCESS;
    listener->first = *(char *)MmGetSystemAddressForMdlSafe(list->Buffer.Mdl, NormalPagePriority);
    atomic_fetch_add(&listener->calls, 1);
    KeSetEvent(&listener->called, IO_NO_INCREMENT, FALSE);
    return STATUS_SUCCESS;
}

static const WSK_CLIENT_DATAGRAM_DISPATCH callbacks = { receive_from_event };

static void listener_init(struct listener *listener)
{
    memset(listener, 0, sizeof(*listener));
    KeInitializeEvent(&listener->called, NotificationEvent, FALSE);
}

/* SOCK-15: without any call after the bind. */
static void CLI_17_18_static_events_of_later_sockets(void **state)
{
    struct listener listener;
    SOCKADDR_INET local;
    struct peer peer;
    dgram socket;

    (void)state;
    assert_int_equal(set_events(WSK_EVENT_RECEIVE_FROM | WSK_EVENT_RECEIVE | WSK_EVENT_ACCEPT),
                     STATUS_SUCCESS);
    listener_init(&listener);
    socket = dgram_bound(&client, AF_INET, &listener, &callbacks, &local);
    peer_open(&peer, false);
    peer_send(&peer, "s", 1, port_of(&local));
    KeWaitForSingleObject(&listener.called, Executive, KernelMode, FALSE, NULL);
    assert_int_equal(listener.first, 's');
    dgram_close(socket);
    peer_close(&peer);
}

/* What cannot concern a datagram socket switches nothing on. */
static void CLI_17_bits_of_other_categories(void **state)
{
    struct listener listener;
    SOCKADDR_INET local;
    char byte;
    size_t size = 1;
    dgram socket;

    (void)state;
    assert_int_equal(set_events(WSK_EVENT_RECEIVE | WSK_EVENT_ACCEPT), STATUS_SUCCESS);
    listener_init(&listener);
    socket = dgram_bound(&client, AF_INET, &listener, &callbacks, &local);
    assert_int_equal(dgram_send(socket, "n", 1, &local), STATUS_SUCCESS);
    assert_int_equal(dgram_receive(socket, &byte, &size, NULL), STATUS_SUCCESS);
    assert_int_equal(byte, 'n');
    assert_int_equal(atomic_load(&listener.calls), 0);
    dgram_close(socket);
}

/* Another registration of the same driver has its own mask. */
static void CLI_18_other_registrations(void **state)
{
    static const WSK_CLIENT_DISPATCH dispatch = { MAKE_WSK_VERSION(1, 0), 0, NULL };
    static struct client other;
    WSK_CLIENT_NPI npi = { NULL, &dispatch };
    struct listener listener;
    SOCKADDR_INET local;
    char byte;
    size_t size = 1;
    dgram socket;

    (void)state;
    assert_int_equal(set_events(WSK_EVENT_RECEIVE_FROM), STATUS_SUCCESS);
    assert_int_equal(WskRegister(&npi, &other.registration), STATUS_SUCCESS);
    assert_int_equal(WskCaptureProviderNPI(&other.registration, WSK_NO_WAIT, &other.npi),
                     STATUS_SUCCESS);
    listener_init(&listener);
    socket = dgram_bound(&other, AF_INET, &listener, &callbacks, &local);
    assert_int_equal(dgram_send(socket, "o", 1, &local), STATUS_SUCCESS);
    assert_int_equal(dgram_receive(socket, &byte, &size, NULL), STATUS_SUCCESS);
    assert_int_equal(byte, 'o');
    assert_int_equal(atomic_load(&listener.calls), 0);
    dgram_close(socket);
    WskReleaseProviderNPI(&other.registration);
    WskDeregister(&other.registration);
}

static void CLI_19_too_late(void **state)
{
    struct listener listener;
    SOCKADDR_INET local;
    char byte;
    size_t size = 1;
    dgram socket;

    (void)state;
    listener_init(&listener);
    socket = dgram_bound(&client, AF_INET, &listener, &callbacks, &local);
    assert_int_equal(set_events(WSK_EVENT_RECEIVE_FROM), STATUS_INVALID_DEVICE_STATE);
    dgram_close(socket);
    /* And it changed nothing for the next one. */
    socket = dgram_bound(&client, AF_INET, &listener, &callbacks, &local);
    assert_int_equal(dgram_send(socket, "l", 1, &local), STATUS_SUCCESS);
    assert_int_equal(dgram_receive(socket, &byte, &size, NULL), STATUS_SUCCESS);
    assert_int_equal(atomic_load(&listener.calls), 0);
    dgram_close(socket);
}

/* --- Not there yet --------------------------------------------------------------------------- */

static NTSTATUS socket_connect(PIRP irp)
{
    SOCKADDR_INET address = loopback(AF_INET, 9);

    return client.npi.Dispatch->WskSocketConnect(
        client.npi.Client, SOCK_STREAM, IPPROTO_TCP, (PSOCKADDR)&address, (PSOCKADDR)&address, 0,
        NULL, NULL, NULL, NULL, NULL, irp);
}

static void test_absent_functions_complete_the_irp(void **state)
{
    struct call call;

    (void)state;
    call_init(&call);
    assert_int_equal(CALL(&call, socket_connect(IRP(&call))), STATUS_NOT_IMPLEMENTED);
    call_free(&call);
}

static void IRP_01_absent_functions_without_an_irp(void **state)
{
    (void)state;
    assert_int_equal(socket_connect(NULL), STATUS_INVALID_PARAMETER);
}

/* --- Misuse ---------------------------------------------------------------------------------- */

static void control_something_else(void)
{
    static char memory[4096];

    client_start(&client, NULL);
    client.npi.Client = memory;
    (void)!control(WSK_TDI_DEVICENAME_MAPPING, 0, NULL, 0, NULL, NULL);
}

static void control_after_deregistration(void)
{
    client_start(&client, NULL);
    WskReleaseProviderNPI(&client.registration);
    WskDeregister(&client.registration);
    (void)!control(WSK_TDI_DEVICENAME_MAPPING, 0, NULL, 0, NULL, NULL);
}

static void control_above_dispatch(void)
{
    KIRQL irql;

    client_start(&client, NULL);
    KeRaiseIrql(HIGH_LEVEL, &irql);
    (void)!control(WSK_TDI_DEVICENAME_MAPPING, 0, NULL, 0, NULL, NULL);
}

static void control_without_stack_location(void)
{
    client_start(&client, NULL);
    (void)!client.npi.Dispatch->WskControlClient(client.npi.Client, WSK_TRANSPORT_LIST_CHANGE, 0,
                                                 NULL, 0, NULL, NULL, IoAllocateIrp(0, FALSE));
}

static void test_misuse_stops(void **state)
{
    (void)state;
    assert_bug_check(DRIVER_VERIFIER_DETECTED_VIOLATION, control_something_else);
    assert_bug_text("WSK-V17");
    assert_bug_check(DRIVER_VERIFIER_DETECTED_VIOLATION, control_after_deregistration);
    assert_bug_text("WSK-V17");
    assert_bug_check(IRQL_NOT_LESS_OR_EQUAL, control_above_dispatch);
    assert_bug_text("WskControlClient was called at HIGH_LEVEL");
    assert_bug_check(NO_MORE_IRP_STACK_LOCATIONS, control_without_stack_location);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(CLI_06_size_of_the_list, setup, teardown),
        cmocka_unit_test_setup_teardown(CLI_07_too_small, setup, teardown),
        cmocka_unit_test_setup_teardown(CLI_08_room_enough, setup, teardown),
        cmocka_unit_test_setup_teardown(CLI_09_one_variable_for_both_sizes, setup, teardown),
        cmocka_unit_test_setup_teardown(CLI_05_the_list_needs_a_place_for_its_size, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(CLI_10_every_listed_transport_can_be_created, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(CLI_12_version_and_provider_of_an_entry, setup, teardown),
        cmocka_unit_test_setup_teardown(CLI_02_an_irp_with_a_synchronous_code, setup, teardown),
        cmocka_unit_test_setup_teardown(CLI_03_unknown_codes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_client, setup, teardown),
        cmocka_unit_test_setup_teardown(CLI_04_dispatch_level, setup, teardown),
        cmocka_unit_test_setup_teardown(CLI_22_tdi_behaviour, setup, teardown),
        cmocka_unit_test_setup_teardown(CLI_23_tdi_names, setup, teardown),
        cmocka_unit_test_setup_teardown(CLI_16_19_parameters, setup, teardown),
        cmocka_unit_test_setup_teardown(CLI_17_19_masks, setup, teardown),
        cmocka_unit_test_setup_teardown(CLI_17_18_static_events_of_later_sockets, setup, teardown),
        cmocka_unit_test_setup_teardown(CLI_17_bits_of_other_categories, setup, teardown),
        cmocka_unit_test_setup_teardown(CLI_18_other_registrations, setup, teardown),
        cmocka_unit_test_setup_teardown(CLI_19_too_late, setup, teardown),
        cmocka_unit_test_setup_teardown(test_absent_functions_complete_the_irp, setup, teardown),
        cmocka_unit_test_setup_teardown(IRP_01_absent_functions_without_an_irp, setup, teardown),
        cmocka_unit_test(test_misuse_stops),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
