/* SPDX-License-Identifier: MIT */
/*
 * linux_options.c - NET_OPTION_* in the kernel's words.
 *
 * An IPv6 socket that also carries IPv4 has two sets of options. Setting writes both; the IPv4 half
 * may fail where IPv6 stands alone. Getting reads the half that is named first.
 */
#define _GNU_SOURCE
#include "linux_socket.h"
#include "sys.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#ifndef IPV6_HDRINCL
#define IPV6_HDRINCL 36
#endif

struct name {
    int level;
    int option;
};

enum form {
    FORM_INT,
    FORM_NETWORK_ORDER,   /* an interface index, big-endian */
    FORM_MTU_DISCOVER,    /* 0, 1 <-> IP_PMTUDISC_DONT, IP_PMTUDISC_DO; IPv6 has the same numbers */
    FORM_MREQN,           /* an interface index in a struct ip_mreqn; cannot be read back */
};

struct option {
    struct name ipv4;
    struct name ipv6;     /* level 0: there is no such thing */
    enum form ipv4_form;
    enum form ipv6_form;
};

#define IP4(name) { IPPROTO_IP, name }
#define IP6(name) { IPPROTO_IPV6, name }
#define BOTH(name) { SOL_SOCKET, name }, { SOL_SOCKET, name }
#define TCP(name) { IPPROTO_TCP, name }, { IPPROTO_TCP, name }

/* The level IPPROTO_IP is 0, so absence is told by an option number of 0. */
static const struct option options[NET_OPTION_COUNT] = {
    [NET_OPTION_BROADCAST] = { BOTH(SO_BROADCAST), 0, 0 },
    [NET_OPTION_RECEIVE_BUFFER] = { BOTH(SO_RCVBUF), 0, 0 },
    [NET_OPTION_SEND_BUFFER] = { BOTH(SO_SNDBUF), 0, 0 },
    [NET_OPTION_REUSE_ADDRESS] = { BOTH(SO_REUSEADDR), 0, 0 },
    [NET_OPTION_V6ONLY] = { { 0, 0 }, IP6(IPV6_V6ONLY), 0, 0 },
    [NET_OPTION_HOPS] = { IP4(IP_TTL), IP6(IPV6_UNICAST_HOPS), 0, 0 },
    [NET_OPTION_TOS] = { IP4(IP_TOS), IP6(IPV6_TCLASS), 0, 0 },
    [NET_OPTION_DONT_FRAGMENT] = { IP4(IP_MTU_DISCOVER), IP6(IPV6_MTU_DISCOVER),
                                   FORM_MTU_DISCOVER, FORM_MTU_DISCOVER },
    [NET_OPTION_RECEIVE_TOS] = { IP4(IP_RECVTOS), IP6(IPV6_RECVTCLASS), 0, 0 },
    [NET_OPTION_RECEIVE_HOPS] = { IP4(IP_RECVTTL), IP6(IPV6_RECVHOPLIMIT), 0, 0 },
    [NET_OPTION_MULTICAST_HOPS] = { IP4(IP_MULTICAST_TTL), IP6(IPV6_MULTICAST_HOPS), 0, 0 },
    [NET_OPTION_MULTICAST_LOOP] = { IP4(IP_MULTICAST_LOOP), IP6(IPV6_MULTICAST_LOOP), 0, 0 },
    [NET_OPTION_MULTICAST_INTERFACE] = { IP4(IP_MULTICAST_IF), IP6(IPV6_MULTICAST_IF),
                                         FORM_MREQN, 0 },
    [NET_OPTION_UNICAST_INTERFACE] = { IP4(IP_UNICAST_IF), IP6(IPV6_UNICAST_IF),
                                       FORM_NETWORK_ORDER, FORM_NETWORK_ORDER },
    [NET_OPTION_HEADER_INCLUDED] = { IP4(IP_HDRINCL), IP6(IPV6_HDRINCL), 0, 0 },
    [NET_OPTION_CHECKSUM] = { { 0, 0 }, IP6(IPV6_CHECKSUM), 0, 0 },
    [NET_OPTION_KEEPALIVE] = { BOTH(SO_KEEPALIVE), 0, 0 },
    [NET_OPTION_KEEPALIVE_IDLE] = { TCP(TCP_KEEPIDLE), 0, 0 },
    [NET_OPTION_KEEPALIVE_INTERVAL] = { TCP(TCP_KEEPINTVL), 0, 0 },
    [NET_OPTION_KEEPALIVE_COUNT] = { TCP(TCP_KEEPCNT), 0, 0 },
    [NET_OPTION_NODELAY] = { TCP(TCP_NODELAY), 0, 0 },
};

