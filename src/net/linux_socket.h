/* SPDX-License-Identifier: MIT */
/* linux_socket.h - what the epoll port does with one socket besides moving datagrams. */
#ifndef OPENWSK_NET_LINUX_SOCKET_H
#define OPENWSK_NET_LINUX_SOCKET_H

#include "net.h"

/*
 * Values that the kernel does not give back as they were set; any thread may read and write them.
 */
struct linux_remembered {
    _Atomic int receive_buffer;      /* -1: never set */
    _Atomic int send_buffer;         /* -1: never set */
    _Atomic int multicast_interface;
    _Atomic int tos;
};

/* A socket of the transport, ready to be shown (linux_open.c), or a negative errno value. */
int linux_open(const struct net_transport *transport);

int linux_set_option(int fd, enum net_family family, struct linux_remembered *remembered,
                     enum net_option option, int value);
int linux_get_option(int fd, enum net_family family, struct linux_remembered *remembered,
                     enum net_option option, int *value);

int linux_membership(int fd, const struct net_membership *membership);

#endif
