/* SPDX-License-Identifier: MIT */
/*
 * bad_v17_paged.c - keeps its WSK_REGISTRATION in paged pool.
 */
#include "bad.h"

static NTSTATUS
Sin(VOID)
{
    WSK_CLIENT_NPI Client = { NULL, &WskAppDispatch };
    PWSK_REGISTRATION Registration = ExAllocatePool2(POOL_FLAG_PAGED, sizeof(*Registration), 'daB ');

    if (Registration == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    return WskRegister(&Client, Registration); /* CAUGHT V17 STOP */
}
