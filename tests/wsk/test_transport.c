/* SPDX-License-Identifier: MIT */
/* test_transport.c - the wait for transports to come and go, on a host in memory. */
#include "client.h"
#include "port_script.h"
#include "route_script.h"

#include "base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static struct client client;
static struct script *script;
static struct call one, two;

static int setup(void **state)
{
    (void)state;
    script = script_create();
    route_script_begin();
    client_start(&client, script_port(script));
    call_init(&one);
    call_init(&two);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    call_free(&one);
    call_free(&two);
    client_stop(&client);
    assert_int_equal(route_script_open(), 0);
    route_script_end();
    script_destroy(script);
    return 0;
}

static NTSTATUS await_change(struct client *who, PIRP irp)
{
    return who->npi.Dispatch->WskControlClient(who->npi.Client, WSK_TRANSPORT_LIST_CHANGE, 0, NULL,
                                               0, NULL, NULL, irp);
}

static SIZE_T transports(void)
{
    SIZE_T size = 0;

    client.npi.Dispatch->WskControlClient(client.npi.Client, WSK_TRANSPORT_LIST_QUERY, 0, NULL, 0,
                                          NULL, &size, NULL);
    return size / sizeof(WSK_TRANSPORT);
}

/* Something happened to the host's addresses, which is when the provider looks. */
static void stir(void)
{
    static uint8_t ip[4] = { 10, 0, 0, 0 };
    struct net_record record;

    ip[3]++;
    record = route_script_address(1, NET_IPV4, ip, 8);
    route_script_set(&record);
}

static void CLI_13_a_transport_goes_and_comes(void **state)
{
    (void)state;
    assert_int_equal(transports(), 4);
    assert_int_equal(await_change(&client, IRP(&one)), STATUS_PENDING);
    assert_false(call_done(&one));
    script_ipv6(script, false);
    stir();
    assert_int_equal(call_wait(&one, STATUS_PENDING), STATUS_SUCCESS);
    assert_int_equal(one.information, 0);
    assert_int_equal(transports(), 2);
    assert_int_equal(await_change(&client, IRP(&one)), STATUS_PENDING);
    script_ipv6(script, true);
    stir();
    assert_int_equal(call_wait(&one, STATUS_PENDING), STATUS_SUCCESS);
    assert_int_equal(transports(), 4);
}

/*
 * A change of the host that leaves the list as it is is none: the marker behind it ends the wait.
 */
static void CLI_13_only_the_list_counts(void **state)
{
    (void)state;
    assert_int_equal(await_change(&client, IRP(&one)), STATUS_PENDING);
    stir();
    stir();
    assert_false(call_done(&one));
    script_ipv6(script, false);
    stir();
    assert_int_equal(call_wait(&one, STATUS_PENDING), STATUS_SUCCESS);
    assert_int_equal(one.completions, 1);
}

static void CLI_15_one_change_completes_all(void **state)
{
    static const WSK_CLIENT_DISPATCH dispatch = { MAKE_WSK_VERSION(1, 0), 0, NULL };
    WSK_CLIENT_NPI npi = { NULL, &dispatch };
    struct client second;

    (void)state;
    assert_int_equal(WskRegister(&npi, &second.registration), STATUS_SUCCESS);
    assert_int_equal(WskCaptureProviderNPI(&second.registration, WSK_NO_WAIT, &second.npi),
                     STATUS_SUCCESS);
    assert_int_equal(await_change(&client, IRP(&one)), STATUS_PENDING);
    assert_int_equal(await_change(&second, IRP(&two)), STATUS_PENDING);
    script_ipv6(script, false);
    stir();
    assert_int_equal(call_wait(&one, STATUS_PENDING), STATUS_SUCCESS);
    assert_int_equal(call_wait(&two, STATUS_PENDING), STATUS_SUCCESS);
    /* The deregistration of one leaves the wait of the other alone. */
    assert_int_equal(await_change(&client, IRP(&one)), STATUS_PENDING);
    assert_int_equal(await_change(&second, IRP(&two)), STATUS_PENDING);
    WskReleaseProviderNPI(&second.registration);
    WskDeregister(&second.registration);
    assert_int_equal(call_wait(&two, STATUS_PENDING), STATUS_CANCELLED);
    assert_false(call_done(&one));
    assert_true(IoCancelIrp(one.irp));
    assert_int_equal(call_wait(&one, STATUS_PENDING), STATUS_CANCELLED);
}

