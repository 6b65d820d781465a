/* SPDX-License-Identifier: MIT */
/*
 * registry_query.c - RtlQueryRegistryValues and its kin: the registry by tables, as drivers read
 * their settings.
 *
 * An entry says which value it wants and what to do with it: store it where EntryContext points
 * (RTL_QUERY_REGISTRY_DIRECT), or call a routine. Rules: wdm.h, RtlQueryRegistryValues.
 */
#include "registry.h"

#include <string.h>

#define TYPE_MASK 0x00FFFFFFu /* what RTL_QUERY_REGISTRY_TYPECHECK leaves of DefaultType */

struct query {
    struct nt_reg_key *top;
    struct nt_reg_key *key; /* the top key, or the subkey that the last SUBKEY entry named */
    PVOID context;
    const void *place;
};

/* A value as the table's routines see it. */
struct found {
    const WCHAR *name; /* terminated, or NULL */
    ULONG type;
    const void *data;
    ULONG size;
};

/* --- Paths ------------------------------------------------------------------------------------ */

static const WCHAR *base_path(ULONG relative_to)
{
    switch (relative_to) {
    case RTL_REGISTRY_SERVICES: return L"\\Registry\\Machine\\System\\CurrentControlSet\\Services";
    case RTL_REGISTRY_CONTROL: return L"\\Registry\\Machine\\System\\CurrentControlSet\\Control";
    case RTL_REGISTRY_WINDOWS_NT:
        return L"\\Registry\\Machine\\Software\\Microsoft\\Windows NT\\CurrentVersion";
    case RTL_REGISTRY_DEVICEMAP: return L"\\Registry\\Machine\\Hardware\\DeviceMap";
    case RTL_REGISTRY_USER: return L"\\Registry\\User\\.Default";
    default: return NULL;
    }
}

static NTSTATUS open_relative(ULONG relative_to, const WCHAR *path, enum nt_reg_mode mode,
                              struct nt_reg_key **key)
{
    struct nt_reg_key *base;
    const WCHAR *base_name;
    NTSTATUS status;

    relative_to &= ~RTL_REGISTRY_OPTIONAL;
    if (relative_to & RTL_REGISTRY_HANDLE)
        return nt_reg_of_handle((HANDLE)path, key);
    if (relative_to == RTL_REGISTRY_ABSOLUTE)
        return nt_reg_open(NULL, path, wcslen(path), mode, key, NULL);
    base_name = base_path(relative_to);
    if (!base_name)
        return STATUS_INVALID_PARAMETER;
    status = nt_reg_open(NULL, base_name, wcslen(base_name), NT_REG_OPEN, &base, NULL);
    if (!NT_SUCCESS(status))
        return status;
    status = nt_reg_open(base, path, path ? wcslen(path) : 0, mode, key, NULL);
    nt_reg_release(base);
    return status;
}

/* --- Storing ---------------------------------------------------------------------------------- */

static bool is_text(ULONG type)
{
    return type == REG_SZ || type == REG_EXPAND_SZ || type == REG_MULTI_SZ;
}

/*
 * A NULL buffer asks for one, which the driver frees. Length leaves a terminator out; the size has
 * it.
 */
static NTSTATUS store_text(PUNICODE_STRING string, const struct found *found, const void *place)
{
    const WCHAR *text = found->data;
    ULONG length = found->size & ~1u;

    if (found->type != REG_MULTI_SZ && length && text[length / sizeof(WCHAR) - 1] == 0)
        length -= sizeof(WCHAR);
    if (length + sizeof(WCHAR) > UNICODE_STRING_MAX_BYTES)
        return STATUS_BUFFER_TOO_SMALL;
    if (!string->Buffer) {
        string->Buffer = nt_string_allocate(length + sizeof(WCHAR), place);
        if (!string->Buffer)
            return STATUS_NO_MEMORY;
        string->MaximumLength = (USHORT)(length + sizeof(WCHAR));
    } else if (length + sizeof(WCHAR) > string->MaximumLength) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    memcpy(string->Buffer, text, length);
    string->Buffer[length / sizeof(WCHAR)] = 0;
    string->Length = (USHORT)length;
    return STATUS_SUCCESS;
}

