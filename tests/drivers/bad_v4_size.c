/* SPDX-License-Identifier: MIT */
/*
 * bad_v4_size.c - gives IoInitializeIrp the size of the IRP alone, without its stack location.
 */
#include "bad.h"

static NTSTATUS
Sin(VOID)
{
    static UCHAR Memory[512] DECLSPEC_ALIGN(16);

    IoInitializeIrp((PIRP)Memory, sizeof(IRP), 1); /* CAUGHT V4 STOP */
    return STATUS_SUCCESS;
}
