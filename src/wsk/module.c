/* SPDX-License-Identifier: MIT */
/*
 * module.c - see module.h. A client that comes this way has no WSK_REGISTRATION; its binding takes
 * that place. It is detached when its last socket is closed and its last request completed
 * (NMR-09).
 */
#include "module.h"

#include "nt.h"
#include "transport.h"

#include <netioddk.h>

static HANDLE handle;

static NTSTATUS attach(HANDLE binding, PVOID context, PNPI_REGISTRATION_INSTANCE instance,
                       PVOID client_context, const void *client_dispatch, PVOID *provider_context,
                       const void **provider_dispatch)
{
    const WSK_CLIENT_DISPATCH *dispatch = client_dispatch;
    WSK_CLIENT_NPI npi = { client_context, dispatch };
    struct wsk_client *client;

    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(instance);
    if (!dispatch)
        return STATUS_INVALID_PARAMETER;
    if (dispatch->Version < WSK_VERSION_LOWEST || dispatch->Version > WSK_VERSION_HIGHEST)
        return STATUS_NOINTERFACE;
    client = wsk_client_create(&npi, NULL, NULL);
    if (!client)
        return STATUS_INSUFFICIENT_RESOURCES;
    client->binding = binding;
    *provider_context = client;
    *provider_dispatch =
        hook_choose_table(HOOK_TABLE_CLIENT, &wsk_provider_dispatch, &wsk_for_hooks);
    return STATUS_SUCCESS;
}

static NTSTATUS detach(PVOID context)
{
    struct wsk_client *client = context;

    wsk_transport_cancel(client);
    /*
     * The registration's own reference. Whoever drops the last one after us completes the
     * detachment.
     */
    return atomic_fetch_sub_explicit(&client->references, 1, memory_order_acq_rel) == 1
               ? STATUS_SUCCESS
               : STATUS_PENDING;
}

static void clean_up(PVOID context)
{
    wsk_client_destroy(context);
}

void wsk_module_client_idle(struct wsk_client *client)
{
    NmrProviderDetachClientComplete(client->binding);
}

NTSTATUS wsk_module_start(void)
{
    static const WSK_PROVIDER_CHARACTERISTICS versions = { WSK_VERSION_HIGHEST,
                                                           WSK_VERSION_LOWEST };
    static const NPIID interface = {
        0x2227e803, 0x8d8b, 0x11d4, { 0xab, 0xad, 0x00, 0x90, 0x27, 0x71, 0x9e, 0x09 }
    };
    static const NPI_MODULEID module = {
        .Length = sizeof(NPI_MODULEID), .Type = MIT_GUID,
        .Guid = { 0x5d8f2c64, 0x9a1e, 0x4b0c, { 0x8e, 0x27, 0x6f, 0x70, 0x77, 0x73, 0x6b, 0 } },
    };
    static const NPI_PROVIDER_CHARACTERISTICS characteristics = {
        .Length = sizeof(NPI_PROVIDER_CHARACTERISTICS),
        .ProviderAttachClient = attach,
        .ProviderDetachClient = detach,
        .ProviderCleanupBindingContext = clean_up,
        .ProviderRegistrationInstance = {
            .Size = sizeof(NPI_REGISTRATION_INSTANCE), .NpiId = &interface, .ModuleId = &module,
            .NpiSpecificCharacteristics = &versions,
        },
    };

    /* As the resolver, it may have outlived a provider that could not be stopped. */
    return handle ? STATUS_SUCCESS : nt_provider_register(&characteristics, NULL, &handle);
}

void wsk_module_stop(void)
{
    NmrDeregisterProvider(handle);
    NmrWaitForProviderDeregisterComplete(handle);
    handle = NULL;
}
