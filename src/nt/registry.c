/* SPDX-License-Identifier: MIT */
/* registry.c - the tree of keys and values behind the registry functions; see registry.h. */
#include "registry.h"
#include "upcase.h"

#include <string.h>

#define NAME_UNITS_MAX 255
#define VALUE_NAME_UNITS_MAX 16383

struct nt_reg_key {
    struct list link; /* among the parent's children */
    struct nt_reg_key *parent;
    struct list children;
    struct list values;
    LARGE_INTEGER last_write;
    unsigned references; /* the tree's own, and one for each user */
    bool deleted;
    USHORT name_count;
    WCHAR name[];
};

struct entry {
    struct list link;
    ULONG type;
    ULONG size;
    USHORT name_count;
    WCHAR *name;
    UCHAR *data;
};

static struct base_lock lock;
static struct nt_reg_key *root;

/* Where drivers expect keys to be without having made them. */
static const WCHAR *const standard_keys[] = {
    L"Machine\\System\\CurrentControlSet\\Services",
    L"Machine\\System\\CurrentControlSet\\Control",
    L"Machine\\Software\\Microsoft\\Windows NT\\CurrentVersion",
    L"Machine\\Hardware\\DeviceMap",
    L"User\\.Default",
};

/* --- The tree; the lock is held --------------------------------------------------------------- */

static struct nt_reg_key *make_key(struct nt_reg_key *parent, const WCHAR *name, size_t count)
{
    struct nt_reg_key *key = os_allocate_zeroed(sizeof(*key) + count * sizeof(WCHAR));

    if (!key)
        return NULL;
    list_init(&key->link);
    list_init(&key->children);
    list_init(&key->values);
    key->parent = parent;
    key->references = 1;
    key->name_count = (USHORT)count;
    memcpy(key->name, name, count * sizeof(WCHAR));
    KeQuerySystemTime(&key->last_write);
    if (parent) {
        list_push_back(&parent->children, &key->link);
        parent->references++;
        parent->last_write = key->last_write;
    }
    return key;
}

static void free_entry(struct entry *entry)
{
    list_remove(&entry->link);
    os_free(entry);
}

/* A child keeps its parent, so that its full name can be told. */
static void drop(struct nt_reg_key *key)
{
    while (key && --key->references == 0) {
        struct nt_reg_key *parent = key->parent;

        list_for_each_safe(link, &key->values)
            free_entry(container_of(link, struct entry, link));
        os_free(key);
        key = parent;
    }
}

static struct nt_reg_key *find_child(struct nt_reg_key *key, const WCHAR *name, size_t count)
{
    list_for_each(link, &key->children) {
        struct nt_reg_key *child = container_of(link, struct nt_reg_key, link);

        if (nt_compare_text(child->name, child->name_count, name, count, true) == 0)
            return child;
    }
    return NULL;
}

static struct entry *find_entry(struct nt_reg_key *key, const WCHAR *name, size_t count)
{
    list_for_each(link, &key->values) {
        struct entry *entry = container_of(link, struct entry, link);

        if (nt_compare_text(entry->name, entry->name_count, name, count, true) == 0)
            return entry;
    }
    return NULL;
}

/* Takes the first component of the path; its count is zero at the end. */
static size_t next_component(const WCHAR **path, size_t *left, const WCHAR **name)
{
    size_t count = 0;

    while (*left && **path == '\\') {
        ++*path;
        --*left;
    }
    *name = *path;
    while (*left && **path != '\\') {
        ++*path;
        --*left;
        count++;
    }
    return count;
}

static bool is_last(const WCHAR *path, size_t left)
{
    const WCHAR *name;

    return next_component(&path, &left, &name) == 0;
}

static NTSTATUS walk(struct nt_reg_key *key, const WCHAR *path, size_t left, enum nt_reg_mode mode,
                     struct nt_reg_key **found, bool *created)
{
    const WCHAR *name;
    size_t count;

    while ((count = next_component(&path, &left, &name)) != 0) {
        struct nt_reg_key *child = find_child(key, name, count);

        if (count > NAME_UNITS_MAX)
            return STATUS_OBJECT_NAME_INVALID;
        if (!child &&
            (mode == NT_REG_CREATE_ALL || (mode == NT_REG_CREATE_LAST && is_last(path, left)))) {
            child = make_key(key, name, count);
            if (!child)
                return STATUS_INSUFFICIENT_RESOURCES;
            *created = true;
        }
        if (!child)
            return STATUS_OBJECT_NAME_NOT_FOUND;
        key = child;
    }
    *found = key;
    return STATUS_SUCCESS;
}

