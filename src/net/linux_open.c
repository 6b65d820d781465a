/* SPDX-License-Identifier: MIT */
/* linux_open.c - making a socket of a transport, with what each gets before anybody sees it. */
#define _GNU_SOURCE
#include "linux_socket.h"
#include "sys.h"

#include <errno.h>
#include <linux/udp.h>
#include <netinet/in.h>

#ifndef IPV6_MULTICAST_ALL
#define IPV6_MULTICAST_ALL 29
#endif
#ifndef IPV6_HDRINCL
#define IPV6_HDRINCL 36
#endif

static int set(int fd, int level, int option, int value)
{
    return (int)net_sys->setsockopt(fd, level, option, &value, sizeof(value));
}

static int prepare_ipv4(int fd)
{
    int error = set(fd, IPPROTO_IP, IP_PKTINFO, 1);

    if (!error)
        error = set(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT);
    /* Groups that other sockets joined are none of this socket's business. */
    if (!error)
        error = set(fd, IPPROTO_IP, IP_MULTICAST_ALL, 0);
    return error;
}

static int prepare_ipv6(int fd)
{
    int error = set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);

    if (!error)
        error = set(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DONT);
    if (!error) {
        error = set(fd, IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0);
        /* Linux has it since 4.20. */
        if (error == -ENOPROTOOPT)
            error = 0;
    }
    return error;
}

static int prepare_udp(int fd, enum net_family family)
{
    int error = 0;

    if (family == NET_IPV6)
        error = set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    if (!error && family == NET_IPV6)
        error = prepare_ipv6(fd);
    /* An IPv6 socket may come to carry IPv4, too. */
    if (!error)
        error = prepare_ipv4(fd);
    /* Linux has it since 5.0; without it each datagram arrives alone. */
    if (!error)
        set(fd, IPPROTO_UDP, UDP_GRO, 1);
    return error;
}

/*
 * Linux turns the included header on by itself for protocol 255; Windows leaves it to the option.
 */
static int prepare_raw(int fd, enum net_family family)
{
    int error = family == NET_IPV6 ? prepare_ipv6(fd) : prepare_ipv4(fd);

    if (error)
        return error;
    if (family == NET_IPV4)
        return set(fd, IPPROTO_IP, IP_HDRINCL, 0);
    error = set(fd, IPPROTO_IPV6, IPV6_HDRINCL, 0);
    /* Linux has it since 4.5. */
    return error == -ENOPROTOOPT ? 0 : error;
}

static int prepare(int fd, const struct net_transport *transport)
{
    switch (transport->kind) {
    case NET_RAW:
        return prepare_raw(fd, transport->family);
    case NET_TCP:
        return transport->family == NET_IPV6 ? set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) : 0;
    default:
        return prepare_udp(fd, transport->family);
    }
}

int linux_open(const struct net_transport *transport)
{
    static const struct {
        int type;
        int protocol;
    } kinds[] = {
        [NET_UDP] = { SOCK_DGRAM, IPPROTO_UDP },
        [NET_TCP] = { SOCK_STREAM, IPPROTO_TCP },
        [NET_RAW] = { SOCK_RAW, 0 },
    };
    int domain = transport->family == NET_IPV6 ? AF_INET6 : AF_INET;
    int protocol = transport->kind == NET_RAW ? (int)transport->protocol
                                              : kinds[transport->kind].protocol;
    int type = kinds[transport->kind].type | SOCK_CLOEXEC | SOCK_NONBLOCK;
    int fd = (int)net_sys->socket(domain, type, protocol);
    int error;

    if (fd < 0)
        return fd;
    error = prepare(fd, transport);
    if (error) {
        net_sys->close(fd);
        return error;
    }
    return fd;
}
