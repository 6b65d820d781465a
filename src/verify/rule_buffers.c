/* SPDX-License-Identifier: MIT */
/*
 * rule_buffers.c - WSK_BUF lies in its MDL chain (WSK-V8); chain and payload of a send that is
 * pending stay what they are (WSK-V7).
 */
#include "rule_calls.h"

#include "circle.h"
#include "flight.h"
#include "nt.h"
#include "verify.h"

#include <stdio.h>
#include <string.h>

/* Bytes of a buffer, and buffers of a list, that are looked at. */
#define CHECKED_MAX 65536u
#define BUFFERS_MAX 1024u

/* --- V8 ------------------------------------------------------------------------------------- */

static const char *wrong_with(const WSK_BUF *buffer)
{
    struct circle circle = { NULL, 0 };
    size_t room = 0;

    if (!buffer->Length)
        return NULL;
    if (!buffer->Mdl)
        return "WSK_BUF has a Length but no MDL";
    if (buffer->Offset > buffer->Mdl->ByteCount)
        return "WSK_BUF.Offset lies behind the first MDL";
    for (PMDL mdl = buffer->Mdl; mdl; mdl = mdl->Next) {
        if (circle_closes(&circle, mdl))
            return "the MDL chain of a WSK_BUF leads in a circle";
        room += mdl->ByteCount;
    }
    if (buffer->Length > room - buffer->Offset)
        return "WSK_BUF.Offset and Length reach behind the end of the MDL chain";
    return NULL;
}

bool vf_list_count(const WSK_BUF_LIST *list, size_t *count)
{
    struct circle circle = { NULL, 0 };

    while (list && !circle_closes(&circle, list))
        list = list->Next;
    *count = circle.count;
    return !list;
}

static void check_range(struct vf_call *call, const WSK_BUF *buffer)
{
    const char *wrong = wrong_with(buffer);

    call->flight.bad_buffer = call->flight.bad_buffer || wrong;
    if (wrong && hook_rule(8))
        vf_find_in(call, "WSK-V8", wrong);
}

static void check_list(struct vf_call *call, const WSK_BUF_LIST *list)
{
    size_t count;

    if (!vf_list_count(list, &count)) {
        call->flight.bad_buffer = true;
        if (hook_rule(8))
            vf_find_in(call, "WSK-V8", "the list of WSK_BUFs leads in a circle");
        return;
    }
    for (; list; list = list->Next)
        check_range(call, &list->Buffer);
}

/* --- V7 ------------------------------------------------------------------------------------- */

static uint64_t mix(uint64_t hash, uint64_t value)
{
    return (hash ^ value) * 0x9E3779B97F4A7C15ull;
}

/* The driver may write meanwhile; that is what is looked for. */
__attribute__((no_sanitize("thread", "address")))
static uint64_t mix_bytes(uint64_t hash, const unsigned char *bytes, size_t size)
{
    uint64_t word;

    for (; size >= sizeof(word); size -= sizeof(word), bytes += sizeof(word)) {
        __builtin_memcpy(&word, bytes, sizeof(word));
        hash = mix(hash, word);
    }
    while (size--)
        hash = mix(hash, *bytes++);
    return hash;
}

static const unsigned char *system_address(const MDL *mdl)
{
    if (mdl->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL))
        return mdl->MappedSystemVa;
    return (const unsigned char *)((uintptr_t)mdl->StartVa + mdl->ByteOffset);
}

struct walk {
    uint64_t hash;
    bool careful;                             /* memory may be gone */
    const char *gone;
    struct hook_stack stacks[HOOK_STACKS_MAX]; /* of what is gone */
};

static bool still_there(struct walk *walk, const void *memory, size_t size, const char *what)
{
    if (!walk->careful)
        return true;
    if (!nt_is_freed(memory, walk->stacks) && nt_readable(memory, size))
        return true;
    walk->gone = what;
    return false;
}

