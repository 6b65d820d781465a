/* SPDX-License-Identifier: MIT */
/*
 * registration.c - WskRegister to WskDeregister.
 *
 * WSK_REGISTRATION is memory of the driver with three words for us: what it is (a magic number),
 * the client behind it, and the lock that guards both. A block that was deregistered stays
 * recognisable, so that a late capture is answered without touching the client, which is gone.
 */
#include "client.h"
#include "nt.h"
#include "provider_state.h"
#include "transport.h"

#define REGISTERED 0x6b73772d6e65706full
#define DEREGISTERED 0x656e6f672d6b7377ull

_Static_assert(sizeof(WSK_REGISTRATION) == 24, "drivers reserve 24 bytes");

/* --- The block ------------------------------------------------------------------------------- */

static _Noreturn void unknown_block(PWSK_REGISTRATION registration, const char *sentence,
                                   const void *place)
{
    nt_bug_check(&(struct nt_bug){
        .code = DRIVER_VERIFIER_DETECTED_VIOLATION,
        .rule = "WSK-V17",
        .sentence = sentence,
        .parameters = { 17, (ULONG_PTR)registration,
                        (ULONG_PTR)registration->ReservedRegistrationState, (ULONG_PTR)place },
    });
}

/* In memory of any content the lock may look taken for ever, so this comes before it. */
static void require_known(PWSK_REGISTRATION registration, const void *place)
{
    ULONGLONG state = __atomic_load_n(&registration->ReservedRegistrationState, __ATOMIC_ACQUIRE);

    if (state != REGISTERED && state != DEREGISTERED)
        unknown_block(registration, "The WSK_REGISTRATION was never given to WskRegister.",
                      place);
}

static void set_state(PWSK_REGISTRATION registration, ULONGLONG state)
{
    __atomic_store_n(&registration->ReservedRegistrationState, state, __ATOMIC_RELEASE);
}

/* NULL for a deregistered block. Otherwise a reference is taken. */
static struct wsk_client *enter(PWSK_REGISTRATION registration, const void *place)
{
    struct wsk_client *client = NULL;
    KIRQL irql;

    require_known(registration, place);
    KeAcquireSpinLock(&registration->ReservedRegistrationLock, &irql);
    if (registration->ReservedRegistrationState == REGISTERED) {
        client = registration->ReservedRegistrationContext;
        wsk_client_reference(client);
    }
    KeReleaseSpinLock(&registration->ReservedRegistrationLock, irql);
    return client;
}

/* Makes the block deregistered and hands the registration's own reference to the caller. */
static struct wsk_client *detach(PWSK_REGISTRATION registration, const void *place)
{
    struct wsk_client *client = NULL;
    KIRQL irql;

    require_known(registration, place);
    KeAcquireSpinLock(&registration->ReservedRegistrationLock, &irql);
    if (registration->ReservedRegistrationState == REGISTERED) {
        client = registration->ReservedRegistrationContext;
        set_state(registration, DEREGISTERED);
        registration->ReservedRegistrationContext = NULL;
    }
    KeReleaseSpinLock(&registration->ReservedRegistrationLock, irql);
    if (!client)
        unknown_block(registration,
                      "WskDeregister was called for a WSK_REGISTRATION that is not registered.",
                      place);
    return client;
}

/* --- WskRegister, WskDeregister -------------------------------------------------------------- */

static void require_good_place(const WSK_REGISTRATION *registration, const void *place)
{
    uintptr_t address = (uintptr_t)registration, first;
    bool paged = false;
    size_t size;

    if (!hook_rule(17))
        return;
    nt_block_range(registration, &first, &size, &paged);
    if (!paged && (address < os_stack_begin() || address >= os_stack_end()))
        return;
    nt_bug_check(&(struct nt_bug){
        .code = DRIVER_VERIFIER_DETECTED_VIOLATION,
        .rule = "WSK-V17",
        .sentence = paged ? "A WSK_REGISTRATION is in paged pool; the subsystem reads it at "
                            "DISPATCH_LEVEL."
                          : "A WSK_REGISTRATION is on the stack; it must live until WskDeregister.",
        .parameters = { 17, address, paged, (ULONG_PTR)place },
    });
}

