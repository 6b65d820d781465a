/* SPDX-License-Identifier: MIT */
/*
 * raw_flow.c - what Linux does by itself: a thread that sends and a thread that receives, a system
 * call for each datagram; and with UDP_SEGMENT and UDP_GRO, many datagrams a call.
 */
#define _GNU_SOURCE
#include "bench.h"
#include "raw_socket.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#define UDP_GRO 104
#endif

/*
 * What one call may carry: the kernel's limit of segments, and that of an IPv4 datagram's payload.
 */
#define SEGMENTS_MAX 64u
#define PAYLOAD_MAX 65507u

struct raw_flow {
    struct flow flow;
    int from, to;
    struct sockaddr_in address; /* of `to` */
    bool addressed;             /* not connected */
    unsigned size;
    unsigned segments;          /* datagrams of one call, joined */
    bool batched;               /* sendmmsg, recvmmsg */
    pthread_t sender, receiver;
    atomic_bool stop;
    _Alignas(64) _Atomic uint64_t sent;
    _Alignas(64) _Atomic uint64_t delivered;
};

static void add(_Atomic uint64_t *count, uint64_t amount)
{
    uint64_t before = atomic_load_explicit(count, memory_order_relaxed);

    atomic_store_explicit(count, before + amount, memory_order_relaxed);
}

/* --- Threads --------------------------------------------------------------------------------- */

static ssize_t send_once(const struct raw_flow *raw, const void *data, size_t size)
{
    if (raw->addressed)
        return sendto(raw->from, data, size, 0, (const struct sockaddr *)&raw->address,
                      sizeof(raw->address));
    return send(raw->from, data, size, 0);
}

static void *send_main(void *argument)
{
    static char data[LARGEST_DATAGRAM];
    struct raw_flow *raw = argument;
    size_t size = (size_t)raw->size * raw->segments;

    while (!atomic_load_explicit(&raw->stop, memory_order_relaxed)) {
        if (send_once(raw, data, size) != (ssize_t)size)
            fail("sending: %s", strerror(errno));
        add(&raw->sent, raw->segments);
    }
    return NULL;
}

static void *receive_main(void *argument)
{
    static char data[LARGEST_DATAGRAM];
    struct raw_flow *raw = argument;
    ssize_t size;

    for (;;) {
        size = recv(raw->to, data, sizeof(data), 0);
        if (size <= 0)
            break;
        add(&raw->delivered, 1);
    }
    if (size < 0)
        fail("receiving: %s", strerror(errno));
    return NULL;
}

/* How long each datagram of a coalesced one is; without the message it was alone. */
static unsigned segment_size(struct msghdr *message, unsigned whole)
{
    for (struct cmsghdr *entry = CMSG_FIRSTHDR(message); entry; entry = CMSG_NXTHDR(message, entry))
        if (entry->cmsg_level == IPPROTO_UDP && entry->cmsg_type == UDP_GRO) {
            int size;

            memcpy(&size, CMSG_DATA(entry), sizeof(size));
            return (unsigned)size;
        }
    return whole;
}

static void *receive_coalesced_main(void *argument)
{
    static char data[LARGEST_DATAGRAM];
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
    struct iovec slice = { data, sizeof(data) };
    struct raw_flow *raw = argument;

    for (;;) {
        struct msghdr message = { .msg_iov = &slice, .msg_iovlen = 1, .msg_control = control,
                                  .msg_controllen = sizeof(control) };
        ssize_t size = recvmsg(raw->to, &message, 0);
        unsigned each;

        if (size < 0)
            fail("receiving: %s", strerror(errno));
        if (size == 0)
            return NULL;
        each = segment_size(&message, (unsigned)size);
        add(&raw->delivered, ((unsigned)size + each - 1) / each);
    }
}

/* --- Batches --------------------------------------------------------------------------------- */

#define BATCH 64u

