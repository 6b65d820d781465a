/* SPDX-License-Identifier: MIT */
/* client.c - clients, and the functions of WSK_PROVIDER_DISPATCH that concern a client. */
#include "client.h"

#include "descriptor.h"
#include "module.h"
#include "name.h"
#include "nt.h"
#include "provider_state.h"
#include "request.h"
#include "socket.h"
#include "transport.h"

#define CLIENT_LIVE 0x746e6c63u
#define CLIENT_GONE 0x21746e63u
#define CLIENTS_PER_CHUNK 8

/*
 * Weak: drivers exist that define this very object themselves. Identity is by value, never by
 * address.
 */
__attribute__((weak)) const NPIID NPI_WSK_INTERFACE_ID = {
    0x2227e803, 0x8d8b, 0x11d4, { 0xab, 0xad, 0x00, 0x90, 0x27, 0x71, 0x9e, 0x09 }
};

static struct slab clients;
static struct base_lock registry_lock;
static struct list registry = LIST_INITIALISER(registry);

void wsk_clients_start(void)
{
    slab_init(&clients, sizeof(struct wsk_client), CLIENTS_PER_CHUNK);
}

void wsk_clients_stop(void)
{
    slab_destroy(&clients);
}

/* --- Life ------------------------------------------------------------------------------------ */

struct wsk_client *wsk_client_create(PWSK_CLIENT_NPI npi, PWSK_REGISTRATION registration,
                                     const void *place)
{
    struct wsk_client *client = slab_allocate(&clients);

    if (!client)
        return NULL;
    memset(client, 0, sizeof(*client));
    client->magic = CLIENT_LIVE;
    client->version = npi->Dispatch->Version;
    client->registration = registration;
    client->context = npi->ClientContext;
    client->dispatch = npi->Dispatch;
    atomic_store(&client->references, 1);
    KeInitializeEvent(&client->idle, NotificationEvent, FALSE);
    KeInitializeEvent(&client->closing, NotificationEvent, FALSE);
    if (registration) /* the registrar lists its own */
        ledger_add(&client->registration_entry, LEDGER_REGISTRATION, registration, place);
    base_lock_acquire(&registry_lock);
    list_push_back(&registry, &client->link);
    base_lock_release(&registry_lock);
    return client;
}

void wsk_client_destroy(struct wsk_client *client)
{
    base_lock_acquire(&registry_lock);
    list_remove(&client->link);
    base_lock_release(&registry_lock);
    if (client->registration)
        ledger_remove(&client->registration_entry);
    client->magic = CLIENT_GONE;
    slab_free(&clients, client);
}

void wsk_client_reference(struct wsk_client *client)
{
    atomic_fetch_add_explicit(&client->references, 1, memory_order_relaxed);
}

void wsk_client_leave(struct wsk_client *client)
{
    if (atomic_fetch_sub_explicit(&client->references, 1, memory_order_acq_rel) != 1)
        return;
    if (client->binding)
        wsk_module_client_idle(client);
    else
        KeSetEvent(&client->idle, IO_NO_INCREMENT, FALSE);
}

/* A client whose references have fallen to 0 is on its way out and cannot be found any more. */
static bool reference_if_live(struct wsk_client *client)
{
    uint32_t references = atomic_load(&client->references);

    while (references) {
        if (atomic_compare_exchange_weak(&client->references, &references, references + 1))
            return true;
    }
    return false;
}

struct wsk_client *wsk_client_find(PWSK_REGISTRATION registration)
{
    struct wsk_client *found = NULL;

    base_lock_acquire(&registry_lock);
    list_for_each(link, &registry) {
        struct wsk_client *client = container_of(link, struct wsk_client, link);

        if (client->registration == registration && reference_if_live(client)) {
            found = client;
            break;
        }
    }
    base_lock_release(&registry_lock);
    return found;
}

struct wsk_client *wsk_client_enter(PWSK_CLIENT handle)
{
    struct wsk_client *client = (struct wsk_client *)handle;

    if (!client)
        return NULL;
    if (client->magic != CLIENT_LIVE || !reference_if_live(client)) {
        nt_bug_check(&(struct nt_bug){
            .code = DRIVER_VERIFIER_DETECTED_VIOLATION,
            .rule = "WSK-V17",
            .sentence = "The PWSK_CLIENT belongs to no registration.",
            .parameters = { 17, (ULONG_PTR)handle, 0, 0 },
        });
    }
    return client;
}

/* --- WskControlClient ------------------------------------------------------------------------ */

