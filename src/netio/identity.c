/* SPDX-License-Identifier: MIT */
/*
 * identity.c - what an interface is called: index, LUID, GUID, name and alias.
 *
 * The alias is the host's name ("eth0"). The name is Windows' own kind, made of the type and the
 * LUID's index ("ethernet_2"). The GUID carries the LUID, so each leads to the other without a
 * table.
 */
#include "netio.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Types of interfaces that were seen, by index; two of the same remainder push each other out. */
#define SEEN_MAX 1024u

static _Atomic uint64_t seen[SEEN_MAX];

/* --- LUIDs ----------------------------------------------------------------------------------- */

static NET_IFTYPE type_number(enum net_link_type type)
{
    static const NET_IFTYPE numbers[] = {
        [NET_LINK_OTHER] = IF_TYPE_OTHER,
        [NET_LINK_ETHERNET] = IF_TYPE_ETHERNET_CSMACD,
        [NET_LINK_LOOPBACK] = IF_TYPE_SOFTWARE_LOOPBACK,
        [NET_LINK_PPP] = IF_TYPE_PPP,
        [NET_LINK_TUNNEL] = IF_TYPE_TUNNEL,
        [NET_LINK_VIRTUAL] = IF_TYPE_PROP_VIRTUAL,
    };

    return numbers[type];
}

/*
 * An index of more than 24 bits, which only a program that asks for it gets, goes on in Reserved.
 */
static NET_LUID make_luid(NET_IFTYPE type, uint32_t index)
{
    NET_LUID luid = { 0 };

    luid.Info.IfType = type;
    luid.Info.NetLuidIndex = index & 0xffffff;
    luid.Info.Reserved = index >> 24;
    return luid;
}

static uint32_t index_of(const NET_LUID *luid)
{
    return (uint32_t)luid->Info.NetLuidIndex | (uint32_t)luid->Info.Reserved << 24;
}

static void remember(const struct net_link *link)
{
    atomic_store_explicit(&seen[link->index % SEEN_MAX],
                          (uint64_t)link->index << 32 | type_number(link->type),
                          memory_order_relaxed);
}

NET_LUID netio_luid(const struct net_link *link)
{
    remember(link);
    return make_luid(type_number(link->type), link->index);
}

NET_LUID netio_luid_of(uint32_t index)
{
    uint64_t known = atomic_load_explicit(&seen[index % SEEN_MAX], memory_order_relaxed);
    struct net_link link;

    if (known >> 32 == index && index)
        return make_luid((NET_IFTYPE)known, index);
    if (net_link_get(index, &link) == 0)
        return netio_luid(&link);
    return make_luid(IF_TYPE_OTHER, index);
}

void netio_learn_links(void)
{
    struct net_records links;

    if (net_records_get(NET_RECORD_LINK, NET_UNSPECIFIED, &links) != 0)
        return;
    for (size_t i = 0; i < links.count; i++)
        remember(&links.at[i].link);
    net_records_free(&links);
}

NTSTATUS netio_resolve(const NET_LUID *luid, NET_IFINDEX index, struct net_link *link)
{
    bool by_luid = luid && luid->Value != 0;
    NTSTATUS status;

    if (!by_luid && index == 0)
        return STATUS_INVALID_PARAMETER;
    status = netio_status(net_link_get(by_luid ? index_of(luid) : index, link));
    if (NT_SUCCESS(status) && by_luid && netio_luid(link).Value != luid->Value)
        return STATUS_NOT_FOUND;
    return status;
}

/*
 * The pages of the conversions know one failure: whatever leads to no interface is a bad parameter.
 */
static NTSTATUS convert_status(NTSTATUS status)
{
    return status == STATUS_NOT_FOUND ? STATUS_INVALID_PARAMETER : status;
}

NTSTATUS ConvertInterfaceIndexToLuid(NET_IFINDEX interface_index, PNET_LUID interface_luid)
{
    struct net_link link;
    NTSTATUS status;

    NETIO_BELOW_DISPATCH();
    if (!interface_luid)
        return STATUS_INVALID_PARAMETER;
    interface_luid->Value = 0;
    status = convert_status(netio_resolve(NULL, interface_index, &link));
    if (NT_SUCCESS(status))
        *interface_luid = netio_luid(&link);
    return status;
}

NTSTATUS ConvertInterfaceLuidToIndex(const NET_LUID *interface_luid, PNET_IFINDEX interface_index)
{
    struct net_link link;
    NTSTATUS status;

    NETIO_BELOW_DISPATCH();
    if (!interface_luid || !interface_index)
        return STATUS_INVALID_PARAMETER;
    *interface_index = NET_IFINDEX_UNSPECIFIED;
    status = convert_status(netio_resolve(interface_luid, 0, &link));
    if (NT_SUCCESS(status))
        *interface_index = link.index;
    return status;
}

/* --- GUIDs ----------------------------------------------------------------------------------- */

/* RFC 9562, version 8: the rest is for whoever makes it. */
#define GUID_VERSION 0x8000u

