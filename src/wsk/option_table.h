/* SPDX-License-Identifier: MIT */
/*
 * option_table.h - what options there are (option_table.c), for options.c, which gets and sets
 * them.
 */
#ifndef OPENWSK_WSK_OPTION_TABLE_H
#define OPENWSK_WSK_OPTION_TABLE_H

#include "socket.h"

enum wsk_option_kind {
    KIND_ENGINE,         /* the engine has it */
    KIND_NEGATED,        /* the engine has its opposite */
    KIND_REPORT,         /* a WSK_REPORT_* bit: control data with each datagram */
    KIND_INDEX,          /* the engine has it, as an index; here it is in network byte order, 0.x.x.x */
    KIND_MULTICAST_FROM, /* the same, or an address */
    KIND_REUSE,
    KIND_EXCLUSIVE,
    KIND_SEGMENT,        /* UDP_SEND_MSG_SIZE */
    KIND_COALESCED,      /* UDP_RECV_MAX_COALESCED_SIZE */
    KIND_BROADCASTS,     /* IP_RECEIVE_BROADCAST */
    KIND_PATH_MTU,
    KIND_STORED,         /* enum wsk_stored */
    KIND_TYPE,
    KIND_NONE,           /* always 0 */
};

enum wsk_option_when { ANY_TIME, BEFORE_BIND, READ_ONLY };

struct wsk_option {
    ULONG level;
    ULONG name;
    enum wsk_option_kind kind;
    uint32_t target;         /* enum net_option, WSK_REPORT_* or enum wsk_stored */
    enum wsk_option_when when;
    bool boolean;
    ULONG lowest, highest;   /* of what may be set */
    unsigned sockets;        /* FOR_* */
};

/* NULL when sockets of this kind have no such option. */
const struct wsk_option *wsk_option_find(const struct wsk_socket *socket, ULONG level, ULONG name);

#endif