static NTSTATUS register_client(PWSK_CLIENT_NPI npi, PWSK_REGISTRATION registration,
                                const struct hook_import *call)
{
    struct wsk_client *client;

    nt_require_irql(PASSIVE_LEVEL, "WskRegister", call->place);
    if (!npi || !registration || !npi->Dispatch)
        return STATUS_INVALID_PARAMETER;
    require_good_place(registration, call->place);
    if (wsk_client_find(registration))
        unknown_block(registration,
                      "WskRegister was called for a WSK_REGISTRATION that is registered already.",
                      call->place);
    if (call->decided)
        return call->status;
    client = wsk_client_create(npi, registration, call->place);
    if (!client)
        return STATUS_INSUFFICIENT_RESOURCES;
    KeInitializeSpinLock(&registration->ReservedRegistrationLock);
    registration->ReservedRegistrationContext = client;
    set_state(registration, REGISTERED);
    return STATUS_SUCCESS;
}

NTSTATUS WskRegister(PWSK_CLIENT_NPI WskClientNpi, PWSK_REGISTRATION WskRegistration)
{
    struct hook_import call = {
        .function = HOOK_IMPORT_REGISTER, .place = NT_CALLER(),
        .arguments = { (uintptr_t)WskClientNpi, (uintptr_t)WskRegistration },
    };

    hook_import_begin(&call);
    call.status = register_client(WskClientNpi, WskRegistration, &call);
    hook_import_end(&call);
    return call.status;
}

static void deregister(PWSK_REGISTRATION registration, const void *place)
{
    struct wsk_client *client;

    nt_require_irql(PASSIVE_LEVEL, "WskDeregister", place);
    client = detach(registration, place);
    wsk_transport_cancel(client);
    /* Captures that wait give up; everything else is the driver's to end, however long it takes. */
    KeSetEvent(&client->closing, IO_NO_INCREMENT, FALSE);
    wsk_client_leave(client);
    KeWaitForSingleObject(&client->idle, Executive, KernelMode, FALSE, NULL);
    wsk_client_destroy(client);
}

VOID WskDeregister(PWSK_REGISTRATION WskRegistration)
{
    struct hook_import call = { .function = HOOK_IMPORT_DEREGISTER, .place = NT_CALLER(),
                                .arguments = { (uintptr_t)WskRegistration } };

    hook_import_begin(&call);
    deregister(WskRegistration, call.place);
    hook_import_end(&call);
}

/* --- Capture --------------------------------------------------------------------------------- */

static bool version_supported(const struct wsk_client *client)
{
    return client->version >= WSK_VERSION_LOWEST && client->version <= WSK_VERSION_HIGHEST;
}

/* Waits until the subsystem is up or the registration is being taken back. */
static NTSTATUS wait_until_ready(struct wsk_client *client, ULONG timeout_ms)
{
    /* The first of two that are signalled is the one that counts. */
    PVOID objects[] = { &client->closing, wsk_ready_event() };
    LARGE_INTEGER timeout = { .QuadPart = -10000ll * timeout_ms };
    NTSTATUS status = KeWaitForMultipleObjects(2, objects, WaitAny, Executive, KernelMode, FALSE,
                                               timeout_ms == WSK_INFINITE_WAIT ? NULL : &timeout, NULL);

    return status == STATUS_WAIT_1 ? STATUS_SUCCESS : STATUS_DEVICE_NOT_READY;
}

static void count_capture(struct wsk_client *client, const void *place)
{
    wsk_client_reference(client);
    base_lock_acquire(&client->lock);
    if (atomic_fetch_add(&client->captures, 1) == 0)
        ledger_add(&client->npi_entry, LEDGER_NPI, client->registration, place);
    base_lock_release(&client->lock);
}

/* The subsystem may come up after the drivers that the boot waits for: then nothing goes on. */
static void note_infinite_wait(ULONG timeout_ms, const void *place)
{
    if (timeout_ms != WSK_INFINITE_WAIT || !nt_in_entry() || !hook_rule(18))
        return;
    hook_tell(&(struct hook_report){
        .rule = "WSK-V18", .severity = HOOK_NOTE, .place = place,
        .text = "WskCaptureProviderNPI waits without a limit inside DriverEntry, which can hang "
                "the start of the machine",
        .stacks = { { "here", hook_stack_at(place) } },
    });
}

static NTSTATUS capture(struct wsk_client *client, ULONG timeout_ms, PWSK_PROVIDER_NPI npi,
                        const void *place)
{
    NTSTATUS status;

    if (!version_supported(client))
        return STATUS_NOINTERFACE;
    if (KeReadStateEvent(&client->closing))
        return STATUS_DEVICE_NOT_READY;
    if (!KeReadStateEvent(wsk_ready_event())) {
        if (timeout_ms == WSK_NO_WAIT)
            return STATUS_DEVICE_NOT_READY;
        status = wait_until_ready(client, timeout_ms);
        if (!NT_SUCCESS(status))
            return status;
    }
    count_capture(client, place);
    npi->Client = client;
    npi->Dispatch = hook_choose_table(HOOK_TABLE_CLIENT, &wsk_provider_dispatch, &wsk_for_hooks);
    return STATUS_SUCCESS;
}

