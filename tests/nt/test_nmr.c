/* SPDX-License-Identifier: MIT */
/* test_nmr.c - the network module registrar: clients and providers find each other, and part. */
#include "nt_test.h"

#include "base.h"
#include "bug.h"

#include <netioddk.h>

static const NPIID interface_one = { 1, 2, 3, { 4 } }, interface_two = { 2, 2, 3, { 4 } };
static const NPI_MODULEID module_id = { sizeof(module_id), MIT_GUID, { { 9, 9, 9, { 9 } } } };

/* What happened, a letter each, in order. */
static char events[64];

static void note(char event)
{
    size_t length = strlen(events);

    assert_true(length + 1 < sizeof(events));
    events[length] = event;
    events[length + 1] = '\0';
}

/* --- A client -------------------------------------------------------------------------------- */

static struct {
    NTSTATUS attach;        /* what the callback returns, unless attaching fails */
    bool do_not_attach;
    NTSTATUS attach_again;  /* of a second try in the same callback */
    bool try_again;
    NTSTATUS detach;
    HANDLE binding;
    PVOID provider_context;
    const void *provider_dispatch;
    NTSTATUS attached;
    KIRQL irql;
    const NPI_REGISTRATION_INSTANCE *shown;
    HANDLE leave;           /* deregister this module from within the callback */
} me;

static int my_context, my_binding_context, my_dispatch;

static NTSTATUS client_attach(HANDLE binding, PVOID context, PNPI_REGISTRATION_INSTANCE instance)
{
    note('a');
    assert_ptr_equal(context, &my_context);
    me.binding = binding;
    me.shown = instance;
    me.irql = KeGetCurrentIrql();
    if (me.leave)
        assert_int_equal(NmrDeregisterClient(me.leave), STATUS_PENDING);
    if (me.do_not_attach)
        return me.attach;
    me.attached = NmrClientAttachProvider(binding, &my_binding_context, &my_dispatch,
                                          &me.provider_context, &me.provider_dispatch);
    if (me.try_again)
        me.attach_again = NmrClientAttachProvider(binding, &my_binding_context, &my_dispatch,
                                                  &me.provider_context, &me.provider_dispatch);
    return NT_SUCCESS(me.attached) || (me.try_again && NT_SUCCESS(me.attach_again)) ? me.attach
                                                                                    : me.attached;
}

static NTSTATUS client_detach(PVOID context)
{
    note('d');
    assert_ptr_equal(context, &my_binding_context);
    return me.detach;
}

static void client_cleanup(PVOID context)
{
    note('c');
    assert_ptr_equal(context, &my_binding_context);
}

static NPI_CLIENT_CHARACTERISTICS client_of(const NPIID *interface)
{
    return (NPI_CLIENT_CHARACTERISTICS){
        .Length = sizeof(NPI_CLIENT_CHARACTERISTICS),
        .ClientAttachProvider = client_attach,
        .ClientDetachProvider = client_detach,
        .ClientCleanupBindingContext = client_cleanup,
        .ClientRegistrationInstance = { .Size = sizeof(NPI_REGISTRATION_INSTANCE),
                                        .NpiId = interface, .ModuleId = &module_id },
    };
}

/* --- A provider ------------------------------------------------------------------------------ */

static struct {
    NTSTATUS attach;
    NTSTATUS detach;
    HANDLE binding;
    const void *client_dispatch;
} other;

static int provider_context, provider_binding_context, provider_dispatch;

static NTSTATUS provider_attach(HANDLE binding, PVOID context, PNPI_REGISTRATION_INSTANCE instance,
                                PVOID client_context, const void *client_dispatch,
                                PVOID *binding_context, const void **dispatch)
{
    NTSTATUS status = other.attach;

    note('A');
    assert_ptr_equal(context, &provider_context);
    assert_ptr_equal(client_context, &my_binding_context);
    assert_true(NmrIsEqualNpiModuleId(instance->ModuleId, &module_id));
    other.binding = binding;
    other.client_dispatch = client_dispatch;
    *binding_context = &provider_binding_context;
    *dispatch = &provider_dispatch;
    other.attach = STATUS_SUCCESS; /* a second try works */
    return status;
}