static int set_int(int fd, struct name name, int value)
{
    return (int)net_sys->setsockopt(fd, name.level, name.option, &value, sizeof(value));
}

static int get_int(int fd, struct name name, int *value)
{
    socklen_t length = sizeof(*value);

    *value = 0;
    return (int)net_sys->getsockopt(fd, name.level, name.option, value, &length);
}

/* --- Set ------------------------------------------------------------------------------------- */

static int set_formed(int fd, struct name name, enum form form, int value)
{
    struct ip_mreqn request = { .imr_ifindex = value };

    switch (form) {
    case FORM_NETWORK_ORDER:
        return set_int(fd, name, (int)htonl((uint32_t)value));
    case FORM_MTU_DISCOVER:
        return set_int(fd, name, value ? IP_PMTUDISC_DO : IP_PMTUDISC_DONT);
    case FORM_MREQN:
        return (int)net_sys->setsockopt(fd, name.level, name.option, &request, sizeof(request));
    default:
        return set_int(fd, name, value);
    }
}

/* The FORCE variants go past the system's limit, for those who may; the plain ones cut silently. */
static int set_buffer(int fd, enum net_option option, int value)
{
    bool receive = option == NET_OPTION_RECEIVE_BUFFER;
    /* The kernel doubles the value for its own bookkeeping. */
    int fitting = value > INT_MAX / 2 ? INT_MAX / 2 : value;

    if (set_int(fd, (struct name){ SOL_SOCKET, receive ? SO_RCVBUFFORCE : SO_SNDBUFFORCE },
                fitting) == 0)
        return 0;
    return set_int(fd, (struct name){ SOL_SOCKET, receive ? SO_RCVBUF : SO_SNDBUF }, fitting);
}

static int set_kernel(int fd, enum net_family family, enum net_option option, int value)
{
    const struct option *entry = &options[option];
    int error;

    if (option == NET_OPTION_RECEIVE_BUFFER || option == NET_OPTION_SEND_BUFFER)
        return set_buffer(fd, option, value);
    if (family == NET_IPV4)
        return set_formed(fd, entry->ipv4, entry->ipv4_form, value);
    error = set_formed(fd, entry->ipv6, entry->ipv6_form, value);
    if (!error && entry->ipv4.option && entry->ipv4.level == IPPROTO_IP)
        set_formed(fd, entry->ipv4, entry->ipv4_form, value);
    return error;
}

static _Atomic int *place_of(struct linux_remembered *remembered, enum net_option option)
{
    switch (option) {
    case NET_OPTION_RECEIVE_BUFFER:
        return &remembered->receive_buffer;
    case NET_OPTION_SEND_BUFFER:
        return &remembered->send_buffer;
    case NET_OPTION_MULTICAST_INTERFACE:
        return &remembered->multicast_interface;
    case NET_OPTION_TOS:
        return &remembered->tos;
    default:
        return NULL;
    }
}

int linux_set_option(int fd, enum net_family family, struct linux_remembered *remembered,
                     enum net_option option, int value)
{
    _Atomic int *place = place_of(remembered, option);
    int error = set_kernel(fd, family, option, value);

    if (!error && place)
        atomic_store_explicit(place, value, memory_order_relaxed);
    return error;
}

/* --- Get ------------------------------------------------------------------------------------- */

static int get_kernel(int fd, enum net_family family, enum net_option option, int *value)
{
    const struct option *entry = &options[option];
    bool ipv4 = family == NET_IPV4;
    int error = get_int(fd, ipv4 ? entry->ipv4 : entry->ipv6, value);

    if (error)
        return error;
    switch (ipv4 ? entry->ipv4_form : entry->ipv6_form) {
    case FORM_NETWORK_ORDER:
        *value = (int)ntohl((uint32_t)*value);
        break;
    case FORM_MTU_DISCOVER:
        *value = *value == IP_PMTUDISC_DO;
        break;
    default:
        break;
    }
    return 0;
}

int linux_get_option(int fd, enum net_family family, struct linux_remembered *remembered,
                     enum net_option option, int *value)
{
    _Atomic int *place = place_of(remembered, option);
    bool buffer = option == NET_OPTION_RECEIVE_BUFFER || option == NET_OPTION_SEND_BUFFER;
    int error;

    *value = place ? atomic_load_explicit(place, memory_order_relaxed) : 0;
    if (place && *value >= 0)
        return 0;
    error = get_kernel(fd, family, option, value);
    if (!error && buffer)
        *value /= 2;
    return error;
}
