/* SPDX-License-Identifier: MIT */
/* control.c - see control.h. */
#define _GNU_SOURCE
#include "control.h"

#include "address.h"

#include <errno.h>
#include <linux/udp.h>
#include <string.h>

/* --- Send ------------------------------------------------------------------------------------ */

struct writer {
    uint8_t *at;
    size_t room;
    bool full;
};

static void put(struct writer *writer, int level, int type, const void *data, size_t size)
{
    struct cmsghdr header = { .cmsg_len = CMSG_LEN(size), .cmsg_level = level, .cmsg_type = type };

    if (writer->full || CMSG_SPACE(size) > writer->room) {
        writer->full = true;
        return;
    }
    memset(writer->at, 0, CMSG_SPACE(size));
    memcpy(writer->at, &header, sizeof(header));
    memcpy(writer->at + CMSG_LEN(0), data, size);
    writer->at += CMSG_SPACE(size);
    writer->room -= CMSG_SPACE(size);
}

static void put_int(struct writer *writer, int level, int type, int value)
{
    put(writer, level, type, &value, sizeof(value));
}

static void put_local(struct writer *writer, const struct net_control *control, bool ipv4)
{
    if (ipv4) {
        struct net_address local = net_address_unmapped(&control->local);
        struct in_pktinfo info = { .ipi_ifindex = (int)control->interface_index };

        memcpy(&info.ipi_spec_dst, local.ip, 4);
        put(writer, IPPROTO_IP, IP_PKTINFO, &info, sizeof(info));
    } else {
        struct in6_pktinfo info = { .ipi6_ifindex = control->interface_index };

        if (info.ipi6_ifindex == 0)
            info.ipi6_ifindex = control->local.scope;
        memcpy(&info.ipi6_addr, control->local.ip, 16);
        put(writer, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof(info));
    }
}

static void put_tos(struct writer *writer, const struct net_control *control, uint8_t socket_tos,
                    bool ipv4)
{
    uint8_t tos = control->tos;

    if (!(control->present & NET_CONTROL_TOS))
        tos = (uint8_t)((socket_tos & ~3u) | (control->tos & 3u));
    put_int(writer, ipv4 ? IPPROTO_IP : IPPROTO_IPV6, ipv4 ? IP_TOS : IPV6_TCLASS, tos);
}

/* An unspecified local address fits either family: it leaves the choice to the stack. */
static bool local_fits(const struct net_control *control, bool ipv4)
{
    struct net_address local = net_address_unmapped(&control->local);

    return net_address_is_any(&local) || (local.family == NET_IPV4) == ipv4;
}

static int check(const struct net_control *control, bool ipv4)
{
    if ((control->present & NET_CONTROL_LOCAL) && !local_fits(control, ipv4))
        return -EADDRNOTAVAIL;
    if ((control->present & NET_CONTROL_HOPS) && control->hops == 0 && ipv4)
        return -EINVAL;
    return 0;
}

int net_control_encode(const struct net_control *control, const struct net_address *to,
                       uint8_t socket_tos, void *bytes, size_t size)
{
    bool ipv4 = to->family == NET_IPV4 || net_address_is_mapped(to);
    struct writer writer = { .at = bytes, .room = size };
    int error = check(control, ipv4);

    if (error)
        return error;
    if (control->present & NET_CONTROL_LOCAL)
        put_local(&writer, control, ipv4);
    if (control->present & (NET_CONTROL_TOS | NET_CONTROL_ECN))
        put_tos(&writer, control, socket_tos, ipv4);
    if (control->present & NET_CONTROL_HOPS)
        put_int(&writer, ipv4 ? IPPROTO_IP : IPPROTO_IPV6, ipv4 ? IP_TTL : IPV6_HOPLIMIT,
                control->hops);
    if ((control->present & NET_CONTROL_SEGMENT) && control->segment)
        put(&writer, IPPROTO_UDP, UDP_SEGMENT, &control->segment, sizeof(control->segment));
    return writer.full ? -ENOBUFS : (int)(size - writer.room);
}

/* --- Receive --------------------------------------------------------------------------------- */

struct reader {
    struct net_control *control;
    uint32_t *flags;
    bool local_is_ipv4;
};

/*
 * ip(7): ipi_addr is the destination in the header, ipi_spec_dst the local address of the packet.
 * For what was sent to one of the machine's own addresses they are equal, for a broadcast they
 * differ.
 */
