/* SPDX-License-Identifier: MIT */
/* bad_leak_notification.c - unloads while its callback is still registered. */
#include <ntddk.h>
#include <netioapi.h>

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD DriverUnload;

static HANDLE Notification;

static VOID NETIOAPI_API_
Changed(PVOID Context, PMIB_UNICASTIPADDRESS_ROW Row, MIB_NOTIFICATION_TYPE Type)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Row);
    UNREFERENCED_PARAMETER(Type);
}

static VOID
DriverUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
}

NTSTATUS
DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = DriverUnload;
    Status = NotifyUnicastIpAddressChange(AF_UNSPEC, Changed, NULL, FALSE, &Notification); /* LEAK */
    return Status;
}
