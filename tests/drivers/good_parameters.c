/* SPDX-License-Identifier: MIT */
/*
 * good_parameters.c - prints the type and the data of the values that it finds under its
 * Parameters key.
 */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD DriverUnload;

static VOID
PrintValue(HANDLE Key, PCWSTR Name)
{
    union {
        KEY_VALUE_PARTIAL_INFORMATION Information;
        UCHAR Room[256];
    } Value;
    UNICODE_STRING ValueName;
    ULONG Length;
    NTSTATUS Status;

    RtlInitUnicodeString(&ValueName, Name);
    Status = ZwQueryValueKey(Key, &ValueName, KeyValuePartialInformation, &Value, sizeof(Value),
                             &Length);
    if (!NT_SUCCESS(Status)) {
        DbgPrint("%ws: status %08x\n", Name, Status);
    } else if (Value.Information.Type == REG_DWORD) {
        DbgPrint("%ws: REG_DWORD %lu\n", Name, *(PULONG)Value.Information.Data);
    } else if (Value.Information.Type == REG_SZ) {
        DbgPrint("%ws: REG_SZ '%ws' %lu\n", Name, (PWSTR)Value.Information.Data,
                 Value.Information.DataLength);
    } else {
        DbgPrint("%ws: type %lu\n", Name, Value.Information.Type);
    }
}

static NTSTATUS
OpenParameters(PUNICODE_STRING RegistryPath, PHANDLE Key)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"Parameters");
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Service;
    NTSTATUS Status;

    InitializeObjectAttributes(&Attributes, RegistryPath, OBJ_KERNEL_HANDLE, NULL, NULL);
    Status = ZwOpenKey(&Service, KEY_READ, &Attributes);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    InitializeObjectAttributes(&Attributes, &Name, OBJ_KERNEL_HANDLE, Service, NULL);
    Status = ZwOpenKey(Key, KEY_READ, &Attributes);
    ZwClose(Service);
    return Status;
}

static VOID
DriverUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
}

NTSTATUS
DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    static const PCWSTR Names[] = { L"decimal", L"hexadecimal", L"text",
                                    L"large", L"empty", L"absent" };
    HANDLE Key;
    ULONG i;
    NTSTATUS Status = OpenParameters(RegistryPath, &Key);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    for (i = 0; i < RTL_NUMBER_OF(Names); i++) {
        PrintValue(Key, Names[i]);
    }
    ZwClose(Key);
    DriverObject->DriverUnload = DriverUnload;
    return STATUS_SUCCESS;
}