/* False until all of them could be made. */
static bool standard_keys_made;

static bool ensure_root(void)
{
    struct nt_reg_key *found;
    bool created;

    if (standard_keys_made)
        return true;
    if (!root)
        root = make_key(NULL, L"Registry", 8);
    if (!root)
        return false;
    for (size_t i = 0; i < RTL_NUMBER_OF(standard_keys); i++) {
        if (!NT_SUCCESS(walk(root, standard_keys[i], wcslen(standard_keys[i]), NT_REG_CREATE_ALL,
                             &found, &created)))
            return false;
    }
    standard_keys_made = true;
    return true;
}

/* "\Registry" is cut off the path. */
static NTSTATUS start_of(struct nt_reg_key *from, const WCHAR **path, size_t *left,
                         struct nt_reg_key **start)
{
    const WCHAR *name;
    size_t count;

    *start = from;
    if (from)
        return from->deleted ? STATUS_KEY_DELETED : STATUS_SUCCESS;
    if (!*left || **path != '\\')
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    count = next_component(path, left, &name);
    if (nt_compare_text(name, count, L"Registry", 8, true) != 0)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    *start = root;
    return STATUS_SUCCESS;
}

NTSTATUS nt_reg_open(struct nt_reg_key *from, const WCHAR *path, size_t count,
                     enum nt_reg_mode mode, struct nt_reg_key **key, bool *created)
{
    struct nt_reg_key *start;
    bool is_new = false;
    NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES;

    base_lock_acquire(&lock);
    if (ensure_root())
        status = start_of(from, &path, &count, &start);
    if (NT_SUCCESS(status))
        status = walk(start, path, count, mode, key, &is_new);
    if (NT_SUCCESS(status))
        (*key)->references++;
    base_lock_release(&lock);
    if (created)
        *created = is_new;
    return status;
}

void nt_reg_release(struct nt_reg_key *key)
{
    base_lock_acquire(&lock);
    drop(key);
    base_lock_release(&lock);
}

static void unlink_key(struct nt_reg_key *key)
{
    key->deleted = true;
    list_remove(&key->link);
    drop(key);
}

static void delete_below(struct nt_reg_key *key)
{
    list_for_each_safe(link, &key->children) {
        struct nt_reg_key *child = container_of(link, struct nt_reg_key, link);

        delete_below(child);
        unlink_key(child);
    }
}

void nt_reg_delete_tree(struct nt_reg_key *key)
{
    base_lock_acquire(&lock);
    if (!key->deleted && key->parent) {
        delete_below(key);
        unlink_key(key);
    }
    base_lock_release(&lock);
}

NTSTATUS nt_reg_delete(struct nt_reg_key *key)
{
    NTSTATUS status = STATUS_SUCCESS;

    base_lock_acquire(&lock);
    if (key->deleted)
        status = STATUS_KEY_DELETED;
    else if (!key->parent || !list_empty(&key->children))
        status = STATUS_CANNOT_DELETE;
    else
        unlink_key(key);
    base_lock_release(&lock);
    return status;
}

struct nt_reg_key *nt_reg_reference(struct nt_reg_key *key)
{
    base_lock_acquire(&lock);
    key->references++;
    base_lock_release(&lock);
    return key;
}

/* --- Values ----------------------------------------------------------------------------------- */

static struct nt_reg_value *copy_entry(const struct entry *entry)
{
    size_t name_length = entry->name_count * sizeof(WCHAR);
    size_t data_at = (sizeof(struct nt_reg_value) + name_length + 15) & ~(size_t)15;
    char *memory = os_allocate_zeroed(data_at + entry->size + sizeof(WCHAR));
    struct nt_reg_value *value = (struct nt_reg_value *)memory;

    if (!memory)
        return NULL;
    value->type = entry->type;
    value->size = entry->size;
    value->name_length = (ULONG)name_length;
    value->name = (WCHAR *)(value + 1);
    value->data = (UCHAR *)memory + data_at;
    memcpy(value->name, entry->name, name_length);
    memcpy(value->data, entry->data, entry->size);
    return value;
}

