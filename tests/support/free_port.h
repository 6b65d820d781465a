/* SPDX-License-Identifier: MIT */
/*
 * free_port.h - a UDP port for who binds to it again and again. The kernel gives ports from 32768
 * on to whoever asks for any, and between two binds would give this one, too; so it lies below.
 */
#ifndef OPENWSK_TESTS_FREE_PORT_H
#define OPENWSK_TESTS_FREE_PORT_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#define FREE_PORT_FIRST 10000u
#define FREE_PORT_COUNT 20000u

static inline bool free_port_is(bool ipv6, uint16_t port)
{
    struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(port) };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
    int fd = socket(ipv6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool is = fd >= 0 && (ipv6 ? bind(fd, (struct sockaddr *)&v6, sizeof(v6))
                               : bind(fd, (struct sockaddr *)&v4, sizeof(v4))) == 0;

    close(fd);
    return is;
}

/* In host order; another one for each process, and at each call. 0: none. */
static inline uint16_t free_port(bool ipv6)
{
    static unsigned calls;

    for (unsigned i = 0; i < FREE_PORT_COUNT; i++) {
        unsigned number = (unsigned)getpid() * 16u + calls++;
        uint16_t port = (uint16_t)(FREE_PORT_FIRST + number % FREE_PORT_COUNT);

        if (free_port_is(ipv6, port))
            return port;
    }
    return 0;
}

#endif
