/* SPDX-License-Identifier: MIT */
/* control.h - struct net_control to and from the kernel's control messages. Pure. */
#ifndef OPENWSK_NET_CONTROL_H
#define OPENWSK_NET_CONTROL_H

#include "net.h"

/* Enough for all that an encoding can hold, and for all that the engine lets the kernel report. */
#define NET_CONTROL_BYTES_MAX 256u

/*
 * Writes the control messages of one send to `to`. Its family and form decide the words: a datagram
 * to a v4-mapped address leaves as IPv4. `socket_tos` completes a control that gives the ECN bits
 * only. Returns the length, 0 when there is nothing to say, -EINVAL for a value out of range,
 * -ENOBUFS when `size` is too small, -EADDRNOTAVAIL when the local address is of the other family.
 */
int net_control_encode(const struct net_control *control, const struct net_address *to,
                       uint8_t socket_tos, void *bytes, size_t size);

/*
 * Reads the control messages of one received datagram. What is unknown or malformed is left out;
 * then its bit is missing in `present`. `flags` gets NET_DATAGRAM_MULTICAST or
 * NET_DATAGRAM_BROADCAST or neither.
 */
void net_control_decode(const void *bytes, size_t length, struct net_control *control,
                        uint32_t *flags);

#endif
