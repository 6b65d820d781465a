/* SPDX-License-Identifier: MIT */
/* netio_test.h - what the tests of this storey share: the executive on a host in memory. */
#ifndef OPENWSK_TESTS_NETIO_TEST_H
#define OPENWSK_TESTS_NETIO_TEST_H

#include "netio.h"

#include "bug.h"
#include "interfaces.h"
#include "route_script.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NETIO_LOOPBACK 1u
#define NETIO_ETHERNET 2u

static const uint8_t netio_loopback4[] = { 127, 0, 0, 1 };
static const uint8_t netio_ethernet4[] = { 192, 0, 2, 1 };
static const uint8_t netio_ethernet6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 };

static inline int start_real(void **state)
{
    (void)state;
    return NT_SUCCESS(nt_start()) ? 0 : -1;
}

static inline void set_address(uint32_t index, enum net_family family, const uint8_t *ip,
                               uint32_t prefix_length)
{
    struct net_record record = route_script_address(index, family, ip, prefix_length);

    route_script_set(&record);
}

/* Loopback, and one Ethernet of both families. */
static inline int start_script(void **state)
{
    struct net_record lo = route_script_link(NETIO_LOOPBACK, "lo", NET_LINK_LOOPBACK);
    struct net_record eth = route_script_link(NETIO_ETHERNET, "eth0", NET_LINK_ETHERNET);

    route_script_begin();
    eth.link.address_length = 6;
    memcpy(eth.link.address, "\x02\x00\x00\x00\x00\x07", 6);
    eth.link.flags |= NET_LINK_BROADCASTS;
    eth.link.counters.rx_bytes = 1000;
    eth.link.counters.rx_packets = 10;
    eth.link.counters.rx_multicast = 3;
    lo.link.flags &= ~NET_LINK_IPV6;
    route_script_set(&lo);
    route_script_set(&eth);
    set_address(NETIO_LOOPBACK, NET_IPV4, netio_loopback4, 8);
    set_address(NETIO_ETHERNET, NET_IPV4, netio_ethernet4, 24);
    set_address(NETIO_ETHERNET, NET_IPV6, netio_ethernet6, 64);
    return start_real(state);
}

/* Every test leaves the books clean, and nobody listens to the kernel any more. */
static inline int stop_real(void **state)
{
    size_t left = 0;

    (void)state;
    nt_stop();
    for (int kind = 0; kind < LEDGER_KIND_COUNT; kind++)
        left += ledger_count(kind);
    return left == 0 ? 0 : -1;
}

static inline int stop_script(void **state)
{
    int result = stop_real(state);

    route_script_end();
    return result;
}

#define SCRIPTED(test) cmocka_unit_test_setup_teardown(test, start_script, stop_script)
#define REAL(test) cmocka_unit_test_setup_teardown(test, start_real, stop_real)

static inline NET_LUID ethernet_luid(void)
{
    NET_LUID luid = { 0 };

    luid.Info.IfType = IF_TYPE_ETHERNET_CSMACD;
    luid.Info.NetLuidIndex = NETIO_ETHERNET;
    return luid;
}

static inline SOCKADDR_INET inet(enum net_family family, const uint8_t *ip)
{
    struct net_address address;
    SOCKADDR_INET result;

    memset(&address, 0, sizeof(address));
    address.family = (uint16_t)family;
    memcpy(address.ip, ip, family == NET_IPV4 ? 4 : 16);
    netio_address_to(&address, &result);
    return result;
}

#endif
