/* SPDX-License-Identifier: MIT */
/*
 * network_change.c - IRPs that wait for a change of the host's network: SIO_ADDRESS_LIST_CHANGE
 * (CTL-12) and SIO_ROUTING_INTERFACE_CHANGE.
 *
 * One watch of the engine serves them all, from the first that waits until the provider stops. Its
 * thread runs no code of a driver: what a change completes goes to the socket's loop.
 */
#include "address_list.h"
#include "nt.h"
#include "translate.h"

#include <string.h>

static struct {
    struct base_lock life;      /* guards the watch's start */
    bool watching;
    struct net_watch watch;
    struct base_lock lock;      /* guards the list */
    struct list waiting;        /* wsk_request.link */
} changes = { .waiting = LIST_INITIALISER(changes.waiting) };

/* --- Ends ------------------------------------------------------------------------------------ */

static void complete_on_loop(struct task *task)
{
    struct wsk_request *request = container_of(task, struct wsk_request, change.task);
    KIRQL irql;

    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    wsk_request_complete(request, STATUS_SUCCESS, 0);
    KeLowerIrql(irql);
}

static VOID cancel_wait(PDEVICE_OBJECT device, PIRP irp)
{
    struct wsk_request *request = wsk_request_of(irp);

    UNREFERENCED_PARAMETER(device);
    IoReleaseCancelSpinLock(irp->CancelIrql);
    base_lock_acquire(&changes.lock);
    list_remove(&request->link);
    base_lock_release(&changes.lock);
    wsk_request_complete(request, STATUS_CANCELLED, 0);
}

/*
 * The oldest of the socket whose completion is ours. Those a cancel has taken leave the list, too.
 */
static struct wsk_request *claim_of(struct wsk_socket *socket)
{
    list_for_each_safe(link, &changes.waiting) {
        struct wsk_request *request = container_of(link, struct wsk_request, link);

        if (request->socket != socket)
            continue;
        list_remove(&request->link);
        if (wsk_request_claim(request))
            return request;
    }
    return NULL;
}

void wsk_network_end(struct wsk_socket *socket, NTSTATUS status)
{
    struct wsk_request *request;

    do {
        base_lock_acquire(&changes.lock);
        request = claim_of(socket);
        base_lock_release(&changes.lock);
        if (request)
            wsk_request_complete(request, status, 0);
    } while (request);
}

/* --- Changes --------------------------------------------------------------------------------- */

/* Where a packet to the destination would leave now. */
static struct wsk_way way_to(const struct net_address *destination)
{
    struct net_route_query query = {
        .destination = *destination, .interface_index = destination->scope,
    };
    struct net_address source;
    struct net_route route;
    struct wsk_way way;

    memset(&way, 0, sizeof(way));
    if (net_route_find(&query, &route, &source) == 0) {
        way.interface_index = route.interface_index;
        memcpy(way.source, source.ip, sizeof(way.source));
    }
    return way;
}

static bool has_come(const struct wsk_request *request, const struct net_record *was,
                     const struct net_record *now, const struct net_records *links)
{
    const struct net_record *record = now ? now : was;
    struct wsk_way way;

    if (request->change.routing) {
        way = way_to(&request->change.destination);
        return memcmp(&way, &request->change.way, sizeof(way)) != 0;
    }
    /* A change that the list does not show is none: a lifetime, or an address still on trial. */
    return record->kind == NET_RECORD_ADDRESS && net_record_family(record) == request->socket->family &&
           (was && wsk_is_listed(&was->local, links)) != (now && wsk_is_listed(&now->local, links));
}

/* Takes out what the change completes, as a list of its own. */
static void claim_what_has_come(const struct net_record *was, const struct net_record *now,
                                const struct net_records *links, struct list *come)
{
    base_lock_acquire(&changes.lock);
    list_for_each_safe(link, &changes.waiting) {
        struct wsk_request *request = container_of(link, struct wsk_request, link);

        if (!has_come(request, was, now, links))
            continue;
        list_remove(&request->link);
        if (wsk_request_claim(request))
            list_push_back(come, &request->link);
    }
    base_lock_release(&changes.lock);
}

static void changed(struct net_watch *watch, const struct net_record *was,
                    const struct net_record *now)
{
    struct net_records links;
    struct list come, *link;

    UNREFERENCED_PARAMETER(watch);
    list_init(&come);
    /* Without it every address counts, and a driver asks once too often. */
    if (net_records_get(NET_RECORD_LINK, NET_UNSPECIFIED, &links) != 0)
        memset(&links, 0, sizeof(links));
    claim_what_has_come(was, now, &links, &come);
    net_records_free(&links);
    while ((link = list_pop_front(&come))) {
        struct wsk_request *request = container_of(link, struct wsk_request, link);

        request->change.task.run = complete_on_loop;
        net_udp_post(request->socket->udp, &request->change.task);
    }
}

/* --- Waiting --------------------------------------------------------------------------------- */

static int start_watch(void)
{
    int error = 0;

    base_lock_acquire(&changes.life);
    if (!changes.watching) {
        changes.watch.kinds = NET_WATCH_ADDRESSES | NET_WATCH_ROUTES;
        changes.watch.changed = changed;
        error = net_watch_start(&changes.watch);
        changes.watching = !error;
    }
    base_lock_release(&changes.life);
    return error;
}

void wsk_network_stop(void)
{
    base_lock_acquire(&changes.life);
    if (changes.watching)
        net_watch_stop(&changes.watch);
    changes.watching = false;
    base_lock_release(&changes.life);
}

static NTSTATUS fill(struct wsk_network_ioctl *ioctl, struct wsk_change *change)
{
    memset(change, 0, sizeof(*change));
    change->routing = ioctl->code == SIO_ROUTING_INTERFACE_CHANGE;
    return change->routing ? wsk_network_destination(ioctl, &change->destination) : STATUS_SUCCESS;
}

NTSTATUS wsk_network_wait(struct wsk_network_ioctl *ioctl)
{
    struct wsk_request *request;
    struct wsk_change change;
    NTSTATUS status = fill(ioctl, &change);
    bool queued;

    /* CTL-05: the request as such is fine, but there is nothing that could be completed later. */
    if (!ioctl->irp)
        return STATUS_REQUEST_NOT_ACCEPTED;
    if (NT_SUCCESS(status))
        status = wsk_status_from_errno(start_watch());
    if (!NT_SUCCESS(status))
        return status;
    /* The way is looked for after the watch has begun, so that no change of it is missed. */
    if (change.routing)
        change.way = way_to(&change.destination);
    request = wsk_request_create(ioctl->socket, ioctl->irp);
    if (!request)
        return STATUS_INSUFFICIENT_RESOURCES;
    request->change = change;
    base_lock_acquire(&changes.lock);
    queued = wsk_request_queue(request, &changes.waiting, cancel_wait);
    base_lock_release(&changes.lock);
    if (!queued)
        wsk_request_complete(request, STATUS_CANCELLED, 0);
    /* A close that came in between has found nothing to cancel. */
    if (wsk_socket_closing(ioctl->socket))
        wsk_network_end(ioctl->socket, STATUS_CANCELLED);
    return STATUS_PENDING;
}
