/* SPDX-License-Identifier: MIT */
/* query.c - tables and single entries, for every kind of record alike. */
#include "netio.h"

#include <string.h>

NTSTATUS netio_make_table(const struct netio_kind *kind, size_t count, void **table,
                          const void *place)
{
    *table = netio_table_create(kind->header_size, kind->row_size, count, place);
    if (!*table)
        return STATUS_NO_MEMORY;
    /* Every table begins with NumEntries. */
    *(ULONG *)*table = (ULONG)count;
    return STATUS_SUCCESS;
}

static NTSTATUS fill(const struct netio_kind *kind, const struct net_records *records, void **table,
                     const void *place)
{
    NTSTATUS status;

    if (records->count == 0)
        return STATUS_NOT_FOUND;
    status = netio_make_table(kind, records->count, table, place);
    if (!NT_SUCCESS(status))
        return status;
    netio_learn_links();
    for (size_t i = 0; i < records->count; i++)
        kind->row(&records->at[i], (char *)*table + kind->header_size + i * kind->row_size);
    return STATUS_SUCCESS;
}

NTSTATUS netio_get_table(const struct netio_kind *kind, ADDRESS_FAMILY family, void **table,
                         const void *place)
{
    struct net_records records;
    enum net_family own;
    NTSTATUS status;

    if (!table || !netio_family_from(family, &own))
        return STATUS_INVALID_PARAMETER;
    *table = NULL;
    status = netio_status(net_records_get(kind->kind, own, &records));
    if (!NT_SUCCESS(status))
        return status;
    status = fill(kind, &records, table, place);
    net_records_free(&records);
    return status;
}

NTSTATUS netio_find(enum net_record_kind kind, enum net_family family, netio_match_fn *matches,
                    const void *what, struct net_record *found)
{
    struct net_records records;
    NTSTATUS status = netio_status(net_records_get(kind, family, &records));

    if (!NT_SUCCESS(status))
        return status;
    status = STATUS_NOT_FOUND;
    for (size_t i = 0; i < records.count && !NT_SUCCESS(status); i++) {
        if (matches(&records.at[i], what)) {
            memcpy(found, &records.at[i], sizeof(*found));
            status = STATUS_SUCCESS;
        }
    }
    net_records_free(&records);
    return status;
}
