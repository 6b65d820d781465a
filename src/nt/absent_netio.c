/* SPDX-License-Identifier: MIT */
/*
 * absent_netio.c - what netioapi.h declares and src/netio has not: what the host does not keep
 * (paths), and what has no clean counterpart (anycast by hand, settings of an interface). A driver
 * that names it loads, and is told so when it calls.
 */
#include "nt_internal.h"

#include <netioapi.h>

NTSTATUS CreateAnycastIpAddressEntry(const MIB_ANYCASTIPADDRESS_ROW *row)
{
    (void)row;
    return nt_absent("CreateAnycastIpAddressEntry");
}

NTSTATUS DeleteAnycastIpAddressEntry(const MIB_ANYCASTIPADDRESS_ROW *row)
{
    (void)row;
    return nt_absent("DeleteAnycastIpAddressEntry");
}

NTSTATUS GetIpNetworkConnectionBandwidthEstimates(
    NET_IFINDEX interface_index, ADDRESS_FAMILY address_family,
    PMIB_IP_NETWORK_CONNECTION_BANDWIDTH_ESTIMATES bandwidth_estimates)
{
    (void)interface_index;
    (void)address_family;
    (void)bandwidth_estimates;
    return nt_absent("GetIpNetworkConnectionBandwidthEstimates");
}

NTSTATUS GetIpPathEntry(PMIB_IPPATH_ROW row)
{
    (void)row;
    return nt_absent("GetIpPathEntry");
}

NTSTATUS GetIpPathTable(ADDRESS_FAMILY family, PMIB_IPPATH_TABLE *table)
{
    (void)family;
    (void)table;
    return nt_absent("GetIpPathTable");
}

NTSTATUS SetIpInterfaceEntry(PMIB_IPINTERFACE_ROW row)
{
    (void)row;
    return nt_absent("SetIpInterfaceEntry");
}
