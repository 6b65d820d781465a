/* SPDX-License-Identifier: MIT */
/* exception.h - the life of structured exceptions; openwsk/seh.h holds what drivers see of them. */
#ifndef OPENWSK_NT_EXCEPTION_H
#define OPENWSK_NT_EXCEPTION_H

#include <ntstatus.h>

/*
 * Turns hardware faults of a thread that is inside a __try into exceptions. Other faults go on to
 * the handlers that were there before; where there are none, they are a stop. Counted.
 * PASSIVE_LEVEL. STATUS_UNSUCCESSFUL when the host refuses a handler.
 */
NTSTATUS nt_seh_start(void);
void nt_seh_stop(void);

#endif
