/* SPDX-License-Identifier: MIT */
/*
 * test_module.c - a WSK client that comes by the network module registrar instead of WskRegister.
 */
#include "client.h"

#include "base.h"

#include <netioddk.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const WSK_CLIENT_DISPATCH too_new = { MAKE_WSK_VERSION(2, 0), 0, NULL };
static const WSK_CLIENT_DISPATCH right = { MAKE_WSK_VERSION(1, 0), 0, NULL };

static struct {
    struct client client;      /* its NPI is what the dgram_ functions need */
    HANDLE binding;
    NTSTATUS first_try;
    NTSTATUS detach;
    USHORT lowest, highest;
    int attaches, detaches, cleanups;
} me;

static NTSTATUS attach(HANDLE binding, PVOID context, PNPI_REGISTRATION_INSTANCE instance)
{
    const WSK_PROVIDER_CHARACTERISTICS *versions = instance->NpiSpecificCharacteristics;
    PVOID client = NULL;
    const void *dispatch = NULL;
    NTSTATUS status;

    assert_ptr_equal(context, &me);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    me.attaches++;
    me.binding = binding;
    me.lowest = versions->LowestVersion;
    me.highest = versions->HighestVersion;
    me.first_try = NmrClientAttachProvider(binding, &me, &too_new, &client, &dispatch);
    status = NmrClientAttachProvider(binding, &me, &right, &client, &dispatch);
    me.client.npi.Client = client;
    me.client.npi.Dispatch = dispatch;
    return status;
}

static NTSTATUS detach(PVOID context)
{
    assert_ptr_equal(context, &me);
    me.detaches++;
    return me.detach;
}

static void cleanup(PVOID context)
{
    assert_ptr_equal(context, &me);
    me.cleanups++;
}

static const NPI_MODULEID module_id = { sizeof(module_id), MIT_GUID, { { 1, 2, 3, { 4 } } } };
static NPI_CLIENT_CHARACTERISTICS characteristics = {
    .Length = sizeof(NPI_CLIENT_CHARACTERISTICS),
    .ClientAttachProvider = attach,
    .ClientDetachProvider = detach,
    .ClientCleanupBindingContext = cleanup,
    .ClientRegistrationInstance = { .Size = sizeof(NPI_REGISTRATION_INSTANCE),
                                    .ModuleId = &module_id },
};
static HANDLE handle;

static int setup(void **state)
{
    (void)state;
    memset(&me, 0, sizeof(me));
    characteristics.ClientRegistrationInstance.NpiId = &NPI_WSK_INTERFACE_ID;
    provider_start(NULL);
    assert_int_equal(NmrRegisterClient(&characteristics, &me, &handle), STATUS_SUCCESS);
    return 0;
}

static void leave(void)
{
    assert_int_equal(NmrDeregisterClient(handle), STATUS_PENDING);
    assert_int_equal(NmrWaitForClientDeregisterComplete(handle), STATUS_SUCCESS);
    assert_int_equal(me.detaches, 1);
    assert_int_equal(me.cleanups, 1);
}

static int teardown(void **state)
{
    (void)state;
    provider_stop();
    return 0;
}

static void NMR_02_03_04_versions(void **state)
{
    (void)state;
    assert_int_equal(me.attaches, 1);
    assert_int_equal(me.lowest, MAKE_WSK_VERSION(1, 0));
    assert_true(me.highest >= me.lowest);
    assert_int_equal(me.first_try, STATUS_NOINTERFACE);
    assert_non_null(me.client.npi.Client);
    assert_true(me.client.npi.Dispatch->Version >= MAKE_WSK_VERSION(1, 0));
    leave();
}

/* What comes this way is a client like any other. */
static void test_it_works(void **state)
{
    SOCKADDR_INET local;
    char byte = 0;
    size_t size = 1;
    dgram socket;

    (void)state;
    socket = dgram_bound(&me.client, AF_INET, NULL, NULL, &local);
    assert_int_equal(dgram_send(socket, "x", 1, &local), STATUS_SUCCESS);
    assert_int_equal(dgram_receive(socket, &byte, &size, NULL), STATUS_SUCCESS);
    assert_int_equal(byte, 'x');
    dgram_close(socket);
    leave();
}

static void close_later(PVOID context)
{
    dgram_close(*(dgram *)context);
}

static void NMR_09_an_open_socket_holds_it(void **state)
{
    dgram socket = dgram_open(&me.client, AF_INET, NULL, NULL);
    HANDLE thread;

    (void)state;
    assert_int_equal(NmrDeregisterClient(handle), STATUS_PENDING);
    assert_int_equal(me.detaches, 1);
    assert_int_equal(me.cleanups, 0);
    assert_int_equal(PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, close_later,
                                          &socket),
                     STATUS_SUCCESS);
    assert_int_equal(NmrWaitForClientDeregisterComplete(handle), STATUS_SUCCESS);
    assert_int_equal(me.cleanups, 1);
    ZwWaitForSingleObject(thread, FALSE, NULL);
    ZwClose(thread);
}

/* As WskDeregister does (DEREG-06). */
static void NMR_09_a_wait_for_transports_is_cancelled(void **state)
{
    struct call call;
    NTSTATUS status;

    (void)state;
    call_init(&call);
    status = me.client.npi.Dispatch->WskControlClient(me.client.npi.Client,
                                                      WSK_TRANSPORT_LIST_CHANGE, 0, NULL, 0, NULL,
                                                      NULL, IRP(&call));
    assert_int_equal(status, STATUS_PENDING);
    leave();
    assert_int_equal(call_wait(&call, status), STATUS_CANCELLED);
    call_free(&call);
}

static void NMR_08_a_half_that_ends_later(void **state)
{
    (void)state;
    me.detach = STATUS_PENDING;
    assert_int_equal(NmrDeregisterClient(handle), STATUS_PENDING);
    assert_int_equal(me.cleanups, 0);
    NmrClientDetachProviderComplete(me.binding);
    assert_int_equal(me.cleanups, 1);
    assert_int_equal(NmrWaitForClientDeregisterComplete(handle), STATUS_SUCCESS);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(NMR_02_03_04_versions),
        TEST(test_it_works),
        TEST(NMR_09_an_open_socket_holds_it),
        TEST(NMR_09_a_wait_for_transports_is_cancelled),
        TEST(NMR_08_a_half_that_ends_later),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
