/* SPDX-License-Identifier: MIT */
/* for_hooks.c - what the hooks of base/hook.h may ask of the provider. */
#include "dgram.h"
#include "nt.h"
#include "translate.h"

static bool hold_socket(void *handle)
{
    return wsk_socket_try_hold(handle);
}

static void leave_socket(void *handle)
{
    wsk_socket_leave(handle);
}

static bool hold_client(void *handle)
{
    return wsk_client_enter(handle) != NULL;
}

static void leave_client(void *handle)
{
    wsk_client_leave(handle);
}

static void *client_of(void *handle)
{
    return ((struct wsk_socket *)handle)->client;
}

/* On the loop, where the engine would say that the socket is broken. */
static void run_break(struct task *task)
{
    struct wsk_socket *socket = container_of(task, struct wsk_socket, break_task);

    wsk_dgram_broken(socket, 0);
    wsk_socket_leave(socket);
}

static void break_socket(void *handle)
{
    struct wsk_socket *socket = handle;

    if (!wsk_socket_try_hold(handle))
        return;
    if (atomic_exchange(&socket->dead, 1)) {
        wsk_socket_leave(socket);
        return;
    }
    socket->break_task.run = run_break;
    net_udp_post(socket->udp, &socket->break_task);
}

static bool local_address(void *handle, void *address)
{
    struct wsk_socket *socket = handle;
    struct net_address local;
    bool known;

    if (!wsk_socket_try_hold(handle))
        return false;
    known = atomic_load(&socket->bound) == WSK_BOUND &&
            net_udp_local_address(socket->udp, &local) == 0;
    if (known)
        wsk_address_to(socket->family, &local, address);
    wsk_socket_leave(socket);
    return known;
}

static bool remote_address(void *handle, bool receives, void *address)
{
    struct wsk_socket *socket = handle;
    const struct wsk_peer *peer;

    if (!wsk_socket_try_hold(handle))
        return false;
    base_lock_acquire(&socket->lock);
    peer = receives ? &socket->remote : socket->last_set;
    if (peer && !peer->set)
        peer = NULL;
    if (peer)
        wsk_address_to(socket->family, &peer->address, address);
    base_lock_release(&socket->lock);
    wsk_socket_leave(socket);
    return peer != NULL;
}

static unsigned raw_protocol(void *handle)
{
    const struct wsk_socket *socket = handle;

    return socket->type == SOCK_RAW ? socket->protocol : 0;
}

static bool header_included(void *handle)
{
    int value = 0;

    return net_udp_get_option(((struct wsk_socket *)handle)->udp, NET_OPTION_HEADER_INCLUDED,
                              &value) == 0 && value;
}

const struct hook_provider wsk_for_hooks = {
    .hold_socket = hold_socket,
    .leave_socket = leave_socket,
    .hold_client = hold_client,
    .leave_client = leave_client,
    .client_of = client_of,
    .break_socket = break_socket,
    .local_address = local_address,
    .remote_address = remote_address,
    .raw_protocol = raw_protocol,
    .header_included = header_included,
};