static NTSTATUS set_static_callbacks(struct wsk_client *client, SIZE_T size, const void *input)
{
    const ULONG known = WSK_EVENT_RECEIVE_FROM | WSK_EVENT_RECEIVE | WSK_EVENT_DISCONNECT |
                        WSK_EVENT_SEND_BACKLOG | WSK_EVENT_ACCEPT;
    const WSK_EVENT_CALLBACK_CONTROL *control = input;

    if (!control || size < sizeof(*control) || !control->NpiId ||
        memcmp(control->NpiId, &NPI_WSK_INTERFACE_ID, sizeof(NPIID)) != 0 ||
        (control->EventMask & ~known))
        return STATUS_INVALID_PARAMETER;
    if (atomic_load(&client->sockets_made))
        return STATUS_INVALID_DEVICE_STATE;
    client->static_events = control->EventMask;
    return STATUS_SUCCESS;
}

static NTSTATUS control_client(struct wsk_client *client, ULONG code, SIZE_T input_size, PVOID input,
                               SIZE_T output_size, PVOID output, SIZE_T *returned,
                               const void *place)
{
    switch (code) {
    case WSK_TRANSPORT_LIST_QUERY:
        return wsk_transport_query(output_size, output, returned);
    case WSK_SET_STATIC_EVENT_CALLBACKS:
        return set_static_callbacks(client, input_size, input);
    case WSK_TDI_BEHAVIOR:
        /* There is no TDI to bypass; drivers ask at start-up and expect to be heard. */
        return input && input_size >= sizeof(ULONG) ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    case WSK_TDI_DEVICENAME_MAPPING:
        return STATUS_NOT_SUPPORTED;
    case WSK_CACHE_SD:
        return wsk_descriptor_cache(input_size, input, output_size, output, place);
    case WSK_RELEASE_SD:
        return wsk_descriptor_release(input_size, input);
    default:
        return STATUS_NOT_SUPPORTED;
    }
}

static NTSTATUS WSKAPI wsk_control_client(PWSK_CLIENT handle, ULONG code, SIZE_T input_size,
                                          PVOID input, SIZE_T output_size, PVOID output,
                                          SIZE_T *output_returned, PIRP irp)
{
    const void *place = hook_place(NT_CALLER());
    struct wsk_client *client;
    NTSTATUS status;

    nt_require_irql(DISPATCH_LEVEL, "WskControlClient", place);
    client = wsk_client_enter(handle);
    if (irp)
        nt_irp_accept(irp);
    if (!client)
        status = STATUS_INVALID_HANDLE;
    else if (code == WSK_TRANSPORT_LIST_CHANGE)
        status = irp ? wsk_transport_await_change(client, irp) : STATUS_INVALID_PARAMETER;
    else if (irp && code >= WSK_TRANSPORT_LIST_QUERY && code <= WSK_TDI_BEHAVIOR)
        status = STATUS_INVALID_PARAMETER; /* these take no IRP; one that is given must not hang */
    else
        status = control_client(client, code, input_size, input, output_size, output,
                                output_returned, place);
    if (irp && status != STATUS_PENDING)
        wsk_refuse(irp, status);
    if (client)
        wsk_client_leave(client);
    return status;
}

/* --- Not there yet --------------------------------------------------------------------------- */

static NTSTATUS WSKAPI wsk_socket_connect(PWSK_CLIENT client, USHORT type, ULONG protocol,
                                          PSOCKADDR local, PSOCKADDR remote, ULONG flags,
                                          PVOID context,
                                          const WSK_CLIENT_CONNECTION_DISPATCH *dispatch,
                                          PEPROCESS process, PETHREAD thread,
                                          PSECURITY_DESCRIPTOR descriptor, PIRP irp)
{
    UNREFERENCED_PARAMETER(client);
    UNREFERENCED_PARAMETER(type);
    UNREFERENCED_PARAMETER(protocol);
    UNREFERENCED_PARAMETER(local);
    UNREFERENCED_PARAMETER(remote);
    UNREFERENCED_PARAMETER(flags);
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(dispatch);
    UNREFERENCED_PARAMETER(process);
    UNREFERENCED_PARAMETER(thread);
    UNREFERENCED_PARAMETER(descriptor);
    return wsk_absent_call("WskSocketConnect", irp);
}

const WSK_PROVIDER_DISPATCH wsk_provider_dispatch = {
    .Version = WSK_VERSION_HIGHEST,
    .WskSocket = wsk_create_socket,
    .WskSocketConnect = wsk_socket_connect,
    .WskControlClient = wsk_control_client,
    .WskGetAddressInfo = wsk_get_address_info,
    .WskFreeAddressInfo = wsk_free_address_info,
    .WskGetNameInfo = wsk_get_name_info,
};
