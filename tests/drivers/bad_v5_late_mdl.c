/* SPDX-License-Identifier: MIT */
/*
 * bad_v5_late_mdl.c - asks an MDL for its length after it has freed it, one of many.
 */
#include "bad.h"

static CHAR Payload[16];

static NTSTATUS
Sin(VOID)
{
    PMDL Blocks[100];
    ULONG i;

    for (i = 0; i < 100; i++) {
        Blocks[i] = IoAllocateMdl(Payload, sizeof(Payload), FALSE, FALSE, NULL);
        if (Blocks[i] == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
    }
    for (i = 0; i < 100; i++) {
        IoFreeMdl(Blocks[i]);
    }
    return ((volatile MDL *)Blocks[90])->ByteCount > 16 ? STATUS_UNSUCCESSFUL : STATUS_SUCCESS; /* CAUGHT V5 STOP ASAN */
}
