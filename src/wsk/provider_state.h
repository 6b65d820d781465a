/* SPDX-License-Identifier: MIT */
/* provider_state.h - what the provider's files share of its state. */
#ifndef OPENWSK_WSK_PROVIDER_STATE_H
#define OPENWSK_WSK_PROVIDER_STATE_H

#include "net.h"
#include "resolve.h"

#include <wdm.h>

struct net_engine *wsk_engine(void);
struct net_resolver *wsk_resolver(void);

/* Signalled while captures succeed. */
PKEVENT wsk_ready_event(void);

/* Says once per name that a function is not there yet, and gives STATUS_NOT_IMPLEMENTED. */
NTSTATUS wsk_absent(const char *name);

/* The same for a call with an IRP, which completes with STATUS_NOT_IMPLEMENTED. */
NTSTATUS wsk_absent_call(const char *name, PIRP irp);

#endif
