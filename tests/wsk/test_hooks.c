/* SPDX-License-Identifier: MIT */
/*
 * test_hooks.c - who does not ask for a look at the calls does not pay for one; what the hooks may
 * ask is right.
 */
#include "client.h"
#include "dgram.h"
#include "nt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct client client;

static int set_up(void **state)
{
    (void)state;
    client_start(&client, NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    client_stop(&client);
    return 0;
}

/* Off costs nothing because nothing stands in between. */
static void test_without_a_verifier_the_tables_are_the_providers_own(void **state)
{
    dgram socket = dgram_open(&client, AF_INET, NULL, NULL);

    (void)state;
    assert_ptr_equal(client.npi.Dispatch, &wsk_provider_dispatch);
    assert_ptr_equal(socket.socket->Dispatch, &wsk_datagram_dispatch);
    dgram_close(socket);
}

static void test_a_held_socket_stays_open(void **state)
{
    dgram socket = dgram_open(&client, AF_INET, NULL, NULL);
    struct call close;
    NTSTATUS returned;

    (void)state;
    assert_true(wsk_for_hooks.hold_socket(socket.socket));
    call_init(&close);
    returned = socket.d->WskCloseSocket(socket.socket, IRP(&close));
    assert_false(call_done(&close));
    assert_false(wsk_for_hooks.hold_socket(socket.socket));
    wsk_for_hooks.leave_socket(socket.socket);
    assert_int_equal(call_wait(&close, returned), STATUS_SUCCESS);
    assert_false(wsk_for_hooks.hold_socket(socket.socket));
    call_free(&close);
}

static void test_what_is_no_socket_is_not_held(void **state)
{
    WSK_SOCKET own = { NULL };

    (void)state;
    assert_false(wsk_for_hooks.hold_socket(NULL));
    assert_false(wsk_for_hooks.hold_socket(&own));
    assert_false(wsk_for_hooks.hold_client(NULL));
}

static void test_the_local_address_of_a_bound_socket(void **state)
{
    SOCKADDR_INET expected, found;
    dgram unbound = dgram_open(&client, AF_INET, NULL, NULL);
    dgram bound = dgram_bound(&client, AF_INET, NULL, NULL, &expected);

    (void)state;
    assert_false(wsk_for_hooks.local_address(unbound.socket, &found));
    assert_true(wsk_for_hooks.local_address(bound.socket, &found));
    assert_int_equal(port_of(&found), port_of(&expected));
    dgram_close(unbound);
    dgram_close(bound);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_a_verifier_the_tables_are_the_providers_own),
        cmocka_unit_test(test_a_held_socket_stays_open),
        cmocka_unit_test(test_what_is_no_socket_is_not_held),
        cmocka_unit_test(test_the_local_address_of_a_bound_socket),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
