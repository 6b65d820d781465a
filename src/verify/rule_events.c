/* SPDX-License-Identifier: MIT */
/*
 * rule_events.c - what an event callback returns and keeps: only statuses that the event knows, and
 * one release of each indication that was retained (WSK-V21); nothing that was given back
 * (WSK-V22).
 */
#include "rule_calls.h"

#include "nt.h"

#include <stdio.h>

/* wsk.h, PFN_WSK_RECEIVE_FROM_EVENT: these three. */
static bool is_legal(NTSTATUS status)
{
    return status == STATUS_SUCCESS || status == STATUS_PENDING ||
           status == STATUS_DATA_NOT_ACCEPTED;
}

/* --- V22 ------------------------------------------------------------------------------------ */

/*
 * The provider rebuilds an indication before it shows it again, so what it says meanwhile is free
 * to be a trap: addresses that only this rule uses.
 */
static void poison(PWSK_DATAGRAM_INDICATION list)
{
    char *trap = nt_trap_address();

    while (trap && list) {
        PWSK_DATAGRAM_INDICATION next = list->Next;

        if (list->Buffer.Mdl) {
            list->Buffer.Mdl->MappedSystemVa = trap;
            list->Buffer.Mdl->StartVa = trap;
            list->Buffer.Mdl->Next = (PMDL)(PVOID)trap;
        }
        list->Buffer.Mdl = (PMDL)(PVOID)trap;
        list->RemoteAddress = (PSOCKADDR)(PVOID)trap;
        list->ControlInfo = (PCMSGHDR)(PVOID)trap;
        list->Next = (PWSK_DATAGRAM_INDICATION)(PVOID)trap;
        list = next;
    }
}

/* --- V21 ------------------------------------------------------------------------------------ */

void vf_events_end(struct hook_event *event)
{
    char sentence[256];

    if (hook_rule(21) && !is_legal(event->status)) {
        snprintf(sentence, sizeof(sentence), "%s returned %s, which it may not.", event->name,
                 nt_status_name(event->status));
        vf_stop_for("WSK-V21", sentence, event->socket, (const char *)event->routine + 1, NULL);
    }
    if (hook_rule(22) && event->status != STATUS_PENDING)
        vf_lend_end_list(event->indication, NULL);
    if (hook_rule(22) && event->status == STATUS_SUCCESS)
        poison(event->indication);
}

/* Before the provider has them, and may show them to somebody again. */
void vf_events_before(struct vf_call *call)
{
    if (hook_rule(22) && call->function->id == VF_ID_WskReleaseDatagrams && !call->decided)
        vf_lend_end_list((void *)vf_argument(call, VF_INDICATIONS), call->place);
}

void vf_events_after(struct vf_call *call)
{
    if (!hook_rule(21) || call->function->id != VF_ID_WskReleaseDatagrams ||
        call->status != STATUS_INVALID_PARAMETER)
        return;
    vf_stop_for("WSK-V21", "WskRelease got an indication that is not retained: it was released "
                           "before, never kept with STATUS_PENDING, or is another socket's.",
                (const void *)vf_argument(call, VF_INDICATIONS), call->place, NULL);
}
