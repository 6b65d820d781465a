/* SPDX-License-Identifier: MIT */
/*
 * lent.c - indications whose payload, address and control information are copies in memory that
 * vanishes when the driver has given them back, so that a pointer into them which it kept faults
 * (WSK-V22).
 *
 * That costs some calls of the system a datagram, each of which stops the other threads for a
 * moment, so not every datagram is copied: the first of each callback, then one in some.
 */
#include "rule_calls.h"

#include "circle.h"
#include "nt.h"

#include <string.h>

#define COPIES 1024u
#define ROUTINES 64u

/* Datagrams that are copied: the first of a callback, and then one in as many. */
#define COPIED_FIRST 64u
#define COPIED_STEP 256u

#define ADDRESS_ROOM 32u
_Static_assert(sizeof(SOCKADDR_INET) <= ADDRESS_ROOM, "an address fits");

/* By the node's address. What finds its slot taken is not copied. */
static struct copy {
    _Atomic(const void *) node; /* `taken` while it is filled */
    void *memory;
} copies[COPIES];

static const char taken;
static _Atomic uint32_t lent[ROUTINES];

static struct copy *copy_of(const void *node)
{
    return &copies[(uintptr_t)node * 0x9E3779B97F4A7C15ull >> 54];
}

static bool wanted(const void *routine)
{
    uint32_t count = atomic_fetch_add_explicit(
        &lent[((uintptr_t)routine >> 4) % ROUTINES], 1, memory_order_relaxed);

    return count < COPIED_FIRST || count % COPIED_STEP == 0;
}

/* --- Lending -------------------------------------------------------------------------------- */

static size_t round_up(size_t size)
{
    return (size + 15) & ~(size_t)15;
}

static void fill(PWSK_DATAGRAM_INDICATION node, char *memory)
{
    MDL *mdl = node->Buffer.Mdl;
    char *control = memory + ADDRESS_ROOM;
    char *payload = control + round_up(node->ControlInfoLength);

    memcpy(memory, node->RemoteAddress, sizeof(SOCKADDR_INET));
    node->RemoteAddress = (PSOCKADDR)(PVOID)memory;
    if (node->ControlInfoLength) {
        memcpy(control, node->ControlInfo, node->ControlInfoLength);
        node->ControlInfo = (PCMSGHDR)(PVOID)control;
    }
    memcpy(payload, mdl->MappedSystemVa, mdl->ByteCount);
    mdl->MappedSystemVa = payload;
    mdl->StartVa = (PVOID)((uintptr_t)payload & ~(uintptr_t)(PAGE_SIZE - 1));
    mdl->ByteOffset = (ULONG)((uintptr_t)payload & (PAGE_SIZE - 1));
}

static void lend_one(PWSK_DATAGRAM_INDICATION node, const void *place)
{
    struct copy *copy = copy_of(node);
    const MDL *mdl = node->Buffer.Mdl;
    char *memory;

    if (!mdl || mdl->Next || atomic_load_explicit(&copy->node, memory_order_acquire))
        return;
    memory = nt_lend(ADDRESS_ROOM + round_up(node->ControlInfoLength) + mdl->ByteCount, place);
    if (!memory)
        return;
    /* Two loops may want the slot. */
    if (!atomic_compare_exchange_strong(&copy->node, &(const void *){ NULL }, &taken)) {
        nt_lend_end(memory, NULL);
        return;
    }
    copy->memory = memory;
    fill(node, memory);
    atomic_store_explicit(&copy->node, node, memory_order_release);
}

void vf_lend_list(struct hook_event *event)
{
    PWSK_DATAGRAM_INDICATION node = event->indication;

    for (; node; node = node->Next)
        if (wanted(event->routine))
            lend_one(node, (const char *)event->routine + 1);
}

/* --- The end -------------------------------------------------------------------------------- */

static void end_one(const void *node, const void *released_at)
{
    struct copy *copy = copy_of(node);
    const void *expected = node;
    void *memory;

    if (atomic_load_explicit(&copy->node, memory_order_acquire) != node)
        return;
    memory = copy->memory;
    if (atomic_compare_exchange_strong(&copy->node, &expected, NULL))
        nt_lend_end(memory, released_at);
}

/* What was given back before leads to the trap. */
void vf_lend_end_list(void *list, const void *released_at)
{
    PWSK_DATAGRAM_INDICATION node = list;
    const void *trap = nt_trap_address();
    struct circle circle = { NULL, 0 };

    while (node && node != trap && !circle_closes(&circle, node)) {
        end_one(node, released_at);
        node = node->Next;
    }
}

/* What a driver never released. */
void vf_lent_forget(void)
{
    for (size_t i = 0; i < COPIES; i++) {
        const void *node = atomic_load(&copies[i].node);

        if (node)
            end_one(node, NULL);
    }
    memset(lent, 0, sizeof(lent));
}
