/* SPDX-License-Identifier: MIT */
/*
 * translate.h - the four places where Windows words become the engine's and back: addresses,
 * control data, option values and statuses; and the walk from a WSK_BUF to memory. Pure functions.
 */
#ifndef OPENWSK_WSK_TRANSLATE_H
#define OPENWSK_WSK_TRANSLATE_H

#include "net.h"
#include "socket.h"

#include <wsk.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* --- address.c ------------------------------------------------------------------------------- */

/* False when the address is of another family. Reads 16 or 28 bytes, whatever the family needs. */
bool wsk_address_from(enum net_family family, const SOCKADDR *from, struct net_address *to);

/* Writes exactly 16 or 28 bytes. */
void wsk_address_to(enum net_family family, const struct net_address *from, SOCKADDR *to);

/* Same address and port, and the same scope if both name one. */
bool wsk_address_equal(const struct net_address *a, const struct net_address *b);

SIZE_T wsk_address_size(enum net_family family);

/* --- buffer.c -------------------------------------------------------------------------------- */

/* Where a walk along a WSK_BUF's MDL chain stands. */
struct wsk_walk {
    const MDL *mdl;
    size_t offset;    /* into the MDL */
    size_t remaining; /* of the WSK_BUF's length */
};

/*
 * STATUS_INVALID_PARAMETER when Offset lies outside the first MDL or the chain is shorter than
 * Length (BUF-02, BUF-04).
 */
NTSTATUS wsk_buffer_check(const WSK_BUF *buffer);

/* The buffer was checked. */
void wsk_walk_start(struct wsk_walk *walk, const WSK_BUF *buffer);

/*
 * Takes the next `length` bytes as slices of memory and returns how many slices that were; only the
 * first `room` are stored. Zero-byte MDLs give no slice.
 */
uint32_t wsk_walk_take(struct wsk_walk *walk, size_t length, struct net_slice *slices, uint32_t room);

void wsk_walk_gather(struct wsk_walk *walk, void *to, size_t size);

/* Copies flat memory into the chain; the WSK_BUF was checked and has at least `size` bytes. */
void wsk_buffer_scatter(const WSK_BUF *buffer, const void *from, size_t size);

/* --- control_data.c -------------------------------------------------------------------------- */

/*
 * What a driver passes with a send. STATUS_INVALID_PARAMETER for an item that is too short, runs
 * past the end or carries an impossible value; STATUS_NOT_SUPPORTED for an unknown item that has
 * data.
 */
NTSTATUS wsk_control_data_parse(enum net_family family, const CMSGHDR *control, ULONG length,
                                struct net_control *parsed);

/* Bytes that WSK_REPORT_* items of one datagram take at the most. */
#define WSK_CONTROL_DATA_MAX 224u

/*
 * What a driver gets with a datagram: the items that `reports` names. Stores whole items while they
 * fit into `room` and returns the bytes stored, always a multiple of 8; `*truncated` says that one
 * did not fit.
 */
ULONG wsk_control_data_build(enum net_family family, uint32_t reports,
                             const struct net_datagram *datagram, void *control, ULONG room,
                             bool *truncated);

/* --- status.c -------------------------------------------------------------------------------- */

/* From 0 or a negative errno value. */
NTSTATUS wsk_status_from_errno(int error);

/* --- options.c ------------------------------------------------------------------------------- */

/*
 * WskSetOption and WskGetOption for everything but SO_WSK_EVENT_CALLBACK. `written` counts output
 * bytes.
 */
NTSTATUS wsk_option_set(struct wsk_socket *socket, ULONG level, ULONG option, const void *input,
                        SIZE_T size);
NTSTATUS wsk_option_get(struct wsk_socket *socket, ULONG level, ULONG option, void *output, SIZE_T size,
                        SIZE_T *written);

#endif
