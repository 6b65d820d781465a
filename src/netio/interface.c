/* SPDX-License-Identifier: MIT */
/* interface.c - interfaces, the families that run on them, and how they are stacked. */
#include "netio.h"

#include <string.h>

/* --- Interfaces ------------------------------------------------------------------------------ */

static void row_with_statistics(const struct net_record *record, void *row)
{
    netio_row_interface(&record->link, true, row);
}

static void row_without_statistics(const struct net_record *record, void *row)
{
    netio_row_interface(&record->link, false, row);
}

static NTSTATUS get_table(bool statistics, PMIB_IF_TABLE2 *table, const void *place)
{
    const struct netio_kind kind = {
        NET_RECORD_LINK, offsetof(MIB_IF_TABLE2, Table), sizeof(MIB_IF_ROW2),
        statistics ? row_with_statistics : row_without_statistics,
    };

    return netio_get_table(&kind, AF_UNSPEC, (void **)table, place);
}

NTSTATUS GetIfTable2(PMIB_IF_TABLE2 *table)
{
    NETIO_BELOW_DISPATCH();
    return get_table(true, table, NT_CALLER());
}

/* There are no filters between an interface and its driver here, so "raw" is the same. */
NTSTATUS GetIfTable2Ex(MIB_IF_TABLE_LEVEL level, PMIB_IF_TABLE2 *table)
{
    NETIO_BELOW_DISPATCH();
    if (level != MibIfTableNormal && level != MibIfTableRaw &&
        level != MibIfTableNormalWithoutStatistics)
        return STATUS_INVALID_PARAMETER;
    return get_table(level != MibIfTableNormalWithoutStatistics, table, NT_CALLER());
}

static NTSTATUS get_entry(bool statistics, PMIB_IF_ROW2 row)
{
    struct net_link link;
    NTSTATUS status;

    if (!row)
        return STATUS_INVALID_PARAMETER;
    status = netio_resolve(&row->InterfaceLuid, row->InterfaceIndex, &link);
    if (NT_SUCCESS(status))
        netio_row_interface(&link, statistics, row);
    return status;
}

NTSTATUS GetIfEntry2(PMIB_IF_ROW2 row)
{
    NETIO_BELOW_DISPATCH();
    return get_entry(true, row);
}

NTSTATUS GetIfEntry2Ex(MIB_IF_ENTRY_LEVEL level, PMIB_IF_ROW2 row)
{
    NETIO_BELOW_DISPATCH();
    if (level != MibIfEntryNormal && level != MibIfEntryNormalWithoutStatistics)
        return STATUS_INVALID_PARAMETER;
    return get_entry(level == MibIfEntryNormal, row);
}

/* --- Families on interfaces ------------------------------------------------------------------ */

static bool runs(const struct net_link *link, enum net_family family)
{
    return (link->flags & (family == NET_IPV6 ? NET_LINK_IPV6 : NET_LINK_IPV4)) != 0;
}

/* Writes the rows to `to`, if there is one, and says how many there are. */
static size_t ip_rows(const struct net_records *links, enum net_family wanted,
                      MIB_IPINTERFACE_ROW *to)
{
    static const enum net_family families[] = { NET_IPV4, NET_IPV6 };
    size_t count = 0;

    for (size_t i = 0; i < links->count; i++) {
        for (size_t f = 0; f < RTL_NUMBER_OF(families); f++) {
            if (wanted != NET_UNSPECIFIED && wanted != families[f])
                continue;
            if (!runs(&links->at[i].link, families[f]))
                continue;
            if (to)
                netio_row_ip_interface(&links->at[i].link, families[f], &to[count]);
            count++;
        }
    }
    return count;
}

