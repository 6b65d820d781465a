/* SPDX-License-Identifier: MIT */
/*
 * test_name.c - WskGetAddressInfo, WskFreeAddressInfo and WskGetNameInfo, over a scripted resolver.
 */
#include "client.h"
#include "name_script.h"

#include "base.h"
#include "bug.h"
#include "nt.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct client client;
static struct call call;

static int setup_real(void **state)
{
    (void)state;
    client_start(&client, NULL);
    call_init(&call);
    return 0;
}

static int teardown_real(void **state)
{
    (void)state;
    call_free(&call);
    client_stop(&client);
    return 0;
}

static int setup(void **state)
{
    name_script_begin();
    name_script_host("host", "host.example", 0x0a000001, 9);
    return setup_real(state);
}

static int teardown(void **state)
{
    teardown_real(state);
    name_script_end();
    return 0;
}

static PUNICODE_STRING text(UNICODE_STRING *string, PCWSTR words)
{
    RtlInitUnicodeString(string, words);
    return string;
}

static NTSTATUS find(PCWSTR node, PCWSTR service, const ADDRINFOEXW *hints, PADDRINFOEXW *result)
{
    UNICODE_STRING node_text, service_text;

    *result = (PADDRINFOEXW)(uintptr_t)0xdead;
    return client.npi.Dispatch->WskGetAddressInfo(
        client.npi.Client, node ? text(&node_text, node) : NULL,
        service ? text(&service_text, service) : NULL, NS_ALL, NULL,
        (PADDRINFOEXW)(uintptr_t)hints, result, NULL, NULL, IRP(&call));
}

static NTSTATUS find_all(PCWSTR node, PCWSTR service, const ADDRINFOEXW *hints,
                         PADDRINFOEXW *result)
{
    NTSTATUS status = call_wait(&call, find(node, service, hints, result));

    assert_int_equal(call.information, 0); /* NAME-06 */
    assert_true(NT_SUCCESS(status) == (*result != NULL)); /* NAME-10 */
    return status;
}

static void give_back(PADDRINFOEXW list)
{
    client.npi.Dispatch->WskFreeAddressInfo(client.npi.Client, list);
}

/* --- The real resolver, without a network ----------------------------------------------------- */

static void NAME_04_numbers(void **state)
{
    PADDRINFOEXW list;
    PSOCKADDR_IN address;

    (void)state;
    assert_int_equal(find(L"127.0.0.1", L"12345", NULL, &list), STATUS_PENDING); /* NAME-03 */
    assert_int_equal(call_wait(&call, STATUS_PENDING), STATUS_SUCCESS);
    address = (PSOCKADDR_IN)list->ai_addr;
    assert_int_equal(list->ai_family, AF_INET);
    assert_int_equal(list->ai_addrlen, sizeof(SOCKADDR_IN));
    assert_int_equal(address->sin_family, AF_INET);
    assert_int_equal(address->sin_port, RtlUshortByteSwap(12345));
    assert_int_equal(address->sin_addr.S_un.S_addr, RtlUlongByteSwap(0x7f000001));
    assert_null(list->ai_next); /* one address is one entry, unless a type was asked for */
    assert_int_equal(list->ai_socktype, 0);
    assert_int_equal(call.irql, PASSIVE_LEVEL);
    give_back(list);
    assert_int_equal(find_all(L"::1", NULL, NULL, &list), STATUS_SUCCESS);
    assert_int_equal(list->ai_family, AF_INET6);
    assert_int_equal(list->ai_addrlen, sizeof(SOCKADDR_IN6));
    give_back(list);
}

