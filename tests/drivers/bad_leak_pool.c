/* SPDX-License-Identifier: MIT */
/* bad_leak_pool.c - leaves two blocks of pool with one tag, and one with another. */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD DriverUnload;

static VOID
DriverUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
}

NTSTATUS
DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    ULONG i;

    UNREFERENCED_PARAMETER(RegistryPath);
    for (i = 0; i < 2; i++) {
        (VOID)ExAllocatePool2(POOL_FLAG_NON_PAGED, 100, 'kaeL'); /* LEAK */
    }
    (VOID)ExAllocatePool2(POOL_FLAG_NON_PAGED, 50, 'rehO');
    DriverObject->DriverUnload = DriverUnload;
    return STATUS_SUCCESS;
}
