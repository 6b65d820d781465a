/* SPDX-License-Identifier: MIT */
/*
 * absent_netio.c - what netioapi.h and netioddk.h declare and src/netio has not: what the host does
 * not keep (paths), what has no clean counterpart (anycast by hand, settings of an interface), and the
 * module registrar. A driver that names it loads, and is told so when it calls.
 */
#include "nt_internal.h"

#include <netioapi.h>
#include <netioddk.h>

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

NTSTATUS NmrClientAttachProvider(HANDLE nmr_binding_handle, PVOID client_binding_context,
                                 const void *client_dispatch, PVOID *provider_binding_context,
                                 const void **provider_dispatch)
{
    (void)nmr_binding_handle;
    (void)client_binding_context;
    (void)client_dispatch;
    (void)provider_binding_context;
    (void)provider_dispatch;
    return nt_absent("NmrClientAttachProvider");
}

void NmrClientDetachProviderComplete(HANDLE nmr_binding_handle)
{
    (void)nmr_binding_handle;
    nt_absent("NmrClientDetachProviderComplete");
}

NTSTATUS NmrDeregisterClient(HANDLE nmr_client_handle)
{
    (void)nmr_client_handle;
    return nt_absent("NmrDeregisterClient");
}

NTSTATUS NmrDeregisterProvider(HANDLE nmr_provider_handle)
{
    (void)nmr_provider_handle;
    return nt_absent("NmrDeregisterProvider");
}

void NmrProviderDetachClientComplete(HANDLE nmr_binding_handle)
{
    (void)nmr_binding_handle;
    nt_absent("NmrProviderDetachClientComplete");
}

NTSTATUS NmrRegisterClient(PNPI_CLIENT_CHARACTERISTICS client_characteristics, PVOID client_context,
                           PHANDLE nmr_client_handle)
{
    (void)client_characteristics;
    (void)client_context;
    (void)nmr_client_handle;
    return nt_absent("NmrRegisterClient");
}

NTSTATUS NmrRegisterProvider(PNPI_PROVIDER_CHARACTERISTICS provider_characteristics,
                             PVOID provider_context, PHANDLE nmr_provider_handle)
{
    (void)provider_characteristics;
    (void)provider_context;
    (void)nmr_provider_handle;
    return nt_absent("NmrRegisterProvider");
}

NTSTATUS NmrWaitForClientDeregisterComplete(HANDLE nmr_client_handle)
{
    (void)nmr_client_handle;
    return nt_absent("NmrWaitForClientDeregisterComplete");
}

NTSTATUS NmrWaitForProviderDeregisterComplete(HANDLE nmr_provider_handle)
{
    (void)nmr_provider_handle;
    return nt_absent("NmrWaitForProviderDeregisterComplete");
}

NTSTATUS SetIpInterfaceEntry(PMIB_IPINTERFACE_ROW row)
{
    (void)row;
    return nt_absent("SetIpInterfaceEntry");
}