static void NAME_09_family_and_type(void **state)
{
    const ADDRINFOEXW hints = { .ai_family = AF_INET6, .ai_socktype = SOCK_STREAM,
                                .ai_flags = AI_PASSIVE };
    PADDRINFOEXW list;

    (void)state;
    assert_int_equal(find_all(NULL, L"80", &hints, &list), STATUS_SUCCESS);
    assert_int_equal(list->ai_family, AF_INET6);
    assert_int_equal(list->ai_addr->sa_family, AF_INET6);
    assert_int_equal(list->ai_socktype, SOCK_STREAM);
    assert_int_equal(list->ai_protocol, IPPROTO_TCP);
    assert_true(RtlCompareMemoryUlong((PUCHAR)list->ai_addr + 8, 16, 0) == 16);
    give_back(list);
}

static void NAME_13_name_of_an_address(void **state)
{
    SOCKADDR_INET address = loopback(AF_INET, 80);
    WCHAR node[16], service[3];
    UNICODE_STRING node_text = { 0, sizeof(node), node }, service_text = { 0, 6, service };

    (void)state;
    assert_int_equal(CALL(&call, client.npi.Dispatch->WskGetNameInfo(
                                     client.npi.Client, (PSOCKADDR)&address, sizeof(SOCKADDR_IN),
                                     &node_text, &service_text, NI_NUMERICHOST | NI_NUMERICSERV,
                                     NULL, NULL, IRP(&call))),
                     STATUS_SUCCESS);
    assert_int_equal(call.information, 0);
    assert_int_equal(node_text.Length, 18);
    assert_memory_equal(node, L"127.0.0.1", 20);
    assert_int_equal(service_text.Length, 4);
    assert_memory_equal(service, L"80", 6);
}

/* --- Parameters ------------------------------------------------------------------------------ */

