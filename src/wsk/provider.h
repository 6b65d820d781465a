/* SPDX-License-Identifier: MIT */
/*
 * provider.h - the door of the WSK provider. Drivers see it as wsk.h; the host starts and stops it
 * here.
 */
#ifndef OPENWSK_WSK_PROVIDER_H
#define OPENWSK_WSK_PROVIDER_H

#include <wdm.h>

#include <stdbool.h>
#include <stddef.h>

struct net_port;

struct wsk_config {
    unsigned loops;               /* transport threads; 0: one per processor */
    const struct net_port *port;  /* NULL: the real network */
};

/*
 * Starts the transport engine; from then on captures succeed. The executive is up. PASSIVE_LEVEL.
 */
NTSTATUS wsk_start(const struct wsk_config *config);

/* Every registration is gone and every socket closed. PASSIVE_LEVEL. */
void wsk_stop(void);

/*
 * Whether the subsystem is up for clients. While it is not, WskCaptureProviderNPI waits or returns
 * STATUS_DEVICE_NOT_READY, as on a machine that is still booting. True after wsk_start().
 */
void wsk_set_ready(bool ready);

/*
 * Calls `visit` for each socket of whose datagrams the client holds some, with their number and a
 * place in the callback that kept them. It may call nothing of the provider. PASSIVE_LEVEL.
 */
typedef void wsk_retained_visit_fn(size_t count, const void *place, void *context);
void wsk_retained_visit(wsk_retained_visit_fn *visit, void *context);

#endif
