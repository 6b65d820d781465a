/* SPDX-License-Identifier: MIT */
/*
 * driver.c - driver objects: made as Windows makes them before DriverEntry, run, unloaded.
 *
 *     nt_driver_create -> nt_driver_set_parameter... -> nt_driver_enter -> nt_driver_unload
 *         -> nt_driver_destroy
 */
#include "registry.h"

#include <string.h>

#define NAME_MAX_UNITS 128
#define PATH_MAX_UNITS (NAME_MAX_UNITS + 64)
#define VALUE_MAX_UNITS 4096

#define SERVICES_PATH L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\"

struct object_extension {
    struct object_extension *next;
    PVOID id;
    _Alignas(16) UCHAR bytes[];
};

/* The body of the driver's object. */
struct driver_body {
    DRIVER_OBJECT object;
    DRIVER_EXTENSION extension;
    struct object_extension *extensions;
    struct nt_driver *driver;
    WCHAR name[NAME_MAX_UNITS + 16];
    WCHAR service[NAME_MAX_UNITS];
};

struct nt_driver {
    struct driver_body *body;
    struct nt_reg_key *key;
    UNICODE_STRING registry_path;
    WCHAR path[PATH_MAX_UNITS];
};

static void destroy_driver(void *body);

static struct _OBJECT_TYPE driver_type = { .name = "Driver", .destroy = destroy_driver };

static UNICODE_STRING hardware_database =
    RTL_CONSTANT_STRING(L"\\REGISTRY\\MACHINE\\HARDWARE\\DESCRIPTION\\SYSTEM");

static void destroy_driver(void *body)
{
    struct object_extension *extension = ((struct driver_body *)body)->extensions;

    while (extension) {
        struct object_extension *next = extension->next;

        os_free(extension);
        extension = next;
    }
}

/* What stands in MajorFunction[] until a driver puts something else there. */
static NTSTATUS refuse(PDEVICE_OBJECT device, PIRP irp)
{
    (void)device;
    irp->IoStatus.Status = STATUS_INVALID_DEVICE_REQUEST;
    irp->IoStatus.Information = 0;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return STATUS_INVALID_DEVICE_REQUEST;
}

static NTSTATUS to_wide(const char *text, WCHAR *buffer, size_t units, PUNICODE_STRING string)
{
    ANSI_STRING narrow;
    NTSTATUS status = RtlInitAnsiStringEx(&narrow, text);

    RtlInitEmptyUnicodeString(string, buffer, (USHORT)(units * sizeof(WCHAR)));
    if (!NT_SUCCESS(status))
        return status;
    return RtlAnsiStringToUnicodeString(string, &narrow, FALSE);
}

static bool valid_name(const char *name)
{
    return name && *name && !strchr(name, '\\');
}

static void fill_object(struct driver_body *body)
{
    PDRIVER_OBJECT object = &body->object;

    object->Type = IO_TYPE_DRIVER;
    object->Size = sizeof(DRIVER_OBJECT);
    object->Flags = DRVO_LEGACY_DRIVER;
    object->DriverExtension = &body->extension;
    object->HardwareDatabase = &hardware_database;
    body->extension.DriverObject = object;
    for (size_t i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++)
        object->MajorFunction[i] = refuse;
}

static NTSTATUS name_object(struct nt_driver *driver, const char *name)
{
    struct driver_body *body = driver->body;
    PUNICODE_STRING service = &body->extension.ServiceKeyName;
    NTSTATUS status = to_wide(name, body->service, RTL_NUMBER_OF(body->service), service);

    if (!NT_SUCCESS(status))
        return STATUS_INVALID_PARAMETER;
    RtlInitEmptyUnicodeString(&body->object.DriverName, body->name, sizeof(body->name));
    RtlAppendUnicodeToString(&body->object.DriverName, L"\\Driver\\");
    RtlAppendUnicodeStringToString(&body->object.DriverName, service);
    RtlInitEmptyUnicodeString(&driver->registry_path, driver->path, sizeof(driver->path));
    RtlAppendUnicodeToString(&driver->registry_path, SERVICES_PATH);
    RtlAppendUnicodeStringToString(&driver->registry_path, service);
    return nt_reg_open(NULL, driver->path, driver->registry_path.Length / sizeof(WCHAR),
                       NT_REG_CREATE_ALL, &driver->key, NULL);
}

