/* SPDX-License-Identifier: MIT */
/*
 * bad_v24_static.c - wants the receive event of all its sockets, and says so when it has one already.
 */
#include "bad.h"

static NTSTATUS
Sin(VOID)
{
    WSK_EVENT_CALLBACK_CONTROL Control = { &NPI_WSK_INTERFACE_ID, WSK_EVENT_RECEIVE_FROM };
    NTSTATUS Status = Open(NULL, NULL);

    if (NT_SUCCESS(Status)) {
        App.Provider.Dispatch->WskControlClient(App.Provider.Client, WSK_SET_STATIC_EVENT_CALLBACKS, /* CAUGHT V24 FINDING */
                                                sizeof(Control), &Control, 0, NULL, NULL, NULL);
    }
    return Status;
}
