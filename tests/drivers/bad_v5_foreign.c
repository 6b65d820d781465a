/* SPDX-License-Identifier: MIT */
/*
 * bad_v5_foreign.c - frees a static variable as pool.
 */
#include "bad.h"

static UCHAR Payload[256] DECLSPEC_ALIGN(16);

static NTSTATUS
Sin(VOID)
{
    ExFreePoolWithTag(Payload, 'daB '); /* CAUGHT V5 STOP */
    return STATUS_SUCCESS;
}
