/* SPDX-License-Identifier: MIT */
/*
 * registry.h - the registry as the executive's own files use it. It lives in memory and ends with
 * the process. Keys are counted; values come out as copies, so that no lock is held while a driver
 * looks at them. PASSIVE_LEVEL throughout.
 */
#ifndef OPENWSK_NT_REGISTRY_H
#define OPENWSK_NT_REGISTRY_H

#include "nt_internal.h"

struct nt_reg_key;

/*
 * One allocation, freed with os_free. The name is not terminated; the data has two zero bytes
 * behind it.
 */
struct nt_reg_value {
    ULONG type;
    ULONG size;
    ULONG name_length; /* bytes */
    WCHAR *name;
    UCHAR *data;
};

enum nt_reg_mode { NT_REG_OPEN, NT_REG_CREATE_LAST, NT_REG_CREATE_ALL };

/*
 * The key below `from`, or of an absolute path (\Registry\...) when that is NULL.
 * STATUS_OBJECT_NAME_NOT_FOUND, STATUS_OBJECT_PATH_SYNTAX_BAD, STATUS_KEY_DELETED,
 * STATUS_INSUFFICIENT_RESOURCES. `created` may be NULL.
 */
NTSTATUS nt_reg_open(struct nt_reg_key *from, const WCHAR *path, size_t count,
                     enum nt_reg_mode mode, struct nt_reg_key **key, bool *created);
struct nt_reg_key *nt_reg_reference(struct nt_reg_key *key);
void nt_reg_release(struct nt_reg_key *key);

/* STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH. */
NTSTATUS nt_reg_of_handle(HANDLE handle, struct nt_reg_key **key);

/* A handle with its own reference. */
NTSTATUS nt_reg_make_handle(struct nt_reg_key *key, const void *place, HANDLE *handle);

/* STATUS_OBJECT_NAME_NOT_FOUND; by index STATUS_NO_MORE_ENTRIES. Counts are in units. */
NTSTATUS nt_reg_value_named(struct nt_reg_key *key, const WCHAR *name, size_t count,
                            struct nt_reg_value **value);
NTSTATUS nt_reg_value_at(struct nt_reg_key *key, ULONG index, struct nt_reg_value **value);
NTSTATUS nt_reg_set(struct nt_reg_key *key, const WCHAR *name, size_t count, ULONG type,
                    const void *data, ULONG size);
NTSTATUS nt_reg_unset(struct nt_reg_key *key, const WCHAR *name, size_t count);

/*
 * Copies a record of `whole` bytes out. wdm.h, ZwQueryValueKey: below the fixed part
 * STATUS_BUFFER_TOO_SMALL and nothing is written; below the whole STATUS_BUFFER_OVERFLOW and as
 * much as fits.
 */
NTSTATUS nt_reg_give(const void *record, size_t fixed, size_t whole, void *buffer, ULONG length,
                     PULONG result);

/* KEY_..._INFORMATION of the key, or of its child, as ZwQueryKey and ZwEnumerateKey give it. */
NTSTATUS nt_reg_describe(struct nt_reg_key *key, KEY_INFORMATION_CLASS class, void *buffer,
                         ULONG length, PULONG result);
NTSTATUS nt_reg_describe_child(struct nt_reg_key *key, ULONG index, KEY_INFORMATION_CLASS class,
                               void *buffer, ULONG length, PULONG result);

/* STATUS_CANNOT_DELETE while there are keys below. */
NTSTATUS nt_reg_delete(struct nt_reg_key *key);

/*
 * Deletes the key and everything below it. Handles to them stay valid and see STATUS_KEY_DELETED.
 */
void nt_reg_delete_tree(struct nt_reg_key *key);

#endif
