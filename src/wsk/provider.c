/* SPDX-License-Identifier: MIT */
/* provider.c - start and stop of the provider: its engine, its slabs, its readiness. */
#include "provider.h"

#include "address_list.h"
#include "module.h"
#include "nt.h"
#include "provider_state.h"
#include "request.h"
#include "translate.h"
#include "transport.h"

static struct net_engine *engine;
static struct net_resolver *resolver;
static KEVENT ready;

static void stop_storage(void)
{
    wsk_requests_stop();
    wsk_sockets_stop();
    wsk_clients_stop();
}

/*
 * What a driver left behind may have kept the last provider from being stopped; its resolver goes
 * on.
 */
static int start_resolver(bool *made)
{
    *made = !resolver;
    return *made ? net_resolver_start(&resolver) : 0;
}

static void stop_resolver(void)
{
    net_resolver_stop(resolver);
    resolver = NULL;
}

NTSTATUS wsk_start(const struct wsk_config *config)
{
    struct net_engine_config engine_config = {
        .loops = config ? config->loops : 0,
        .port = config ? config->port : NULL,
    };
    bool made_resolver;
    NTSTATUS status;

    KeInitializeEvent(&ready, NotificationEvent, FALSE);
    status = wsk_status_from_errno(net_engine_start(&engine, &engine_config));
    if (!NT_SUCCESS(status))
        return status;
    status = wsk_status_from_errno(start_resolver(&made_resolver));
    if (!NT_SUCCESS(status))
        goto stop_engine;
    wsk_clients_start();
    wsk_sockets_start();
    wsk_requests_start();
    wsk_set_ready(true);
    status = wsk_module_start();
    if (NT_SUCCESS(status))
        return status;
    wsk_set_ready(false);
    stop_storage();
    if (made_resolver)
        stop_resolver();
stop_engine:
    net_engine_stop(engine);
    engine = NULL;
    return status;
}

void wsk_stop(void)
{
    wsk_set_ready(false);
    wsk_module_stop();
    wsk_transport_stop();
    stop_resolver();
    wsk_network_stop();
    net_engine_stop(engine);
    stop_storage();
    engine = NULL;
}

void wsk_set_ready(bool is_ready)
{
    if (is_ready)
        KeSetEvent(&ready, IO_NO_INCREMENT, FALSE);
    else
        KeClearEvent(&ready);
}

struct net_engine *wsk_engine(void)
{
    return engine;
}

struct net_resolver *wsk_resolver(void)
{
    return resolver;
}

PKEVENT wsk_ready_event(void)
{
    return &ready;
}
