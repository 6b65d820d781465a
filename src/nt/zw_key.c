/* SPDX-License-Identifier: MIT */
/* zw_key.c - ZwOpenKey and its kin: the registry through handles. Access masks are not checked. */
#include "registry.h"

#include <string.h>

/* What a handle refers to. */
struct key_object {
    struct nt_reg_key *key;
};

static void destroy_key_object(void *body)
{
    nt_reg_release(((struct key_object *)body)->key);
}

static struct _OBJECT_TYPE key_type = { .name = "Key", .destroy = destroy_key_object };

/* --- Handles ---------------------------------------------------------------------------------- */

NTSTATUS nt_reg_make_handle(struct nt_reg_key *key, const void *place, HANDLE *handle)
{
    struct key_object *object = nt_object_create(&key_type, sizeof(*object));
    NTSTATUS status;

    if (!object)
        return STATUS_INSUFFICIENT_RESOURCES;
    object->key = nt_reg_reference(key);
    status = nt_handle_create(object, place, handle);
    ObDereferenceObject(object);
    return status;
}

NTSTATUS nt_reg_of_handle(HANDLE handle, struct nt_reg_key **key)
{
    void *body;
    NTSTATUS status = nt_handle_object(handle, &key_type, &body);

    if (!NT_SUCCESS(status))
        return status;
    *key = nt_reg_reference(((struct key_object *)body)->key);
    ObDereferenceObject(body);
    return STATUS_SUCCESS;
}

static NTSTATUS open_attributes(const OBJECT_ATTRIBUTES *attributes, enum nt_reg_mode mode,
                                struct nt_reg_key **key, bool *created)
{
    static const UNICODE_STRING empty;
    const UNICODE_STRING *name = attributes->ObjectName ? attributes->ObjectName : &empty;
    struct nt_reg_key *from = NULL;
    NTSTATUS status;

    if (attributes->RootDirectory) {
        status = nt_reg_of_handle(attributes->RootDirectory, &from);
        if (!NT_SUCCESS(status))
            return status;
    }
    status = nt_reg_open(from, name->Buffer, name->Length / sizeof(WCHAR), mode, key, created);
    if (from)
        nt_reg_release(from);
    return status;
}

static NTSTATUS open_handle(PHANDLE handle, const OBJECT_ATTRIBUTES *attributes,
                            enum nt_reg_mode mode, bool *created, const void *place)
{
    struct nt_reg_key *key;
    NTSTATUS status = open_attributes(attributes, mode, &key, created);

    if (!NT_SUCCESS(status))
        return status;
    status = nt_reg_make_handle(key, place, handle);
    nt_reg_release(key);
    return status;
}

NTSTATUS ZwOpenKey(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes)
{
    (void)access;
    nt_require_irql(PASSIVE_LEVEL, "ZwOpenKey", NT_CALLER());
    if (hook_fail_call("ZwOpenKey", NT_CALLER()))
        return STATUS_INSUFFICIENT_RESOURCES;
    return open_handle(handle, attributes, NT_REG_OPEN, NULL, NT_CALLER());
}

NTSTATUS ZwOpenKeyEx(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                     ULONG options)
{
    (void)access;
    (void)options;
    nt_require_irql(PASSIVE_LEVEL, "ZwOpenKeyEx", NT_CALLER());
    if (hook_fail_call("ZwOpenKeyEx", NT_CALLER()))
        return STATUS_INSUFFICIENT_RESOURCES;
    return open_handle(handle, attributes, NT_REG_OPEN, NULL, NT_CALLER());
}

NTSTATUS ZwCreateKey(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                     ULONG title_index, PUNICODE_STRING class_name, ULONG options,
                     PULONG disposition)
{
    bool created;
    NTSTATUS status;

    (void)access;
    (void)title_index;
    (void)class_name;
    (void)options;
    nt_require_irql(PASSIVE_LEVEL, "ZwCreateKey", NT_CALLER());
    if (hook_fail_call("ZwCreateKey", NT_CALLER()))
        return STATUS_INSUFFICIENT_RESOURCES;
    status = open_handle(handle, attributes, NT_REG_CREATE_LAST, &created, NT_CALLER());
    if (NT_SUCCESS(status) && disposition)
        *disposition = created ? REG_CREATED_NEW_KEY : REG_OPENED_EXISTING_KEY;
    return status;
}

