/* SPDX-License-Identifier: MIT */
/*
 * test_descriptor.c - cached security descriptors: WSK_CACHE_SD, WSK_RELEASE_SD, SO_WSK_SECURITY.
 */
#include "client.h"

#include "base.h"
#include "bug.h"

#include <ntifs.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct client client;
static struct call call;
static SECURITY_DESCRIPTOR original;

static int setup(void **state)
{
    (void)state;
    client_start(&client, NULL);
    call_init(&call);
    RtlCreateSecurityDescriptor(&original, SECURITY_DESCRIPTOR_REVISION);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    call_free(&call);
    client_stop(&client);
    return 0;
}

static NTSTATUS control(ULONG code, SIZE_T input_size, const void *input, SIZE_T output_size,
                        PVOID output)
{
    return client.npi.Dispatch->WskControlClient(client.npi.Client, code, input_size,
                                                 (PVOID)(uintptr_t)input, output_size, output, NULL,
                                                 NULL);
}

static PSECURITY_DESCRIPTOR cache(PSECURITY_DESCRIPTOR descriptor)
{
    PSECURITY_DESCRIPTOR copy = NULL;

    assert_int_equal(control(WSK_CACHE_SD, sizeof(descriptor), &descriptor, sizeof(copy), &copy),
                     STATUS_SUCCESS);
    return copy;
}

static NTSTATUS release(PSECURITY_DESCRIPTOR descriptor)
{
    return control(WSK_RELEASE_SD, sizeof(descriptor), &descriptor, 0, NULL);
}

static NTSTATUS security(dgram socket, WSK_CONTROL_SOCKET_TYPE type, SIZE_T size,
                         PSECURITY_DESCRIPTOR *descriptor)
{
    bool set = type == WskSetOption;

    return CALL(&call, socket.d->WskControlSocket(socket.socket, type, SO_WSK_SECURITY, SOL_SOCKET,
                                                  set ? size : 0, set ? descriptor : NULL,
                                                  set ? 0 : size, set ? NULL : descriptor, NULL,
                                                  IRP(&call)));
}

static void CLI_20_a_copy(void **state)
{
    PSECURITY_DESCRIPTOR one, two;
    BOOLEAN present, defaulted;
    PACL found;
    ACL list;

    (void)state;
    RtlCreateAcl(&list, sizeof(list), ACL_REVISION);
    RtlSetDaclSecurityDescriptor(&original, TRUE, &list, FALSE);
    one = cache(&original);
    memset(&list, 0xcc, sizeof(list));
    memset(&original, 0xcc, sizeof(original));
    assert_true(RtlValidSecurityDescriptor(one));
    assert_int_equal(RtlGetDaclSecurityDescriptor(one, &present, &found, &defaulted),
                     STATUS_SUCCESS);
    assert_true(present);
    assert_int_equal(found->AceCount, 0);
    two = cache(one); /* a descriptor in one piece can be cached as well */
    assert_int_equal(RtlLengthSecurityDescriptor(one), RtlLengthSecurityDescriptor(two));
    assert_memory_equal(one, two, RtlLengthSecurityDescriptor(one));
    assert_int_equal(ledger_count(LEDGER_DESCRIPTOR), 2);
    assert_int_equal(release(one), STATUS_SUCCESS);
    assert_int_equal(release(two), STATUS_SUCCESS);
    assert_int_equal(ledger_count(LEDGER_DESCRIPTOR), 0);
}

