/* SPDX-License-Identifier: MIT */
/* socket.c - WskSocket, the gate, and the dispatch tables. */
#include "address_list.h"
#include "descriptor.h"
#include "dgram.h"
#include "nt.h"
#include "provider_state.h"
#include "sharing.h"
#include "translate.h"

#include <ws2ipdef.h>

#include <errno.h>

#define SOCKET_LIVE 0x74656b63u
#define SOCKET_GONE 0x2174656bu
#define SOCKETS_PER_CHUNK 16

#define CATEGORY_FLAGS                                                                            \
    (WSK_FLAG_LISTEN_SOCKET | WSK_FLAG_CONNECTION_SOCKET | WSK_FLAG_DATAGRAM_SOCKET |             \
     WSK_FLAG_STREAM_SOCKET)

static struct slab sockets;

void wsk_sockets_start(void)
{
    slab_init(&sockets, sizeof(struct wsk_socket), SOCKETS_PER_CHUNK);
}

void wsk_sockets_stop(void)
{
    slab_destroy(&sockets);
}

/* --- The gate -------------------------------------------------------------------------------- */

static _Noreturn void not_open(PWSK_SOCKET handle, const char *sentence)
{
    nt_bug_check(&(struct nt_bug){
        .code = DRIVER_VERIFIER_DETECTED_VIOLATION,
        .rule = "WSK-V13",
        .sentence = sentence,
        .parameters = { 13, (ULONG_PTR)handle, 0, 0 },
    });
}

/* NULL for what cannot be one: sockets begin with a line of cache. */
static struct wsk_socket *socket_at(PWSK_SOCKET handle)
{
    if ((uintptr_t)handle % _Alignof(struct wsk_socket))
        return NULL;
    return (struct wsk_socket *)handle;
}

struct wsk_socket *wsk_socket_enter(PWSK_SOCKET handle, const char *function, const void *place)
{
    struct wsk_socket *socket = socket_at(handle);

    if (KeGetCurrentIrql() > DISPATCH_LEVEL)
        nt_require_irql(DISPATCH_LEVEL, function, hook_place(place));
    if (!handle)
        not_open(handle, "A WSK function was called with a NULL socket.");
    if (socket && socket->magic == SOCKET_GONE)
        not_open(handle, "A WSK function was called for a socket that is closed.");
    if (!socket || socket->magic != SOCKET_LIVE)
        not_open(handle, "A WSK function was called for something that is no socket.");
    if (atomic_fetch_add(&socket->gate, 1) & WSK_GATE_SHUT)
        not_open(handle, "A WSK function was called for a socket after WskCloseSocket.");
    return socket;
}

void wsk_socket_hold(struct wsk_socket *socket)
{
    atomic_fetch_add_explicit(&socket->gate, 1, memory_order_relaxed);
}

bool wsk_socket_try_hold(PWSK_SOCKET handle)
{
    struct wsk_socket *socket = socket_at(handle);
    uint32_t gate;

    if (!socket || !slab_owns(&sockets, socket) || socket->magic != SOCKET_LIVE)
        return false;
    gate = atomic_load(&socket->gate);
    while (!(gate & WSK_GATE_SHUT)) {
        if (atomic_compare_exchange_weak(&socket->gate, &gate, gate + 1))
            return true;
    }
    return false;
}

void wsk_socket_leave_many(struct wsk_socket *socket, uint32_t count)
{
    /* The gate is shut before "open" is dropped, so the last one out always leaves a shut gate. */
    if (atomic_fetch_sub_explicit(&socket->gate, count, memory_order_acq_rel) ==
        (WSK_GATE_SHUT | count))
        net_udp_close(socket->udp);
}

void wsk_socket_leave(struct wsk_socket *socket)
{
    wsk_socket_leave_many(socket, 1);
}

bool wsk_socket_closing(struct wsk_socket *socket)
{
    return atomic_load_explicit(&socket->gate, memory_order_relaxed) & WSK_GATE_SHUT;
}