static void *send_batches_main(void *argument)
{
    static char data[LARGEST_DATAGRAM];
    struct raw_flow *raw = argument;
    struct iovec slice = { data, raw->size };
    struct mmsghdr messages[BATCH];

    for (unsigned i = 0; i < BATCH; i++)
        messages[i].msg_hdr = (struct msghdr){ .msg_iov = &slice, .msg_iovlen = 1 };
    while (!atomic_load_explicit(&raw->stop, memory_order_relaxed)) {
        int sent = sendmmsg(raw->from, messages, BATCH, 0);

        if (sent <= 0)
            fail("sendmmsg: %s", strerror(errno));
        add(&raw->sent, (uint64_t)sent);
    }
    return NULL;
}

static void *receive_batches_main(void *argument)
{
    static char data[BATCH][8192];
    struct raw_flow *raw = argument;
    struct iovec slices[BATCH];
    struct mmsghdr messages[BATCH];

    for (unsigned i = 0; i < BATCH; i++) {
        slices[i] = (struct iovec){ data[i], sizeof(data[i]) };
        messages[i].msg_hdr = (struct msghdr){ .msg_iov = &slices[i], .msg_iovlen = 1 };
    }
    for (;;) {
        int got = recvmmsg(raw->to, messages, BATCH, MSG_WAITFORONE, NULL);

        if (got <= 0)
            fail("recvmmsg: %s", strerror(errno));
        if (messages[got - 1].msg_len == 0)
            return NULL;
        add(&raw->delivered, (uint64_t)got);
    }
}

/* --- Life ------------------------------------------------------------------------------------ */

static void read_counts(struct flow *flow, struct flow_counts *counts)
{
    struct raw_flow *raw = (struct raw_flow *)flow;

    counts->sent = atomic_load_explicit(&raw->sent, memory_order_relaxed);
    counts->failed = 0;
    counts->delivered = atomic_load_explicit(&raw->delivered, memory_order_relaxed);
}

static void end_sending(struct flow *flow)
{
    struct raw_flow *raw = (struct raw_flow *)flow;

    atomic_store(&raw->stop, true);
    pthread_join(raw->sender, NULL);
}

static void switch_on_offload(const struct raw_flow *raw)
{
    int size = (int)raw->size, on = 1;

    if (setsockopt(raw->from, IPPROTO_UDP, UDP_SEGMENT, &size, sizeof(size)) ||
        setsockopt(raw->to, IPPROTO_UDP, UDP_GRO, &on, sizeof(on)))
        fail("this kernel has no UDP_SEGMENT or UDP_GRO: %s", strerror(errno));
}

static void open_sockets(struct raw_flow *raw)
{
    struct sockaddr_in from;

    raw->from = raw_open(&from);
    raw->to = raw_open(&raw->address);
    if (raw->segments > 1)
        switch_on_offload(raw);
    if (raw->addressed)
        return;
    raw_connect(raw->from, &raw->address);
    raw_connect(raw->to, &from);
}

static void start(pthread_t *thread, void *(*main)(void *), struct raw_flow *raw)
{
    int error = pthread_create(thread, NULL, main, raw);

    if (error)
        fail("pthread_create: %s", strerror(error));
}

static void run(struct raw_flow *raw, const struct job *job, struct sample *sample)
{
    raw->flow = (struct flow){ read_counts, end_sending };
    raw->size = job->size;
    open_sockets(raw);
    start(&raw->receiver, raw->batched        ? receive_batches_main
                          : raw->segments > 1 ? receive_coalesced_main
                                              : receive_main, raw);
    start(&raw->sender, raw->batched ? send_batches_main : send_main, raw);
    flow_measure(&raw->flow, job, sample);
    raw_send_end(raw->from, &raw->address);
    pthread_join(raw->receiver, NULL);
}

void raw_flow(const struct job *job, struct sample *sample)
{
    run(&(struct raw_flow){ .segments = 1 }, job, sample);
}

void raw_addressed_flow(const struct job *job, struct sample *sample)
{
    run(&(struct raw_flow){ .segments = 1, .addressed = true }, job, sample);
}

void raw_batch_flow(const struct job *job, struct sample *sample)
{
    run(&(struct raw_flow){ .segments = 1, .batched = true }, job, sample);
}

void raw_offload_flow(const struct job *job, struct sample *sample)
{
    unsigned fit = PAYLOAD_MAX / job->size;

    run(&(struct raw_flow){ .segments = fit < SEGMENTS_MAX ? fit : SEGMENTS_MAX }, job, sample);
}
