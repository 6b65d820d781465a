/* SPDX-License-Identifier: MIT */
/* bad_denied_crash.c - frees an IRP that it did not get. */
#include <wdm.h>

static VOID Unload(PDRIVER_OBJECT Driver)
{
    UNREFERENCED_PARAMETER(Driver);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING Path)
{
    PIRP Irp = IoAllocateIrp(1, FALSE); /* DENIED */

    UNREFERENCED_PARAMETER(Path);
    Driver->DriverUnload = Unload;
    Irp->IoStatus.Status = STATUS_SUCCESS;
    IoFreeIrp(Irp);
    return STATUS_SUCCESS;
}