static void NAME_02_no_irp(void **state)
{
    PADDRINFOEXW list = (PADDRINFOEXW)(uintptr_t)0xdead;
    PUNICODE_STRING nonsense = (PUNICODE_STRING)(uintptr_t)0x10;

    (void)state;
    assert_int_equal(client.npi.Dispatch->WskGetAddressInfo(client.npi.Client, nonsense, nonsense,
                                                            0, NULL, NULL, &list, NULL, NULL, NULL),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(client.npi.Dispatch->WskGetNameInfo(client.npi.Client, NULL, 0, nonsense, NULL,
                                                         0, NULL, NULL, NULL),
                     STATUS_INVALID_PARAMETER);
}

static NTSTATUS find_with(PUNICODE_STRING node, ULONG name_space, GUID *provider,
                          const ADDRINFOEXW *hints, PEPROCESS process, PETHREAD thread)
{
    PADDRINFOEXW list = (PADDRINFOEXW)(uintptr_t)0xdead;
    NTSTATUS status = CALL(&call, client.npi.Dispatch->WskGetAddressInfo(
                                      client.npi.Client, node, NULL, name_space, provider,
                                      (PADDRINFOEXW)(uintptr_t)hints, &list, process, thread,
                                      IRP(&call)));

    assert_true(NT_SUCCESS(status) == (list != NULL));
    give_back(list); /* NAME-12: NULL is tolerated */
    return status;
}

static void NAME_07_08_09_refused(void **state)
{
    static const ADDRINFOEXW wrong[] = {
        { .ai_family = 10 }, { .ai_family = 1 }, { .ai_socktype = 4 }, { .ai_socktype = -1 },
        { .ai_protocol = 256 }, { .ai_protocol = -1 }, { .ai_flags = 0x200 },
        { .ai_flags = (int)AI_EXTENDED },
    };
    WCHAR zero_inside[] = { 'h', 0, 's' }, half_a_pair[] = { 'h', 0xd800, 's' };
    UNICODE_STRING host, empty = { 0, 0, NULL }, odd = { 3, 4, L"ho" }, no_buffer = { 2, 2, NULL };
    UNICODE_STRING zero = { 6, 6, zero_inside }, half = { 6, 6, half_a_pair };
    GUID provider = { 1, 2, 3, { 4 } };

    (void)state;
    text(&host, L"host");
    assert_int_equal(find_with(&host, 0, NULL, NULL, NULL, NULL), STATUS_SUCCESS);
    assert_int_equal(find_with(&host, NS_DNS, NULL, NULL, NULL, NULL), STATUS_SUCCESS);
    assert_int_equal(find_with(&host, 0, NULL, NULL, PsGetCurrentProcess(), PsGetCurrentThread()),
                     STATUS_SUCCESS);
    assert_int_equal(find_with(&host, 0, NULL, NULL, NULL, PsGetCurrentThread()),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(find_with(NULL, 0, NULL, NULL, NULL, NULL), STATUS_INVALID_PARAMETER);
    assert_int_equal(find_with(&empty, 0, NULL, NULL, NULL, NULL), STATUS_INVALID_PARAMETER);
    assert_int_equal(find_with(&odd, 0, NULL, NULL, NULL, NULL), STATUS_INVALID_PARAMETER);
    assert_int_equal(find_with(&no_buffer, 0, NULL, NULL, NULL, NULL), STATUS_INVALID_PARAMETER);
    assert_int_equal(find_with(&zero, 0, NULL, NULL, NULL, NULL), STATUS_INVALID_PARAMETER);
    assert_int_equal(find_with(&half, 0, NULL, NULL, NULL, NULL), STATUS_INVALID_PARAMETER);
    assert_int_equal(find_with(&host, NS_NETBT, NULL, NULL, NULL, NULL), STATUS_NOT_SUPPORTED);
    assert_int_equal(find_with(&host, 0, &provider, NULL, NULL, NULL), STATUS_NOT_SUPPORTED);
    for (size_t i = 0; i < RTL_NUMBER_OF(wrong); i++)
        assert_int_equal(find_with(&host, 0, NULL, &wrong[i], NULL, NULL), STATUS_NOT_SUPPORTED);
    assert_int_equal(name_script_asked(), 3);
    assert_int_equal(CALL(&call, client.npi.Dispatch->WskGetAddressInfo(
                                     client.npi.Client, &host, NULL, 0, NULL, NULL, NULL, NULL,
                                     NULL, IRP(&call))),
                     STATUS_INVALID_PARAMETER);
}

static NTSTATUS name_of(PVOID address, ULONG length, PUNICODE_STRING node, PUNICODE_STRING service,
                        ULONG flags)
{
    return CALL(&call, client.npi.Dispatch->WskGetNameInfo(client.npi.Client, address, length, node,
                                                           service, flags, NULL, NULL, IRP(&call)));
}

static void NAME_13_refused(void **state)
{
    SOCKADDR_INET address = loopback(AF_INET, 80), other = loopback(AF_INET6, 80);
    WCHAR buffer[32];
    UNICODE_STRING node = { 0, sizeof(buffer), buffer };

    (void)state;
    assert_int_equal(name_of(&address, 16, NULL, NULL, 0), STATUS_INVALID_PARAMETER);
    assert_int_equal(name_of(NULL, 16, &node, NULL, 0), STATUS_INVALID_PARAMETER);
    assert_int_equal(name_of(&address, 15, &node, NULL, 0), STATUS_INVALID_PARAMETER);
    assert_int_equal(name_of(&address, 1, &node, NULL, 0), STATUS_INVALID_PARAMETER);
    assert_int_equal(name_of(&other, 27, &node, NULL, 0), STATUS_INVALID_PARAMETER);
    assert_int_equal(name_of(&address, 129, &node, NULL, 0), STATUS_INVALID_PARAMETER);
    assert_int_equal(name_of(&address, 16, &node, NULL, 0x20), STATUS_INVALID_PARAMETER);
    address.si_family = 10;
    assert_int_equal(name_of(&address, 28, &node, NULL, 0), STATUS_INVALID_PARAMETER);
    assert_int_equal(name_script_asked(), 0);
}

/* The client handle is looked at after the IRP. */
static void test_no_client(void **state)
{
    UNICODE_STRING host;
    PADDRINFOEXW list = NULL;

    (void)state;
    assert_int_equal(CALL(&call, client.npi.Dispatch->WskGetAddressInfo(
                                     NULL, text(&host, L"host"), NULL, 0, NULL, NULL, &list, NULL,
                                     NULL, IRP(&call))),
                     STATUS_INVALID_HANDLE);
}

static void call_at_dispatch_level(void)
{
    UNICODE_STRING host;
    PADDRINFOEXW list;
    KIRQL irql;

    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    client.npi.Dispatch->WskGetAddressInfo(client.npi.Client, text(&host, L"host"), NULL, 0, NULL,
                                           NULL, &list, NULL, NULL, IRP(&call));
}

static void NAME_01_passive_level(void **state)
{
    (void)state;
    assert_bug_check(IRQL_NOT_LESS_OR_EQUAL, call_at_dispatch_level);
}

/* --- Answers --------------------------------------------------------------------------------- */

static void NAME_09_12_a_list(void **state)
{
    const ADDRINFOEXW hints = { .ai_flags = AI_CANONNAME | AI_ADDRCONFIG,
                                .ai_socktype = SOCK_DGRAM };
    PADDRINFOEXW list;
    PSOCKADDR_IN6 second;

    (void)state;
    assert_int_equal(find_all(L"host", L"443", &hints, &list), STATUS_SUCCESS);
    assert_int_equal(ledger_count(LEDGER_ADDRESS_INFO), 1);
    assert_memory_equal(list->ai_canonname, L"host.example", 26);
    assert_int_equal(((PSOCKADDR_IN)list->ai_addr)->sin_port, RtlUshortByteSwap(443));
    assert_non_null(list->ai_next);
    assert_null(list->ai_next->ai_canonname);
    assert_null(list->ai_next->ai_next);
    second = (PSOCKADDR_IN6)list->ai_next->ai_addr;
    assert_int_equal(second->sin6_family, AF_INET6);
    assert_int_equal(second->sin6_addr.u.Byte[15], 9);
    assert_int_equal(list->ai_next->ai_socktype, SOCK_DGRAM);
    give_back(list);
    assert_int_equal(ledger_count(LEDGER_ADDRESS_INFO), 0);
}

static void NAME_05_errors(void **state)
{
    static const struct {
        PCWSTR name;
        const char *node;
        int error;
        NTSTATUS status;
    } rows[] = {
        { L"a", "a", -ENOENT, STATUS_NOT_FOUND },
        { L"b", "b", -EAGAIN, STATUS_NOT_FOUND },
        { L"c", "c", -EILSEQ, STATUS_NOT_FOUND },
        { L"d", "d", -ECONNABORTED, STATUS_UNSUCCESSFUL },
        { L"e", "e", -ENOMEM, STATUS_INSUFFICIENT_RESOURCES },
        { L"f", "f", -EINVAL, STATUS_INVALID_PARAMETER },
        { L"g", "g", -EAFNOSUPPORT, STATUS_NOT_SUPPORTED },
        { L"h", "h", -EIO, STATUS_UNSUCCESSFUL },
    };
    PADDRINFOEXW list;

    (void)state;
    for (size_t i = 0; i < RTL_NUMBER_OF(rows); i++) {
        name_script_fail(rows[i].node, rows[i].error);
        assert_int_equal(find_all(rows[i].name, NULL, NULL, &list), rows[i].status);
    }
    assert_int_equal(find_all(L"unknown", NULL, NULL, &list), STATUS_NOT_FOUND);
    name_script_host("without", NULL, 0, 0);
    assert_int_equal(find_all(L"without", NULL, NULL, &list), STATUS_NOT_FOUND);
}

/* The engine gets UTF-8; what is beyond 16 bits included. */
static void NAME_08_not_ascii(void **state)
{
    PADDRINFOEXW list;

    (void)state;
    name_script_host("b\xc3\xbc" "cher.\xf0\x9f\x92\xa9",
                     "\xf0\x9f\x92\xa9.example", 0x0a000002, 0);
    assert_int_equal(find_all(L"b\x00fc" L"cher.\xd83d\xdca9", NULL,
                              &(ADDRINFOEXW){ .ai_flags = AI_CANONNAME }, &list),
                     STATUS_SUCCESS);
    assert_memory_equal(list->ai_canonname, L"\xd83d\xdca9.example", 22);
    give_back(list);
}

static void NAME_13_14_room_for_names(void **state)
{
    SOCKADDR_INET address = loopback(AF_INET, 80);
    WCHAR buffer[5], more[8];
    UNICODE_STRING node = { 2, sizeof(buffer), buffer }, service = { 2, sizeof(more), more };

    (void)state;
    name_script_host("four", NULL, 0x7f000001, 0);
    assert_int_equal(name_of(&address, 16, &node, NULL, NI_NAMEREQD | NI_NOFQDN | NI_DGRAM),
                     STATUS_SUCCESS);
    assert_int_equal(name_script_last_flags(), 0x100 | 0x200 | 0x400);
    assert_int_equal(node.Length, 8);
    assert_memory_equal(buffer, L"four", 10);
    memset(buffer, 0xcc, sizeof(buffer));
    node.Length = 2;
    node.MaximumLength = 9; /* not for the terminator */
    assert_int_equal(name_of(&address, 16, &node, NULL, 0), STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(node.Length, 2);
    assert_int_equal(buffer[0], 0xcccc);
    /* Both or none: "service" fits, its partner does not; and the other way round. */
    memset(more, 0xcc, sizeof(more));
    assert_int_equal(name_of(&address, 16, &node, &service, 0), STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(more[0], 0xcccc);
    node.MaximumLength = 10;
    service.MaximumLength = 14;
    assert_int_equal(name_of(&address, 16, &node, &service, 0), STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(buffer[0], 0xcccc);
    service.MaximumLength = 16;
    assert_int_equal(name_of(&address, 16, &node, &service, 0), STATUS_SUCCESS);
    assert_memory_equal(more, L"service", 16);
}

/* --- Cancelling ------------------------------------------------------------------------------ */

static void NAME_15_cancel_while_it_hangs(void **state)
{
    WCHAR words[] = L"hang here";
    UNICODE_STRING node = { 18, 20, words };
    PADDRINFOEXW list;

    (void)state;
    assert_int_equal(client.npi.Dispatch->WskGetAddressInfo(client.npi.Client, &node, NULL, 0, NULL,
                                                            NULL, &list, NULL, NULL, IRP(&call)),
                     STATUS_PENDING);
    memset(words, 0xcc, sizeof(words));
    name_script_await_hanging(1);
    assert_string_equal(name_script_last_node(), "hang here");
    assert_false(call_done(&call));
    assert_true(IoCancelIrp(call.irp));
    assert_true(call_done(&call)); /* at once */
    assert_int_equal(call_wait(&call, STATUS_PENDING), STATUS_CANCELLED);
    assert_int_equal(call.information, 0);
    assert_null(list);
    /* The teardown deregisters the client while the resolver still hangs. */
}

static void test_a_late_answer_is_dropped(void **state)
{
    PADDRINFOEXW list = NULL, mine;

    (void)state;
    name_script_host("hang", NULL, 0x0a000001, 0);
    mine = (PADDRINFOEXW)(uintptr_t)0x55;
    assert_int_equal(find(L"hang", NULL, NULL, &list), STATUS_PENDING);
    name_script_await_hanging(1);
    assert_true(IoCancelIrp(call.irp));
    list = mine; /* the driver's own again */
    name_script_let_go();
    name_script_await_empty();
    assert_int_equal(find_all(L"host", NULL, NULL, &mine), STATUS_SUCCESS);
    assert_ptr_equal(list, (void *)(uintptr_t)0x55);
    give_back(mine);
}

static void test_cancelled_before_the_call(void **state)
{
    UNICODE_STRING node;
    PADDRINFOEXW list;
    PIRP irp = IRP(&call);

    (void)state;
    assert_false(IoCancelIrp(irp));
    assert_int_equal(CALL(&call, client.npi.Dispatch->WskGetAddressInfo(
                                     client.npi.Client, text(&node, L"host"), NULL, 0, NULL, NULL,
                                     &list, NULL, NULL, irp)),
                     STATUS_CANCELLED);
    assert_null(list);
    assert_int_equal(name_script_asked(), 0);
}

struct canceller {
    KEVENT go;
    PIRP irp;
};

static void cancel_it(PVOID context)
{
    struct canceller *canceller = context;

    KeWaitForSingleObject(&canceller->go, Executive, KernelMode, FALSE, NULL);
    IoCancelIrp(canceller->irp);
}

/* The answer and the cancel meet: one of them completes, the list is there or it is not. */
static void test_cancel_meets_the_answer(void **state)
{
    (void)state;
    for (int i = 0; i < 200; i++) {
        struct canceller canceller;
        PADDRINFOEXW list;
        HANDLE handle;
        PVOID thread;
        NTSTATUS status;

        KeInitializeEvent(&canceller.go, NotificationEvent, FALSE);
        canceller.irp = call.irp;
        PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, cancel_it, &canceller);
        ObReferenceObjectByHandle(handle, THREAD_ALL_ACCESS, *PsThreadType, KernelMode, &thread,
                                  NULL);
        ZwClose(handle);
        status = find(L"host", NULL, NULL, &list);
        KeSetEvent(&canceller.go, IO_NO_INCREMENT, FALSE);
        status = call_wait(&call, status);
        assert_true(status == STATUS_SUCCESS || status == STATUS_CANCELLED);
        assert_true(NT_SUCCESS(status) == (list != NULL));
        KeWaitForSingleObject(thread, Executive, KernelMode, FALSE, NULL);
        ObDereferenceObject(thread);
        give_back(list);
    }
}

/* --- Freeing --------------------------------------------------------------------------------- */

static PADDRINFOEXW made; /* before the child, which has no threads to answer */

static void free_twice(void)
{
    give_back(made);
    give_back(made);
}

static void free_the_second(void)
{
    give_back(made->ai_next);
}

static void NAME_12_wrong_frees(void **state)
{
    (void)state;
    assert_int_equal(find_all(L"host", NULL, NULL, &made), STATUS_SUCCESS);
    assert_bug_check(DRIVER_VERIFIER_DETECTED_VIOLATION, free_twice);
    assert_bug_check(DRIVER_VERIFIER_DETECTED_VIOLATION, free_the_second);
    assert_bug_text("WskFreeAddressInfo");
    give_back(made);
}

#define REAL(test) cmocka_unit_test_setup_teardown(test, setup_real, teardown_real)
#define SCRIPTED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        REAL(NAME_04_numbers),
        REAL(NAME_09_family_and_type),
        REAL(NAME_13_name_of_an_address),
        SCRIPTED(NAME_02_no_irp),
        SCRIPTED(NAME_07_08_09_refused),
        SCRIPTED(NAME_13_refused),
        SCRIPTED(test_no_client),
        SCRIPTED(NAME_01_passive_level),
        SCRIPTED(NAME_09_12_a_list),
        SCRIPTED(NAME_05_errors),
        SCRIPTED(NAME_08_not_ascii),
        SCRIPTED(NAME_13_14_room_for_names),
        SCRIPTED(NAME_15_cancel_while_it_hangs),
        SCRIPTED(test_a_late_answer_is_dropped),
        SCRIPTED(test_cancelled_before_the_call),
        SCRIPTED(test_cancel_meets_the_answer),
        SCRIPTED(NAME_12_wrong_frees),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
