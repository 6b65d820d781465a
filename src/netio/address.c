/* SPDX-License-Identifier: MIT */
/* address.c - the host's own addresses: unicast, multicast, anycast. */
#include "netio.h"

#include <string.h>

/* OnLinkPrefixLength as InitializeUnicastIpAddressEntry leaves it: the whole address. */
#define PREFIX_WHOLE 255u

/* What an entry is found by. */
struct key {
    struct net_address address;
    uint32_t index;
};

/* --- Tables ---------------------------------------------------------------------------------- */

static void unicast_row(const struct net_record *record, void *row)
{
    netio_row_unicast(&record->local, row);
}

static void multicast_row(const struct net_record *record, void *row)
{
    netio_row_multicast(&record->group, row);
}

static void anycast_row(const struct net_record *record, void *row)
{
    netio_row_anycast(&record->group, row);
}

static const struct netio_kind unicast = {
    NET_RECORD_ADDRESS, offsetof(MIB_UNICASTIPADDRESS_TABLE, Table),
    sizeof(MIB_UNICASTIPADDRESS_ROW), unicast_row,
};

NTSTATUS GetUnicastIpAddressTable(ADDRESS_FAMILY family, PMIB_UNICASTIPADDRESS_TABLE *table)
{
    NETIO_BELOW_DISPATCH();
    return netio_get_table(&unicast, family, (void **)table, NT_CALLER());
}

NTSTATUS GetMulticastIpAddressTable(ADDRESS_FAMILY family, PMIB_MULTICASTIPADDRESS_TABLE *table)
{
    static const struct netio_kind kind = {
        NET_RECORD_MULTICAST, offsetof(MIB_MULTICASTIPADDRESS_TABLE, Table),
        sizeof(MIB_MULTICASTIPADDRESS_ROW), multicast_row,
    };

    NETIO_BELOW_DISPATCH();
    return netio_get_table(&kind, family, (void **)table, NT_CALLER());
}

NTSTATUS GetAnycastIpAddressTable(ADDRESS_FAMILY family, PMIB_ANYCASTIPADDRESS_TABLE *table)
{
    static const struct netio_kind kind = {
        NET_RECORD_ANYCAST, offsetof(MIB_ANYCASTIPADDRESS_TABLE, Table),
        sizeof(MIB_ANYCASTIPADDRESS_ROW), anycast_row,
    };

    NETIO_BELOW_DISPATCH();
    return netio_get_table(&kind, family, (void **)table, NT_CALLER());
}

NTSTATUS netio_unicast_table(ADDRESS_FAMILY family, PMIB_UNICASTIPADDRESS_TABLE *table, bool *stable,
                             const void *place)
{
    NTSTATUS status = netio_get_table(&unicast, family, (void **)table, place);

    *stable = true;
    for (ULONG i = 0; NT_SUCCESS(status) && i < (*table)->NumEntries; i++)
        *stable = *stable && (*table)->Table[i].DadState != IpDadStateTentative;
    return status;
}

/* --- Entries --------------------------------------------------------------------------------- */

/* The interface comes first: without it an entry of a bad address is not looked for either. */
static NTSTATUS key_of(const SOCKADDR_INET *address, const NET_LUID *luid, NET_IFINDEX index,
                       struct key *key)
{
    struct net_link link;
    NTSTATUS status;

    if (!netio_address_from(address, &key->address) || netio_is_unspecified(&key->address))
        return STATUS_INVALID_PARAMETER;
    status = netio_resolve(luid, index, &link);
    if (NT_SUCCESS(status))
        key->index = link.index;
    return status;
}

static bool is_local(const struct net_record *record, const void *what)
{
    const struct key *key = what;

    return record->local.interface_index == key->index &&
           netio_same_address(&record->local.address, &key->address);
}

static bool is_group(const struct net_record *record, const void *what)
{
    const struct key *key = what;

    return record->group.interface_index == key->index &&
           netio_same_address(&record->group.address, &key->address);
}

static NTSTATUS unicast_key(const MIB_UNICASTIPADDRESS_ROW *row, struct key *key)
{
    NTSTATUS status;

    if (!row)
        return STATUS_INVALID_PARAMETER;
    status = key_of(&row->Address, &row->InterfaceLuid, row->InterfaceIndex, key);
    return NT_SUCCESS(status) && netio_is_multicast(&key->address) ? STATUS_INVALID_PARAMETER
                                                                   : status;
}

NTSTATUS GetUnicastIpAddressEntry(PMIB_UNICASTIPADDRESS_ROW row)
{
    struct net_record found;
    struct key key;
    NTSTATUS status;

    NETIO_BELOW_DISPATCH();
    status = unicast_key(row, &key);
    if (NT_SUCCESS(status))
        status = netio_find(NET_RECORD_ADDRESS, key.address.family, is_local, &key, &found);
    if (NT_SUCCESS(status))
        netio_row_unicast(&found.local, row);
    return status;
}

