/* SPDX-License-Identifier: MIT */
/* The one function of ndis.h that WSK clients call: a packet's beginning in one piece. */
#include "circle.h"

#include <ndis.h>

/*
 * Copies `length` bytes from `offset` bytes into the chain. FALSE when the chain is shorter, or
 * leads in a circle before it had as many.
 */
static BOOLEAN copy_chain(PMDL mdl, ULONG offset, ULONG length, PUCHAR to)
{
    struct circle circle = { NULL, 0 };

    for (; mdl != NULL && length > 0; mdl = mdl->Next) {
        ULONG part = MmGetMdlByteCount(mdl) - offset;
        const UCHAR *from = (const UCHAR *)MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);

        if (from == NULL || circle_closes(&circle, mdl))
            return FALSE;
        if (part > length)
            part = length;
        RtlCopyMemory(to, from + offset, part);
        to += part;
        length -= part;
        offset = 0;
    }
    return length == 0;
}

static BOOLEAN is_aligned(const UCHAR *address, ULONG multiple, ULONG offset)
{
    return multiple <= 1 || (ULONG_PTR)address % multiple == offset;
}

/* ndis.h, NdisGetDataBuffer: the data need not move when it lies in one MDL at the alignment asked
 * for. An MDL that cannot be mapped counts as a packet that is too short. */
PVOID NTAPI NdisGetDataBuffer(PNET_BUFFER NetBuffer, ULONG BytesNeeded, PVOID Storage,
                              ULONG AlignMultiple, ULONG AlignOffset)
{
    PMDL mdl = NET_BUFFER_CURRENT_MDL(NetBuffer);
    ULONG offset = NET_BUFFER_CURRENT_MDL_OFFSET(NetBuffer);
    PUCHAR in_place;

    if (BytesNeeded == 0 || BytesNeeded > NET_BUFFER_DATA_LENGTH(NetBuffer) || mdl == NULL)
        return NULL;
    in_place = (PUCHAR)MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
    if (in_place == NULL)
        return NULL;
    in_place += offset;
    if (MmGetMdlByteCount(mdl) - offset >= BytesNeeded &&
        is_aligned(in_place, AlignMultiple, AlignOffset))
        return in_place;
    if (Storage == NULL || !copy_chain(mdl, offset, BytesNeeded, (PUCHAR)Storage))
        return NULL;
    return Storage;
}
