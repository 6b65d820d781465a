/* SPDX-License-Identifier: MIT */
/* absent.c - what is not there yet says so by name, once, and never pretends. */
#include "nt.h"
#include "provider_state.h"
#include "request.h"

NTSTATUS wsk_absent(const char *name)
{
    trace_count(trace_refuse_unsupported);
    return nt_absent(name);
}

NTSTATUS wsk_absent_call(const char *name, PIRP irp)
{
    NTSTATUS status = wsk_absent(name);

    if (!irp)
        return STATUS_INVALID_PARAMETER;
    nt_irp_accept(irp);
    return wsk_refuse(irp, status);
}