NTSTATUS ZwDeleteKey(HANDLE handle)
{
    struct nt_reg_key *key;
    NTSTATUS status;

    nt_require_irql(PASSIVE_LEVEL, "ZwDeleteKey", NT_CALLER());
    status = nt_reg_of_handle(handle, &key);
    if (!NT_SUCCESS(status))
        return status;
    status = nt_reg_delete(key);
    nt_reg_release(key);
    return status;
}

NTSTATUS ZwFlushKey(HANDLE handle)
{
    struct nt_reg_key *key;
    NTSTATUS status;

    nt_require_irql(PASSIVE_LEVEL, "ZwFlushKey", NT_CALLER());
    status = nt_reg_of_handle(handle, &key);
    if (NT_SUCCESS(status))
        nt_reg_release(key);
    return status;
}

NTSTATUS ZwSetValueKey(HANDLE handle, PUNICODE_STRING name, ULONG title_index, ULONG type,
                       PVOID data, ULONG size)
{
    struct nt_reg_key *key;
    NTSTATUS status;

    (void)title_index;
    nt_require_irql(PASSIVE_LEVEL, "ZwSetValueKey", NT_CALLER());
    if (hook_fail_call("ZwSetValueKey", NT_CALLER()))
        return STATUS_INSUFFICIENT_RESOURCES;
    status = nt_reg_of_handle(handle, &key);
    if (!NT_SUCCESS(status))
        return status;
    status = nt_reg_set(key, name ? name->Buffer : NULL, name ? name->Length / sizeof(WCHAR) : 0,
                        type, data, size);
    nt_reg_release(key);
    return status;
}

NTSTATUS ZwDeleteValueKey(HANDLE handle, PUNICODE_STRING name)
{
    struct nt_reg_key *key;
    NTSTATUS status;

    nt_require_irql(PASSIVE_LEVEL, "ZwDeleteValueKey", NT_CALLER());
    status = nt_reg_of_handle(handle, &key);
    if (!NT_SUCCESS(status))
        return status;
    status = nt_reg_unset(key, name->Buffer, name->Length / sizeof(WCHAR));
    nt_reg_release(key);
    return status;
}

NTSTATUS ZwNotifyChangeKey(HANDLE handle, HANDLE event, PIO_APC_ROUTINE routine, PVOID context,
                           PIO_STATUS_BLOCK io_status, ULONG filter, BOOLEAN watch_tree,
                           PVOID buffer, ULONG size, BOOLEAN asynchronous)
{
    (void)handle;
    (void)event;
    (void)routine;
    (void)context;
    (void)io_status;
    (void)filter;
    (void)watch_tree;
    (void)buffer;
    (void)size;
    (void)asynchronous;
    return nt_absent("ZwNotifyChangeKey");
}

/* --- Queries ---------------------------------------------------------------------------------- */

union value_record {
    KEY_VALUE_BASIC_INFORMATION basic;
    KEY_VALUE_FULL_INFORMATION full;
    KEY_VALUE_PARTIAL_INFORMATION partial;
    KEY_VALUE_PARTIAL_INFORMATION_ALIGN64 partial64;
};

static size_t fill_basic(union value_record *record, const struct nt_reg_value *value)
{
    record->basic.Type = value->type;
    record->basic.NameLength = value->name_length;
    memcpy(record->basic.Name, value->name, value->name_length);
    return FIELD_OFFSET(KEY_VALUE_BASIC_INFORMATION, Name) + value->name_length;
}

static size_t fill_full(union value_record *record, const struct nt_reg_value *value,
                        size_t alignment)
{
    size_t end = FIELD_OFFSET(KEY_VALUE_FULL_INFORMATION, Name) + value->name_length;

    record->full.Type = value->type;
    record->full.NameLength = value->name_length;
    record->full.DataLength = value->size;
    record->full.DataOffset = (ULONG)((end + alignment - 1) & ~(alignment - 1));
    memcpy(record->full.Name, value->name, value->name_length);
    memcpy((char *)record + record->full.DataOffset, value->data, value->size);
    return record->full.DataOffset + value->size;
}

static size_t fill_partial(union value_record *record, const struct nt_reg_value *value)
{
    record->partial.Type = value->type;
    record->partial.DataLength = value->size;
    memcpy(record->partial.Data, value->data, value->size);
    return FIELD_OFFSET(KEY_VALUE_PARTIAL_INFORMATION, Data) + value->size;
}

static size_t fill_partial64(union value_record *record, const struct nt_reg_value *value)
{
    record->partial64.Type = value->type;
    record->partial64.DataLength = value->size;
    memcpy(record->partial64.Data, value->data, value->size);
    return FIELD_OFFSET(KEY_VALUE_PARTIAL_INFORMATION_ALIGN64, Data) + value->size;
}

