/* SPDX-License-Identifier: MIT */
/* uring_ping.c - liburing: the echo submits its answer and the next receive in one call. */
#include "bench.h"
#include "raw_socket.h"

#include <liburing.h>
#include <string.h>

enum { SENT, RECEIVED };

struct uring_echo {
    struct io_uring ring;
    int fd;
    char data[LARGEST_DATAGRAM];
};

static void receive(struct uring_echo *echo)
{
    struct io_uring_sqe *entry = io_uring_get_sqe(&echo->ring);

    io_uring_prep_recv(entry, echo->fd, echo->data, sizeof(echo->data), 0);
    io_uring_sqe_set_data64(entry, RECEIVED);
}

/* Linked: the buffer is free for the next datagram once the answer has gone. */
static void answer(struct uring_echo *echo, size_t size)
{
    struct io_uring_sqe *entry = io_uring_get_sqe(&echo->ring);

    io_uring_prep_send(entry, echo->fd, echo->data, size, 0);
    io_uring_sqe_set_data64(entry, SENT);
    io_uring_sqe_set_flags(entry, IOSQE_IO_LINK);
    receive(echo);
}

/* What one completion says; false at the end. */
static bool done(struct uring_echo *echo, const struct io_uring_cqe *completion)
{
    if (completion->res < 0)
        fail("echo: %s", strerror(-completion->res));
    if (io_uring_cqe_get_data64(completion) == SENT)
        return true;
    if (completion->res)
        answer(echo, (size_t)completion->res);
    return completion->res != 0;
}

static void serve(int fd)
{
    static struct uring_echo echo;
    bool more = true;

    echo.fd = fd;
    if (io_uring_queue_init(8, &echo.ring, 0))
        fail("io_uring_queue_init failed");
    receive(&echo);
    while (more) {
        struct io_uring_cqe *completion;

        if (io_uring_submit_and_wait(&echo.ring, 1) < 0)
            fail("io_uring_submit_and_wait failed");
        while (more && io_uring_peek_cqe(&echo.ring, &completion) == 0) {
            more = done(&echo, completion);
            io_uring_cqe_seen(&echo.ring, completion);
        }
    }
    io_uring_queue_exit(&echo.ring);
}

void uring_ping(const struct job *job, struct sample *sample)
{
    echo_ping(job, serve, sample);
}
