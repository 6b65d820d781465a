/* SPDX-License-Identifier: MIT */
/*
 * handle.c - handles: small numbers that hold a reference.
 *
 * A handle is (index + 1) * 4, so that it is neither NULL nor a pointer, and one that was forged or
 * closed is refused. The least free index is used first.
 */
#include "nt_internal.h"

#include <string.h>

#define HANDLE_STEP 4
#define TABLE_FIRST 16

/* Pseudo handles, wdm.h: ZwCurrentProcess(), ZwCurrentThread(). */
#define CURRENT_PROCESS ((HANDLE)(LONG_PTR)-1)
#define CURRENT_THREAD ((HANDLE)(LONG_PTR)-2)

struct open_handle {
    void *body;
    struct ledger_entry ledger;
};

static struct {
    struct base_lock lock;
    struct open_handle **handles;
    size_t size;
    size_t lowest_free; /* nothing is free below */
} table;

static bool grow(void)
{
    size_t size = table.size ? table.size * 2 : TABLE_FIRST;
    struct open_handle **handles;

    if (size > NT_HANDLES_MAX)
        return false;
    handles = os_allocate_zeroed(size * sizeof(*handles));
    if (!handles)
        return false;
    if (table.size)
        memcpy(handles, table.handles, table.size * sizeof(*handles));
    os_free(table.handles);
    table.handles = handles;
    table.size = size;
    return true;
}

static HANDLE handle_of(size_t index)
{
    return (HANDLE)((index + 1) * HANDLE_STEP);
}

/* NULL for a number that is no open handle. Under the lock. */
static struct open_handle **slot_of(HANDLE handle)
{
    ULONG_PTR value = (ULONG_PTR)handle;
    size_t index = value / HANDLE_STEP - 1;

    if (value == 0 || value % HANDLE_STEP || index >= table.size || !table.handles[index])
        return NULL;
    return &table.handles[index];
}

static bool insert(struct open_handle *open, HANDLE *handle)
{
    size_t index;

    base_lock_acquire(&table.lock);
    for (index = table.lowest_free; index < table.size && table.handles[index]; index++)
        continue;
    if (index == table.size && !grow()) {
        base_lock_release(&table.lock);
        return false;
    }
    table.handles[index] = open;
    table.lowest_free = index + 1;
    *handle = handle_of(index);
    base_lock_release(&table.lock);
    return true;
}

NTSTATUS nt_handle_create(void *body, const void *place, HANDLE *handle)
{
    struct open_handle *open = os_allocate_zeroed(sizeof(*open));

    if (!open)
        return STATUS_INSUFFICIENT_RESOURCES;
    open->body = body;
    ObReferenceObject(body);
    ledger_add(&open->ledger, LEDGER_HANDLE, body, place);
    if (insert(open, handle))
        return STATUS_SUCCESS;
    ledger_remove(&open->ledger);
    ObDereferenceObject(body);
    os_free(open);
    return STATUS_INSUFFICIENT_RESOURCES;
}

NTSTATUS nt_handle_close(HANDLE handle)
{
    struct open_handle *open = NULL;
    struct open_handle **slot;
    void *body;

    base_lock_acquire(&table.lock);
    slot = slot_of(handle);
    if (slot) {
        size_t index = (size_t)(slot - table.handles);

        open = *slot;
        *slot = NULL;
        if (index < table.lowest_free)
            table.lowest_free = index;
    }
    base_lock_release(&table.lock);
    if (!open)
        return STATUS_INVALID_HANDLE;
    body = open->body;
    ledger_remove(&open->ledger);
    os_free(open);
    if (nt_object_type(body)->close)
        nt_object_type(body)->close(body);
    ObDereferenceObject(body);
    return STATUS_SUCCESS;
}

static void *referenced_body(HANDLE handle)
{
    struct open_handle **slot;
    void *body = NULL;

    if (handle == CURRENT_THREAD)
        body = nt_thread_current();
    else if (handle == CURRENT_PROCESS)
        body = nt_process();
    if (body) {
        ObReferenceObject(body);
        return body;
    }
    base_lock_acquire(&table.lock);
    slot = slot_of(handle);
    if (slot) {
        body = (*slot)->body;
        ObReferenceObject(body);
    }
    base_lock_release(&table.lock);
    return body;
}