static NTSTATUS give_value(const struct nt_reg_value *value, KEY_VALUE_INFORMATION_CLASS class,
                           void *buffer, ULONG length, PULONG result)
{
    union value_record *record =
        os_allocate_zeroed(sizeof(*record) + value->name_length + value->size + 16);
    NTSTATUS status = STATUS_INVALID_PARAMETER;

    if (!record)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (class == KeyValueBasicInformation)
        status = nt_reg_give(record, FIELD_OFFSET(KEY_VALUE_BASIC_INFORMATION, Name),
                             fill_basic(record, value), buffer, length, result);
    else if (class == KeyValueFullInformation)
        status = nt_reg_give(record, FIELD_OFFSET(KEY_VALUE_FULL_INFORMATION, Name),
                             fill_full(record, value, sizeof(ULONG)), buffer, length, result);
    else if (class == KeyValueFullInformationAlign64)
        status = nt_reg_give(record, FIELD_OFFSET(KEY_VALUE_FULL_INFORMATION, Name),
                             fill_full(record, value, sizeof(ULONG64)), buffer, length, result);
    else if (class == KeyValuePartialInformation)
        status = nt_reg_give(record, FIELD_OFFSET(KEY_VALUE_PARTIAL_INFORMATION, Data),
                             fill_partial(record, value), buffer, length, result);
    else if (class == KeyValuePartialInformationAlign64)
        status = nt_reg_give(record, FIELD_OFFSET(KEY_VALUE_PARTIAL_INFORMATION_ALIGN64, Data),
                             fill_partial64(record, value), buffer, length, result);
    os_free(record);
    return status;
}

NTSTATUS ZwQueryValueKey(HANDLE handle, PUNICODE_STRING name, KEY_VALUE_INFORMATION_CLASS class,
                         PVOID buffer, ULONG length, PULONG result)
{
    struct nt_reg_key *key;
    struct nt_reg_value *value;
    NTSTATUS status;

    nt_require_irql(PASSIVE_LEVEL, "ZwQueryValueKey", NT_CALLER());
    status = nt_reg_of_handle(handle, &key);
    if (!NT_SUCCESS(status))
        return status;
    status = nt_reg_value_named(key, name->Buffer, name->Length / sizeof(WCHAR), &value);
    nt_reg_release(key);
    if (!NT_SUCCESS(status))
        return status;
    status = give_value(value, class, buffer, length, result);
    os_free(value);
    return status;
}

NTSTATUS ZwEnumerateValueKey(HANDLE handle, ULONG index, KEY_VALUE_INFORMATION_CLASS class,
                             PVOID buffer, ULONG length, PULONG result)
{
    struct nt_reg_key *key;
    struct nt_reg_value *value;
    NTSTATUS status;

    nt_require_irql(PASSIVE_LEVEL, "ZwEnumerateValueKey", NT_CALLER());
    status = nt_reg_of_handle(handle, &key);
    if (!NT_SUCCESS(status))
        return status;
    status = nt_reg_value_at(key, index, &value);
    nt_reg_release(key);
    if (!NT_SUCCESS(status))
        return status;
    status = give_value(value, class, buffer, length, result);
    os_free(value);
    return status;
}

NTSTATUS ZwQueryKey(HANDLE handle, KEY_INFORMATION_CLASS class, PVOID buffer, ULONG length,
                    PULONG result)
{
    struct nt_reg_key *key;
    NTSTATUS status;

    nt_require_irql(PASSIVE_LEVEL, "ZwQueryKey", NT_CALLER());
    status = nt_reg_of_handle(handle, &key);
    if (!NT_SUCCESS(status))
        return status;
    status = nt_reg_describe(key, class, buffer, length, result);
    nt_reg_release(key);
    return status;
}

NTSTATUS ZwEnumerateKey(HANDLE handle, ULONG index, KEY_INFORMATION_CLASS class, PVOID buffer,
                        ULONG length, PULONG result)
{
    struct nt_reg_key *key;
    NTSTATUS status;

    nt_require_irql(PASSIVE_LEVEL, "ZwEnumerateKey", NT_CALLER());
    status = nt_reg_of_handle(handle, &key);
    if (!NT_SUCCESS(status))
        return status;
    status = nt_reg_describe_child(key, index, class, buffer, length, result);
    nt_reg_release(key);
    return status;
}
