/* SPDX-License-Identifier: MIT */
/*
 * route.h - the door's second leaf: what the host knows of its network. Interfaces, addresses,
 * routes and neighbours as records, questions about them, changes to them, and a watch on them.
 *
 * Every function here may block for as long as the kernel takes to answer, and may allocate. They
 * need no engine. Reading needs no rights; changing gives -EPERM without CAP_NET_ADMIN.
 */
#ifndef OPENWSK_NET_ROUTE_H
#define OPENWSK_NET_ROUTE_H

#include "net.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* --- Records --------------------------------------------------------------------------------- */

enum net_record_kind {
    NET_RECORD_LINK,
    NET_RECORD_ADDRESS,
    NET_RECORD_ROUTE,
    NET_RECORD_NEIGHBOUR,
    NET_RECORD_MULTICAST,
    NET_RECORD_ANYCAST,
    NET_RECORD_KINDS
};

#define NET_LINK_NAME_SIZE 16u
#define NET_LINK_ADDRESS_SIZE 32u

enum net_link_type {
    NET_LINK_OTHER,
    NET_LINK_ETHERNET,
    NET_LINK_LOOPBACK,
    NET_LINK_PPP,
    NET_LINK_TUNNEL,  /* IP in IP, GRE, SIT */
    NET_LINK_VIRTUAL  /* carries IP packets to and from a program: tun, WireGuard */
};

/* RFC 2863. */
enum net_link_state {
    NET_LINK_STATE_UNKNOWN,
    NET_LINK_STATE_NOT_PRESENT,
    NET_LINK_STATE_DOWN,
    NET_LINK_STATE_LOWER_DOWN,
    NET_LINK_STATE_TESTING,
    NET_LINK_STATE_DORMANT,
    NET_LINK_STATE_UP
};

#define NET_LINK_ENABLED 0x01u       /* by the administrator */
#define NET_LINK_CARRIER 0x02u
#define NET_LINK_BROADCASTS 0x04u
#define NET_LINK_POINT_TO_POINT 0x08u
#define NET_LINK_HARDWARE 0x10u      /* no software device */
#define NET_LINK_IPV4 0x20u          /* the family runs on it */
#define NET_LINK_IPV6 0x40u

struct net_link_counters {
    uint64_t rx_bytes, rx_packets, rx_multicast, rx_errors, rx_dropped, rx_unknown;
    uint64_t tx_bytes, tx_packets, tx_errors, tx_dropped;
};

/* What one family has set on a link; times in milliseconds, 0: not known. */
struct net_link_family {
    uint32_t mtu;
    uint32_t reachable_ms;
    uint32_t retransmit_ms;
    uint32_t dad_transmits;
    bool forwarding;
    bool router_discovery;
};

struct net_link {
    uint32_t index;
    uint32_t lower;      /* the interface below, 0: none */
    enum net_link_type type;
    enum net_link_state state;
    uint32_t flags;      /* NET_LINK_* */
    uint32_t mtu;
    char name[NET_LINK_NAME_SIZE];
    uint8_t address[NET_LINK_ADDRESS_SIZE];
    uint8_t permanent_address[NET_LINK_ADDRESS_SIZE];
    uint32_t address_length;
    struct net_link_family ipv4, ipv6;
    struct net_link_counters counters; /* zero in what a watch reports */
};

#define NET_FOREVER_S 0xffffffffu

enum net_origin { NET_ORIGIN_OTHER, NET_ORIGIN_MANUAL, NET_ORIGIN_WELL_KNOWN, NET_ORIGIN_ROUTER };

#define NET_ADDRESS_TENTATIVE 0x1u
#define NET_ADDRESS_DUPLICATE 0x2u
#define NET_ADDRESS_DEPRECATED 0x4u
#define NET_ADDRESS_TEMPORARY 0x8u

struct net_local {
    uint32_t interface_index;
    struct net_address address;  /* port 0; scope: the interface, if link-local */
    uint32_t prefix_length;
    uint32_t flags;              /* NET_ADDRESS_* */
    enum net_origin origin;
    uint32_t valid_s, preferred_s;
    uint64_t created_ms;         /* since the machine started */
};

enum net_route_type { NET_ROUTE_UNICAST, NET_ROUTE_LOCAL, NET_ROUTE_BROADCAST, NET_ROUTE_MULTICAST };

enum net_route_protocol {
    NET_ROUTE_BY_OTHER,
    NET_ROUTE_BY_KERNEL,
    NET_ROUTE_BY_ADMINISTRATOR,
    NET_ROUTE_BY_REDIRECT,
    NET_ROUTE_BY_ADVERTISEMENT,
    NET_ROUTE_BY_DHCP,
    NET_ROUTE_BY_RIP,
    NET_ROUTE_BY_ISIS,
    NET_ROUTE_BY_OSPF,
    NET_ROUTE_BY_BGP,
    NET_ROUTE_BY_EIGRP
};

struct net_route {
    uint32_t interface_index;
    struct net_address destination; /* port 0 */
    uint32_t prefix_length;
    struct net_address next_hop;    /* the unspecified address: on the link */
    uint32_t metric;
    enum net_route_type type;
    enum net_route_protocol protocol;
    uint32_t valid_s;
};

