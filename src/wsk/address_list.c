/* SPDX-License-Identifier: MIT */
/*
 * address_list.c - what addresses the host has, which of many to try first, and how it would send.
 */
#include "address_list.h"

#include "nt.h"
#include "translate.h"

#include <stdlib.h>
#include <string.h>

/* --- SIO_ADDRESS_LIST_QUERY ------------------------------------------------------------------ */

static bool is_loopback(uint32_t index, const struct net_records *links)
{
    for (size_t i = 0; i < links->count; i++) {
        if (links->at[i].link.index == index)
            return links->at[i].link.type == NET_LINK_LOOPBACK;
    }
    return false;
}

bool wsk_is_listed(const struct net_local *local, const struct net_records *links)
{
    return !(local->flags & (NET_ADDRESS_TENTATIVE | NET_ADDRESS_DUPLICATE)) &&
           !is_loopback(local->interface_index, links);
}

/* Leaves in `addresses` those that the list has. */
static void keep_listed(struct net_records *addresses, const struct net_records *links)
{
    size_t kept = 0;

    for (size_t i = 0; i < addresses->count; i++) {
        if (wsk_is_listed(&addresses->at[i].local, links))
            memmove(&addresses->at[kept++], &addresses->at[i], sizeof(*addresses->at));
    }
    addresses->count = kept;
}

static int listed_addresses(enum net_family family, struct net_records *addresses)
{
    struct net_records links;
    int error = net_records_get(NET_RECORD_LINK, NET_UNSPECIFIED, &links);

    if (error)
        return error;
    error = net_records_get(NET_RECORD_ADDRESS, family, addresses);
    if (!error)
        keep_listed(addresses, &links);
    net_records_free(&links);
    return error;
}

/* The addresses stand behind the list; the list points at them. */
static void write_list(enum net_family family, const struct net_records *addresses, void *output)
{
    PSOCKET_ADDRESS_LIST list = output;
    size_t size = wsk_address_size(family);
    char *at = (char *)output + SIZEOF_SOCKET_ADDRESS_LIST(addresses->count);

    list->iAddressCount = (INT)addresses->count;
    for (size_t i = 0; i < addresses->count; i++, at += size) {
        wsk_address_to(family, &addresses->at[i].local.address, (SOCKADDR *)(void *)at);
        list->Address[i].lpSockaddr = (LPSOCKADDR)(void *)at;
        list->Address[i].iSockaddrLength = (INT)size;
    }
}

/* CTL-11 */
static NTSTATUS query_list(struct wsk_network_ioctl *ioctl)
{
    enum net_family family = ioctl->socket->family;
    struct net_records addresses;
    NTSTATUS status = wsk_status_from_errno(listed_addresses(family, &addresses));

    if (!NT_SUCCESS(status))
        return status;
    ioctl->written = SIZEOF_SOCKET_ADDRESS_LIST(addresses.count) +
                     addresses.count * wsk_address_size(family);
    if (!ioctl->output || ioctl->output_size < ioctl->written)
        status = STATUS_BUFFER_OVERFLOW;
    else
        write_list(family, &addresses, ioctl->output);
    net_records_free(&addresses);
    return status;
}

/* --- SIO_ROUTING_INTERFACE_QUERY ------------------------------------------------------------- */

NTSTATUS wsk_network_destination(const struct wsk_network_ioctl *ioctl, struct net_address *destination)
{
    if (!ioctl->input || ioctl->input_size < wsk_socket_address_size(ioctl->socket))
        return STATUS_INVALID_PARAMETER;
    return wsk_address_from(ioctl->socket->family, ioctl->input, destination)
               ? STATUS_SUCCESS : STATUS_INVALID_ADDRESS_COMPONENT;
}

static NTSTATUS query_interface(struct wsk_network_ioctl *ioctl)
{
    struct net_route_query query = { 0 };
    struct net_address source;
    struct net_route route;
    NTSTATUS status = wsk_network_destination(ioctl, &query.destination);

    if (!NT_SUCCESS(status))
        return status;
    if (!ioctl->output || ioctl->output_size < wsk_socket_address_size(ioctl->socket))
        return STATUS_BUFFER_TOO_SMALL;
    query.interface_index = query.destination.scope;
    status = wsk_status_from_errno(net_route_find(&query, &route, &source));
    if (!NT_SUCCESS(status))
        return status;
    /* An interface without an address of its own is no way out. */
    if (source.family == NET_UNSPECIFIED)
        return STATUS_NETWORK_UNREACHABLE;
    wsk_address_to(ioctl->socket->family, &source, ioctl->output);
    ioctl->written = wsk_socket_address_size(ioctl->socket);
    return STATUS_SUCCESS;
}

/* --- SIO_ADDRESS_LIST_SORT ------------------------------------------------------------------- */

/* A list of IPv6 addresses; IPv4 ones are mapped. */
static bool is_mapped(const struct net_address *address)
{
    static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };

    return memcmp(address->ip, prefix, sizeof(prefix)) == 0;
}

static struct net_address unmapped(const struct net_address *address)
{
    struct net_address plain = { .family = NET_IPV4 };

    if (address->family != NET_IPV6 || !is_mapped(address))
        return *address;
    memcpy(plain.ip, address->ip + 12, 4);
    return plain;
}

