/* SPDX-License-Identifier: MIT */
/*
 * address_sort.c - which destination to try first: RFC 6724, section 6, on addresses whose source
 * is known.
 *
 * Rules 4 (home addresses) and 7 (native transport) need what the host does not tell, and never
 * decide. The policy table is that of section 2.1.
 */
#include "address_list.h"

#include <string.h>

struct policy {
    uint8_t prefix[16];
    uint8_t length;
    uint8_t precedence;
    uint8_t label;
};

/* Longest prefix first. */
static const struct policy policies[] = {
    { { [15] = 1 }, 128, 50, 0 },                    /* ::1 */
    { { [10] = 0xff, [11] = 0xff }, 96, 35, 4 },     /* ::ffff:0:0 */
    { { 0 }, 96, 1, 3 },                             /* :: */
    { { 0x20, 0x01, 0, 0 }, 32, 5, 5 },              /* 2001:: */
    { { 0x20, 0x02 }, 16, 30, 2 },                   /* 2002:: */
    { { 0x3f, 0xfe }, 16, 1, 12 },                   /* 3ffe:: */
    { { 0xfe, 0xc0 }, 10, 1, 11 },                   /* fec0:: */
    { { 0xfc }, 7, 3, 13 },                          /* fc00:: */
    { { 0 }, 0, 40, 1 },
};

/* IPv4 addresses are compared as the mapped ones that they stand for. */
static void as_ipv6(const struct net_address *address, uint8_t ip[16])
{
    if (address->family == NET_IPV6) {
        memcpy(ip, address->ip, 16);
        return;
    }
    memset(ip, 0, 16);
    ip[10] = ip[11] = 0xff;
    memcpy(ip + 12, address->ip, 4);
}

static unsigned common_bits(const uint8_t *left, const uint8_t *right, unsigned limit)
{
    unsigned bits = 0;

    while (bits < limit && !((left[bits / 8] ^ right[bits / 8]) & 0x80 >> bits % 8))
        bits++;
    return bits;
}

static const struct policy *policy_of(const struct net_address *address)
{
    const struct policy *policy = policies;
    uint8_t ip[16];

    as_ipv6(address, ip);
    while (common_bits(ip, policy->prefix, policy->length) < policy->length)
        policy++;
    return policy;
}

/* Section 3.1 and 3.2: 2 the link, 5 the site, 14 the world. */
static int scope_of(const struct net_address *address)
{
    const uint8_t *ip = address->ip;

    if (address->family == NET_IPV4)
        return ip[0] == 127 || (ip[0] == 169 && ip[1] == 254) ? 2 : 14;
    if (ip[0] == 0xff)
        return ip[1] & 0x0f;
    if (ip[0] == 0xfe && (ip[1] & 0xc0) == 0x80)
        return 2;
    if (ip[0] == 0xfe && (ip[1] & 0xc0) == 0xc0)
        return 5;
    return memcmp(ip, policies[0].prefix, 16) == 0 ? 2 : 14;
}

static bool usable(const struct wsk_destination *destination)
{
    return destination->source.family != NET_UNSPECIFIED;
}

/* Below 0 when only `left` has the merit. */
static int merit(bool left, bool right)
{
    return (int)right - (int)left;
}

/* Rule 9, for addresses of one family. */
static int compare_prefixes(const struct wsk_destination *left, const struct wsk_destination *right)
{
    unsigned limit = left->address.family == NET_IPV4 ? 32 : 64;

    if (left->address.family != right->address.family)
        return 0;
    return (int)common_bits(right->address.ip, right->source.ip, limit) -
           (int)common_bits(left->address.ip, left->source.ip, limit);
}

static bool scope_matches(const struct wsk_destination *destination)
{
    return scope_of(&destination->address) == scope_of(&destination->source);
}

static bool label_matches(const struct wsk_destination *destination)
{
    return policy_of(&destination->address)->label == policy_of(&destination->source)->label;
}

static int compare_usable(const struct wsk_destination *left, const struct wsk_destination *right)
{
    int order = merit(scope_matches(left), scope_matches(right));            /* rule 2 */

    if (!order)
        order = merit(!left->source_deprecated, !right->source_deprecated);  /* rule 3 */
    if (!order)
        order = merit(label_matches(left), label_matches(right));            /* rule 5 */
    if (!order)                                                              /* rule 6 */
        order = policy_of(&right->address)->precedence - policy_of(&left->address)->precedence;
    if (!order)
        order = scope_of(&left->address) - scope_of(&right->address);        /* rule 8 */
    return order ? order : compare_prefixes(left, right);
}

int wsk_destination_compare(const void *left_destination, const void *right_destination)
{
    const struct wsk_destination *left = left_destination, *right = right_destination;
    int order = merit(usable(left), usable(right));                          /* rule 1 */

    if (!order && usable(left))
        order = compare_usable(left, right);
    return order ? order : (left->place > right->place) - (left->place < right->place); /* 10 */
}
