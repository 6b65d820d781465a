/* SPDX-License-Identifier: MIT */
/*
 * control_data.c - Windows control messages become the engine's and back. Levels and types differ
 * from the host's, and so do the structures: IN_PKTINFO has 8 bytes and the address first.
 */
#include "translate.h"

#include <ws2ipdef.h>

#include <string.h>

#define ITEM_HEADER sizeof(CMSGHDR)
#define ITEM_ALIGN(n) (((n) + 7) & ~(size_t)7)

/* --- What a driver sends --------------------------------------------------------------------- */

struct item {
    INT level;
    INT type;
    const void *data;
    size_t size;
};

static NTSTATUS read_int(const struct item *item, int lowest, int highest, INT *value)
{
    if (item->size < sizeof(INT))
        return STATUS_INVALID_PARAMETER;
    memcpy(value, item->data, sizeof(INT));
    return *value < lowest || *value > highest ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
}

static NTSTATUS parse_pktinfo(const struct item *item, struct net_control *parsed)
{
    IN_PKTINFO info;

    if (item->size < sizeof(info))
        return STATUS_INVALID_PARAMETER;
    memcpy(&info, item->data, sizeof(info));
    parsed->present |= NET_CONTROL_LOCAL;
    parsed->local.family = NET_IPV4;
    memcpy(parsed->local.ip, &info.ipi_addr, 4);
    parsed->interface_index = info.ipi_ifindex;
    return STATUS_SUCCESS;
}

static NTSTATUS parse_pktinfo6(const struct item *item, struct net_control *parsed)
{
    IN6_PKTINFO info;

    if (item->size < sizeof(info))
        return STATUS_INVALID_PARAMETER;
    memcpy(&info, item->data, sizeof(info));
    parsed->present |= NET_CONTROL_LOCAL;
    parsed->local.family = NET_IPV6;
    memcpy(parsed->local.ip, &info.ipi6_addr, 16);
    parsed->interface_index = info.ipi6_ifindex;
    return STATUS_SUCCESS;
}

static NTSTATUS parse_tos(const struct item *item, struct net_control *parsed)
{
    INT value;
    NTSTATUS status = read_int(item, 0, 255, &value);

    if (NT_SUCCESS(status)) {
        /* An ECN item speaks for its two bits, whichever of the items comes first. */
        if (parsed->present & NET_CONTROL_ECN)
            value = (value & ~3) | (parsed->tos & 3);
        parsed->present |= NET_CONTROL_TOS;
        parsed->tos = (uint8_t)value;
    }
    return status;
}

static NTSTATUS parse_ecn(const struct item *item, struct net_control *parsed)
{
    INT value;
    NTSTATUS status = read_int(item, 0, 3, &value);

    if (NT_SUCCESS(status)) {
        parsed->present |= NET_CONTROL_ECN;
        parsed->tos = (uint8_t)((parsed->tos & ~3) | value);
    }
    return status;
}

static NTSTATUS parse_hops(const struct item *item, struct net_control *parsed)
{
    INT value;
    NTSTATUS status = read_int(item, 0, 255, &value);

    if (NT_SUCCESS(status)) {
        parsed->present |= NET_CONTROL_HOPS;
        parsed->hops = (uint8_t)value;
    }
    return status;
}

static NTSTATUS parse_segment(const struct item *item, struct net_control *parsed)
{
    DWORD value;

    if (item->size < sizeof(value))
        return STATUS_INVALID_PARAMETER;
    memcpy(&value, item->data, sizeof(value));
    /* Above what a datagram can carry means the same as 0: do not cut. */
    parsed->present |= NET_CONTROL_SEGMENT;
    parsed->segment = value > 0xffff ? 0 : (uint16_t)value;
    return STATUS_SUCCESS;
}

typedef NTSTATUS parse_fn(const struct item *item, struct net_control *parsed);

static const struct {
    INT level;
    INT type;
    parse_fn *parse;
} send_items[] = {
    { IPPROTO_IP, IP_PKTINFO, parse_pktinfo },
    { IPPROTO_IP, IP_TOS, parse_tos },
    { IPPROTO_IP, IP_ECN, parse_ecn },
    { IPPROTO_IP, IP_TTL, parse_hops },
    { IPPROTO_IP, IP_HOPLIMIT, parse_hops },
    { IPPROTO_IPV6, IPV6_PKTINFO, parse_pktinfo6 },
    { IPPROTO_IPV6, IPV6_TCLASS, parse_tos },
    { IPPROTO_IPV6, IPV6_ECN, parse_ecn },
    { IPPROTO_IPV6, IPV6_HOPLIMIT, parse_hops },
    { IPPROTO_UDP, UDP_SEND_MSG_SIZE, parse_segment },
};

