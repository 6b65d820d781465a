/* SPDX-License-Identifier: MIT */
/*
 * Point: CLOSE-09
 * Exit: 5
 * Says: WSK-V13
 *
 * close_09.c - a driver that calls a function of a socket while it is being closed breaks its promise. The callback
 * keeps the close from completing, so that the socket still exists.
 */
#include "datagram.h"

DRIVER_INITIALIZE DriverEntry;

static NTSTATUS
CloseAndSend(PSOCK Sock, ULONG Flags, PWSK_DATAGRAM_INDICATION List)
{
    PREQUEST *Requests = (PREQUEST *)Sock->HookContext;
    PWSK_SOCKET Socket = Sock->Socket;
    WSK_BUF Buffer = { NULL, 0, 0 };

    UNREFERENCED_PARAMETER(Flags);
    UNREFERENCED_PARAMETER(List);
    (VOID)Sock->Fn->WskCloseSocket(Socket, Use(Requests[0]));
    (VOID)Sock->Fn->WskSendTo(Socket, &Buffer, 0, (PSOCKADDR)&Sock->Local, 0, NULL,
                              Use(Requests[1]));
    return STATUS_SUCCESS;
}

NTSTATUS
DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    PREQUEST Requests[2];
    KEVENT Never;
    PSOCK Sock;

    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    CfInitialize();
    Sock = NT_SUCCESS(CfRegister()) ? Bound(AF_INET) : NULL;
    if (Sock != NULL) {
        Sock->Hook = CloseAndSend;
        Requests[0] = NewRequest();
        Requests[1] = NewRequest();
        Sock->HookContext = Requests;
        if (NT_SUCCESS(EnableEvent(Sock)) && NT_SUCCESS(SendText(Sock, &Sock->Local, "go"))) {
            KeInitializeEvent(&Never, NotificationEvent, FALSE);
            (VOID)WaitFor(&Never);
        }
    }
    return STATUS_UNSUCCESSFUL;
}
