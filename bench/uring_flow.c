/* SPDX-License-Identifier: MIT */
/* uring_flow.c - liburing: 64 sends, and 64 receives, of one submission each. */
#include "bench.h"
#include "raw_socket.h"

#include <liburing.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#define DEPTH 64u

struct uring_flow {
    struct flow flow;
    int from, to;
    unsigned size;
    pthread_t sender, receiver;
    atomic_bool stop;
    _Alignas(64) _Atomic uint64_t sent;
    _Alignas(64) _Atomic uint64_t delivered;
};

static void add(_Atomic uint64_t *count, uint64_t amount)
{
    atomic_store_explicit(count, atomic_load_explicit(count, memory_order_relaxed) + amount,
                          memory_order_relaxed);
}

static void open_ring(struct io_uring *ring)
{
    int error = io_uring_queue_init(2 * DEPTH, ring, 0);

    if (error)
        fail("io_uring_queue_init: %s", strerror(-error));
}

static void *send_main(void *argument)
{
    static char data[LARGEST_DATAGRAM];
    struct uring_flow *flow = argument;
    struct io_uring_cqe *done;
    struct io_uring ring;

    open_ring(&ring);
    while (!atomic_load_explicit(&flow->stop, memory_order_relaxed)) {
        unsigned head, count = 0;

        for (unsigned i = 0; i < DEPTH; i++)
            io_uring_prep_send(io_uring_get_sqe(&ring), flow->from, data, flow->size, 0);
        if (io_uring_submit_and_wait(&ring, DEPTH) < 0)
            fail("io_uring_submit_and_wait failed");
        io_uring_for_each_cqe(&ring, head, done) {
            if (done->res < 0)
                fail("sending: %s", strerror(-done->res));
            count++;
        }
        io_uring_cq_advance(&ring, count);
        add(&flow->sent, count);
    }
    io_uring_queue_exit(&ring);
    return NULL;
}

static char buffers[DEPTH][8192];

static void receive_into(struct io_uring *ring, int fd, unsigned number)
{
    struct io_uring_sqe *entry = io_uring_get_sqe(ring);

    io_uring_prep_recv(entry, fd, buffers[number], sizeof(buffers[number]), 0);
    io_uring_sqe_set_data64(entry, number);
}

static void *receive_main(void *argument)
{
    struct uring_flow *flow = argument;
    struct io_uring_cqe *done;
    struct io_uring ring;
    bool end = false;

    open_ring(&ring);
    for (unsigned i = 0; i < DEPTH; i++)
        receive_into(&ring, flow->to, i);
    while (!end) {
        unsigned head, count = 0;

        if (io_uring_submit_and_wait(&ring, 1) < 0)
            fail("io_uring_submit_and_wait failed");
        io_uring_for_each_cqe(&ring, head, done) {
            if (done->res < 0)
                fail("receiving: %s", strerror(-done->res));
            end |= done->res == 0;
            receive_into(&ring, flow->to, (unsigned)io_uring_cqe_get_data64(done));
            count++;
        }
        io_uring_cq_advance(&ring, count);
        add(&flow->delivered, count - end);
    }
    io_uring_queue_exit(&ring);
    return NULL;
}

static void read_counts(struct flow *base, struct flow_counts *counts)
{
    struct uring_flow *flow = (struct uring_flow *)base;

    counts->sent = atomic_load_explicit(&flow->sent, memory_order_relaxed);
    counts->failed = 0;
    counts->delivered = atomic_load_explicit(&flow->delivered, memory_order_relaxed);
}

static void end_sending(struct flow *base)
{
    struct uring_flow *flow = (struct uring_flow *)base;

    atomic_store(&flow->stop, true);
    pthread_join(flow->sender, NULL);
}

void uring_flow(const struct job *job, struct sample *sample)
{
    static struct uring_flow flow;
    struct sockaddr_in here, there;

    flow.flow = (struct flow){ read_counts, end_sending };
    flow.size = job->size;
    flow.from = raw_open(&here);
    flow.to = raw_open(&there);
    raw_connect(flow.from, &there);
    raw_connect(flow.to, &here);
    if (pthread_create(&flow.receiver, NULL, receive_main, &flow) ||
        pthread_create(&flow.sender, NULL, send_main, &flow))
        fail("pthread_create failed");
    flow_measure(&flow.flow, job, sample);
    raw_send_end(flow.from, &there);
    pthread_join(flow.receiver, NULL);
}
