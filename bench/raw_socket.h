/* SPDX-License-Identifier: MIT */
/* raw_socket.h - the raw peers' sockets: on 127.0.0.1, on a port that the kernel chooses. */
#ifndef OPENWSK_BENCH_RAW_SOCKET_H
#define OPENWSK_BENCH_RAW_SOCKET_H

#include <netinet/in.h>
#include <stdint.h>

#define LARGEST_DATAGRAM 65536

int raw_open(struct sockaddr_in *address); /* where it is; may be NULL */
void raw_connect(int fd, const struct sockaddr_in *to);
struct sockaddr_in raw_loopback(unsigned port);

/* Ends whoever receives there: no measurement sends an empty datagram. */
void raw_send_end(int fd, const struct sockaddr_in *to);

#endif
