/* SPDX-License-Identifier: MIT */
/*
 * linux_options.c - NET_OPTION_* in the kernel's words.
 *
 * An IPv6 socket that also carries IPv4 has two sets of options, of which NET_OPTION_IPV4 names the
 * second. What is reported with a datagram is asked of both; the IPv4 half may fail where IPv6
 * stands alone.
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
    FORM_DONT_FRAGMENT,   /* 0, 1 as IP_PMTUDISC_*; IPv6 has the same numbers */
    FORM_MTU_DISCOVER,    /* enum net_mtu_discover as IP_PMTUDISC_* */
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
                                   FORM_DONT_FRAGMENT, FORM_DONT_FRAGMENT },
    [NET_OPTION_MTU_DISCOVER] = { IP4(IP_MTU_DISCOVER), IP6(IPV6_MTU_DISCOVER),
                                  FORM_MTU_DISCOVER, FORM_MTU_DISCOVER },
    [NET_OPTION_NO_CHECKSUM] = { BOTH(SO_NO_CHECK), 0, 0 },
    [NET_OPTION_RECEIVE_TOS] = { IP4(IP_RECVTOS), IP6(IPV6_RECVTCLASS), 0, 0 },
    [NET_OPTION_RECEIVE_HOPS] = { IP4(IP_RECVTTL), IP6(IPV6_RECVHOPLIMIT), 0, 0 },
    [NET_OPTION_RECEIVE_ERRORS] = { IP4(IP_RECVERR), IP6(IPV6_RECVERR), 0, 0 },
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

/* Windows sends without don't-fragment where nothing is set; so does linux_open.c. */
static int discovery_of(int value)
{
    static const int discoveries[] = {
        [NET_MTU_NOT_SET] = IP_PMTUDISC_DONT, [NET_MTU_DO] = IP_PMTUDISC_DO,
        [NET_MTU_DONT] = IP_PMTUDISC_DONT, [NET_MTU_PROBE] = IP_PMTUDISC_PROBE,
    };

    return discoveries[value];
}

static int set_formed(int fd, struct name name, enum form form, int value)
{
    struct ip_mreqn request = { .imr_ifindex = value };

    switch (form) {
    case FORM_NETWORK_ORDER:
        return set_int(fd, name, (int)htonl((uint32_t)value));
    case FORM_DONT_FRAGMENT:
        return set_int(fd, name, value ? IP_PMTUDISC_DO : IP_PMTUDISC_DONT);
    case FORM_MTU_DISCOVER:
        return set_int(fd, name, discovery_of(value));
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

/* Which half an option speaks for: what is asked of an IPv4 socket has only one. */
static bool is_ipv4(enum net_family family, int option)
{
    return family == NET_IPV4 || (option & NET_OPTION_IPV4);
}

static bool concerns_both(enum net_option option)
{
    return option == NET_OPTION_RECEIVE_TOS || option == NET_OPTION_RECEIVE_HOPS;
}

static int set_kernel(int fd, enum net_family family, int option, int value)
{
    enum net_option plain = (enum net_option)(option & ~NET_OPTION_IPV4);
    const struct option *entry = &options[plain];
    int error;

    if (plain == NET_OPTION_RECEIVE_BUFFER || plain == NET_OPTION_SEND_BUFFER)
        return set_buffer(fd, plain, value);
    if (is_ipv4(family, option))
        return set_formed(fd, entry->ipv4, entry->ipv4_form, value);
    error = set_formed(fd, entry->ipv6, entry->ipv6_form, value);
    if (!error && concerns_both(plain))
        set_formed(fd, entry->ipv4, entry->ipv4_form, value);
    return error;
}

static _Atomic int *place_of(struct linux_remembered *remembered, int option)
{
    struct linux_half *half = option & NET_OPTION_IPV4 ? &remembered->ipv4 : &remembered->own;

    switch (option & ~NET_OPTION_IPV4) {
    case NET_OPTION_RECEIVE_BUFFER:
        return &remembered->receive_buffer;
    case NET_OPTION_SEND_BUFFER:
        return &remembered->send_buffer;
    case NET_OPTION_MULTICAST_INTERFACE:
        return &half->multicast_interface;
    case NET_OPTION_V6ONLY:
        return &remembered->v6only;
    case NET_OPTION_TOS:
        return &half->tos;
    case NET_OPTION_MTU_DISCOVER:
        return &half->mtu_discover;
    default:
        return NULL;
    }
}

/* What another option or the port has to know. */
static void remember_besides(struct linux_remembered *remembered, int option, int value)
{
    switch (option & ~NET_OPTION_IPV4) {
    case NET_OPTION_DONT_FRAGMENT:
        atomic_store(place_of(remembered, NET_OPTION_MTU_DISCOVER | (option & NET_OPTION_IPV4)),
                     value ? NET_MTU_DO : NET_MTU_NOT_SET);
        break;
    case NET_OPTION_RECEIVE_ERRORS:
        /* Once on it stays: another look at an empty queue costs nothing that counts. */
        if (value)
            atomic_store(&remembered->reports_errors, 1);
        break;
    default:
        break;
    }
}

int linux_set_option(int fd, enum net_family family, struct linux_remembered *remembered,
                     int option, int value)
{
    _Atomic int *place = place_of(remembered, option);
    int error = set_kernel(fd, family, option, value);

    if (error)
        return error;
    if (place)
        atomic_store_explicit(place, value, memory_order_relaxed);
    remember_besides(remembered, option, value);
    return 0;
}

/* --- Get ------------------------------------------------------------------------------------- */

static int get_kernel(int fd, enum net_family family, int option, int *value)
{
    const struct option *entry = &options[option & ~NET_OPTION_IPV4];
    bool ipv4 = is_ipv4(family, option);
    int error = get_int(fd, ipv4 ? entry->ipv4 : entry->ipv6, value);

    if (error)
        return error;
    switch (ipv4 ? entry->ipv4_form : entry->ipv6_form) {
    case FORM_NETWORK_ORDER:
        *value = (int)ntohl((uint32_t)*value);
        break;
    case FORM_DONT_FRAGMENT:
        *value = *value == IP_PMTUDISC_DO || *value == IP_PMTUDISC_PROBE;
        break;
    default:
        break;
    }
    return 0;
}

int linux_get_option(int fd, enum net_family family, struct linux_remembered *remembered,
                     int option, int *value)
{
    _Atomic int *place = place_of(remembered, option);
    bool buffer = place == &remembered->receive_buffer || place == &remembered->send_buffer;
    int error;

    *value = place ? atomic_load_explicit(place, memory_order_relaxed) : 0;
    if (place && *value >= 0)
        return 0;
    error = get_kernel(fd, family, option, value);
    if (!error && buffer)
        *value /= 2;
    return error;
}