static NTSTATUS capture_for(PWSK_REGISTRATION registration, ULONG timeout_ms,
                            PWSK_PROVIDER_NPI npi, const struct hook_import *call)
{
    struct wsk_client *client;
    NTSTATUS status;

    nt_require_irql(timeout_ms == WSK_NO_WAIT ? DISPATCH_LEVEL : PASSIVE_LEVEL,
                    "WskCaptureProviderNPI", call->place);
    if (!registration || !npi)
        return STATUS_INVALID_PARAMETER;
    note_infinite_wait(timeout_ms, call->place);
    client = enter(registration, call->place);
    if (!client)
        return STATUS_DEVICE_NOT_READY;
    status = call->decided ? call->status : capture(client, timeout_ms, npi, call->place);
    wsk_client_leave(client);
    return status;
}

NTSTATUS WskCaptureProviderNPI(PWSK_REGISTRATION WskRegistration, ULONG WaitTimeout,
                               PWSK_PROVIDER_NPI WskProviderNpi)
{
    struct hook_import call = {
        .function = HOOK_IMPORT_CAPTURE, .place = NT_CALLER(),
        .arguments = { (uintptr_t)WskRegistration, WaitTimeout, (uintptr_t)WskProviderNpi },
    };

    hook_import_begin(&call);
    call.status = capture_for(WskRegistration, WaitTimeout, WskProviderNpi, &call);
    hook_import_end(&call);
    return call.status;
}

static bool uncount_capture(struct wsk_client *client)
{
    bool counted;

    base_lock_acquire(&client->lock);
    counted = atomic_load(&client->captures) != 0;
    if (counted && atomic_fetch_sub(&client->captures, 1) == 1)
        ledger_remove(&client->npi_entry);
    base_lock_release(&client->lock);
    return counted;
}

/*
 * A release may come while WskDeregister waits in another thread (DEREG-08), when the block no
 * longer leads to the client; so it is found among the clients instead.
 */
static void release(PWSK_REGISTRATION registration, const void *place)
{
    struct wsk_client *client;

    nt_require_irql(DISPATCH_LEVEL, "WskReleaseProviderNPI", place);
    client = wsk_client_find(registration);
    if (!client || !uncount_capture(client))
        unknown_block(registration,
                      "WskReleaseProviderNPI was called without a capture that it could release.",
                      place);
    wsk_client_leave(client); /* the capture's */
    wsk_client_leave(client); /* wsk_client_find's */
}

VOID WskReleaseProviderNPI(PWSK_REGISTRATION WskRegistration)
{
    struct hook_import call = { .function = HOOK_IMPORT_RELEASE, .place = NT_CALLER(),
                                .arguments = { (uintptr_t)WskRegistration } };

    hook_import_begin(&call);
    release(WskRegistration, call.place);
    hook_import_end(&call);
}

static NTSTATUS query(PWSK_REGISTRATION registration, PWSK_PROVIDER_CHARACTERISTICS characteristics,
                      const struct hook_import *call)
{
    struct wsk_client *client;

    nt_require_irql(DISPATCH_LEVEL, "WskQueryProviderCharacteristics", call->place);
    if (!registration || !characteristics)
        return STATUS_INVALID_PARAMETER;
    client = enter(registration, call->place);
    if (!client)
        return STATUS_DEVICE_NOT_READY;
    wsk_client_leave(client);
    if (call->decided)
        return call->status;
    if (!KeReadStateEvent(wsk_ready_event()))
        return STATUS_DEVICE_NOT_READY;
    characteristics->HighestVersion = WSK_VERSION_HIGHEST;
    characteristics->LowestVersion = WSK_VERSION_LOWEST;
    return STATUS_SUCCESS;
}

NTSTATUS WskQueryProviderCharacteristics(PWSK_REGISTRATION WskRegistration,
                                         PWSK_PROVIDER_CHARACTERISTICS WskProviderCharacteristics)
{
    struct hook_import call = {
        .function = HOOK_IMPORT_QUERY, .place = NT_CALLER(),
        .arguments = { (uintptr_t)WskRegistration, (uintptr_t)WskProviderCharacteristics },
    };

    hook_import_begin(&call);
    call.status = query(WskRegistration, WskProviderCharacteristics, &call);
    hook_import_end(&call);
    return call.status;
}