NTSTATUS wsk_socket_require_bound(struct wsk_socket *socket)
{
    if (atomic_load_explicit(&socket->dead, memory_order_acquire))
        return STATUS_FILE_FORCED_CLOSED;
    if (atomic_load_explicit(&socket->bound, memory_order_acquire) != WSK_BOUND) {
        trace_count(trace_refuse_state);
        return STATUS_INVALID_DEVICE_STATE;
    }
    return STATUS_SUCCESS;
}

SIZE_T wsk_socket_address_size(const struct wsk_socket *socket)
{
    return wsk_address_size(socket->family);
}

bool wsk_socket_address_from(const struct wsk_socket *socket, const SOCKADDR *from,
                             struct net_address *to)
{
    bool known = wsk_address_from(socket->family, from, to);

    if (socket->type == SOCK_RAW)
        to->port = 0;
    return known;
}

/* --- WskSocket ------------------------------------------------------------------------------- */

static const struct net_udp_events udp_events = {
    .room = wsk_dgram_room,
    .received = wsk_dgram_received,
    .sent = wsk_dgram_sent,
    .approaching = wsk_dgram_approaching,
    .broken = wsk_dgram_broken,
    .closed = wsk_socket_closed,
};

/* What a WskSocket call asks for. */
struct creation {
    struct wsk_client *client;
    struct net_transport transport;
    USHORT type;
    enum wsk_category category;
    PVOID context;
    const VOID *callbacks;
    PSECURITY_DESCRIPTOR descriptor;
    const void *place;
};

static const VOID *choose_table(enum wsk_category category)
{
    static const struct {
        enum hook_table_kind kind;
        const VOID *table;
    } tables[] = {
        [WSK_CATEGORY_BASIC] = { HOOK_TABLE_BASIC, &wsk_basic_dispatch },
        [WSK_CATEGORY_DATAGRAM] = { HOOK_TABLE_DATAGRAM, &wsk_datagram_dispatch },
        [WSK_CATEGORY_LISTEN] = { HOOK_TABLE_LISTEN, &wsk_listen_dispatch },
    };

    return hook_choose_table(tables[category].kind, tables[category].table, &wsk_for_hooks);
}

static void fill_socket(struct wsk_socket *socket, const struct creation *creation)
{
    memset(socket, 0, sizeof(*socket));
    socket->public.Dispatch = choose_table(creation->category);
    socket->category = creation->category;
    socket->family = creation->transport.family;
    socket->type = creation->type;
    socket->protocol = (UCHAR)creation->transport.protocol;
    socket->client = creation->client;
    socket->context = creation->context;
    socket->callbacks = creation->callbacks;
    atomic_store(&socket->gate, 1);
    atomic_store(&socket->stored[WSK_STORED_PROTECTION_LEVEL], PROTECTION_LEVEL_DEFAULT);
    list_init(&socket->bound_link);
    list_init(&socket->waiting);
    socket->backlog_end = &socket->backlog;
    socket->deliver_task.run = wsk_dgram_deliver_task;
    socket->deferred_task.run = wsk_run_deferred;
    InitializeListHead(&socket->disable_irps);
    InitializeListHead(&socket->deferred);
    socket->event_static = creation->category == WSK_CATEGORY_DATAGRAM &&
                           (creation->client->static_events & WSK_EVENT_RECEIVE_FROM);
    socket->event_on = socket->event_static;
}

static NTSTATUS make_socket(const struct creation *creation, struct wsk_socket **out)
{
    struct wsk_socket *socket = NULL;
    int error;

    if (!hook_fail_allocation(HOOK_SOCKET, sizeof(*socket), creation->place))
        socket = slab_allocate(&sockets);
    if (!socket)
        return STATUS_INSUFFICIENT_RESOURCES;
    fill_socket(socket, creation);
    error = net_endpoint_open(wsk_engine(), &creation->transport, &udp_events, socket,
                              &socket->udp);
    if (error) {
        slab_free(&sockets, socket);
        /* A kernel without IPv6: here there is no such transport. */
        return error == -EAFNOSUPPORT ? STATUS_NOT_SUPPORTED : wsk_status_from_errno(error);
    }
    socket->descriptor = wsk_descriptor_use(creation->descriptor);
    wsk_client_reference(creation->client);
    atomic_fetch_add(&creation->client->sockets_made, 1);
    ledger_add(&socket->ledger, LEDGER_SOCKET, socket, creation->place);
    socket->magic = SOCKET_LIVE;
    *out = socket;
    return STATUS_SUCCESS;
}

