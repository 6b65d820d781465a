/* SPDX-License-Identifier: MIT */
/* for_hooks.c - what the hooks of base/hook.h may ask of the provider. */
#include "socket.h"

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

const struct hook_provider wsk_for_hooks = {
    .hold_socket = hold_socket,
    .leave_socket = leave_socket,
    .hold_client = hold_client,
    .leave_client = leave_client,
    .client_of = client_of,
};
