/* SPDX-License-Identifier: MIT */
/*
 * resolve.h - the door's third leaf: names become addresses and addresses become names, as the
 * host's resolver knows them (its files, DNS, whatever it was told to ask).
 *
 * The resolver blocks for as long as it likes and cannot be interrupted. So every question is asked
 * on one of a few threads of the engine ("net-names"), and who no longer wants the answer lets go
 * of it:
 *
 * 1. net_lookup_start() copies the question. From then on `answered` is called once, on such a
 *    thread, with no lock held, unless net_lookup_cancel() came before it.
 * 2. net_lookup_cancel() returns at once, also when the resolver hangs. What the resolver says
 *    later is dropped. The thread that it keeps stays busy until then.
 * 3. `answered` owns the answer and gives it back with net_answer_free().
 *
 * Text is UTF-8, whatever the process's locale. International names go to the network in their
 * ASCII form (IDNA 2008), unless the question forbids it; names in answers are as the resolver gave
 * them.
 */
#ifndef OPENWSK_NET_RESOLVE_H
#define OPENWSK_NET_RESOLVE_H

#include "net.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Questions that are with the resolver at the same time; more wait in line. */
#define NET_RESOLVE_THREADS_MAX 16u

/* With the terminating zero: the longest name of DNS as text, a numeric address with its zone. */
#define NET_NODE_MAX 1025u
#define NET_SERVICE_MAX 33u

/* --- Questions and answers ------------------------------------------------------------------- */

enum net_lookup_kind { NET_LOOKUP_ADDRESSES, NET_LOOKUP_NAME };

/* For addresses. */
#define NET_LOOKUP_PASSIVE 0x01u          /* no node: the wildcard address, not loopback */
#define NET_LOOKUP_CANONICAL 0x02u        /* also the canonical name */
#define NET_LOOKUP_NUMERIC_NODE 0x04u     /* never ask the network */
#define NET_LOOKUP_NUMERIC_SERVICE 0x08u
#define NET_LOOKUP_MAPPED 0x10u           /* IPv6 wanted and none found: v4-mapped addresses */
#define NET_LOOKUP_ALL 0x20u              /* with MAPPED: those as well */
#define NET_LOOKUP_CONFIGURED 0x40u       /* only families of which the host has an address */
#define NET_LOOKUP_ASCII 0x80u            /* the node goes out as it is */

/* For names. */
#define NET_LOOKUP_LOCAL_SHORT 0x100u     /* hosts of the local domain without it */
#define NET_LOOKUP_NAME_REQUIRED 0x200u   /* no number in place of a name that is not known */
#define NET_LOOKUP_DATAGRAM 0x400u        /* the service of the datagram protocol */

enum net_socktype {
    NET_TYPE_ANY,
    NET_TYPE_STREAM,
    NET_TYPE_DATAGRAM,
    NET_TYPE_RAW,
    NET_TYPE_OTHER
};

struct net_question {
    enum net_lookup_kind kind;
    uint32_t flags;             /* NET_LOOKUP_* */
    const char *node;           /* addresses: NULL or a name or a number */
    const char *service;        /* addresses: NULL or a name or a number */
    enum net_family family;     /* addresses: NET_UNSPECIFIED for both */
    enum net_socktype type;
    uint32_t protocol;          /* addresses: as in the IP header, 0 for any */
    struct net_address address; /* name: of which */
    bool want_node, want_service; /* name: which of the two */
};

struct net_found {
    struct net_address address;
    enum net_socktype type;
    uint32_t protocol;
};

struct net_answer {
    size_t count;               /* addresses, in the order in which to try them */
    struct net_found *found;
    char *canonical;            /* or NULL */
    char node[NET_NODE_MAX];    /* name: "" when not wanted */
    char service[NET_SERVICE_MAX];
};

/* An answer with room for so many addresses, all else zero. NULL when there is no memory. */
struct net_answer *net_answer_create(size_t count);
void net_answer_free(struct net_answer *answer);

/* --- Asking ---------------------------------------------------------------------------------- */

struct net_resolver;
struct net_lookup;

/* 0 or -ENOMEM. Threads come with the first questions. */
int net_resolver_start(struct net_resolver **out);

/*
 * Nothing waits for an answer any more. Returns when no `answered` runs; threads that hang in the
 * resolver are left to themselves and end when it lets them go.
 */
void net_resolver_stop(struct net_resolver *resolver);

/*
 * 0 with the answer, or NULL and why not:
 *   -ENOENT        nobody knows the name, or it has no address of the family
 *   -EAGAIN        the servers do not answer now
 *   -ECONNABORTED  a server refused for good
 *   -EILSEQ        the name cannot be a name: no UTF-8, forbidden characters, too long
 *   -EAFNOSUPPORT, -ESOCKTNOSUPPORT, -EINVAL (flags), -ENOMEM ...
 */
typedef void net_answered_fn(void *owner, int error, struct net_answer *answer);

/*
 * 0, or -ENOMEM or what a thread's start failed with; then `answered` is not called. *out is for
 * net_lookup_cancel() or net_lookup_forget(), of which the owner calls exactly one.
 */
int net_lookup_start(struct net_resolver *resolver, const struct net_question *question,
                     net_answered_fn *answered, void *owner, struct net_lookup **out);

/* True: `answered` was not and will not be called. False: it was, or is being called right now. */
bool net_lookup_cancel(struct net_lookup *lookup);

/* Gives the handle up; the answer still comes, if it has not come yet. */
void net_lookup_forget(struct net_lookup *lookup);

/* --- The seam -------------------------------------------------------------------------------- */

/* What asks; may block for ever. An answer with 0, or a negative errno value and no answer. */
struct net_name_port {
    int (*ask)(const struct net_question *question, struct net_answer **answer);
};

/* The C library's resolver. */
extern const struct net_name_port net_name_libc;

/* Tests point this elsewhere while no resolver is started. */
extern const struct net_name_port *net_name_port;

#endif
