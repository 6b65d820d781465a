/* SPDX-License-Identifier: MIT */
/* raw_ping.c - round trips of blocking sockets, one thread on each side. */
#define _GNU_SOURCE
#include "bench.h"
#include "raw_socket.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* A datagram that does not come back in this time is lost. */
#define PATIENCE_S 2

struct echo {
    int fd;
    echo_fn *serve;
    pthread_t thread;
};

static void *echo_main(void *argument)
{
    const struct echo *echo = argument;

    echo->serve(echo->fd);
    return NULL;
}

static void blocking_echo(int fd)
{
    char data[LARGEST_DATAGRAM];
    ssize_t size;

    while ((size = recv(fd, data, sizeof(data), 0)) > 0)
        if (send(fd, data, (size_t)size, 0) != size)
            fail("echo: %s", strerror(errno));
}

/* The same from an event loop: what any program pays that serves more than one socket. */
static void epoll_echo(int fd)
{
    struct epoll_event event = { .events = EPOLLIN | EPOLLET };
    char data[LARGEST_DATAGRAM];
    int epoll = epoll_create1(EPOLL_CLOEXEC);

    if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event))
        fail("epoll: %s", strerror(errno));
    for (;;) {
        ssize_t size;

        if (epoll_wait(epoll, &event, 1, -1) < 0)
            fail("epoll_wait: %s", strerror(errno));
        while ((size = recv(fd, data, sizeof(data), MSG_DONTWAIT)) >= 0) {
            if (size == 0) {
                close(epoll);
                return;
            }
            if (send(fd, data, (size_t)size, 0) != size)
                fail("echo: %s", strerror(errno));
        }
    }
}

static uint32_t round_trip(int fd, char *data, unsigned size)
{
    uint64_t start = clock_ns();

    if (send(fd, data, size, 0) != (ssize_t)size)
        fail("sending: %s", strerror(errno));
    if (recv(fd, data, LARGEST_DATAGRAM, 0) != (ssize_t)size)
        fail("a datagram did not come back: %s", strerror(errno));
    return (uint32_t)(clock_ns() - start);
}

static void round_trips(int fd, const struct job *job, uint32_t *nanoseconds)
{
    static char data[LARGEST_DATAGRAM];
    struct timeval patience = { .tv_sec = PATIENCE_S };
    unsigned warm_up = ping_warm_up(job);

    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)))
        fail("SO_RCVTIMEO: %s", strerror(errno));
    for (unsigned i = 0; i < warm_up; i++)
        round_trip(fd, data, job->size);
    for (unsigned i = 0; i < job->pings; i++)
        nanoseconds[i] = round_trip(fd, data, job->size);
}

void raw_ping_port(unsigned port, const struct job *job, uint32_t *nanoseconds)
{
    struct sockaddr_in to = raw_loopback(port);
    int fd = raw_open(NULL);

    raw_connect(fd, &to);
    round_trips(fd, job, nanoseconds);
    close(fd);
}

void echo_ping(const struct job *job, echo_fn *serve, struct sample *sample)
{
    uint32_t *nanoseconds = calloc(job->pings, sizeof(*nanoseconds));
    struct sockaddr_in here, there;
    struct echo echo;
    struct cpu_time cpu;
    int fd = raw_open(&here);

    if (!nanoseconds)
        fail("no memory");
    echo.serve = serve;
    echo.fd = raw_open(&there);
    raw_connect(fd, &there);
    raw_connect(echo.fd, &here);
    if (pthread_create(&echo.thread, NULL, echo_main, &echo))
        fail("pthread_create failed");
    round_trips(fd, job, nanoseconds);
    cpu = cpu_time_now();
    raw_send_end(fd, &there);
    pthread_join(echo.thread, NULL);
    ping_measured(nanoseconds, job->pings, cpu.user + cpu.kernel,
                  job->pings + ping_warm_up(job), sample);
    free(nanoseconds);
}

void raw_ping(const struct job *job, struct sample *sample)
{
    echo_ping(job, blocking_echo, sample);
}

void epoll_ping(const struct job *job, struct sample *sample)
{
    echo_ping(job, epoll_echo, sample);
}
