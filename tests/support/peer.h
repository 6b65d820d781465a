/* SPDX-License-Identifier: MIT */
/*
 * peer.h - an ordinary UDP socket on loopback, as any other program on the network would have one.
 */
#ifndef OPENWSK_TESTS_PEER_H
#define OPENWSK_TESTS_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct peer {
    int descriptor;
    bool ipv6;
    uint16_t port; /* host byte order */
};

void peer_open(struct peer *peer, bool ipv6);

/* A port that nobody has, nor gets unless he asks for it by number (free_port.h). */
uint16_t peer_free_port(bool ipv6);
void peer_close(struct peer *peer);

/* To a port on loopback. */
void peer_send(struct peer *peer, const void *data, size_t size, uint16_t port);

/*
 * Many datagrams of `segment` bytes in one trip, the last perhaps shorter: the receiver gets a run.
 */
void peer_send_run(struct peer *peer, const void *data, size_t size, uint16_t segment,
                   uint16_t port);

/* Waits at most ten seconds. Returns the size, or -1; *from gets the sender's port. */
long peer_receive(struct peer *peer, void *data, size_t size, uint16_t *from);

/* Whether another program could bind the loopback address to the port now, without any sharing. */
bool peer_can_bind(bool ipv6, uint16_t port);

#endif
