/* SPDX-License-Identifier: MIT */
/* object.c - objects that are counted: a header in front of the body, and the types. */
#include "nt_internal.h"

#include <string.h>

static struct nt_object_header *header_of(const void *body)
{
    return (struct nt_object_header *)((char *)(uintptr_t)body - sizeof(struct nt_object_header));
}

void *nt_object_create(POBJECT_TYPE type, size_t body_size)
{
    size_t size = (sizeof(struct nt_object_header) + body_size + 15) & ~(size_t)15;
    struct nt_object_header *header = os_allocate_aligned(16, size);

    if (!header)
        return NULL;
    memset(header, 0, size);
    header->mark = NT_OBJECT_MARK;
    header->type = type;
    atomic_init(&header->references, 1);
    return header + 1;
}

static struct nt_object_header *require_object(const void *body, const char *function,
                                               const void *place)
{
    struct nt_object_header *header = body ? header_of(body) : NULL;

    if (!header || header->mark != NT_OBJECT_MARK)
        NT_BUG(REFERENCE_BY_POINTER, 0, body, 0, place, "%s was given %p, which is no object.",
               function, body);
    return header;
}

POBJECT_TYPE nt_object_type(const void *body)
{
    return require_object(body, "ObGetObjectType", NT_CALLER())->type;
}

LONG_PTR nt_object_references(const void *body)
{
    return atomic_load_explicit(&header_of(body)->references, memory_order_relaxed);
}

bool nt_object_try_reference(void *body)
{
    _Atomic LONG_PTR *references = &header_of(body)->references;
    LONG_PTR seen = atomic_load_explicit(references, memory_order_relaxed);

    while (seen > 0) {
        if (atomic_compare_exchange_weak_explicit(references, &seen, seen + 1, memory_order_relaxed,
                                                  memory_order_relaxed))
            return true;
    }
    return false;
}

/* --- Counting ------------------------------------------------------------------------------ */

static LONG_PTR add_reference(void *body, const char *function, const void *place)
{
    struct nt_object_header *header = require_object(body, function, place);
    LONG_PTR before = atomic_fetch_add_explicit(&header->references, 1, memory_order_relaxed);

    if (before <= 0)
        NT_BUG(REFERENCE_BY_POINTER, header->type, body, before, place,
               "%s was given the %s at %p, whose last reference is gone.", function,
               header->type->name, body);
    return before + 1;
}

static LONG_PTR drop_reference(void *body, const char *function, const void *place)
{
    struct nt_object_header *header = require_object(body, function, place);
    LONG_PTR after = atomic_fetch_sub_explicit(&header->references, 1, memory_order_acq_rel) - 1;

    if (after < 0)
        NT_BUG(REFERENCE_BY_POINTER, header->type, body, after, place,
               "%s dropped a reference to the %s at %p that nobody had.", function,
               header->type->name, body);
    if (after > 0)
        return after;
    if (header->type->destroy)
        header->type->destroy(body);
    header->mark = 0;
    os_free(header);
    return 0;
}

LONG_PTR (ObfReferenceObject)(PVOID object)
{
    nt_require_irql(DISPATCH_LEVEL, "ObReferenceObject", NT_CALLER());
    return add_reference(object, "ObReferenceObject", NT_CALLER());
}

LONG_PTR (ObfDereferenceObject)(PVOID object)
{
    nt_require_irql(DISPATCH_LEVEL, "ObDereferenceObject", NT_CALLER());
    return drop_reference(object, "ObDereferenceObject", NT_CALLER());
}

/* Tags name the holder for Windows' reference tracing; nothing here reads them. */
LONG_PTR (ObfReferenceObjectWithTag)(PVOID object, ULONG tag)
{
    (void)tag;
    nt_require_irql(DISPATCH_LEVEL, "ObReferenceObjectWithTag", NT_CALLER());
    return add_reference(object, "ObReferenceObjectWithTag", NT_CALLER());
}

LONG_PTR (ObfDereferenceObjectWithTag)(PVOID object, ULONG tag)
{
    (void)tag;
    nt_require_irql(DISPATCH_LEVEL, "ObDereferenceObjectWithTag", NT_CALLER());
    return drop_reference(object, "ObDereferenceObjectWithTag", NT_CALLER());
}

/* Wherever the last reference goes, deleting is safe here. */
void (ObDereferenceObjectDeferDelete)(PVOID object)
{
    nt_require_irql(DISPATCH_LEVEL, "ObDereferenceObjectDeferDelete", NT_CALLER());
    drop_reference(object, "ObDereferenceObjectDeferDelete", NT_CALLER());
}
