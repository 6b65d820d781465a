/* SPDX-License-Identifier: MIT */
/* The objects that ws2ipdef.h and netiodef.h declare: well-known addresses and module identities.
 * Weak, because drivers are known to define such constants themselves. */
#include <netiodef.h>

#define CONSTANT __attribute__((__weak__)) const

CONSTANT SCOPE_ID scopeid_unspecified = SCOPEID_UNSPECIFIED_INIT;

CONSTANT IN_ADDR in4addr_any = IN4ADDR_ANY_INIT;
CONSTANT IN_ADDR in4addr_loopback = IN4ADDR_LOOPBACK_INIT;
CONSTANT IN_ADDR in4addr_broadcast = IN4ADDR_BROADCAST_INIT;
CONSTANT IN_ADDR in4addr_allnodesonlink = IN4ADDR_ALLNODESONLINK_INIT;
CONSTANT IN_ADDR in4addr_allroutersonlink = IN4ADDR_ALLROUTERSONLINK_INIT;
CONSTANT IN_ADDR in4addr_linklocalprefix = IN4ADDR_LINKLOCALPREFIX_INIT;
CONSTANT IN_ADDR in4addr_multicastprefix = IN4ADDR_MULTICASTPREFIX_INIT;

CONSTANT IN6_ADDR in6addr_any = IN6ADDR_ANY_INIT;
CONSTANT IN6_ADDR in6addr_loopback = IN6ADDR_LOOPBACK_INIT;
CONSTANT IN6_ADDR in6addr_allnodesonnode = IN6ADDR_ALLNODESONNODE_INIT;
CONSTANT IN6_ADDR in6addr_allnodesonlink = IN6ADDR_ALLNODESONLINK_INIT;
CONSTANT IN6_ADDR in6addr_allroutersonlink = IN6ADDR_ALLROUTERSONLINK_INIT;
CONSTANT IN6_ADDR in6addr_linklocalprefix = IN6ADDR_LINKLOCALPREFIX_INIT;
CONSTANT IN6_ADDR in6addr_multicastprefix = IN6ADDR_MULTICASTPREFIX_INIT;
CONSTANT IN6_ADDR in6addr_v4mappedprefix = IN6ADDR_V4MAPPEDPREFIX_INIT;

/* The GUIDs differ in their first field only. */
#define MODULE(name, number)                                                                       \
    CONSTANT NPI_MODULEID name = {                                                                 \
        .Length = sizeof(NPI_MODULEID),                                                            \
        .Type = MIT_GUID,                                                                          \
        .Guid = {0xeb004a00 + (number), 0x9b1a, 0x11d4,                                            \
                 {0x91, 0x23, 0x00, 0x50, 0x04, 0x77, 0x59, 0xbc}}}

MODULE(NPI_MS_IPV4_MODULEID, 0x00);
MODULE(NPI_MS_IPV6_MODULEID, 0x01);
MODULE(NPI_MS_UDP_MODULEID, 0x02);
MODULE(NPI_MS_TCP_MODULEID, 0x03);
MODULE(NPI_MS_RAW_MODULEID, 0x07);
MODULE(NPI_MS_NDIS_MODULEID, 0x11);
