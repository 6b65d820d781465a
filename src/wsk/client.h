/* SPDX-License-Identifier: MIT */
/*
 * client.h - a registered client: what WSK_REGISTRATION points at and PWSK_CLIENT is.
 *
 * Counted are: the registration itself, each captured NPI, each socket that has not finished
 * closing, each call in progress, each capture that waits. WskDeregister returns when only it is
 * left.
 */
#ifndef OPENWSK_WSK_CLIENT_H
#define OPENWSK_WSK_CLIENT_H

#include "base.h"

#include <wsk.h>

#include <stdint.h>

struct wsk_client {
    uint32_t magic;
    struct list link;              /* in the list of all clients */
    USHORT version;                /* as requested */
    ULONG static_events;           /* WSK_SET_STATIC_EVENT_CALLBACKS */
    PWSK_REGISTRATION registration;
    PVOID context;
    const WSK_CLIENT_DISPATCH *dispatch;
    _Atomic uint32_t references;
    _Atomic uint32_t captures;
    _Atomic uint32_t sockets_made; /* static callbacks must be chosen before the first */
    KEVENT idle;                   /* references fell to 0 */
    KEVENT closing;                /* WskDeregister was entered */
    HANDLE binding;                /* of the registrar, for a client without a WSK_REGISTRATION */
    bool refuses_changes;          /* it is being deregistered; under transport.c's lock */
    struct base_lock lock;         /* guards the two entries' membership in the ledger */
    struct ledger_entry registration_entry;
    struct ledger_entry npi_entry;
};

#define WSK_VERSION_LOWEST MAKE_WSK_VERSION(1, 0)
#define WSK_VERSION_HIGHEST MAKE_WSK_VERSION(1, 1)

extern const WSK_PROVIDER_DISPATCH wsk_provider_dispatch;

/* For whoever stands between drivers and the provider (for_hooks.c). */
extern const struct hook_provider wsk_for_hooks;

/* NULL for a handle that is no client. Otherwise paired with wsk_client_leave(). */
struct wsk_client *wsk_client_enter(PWSK_CLIENT handle);
void wsk_client_leave(struct wsk_client *client);

/*
 * The client of a registration that lives, also while WskDeregister waits. NULL, or with a
 * reference.
 */
struct wsk_client *wsk_client_find(PWSK_REGISTRATION registration);

void wsk_client_reference(struct wsk_client *client);

/* From WskRegister and WskDeregister; without a registration from module.c. */
struct wsk_client *wsk_client_create(PWSK_CLIENT_NPI npi, PWSK_REGISTRATION registration,
                                     const void *place);
void wsk_client_destroy(struct wsk_client *client);

void wsk_clients_start(void);
void wsk_clients_stop(void);

#endif
