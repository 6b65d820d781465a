/* SPDX-License-Identifier: MIT */
/* bad_leak_socket.c - leaves a socket. */
#include <ntddk.h>
#include <wsk.h>
#include "wsk_app.h"

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD DriverUnload;

static WSK_APP App;
static PWSK_SOCKET Socket;

static VOID
DriverUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
}

NTSTATUS
DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    SOCKADDR_INET Address;

    UNREFERENCED_PARAMETER(RegistryPath);
    if (!NT_SUCCESS(WskAppStart(&App))) {
        return STATUS_UNSUCCESSFUL;
    }
    WskAppAnyAddress(AF_INET, 0, &Address);
    if (!NT_SUCCESS(WskAppOpenSocket(&App, (PSOCKADDR)&Address, NULL, NULL, &Socket))) {
        return STATUS_UNSUCCESSFUL;
    }
    DriverObject->DriverUnload = DriverUnload;
    return STATUS_SUCCESS;
}