static NTSTATUS provider_detach(PVOID context)
{
    note('D');
    assert_ptr_equal(context, &provider_binding_context);
    return other.detach;
}

static void provider_cleanup(PVOID context)
{
    note('C');
    assert_ptr_equal(context, &provider_binding_context);
}

static NPI_PROVIDER_CHARACTERISTICS provider_of(const NPIID *interface)
{
    return (NPI_PROVIDER_CHARACTERISTICS){
        .Length = sizeof(NPI_PROVIDER_CHARACTERISTICS),
        .ProviderAttachClient = provider_attach,
        .ProviderDetachClient = provider_detach,
        .ProviderCleanupBindingContext = provider_cleanup,
        .ProviderRegistrationInstance = { .Size = sizeof(NPI_REGISTRATION_INSTANCE),
                                          .NpiId = interface, .ModuleId = &module_id },
    };
}

/* --- Two of them ----------------------------------------------------------------------------- */

static NPI_CLIENT_CHARACTERISTICS client;
static NPI_PROVIDER_CHARACTERISTICS provider;
static HANDLE client_handle, provider_handle;

static int setup(void **state)
{
    (void)state;
    memset(events, 0, sizeof(events));
    memset(&me, 0, sizeof(me));
    memset(&other, 0, sizeof(other));
    client = client_of(&interface_one);
    provider = provider_of(&interface_one);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    assert_int_equal(ledger_count(LEDGER_MODULE), 0);
    return 0;
}

static void register_provider(void)
{
    assert_int_equal(NmrRegisterProvider(&provider, &provider_context, &provider_handle),
                     STATUS_SUCCESS);
}

static void register_client(void)
{
    assert_int_equal(NmrRegisterClient(&client, &my_context, &client_handle), STATUS_SUCCESS);
}

static void wait_for_client(void)
{
    assert_int_equal(NmrWaitForClientDeregisterComplete(client_handle), STATUS_SUCCESS);
}

static void client_leaves(void)
{
    assert_int_equal(NmrDeregisterClient(client_handle), STATUS_PENDING);
    wait_for_client();
}

static void provider_leaves(void)
{
    assert_int_equal(NmrDeregisterProvider(provider_handle), STATUS_PENDING);
    assert_int_equal(NmrWaitForProviderDeregisterComplete(provider_handle), STATUS_SUCCESS);
}

static void test_client_second(void **state)
{
    (void)state;
    register_provider();
    register_client();
    assert_string_equal(events, "aA");
    assert_int_equal(me.irql, PASSIVE_LEVEL);
    assert_ptr_equal(me.shown, &provider.ProviderRegistrationInstance);
    assert_ptr_equal(me.provider_context, &provider_binding_context);
    assert_ptr_equal(me.provider_dispatch, &provider_dispatch);
    assert_ptr_equal(other.client_dispatch, &my_dispatch);
    assert_ptr_equal(me.binding, other.binding);
    assert_int_equal(ledger_count(LEDGER_MODULE), 2);
    client_leaves();
    assert_string_equal(events, "aAdDcC");
    provider_leaves();
    assert_string_equal(events, "aAdDcC");
}

static void test_provider_second_and_first_to_leave(void **state)
{
    (void)state;
    register_client();
    assert_string_equal(events, "");
    register_provider();
    assert_string_equal(events, "aA");
    provider_leaves();
    assert_string_equal(events, "aAdDcC");
    register_provider(); /* another one, for the same client */
    assert_string_equal(events, "aAdDcCaA");
    client_leaves();
    provider_leaves();
    assert_string_equal(events, "aAdDcCaAdDcC");
}

static void test_other_interface(void **state)
{
    (void)state;
    provider = provider_of(&interface_two);
    register_provider();
    register_client();
    client_leaves();
    provider_leaves();
    assert_string_equal(events, "");
}

