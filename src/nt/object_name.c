/* SPDX-License-Identifier: MIT */
/* object_name.c - see object_name.h. */
#include "object_name.h"
#include "upcase.h"

#include <string.h>

#define LINK_DEPTH_MAX 8
#define NAME_UNITS_MAX 1024

struct name {
    struct list link;
    PDEVICE_OBJECT device; /* NULL: a symbolic link */
    size_t target_count;
    WCHAR *target;
    size_t count;
    WCHAR text[];
};

/* A name in its one way of writing. */
struct canonical {
    size_t count;
    WCHAR text[NAME_UNITS_MAX];
};

static struct base_lock lock;
static struct list names = LIST_INITIALISER(names);

static bool has_prefix(const WCHAR *text, size_t count, const WCHAR *prefix)
{
    size_t length = wcslen(prefix);

    return count > length && nt_compare_text(text, length, prefix, length, true) == 0;
}

static NTSTATUS canonicalise(const WCHAR *text, size_t count, struct canonical *name)
{
    static const WCHAR dos[] = L"\\??\\";
    static const WCHAR *const prefixes[] = { L"\\DosDevices\\Global\\", L"\\DosDevices\\",
                                             L"\\GLOBAL??\\", L"\\\\.\\" };

    if (!count || text[0] != '\\')
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    if (count + wcslen(dos) > NAME_UNITS_MAX)
        return STATUS_OBJECT_NAME_INVALID;
    name->count = 0;
    for (size_t i = 0; i < RTL_NUMBER_OF(prefixes); i++) {
        if (!has_prefix(text, count, prefixes[i]))
            continue;
        name->count = wcslen(dos);
        memcpy(name->text, dos, sizeof(dos));
        text += wcslen(prefixes[i]);
        count -= wcslen(prefixes[i]);
        break;
    }
    memcpy(name->text + name->count, text, count * sizeof(WCHAR));
    name->count += count;
    return STATUS_SUCCESS;
}

static struct name *find(const WCHAR *text, size_t count)
{
    list_for_each(link, &names) {
        struct name *name = container_of(link, struct name, link);

        if (nt_compare_text(name->text, name->count, text, count, true) == 0)
            return name;
    }
    return NULL;
}

/*
 * The name itself, or the longest part of it in front of a backslash. `*used` is how much of it
 * that is.
 */
static struct name *find_start(const struct canonical *path, size_t *used)
{
    for (size_t count = path->count; count > 1; count--) {
        struct name *name = NULL;

        if (count == path->count || path->text[count] == '\\')
            name = find(path->text, count);
        if (name) {
            *used = count;
            return name;
        }
    }
    return NULL;
}

static NTSTATUS add(const UNICODE_STRING *text, PDEVICE_OBJECT device, const UNICODE_STRING *target)
{
    size_t target_count = target ? target->Length / sizeof(WCHAR) : 0;
    struct canonical canonical;
    struct name *name;
    bool taken;
    NTSTATUS status = canonicalise(text->Buffer, text->Length / sizeof(WCHAR), &canonical);

    if (!NT_SUCCESS(status))
        return status;
    name = os_allocate(sizeof(*name) + (canonical.count + target_count) * sizeof(WCHAR));
    if (!name)
        return STATUS_INSUFFICIENT_RESOURCES;
    name->device = device;
    name->count = canonical.count;
    name->target = name->text + canonical.count;
    name->target_count = target_count;
    memcpy(name->text, canonical.text, canonical.count * sizeof(WCHAR));
    if (target_count)
        memcpy(name->target, target->Buffer, target_count * sizeof(WCHAR));
    base_lock_acquire(&lock);
    taken = find(canonical.text, canonical.count) != NULL;
    if (!taken)
        list_push_back(&names, &name->link);
    base_lock_release(&lock);
    if (!taken)
        return STATUS_SUCCESS;
    os_free(name);
    return STATUS_OBJECT_NAME_COLLISION;
}

NTSTATUS nt_name_device(const UNICODE_STRING *name, PDEVICE_OBJECT device)
{
    return add(name, device, NULL);
}

NTSTATUS nt_name_link(const UNICODE_STRING *name, const UNICODE_STRING *target)
{
    return add(name, NULL, target);
}

NTSTATUS nt_name_unlink(const UNICODE_STRING *text)
{
    struct canonical canonical;
    struct name *name;
    NTSTATUS status = canonicalise(text->Buffer, text->Length / sizeof(WCHAR), &canonical);

    if (!NT_SUCCESS(status))
        return status;
    base_lock_acquire(&lock);
    name = find(canonical.text, canonical.count);
    if (name && name->device)
        name = NULL;
    if (name)
        list_remove(&name->link);
    base_lock_release(&lock);
    os_free(name);
    return name ? STATUS_SUCCESS : STATUS_OBJECT_NAME_NOT_FOUND;
}

void nt_name_forget_device(PDEVICE_OBJECT device)
{
    base_lock_acquire(&lock);
    list_for_each_safe(link, &names) {
        struct name *name = container_of(link, struct name, link);

        if (name->device == device) {
            list_remove(&name->link);
            os_free(name);
        }
    }
    base_lock_release(&lock);
}

/* Replaces the link's name at the start of the path by its target. */
static NTSTATUS follow(struct canonical *path, const struct name *name, size_t used)
{
    WCHAR text[2 * NAME_UNITS_MAX];
    size_t rest = path->count - used;

    if (name->target_count + rest > NAME_UNITS_MAX)
        return STATUS_OBJECT_NAME_INVALID;
    memcpy(text, name->target, name->target_count * sizeof(WCHAR));
    memcpy(text + name->target_count, path->text + used, rest * sizeof(WCHAR));
    return canonicalise(text, name->target_count + rest, path);
}

static PDEVICE_OBJECT resolve(struct canonical *path, size_t *used)
{
    for (unsigned depth = 0; depth < LINK_DEPTH_MAX; depth++) {
        struct name *name = find_start(path, used);

        if (!name)
            return NULL;
        if (name->device) {
            ObReferenceObject(name->device);
            return name->device;
        }
        if (!NT_SUCCESS(follow(path, name, *used)))
            return NULL;
    }
    return NULL;
}

PDEVICE_OBJECT nt_name_find(const UNICODE_STRING *name, PUNICODE_STRING rest)
{
    struct canonical path;
    PDEVICE_OBJECT device;
    size_t used = 0;

    if (!NT_SUCCESS(canonicalise(name->Buffer, name->Length / sizeof(WCHAR), &path)))
        return NULL;
    base_lock_acquire(&lock);
    device = resolve(&path, &used);
    base_lock_release(&lock);
    if (device && rest) {
        UNICODE_STRING behind = { (USHORT)((path.count - used) * sizeof(WCHAR)), 0,
                                  path.text + used };

        RtlCopyUnicodeString(rest, &behind);
    }
    return device;
}
