/* SPDX-License-Identifier: MIT */
/* peer.c - see peer.h. */
#include "peer.h"

#include "free_port.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <linux/udp.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cmocka.h>

static socklen_t loopback_address(const struct peer *peer, uint16_t port,
                                  struct sockaddr_storage *storage)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)storage;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)storage;

    memset(storage, 0, sizeof(*storage));
    if (peer->ipv6) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
        v6->sin6_addr = in6addr_loopback;
        return sizeof(*v6);
    }
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return sizeof(*v4);
}

static uint16_t port_in(const struct sockaddr_storage *storage)
{
    return ntohs(((const struct sockaddr_in *)storage)->sin_port);
}

void peer_open(struct peer *peer, bool ipv6)
{
    struct sockaddr_storage storage;
    socklen_t size;

    peer->ipv6 = ipv6;
    peer->descriptor = socket(ipv6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_true(peer->descriptor >= 0);
    size = loopback_address(peer, 0, &storage);
    assert_int_equal(bind(peer->descriptor, (struct sockaddr *)&storage, size), 0);
    assert_int_equal(getsockname(peer->descriptor, (struct sockaddr *)&storage, &size), 0);
    peer->port = port_in(&storage);
}

uint16_t peer_free_port(bool ipv6)
{
    uint16_t port = free_port(ipv6);

    assert_int_not_equal(port, 0);
    return port;
}

void peer_close(struct peer *peer)
{
    close(peer->descriptor);
}

void peer_send(struct peer *peer, const void *data, size_t size, uint16_t port)
{
    struct sockaddr_storage storage;
    socklen_t length = loopback_address(peer, port, &storage);

    assert_int_equal(sendto(peer->descriptor, data, size, 0, (struct sockaddr *)&storage, length),
                     (long)size);
}

void peer_send_run(struct peer *peer, const void *data, size_t size, uint16_t segment,
                   uint16_t port)
{
    struct sockaddr_storage storage;
    struct iovec slice = { (void *)(uintptr_t)data, size };
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(segment))];
    } control = { .header = { CMSG_LEN(sizeof(segment)), IPPROTO_UDP, UDP_SEGMENT } };
    struct msghdr message = { .msg_name = &storage, .msg_iov = &slice, .msg_iovlen = 1,
                              .msg_control = &control, .msg_controllen = sizeof(control) };

    message.msg_namelen = loopback_address(peer, port, &storage);
    memcpy(CMSG_DATA(&control.header), &segment, sizeof(segment));
    assert_int_equal(sendmsg(peer->descriptor, &message, 0), (long)size);
}

long peer_receive(struct peer *peer, void *data, size_t size, uint16_t *from)
{
    struct pollfd poll_entry = { .fd = peer->descriptor, .events = POLLIN };
    struct sockaddr_storage storage;
    socklen_t length = sizeof(storage);
    long received;

    if (poll(&poll_entry, 1, 10000) != 1)
        return -1;
    received = recvfrom(peer->descriptor, data, size, 0, (struct sockaddr *)&storage, &length);
    if (received >= 0 && from)
        *from = port_in(&storage);
    return received;
}

bool peer_can_bind(bool ipv6, uint16_t port)
{
    struct peer peer = { .descriptor = socket(ipv6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0),
                         .ipv6 = ipv6 };
    struct sockaddr_storage storage;
    socklen_t size = loopback_address(&peer, port, &storage);
    bool can = bind(peer.descriptor, (struct sockaddr *)&storage, size) == 0;

    peer_close(&peer);
    return can;
}