static NTSTATUS parse_item(enum net_family family, const struct item *item,
                           struct net_control *parsed)
{
    /*
     * WireGuard-NT ends its control data with a header that announces no bytes: no news, no error.
     */
    if (item->size == 0)
        return STATUS_SUCCESS;
    /*
     * IPv4 items also serve v4-mapped destinations on an IPv6 socket; the reverse makes no sense.
     */
    if (family == NET_IPV4 && item->level == IPPROTO_IPV6)
        return STATUS_NOT_SUPPORTED;
    for (size_t i = 0; i < sizeof(send_items) / sizeof(send_items[0]); i++) {
        if (send_items[i].level == item->level && send_items[i].type == item->type)
            return send_items[i].parse(item, parsed);
    }
    return STATUS_NOT_SUPPORTED;
}

NTSTATUS wsk_control_data_parse(enum net_family family, const CMSGHDR *control, ULONG length,
                                struct net_control *parsed)
{
    const char *at = (const char *)control;
    size_t left = length;

    memset(parsed, 0, sizeof(*parsed));
    if (length == 0)
        return STATUS_SUCCESS;
    if (!control)
        return STATUS_INVALID_PARAMETER;
    while (left) {
        CMSGHDR header;
        struct item item;
        NTSTATUS status;

        if (left < ITEM_HEADER)
            return STATUS_INVALID_PARAMETER;
        memcpy(&header, at, sizeof(header));
        if (header.cmsg_len < ITEM_HEADER || header.cmsg_len > left)
            return STATUS_INVALID_PARAMETER;
        item = (struct item){ header.cmsg_level, header.cmsg_type, at + ITEM_HEADER,
                              header.cmsg_len - ITEM_HEADER };
        status = parse_item(family, &item, parsed);
        if (!NT_SUCCESS(status))
            return status;
        /* The length may or may not include the last item's padding. */
        if (ITEM_ALIGN(header.cmsg_len) >= left)
            break;
        at += ITEM_ALIGN(header.cmsg_len);
        left -= ITEM_ALIGN(header.cmsg_len);
    }
    return STATUS_SUCCESS;
}

/* --- What a driver receives ------------------------------------------------------------------ */

struct builder {
    char *at;
    size_t room;
    size_t used;
    bool truncated;
};

static void put(struct builder *builder, INT level, INT type, const void *data, size_t size)
{
    CMSGHDR header = { .cmsg_len = ITEM_HEADER + size, .cmsg_level = level, .cmsg_type = type };
    size_t space = ITEM_HEADER + ITEM_ALIGN(size);

    if (builder->truncated || builder->room - builder->used < space) {
        builder->truncated = true;
        return;
    }
    memset(builder->at + builder->used, 0, space);
    memcpy(builder->at + builder->used, &header, sizeof(header));
    memcpy(builder->at + builder->used + ITEM_HEADER, data, size);
    builder->used += space;
}

static void put_pktinfo(struct builder *builder, const struct net_control *control)
{
    IN_PKTINFO info = { .ipi_ifindex = control->interface_index };

    memcpy(&info.ipi_addr, control->local.ip, 4);
    put(builder, IPPROTO_IP, IP_PKTINFO, &info, sizeof(info));
}

static void put_pktinfo6(struct builder *builder, const struct net_control *control)
{
    IN6_PKTINFO info = { .ipi6_ifindex = control->interface_index };

    memcpy(&info.ipi6_addr, control->local.ip, 16);
    if (control->local.family == NET_IPV4) {
        memset(&info.ipi6_addr, 0, 10);
        memset((char *)&info.ipi6_addr + 10, 0xff, 2);
        memcpy((char *)&info.ipi6_addr + 12, control->local.ip, 4);
    }
    put(builder, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof(info));
}

static void put_int(struct builder *builder, bool ipv4, INT type4, INT type6, INT value)
{
    put(builder, ipv4 ? IPPROTO_IP : IPPROTO_IPV6, ipv4 ? type4 : type6, &value, sizeof(value));
}

