/* SPDX-License-Identifier: MIT */
/*
 * linux_error.c - what the kernel knows of errors that others reported: ICMP messages, and the MTU
 * of a path that they taught it.
 */
#define _GNU_SOURCE
#include "address.h"
#include "linux_socket.h"
#include "sys.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <string.h>

/* --- The error queue ------------------------------------------------------------------------- */

struct taken {
    union net_sockaddr name; /* whom the datagram was for */
    _Alignas(struct cmsghdr) uint8_t control[256];
    struct mmsghdr message;
};

static int take(int fd, const struct net_port_receive *place, struct taken *taken)
{
    taken->message.msg_hdr = (struct msghdr){
        .msg_name = &taken->name,
        .msg_namelen = sizeof(taken->name),
        .msg_iov = (struct iovec *)(void *)place->slices,
        .msg_iovlen = place->slices[1].length ? 2 : 1,
        .msg_control = taken->control,
        .msg_controllen = sizeof(taken->control),
    };
    return (int)net_sys->recvmmsg(fd, &taken->message, 1, MSG_ERRQUEUE | MSG_DONTWAIT, NULL);
}

static bool find_error(struct msghdr *message, struct sock_extended_err *error)
{
    for (struct cmsghdr *at = CMSG_FIRSTHDR(message); at; at = CMSG_NXTHDR(message, at)) {
        if (((at->cmsg_level == IPPROTO_IP && at->cmsg_type == IP_RECVERR) ||
             (at->cmsg_level == IPPROTO_IPV6 && at->cmsg_type == IPV6_RECVERR)) &&
            at->cmsg_len >= CMSG_LEN(sizeof(*error))) {
            memcpy(error, CMSG_DATA(at), sizeof(*error));
            return true;
        }
    }
    return false;
}

/* Errors of this machine's own are the answers to sends, which have had them. */
static bool is_icmp(const struct sock_extended_err *error)
{
    return error->ee_origin == SO_EE_ORIGIN_ICMP || error->ee_origin == SO_EE_ORIGIN_ICMP6;
}

static void fill(struct taken *taken, const struct sock_extended_err *error,
                 struct net_port_receive *place)
{
    struct net_datagram *datagram = place->datagram;

    memset(&datagram->control, 0, sizeof(datagram->control));
    datagram->length = taken->message.msg_len;
    datagram->flags = NET_DATAGRAM_ERROR;
    datagram->icmp = (struct net_icmp){
        .family = error->ee_origin == SO_EE_ORIGIN_ICMP ? NET_IPV4 : NET_IPV6,
        .type = error->ee_type,
        .code = error->ee_code,
        .mtu = error->ee_errno == EMSGSIZE ? error->ee_info : 0,
    };
    net_address_decode(&taken->name.any, taken->message.msg_hdr.msg_namelen, &datagram->source);
    place->truncated = taken->message.msg_hdr.msg_flags & MSG_TRUNC;
    place->control_lost = false;
}

int linux_receive_error(int fd, struct net_port_receive *place)
{
    struct sock_extended_err error;
    struct taken taken;

    for (;;) {
        if (take(fd, place, &taken) <= 0)
            return -EAGAIN;
        if (find_error(&taken.message.msg_hdr, &error) && is_icmp(&error)) {
            fill(&taken, &error, place);
            return 1;
        }
    }
}

/* --- The path's MTU -------------------------------------------------------------------------- */

int linux_path_mtu(enum net_family family, const struct net_address *to, int *mtu)
{
    struct net_address plain = net_address_unmapped(to);
    bool ipv4 = family == NET_IPV4 || plain.family == NET_IPV4;
    union net_sockaddr name;
    socklen_t length = net_address_encode(&plain, &name);
    socklen_t size = sizeof(*mtu);
    int fd, error;

    fd = (int)net_sys->socket(ipv4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_UDP);
    if (fd < 0)
        return fd;
    error = (int)net_sys->connect(fd, &name.any, length);
    if (!error)
        error = (int)net_sys->getsockopt(fd, ipv4 ? IPPROTO_IP : IPPROTO_IPV6,
                                         ipv4 ? IP_MTU : IPV6_MTU, mtu, &size);
    net_sys->close(fd);
    return error;
}