static const UCHAR guid_tail[8] = { 0x80, 'o', 'p', 'e', 'n', 'w', 's', 'k' };

GUID netio_guid(const NET_LUID *luid)
{
    GUID guid = { 0 };

    guid.Data1 = index_of(luid);
    guid.Data2 = (USHORT)luid->Info.IfType;
    guid.Data3 = GUID_VERSION;
    memcpy(guid.Data4, guid_tail, sizeof(guid_tail));
    return guid;
}

NTSTATUS ConvertInterfaceLuidToGuid(const NET_LUID *interface_luid, GUID *interface_guid)
{
    struct net_link link;
    NTSTATUS status;

    NETIO_BELOW_DISPATCH();
    if (!interface_luid || !interface_guid)
        return STATUS_INVALID_PARAMETER;
    status = convert_status(netio_resolve(interface_luid, 0, &link));
    if (NT_SUCCESS(status))
        *interface_guid = netio_guid(interface_luid);
    return status;
}

NTSTATUS ConvertInterfaceGuidToLuid(const GUID *interface_guid, PNET_LUID interface_luid)
{
    NET_LUID luid;
    struct net_link link;
    NTSTATUS status;

    NETIO_BELOW_DISPATCH();
    if (!interface_guid || !interface_luid)
        return STATUS_INVALID_PARAMETER;
    interface_luid->Value = 0;
    if (interface_guid->Data3 != GUID_VERSION ||
        memcmp(interface_guid->Data4, guid_tail, sizeof(guid_tail)) != 0)
        return STATUS_INVALID_PARAMETER;
    luid = make_luid(interface_guid->Data2, (uint32_t)interface_guid->Data1);
    status = convert_status(netio_resolve(&luid, 0, &link));
    if (NT_SUCCESS(status))
        *interface_luid = luid;
    return status;
}

/* --- Names ----------------------------------------------------------------------------------- */

static const struct {
    NET_IFTYPE type;
    const char *word;
} words[] = {
    { IF_TYPE_OTHER, "other" },
    { IF_TYPE_ETHERNET_CSMACD, "ethernet" },
    { IF_TYPE_PPP, "ppp" },
    { IF_TYPE_SOFTWARE_LOOPBACK, "loopback" },
    { IF_TYPE_IEEE80211, "wireless" },
    { IF_TYPE_TUNNEL, "tunnel" },
};

static void name_of(const NET_LUID *luid, char *name, size_t size)
{
    NET_IFTYPE type = (NET_IFTYPE)luid->Info.IfType;

    for (size_t i = 0; i < RTL_NUMBER_OF(words); i++) {
        if (words[i].type == type) {
            snprintf(name, size, "%s_%u", words[i].word, index_of(luid));
            return;
        }
    }
    snprintf(name, size, "iftype%u_%u", (unsigned)type, index_of(luid));
}

/* Digits to the end, and not more than 32 bits. */
static bool read_number(const char *text, unsigned long limit, unsigned long *number)
{
    char *end;

    if (*text < '0' || *text > '9' || strlen(text) > 10)
        return false;
    *number = strtoul(text, &end, 10);
    return *end == '\0' && *number <= limit;
}

static bool read_type(char *word, unsigned long *type)
{
    for (size_t i = 0; i < RTL_NUMBER_OF(words); i++) {
        if (strcmp(words[i].word, word) == 0) {
            *type = words[i].type;
            return true;
        }
    }
    return strncmp(word, "iftype", 6) == 0 && read_number(word + 6, 0xffff, type);
}

static bool luid_from_name(const char *name, NET_LUID *luid)
{
    unsigned long type, index;
    char word[32];
    const char *bar = strchr(name, '_');

    if (!bar || (size_t)(bar - name) >= sizeof(word) || !read_number(bar + 1, 0xffffffff, &index))
        return false;
    memcpy(word, name, (size_t)(bar - name));
    word[bar - name] = '\0';
    if (!read_type(word, &type))
        return false;
    *luid = make_luid((NET_IFTYPE)type, (uint32_t)index);
    return true;
}

/* False when the text is too long, or holds what no name of an interface holds. */
static bool narrow(const WCHAR *from, char *to, size_t room)
{
    size_t i = 0;

    for (; from[i] && i + 1 < room && from[i] < 0x100; i++)
        to[i] = (char)from[i];
    to[i] = '\0';
    return from[i] == 0;
}

/* STATUS_NO_MEMORY is how the pages say that the caller's buffer is too short. */
static NTSTATUS put_wide(const char *text, PWSTR to, SIZE_T length)
{
    size_t needed = strlen(text) + 1;

    if (length < needed)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < needed; i++)
        to[i] = (unsigned char)text[i];
    return STATUS_SUCCESS;
}

NTSTATUS ConvertInterfaceLuidToNameA(const NET_LUID *interface_luid, PSTR interface_name,
                                     SIZE_T length)
{
    char name[40];

    if (!interface_luid || !interface_name || interface_luid->Value == 0)
        return STATUS_INVALID_PARAMETER;
    name_of(interface_luid, name, sizeof(name));
    if (length < strlen(name) + 1)
        return STATUS_NO_MEMORY;
    memcpy(interface_name, name, strlen(name) + 1);
    return STATUS_SUCCESS;
}

