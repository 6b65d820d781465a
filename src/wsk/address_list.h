/* SPDX-License-Identifier: MIT */
/*
 * address_list.h - the ioctls that rest on the host's addresses and routes: SIO_ADDRESS_LIST_QUERY,
 * _SORT and _CHANGE, SIO_ROUTING_INTERFACE_QUERY and _CHANGE. All need PASSIVE_LEVEL (IRP-22): they
 * ask the host.
 */
#ifndef OPENWSK_WSK_ADDRESS_LIST_H
#define OPENWSK_WSK_ADDRESS_LIST_H

#include "request.h"
#include "route.h"

struct wsk_network_ioctl {
    struct wsk_socket *socket;
    ULONG code;
    const void *input;
    SIZE_T input_size;
    void *output;
    SIZE_T output_size;
    PIRP irp;
    SIZE_T written;    /* out; also what is needed, with STATUS_BUFFER_OVERFLOW */
};

/*
 * STATUS_NOT_SUPPORTED for a code that is none of these. STATUS_PENDING: the IRP waits, and is
 * completed with STATUS_SUCCESS by the next change, with STATUS_CANCELLED by IoCancelIrp or the
 * close.
 */
NTSTATUS wsk_network_ioctl(struct wsk_network_ioctl *ioctl, const void *place);

/* network_change.c: what waits for a change. */
NTSTATUS wsk_network_wait(struct wsk_network_ioctl *ioctl);

/* Completes all that waits on the socket. */
void wsk_network_end(struct wsk_socket *socket, NTSTATUS status);

/* Ends the watch. Nothing waits any more. */
void wsk_network_stop(void);

/*
 * The interfaces whose addresses others can reach; kept by the caller, asked for with the list of
 * links.
 */
bool wsk_is_listed(const struct net_local *local, const struct net_records *links);

/*
 * The input as an address of the socket's family. STATUS_INVALID_PARAMETER,
 * STATUS_INVALID_ADDRESS_COMPONENT.
 */
NTSTATUS wsk_network_destination(const struct wsk_network_ioctl *ioctl, struct net_address *destination);

/* --- address_sort.c: the order of destinations, RFC 6724 section 6. Pure. --------------------- */

struct wsk_destination {
    struct net_address address;
    struct net_address source;  /* family NET_UNSPECIFIED: there is no way there */
    bool source_deprecated;
    size_t place;               /* in the caller's list: what is equal stays in order */
};

/* Below 0 when `left` is to be tried first. */
int wsk_destination_compare(const void *left, const void *right);

#endif
