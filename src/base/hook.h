/* SPDX-License-Identifier: MIT */
/*
 * hook.h - where the verifier hangs itself into the house.
 *
 * The storeys below know no verifier: they call these points, which do nothing until somebody
 * installs a table. A table is installed before the first driver is loaded and stays until the last
 * is gone, so the pointer needs no lock.
 */
#ifndef OPENWSK_BASE_HOOK_H
#define OPENWSK_BASE_HOOK_H

#include "list.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum hook_allocation { HOOK_POOL, HOOK_IRP, HOOK_MDL, HOOK_REQUEST, HOOK_SOCKET };

/* The tables of functions that the provider hands to a driver. */
enum hook_table_kind {
    HOOK_TABLE_CLIENT,      /* with a captured NPI */
    HOOK_TABLE_BASIC,       /* and with a socket of each category */
    HOOK_TABLE_LISTEN,
    HOOK_TABLE_DATAGRAM,
    HOOK_TABLE_CONNECTION,
    HOOK_TABLE_STREAM,
    HOOK_TABLE_COUNT
};

/*
 * What somebody between a driver and the provider needs of the provider. Who holds a socket keeps
 * its close from completing, who holds a client its deregistration from returning. IRQL <=
 * DISPATCH_LEVEL.
 */
struct hook_provider {
    bool (*hold_socket)(void *socket); /* false: it is not open */
    void (*leave_socket)(void *socket);
    bool (*hold_client)(void *client); /* false: it is none */
    void (*leave_client)(void *client);
    void *(*client_of)(void *socket);  /* the socket is held */

    /*
     * The socket stops functioning, as when its transport goes away. Nothing when it is not open.
     */
    void (*break_socket)(void *socket);

    /* Writes the SOCKADDR that the socket is bound to. False when it is not bound, or not open. */
    bool (*local_address)(void *socket, void *address);

    /*
     * The same with where a send without an address goes, or with what alone is received. False,
     * and nothing is written, when none was set, or it is not open.
     */
    bool (*remote_address)(void *socket, bool receives, void *address);

    /*
     * The IP protocol of a raw socket, 0 for any other. The socket is held, or its event is
     * running.
     */
    unsigned (*raw_protocol)(void *socket);

    /* Whether what it sends begins with the IP header. The socket is held. */
    bool (*header_included)(void *socket);
};

/* A call of an event callback. What the pointers mean depends on the event; see wsk/callback.c. */
struct hook_event {
    const char *name;       /* "WskReceiveFromEvent" */
    void *socket;
    void *context;          /* what the driver gave with the socket */
    const void *routine;
    unsigned flags;
    void *indication;       /* a list, or NULL for a socket that is dead */
    int32_t status;         /* what the routine returned */
    void *notes[2];         /* the hook's own, from begin to end */
};

/* The functions of WSK that a driver imports. The others it finds in tables. */
enum hook_import_kind {
    HOOK_IMPORT_REGISTER,
    HOOK_IMPORT_DEREGISTER,
    HOOK_IMPORT_CAPTURE,
    HOOK_IMPORT_RELEASE,
    HOOK_IMPORT_QUERY,
    HOOK_IMPORT_COUNT
};

/* A call of one of them; it may wait between begin and end. */
struct hook_import {
    enum hook_import_kind function;
    const void *place;      /* in the driver's code */
    uintptr_t arguments[3]; /* in the order of the parameters */
    bool decided;           /* from begin: `status` is the answer, unless the arguments are wrong */
    int32_t status;         /* at the end: what it returns */
    void *notes;            /* the hook's own, from begin to end; NULL: nothing to end */
};

/* What becomes of a broken rule. */
enum hook_severity {
    HOOK_NOTE,    /* said, but no reason to fail */
    HOOK_FINDING, /* said and counted; the process goes on */
    HOOK_STOP     /* the last words of a bug check */
};

#define HOOK_STACKS_MAX 4

/* Where a thing was made, submitted, completed, freed: stack.h. */
struct hook_stack {
    const char *label; /* "allocated"; static */
    uint32_t stack;    /* 0: unknown */
};

struct hook_report {
    const char *rule; /* "WSK-V7" */
    enum hook_severity severity;
    const char *text; /* one sentence, without the place */
    const void *place; /* in the driver's code, or NULL */
    struct hook_stack stacks[HOOK_STACKS_MAX]; /* up to the first without a label */
};

/* Room in each indication of a datagram for who keeps an account of those that are retained. */
struct hook_retained {
    struct list link;
    uint64_t since_ns;
    uint32_t run; /* 0: in no account */
};

struct hooks {
    /* The table that a driver gets instead of `table`, the provider's own. */
    const void *(*table)(enum hook_table_kind kind, const void *table,
                         const struct hook_provider *provider);

    /*
     * Around an event callback, at its IRQL. False: it is not called, and `status` stands for its
     * answer.
     */
    bool (*event_begin)(struct hook_event *event);
    void (*event_end)(struct hook_event *event);

    /*
     * Datagrams are there for an event. True: it waits for `*count` of them, but no longer than
     * `*ns`. Under the socket's lock.
     */
    bool (*event_gather)(void *socket, const char *name, size_t *count, uint64_t *ns);

    /*
     * An indication is about to be retained; it is given back, or was before it could be retained.
     * While WSK-V27 is on. Any thread, no lock held.
     */
    void (*retained)(struct hook_retained *entry);
    void (*given_back)(struct hook_retained *entry);