static void walk_buffer(struct walk *walk, const WSK_BUF *buffer)
{
    size_t left = buffer->Length < CHECKED_MAX ? buffer->Length : CHECKED_MAX;
    size_t offset = buffer->Offset;
    struct circle circle = { NULL, 0 };

    for (PMDL mdl = buffer->Mdl; mdl && left && !walk->gone; mdl = mdl->Next) {
        size_t part;

        /* Since the call the driver may have made it one. */
        if (circle_closes(&circle, mdl))
            return;
        if (!still_there(walk, mdl, sizeof(*mdl), "an MDL of a pending send was freed"))
            return;
        part = mdl->ByteCount - offset < left ? mdl->ByteCount - offset : left;
        walk->hash = mix(walk->hash, (uintptr_t)mdl);
        walk->hash = mix(walk->hash, mdl->ByteCount);
        if (!still_there(walk, system_address(mdl) + offset, part,
                         "the payload of a pending send was freed"))
            return;
        walk->hash = mix_bytes(walk->hash, system_address(mdl) + offset, part);
        left -= part;
        offset = 0;
    }
}

static bool is_send(const struct vf_call *call)
{
    switch (call->function->id) {
    case VF_ID_WskSendTo:
    case VF_ID_WskSend:
    case VF_ID_WskSendEx:
    case VF_ID_WskSendMessages:
        return true;
    default:
        return false;
    }
}

static uint64_t checksum(struct walk *walk, const struct vf_flight *flight)
{
    const WSK_BUF *buffers = flight->buffers ? flight->buffers : &flight->buffer;

    for (uint32_t i = 0; i < flight->buffer_count && !walk->gone; i++)
        walk_buffer(walk, &buffers[i]);
    return walk->hash | 1;
}

/* The caller's WSK_BUF, or the list of them, may go when the call returns. */
static bool copy_buffers(struct vf_flight *flight, const WSK_BUF *buffer, const WSK_BUF_LIST *list)
{
    uint32_t count = 0;

    if (buffer) {
        flight->buffer = *buffer;
        flight->buffer_count = 1;
        return true;
    }
    for (const WSK_BUF_LIST *node = list; node && count < BUFFERS_MAX; node = node->Next)
        count++;
    flight->buffers = count ? os_allocate(count * sizeof(*buffer)) : NULL;
    if (!flight->buffers)
        return false;
    for (; flight->buffer_count < count; list = list->Next)
        flight->buffers[flight->buffer_count++] = list->Buffer;
    return true;
}

static void forget_buffers(struct vf_flight *flight)
{
    os_free(flight->buffers);
    flight->buffers = NULL;
    flight->checksum = 0;
}

static void remember(struct vf_call *call, const WSK_BUF *buffer, const WSK_BUF_LIST *list)
{
    struct walk walk = { .hash = 1 };

    if (!hook_rule(7) || !is_send(call) || !call->irp || call->flight.bad_buffer)
        return;
    if (copy_buffers(&call->flight, buffer, list))
        call->flight.checksum = checksum(&walk, &call->flight);
}

static void compare(const struct vf_call *call)
{
    struct walk walk = { .hash = 1, .careful = true };

    if (checksum(&walk, &call->flight) == call->flight.checksum && !walk.gone)
        return;
    vf_report(&(struct hook_report){
        .rule = "WSK-V7", .severity = HOOK_FINDING, .place = call->place,
        .text = walk.gone ? walk.gone
                          : "the payload or the MDL chain of a send changed while it was pending",
        .stacks = { { "submitted", call->flight.stack }, walk.stacks[0], walk.stacks[1],
                    walk.stacks[2] },
    });
}

/* What completes within the call had no time to be pending. */
void vf_buffers_completed(struct vf_call *call)
{
    if (!call->flight.checksum)
        return;
    if (!vf_flight_inside(call) && !call->decided)
        compare(call);
    forget_buffers(&call->flight);
}

void vf_buffers_after(struct vf_call *call)
{
    if (!call->watched && call->flight.checksum)
        forget_buffers(&call->flight);
}

/* --- Both ----------------------------------------------------------------------------------- */

void vf_buffers_before(struct vf_call *call)
{
    const WSK_BUF *buffer = (const WSK_BUF *)vf_argument(call, VF_BUFFER);
    const WSK_BUF_LIST *list = (const WSK_BUF_LIST *)vf_argument(call, VF_BUFFER_LIST);

    if ((!buffer && !list) || (!hook_rule(7) && !hook_rule(8)))
        return;
    if (buffer)
        check_range(call, buffer);
    if (list)
        check_list(call, list);
    remember(call, buffer, list);
}
