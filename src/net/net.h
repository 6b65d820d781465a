/* SPDX-License-Identifier: MIT */
/*
 * net.h - the door of the transport engine: UDP endpoints on event loops. Speaks of addresses,
 * slices of memory and negative errno values; knows no IRP, no MDL and no NTSTATUS.
 *
 * Threads. An endpoint belongs to one loop. Everything that the engine calls upwards (struct
 * net_udp_events, net_send.done, tasks) runs on that loop's thread, one call at a time, with no
 * lock of the engine held; it may call any function of this header on any endpoint. Functions of
 * this header may be called from any thread and never block, unless they say so.
 *
 * Memory. Received datagrams belong to whoever got them until net_datagram_release(). A net_send
 * belongs to the engine from a successful net_udp_send_later() to its done(), or until
 * net_udp_send_cancel() has returned true.
 */
#ifndef OPENWSK_NET_NET_H
#define OPENWSK_NET_NET_H

#include "base.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* --- Limits ---------------------------------------------------------------------------------- */

#define NET_UDP_PAYLOAD_MAX_IPV4 65507u
#define NET_UDP_PAYLOAD_MAX_IPV6 65527u

/* Of raw endpoints; the kernel takes the headers off that it adds. */
#define NET_RAW_PAYLOAD_MAX 65535u

/* Slices of one send at the most; whoever has more gathers them first. */
#define NET_SLICES_MAX 256u

/*
 * Datagrams or runs that one receive call takes at the most, and so the longest list handed
 * upwards.
 */
#define NET_RX_BATCH 64u

/* Datagrams of one run at the most. */
#define NET_RX_RUN_MAX 64u

/* Room in each datagram for what the storey above builds around it. */
#define NET_DATAGRAM_UPPER_SIZE 448u

/* --- Addresses ------------------------------------------------------------------------------- */

enum net_family { NET_UNSPECIFIED = 0, NET_IPV4 = 4, NET_IPV6 = 6 };

/* What an endpoint speaks. TCP endpoints carry options, and nothing else. */
enum net_kind { NET_UDP, NET_TCP, NET_RAW };

struct net_transport {
    enum net_family family;
    enum net_kind kind;
    uint32_t protocol;  /* NET_RAW: in the IP header, 1..255 */
};

struct net_address {
    uint16_t family;    /* enum net_family */
    uint16_t port;      /* network byte order */
    uint32_t flow;      /* IPv6 flow information, network byte order */
    uint32_t scope;     /* IPv6 scope: an interface index */
    uint8_t ip[16];     /* network byte order; IPv4 uses the first four bytes, the rest is zero */
};

/* A piece of the payload. */
struct net_slice {
    void *base;
    size_t length;
};

/* --- Control data ---------------------------------------------------------------------------- */

/* Which members of a struct net_control mean something. */
#define NET_CONTROL_LOCAL 0x01u    /* local address and interface */
#define NET_CONTROL_TOS 0x02u      /* the whole traffic class byte */
#define NET_CONTROL_ECN 0x04u      /* the two ECN bits of `tos` only (send) */
#define NET_CONTROL_HOPS 0x08u     /* TTL or hop limit */
#define NET_CONTROL_SEGMENT 0x10u  /* segment size; sending, the kernel's limits are the caller's */

struct net_control {
    uint32_t present;          /* NET_CONTROL_* */
    uint32_t interface_index;  /* 0: the stack chooses */
    struct net_address local;  /* source to use, or destination of what arrived; port unused */
    uint8_t tos;
    uint8_t hops;
    uint16_t segment;
};

/* --- Engine ---------------------------------------------------------------------------------- */

struct net_engine;
struct net_port; /* port.h: the rim, with two implementations */

struct net_engine_config {
    unsigned loops;               /* 0: one per processor */
    const struct net_port *port;  /* NULL: the real network */

    /*
     * Sends of one endpoint that follow each other faster than this are a stream (udp_tx.c). 0: as
     * is usual; NET_NO_STREAMS: never, so that every send leaves in its caller's thread.
     */
    uint64_t stream_gap_ns;
};

#define NET_NO_STREAMS UINT64_MAX

/* May block. 0 or a negative errno value. */
int net_engine_start(struct net_engine **out, const struct net_engine_config *config);

