/* SPDX-License-Identifier: MIT */
/*
 * bad_f3_half.c - gives up when the second of two allocations fails, and forgets the first.
 */
/* INJECT --inject=IoAllocateMdl:status=STATUS_INSUFFICIENT_RESOURCES */
#include "bad.h"

static NTSTATUS
Sin(VOID)
{
    PVOID Room = ExAllocatePool2(POOL_FLAG_NON_PAGED, 64, 'mooR'); /* CAUGHT V16 FINDING */
    PMDL Mdl = Room ? IoAllocateMdl(Room, 64, FALSE, FALSE, NULL) : NULL;

    if (Mdl == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    IoFreeMdl(Mdl);
    ExFreePoolWithTag(Room, 'mooR');
    return STATUS_SUCCESS;
}
