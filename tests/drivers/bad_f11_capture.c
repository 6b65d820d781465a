/* SPDX-License-Identifier: MIT */
/*
 * bad_f11_capture.c - goes on without a provider, for there has always been one when it was started.
 */
/* INJECT --inject=WskCaptureProviderNPI:status=STATUS_DEVICE_NOT_READY */
/* INJECT --inject=WskCaptureProviderNPI:status=STATUS_NOINTERFACE */
#include "bad.h"

static NTSTATUS
Sin(VOID)
{
    WSK_CLIENT_NPI ClientNpi = { NULL, &WskAppDispatch };
    NTSTATUS Status = WskRegister(&ClientNpi, &App.Registration);
    volatile USHORT Version;

    if (NT_SUCCESS(Status)) {
        WskCaptureProviderNPI(&App.Registration, 1000, &App.Provider);
        Version = App.Provider.Dispatch->Version; /* CAUGHT CRASH */
        UNREFERENCED_PARAMETER(Version);
        WskAppStop(&App);
    }
    return Status;
}