NTSTATUS nt_handle_object(HANDLE handle, POBJECT_TYPE type, void **body)
{
    void *object = referenced_body(handle);

    *body = NULL;
    if (!object)
        return STATUS_INVALID_HANDLE;
    if (type && nt_object_type(object) != type) {
        ObDereferenceObject(object);
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    *body = object;
    return STATUS_SUCCESS;
}

/* --- What drivers call --------------------------------------------------------------------- */

static NTSTATUS reference(HANDLE handle, POBJECT_TYPE type, PVOID *object,
                          POBJECT_HANDLE_INFORMATION information)
{
    if (information)
        memset(information, 0, sizeof(*information));
    return nt_handle_object(handle, type, object);
}

NTSTATUS (ObReferenceObjectByHandle)(HANDLE handle, ACCESS_MASK access, POBJECT_TYPE type,
                                     KPROCESSOR_MODE mode, PVOID *object,
                                     POBJECT_HANDLE_INFORMATION information)
{
    (void)access, (void)mode;
    nt_require_irql(PASSIVE_LEVEL, "ObReferenceObjectByHandle", NT_CALLER());
    return reference(handle, type, object, information);
}

NTSTATUS (ObReferenceObjectByHandleWithTag)(HANDLE handle, ACCESS_MASK access, POBJECT_TYPE type,
                                            KPROCESSOR_MODE mode, ULONG tag, PVOID *object,
                                            POBJECT_HANDLE_INFORMATION information)
{
    (void)access, (void)mode, (void)tag;
    nt_require_irql(PASSIVE_LEVEL, "ObReferenceObjectByHandleWithTag", NT_CALLER());
    return reference(handle, type, object, information);
}

NTSTATUS (ObReferenceObjectByPointer)(PVOID object, ACCESS_MASK access, POBJECT_TYPE type,
                                      KPROCESSOR_MODE mode)
{
    (void)access, (void)mode;
    nt_require_irql(DISPATCH_LEVEL, "ObReferenceObjectByPointer", NT_CALLER());
    if (type && nt_object_type(object) != type)
        return STATUS_OBJECT_TYPE_MISMATCH;
    ObReferenceObject(object);
    return STATUS_SUCCESS;
}

NTSTATUS (ObOpenObjectByPointer)(PVOID object, ULONG attributes, PACCESS_STATE access_state,
                                 ACCESS_MASK access, POBJECT_TYPE type, KPROCESSOR_MODE mode,
                                 PHANDLE handle)
{
    (void)attributes, (void)access_state, (void)access, (void)mode;
    nt_require_irql(PASSIVE_LEVEL, "ObOpenObjectByPointer", NT_CALLER());
    if (hook_fail_call("ObOpenObjectByPointer", NT_CALLER()))
        return STATUS_INSUFFICIENT_RESOURCES;
    if (type && nt_object_type(object) != type)
        return STATUS_OBJECT_TYPE_MISMATCH;
    return nt_handle_create(object, NT_CALLER(), handle);
}

NTSTATUS (ZwClose)(HANDLE handle)
{
    nt_require_irql(PASSIVE_LEVEL, "ZwClose", NT_CALLER());
    return nt_handle_close(handle);
}

NTSTATUS (ZwWaitForSingleObject)(HANDLE handle, BOOLEAN alertable, PLARGE_INTEGER timeout)
{
    void *object;
    NTSTATUS status;

    nt_require_irql(PASSIVE_LEVEL, "ZwWaitForSingleObject", NT_CALLER());
    status = nt_handle_object(handle, NULL, &object);
    if (!NT_SUCCESS(status))
        return status;
    if (nt_object_type(object)->waitable)
        status = KeWaitForSingleObject(object, UserRequest, KernelMode, alertable, timeout);
    else
        status = STATUS_OBJECT_TYPE_MISMATCH;
    ObDereferenceObject(object);
    return status;
}
