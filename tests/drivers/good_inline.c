/* SPDX-License-Identifier: MIT */
/*
 * good_inline.c - `inline` as Microsoft's compiler means it: there is a body for whoever needs
 * one.
 */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD DriverUnload;

inline int
Twice(int Value)
{
    return 2 * Value;
}

static inline int
Thrice(int Value)
{
    return 3 * Value;
}

__forceinline static int
Minus(int Value)
{
    return -Value;
}

static int (*volatile Function)(int) = Twice;

static VOID
DriverUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
}

NTSTATUS
DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    DbgPrint("good_inline: %d %d %d %d\n", Twice(1), Function(2), Thrice(3), Minus(4));
    DriverObject->DriverUnload = DriverUnload;
    return STATUS_SUCCESS;
}
