/* SPDX-License-Identifier: MIT */
/*
 * ledger.h - what a driver has made and not yet given back, with the place that made it.
 *
 * Each tracked object embeds a ledger_entry. Adding and removing costs one short lock of a shard
 * that is chosen by the entry's address, so that threads rarely meet.
 */
#ifndef OPENWSK_BASE_LEDGER_H
#define OPENWSK_BASE_LEDGER_H

#include "list.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* kind, singular, plural */
#define LEDGER_KINDS(X) \
    X(LEDGER_SOCKET, "socket", "sockets") \
    X(LEDGER_IRP, "IRP", "IRPs") \
    X(LEDGER_POOL, "pool block", "pool blocks") \
    X(LEDGER_MDL, "MDL", "MDLs") \
    X(LEDGER_LOCKED_PAGES, "MDL with locked pages", "MDLs with locked pages") \
    X(LEDGER_THREAD, "system thread", "system threads") \
    X(LEDGER_TIMER, "armed timer", "armed timers") \
    X(LEDGER_WORK_ITEM, "work item", "work items") \
    X(LEDGER_LOOKASIDE, "lookaside list", "lookaside lists") \
    X(LEDGER_DEVICE, "device object", "device objects") \
    X(LEDGER_HANDLE, "open handle", "open handles") \
    X(LEDGER_INDICATION, "retained datagram indication", "retained datagram indications") \
    X(LEDGER_NPI, "captured provider NPI", "captured provider NPIs") \
    X(LEDGER_REGISTRATION, "WSK registration", "WSK registrations") \
    X(LEDGER_NOTIFICATION, "change notification", "change notifications") \
    X(LEDGER_MIB_TABLE, "MIB table", "MIB tables") \
    X(LEDGER_ADDRESS_INFO, "address list of WskGetAddressInfo", \
      "address lists of WskGetAddressInfo") \
    X(LEDGER_DESCRIPTOR, "cached security descriptor", "cached security descriptors") \
    X(LEDGER_MODULE, "network module registration", "network module registrations")

enum ledger_kind {
#define X(kind, singular, plural) kind,
    LEDGER_KINDS(X)
#undef X
    LEDGER_KIND_COUNT
};

struct ledger_entry {
    struct list link;
    const void *place;   /* return address in the code that made the object */
    const void *object;  /* what its owner calls it */
    uint64_t size;       /* bytes, where that means something */
    uint32_t tag;        /* pool tag, or 0 */
    uint32_t kind : 8;   /* enum ledger_kind */
    uint32_t stack : 24; /* stack.h; 0: not taken */
};

void ledger_add(struct ledger_entry *entry, enum ledger_kind kind, const void *object,
                const void *place);

/* With the stack that the caller has taken; ledger_add() takes one itself where rules are on. */
void ledger_add_stack(struct ledger_entry *entry, enum ledger_kind kind, const void *object,
                      const void *place, uint32_t stack);
void ledger_remove(struct ledger_entry *entry);

size_t ledger_count(enum ledger_kind kind);

/*
 * Calls `visit` for every live entry of the kind, under the shard's lock: it may not add or remove.
 */
typedef void ledger_visit_fn(const struct ledger_entry *entry, void *context);
void ledger_visit(enum ledger_kind kind, ledger_visit_fn *visit, void *context);

const char *ledger_kind_name(enum ledger_kind kind, size_t count);

#endif
