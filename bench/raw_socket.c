/* SPDX-License-Identifier: MIT */
/* raw_socket.c - see raw_socket.h; and idle sockets. */
#define _GNU_SOURCE
#include "raw_socket.h"

#include "bench.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

struct sockaddr_in raw_loopback(unsigned port)
{
    return (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
                                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

int raw_open(struct sockaddr_in *address)
{
    struct sockaddr_in local = raw_loopback(0);
    socklen_t length = sizeof(local);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int size = RECEIVE_BUFFER;

    if (fd < 0)
        fail("socket: %s", strerror(errno));
    if (bind(fd, (struct sockaddr *)&local, sizeof(local)) ||
        getsockname(fd, (struct sockaddr *)&local, &length) ||
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)))
        fail("preparing a socket: %s", strerror(errno));
    if (address)
        *address = local;
    return fd;
}

void raw_connect(int fd, const struct sockaddr_in *to)
{
    if (connect(fd, (const struct sockaddr *)to, sizeof(*to)))
        fail("connect: %s", strerror(errno));
}

void raw_send_end(int fd, const struct sockaddr_in *to)
{
    if (sendto(fd, "", 0, 0, (const struct sockaddr *)to, sizeof(*to)) < 0)
        fail("sendto: %s", strerror(errno));
}

void raw_idle(const struct job *job, struct sample *sample)
{
    uint64_t before;

    raw_open(NULL);
    before = idle_before();
    for (unsigned i = 0; i < job->sockets; i++)
        raw_open(NULL);
    idle_measured(before, job, sample);
}