static NTSTATUS give_copy(const struct entry *entry, NTSTATUS missing, struct nt_reg_value **value)
{
    if (!entry)
        return missing;
    *value = copy_entry(entry);
    return *value ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

NTSTATUS nt_reg_value_named(struct nt_reg_key *key, const WCHAR *name, size_t count,
                            struct nt_reg_value **value)
{
    NTSTATUS status = STATUS_KEY_DELETED;

    base_lock_acquire(&lock);
    if (!key->deleted)
        status = give_copy(find_entry(key, name, count), STATUS_OBJECT_NAME_NOT_FOUND, value);
    base_lock_release(&lock);
    return status;
}

static struct entry *entry_at(struct nt_reg_key *key, ULONG index)
{
    list_for_each(link, &key->values) {
        if (index-- == 0)
            return container_of(link, struct entry, link);
    }
    return NULL;
}

NTSTATUS nt_reg_value_at(struct nt_reg_key *key, ULONG index, struct nt_reg_value **value)
{
    NTSTATUS status = STATUS_KEY_DELETED;

    base_lock_acquire(&lock);
    if (!key->deleted)
        status = give_copy(entry_at(key, index), STATUS_NO_MORE_ENTRIES, value);
    base_lock_release(&lock);
    return status;
}

static struct entry *make_entry(const WCHAR *name, size_t count, ULONG type, const void *data,
                                ULONG size)
{
    struct entry *entry = os_allocate(sizeof(*entry) + count * sizeof(WCHAR) + size);

    if (!entry)
        return NULL;
    entry->type = type;
    entry->size = size;
    entry->name_count = (USHORT)count;
    entry->name = (WCHAR *)(entry + 1);
    entry->data = (UCHAR *)(entry->name + count);
    if (count)
        memcpy(entry->name, name, count * sizeof(WCHAR));
    if (size)
        memcpy(entry->data, data, size);
    return entry;
}

/* A value that is set again keeps its place in the enumeration. */
static void put_entry(struct nt_reg_key *key, struct entry *entry)
{
    struct entry *old = find_entry(key, entry->name, entry->name_count);

    if (old) {
        list_push_back(&old->link, &entry->link);
        free_entry(old);
    } else {
        list_push_back(&key->values, &entry->link);
    }
    KeQuerySystemTime(&key->last_write);
}

NTSTATUS nt_reg_set(struct nt_reg_key *key, const WCHAR *name, size_t count, ULONG type,
                    const void *data, ULONG size)
{
    struct entry *entry;
    NTSTATUS status = STATUS_KEY_DELETED;

    if (count > VALUE_NAME_UNITS_MAX)
        return STATUS_INVALID_PARAMETER;
    entry = make_entry(name, count, type, data, size);
    if (!entry)
        return STATUS_INSUFFICIENT_RESOURCES;
    base_lock_acquire(&lock);
    if (!key->deleted) {
        put_entry(key, entry);
        status = STATUS_SUCCESS;
    }
    base_lock_release(&lock);
    if (!NT_SUCCESS(status))
        os_free(entry);
    return status;
}

NTSTATUS nt_reg_unset(struct nt_reg_key *key, const WCHAR *name, size_t count)
{
    struct entry *entry;
    NTSTATUS status = STATUS_KEY_DELETED;

    base_lock_acquire(&lock);
    if (!key->deleted) {
        entry = find_entry(key, name, count);
        status = entry ? STATUS_SUCCESS : STATUS_OBJECT_NAME_NOT_FOUND;
        if (entry)
            free_entry(entry);
    }
    base_lock_release(&lock);
    return status;
}

/* --- What queries return ---------------------------------------------------------------------- */

NTSTATUS nt_reg_give(const void *record, size_t fixed, size_t whole, void *buffer, ULONG length,
                     PULONG result)
{
    *result = (ULONG)whole;
    if (length < fixed)
        return STATUS_BUFFER_TOO_SMALL;
    memcpy(buffer, record, length < whole ? length : whole);
    return length < whole ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

static NTSTATUS give_key_basic(const struct nt_reg_key *key, void *buffer, ULONG length,
                               PULONG result)
{
    char memory[sizeof(KEY_BASIC_INFORMATION) + NAME_UNITS_MAX * sizeof(WCHAR)] = { 0 };
    KEY_BASIC_INFORMATION record = { .LastWriteTime = key->last_write,
                                     .NameLength = key->name_count * (ULONG)sizeof(WCHAR) };
    size_t fixed = FIELD_OFFSET(KEY_BASIC_INFORMATION, Name);

    memcpy(memory, &record, fixed);
    memcpy(memory + fixed, key->name, record.NameLength);
    return nt_reg_give(memory, fixed, fixed + record.NameLength, buffer, length, result);
}

static ULONG larger(ULONG a, size_t b)
{
    return b > a ? (ULONG)b : a;
}

static NTSTATUS give_key_full(const struct nt_reg_key *key, void *buffer, ULONG length,
                              PULONG result)
{
    KEY_FULL_INFORMATION record = { .LastWriteTime = key->last_write, .ClassOffset = MAXULONG };
    size_t fixed = FIELD_OFFSET(KEY_FULL_INFORMATION, Class);

    list_for_each(link, &key->children) {
        record.SubKeys++;
        record.MaxNameLen =
            larger(record.MaxNameLen,
                   container_of(link, struct nt_reg_key, link)->name_count * sizeof(WCHAR));
    }
    list_for_each(link, &key->values) {
        const struct entry *entry = container_of(link, struct entry, link);

        record.Values++;
        record.MaxValueNameLen = larger(record.MaxValueNameLen, entry->name_count * sizeof(WCHAR));
        record.MaxValueDataLen = larger(record.MaxValueDataLen, entry->size);
    }
    return nt_reg_give(&record, fixed, fixed, buffer, length, result);
}

static NTSTATUS give_key_name(const struct nt_reg_key *key, void *buffer, ULONG length,
                              PULONG result)
{
    size_t fixed = FIELD_OFFSET(KEY_NAME_INFORMATION, Name);
    size_t count = 0;
    size_t at;
    char *record;
    NTSTATUS status;

    for (const struct nt_reg_key *part = key; part; part = part->parent)
        count += part->name_count + 1u;
    record = os_allocate_zeroed(fixed + count * sizeof(WCHAR));
    if (!record)
        return STATUS_INSUFFICIENT_RESOURCES;
    ((KEY_NAME_INFORMATION *)record)->NameLength = (ULONG)(count * sizeof(WCHAR));
    at = fixed + count * sizeof(WCHAR);
    for (const struct nt_reg_key *part = key; part; part = part->parent) {
        at -= part->name_count * sizeof(WCHAR);
        memcpy(record + at, part->name, part->name_count * sizeof(WCHAR));
        at -= sizeof(WCHAR);
        memcpy(record + at, L"\\", sizeof(WCHAR));
    }
    status = nt_reg_give(record, fixed, fixed + count * sizeof(WCHAR), buffer, length, result);
    os_free(record);
    return status;
}

static NTSTATUS give_key(const struct nt_reg_key *key, KEY_INFORMATION_CLASS class, void *buffer,
                         ULONG length, PULONG result)
{
    if (class == KeyBasicInformation)
        return give_key_basic(key, buffer, length, result);
    if (class == KeyFullInformation)
        return give_key_full(key, buffer, length, result);
    if (class == KeyNameInformation)
        return give_key_name(key, buffer, length, result);
    return STATUS_INVALID_PARAMETER;
}

static const struct nt_reg_key *child_at(const struct nt_reg_key *key, ULONG index)
{
    list_for_each(link, &key->children) {
        if (index-- == 0)
            return container_of(link, struct nt_reg_key, link);
    }
    return NULL;
}

NTSTATUS nt_reg_describe(struct nt_reg_key *key, KEY_INFORMATION_CLASS class, void *buffer,
                         ULONG length, PULONG result)
{
    NTSTATUS status;

    base_lock_acquire(&lock);
    status = key->deleted ? STATUS_KEY_DELETED : give_key(key, class, buffer, length, result);
    base_lock_release(&lock);
    return status;
}

NTSTATUS nt_reg_describe_child(struct nt_reg_key *key, ULONG index, KEY_INFORMATION_CLASS class,
                               void *buffer, ULONG length, PULONG result)
{
    const struct nt_reg_key *child;
    NTSTATUS status;

    base_lock_acquire(&lock);
    child = child_at(key, index);
    if (key->deleted)
        status = STATUS_KEY_DELETED;
    else if (!child)
        status = STATUS_NO_MORE_ENTRIES;
    else
        status = give_key(child, class, buffer, length, result);
    base_lock_release(&lock);
    return status;
}