/* Every endpoint is closed. Blocks until the loops have ended; not on a loop's thread. */
void net_engine_stop(struct net_engine *engine);

/* Whether sockets of this family can be made on this machine. */
bool net_engine_supports(struct net_engine *engine, enum net_family family);

/* --- Datagrams that arrived ------------------------------------------------------------------ */

#define NET_DATAGRAM_MULTICAST 0x1u
#define NET_DATAGRAM_BROADCAST 0x2u
/*
 * An ICMP error (NET_OPTION_RECEIVE_ERRORS): the source is the address that could not be reached,
 * the data what the message quotes of the payload.
 */
#define NET_DATAGRAM_ERROR 0x4u

struct net_icmp {
    uint8_t family; /* enum net_family: ICMP or ICMPv6 */
    uint8_t type;
    uint8_t code;
    uint32_t mtu;   /* of a size error, otherwise 0 */
};

/* A run: several datagrams behind each other in memory, as the kernel joined them (UDP_GRO). */
struct net_datagram {
    struct net_datagram *next;
    struct net_rx_block *block;  /* the engine's */
    uint8_t *data;
    size_t length;
    uint32_t flags;              /* NET_DATAGRAM_* */
    struct net_address source;   /* of the endpoint's family: IPv4 may be v4-mapped */
    struct net_control control;  /* local: plain IPv4 for IPv4, always; the rest as options say */
    struct net_icmp icmp;        /* with NET_DATAGRAM_ERROR */
    _Alignas(16) uint8_t upper[NET_DATAGRAM_UPPER_SIZE];
};

/*
 * A datagram whose control has NET_CONTROL_SEGMENT is a run: each of its datagrams has the size
 * control.segment, the last one may be shorter. All have the same source, flags and control data.
 */
static inline bool net_datagram_is_run(const struct net_datagram *datagram)
{
    return datagram->control.present & NET_CONTROL_SEGMENT;
}

/* How many datagrams it holds. */
static inline size_t net_datagram_count(const struct net_datagram *datagram)
{
    if (!net_datagram_is_run(datagram))
        return 1;
    return (datagram->length + datagram->control.segment - 1) / datagram->control.segment;
}

/* The size of its first datagram. */
static inline size_t net_datagram_first_length(const struct net_datagram *datagram)
{
    return net_datagram_is_run(datagram) && datagram->control.segment < datagram->length
               ? datagram->control.segment
               : datagram->length;
}

/*
 * Takes the first `count` datagrams off a run and returns them: as a datagram if count is 1, as a
 * run otherwise. What is left stays the run's, which is returned itself when nothing would be left.
 * Both share memory, and each is released for itself. Without memory the datagrams are taken off
 * all the same, and NULL is returned. A run that came from here is not split again, but returned.
 */
struct net_datagram *net_datagram_split(struct net_datagram *run, size_t count);

/* Gives one datagram, or run, back; `next` is not followed. */
void net_datagram_release(struct net_datagram *datagram);

/* Gives a list back, cheaper than one by one. */
void net_datagram_release_list(struct net_datagram *list);

/* --- Endpoints ------------------------------------------------------------------------------- */

/*
 * Of any transport, UDP being the common one. Raw endpoints have no ports: these are 0 in every
 * address. What they receive of IPv4 begins with the IP header, of IPv6 behind the last header.
 */
struct net_udp;
struct net_send;

struct net_udp_events {
    /*
     * How many datagrams the owner can take now; 0 leaves them in the kernel. When this rises from
     * 0 the owner calls net_udp_receive_wanted().
     */
    size_t (*room)(void *owner);

    /*
     * A list of one or more, oldest first, at most what room() last said; but each may be a run, or
     * the datagrams of one in its place.
     */
    void (*received)(void *owner, struct net_datagram *list);

    /*
     * Some sends have ended: done() was called for them, and is not for others just now. For work
     * that is cheaper once for many. May be NULL.
     */
    void (*sent)(void *owner);

    /*
     * done() will be called for the send in a moment: first not soon, then, a few sends later,
     * soon. What done() touches was written on another processor; asked for now, it arrives while
     * the sends before are served. May do nothing else. May be NULL.
     */
    void (*approaching)(const struct net_send *send, bool soon);

    /* The endpoint no longer works (its interface or the kernel failed it). At most once. */
    void (*broken)(void *owner, int error);

