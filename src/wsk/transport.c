/* SPDX-License-Identifier: MIT */
/*
 * transport.c - see transport.h.
 *
 * A transport is there when the host makes sockets of its family. The host does not say when that
 * changes, but IPv6 coming or going shows in its interfaces and addresses; so each change of these
 * is a reason to look again. The watch begins with the first IRP that waits.
 */
#include "transport.h"

#include "nt.h"
#include "provider_state.h"
#include "request.h"
#include "translate.h"

#include "route.h"

static struct base_lock watch_lock; /* starting the watch; never with the other */
static bool watching;
static struct net_watch watch;

static struct base_lock lock;       /* guards what follows, and client->refuses_changes */
static LIST_ENTRY waiting = { &waiting, &waiting };
static unsigned known;              /* the families when an IRP last began to wait, as bits */

/* --- The list -------------------------------------------------------------------------------- */

static const struct {
    enum net_family net;
    ADDRESS_FAMILY windows;
} families[] = { { NET_IPV4, AF_INET }, { NET_IPV6, AF_INET6 } };

static const struct {
    USHORT type;
    ULONG protocol;
} kinds[] = { { SOCK_STREAM, IPPROTO_TCP }, { SOCK_DGRAM, IPPROTO_UDP } };

static unsigned look(void)
{
    unsigned found = 0;

    for (size_t f = 0; f < RTL_NUMBER_OF(families); f++) {
        if (net_engine_supports(wsk_engine(), families[f].net))
            found |= 1u << f;
    }
    return found;
}

static WSK_TRANSPORT describe(size_t family, size_t kind)
{
    return (WSK_TRANSPORT){
        .Version = MAKE_WSK_VERSION(1, 0),
        .SocketType = kinds[kind].type,
        .Protocol = kinds[kind].protocol,
        .AddressFamily = families[family].windows,
        .ProviderId = { 0x5d8f2c64, 0x9a1e, 0x4b0c,
                        { 0x8e, 0x27, 0x6f, 0x70, 0x77, 0x73, 0x6b, (UCHAR)families[family].net } },
    };
}

NTSTATUS wsk_transport_query(SIZE_T output_size, PVOID output, SIZE_T *returned)
{
    WSK_TRANSPORT list[RTL_NUMBER_OF(families) * RTL_NUMBER_OF(kinds)];
    unsigned found = look();
    SIZE_T count = 0, needed;

    if (!returned)
        return STATUS_INVALID_PARAMETER;
    for (size_t f = 0; f < RTL_NUMBER_OF(families); f++) {
        for (size_t k = 0; k < RTL_NUMBER_OF(kinds) && (found & 1u << f); k++)
            list[count++] = describe(f, k);
    }
    needed = count * sizeof(WSK_TRANSPORT);
    *returned = needed;
    if (!output || output_size < needed)
        return STATUS_BUFFER_OVERFLOW;
    memcpy(output, list, needed);
    return STATUS_SUCCESS;
}

/* --- Changes --------------------------------------------------------------------------------- */

/* The IRP's client, whose list it is in. */
static struct wsk_client *client_of(PIRP irp)
{
    return irp->Tail.Overlay.DriverContext[0];
}

/*
 * Moves to `to` those of the client, NULL for all, that no cancel has taken; under the lock. The
 * cancel routine of the others waits for the lock and will take them out.
 */
static void claim(struct wsk_client *client, LIST_ENTRY *to)
{
    LIST_ENTRY *link = waiting.Flink;

    while (link != &waiting) {
        PIRP irp = CONTAINING_RECORD(link, IRP, Tail.Overlay.ListEntry);

        link = link->Flink;
        if ((client && client_of(irp) != client) || !IoSetCancelRoutine(irp, NULL))
            continue;
        RemoveEntryList(&irp->Tail.Overlay.ListEntry);
        InsertTailList(to, &irp->Tail.Overlay.ListEntry);
    }
}

static void end(PIRP irp, NTSTATUS status)
{
    struct wsk_client *client = client_of(irp);

    wsk_complete(NULL, irp, status, 0);
    wsk_client_leave(client);
}

static void end_all(LIST_ENTRY *irps, NTSTATUS status)
{
    while (!IsListEmpty(irps))
        end(CONTAINING_RECORD(RemoveHeadList(irps), IRP, Tail.Overlay.ListEntry), status);
}

static void changed(struct net_watch *which, const struct net_record *was,
                    const struct net_record *now)
{
    LIST_ENTRY irps;
    unsigned found = look();

    UNREFERENCED_PARAMETER(which);
    UNREFERENCED_PARAMETER(was);
    UNREFERENCED_PARAMETER(now);
    InitializeListHead(&irps);
    base_lock_acquire(&lock);
    if (found != known) {
        known = found;
        claim(NULL, &irps);
    }
    base_lock_release(&lock);
    end_all(&irps, STATUS_SUCCESS);
}

static NTSTATUS start_watch(void)
{
    int error = 0;

    base_lock_acquire(&watch_lock);
    if (!watching) {
        watch = (struct net_watch){ .kinds = NET_WATCH_LINKS | NET_WATCH_ADDRESSES,
                                    .changed = changed };
        error = net_watch_start(&watch);
        watching = !error;
    }
    base_lock_release(&watch_lock);
    return wsk_status_from_errno(error);
}

void wsk_transport_stop(void)
{
    if (watching)
        net_watch_stop(&watch);
    watching = false;
}

/* --- Waiting --------------------------------------------------------------------------------- */

static VOID cancel(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
    IoReleaseCancelSpinLock(irp->CancelIrql);
    base_lock_acquire(&lock);
    RemoveEntryList(&irp->Tail.Overlay.ListEntry);
    base_lock_release(&lock);
    end(irp, STATUS_CANCELLED);
}

/* Under the lock. False: it was cancelled before, and is the caller's to complete. */
static bool queue(PIRP irp)
{
    InsertTailList(&waiting, &irp->Tail.Overlay.ListEntry);
    IoSetCancelRoutine(irp, cancel);
    /* IoCancelIrp sets Cancel before it takes the routine; see wsk_request_queue(). */
    if (__atomic_load_n(&irp->Cancel, __ATOMIC_SEQ_CST) && IoSetCancelRoutine(irp, NULL)) {
        RemoveEntryList(&irp->Tail.Overlay.ListEntry);
        return false;
    }
    return true;
}

NTSTATUS wsk_transport_await_change(struct wsk_client *client, PIRP irp)
{
    NTSTATUS status = start_watch();
    unsigned found = look();
    bool queued;

    if (!NT_SUCCESS(status))
        return status;
    irp->Tail.Overlay.DriverContext[0] = client;
    IoMarkIrpPending(irp);
    wsk_client_reference(client);
    base_lock_acquire(&lock);
    if (IsListEmpty(&waiting))
        known = found;
    queued = !client->refuses_changes && queue(irp);
    base_lock_release(&lock);
    if (!queued)
        end(irp, STATUS_CANCELLED);
    return STATUS_PENDING;
}

void wsk_transport_cancel(struct wsk_client *client)
{
    LIST_ENTRY irps;

    InitializeListHead(&irps);
    base_lock_acquire(&lock);
    client->refuses_changes = true;
    claim(client, &irps);
    base_lock_release(&lock);
    end_all(&irps, STATUS_CANCELLED);
}