NTSTATUS GetMulticastIpAddressEntry(PMIB_MULTICASTIPADDRESS_ROW row)
{
    struct net_record found;
    struct key key;
    NTSTATUS status;

    NETIO_BELOW_DISPATCH();
    if (!row)
        return STATUS_INVALID_PARAMETER;
    status = key_of(&row->Address, &row->InterfaceLuid, row->InterfaceIndex, &key);
    if (NT_SUCCESS(status))
        status = netio_find(NET_RECORD_MULTICAST, key.address.family, is_group, &key, &found);
    if (NT_SUCCESS(status))
        netio_row_multicast(&found.group, row);
    return status;
}

NTSTATUS GetAnycastIpAddressEntry(PMIB_ANYCASTIPADDRESS_ROW row)
{
    struct net_record found;
    struct key key;
    NTSTATUS status;

    NETIO_BELOW_DISPATCH();
    if (!row)
        return STATUS_INVALID_PARAMETER;
    status = key_of(&row->Address, &row->InterfaceLuid, row->InterfaceIndex, &key);
    if (NT_SUCCESS(status))
        status = netio_find(NET_RECORD_ANYCAST, key.address.family, is_group, &key, &found);
    if (NT_SUCCESS(status))
        netio_row_anycast(&found.group, row);
    return status;
}

/* --- Changes --------------------------------------------------------------------------------- */

void InitializeUnicastIpAddressEntry(PMIB_UNICASTIPADDRESS_ROW row)
{
    memset(row, 0, sizeof(*row));
    row->PrefixOrigin = (NL_PREFIX_ORIGIN)IpPrefixOriginUnchanged;
    row->SuffixOrigin = (NL_SUFFIX_ORIGIN)IpSuffixOriginUnchanged;
    row->ValidLifetime = row->PreferredLifetime = NET_FOREVER_S;
    row->OnLinkPrefixLength = PREFIX_WHOLE;
}

static bool origins_valid(const MIB_UNICASTIPADDRESS_ROW *row)
{
    bool prefix_unchanged = (int)row->PrefixOrigin == (int)IpPrefixOriginUnchanged;
    bool suffix_unchanged = (int)row->SuffixOrigin == (int)IpSuffixOriginUnchanged;

    if (prefix_unchanged || suffix_unchanged)
        return prefix_unchanged && suffix_unchanged;
    return (ULONG)row->PrefixOrigin <= IpPrefixOriginRouterAdvertisement &&
           (ULONG)row->SuffixOrigin <= IpSuffixOriginRandom;
}

/* What the page of CreateUnicastIpAddressEntry lists as invalid, and what this host cannot do. */
static NTSTATUS unicast_record(const MIB_UNICASTIPADDRESS_ROW *row, struct net_record *record)
{
    struct key key;
    NTSTATUS status = unicast_key(row, &key);
    uint32_t whole = key.address.family == NET_IPV4 ? 32 : 128;
    uint32_t length;

    if (!NT_SUCCESS(status))
        return status;
    length = row->OnLinkPrefixLength == PREFIX_WHOLE ? whole : row->OnLinkPrefixLength;
    if (length > whole || row->ValidLifetime < row->PreferredLifetime || !origins_valid(row))
        return STATUS_INVALID_PARAMETER;
    if (row->SkipAsSource)
        return STATUS_NOT_SUPPORTED;
    memset(record, 0, sizeof(*record));
    record->kind = NET_RECORD_ADDRESS;
    record->local.interface_index = key.index;
    record->local.address = key.address;
    record->local.prefix_length = length;
    record->local.valid_s = row->ValidLifetime;
    record->local.preferred_s = row->PreferredLifetime;
    return STATUS_SUCCESS;
}

NTSTATUS CreateUnicastIpAddressEntry(const MIB_UNICASTIPADDRESS_ROW *row)
{
    struct net_record record;
    NTSTATUS status;

    NETIO_BELOW_DISPATCH();
    status = unicast_record(row, &record);
    return NT_SUCCESS(status) ? netio_status(net_record_change(NET_CREATE, &record)) : status;
}

/* The prefix is part of what an address is on the host, so it stays as it is. */
NTSTATUS SetUnicastIpAddressEntry(const MIB_UNICASTIPADDRESS_ROW *row)
{
    struct net_record record, found;
    struct key key;
    NTSTATUS status;

    NETIO_BELOW_DISPATCH();
    status = unicast_record(row, &record);
    if (!NT_SUCCESS(status))
        return status;
    key = (struct key){ record.local.address, record.local.interface_index };
    status = netio_find(NET_RECORD_ADDRESS, key.address.family, is_local, &key, &found);
    if (!NT_SUCCESS(status))
        return status;
    if (row->OnLinkPrefixLength == PREFIX_WHOLE)
        record.local.prefix_length = found.local.prefix_length;
    if (record.local.prefix_length != found.local.prefix_length)
        return STATUS_NOT_SUPPORTED;
    return netio_status(net_record_change(NET_REPLACE, &record));
}

NTSTATUS DeleteUnicastIpAddressEntry(const MIB_UNICASTIPADDRESS_ROW *row)
{
    struct net_record found;
    struct key key;
    NTSTATUS status;

    NETIO_BELOW_DISPATCH();
    status = unicast_key(row, &key);
    if (NT_SUCCESS(status))
        status = netio_find(NET_RECORD_ADDRESS, key.address.family, is_local, &key, &found);
    return NT_SUCCESS(status) ? netio_status(net_record_change(NET_REMOVE, &found)) : status;
}
