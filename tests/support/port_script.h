/* SPDX-License-Identifier: MIT */
/*
 * port_script.h - a network in memory that does what the test says: a back end for the transport
 * engine (struct net_port) with a wire, faults and a clock of its own.
 *
 * 1. script_create(), then net_engine_start() with `.port = script_port(script)`. Endpoints of this
 *    engine reach each other; addresses are 127.0.0.1 and ::1 unless bound otherwise. The wire
 *    carries UDP: there are no raw endpoints, and those of TCP have options only.
 * 2. What is sent lies on the wire until it is delivered. script_automatic(script, true), the state
 *    at the start, delivers at once; with false the test looks at the wire and calls
 *    script_deliver(), script_drop(), script_duplicate(), script_swap() or script_take().
 * 3. script_inject() puts a datagram on the wire as if a stranger had sent it.
 * 4. Faults and limits come before the call that shall meet them: script_fail(),
 *    script_limit_send(), script_limit_receive(), script_wire_capacity(), script_queue_capacity().
 * 5. script_settle() returns when every loop waits with nothing to do. Then the test may look at
 *    what its owners recorded, without locks or sleeps: nothing moves before the test's next step.
 * 6. Time stands still until script_advance(). The engine needs it only to try again after -ENOBUFS
 *    or -ENOMEM.
 * 7. Close all endpoints, net_engine_stop(), script_destroy(), which fails the test if something of
 *    the port was left open.
 *
 * Every function may be called from the test's thread at any time.
 */
#ifndef OPENWSK_TESTS_PORT_SCRIPT_H
#define OPENWSK_TESTS_PORT_SCRIPT_H

#include "net.h"
#include "port.h"

struct script;

struct script *script_create(void);
void script_destroy(struct script *script);
const struct net_port *script_port(struct script *script);

/* --- The wire -------------------------------------------------------------------------------- */

struct script_datagram {
    struct list link;            /* the script's */
    struct net_address from;     /* IPv4 is plain IPv4 on the wire */
    struct net_address to;
    struct net_control control;  /* as sent; TOS and HOPS are always filled in */
    size_t length;
    uint8_t data[];
};

void script_automatic(struct script *script, bool on);
size_t script_wire_count(struct script *script);

/* Each acts on the oldest datagrams of the wire and returns how many there were to act on. */
size_t script_deliver(struct script *script, size_t count);
size_t script_drop(struct script *script, size_t count);

/* The oldest one twice; the copy comes right behind it. */
void script_duplicate(struct script *script);

/* Exchanges the two oldest. */
void script_swap(struct script *script);

/* The oldest, or NULL; it is the caller's, to be freed with os_free(). */
struct script_datagram *script_take(struct script *script);

void script_inject(struct script *script, const struct net_address *from,
                   const struct net_address *to, const void *data, size_t length);

/* --- Faults and limits ----------------------------------------------------------------------- */

enum script_call {
    SCRIPT_LOOP_OPEN,
    SCRIPT_WAIT,
    SCRIPT_OPEN,
    SCRIPT_ARM,
    SCRIPT_BIND,
    SCRIPT_LOCAL_ADDRESS,
    SCRIPT_OPTION,
    SCRIPT_MEMBERSHIP,
    SCRIPT_SEND,     /* counts datagrams; the call ends short before one that shall fail */
    SCRIPT_RUN,      /* counts shared trips; one that fails takes none of its datagrams with it */
    SCRIPT_RECEIVE,
    SCRIPT_CALLS
};

/*
 * The n-th (1 is the next) and the `count` - 1 after it fail with -error. Replaces a former plan.
 */
void script_fail(struct script *script, enum script_call call, unsigned nth, unsigned count,
                 int error);

/* Whether endpoints of IPv6 can be made; they can at first. */
void script_ipv6(struct script *script, bool on);

/* How many calls of the kind (datagrams for SCRIPT_SEND) were made, failed ones included. */
unsigned script_calls(struct script *script, enum script_call call);

/* The longest batch of one call; 0 for no limit. */
void script_limit_send(struct script *script, unsigned count);
void script_limit_receive(struct script *script, unsigned count);

/*
 * Offload, off at the start. With it senders may share trips: on the wire lie the datagrams; a trip
 * with a datagram that shall fail (SCRIPT_SEND) fails as a whole. And what an endpoint receives is
 * joined to runs of at most `run` datagrams; 0 for none.
 */
void script_offload(struct script *script, bool on, unsigned run);

/* Datagrams on the wire at which senders get -EAGAIN; at which an endpoint drops what arrives. */
void script_wire_capacity(struct script *script, size_t count);
void script_queue_capacity(struct script *script, size_t count);

/* --- Time ------------------------------------------------------------------------------------ */

void script_settle(struct script *script);
void script_advance(struct script *script, uint64_t ns);

#endif