/*
 * Up to four bytes go where EntryContext points. More need a LONG there that says how much room
 * there is: negative for the data alone, positive for its size, its type and the data.
 */
static NTSTATUS store_bytes(PVOID to, const struct found *found)
{
    LONG room;
    ULONG size;
    size_t head = 0;

    if (found->size <= sizeof(ULONG)) {
        memcpy(to, found->data, found->size);
        return STATUS_SUCCESS;
    }
    memcpy(&room, to, sizeof(room));
    size = room < 0 ? 0u - (ULONG)room : (ULONG)room;
    if (room >= 0)
        head = 2 * sizeof(ULONG);
    if (size < head || size - head < found->size)
        return STATUS_BUFFER_TOO_SMALL;
    if (head) {
        memcpy(to, &found->size, sizeof(ULONG));
        memcpy((char *)to + sizeof(ULONG), &found->type, sizeof(ULONG));
    }
    memcpy((char *)to + head, found->data, found->size);
    return STATUS_SUCCESS;
}

static NTSTATUS store(const RTL_QUERY_REGISTRY_TABLE *entry, const struct found *found,
                      const void *place)
{
    if (is_text(found->type) && !(entry->Flags & RTL_QUERY_REGISTRY_NOSTRING))
        return store_text(entry->EntryContext, found, place);
    return store_bytes(entry->EntryContext, found);
}

/* --- Calling ---------------------------------------------------------------------------------- */

static NTSTATUS call(const struct query *query, const RTL_QUERY_REGISTRY_TABLE *entry,
                     const struct found *found)
{
    NTSTATUS status = entry->QueryRoutine((PWSTR)found->name, found->type, (PVOID)found->data,
                                          found->size, query->context, entry->EntryContext);

    return status == STATUS_BUFFER_TOO_SMALL ? STATUS_SUCCESS : status;
}

/* One call for each of the strings. */
static NTSTATUS call_each(const struct query *query, const RTL_QUERY_REGISTRY_TABLE *entry,
                          const struct found *found)
{
    const WCHAR *text = found->data;
    const WCHAR *end = text + found->size / sizeof(WCHAR);
    NTSTATUS status = STATUS_SUCCESS;

    while (NT_SUCCESS(status) && text < end && *text) {
        size_t count = wcsnlen(text, (size_t)(end - text));
        struct found part = { found->name, REG_SZ, text, (ULONG)((count + 1) * sizeof(WCHAR)) };

        status = call(query, entry, &part);
        text += count + 1;
    }
    return status;
}

static NTSTATUS deliver(const struct query *query, const RTL_QUERY_REGISTRY_TABLE *entry,
                        const struct found *found)
{
    if (entry->Flags & RTL_QUERY_REGISTRY_DIRECT)
        return store(entry, found, query->place);
    if (found->type == REG_MULTI_SZ && !(entry->Flags & RTL_QUERY_REGISTRY_NOEXPAND))
        return call_each(query, entry, found);
    return call(query, entry, found);
}

/* --- Entries ---------------------------------------------------------------------------------- */

static ULONG text_size(ULONG type, const WCHAR *text)
{
    size_t count = 0;

    if (type != REG_MULTI_SZ)
        return (ULONG)((wcslen(text) + 1) * sizeof(WCHAR));
    while (text[count])
        count += wcslen(text + count) + 1;
    return (ULONG)((count + 1) * sizeof(WCHAR));
}

