/* SPDX-License-Identifier: MIT */
/*
 * descriptor.h - security descriptors that clients have cached (WSK_CACHE_SD, SO_WSK_SECURITY).
 *
 * A cached descriptor lives while a client has it or a socket uses it. Each caching makes a copy of
 * its own, in one piece, so that one that is never released can be told with its place. All of this
 * works at IRQL <= DISPATCH_LEVEL. What a driver hands in that is not cached, or was released,
 * stops the process: Windows would follow the pointer.
 */
#ifndef OPENWSK_WSK_DESCRIPTOR_H
#define OPENWSK_WSK_DESCRIPTOR_H

#include "socket.h"

struct wsk_descriptor;

/* WskControlClient's codes. `place` is the driver's call. */
NTSTATUS wsk_descriptor_cache(SIZE_T input_size, const void *input, SIZE_T output_size,
                              void *output, const void *place);
NTSTATUS wsk_descriptor_release(SIZE_T input_size, const void *input);

/* SO_WSK_SECURITY. */
NTSTATUS wsk_descriptor_set(struct wsk_socket *socket, const void *input, SIZE_T size);
NTSTATUS wsk_descriptor_get(struct wsk_socket *socket, void *output, SIZE_T size, SIZE_T *written,
                            const void *place);

/* For a socket that is made with it; NULL gives NULL. */
struct wsk_descriptor *wsk_descriptor_use(PSECURITY_DESCRIPTOR cached);

/* The socket no longer uses it; NULL is harmless. */
void wsk_descriptor_unuse(struct wsk_descriptor *descriptor);

/* Whether a socket with this descriptor shares its address; NULL, the default one, does not. */
bool wsk_descriptor_shares(const struct wsk_descriptor *descriptor);

#endif
