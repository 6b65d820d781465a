/* SPDX-License-Identifier: MIT */
/*
 * fuzz_rtnl.c - messages of rtnetlink, however broken: every kind, as a part of a dump, as a change and as
 * the answer about a route. What comes out has to be a record that the storeys above may believe.
 */
#include "fuzz.h"

#include "rtnl.h"

#include <linux/rtnetlink.h>

static void check_address(const struct net_address *address)
{
    MUST(address->family == NET_UNSPECIFIED || address->family == NET_IPV4 ||
         address->family == NET_IPV6);
    MUST(address->port == 0);
    for (size_t i = 4; address->family == NET_IPV4 && i < sizeof(address->ip); i++)
        MUST(address->ip[i] == 0);
}

static void check_link(const struct net_link *link)
{
    MUST(memchr(link->name, '\0', sizeof(link->name)) != NULL);
    MUST(link->address_length <= sizeof(link->address));
    MUST((unsigned)link->state <= NET_LINK_STATE_UP);
    MUST((unsigned)link->type <= NET_LINK_VIRTUAL);
}

static void check_record(const struct net_record *record)
{
    switch (record->kind) {
    case NET_RECORD_LINK:
        check_link(&record->link);
        break;
    case NET_RECORD_ADDRESS:
        check_address(&record->local.address);
        break;
    case NET_RECORD_ROUTE:
        check_address(&record->route.destination);
        check_address(&record->route.next_hop);
        MUST((unsigned)record->route.protocol <= NET_ROUTE_BY_EIGRP);
        break;
    case NET_RECORD_NEIGHBOUR:
        check_address(&record->neighbour.address);
        MUST(record->neighbour.hardware_length <= sizeof(record->neighbour.hardware));
        break;
    case NET_RECORD_MULTICAST:
    case NET_RECORD_ANYCAST:
        check_address(&record->group.address);
        break;
    default:
        MUST(!"a kind that is none");
    }
}

/* In memory of its size; the kernel pads messages to four bytes. */
static struct nlmsghdr *make_message(struct reader *reader)
{
    size_t length = sizeof(struct nlmsghdr) + 1 + reader->left;
    struct nlmsghdr *message;

    length = NLMSG_ALIGN(length - 1);
    message = calloc(1, length);
    MUST(message != NULL);
    message->nlmsg_type = (uint16_t)(RTM_BASE + take8(reader) % 64);
    message->nlmsg_len = (uint32_t)length;
    take_bytes(reader, message + 1, length - sizeof(*message));
    return message;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader reader = { data, size };
    struct nlmsghdr *message = make_message(&reader);
    struct net_records records = { 0 };
    struct net_address source;
    struct net_route route;
    bool removed;

    MUST(rtnl_decode(message, &records, &removed) == 0);
    for (size_t i = 0; i < records.count; i++)
        check_record(&records.at[i]);
    net_records_free(&records);
    if (rtnl_decode_found(message, &route, &source) == 0) {
        check_address(&route.destination);
        check_address(&source);
    }
    free(message);
    return 0;
}
