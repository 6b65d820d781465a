/* SPDX-License-Identifier: MIT */
/* neighbour.c - hardware addresses of neighbours. */
#include "netio.h"

#include <string.h>

static void neighbour_row(const struct net_record *record, void *row)
{
    netio_row_neighbour(&record->neighbour, row);
}

NTSTATUS GetIpNetTable2(ADDRESS_FAMILY family, PMIB_IPNET_TABLE2 *table)
{
    static const struct netio_kind kind = {
        NET_RECORD_NEIGHBOUR, offsetof(MIB_IPNET_TABLE2, Table), sizeof(MIB_IPNET_ROW2),
        neighbour_row,
    };

    NETIO_BELOW_DISPATCH();
    return netio_get_table(&kind, family, (void **)table, NT_CALLER());
}

static bool is_neighbour(const struct net_record *record, const void *what)
{
    const struct net_neighbour *key = what;

    return record->neighbour.interface_index == key->interface_index &&
           netio_same_address(&record->neighbour.address, &key->address);
}

static NTSTATUS key_of(const MIB_IPNET_ROW2 *row, struct net_neighbour *key)
{
    struct net_link link;
    NTSTATUS status;

    memset(key, 0, sizeof(*key));
    if (!row || !netio_address_from(&row->Address, &key->address))
        return STATUS_INVALID_PARAMETER;
    status = netio_resolve(&row->InterfaceLuid, row->InterfaceIndex, &link);
    if (NT_SUCCESS(status))
        key->interface_index = link.index;
    return status;
}

static NTSTATUS find(const MIB_IPNET_ROW2 *row, struct net_record *found)
{
    struct net_neighbour key;
    NTSTATUS status = key_of(row, &key);

    if (!NT_SUCCESS(status))
        return status;
    return netio_find(NET_RECORD_NEIGHBOUR, key.address.family, is_neighbour, &key, found);
}

NTSTATUS GetIpNetEntry2(PMIB_IPNET_ROW2 row)
{
    struct net_record found;
    NTSTATUS status;

    NETIO_BELOW_DISPATCH();
    status = find(row, &found);
    if (NT_SUCCESS(status))
        netio_row_neighbour(&found.neighbour, row);
    return status;
}

/* --- Changes --------------------------------------------------------------------------------- */

static NTSTATUS change(enum net_change change, const MIB_IPNET_ROW2 *row)
{
    struct net_record record;
    NTSTATUS status;

    memset(&record, 0, sizeof(record));
    record.kind = NET_RECORD_NEIGHBOUR;
    status = key_of(row, &record.neighbour);
    if (!NT_SUCCESS(status))
        return status;
    if (row->PhysicalAddressLength > sizeof(record.neighbour.hardware))
        return STATUS_INVALID_PARAMETER;
    record.neighbour.hardware_length = row->PhysicalAddressLength;
    memcpy(record.neighbour.hardware, row->PhysicalAddress, row->PhysicalAddressLength);
    record.neighbour.router = row->IsRouter;
    return netio_status(net_record_change(change, &record));
}

NTSTATUS CreateIpNetEntry2(const MIB_IPNET_ROW2 *row)
{
    NETIO_BELOW_DISPATCH();
    return change(NET_CREATE, row);
}

NTSTATUS SetIpNetEntry2(PMIB_IPNET_ROW2 row)
{
    struct net_record found;
    NTSTATUS status;

    NETIO_BELOW_DISPATCH();
    status = find(row, &found);
    return NT_SUCCESS(status) ? change(NET_REPLACE, row) : status;
}

NTSTATUS DeleteIpNetEntry2(const MIB_IPNET_ROW2 *row)
{
    NETIO_BELOW_DISPATCH();
    return change(NET_REMOVE, row);
}