static void read_ipv4_local(struct reader *reader, const uint8_t *data)
{
    struct net_address *local = &reader->control->local;
    struct in_pktinfo info;

    memcpy(&info, data, sizeof(info));
    memset(local, 0, sizeof(*local));
    local->family = NET_IPV4;
    memcpy(local->ip, &info.ipi_addr, 4);
    reader->control->interface_index = (uint32_t)info.ipi_ifindex;
    reader->control->present |= NET_CONTROL_LOCAL;
    reader->local_is_ipv4 = true;
    *reader->flags = 0;
    if (net_address_is_multicast(local))
        *reader->flags = NET_DATAGRAM_MULTICAST;
    else if (info.ipi_addr.s_addr == INADDR_BROADCAST ||
             (info.ipi_spec_dst.s_addr != info.ipi_addr.s_addr &&
              info.ipi_spec_dst.s_addr != INADDR_ANY))
        *reader->flags = NET_DATAGRAM_BROADCAST;
}

/* A dual-stack socket reports an IPv4 datagram twice; the IPv4 words say more. */
static void read_ipv6_local(struct reader *reader, const uint8_t *data)
{
    struct net_address *local = &reader->control->local;
    struct in6_pktinfo info;

    if (reader->local_is_ipv4)
        return;
    memcpy(&info, data, sizeof(info));
    memset(local, 0, sizeof(*local));
    local->family = NET_IPV6;
    memcpy(local->ip, &info.ipi6_addr, 16);
    if (local->ip[0] == 0xfe && (local->ip[1] & 0xc0) == 0x80)
        local->scope = info.ipi6_ifindex;
    *local = net_address_unmapped(local);
    reader->control->interface_index = info.ipi6_ifindex;
    reader->control->present |= NET_CONTROL_LOCAL;
    *reader->flags = net_address_is_multicast(local) ? NET_DATAGRAM_MULTICAST : 0;
}

/* The kernel gives IP_TOS as one byte and everything else as an int. */
static bool read_number(const uint8_t *data, size_t size, int limit, int *value)
{
    if (size == 1)
        *value = data[0];
    else if (size >= sizeof(*value))
        memcpy(value, data, sizeof(*value));
    else
        return false;
    return *value >= 0 && *value <= limit;
}

static void read_item(struct reader *reader, int level, int type, const uint8_t *data, size_t size)
{
    struct net_control *control = reader->control;
    bool ipv4 = level == IPPROTO_IP, ipv6 = level == IPPROTO_IPV6;
    int value;

    if (ipv4 && type == IP_PKTINFO && size >= sizeof(struct in_pktinfo)) {
        read_ipv4_local(reader, data);
    } else if (ipv6 && type == IPV6_PKTINFO && size >= sizeof(struct in6_pktinfo)) {
        read_ipv6_local(reader, data);
    } else if (((ipv4 && type == IP_TOS) || (ipv6 && type == IPV6_TCLASS)) &&
               read_number(data, size, UINT8_MAX, &value)) {
        control->tos = (uint8_t)value;
        control->present |= NET_CONTROL_TOS;
    } else if (((ipv4 && type == IP_TTL) || (ipv6 && type == IPV6_HOPLIMIT)) &&
               read_number(data, size, UINT8_MAX, &value)) {
        control->hops = (uint8_t)value;
        control->present |= NET_CONTROL_HOPS;
    } else if (level == IPPROTO_UDP && type == UDP_GRO &&
               read_number(data, size, UINT16_MAX, &value)) {
        control->segment = (uint16_t)value;
        control->present |= NET_CONTROL_SEGMENT;
    }
}

void net_control_decode(const void *bytes, size_t length, struct net_control *control,
                        uint32_t *flags)
{
    struct reader reader = { .control = control, .flags = flags };
    const uint8_t *at = bytes;
    struct cmsghdr header;

    memset(control, 0, sizeof(*control));
    *flags = 0;
    while (length >= sizeof(header)) {
        memcpy(&header, at, sizeof(header));
        if (header.cmsg_len < sizeof(header) || header.cmsg_len > length)
            return;
        read_item(&reader, header.cmsg_level, header.cmsg_type, at + CMSG_LEN(0),
                  header.cmsg_len - CMSG_LEN(0));
        if (CMSG_ALIGN(header.cmsg_len) >= length)
            return;
        at += CMSG_ALIGN(header.cmsg_len);
        length -= CMSG_ALIGN(header.cmsg_len);
    }
}
