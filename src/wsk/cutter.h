/* SPDX-License-Identifier: MIT */
/*
 * cutter.h - from what a call wants sent (one WSK_BUF or a list of them, cut to a segment size or
 * not) to one datagram after the other.
 *
 *  1. wsk_cutter_check() the list: nothing is sent of a call that has a bad buffer.
 *  2. wsk_cutter_start(), then wsk_cutter_next() until it returns false.
 *
 * A node without bytes is an empty datagram. Each node is cut on its own: a short tail is not
 * joined with what follows (DGRAM-SEG-02).
 */
#ifndef OPENWSK_WSK_CUTTER_H
#define OPENWSK_WSK_CUTTER_H

#include "translate.h"

struct wsk_cutter {
    const WSK_BUF_LIST *node;  /* the one that follows */
    struct wsk_walk walk;      /* through the present one */
    bool fresh;                /* the present one has not given a datagram yet */
    size_t segment;            /* 0: do not cut */
};

/*
 * STATUS_INVALID_PARAMETER for a bad buffer, STATUS_INVALID_BUFFER_SIZE when a datagram would
 * exceed `most`.
 */
NTSTATUS wsk_cutter_check(const WSK_BUF_LIST *list, size_t segment, size_t most, size_t *total);

void wsk_cutter_start(struct wsk_cutter *cutter, const WSK_BUF_LIST *list, size_t segment);

/* Stores the first `room` slices of the next datagram; *count says how many there are. */
bool wsk_cutter_next(struct wsk_cutter *cutter, struct net_slice *slices, uint32_t room,
                     uint32_t *count, size_t *length);

/* Copies the next datagram instead; `to` has `length` bytes, as wsk_cutter_next() said. */
void wsk_cutter_gather(struct wsk_cutter *cutter, void *to, size_t length);

#endif
