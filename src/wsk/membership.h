/* SPDX-License-Identifier: MIT */
/* membership.h - the options that join and leave multicast groups. */
#ifndef OPENWSK_WSK_MEMBERSHIP_H
#define OPENWSK_WSK_MEMBERSHIP_H

#include "socket.h"

/* Whether the option is one of them, on a socket of this family. */
bool wsk_membership_known(const struct wsk_socket *socket, ULONG level, ULONG option);

/*
 * STATUS_INVALID_PARAMETER for a structure that is too short or a group that is none,
 * STATUS_ADDRESS_ALREADY_EXISTS when joined already, STATUS_NOT_FOUND when not joined
 * (DGRAM-MC-04).
 */
NTSTATUS wsk_membership_set(struct wsk_socket *socket, ULONG level, ULONG option, const void *input,
                            SIZE_T size);

#endif