static NTSTATUS choose_family(ADDRESS_FAMILY family, enum net_family *chosen)
{
    if (family != AF_INET && family != AF_INET6)
        return STATUS_NOT_SUPPORTED;
    *chosen = family == AF_INET ? NET_IPV4 : NET_IPV6;
    return STATUS_SUCCESS;
}

/*
 * Whether Windows has such a socket. One that listens for datagrams fails there only when it is
 * bound.
 */
static bool is_known(USHORT type, ULONG protocol, ULONG flags)
{
    switch (type) {
    case SOCK_STREAM:
        return protocol == IPPROTO_TCP && flags != WSK_FLAG_DATAGRAM_SOCKET;
    case SOCK_DGRAM:
        return protocol == IPPROTO_UDP && flags != WSK_FLAG_CONNECTION_SOCKET &&
               flags != WSK_FLAG_STREAM_SOCKET;
    case SOCK_RAW:
        return protocol <= IPPROTO_RAW &&
               (flags == WSK_FLAG_BASIC_SOCKET || flags == WSK_FLAG_DATAGRAM_SOCKET);
    default:
        return false;
    }
}

static NTSTATUS choose_category(USHORT type, ULONG protocol, ULONG flags,
                                enum wsk_category *category)
{
    if ((flags & ~(ULONG)CATEGORY_FLAGS) || (flags & (flags - 1)))
        return STATUS_INVALID_PARAMETER;
    if (!is_known(type, protocol, flags))
        return STATUS_NOT_SUPPORTED;
    if (type == SOCK_STREAM && flags != WSK_FLAG_BASIC_SOCKET) {
        wsk_absent("WskSocket for listening, connection-oriented and stream sockets");
        return STATUS_NOT_IMPLEMENTED;
    }
    if (flags == WSK_FLAG_DATAGRAM_SOCKET)
        *category = WSK_CATEGORY_DATAGRAM;
    else
        *category = flags ? WSK_CATEGORY_LISTEN : WSK_CATEGORY_BASIC;
    return STATUS_SUCCESS;
}

static void choose_kind(USHORT type, ULONG protocol, struct creation *creation)
{
    creation->type = type;
    creation->transport.protocol = protocol;
    if (type == SOCK_RAW)
        creation->transport.kind = NET_RAW;
    else
        creation->transport.kind = type == SOCK_STREAM ? NET_TCP : NET_UDP;
}

NTSTATUS WSKAPI wsk_create_socket(PWSK_CLIENT handle, ADDRESS_FAMILY family, USHORT type,
                                  ULONG protocol, ULONG flags, PVOID context, const VOID *dispatch,
                                  PEPROCESS process, PETHREAD thread,
                                  PSECURITY_DESCRIPTOR descriptor, PIRP irp)
{
    struct creation creation = { .context = context, .callbacks = dispatch,
                                 .descriptor = descriptor,
                                 .place = hook_place(NT_CALLER()) };
    struct wsk_socket *socket = NULL;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(process);
    UNREFERENCED_PARAMETER(thread);
    nt_require_irql(DISPATCH_LEVEL, "WskSocket", creation.place);
    if (!irp)
        return STATUS_INVALID_PARAMETER;
    creation.client = wsk_client_enter(handle);
    nt_irp_accept(irp);
    if (!creation.client)
        return wsk_refuse(irp, STATUS_INVALID_HANDLE);
    status = choose_family(family, &creation.transport.family);
    if (NT_SUCCESS(status))
        status = choose_category(type, protocol, flags, &creation.category);
    choose_kind(type, protocol, &creation);
    if (NT_SUCCESS(status))
        status = make_socket(&creation, &socket);
    if (NT_SUCCESS(status)) {
        /* The routine may close the socket; the hold keeps it until the call is over. */
        wsk_socket_hold(socket);
        status = wsk_finish(socket, irp, STATUS_SUCCESS, (ULONG_PTR)&socket->public);
        wsk_socket_leave(socket);
    } else {
        status = wsk_refuse(irp, status);
    }
    wsk_client_leave(creation.client);
    return status;
}