/* The value is not there. Without a default type the entry's own variable stays as it is. */
static NTSTATUS use_default(const struct query *query, const RTL_QUERY_REGISTRY_TABLE *entry)
{
    struct found found = { entry->Name, entry->DefaultType, entry->DefaultData,
                           entry->DefaultLength };

    if (entry->Flags & RTL_QUERY_REGISTRY_TYPECHECK)
        found.type &= TYPE_MASK;
    if (entry->Flags & RTL_QUERY_REGISTRY_REQUIRED)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (found.type == REG_NONE)
        return STATUS_SUCCESS;
    if (!found.size && found.data && is_text(found.type))
        found.size = text_size(found.type, found.data);
    if (!found.size && found.data && found.type == REG_DWORD)
        found.size = sizeof(ULONG);
    return deliver(query, entry, &found);
}

static bool type_fits(const RTL_QUERY_REGISTRY_TABLE *entry, ULONG type)
{
    ULONG expected = entry->DefaultType >> RTL_QUERY_REGISTRY_TYPECHECK_SHIFT;

    return !(entry->Flags & RTL_QUERY_REGISTRY_TYPECHECK) || expected == REG_NONE ||
           expected == type;
}

static NTSTATUS query_named(const struct query *query, const RTL_QUERY_REGISTRY_TABLE *entry)
{
    size_t count = wcslen(entry->Name);
    struct nt_reg_value *value;
    NTSTATUS status = nt_reg_value_named(query->key, entry->Name, count, &value);

    if (status == STATUS_OBJECT_NAME_NOT_FOUND)
        return use_default(query, entry);
    if (!NT_SUCCESS(status))
        return status;
    if (!type_fits(entry, value->type))
        status = STATUS_OBJECT_TYPE_MISMATCH;
    else
        status = deliver(query, entry,
                         &(struct found){ entry->Name, value->type, value->data, value->size });
    os_free(value);
    if (NT_SUCCESS(status) && (entry->Flags & RTL_QUERY_REGISTRY_DELETE))
        nt_reg_unset(query->key, entry->Name, count);
    return status;
}

static NTSTATUS deliver_unnamed(const struct query *query, const RTL_QUERY_REGISTRY_TABLE *entry,
                                const struct nt_reg_value *value)
{
    WCHAR *name = os_allocate(value->name_length + sizeof(WCHAR));
    NTSTATUS status;

    if (!name)
        return STATUS_INSUFFICIENT_RESOURCES;
    memcpy(name, value->name, value->name_length);
    name[value->name_length / sizeof(WCHAR)] = 0;
    status = deliver(query, entry, &(struct found){ name, value->type, value->data, value->size });
    os_free(name);
    return status;
}

static NTSTATUS query_all(const struct query *query, const RTL_QUERY_REGISTRY_TABLE *entry)
{
    struct nt_reg_value *value;
    NTSTATUS status;
    ULONG index = 0;

    while (NT_SUCCESS(status = nt_reg_value_at(query->key, index++, &value))) {
        status = deliver_unnamed(query, entry, value);
        os_free(value);
        if (!NT_SUCCESS(status))
            return status;
    }
    if (status != STATUS_NO_MORE_ENTRIES)
        return status;
    return index == 1 && (entry->Flags & RTL_QUERY_REGISTRY_REQUIRED) ? STATUS_OBJECT_NAME_NOT_FOUND
                                                                      : STATUS_SUCCESS;
}

static void back_to_top(struct query *query)
{
    if (query->key != query->top)
        nt_reg_release(query->key);
    query->key = query->top;
}

static NTSTATUS enter_subkey(struct query *query, const RTL_QUERY_REGISTRY_TABLE *entry)
{
    struct nt_reg_key *key;
    NTSTATUS status;

    if (!entry->Name)
        return STATUS_INVALID_PARAMETER;
    status = nt_reg_open(query->top, entry->Name, wcslen(entry->Name), NT_REG_OPEN, &key, NULL);
    if (!NT_SUCCESS(status))
        return status;
    query->key = key;
    return entry->QueryRoutine ? query_all(query, entry) : STATUS_SUCCESS;
}

