/* SPDX-License-Identifier: MIT */
/* transport.h - which transports there are (WSK_TRANSPORT_LIST_QUERY), and the wait for others. */
#ifndef OPENWSK_WSK_TRANSPORT_H
#define OPENWSK_WSK_TRANSPORT_H

#include "client.h"

/* As WskControlClient; IRQL <= DISPATCH_LEVEL. */
NTSTATUS wsk_transport_query(SIZE_T output_size, PVOID output, SIZE_T *returned);

/*
 * Queues the IRP, accepted and the client entered: STATUS_PENDING. It completes when a transport
 * appears or disappears, is cancelled, or the client is deregistered. Any other status: it is still
 * the caller's.
 */
NTSTATUS wsk_transport_await_change(struct wsk_client *client, PIRP irp);

/* Cancels what the client waits for, and lets it wait for nothing more. */
void wsk_transport_cancel(struct wsk_client *client);

/* No IRP waits. */
void wsk_transport_stop(void);

#endif
