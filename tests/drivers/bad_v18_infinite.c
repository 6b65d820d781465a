/* SPDX-License-Identifier: MIT */
/*
 * bad_v18_infinite.c - waits in DriverEntry for WSK as long as it takes.
 */
#include "bad.h"

static NTSTATUS
Sin(VOID)
{
    WSK_CLIENT_NPI Client = { NULL, &WskAppDispatch };
    NTSTATUS Status = WskRegister(&Client, &App.Registration);

    if (NT_SUCCESS(Status)) {
        Status = WskCaptureProviderNPI(&App.Registration, WSK_INFINITE_WAIT, &App.Provider); /* CAUGHT V18 NOTE */
        if (NT_SUCCESS(Status)) {
            WskReleaseProviderNPI(&App.Registration);
        }
        WskDeregister(&App.Registration);
    }
    return Status;
}
