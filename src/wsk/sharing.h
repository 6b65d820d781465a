/* SPDX-License-Identifier: MIT */
/*
 * sharing.h - which sockets may be bound to one port at the same time.
 *
 * Windows distinguishes wildcard from specific addresses and three modes of sharing; the host's one
 * flag cannot express that. So the provider keeps its own list of what this process has bound,
 * decides by the documented table, and lets the host's flag follow for the moment of a bind.
 * Towards other processes a socket shares only if it asked for SO_REUSEADDR.
 */
#ifndef OPENWSK_WSK_SHARING_H
#define OPENWSK_WSK_SHARING_H

#include "socket.h"

/* Binds the socket's endpoint if the table allows it, and lists it. */
NTSTATUS wsk_sharing_bind(struct wsk_socket *socket, const struct net_address *address);

/* The socket's port is free again. Harmless when it was never bound. */
void wsk_sharing_unbind(struct wsk_socket *socket);

#endif
