/* SPDX-License-Identifier: MIT */
/*
 * bad_f11_register.c - does not look at what WskRegister says.
 */
/* INJECT --inject=WskRegister:status=STATUS_INSUFFICIENT_RESOURCES */
#include "bad.h"

static NTSTATUS
Sin(VOID)
{
    WSK_CLIENT_NPI ClientNpi = { NULL, &WskAppDispatch };
    NTSTATUS Status;

    WskRegister(&ClientNpi, &App.Registration);
    Status = WskCaptureProviderNPI(&App.Registration, WSK_NO_WAIT, &App.Provider); /* CAUGHT V17 STOP */
    if (NT_SUCCESS(Status)) {
        WskAppStop(&App);
    }
    return Status;
}