    /* The answer to net_udp_close(): nothing is called any more, the endpoint's memory is gone. */
    void (*closed)(void *owner);
};

/* Makes an endpoint, not bound; IPv6 ones are V6ONLY. 0 or a negative errno value. */
int net_udp_open(struct net_engine *engine, enum net_family family,
                 const struct net_udp_events *events, void *owner, struct net_udp **out);

/*
 * The same of any transport. -EPERM: raw endpoints need a right that the process lacks;
 * -EPROTONOSUPPORT: no such protocol.
 */
int net_endpoint_open(struct net_engine *engine, const struct net_transport *transport,
                      const struct net_udp_events *events, void *owner, struct net_udp **out);

/*
 * Cancels what is queued (done() with -ECANCELED), then calls closed(). Once. Upcalls, done() and
 * tasks may still use the endpoint, and other threads may still be in a call that they began
 * before: what would reach the kernel fails with -ESHUTDOWN, a send ends with -ECANCELED, a task
 * runs; closed() waits for them all. Apart from these no call may begin any more.
 */
void net_udp_close(struct net_udp *udp);

int net_udp_bind(struct net_udp *udp, const struct net_address *address);
int net_udp_local_address(struct net_udp *udp, struct net_address *address);

/* Says that room() is no longer 0. Cheap when nothing waits in the kernel. */
void net_udp_receive_wanted(struct net_udp *udp);

/* Runs the task on the endpoint's loop, before closed(). */
void net_udp_post(struct net_udp *udp, struct task *task);

/* Whether the caller is the endpoint's loop thread. */
bool net_udp_on_loop(const struct net_udp *udp);

/* --- Sending --------------------------------------------------------------------------------- */

/* Where a datagram goes, and how. Those of one call share it. */
struct net_envelope {
    struct net_address to;
    struct net_control control;
};

struct net_send {
    struct list link;                 /* the engine's */
    const struct net_slice *slices;   /* valid until done */
    const struct net_envelope *envelope; /* likewise */
    uint32_t slice_count;
    int error;                        /* the engine's: what the checks said */
    void (*done)(struct net_send *send, int error);
    uint64_t number;                  /* the engine's; 0 before net_udp_send_later() */
    size_t length;                    /* the engine's */
};

/*
 * Sends one datagram in the calling thread, if none is queued before it and the endpoint's sends
 * are no stream. 0, or a negative errno value: -EAGAIN when it must be queued, -EMSGSIZE above the
 * limit or the path's MTU with fragmentation forbidden, -E2BIG for too many slices, -EAFNOSUPPORT
 * for an address of another family (IPv4 from an IPv6 endpoint goes to a v4-mapped address),
 * -EADDRNOTAVAIL for a source that is not local, -EINVAL for port 0 (raw: any other) or control
 * data out of range, -ESHUTDOWN, -ENETUNREACH, -EHOSTUNREACH, -EACCES ... Only slices, slice_count
 * and envelope are read.
 */
int net_udp_send_now(struct net_udp *udp, const struct net_send *send);

/* Datagrams that net_udp_send_batch_now() takes at the most. */
#define NET_TX_BATCH 64u

/*
 * The same for `count` datagrams, which share trips through the stack where they can. Returns how
 * many it dealt with, with 0 or the error of each in `errors`; the rest must be queued. Each error
 * is what the datagram would have got alone.
 */
unsigned net_udp_send_batch_now(struct net_udp *udp, const struct net_send *const *batch,
                                unsigned count, int *errors);

/* Whether a send would have to be queued at this moment, whatever it is. */
bool net_udp_must_queue(const struct net_udp *udp);

/* Queues it behind the others; done() is called on the loop. */
void net_udp_send_later(struct net_udp *udp, struct net_send *send);

/* On the loop. Ends all that is queued, with done(-ECANCELED). */
void net_udp_cancel_queued(struct net_udp *udp);

/* True: it was still queued, is not sent and done() is not called. */
bool net_udp_send_cancel(struct net_udp *udp, struct net_send *send);

/* --- Options --------------------------------------------------------------------------------- */

