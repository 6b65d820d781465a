/* SPDX-License-Identifier: MIT */
/* linux_socket.h - what the epoll port does with one socket besides moving datagrams. */
#ifndef OPENWSK_NET_LINUX_SOCKET_H
#define OPENWSK_NET_LINUX_SOCKET_H

#include "port.h"

/* What one half of a socket, its own or the IPv4 one, sends by. */
struct linux_half {
    _Atomic int multicast_interface;
    _Atomic int tos;
    _Atomic int mtu_discover;        /* enum net_mtu_discover */
};

/*
 * Values that the kernel does not give back as they were set; any thread may read and write them.
 */
struct linux_remembered {
    _Atomic int receive_buffer;      /* -1: never set */
    _Atomic int send_buffer;         /* -1: never set */
    _Atomic int v6only;              /* a bind to an address makes the kernel say 1 */
    _Atomic int reports_errors;      /* of either half */
    struct linux_half own;
    struct linux_half ipv4;          /* of an IPv6 socket */
};

/* A socket of the transport, ready to be shown (linux_open.c), or a negative errno value. */
int linux_open(const struct net_transport *transport);

int linux_set_option(int fd, enum net_family family, struct linux_remembered *remembered,
                     int option, int value);
int linux_get_option(int fd, enum net_family family, struct linux_remembered *remembered,
                     int option, int *value);

int linux_membership(int fd, const struct net_membership *membership);
int linux_multicast_from(int fd, const struct net_address *local);

/* Asked of a socket of its own, which is connected there and closed. */
int linux_path_mtu(enum net_family family, const struct net_address *to, int *mtu);

/*
 * Takes the oldest ICMP error of the socket's error queue as a datagram. 1, or -EAGAIN when there
 * is none.
 */
int linux_receive_error(int fd, struct net_port_receive *place);

#endif