NTSTATUS ConvertInterfaceLuidToNameW(const NET_LUID *interface_luid, PWSTR interface_name,
                                     SIZE_T length)
{
    char name[40];

    if (!interface_luid || !interface_name || interface_luid->Value == 0)
        return STATUS_INVALID_PARAMETER;
    name_of(interface_luid, name, sizeof(name));
    return put_wide(name, interface_name, length);
}

NTSTATUS ConvertInterfaceNameToLuidA(const CHAR *interface_name, NET_LUID *interface_luid)
{
    if (!interface_luid)
        return STATUS_INVALID_PARAMETER;
    interface_luid->Value = 0;
    if (!interface_name || !luid_from_name(interface_name, interface_luid))
        return STATUS_OBJECT_NAME_INVALID;
    return STATUS_SUCCESS;
}

NTSTATUS ConvertInterfaceNameToLuidW(const WCHAR *interface_name, NET_LUID *interface_luid)
{
    char name[64];

    if (!interface_luid)
        return STATUS_INVALID_PARAMETER;
    interface_luid->Value = 0;
    if (!interface_name || !narrow(interface_name, name, sizeof(name)))
        return STATUS_OBJECT_NAME_INVALID;
    return ConvertInterfaceNameToLuidA(name, interface_luid);
}

/* --- Aliases --------------------------------------------------------------------------------- */

NTSTATUS ConvertInterfaceLuidToAlias(const NET_LUID *interface_luid, PWSTR interface_alias,
                                     SIZE_T length)
{
    struct net_link link;
    NTSTATUS status;

    NETIO_BELOW_DISPATCH();
    if (!interface_luid || !interface_alias)
        return STATUS_INVALID_PARAMETER;
    status = convert_status(netio_resolve(interface_luid, 0, &link));
    return NT_SUCCESS(status) ? put_wide(link.name, interface_alias, length) : status;
}

static bool has_alias(const struct net_record *record, const void *alias)
{
    return strcmp(record->link.name, alias) == 0;
}

NTSTATUS ConvertInterfaceAliasToLuid(const WCHAR *interface_alias, PNET_LUID interface_luid)
{
    char alias[IF_MAX_STRING_SIZE + 1];
    struct net_record found;
    NTSTATUS status;

    NETIO_BELOW_DISPATCH();
    if (!interface_alias || !interface_luid)
        return STATUS_INVALID_PARAMETER;
    interface_luid->Value = 0;
    if (!narrow(interface_alias, alias, sizeof(alias)))
        return STATUS_INVALID_PARAMETER;
    status = netio_find(NET_RECORD_LINK, NET_UNSPECIFIED, has_alias, alias, &found);
    if (NT_SUCCESS(status))
        *interface_luid = netio_luid(&found.link);
    return convert_status(status);
}

/* --- Masks, which are in network byte order -------------------------------------------------- */

NTSTATUS ConvertLengthToIpv4Mask(ULONG mask_length, PULONG mask)
{
    if (!mask)
        return STATUS_INVALID_PARAMETER;
    *mask = 0xffffffff;
    if (mask_length > 32)
        return STATUS_INVALID_PARAMETER;
    *mask = RtlUlongByteSwap(mask_length ? 0xffffffffu << (32 - mask_length) : 0);
    return STATUS_SUCCESS;
}

NTSTATUS ConvertIpv4MaskToLength(ULONG mask, PUINT8 mask_length)
{
    ULONG host = RtlUlongByteSwap(mask);
    UINT8 length = 0;

    if (!mask_length)
        return STATUS_INVALID_PARAMETER;
    while (length < 32 && (host & 0x80000000u >> length))
        length++;
    /* A mask with a hole has no length. */
    if (length < 32 && host << length)
        return STATUS_INVALID_PARAMETER;
    *mask_length = length;
    return STATUS_SUCCESS;
}

/* --- Compartments ---------------------------------------------------------------------------- */

NET_IF_COMPARTMENT_ID GetCurrentThreadCompartmentId(void)
{
    return NET_IF_COMPARTMENT_ID_PRIMARY;
}

NTSTATUS SetCurrentThreadCompartmentId(NET_IF_COMPARTMENT_ID compartment_id)
{
    return compartment_id <= NET_IF_COMPARTMENT_ID_PRIMARY ? STATUS_SUCCESS : STATUS_NOT_FOUND;
}

NET_IF_COMPARTMENT_ID GetSessionCompartmentId(ULONG session_id)
{
    (void)session_id;
    return NET_IF_COMPARTMENT_ID_PRIMARY;
}

NTSTATUS SetSessionCompartmentId(ULONG session_id, NET_IF_COMPARTMENT_ID compartment_id)
{
    (void)session_id;
    return SetCurrentThreadCompartmentId(compartment_id);
}
