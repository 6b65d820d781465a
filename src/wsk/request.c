/* SPDX-License-Identifier: MIT */
/* request.c - see request.h. */
#include "request.h"

#include "nt.h"

#define REQUESTS_PER_CHUNK 64

static struct slab requests;

/* How many completions of the provider are on this thread's stack. */
static _Thread_local unsigned completing;

void wsk_requests_start(void)
{
    slab_init(&requests, sizeof(struct wsk_request), REQUESTS_PER_CHUNK);
}

void wsk_requests_stop(void)
{
    slab_destroy(&requests);
}

void wsk_take_irps(LIST_ENTRY *from, LIST_ENTRY *to)
{
    InitializeListHead(to);
    while (!IsListEmpty(from))
        InsertTailList(to, RemoveHeadList(from));
}

/* --- Out ------------------------------------------------------------------------------------- */

static void complete_now(PIRP irp)
{
    completing++;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    completing--;
}

void wsk_run_deferred(struct task *task)
{
    struct wsk_socket *socket = container_of(task, struct wsk_socket, deferred_task);
    LIST_ENTRY irps;
    KIRQL irql;

    base_lock_acquire(&socket->lock);
    wsk_take_irps(&socket->deferred, &irps);
    base_lock_release(&socket->lock);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    while (!IsListEmpty(&irps)) {
        complete_now(CONTAINING_RECORD(RemoveHeadList(&irps), IRP, Tail.Overlay.ListEntry));
        wsk_socket_leave(socket);
    }
    KeLowerIrql(irql);
}

static void defer(struct wsk_socket *socket, PIRP irp)
{
    bool first;

    trace_count(trace_completion_deferred);
    wsk_socket_hold(socket);
    base_lock_acquire(&socket->lock);
    first = IsListEmpty(&socket->deferred);
    InsertTailList(&socket->deferred, &irp->Tail.Overlay.ListEntry);
    base_lock_release(&socket->lock);
    if (first)
        net_udp_post(socket->udp, &socket->deferred_task);
}

void wsk_complete(struct wsk_socket *socket, PIRP irp, NTSTATUS status, ULONG_PTR information)
{
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = information;
    if (completing && socket)
        defer(socket, irp);
    else
        complete_now(irp);
}

NTSTATUS wsk_refuse(PIRP irp, NTSTATUS status)
{
    wsk_complete(NULL, irp, status, 0);
    return status;
}

NTSTATUS wsk_finish(struct wsk_socket *socket, PIRP irp, NTSTATUS status, ULONG_PTR information)
{
    IoMarkIrpPending(irp);
    wsk_complete(socket, irp, status, information);
    return STATUS_PENDING;
}

/* --- Waiting --------------------------------------------------------------------------------- */

/* Of a socket: for 4096 in flight, and for those that the loop keeps until a round is complete. */
#define CACHED_MOST (4096u + 256u)

bool wsk_request_shall_fail(void)
{
    return hook_fail_allocation(HOOK_REQUEST, sizeof(struct wsk_request), NULL);
}

static struct wsk_request *take_new(struct wsk_request_cache *cache)
{
    struct wsk_request *request = slab_allocate(&requests);

    if (!request)
        return NULL;
    request->cached = cache->made < CACHED_MOST;
    if (request->cached)
        cache->made++;
    return request;
}

struct wsk_request *wsk_request_take(struct wsk_socket *socket, PIRP irp)
{
    struct wsk_request_cache *cache = &socket->requests;
    struct wsk_request *request = cache->free;

    if (!request)
        request = atomic_exchange_explicit(&cache->returned, NULL, memory_order_acquire);
    if (request) {
        cache->free = request->next;
        base_fetch(cache->free, offsetof(struct wsk_request, send.envelope.control));
    } else {
        request = take_new(cache);
    }
    if (!request)
        return NULL;
    request->socket = socket;
    request->irp = irp;
    return request;
}

struct wsk_request *wsk_request_create(struct wsk_socket *socket, PIRP irp)
{
    struct wsk_request *request;

    if (wsk_request_shall_fail())
        return NULL;
    base_lock_acquire(&socket->requests.lock);
    request = wsk_request_take(socket, irp);
    base_lock_release(&socket->requests.lock);
    if (!request)
        return NULL;
    list_init(&request->link);
    wsk_socket_hold(socket);
    return request;
}

/*
 * Only all at once are ever taken from `returned`, so none can come back between look and exchange.
 */
void wsk_requests_give_back(struct wsk_request_cache *cache, struct wsk_request *first,
                            struct wsk_request *last)
{
    struct wsk_request *before = atomic_load_explicit(&cache->returned, memory_order_relaxed);

    do {
        last->next = before;
    } while (!atomic_compare_exchange_weak_explicit(&cache->returned, &before, first,
                                                    memory_order_release, memory_order_relaxed));
}

void wsk_request_give_back(struct wsk_request *request)
{
    if (request->cached)
        wsk_requests_give_back(&request->socket->requests, request, request);
    else
        slab_free(&requests, request);
}

void wsk_request_keep(struct wsk_ended_sends *ended, struct wsk_request *request)
{
    ended->count++;
    if (!request->cached) {
        slab_free(&requests, request);
        return;
    }
    request->next = NULL;
    if (ended->last)
        ended->last->next = request;
    else
        ended->first = request;
    ended->last = request;
}

static void drop_chain(struct wsk_request *request)
{
    while (request) {
        struct wsk_request *next = request->next;

        slab_free(&requests, request);
        request = next;
    }
}

void wsk_requests_drop(struct wsk_request_cache *cache)
{
    drop_chain(cache->free);
    drop_chain(atomic_load_explicit(&cache->returned, memory_order_acquire));
}

void wsk_request_abandon(struct wsk_request *request)
{
    struct wsk_socket *socket = request->socket;

    wsk_request_give_back(request);
    wsk_socket_leave(socket);
}

void wsk_request_end(struct wsk_request *request, NTSTATUS status, ULONG_PTR information)
{
    struct wsk_socket *socket = request->socket;
    PIRP irp = request->irp;

    wsk_request_give_back(request);
    wsk_complete(socket, irp, status, information);
}

void wsk_request_complete(struct wsk_request *request, NTSTATUS status, ULONG_PTR information)
{
    struct wsk_socket *socket = request->socket;

    wsk_request_end(request, status, information);
    wsk_socket_leave(socket);
}

struct wsk_request *wsk_request_of(PIRP irp)
{
    return irp->Tail.Overlay.DriverContext[0];
}

bool wsk_request_pend(struct wsk_request *request, PDRIVER_CANCEL cancel)
{
    PIRP irp = request->irp;

    irp->Tail.Overlay.DriverContext[0] = request;
    IoMarkIrpPending(irp);
    IoSetCancelRoutine(irp, cancel);
    /*
     * IoCancelIrp sets Cancel before it takes the routine. Whoever cancelled before the line above
     * saw no routine, and is seen here; whoever cancels after it finds the routine.
     */
    return !__atomic_load_n(&irp->Cancel, __ATOMIC_SEQ_CST) || !IoSetCancelRoutine(irp, NULL);
}

bool wsk_request_queue(struct wsk_request *request, struct list *queue, PDRIVER_CANCEL cancel)
{
    if (!wsk_request_pend(request, cancel))
        return false;
    list_push_back(queue, &request->link);
    return true;
}

bool wsk_request_claim(struct wsk_request *request)
{
    return IoSetCancelRoutine(request->irp, NULL) != NULL;
}
