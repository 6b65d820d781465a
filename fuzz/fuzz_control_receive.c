/* SPDX-License-Identifier: MIT */
/*
 * fuzz_control_receive.c - control data as a driver gets it: whole items, in the room there is, that
 * say what the datagram said; a driver that sends them back is understood.
 */
#include "fuzz.h"

#include "translate.h"

#include <ws2ipdef.h>

/* What a driver may also send. */
#define BOTH_LEVELS(report) ((report) | WSK_REPORT_OF_IPV6(report))
#define SENDABLE                                                                                  \
    BOTH_LEVELS(WSK_REPORT_PKTINFO | WSK_REPORT_TOS | WSK_REPORT_ECN | WSK_REPORT_HOPS)

static void read_datagram(struct reader *reader, struct net_datagram *datagram)
{
    struct net_control *control = &datagram->control;

    memset(datagram, 0, sizeof(*datagram));
    control->present = take8(reader);
    control->interface_index = take32(reader);
    control->local.family = take8(reader) & 1 ? NET_IPV6 : NET_IPV4;
    control->tos = take8(reader);
    control->hops = take8(reader);
    control->segment = take16(reader);
    take_bytes(reader, control->local.ip, control->local.family == NET_IPV4 ? 4 : 16);
    datagram->flags = take8(reader);
    datagram->icmp = (struct net_icmp){ .family = take8(reader) & 1 ? NET_IPV6 : NET_IPV4,
                                        .type = take8(reader), .code = take8(reader),
                                        .mtu = take16(reader) };
}

/* Walks what was built as a driver would. */
static unsigned count_items(const uint8_t *bytes, size_t used)
{
    unsigned count = 0;

    while (used) {
        CMSGHDR header;

        MUST(used >= sizeof(header));
        memcpy(&header, bytes, sizeof(header));
        MUST(header.cmsg_len > sizeof(header) && header.cmsg_len <= used);
        MUST(((header.cmsg_len + 7) & ~(SIZE_T)7) <= used);
        bytes += (header.cmsg_len + 7) & ~(SIZE_T)7;
        used -= (header.cmsg_len + 7) & ~(SIZE_T)7;
        count++;
    }
    return count;
}

static void check_sent_back(enum net_family family, uint32_t reports,
                            const struct net_datagram *datagram, const uint8_t *bytes, size_t used)
{
    const struct net_control *control = &datagram->control;
    struct net_control back;

    if (!used || (reports & ~SENDABLE) || (datagram->flags & NET_DATAGRAM_ERROR) ||
        (family == NET_IPV4 && control->local.family == NET_IPV6))
        return;
    MUST(wsk_control_data_parse(family, (const CMSGHDR *)(const void *)bytes, (ULONG)used,
                                &back) == STATUS_SUCCESS);
    if (back.present & NET_CONTROL_HOPS)
        MUST(back.hops == control->hops);
    if (back.present & NET_CONTROL_TOS)
        MUST(back.tos == control->tos);
    if (back.present & NET_CONTROL_LOCAL) {
        /* In IPv6 words an IPv4 address is a mapped one. */
        size_t at = back.local.family == NET_IPV6 && control->local.family == NET_IPV4 ? 12 : 0;

        MUST(back.interface_index == control->interface_index &&
             memcmp(back.local.ip + at, control->local.ip, at ? 4 : 16) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader reader = { data, size };
    enum net_family family = take8(&reader) & 1 ? NET_IPV6 : NET_IPV4;
    uint32_t reports = take16(&reader) | (take8(&reader) & 1 ? WSK_REPORT_COALESCED : 0);
    size_t room = take_below(&reader, WSK_CONTROL_DATA_MAX + 1);
    uint8_t whole[WSK_CONTROL_DATA_MAX], *tight;
    struct net_datagram datagram;
    bool truncated, cut;
    ULONG used, all;

    /* An IPv4 socket has no options of IPv6. */
    if (family == NET_IPV4)
        reports &= WSK_REPORT_COALESCED | 0xff;
    read_datagram(&reader, &datagram);
    all = wsk_control_data_build(family, reports, &datagram, whole, sizeof(whole), &truncated);
    MUST(!truncated && all % 8 == 0);
    count_items(whole, all);
    check_sent_back(family, reports, &datagram, whole, all);
    tight = malloc(room ? room : 1);
    MUST(tight != NULL);
    used = wsk_control_data_build(family, reports, &datagram, tight, (ULONG)room, &cut);
    MUST(used <= room && used % 8 == 0 && cut == (all > room));
    MUST(memcmp(tight, whole, used) == 0);
    free(tight);
    return 0;
}