/* The same identity in another place is the same interface. */
static void test_identity_by_value(void **state)
{
    NPIID copy = interface_one;

    (void)state;
    provider = provider_of(&copy);
    register_provider();
    register_client();
    assert_string_equal(events, "aA");
    client_leaves();
    provider_leaves();
}

static void test_second_try(void **state)
{
    (void)state;
    other.attach = STATUS_NOINTERFACE;
    me.try_again = true;
    me.attach = STATUS_SUCCESS;
    register_provider();
    register_client();
    assert_string_equal(events, "aAA");
    assert_int_equal(me.attached, STATUS_NOINTERFACE);
    assert_int_equal(me.attach_again, STATUS_SUCCESS);
    provider_leaves();
    client_leaves();
}

static void test_a_third_attachment_is_refused(void **state)
{
    PVOID context;
    const void *dispatch;

    (void)state;
    me.try_again = true;
    register_provider();
    register_client();
    assert_string_equal(events, "aA");
    assert_int_equal(me.attach_again, STATUS_INVALID_PARAMETER);
    assert_int_equal(NmrClientAttachProvider(me.binding, &my_binding_context, &my_dispatch,
                                             &context, &dispatch),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(NmrClientAttachProvider(&context, NULL, NULL, &context, &dispatch),
                     STATUS_INVALID_PARAMETER);
    client_leaves();
    provider_leaves();
}

static void test_declined(void **state)
{
    (void)state;
    me.do_not_attach = true;
    me.attach = STATUS_NOINTERFACE;
    register_provider();
    register_client();
    assert_string_equal(events, "a"); /* and no more: it is not asked again */
    provider_leaves();
    register_provider();
    assert_string_equal(events, "aa"); /* another provider */
    client_leaves();
    provider_leaves();
    assert_string_equal(events, "aa");
}

/* Attached, then changed its mind: the provider hears of it, the client does not. */
static void test_attached_and_failed(void **state)
{
    (void)state;
    me.attach = STATUS_INSUFFICIENT_RESOURCES;
    register_provider();
    register_client();
    assert_string_equal(events, "aADC");
    client_leaves();
    provider_leaves();
    assert_string_equal(events, "aADC");
}

static void test_halves_that_finish_later(void **state)
{
    KIRQL irql;

    (void)state;
    me.detach = STATUS_PENDING;
    other.detach = STATUS_PENDING;
    client.ClientCleanupBindingContext = NULL;
    register_provider();
    register_client();
    assert_int_equal(NmrDeregisterClient(client_handle), STATUS_PENDING);
    assert_string_equal(events, "aAdD");
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    NmrClientDetachProviderComplete(me.binding);
    assert_string_equal(events, "aAdD");
    NmrProviderDetachClientComplete(other.binding);
    KeLowerIrql(irql);
    assert_string_equal(events, "aAdDC");
    wait_for_client();
    provider_leaves();
}

static void finish_both(PVOID context)
{
    (void)context;
    NmrProviderDetachClientComplete(other.binding);
    NmrClientDetachProviderComplete(me.binding);
}

static void test_wait_blocks(void **state)
{
    HANDLE thread;

    (void)state;
    me.detach = STATUS_PENDING;
    other.detach = STATUS_PENDING;
    register_provider();
    register_client();
    assert_int_equal(NmrDeregisterClient(client_handle), STATUS_PENDING);
    assert_int_equal(PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, finish_both,
                                          NULL),
                     STATUS_SUCCESS);
    wait_for_client();
    assert_string_equal(events, "aAdDcC");
    ZwWaitForSingleObject(thread, FALSE, NULL);
    ZwClose(thread);
    provider_leaves();
}

static void test_leaving_from_within_attach(void **state)
{
    (void)state;
    register_client();
    me.leave = client_handle;
    register_provider();
    assert_string_equal(events, "aAdDcC");
    wait_for_client();
    provider_leaves();
}