NTSTATUS nt_driver_create(const char *name, struct nt_driver **created)
{
    struct nt_driver *driver;
    NTSTATUS status;

    nt_require_irql(PASSIVE_LEVEL, "nt_driver_create", NT_CALLER());
    if (!valid_name(name))
        return STATUS_INVALID_PARAMETER;
    driver = os_allocate_zeroed(sizeof(*driver));
    if (!driver)
        return STATUS_INSUFFICIENT_RESOURCES;
    driver->body = nt_object_create(&driver_type, sizeof(*driver->body));
    if (!driver->body) {
        os_free(driver);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    fill_object(driver->body);
    driver->body->driver = driver;
    status = name_object(driver, name);
    if (!NT_SUCCESS(status)) {
        ObDereferenceObject(driver->body);
        os_free(driver);
        return status;
    }
    *created = driver;
    return STATUS_SUCCESS;
}

/* The driver's settings go with it: who loads it again sets them again. */
void nt_driver_destroy(struct nt_driver *driver)
{
    if (!driver)
        return;
    driver->body->driver = NULL;
    nt_reg_delete_tree(driver->key);
    nt_reg_release(driver->key);
    ObDereferenceObject(driver->body);
    os_free(driver);
}

PDRIVER_OBJECT nt_driver_object(struct nt_driver *driver)
{
    return &driver->body->object;
}

/*
 * wdm.h: after DriverEntry the I/O manager clears DO_DEVICE_INITIALIZING in the devices that it
 * made.
 */
static void finish_entry(PDRIVER_OBJECT object)
{
    for (PDEVICE_OBJECT device = object->DeviceObject; device; device = device->NextDevice)
        device->Flags &= ~DO_DEVICE_INITIALIZING;
    for (size_t i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++) {
        if (!object->MajorFunction[i])
            object->MajorFunction[i] = refuse;
    }
}

/* There are no devices to add, so whoever counts on the routine is told. */
static void look_for_add_device(PDRIVER_OBJECT object)
{
    if (object->DriverExtension->AddDevice)
        nt_absent("plug and play: AddDevice, which is never called,");
}

NTSTATUS nt_driver_enter(struct nt_driver *driver, PDRIVER_INITIALIZE entry)
{
    PDRIVER_OBJECT object = nt_driver_object(driver);
    KIRQL irql;
    NTSTATUS status;

    nt_require_irql(PASSIVE_LEVEL, "nt_driver_enter", NT_CALLER());
    object->DriverInit = entry;
    nt_self.in_entry++;
    status = entry(object, &driver->registry_path);
    nt_self.in_entry--;
    irql = KeGetCurrentIrql();
    if (irql != PASSIVE_LEVEL)
        NT_BUG_RULE(IRQL_UNEXPECTED_VALUE, "WSK-V19", irql, PASSIVE_LEVEL, entry, 0,
                    "DriverEntry returned at IRQL %s", nt_irql_name(irql).text);
    finish_entry(object);
    if (NT_SUCCESS(status))
        look_for_add_device(object);
    return status;
}

bool nt_driver_unload(struct nt_driver *driver)
{
    PDRIVER_OBJECT object = nt_driver_object(driver);

    nt_require_irql(PASSIVE_LEVEL, "nt_driver_unload", NT_CALLER());
    if (!object->DriverUnload)
        return false;
    object->Flags |= DRVO_UNLOAD_INVOKED;
    object->DriverUnload(object);
    nt_drain();
    return true;
}

/* --- Settings --------------------------------------------------------------------------------- */

/* Decimal or 0x..., of 32 bits, to the end of the text. */
static bool parse_number(const char *text, ULONG *number)
{
    unsigned base = 10;
    uint64_t value = 0;

    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        base = 16;
        text += 2;
    }
    if (!*text)
        return false;
    for (; *text; text++) {
        const char *digits = "0123456789abcdef";
        const char *digit = memchr(digits, *text >= 'A' && *text <= 'F' ? *text + 32 : *text, base);

        if (!digit)
            return false;
        value = value * base + (uint64_t)(digit - digits);
        if (value > MAXULONG)
            return false;
    }
    *number = (ULONG)value;
    return true;
}

static NTSTATUS set_text(struct nt_reg_key *key, const UNICODE_STRING *name, const char *text)
{
    ANSI_STRING narrow;
    UNICODE_STRING wide;
    NTSTATUS status;

    RtlInitAnsiString(&narrow, text);
    status = RtlAnsiStringToUnicodeString(&wide, &narrow, TRUE);
    if (!NT_SUCCESS(status))
        return status;
    status = nt_reg_set(key, name->Buffer, name->Length / sizeof(WCHAR), REG_SZ, wide.Buffer,
                        wide.Length + (ULONG)sizeof(WCHAR));
    RtlFreeUnicodeString(&wide);
    return status;
}