/* --- WskCloseSocket -------------------------------------------------------------------------- */

/*
 * On the loop: no callback is running, and none will. So only here it is known what callbacks kept.
 */
static void cancel_everything(struct task *task)
{
    struct wsk_socket *socket = container_of(task, struct wsk_socket, close_task);
    KIRQL irql;

    if (atomic_load(&socket->retained))
        hook_finding("WSK-V14", "WskCloseSocket was called while datagram indications are retained",
                     socket->close_place);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    wsk_dgram_cancel_receives(socket, STATUS_CANCELLED);
    wsk_network_end(socket, STATUS_CANCELLED);
    net_udp_cancel_queued(socket->udp);
    wsk_dgram_drop_backlog(socket);
    KeLowerIrql(irql);
    wsk_socket_leave(socket); /* "open" */
}

NTSTATUS WSKAPI wsk_close_socket(PWSK_SOCKET handle, PIRP irp)
{
    struct wsk_socket *socket;

    if (!irp)
        return STATUS_INVALID_PARAMETER;
    socket = wsk_socket_enter(handle, "WskCloseSocket", NT_CALLER());
    nt_irp_accept(irp);
    IoMarkIrpPending(irp);
    if (atomic_fetch_or(&socket->gate, WSK_GATE_SHUT) & WSK_GATE_SHUT)
        not_open(handle, "WskCloseSocket was called twice for one socket.");
    socket->close_place = hook_place(NT_CALLER());
    socket->close_irp = irp;
    socket->close_task.run = cancel_everything;
    net_udp_post(socket->udp, &socket->close_task);
    wsk_socket_leave(socket);
    return STATUS_PENDING;
}

void wsk_socket_closed(void *owner)
{
    struct wsk_socket *socket = owner;
    struct wsk_client *client = socket->client;
    PIRP irp = socket->close_irp;
    KIRQL irql;

    wsk_sharing_unbind(socket);
    wsk_requests_drop(&socket->requests);
    wsk_descriptor_unuse(socket->descriptor);
    ledger_remove(&socket->ledger);
    socket->magic = SOCKET_GONE;
    slab_free(&sockets, socket);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    wsk_complete(NULL, irp, STATUS_SUCCESS, 0);
    KeLowerIrql(irql);
    wsk_client_leave(client);
}

/* --- Tables ---------------------------------------------------------------------------------- */

const WSK_PROVIDER_BASIC_DISPATCH wsk_basic_dispatch = {
    .WskControlSocket = wsk_control_socket,
    .WskCloseSocket = wsk_close_socket,
};

const WSK_PROVIDER_LISTEN_DISPATCH wsk_listen_dispatch = {
    .WskControlSocket = wsk_control_socket,
    .WskCloseSocket = wsk_close_socket,
    .WskBind = wsk_listen_bind,
    .WskAccept = wsk_listen_accept,
    .WskInspectComplete = wsk_listen_inspect_complete,
    .WskGetLocalAddress = wsk_get_local_address,
};

const WSK_PROVIDER_DATAGRAM_DISPATCH wsk_datagram_dispatch = {
    .WskControlSocket = wsk_control_socket,
    .WskCloseSocket = wsk_close_socket,
    .WskBind = wsk_bind,
    .WskSendTo = wsk_send_to,
    .WskReceiveFrom = wsk_receive_from,
    .WskRelease = wsk_release_datagrams,
    .WskGetLocalAddress = wsk_get_local_address,
    .WskSendMessages = wsk_send_messages,
};
