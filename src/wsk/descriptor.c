/* SPDX-License-Identifier: MIT */
/* descriptor.c - see descriptor.h. */
#include "descriptor.h"

#include "nt.h"

#include <string.h>

/*
 * The documentation names no right that sharing takes ("Sharing Transport Addresses" of the public
 * WSK documentation); to read and to write what arrives at the address is what it amounts to.
 */
#define RIGHTS_TO_SHARE (FILE_READ_DATA | FILE_WRITE_DATA)

struct wsk_descriptor {
    struct list link;
    unsigned clients;            /* times that it has to be released */
    unsigned sockets;            /* that use it */
    struct ledger_entry ledger;  /* while a client has it */
    _Alignas(16) UCHAR bytes[];  /* the descriptor; what clients point at */
};

static struct base_lock lock;
static struct list cached = LIST_INITIALISER(cached);

/* --- The cache ------------------------------------------------------------------------------- */

static _Noreturn void stop_for_unknown(PSECURITY_DESCRIPTOR pointer)
{
    nt_bug_check(&(struct nt_bug){
        .code = DRIVER_VERIFIER_DETECTED_VIOLATION,
        .rule = "WSK-V16",
        .sentence = "WSK was given a security descriptor that WSK_CACHE_SD did not return, or that "
                    "has been released.",
        .parameters = { 16, (ULONG_PTR)pointer, 0, 0 },
    });
}

/*
 * Under the lock. Compared with those that live, so that no memory is read through a wrong pointer.
 */
static struct wsk_descriptor *find(PSECURITY_DESCRIPTOR pointer)
{
    list_for_each(link, &cached) {
        struct wsk_descriptor *descriptor = container_of(link, struct wsk_descriptor, link);

        if (descriptor->bytes == pointer && descriptor->clients)
            return descriptor;
    }
    base_lock_release(&lock);
    stop_for_unknown(pointer);
}

static struct wsk_descriptor *create(PSECURITY_DESCRIPTOR from)
{
    struct wsk_descriptor *descriptor =
        os_allocate_zeroed(sizeof(*descriptor) + RtlLengthSecurityDescriptor(from));

    if (!descriptor)
        return NULL;
    nt_security_copy(from, descriptor->bytes);
    base_lock_acquire(&lock);
    list_push_back(&cached, &descriptor->link);
    base_lock_release(&lock);
    return descriptor;
}

/* Under the lock. */
static void give_to_client(struct wsk_descriptor *descriptor, const void *place)
{
    if (!descriptor->clients++)
        ledger_add(&descriptor->ledger, LEDGER_DESCRIPTOR, descriptor->bytes, place);
}

/* Under the lock, which is released. */
static void end(struct wsk_descriptor *descriptor)
{
    bool unused = !descriptor->clients && !descriptor->sockets;

    if (unused)
        list_remove(&descriptor->link);
    base_lock_release(&lock);
    if (unused)
        os_free(descriptor);
}

/* The pointer that a control operation passes by reference; NULL when there is none. */
static PSECURITY_DESCRIPTOR read_pointer(SIZE_T size, const void *input)
{
    PSECURITY_DESCRIPTOR pointer = NULL;

    if (input && size == sizeof(pointer))
        memcpy(&pointer, input, sizeof(pointer));
    return pointer;
}

NTSTATUS wsk_descriptor_cache(SIZE_T input_size, const void *input, SIZE_T output_size,
                              void *output, const void *place)
{
    PSECURITY_DESCRIPTOR original = read_pointer(input_size, input), copy;
    struct wsk_descriptor *descriptor;

    if (!original || !output || output_size != sizeof(copy))
        return STATUS_INVALID_PARAMETER;
    if (!RtlValidSecurityDescriptor(original))
        return STATUS_INVALID_SECURITY_DESCR;
    descriptor = create(original);
    if (!descriptor)
        return STATUS_INSUFFICIENT_RESOURCES;
    copy = descriptor->bytes;
    base_lock_acquire(&lock);
    give_to_client(descriptor, place);
    base_lock_release(&lock);
    memcpy(output, &copy, sizeof(copy));
    return STATUS_SUCCESS;
}

NTSTATUS wsk_descriptor_release(SIZE_T input_size, const void *input)
{
    PSECURITY_DESCRIPTOR pointer = read_pointer(input_size, input);
    struct wsk_descriptor *descriptor;

    if (!pointer)
        return STATUS_INVALID_PARAMETER;
    base_lock_acquire(&lock);
    descriptor = find(pointer);
    if (!--descriptor->clients)
        ledger_remove(&descriptor->ledger);
    end(descriptor);
    return STATUS_SUCCESS;
}

/* --- Sockets --------------------------------------------------------------------------------- */

struct wsk_descriptor *wsk_descriptor_use(PSECURITY_DESCRIPTOR pointer)
{
    struct wsk_descriptor *descriptor;

    if (!pointer)
        return NULL;
    base_lock_acquire(&lock);
    descriptor = find(pointer);
    descriptor->sockets++;
    base_lock_release(&lock);
    return descriptor;
}

void wsk_descriptor_unuse(struct wsk_descriptor *descriptor)
{
    if (!descriptor)
        return;
    base_lock_acquire(&lock);
    descriptor->sockets--;
    end(descriptor);
}

bool wsk_descriptor_shares(const struct wsk_descriptor *descriptor)
{
    return descriptor &&
           nt_security_grants((PSECURITY_DESCRIPTOR)(uintptr_t)descriptor->bytes, RIGHTS_TO_SHARE);
}

NTSTATUS wsk_descriptor_set(struct wsk_socket *socket, const void *input, SIZE_T size)
{
    PSECURITY_DESCRIPTOR pointer = read_pointer(size, input);
    struct wsk_descriptor *old;

    if (socket->category == WSK_CATEGORY_BASIC)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (!pointer)
        return STATUS_INVALID_PARAMETER;
    if (atomic_load(&socket->bound) != WSK_UNBOUND)
        return STATUS_INVALID_DEVICE_STATE;
    base_lock_acquire(&socket->lock);
    old = socket->descriptor;
    socket->descriptor = wsk_descriptor_use(pointer);
    base_lock_release(&socket->lock);
    wsk_descriptor_unuse(old);
    return STATUS_SUCCESS;
}

/* The one that lets nobody share. */
static struct wsk_descriptor *create_default(void)
{
    SECURITY_DESCRIPTOR descriptor;
    ACL nobody;

    RtlCreateSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);
    nobody = (ACL){ .AclRevision = ACL_REVISION, .AclSize = sizeof(nobody) };
    RtlSetDaclSecurityDescriptor(&descriptor, TRUE, &nobody, FALSE);
    return create(&descriptor);
}

NTSTATUS wsk_descriptor_get(struct wsk_socket *socket, void *output, SIZE_T size, SIZE_T *written,
                            const void *place)
{
    struct wsk_descriptor *descriptor;
    PSECURITY_DESCRIPTOR pointer;

    if (socket->category == WSK_CATEGORY_BASIC)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (!output || size < sizeof(pointer))
        return STATUS_BUFFER_TOO_SMALL;
    base_lock_acquire(&socket->lock);
    descriptor = socket->descriptor ? socket->descriptor : create_default();
    if (descriptor) {
        base_lock_acquire(&lock);
        give_to_client(descriptor, place);
        base_lock_release(&lock);
    }
    base_lock_release(&socket->lock);
    if (!descriptor)
        return STATUS_INSUFFICIENT_RESOURCES;
    pointer = descriptor->bytes;
    memcpy(output, &pointer, sizeof(pointer));
    *written = sizeof(pointer);
    return STATUS_SUCCESS;
}