static void test_parameters(void **state)
{
    HANDLE handle;

    (void)state;
    assert_int_equal(NmrRegisterClient(NULL, NULL, &handle), STATUS_INVALID_PARAMETER);
    assert_int_equal(NmrRegisterClient(&client, NULL, NULL), STATUS_INVALID_PARAMETER);
    client.Version = 1;
    assert_int_equal(NmrRegisterClient(&client, NULL, &handle), STATUS_INVALID_PARAMETER);
    client = client_of(&interface_one);
    client.Length--;
    assert_int_equal(NmrRegisterClient(&client, NULL, &handle), STATUS_INVALID_PARAMETER);
    client = client_of(&interface_one);
    client.ClientAttachProvider = NULL;
    assert_int_equal(NmrRegisterClient(&client, NULL, &handle), STATUS_INVALID_PARAMETER);
    client = client_of(&interface_one);
    client.ClientDetachProvider = NULL;
    assert_int_equal(NmrRegisterClient(&client, NULL, &handle), STATUS_INVALID_PARAMETER);
    client = client_of(NULL);
    assert_int_equal(NmrRegisterClient(&client, NULL, &handle), STATUS_INVALID_PARAMETER);
    client = client_of(&interface_one);
    client.ClientRegistrationInstance.Version = 1;
    assert_int_equal(NmrRegisterClient(&client, NULL, &handle), STATUS_INVALID_PARAMETER);
    client = client_of(&interface_one);
    client.ClientRegistrationInstance.Size++;
    assert_int_equal(NmrRegisterClient(&client, NULL, &handle), STATUS_INVALID_PARAMETER);
    provider.ProviderAttachClient = NULL;
    assert_int_equal(NmrRegisterProvider(&provider, NULL, &handle), STATUS_INVALID_PARAMETER);
    assert_int_equal(NmrRegisterProvider(NULL, NULL, &handle), STATUS_INVALID_PARAMETER);
}

static void test_handles(void **state)
{
    (void)state;
    register_client();
    assert_int_equal(NmrWaitForClientDeregisterComplete(client_handle), STATUS_INVALID_PARAMETER);
    assert_int_equal(NmrWaitForClientDeregisterComplete(NULL), STATUS_INVALID_PARAMETER);
    assert_int_equal(NmrDeregisterProvider(client_handle), STATUS_INVALID_PARAMETER);
    assert_int_equal(NmrDeregisterClient(&client), STATUS_INVALID_PARAMETER);
    assert_int_equal(NmrDeregisterClient(client_handle), STATUS_PENDING);
    assert_int_equal(NmrDeregisterClient(client_handle), STATUS_INVALID_PARAMETER);
    assert_int_equal(ledger_count(LEDGER_MODULE), 1); /* until somebody has waited */
    wait_for_client();
    assert_int_equal(NmrWaitForClientDeregisterComplete(client_handle), STATUS_INVALID_PARAMETER);
    assert_int_equal(ledger_count(LEDGER_MODULE), 0);
}

static void complete_what_is_attached(void)
{
    register_provider();
    register_client();
    NmrClientDetachProviderComplete(me.binding);
}

static void complete_twice(void)
{
    me.detach = STATUS_PENDING;
    other.detach = STATUS_PENDING;
    register_provider();
    register_client();
    (void)NmrDeregisterClient(client_handle);
    NmrClientDetachProviderComplete(me.binding);
    NmrClientDetachProviderComplete(me.binding);
}

static void test_misuse(void **state)
{
    (void)state;
    assert_bug_check(DRIVER_VERIFIER_DETECTED_VIOLATION, complete_what_is_attached);
    assert_bug_text("NmrClientDetachProviderComplete");
    assert_bug_check(DRIVER_VERIFIER_DETECTED_VIOLATION, complete_twice);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_client_second),
        TEST(test_provider_second_and_first_to_leave),
        TEST(test_other_interface),
        TEST(test_identity_by_value),
        TEST(test_second_try),
        TEST(test_a_third_attachment_is_refused),
        TEST(test_declined),
        TEST(test_attached_and_failed),
        TEST(test_halves_that_finish_later),
        TEST(test_wait_blocks),
        TEST(test_leaving_from_within_attach),
        TEST(test_parameters),
        TEST(test_handles),
        TEST(test_misuse),
    };

    return cmocka_run_group_tests(tests, start_executive, stop_executive);
}