/* name, unit. IPv4 and IPv6 differ only below this line. */
#define NET_OPTIONS(X) \
    X(NET_OPTION_BROADCAST)          /* 0, 1 */ \
    X(NET_OPTION_RECEIVE_BUFFER)     /* bytes, as asked for */ \
    X(NET_OPTION_SEND_BUFFER)        /* bytes, as asked for */ \
    X(NET_OPTION_REUSE_ADDRESS)      /* 0, 1 */ \
    X(NET_OPTION_V6ONLY)             /* 0, 1 */ \
    X(NET_OPTION_HOPS)               /* 1..255, unicast */ \
    X(NET_OPTION_TOS)                /* 0..255 */ \
    X(NET_OPTION_DONT_FRAGMENT)      /* 0, 1 */ \
    X(NET_OPTION_MTU_DISCOVER)       /* enum net_mtu_discover; the same state */ \
    X(NET_OPTION_NO_CHECKSUM)        /* UDP over IPv4: 0, 1 */ \
    X(NET_OPTION_RECEIVE_TOS)        /* 0, 1: report the traffic class */ \
    X(NET_OPTION_RECEIVE_HOPS)       /* 0, 1: report TTL or hop limit */ \
    X(NET_OPTION_RECEIVE_ERRORS)     /* 0, 1: report ICMP errors as datagrams */ \
    X(NET_OPTION_MULTICAST_HOPS)     /* 0..255 */ \
    X(NET_OPTION_MULTICAST_LOOP)     /* 0, 1 */ \
    X(NET_OPTION_MULTICAST_INTERFACE)/* interface index, 0 = the stack chooses */ \
    X(NET_OPTION_UNICAST_INTERFACE)  /* interface index, 0 = the stack chooses */ \
    X(NET_OPTION_HEADER_INCLUDED)    /* raw: 0, 1: what is sent begins with the IP header */ \
    X(NET_OPTION_CHECKSUM)           /* raw IPv6: offset, even; -1: none */ \
    X(NET_OPTION_KEEPALIVE)          /* TCP: 0, 1 */ \
    X(NET_OPTION_KEEPALIVE_IDLE)     /* TCP: seconds */ \
    X(NET_OPTION_KEEPALIVE_INTERVAL) /* TCP: seconds */ \
    X(NET_OPTION_KEEPALIVE_COUNT)    /* TCP: probes */ \
    X(NET_OPTION_NODELAY)            /* TCP: 0, 1 */

enum net_option {
#define X(name) name,
    NET_OPTIONS(X)
#undef X
    NET_OPTION_COUNT
};

/*
 * Or'ed to an option: the IPv4 half of an IPv6 endpoint, which speaks for what it exchanges with
 * v4-mapped addresses. Without it an option of the IP layer speaks for IPv6 alone, but for
 * NET_OPTION_RECEIVE_TOS and _HOPS, which concern both.
 */
#define NET_OPTION_IPV4 0x100

enum net_mtu_discover { NET_MTU_NOT_SET, NET_MTU_DO, NET_MTU_DONT, NET_MTU_PROBE };

/* `option` is an enum net_option. 0, or -EINVAL out of range, -ENOPROTOOPT, -EPERM ... */
int net_udp_set_option(struct net_udp *udp, int option, int value);
int net_udp_get_option(struct net_udp *udp, int option, int *value);

/* The path's MTU towards an address, as far as the kernel knows it: bytes of an IP packet. */
int net_udp_path_mtu(struct net_udp *udp, const struct net_address *to, int *mtu);

enum net_membership_action {
    NET_JOIN,
    NET_LEAVE,
    NET_BLOCK,    /* a source of a group that was joined without one */
    NET_UNBLOCK,
};

/*
 * Joining and leaving groups. `source` NULL means any source. -EADDRINUSE: joined or blocked
 * already; -EADDRNOTAVAIL: not joined or blocked; -ENODEV: no such interface.
 */
struct net_membership {
    struct net_address group;
    const struct net_address *source;
    struct net_address local;   /* IPv4: choose the interface by this address, if not unspecified */
    uint32_t interface_index;
    enum net_membership_action action;
};

int net_udp_membership(struct net_udp *udp, const struct net_membership *membership);

/*
 * Sends IPv4 multicast from the interface that has this address; otherwise the same as
 * NET_OPTION_MULTICAST_INTERFACE. -EADDRNOTAVAIL: no interface has it.
 */
int net_udp_multicast_from(struct net_udp *udp, const struct net_address *local);

#endif