static NTSTATUS run_entry(struct query *query, const RTL_QUERY_REGISTRY_TABLE *entry)
{
    if ((entry->Flags & RTL_QUERY_REGISTRY_DIRECT) &&
        (!entry->Name || entry->QueryRoutine || (entry->Flags & RTL_QUERY_REGISTRY_SUBKEY)))
        return STATUS_INVALID_PARAMETER;
    if (entry->Flags & (RTL_QUERY_REGISTRY_TOPKEY | RTL_QUERY_REGISTRY_SUBKEY))
        back_to_top(query);
    if (entry->Flags & RTL_QUERY_REGISTRY_SUBKEY)
        return enter_subkey(query, entry);
    if (entry->Name)
        return query_named(query, entry);
    if (entry->Flags & RTL_QUERY_REGISTRY_NOVALUE)
        return call(query, entry, &(struct found){ NULL, REG_NONE, NULL, 0 });
    return query_all(query, entry);
}

static bool is_end(const RTL_QUERY_REGISTRY_TABLE *entry)
{
    return !entry->QueryRoutine &&
           !(entry->Flags & (RTL_QUERY_REGISTRY_SUBKEY | RTL_QUERY_REGISTRY_DIRECT));
}

NTSTATUS RtlQueryRegistryValues(ULONG relative_to, PCWSTR path, PRTL_QUERY_REGISTRY_TABLE table,
                                PVOID context, PVOID environment)
{
    struct query query = { .context = context, .place = NT_CALLER() };
    NTSTATUS status;

    (void)environment;
    nt_require_irql(PASSIVE_LEVEL, "RtlQueryRegistryValues", NT_CALLER());
    status = open_relative(relative_to, path, NT_REG_OPEN, &query.top);
    if (!NT_SUCCESS(status))
        return status;
    query.key = query.top;
    for (; NT_SUCCESS(status) && !is_end(table); table++)
        status = run_entry(&query, table);
    back_to_top(&query);
    nt_reg_release(query.top);
    return status;
}

/* --- The rest of the family ------------------------------------------------------------------- */

NTSTATUS RtlWriteRegistryValue(ULONG relative_to, PCWSTR path, PCWSTR name, ULONG type, PVOID data,
                               ULONG size)
{
    struct nt_reg_key *key;
    NTSTATUS status;

    nt_require_irql(PASSIVE_LEVEL, "RtlWriteRegistryValue", NT_CALLER());
    status = open_relative(relative_to, path, NT_REG_CREATE_LAST, &key);
    if (!NT_SUCCESS(status))
        return status;
    status = nt_reg_set(key, name, name ? wcslen(name) : 0, type, data, size);
    nt_reg_release(key);
    return status;
}

NTSTATUS RtlDeleteRegistryValue(ULONG relative_to, PCWSTR path, PCWSTR name)
{
    struct nt_reg_key *key;
    NTSTATUS status;

    nt_require_irql(PASSIVE_LEVEL, "RtlDeleteRegistryValue", NT_CALLER());
    status = open_relative(relative_to, path, NT_REG_OPEN, &key);
    if (!NT_SUCCESS(status))
        return status;
    status = nt_reg_unset(key, name, wcslen(name));
    nt_reg_release(key);
    return status;
}

static NTSTATUS touch_key(ULONG relative_to, PCWSTR path, enum nt_reg_mode mode)
{
    struct nt_reg_key *key;
    NTSTATUS status = open_relative(relative_to, path, mode, &key);

    if (NT_SUCCESS(status))
        nt_reg_release(key);
    return status;
}

NTSTATUS RtlCheckRegistryKey(ULONG relative_to, PWSTR path)
{
    nt_require_irql(PASSIVE_LEVEL, "RtlCheckRegistryKey", NT_CALLER());
    return touch_key(relative_to, path, NT_REG_OPEN);
}

NTSTATUS RtlCreateRegistryKey(ULONG relative_to, PWSTR path)
{
    nt_require_irql(PASSIVE_LEVEL, "RtlCreateRegistryKey", NT_CALLER());
    return touch_key(relative_to, path, NT_REG_CREATE_LAST);
}
