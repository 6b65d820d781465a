/* SPDX-License-Identifier: MIT */
/*
 * bad_v24_npi.c - asks for its events with the identifier of another interface.
 */
#include "bad.h"

static NTSTATUS
Sin(VOID)
{
    static const NPIID Other = { 1, 2, 3, { 4 } };
    WSK_EVENT_CALLBACK_CONTROL Control = { &Other, WSK_EVENT_RECEIVE_FROM };
    NTSTATUS Status = Open(NULL, NULL);

    if (NT_SUCCESS(Status)) {
        (VOID)Table()->WskControlSocket(Socket, WskSetOption, SO_WSK_EVENT_CALLBACK, SOL_SOCKET, /* CAUGHT V24 FINDING */
                                        sizeof(Control), &Control, 0, NULL, NULL, NULL);
    }
    return Status;
}
