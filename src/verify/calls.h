/* SPDX-License-Identifier: MIT */
/*
 * calls.h - every call of WSK, seen on its way: before the provider gets it, when it returns, when
 * its IRP completes, and each event callback.
 *
 * Who wants to see them registers an observer before vf_start(). With none, drivers get the
 * provider's own tables and nothing here runs. With one, they get tables of ours (tables.c), whose
 * entries come here, and the completion routine of each IRP is replaced by one of ours, which calls
 * the driver's.
 *
 * A struct vf_call lives until the call has returned and its IRP has completed, whichever is later.
 */
#ifndef OPENWSK_VERIFY_CALLS_H
#define OPENWSK_VERIFY_CALLS_H

#include "base.h"
#include "functions.h"

#include <wsk.h>

#include <stdbool.h>
#include <stdint.h>

#define VF_OBSERVERS_MAX 8
#define VF_STACK_MAX 24

/* What the rules note of a call: flight.c, rule_*.c. */
struct vf_flight {
    struct list link;
    uint32_t stack;           /* that submitted it */
    bool listed;              /* these two under the lock of the flight's shard ... */
    bool returned;            /* ... but the calling thread may read this one */
    _Atomic bool completed;
    size_t bytes;
    bool clients_own, bad_buffer;
    WSK_BUF buffer;           /* of a send ... */
    WSK_BUF *buffers;         /* ... or those of a list, from os_allocate(); NULL: the one */
    uint32_t buffer_count;
    uint64_t checksum;        /* of their chains; 0: none */
    uintptr_t lowest_buffer;  /* on the stack of the caller; 0: none */
};

struct vf_call {
    const struct vf_function *function;
    uintptr_t arguments[VF_PARAMETERS_MAX]; /* in the order of the parameters */
    const void *place;        /* in the driver's code */
    uint64_t began_ns;        /* os_clock_ns() */
    uint32_t thread;          /* os_thread_id() */
    KIRQL irql;               /* at the call */

    PWSK_SOCKET socket;       /* NULL for client-level functions */
    PWSK_CLIENT client;       /* NULL for functions of a socket */
    PIRP irp;                 /* may be NULL */
    uint32_t socket_number;   /* 1, 2 ... in the order of their making; 0: none, unknown, or nobody asked */

    /* before(): set both, and the provider is not called; an IRP is completed with the status. */
    bool decided;
    NTSTATUS status;          /* after(): what the call returns */

    /*
     * before(): how long to keep the completion from the driver, counted from its coming; 0: not at
     * all.
     */
    uint64_t hold_ns;
    bool hold_elsewhere;      /* only until it can be delivered on another thread, before the return */
    bool hold_past_close;     /* a close does not end it; the close waits */
    bool at_dispatch;         /* the driver's routine runs at DISPATCH_LEVEL in any case */
    bool cancels;             /* the IRP is cancelled if it is still pending after cancel_ns */
    uint64_t cancel_ns;
    bool cancel_wins;         /* a cancel that meets the held completion makes it STATUS_CANCELLED */
    const char *injected;     /* what was done to the call, for the trace; NULL: nothing */

    /* completed(): the result, which may be changed; unused when `irp` is NULL. */
    IO_STATUS_BLOCK result;
    uint64_t completed_ns;

    void *notes[VF_OBSERVERS_MAX]; /* an observer's own, by its index */
    ULONG control_room;            /* inject.c's */

    struct vf_flight flight;

    /* calls.c's and hold.c's */
    _Atomic uint32_t references;
    const void *outer_caller;
    PIO_COMPLETION_ROUTINE routine;
    PVOID context;
    UCHAR control;
    bool watched;              /* the routine is ours */
    bool holds_socket;
    PWSK_CLIENT held_client;
    _Atomic uint32_t held;
    _Atomic uint32_t delivered;
    uint64_t due_ns;
    struct list hold_link;
    _Atomic uint32_t cancel_state;
    uint32_t canceller;        /* thread */
    uint64_t cancel_due_ns;
    struct list cancel_link;
};

struct vf_observer {
    bool asks_numbers; /* of vf_call.socket_number */

    /* On the driver's thread, at its IRQL, before the provider is called. */
    void (*before)(struct vf_call *call);

    /* On that thread, when the provider has returned; an IRP may have completed long before. */
    void (*after)(struct vf_call *call);

    /*
     * Before the driver's completion routine runs, on its thread and IRQL. The IRP is the driver's.
     */
    void (*completed)(struct vf_call *call);

    /* After it has returned `status`. The IRP may be gone. Not called where there is no routine. */
    void (*routine_returned)(struct vf_call *call, NTSTATUS status);

    /* As in base/hook.h; false: the driver is not called. */
    bool (*event_begin)(struct hook_event *event);
    void (*event_end)(struct hook_event *event);
};

/* The call whose completion routine this thread is in, the innermost; NULL: none. */
extern _Thread_local struct vf_call *vf_routine_call;

/* Before vf_start(); forgotten by vf_stop(). Returns the index for vf_call.notes. */
unsigned vf_observe(const struct vf_observer *observer);

/* From vf_start() and vf_stop(): whether anybody observes decides what the hooks are. */
void vf_calls_start(struct hooks *hooks);
void vf_calls_stop(void);

/* --- Numbers --------------------------------------------------------------------------------- */

/*
 * Stable, small, by address. A socket's number ends with its close; 0 for an address without one.
 */
uint32_t vf_socket_number(const void *socket);
uint32_t vf_irp_number(const void *irp); /* makes one; 0 for NULL */

/* calls.c's. The address may have a new number already, which stays. */
uint32_t vf_socket_made(const void *socket);
void vf_socket_gone(const void *socket, uint32_t number);
void vf_numbers_forget(void);

/* --- From the tables' entries (tables.c), and from imported functions ------------------------ */

/* `own` is for when there is no memory. NULL when it is, too: then nobody sees the call. */
struct vf_call *vf_call_begin(struct vf_call *own, enum vf_function_id function,
                              const uintptr_t *arguments, const void *place);
NTSTATUS vf_call_end(struct vf_call *call);

const void *vf_choose_table(enum hook_table_kind kind, const void *table,
                            const struct hook_provider *provider);
const struct hook_provider *vf_provider(void);
void vf_provider_set(const struct hook_provider *provider);

/* --- Holding completions (hold.c) ------------------------------------------------------------ */

/*
 * Keeps the call's IRP, which was just completed, until call->due_ns, a cancel, vf_hold_flush() or
 * the stop; then delivers it on the hold thread, at DISPATCH_LEVEL. False when it cannot be kept.
 */
bool vf_hold(struct vf_call *call);

/* Delivers what is held for the socket; for NULL, everything. Does not wait. */
void vf_hold_flush(const void *socket);

/* Waits a moment for the delivery of the call; it may still be outstanding. */
void vf_hold_wait(struct vf_call *call);

/*
 * Cancels the call's IRP when it is still pending, or its completion held, after call->cancel_ns.
 */
void vf_cancel_later(struct vf_call *call);

/* The completion is about to reach the driver: no cancel will touch the IRP from here on. */
void vf_cancel_over(struct vf_call *call);

void vf_hold_stop(void);

/*
 * Runs the driver's routine: observers, flags, the routine itself. What a completion routine
 * returns.
 */
NTSTATUS vf_deliver(struct vf_call *call, PDEVICE_OBJECT device, PIRP irp);

void vf_call_release(struct vf_call *call);

/* Gives back what keeps the socket or the client while a completion is held. */
void vf_call_let_go(struct vf_call *call);

#endif