static void CLI_20_parameters(void **state)
{
    PSECURITY_DESCRIPTOR input = &original, none = NULL, output = NULL;
    const ULONG code = WSK_CACHE_SD;
    KIRQL irql;

    (void)state;
    assert_int_equal(control(code, 7, &input, 8, &output), STATUS_INVALID_PARAMETER);
    assert_int_equal(control(code, 9, &input, 8, &output), STATUS_INVALID_PARAMETER);
    assert_int_equal(control(code, 8, NULL, 8, &output), STATUS_INVALID_PARAMETER);
    assert_int_equal(control(code, 8, &none, 8, &output), STATUS_INVALID_PARAMETER);
    assert_int_equal(control(code, 8, &input, 7, &output), STATUS_INVALID_PARAMETER);
    assert_int_equal(control(code, 8, &input, 8, NULL), STATUS_INVALID_PARAMETER);
    original.Revision = 2;
    assert_int_equal(control(code, 8, &input, 8, &output), STATUS_INVALID_SECURITY_DESCR);
    original.Revision = 1;
    assert_null(output);
    assert_int_equal(control(WSK_RELEASE_SD, 8, &none, 0, NULL), STATUS_INVALID_PARAMETER);
    assert_int_equal(control(WSK_RELEASE_SD, 8, NULL, 0, NULL), STATUS_INVALID_PARAMETER);
    assert_int_equal(control(WSK_RELEASE_SD, 4, &input, 0, NULL), STATUS_INVALID_PARAMETER);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    output = cache(&original);
    assert_int_equal(release(output), STATUS_SUCCESS);
    KeLowerIrql(irql);
}