static bool is_deprecated(const struct net_address *source)
{
    struct net_records addresses;
    bool deprecated = false;

    if (net_records_get(NET_RECORD_ADDRESS, source->family, &addresses) != 0)
        return false;
    for (size_t i = 0; i < addresses.count; i++) {
        const struct net_local *local = &addresses.at[i].local;

        if (memcmp(local->address.ip, source->ip, sizeof(source->ip)) == 0)
            deprecated = deprecated || (local->flags & NET_ADDRESS_DEPRECATED);
    }
    net_records_free(&addresses);
    return deprecated;
}

static void find_source(struct wsk_destination *destination)
{
    struct net_route_query query = {
        .destination = destination->address, .interface_index = destination->address.scope,
    };
    struct net_route route;

    if (net_route_find(&query, &route, &destination->source) != 0)
        memset(&destination->source, 0, sizeof(destination->source));
    destination->source_deprecated =
        destination->source.family != NET_UNSPECIFIED && is_deprecated(&destination->source);
}

/*
 * The addresses lie anywhere, so the list is taken apart before the output, which may be the input,
 * is written.
 */
static NTSTATUS read_destinations(const struct wsk_network_ioctl *ioctl, const SOCKET_ADDRESS_LIST *list,
                                  struct wsk_destination *destinations)
{
    SIZE_T size = wsk_socket_address_size(ioctl->socket);

    for (size_t i = 0; i < (size_t)list->iAddressCount; i++) {
        const SOCKET_ADDRESS *entry = &list->Address[i];

        if (!entry->lpSockaddr || entry->iSockaddrLength < (INT)size)
            return STATUS_INVALID_PARAMETER;
        if (!wsk_address_from(ioctl->socket->family, entry->lpSockaddr, &destinations[i].address))
            return STATUS_INVALID_ADDRESS_COMPONENT;
        destinations[i].address = unmapped(&destinations[i].address);
        destinations[i].place = i;
        find_source(&destinations[i]);
    }
    return STATUS_SUCCESS;
}

/* The entries change places; the addresses that they point at stay where the caller has them. */
static NTSTATUS write_sorted(const struct wsk_destination *destinations, SOCKET_ADDRESS_LIST *list,
                             const SOCKET_ADDRESS_LIST *from)
{
    size_t count = (size_t)from->iAddressCount;
    SOCKET_ADDRESS *entries = os_allocate((count + 1) * sizeof(*entries));

    if (!entries)
        return STATUS_INSUFFICIENT_RESOURCES;
    for (size_t i = 0; i < count; i++)
        entries[i] = from->Address[destinations[i].place];
    list->iAddressCount = (INT)count;
    memcpy(list->Address, entries, count * sizeof(*entries));
    os_free(entries);
    return STATUS_SUCCESS;
}

static NTSTATUS check_sort(struct wsk_network_ioctl *ioctl)
{
    const SOCKET_ADDRESS_LIST *list = ioctl->input;

    if (!list || ioctl->input_size < offsetof(SOCKET_ADDRESS_LIST, Address) ||
        list->iAddressCount < 0 ||
        ((size_t)list->iAddressCount > (ioctl->input_size - offsetof(SOCKET_ADDRESS_LIST, Address)) /
                                           sizeof(SOCKET_ADDRESS)))
        return STATUS_INVALID_PARAMETER;
    ioctl->written = SIZEOF_SOCKET_ADDRESS_LIST((size_t)list->iAddressCount);
    return ioctl->output && ioctl->output_size >= ioctl->written ? STATUS_SUCCESS
                                                                 : STATUS_BUFFER_OVERFLOW;
}

static NTSTATUS sort_list(struct wsk_network_ioctl *ioctl)
{
    const SOCKET_ADDRESS_LIST *list = ioctl->input;
    struct wsk_destination *destinations;
    NTSTATUS status = check_sort(ioctl);

    if (status != STATUS_SUCCESS)
        return status;
    destinations = os_allocate_zeroed(((size_t)list->iAddressCount + 1) * sizeof(*destinations));
    if (!destinations)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = read_destinations(ioctl, list, destinations);
    if (NT_SUCCESS(status)) {
        qsort(destinations, (size_t)list->iAddressCount, sizeof(*destinations),
              wsk_destination_compare);
        status = write_sorted(destinations, ioctl->output, list);
    }
    if (!NT_SUCCESS(status))
        ioctl->written = 0;
    os_free(destinations);
    return status;
}

/* --- The way in ------------------------------------------------------------------------------ */

NTSTATUS wsk_network_ioctl(struct wsk_network_ioctl *ioctl, const void *place)
{
    switch (ioctl->code) {
    case SIO_ADDRESS_LIST_QUERY:
    case SIO_ADDRESS_LIST_SORT:
    case SIO_ADDRESS_LIST_CHANGE:
    case SIO_ROUTING_INTERFACE_QUERY:
    case SIO_ROUTING_INTERFACE_CHANGE:
        break;
    default:
        return STATUS_NOT_SUPPORTED;
    }
    nt_require_irql(PASSIVE_LEVEL, "WskControlSocket for the host's addresses", place);
    if (ioctl->code == SIO_ADDRESS_LIST_QUERY)
        return query_list(ioctl);
    if (ioctl->code == SIO_ADDRESS_LIST_SORT)
        return sort_list(ioctl);
    if (ioctl->code == SIO_ROUTING_INTERFACE_QUERY)
        return query_interface(ioctl);
    return wsk_network_wait(ioctl);
}
