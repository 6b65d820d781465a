/* SPDX-License-Identifier: MIT */
/*
 * fuzz_control_receive.c - control data as a driver gets it: whole items, in the room there is, that
 * say what the datagram said; a driver that sends them back is understood.
 */
#include "fuzz.h"

#include "translate.h"

#include <ws2ipdef.h>

#define EVERY_REPORT                                                                              \
    (WSK_REPORT_PKTINFO | WSK_REPORT_PKTINFO6 | WSK_REPORT_TOS | WSK_REPORT_ECN | WSK_REPORT_HOPS)

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

static void check_sent_back(enum net_family family, const struct net_control *control,
                            const uint8_t *bytes, size_t used)
{
    struct net_control back;

    if (!used || (family == NET_IPV4 && control->local.family == NET_IPV6))
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
    uint32_t reports = take8(&reader) & EVERY_REPORT;
    size_t room = take_below(&reader, WSK_CONTROL_DATA_MAX + 1);
    uint8_t whole[WSK_CONTROL_DATA_MAX], *tight;
    struct net_datagram datagram;
    bool truncated, cut;
    ULONG used, all;

    read_datagram(&reader, &datagram);
    all = wsk_control_data_build(family, reports, &datagram, whole, sizeof(whole), &truncated);
    MUST(!truncated && all % 8 == 0);
    count_items(whole, all);
    check_sent_back(family, &datagram.control, whole, all);
    tight = malloc(room ? room : 1);
    MUST(tight != NULL);
    used = wsk_control_data_build(family, reports, &datagram, tight, (ULONG)room, &cut);
    MUST(used <= room && used % 8 == 0 && cut == (all > room));
    MUST(memcmp(tight, whole, used) == 0);
    free(tight);
    return 0;
}