NTSTATUS GetIpInterfaceTable(ADDRESS_FAMILY family, PMIB_IPINTERFACE_TABLE *table)
{
    static const struct netio_kind kind = {
        NET_RECORD_LINK, offsetof(MIB_IPINTERFACE_TABLE, Table), sizeof(MIB_IPINTERFACE_ROW), NULL,
    };
    struct net_records links;
    enum net_family own;
    NTSTATUS status;
    size_t count;

    NETIO_BELOW_DISPATCH();
    if (!table || !netio_family_from(family, &own))
        return STATUS_INVALID_PARAMETER;
    *table = NULL;
    status = netio_status(net_records_get(NET_RECORD_LINK, NET_UNSPECIFIED, &links));
    if (!NT_SUCCESS(status))
        return status;
    count = ip_rows(&links, own, NULL);
    status = count ? netio_make_table(&kind, count, (void **)table, NT_CALLER()) : STATUS_NOT_FOUND;
    if (NT_SUCCESS(status))
        ip_rows(&links, own, (*table)->Table);
    net_records_free(&links);
    return status;
}

NTSTATUS GetIpInterfaceEntry(PMIB_IPINTERFACE_ROW row)
{
    enum net_family family;
    struct net_link link;
    NTSTATUS status;

    NETIO_BELOW_DISPATCH();
    if (!row || !netio_family_from(row->Family, &family) || family == NET_UNSPECIFIED)
        return STATUS_INVALID_PARAMETER;
    status = netio_resolve(&row->InterfaceLuid, row->InterfaceIndex, &link);
    if (!NT_SUCCESS(status))
        return status;
    if (!runs(&link, family))
        return STATUS_NOT_FOUND;
    netio_row_ip_interface(&link, family, row);
    return STATUS_SUCCESS;
}

/* All ones is "unchanged" in every member that can be set. */
void InitializeIpInterfaceEntry(PMIB_IPINTERFACE_ROW row)
{
    memset(row, 0xff, sizeof(*row));
    row->Family = AF_UNSPEC;
    row->InterfaceLuid.Value = 0;
    row->InterfaceIndex = NET_IFINDEX_UNSPECIFIED;
}

/* --- Stacks ---------------------------------------------------------------------------------- */

/* Fills pairs (higher, lower) and says how many there are. The lower one may be out of sight. */
static size_t stack_rows(const struct net_records *links, MIB_IFSTACK_ROW *to)
{
    size_t count = 0;

    for (size_t i = 0; i < links->count; i++) {
        const struct net_link *link = &links->at[i].link;

        if (!link->lower || link->lower == link->index)
            continue;
        if (to)
            to[count] = (MIB_IFSTACK_ROW){ link->index, link->lower };
        count++;
    }
    return count;
}

static NTSTATUS get_stack(PMIB_IFSTACK_TABLE *table, const void *place)
{
    static const struct netio_kind kind = {
        NET_RECORD_LINK, offsetof(MIB_IFSTACK_TABLE, Table), sizeof(MIB_IFSTACK_ROW), NULL,
    };
    struct net_records links;
    NTSTATUS status;

    if (!table)
        return STATUS_INVALID_PARAMETER;
    *table = NULL;
    status = netio_status(net_records_get(NET_RECORD_LINK, NET_UNSPECIFIED, &links));
    if (!NT_SUCCESS(status))
        return status;
    status = netio_make_table(&kind, stack_rows(&links, NULL), (void **)table, place);
    if (NT_SUCCESS(status))
        stack_rows(&links, (*table)->Table);
    net_records_free(&links);
    return status;
}

NTSTATUS GetIfStackTable(PMIB_IFSTACK_TABLE *table)
{
    NETIO_BELOW_DISPATCH();
    return get_stack(table, NT_CALLER());
}

NTSTATUS GetInvertedIfStackTable(PMIB_INVERTEDIFSTACK_TABLE *table)
{
    NTSTATUS status;

    NETIO_BELOW_DISPATCH();
    /* The two tables differ in the order of the two indices of a row, and in nothing else. */
    status = get_stack((PMIB_IFSTACK_TABLE *)table, NT_CALLER());
    for (ULONG i = 0; NT_SUCCESS(status) && i < (*table)->NumEntries; i++) {
        MIB_INVERTEDIFSTACK_ROW *row = &(*table)->Table[i];
        NET_IFINDEX higher = row->LowerLayerInterfaceIndex;

        row->LowerLayerInterfaceIndex = row->HigherLayerInterfaceIndex;
        row->HigherLayerInterfaceIndex = higher;
    }
    return status;
}