/* ws2ipdef.h, UDP_COALESCED_INFO: the size of each datagram but perhaps the last. */
static void put_segment(struct builder *builder, uint16_t segment)
{
    DWORD size = segment;

    put(builder, IPPROTO_UDP, UDP_COALESCED_INFO, &size, sizeof(size));
}

/* ws2ipdef.h, IN_RECVERR: protocol, MTU, type and code of the ICMP message. */
static void put_error(struct builder *builder, const struct net_icmp *icmp)
{
    bool ipv4 = icmp->family == NET_IPV4;
    IN_RECVERR error = {
        .protocol = ipv4 ? IPPROTO_ICMP : IPPROTO_ICMPV6,
        .info = icmp->mtu,
        .type = icmp->type,
        .code = icmp->code,
    };

    put(builder, ipv4 ? IPPROTO_IP : IPPROTO_IPV6, ipv4 ? IP_RECVERR : IPV6_RECVERR, &error,
        sizeof(error));
}

static void put_where(struct builder *builder, const struct net_control *from, uint32_t asked,
                      bool ipv4)
{
    INT index = (INT)from->interface_index;

    if (asked & WSK_REPORT_PKTINFO) {
        if (ipv4)
            put_pktinfo(builder, from);
        else
            put_pktinfo6(builder, from);
    }
    if (asked & WSK_REPORT_INTERFACE)
        put_int(builder, ipv4, IP_RECVIF, IPV6_RECVIF, index);
    if (asked & WSK_REPORT_DESTINATION)
        put(builder, ipv4 ? IPPROTO_IP : IPPROTO_IPV6, ipv4 ? IP_RECVDSTADDR : IPV6_RECVDSTADDR,
            from->local.ip, ipv4 ? 4 : 16);
    if (asked & WSK_REPORT_ARRIVAL)
        put_int(builder, ipv4, IP_ORIGINAL_ARRIVAL_IF, IP_ORIGINAL_ARRIVAL_IF, index);
}

static void put_header(struct builder *builder, const struct net_control *from, uint32_t asked,
                       bool ipv4)
{
    if (from->present & NET_CONTROL_TOS) {
        if (asked & WSK_REPORT_TOS)
            put_int(builder, ipv4, IP_TOS, IPV6_TCLASS, from->tos);
        if (asked & WSK_REPORT_ECN)
            put_int(builder, ipv4, IP_ECN, IPV6_ECN, from->tos & 3);
    }
    if ((from->present & NET_CONTROL_HOPS) && (asked & WSK_REPORT_HOPS))
        put_int(builder, ipv4, IP_TTL, IPV6_HOPLIMIT, from->hops);
}

/*
 * IPv4 datagrams are described by what was asked for at level IPPROTO_IP, also on a dual-stack
 * socket. One that asked for IPV6_PKTINFO alone gets a v4-mapped address instead of nothing.
 */
static void put_items(struct builder *builder, const struct net_control *from, uint32_t reports,
                      bool ipv4)
{
    uint32_t asked = ipv4 ? reports : reports / WSK_REPORT_OF_IPV6(1u);

    if (from->present & NET_CONTROL_LOCAL) {
        put_where(builder, from, asked, ipv4);
        if (ipv4 && !(asked & WSK_REPORT_PKTINFO) &&
            (reports & WSK_REPORT_OF_IPV6(WSK_REPORT_PKTINFO)))
            put_pktinfo6(builder, from);
    }
    put_header(builder, from, asked, ipv4);
}

ULONG wsk_control_data_build(enum net_family family, uint32_t reports,
                             const struct net_datagram *datagram, void *control, ULONG room,
                             bool *truncated)
{
    const struct net_control *from = &datagram->control;
    struct builder builder = { .at = control, .room = room };
    bool ipv4 = family == NET_IPV4 || from->local.family == NET_IPV4;

    if (datagram->flags & NET_DATAGRAM_ERROR)
        put_error(&builder, &datagram->icmp);
    else
        put_items(&builder, from, reports, ipv4);
    if ((reports & WSK_REPORT_COALESCED) && net_datagram_is_run(datagram))
        put_segment(&builder, from->segment);
    *truncated = builder.truncated;
    return (ULONG)builder.used;
}
