/* SPDX-License-Identifier: MIT */
/* interfaces.c - see interfaces.h. */
#define _GNU_SOURCE
#include "interfaces.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/capability.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/route.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static void die(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    abort();
}

static int control(int family, unsigned long code, void *request)
{
    int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int result = ioctl(fd, code, request);

    close(fd);
    return result;
}

static void must(int family, unsigned long code, void *request, const char *what)
{
    if (control(family, code, request) != 0)
        die(what);
}

/* --- Links ----------------------------------------------------------------------------------- */

struct link_request {
    struct nlmsghdr header;
    struct ifinfomsg info;
    char attributes[128];
};

static struct rtattr *put(struct link_request *request, unsigned short type, const void *data,
                          size_t length)
{
    struct rtattr *attribute =
        (struct rtattr *)(void *)((char *)request + NLMSG_ALIGN(request->header.nlmsg_len));

    attribute->rta_type = type;
    attribute->rta_len = (unsigned short)RTA_LENGTH(length);
    if (length)
        memcpy(RTA_DATA(attribute), data, length);
    request->header.nlmsg_len = NLMSG_ALIGN(request->header.nlmsg_len) + RTA_SPACE(length);
    return attribute;
}

/* 0 or what the kernel answered. */
static int link_request(unsigned short type, const char *name, const char *kind)
{
    struct link_request request = {
        .header = { .nlmsg_len = NLMSG_LENGTH(sizeof(request.info)), .nlmsg_type = type,
                    .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | (kind ? NLM_F_CREATE | NLM_F_EXCL : 0) },
    };
    struct {
        struct nlmsghdr header;
        struct nlmsgerr error;
        char rest[256];
    } answer = { .error.error = -EIO };
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

    put(&request, IFLA_IFNAME, name, strlen(name) + 1);
    if (kind) {
        struct rtattr *nest = put(&request, IFLA_LINKINFO, NULL, 0);

        put(&request, IFLA_INFO_KIND, kind, strlen(kind));
        nest->rta_len = (unsigned short)((char *)&request + request.header.nlmsg_len - (char *)nest);
    }
    if (send(fd, &request, request.header.nlmsg_len, 0) < 0 ||
        recv(fd, &answer, sizeof(answer), 0) < 0)
        answer.error.error = -errno;
    close(fd);
    return answer.error.error;
}

static int add_any(const char *name)
{
    static const char *const kinds[] = { "dummy", "bridge", "ifb", "veth" };
    int error = -EOPNOTSUPP;

    for (size_t i = 0; error && i < sizeof(kinds) / sizeof(kinds[0]); i++)
        error = link_request(RTM_NEWLINK, name, kinds[i]);
    return error;
}

unsigned interfaces_add(const char *name)
{
    int error = add_any(name);

    if (error) {
        errno = -error;
        die("adding an interface");
    }
    return if_nametoindex(name);
}

void interfaces_remove(const char *name)
{
    int error = link_request(RTM_DELLINK, name, NULL);

    if (error) {
        errno = -error;
        die("removing an interface");
    }
}

static struct ifreq named(const char *name)
{
    struct ifreq request = { 0 };

    snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
    return request;
}

static void set_up(const char *name, bool up)
{
    struct ifreq request = named(name);

    must(AF_INET, SIOCGIFFLAGS, &request, "reading an interface's flags");
    request.ifr_flags = (short)(up ? request.ifr_flags | IFF_UP : request.ifr_flags & ~IFF_UP);
    must(AF_INET, SIOCSIFFLAGS, &request, "setting an interface's flags");
}

void interfaces_up(const char *name)
{
    set_up(name, true);
}

void interfaces_down(const char *name)
{
    set_up(name, false);
}

void interfaces_mtu(const char *name, int mtu)
{
    struct ifreq request = named(name);

    request.ifr_mtu = mtu;
    must(AF_INET, SIOCSIFMTU, &request, "setting an MTU");
}

/* --- Addresses ------------------------------------------------------------------------------- */

static struct sockaddr_in ipv4(const char *text)
{
    struct sockaddr_in name = { .sin_family = AF_INET };

