/* SPDX-License-Identifier: MIT */
/*
 * netio.h - interfaces, addresses, routes and neighbours for drivers: what the files of this storey
 * share.
 *
 * Drivers see netioapi.h; nobody else calls in here. The storey speaks Windows and asks the engine
 * (route.h). It keeps no state of its own but registrations and tables that a driver holds, so it
 * needs no start and no stop.
 *
 * Everything that asks or changes may wait, and so needs IRQL < DISPATCH_LEVEL.
 */
#ifndef OPENWSK_NETIO_NETIO_H
#define OPENWSK_NETIO_NETIO_H

#include "base.h"
#include "net.h"
#include "nt.h"
#include "route.h"

#include <netioapi.h>

/*
 * Bug checks in the name of the function that the driver called. The pages give PASSIVE_LEVEL for
 * some functions and "< DISPATCH_LEVEL" for others of the same kind; asking is allowed at APC_LEVEL
 * here.
 */
#define NETIO_BELOW_DISPATCH() nt_require_irql(APC_LEVEL, __func__, NT_CALLER())
#define NETIO_PASSIVE() nt_require_irql(PASSIVE_LEVEL, __func__, NT_CALLER())

/* --- identity.c: names of interfaces --------------------------------------------------------- */

/*
 * The LUID is the type, and the host's index; so it is the same for as long as the host knows the
 * interface, and Linux gives no index twice before it has counted through them all.
 */
NET_LUID netio_luid(const struct net_link *link);

/* The same for an interface that is known by its index, also when it has just gone. */
NET_LUID netio_luid_of(uint32_t index);

/* Learns the types of all interfaces that there are, for netio_luid_of(). */
void netio_learn_links(void);

GUID netio_guid(const NET_LUID *luid);

/*
 * The interface that a row names, by its LUID or, if that is 0, by its index.
 * STATUS_INVALID_PARAMETER when both are 0, STATUS_NOT_FOUND when there is none.
 */
NTSTATUS netio_resolve(const NET_LUID *luid, NET_IFINDEX index, struct net_link *link);

/* --- table.c: memory that FreeMibTable takes ------------------------------------------------- */

/* Zeroed; entered in the ledger as made at `place`. NULL when there is no memory. */
void *netio_table_create(size_t header_size, size_t row_size, size_t count, const void *place);

/* Frees what a driver never got. */
void netio_table_destroy(void *table);

/* --- status.c -------------------------------------------------------------------------------- */

/* From 0 or a negative errno value, as netioapi.h documents. */
NTSTATUS netio_status(int error);

/* --- row.c: records and rows, pure but for the LUID ------------------------------------------ */

/* AF_UNSPEC, AF_INET and AF_INET6; false for anything else. */
bool netio_family_from(ADDRESS_FAMILY family, enum net_family *result);
ADDRESS_FAMILY netio_family_to(enum net_family family);

/* False when the family is neither. The port is dropped. */
bool netio_address_from(const SOCKADDR_INET *from, struct net_address *to);
void netio_address_to(const struct net_address *from, SOCKADDR_INET *to);

/* Same address, and the same scope if both name one. */
bool netio_same_address(const struct net_address *left, const struct net_address *right);

bool netio_is_multicast(const struct net_address *address);
bool netio_is_unspecified(const struct net_address *address);

void netio_row_interface(const struct net_link *link, bool statistics, MIB_IF_ROW2 *row);
void netio_row_ip_interface(const struct net_link *link, enum net_family family,
                            MIB_IPINTERFACE_ROW *row);
void netio_row_unicast(const struct net_local *local, MIB_UNICASTIPADDRESS_ROW *row);
void netio_row_multicast(const struct net_group *group, MIB_MULTICASTIPADDRESS_ROW *row);
void netio_row_anycast(const struct net_group *group, MIB_ANYCASTIPADDRESS_ROW *row);
void netio_row_forward(const struct net_route *route, MIB_IPFORWARD_ROW2 *row);
void netio_row_neighbour(const struct net_neighbour *neighbour, MIB_IPNET_ROW2 *row);

/* --- query.c: tables and entries of one kind of record --------------------------------------- */

/* How records of one kind become rows of one table. */
struct netio_kind {
    enum net_record_kind kind;
    size_t header_size;   /* bytes before the first row */
    size_t row_size;
    void (*row)(const struct net_record *record, void *row);
};

/*
 * A Get...Table function: STATUS_INVALID_PARAMETER for a bad family or a NULL table,
 * STATUS_NOT_FOUND when there is no entry, STATUS_NO_MEMORY.
 */
NTSTATUS netio_get_table(const struct netio_kind *kind, ADDRESS_FAMILY family, void **table,
                         const void *place);

/* A table of `count` rows in `*table`, which a driver will free. */
NTSTATUS netio_make_table(const struct netio_kind *kind, size_t count, void **table,
                          const void *place);

/* The first record for which `matches` holds; STATUS_NOT_FOUND. */
typedef bool netio_match_fn(const struct net_record *record, const void *what);
NTSTATUS netio_find(enum net_record_kind kind, enum net_family family, netio_match_fn *matches,
                    const void *what, struct net_record *found);

/* address.c: unicast addresses, for notify.c. `*stable` says that none is tentative. */
NTSTATUS netio_unicast_table(ADDRESS_FAMILY family, PMIB_UNICASTIPADDRESS_TABLE *table, bool *stable,
                             const void *place);

#endif
