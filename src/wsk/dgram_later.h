/* SPDX-License-Identifier: MIT */
/* dgram_later.h - the part of a send that the loop sends. */
#ifndef OPENWSK_WSK_DGRAM_LATER_H
#define OPENWSK_WSK_DGRAM_LATER_H

#include "cutter.h"
#include "request.h"

/* A call on its way out. It lives on the caller's stack. */
struct wsk_outgoing {
    struct net_envelope envelope;
    struct wsk_cutter rest;   /* what has not been sent */
    size_t total;             /* bytes of the whole call */
    int error;                /* the first one, 0 so far */
    bool single;              /* one datagram in all */
};

/*
 * Takes over the call's hold on the socket. Queues the rest and returns STATUS_PENDING; the IRP
 * completes when the last datagram has left or failed. Without memory the IRP is completed here.
 */
NTSTATUS wsk_send_later(struct wsk_socket *socket, const struct wsk_outgoing *outgoing, PIRP irp);

#endif