static NTSTATUS open_parameters(struct nt_driver *driver, struct nt_reg_key **key)
{
    return nt_reg_open(driver->key, L"Parameters", 10, NT_REG_CREATE_LAST, key, NULL);
}

NTSTATUS nt_driver_set_parameter(struct nt_driver *driver, const char *name, const char *value)
{
    WCHAR buffer[NAME_MAX_UNITS];
    UNICODE_STRING wide;
    struct nt_reg_key *key;
    ULONG number;
    NTSTATUS status;

    nt_require_irql(PASSIVE_LEVEL, "nt_driver_set_parameter", NT_CALLER());
    if (!name || !*name || !NT_SUCCESS(to_wide(name, buffer, RTL_NUMBER_OF(buffer), &wide)))
        return STATUS_INVALID_PARAMETER;
    status = open_parameters(driver, &key);
    if (!NT_SUCCESS(status))
        return status;
    if (parse_number(value, &number))
        status = nt_reg_set(key, wide.Buffer, wide.Length / sizeof(WCHAR), REG_DWORD, &number,
                            sizeof(number));
    else
        status = set_text(key, &wide, value);
    nt_reg_release(key);
    return status;
}

static struct driver_body *body_of(PDRIVER_OBJECT object)
{
    return CONTAINING_RECORD(object, struct driver_body, object);
}

/*
 * wdm.h: the Parameters key, which is made when it is not there; both kinds of state live in it,
 * too.
 */
NTSTATUS IoOpenDriverRegistryKey(PDRIVER_OBJECT object, DRIVER_REGKEY_TYPE type, ACCESS_MASK access,
                                 ULONG flags, PHANDLE handle)
{
    struct nt_driver *driver = body_of(object)->driver;
    struct nt_reg_key *key;
    NTSTATUS status;

    (void)access;
    nt_require_irql(PASSIVE_LEVEL, "IoOpenDriverRegistryKey", NT_CALLER());
    if (hook_fail_call("IoOpenDriverRegistryKey", NT_CALLER()))
        return STATUS_INSUFFICIENT_RESOURCES;
    if (type < DriverRegKeyParameters || type > DriverRegKeySharedPersistentState || flags)
        return STATUS_INVALID_PARAMETER;
    if (!driver)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    status = open_parameters(driver, &key);
    if (!NT_SUCCESS(status))
        return status;
    status = nt_reg_make_handle(key, NT_CALLER(), handle);
    nt_reg_release(key);
    return status;
}

/* --- Extensions ------------------------------------------------------------------------------- */

static struct base_lock extension_lock;

static struct object_extension *find_extension(struct driver_body *body, PVOID id)
{
    struct object_extension *extension = body->extensions;

    while (extension && extension->id != id)
        extension = extension->next;
    return extension;
}

/* They live as long as the driver's object. */
NTSTATUS IoAllocateDriverObjectExtension(PDRIVER_OBJECT object, PVOID id, ULONG size,
                                         PVOID *extension)
{
    struct driver_body *body = body_of(object);
    struct object_extension *made;
    bool taken;

    nt_require_irql(APC_LEVEL, "IoAllocateDriverObjectExtension", NT_CALLER());
    *extension = NULL;
    if (hook_fail_call("IoAllocateDriverObjectExtension", NT_CALLER()))
        return STATUS_INSUFFICIENT_RESOURCES;
    made = os_allocate_zeroed(sizeof(*made) + size);
    if (!made)
        return STATUS_INSUFFICIENT_RESOURCES;
    made->id = id;
    base_lock_acquire(&extension_lock);
    taken = find_extension(body, id) != NULL;
    if (!taken) {
        made->next = body->extensions;
        body->extensions = made;
    }
    base_lock_release(&extension_lock);
    if (taken) {
        os_free(made);
        return STATUS_OBJECT_NAME_COLLISION;
    }
    *extension = made->bytes;
    return STATUS_SUCCESS;
}

PVOID IoGetDriverObjectExtension(PDRIVER_OBJECT object, PVOID id)
{
    struct object_extension *extension;

    base_lock_acquire(&extension_lock);
    extension = find_extension(body_of(object), id);
    base_lock_release(&extension_lock);
    return extension ? extension->bytes : NULL;
}