    /* Around a call of a function that drivers import, at its IRQL. */
    void (*import_begin)(struct hook_import *call);
    void (*import_end)(struct hook_import *call);

    /*
     * A wait for the object is over, successfully. It was signalled last at that time, by that
     * stack; 0 where that is not known.
     */
    void (*wait_satisfied)(const void *object, uint64_t signalled_ns, uint32_t stack, const void *place);

    /* An event is about to be set. */
    void (*signalled)(const void *object);

    /* A thread is about to wait. */
    void (*wait_begin)(const void *place);

    /*
     * Whether this allocation shall fail although there is memory. `place` is the caller's address.
     */
    bool (*fail_allocation)(enum hook_allocation kind, size_t size, const void *place);

    /* Whether this call, which makes something, shall fail for want of resources. */
    bool (*fail_call)(const char *function, const void *place);

    /* A rule was broken in a way that the process survives. The text is one sentence. */
    void (*finding)(const char *rule, const char *text, const void *place);

    /* The same with its stacks; where it is set, it gets what `finding` would have got, too. */
    void (*report)(const struct hook_report *report);

    /* The last words of a bug check are printed; `stop_code` is Windows' number. May not return. */
    void (*bug_check)(unsigned stop_code);
};

extern _Atomic(const struct hooks *) base_hooks;

/*
 * The build that the others are compared with (OPENWSK_HOOKS=OFF): the compiler drops each point.
 */
#ifdef OPENWSK_NO_HOOKS
#define HOOKS_BUILT false
#else
#define HOOKS_BUILT true
#endif

static inline const struct hooks *hook_table(void)
{
    return HOOKS_BUILT ? atomic_load_explicit(&base_hooks, memory_order_acquire) : NULL;
}

static inline bool hook_fail_allocation(enum hook_allocation kind, size_t size, const void *place)
{
    const struct hooks *hooks = hook_table();

    return hooks && hooks->fail_allocation && hooks->fail_allocation(kind, size, place);
}

static inline bool hook_fail_call(const char *function, const void *place)
{
    const struct hooks *hooks = hook_table();

    return hooks && hooks->fail_call && hooks->fail_call(function, place);
}

static inline const void *hook_choose_table(enum hook_table_kind kind, const void *table,
                                            const struct hook_provider *provider)
{
    const struct hooks *hooks = hook_table();

    return hooks && hooks->table ? hooks->table(kind, table, provider) : table;
}

/* Whether those for events do anything: one look, where each datagram comes by. */
extern _Atomic bool hook_events;

static inline bool hook_watches_events(void)
{
    return HOOKS_BUILT && atomic_load_explicit(&hook_events, memory_order_relaxed);
}

static inline bool hook_event_begin(struct hook_event *event)
{
    const struct hooks *hooks = hook_table();

    return !(hooks && hooks->event_begin) || hooks->event_begin(event);
}

static inline void hook_event_end(struct hook_event *event)
{
    const struct hooks *hooks = hook_table();

    if (hooks && hooks->event_end)
        hooks->event_end(event);
}

static inline bool hook_event_gathers(void *socket, const char *name, size_t *count, uint64_t *ns)
{
    const struct hooks *hooks = hook_watches_events() ? hook_table() : NULL;

    return hooks && hooks->event_gather && hooks->event_gather(socket, name, count, ns);
}

static inline void hook_import_begin(struct hook_import *call)
{
    const struct hooks *hooks = hook_table();

    if (hooks && hooks->import_begin)
        hooks->import_begin(call);
}

static inline void hook_import_end(struct hook_import *call)
{
    const struct hooks *hooks = call->notes ? hook_table() : NULL;

    if (hooks && hooks->import_end)
        hooks->import_end(call);
}

/* A client that holds as many datagrams gets no more until it releases some. */
extern _Atomic uint32_t hook_retained_limit;

/*
 * Where the driver's call came from. Who stands in between calls the provider himself, and notes
 * here the address that he was called from.
 */
extern _Thread_local const void *hook_caller;

static inline const void *hook_place(const void *caller)
{
    return HOOKS_BUILT && hook_caller ? hook_caller : caller;
}

/*
 * The rules that cost something are on only while their bit is set: bit 7 for WSK-V7. Rules that
 * are a look at what is at hand anyway do not ask.
 */
extern _Atomic uint32_t hook_rules;

static inline bool hook_rule(unsigned number)
{
    return HOOKS_BUILT && (atomic_load_explicit(&hook_rules, memory_order_relaxed) >> number & 1);
}

static inline void hook_retain(struct hook_retained *entry)
{
    const struct hooks *hooks = hook_rule(27) ? hook_table() : NULL;

    entry->run = 0;
    if (hooks && hooks->retained)
        hooks->retained(entry);
}

static inline void hook_give_back(struct hook_retained *entry)
{
    const struct hooks *hooks = hook_rule(27) ? hook_table() : NULL;

    if (hooks && hooks->given_back && entry->run)
        hooks->given_back(entry);
}

/* The calling thread's stack from `place` on; 0 when the place is not on it. */
uint32_t hook_stack_at(const void *place);

/* A report with stacks. As hook_finding() when nobody listens. */
void hook_tell(const struct hook_report *report);

/* Prints the finding itself when nobody listens: a broken rule is never silent. */
void hook_finding(const char *rule, const char *text, const void *place);

#endif