static void CLI_15_cancel(void **state)
{
    PIRP irp = IRP(&one);

    (void)state;
    assert_false(IoCancelIrp(irp)); /* before the call */
    assert_int_equal(await_change(&client, irp), STATUS_PENDING);
    assert_int_equal(call_wait(&one, STATUS_PENDING), STATUS_CANCELLED);
    assert_int_equal(await_change(&client, IRP(&one)), STATUS_PENDING);
    assert_int_equal(await_change(&client, IRP(&two)), STATUS_PENDING);
    assert_true(IoCancelIrp(one.irp));
    assert_int_equal(call_wait(&one, STATUS_PENDING), STATUS_CANCELLED);
    assert_int_equal(one.information, 0);
    assert_false(call_done(&two));
    assert_false(IoCancelIrp(one.irp));
    assert_true(IoCancelIrp(two.irp));
    assert_int_equal(call_wait(&two, STATUS_PENDING), STATUS_CANCELLED);
}

/* DEREG-06: it would wait for ever for a change that never comes. */
static void DEREG_06_deregistration_cancels(void **state)
{
    static const WSK_CLIENT_DISPATCH dispatch = { MAKE_WSK_VERSION(1, 0), 0, NULL };
    WSK_CLIENT_NPI npi = { NULL, &dispatch };

    (void)state;
    assert_int_equal(await_change(&client, IRP(&one)), STATUS_PENDING);
    WskReleaseProviderNPI(&client.registration);
    WskDeregister(&client.registration);
    assert_int_equal(call_wait(&one, STATUS_PENDING), STATUS_CANCELLED);
    assert_int_equal(one.information, 0);
    assert_int_equal(WskRegister(&npi, &client.registration), STATUS_SUCCESS);
    assert_int_equal(WskCaptureProviderNPI(&client.registration, WSK_NO_WAIT, &client.npi),
                     STATUS_SUCCESS);
}

static void CLI_14_without_an_irp(void **state)
{
    (void)state;
    assert_int_equal(await_change(&client, NULL), STATUS_INVALID_PARAMETER);
}

static void test_a_host_that_cannot_be_watched(void **state)
{
    (void)state;
    route_script_fail(-13); /* EACCES */
    assert_int_equal(CALL(&one, await_change(&client, IRP(&one))), STATUS_ACCESS_DENIED);
    route_script_fail(0);
    assert_int_equal(await_change(&client, IRP(&one)), STATUS_PENDING);
    assert_true(IoCancelIrp(one.irp));
    assert_int_equal(call_wait(&one, STATUS_PENDING), STATUS_CANCELLED);
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

static void test_cancel_meets_the_change(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++) {
        struct canceller canceller = { .irp = IRP(&one) };
        HANDLE thread;
        NTSTATUS status;

        KeInitializeEvent(&canceller.go, NotificationEvent, FALSE);
        assert_int_equal(PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, NULL, NULL, NULL,
                                              cancel_it, &canceller),
                         STATUS_SUCCESS);
        assert_int_equal(await_change(&client, one.irp), STATUS_PENDING);
        script_ipv6(script, i % 2);
        KeSetEvent(&canceller.go, IO_NO_INCREMENT, FALSE);
        stir();
        status = call_wait(&one, STATUS_PENDING);
        assert_true(status == STATUS_SUCCESS || status == STATUS_CANCELLED);
        ZwWaitForSingleObject(thread, FALSE, NULL);
        ZwClose(thread);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(CLI_13_a_transport_goes_and_comes, setup, teardown),
        cmocka_unit_test_setup_teardown(CLI_13_only_the_list_counts, setup, teardown),
        cmocka_unit_test_setup_teardown(CLI_15_one_change_completes_all, setup, teardown),
        cmocka_unit_test_setup_teardown(CLI_15_cancel, setup, teardown),
        cmocka_unit_test_setup_teardown(DEREG_06_deregistration_cancels, setup, teardown),
        cmocka_unit_test_setup_teardown(CLI_14_without_an_irp, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_host_that_cannot_be_watched, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cancel_meets_the_change, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
