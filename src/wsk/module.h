/* SPDX-License-Identifier: MIT */
/*
 * module.h - WSK as a provider of the network module registrar, which WskRegister is a short way
 * to.
 */
#ifndef OPENWSK_WSK_MODULE_H
#define OPENWSK_WSK_MODULE_H

#include "client.h"

/* Clients of the registrar are attached from here on; PASSIVE_LEVEL. */
NTSTATUS wsk_module_start(void);

/* Detaches those that are left, and waits for it. PASSIVE_LEVEL. */
void wsk_module_stop(void);

/* The last reference of a client that the registrar detaches is gone. */
void wsk_module_client_idle(struct wsk_client *client);

#endif
