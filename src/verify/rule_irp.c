/* SPDX-License-Identifier: MIT */
/*
 * rule_irp.c - an IRP that the driver made itself must come back to it: a completion routine for
 * every outcome (WSK-V2) that keeps the IRP from the I/O manager (WSK-V3).
 */
#include "rule_calls.h"

#define INVOKE_ALL (SL_INVOKE_ON_SUCCESS | SL_INVOKE_ON_ERROR | SL_INVOKE_ON_CANCEL)

/*
 * Nobody above has a location in it. An IRP of IoBuildDeviceIoControlRequest is the I/O manager's.
 */
static bool is_clients_own(PIRP irp)
{
    return irp->Type == IO_TYPE_IRP && irp->CurrentLocation == irp->StackCount + 1 &&
           irp->StackCount > 0 && !irp->UserIosb;
}

void vf_irp_before(struct vf_call *call)
{
    PIO_STACK_LOCATION location;

    if (!hook_rule(2) || !call->irp || !is_clients_own(call->irp))
        return;
    location = IoGetNextIrpStackLocation(call->irp);
    if (!location->CompletionRoutine)
        vf_stop_for("WSK-V2", "An IRP that the driver made was passed to WSK without a completion "
                              "routine: nobody learns that it is complete.",
                    call->irp, call->place, NULL);
    if ((location->Control & INVOKE_ALL) != INVOKE_ALL)
        vf_stop_for("WSK-V2", "The completion routine of an IRP that the driver made is not called "
                              "on success, error and cancel alike: set all three Invoke flags.",
                    call->irp, call->place, NULL);
    call->flight.clients_own = true;
}

void vf_irp_returned(struct vf_call *call, NTSTATUS status)
{
    struct hook_stack stacks[HOOK_STACKS_MAX] = { { "submitted", call->flight.stack } };

    if (!hook_rule(3) || !call->flight.clients_own || status == STATUS_MORE_PROCESSING_REQUIRED)
        return;
    vf_stop_for("WSK-V3", "The completion routine of an IRP that the driver made did not return "
                          "STATUS_MORE_PROCESSING_REQUIRED: the I/O manager goes on with an IRP "
                          "that it does not own.",
                call->irp, (const char *)(uintptr_t)call->routine + 1, stacks);
}
