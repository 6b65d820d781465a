/* SPDX-License-Identifier: MIT */
/*
 * event_object.c - events with a handle, and those with a name, which lives as long as a reference
 * does.
 */
#include "nt_internal.h"

#include <string.h>

struct event_object {
    KEVENT event;
    struct list link; /* among the named ones */
    UNICODE_STRING name;
};

static struct base_lock names_lock;
static struct list names = LIST_INITIALISER(names);

static void event_destroy(void *body)
{
    struct event_object *object = body;

    base_lock_acquire(&names_lock);
    list_remove(&object->link);
    base_lock_release(&names_lock);
    os_free(object->name.Buffer);
}

static struct _OBJECT_TYPE event_type = {
    .name = "event", .waitable = true, .destroy = event_destroy,
};
static struct _OBJECT_TYPE semaphore_type = { .name = "semaphore", .waitable = true };
static POBJECT_TYPE event_type_pointer = &event_type;
static POBJECT_TYPE semaphore_type_pointer = &semaphore_type;
POBJECT_TYPE *ExEventObjectType = &event_type_pointer;
POBJECT_TYPE *ExSemaphoreObjectType = &semaphore_type_pointer;

/* --- Names --------------------------------------------------------------------------------- */

static bool copy_name(struct event_object *object, const UNICODE_STRING *name)
{
    if (!name || name->Length == 0)
        return true;
    object->name.Buffer = os_allocate(name->Length);
    if (!object->name.Buffer)
        return false;
    memcpy(object->name.Buffer, name->Buffer, name->Length);
    object->name.Length = object->name.MaximumLength = name->Length;
    return true;
}

static struct event_object *event_create(const UNICODE_STRING *name, EVENT_TYPE type, BOOLEAN state)
{
    struct event_object *object = nt_object_create(&event_type, sizeof(*object));

    if (!object)
        return NULL;
    list_init(&object->link);
    KeInitializeEvent(&object->event, type, state);
    if (copy_name(object, name))
        return object;
    ObDereferenceObject(object);
    return NULL;
}

/* One whose last reference is going right now is not found any more. Under the lock. */
static struct event_object *find_referenced(const UNICODE_STRING *name)
{
    list_for_each(link, &names) {
        struct event_object *object = container_of(link, struct event_object, link);

        if (RtlEqualUnicodeString(&object->name, name, TRUE) && nt_object_try_reference(object))
            return object;
    }
    return NULL;
}

/* Referenced: the one that has the name already, or a new one. */
static struct event_object *open_or_create(const UNICODE_STRING *name, EVENT_TYPE type,
                                           BOOLEAN state, bool *existed)
{
    struct event_object *made = event_create(name, type, state);
    struct event_object *known = NULL;

    *existed = false;
    if (!made || made->name.Length == 0)
        return made;
    base_lock_acquire(&names_lock);
    known = find_referenced(name);
    if (!known)
        list_push_back(&names, &made->link);
    base_lock_release(&names_lock);
    if (!known)
        return made;
    *existed = true;
    ObDereferenceObject(made);
    return known;
}

/* --- What drivers call --------------------------------------------------------------------- */

static PKEVENT create_for_io(PUNICODE_STRING name, EVENT_TYPE type, PHANDLE handle,
                             const void *place)
{
    bool existed;
    /* Such an event begins signalled. */
    struct event_object *object = open_or_create(name, type, TRUE, &existed);
    NTSTATUS status;

    if (!object)
        return NULL;
    status = nt_handle_create(object, place, handle);
    /* The handle's reference is the only one: the event is gone when the handle is closed. */
    ObDereferenceObject(object);
    return NT_SUCCESS(status) ? &object->event : NULL;
}

PKEVENT IoCreateNotificationEvent(PUNICODE_STRING name, PHANDLE handle)
{
    nt_require_irql(PASSIVE_LEVEL, "IoCreateNotificationEvent", NT_CALLER());
    if (hook_fail_call("IoCreateNotificationEvent", NT_CALLER()))
        return NULL;
    return create_for_io(name, NotificationEvent, handle, NT_CALLER());
}

PKEVENT IoCreateSynchronizationEvent(PUNICODE_STRING name, PHANDLE handle)
{
    nt_require_irql(PASSIVE_LEVEL, "IoCreateSynchronizationEvent", NT_CALLER());
    if (hook_fail_call("IoCreateSynchronizationEvent", NT_CALLER()))
        return NULL;
    return create_for_io(name, SynchronizationEvent, handle, NT_CALLER());
}

NTSTATUS ZwCreateEvent(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                       EVENT_TYPE type, BOOLEAN state)
{
    struct event_object *object;
    bool existed;
    NTSTATUS status;

    (void)access;
    nt_require_irql(PASSIVE_LEVEL, "ZwCreateEvent", NT_CALLER());
    if (hook_fail_call("ZwCreateEvent", NT_CALLER()))
        return STATUS_INSUFFICIENT_RESOURCES;
    object = open_or_create(attributes ? attributes->ObjectName : NULL, type, state, &existed);
    if (!object)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (existed && !(attributes->Attributes & OBJ_OPENIF))
        status = STATUS_OBJECT_NAME_COLLISION;
    else
        status = nt_handle_create(object, NT_CALLER(), handle);
    ObDereferenceObject(object);
    return NT_SUCCESS(status) && existed ? STATUS_OBJECT_NAME_EXISTS : status;
}

NTSTATUS ZwSetEvent(HANDLE handle, PLONG before)
{
    void *object;
    LONG state;
    NTSTATUS status;

    nt_require_irql(PASSIVE_LEVEL, "ZwSetEvent", NT_CALLER());
    status = nt_handle_object(handle, &event_type, &object);
    if (!NT_SUCCESS(status))
        return status;
    state = KeSetEvent(object, 0, FALSE);
    if (before)
        *before = state;
    ObDereferenceObject(object);
    return STATUS_SUCCESS;
}