enum net_neighbour_state {
    NET_NEIGHBOUR_UNREACHABLE,
    NET_NEIGHBOUR_INCOMPLETE,
    NET_NEIGHBOUR_PROBE,
    NET_NEIGHBOUR_DELAY,
    NET_NEIGHBOUR_STALE,
    NET_NEIGHBOUR_REACHABLE,
    NET_NEIGHBOUR_PERMANENT
};

struct net_neighbour {
    uint32_t interface_index;
    struct net_address address;
    uint8_t hardware[NET_LINK_ADDRESS_SIZE];
    uint32_t hardware_length;
    enum net_neighbour_state state;
    bool router;
};

/* A multicast group that the host has joined, or an anycast address of it. */
struct net_group {
    uint32_t interface_index;
    struct net_address address;
};

struct net_record {
    enum net_record_kind kind;
    union {
        struct net_link link;
        struct net_local local;
        struct net_route route;
        struct net_neighbour neighbour;
        struct net_group group;
    };
};

struct net_records {
    struct net_record *at;
    size_t count;
    size_t room;
};

/* A zeroed record at the end. NULL when there is no memory. */
struct net_record *net_records_append(struct net_records *records);
void net_records_free(struct net_records *records);

/* The family that a record is about; NET_UNSPECIFIED for a link. */
enum net_family net_record_family(const struct net_record *record);

/* --- Questions ------------------------------------------------------------------------------- */

/*
 * A consistent snapshot; NET_UNSPECIFIED for both families (links belong to none). `out` holds
 * nothing on failure. Routes: of the tables that every packet passes, the local and the main one,
 * that lead somewhere.
 */
int net_records_get(enum net_record_kind kind, enum net_family family, struct net_records *out);

/* -ENODEV when there is none. */
int net_link_get(uint32_t index, struct net_link *link);

struct net_route_query {
    struct net_address destination;
    struct net_address source;   /* family NET_UNSPECIFIED: the stack chooses */
    uint32_t interface_index;    /* 0: the stack chooses */
};

/*
 * The route that a packet would take, and the source address that it would get. -ENETUNREACH,
 * -EHOSTUNREACH, -ENODEV, -EINVAL ...
 */
int net_route_find(const struct net_route_query *query, struct net_route *route,
                   struct net_address *source);

/* --- Changes --------------------------------------------------------------------------------- */

enum net_change { NET_CREATE, NET_REPLACE, NET_REMOVE };

/*
 * For addresses, routes and neighbours. -EEXIST, -ENOENT (also what the kernel calls -ESRCH or
 * -EADDRNOTAVAIL), -EPERM, -ENODEV, -EINVAL, -EOPNOTSUPP for other kinds.
 */
int net_record_change(enum net_change change, const struct net_record *record);

/* --- The watch ------------------------------------------------------------------------------- */

#define NET_WATCH_LINKS (1u << NET_RECORD_LINK)
#define NET_WATCH_ADDRESSES (1u << NET_RECORD_ADDRESS)
#define NET_WATCH_ROUTES (1u << NET_RECORD_ROUTE)

/*
 * 1. The owner sets `kinds` and `changed`; net_watch_start().
 * 2. From then on each change is one call: `was` NULL for what is new, `now` NULL for what is gone.
 *    Nothing is lost: when the kernel had to drop messages, the difference is worked out. A change
 *    that happened just before the start may be reported too.
 * 3. Calls come from one thread of the engine ("net-watch"), one at a time, with no lock held. They
 *    may start watches, and stop others than their own.
 * 4. net_watch_stop() returns when no call runs or will run; not from the watch's own call.
 */
struct net_watch {
    struct list link;
    uint32_t kinds;    /* NET_WATCH_* */
    void (*changed)(struct net_watch *watch, const struct net_record *was,
                    const struct net_record *now);
    struct net_watcher *watcher;
};

int net_watch_start(struct net_watch *watch);
void net_watch_stop(struct net_watch *watch);

/* --- The seam -------------------------------------------------------------------------------- */

/* A back end's own. */
struct net_route_source;

/* One message about a change; a record that was there is replaced. */
typedef void net_route_event_fn(void *context, const struct net_record *record, bool removed);

/* What a back end has to do; queues, differences and threads live above it, once. */
struct net_route_port {
    /* As net_records_get(), for one family and a kind that has it. May add to `out` and fail. */
    int (*dump)(enum net_record_kind kind, enum net_family family, struct net_records *out);
    int (*link)(uint32_t index, struct net_link *link);
    int (*find)(const struct net_route_query *query, struct net_route *route,
                struct net_address *source);
    int (*change)(enum net_change change, const struct net_record *record);

    /* From here on every change is in the source, until the close. */
    int (*open)(struct net_route_source **out);

    /*
     * Blocks until there is something, then hands it over. 0, also after a wake or spuriously;
     * -ENOBUFS: messages were lost.
     */
    int (*wait)(struct net_route_source *source, net_route_event_fn *event, void *context);

    /* Ends the present wait(), or the next one; from any thread. */
    void (*wake)(struct net_route_source *source);
    void (*close)(struct net_route_source *source);
};

extern const struct net_route_port net_route_rtnetlink;

/* Tests point this elsewhere while nothing is watched. */
extern const struct net_route_port *net_route_port;

#endif