    if (inet_pton(AF_INET, text, &name.sin_addr) != 1)
        die(text);
    return name;
}

static struct sockaddr_in mask(unsigned prefix_length)
{
    struct sockaddr_in name = { .sin_family = AF_INET };

    name.sin_addr.s_addr = htonl(prefix_length ? ~0u << (32 - prefix_length) : 0);
    return name;
}

void interfaces_add_ipv4(const char *name, const char *address, unsigned prefix_length)
{
    struct sockaddr_in ip = ipv4(address), netmask = mask(prefix_length);
    struct ifreq request = named(name);

    memcpy(&request.ifr_addr, &ip, sizeof(ip));
    must(AF_INET, SIOCSIFADDR, &request, "adding an IPv4 address");
    memcpy(&request.ifr_netmask, &netmask, sizeof(netmask));
    must(AF_INET, SIOCSIFNETMASK, &request, "setting a mask");
}

void interfaces_remove_ipv4(const char *name)
{
    struct sockaddr_in ip = ipv4("0.0.0.0");
    struct ifreq request = named(name);

    memcpy(&request.ifr_addr, &ip, sizeof(ip));
    must(AF_INET, SIOCSIFADDR, &request, "removing an IPv4 address");
}

/* linux/ipv6.h has it, and cannot be included beside the C library's headers. */
struct ipv6_request {
    struct in6_addr address;
    uint32_t prefix_length;
    int index;
};

static void change_ipv6(unsigned long code, const char *name, const char *address,
                        unsigned prefix_length)
{
    struct ipv6_request request = {
        .prefix_length = prefix_length, .index = (int)if_nametoindex(name),
    };

    if (inet_pton(AF_INET6, address, &request.address) != 1)
        die(address);
    must(AF_INET6, code, &request, "changing an IPv6 address");
}

void interfaces_add_ipv6(const char *name, const char *address, unsigned prefix_length)
{
    change_ipv6(SIOCSIFADDR, name, address, prefix_length);
}

void interfaces_remove_ipv6(const char *name, const char *address, unsigned prefix_length)
{
    change_ipv6(SIOCDIFADDR, name, address, prefix_length);
}

/* --- Routes ---------------------------------------------------------------------------------- */

static void change_route(unsigned long code, const char *name, const char *destination,
                         unsigned prefix_length, const char *gateway)
{
    struct sockaddr_in to = ipv4(destination), netmask = mask(prefix_length);
    struct rtentry entry = { .rt_flags = RTF_UP, .rt_dev = (char *)(uintptr_t)name };

    memcpy(&entry.rt_dst, &to, sizeof(to));
    memcpy(&entry.rt_genmask, &netmask, sizeof(netmask));
    if (gateway) {
        struct sockaddr_in hop = ipv4(gateway);

        memcpy(&entry.rt_gateway, &hop, sizeof(hop));
        entry.rt_flags |= RTF_GATEWAY;
    }
    must(AF_INET, code, &entry, "changing a route");
}

void interfaces_add_route(const char *name, const char *destination, unsigned prefix_length,
                          const char *gateway)
{
    change_route(SIOCADDRT, name, destination, prefix_length, gateway);
}

void interfaces_remove_route(const char *name, const char *destination, unsigned prefix_length)
{
    change_route(SIOCDELRT, name, destination, prefix_length, NULL);
}

/* --- The namespace --------------------------------------------------------------------------- */

bool interfaces_own(void)
{
    int error;

    if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) {
        fprintf(stderr, "SKIP: no network namespace can be made here: %s\n", strerror(errno));
        return false;
    }
    error = add_any("probe");
    if (error) {
        fprintf(stderr, "SKIP: no software interface can be made here: %s\n", strerror(-error));
        return false;
    }
    interfaces_remove("probe");
    interfaces_up("lo");
    return true;
}

void interfaces_drop_rights(void)
{
    struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct data[2];

    memset(data, 0, sizeof(data));
    if (syscall(SYS_capset, &header, data) != 0)
        die("dropping rights");
}
