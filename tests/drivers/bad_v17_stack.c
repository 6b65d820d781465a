/* SPDX-License-Identifier: MIT */
/*
 * bad_v17_stack.c - registers with a WSK_REGISTRATION on the stack of DriverEntry.
 */
#include "bad.h"

static NTSTATUS
Sin(VOID)
{
    WSK_REGISTRATION Registration;
    WSK_CLIENT_NPI Client = { NULL, &WskAppDispatch };

    return WskRegister(&Client, &Registration); /* CAUGHT V17 STOP */
}
