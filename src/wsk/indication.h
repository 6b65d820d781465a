/* SPDX-License-Identifier: MIT */
/*
 * indication.h - a WSK_DATAGRAM_INDICATION and what it points at, built into the room that each
 * datagram of the engine has for the storey above: indicating a datagram allocates nothing.
 */
#ifndef OPENWSK_WSK_INDICATION_H
#define OPENWSK_WSK_INDICATION_H

#include "socket.h"
#include "translate.h"

/*
 * The client may release a node while the callback still runs, in any thread; and it may write to
 * Next. So the provider follows its own links, and this word says whose the node is.
 */
enum indication_state {
    INDICATION_OFFERED = 0x6f666672,   /* handed to a callback that has not returned */
    INDICATION_RETAINED = 0x72657469,  /* the callback returned STATUS_PENDING */
    INDICATION_RELEASED = 0x72656c73,  /* given back, or never given away */
};

struct indication {
    WSK_DATAGRAM_INDICATION public;
    _Atomic uint32_t state;
    struct wsk_socket *socket;
    struct hook_retained account;
    MDL mdl;
    SOCKADDR_INET remote;
    _Alignas(16) UCHAR control[WSK_CONTROL_DATA_MAX];
};

_Static_assert(sizeof(struct indication) <= NET_DATAGRAM_UPPER_SIZE, "net.h reserves enough");

static inline struct indication *indication_of(struct net_datagram *datagram)
{
    return (struct indication *)(void *)datagram->upper;
}

static inline struct net_datagram *datagram_of(struct indication *indication)
{
    return container_of((void *)indication, struct net_datagram, upper);
}

#endif