/* CLI-21, SEC-09: what the client has and what a socket uses are counted apart. */
static void SEC_06_set_and_get(void **state)
{
    PSECURITY_DESCRIPTOR cached = cache(&original), read = NULL;
    dgram socket = dgram_open(&client, AF_INET, NULL, NULL);

    (void)state;
    assert_int_equal(security(socket, WskSetOption, 7, &cached), STATUS_INVALID_PARAMETER);
    assert_int_equal(security(socket, WskSetOption, 8, &read), STATUS_INVALID_PARAMETER);
    assert_int_equal(security(socket, WskSetOption, 8, &cached), STATUS_SUCCESS);
    assert_int_equal(call.information, 0);
    assert_int_equal(release(cached), STATUS_SUCCESS);
    assert_int_equal(ledger_count(LEDGER_DESCRIPTOR), 0);
    assert_int_equal(security(socket, WskGetOption, 7, &read), STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(security(socket, WskGetOption, 8, &read), STATUS_SUCCESS);
    assert_int_equal(call.information, sizeof(read));
    assert_ptr_equal(read, cached);
    dgram_close(socket);
    assert_true(RtlValidSecurityDescriptor(read)); /* SEC-09 */
    assert_int_equal(ledger_count(LEDGER_DESCRIPTOR), 1);
    assert_int_equal(release(read), STATUS_SUCCESS);
}

static void SEC_06_replaced_and_late(void **state)
{
    PSECURITY_DESCRIPTOR one = cache(&original), two = cache(&original), read;
    SOCKADDR_INET local;
    dgram socket = dgram_open(&client, AF_INET, NULL, NULL);
    dgram bound = dgram_bound(&client, AF_INET, NULL, NULL, &local);

    (void)state;
    assert_int_equal(security(socket, WskSetOption, 8, &one), STATUS_SUCCESS);
    assert_int_equal(security(socket, WskSetOption, 8, &two), STATUS_SUCCESS);
    assert_int_equal(security(socket, WskGetOption, 8, &read), STATUS_SUCCESS);
    assert_ptr_equal(read, two);
    assert_int_equal(security(bound, WskSetOption, 8, &one), STATUS_INVALID_DEVICE_STATE);
    assert_int_equal(release(read), STATUS_SUCCESS);
    assert_int_equal(release(two), STATUS_SUCCESS);
    assert_int_equal(release(one), STATUS_SUCCESS);
    dgram_close(bound);
    dgram_close(socket);
}

/* The default descriptor lets nobody share. */
static void SEC_06_default(void **state)
{
    BOOLEAN present = FALSE, defaulted;
    PSECURITY_DESCRIPTOR read;
    PACL list;
    dgram socket = dgram_open(&client, AF_INET6, NULL, NULL);

    (void)state;
    assert_int_equal(security(socket, WskGetOption, 8, &read), STATUS_SUCCESS);
    RtlGetDaclSecurityDescriptor(read, &present, &list, &defaulted);
    assert_true(present);
    assert_int_equal(list->AceCount, 0);
    assert_int_equal(release(read), STATUS_SUCCESS);
    dgram_close(socket);
}

static NTSTATUS open_with(PSECURITY_DESCRIPTOR descriptor, USHORT type, ULONG protocol, ULONG flags)
{
    return CALL(&call, client.npi.Dispatch->WskSocket(client.npi.Client, AF_INET, type, protocol,
                                                      flags, NULL, NULL, NULL, NULL, descriptor,
                                                      IRP(&call)));
}

static void SOCK_17_with_the_socket(void **state)
{
    PSECURITY_DESCRIPTOR cached = cache(&original), read;
    dgram socket;

    (void)state;
    assert_int_equal(open_with(cached, SOCK_DGRAM, IPPROTO_UDP, WSK_FLAG_DATAGRAM_SOCKET),
                     STATUS_SUCCESS);
    socket.socket = (PWSK_SOCKET)call.information;
    socket.d = (PWSK_PROVIDER_DATAGRAM_DISPATCH)(uintptr_t)socket.socket->Dispatch;
    assert_int_equal(release(cached), STATUS_SUCCESS);
    assert_int_equal(security(socket, WskGetOption, 8, &read), STATUS_SUCCESS);
    assert_ptr_equal(read, cached);
    assert_int_equal(release(read), STATUS_SUCCESS);
    dgram_close(socket);
    /* A socket that is not made uses nothing. */
    cached = cache(&original);
    assert_int_equal(open_with(cached, SOCK_DGRAM, IPPROTO_TCP, WSK_FLAG_DATAGRAM_SOCKET),
                     STATUS_NOT_SUPPORTED);
    assert_int_equal(release(cached), STATUS_SUCCESS);
}

static void SEC_06_basic_sockets_have_none(void **state)
{
    PSECURITY_DESCRIPTOR cached = cache(&original);
    dgram socket;

    (void)state;
    assert_int_equal(open_with(NULL, SOCK_DGRAM, IPPROTO_UDP, WSK_FLAG_BASIC_SOCKET),
                     STATUS_SUCCESS);
    socket.socket = (PWSK_SOCKET)call.information;
    socket.d = (PWSK_PROVIDER_DATAGRAM_DISPATCH)(uintptr_t)socket.socket->Dispatch;
    assert_int_equal(security(socket, WskSetOption, 8, &cached), STATUS_INVALID_DEVICE_REQUEST);
    assert_int_equal(security(socket, WskGetOption, 8, &cached), STATUS_INVALID_DEVICE_REQUEST);
    assert_int_equal(release(cached), STATUS_SUCCESS);
    dgram_close(socket);
}

/* --- Misuse ---------------------------------------------------------------------------------- */

static void release_twice(void)
{
    PSECURITY_DESCRIPTOR cached = cache(&original);

    (void)release(cached);
    (void)release(cached);
}

static void release_the_original(void)
{
    (void)release(&original);
}

static void open_with_the_original(void)
{
    (void)open_with(&original, SOCK_DGRAM, IPPROTO_UDP, WSK_FLAG_DATAGRAM_SOCKET);
}

static void V16_what_is_not_cached(void **state)
{
    (void)state;
    assert_bug_check(DRIVER_VERIFIER_DETECTED_VIOLATION, release_twice);
    assert_bug_text("WSK-V16");
    assert_bug_check(DRIVER_VERIFIER_DETECTED_VIOLATION, release_the_original);
    assert_bug_check(DRIVER_VERIFIER_DETECTED_VIOLATION, open_with_the_original);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(CLI_20_a_copy, setup, teardown),
        cmocka_unit_test_setup_teardown(CLI_20_parameters, setup, teardown),
        cmocka_unit_test_setup_teardown(SEC_06_set_and_get, setup, teardown),
        cmocka_unit_test_setup_teardown(SEC_06_replaced_and_late, setup, teardown),
        cmocka_unit_test_setup_teardown(SEC_06_default, setup, teardown),
        cmocka_unit_test_setup_teardown(SOCK_17_with_the_socket, setup, teardown),
        cmocka_unit_test_setup_teardown(SEC_06_basic_sockets_have_none, setup, teardown),
        cmocka_unit_test_setup_teardown(V16_what_is_not_cached, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
