/* SPDX-License-Identifier: MIT */
/*
 * uv_flow.c - libuv: a loop that sends, with 64 requests that send themselves again; and one that
 * receives.
 */
#include "bench.h"
#include "raw_socket.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <uv.h>

#define REQUESTS 64u

struct uv_flow {
    struct flow flow;
    uv_loop_t send_loop, receive_loop;
    uv_udp_t from, to;
    uv_udp_send_t requests[REQUESTS];
    uv_buf_t payload;
    pthread_t sender, receiver;
    atomic_bool stop;
    _Alignas(64) _Atomic uint64_t sent;
    _Alignas(64) _Atomic uint64_t delivered;
};

static struct uv_flow uv;

static void require(int error, const char *what)
{
    if (error)
        fail("%s: %s", what, uv_strerror(error));
}

static void add(_Atomic uint64_t *count, uint64_t amount)
{
    atomic_store_explicit(count, atomic_load_explicit(count, memory_order_relaxed) + amount,
                          memory_order_relaxed);
}

static void sent(uv_udp_send_t *request, int status)
{
    require(status, "sending");
    add(&uv.sent, 1);
    if (!atomic_load_explicit(&uv.stop, memory_order_relaxed))
        require(uv_udp_send(request, &uv.from, &uv.payload, 1, NULL, sent), "uv_udp_send");
}

static void *send_main(void *argument)
{
    (void)argument;
    for (unsigned i = 0; i < REQUESTS; i++)
        require(uv_udp_send(&uv.requests[i], &uv.from, &uv.payload, 1, NULL, sent), "uv_udp_send");
    uv_run(&uv.send_loop, UV_RUN_DEFAULT);
    return NULL;
}

/*
 * uv_udp_recv_start: with room for many of the largest, libuv receives up to 20 of them in one
 * call.
 */
static void give_room(uv_handle_t *handle, size_t size, uv_buf_t *buffer)
{
    static char room[20 * 65536];

    (void)handle;
    (void)size;
    *buffer = uv_buf_init(room, sizeof(room));
}

static void received(uv_udp_t *handle, ssize_t size, const uv_buf_t *buffer,
                     const struct sockaddr *from, unsigned flags)
{
    (void)buffer;
    (void)flags;
    if (size < 0)
        fail("receiving: %s", uv_strerror((int)size));
    if (size > 0)
        add(&uv.delivered, 1);
    else if (from)
        uv_udp_recv_stop(handle);
}

static void *receive_main(void *argument)
{
    (void)argument;
    require(uv_udp_recv_start(&uv.to, give_room, received), "uv_udp_recv_start");
    uv_run(&uv.receive_loop, UV_RUN_DEFAULT);
    return NULL;
}

static void read_counts(struct flow *flow, struct flow_counts *counts)
{
    (void)flow;
    counts->sent = atomic_load_explicit(&uv.sent, memory_order_relaxed);
    counts->failed = 0;
    counts->delivered = atomic_load_explicit(&uv.delivered, memory_order_relaxed);
}

static void end_sending(struct flow *flow)
{
    (void)flow;
    atomic_store(&uv.stop, true);
    pthread_join(uv.sender, NULL);
}

void uv_flow(const struct job *job, struct sample *sample)
{
    static char data[8192];
    struct sockaddr_in here, there;
    int from = raw_open(&here), to = raw_open(&there);

    uv.flow = (struct flow){ read_counts, end_sending };
    uv.payload = uv_buf_init(data, job->size);
    raw_connect(from, &there);
    raw_connect(to, &here);
    require(uv_loop_init(&uv.send_loop), "uv_loop_init");
    require(uv_loop_init(&uv.receive_loop), "uv_loop_init");
    require(uv_udp_init(&uv.send_loop, &uv.from), "uv_udp_init");
    require(uv_udp_init_ex(&uv.receive_loop, &uv.to, UV_UDP_RECVMMSG), "uv_udp_init_ex");
    require(uv_udp_open(&uv.from, from), "uv_udp_open");
    require(uv_udp_open(&uv.to, to), "uv_udp_open");
    if (pthread_create(&uv.receiver, NULL, receive_main, NULL) ||
        pthread_create(&uv.sender, NULL, send_main, NULL))
        fail("pthread_create failed");
    flow_measure(&uv.flow, job, sample);
    raw_send_end(from, &there);
    pthread_join(uv.receiver, NULL);
}
